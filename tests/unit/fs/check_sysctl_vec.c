// SPDX-License-Identifier: MIT
/*
 * check_sysctl_vec.c - each handler: text out, text in, ranges, junk, and that a refused write
 * changes nothing.
 */
#include "support/suite.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "fs/sysctl.h"
#include "lib/pool.h"

static struct kmem k;
static struct seq_file m;
static struct extack err;
static unsigned int hz;

static union {
	int i[3];
	unsigned int u[3];
	uint8_t b[3];
	bool f;
	long l[3];
	unsigned long ul[3];
	char s[8];
} v;

static void setup(void)
{
	kmem_init(&k, 1, NULL);
	seq_init(&m, &k);
	memset(&v, 0, sizeof(v));
	hz = 1000;
}

static void teardown(void)
{
	seq_release(&m);
	ck_assert_uint_eq(kmem_live(&k), 0);
	kmem_destroy(&k);
}

static struct ctl_table row(proc_handler_fn *fn, size_t len)
{
	return (struct ctl_table){ .procname = "knob", .maxlen = len, .proc_handler = fn };
}

static int put_n(const struct ctl_table *t, const char *text, size_t len)
{
	struct ctl_call call = {
		.table = t, .data = &v, .base = &v, .in = text, .len = len, .hz = hz, .err = &err,
	};

	extack_init(&err);
	return t->proc_handler(&call);
}

static int put(const struct ctl_table *t, const char *text)
{
	return put_n(t, text, strlen(text));
}

static const char *get(const struct ctl_table *t)
{
	struct ctl_call call = { .table = t, .data = &v, .base = &v, .out = &m, .hz = hz };

	m.count = 0;
	ck_assert_int_eq(t->proc_handler(&call), 0);
	return seq_str(&m);
}

/* Refused with this text, and nothing changed. */
static void refused(const struct ctl_table *t, const char *text, const char *why)
{
	char before[sizeof(v)];

	memcpy(before, &v, sizeof(v));
	ck_assert_msg(put(t, text) == -EINVAL, "%s", text);
	ck_assert_str_eq(err.msg, why);
	ck_assert_mem_eq(before, &v, sizeof(v));
}

START_TEST(ints)
{
	struct ctl_table t = row(proc_dointvec, sizeof(int));

	ck_assert_str_eq(get(&t), "0\n");
	ck_assert_int_eq(put(&t, "42\n"), 0);
	ck_assert_str_eq(get(&t), "42\n");
	ck_assert_int_eq(put(&t, "-2147483648"), 0);
	ck_assert_str_eq(get(&t), "-2147483648\n");
	ck_assert_int_eq(put(&t, " \t2147483647 \n"), 0);
	ck_assert_int_eq(v.i[0], INT_MAX);
	ck_assert_int_eq(put(&t, "0x10"), 0);
	ck_assert_int_eq(v.i[0], 16);
	ck_assert_int_eq(put(&t, "010"), 0);
	ck_assert_int_eq(v.i[0], 8);
	ck_assert_int_eq(put(&t, "0"), 0);
	ck_assert_int_eq(put(&t, "-0"), 0);
	ck_assert_int_eq(put(&t, "-0x0A"), 0);
	ck_assert_int_eq(v.i[0], -10);
	ck_assert_int_eq(put_n(&t, "7\0", 2), 0);
	ck_assert_int_eq(v.i[0], 7);
	ck_assert_int_eq(put_n(&t, "99", 1), 0);
	ck_assert_int_eq(v.i[0], 9);
	ck_assert_int_eq(put(&t, ""), 0);
	/* min and max belong to the _minmax forms */
	t.min = 1;
	t.max = 2;
	ck_assert_int_eq(put(&t, "5"), 0);
}
END_TEST

