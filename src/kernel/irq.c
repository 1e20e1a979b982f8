/* SPDX-License-Identifier: MIT */
/*
 * irq.c - interrupt lines and their dispatch
 *
 * Theory of operation
 *   Called by: vcpu_run() and local_irq_window() (pending vectors), drivers (request, mask,
 *   unmask). Calls: the handler of the line, softirq.c (irq_exit), the host's irq_mask and
 *   irq_unmask.
 *   Owns: struct irq_desc, made when a vector is first taken and kept for its next user until the
 *   machine ends, so that a vector raised at a vCPU the line has left finds a live descriptor and
 *   is sent on.
 *   Threads: request, free and affinity RTNL; dispatch the vCPU of the line.
 *   Refuses: to nest do_IRQ() in do_IRQ(); a vector of nobody is counted on no line and dropped.
 *   Mirrors: kernel/irq/{manage,handle,chip,proc}.c, arch irq.c.
 */
#include "kernel/irq.h"

#include <errno.h>
#include <stdio.h>

#include "fs/seq_file.h"
#include "kernel/slab.h"
#include "kernel/softirq.h"
#include "kernel/sync.h"

#define IRQ_COLUMN 3 /* width of the first column of /proc/interrupts, as for up to 999 vectors */

/* A line on its way from one vCPU to another; its two steps run on the one and the other. */
struct irq_move {
	struct irq_desc *desc;
	unsigned cpu;
	bool was_masked;
	bool pending;
};

static void handle_irq(struct vcpu *v, unsigned vector);
static irqreturn_t handle_irq_event(struct irq_desc *desc);
static irqreturn_t handle_irq_event_percpu(struct irq_desc *desc);
static void irq_send_on(struct machine *m, unsigned cpu, unsigned vector);
static bool irq_is_remote(struct irq_desc *desc);
static void irq_mask_home(void *arg);
static void irq_unmask_home(void *arg);
static void irq_unmask_work(void *arg);
static void irq_free_home(void *arg);
static void irq_move_out(void *arg);
static void irq_move_in(void *arg);
static bool irq_take_pending(struct vcpu *v, unsigned vector);

static __always_inline struct irq_desc *irq_to_desc(struct machine *m, unsigned irq)
{
	return irq < NR_IRQS ? smp_load_acquire(&m->irq[irq]) : NULL;
}

void irq_window_slow(void)
{
	struct vcpu *v = this_vcpu();

	if (v->irq_depth || !__atomic_exchange_n(&v->irq_any, 0, __ATOMIC_ACQUIRE))
		return;
	for (unsigned w = 0; w < NR_IRQS / 64; w++) {
		uint64_t bits;

		if (!READ_ONCE(v->irq_pending[w]))
			continue;
		bits = __atomic_exchange_n(&v->irq_pending[w], 0, __ATOMIC_ACQUIRE);
		for (; bits; bits &= bits - 1)
			do_IRQ(w * 64 + (unsigned)__builtin_ctzll(bits));
	}
}

void do_IRQ(unsigned vector)
{
	struct vcpu *v = this_vcpu();

	if (unlikely(v->irq_depth)) {
		vcpu_irq(v, vector);
		return;
	}
	irq_enter();
	handle_irq(v, vector);
	irq_exit();
}

static void handle_irq(struct vcpu *v, unsigned vector)
{
	struct irq_desc *desc = irq_to_desc(v->m, vector);
	unsigned cpu;

	if (unlikely(!desc))
		return;
	cpu = READ_ONCE(desc->cpu);
	if (unlikely(cpu != v->id)) {
		irq_send_on(v->m, cpu, vector);
		return;
	}
	if (unlikely(!smp_load_acquire(&desc->handler)))
		return;
	if (unlikely(desc->masked)) {
		desc->pending = true;
		return;
	}
	vcpu_count(&v->irq_count[vector]);
	if (unlikely(handle_irq_event(desc) == IRQ_NONE))
		vcpu_count(&desc->spurious);
}

