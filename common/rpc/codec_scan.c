/*
 * msgpack-c allocates what an array's header promises before it has seen the elements. This walk over
 * the bytes, without any allocation, makes sure that every count can be held by what follows.
 */
#include "common/base/err.h"
#include "common/rpc/codec.h"

struct scan {
	const unsigned char *p, *end;
};

/* A big-endian number of `width` bytes. */
static int scan_length(struct scan *scan, size_t width, size_t *ret_length)
{
	size_t length = 0;

	if ((size_t)(scan->end - scan->p) < width)
		return ERR_PROTOCOL;
	for (size_t i = 0; i < width; i++)
		length = length << 8 | *scan->p++;
	*ret_length = length;
	return 0;
}

static int scan_skip(struct scan *scan, size_t len)
{
	if ((size_t)(scan->end - scan->p) < len)
		return ERR_PROTOCOL;
	scan->p += len;
	return 0;
}

/* The payload after a length of `width` bytes. */
static int scan_block(struct scan *scan, size_t width)
{
	size_t length = 0;
	int err = scan_length(scan, width, &length);

	return err ? err : scan_skip(scan, length);
}

static int scan_value(struct scan *scan, int depth);

static int scan_array(struct scan *scan, size_t count, int depth)
{
	/* Each element has at least one byte. */
	if (depth >= CODEC_DEPTH_MAX || count > (size_t)(scan->end - scan->p))
		return ERR_PROTOCOL;
	for (size_t i = 0; i < count; i++) {
		int err = scan_value(scan, depth + 1);
		if (err)
			return err;
	}
	return 0;
}

/* Formats of the msgpack specification; maps, floats and extensions are not ours. */
static int scan_value(struct scan *scan, int depth)
{
	size_t count = 0;

	if (scan->p == scan->end)
		return ERR_PROTOCOL;
	unsigned char type = *scan->p++;
	if (type <= 0x7f || type >= 0xe0) /* fixint */
		return 0;
	if (type >= 0x90 && type <= 0x9f)
		return scan_array(scan, type & 0x0fU, depth);
	if (type >= 0xa0 && type <= 0xbf)
		return scan_skip(scan, type & 0x1fU);
	switch (type) {
	case 0xc0: /* nil */
	case 0xc2: /* false */
	case 0xc3: /* true */
		return 0;
	case 0xc4: /* bin */
	case 0xd9: /* str */
		return scan_block(scan, 1);
	case 0xc5:
	case 0xda:
		return scan_block(scan, 2);
	case 0xc6:
	case 0xdb:
		return scan_block(scan, 4);
	case 0xcc: /* uint, int of 8 to 64 bits */
	case 0xd0:
		return scan_skip(scan, 1);
	case 0xcd:
	case 0xd1:
		return scan_skip(scan, 2);
	case 0xce:
	case 0xd2:
		return scan_skip(scan, 4);
	case 0xcf:
	case 0xd3:
		return scan_skip(scan, 8);
	case 0xdc: /* array */
	case 0xdd:
		if (scan_length(scan, type == 0xdc ? 2 : 4, &count))
			return ERR_PROTOCOL;
		return scan_array(scan, count, depth);
	default:
		return ERR_PROTOCOL;
	}
}

int codec_scan(struct str bytes)
{
	struct scan scan = {(const unsigned char *)bytes.p, (const unsigned char *)bytes.p + bytes.len};

	if (bytes.len == 0 || scan_value(&scan, 0) || scan.p != scan.end)
		return ERR_PROTOCOL;
	return 0;
}
