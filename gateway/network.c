#include "gateway/network.h"

#include <arpa/inet.h>
#include <string.h>

#include "common/base/err.h"

#define IPV4_OFFSET 12 /* in the mapped form ::ffff:a.b.c.d */

static int address_parse(struct str text, unsigned char ret_address[16], bool *ret_is_ipv4)
{
	static const unsigned char mapped[IPV4_OFFSET] = {[10] = 0xff, [11] = 0xff};
	char copy[INET6_ADDRSTRLEN];

	if (text.len == 0 || text.len >= sizeof(copy))
		return ERR_INVALID;
	memcpy(copy, text.p, text.len);
	copy[text.len] = '\0';
	*ret_is_ipv4 = inet_pton(AF_INET, copy, ret_address + IPV4_OFFSET) == 1;
	if (*ret_is_ipv4)
		memcpy(ret_address, mapped, sizeof(mapped));
	else if (inet_pton(AF_INET6, copy, ret_address) != 1)
		return ERR_INVALID;
	return 0;
}

int network_parse(struct str text, struct network *ret_network)
{
	struct network network;
	struct str rest = str_trim(text), address;
	int64_t bits, most;
	bool is_ipv4;

	if (!str_cut(&rest, '/', &address) || address_parse(address, network.address, &is_ipv4))
		return ERR_INVALID;
	bits = most = is_ipv4 ? 32 : 128;
	if (rest.p && (!str_is_digits(rest) || str_to_i64(rest, &bits) || bits > most))
		return ERR_INVALID;
	network.bits = (unsigned)(128 - most + bits);
	*ret_network = network;
	return 0;
}

bool network_has(const struct network *network, struct str address)
{
	unsigned char bytes[16];
	unsigned whole = network->bits / 8, part = network->bits % 8;
	bool is_ipv4;

	if (address_parse(address, bytes, &is_ipv4) || memcmp(bytes, network->address, whole) != 0)
		return false;
	return part == 0 || (bytes[whole] ^ network->address[whole]) >> (8 - part) == 0;
}

bool network_is_loopback(struct str address)
{
	return network_list_has(STR("127.0.0.0/8,::1"), address);
}

bool network_list_has(struct str list, struct str address)
{
	struct str item;
	struct network network;

	while (str_cut(&list, ',', &item))
		if (network_parse(item, &network) == 0 && network_has(&network, address))
			return true;
	return false;
}

int network_list_check(struct str list)
{
	struct str item;
	struct network network;

	while (str_cut(&list, ',', &item))
		if (str_trim(item).len && network_parse(item, &network))
			return ERR_INVALID;
	return 0;
}
