// SPDX-License-Identifier: MIT
/*
 * rng.c - xoshiro256** (Blackman, Vigna), seeded by splitmix64; bounded numbers by Lemire.
 *
 * Called by net, qdiscs and simulations for dice. One thread a generator.
 */
#include "lib/rng.h"

#include <string.h>

#include "lib/order.h"

void rng_seed(struct rng *r, uint64_t seed)
{
	for (int i = 0; i < 4; i++) {
		uint64_t z = (seed += 0x9e3779b97f4a7c15ULL);

		z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
		z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
		r->s[i] = z ^ (z >> 31);
	}
}

uint64_t rng_u64(struct rng *r)
{
	uint64_t s0 = r->s[0], s1 = r->s[1], s2 = r->s[2] ^ s0, s3 = r->s[3] ^ s1;

	r->s[0] = s0 ^ s3;
	r->s[1] = s1 ^ s2;
	r->s[2] = s2 ^ (s1 << 17);
	r->s[3] = rol64(s3, 45);
	return rol64(s1 * 5, 7) * 9;
}

uint32_t rng_below(struct rng *r, uint32_t n)
{
	uint64_t m = (uint64_t)rng_u32(r) * n;

	/* the low half below 2^32 mod n marks a value that would come once too often */
	if ((uint32_t)m < n) {
		uint32_t bound = -n % n;

		while ((uint32_t)m < bound)
			m = (uint64_t)rng_u32(r) * n;
	}
	return (uint32_t)(m >> 32);
}

void rng_bytes(struct rng *r, void *buf, size_t len)
{
	uint8_t *p = buf;

	while (len) {
		uint64_t v = htole64(rng_u64(r));
		size_t n = min_t(size_t, len, sizeof(v));

		memcpy(p, &v, n);
		p += n;
		len -= n;
	}
}

void rng_fork(struct rng *parent, struct rng *child)
{
	rng_seed(child, rng_u64(parent));
}
