/* SPDX-License-Identifier: MIT */
#ifndef KERNEL_IRQ_H
#define KERNEL_IRQ_H
/*
 * irq.h - interrupt lines (mirrors kernel/irq)
 *
 * Theory of operation
 *   A vector is a number that the host raises with vcpu_irq() at the vCPU it is bound to. do_IRQ() counts it and calls the handler, which
 *   must be short: mask the line (irq_mask()) and schedule NAPI. irq_exit() then runs softirqs. A handler runs on the vCPU of its
 *   affinity only; moving a line masks it there, waits for that vCPU, and unmasks it at the new one.
 */
#include "kernel/vcpu.h"

typedef enum { IRQ_NONE, IRQ_HANDLED } irqreturn_t;
typedef irqreturn_t (*irq_handler_t)(int irq, void *dev_id);

#define IRQF_SHARED 0x80

struct irq_desc {
	unsigned irq;
	char name[32];	 /* "tap0-TxRx-0" */
	irq_handler_t handler;
	void *dev_id;
	unsigned cpu;	 /* [R] vCPU it is bound to */
	bool masked;	 /* [C] */
	unsigned long spurious; /* IRQ_NONE answers */
};

/**
 * request_irq() - take a free vector and bind it to a vCPU (RTNL)
 * @name:	shown in /proc/interrupts
 * @cpu:	first affinity, taken modulo nr_cpus
 * Return: the vector (0..NR_IRQS-1), -ENOSPC or -ENOMEM.
 */
int request_irq(struct machine *m, irq_handler_t handler, const char *name, void *dev_id, unsigned cpu);

/* Undo it; on return the handler does not run and will not run again (RTNL). */
void free_irq(struct machine *m, int irq);

/* Move @irq to vCPU @cpu: 0, -EINVAL. (RTNL) */
int irq_set_affinity(struct machine *m, int irq, unsigned cpu);

/* vCPU of @irq, for whoever raises it. */
struct vcpu *irq_cpu(struct machine *m, int irq);

/* Stop and start the line at its source (host callbacks); vCPU thread of the line or RTNL before it runs. */
void irq_mask(struct machine *m, int irq);
void irq_unmask(struct machine *m, int irq);

/* Dispatch one vector on the current vCPU: irq_enter, handle_irq, irq_exit. */
void do_IRQ(unsigned vector);

/* Run every pending interrupt if the CPU may take one here (not inside do_IRQ). Slow half of local_irq_window(). */
void irq_window_slow(void);

/* Where Linux re-enables interrupts: look for pending ones. One load when there is none. */
static __always_inline void local_irq_window(void)
{
	struct vcpu *v = this_vcpu();

	if (unlikely(__atomic_load_n(&v->irq_any, __ATOMIC_RELAXED)))
		irq_window_slow();
}

struct seq_file;
/* Body of /proc/interrupts: @data is the struct machine. */
int show_interrupts(struct seq_file *m, void *data);

#endif
