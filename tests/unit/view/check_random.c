/* SPDX-License-Identifier: MIT */
/*
 * Hostile streams: thousands of rounds of random slots. The reader must not crash, and whatever it
 * makes of them keeps its laws: children lie inside their parent and are deeper, siblings follow
 * each other. The seed of a round is its number, so a failure comes again.
 */
#include <errno.h>

#include "slots.h"
#include "view/reader.h"

/* Check's own macros write to a pipe each time. */
static void must(bool good, int line)
{
	if (!good)
		ck_abort_msg("broken law, line %d", line);
}
#define MUST(x) must(x, __LINE__)

static uint64_t dice;

static uint32_t roll(uint32_t sides)
{
	dice ^= dice << 13;
	dice ^= dice >> 7;
	dice ^= dice << 17;
	return (uint32_t)(dice >> 20) % sides;
}

struct round {
	struct view *v;
	struct view_text text;
	uint64_t roots, nodes;
	bool keep;
};

static void check_node(const struct view_node *n)
{
	const struct view_node *last = NULL;

	MUST(n->task);
	MUST(n->cpu < VIEW_CPUS);
	if (n->kind == VIEW_CALL)
		MUST(n->func->name);
	else
		MUST(!n->child);
	for (const struct view_node *x = n->child; x; x = x->next) {
		MUST(x->parent == n);
		MUST(x->start >= n->start);
		if (n->end)
			MUST(x->end <= n->end);
		MUST(x->depth > n->depth);
		if (x->end)
			MUST(x->end >= x->start);
		else
			MUST(!n->end && !x->next);
		if (last)
			MUST(x->start >= last->end);
		last = x;
	}
	MUST(n->last_child == last);
}

static void on_root(void *ctx, struct view_node *root)
{
	struct round *r = ctx;

	MUST(!root->parent);
	MUST(!root->next);
	for (const struct view_node *n = root; n; n = view_step(root, n)) {
		check_node(n);
		r->nodes++;
	}
	r->roots++;
	if (r->keep)
		view_keep(r->v, root);
	else
		view_text_root(&r->text, r->v, root);
}

static void on_open(void *ctx, struct view_node *node)
{
	struct round *r = ctx;

	for (; node->parent; node = node->parent)
		MUST(node->end == 0);
	view_text_root(&r->text, r->v, node);
}

/* Mostly what a tracer could write, with times that go on; sometimes anything. */
static void put_any(struct slots *s, uint64_t *now)
{
	unsigned char noise[64];
	uint32_t bytes = roll(sizeof(noise));
	uint64_t from = *now > 1000 ? *now - roll(1000) : 0;

	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (unsigned char)roll(256);
	*now += roll(100);
	switch (roll(24)) {
	case 0:
		put_task(s, *now, roll(4), "task");
		break;
	case 1:
		put_packet(s, *now, roll(5));
		break;
	case 2:
		put_entry(s, roll(8), roll(5), from);
		break;
	case 3:
		put_verdict(s, *now, roll(5),
			    (struct gn_trace_verdict){ .code = (uint16_t)roll(7),
						       .reason = (uint16_t)roll(9) });
		break;
	case 4:
		put_frame(s, *now, roll(5), (uint16_t)roll(257));
		break;
	case 5:
		put_clock(s, *now + roll(3) * 1000000);
		break;
	case 6:
		put_rec(s, *now, roll(9), GN_TRACE_LOST);
		break;
	case 7:
		put_kind(s, from, GN_TRACE_KIND + roll(12), roll(80), noise, bytes);
		break;
	case 8:
		put_kind(s, *now, GN_TRACE_CLOCK, roll(2) * roll(UINT32_MAX), noise, 16);
		break;
	case 9:
		put_rec(s, dice, roll(UINT32_MAX), roll(UINT32_MAX));
		break;
	case 10:
		put_rec(s, from, UINT32_MAX, roll(8) | roll(4) << 24);
		break;
	default:
		put_rec(s, from, roll((uint32_t)(*now - from) + 2), roll(8) | roll(6) << 24);
	}
}

