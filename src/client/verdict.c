/* SPDX-License-Identifier: MIT */
/*
 * verdict.c - sends that the daemon has accepted before need no reply
 *
 * Theory of operation
 *   A send travels as a datagram of the pair once the daemon has accepted one of the same socket to the same destination that was at least
 *   as long; before that it is a call, whose error is exact. The table holds one word an entry, written and read whole: the sum of (socket,
 *   destination) and the length. What changes the socket forgets what is known of it, in this process. An entry that is lost costs a
 *   call; one that is out of date (a route that went) makes the error that of the next call.
 */
#include <netinet/in.h>
#include <string.h>

#include "client/client_impl.h"

#define ENTRIES 256

static uint64_t table[ENTRIES];
static uint32_t epoch[ENTRIES]; /* of sockets, by id: moved by what changes one */

static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 31)) * 0x7fb5d329728ea185ull;
	x = (x ^ (x >> 27)) * 0x81dadef4bc2dd44dull;
	return x ^ (x >> 33);
}

/* 48 bits in the upper part, the lower 16 are 0. */
static uint64_t key_of(uint64_t id, const struct sockaddr *name, socklen_t namelen)
{
	uint32_t age = __atomic_load_n(&epoch[id % ENTRIES], __ATOMIC_RELAXED);
	struct sockaddr_in sin = { .sin_family = 0 };

	if (namelen)
		memcpy(&sin, name, sizeof(sin));
	return mix(mix(id + age) ^ ((uint64_t)sin.sin_addr.s_addr << 32 | (uint32_t)sin.sin_port << 16 | sin.sin_family)) & ~0xffffull;
}

bool client_verdict(uint64_t id, const struct sockaddr *name, socklen_t namelen, size_t len)
{
	uint64_t key = key_of(id, name, namelen);
	uint64_t have = __atomic_load_n(&table[key >> 16 & (ENTRIES - 1)], __ATOMIC_RELAXED);

	return (have & ~0xffffull) == key && len <= (have & 0xffff);
}

void client_verdict_set(uint64_t id, const struct sockaddr *name, socklen_t namelen, size_t len)
{
	uint64_t key = key_of(id, name, namelen);

	if (!client_verdict(id, name, namelen, len))
		__atomic_store_n(&table[key >> 16 & (ENTRIES - 1)], key | (len & 0xffff), __ATOMIC_RELAXED);
}

void client_verdict_forget(uint64_t id)
{
	__atomic_add_fetch(&epoch[id % ENTRIES], 1, __ATOMIC_RELAXED);
}
