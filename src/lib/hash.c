// SPDX-License-Identifier: MIT
/*
 * hash.c - SipHash-2-4 (Aumasson and Bernstein) and lookup3 (Jenkins).
 *
 * Pure functions: any thread, any time. SipHash reads its input as little-endian words; the last
 * word carries the rest of the input and the length modulo 256. The forms for whole words give
 * what siphash() gives for their little-endian bytes. Mirrors lib/siphash.c, linux/jhash.h.
 */
#include "lib/hash.h"

/** struct sip - state of one computation */
struct sip {
	uint64_t v0, v1, v2, v3;
};

static __always_inline void sip_round(struct sip *s)
{
	s->v0 += s->v1; s->v1 = rol64(s->v1, 13); s->v1 ^= s->v0; s->v0 = rol64(s->v0, 32);
	s->v2 += s->v3; s->v3 = rol64(s->v3, 16); s->v3 ^= s->v2;
	s->v0 += s->v3; s->v3 = rol64(s->v3, 21); s->v3 ^= s->v0;
	s->v2 += s->v1; s->v1 = rol64(s->v1, 17); s->v1 ^= s->v2; s->v2 = rol64(s->v2, 32);
}

static __always_inline struct sip sip_start(const siphash_key_t *key)
{
	return (struct sip){
		.v0 = 0x736f6d6570736575ULL ^ key->key[0],
		.v1 = 0x646f72616e646f6dULL ^ key->key[1],
		.v2 = 0x6c7967656e657261ULL ^ key->key[0],
		.v3 = 0x7465646279746573ULL ^ key->key[1],
	};
}

static __always_inline void sip_word(struct sip *s, uint64_t m)
{
	s->v3 ^= m;
	sip_round(s);
	sip_round(s);
	s->v0 ^= m;
}

/* @last: the rest of the input below, its length in the top byte */
static __always_inline uint64_t sip_end(struct sip *s, uint64_t last)
{
	sip_word(s, last);
	s->v2 ^= 0xff;
	sip_round(s);
	sip_round(s);
	sip_round(s);
	sip_round(s);
	return (s->v0 ^ s->v1) ^ (s->v2 ^ s->v3);
}

uint64_t siphash(const void *data, size_t len, const siphash_key_t *key)
{
	const uint8_t *p = data, *end = p + (len & ~(size_t)7);
	struct sip s = sip_start(key);
	uint64_t last = (uint64_t)len << 56;

	for (; p != end; p += 8)
		sip_word(&s, get_unaligned_le64(p));
	switch (len & 7) {
	case 7: last |= (uint64_t)p[6] << 48; fallthrough;
	case 6: last |= (uint64_t)p[5] << 40; fallthrough;
	case 5: last |= (uint64_t)p[4] << 32; fallthrough;
	case 4: last |= get_unaligned_le32(p); break;
	case 3: last |= (uint64_t)p[2] << 16; fallthrough;
	case 2: last |= get_unaligned_le16(p); break;
	case 1: last |= p[0]; break;
	default: break;
	}
	return sip_end(&s, last);
}

uint64_t siphash_1u64(uint64_t first, const siphash_key_t *key)
{
	struct sip s = sip_start(key);

	sip_word(&s, first);
	return sip_end(&s, 8ULL << 56);
}

uint64_t siphash_2u64(uint64_t first, uint64_t second, const siphash_key_t *key)
{
	struct sip s = sip_start(key);

	sip_word(&s, first);
	sip_word(&s, second);
	return sip_end(&s, 16ULL << 56);
}

uint64_t siphash_3u64(uint64_t first, uint64_t second, uint64_t third, const siphash_key_t *key)
{
	struct sip s = sip_start(key);

	sip_word(&s, first);
	sip_word(&s, second);
	sip_word(&s, third);
	return sip_end(&s, 24ULL << 56);
}

uint64_t siphash_4u64(uint64_t first, uint64_t second, uint64_t third, uint64_t fourth,
		      const siphash_key_t *key)
{
	struct sip s = sip_start(key);

	sip_word(&s, first);
	sip_word(&s, second);
	sip_word(&s, third);
	sip_word(&s, fourth);
	return sip_end(&s, 32ULL << 56);
}

uint64_t siphash_1u32(uint32_t first, const siphash_key_t *key)
{
	struct sip s = sip_start(key);

	return sip_end(&s, 4ULL << 56 | first);
}

uint64_t siphash_3u32(uint32_t first, uint32_t second, uint32_t third, const siphash_key_t *key)
{
	struct sip s = sip_start(key);

	sip_word(&s, (uint64_t)second << 32 | first);
	return sip_end(&s, 12ULL << 56 | third);
}

/** struct mix - the three words of lookup3 */
struct mix {
	uint32_t a, b, c;
};

static __always_inline void jhash_mix(struct mix *m)
{
	m->a -= m->c; m->a ^= rol32(m->c, 4);  m->c += m->b;
	m->b -= m->a; m->b ^= rol32(m->a, 6);  m->a += m->c;
	m->c -= m->b; m->c ^= rol32(m->b, 8);  m->b += m->a;
	m->a -= m->c; m->a ^= rol32(m->c, 16); m->c += m->b;
	m->b -= m->a; m->b ^= rol32(m->a, 19); m->a += m->c;
	m->c -= m->b; m->c ^= rol32(m->b, 4);  m->b += m->a;
}

uint32_t jhash(const void *key, uint32_t len, uint32_t initval)
{
	const uint8_t *k = key;
	struct mix m;

	m.a = m.b = m.c = JHASH_INITVAL + len + initval;
	for (; len > 12; len -= 12, k += 12) {
		m.a += get_unaligned_le32(k);
		m.b += get_unaligned_le32(k + 4);
		m.c += get_unaligned_le32(k + 8);
		jhash_mix(&m);
	}
	switch (len) {
	case 12: m.c += (uint32_t)k[11] << 24; fallthrough;
	case 11: m.c += (uint32_t)k[10] << 16; fallthrough;
	case 10: m.c += (uint32_t)k[9] << 8; fallthrough;
	case 9: m.c += k[8]; fallthrough;
	case 8: m.b += (uint32_t)k[7] << 24; fallthrough;
	case 7: m.b += (uint32_t)k[6] << 16; fallthrough;
	case 6: m.b += (uint32_t)k[5] << 8; fallthrough;
	case 5: m.b += k[4]; fallthrough;
	case 4: m.a += (uint32_t)k[3] << 24; fallthrough;
	case 3: m.a += (uint32_t)k[2] << 16; fallthrough;
	case 2: m.a += (uint32_t)k[1] << 8; fallthrough;
	case 1: m.a += k[0]; break;
	default: return m.c;
	}
	return jhash_nwords(m.a, m.b, m.c, 0);
}

uint32_t jhash2(const uint32_t *words, uint32_t n, uint32_t initval)
{
	struct mix m;

	m.a = m.b = m.c = JHASH_INITVAL + (n << 2) + initval;
	for (; n > 3; n -= 3, words += 3) {
		m.a += words[0];
		m.b += words[1];
		m.c += words[2];
		jhash_mix(&m);
	}
	switch (n) {
	case 3: m.c += words[2]; fallthrough;
	case 2: m.b += words[1]; fallthrough;
	case 1: m.a += words[0]; break;
	default: return m.c;
	}
	return jhash_nwords(m.a, m.b, m.c, 0);
}
