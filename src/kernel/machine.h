/* SPDX-License-Identifier: MIT */
#ifndef KERNEL_MACHINE_H
#define KERNEL_MACHINE_H
/*
 * machine.h - the passive machine: a set of virtual CPUs, interrupt lines, timers and memory
 *
 * Theory of operation
 *   The machine owns no thread, no clock and no descriptor. Whoever owns a thread (daemon,
 *   embedding program, test body) turns the crank: it raises interrupts with vcpu_irq() and calls
 *   vcpu_run(), which dispatches interrupts, runs softirqs and timers and says when it wants to run
 *   again. What the machine needs of the world it asks through struct host_ops. struct net embeds
 *   one struct machine; there may be many in a process.
 *
 * Threads: machine_init/machine_destroy by the RTNL owner while no vCPU is entered. Members are
 * tagged [I] immutable after init, [R] RTNL only, [A] atomic.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/list.h"
#include "lib/log.h"
#include "lib/pool.h"
#include "lib/rng.h"

#define VCPU_MAX 64
#define NR_IRQS 256
#define NSEC_PER_SEC 1000000000ull
#define NSEC_PER_MSEC 1000000ull

struct vcpu;
struct task;
struct vfs;

/**
 * struct host_ops - what the machine asks of whoever turns the crank
 * @clock:	now in ns of CLOCK_MONOTONIC or CLOCK_REALTIME (@clk is one of these two). Called at
 *		the listed points only.
 * @kick:	any thread: vCPU @cpu has something to do, its thread shall call vcpu_run() soon. It
 *		also ends @wait of every thread that sleeps on that vCPU, and is sticky: a kick that
 *		comes before the sleep ends the sleep. NULL when one thread turns every crank: then
 *		smp_call() enters the vCPU itself.
 * @irq_mask:	stop raising @vector (the handler ran and NAPI polls). vCPU thread that the vector
 *		is bound to.
 * @irq_unmask:	raise it again, at once when its source is ready (level triggered). Same thread.
 * @dev_open:	RTNL: open queue @queue of the device @spec ("tap:NAME", ...); returns a descriptor
 *		or -errno. May be NULL.
 * @wait:	a blocking socket call found nothing: sleep until a source may be ready or the clock
 *		reaches @deadline (ns, monotonic; UINT64_MAX: none), and raise what is ready with
 *		vcpu_irq(). The calling thread has left the vCPU. Returns 0, or -EINTR to end the
 *		call. NULL: this host has no blocking calls (they answer -EAGAIN).
 *
 * Each callback may be NULL unless said otherwise; @clock must exist.
 */
struct host_ops {
	uint64_t (*clock)(void *ctx, int clk);
	void (*kick)(void *ctx, unsigned cpu);
	void (*irq_mask)(void *ctx, unsigned vector);
	void (*irq_unmask)(void *ctx, unsigned vector);
	int (*dev_open)(void *ctx, const char *spec, unsigned queue);
	int (*wait)(void *ctx, uint64_t deadline);
};

/**
 * struct machine_config - what a machine is made of
 * @host, @host_ctx: the world's side
 * @nr_cpus:	virtual CPUs, 1..VCPU_MAX
 * @hz:		jiffies per second, 100..1000 (default 250 when 0)
 * @seed:	seed of all dice (hash keys, IP ids, ports, jitter)
 * @log:	where log lines go; NULL: nowhere
 * @fail_nth:	let the n-th allocation fail, counted from machine_init() on (kmem_fail_nth()); 0:
 *		none
 */
struct machine_config {
	const struct host_ops *host;
	void *host_ctx;
	unsigned nr_cpus;
	unsigned hz;
	uint64_t seed[4];
	const struct logger *log;
	unsigned long fail_nth;
};

struct irq_desc; /* kernel/irq.h */

struct machine {
	const struct host_ops *host; /* [I] */
	void *host_ctx;		     /* [I] */
	unsigned nr_cpus;	     /* [I] */
	unsigned hz;		     /* [I] */
	uint64_t tick_ns;	     /* [I] length of a jiffy */
	uint64_t boot_ns;	     /* [I] monotonic time at which jiffies was INITIAL_JIFFIES */
	struct vcpu *cpu[VCPU_MAX];  /* [I] */
	struct irq_desc *irq[NR_IRQS]; /* [R], read by the vCPU the vector is bound to */
	struct kmem kmem;	     /* every allocation of this machine and all above it */
	/* [R] the control thread's dice; each vCPU has its own, seeded from it */
	struct rng rng;
	struct logger log;
	/* [R] where interrupt lines have their files; NULL: they have none */
	struct vfs *vfs;
	void (*softirq_vec[10])(struct vcpu *); /* [I] after init, open_softirq() */
	/* [A] pthread_t of the control thread, 0 before the first claim */
	unsigned long rtnl_owner;
	struct rcu_head *rcu_garbage; /* [A] pushed by anyone, freed by RTNL after a grace period */
	unsigned long nr_garbage;    /* [A] */
	bool stopped;		     /* [R] smp_stop() is in force */
	int stop_gate;	     /* [A] odd while stopped: vCPUs wait on this word */
	int stop_event;	     /* [A] moves when a vCPU parked or came free: smp_stop() waits on it */
};

/**
 * machine_init() - build a machine
 * @m:		zeroed memory
 * @cfg:	copied
 * Return: 0 or -EINVAL (bad counts), -ENOMEM.
 */
int machine_init(struct machine *m, const struct machine_config *cfg);

/**
 * machine_destroy() - undo machine_init(); all IRQs must be freed, no timer pending, no garbage
 * left
 *
 * Return: number of objects that were still alive (leaks), each named in the log.
 */
unsigned long machine_destroy(struct machine *m);

/* vcpu_retire() of every vCPU: the host's threads have ended (RTNL). */
void machine_retire(struct machine *m);

/* Claim the control role (RTNL) for the calling thread; the last claim wins. */
void rtnl_claim(struct machine *m);
/* True when the calling thread is the control thread. */
bool rtnl_is_owner(const struct machine *m);

#define ASSERT_RTNL(m) BUG_ON(!rtnl_is_owner(m))

/* Monotonic and real time straight from the host; control thread or a listed point only. */
uint64_t machine_now(struct machine *m);
uint64_t machine_real_now(struct machine *m);

#endif
