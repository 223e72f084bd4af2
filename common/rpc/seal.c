#include "common/rpc/seal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/err.h"
#include "common/base/id.h"

#define NONCE_LEN crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_LEN crypto_aead_xchacha20poly1305_ietf_ABYTES

static_assert(SEAL_OVERHEAD == 1 + NONCE_LEN + TAG_LEN, "see seal.h");
static_assert(SEAL_KEY_LEN == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "see seal.h");

static int read_key(const char *path, struct seal_key *ret_key)
{
	struct seal_key key;
	struct stat info;
	int err = ERR_INVALID;
	char extra;

	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
	if (fstat(fd, &info) == 0 && (info.st_mode & 0077) == 0 &&
		read(fd, key.bytes, sizeof(key.bytes)) == (ssize_t)sizeof(key.bytes) &&
		read(fd, &extra, 1) == 0)
		err = 0;
	close(fd);
	if (err == 0)
		*ret_key = key;
	sodium_memzero(&key, sizeof(key));
	return err;
}

/* Written under a name of its own, then linked: whoever is first wins, nobody sees half a key. */
static int make_key(const char *path)
{
	char name[ID_REQUEST_LEN + 1], temporary[4096];
	struct seal_key key;
	int err = ERR_IO;

	id_request(name);
	if (snprintf(temporary, sizeof(temporary), "%s.%s", path, name) >= (int)sizeof(temporary))
		return ERR_IO;
	int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return ERR_IO;
	id_random(key.bytes, sizeof(key.bytes));
	if (write(fd, key.bytes, sizeof(key.bytes)) == (ssize_t)sizeof(key.bytes) &&
		fsync(fd) == 0 && (link(temporary, path) == 0 || errno == EEXIST))
		err = 0;
	close(fd);
	unlink(temporary);
	sodium_memzero(&key, sizeof(key));
	return err;
}

int seal_key_load(const char *path, struct seal_key *ret_key)
{
	if (sodium_init() < 0)
		return ERR_INTERNAL;
	int err = read_key(path, ret_key);
	if (err != ERR_NOT_FOUND)
		return err;
	err = make_key(path);
	return err ? err : read_key(path, ret_key);
}

void seal_key_derive(const struct seal_key *key, const char *purpose,
	unsigned char ret_key[SEAL_KEY_LEN])
{
	char context[crypto_kdf_CONTEXTBYTES] = {0};

	memcpy(context, purpose, strnlen(purpose, sizeof(context)));
	crypto_kdf_derive_from_key(ret_key, SEAL_KEY_LEN, 1, context, key->bytes);
}

/* 16 random bytes a thread and a counter: never the same twice, without a system call a frame. */
static void fill_nonce(unsigned char nonce[NONCE_LEN])
{
	static _Thread_local unsigned char prefix[NONCE_LEN - sizeof(uint64_t)];
	static _Thread_local uint64_t counter;

	if (counter == 0)
		randombytes_buf(prefix, sizeof(prefix));
	counter++;
	memcpy(nonce, prefix, sizeof(prefix));
	memcpy(nonce + sizeof(prefix), &counter, sizeof(counter));
}

void seal_frame(const struct seal_key *key, int purpose, struct str plain, unsigned char *ret_frame)
{
	unsigned char *nonce = ret_frame + 1;

	ret_frame[0] = (unsigned char)purpose;
	fill_nonce(nonce);
	crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + NONCE_LEN, NULL,
		(const unsigned char *)plain.p, plain.len, ret_frame, 1, NULL, nonce, key->bytes);
}

int seal_open(const struct seal_key *key, int purpose, unsigned char *frame, size_t frame_len,
	struct str *ret_plain)
{
	if (frame_len < SEAL_OVERHEAD || frame[0] != purpose)
		return ERR_PROTOCOL;
	unsigned char *nonce = frame + 1, *text = nonce + NONCE_LEN;
	unsigned long long len = 0;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(text, &len, NULL, text,
		    frame_len - 1 - NONCE_LEN, frame, 1, nonce, key->bytes) != 0)
		return ERR_PROTOCOL;
	*ret_plain = (struct str){(const char *)text, (size_t)len};
	return 0;
}
