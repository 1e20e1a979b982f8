/* SPDX-License-Identifier: MIT */
/*
 * fake.h: the world of the kernel room's checks
 *
 * A machine on a clock that moves only when the test says so (or by `step` at each reading), a host
 * that counts what it is asked, a log that remembers its last line, and, for checks with threads,
 * one thread a vCPU that sleeps until it is kicked. fake_end() asserts that the machine leaves
 * nothing behind.
 */
#ifndef TESTS_UNIT_KERNEL_FAKE_H
#define TESTS_UNIT_KERNEL_FAKE_H

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "fs/seq_file.h"
#include "kernel/futex.h"
#include "kernel/irq.h"
#include "kernel/machine.h"
#include "kernel/rcu.h"
#include "kernel/slab.h"
#include "kernel/smp.h"
#include "kernel/softirq.h"
#include "kernel/sync.h"
#include "kernel/timer.h"
#include "kernel/vcpu.h"
#include "kernel/wait.h"
#include "support/suite.h"

#define FAKE_START 5000000000ull /* where the clock starts, ns */
#define FAKE_TICK 4000000ull	 /* a jiffy at 250 Hz */

struct fake;

/* What a thread of the host is started with. */
struct fake_thread {
	struct fake *f;
	unsigned cpu;
};

struct fake {
	struct machine m;
	uint64_t now;	       /* [A] */
	uint64_t step;	       /* added at each reading */
	unsigned clock_reads;  /* [A] */
	unsigned kicks;	       /* [A] of all vCPUs */
	unsigned masks, unmasks;
	int last_masked, last_unmasked;
	char log[LOG_LINE];
	unsigned log_lines;
	struct logger logger;
	struct host_ops ops;
	struct {
		pthread_t thread;
		struct fake_thread arg;
		int kicked;    /* [A] */
		unsigned runs; /* [A] */
		bool running;
	} cpu[VCPU_MAX];
	int quit; /* [A] */
};

static inline uint64_t fake_clock(void *ctx, int clk)
{
	struct fake *f = ctx;

	__atomic_fetch_add(&f->clock_reads, 1, __ATOMIC_RELAXED);
	if (!f->step)
		return READ_ONCE(f->now);
	return f->now += f->step;
}

static inline void fake_kick(void *ctx, unsigned cpu)
{
	struct fake *f = ctx;

	__atomic_fetch_add(&f->kicks, 1, __ATOMIC_RELAXED);
	store_mb(&f->cpu[cpu].kicked, 1);
	futex_wake(&f->cpu[cpu].kicked, INT_MAX);
}

static inline void fake_irq_mask(void *ctx, unsigned vector)
{
	struct fake *f = ctx;

	f->masks++;
	f->last_masked = (int)vector;
}

static inline void fake_irq_unmask(void *ctx, unsigned vector)
{
	struct fake *f = ctx;

	f->unmasks++;
	f->last_unmasked = (int)vector;
}

static inline void fake_emit(void *ctx, int level, const char *line)
{
	struct fake *f = ctx;

	snprintf(f->log, sizeof(f->log), "%s", line);
	f->log_lines++;
}

static inline void fake_config(struct fake *f, struct machine_config *cfg, unsigned nr_cpus)
{
	logger_init(&f->logger, fake_emit, f, LOGLEVEL_DEBUG);
	if (!f->now)
		f->now = FAKE_START;
	f->ops.clock = fake_clock;
	f->ops.irq_mask = fake_irq_mask;
	f->ops.irq_unmask = fake_irq_unmask;
	*cfg = (struct machine_config){
		.host = &f->ops, .host_ctx = f, .nr_cpus = nr_cpus, .seed = { 1, 2, 3, 4 },
		.log = &f->logger,
	};
}

/* @f is zero, or zero but for f->ops.kick and f->ops.wait. The caller is the control thread. */
static inline void fake_begin(struct fake *f, unsigned nr_cpus)
{
	struct machine_config cfg;

	fake_config(f, &cfg, nr_cpus);
	ck_assert_int_eq(machine_init(&f->m, &cfg), 0);
	rtnl_claim(&f->m);
}

static inline void fake_end(struct fake *f)
{
	ck_assert_ptr_null(this_vcpu());
	ck_assert_msg(machine_destroy(&f->m) == 0, "left behind: %s", f->log);
}

/* One turn of vCPU @cpu at the clock's time. */
static inline uint64_t fake_turn(struct fake *f, unsigned cpu)
{
	struct vcpu *v = f->m.cpu[cpu];
	uint64_t next;

	vcpu_enter(v, NULL);
	next = vcpu_run(v, f->now);
	vcpu_leave(v);
	return next;
}

/* A thread of the host: turns its vCPU, sleeps until it is kicked. */
static inline void *fake_loop(void *arg)
{
	struct fake_thread *t = arg;
	struct vcpu *v = t->f->m.cpu[t->cpu];
	int *kicked = &t->f->cpu[t->cpu].kicked;
	uint64_t next;

	while (!load_mb(&t->f->quit)) {
		store_mb(kicked, 0);
		vcpu_enter(v, NULL);
		next = vcpu_run(v, READ_ONCE(t->f->now));
		vcpu_leave(v);
		__atomic_fetch_add(&t->f->cpu[t->cpu].runs, 1, __ATOMIC_RELAXED);
		while (next && !load_mb(kicked) && !load_mb(&t->f->quit))
			futex_wait(kicked, 0);
	}
	return NULL;
}

static inline void fake_start_threads(struct fake *f)
{
	for (unsigned i = 0; i < f->m.nr_cpus; i++) {
		f->cpu[i].arg = (struct fake_thread){ f, i };
		ck_assert_int_eq(pthread_create(&f->cpu[i].thread, NULL, fake_loop,
						&f->cpu[i].arg), 0);
		f->cpu[i].running = true;
		while (!__atomic_load_n(&f->cpu[i].runs, __ATOMIC_ACQUIRE))
			sched_yield();
	}
}

static inline void fake_stop_threads(struct fake *f)
{
	store_mb(&f->quit, 1);
	for (unsigned i = 0; i < f->m.nr_cpus; i++) {
		if (!f->cpu[i].running)
			continue;
		fake_kick(f, i);
		pthread_join(f->cpu[i].thread, NULL);
		vcpu_retire(f->m.cpu[i]);
		f->cpu[i].running = false;
	}
}

/* What @show prints. */
static inline void fake_show(struct fake *f, int (*show)(struct seq_file *, void *), char *buf,
			     size_t size)
{
	struct seq_file s;

	seq_init(&s, &f->m.kmem);
	ck_assert_int_eq(show(&s, &f->m), 0);
	snprintf(buf, size, "%s", seq_str(&s));
	seq_release(&s);
}

#endif
