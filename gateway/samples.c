#include "gateway/samples.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *family;
	const char *help;
} helps[] = {
	{"process_resident_memory_bytes", "Resident memory of the process."},
	{"process_start_time_seconds", "When the process started, seconds since 1970."},
	{"quintet_bus_frames_dropped_total", "Bus frames that did not open under the bus key."},
	{"quintet_http_connections", "HTTP connections now."},
	{"quintet_http_refused_total", "Requests that the HTTP front refused unread."},
	{"quintet_http_request_seconds", "Time from a request's headers to its reply."},
	{"quintet_http_requests_total", "Requests answered."},
	{"quintet_session_cache_entries", "Sessions that the gateway remembers."},
};

static struct str family_of(struct str name)
{
	ptrdiff_t brace = str_find(name, '{');

	return brace < 0 ? name : str_sub(name, 0, (size_t)brace);
}

static bool name_is_valid(struct str name)
{
	struct str family = family_of(name);

	if (family.len == 0 || (family.p[0] >= '0' && family.p[0] <= '9'))
		return false;
	for (size_t i = 0; i < family.len; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:",
			    family.p[i]) ||
			!family.p[i])
			return false;
	if (family.len == name.len)
		return true;
	return name.p[name.len - 1] == '}' && str_find(name, '\n') < 0;
}

void samples_add(struct samples *samples, struct str name, int64_t value)
{
	if (samples->count < SAMPLES_MAX && name.p && name_is_valid(name))
		samples->items[samples->count++] = (struct sample){name, value};
}

static int str_order(struct str a, struct str b)
{
	int order = memcmp(a.p, b.p, a.len < b.len ? a.len : b.len);

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int sample_order(const void *a, const void *b)
{
	struct str name = ((const struct sample *)a)->name;
	struct str other = ((const struct sample *)b)->name;
	int order = str_order(family_of(name), family_of(other));

	return order ? order : str_order(name, other);
}

void samples_write_head(struct str family, const char *type, struct buf *out)
{
	const char *help = "Counted by the services.";

	for (size_t i = 0; i < sizeof(helps) / sizeof(helps[0]); i++)
		if (str_eq(family, str_c(helps[i].family)))
			help = helps[i].help;
	buf_add_c(out, "# HELP ");
	buf_add_str(out, family);
	buf_add_char(out, ' ');
	buf_add_c(out, help);
	buf_add_c(out, "\n# TYPE ");
	buf_add_str(out, family);
	buf_add_char(out, ' ');
	buf_add_c(out, type);
	buf_add_char(out, '\n');
}

static bool is_counter(struct str family)
{
	struct str end = STR("_total");

	return family.len > end.len && str_eq(str_sub(family, family.len - end.len, end.len), end);
}

void samples_write(struct samples *samples, struct buf *out)
{
	struct str family = STR_NONE, last = STR_NONE;

	qsort(samples->items, samples->count, sizeof(samples->items[0]), sample_order);
	for (size_t i = 0; i < samples->count; i++) {
		const struct sample *sample = &samples->items[i];

		if (str_eq(sample->name, last))
			continue;
		last = sample->name;
		if (!str_eq(family_of(last), family)) {
			family = family_of(last);
			samples_write_head(family, is_counter(family) ? "counter" : "gauge", out);
		}
		buf_add_str(out, sample->name);
		buf_add_char(out, ' ');
		buf_add_i64(out, sample->value);
		buf_add_char(out, '\n');
	}
}
