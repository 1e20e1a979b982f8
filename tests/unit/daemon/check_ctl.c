/* SPDX-License-Identifier: MIT */
/*
 * check_ctl: the control socket as its clients see it: who owns the tracer, until when, and ten thousand malformed requests
 *
 * The daemon here is ctl.c, ctl_req.c and trace_thread.c around a net whose clock stands still; the test turns the loop and is the clients, too.
 */
#include <dirent.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/ctl.h"
#include "lib/rng.h"
#include "stack.h"
#include "support/suite.h"
#include "trace/trace.h"
#include "tracefs/tracefs.h"

#define T "/sys/kernel/tracing/"

static struct daemon d;
static char dir[] = "/tmp/check_ctl.XXXXXX";

struct answer {
	int error; /* 1: DONE */
	char text[4096]; /* of the error, or the data */
	size_t len;
};

static uint64_t fake_clock(void *ctx, int clk)
{
	return 5000000000ull + (clk == CLOCK_REALTIME ? 1700000000000000000ull : 0);
}

static void quiet(void *ctx, int level, const char *line)
{
}

static void setup(void)
{
	static const struct host_ops ops = { .clock = fake_clock };
	struct machine_config mc = { .host = &ops, .nr_cpus = 1, .seed = { 1 }, .log = &d.log };
	struct extack err = { "" };

	memset(&d, 0, sizeof(d));
	strcpy(dir + sizeof(dir) - 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(d.socket_path, sizeof(d.socket_path), "%s/s", dir);
	d.opt.name = "check";
	logger_init(&d.log, quiet, NULL, LOGLEVEL_DEBUG);
	d.loop = ev_loop_new(EVFLAG_AUTO);
	d.net = net_create(&mc, &err);
	ck_assert_msg(d.net != NULL, "%s", err.msg);
	d.ctl = ctl_start(&d, &err);
	ck_assert_msg(d.ctl != NULL, "%s", err.msg);
}

static void teardown(void)
{
	ctl_stop(d.ctl);
	trace_thread_stop(&d);
	ck_assert_uint_eq(net_destroy(d.net), 0);
	ev_loop_destroy(d.loop);
	rmdir(dir);
}

static void turn(void)
{
	for (int i = 0; i < 4; i++)
		ev_run(d.loop, EVRUN_NOWAIT);
}

static int client(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);

	strcpy(un.sun_path, d.socket_path);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	turn();
	return fd;
}

static void leave(int fd)
{
	close(fd);
	turn();
}

static size_t put_attr(char *at, int type, const void *data, size_t len)
{
	struct nlattr a = { .nla_len = (uint16_t)(NLA_HDRLEN + len), .nla_type = (uint16_t)type };

	memcpy(at, &a, sizeof(a));
	memcpy(at + NLA_HDRLEN, data, len);
	return NLA_ALIGN(a.nla_len);
}

/* Take what came; @a may be NULL. */
static bool take(int fd, struct answer *a)
{
	static _Alignas(8) char buf[GN_CTL_MAX];
	ssize_t n = recv(fd, buf, sizeof(buf), 0);

	if (n <= 0)
		return false;
	for (const struct nlmsghdr *h = (void *)buf; a && NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
		const struct nlattr *x = NULL;

		if (h->nlmsg_type == NLMSG_DONE)
			a->error = 1;
		if (h->nlmsg_type == NLMSG_ERROR) {
			a->error = ((const struct nlmsgerr *)NLMSG_DATA(h))->error;
			if (h->nlmsg_flags & NLM_F_ACK_TLVS)
				x = (const void *)((const char *)h + NLMSG_HDRLEN + sizeof(struct nlmsgerr));
		} else if (h->nlmsg_type == GN_CTL_DATA) {
			x = (const void *)((const char *)h + NLMSG_HDRLEN + sizeof(struct gn_ctl_hdr));
		}
		if (x && a->len + x->nla_len < sizeof(a->text)) {
			memcpy(a->text + a->len, x + 1, x->nla_len - NLA_HDRLEN);
			a->len += x->nla_len - NLA_HDRLEN;
		}
	}
	return true;
}

static struct answer ask(int fd, int type, const char *path, const char *data, const char *name)
{
	static _Alignas(8) char buf[GN_CTL_MAX];
	struct nlmsghdr h = { .nlmsg_type = (uint16_t)type, .nlmsg_flags = NLM_F_REQUEST };
	struct gn_ctl_hdr g = { .version = GN_CTL_VERSION };
	struct answer a = { .error = -ETIME };
	size_t n = NLMSG_HDRLEN + sizeof(g);

