/*
 * Baseline: Argon2id as svc-auth uses it (19 MiB, 2 passes), in as many threads as there are cores,
 * and nothing else. argon_loop SECONDS prints {"rate": hashes a second, "done": how many}.
 */
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define PASSES 2
#define BYTES (19u * 1024 * 1024)
#define THREADS_MAX 256

static double until;

static double now(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void *run(void *arg)
{
	const unsigned char salt[crypto_pwhash_SALTBYTES] = {1};
	unsigned char hash[32];
	long *count = arg;

	while (now() < until) {
		if (crypto_pwhash(hash, sizeof(hash), "correct horse", 13, salt, PASSES, BYTES,
			    crypto_pwhash_ALG_ARGON2ID13) != 0)
			abort();
		++*count;
	}
	return NULL;
}

int main(int argc, char **argv)
{
	static long counts[THREADS_MAX];
	pthread_t threads[THREADS_MAX];
	long cores = sysconf(_SC_NPROCESSORS_ONLN), sum = 0;
	double start = now();

	if (argc != 2 || sodium_init() < 0 || cores > THREADS_MAX)
		return 2;
	until = start + atof(argv[1]);
	for (long i = 0; i < cores; i++)
		if (pthread_create(&threads[i], NULL, run, &counts[i]) != 0)
			return 1;
	for (long i = 0; i < cores; i++) {
		pthread_join(threads[i], NULL);
		sum += counts[i];
	}
	printf("{\"rate\": %.2f, \"done\": %ld}\n", (double)sum / (now() - start), sum);
	return 0;
}
