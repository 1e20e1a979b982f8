/* SPDX-License-Identifier: MIT */
/*
 * softirq.c - deferred work of a virtual CPU
 *
 * Theory of operation
 *   Called by: irq_exit() at the end of do_IRQ(), local_bh_enable(), run_ksoftirqd() at loop top.
 *   Calls: the handlers of open_softirq().
 *   Owns: softirq_pending, bh_count, in_softirq and irq_depth of the vCPU inside; nothing to free.
 *   Threads: the one inside the vCPU.
 *   Bits run in the order of their numbers. What handlers raise meanwhile runs in further passes,
 *   MAX_SOFTIRQ_RESTART in all or until 2 ms are over, by a clock that is read once a pass (a
 *   listed point); the rest stays pending and the loop comes back to it. Interrupts are let in
 *   before each pass and wherever a handler opens the window, and their irq_exit() leaves softirqs
 *   to us.
 *   Mirrors: kernel/softirq.c of Linux 3.13.
 */
#define LOG_SUBSYS "softirq"
#include "kernel/softirq.h"

#include "fs/seq_file.h"
#include "kernel/irq.h"
#include "kernel/rcu.h"
#include "trace/emit.h"
#include "trace/work.h"

const char *const softirq_to_name[NR_SOFTIRQS] = {
	"HI", "TIMER", "NET_TX", "NET_RX", "BLOCK",
	"BLOCK_IOPOLL", "TASKLET", "SCHED", "HRTIMER", "RCU",
};

static void softirq_handle_one(struct vcpu *v, unsigned nr);
static notrace void softirq_event(enum trace_event ev, unsigned nr);

void irq_enter(void)
{
	this_vcpu()->irq_depth++;
}

void irq_exit(void)
{
	struct vcpu *v = this_vcpu();

	v->irq_depth--;
	if (v->softirq_pending && !v->irq_depth && !v->in_softirq && !v->bh_count)
		__do_softirq();
}

void run_ksoftirqd(struct vcpu *v)
{
	if (v->softirq_pending)
		__do_softirq();
}

void local_bh_disable(void)
{
	struct vcpu *v = this_vcpu();

	if (likely(v))
		v->bh_count++;
}

void local_bh_enable(void)
{
	struct vcpu *v = this_vcpu();

	if (unlikely(!v))
		return;
	BUG_ON(v->bh_count <= 0);
	/* The window comes first: what an interrupt raises then runs below, under do_softirq(). */
	if (v->bh_count == 1)
		local_irq_window();
	v->bh_count--;
	if (unlikely(v->softirq_pending) && !v->bh_count)
		do_softirq();
}

void _raw_spin_lock_bh(spinlock_t *lock)
{
	local_bh_disable();
	_raw_spin_lock(lock);
}

void _raw_spin_unlock_bh(spinlock_t *lock)
{
	_raw_spin_unlock(lock);
	local_bh_enable();
}

void do_softirq(void)
{
	struct vcpu *v = this_vcpu();

	if (v->softirq_pending && !v->in_softirq && !v->irq_depth && !v->bh_count)
		__do_softirq();
}

void __do_softirq(void)
{
	struct vcpu *v = this_vcpu();
	uint64_t end = v->now + MAX_SOFTIRQ_TIME_NS;
	int max_restart = MAX_SOFTIRQ_RESTART;
	struct trace_work w = trace_work_suspend();
	uint32_t pending;

	v->in_softirq = 1;
	v->softirq_start = v->now;
	for (;;) {
		pending = v->softirq_pending;
		v->softirq_pending = 0;
		local_irq_window();
		for (; pending; pending &= pending - 1)
			softirq_handle_one(v, (unsigned)__builtin_ctz(pending));
		if (!v->softirq_pending)
			break;
		vcpu_update_time(v);
		if (v->now >= end || !--max_restart)
			break;
	}
	WRITE_ONCE(v->softirq_ns, v->softirq_ns + (v->now - v->softirq_start));
	v->in_softirq = 0;
	trace_work_restore(w);
}

static void softirq_handle_one(struct vcpu *v, unsigned nr)
{
	int bh_count = v->bh_count;

	vcpu_count(&v->softirq_count[nr]);
	if (trace_event_on(TRACE_softirq_entry))
		softirq_event(TRACE_softirq_entry, nr);
	if (v->m->softirq_vec[nr])
		v->m->softirq_vec[nr](v);
	if (trace_event_on(TRACE_softirq_exit))
		softirq_event(TRACE_softirq_exit, nr);
	if (unlikely(v->bh_count != bh_count)) {
		WARN_ONCE(&v->m->log, true, "softirq %u %s left bh_count at %d, not %d", nr,
			  softirq_to_name[nr], v->bh_count, bh_count);
		v->bh_count = bh_count;
	}
	rcu_bh_qs(v);
}

static void softirq_event(enum trace_event ev, unsigned nr)
{
	struct trace_softirq f = { .vec = nr, .name = softirq_to_name[nr] };

	trace_event(ev, &f);
}

void __raise_softirq_irqoff(unsigned nr)
{
	this_vcpu()->softirq_pending |= 1u << nr;
}

void raise_softirq(unsigned nr)
{
	/* no thread to wake: the loop looks, and vcpu_leave() tells the host */
	__raise_softirq_irqoff(nr);
}

void open_softirq(struct machine *m, unsigned nr, void (*action)(struct vcpu *))
{
	BUG_ON(nr >= NR_SOFTIRQS);
	m->softirq_vec[nr] = action;
}

int show_softirqs(struct seq_file *m, void *data)
{
	struct machine *machine = data;
	struct vcpu *v;

	seq_puts(m, "                    ");
	for_each_vcpu(v, machine)
		seq_printf(m, "CPU%-8u", v->id);
	seq_putc(m, '\n');
	for (int nr = 0; nr < NR_SOFTIRQS; nr++) {
		seq_printf(m, "%12s:", softirq_to_name[nr]);
		for_each_vcpu(v, machine)
			seq_printf(m, " %10lu", READ_ONCE(v->softirq_count[nr]));
		seq_putc(m, '\n');
	}

	return 0;
}
