/* Times: wall clock in microseconds since 1970 (…_us), monotonic for time-outs (…_ms). */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define CLOCK_SECOND_US INT64_C(1000000)
#define CLOCK_RFC3339_LEN 27 /* "2026-01-02T03:04:05.678901Z" */

int64_t clock_now_us(void);
int64_t clock_mono_ms(void);
int64_t clock_mono_us(void);
/* Writes RFC 3339, UTC, with microseconds and 'Z', NUL-terminated. */
void clock_rfc3339(int64_t time_us, char ret_text[CLOCK_RFC3339_LEN + 1]);
/* strftime(3) in the process's zone (TZ); returns the length, 0 if it does not fit. */
size_t clock_local(int64_t time_us, const char *format, char *ret_text, size_t size);

#endif
