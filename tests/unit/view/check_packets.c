/* SPDX-License-Identifier: MIT */
/*
 * One packet at a time: 1000 packets of 8 flows, interleaved on two CPUs: every call belongs to the
 * right packet, and none is missing.
 */
#include "slots.h"

#define FLOWS 8
#define PACKETS 1000
#define LEVELS 4 /* calls a packet, one inside the other */
#define NET_RX 100
#define DO_IRQ 101
#define RECVMSG 102
#define SCHEDULE 103
#define CLEAN 104

static struct view *view;
static struct slots s[2];
static struct paper paper;
static struct view_text text;

static void on_root(void *ctx, struct view_node *root)
{
	(void)ctx;
	view_keep(view, root);
}

static void setup(void)
{
	static const struct view_ops ops = { .root = on_root };

	view = view_new(&ops, NULL);
	ck_assert_ptr_nonnull(view);
	view_text_init(&text, paper_open(&paper));
	put_clock(&s[0], 1000);
}

static void teardown(void)
{
	view_free(view);
	paper_close(&paper);
	for (int i = 0; i < 2; i++) {
		free(s[i].rec);
		s[i] = (struct slots){ 0 };
	}
}

/* Function ids: the flow is the tens, the level the ones. */
static void put_work(struct slots *to, uint64_t *t, unsigned packet, unsigned depth,
		     const struct gn_trace_verdict *d)
{
	uint64_t start = *t;

	put_packet(to, start, packet);
	for (unsigned level = LEVELS; level--;) {
		if (level == LEVELS - 1)
			put_verdict(to, start + 15, packet, *d);
		put_call(to, packet % FLOWS * 10 + level, depth + level, start + level,
			 start + 20 - level);
	}
	*t = start + 20;
}

struct count {
	unsigned calls[PACKETS + 1], none, verdicts;
};

static void count_tree(struct count *c, const struct view_node *n)
{
	if (n->kind == VIEW_VERDICT) {
		c->verdicts++;
	} else if (n->func->id >= NET_RX) {
		c->none++;
		ck_assert_msg(!n->packet || n->func->id == DO_IRQ || n->func->id == SCHEDULE,
			      "function %u works for a packet", n->func->id);
	} else {
		ck_assert_ptr_nonnull(n->packet);
		ck_assert_uint_eq(n->packet->id % FLOWS, n->func->id / 10);
		c->calls[n->packet->id]++;
	}
	for (const struct view_node *x = n->child; x; x = x->next) {
		ck_assert_ptr_eq(x->parent, n);
		count_tree(c, x);
	}
}

START_TEST(interleaved_flows)
{
	static const struct gn_trace_verdict delivered = { .code = GN_TRACE_DELIVERED, .port = 7 };
	struct view_packet *const *packet;
	struct view_node *const *root;
	static struct count c;
	uint64_t t[2] = { 2000, 2000 };
	size_t n;

	memset(&c, 0, sizeof(c));
	for (unsigned id = 1; id <= PACKETS;) {
		unsigned cpu = id / 16 % 2;
		uint64_t begin = t[cpu]++;

		for (unsigned k = 0; k < 16 && id <= PACKETS; k++, id++) {
			put_work(&s[cpu], &t[cpu], id, 1, &delivered);
			put_packet(&s[cpu], t[cpu], 0);
			put_call(&s[cpu], CLEAN, 1, t[cpu] + 1, t[cpu] + 2); /* for nobody */
			t[cpu] += 3;
		}
		put_call(&s[cpu], NET_RX, 0, begin, ++t[cpu]);
		t[cpu]++;
		if (id % 5 == 0)
			feed(view, cpu, &s[cpu]);
	}
	feed(view, 0, &s[0]);
	feed(view, 1, &s[1]);
	root = view_roots(view, &n);
	ck_assert_uint_eq(n, (PACKETS + 15) / 16);
	for (size_t i = 0; i < n; i++)
		count_tree(&c, root[i]);
	for (unsigned id = 1; id <= PACKETS; id++)
		ck_assert_uint_eq(c.calls[id], LEVELS);
	ck_assert_uint_eq(c.verdicts, PACKETS);
	packet = view_packets(view, &n);
	ck_assert_uint_eq(n, PACKETS);
	for (size_t i = 0; i < n; i++) {
		ck_assert_uint_eq(packet[i]->number, i + 1);
		ck_assert_uint_eq(packet[i]->open, 0);
		ck_assert_uint_eq(packet[i]->n_verdicts, 1);
		ck_assert_uint_eq(packet[i]->verdicts->verdict.port, 7);
		ck_assert_ptr_null(view_next_verdict(packet[i]->verdicts));
		ck_assert_uint_eq(packet[i]->last - packet[i]->first, 20);
		ck_assert(!packet[i]->matched);
	}
	ck_assert_uint_eq(view_errors(view), 0);
}
END_TEST

