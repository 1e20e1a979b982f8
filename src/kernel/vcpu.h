/* SPDX-License-Identifier: MIT */
#ifndef KERNEL_VCPU_H
#define KERNEL_VCPU_H
/*
 * vcpu.h - a virtual CPU: what one thread at a time may enter and turn
 *
 * Theory of operation
 *   A thread enters the stack only as a vCPU: vcpu_enter() makes it current (one thread-local
 *   word), takes it RCU-online and refreshes its clock; vcpu_leave() undoes that. Threads that
 *   share a vCPU take turns: a second one sleeps in vcpu_enter(). A thread that is inside one vCPU
 *   may enter another (the worlds of a simulation, smp_call()) and leaves them in reverse order.
 *   Between them the thread may make socket calls (local_bh_disable()/enable() run softirqs at
 *   their end as in Linux) or call vcpu_run(), the body of the loop: pending interrupts, softirqs,
 *   IPIs, timers, doorbells, one RCU quiescent state. Everything in struct vcpu except irq_pending
 *   and the IPI queue belongs to the thread inside and has no lock.
 *
 *   Interrupts: vcpu_irq() (any thread) sets a bit. The machine looks at it at loop top and
 *   wherever Linux re-enables interrupts: local_irq_window() after ndo_start_xmit and in
 *   local_bh_enable(), so do_IRQ can nest in a transmit.
 *
 *   Time: vcpu->now is read from the host at loop top, after each NAPI poll and at vcpu_enter();
 *   nothing else reads a clock. jiffies is derived from it.
 */
#include <stdint.h>

#include "kernel/machine.h"
#include "lib/bug.h"
#include "lib/wheel.h"

/* As in Linux: 5 minutes before the 32-bit wrap. */
#define INITIAL_JIFFIES ((unsigned long)(unsigned int)(-300 * 250))

/*
 * Slots where upper rooms hang their per-CPU state; the number is fixed here so that a lookup is
 * one load.
 */
enum vcpu_slot {
	VCPU_SLOT_STATS,   /* core/stats.h: counters of this CPU */
	VCPU_SLOT_SOFTNET, /* core/dev.h: softnet_data */
	VCPU_SLOT_IPV4,	   /* ipv4: per-CPU control sockets and scratch */
	VCPU_SLOT_DRIVERS, /* drivers: scratch buffers */
	VCPU_SLOT_CHAN,
	VCPU_SLOT_TRACE,   /* trace/trace.h: the ring of this CPU, NULL while nothing is traced */
	VCPU_SLOT_MAX
};

enum { NR_SOFTIRQS = 10 }; /* kernel/softirq.h names them */

/*
 * A doorbell: something to tell the outside (an app, the daemon's echo) once the run is over.
 * Marked under a lock, rung without.
 */
struct doorbell {
	struct list_head node; /* [C] on the home's list; empty: not marked */
	void (*ring)(struct doorbell *bell);
	struct vcpu *home; /* [I] vCPU that rings it */
	unsigned char marked; /* [A] on the home's bell_head */
	struct doorbell *next_remote; /* [A] link of bell_head while marked from elsewhere */
};

struct vcpu {
	/* hot, first cache lines */
	struct machine *m; /* [I] */
	unsigned id;	   /* [I] */
	uint32_t softirq_pending;
	int bh_count;	   /* local_bh_disable() depth */
	int in_softirq;	   /* inside __do_softirq() */
	int irq_depth;	   /* inside do_IRQ() */
	uint64_t now;	   /* ns, monotonic, as of the last listed point */
	uint64_t tick_end; /* ns at which jiffies moves on */
	/* ns of the next timer of the wheel, UINT64_MAX: none; valid unless timer_dirty */
	uint64_t timer_ns;
	bool timer_dirty;
	unsigned long jiffies;
	void *slot[VCPU_SLOT_MAX];
	struct task *current; /* who is inside: the ksoftirqd task of the loop, or the caller's */
	struct vcpu *outer;   /* vCPU that the thread inside was in before it came here */
	/* the deadline that the host knows: last answer of vcpu_run(), 0: "more" */
	uint64_t told;

	char pad_remote[CACHE_BYTES]; /* the words below are written by other CPUs */
	uint64_t irq_pending[NR_IRQS / 64]; /* [A] */
	uint32_t irq_any;		    /* [A] some bit above is set */
	/* [A] VCPU_WORK_*: something hangs on the lists below */
	uint32_t work_any;

	/* lock-free push by anyone, emptied by the owner */
	struct smp_work *ipi_head;
	struct doorbell *bell_head;
	struct timer_remote *timer_head;
	int entered; /* 0 free, 1 a thread is inside, 2 and others may wait for it */
	int parked;  /* value of stop_gate for which it stands still at loop top */
	bool served; /* a thread of the host turns it; see vcpu_serve() */
	bool held;	     /* [R] smp_stop() keeps it from being entered */
	char pad_own[CACHE_BYTES];

	struct list_head doorbells; /* marked, to be rung at the end of the run */
	uint64_t kicks;		    /* bit a vCPU: tasks woken there, told at the end of the run */
	struct rng rng;
	struct task *idle_task; /* "ksoftirqd/N": the loop */
	struct wheel wheel;

	/* counters, written by the owner, read by anyone */
	unsigned long softirq_count[NR_SOFTIRQS];
	unsigned long irq_count[NR_IRQS];
	unsigned long timer_count; /* runs in which a timer was due: LOC */
	unsigned long ipi_count;
	unsigned long rcu_bh_count; /* rcu_bh_qs() calls */
	unsigned long runs;	 /* vcpu_run() calls */
	uint64_t softirq_ns;	 /* time inside softirqs, for the si column */
	uint64_t softirq_start;
};

