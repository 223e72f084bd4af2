#include "svc-media/worker/random.h"

#include <sodium.h>
#include <string.h>

void random_init(struct random *random, const unsigned char seed[RANDOM_SEED_BYTES])
{
	memcpy(random->seed, seed, RANDOM_SEED_BYTES);
	random->block = 0;
	random->used = sizeof(random->bytes);
}

static void refill(struct random *random)
{
	unsigned char nonce[crypto_stream_chacha20_NONCEBYTES] = {0};

	for (size_t i = 0; i < sizeof(random->block); i++)
		nonce[i] = (unsigned char)(random->block >> (8 * i));
	crypto_stream_chacha20(random->bytes, sizeof(random->bytes), nonce, random->seed);
	random->block++;
	random->used = 0;
}

unsigned char random_byte(struct random *random)
{
	if (random->used == sizeof(random->bytes))
		refill(random);
	return random->bytes[random->used++];
}

double random_between(struct random *random, double low, double high)
{
	uint32_t bits = 0;

	for (int i = 0; i < 3; i++)
		bits = bits << 8 | random_byte(random);
	return low + (high - low) * bits / (1 << 24);
}

size_t random_below(struct random *random, size_t bound)
{
	return (size_t)random_between(random, 0, (double)bound);
}