	memcpy(buf + NLMSG_HDRLEN, &g, sizeof(g));
	if (path)
		n += put_attr(buf + n, GN_ATTR_PATH, path, strlen(path) + 1);
	if (data)
		n += put_attr(buf + n, GN_ATTR_DATA, data, strlen(data));
	if (name)
		n += put_attr(buf + n, GN_ATTR_NAME, name, strlen(name) + 1);
	h.nlmsg_len = (uint32_t)n;
	memcpy(buf, &h, sizeof(h));
	ck_assert_int_eq(send(fd, buf, n, 0), (ssize_t)n);
	turn();
	while (take(fd, &a))
		;
	return a;
}

static int claim(int fd, const char *name)
{
	return ask(fd, GN_CTL_TRACE_CLAIM, NULL, NULL, name).error;
}

static int put(int fd, const char *path, const char *text)
{
	return ask(fd, GN_CTL_WRITE, path, text, NULL).error;
}

static void shows(int fd, const char *path, const char *text)
{
	struct answer a = ask(fd, GN_CTL_READ, path, NULL, NULL);

	ck_assert_int_eq(a.error, 1);
	ck_assert_str_eq(a.text, text);
}

/* --- files --- */

/* What open(2), O_TRUNC and stat(2) of a program on the stack ask for. */
START_TEST(test_a_file_is_looked_at_before_it_is_written)
{
	int fd = client();
	struct answer a = ask(fd, GN_CTL_STAT, "/proc/sys/net/ipv4/ip_forward", NULL, NULL);
	uint32_t mode;

	ck_assert_int_eq(a.error, 1);
	ck_assert_uint_eq(a.len, sizeof(mode)); /* the first attribute */
	memcpy(&mode, a.text, sizeof(mode));
	ck_assert_uint_eq(mode, S_IFREG | 0644);
	ck_assert_int_eq(ask(fd, GN_CTL_STAT, "/proc/sys/net/ipv4/nosuch", NULL, NULL).error, -ENOENT);
	ck_assert_int_eq(ask(fd, GN_CTL_STAT, NULL, NULL, NULL).error, -EINVAL);
	ck_assert_int_eq(ask(fd, GN_CTL_WRITE, "/proc/sys/net/ipv4/ip_forward", NULL, NULL).error, 0);
	shows(fd, "/proc/sys/net/ipv4/ip_forward", "0\n");
	ck_assert_int_eq(ask(fd, GN_CTL_WRITE, "/proc/net/dev", NULL, NULL).error, -EACCES);
	ck_assert_int_eq(ask(fd, GN_CTL_WRITE, "/proc/net", NULL, NULL).error, -EISDIR);
	ck_assert_int_eq(ask(fd, GN_CTL_WRITE, "/proc/net/nosuch", NULL, NULL).error, -ENOENT);
	leave(fd);
}
END_TEST

/* --- the owner of the tracer --- */

START_TEST(test_claim_lasts_as_long_as_its_connection)
{
	int a = client(), b = client();
	struct answer refused;
	char who[64];

	ck_assert_int_eq(put(b, T "max_graph_depth", "3"), 0);
	ck_assert_int_eq(claim(a, "trace graph"), 0);
	ck_assert_int_eq(claim(a, "trace graph"), 0); /* twice is once */
	shows(a, T "max_graph_depth", "0\n");
	refused = ask(b, GN_CTL_TRACE_CLAIM, NULL, NULL, "other");
	ck_assert_int_eq(refused.error, -EBUSY);
	snprintf(who, sizeof(who), "trace graph, pid %d", (int)getpid());
	ck_assert_msg(strstr(refused.text, who) != NULL, "%s", refused.text);
	refused = ask(b, GN_CTL_WRITE, "//sys/kernel/../kernel/debug/tracing/tracing_on", "0", NULL);
	ck_assert_int_eq(refused.error, -EBUSY);
	ck_assert_msg(strstr(refused.text, who) != NULL, "%s", refused.text);
	ck_assert_int_eq(ask(b, GN_CTL_READ, T "trace_pipe_raw", NULL, NULL).error, -EBUSY);
	ck_assert_int_eq(put(b, "/proc/sys/net/ipv4/ip_forward", "1"), 0);
	ck_assert_int_eq(put(a, T "current_tracer", "function_graph"), 0);
	shows(b, T "current_tracer", "function_graph\n");
	ck_assert(tracefs_active(d.net));
	leave(a);
	ck_assert(!tracefs_active(d.net));
	shows(b, T "current_tracer", "nop\n");
	shows(b, T "max_graph_depth", "3\n");
	ck_assert_int_eq(claim(b, NULL), 0);
	leave(b);
}
END_TEST