static irqreturn_t handle_irq_event(struct irq_desc *desc)
{
	desc->pending = false;
	return handle_irq_event_percpu(desc);
}

static irqreturn_t handle_irq_event_percpu(struct irq_desc *desc)
{
	return desc->handler((int)desc->irq, desc->dev_id);
}

/* It was raised where the line was before it moved. */
static void irq_send_on(struct machine *m, unsigned cpu, unsigned vector)
{
	vcpu_irq(m->cpu[cpu], vector);
	if (m->host->kick)
		m->host->kick(m->host_ctx, cpu);
}

void irq_mask(struct machine *m, int irq)
{
	struct irq_desc *desc = irq_to_desc(m, (unsigned)irq);

	BUG_ON(!desc);
	if (irq_is_remote(desc))
		smp_call(m, READ_ONCE(desc->cpu), irq_mask_home, desc);
	else
		irq_mask_home(desc);
}

void irq_unmask(struct machine *m, int irq)
{
	struct irq_desc *desc = irq_to_desc(m, (unsigned)irq);

	BUG_ON(!desc);
	if (!irq_is_remote(desc))
		irq_unmask_home(desc);
	else if (!xchg(&desc->unmask_queued, 1))
		smp_call_async(m, READ_ONCE(desc->cpu), &desc->unmask_work);
}

/* Another thread turns the line's vCPU: it alone may talk to the source. */
static bool irq_is_remote(struct irq_desc *desc)
{
	struct machine *m = desc->m;
	struct vcpu *home = m->cpu[READ_ONCE(desc->cpu)];

	return m->host->kick && this_vcpu() != home && load_mb(&home->served) &&
	       !READ_ONCE(m->stopped);
}

static void irq_mask_home(void *arg)
{
	struct irq_desc *desc = arg;

	desc->masked = true;
	if (desc->m->host->irq_mask)
		desc->m->host->irq_mask(desc->m->host_ctx, desc->irq);
}

static void irq_unmask_home(void *arg)
{
	struct irq_desc *desc = arg;

	desc->masked = false;
	if (desc->pending) {
		desc->pending = false;
		vcpu_irq(desc->m->cpu[READ_ONCE(desc->cpu)], desc->irq);
	}
	if (desc->m->host->irq_unmask)
		desc->m->host->irq_unmask(desc->m->host_ctx, desc->irq);
}

/* Sent by another vCPU; the line may have moved once more meanwhile, or been freed. */
static void irq_unmask_work(void *arg)
{
	struct irq_desc *desc = arg;

	store_mb(&desc->unmask_queued, 0);
	if (smp_load_acquire(&desc->handler))
		irq_unmask(desc->m, (int)desc->irq);
}

int request_irq(struct machine *m, irq_handler_t handler, const char *name, void *dev_id,
		unsigned cpu)
{
	struct irq_desc *desc = NULL;
	struct vcpu *v;
	int irq, err;

	BUG_ON(!handler);
	for (irq = 0; irq < NR_IRQS; irq++) {
		desc = m->irq[irq];
		if (!desc || !desc->handler)
			break;
	}
	if (irq == NR_IRQS)
		return -ENOSPC;
	if (!desc) {
		desc = kzalloc(m, sizeof(*desc));
		if (!desc)
			return -ENOMEM;
		desc->m = m;
		desc->irq = (unsigned)irq;
		desc->unmask_work = (struct smp_work){ .fn = irq_unmask_work, .arg = desc };
		smp_store_release(&m->irq[irq], desc); /* kept from here on */
	}
	snprintf(desc->name, sizeof(desc->name), "%s", name);
	desc->dev_id = dev_id;
	desc->masked = desc->pending = false;
	desc->spurious = 0;
	WRITE_ONCE(desc->cpu, cpu % m->nr_cpus);
	desc->affinity = 1ull << desc->cpu;
	err = register_irq_proc(desc);
	if (err)
		return err;
	for_each_vcpu(v, m)
		WRITE_ONCE(v->irq_count[irq], 0ul); /* nobody counts while there is no handler */
	smp_store_release(&desc->handler, handler);

	return irq;
}

