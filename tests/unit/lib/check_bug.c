// SPDX-License-Identifier: MIT
/*
 * check_bug.c - the small arithmetic of bug.h, order.h and xtable.h.
 */
#include "support/suite.h"

#include <limits.h>
#include <signal.h>

#include "lib/bug.h"
#include "lib/order.h"
#include "lib/xtable.h"

START_TEST(arguments_once)
{
	int a = 1, b = 5, i = 0, v[3] = { 7, 8, 9 };

	ck_assert_int_eq(max(v[i++], 3), 7);
	ck_assert_int_eq(i, 1);
	ck_assert_int_eq(min(max(a, b), min(b, 9)), 5);
	ck_assert_int_eq(clamp(12, a, b), 5);
	ck_assert_int_eq(clamp(-12, a, b), 1);
	ck_assert_int_eq(min_t(int, -1, 3U), -1);
	swap(a, b);
	ck_assert(a == 5 && b == 1);
	ck_assert_uint_eq(ARRAY_SIZE(v), 3);
}
END_TEST

START_TEST(time_wraps)
{
	unsigned long late = 5, early = -5UL;

	ck_assert(time_after(late, early) && !time_after(early, late));
	ck_assert(time_before(early, late) && time_after_eq(late, late));
	ck_assert(time_before_eq(late, late) && !time_after(late, late));
	ck_assert(time_after(1UL, 0UL) && time_after((unsigned long)LONG_MAX, 0UL));
}
END_TEST

START_TEST(rounding)
{
	ck_assert_int_eq(div_round_up(10, 3), 4);
	ck_assert_int_eq(div_round_up(9, 3), 3);
	ck_assert_int_eq(DIV_ROUND_UP(1, 8), 1);
	ck_assert_int_eq(roundup(10, 7), 14);
	ck_assert_int_eq(rounddown(13, 7), 7);
	ck_assert_uint_eq(ALIGN(65UL, 64), 128);
	ck_assert_uint_eq(roundup_pow_of_two(0), 1);
	ck_assert_uint_eq(roundup_pow_of_two(65), 128);
	ck_assert_uint_eq(roundup_pow_of_two(64), 64);
	ck_assert(is_power_of_2(64) && !is_power_of_2(0) && !is_power_of_2(65));
}
END_TEST

START_TEST(bits)
{
	ck_assert_int_eq(fls(0), 0);
	ck_assert_int_eq(fls(1), 1);
	ck_assert_int_eq(fls(0x80000000), 32);
	ck_assert_int_eq(fls64(1ULL << 40), 41);
	ck_assert_int_eq(ffs(0), 0);
	ck_assert_int_eq(ffs(0x50), 5);
	ck_assert_int_eq(ilog2(4096), 12);
	ck_assert_uint_eq(hweight32(0xf00f), 8);
}
END_TEST

struct outer {
	int a;
	char inner;
};

START_TEST(containers)
{
	struct outer o;
	char *p = &o.inner;

	ck_assert_ptr_eq(container_of(p, struct outer, inner), &o);
}
END_TEST

START_TEST(unaligned_words)
{
	uint8_t b[9] = { 0xee, 1, 2, 3, 4, 5, 6, 7, 8 };

	ck_assert_uint_eq(get_unaligned_be16(b + 1), 0x0102);
	ck_assert_uint_eq(get_unaligned_be32(b + 1), 0x01020304);
	ck_assert_uint_eq(get_unaligned_be64(b + 1), 0x0102030405060708ULL);
	ck_assert_uint_eq(get_unaligned_le16(b + 1), 0x0201);
	ck_assert_uint_eq(get_unaligned_le32(b + 1), 0x04030201);
	put_unaligned_be32(0xa1b2c3d4, b + 1);
	ck_assert_uint_eq(be32_to_cpu(get_net32(b + 1)), 0xa1b2c3d4);
	put_net16(cpu_to_be16(0x1234), b + 3);
	ck_assert_uint_eq(get_unaligned_be64(b + 1), 0xa1b2123405060708ULL);
	ck_assert_uint_eq(b[0], 0xee);
	ck_assert_uint_eq(rol32(0x80000001, 1), 3);
	ck_assert_uint_eq(rol32(5, 0), 5);
	ck_assert_uint_eq(rol64(1, 63), 1ULL << 63);
}
END_TEST

#define FOO_TABLE(X)				\
	X(FOO_A, "a", "first of them")		\
	X(FOO_B, "b", "the other", 77)

XTABLE_ENUM(foo, FOO_TABLE, FOO_MAX);
static XTABLE_ROWS(foo_rows, FOO_TABLE, FOO_MAX);
static XTABLE_TEXTS(foo_texts, FOO_TABLE, FOO_MAX);

START_TEST(tables)
{
	ck_assert_int_eq(FOO_MAX, 2);
	ck_assert_str_eq(foo_rows[FOO_B].id, "FOO_B");
	ck_assert_str_eq(foo_rows[FOO_B].text, "b");
	ck_assert_str_eq(foo_rows[FOO_A].doc, "first of them");
	ck_assert_str_eq(foo_texts[FOO_A], "a");
	ck_assert_int_eq(xtable_find(foo_rows, FOO_MAX, "b"), FOO_B);
	ck_assert_int_eq(xtable_find(foo_rows, FOO_MAX, "FOO_A"), FOO_A);
	ck_assert_int_eq(xtable_find(foo_rows, FOO_MAX, "c"), -1);
}
END_TEST

START_TEST(bug_aborts)
{
	int two = 2;

	BUG_ON(two == 3);
	BUG_ON(two == 2);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		arguments_once, time_wraps, rounding, bits, containers, unaligned_words, tables,
		NULL,
	};
	Suite *s = suite_of("bug", NULL, NULL, tests);
	TCase *bugs = tcase_create("bugs");

	tcase_add_test_raise_signal(bugs, bug_aborts, SIGABRT);
	suite_add_tcase(s, bugs);
	return s;
}
