/* SPDX-License-Identifier: MIT */
/*
 * What a trace that never ends needs: kept roots that are given back, packets that are forgotten, and notes behind the calls.
 */
#include "slots.h"
#include "view/reader.h"

enum { DO_IRQ = 1, IP_RCV, KFREE_SKB };

static struct view *view;
static struct slots s;
static struct paper seen;
static struct view_text text;
static struct view_node *kept[16];
static unsigned n_kept;

static void on_root(void *ctx, struct view_node *root)
{
	(void)ctx;
	ck_assert_uint_lt(n_kept, 16);
	kept[n_kept++] = root;
	view_keep(view, root);
}

static void setup(void)
{
	static const struct view_ops ops = { .root = on_root };
	static const char *const names[] = { "do_IRQ", "ip_rcv", "kfree_skb_reason", NULL };

	n_kept = 0;
	s.n = 0;
	view = view_new(&ops, NULL);
	ck_assert_ptr_nonnull(view);
	name_functions(view, names);
	view_text_init(&text, paper_open(&seen));
	put_clock(&s, 1000);
}

static void teardown(void)
{
	view_free(view);
	paper_close(&seen);
	free(s.rec);
	memset(&s, 0, sizeof(s));
}

/* One interrupt that received packet @id and dropped it, at @t. */
static void interrupt(uint64_t t, uint32_t id)
{
	put_packet(&s, t + 10, id);
	put_frame(&s, t + 11, id, 60);
	put_verdict(&s, t + 30, id, (struct gn_trace_verdict){ .code = GN_TRACE_DROPPED, .reason = 1 });
	put_call(&s, KFREE_SKB, 2, t + 25, t + 40);
	put_call(&s, IP_RCV, 1, t + 20, t + 50);
	put_packet(&s, t + 60, 0);
	put_call(&s, DO_IRQ, 0, t, t + 70);
	feed(view, 0, &s);
}

static struct view_packet *newest(void)
{
	size_t n;
	struct view_packet *const *p = view_packets(view, &n);

	ck_assert_uint_gt(n, 0);
	return p[n - 1];
}

static unsigned blocks(void)
{
	unsigned n = 0;

	for (struct pool_block *b = view->blocks; b; b = *(struct pool_block **)(void *)b)
		n++;
	return n;
}

START_TEST(constant_memory)
{
	size_t n;

	for (unsigned i = 0; i < 20000; i++) {
		/* ids that collide in the map, and some that come back */
		uint32_t id = i % 7 == 6 ? 3 : (i * 4096 + 1) & 0xffffff;

		interrupt(2000 + i * 100, id);
		ck_assert_uint_eq(n_kept, 1);
		view_packets(view, &n);
		ck_assert_uint_le(n, 2);
		view_forget_idle(view); /* it is held by the kept root */
		ck_assert_uint_eq(newest()->number, i + 1);
		ck_assert_uint_eq(newest()->n_verdicts, 1);
		view_drop(view, kept[0]);
		view_forget_idle(view);
		n_kept = 0;
	}
	view_packets(view, &n);
	ck_assert_uint_eq(n, 0);
	ck_assert_uint_le(blocks(), 1);
	ck_assert_uint_le(view->packet_map.size, 64);
	ck_assert_uint_eq(view->packet_map.n, 0);
	ck_assert_uint_eq(view_errors(view), 0);
}
END_TEST

/* Who has a user stays; the others go, and all that stay are found again. */
START_TEST(users)
{
	size_t n;
	struct view_packet *const *p;
	int dummy;

	for (uint32_t id = 1; id <= 10; id++) {
		interrupt(2000 + id * 100, id << 20);
		newest()->user = id % 3 ? NULL : &dummy;
	}
	while (n_kept)
		view_drop(view, kept[--n_kept]);
	view_roots(view, &n);
	ck_assert_uint_eq(n, 0);
	view_forget_idle(view);
	p = view_packets(view, &n);
	ck_assert_uint_eq(n, 3);
	for (size_t i = 0; i < n; i++) {
		ck_assert_uint_eq(p[i]->id, (i + 1) * 3 << 20);
		ck_assert_ptr_eq(view_packet_get(view, p[i]->id), p[i]);
	}
}
END_TEST

/* What is not kept cannot be dropped. */
START_TEST(drop_unknown)
{
	size_t n;

	interrupt(2000, 1);
	view_drop(view, kept[0]->child);
	view_drop(view, NULL);
	view_roots(view, &n);
	ck_assert_uint_eq(n, 1);
}
END_TEST

static const char *note(void *ctx, const struct view_func *f)
{
	return f->id == IP_RCV ? ctx : NULL;
}

START_TEST(notes)
{
	char step[] = "step 6";

	text.note = note;
	text.note_ctx = step;
	interrupt(2000, 1);
	view_text_root(&text, view, kept[0]);
	ck_assert_str_eq(paper_text(&seen), " 0)   ==========> |\n"
					    " 0)               |  do_IRQ() {\n"
					    " 0)               |    ip_rcv() { /* step 6 */\n"
					    " 0)   0.015 us    |      kfree_skb_reason();\n"
					    " 0)   0.030 us    |    }\n"
					    " 0)   0.070 us    |  }\n"
					    " 0)   <========== |\n");
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { constant_memory, users, drop_unknown, notes, NULL };

	return suite_of("view live", setup, teardown, tests);
}