START_TEST(junk)
{
	static const char *const not_numbers[] = {
		"abc", "1x", "x1", "-", "--1", "+1", "1-", "0x", "0xg", "08", "1.5", "1,2", "-0x",
		"18446744073709551616", "99999999999999999999999", "0x10000000000000000",
	};
	struct ctl_table t = row(proc_dointvec, sizeof(int));
	char why[EXTACK_MSG];

	v.i[0] = 5;
	for (size_t i = 0; i < ARRAY_SIZE(not_numbers); i++) {
		snprintf(why, sizeof(why), "knob: \"%s\" is not a number", not_numbers[i]);
		refused(&t, not_numbers[i], why);
	}
	refused(&t, " \n", "knob: a number is wanted");
	refused(&t, "1 2", "knob: at most 1 value");
	refused(&t, "2147483648", "knob: 2147483648 is outside -2147483648..2147483647");
	refused(&t, "-2147483649", "knob: -2147483649 is outside -2147483648..2147483647");
	refused(&t, "a\033[2Jb", "knob: \"a?[2Jb\" is not a number");
	refused(&t, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"knob: \"aaaaaaaaaaaaaaaaaaaaaaaa...\" is not a number");
}
END_TEST

START_TEST(ranges)
{
	struct ctl_table t = row(proc_dointvec_minmax, sizeof(int));

	t.min = -1;
	t.max = 2;
	ck_assert_int_eq(put(&t, "-1"), 0);
	ck_assert_int_eq(put(&t, "2"), 0);
	refused(&t, "3", "knob: 3 is outside -1..2");
	refused(&t, "-2", "knob: -2 is outside -1..2");
	t.min = t.max = 0;
	ck_assert_int_eq(put(&t, "-77"), 0);
	/* a row cannot allow more than the type holds */
	t.max = LONG_MAX;
	t.min = LONG_MIN;
	refused(&t, "2147483648", "knob: 2147483648 is outside -2147483648..2147483647");
	t.min = -9;
	t.max = -3;
	ck_assert_int_eq(put(&t, "-3"), 0);
	refused(&t, "-2", "knob: -2 is outside -9..-3");
	refused(&t, "0", "knob: 0 is outside -9..-3");
}
END_TEST

START_TEST(other_types)
{
	struct ctl_table u = row(proc_douintvec, sizeof(int)), b = row(proc_dou8vec_minmax, 1);
	struct ctl_table f = row(proc_dobool, sizeof(bool));
	struct ctl_table l = row(proc_dolongvec_minmax, sizeof(long));
	struct ctl_table ur = row(proc_douintvec_minmax, sizeof(int));

	ck_assert_int_eq(put(&u, "4294967295"), 0);
	ck_assert_str_eq(get(&u), "4294967295\n");
	refused(&u, "4294967296", "knob: 4294967296 is outside 0..4294967295");
	refused(&u, "-1", "knob: -1 is outside 0..4294967295");
	ur.min = 5;
	ur.max = 6;
	refused(&ur, "4", "knob: 4 is outside 5..6");
	ck_assert_int_eq(put(&ur, "5"), 0);
	memset(&v, 0xee, sizeof(v));
	ck_assert_int_eq(put(&b, "255"), 0);
	ck_assert_uint_eq(v.b[1], 0xee);
	ck_assert_str_eq(get(&b), "255\n");
	refused(&b, "256", "knob: 256 is outside 0..255");
	b.min = 1;
	b.max = 64;
	refused(&b, "0", "knob: 0 is outside 1..64");
	v.b[0] = 0;
	ck_assert_int_eq(put(&f, "1"), 0);
	ck_assert(v.f);
	ck_assert_str_eq(get(&f), "1\n");
	refused(&f, "2", "knob: 2 is outside 0..1");
	ck_assert_int_eq(put(&l, "-9223372036854775808"), 0);
	ck_assert_str_eq(get(&l), "-9223372036854775808\n");
	refused(&l, "9223372036854775808",
		"knob: 9223372036854775808 is outside -9223372036854775808..9223372036854775807");
}
END_TEST

START_TEST(vectors)
{
	struct ctl_table t = row(proc_doulongvec_minmax, sizeof(v.ul));

	ck_assert_int_eq(put(&t, "4096 87380\t18446744073709551615\n"), 0);
	ck_assert_str_eq(get(&t), "4096\t87380\t18446744073709551615\n");
	/* fewer: the first ones */
	ck_assert_int_eq(put(&t, "1 2"), 0);
	ck_assert_str_eq(get(&t), "1\t2\t18446744073709551615\n");
	/* all or nothing */
	refused(&t, "7 8 x", "knob: \"x\" is not a number");
	refused(&t, "7 -8", "knob: -8 is outside 0..18446744073709551615");
	refused(&t, "7 8 9 10", "knob: at most 3 values");
	t.min = 10;
	t.max = 20;
	refused(&t, "11 12 9", "knob: 9 is outside 10..20");
	ck_assert_int_eq(put(&t, "10 15 20"), 0);
	ck_assert_str_eq(get(&t), "10\t15\t20\n");
}
END_TEST

