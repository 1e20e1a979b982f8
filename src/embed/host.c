/* SPDX-License-Identifier: MIT */
/*
 * host.c - who turns the crank of a stack inside a program
 *
 * Theory of operation
 *   One thread at a time leads: it waits for the device (poll), raises the vector and turns the crank. A caller that finds nothing takes the
 *   lead, also from our own thread, and keeps it until its call is over; other callers follow: they wait for a kick. When a call is over, its
 *   lead goes to a follower, else to nobody: the next call takes it without a word to anybody, which is why a round trip has no hand-off.
 *   Our thread looks every LAZY_NS while callers wait now and then, takes the lead when none did since its last look, and sleeps without limit
 *   (deep) while one waits all that time; who then stops waiting wakes it.
 *   A kick is a number that grows. A waiter remembers the last that it saw, says that it is about to sleep, looks again and sleeps; a kicker
 *   counts up, then looks who sleeps: one of both sees the other. Each wait may end early.
 *   A caller may vanish in its wait (a jump out of a signal handler): while our thread sleeps deep it looks now and then whether the device
 *   waits for a leader that does not come.
 *   A caller that leads sets no timer for a deadline of the machine that is far: our thread looks before then, and turns the crank when it is due.
 * Owns: our thread, eventfds. Descriptors of devices are the drivers'. Threads: see above.
 */
#include "embed/embed.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "drivers/driver.h"
#include "host_dev.h"
#include "kernel/futex.h"
#include "kernel/sync.h"

#define LAZY_NS 500000ull
#define DEEP_NS 250000000ull
#define LINES_MAX 32
#define RAISED 4096 /* our descriptors lie above, if they may */

/* What our thread knows of its last look. */
struct helper {
	uint32_t waits;
	bool kicked, closed;
};

static void *helper_main(void *arg);
static void helper_turn(struct embed *e, struct helper *t);
static void helper_watch(struct embed *e, uint32_t leader, uint32_t waits);

/* of this thread: who it is as a leader, the last kick that it saw */
static __attribute__((tls_model("initial-exec"))) _Thread_local struct {
	uint32_t id, seen;
} me;

static uint32_t self(void)
{
	if (unlikely(!me.id))
		me.id = (uint32_t)raw3(SYS_gettid, 0, 0, 0);
	return me.id;
}

static uint64_t host_clock(void *ctx, int clk)
{
	struct timespec t;

	clock_gettime(clk, &t);
	return (uint64_t)t.tv_sec * NSEC_PER_SEC + (uint64_t)t.tv_nsec;
}

static void ring(int fd)
{
	const uint64_t one = 1;

	sys3(SYS_write, fd, &one, sizeof(one));
}

static void unring(int fd)
{
	uint64_t n;

	sys3(SYS_read, fd, &n, sizeof(n));
}

/* --- descriptors --- */

int host_raise_fd(int fd)
{
	struct rlimit r;
	long least = getrlimit(RLIMIT_NOFILE, &r) ? 0 : (long)(r.rlim_cur / 2 < RAISED ? r.rlim_cur / 2 : RAISED), to;

	if (fd < 0)
		return fd;
	to = raw3(SYS_fcntl, fd, F_DUPFD_CLOEXEC, least);
	if (to >= 0)
		sys3(SYS_close, fd, 0, 0);
	else
		to = fd;
	fds_own((int)to);
	return (int)to;
}

/* --- the machine's side --- */

void host_kick_all(struct embed *e)
{
	struct host *h = &e->host;
	uint32_t leader;

	__atomic_add_fetch(&h->kicks, 1, __ATOMIC_SEQ_CST);
	leader = load_mb(&h->leader);
	if (load_mb(&h->followers))
		futex_wake((int *)&h->kicks, INT_MAX);
	if (load_mb(&h->polling))
		ring(h->lead_fd);
	else if ((!leader || leader == HELPER) && load_mb(&h->idle))
		ring(h->helper_fd);
}

static void host_kick(void *ctx, unsigned cpu)
{
	host_kick_all(ctx);
}