START_TEST(test_claim_ends_when_its_process_is_killed)
{
	int b = client(), status, ready[2];
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		static const struct {
			struct nlmsghdr h;
			struct gn_ctl_hdr g;
		} q = { { .nlmsg_len = sizeof(q), .nlmsg_type = GN_CTL_TRACE_CLAIM, .nlmsg_flags = NLM_F_REQUEST }, { GN_CTL_VERSION, 0 } };
		struct sockaddr_un un = { .sun_family = AF_UNIX };
		int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

		strcpy(un.sun_path, d.socket_path);
		if (connect(fd, (struct sockaddr *)&un, sizeof(un)) || send(fd, &q, sizeof(q), 0) != sizeof(q) || write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	turn();
	ck_assert_int_eq(claim(b, "b"), -EBUSY);
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	turn();
	ck_assert_int_eq(claim(b, "b"), 0);
	close(ready[0]);
	close(ready[1]);
	leave(b);
}
END_TEST

START_TEST(test_claim_is_refused_when_malformed)
{
	int a = client();
	char name[128];
	struct answer r;

	r = ask(a, GN_CTL_TRACE_CLAIM, T, NULL, NULL);
	ck_assert_int_eq(r.error, -EINVAL);
	ck_assert_str_eq(r.text, "request claim the tracer does not take attribute 1 (path)");
	memset(name, 'x', sizeof(name));
	name[60] = 0;
	ck_assert_int_eq(claim(a, name), -EINVAL);
	ck_assert_int_eq(claim(a, ""), 0);
	leave(a);
	/* what stands in others' terminals is text */
	a = client();
	ck_assert_int_eq(claim(a, "\033[2Jx\n"), 0);
	r = ask(client(), GN_CTL_TRACE_CLAIM, NULL, NULL, NULL);
	ck_assert_int_eq(r.error, -EBUSY);
	ck_assert_msg(strstr(r.text, "?[2Jx?, pid ") != NULL, "%s", r.text);
}
END_TEST

/* --- the thread --- */

/* How many of this process are called trace-drain. */
static unsigned drainers(void)
{
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *e;
	unsigned n = 0;

	while (tasks && (e = readdir(tasks))) {
		char path[300], name[32] = "";
		FILE *f;

		snprintf(path, sizeof(path), "/proc/self/task/%s/comm", e->d_name);
		f = fopen(path, "r");
		n += f && fgets(name, sizeof(name), f) && !strcmp(name, "trace-drain\n");
		if (f)
			fclose(f);
	}
	if (tasks)
		closedir(tasks);
	return n;
}

/* One has its name a moment after it began; one that was joined may be there for a moment. */
static void drainers_become(unsigned n)
{
	for (int i = 0; i < 2000 && drainers() != n; i++)
		poll(NULL, 0, 1);
	ck_assert_uint_eq(drainers(), n);
}

START_TEST(test_rings_are_emptied_by_a_thread_once_something_is_armed)
{
	bool written = false;
	int a = client();

	ck_assert_int_eq(put(a, T "max_graph_depth", "3"), 0);
	drainers_become(0);
	ck_assert_int_eq(put(a, T "current_tracer", "function_graph"), 0);
	drainers_become(1);
	vcpu_enter(d.net->m.cpu[0], NULL);
	trace_put(trace_thread.ring, GN_TRACE_MARK, 4, "mark", 4);
	vcpu_leave(d.net->m.cpu[0]);
	for (int i = 0; i < 2000 && !written; i++) { /* nobody reads */
		const struct trace_ring *r = d.net->m.cpu[0]->slot[VCPU_SLOT_TRACE];

		written = __atomic_load_n(&r->tail, __ATOMIC_ACQUIRE) == __atomic_load_n(&r->head, __ATOMIC_ACQUIRE);
		poll(NULL, 0, 1);
	}
	ck_assert(written);
	ck_assert_int_eq(put(a, T "current_tracer", "nop"), 0);
	trace_thread_stop(&d);
	drainers_become(0);
	ck_assert_int_eq(put(a, T "current_tracer", "function"), 0); /* and again */
	drainers_become(1);
	leave(a);
}
END_TEST

/* --- hostile --- */

/* A request that is nearly right. */
static size_t junk(struct rng *rng, char *buf)
{
	static const char *const paths[] = { T "current_tracer", T "set_ftrace_filter", T "trace_pipe_raw", T "trace", "/", T "..", "x",
					     T "set_packet_filter", T "set_ftrace_pid", T "trace_options", T "error_log" };
	struct nlmsghdr h = { .nlmsg_type = (uint16_t)(GN_CTL_BASE + rng_u32(rng) % (GN_CTL_TYPE_MAX - GN_CTL_BASE + 2)),
			      .nlmsg_flags = NLM_F_REQUEST };
	struct gn_ctl_hdr g = { .version = GN_CTL_VERSION };
	const char *path = paths[rng_u32(rng) % ARRAY_SIZE(paths)];
	size_t n = NLMSG_HDRLEN + sizeof(g);
	char data[64];

	if (h.nlmsg_type == GN_CTL_STOP)
		h.nlmsg_type = GN_CTL_TRACE_CLAIM;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = rng_u32(rng) % 4 ? "function_graph 1 *!:"[rng_u32(rng) % 20] : (char)rng_u32(rng);
	if (rng_u32(rng) % 4)
		n += put_attr(buf + n, GN_ATTR_PATH, path, strlen(path) + rng_u32(rng) % 2);
	if (rng_u32(rng) % 2)
		n += put_attr(buf + n, GN_ATTR_DATA, data, rng_u32(rng) % sizeof(data));
	if (rng_u32(rng) % 3 == 0)
		n += put_attr(buf + n, (int)(rng_u32(rng) % (GN_ATTR_MAX + 3)), data, rng_u32(rng) % sizeof(data));
	if (rng_u32(rng) % 3 == 0)
		n += put_attr(buf + n, GN_ATTR_NAME, data, rng_u32(rng) % sizeof(data));
	h.nlmsg_len = (uint32_t)n;
	memcpy(buf, &h, sizeof(h));
	memcpy(buf + NLMSG_HDRLEN, &g, sizeof(g));
	for (unsigned i = rng_u32(rng) % 4; i > 2; i--) /* a quarter of them damaged */
		buf[8 + rng_u32(rng) % (n - 8)] ^= (char)(1 << rng_u32(rng) % 8);
	((struct nlmsghdr *)(void *)buf)->nlmsg_type = h.nlmsg_type;
	return rng_u32(rng) % 16 ? n : rng_u32(rng) % n + 1;
}

START_TEST(test_ten_thousand_malformed_requests)
{
	static _Alignas(8) char buf[4096];
	struct rng rng;
	int a[4];

	rng_seed(&rng, 1);
	for (int i = 0; i < 4; i++)
		a[i] = client();
	for (int n = 0; n < 10000; n++) {
		int *fd = &a[rng_u32(&rng) % 4];
		size_t len = junk(&rng, buf);

		if (send(*fd, buf, len, MSG_NOSIGNAL) < 0 || rng_u32(&rng) % 256 == 0) {
			leave(*fd);
			*fd = client();
		}
		turn();
		while (take(*fd, NULL))
			turn();
	}
	for (int i = 0; i < 4; i++)
		leave(a[i]);
	a[0] = client();
	ck_assert_int_eq(put(a[0], T "current_tracer", "nop"), 0);
	ck_assert_int_eq(claim(a[0], "afterwards"), 0);
	ck_assert_int_eq(put(a[0], T "current_tracer", "function_graph"), 0);
	leave(a[0]);
	ck_assert(!tracefs_active(d.net));
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_a_file_is_looked_at_before_it_is_written,
		test_claim_lasts_as_long_as_its_connection,
		test_claim_ends_when_its_process_is_killed,
		test_claim_is_refused_when_malformed,
		test_rings_are_emptied_by_a_thread_once_something_is_armed,
		test_ten_thousand_malformed_requests,
		NULL,
	};

	return suite_of("ctl", setup, teardown, tests);
}
