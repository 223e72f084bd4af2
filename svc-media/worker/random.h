/* A stream of random numbers that follows from a seed (ChaCha20). For pictures, not for secrets. */
#ifndef PICTURE_RANDOM_H
#define PICTURE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#define RANDOM_SEED_BYTES 32

struct random {
	unsigned char seed[RANDOM_SEED_BYTES];
	uint64_t block; /* of the stream, that comes next */
	unsigned char bytes[4096];
	size_t used;
};

void random_init(struct random *random, const unsigned char seed[RANDOM_SEED_BYTES]);
unsigned char random_byte(struct random *random);
/* In [low, high). */
double random_between(struct random *random, double low, double high);
/* In [0, bound); bound at most 1 << 24. */
size_t random_below(struct random *random, size_t bound);

#endif