/* Who is in poll() without this line must look again. */
static void host_irq_set(struct embed *e, unsigned vector, bool armed)
{
	struct host *h = &e->host;

	if (armed) {
		struct nif_line line = nif_line(e->net, vector);

		WRITE_ONCE(h->fd[vector], line.dev ? line.fd : -1);
		if ((int)vector >= READ_ONCE(h->highest))
			WRITE_ONCE(h->highest, (int)vector + 1);
	}
	if (armed && h->fd[vector] >= 0) { /* again each time it was opened anew */
		struct epoll_event ev = { .events = EPOLLIN, .data.u32 = vector };

		if (h->generation[vector] != nif_line(e->net, vector).generation)
			sys6(SYS_epoll_ctl, h->lead_ep, EPOLL_CTL_ADD, h->fd[vector], &ev, 0, 0);
		h->generation[vector] = nif_line(e->net, vector).generation;
	}
	store_mb(&h->armed[vector], armed);
	if (armed && (load_mb(&h->polling) || (load_mb(&h->leader) == HELPER && load_mb(&h->idle))))
		host_kick_all(e);
}

static void host_irq_mask(void *ctx, unsigned vector)
{
	host_irq_set(ctx, vector, false);
}

static void host_irq_unmask(void *ctx, unsigned vector)
{
	host_irq_set(ctx, vector, true);
}

static int host_dev_open_cb(void *ctx, const char *spec, unsigned queue)
{
	return host_raise_fd(host_dev_open(spec, queue));
}

const struct host_ops embed_host_ops = {
	.clock = host_clock,
	.kick = host_kick,
	.irq_mask = host_irq_mask,
	.irq_unmask = host_irq_unmask,
	.dev_open = host_dev_open_cb,
};

/* --- waiting --- */

static struct timespec *until(uint64_t deadline, struct timespec *ts)
{
	uint64_t now, left;

	if (deadline == UINT64_MAX)
		return NULL;
	now = host_clock(NULL, CLOCK_MONOTONIC);
	left = deadline > now ? deadline - now : 0;
	*ts = (struct timespec){ .tv_sec = (time_t)(left / NSEC_PER_SEC), .tv_nsec = (long)(left % NSEC_PER_SEC) };
	return ts;
}

static int lines(struct host *h, struct pollfd *fds, unsigned *vectors)
{
	int n = 0;

	for (int i = 0; i < READ_ONCE(h->highest) && n < LINES_MAX; i++) {
		if (!READ_ONCE(h->armed[i]) || READ_ONCE(h->fd[i]) < 0)
			continue;
		fds[n] = (struct pollfd){ .fd = READ_ONCE(h->fd[i]), .events = POLLIN };
		vectors[n++] = (unsigned)i;
	}
	return n;
}

/* poll() of all lines and @extra more at the front of @fds: 0 or -EINTR. */
static int poll_lines(struct embed *e, struct pollfd *fds, int extra, uint32_t kicks, uint64_t deadline)
{
	unsigned vectors[LINES_MAX];
	struct timespec ts;
	int n = lines(&e->host, fds + extra, vectors), ret;

	if (load_mb(&e->host.kicks) != kicks)
		return 0;
	ret = (int)raw6(SYS_ppoll, (long)(uintptr_t)fds, n + extra, (long)(uintptr_t)until(deadline, &ts), 0, _NSIG / 8, 0);
	for (int i = 0; ret > 0 && i < n; i++)
		if (fds[extra + i].revents)
			vcpu_irq(e->v, vectors[i]);
	return ret == -EINTR ? ret : 0;
}

/* A line that is masked must not end the wait; it is masked for long only where interrupts are throttled. */
static bool all_armed(const struct host *h)
{
	for (int i = 0; i < READ_ONCE(h->highest); i++)
		if (!READ_ONCE(h->armed[i]) && READ_ONCE(h->fd[i]) >= 0)
			return false;
	return true;
}

