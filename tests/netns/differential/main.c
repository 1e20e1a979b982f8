/* SPDX-License-Identifier: MIT */
/*
 * main.c - the differential test: the kernel and glassnet get the same frames and must answer
 * and count alike
 *
 * Theory of operation
 *   Each group of cases has fresh sides (side.h). A case's frames are sent one by one; what
 *   comes back is collected, questions of ARP are answered, and the echo servers run. Then a
 *   ping of a reserved identifier is sent: its answer says that everything before it is done,
 *   so that nothing waits for a time. What one such ping costs in counters was measured at
 *   the start and is taken off. Directives in a case:
 *     @wait N		wait until N more frames came (for what timers send), 4 s at most
 *     @until COUNTER N	wait until it grew by N in this case, 4 s at most
 *     @join GROUP	the UDP echo server joins a multicast group
 *     @set KEY=VALUE	a sysctl
 * Output: TAP, a test a case. Options: --self (kernel against kernel), --case PATTERN,
 * --fuzz SEED (frames spoiled at random, mutate.c), --verbose, --markdown (docs/differences.md).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fnmatch.h>
#include <getopt.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "judge.h"
#include "side.h"

#define SENTINEL_ID 0x5e47
#define PATIENCE_MS 4000
#define SILENT_ADDR 200 /* 10.99.0.200 and up do not answer ARP */

struct run {
	const struct side_ops *ops;
	struct side *side;
	struct counters cost;	/* of one sentinel */
	struct counters before; /* when the case began */
	unsigned pings;		/* sentinels of this case */
	unsigned seq;
	bool busy;     /* something happened that may lead to more frames */
	bool seen;     /* the sentinel's answer came */
	uint64_t dice; /* of --fuzz; 0: frames are sent as they are */
	struct result res;
};

static const char *const base_sysctls[] = {
	"net.ipv4.ip_forward=0", /* a new namespace takes it from the machine */
	"net.ipv4.conf.all.rp_filter=0",
	"net.ipv4.conf.default.rp_filter=0",
	"net.ipv4.conf.eth0.rp_filter=0",
	"net.ipv4.conf.all.accept_source_route=0",
	"net.ipv4.conf.eth0.accept_source_route=0",
	"net.ipv4.conf.all.log_martians=0",
	"net.ipv4.conf.eth0.log_martians=0",
	"net.ipv4.neigh.eth0.base_reachable_time_ms=3600000",
	"net.ipv4.icmp_ratelimit=0",
	"net.ipv4.icmp_msgs_per_sec=100000000",
	"net.ipv4.icmp_msgs_burst=100000000",
};

static bool verbose;
static unsigned long fuzz; /* --fuzz: seed */

static int run_groups(struct group *g, int n, const char *pattern, const struct side_ops *a,
		      const struct side_ops *b);