/* A frame comes in while another packet is on its way out, in the same root. */
START_TEST(only_one_packet)
{
	static const struct gn_trace_verdict sent = { .code = GN_TRACE_SENT, .ifindex = 2 };
	struct view_packet *const *packet;
	struct view_node *const *root;
	uint64_t t = 2000;
	size_t n;

	put_work(&s[0], &t, 1, 1, &sent);	 /* flow 1 */
	put_call(&s[0], CLEAN, 2, t + 1, t + 2); /* for packet 1 */
	t += 5;
	put_work(&s[0], &t, 2, 3, &sent); /* flow 2 */
	put_packet(&s[0], t, 0);
	put_call(&s[0], SCHEDULE, 2, t + 1, t + 2); /* for nobody */
	put_packet(&s[0], t + 3, 1);
	put_call(&s[0], DO_IRQ, 1, 2024, t + 4);
	put_call(&s[0], NET_RX, 0, 1990, t + 5);
	feed(view, 0, &s[0]);
	root = view_roots(view, &n);
	ck_assert_uint_eq(n, 1);
	packet = view_packets(view, &n);
	ck_assert_uint_eq(n, 2);
	ck_assert(view_concerns(root[0], packet[0]));
	ck_assert(view_concerns(root[0], packet[1]));
	ck_assert(!view_concerns(root[0]->child, packet[1]));
	text.duration = text.cpu = false;
	text.only = packet[1];
	view_text_root(&text, view, root[0]);
	ck_assert_str_eq(paper_text(&paper), "?100() {\n"
					     "  ?101() {\n"
					     "      ?20() {\n"
					     "        ?21() {\n"
					     "          ?22() {\n"
					     "            ?23();\n"
					     "          }\n"
					     "        }\n"
					     "      }\n"
					     "  }\n"
					     "}\n");
}
END_TEST

/* A root that worked for one packet only is that packet's, with what it did before it knew. */
START_TEST(a_root_of_one_packet)
{
	struct view_packet *const *packet;
	struct view_node *const *root;
	size_t n;

	put_task(&s[0], 1900, 50, "reader");
	put_call(&s[0], CLEAN, 1, 2000, 2010);
	put_entry(&s[0], RECVMSG, 0, 1950);
	put_entry(&s[0], SCHEDULE, 1, 2020);
	feed(view, 0, &s[0]);
	put_task(&s[0], 3000, 1, "gn/0");
	put_packet(&s[0], 3005, 9);
	put_frame(&s[0], 3010, 9, 100);
	put_call(&s[0], 10, 0, 3006, 3100);
	put_packet(&s[0], 3101, 0);
	put_call(&s[0], NET_RX, 0, 3102, 3120);
	put_task(&s[0], 4000, 50, "reader");
	put_call(&s[0], SCHEDULE, 1, 2020, 4010);
	put_packet(&s[0], 4020, 9);
	feed(view, 0, &s[0]);
	packet = view_packets(view, &n);
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(packet[0]->open, 1); /* the reader has it */
	put_call(&s[0], 11, 1, 4021, 4030);
	put_packet(&s[0], 4031, 0);
	put_call(&s[0], RECVMSG, 0, 1950, 4040);
	feed(view, 0, &s[0]);
	ck_assert_uint_eq(packet[0]->open, 0);
	root = view_roots(view, &n);
	ck_assert_uint_eq(n, 3);
	ck_assert_uint_eq(root[0]->func->id, RECVMSG);
	ck_assert(view_concerns(root[0], packet[0]));
	ck_assert(view_concerns(root[0]->child, packet[0]));
	ck_assert(view_concerns(root[1], packet[0]));
	ck_assert(!view_concerns(root[2], packet[0]));
	ck_assert(packet[0]->matched);
	ck_assert_uint_eq(packet[0]->frames->f.caplen, 100);
	ck_assert_uint_eq(packet[0]->frames->byte[99], 99);
	ck_assert_uint_eq(packet[0]->frames->time, 3010);
	ck_assert_uint_eq(packet[0]->first, 3006);
	ck_assert_uint_eq(packet[0]->last, 4030);
	ck_assert_str_eq(root[0]->task->comm, "reader");
	ck_assert_uint_eq(root[0]->asleep, 4010 - 2020);
	ck_assert_uint_eq(view_errors(view), 0);
}
END_TEST

/*
 * A verdict outlives a root that nobody kept; kinds that are not known yet are stepped over by
 * their slots.
 */
START_TEST(verdicts_stay)
{
	static const uint32_t stack[] = { 5, 6, 7, 8, 9 };
	struct view *v = view_new(NULL, NULL);
	struct view_packet *const *packet;
	size_t n;

	ck_assert_ptr_nonnull(v);
	put_packet(&s[0], 2000, 3);
	put_verdict(&s[0], 2001, 3,
		    (struct gn_trace_verdict){ .code = GN_TRACE_DROPPED, .reason = 4 });
	put_kind(&s[0], 2002, GN_TRACE_STACK, 5, stack, sizeof(stack));
	put_kind(&s[0], 2003, GN_TRACE_KIND_END + 5, 1, stack, sizeof(stack));
	put_verdict(&s[0], 2004, 3, (struct gn_trace_verdict){ .code = GN_TRACE_CONSUMED });
	put_call(&s[0], 1, 0, 2000, 2010);
	for (unsigned i = 0; i < 1000; i++)
		put_call(&s[0], 2, 0, 3000 + i * 10, 3005 + i * 10);
	ck_assert_int_eq(view_feed(v, 0, s[0].rec, s[0].n), 0);
	packet = view_packets(v, &n);
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(packet[0]->n_verdicts, 2);
	ck_assert_uint_eq(packet[0]->verdicts->nstack, 5);
	ck_assert_uint_eq(packet[0]->verdicts->stack[4], 9);
	ck_assert_uint_eq(packet[0]->verdicts->start, 2001);
	ck_assert_uint_eq(view_next_verdict(packet[0]->verdicts)->verdict.code, GN_TRACE_CONSUMED);
	ck_assert_uint_eq(view_errors(v), 0);
	view_free(v);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { interleaved_flows, only_one_packet, a_root_of_one_packet,
				       verdicts_stay, NULL };

	return suite_of("packets", setup, teardown, tests);
}