/* epoll knows the lines already, which saves half of what poll() costs: true, @ret as of poll_lines(). */
static bool lead_epoll(struct embed *e, uint64_t deadline, int *ret)
{
	struct epoll_event ev[4];
	struct timespec ts;
	long n;

	if (load_mb(&e->host.kicks) != me.seen) {
		*ret = 0;
		return true;
	}
	n = sys6(SYS_epoll_pwait2, e->host.lead_ep, ev, ARRAY_SIZE(ev), until(deadline, &ts), NULL, _NSIG / 8);
	if (n == -ENOSYS)
		return false;
	for (long i = 0; i < n; i++) {
		if (ev[i].data.u32 < NR_IRQS)
			vcpu_irq(e->v, ev[i].data.u32);
		else
			unring(e->host.lead_fd);
	}
	*ret = n == -EINTR ? -EINTR : 0;
	return true;
}

static int lead(struct embed *e, uint64_t deadline, uint64_t due)
{
	struct host *h = &e->host;
	struct pollfd fds[1 + LINES_MAX] = { { .fd = h->lead_fd, .events = POLLIN } };
	int ret;

	__atomic_store_n(&h->due, due, __ATOMIC_RELAXED);
	if (due < READ_ONCE(e->v->now) + 2 * DEEP_NS) /* @now: of any run not long ago */
		deadline = min(deadline, due);

	store_mb(&h->polling, 1);
	if (!all_armed(h) || !lead_epoll(e, deadline, &ret))
		ret = poll_lines(e, fds, 1, me.seen, deadline);
	store_mb(&h->polling, 0);
	if (fds[0].revents)
		unring(h->lead_fd);
	return ret;
}

static int follow(struct embed *e, uint64_t deadline)
{
	struct host *h = &e->host;
	struct timespec ts;
	long ret = 0;

	__atomic_add_fetch(&h->followers, 1, __ATOMIC_SEQ_CST);
	if (load_mb(&h->leader) > HELPER)
		ret = raw6(SYS_futex, (long)(uintptr_t)&h->kicks, FUTEX_WAIT_PRIVATE, (int)me.seen, (long)(uintptr_t)until(deadline, &ts), 0, 0);
	__atomic_sub_fetch(&h->followers, 1, __ATOMIC_SEQ_CST);
	return ret == -EINTR ? -EINTR : 0;
}

int host_wait(struct embed *e, uint64_t deadline, uint64_t due)
{
	struct host *h = &e->host;
	const uint32_t id = self();
	uint32_t was = 0;
	bool ours;
	int ret = 0;

	__atomic_add_fetch(&h->waits, 1, __ATOMIC_RELAXED);
	ours = try_cmpxchg(&h->leader, &was, id) || was == id;
	if (!ours && was == HELPER && try_cmpxchg(&h->leader, &was, id)) {
		ours = true;
		if (load_mb(&h->idle))
			ring(h->helper_fd); /* it has the line in its poll() */
	}
	if (load_mb(&h->kicks) == me.seen)
		ret = ours ? lead(e, deadline, due) : follow(e, deadline);
	me.seen = load_mb(&h->kicks);
	return ret;
}

void host_wait_end(struct embed *e)
{
	struct host *h = &e->host;

	if (load_mb(&h->leader) != self())
		return;
	store_mb(&h->polling, 0); /* also of a wait that was left by a jump */
	store_mb(&h->leader, 0);
	if (load_mb(&h->followers))
		host_kick_all(e);
	else if (load_mb(&h->deep))
		ring(h->helper_fd);
}

/* --- our thread --- */

