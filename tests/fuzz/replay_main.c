/*
 * Runs a fuzz target over its corpus without a fuzzer: every file, and every beginning of every
 * short file, each in a block of exactly its size so that the address sanitizer sees one byte too
 * far. An empty or missing corpus is a failure.
 */
#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX (1 << 20)
#define BEGINNINGS_MAX 2048 /* bytes; of longer files only the whole is run */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void die(const char *what, const char *name)
{
	fprintf(stderr, "replay: %s: %s\n", what, name);
	exit(1);
}

static void run(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		die("out of memory", "input");
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static size_t file_read(const char *path, uint8_t *data)
{
	FILE *file = fopen(path, "rb");
	size_t size;

	if (!file)
		die("cannot open", path);
	size = fread(data, 1, FILE_MAX, file);
	if (ferror(file) || (size == FILE_MAX && fgetc(file) != EOF))
		die("cannot read, or too large", path);
	fclose(file);
	return size;
}

static void file_run(const char *path, uint8_t *data)
{
	size_t size = file_read(path, data);

	run(data, size);
	if (size <= BEGINNINGS_MAX)
		for (size_t part = 0; part < size; part++)
			run(data, part);
}

int main(int argc, char **argv)
{
	uint8_t *data = malloc(FILE_MAX);
	DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
	struct dirent *entry;
	int count = 0;

	if (!dir || !data)
		die("cannot open corpus", argc == 2 ? argv[1] : "usage: replay DIRECTORY");
	while ((entry = readdir(dir))) {
		char *path;

		if (entry->d_name[0] == '.')
			continue;
		if (asprintf(&path, "%s/%s", argv[1], entry->d_name) < 0)
			die("out of memory", entry->d_name);
		file_run(path, data);
		free(path);
		count++;
	}
	closedir(dir);
	free(data);
	if (count == 0)
		die("empty corpus", argv[1]);
	printf("%d files\n", count);
	return 0;
}