enum { VCPU_WORK_IPI = 1, VCPU_WORK_TIMER = 2, VCPU_WORK_BELL = 4 };

extern __attribute__((tls_model("initial-exec"))) _Thread_local struct vcpu *current_vcpu;
/* the one thread-local word: set by vcpu_enter() */

/* The vCPU that this thread is inside; NULL outside. */
static __always_inline struct vcpu *this_vcpu(void)
{
	return current_vcpu;
}

/* jiffies of the vCPU we are in. */
static __always_inline unsigned long jiffies_now(void)
{
	return current_vcpu->jiffies;
}

/* The calling thread is inside @v, perhaps behind another vCPU that it entered later. */
static __always_inline bool vcpu_is_inside(const struct vcpu *v)
{
	for (const struct vcpu *o = this_vcpu(); o; o = o->outer)
		if (o == v)
			return true;
	return false;
}

/**
 * vcpu_irq() - raise interrupt @vector at @v
 *
 * Any thread, any time, also a signal handler; costs an atomic OR. Does not kick: the owner of the
 * thread knows.
 */
void vcpu_irq(struct vcpu *v, unsigned vector);

/**
 * vcpu_enter() - the calling thread becomes vCPU @v
 * @task:	who comes in (NULL: the vCPU's own loop task)
 *
 * At most one thread at a time: another one sleeps here until it is free, and everyone sleeps here
 * while smp_stop() is in force. Entering a vCPU twice in one thread is a bug (BUG_ON). Registers
 * the thread with RCU the first time, then takes it online; reads the clock.
 */
void vcpu_enter(struct vcpu *v, struct task *task);

/*
 * Leave: rings doorbells, RCU offline; bh_count must be 0. Kicks the vCPU when the caller leaves
 * work or an earlier deadline behind than the host was told.
 */
void vcpu_leave(struct vcpu *v);

/*
 * Hand a vCPU over for the time of a sleep: vcpu_leave() without the end of the task's call
 * (doorbells stay, a signal stays), and the way back. For schedule() and smp_call().
 */
void vcpu_step_out(struct vcpu *v);
void vcpu_step_in(struct vcpu *v, struct task *task);

/* The thread inside @v takes or gives back its ring, as the tracer is armed or not. */
void vcpu_trace(struct vcpu *v);

/*
 * Another thread than the control thread turns @v from now on: smp_call(), irq_mask() and
 * irq_unmask() of others are sent to it. Its first vcpu_run() says so by itself; who starts threads
 * calls this before. Only on a host that can kick.
 */
void vcpu_serve(struct vcpu *v);
/*
 * No thread turns @v any more (it was joined, or is about to end): they act in the caller's thread
 * again; what was sent already is done now. RTNL or the thread itself, outside.
 */
void vcpu_retire(struct vcpu *v);

/* A free vCPU and its memory; machine_init() and machine_destroy() only. */
struct vcpu *vcpu_create(struct machine *m, unsigned id);
void vcpu_destroy(struct vcpu *v);

/*
 * Kick vCPU @cpu's sleepers once this run is over (from outside a vCPU: now). Allowed under a lock.
 */
void vcpu_kick_later(struct machine *m, unsigned cpu);

/*
 * Announce that something hangs on a list of @v (VCPU_WORK_*), and kick it if that is news. Any
 * thread.
 */
void vcpu_post(struct vcpu *v, uint32_t work);

/**
 * vcpu_run() - one turn of the crank; the caller is inside @v
 * @now:	monotonic ns
 *
 * In order: park if smp_stop() asks, IPIs, remote timers, interrupts (do_IRQ), timers due
 * (TIMER_SOFTIRQ), softirqs, doorbells, one RCU quiescent state.
 * Return: 0 when there is more to do now, else the monotonic ns of the next deadline, UINT64_MAX
 * when there is none.
 */
uint64_t vcpu_run(struct vcpu *v, uint64_t now);

/* Read the host's clock into v->now and v->jiffies. Only at the listed points (see above). */
void vcpu_update_time(struct vcpu *v);

/* Mark @bell; rung once by its home vCPU at the end of its run. Allowed under a lock. */
void doorbell_mark(struct doorbell *bell);
void doorbell_init(struct doorbell *bell, struct vcpu *home, void (*ring)(struct doorbell *));
/* Home vCPU (or smp_call): forget a mark; after it returns @bell may be freed. */
void doorbell_cancel(struct doorbell *bell);

/* Counters that their vCPU writes and anyone reads. */
static __always_inline void vcpu_count(unsigned long *counter)
{
	WRITE_ONCE(*counter, *counter + 1);
}

/* jiffies conversions of a machine */
static __always_inline unsigned long msecs_to_jiffies(const struct machine *m, unsigned ms)
{
	return ((unsigned long)ms * m->hz + 999) / 1000;
}
static __always_inline unsigned long jiffies_to_msecs(const struct machine *m, unsigned long j)
{
	return j * 1000 / m->hz;
}
/* jiffies as of monotonic @ns, for the control thread */
static __always_inline unsigned long machine_jiffies(const struct machine *m, uint64_t ns)
{
	return INITIAL_JIFFIES + (unsigned long)((ns - m->boot_ns) / m->tick_ns);
}
/* monotonic ns at which jiffies becomes @j */
static __always_inline uint64_t jiffies_to_ns(const struct machine *m, unsigned long j)
{
	return m->boot_ns + (uint64_t)(j - INITIAL_JIFFIES) * m->tick_ns;
}

#define for_each_vcpu(v, machine) \
	for (unsigned _vc = 0; _vc < (machine)->nr_cpus && ((v) = (machine)->cpu[_vc], 1); _vc++)

#endif
