/* SPDX-License-Identifier: MIT */
/*
 * verdict.c - sends that the daemon has accepted before need no reply
 *
 * Theory of operation
 *   A send travels as a datagram of the pair once the daemon has accepted one of the same socket to the same destination that was at least
 *   as long, and nothing has changed since: the daemon's page has a generation of its stack and one of the socket. Otherwise it is a call, whose
 *   error is exact. The table holds one word an entry, written and read whole: a sum of all that, and the length. An entry that is lost
 *   costs a call. Without the page every send is a call.
 */
#include <netinet/in.h>
#include <string.h>

#include "client/client_impl.h"

#define ENTRIES 256

static uint64_t table[ENTRIES];

static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 31)) * 0x7fb5d329728ea185ull;
	x = (x ^ (x >> 27)) * 0x81dadef4bc2dd44dull;
	return x ^ (x >> 33);
}

struct client_verdict client_verdict_of(int fd, const struct client_id *id, const struct sockaddr *name, socklen_t namelen)
{
	const struct gn_chan_page *page = client_page(fd, id);
	struct sockaddr_in sin = { .sin_family = 0 };
	struct client_verdict v = { .key = 0 };
	uint64_t whither;

	if (!page)
		return v;
	if (namelen)
		memcpy(&sin, name, sizeof(sin));
	whither = mix(mix(id->id) ^ ((uint64_t)sin.sin_addr.s_addr << 32 | (uint32_t)sin.sin_port << 16 | sin.sin_family));
	v.slot = (unsigned)(whither % ENTRIES);
	v.key = mix(whither + __atomic_load_n(&page->generation, __ATOMIC_ACQUIRE));
	v.key = mix(v.key + __atomic_load_n(&page->sock[id->id % GN_CHAN_PAGE_SOCKS], __ATOMIC_ACQUIRE)) & ~0xffffull;
	return v;
}

bool client_verdict(struct client_verdict v, size_t len)
{
	uint64_t have = __atomic_load_n(&table[v.slot], __ATOMIC_RELAXED);

	return v.key && (have & ~0xffffull) == v.key && len <= (have & 0xffff);
}

void client_verdict_set(struct client_verdict v, size_t len)
{
	if (v.key && !client_verdict(v, len))
		__atomic_store_n(&table[v.slot], v.key | (len & 0xffff), __ATOMIC_RELAXED);
}