int host_init(struct embed *e)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.u32 = NR_IRQS };
	struct host *h = &e->host;

	for (int i = 0; i < NR_IRQS; i++)
		h->fd[i] = -1;
	h->lead_fd = host_raise_fd(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
	h->helper_fd = host_raise_fd(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
	h->closed_fd = host_raise_fd(epoll_create1(EPOLL_CLOEXEC));
	h->lead_ep = host_raise_fd(epoll_create1(EPOLL_CLOEXEC));
	return h->lead_fd < 0 || h->helper_fd < 0 || h->closed_fd < 0 || h->lead_ep < 0 ||
			       epoll_ctl(h->lead_ep, EPOLL_CTL_ADD, h->lead_fd, &ev) ?
		       -errno :
		       0;
}

void host_end(struct embed *e)
{
	close(e->host.lead_fd);
	close(e->host.helper_fd);
	close(e->host.closed_fd);
	close(e->host.lead_ep);
}

int host_start(struct embed *e)
{
	int ret;

	vcpu_serve(e->v);
	ret = pthread_create(&e->host.thread, NULL, helper_main, e);
	if (!ret)
		pthread_setname_np(e->host.thread, "glassnet");
	return -ret;
}

static uint64_t crank(struct embed *e)
{
	uint64_t next;

	vcpu_enter(e->v, NULL);
	while (!(next = vcpu_run(e->v, e->v->now)))
		vcpu_update_time(e->v);
	vcpu_leave(e->v);
	return next;
}

/* No longer than to the deadline that a caller has left to us. */
static uint64_t until_due(const struct host *h, uint64_t ns)
{
	const uint64_t due = __atomic_load_n(&h->due, __ATOMIC_RELAXED), now = host_clock(NULL, CLOCK_MONOTONIC);

	return due <= now ? 0 : min(ns, due - now);
}

static void *helper_main(void *arg)
{
	struct embed *e = arg;
	struct helper t = { .kicked = true };

	for (;;) {
		helper_turn(e, &t);
		if (t.closed)
			esock_reap(e);
		if (!list_empty(&e->promised)) /* a look; esock_promises() looks again */
			esock_promises(e);
		if (READ_ONCE(e->net->m.nr_garbage))
			control_collect(e);
	}
	return NULL;
}

static void helper_turn(struct embed *e, struct helper *t)
{
	struct host *h = &e->host;
	struct pollfd fds[2 + LINES_MAX] = { { .fd = h->helper_fd, .events = POLLIN }, { .fd = h->closed_fd, .events = POLLIN } };
	uint32_t now = __atomic_load_n(&h->waits, __ATOMIC_RELAXED), leader = 0;
	uint64_t due = __atomic_load_n(&h->due, __ATOMIC_RELAXED);
	const bool quiet = now == t->waits;
	struct timespec ts = { .tv_nsec = LAZY_NS };
	uint64_t next = UINT64_MAX;
	bool deep = false;

	t->waits = now;
	me.seen = load_mb(&h->kicks);
	if (quiet)
		try_cmpxchg(&h->leader, &leader, HELPER);
	if (t->kicked || load_mb(&h->leader) == HELPER || host_clock(NULL, CLOCK_MONOTONIC) >= due) {
		next = crank(e);
		try_cmpxchg(&h->due, &due, next); /* else a caller has said more lately */
	}
	store_mb(&h->idle, 1);
	leader = load_mb(&h->leader);
	if (leader == HELPER) {
		poll_lines(e, fds, 2, me.seen, next);
	} else {
		if (quiet && load_mb(&h->polling) && list_empty(&e->promised)) {
			store_mb(&h->deep, 1);
			deep = load_mb(&h->leader) == leader;
			if (deep)
				ts.tv_nsec = (long)until_due(h, DEEP_NS);
		}
		if (!raw6(SYS_ppoll, (long)(uintptr_t)fds, 2, (long)(uintptr_t)&ts, 0, _NSIG / 8, 0) && deep)
			helper_watch(e, leader, now);
		store_mb(&h->deep, 0);
	}
	store_mb(&h->idle, 0);
	t->kicked = fds[0].revents;
	t->closed = fds[1].revents;
	if (t->kicked)
		unring(h->helper_fd);
}

/* The leader has been in its poll() all the time, and yet the device has something: it left by a jump. */
static void helper_watch(struct embed *e, uint32_t leader, uint32_t waits)
{
	struct pollfd fds[LINES_MAX];
	unsigned vectors[LINES_MAX];
	const struct timespec none = { 0 };
	int n = lines(&e->host, fds, vectors);

	if (raw6(SYS_ppoll, (long)(uintptr_t)fds, n, (long)(uintptr_t)&none, 0, _NSIG / 8, 0) <= 0 ||
	    __atomic_load_n(&e->host.waits, __ATOMIC_RELAXED) != waits)
		return;
	if (try_cmpxchg(&e->host.leader, &leader, HELPER))
		store_mb(&e->host.polling, 0);
}
