/* SPDX-License-Identifier: MIT */
/*
 * hash.h - hash functions: keyed (SipHash-2-4), quick (Jenkins), multiplicative.
 *
 * Use siphash with a secret key wherever the outside chooses the input (flow hash, ports, ISN,
 * cookies); jhash for tables whose keys we choose or seed. Results do not depend on byte order of
 * the machine for siphash over bytes; jhash over words takes words as given.
 * Mirrors: include/linux/{siphash,jhash,hash}.h.
 */
#ifndef GN_LIB_HASH_H
#define GN_LIB_HASH_H

#include "lib/bug.h"
#include "lib/order.h"

/** siphash_key_t - 128 secret bits */
typedef struct {
	uint64_t key[2];
} siphash_key_t;

/**
 * siphash() - SipHash-2-4 of @len bytes at @data (any alignment)
 * @data: input
 * @len: its length
 * @key: the secret
 * Return: 64 bits; the low 32 are as good as the high
 */
uint64_t siphash(const void *data, size_t len, const siphash_key_t *key);
/** siphash_1u64() - siphash() of one 64-bit word (its little-endian bytes) */
uint64_t siphash_1u64(uint64_t first, const siphash_key_t *key);
/** siphash_2u64() - the same of two */
uint64_t siphash_2u64(uint64_t first, uint64_t second, const siphash_key_t *key);
/** siphash_3u64() - the same of three */
uint64_t siphash_3u64(uint64_t first, uint64_t second, uint64_t third, const siphash_key_t *key);
/** siphash_4u64() - the same of four */
uint64_t siphash_4u64(uint64_t first, uint64_t second, uint64_t third, uint64_t fourth,
		      const siphash_key_t *key);
/** siphash_1u32() - siphash() of one 32-bit word (its little-endian bytes) */
uint64_t siphash_1u32(uint32_t first, const siphash_key_t *key);
/** siphash_3u32() - the same of three */
uint64_t siphash_3u32(uint32_t first, uint32_t second, uint32_t third, const siphash_key_t *key);

static __always_inline uint64_t siphash_2u32(uint32_t first, uint32_t second,
					     const siphash_key_t *key)
{
	return siphash_1u64((uint64_t)second << 32 | first, key);
}

static __always_inline uint64_t siphash_4u32(uint32_t first, uint32_t second, uint32_t third,
					     uint32_t fourth, const siphash_key_t *key)
{
	return siphash_2u64((uint64_t)second << 32 | first, (uint64_t)fourth << 32 | third, key);
}

#define JHASH_INITVAL	0xdeadbeef

/** jhash() - Jenkins' lookup3 over @len bytes (any alignment) */
uint32_t jhash(const void *key, uint32_t len, uint32_t initval);
/** jhash2() - the same over @n 32-bit words, faster */
uint32_t jhash2(const uint32_t *words, uint32_t n, uint32_t initval);

/** jhash_nwords() - the final mix over up to three words; use the forms below */
static __always_inline uint32_t jhash_nwords(uint32_t a, uint32_t b, uint32_t c, uint32_t initval)
{
	a += initval;
	b += initval;
	c += initval;
	c ^= b; c -= rol32(b, 14);
	a ^= c; a -= rol32(c, 11);
	b ^= a; b -= rol32(a, 25);
	c ^= b; c -= rol32(b, 16);
	a ^= c; a -= rol32(c, 4);
	b ^= a; b -= rol32(a, 14);
	c ^= b; c -= rol32(b, 24);
	return c;
}

static __always_inline uint32_t jhash_3words(uint32_t a, uint32_t b, uint32_t c, uint32_t initval)
{
	return jhash_nwords(a, b, c, initval + JHASH_INITVAL + (3 << 2));
}

static __always_inline uint32_t jhash_2words(uint32_t a, uint32_t b, uint32_t initval)
{
	return jhash_nwords(a, b, 0, initval + JHASH_INITVAL + (2 << 2));
}

static __always_inline uint32_t jhash_1word(uint32_t a, uint32_t initval)
{
	return jhash_nwords(a, 0, 0, initval + JHASH_INITVAL + (1 << 2));
}

/** hash_32() - spread @val over @bits (1..32) bits, by the golden ratio */
static __always_inline uint32_t hash_32(uint32_t val, unsigned int bits)
{
	return (val * 0x61C88647U) >> (32 - bits);
}

/** hash_64() - the same of 64 bits */
static __always_inline uint32_t hash_64(uint64_t val, unsigned int bits)
{
	return (uint32_t)((val * 0x61C8864680B583EBULL) >> (64 - bits));
}

/** hash_ptr() - the same of an address */
static __always_inline uint32_t hash_ptr(const void *ptr, unsigned int bits)
{
	return hash_64((uint64_t)(uintptr_t)ptr, bits);
}

/** reciprocal_scale() - map a 32-bit hash onto 0..@range-1 without a division */
static __always_inline uint32_t reciprocal_scale(uint32_t val, uint32_t range)
{
	return (uint32_t)(((uint64_t)val * range) >> 32);
}

#endif
