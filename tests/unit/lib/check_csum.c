// SPDX-License-Identifier: MIT
/*
 * check_csum.c - the checksum against one written naively, on all lengths and alignments.
 */
#include "support/suite.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "lib/csum.h"
#include "lib/order.h"
#include "lib/rng.h"

#define SHORT_MAX	300
#define LARGE		65536

static struct rng rng;

static void seed(void)
{
	rng_seed(&rng, 1071);
}

/* RFC 1071 word by word, in network order, on top of a folded start. Returns what to store. */
static uint16_t naive(const uint8_t *p, size_t len, uint32_t start)
{
	uint64_t s = start;

	for (size_t i = 0; i < len; i += 2)
		s += (uint32_t)p[i] << 8 | (i + 1 < len ? p[i + 1] : 0);
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (uint16_t)~s;
}

/* A block of exactly @len bytes at the end of its allocation, so that ASan sees a read behind. */
static uint8_t *block(size_t align, size_t len, uint8_t **ret_base)
{
	uint8_t *p = malloc(align + len + 1);

	ck_assert_ptr_nonnull(p);
	*ret_base = p;
	p = realloc(p, align + len ? align + len : 1);
	*ret_base = p;
	rng_bytes(&rng, p + align, len);
	return p + align;
}

START_TEST(all_short_lengths)
{
	for (size_t align = 0; align < 8; align++)
		for (size_t len = 0; len <= SHORT_MAX; len++) {
			uint8_t *base, *p = block(align, len, &base);
			uint16_t want = naive(p, len, 0);

			ck_assert_uint_eq(ntohs(csum_fold(csum_partial(p, (int)len, 0))), want);
			ck_assert_uint_eq(ntohs(ip_compute_csum(p, (int)len)), want);
			ck_assert_uint_eq(ntohs(csum_fold(csum_partial(p, (int)len,
					  (__wsum)htonl(0xfffe1234)))),
					  naive(p, len, 0xfffe + 0x1234));
			free(base);
		}
}
END_TEST

START_TEST(extreme_bytes)
{
	static const uint8_t fill[] = { 0x00, 0xff, 0x80, 0x7f };

	for (size_t f = 0; f < ARRAY_SIZE(fill); f++)
		for (size_t len = 0; len <= SHORT_MAX; len++) {
			uint8_t p[SHORT_MAX];

			memset(p, fill[f], sizeof(p));
			ck_assert_uint_eq(ntohs(ip_compute_csum(p, (int)len)), naive(p, len, 0));
		}
}
END_TEST

START_TEST(large)
{
	for (size_t align = 0; align < 8; align++) {
		uint8_t *base, *p = block(align, LARGE, &base), *to = malloc(LARGE);

		ck_assert_uint_eq(ntohs(ip_compute_csum(p, LARGE)), naive(p, LARGE, 0));
		ck_assert_uint_eq(ntohs(csum_fold(csum_partial_copy(p, to, LARGE - 1, 0))),
				  naive(p, LARGE - 1, 0));
		ck_assert_mem_eq(p, to, LARGE - 1);
		free(base);
		free(to);
	}
}
END_TEST

START_TEST(copy_short)
{
	for (size_t len = 0; len <= SHORT_MAX; len++) {
		uint8_t *base, *p = block(len % 8, len, &base), to[SHORT_MAX + 1];

		to[len] = 0x5a;
		ck_assert_uint_eq(ntohs(csum_fold(csum_partial_copy(p, to, (int)len, 0))),
				  naive(p, len, 0));
		ck_assert_mem_eq(p, to, len);
		ck_assert_uint_eq(to[len], 0x5a);
		free(base);
	}
}
END_TEST

START_TEST(pieces)
{
	uint8_t p[200];

	rng_bytes(&rng, p, sizeof(p));
	for (int cut = 0; cut <= (int)sizeof(p); cut++) {
		__wsum a = csum_partial(p, cut, 0);
		__wsum b = csum_partial(p + cut, (int)sizeof(p) - cut, 0);
		__wsum all = csum_block_add(a, b, cut);

		ck_assert_uint_eq(ntohs(csum_fold(all)), naive(p, sizeof(p), 0));
		/* nothing less nothing is the other zero of one's complement */
		if (!cut)
			continue;
		ck_assert_uint_eq(ntohs(csum_fold(csum_block_sub(all, b, cut))),
				  naive(p, (size_t)cut, 0));
		ck_assert_uint_eq(ntohs(csum_fold(csum_sub(csum_add(a, b), b))),
				  naive(p, (size_t)cut, 0));
	}
}
END_TEST

START_TEST(ip_header)
{
	/* the example of many textbooks: its checksum is b861 */
	uint8_t h[60] = { 0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11, 0x00, 0x00,
			  0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7 };

	ck_assert_uint_eq(ntohs(ip_fast_csum(h, 5)), 0xb861);
	put_unaligned_be16(0xb861, h + 10);
	ck_assert_uint_eq(ip_fast_csum(h, 5), 0);
	for (unsigned int ihl = 5; ihl <= 15; ihl++) {
		rng_bytes(&rng, h, sizeof(h));
		ck_assert_uint_eq(ntohs(ip_fast_csum(h, ihl)), naive(h, 4 * ihl, 0));
	}
}
END_TEST

START_TEST(pseudo_header)
{
	uint8_t buf[12 + 300];

	for (uint32_t len = 0; len <= 300; len++) {
		__be32 saddr, daddr;

		rng_bytes(&rng, buf, 12 + len);
		buf[8] = 0;
		buf[9] = 17;
		put_unaligned_be16((uint16_t)len, buf + 10);
		saddr = get_net32(buf);
		daddr = get_net32(buf + 4);
		ck_assert_uint_eq(ntohs(csum_tcpudp_magic(saddr, daddr, len, 17,
				  csum_partial(buf + 12, (int)len, 0))), naive(buf, 12 + len, 0));
	}
	/* a length above 16 bits, as TCP over a jumbo path may have, is not lost */
	ck_assert_uint_eq(ntohs(csum_tcpudp_magic(0, 0, 65535, 6, 0)),
			  (uint16_t)~((65535 + 6) % 65535));
}
END_TEST

START_TEST(corrections)
{
	for (int i = 0; i < 1000; i++) {
		uint8_t h[20];
		__sum16 sum, sum2, sum3;
		__be32 from, to = (__be32)rng_u32(&rng);

		rng_bytes(&rng, h, sizeof(h));
		put_unaligned_be16(0, h + 10);
		sum = sum2 = sum3 = ip_fast_csum(h, 5);
		from = get_net32(h + 12);
		csum_replace4(&sum, from, to);
		csum_replace_by_diff(&sum3, csum_sub((__wsum)to, (__wsum)from));
		put_net32(to, h + 12);
		ck_assert_uint_eq(sum, ip_fast_csum(h, 5));
		ck_assert_uint_eq(sum3, sum);
		put_net32(from, h + 12);
		csum_replace2(&sum2, get_net16(h + 8), (__be16)to);
		put_net16((__be16)to, h + 8);
		ck_assert_uint_eq(sum2, ip_fast_csum(h, 5));
	}
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		all_short_lengths, extreme_bytes, large, copy_short, pieces, ip_header,
		pseudo_header, corrections, NULL,
	};

	return suite_of("csum", seed, NULL, tests);
}
