/* SPDX-License-Identifier: MIT */
/*
 * vcpu_thread.c - one thread and one event loop a virtual CPU: who turns the crank in the daemon
 *
 * Theory of operation
 *   ev_io is the interrupt: its callback only disarms the watcher and raises the vector. ev_prepare, the last thing before the loop sleeps, turns the
 *   crank: napi_complete() unmasks the line, which re-arms the watcher; stopping and starting it within one round costs no system call. So a
 *   frame answered on an idle TAP is epoll_wait, read, write. ev_async is the kick, ev_timer the machine's next deadline.
 *   While vcpu_run() says "more", further rounds follow for at most 1 ms, then the loop looks at its descriptors again.
 *   The watcher of a line is made when the line is first unmasked, in the thread of the vCPU it is bound to.
 * Owns: threads, loops, watchers. Descriptors are the drivers'.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/daemon.h"
#include "drivers/driver.h"
#include "kernel/irq.h"

#define MAX_TURN_NS (1 * NSEC_PER_MSEC)

struct line {
	ev_io io;
	unsigned vector;
	struct vcpu *v;
	unsigned generation;
	bool made;
};

struct vcpu_thread {
	struct daemon *d;
	struct vcpu *v;
	struct ev_loop *loop;
	pthread_t thread;
	ev_prepare prepare;
	ev_async kick;
	ev_timer timer;
	ev_idle more; /* active while there is more to do: the loop does not sleep */
	uint64_t deadline;
	bool stop;
	struct line line[NR_IRQS];
};

static void *vcpu_main(void *arg);
static void prepare_cb(struct ev_loop *loop, ev_prepare *w, int revents);

static uint64_t clock_ns(int clk)
{
	struct timespec t;

	clock_gettime(clk, &t);
	return (uint64_t)t.tv_sec * NSEC_PER_SEC + (uint64_t)t.tv_nsec;
}

/* --- the machine's side --- */

static uint64_t host_clock(void *ctx, int clk)
{
	(void)ctx;
	return clock_ns(clk);
}

static void host_kick(void *ctx, unsigned cpu)
{
	struct daemon *d = ctx;
	struct vcpu_thread *t = d->thread[cpu];

	if (t)
		ev_async_send(t->loop, &t->kick);
}

static struct vcpu_thread *line_thread(struct daemon *d, unsigned vector)
{
	return d->thread[irq_cpu(&d->net->m, (int)vector)->id];
}

static void line_cb(struct ev_loop *loop, ev_io *w, int revents)
{
	struct line *l = (struct line *)w;

	(void)revents;
	ev_io_stop(loop, w);
	vcpu_irq(l->v, l->vector);
}

static void host_irq_mask(void *ctx, unsigned vector)
{
	struct vcpu_thread *t = line_thread(ctx, vector);

	if (t && t->line[vector].made)
		ev_io_stop(t->loop, &t->line[vector].io);
}

static void host_irq_unmask(void *ctx, unsigned vector)
{
	struct daemon *d = ctx;
	struct vcpu_thread *t = line_thread(d, vector);
	struct nif_line nl = nif_line(d->net, vector);
	struct line *l;

	if (!t || !nl.dev || nl.fd < 0)
		return;
	l = &t->line[vector];
	if (!l->made) {
		ev_io_init(&l->io, line_cb, nl.fd, EV_READ);
		l->vector = vector;
		l->v = t->v;
		l->made = true;
	} else if (l->generation != nl.generation) { /* opened anew, perhaps under the same number */
		ev_io_stop(t->loop, &l->io);
		ev_io_set(&l->io, nl.fd, EV_READ);
	}
	l->generation = nl.generation;
	ev_io_start(t->loop, &l->io);
}

static int host_dev_open_cb(void *ctx, const char *spec, unsigned queue)
{
	struct daemon *d = ctx;

	return priv_dev_open(d->priv, spec, queue);
}

const struct host_ops daemon_host_ops = {
	.clock = host_clock,
	.kick = host_kick,
	.irq_mask = host_irq_mask,
	.irq_unmask = host_irq_unmask,
	.dev_open = host_dev_open_cb,
};

/* --- the thread --- */

static void kick_cb(struct ev_loop *loop, ev_async *w, int revents)
{
	struct vcpu_thread *t = w->data;

	(void)revents;
	if (__atomic_load_n(&t->stop, __ATOMIC_ACQUIRE))
		ev_break(loop, EVBREAK_ALL);
}

