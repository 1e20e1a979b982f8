// SPDX-License-Identifier: MIT
/*
 * check_hash.c - hashes against published vectors, and their short forms against the long ones.
 *
 * SipHash: the reference vectors (key 00..0f, input 00, 00 01, ...; the 15-byte one is in the
 * paper). lookup3: the self-test values of its author.
 */
#include "support/suite.h"

#include <string.h>

#include "lib/hash.h"

static const uint64_t sip_vectors[] = {
	0x726fdb47dd0e0e31ULL, 0x74f839c593dc67fdULL, 0x0d6c8009d9a94f5aULL, 0x85676696d7fb7e2dULL,
	0xcf2794e0277187b7ULL, 0x18765564cd99a68dULL, 0xcbc9466e58fee3ceULL, 0xab0200f58b01d137ULL,
	0x93f5f5799a932462ULL, 0x9e0082df0ba9e4b0ULL, 0x7a5dbbc594ddb9f3ULL, 0xf4b32f46226bada7ULL,
	0x751e8fbc860ee5fbULL, 0x14ea5627c0843d90ULL, 0xf723ca908e7af2eeULL, 0xa129ca6149be45e5ULL,
};

static const siphash_key_t key = { { 0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL } };

START_TEST(siphash_reference)
{
	uint8_t in[8 + ARRAY_SIZE(sip_vectors)];

	for (unsigned int align = 0; align < 8; align++) {
		for (unsigned int i = 0; i < ARRAY_SIZE(sip_vectors); i++)
			in[align + i] = (uint8_t)i;
		for (unsigned int len = 0; len < ARRAY_SIZE(sip_vectors); len++)
			ck_assert_uint_eq(siphash(in + align, len, &key), sip_vectors[len]);
	}
}
END_TEST

START_TEST(siphash_words)
{
	uint64_t w[4] = { 0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL, 0x1716151413121110ULL,
			  0x1f1e1d1c1b1a1918ULL };
	uint8_t bytes[32];

	for (unsigned int i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	ck_assert_uint_eq(siphash_1u64(w[0], &key), siphash(bytes, 8, &key));
	ck_assert_uint_eq(siphash_2u64(w[0], w[1], &key), siphash(bytes, 16, &key));
	ck_assert_uint_eq(siphash_3u64(w[0], w[1], w[2], &key), siphash(bytes, 24, &key));
	ck_assert_uint_eq(siphash_4u64(w[0], w[1], w[2], w[3], &key), siphash(bytes, 32, &key));
	ck_assert_uint_eq(siphash_1u32(0x03020100, &key), siphash(bytes, 4, &key));
	ck_assert_uint_eq(siphash_2u32(0x03020100, 0x07060504, &key), siphash(bytes, 8, &key));
	ck_assert_uint_eq(siphash_3u32(0x03020100, 0x07060504, 0x0b0a0908, &key),
			  siphash(bytes, 12, &key));
	ck_assert_uint_eq(siphash_4u32(0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c, &key),
			  siphash(bytes, 16, &key));
}
END_TEST

START_TEST(jhash_reference)
{
	static const char text[] = "Four score and seven years ago";

	ck_assert_uint_eq(jhash("", 0, 0), 0xdeadbeef);
	ck_assert_uint_eq(jhash("", 0, 0xdeadbeef), 0xbd5b7dde);
	ck_assert_uint_eq(jhash(text, 30, 0), 0x17770551);
	ck_assert_uint_eq(jhash(text, 30, 1), 0xcd628161);
}
END_TEST

START_TEST(jhash_words)
{
	uint32_t w[8] = { 1, 0x80000000, 3, 0xffffffff, 5, 6, 7, 8 };
	uint8_t bytes[sizeof(w) + 3];

	for (uint32_t n = 0; n <= 8; n++)
		for (unsigned int align = 0; align < 4; align++) {
			for (uint32_t i = 0; i < n; i++)
				put_unaligned_le32(w[i], bytes + align + 4 * i);
			ck_assert_uint_eq(jhash(bytes + align, 4 * n, 77), jhash2(w, n, 77));
		}
	ck_assert_uint_eq(jhash_1word(w[0], 9), jhash2(w, 1, 9));
	ck_assert_uint_eq(jhash_2words(w[0], w[1], 9), jhash2(w, 2, 9));
	ck_assert_uint_eq(jhash_3words(w[0], w[1], w[2], 9), jhash2(w, 3, 9));
}
END_TEST

START_TEST(short_hashes)
{
	uint32_t seen = 0;

	ck_assert_uint_eq(hash_32(1, 32), 0x61C88647);
	ck_assert_uint_eq(hash_32(1, 8), 0x61);
	ck_assert_uint_eq(hash_64(1, 16), 0x61C8);
	for (uint64_t i = 0; i < 64; i++)
		seen |= 1U << hash_64(i << 12, 5);
	ck_assert_uint_eq(seen, UINT32_MAX);
	ck_assert_uint_lt(hash_ptr(&seen, 4), 16);
	ck_assert_uint_eq(reciprocal_scale(0, 10), 0);
	ck_assert_uint_eq(reciprocal_scale(UINT32_MAX, 10), 9);
	ck_assert_uint_eq(reciprocal_scale(0x80000000, 10), 5);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		siphash_reference, siphash_words, jhash_reference, jhash_words, short_hashes,
		NULL,
	};

	return suite_of("hash", NULL, NULL, tests);
}
