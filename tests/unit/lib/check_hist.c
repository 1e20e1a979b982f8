// SPDX-License-Identifier: MIT
/*
 * check_hist.c - classes without gaps, percentiles within their error.
 */
#include "support/suite.h"

#include "lib/hist.h"

static struct hist h, other;

static void setup(void)
{
	hist_init(&h);
	hist_init(&other);
}

START_TEST(classes_cover_all)
{
	ck_assert_uint_eq(hist_lower(0), 0);
	for (unsigned int i = 0; i + 1 < HIST_BUCKETS; i++) {
		ck_assert_uint_eq(hist_upper(i) + 1, hist_lower(i + 1));
		ck_assert_uint_eq(hist_index(hist_lower(i)), i);
		ck_assert_uint_eq(hist_index(hist_upper(i)), i);
		/* width at most 1/16 of the value */
		ck_assert_uint_le(hist_upper(i) - hist_lower(i), hist_lower(i) / 16);
	}
	ck_assert_uint_eq(hist_index(UINT64_MAX), HIST_BUCKETS - 1);
	ck_assert_uint_eq(hist_upper(HIST_BUCKETS - 1), UINT64_MAX);
}
END_TEST

START_TEST(empty)
{
	ck_assert_uint_eq(hist_percentile(&h, 50), 0);
	ck_assert_double_eq(hist_mean(&h), 0);
}
END_TEST

START_TEST(small_values_are_exact)
{
	for (uint64_t v = 1; v <= 10; v++)
		hist_add(&h, v);
	ck_assert_uint_eq(hist_percentile(&h, 0), 1);
	ck_assert_uint_eq(hist_percentile(&h, 10), 1);
	ck_assert_uint_eq(hist_percentile(&h, 10.1), 2);
	ck_assert_uint_eq(hist_percentile(&h, 50), 5);
	ck_assert_uint_eq(hist_percentile(&h, 90), 9);
	ck_assert_uint_eq(hist_percentile(&h, 100), 10);
	ck_assert_double_eq(hist_mean(&h), 5.5);
}
END_TEST

START_TEST(large_values_within_error)
{
	for (uint64_t v = 1; v <= 100000; v++)
		hist_add(&h, v);
	for (int p = 1; p < 100; p++) {
		uint64_t exact = 1000 * (uint64_t)p, got = hist_percentile(&h, p);

		ck_assert_uint_ge(got, exact);
		ck_assert_uint_le(got, exact + exact / 16 + 1);
	}
	ck_assert_uint_eq(hist_percentile(&h, 100), 100000);
}
END_TEST

START_TEST(merging)
{
	hist_add(&h, 7);
	hist_merge(&h, &other);
	ck_assert_uint_eq(h.count, 1);
	ck_assert_uint_eq(h.min, 7);
	hist_add(&other, 3);
	hist_add(&other, 1ULL << 40);
	hist_merge(&h, &other);
	ck_assert_uint_eq(h.count, 3);
	ck_assert_uint_eq(h.min, 3);
	ck_assert_uint_eq(h.max, 1ULL << 40);
	ck_assert_uint_eq(h.sum, (1ULL << 40) + 10);
	ck_assert_uint_eq(hist_percentile(&h, 50), 7);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		classes_cover_all, empty, small_values_are_exact, large_values_within_error,
		merging, NULL,
	};

	return suite_of("hist", setup, NULL, tests);
}
