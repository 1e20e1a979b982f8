/* SPDX-License-Identifier: MIT */
/*
 * check_out.c - src/view: raw traces in, the order of moments, folded stacks and lines out; and whatever a file holds
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "outfix.h"
#include "view/export_impl.h"

#define ROUNDS 1500

static const struct view_ops ops = { .root = view_keep_root };
static char path[32]; /* of a file in memory: this program writes thousands */
static int fd;
static struct view *v;
static struct view_source *src;
static struct view_error err;

static void setup(void)
{
	fd = memfd_create("trace", 0);
	ck_assert_int_ge(fd, 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	v = view_new(&ops, &v);
	ck_assert_ptr_nonnull(v);
	src = NULL;
}

static void teardown(void)
{
	view_source_free(src);
	view_free(v);
	close(fd);
}

static void save(const void *data, size_t len)
{
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	ck_assert_int_eq(pwrite(fd, data, len, 0), (ssize_t)len);
}

static char *fixture(size_t *ret_len)
{
	struct paper p;

	out_raw(paper_open(&p));
	fclose(p.file);
	*ret_len = p.len;
	return p.text;
}

static void load_fixture(void)
{
	size_t len;
	char *data = fixture(&len);

	save(data, len);
	free(data);
	ck_assert_int_eq(view_load(v, path, &src, &err), 0);
}

static void expect_refused(const void *data, size_t len, const char *text)
{
	save(data, len);
	ck_assert_int_eq(view_load(v, path, &src, &err), -EINVAL);
	ck_assert_msg(strstr(err.text, text) != NULL, "said: %s", err.text);
	ck_assert_msg(strstr(err.text, path) != NULL, "said: %s", err.text);
}

START_TEST(a_raw_file_may_mix_lines_and_chunks)
{
	struct slots s = { 0 };
	struct gn_trace_chunk c = { .magic = GN_TRACE_MAGIC, .cpu = 0 };
	struct paper p;
	size_t n;

	out_cpu0(&s);
	c.n = (uint32_t)s.n;
	paper_open(&p);
	fwrite(&c, sizeof(c), 1, p.file);
	fwrite(s.rec, sizeof(*s.rec), s.n, p.file);
	fprintf(p.file, "F 1 401000 do_IRQ kernel/irq\nF what\nR 2 NO_SOCKET nobody\n");
	c = (struct gn_trace_chunk){ .magic = GN_TRACE_MAGIC, .cpu = VIEW_CPUS, .n = 1 };
	fwrite(&c, sizeof(c), 1, p.file);
	fwrite(s.rec, sizeof(*s.rec), 1, p.file);
	fprintf(p.file, "F 2 4011");
	fflush(p.file);
	save(p.text, p.len);
	paper_close(&p);
	free(s.rec);
	ck_assert_int_eq(view_load(v, path, &src, &err), 0);
	ck_assert_str_eq(view_roots(v, &n)[0]->func->name, "do_IRQ");
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(view_reason_text(v, 2), "nobody");
	/* a line that says nothing and a CPU that is none; the last line has no end */
	ck_assert_uint_eq(src->bad, 2);
	ck_assert_uint_eq(src->cut, 8);
	ck_assert(!src->ctf);
}
END_TEST

START_TEST(what_is_no_raw_file_is_refused)
{
	static const struct gn_trace_chunk huge = { .magic = GN_TRACE_MAGIC, .n = 0x7fffffff }, other = { .magic = 0x12345647 };
	char line[6000] = "F 1 401000 do_IRQ kernel/irq\nD 2 gn0 tap\n#", nul[] = "F 1\0 2\n";

	expect_refused("hello\n", 6, "not a trace: neither");
	expect_refused(&huge, sizeof(huge), "not a trace: neither");
	expect_refused(&other, sizeof(other), "not a trace: neither");
	expect_refused(line, strlen(line), "from byte 41 on");
	expect_refused(nul, sizeof(nul) - 1, "not a trace");
	memset(line, 'F', sizeof(line));
	expect_refused(line, sizeof(line), "not a trace");
}
END_TEST

START_TEST(an_empty_file_is_an_empty_trace)
{
	size_t n;

	save("", 0);
	ck_assert_int_eq(view_load(v, path, &src, &err), 0);
	view_roots(v, &n);
	ck_assert_uint_eq(n, 0);
}
END_TEST

static bool hide(void *ctx, const struct view_func *f)
{
	return !strcmp(f->name, ctx);
}

static const char *shout(void *ctx, const struct view_func *f)
{
	return strcmp(f->name, "do_IRQ") ? f->name : ctx;
}

static char *folded(struct view_export *x)
{
	struct paper p;

	x->out = paper_open(&p);
	ck_assert_int_eq(view_folded(v, x), 0);
	fclose(p.file);
	return p.text;
}

START_TEST(folded_is_self_time)
{
	struct view_export x = { .src = NULL };
	char *text;

	load_fixture();
	text = folded(&x);
	ck_assert_str_eq(text, "do_IRQ 2100\n"
			       "do_IRQ;net_rx_action 1100\n"
			       "do_IRQ;net_rx_action;tap_poll 3900\n"
			       "do_IRQ;net_rx_action;tap_poll;ip_rcv 4000\n"
			       "do_IRQ;net_rx_action;tap_poll;ip_rcv;udp_rcv 32000\n"
			       "do_IRQ;net_rx_action;tap_poll;ip_rcv;udp_rcv;kfree_skb_reason 1000\n"
			       "do_IRQ;net_rx_action;tap_poll;ip_rcv;udp_rcv;sock_queue_rcv_skb 5000\n"
			       "do_IRQ;tap_intr 900\n"
			       "udp_recvmsg 6200\n"
			       "udp_recvmsg;schedule 59000\n"
			       "udp_recvmsg;skb_copy_datagram_iovec 800\n"
			       "udp_sendmsg 10000\n"
			       "udp_sendmsg;tap_xmit 9000\n");
	free(text);
}
END_TEST

START_TEST(folded_of_one_packet_has_no_time_of_others)
{
	struct view_export x = { .src = NULL };
	size_t n;
	char *text;

	load_fixture();
	x.only = view_packets(v, &n)[1];
	x.per_packet = true;
	text = folded(&x);
	ck_assert_str_eq(text, "no packet;do_IRQ 2100\n"
			       "no packet;do_IRQ;net_rx_action 1100\n"
			       "no packet;do_IRQ;net_rx_action;tap_poll 3900\n"
			       "packet 2;do_IRQ;net_rx_action;tap_poll;ip_rcv 2000\n"
			       "packet 2;do_IRQ;net_rx_action;tap_poll;ip_rcv;udp_rcv 12000\n"
			       "packet 2;do_IRQ;net_rx_action;tap_poll;ip_rcv;udp_rcv;kfree_skb_reason 1000\n");
	free(text);
}
END_TEST

START_TEST(hidden_calls_count_for_their_caller)
{
	struct view_export x = { .hide = hide, .hide_ctx = (char *)"net_rx_action", .rename = shout, .rename_ctx = (char *)"IRQ;1" };
	char *text;

	load_fixture();
	text = folded(&x);
	/* and a separator in a name is none */
	ck_assert_ptr_eq(strstr(text, "IRQ:1 49100\nIRQ:1;tap_intr 900\nudp_recvmsg "), text);
	free(text);
}
END_TEST

START_TEST(script_has_a_line_a_happening)
{
	struct view_export x = { .src = NULL };
	size_t n;
	struct paper p;

	load_fixture();
	x.out = paper_open(&p);
	x.only = view_packets(v, &n)[2];
	ck_assert_int_eq(view_script(v, &x), 0);
	fclose(p.file);
	ck_assert_str_eq(p.text, "          echo\"1      78 [001]      0.000080: ftrace:function: udp_sendmsg\n"
				 "          echo\"1      78 [001]      0.000080: glassnet:packet: packet=3 dir=local dev=- queue=0 len=1500\n"
				 "          echo\"1      78 [001]      0.000081: ftrace:function: tap_xmit <- udp_sendmsg\n"
				 "          echo\"1      78 [001]      0.000082: glassnet:packet: packet=3 dir=tx dev=gn1 queue=1 len=1500\n"
				 "          echo\"1      78 [001]      0.000095: glassnet:mark: hello\n"
				 "          echo\"1      78 [001]      0.000096: glassnet:verdict: packet=3 verdict=sent dev=gn1 location=udp_sendmsg\n");
	free(p.text);
}
END_TEST

/* Entries and exits of each task match, times go on: NULL, or what does not. No ck_assert: each writes to a pipe. */
static const char *not_nested(const struct export *e)
{
	static struct {
		uint32_t tid;
		unsigned depth;
		const struct view_node *open[300];
	} lane[64];
	unsigned lanes = 0, l;
	uint64_t last = 0;

	for (size_t i = 0; i < e->n; i++) {
		const struct moment *m = &e->moment[i];

		if (m->t < last || m->end < m->t)
			return "times go back";
		last = m->t;
		for (l = 0; l < lanes && lane[l].tid != m->tid; l++)
			;
		if (l == lanes) {
			if (lanes == 64)
				return "too many tasks for this check";
			lane[lanes].tid = m->tid;
			lane[lanes++].depth = 0;
		}
		if (m->kind == MOMENT_ENTER) {
			if (lane[l].depth == 300)
				return "too deep";
			lane[l].open[lane[l].depth++] = m->node;
		} else if (m->kind == MOMENT_LEAVE && (!lane[l].depth || lane[l].open[--lane[l].depth] != m->node)) {
			return "a call ends that is not the innermost";
		}
	}
	for (l = 0; l < lanes; l++) {
		if (lane[l].depth)
			return "a call does not end";
	}
	return e->last < last ? "something is after the last" : NULL;
}

START_TEST(whatever_a_file_holds_nests)
{
	FILE *null = fopen("/dev/null", "w");
	size_t len, read = 0;
	char *data = fixture(&len), *bad = malloc(len);
	uint64_t dice = 20240229;
	const char *wrong;

	for (unsigned round = 0; round < ROUNDS; round++) {
		struct view_export x = { .out = null };
		struct export e;

		memcpy(bad, data, len);
		for (unsigned i = 0; i <= round % 24; i++) {
			dice = dice * 6364136223846793005ull + 1442695040888963407ull;
			/* mostly in the slots */
			bad[dice >> 33 & 1 ? (dice >> 40) % len : len - 1 - (dice >> 40) % 900] ^= (char)(1u << (dice >> 36 & 7));
		}
		save(bad, len);
		if (!view_load(v, path, &src, &err)) {
			read++;
			ck_assert_int_eq(export_begin(&e, v, &x), 0);
			wrong = not_nested(&e);
			ck_assert_msg(!wrong, "round %u: %s", round, wrong);
			export_end(&e);
			ck_assert_int_eq(view_chrome(v, &x), 0);
			ck_assert_int_eq(view_folded(v, &x), 0);
			ck_assert_int_eq(view_pcapng(v, &x), 0);
			ck_assert_int_eq(view_script(v, &x), 0);
			view_source_free(src);
		}
		src = NULL;
		view_free(v);
		v = view_new(&ops, &v);
	}
	/* else the rounds above say nothing */
	ck_assert_uint_gt(read, ROUNDS / 4);
	free(bad);
	free(data);
	fclose(null);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { a_raw_file_may_mix_lines_and_chunks, what_is_no_raw_file_is_refused, an_empty_file_is_an_empty_trace,
				       folded_is_self_time, folded_of_one_packet_has_no_time_of_others, hidden_calls_count_for_their_caller,
				       script_has_a_line_a_happening, whatever_a_file_holds_nests, NULL };

	return suite_of("out", setup, teardown, tests);
}
