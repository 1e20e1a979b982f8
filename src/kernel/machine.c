/* SPDX-License-Identifier: MIT */
/*
 * machine.c - building and ending the passive machine
 *
 * Theory of operation
 *   Called by: the owner of a struct net (src/stack.c), tests. Calls: vcpu.c, lib/pool.h,
 *   lib/rng.h.
 *   Owns the vCPUs, the interrupt descriptors and struct kmem; machine_destroy() frees
 *   them and counts what others left.
 *   Threads: the RTNL owner, while no vCPU is entered; rtnl_is_owner() and the clocks any.
 *   Refuses: counts out of range, a host without a clock.
 *   Mirrors: init/main.c, as far as anything does.
 */
#define LOG_SUBSYS "machine"
#include "kernel/machine.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "kernel/irq.h"
#include "kernel/rcu.h"
#include "kernel/softirq.h"
#include "kernel/sync.h"
#include "kernel/timer.h"
#include "kernel/vcpu.h"

#define HZ_DEFAULT 250
#define HZ_MIN 100
#define HZ_MAX 1000

static void machine_seed(struct machine *m, const uint64_t seed[4]);
static void log_nowhere(void *ctx, int level, const char *line);
static unsigned long machine_count_left(struct machine *m);
static void machine_free_parts(struct machine *m);

int machine_init(struct machine *m, const struct machine_config *cfg)
{
	unsigned hz = cfg->hz ? cfg->hz : HZ_DEFAULT;

	if (!cfg->host || !cfg->host->clock || !cfg->nr_cpus || cfg->nr_cpus > VCPU_MAX ||
	    hz < HZ_MIN || hz > HZ_MAX)
		return -EINVAL;
	m->host = cfg->host;
	m->host_ctx = cfg->host_ctx;
	m->nr_cpus = cfg->nr_cpus;
	m->hz = hz;
	m->tick_ns = NSEC_PER_SEC / hz;
	m->boot_ns = machine_now(m);
	if (cfg->log)
		m->log = *cfg->log;
	else
		logger_init(&m->log, log_nowhere, NULL, -1);
	machine_seed(m, cfg->seed);
	kmem_init(&m->kmem, m->nr_cpus, &m->log);
	kmem_fail_nth(&m->kmem, cfg->fail_nth, NULL);
	for (unsigned i = 0; i < m->nr_cpus; i++) {
		m->cpu[i] = vcpu_create(m, i);
		if (!m->cpu[i])
			goto out_free;
	}
	open_softirq(m, TIMER_SOFTIRQ, run_timer_softirq);

	return 0;

out_free:
	machine_free_parts(m);
	kmem_destroy(&m->kmem);
	return -ENOMEM;
}

unsigned long machine_destroy(struct machine *m)
{
	unsigned long left = machine_count_left(m);

	machine_free_parts(m);
	left += kmem_report_leaks(&m->kmem, &m->log);
	kmem_destroy(&m->kmem);

	return left;
}

void machine_retire(struct machine *m)
{
	struct vcpu *v;

	for_each_vcpu(v, m)
		vcpu_retire(v);
}

/* The dice of two machines with different seeds differ in each of the four words. */
static void machine_seed(struct machine *m, const uint64_t seed[4])
{
	uint64_t mixed = 0;

	for (int i = 0; i < 4; i++) {
		rng_seed(&m->rng, seed[i] ^ mixed);
		mixed = rng_u64(&m->rng);
	}
}

static void log_nowhere(void *ctx, int level, const char *line)
{
}

/* What should have been undone before the end, each with a line in the log. */
static unsigned long machine_count_left(struct machine *m)
{
	unsigned long left = 0;
	struct vcpu *v;

	for (int i = 0; i < NR_IRQS; i++) {
		if (!irq_cpu(m, i))
			continue;
		pr_err(&m->log, "irq %d (%s) was not freed", i, m->irq[i]->name);
		left++;
	}
	for_each_vcpu(v, m) {
		if (v->wheel.pending)
			pr_err(&m->log, "cpu %u: %lu timers pending", v->id, v->wheel.pending);
		if (!list_empty(&v->doorbells) || load_mb(&v->bell_head) || load_mb(&v->ipi_head) ||
		    load_mb(&v->timer_head)) {
			pr_err(&m->log, "cpu %u: calls or doorbells are queued", v->id);
			left++;
		}
		BUG_ON(load_mb(&v->entered) && !v->held); /* held: smp_stop() was the last word */
		left += v->wheel.pending;
	}
	if (m->nr_garbage)
		pr_err(&m->log, "%lu objects wait for a grace period", m->nr_garbage);

	return left + m->nr_garbage;
}

static void machine_free_parts(struct machine *m)
{
	for (int i = 0; i < NR_IRQS; i++) {
		kmem_free(&m->kmem, m->irq[i]);
		m->irq[i] = NULL;
	}
	for (unsigned i = 0; i < m->nr_cpus; i++) {
		vcpu_destroy(m->cpu[i]);
		m->cpu[i] = NULL;
	}
}

void rtnl_claim(struct machine *m)
{
	__atomic_store_n(&m->rtnl_owner, (unsigned long)pthread_self(), __ATOMIC_RELAXED);
}

bool rtnl_is_owner(const struct machine *m)
{
	return __atomic_load_n(&m->rtnl_owner, __ATOMIC_RELAXED) == (unsigned long)pthread_self();
}

uint64_t machine_now(struct machine *m)
{
	return m->host->clock(m->host_ctx, CLOCK_MONOTONIC);
}

uint64_t machine_real_now(struct machine *m)
{
	return m->host->clock(m->host_ctx, CLOCK_REALTIME);
}
