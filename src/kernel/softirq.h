/* SPDX-License-Identifier: MIT */
#ifndef KERNEL_SOFTIRQ_H
#define KERNEL_SOFTIRQ_H
/*
 * softirq.h - deferred work of a virtual CPU (mirrors kernel/softirq.c)
 *
 * Theory of operation
 *   raise_softirq() sets a bit; the bits run at irq_exit(), at local_bh_enable() and at loop top,
 *   never nested. __do_softirq() runs all pending handlers and looks again, at most
 *   MAX_SOFTIRQ_RESTART times or 2 ms; what is left stays pending and makes vcpu_run() say "more"
 *   (in Linux: ksoftirqd wakes up). All functions: only inside the vCPU.
 */
#include "kernel/vcpu.h"
#include "lib/spinlock.h"

enum {
	HI_SOFTIRQ, TIMER_SOFTIRQ, NET_TX_SOFTIRQ, NET_RX_SOFTIRQ, BLOCK_SOFTIRQ,
	BLOCK_IOPOLL_SOFTIRQ, TASKLET_SOFTIRQ, SCHED_SOFTIRQ, HRTIMER_SOFTIRQ, RCU_SOFTIRQ,
};

#define MAX_SOFTIRQ_RESTART 10
#define MAX_SOFTIRQ_TIME_NS (2 * NSEC_PER_MSEC)

/* Bind @action to softirq @nr; init time only. */
void open_softirq(struct machine *m, unsigned nr, void (*action)(struct vcpu *));

/* Set the pending bit (interrupt or softirq context). */
void __raise_softirq_irqoff(unsigned nr);
/* Set it; outside any interrupt and bh section the loop runs it on its next turn. */
void raise_softirq(unsigned nr);

/*
 * Hold softirqs off this CPU; nests. The last enable opens the interrupt window and runs what is
 * pending. Outside any vCPU (the control thread) there is nothing to hold off: they do nothing.
 */
void local_bh_disable(void);
void local_bh_enable(void);

/*
 * Brackets of do_IRQ(): the outermost irq_exit() runs softirqs, unless it interrupted one or a bh
 * section.
 */
void irq_enter(void);
void irq_exit(void);

/* Loop top: what irq_exit() and local_bh_enable() left behind. */
void run_ksoftirqd(struct vcpu *v);

/*
 * A lock that softirqs take, too: held with them held off. Spin locks themselves are
 * lib/spinlock.h's.
 */
void _raw_spin_lock_bh(spinlock_t *lock);
void _raw_spin_unlock_bh(spinlock_t *lock);
#define spin_lock_bh(lock) _raw_spin_lock_bh(lock)
#define spin_unlock_bh(lock) _raw_spin_unlock_bh(lock)

/* Run pending softirqs unless already inside one or bh is disabled. */
void do_softirq(void);
void __do_softirq(void);

static __always_inline bool in_softirq(void)
{
	struct vcpu *v = this_vcpu();

	return v && (v->in_softirq || v->bh_count);
}
static __always_inline bool in_interrupt(void)
{
	struct vcpu *v = this_vcpu();

	return v && (v->in_softirq || v->irq_depth);
}

extern const char *const softirq_to_name[NR_SOFTIRQS];

struct seq_file;
/* Body of /proc/softirqs: @data is the struct machine. */
int show_softirqs(struct seq_file *m, void *data);

#endif
