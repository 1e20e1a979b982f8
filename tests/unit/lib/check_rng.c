// SPDX-License-Identifier: MIT
/*
 * check_rng.c - the dice: known sequence, bounds, evenness.
 */
#include "support/suite.h"

#include <string.h>

#include "lib/rng.h"

START_TEST(known_sequence)
{
	/* state 1, 2, 3, 4: the first values as by the authors' own code */
	struct rng r = { { 1, 2, 3, 4 } };

	ck_assert_uint_eq(rng_u64(&r), 11520);
	ck_assert_uint_eq(rng_u64(&r), 0);
	ck_assert_uint_eq(rng_u64(&r), 1509978240);
	ck_assert_uint_eq(rng_u64(&r), 1215971899390074240ULL);
}
END_TEST

START_TEST(seeds)
{
	struct rng a, b, c;

	rng_seed(&a, 0);
	/* splitmix64 of 0 */
	ck_assert_uint_eq(a.s[0], 0xe220a8397b1dcdafULL);
	ck_assert_uint_eq(a.s[1], 0x6e789e6aa1b965f4ULL);
	rng_seed(&a, 42);
	rng_seed(&b, 42);
	rng_seed(&c, 43);
	ck_assert_uint_eq(rng_u64(&a), rng_u64(&b));
	ck_assert_uint_ne(rng_u64(&a), rng_u64(&c));
	rng_u64(&b);
	rng_fork(&a, &c);
	ck_assert_uint_ne(rng_u64(&a), rng_u64(&c));
	/* a fork takes one value of its parent */
	rng_fork(&b, &c);
	rng_u64(&b);
	ck_assert_uint_eq(rng_u64(&a), rng_u64(&b));
}
END_TEST

START_TEST(below_is_even)
{
	unsigned int hits[6] = { 0 };
	struct rng r;

	rng_seed(&r, 6);
	for (int i = 0; i < 60000; i++)
		hits[rng_below(&r, 6)]++;
	/* five standard deviations of 91 */
	for (int i = 0; i < 6; i++)
		ck_assert(hits[i] > 10000 - 456 && hits[i] < 10000 + 456);
	ck_assert_uint_eq(rng_below(&r, 0), 0);
	ck_assert_uint_eq(rng_below(&r, 1), 0);
}
END_TEST

START_TEST(bytes)
{
	uint8_t a[13], b[14];
	struct rng r;

	for (size_t len = 0; len <= sizeof(a); len++) {
		memset(b, 0xee, sizeof(b));
		rng_seed(&r, 5);
		rng_bytes(&r, a, sizeof(a));
		rng_seed(&r, 5);
		rng_bytes(&r, b, len);
		ck_assert_mem_eq(a, b, len);
		ck_assert_uint_eq(b[len], 0xee);
	}
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { known_sequence, seeds, below_is_even, bytes, NULL };

	return suite_of("rng", NULL, NULL, tests);
}
