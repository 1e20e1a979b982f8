/* SPDX-License-Identifier: MIT */
/*
 * rng.h - dice: a seeded generator (xoshiro256**), the same sequence for the same seed.
 *
 * Not a source of secrets by itself: the owner of a net seeds it from the system and takes the
 * keys of hashes (lib/hash.h) from there. One thread a generator.
 */
#ifndef GN_LIB_RNG_H
#define GN_LIB_RNG_H

#include "lib/bug.h"

/** struct rng - 256 bits of state, not all zero */
struct rng {
	uint64_t s[4];
};

/** rng_seed() - start the sequence that belongs to @seed (spread by splitmix64) */
void rng_seed(struct rng *r, uint64_t seed);
/** rng_u64() - the next 64 bits */
uint64_t rng_u64(struct rng *r);
/** rng_below() - 0..@n-1, each equally likely; 0 when @n is 0 */
uint32_t rng_below(struct rng *r, uint32_t n);
/** rng_bytes() - fill @len bytes */
void rng_bytes(struct rng *r, void *buf, size_t len);
/** rng_fork() - seed @child from @parent: an independent sequence */
void rng_fork(struct rng *parent, struct rng *child);

/** rng_u32() - the next 32 bits */
static __always_inline uint32_t rng_u32(struct rng *r)
{
	return (uint32_t)(rng_u64(r) >> 32);
}

#endif