static void timer_cb(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents; /* the prepare watcher does the work */
}

static void idle_cb(struct ev_loop *loop, ev_idle *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents;
}

/* Arm or disarm the timer for @deadline; nothing to do when it has not changed. */
static void set_deadline(struct vcpu_thread *t, uint64_t deadline, uint64_t now)
{
	if (deadline == t->deadline && (deadline == UINT64_MAX || ev_is_active(&t->timer)))
		return;
	t->deadline = deadline;
	ev_timer_stop(t->loop, &t->timer);
	if (deadline == UINT64_MAX)
		return;
	ev_timer_set(&t->timer, ev_time() - ev_now(t->loop) + (deadline > now ? (double)(deadline - now) / 1e9 : 0.), 0.);
	ev_timer_start(t->loop, &t->timer);
}

static void prepare_cb(struct ev_loop *loop, ev_prepare *w, int revents)
{
	struct vcpu_thread *t = w->data;
	struct machine *m = &t->d->net->m;
	uint64_t start, next;

	(void)revents;
	vcpu_enter(t->v, NULL);
	start = t->v->now;
	do {
		next = vcpu_run(t->v, t->v->now);
		if (next)
			break;
		vcpu_update_time(t->v);
	} while (t->v->now - start < MAX_TURN_NS);
	start = t->v->now;
	vcpu_leave(t->v);
	if (next)
		ev_idle_stop(loop, &t->more);
	else
		ev_idle_start(loop, &t->more);
	set_deadline(t, next ? next : UINT64_MAX, start);
	if (unlikely(__atomic_load_n(&m->nr_garbage, __ATOMIC_RELAXED)))
		ev_async_send(t->d->loop, &t->d->garbage);
}

static void *vcpu_main(void *arg)
{
	struct vcpu_thread *t = arg;

	ev_run(t->loop, 0);
	vcpu_retire(t->v);
	return NULL;
}

int vcpu_threads_start(struct daemon *d, struct extack *err)
{
	for (unsigned i = 0; i < d->net->m.nr_cpus; i++) {
		struct vcpu_thread *t = calloc(1, sizeof(*t));
		char name[32];
		int ret;

		if (!t || !(t->loop = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV))) {
			free(t);
			extack_set(err, "no event loop for vCPU %u", i);
			return -ENOMEM;
		}
		t->d = d;
		t->v = d->net->m.cpu[i];
		t->deadline = UINT64_MAX;
		ev_prepare_init(&t->prepare, prepare_cb);
		ev_async_init(&t->kick, kick_cb);
		ev_timer_init(&t->timer, timer_cb, 0., 0.);
		ev_idle_init(&t->more, idle_cb);
		t->prepare.data = t->kick.data = t;
		ev_prepare_start(t->loop, &t->prepare);
		ev_async_start(t->loop, &t->kick);
		d->thread[i] = t;
		vcpu_serve(t->v);
		ret = pthread_create(&t->thread, NULL, vcpu_main, t);
		if (ret) {
			d->thread[i] = NULL;
			vcpu_retire(t->v);
			ev_loop_destroy(t->loop);
			free(t);
			extack_set(err, "no thread for vCPU %u: %s", i, strerror(ret));
			return -ret;
		}
		snprintf(name, sizeof(name), "ksoftirqd/%u", i);
		pthread_setname_np(t->thread, name);
	}
	return 0;
}

void vcpu_threads_stop(struct daemon *d)
{
	for (unsigned i = 0; i < d->net->m.nr_cpus; i++) {
		struct vcpu_thread *t = d->thread[i];

		if (!t)
			continue;
		__atomic_store_n(&t->stop, true, __ATOMIC_RELEASE);
		ev_async_send(t->loop, &t->kick);
		pthread_join(t->thread, NULL);
	}
}

struct ev_loop *vcpu_thread_loop(struct daemon *d, unsigned cpu)
{
	return d->thread[cpu]->loop;
}

void vcpu_threads_free(struct daemon *d)
{
	for (unsigned i = 0; i < VCPU_MAX; i++) {
		if (!d->thread[i])
			continue;
		ev_loop_destroy(d->thread[i]->loop);
		free(d->thread[i]);
		d->thread[i] = NULL;
	}
}