START_TEST(jiffies)
{
	struct ctl_table s = row(proc_dointvec_jiffies, sizeof(int));
	struct ctl_table ms = row(proc_dointvec_ms_jiffies, sizeof(int));
	struct ctl_table ticks = row(proc_dointvec_userhz_jiffies, sizeof(int));

	ck_assert_int_eq(put(&s, "30"), 0);
	ck_assert_int_eq(v.i[0], 30000);
	ck_assert_str_eq(get(&s), "30\n");
	ck_assert_str_eq(get(&ms), "30000\n");
	ck_assert_str_eq(get(&ticks), "3000\n");
	ck_assert_int_eq(put(&s, "-1"), 0);
	ck_assert_int_eq(v.i[0], -1000);
	ck_assert_str_eq(get(&s), "-1\n");
	refused(&s, "2147484", "knob: 2147484 is outside -2147483..2147483");
	refused(&ms, "-1", "knob: -1 is outside 0..2147483647");
	hz = 250;
	ck_assert_int_eq(put(&ms, "1001"), 0);
	/* 250.25 jiffies: never shorter than asked */
	ck_assert_int_eq(v.i[0], 251);
	ck_assert_str_eq(get(&ms), "1004\n");
	ck_assert_int_eq(put(&ms, "2147483647"), 0);
	ck_assert_int_eq(v.i[0], 536870912);
	ck_assert_int_eq(put(&ticks, "1"), 0);
	ck_assert_int_eq(v.i[0], 3);
	ck_assert_int_eq(put(&ticks, "200"), 0);
	ck_assert_int_eq(v.i[0], 500);
	ck_assert_str_eq(get(&ticks), "200\n");
	s.min = 1;
	s.max = 120;
	refused(&s, "121", "knob: 121 is outside 1..120");
	ck_assert_int_eq(put(&s, "120"), 0);
	ck_assert_int_eq(v.i[0], 30000);
}
END_TEST

static int changes;

static void changed(const struct ctl_call *call)
{
	changes++;
}

START_TEST(strings)
{
	struct ctl_table t = row(proc_dostring, sizeof(v.s));

	t.changed = changed;
	changes = 0;
	ck_assert_str_eq(get(&t), "\n");
	ck_assert_int_eq(put(&t, "cubic\n"), 0);
	ck_assert_str_eq(get(&t), "cubic\n");
	ck_assert_int_eq(put(&t, "cubic"), 0);
	ck_assert_int_eq(changes, 1);
	ck_assert_int_eq(put(&t, "1234567"), 0);
	ck_assert_str_eq(get(&t), "1234567\n");
	refused(&t, "12345678", "knob: at most 7 bytes");
	ck_assert_int_eq(put(&t, "ab"), 0);
	ck_assert_mem_eq(v.s, "ab\0\0\0\0\0", 8);
	ck_assert_int_eq(put(&t, "\n"), 0);
	ck_assert_str_eq(get(&t), "\n");
	ck_assert_int_eq(changes, 4);
	/* a value without its 0 is not read beyond its room */
	memset(v.s, 'x', sizeof(v.s));
	ck_assert_str_eq(get(&t), "xxxxxxxx\n");
}
END_TEST

START_TEST(change_is_told_once)
{
	struct ctl_table t = row(proc_dointvec, sizeof(v.i));

	t.changed = changed;
	changes = 0;
	ck_assert_int_eq(put(&t, "1 2 3"), 0);
	ck_assert_int_eq(changes, 1);
	ck_assert_int_eq(put(&t, "1 2 3"), 0);
	ck_assert_int_eq(changes, 1);
	ck_assert_int_eq(put(&t, "1 2 4"), 0);
	ck_assert_int_eq(changes, 2);
	refused(&t, "9 9 x", "knob: \"x\" is not a number");
	ck_assert_int_eq(changes, 2);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		ints, junk, ranges, other_types, vectors, jiffies, strings, change_is_told_once,
		NULL,
	};

	return suite_of("sysctl_vec", setup, teardown, tests);
}