void free_irq(struct machine *m, int irq)
{
	struct irq_desc *desc = irq_to_desc(m, (unsigned)irq);

	BUG_ON(!desc || !desc->handler);
	unregister_irq_proc(desc);
	smp_call(m, READ_ONCE(desc->cpu), irq_free_home, desc);
}

static void irq_free_home(void *arg)
{
	struct irq_desc *desc = arg;

	irq_mask_home(desc);
	irq_take_pending(this_vcpu(), desc->irq);
	smp_store_release(&desc->handler, NULL);
}

int irq_set_affinity(struct machine *m, int irq, unsigned cpu)
{
	struct irq_move move = { .desc = irq_to_desc(m, (unsigned)irq), .cpu = cpu };
	unsigned old;

	if (!move.desc || !move.desc->handler || cpu >= m->nr_cpus)
		return -EINVAL;
	move.desc->affinity = 1ull << cpu;
	old = READ_ONCE(move.desc->cpu);
	if (old == cpu)
		return 0;
	smp_call(m, old, irq_move_out, &move);
	smp_call(m, cpu, irq_move_in, &move);

	return 0;
}

static void irq_move_out(void *arg)
{
	struct irq_move *move = arg;
	struct irq_desc *desc = move->desc;

	move->was_masked = desc->masked;
	if (!move->was_masked)
		irq_mask_home(desc);
	move->pending = irq_take_pending(this_vcpu(), desc->irq) || desc->pending;
	desc->pending = false;
	WRITE_ONCE(desc->cpu, move->cpu);
}

/* NAPI on the old vCPU may have sent its unmask ahead of us: then the line is open already. */
static void irq_move_in(void *arg)
{
	struct irq_move *move = arg;
	struct irq_desc *desc = move->desc;

	if (!move->was_masked)
		irq_unmask_home(desc);
	if (!move->pending)
		return;
	if (desc->masked)
		desc->pending = true;
	else
		vcpu_irq(this_vcpu(), desc->irq);
}

static bool irq_take_pending(struct vcpu *v, unsigned vector)
{
	uint64_t bit = 1ull << (vector % 64);

	return __atomic_fetch_and(&v->irq_pending[vector / 64], ~bit, __ATOMIC_SEQ_CST) & bit;
}

struct vcpu *irq_cpu(struct machine *m, int irq)
{
	struct irq_desc *desc = irq_to_desc(m, (unsigned)irq);

	return desc && smp_load_acquire(&desc->handler) ? m->cpu[READ_ONCE(desc->cpu)] : NULL;
}

int show_interrupts(struct seq_file *m, void *data)
{
	struct machine *machine = data;
	struct vcpu *v;

	seq_printf(m, "%*s", IRQ_COLUMN + 8, "");
	for_each_vcpu(v, machine)
		seq_printf(m, "CPU%-8u", v->id);
	seq_putc(m, '\n');
	for (int irq = 0; irq < NR_IRQS; irq++) {
		if (!irq_cpu(machine, irq))
			continue;
		seq_printf(m, "%*d: ", IRQ_COLUMN, irq);
		for_each_vcpu(v, machine)
			seq_printf(m, "%10lu ", READ_ONCE(v->irq_count[irq]));
		seq_printf(m, " %8s-%-8s  %s\n", "VCPU", "edge", machine->irq[irq]->name);
	}
	seq_printf(m, "%*s: ", IRQ_COLUMN, "LOC");
	for_each_vcpu(v, machine)
		seq_printf(m, "%10lu ", READ_ONCE(v->timer_count));
	seq_puts(m, "  Local timer interrupts\n");
	seq_printf(m, "%*s: ", IRQ_COLUMN, "CAL");
	for_each_vcpu(v, machine)
		seq_printf(m, "%10lu ", READ_ONCE(v->ipi_count));
	seq_puts(m, "  Function call interrupts\n");

	return 0;
}