static void any_options(struct view_text *t)
{
	static const enum view_profile profiles[] = { VIEW_FULL, VIEW_FULL, VIEW_FULL, VIEW_ARTICLE,
						      VIEW_PATH };

	t->abstime = roll(2);
	t->proc = roll(2);
	t->tail = roll(2);
	t->packets = roll(2);
	t->irqs = roll(2);
	t->thresh = !roll(5);
	t->sleep_time = roll(2);
	t->fold = roll(16);
	t->profile = profiles[roll(5)];
}

static void one_round(unsigned long seed, FILE *nowhere, bool starve)
{
	static const struct view_ops ops = { on_root, on_open, NULL };
	static const char *const names[] = { "do_IRQ",	 "_raw_spin_lock", "ip_rcv",
					     "schedule", "do_softirq",	   NULL };
	struct round r = { 0 };
	struct slots s[3] = { { 0 } };
	struct view_node *const *root;
	uint64_t now = 5000;
	size_t n;
	int err = 0;

	dice = seed * 0x9e3779b97f4a7c15ull + 1;
	r.v = view_new(&ops, &r);
	MUST(r.v);
	name_functions(r.v, names);
	view_text_init(&r.text, nowhere);
	any_options(&r.text);
	r.keep = roll(2);
	if (starve)
		r.v->fail_nth = 1 + roll(60);
	for (unsigned i = 10 + roll(200); i--;) {
		unsigned cpu = roll(3);

		put_any(&s[cpu], &now);
		if (roll(20))
			continue;
		err = view_feed(r.v, roll(50) ? cpu : roll(100), s[cpu].rec,
				s[cpu].n - (s[cpu].n && !roll(10)));
		MUST(err == 0 || (err == -ENOMEM && starve));
		s[cpu].n = 0;
	}
	err = view_end(r.v);
	MUST(err == 0 || (err == -ENOMEM && starve));
	root = view_roots(r.v, &n);
	for (size_t i = 0; i + 1 < n; i++)
		MUST(root[i]->start <= root[i + 1]->start);
	if (n) {
		struct view_packet *const *packet = view_packets(r.v, &(size_t){ 0 });

		MUST(view_text_merge(&r.text, r.v, root, n) == 0);
		MUST(view_function_roots(nowhere, r.v, root, n) == 0);
		r.text.only = packet ? packet[0] : NULL;
		MUST(view_text_merge(&r.text, r.v, root, n) == 0);
	}
	if (!starve) {
		struct view_packet *const *packet = view_packets(r.v, &n);

		for (size_t i = 0; i < n; i++)
			MUST(packet[i]->open == 0);
	}
	view_free(r.v);
	for (int i = 0; i < 3; i++)
		free(s[i].rec);
}

static void rounds(unsigned long from, unsigned long to, bool starve)
{
	FILE *nowhere = fopen("/dev/null", "w");

	ck_assert_ptr_nonnull(nowhere);
	for (unsigned long seed = from; seed < to; seed++)
		one_round(seed, nowhere, starve);
	fclose(nowhere);
}

START_TEST(random_slots)
{
	rounds(0, 3000, false);
}
END_TEST

START_TEST(more_random_slots)
{
	rounds(3000, 6000, false);
}
END_TEST

START_TEST(without_memory)
{
	rounds(0, 3000, true);
}
END_TEST

