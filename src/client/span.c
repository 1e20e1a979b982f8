/* SPDX-License-Identifier: MIT */
/*
 * span.c - what a program's calls tell the daemon's tracer about themselves
 *
 * Theory of operation
 *   While the page says that something is traced, a call about datagrams notes when it came where, and writes one struct gn_chan_span into the process's
 *   trace area when it returns; the daemon makes the functions of it (<glassnet/uapi/chan.h>). To tell waiting from copying, a receive that
 *   is traced looks first (MSG_PEEK, no bytes) and takes then: two system calls instead of one. A receive that slept already when tracing began
 *   tells of its end.
 *   The area is one process's: after fork and in the child of vfork it is another's, which is seen by the process's number, and replaced in one step,
 *   so that a thread which writes at that moment writes into one or the other. Without an area, spans are skipped. A writer takes a number,
 *   fills that slot and then says that it is whole: a signal handler may come between, and a thread may end there.
 * Owns: one mapping a process. Refuses: memory that could shrink under the writer.
 */
#include <errno.h>
#include <sys/mman.h>

#include "client/client_impl.h"

static struct gn_chan_area *the_area;
static uint64_t area_of;    /* process and session that it is for */
static uint64_t area_asked; /* the same: it was asked for, and perhaps refused */

static uint64_t ticks(void)
{
#if defined(__x86_64__)
	return __builtin_ia32_rdtsc();
#else
	uint64_t t;

	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(t));
	return t;
#endif
}

void client_span_at(struct client_span *s, enum gn_chan_span_time when)
{
	uint64_t now = ticks();

	s->now = now > s->now ? now : s->now; /* another processor may be a little behind */
	s->t[when] = s->now;
}

uint32_t client_span_cookie(const struct client_span *s)
{
	uint64_t x = (s->t[GN_SPAN_ENTER] ^ (uint64_t)raw3(SYS_gettid, 0, 0, 0) << 40) * 0x9e3779b97f4a7c15ull;

	return (uint32_t)(x >> 32) | 1;
}

/* --- the area --- */

static struct gn_chan_area *area_get(int fd, uint64_t whose)
{
	struct gn_chan_area *area = __atomic_load_n(&the_area, __ATOMIC_ACQUIRE), *none = NULL;
	struct client_call c;
	long at = -EBADF;

	if (__atomic_load_n(&area_of, __ATOMIC_ACQUIRE) == whose)
		return area;
	if (__atomic_exchange_n(&area_asked, whose, __ATOMIC_ACQ_REL) == whose)
		return NULL;
	client_call_init(&c, GN_CHAN_TRACE, NULL);
	c.cloexec = true;
	if (client_call(&c, fd) >= 0 && client_memory_is_sound(c.fd, sizeof(*area)))
		at = sys6(SYS_mmap, area, sizeof(*area), PROT_READ | PROT_WRITE, MAP_SHARED | (area ? MAP_FIXED : 0), c.fd, 0);
	if (c.fd >= 0)
		raw3(SYS_close, c.fd, 0, 0);
	if (at < 0 && at > -4096)
		return NULL;
	if (!area && !__atomic_compare_exchange_n(&the_area, &none, (struct gn_chan_area *)at, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
		raw3(SYS_munmap, at, sizeof(*area), 0);
		return NULL;
	}
	__atomic_store_n(&area_of, whose, __ATOMIC_RELEASE);
	return (struct gn_chan_area *)at;
}

void client_span_write(struct client_span *s, int fd, const struct client_id *id)
{
	const struct gn_chan_page *page = client_page(fd, id);
	uint32_t session = page ? __atomic_load_n(&page->tracing, __ATOMIC_RELAXED) : 0, n;
	struct gn_chan_area *area;
	struct gn_chan_span *to;

	if (!session || s->packet == GN_CHAN_PACKET_MISS)
		return;
	client_span_at(s, GN_SPAN_LEAVE);
	area = area_get(fd, (uint64_t)raw3(SYS_getpid, 0, 0, 0) << 32 | session);
	if (!area)
		return;
	n = __atomic_fetch_add(&area->head, 1, __ATOMIC_ACQ_REL);
	to = &area->span[n % GN_CHAN_SPANS];
	__atomic_store_n(&to->seq, 0, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	for (unsigned i = 0; i < GN_SPAN_TIMES; i++)
		__atomic_store_n(&to->t[i], s->t[i], __ATOMIC_RELAXED);
	to->tid = (uint32_t)raw3(SYS_gettid, 0, 0, 0);
	to->packet = s->packet;
	to->call = s->call;
	to->letter = id->kind == CLIENT_UDP ? 'u' : id->kind == CLIENT_RAW ? 'r' : 'p';
	__atomic_store_n(&to->seq, (uint64_t)n + 1, __ATOMIC_RELEASE);
}

/* --- a receive that is traced --- */

/* Until there is something, as the program's own receive would wait. */
static long wait_for_message(int fd, bool may_sleep, struct client_span *s)
{
	struct msghdr none = { .msg_iov = NULL };
	long ret = sys3(SYS_recvmsg, fd, &none, MSG_PEEK | MSG_DONTWAIT);

	if (ret != -EAGAIN || !may_sleep)
		return ret;
	if (!s->t[GN_SPAN_SLEEP])
		client_span_at(s, GN_SPAN_SLEEP);
	ret = sys3(SYS_recvmsg, fd, &none, MSG_PEEK);
	client_span_at(s, GN_SPAN_WAKE);
	return ret;
}

long client_span_recvmsg(int fd, struct msghdr *msg, int flags, struct client_span *s)
{
	bool may_sleep = client_may_wait(fd, flags);
	long ret;

	if (!s->t[GN_SPAN_TAKE])
		client_span_at(s, GN_SPAN_TAKE);
	do {
		ret = wait_for_message(fd, may_sleep, s);
		if (ret < 0)
			return ret;
		client_span_at(s, GN_SPAN_COPY);
		ret = sys3(SYS_recvmsg, fd, msg, (flags & MSG_PEEK) | MSG_DONTWAIT);
	} while (ret == -EAGAIN && may_sleep); /* another took it */
	if (ret <= 0)
		s->t[GN_SPAN_COPY] = 0;
	return ret;
}