static bool run_open(struct run *r, const struct side_ops *ops, const struct group *g);
static void run_close(struct run *r);
static void run_case(struct run *r, const struct test *t);
static void run_step(struct run *r, const char *step);
static void wait_frames(struct run *r, int want);
static void wait_counter(struct run *r, const char *name, int want);
static void run_frame(struct run *r, const char *step);
static void settle(struct run *r);
static int collect(struct run *r, int ms);

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "self", 0, NULL, 's' },     { "case", 1, NULL, 'c' }, { "verbose", 0, NULL, 'v' },
		{ "markdown", 0, NULL, 'm' }, { "fuzz", 1, NULL, 'f' }, { 0 }
	};
	const struct side_ops *other = &glass_side;
	const char *pattern = "*";
	struct group *g;
	int n, opt, ret;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 's') {
			other = &kernel_side;
		} else if (opt == 'c') {
			pattern = optarg;
		} else if (opt == 'v') {
			verbose = true;
		} else if (opt == 'f') {
			fuzz = strtoul(optarg, NULL, 0);
		} else if (opt == 'm') {
			judge_markdown();
			return 0;
		} else {
			return 2;
		}
	}
	if (optind != argc - 1) {
		fprintf(stderr,
			"usage: differential [--self] [--case PATTERN] [--fuzz SEED] [--verbose] CASES | "
			"--markdown\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	g = cases_read(argv[optind], &n);
	if (!g)
		return 1;
	ret = run_groups(g, n, pattern, &kernel_side, other);
	cases_free(g, n);
	return ret;
}

/* Not in --fuzz: what waits for answers that a spoiled frame does not get. */
static bool left_out(const struct test *t, const char *pattern)
{
	for (int i = 0; fuzz && i < t->steps; i++)
		if (*t->step[i] == '@')
			return true;
	return fnmatch(pattern, t->name, 0);
}

static int run_groups(struct group *g, int n, const char *pattern, const struct side_ops *a,
		      const struct side_ops *b)
{
	static struct run ra, rb;
	int tests = 0, failed = 0;

	for (int i = 0; i < n; i++) {
		bool open = false;

		for (int k = 0; k < g[i].tests; k++) {
			struct test *t = &g[i].test[k];
			bool same;

			if (left_out(t, pattern))
				continue;
			if (!open && (!run_open(&ra, a, &g[i]) || !run_open(&rb, b, &g[i]))) {
				printf("Bail out! a side cannot be set up\n");
				return 1;
			}
			open = true;
			ra.dice = rb.dice = fuzz ? fuzz * 1000003 + (unsigned)(i * 1000 + k) : 0;
			run_case(&ra, t);
			run_case(&rb, t);
			same = judge(t->name, &ra.res, a->name, &rb.res,
				     b == a ? "the other" : b->name);
			printf("%sok %d - %s\n", same ? "" : "not ", ++tests, t->name);
			failed += !same;
			if (!same && fuzz) { /* what follows would only repeat it */
				run_close(&ra);
				run_close(&rb);
				open = false;
			}
		}
		if (open) {
			run_close(&ra);
			run_close(&rb);
		}
	}
	printf("1..%d\n", tests);
	return failed || !tests;
}

static void read_counters(struct run *r, struct counters *c)
{
	static char text[65536];

	c->n = 0;
	if (r->ops->file(r->side, "/proc/net/snmp", text, sizeof(text)) < 0 ||
	    !counters_parse(c, text))
		snprintf(r->res.trouble, sizeof(r->res.trouble), "/proc/net/snmp cannot be read");
	if (r->ops->file(r->side, "/proc/net/netstat", text, sizeof(text)) < 0 ||
	    !counters_parse(c, text))
		snprintf(r->res.trouble, sizeof(r->res.trouble),
			 "/proc/net/netstat cannot be read");
}

static bool set_sysctl(struct run *r, const char *assignment)
{
	char key[128];
	const char *v = strchr(assignment, '=');
	int ret;

	if (!v)
		return false;
	snprintf(key, sizeof(key), "%.*s", (int)(v - assignment), assignment);
	ret = r->ops->sysctl(r->side, key, v + 1);
	/* kernels before 6.13 have the limit of all namespaces in the first one only */
	if (ret == -ENOENT && r->ops == &kernel_side && strstr(key, "icmp_msgs_"))
		ret = 0;
	if (ret)
		fprintf(stderr, "%s side: sysctl %s: %s\n", r->ops->name, assignment,
			strerror(-ret));
	return !ret;
}

static bool run_open(struct run *r, const struct side_ops *ops, const struct group *g)
{
	struct counters before;

	*r = (struct run){ .ops = ops, .side = ops->open(!g->noroute) };
	if (!r->side)
		return false;
	for (size_t i = 0; i < sizeof(base_sysctls) / sizeof(*base_sysctls); i++)
		if (!set_sysctl(r, base_sysctls[i]))
			return false;
	for (int i = 0; i < g->sets; i++)
		if (!set_sysctl(r, g->set[i]))
			return false;
	settle(r); /* it asks for our address */
	settle(r);
	r->pings = 0;
	read_counters(r, &before);
	settle(r);
	read_counters(r, &r->cost);
	for (int i = 0; i < r->cost.n; i++)
		r->cost.c[i].value -= counters_find(&before, r->cost.c[i].name)->value;
	if (r->pings != 1 || r->res.trouble[0]) {
		fprintf(stderr, "%s side: a ping took %u tries; %s\n", ops->name, r->pings,
			r->res.trouble);
		return false;
	}
	return true;
}

static void run_close(struct run *r)
{
	result_free(&r->res);
	r->ops->close(r->side);
}

static void run_case(struct run *r, const struct test *t)
{
	struct counters *before = &r->before, *after = &r->res.delta;

	result_free(&r->res);
	r->pings = 0;
	read_counters(r, before);
	for (int i = 0; i < t->steps && !r->res.trouble[0]; i++)
		run_step(r, t->step[i]);
	settle(r);
	read_counters(r, after);
	for (int i = 0; i < after->n; i++) {
		const char *name = after->c[i].name;

		after->c[i].value -= counters_find(before, name)->value +
				     (long)r->pings * counters_find(&r->cost, name)->value;
		if (verbose && after->c[i].value)
			printf("# %s: %s: %s %+ld\n", t->name, r->ops->name, name,
			       after->c[i].value);
	}
	if (verbose)
		printf("# %s: %s: %d replies\n", t->name, r->ops->name, r->res.replies);
}

static void run_step(struct run *r, const char *step)
{
	char name[48];
	struct in_addr a;
	int want, ret = 0;

	if (sscanf(step, "@wait %d", &want) == 1) {
		wait_frames(r, want);
	} else if (sscanf(step, "@until %47s %d", name, &want) == 2) {
		wait_counter(r, name, want);
	} else if (!strncmp(step, "@join ", 6) && inet_aton(step + 6, &a)) {
		ret = r->ops->join(r->side, ntohl(a.s_addr));
	} else if (!strncmp(step, "@set ", 5)) {
		ret = set_sysctl(r, step + 5) ? 0 : -EINVAL;
	} else if (*step == '@') {
		ret = -EINVAL;
	} else {
		run_frame(r, step);
	}
	if (ret)
		snprintf(r->res.trouble, sizeof(r->res.trouble), "%.80s: %s", step, strerror(-ret));
}

static void wait_frames(struct run *r, int want)
{
	for (int got = 0, n; got < want; got += n) {
		n = collect(r, PATIENCE_MS);
		if (!n) {
			snprintf(r->res.trouble, sizeof(r->res.trouble),
				 "%d frames instead of %d within %d ms", got, want, PATIENCE_MS);
			return;
		}
	}
}

static void wait_counter(struct run *r, const char *name, int want)
{
	static struct counters now;
	long goal = counters_find(&r->before, name)->value + want;

	for (int ms = 0; ms < PATIENCE_MS; ms += 10) {
		read_counters(r, &now);
		if (counters_find(&now, name)->value >= goal)
			return;
		collect(r, 10);
	}
	snprintf(r->res.trouble, sizeof(r->res.trouble), "%s did not grow by %d within %d ms", name,
		 want, PATIENCE_MS);
}

static void show_frame(const uint8_t *f, int n)
{
	printf("# sent %d bytes:", n);
	for (int i = 0; i < n && i < 90; i++)
		printf("%s%02x", i == 14 || i == 34 ? " " : "", f[i]);
	printf("\n");
}

static void run_frame(struct run *r, const char *step)
{
	static uint8_t buf[FRAME_MAX];
	char bad[64];
	unsigned times = 1;

	for (unsigned i = 0; i < times; i++) {
		int ret, n = frame_build(step, i, buf, &times, bad, sizeof(bad));

		if (n < 0) {
			snprintf(r->res.trouble, sizeof(r->res.trouble), "word %s is not known",
				 bad);
			return;
		}
		if (r->dice && n >= 20)
			frame_mutate(buf, (size_t)n, &r->dice);
		if (r->dice && verbose && r->ops == &kernel_side)
			show_frame(buf, n);
		ret = r->ops->send(r->side, buf, (size_t)n);
		if (ret) {
			snprintf(r->res.trouble, sizeof(r->res.trouble), "frame of %d bytes: %s", n,
				 strerror(-ret));
			return;
		}
		if (r->ops->serve(r->side))
			r->busy = true;
		collect(r, 0);
	}
}

/* Answer a question for an address of the test's network. */
static void answer_arp(struct run *r, const uint8_t *q)
{
	uint8_t f[42] = { 0 };
	unsigned host = q[41];

	if (memcmp(q + 38, "\x0a\x63\0", 3) || host == (OUR_ADDR & 0xff) || host >= SILENT_ADDR)
		return;
	memcpy(f, q + 6, 6);
	memcpy(f + 6, PEER_MAC, 6);
	if (host != (PEER_ADDR & 0xff))
		f[11] = (uint8_t)host;
	memcpy(f + 12, q + 12, 8); /* type, hrd, pro, hln, pln */
	f[21] = 2;
	memcpy(f + 22, f + 6, 6);
	memcpy(f + 28, q + 38, 4);
	memcpy(f + 32, q + 22, 10);
	r->ops->send(r->side, f, sizeof(f));
	r->busy = true;
}

static bool is_sentinel(const struct run *r, const uint8_t *f, int n)
{
	return n >= 42 && f[12] == 8 && f[13] == 0 && f[14] == 0x45 && f[23] == 1 && f[34] == 0 &&
	       (f[38] << 8 | f[39]) == SENTINEL_ID &&
	       (unsigned)(f[40] << 8 | f[41]) == (r->seq & 0xffff);
}

/* Frames that are there, and with @ms the first that comes within that time; how many. */
static int collect(struct run *r, int ms)
{
	static uint8_t buf[FRAME_MAX];
	int n, got = 0;

	while ((n = r->ops->recv(r->side, buf, sizeof(buf), got ? 0 : ms)) > 0) {
		got++;
		if (is_sentinel(r, buf, n)) {
			r->seen = true;
			continue;
		}
		result_add(&r->res, buf, (size_t)n);
		if (n >= 42 && buf[12] == 8 && buf[13] == 6 && buf[21] == 1)
			answer_arp(r, buf);
	}
	return got;
}

/* A ping of our own, until one went by with nothing else happening. */
static void settle(struct run *r)
{
	uint8_t buf[256];
	char line[80], bad[64];
	unsigned times;

	for (int tries = 0; tries < 8; tries++) {
		int n;

		if (r->ops->serve(r->side))
			r->busy = true;
		collect(r, 0);
		r->busy = false;
		r->seen = false;
		snprintf(line, sizeof(line), "echo dlen=16 rest=0x%04x%04x", SENTINEL_ID,
			 ++r->seq & 0xffff);
		n = frame_build(line, 0, buf, &times, bad, sizeof(bad));
		if (n < 0 || r->ops->send(r->side, buf, (size_t)n))
			break;
		r->pings++;
		while (!r->seen && collect(r, PATIENCE_MS) > 0)
			;
		if (!r->seen)
			break;
		if (r->ops->serve(r->side))
			r->busy = true;
		if (!r->busy)
			return;
	}
	if (!r->res.trouble[0])
		snprintf(r->res.trouble, sizeof(r->res.trouble),
			 "does not answer a ping at the end");
}