/* What a socket gives, whole and broken. */
START_TEST(chunks)
{
	struct {
		char shift;
		char buf[3 * sizeof(struct gn_trace_chunk) + 8 * sizeof(struct gn_trace_rec)];
	} b;
	struct gn_trace_chunk h = { .magic = GN_TRACE_MAGIC, .cpu = 1, .n = 2 };
	struct gn_trace_rec rec[2] = { { 100, 5, 1 | 1u << 24 }, { 90, 50, 2 } };
	struct round r = { 0 };
	struct view *v = r.v = view_new(&(struct view_ops){ .root = on_root }, &r);
	size_t len = sizeof(h) + sizeof(rec);

	r.keep = true;
	for (int i = 0; i < 2; i++) {
		memcpy(b.buf + i * (long)len, &h, sizeof(h));
		memcpy(b.buf + i * (long)len + sizeof(h), rec, sizeof(rec));
	}
	ck_assert_int_eq(view_feed_chunks(v, b.buf, 2 * len), 0);
	ck_assert_int_eq(view_feed_chunks(v, b.buf, 0), 0);
	ck_assert_int_eq(view_feed_chunks(v, b.buf, len - 1), -EINVAL);
	ck_assert_int_eq(view_feed_chunks(v, b.buf, sizeof(h) - 1), -EINVAL);
	((struct gn_trace_chunk *)memcpy(&h, b.buf, sizeof(h)))->n = UINT32_MAX;
	memcpy(b.buf, &h, sizeof(h));
	ck_assert_int_eq(view_feed_chunks(v, b.buf, len), -EINVAL);
	b.buf[0]++;
	ck_assert_int_eq(view_feed_chunks(v, b.buf, len), -EINVAL);
	ck_assert_int_eq(view_end(v), 0);
	ck_assert_uint_eq(r.roots, 2);
	ck_assert_uint_eq(r.nodes, 4);
	view_free(v);
}
END_TEST

START_TEST(lines_of_the_tables)
{
	static const char *const bad[] = { "",
					   "F",
					   "F ",
					   "F 1",
					   "F x 0 a b",
					   "F 1 0 a",
					   "F 99999999 0 a b",
					   "F 1 0 a b [c] d",
					   "F -1 0 a b",
					   "R 1",
					   "R x A b",
					   "D 1",
					   "X 1 2 3 4",
					   "F 1 zz a b",
					   "R 99999999999 A b",
					   " F 1 0 a b",
					   "D 1x a b" };
	struct view *v = view_new(NULL, NULL);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(view_table(v, bad[i]) == -EINVAL, "taken: %s", bad[i]);
	ck_assert_str_eq(view_function(v, 7)->name, "?7");
	ck_assert_int_eq(view_table(v, "F 7 ffff1000 tap_intr drivers/tap [tap]\n"), 0);
	ck_assert_str_eq(view_function(v, 7)->name, "tap_intr");
	ck_assert_str_eq(view_function(v, 7)->file, "drivers/tap");
	ck_assert_str_eq(view_function(v, 7)->module, "tap");
	ck_assert_uint_eq(view_function(v, 7)->addr, 0xffff1000);
	ck_assert_int_eq(view_table(v, "F 7 ffff1000 ip_rcv -"), 0);
	ck_assert_str_eq(view_function(v, 7)->name, "ip_rcv");
	ck_assert_str_eq(view_function(v, 7)->file, "");
	ck_assert_ptr_null(view_function(v, 7)->module);
	ck_assert_int_eq(view_table(v, "F 8 0 e\033vil a/b tap"), 0);
	ck_assert_str_eq(view_function(v, 8)->name, "e?vil");
	ck_assert_str_eq(view_function(v, 8)->module, "tap");
	ck_assert_str_eq(view_reason(v, 3), "reason 3");
	ck_assert_str_eq(view_reason_text(v, 3), "");
	ck_assert_int_eq(view_table(v, "R 3 NO_SOCKET nobody listens on that port"), 0);
	ck_assert_str_eq(view_reason(v, 3), "NO_SOCKET");
	ck_assert_str_eq(view_reason_text(v, 3), "nobody listens on that port");
	ck_assert_str_eq(view_device(v, 2), "if2");
	ck_assert_int_eq(view_table(v, "D 2 gn0 tap"), 0);
	ck_assert_str_eq(view_device(v, 2), "gn0");
	view_free(v);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { random_slots, more_random_slots,	  without_memory,
				       chunks,	     lines_of_the_tables, NULL };
	Suite *all = suite_of("random", NULL, NULL, tests);

	return all;
}
