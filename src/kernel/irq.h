/* SPDX-License-Identifier: MIT */
#ifndef KERNEL_IRQ_H
#define KERNEL_IRQ_H
/*
 * irq.h - interrupt lines (mirrors kernel/irq)
 *
 * Theory of operation
 *   A vector is a number that the host raises with vcpu_irq() at the vCPU it is bound to. do_IRQ()
 *   counts it and calls the handler, which must be short: mask the line (irq_mask()) and schedule
 *   NAPI. irq_exit() then runs softirqs. A handler runs on the vCPU of its affinity only; moving a
 *   line masks it there, waits for that vCPU, and unmasks it at the new one. A vector raised while
 *   its line is masked is kept and runs after irq_unmask(). Lines start unmasked.
 */
#include "kernel/smp.h"
#include "kernel/vcpu.h"

typedef enum { IRQ_NONE, IRQ_HANDLED } irqreturn_t;
typedef irqreturn_t (*irq_handler_t)(int irq, void *dev_id);

#define IRQF_SHARED 0x80

struct irq_desc {
	struct machine *m; /* [I] */
	unsigned irq;	   /* [I] */
	char name[32];	 /* "tap0-TxRx-0" */
	irq_handler_t handler;
	void *dev_id;
	uint64_t affinity; /* [R] mask as it was set; the line is bound to its first vCPU */
	unsigned cpu;	 /* [A] vCPU it is bound to; written on that vCPU for RTNL */
	bool masked;	 /* [C] */
	bool pending;	 /* [C] raised while masked */
	unsigned long spurious; /* [C] IRQ_NONE answers */
	int unmask_queued; /* [A] unmask_work is on its way to the line's vCPU */
	struct smp_work unmask_work;
};

/**
 * request_irq() - take a free vector and bind it to a vCPU (RTNL)
 * @name:	shown in /proc/interrupts
 * @cpu:	first affinity, taken modulo nr_cpus
 * Return: the vector (0..NR_IRQS-1), -ENOSPC or -ENOMEM.
 */
int request_irq(struct machine *m, irq_handler_t handler, const char *name, void *dev_id,
		unsigned cpu);

/* Undo it; on return the handler does not run and will not run again (RTNL). */
void free_irq(struct machine *m, int irq);

/*
 * Move @irq to vCPU @cpu: 0, -EINVAL. (RTNL) Writing the mask 1 << @cpu to
 * /proc/irq/@irq/smp_affinity does the same.
 */
int irq_set_affinity(struct machine *m, int irq, unsigned cpu);

/* vCPU of @irq, for whoever raises it. */
struct vcpu *irq_cpu(struct machine *m, int irq);

/*
 * Stop and start the line at its source (host callbacks). On the vCPU of the line at once; from
 * elsewhere irq_mask() waits for that vCPU (RTNL) and irq_unmask() is sent to it (so NAPI may end
 * on the old vCPU of a line that moved).
 */
void irq_mask(struct machine *m, int irq);
void irq_unmask(struct machine *m, int irq);

/*
 * Dispatch one vector on the current vCPU: irq_enter, handle_irq, irq_exit. Inside do_IRQ it is put
 * off to the next window.
 */
void do_IRQ(unsigned vector);

/*
 * Run every pending interrupt if the CPU may take one here (not inside do_IRQ). Slow half of
 * local_irq_window().
 */
notrace void irq_window_slow(void); /* not traced: do_IRQ() is the root of what comes from it */

/* Where Linux re-enables interrupts: look for pending ones. One load when there is none. */
static __always_inline void local_irq_window(void)
{
	struct vcpu *v = this_vcpu();

	if (unlikely(READ_ONCE(v->irq_any)))
		irq_window_slow();
}

struct seq_file;
/* Body of /proc/interrupts: @data is the struct machine. */
int show_interrupts(struct seq_file *m, void *data);

/*
 * Files of one line, kernel/proc.c: made and removed by request_irq() and free_irq() when the
 * machine has a tree. 0 or -ENOMEM.
 */
int register_irq_proc(struct irq_desc *desc);
void unregister_irq_proc(struct irq_desc *desc);

#endif
