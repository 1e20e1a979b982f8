// SPDX-License-Identifier: MIT
/*
 * check_seq_file.c - texts grow, errors stick, lists are walked to their end.
 */
#include "support/suite.h"

#include <errno.h>
#include <string.h>

#include "fs/seq_file.h"
#include "lib/pool.h"

static struct kmem k;
static struct seq_file m;

static void setup(void)
{
	kmem_init(&k, 1, NULL);
	seq_init(&m, &k);
}

static void teardown(void)
{
	seq_release(&m);
	ck_assert_uint_eq(kmem_live(&k), 0);
	kmem_destroy(&k);
}

START_TEST(pieces)
{
	seq_printf(&m, "%s %d", "a", -7);
	seq_putc(&m, '|');
	seq_puts(&m, "text");
	ck_assert_int_eq(seq_write(&m, "\0x", 2), 0);
	seq_put_decimal_ull(&m, "\t", 18446744073709551615ULL);
	seq_put_decimal_ull(&m, "", 0);
	ck_assert_uint_eq(m.count, 4 + 1 + 4 + 2 + 21 + 1);
	ck_assert_mem_eq(m.buf, "a -7|text\0x\t184467440737095516150", m.count);
	ck_assert_str_eq(seq_str(&m), "a -7|text");
	ck_assert_str_eq(seq_str(&m) + 10, "x\t184467440737095516150");
}
END_TEST

START_TEST(empty)
{
	ck_assert_uint_eq(kmem_live(&k), 0);
	ck_assert_str_eq(seq_str(&m), "");
	ck_assert_uint_eq(m.count, 0);
}
END_TEST

START_TEST(grows_at_every_length)
{
	/* every start, around the sizes where the buffer doubles */
	for (int start = 505; start < 520; start++)
		for (int len = 0; len < 20; len++) {
			seq_release(&m);
			for (int i = 0; i < start; i++)
				seq_putc(&m, 'x');
			seq_printf(&m, "%*d", len, 5);
			ck_assert_uint_eq(m.count, (size_t)(start + (len ? len : 1)));
			ck_assert_int_eq(m.buf[m.count - 1], '5');
			ck_assert_uint_le(m.count, m.size);
		}
}
END_TEST

START_TEST(large_text)
{
	for (int i = 0; i < 100000; i++)
		seq_printf(&m, "line %05d\n", i);
	ck_assert_uint_eq(m.count, 1100000);
	ck_assert_mem_eq(m.buf + m.count - 11, "line 99999\n", 11);
}
END_TEST

START_TEST(columns)
{
	for (int i = 0; i < 2; i++) {
		seq_setwidth(&m, 10);
		seq_puts(&m, i ? "longer than ten" : "short");
		seq_pad(&m, '\n');
	}
	seq_setwidth(&m, 3);
	seq_pad(&m, 0);
	ck_assert_str_eq(seq_str(&m), "short     \nlonger than ten\n   ");
}
END_TEST

START_TEST(failure_sticks)
{
	seq_puts(&m, "kept");
	kmem_fail_nth(&k, 1, NULL);
	ck_assert_int_eq(m.error, 0);
	seq_printf(&m, "%0600d", 1);
	ck_assert_int_eq(m.error, -ENOMEM);
	ck_assert(seq_has_overflowed(&m));
	seq_puts(&m, "lost");
	ck_assert_int_eq(seq_write(&m, "x", 1), -ENOMEM);
	ck_assert_uint_eq(m.count, 4);
	ck_assert_ptr_null(seq_str(&m));
	/* the first allocation */
	seq_release(&m);
	seq_init(&m, &k);
	kmem_fail_nth(&k, 1, NULL);
	seq_putc(&m, 'x');
	ck_assert_int_eq(m.error, -ENOMEM);
	seq_setwidth(&m, 5);
	seq_pad(&m, 'x');
	ck_assert_uint_eq(m.count, 0);
}
END_TEST

START_TEST(too_large)
{
	char block[65536];
	unsigned int i;

	memset(block, 'x', sizeof(block));
	for (i = 0; !m.error && i < 2000; i++)
		seq_write(&m, block, sizeof(block));
	ck_assert_int_eq(m.error, -EFBIG);
	ck_assert_uint_eq(m.count, SEQ_MAX);
}
END_TEST

/* a list of numbers below *(int *)private */
struct state {
	int n, starts, stops, fail_at, skip_at;
};

static void *num(struct seq_file *s, loff_t *pos)
{
	struct state *st = s->private;

	return *pos <= st->n ? (void *)(uintptr_t)(*pos + 1) : NULL;
}

static void *start(struct seq_file *s, loff_t *pos)
{
	((struct state *)s->private)->starts++;
	return num(s, pos);
}

static void *next(struct seq_file *s, void *v, loff_t *pos)
{
	++*pos;
	return num(s, pos);
}

static void stop(struct seq_file *s, void *v)
{
	((struct state *)s->private)->stops++;
}

static int show(struct seq_file *s, void *v)
{
	struct state *st = s->private;
	int i = (int)(uintptr_t)v - 1;

	if (v == SEQ_START_TOKEN)
		seq_puts(s, "head");
	else
		seq_printf(s, " %d", i);
	if (i == st->fail_at)
		return -EIO;
	return i == st->skip_at ? SEQ_SKIP : 0;
}

static const struct seq_operations ops = {
	.start = start, .next = next, .stop = stop, .show = show,
};

START_TEST(lists)
{
	struct state st = { .n = 4, .fail_at = -1, .skip_at = 2 };

	m.private = &k;
	ck_assert_int_eq(seq_run(&m, &ops, &st), 0);
	ck_assert_str_eq(seq_str(&m), "head 1 3 4");
	ck_assert_ptr_eq(m.private, &k);
	st = (struct state){ .n = 4, .fail_at = 3, .skip_at = -1 };
	ck_assert_int_eq(seq_run(&m, &ops, &st), -EIO);
	ck_assert(st.starts == 1 && st.stops == 1);
	st = (struct state){ .n = -1, .fail_at = -1 };
	ck_assert_int_eq(seq_run(&m, &ops, &st), 0);
	ck_assert(st.starts == 1 && st.stops == 1);
}
END_TEST

START_TEST(list_stops_when_full)
{
	struct state st = { .n = 100000, .fail_at = -1, .skip_at = -1 };

	kmem_fail_nth(&k, 3, NULL);
	ck_assert_int_eq(seq_run(&m, &ops, &st), -ENOMEM);
	ck_assert(st.starts == 1 && st.stops == 1);
	ck_assert_uint_le(m.count, 1024);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		pieces, empty, grows_at_every_length, large_text, columns, failure_sticks,
		too_large, lists, list_stops_when_full, NULL,
	};

	return suite_of("seq_file", setup, teardown, tests);
}
