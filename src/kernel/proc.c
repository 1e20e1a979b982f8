/* SPDX-License-Identifier: MIT */
/*
 * proc.c - the machine's files
 *
 * Theory of operation
 *   Called by: the machine's owner once (kernel_proc_init), request_irq() and free_irq() for each
 *   line, fs/proc.c for each read and write.
 *   Calls: irq.c, softirq.c, slab.c for the bodies; fs/proc.h.
 *   Owns: nothing; entries are the tree's.
 *   Threads: the control thread.
 *   Refuses: masks without a vCPU of ours (-EINVAL), text that is no mask (-EINVAL), masks that are
 *   too long (-EOVERFLOW).
 *   Mirrors: kernel/irq/proc.c, lib/bitmap.c.
 */
#include "kernel/proc.h"

#include <errno.h>
#include <stdio.h>

#include "fs/proc.h"
#include "kernel/irq.h"
#include "kernel/slab.h"
#include "kernel/softirq.h"

#define IRQ_PATH 48 /* "/proc/irq/255/smp_affinity_list" */

static int show_affinity(struct seq_file *m, void *data);
static int write_affinity(void *data, const char *buf, size_t len, struct extack *err);
static int show_affinity_list(struct seq_file *m, void *data);
static int write_affinity_list(void *data, const char *buf, size_t len, struct extack *err);
static int set_affinity(struct irq_desc *desc, uint64_t mask, struct extack *err);
static int parse_mask(const char *buf, size_t len, uint64_t *ret_mask);
static int parse_list(const char *buf, size_t len, uint64_t *ret_mask);
static bool parse_number(const char **p, const char *end, unsigned *ret_n);

static const struct proc_ops interrupts_ops = { .show = show_interrupts };
static const struct proc_ops softirqs_ops = { .show = show_softirqs };
static const struct proc_ops slabinfo_ops = { .show = show_slabinfo };
static const struct proc_ops affinity_ops = { .show = show_affinity, .write = write_affinity };
static const struct proc_ops affinity_list_ops = {
	.show = show_affinity_list,
	.write = write_affinity_list,
};

int kernel_proc_init(struct machine *m, struct vfs *vfs)
{
	if (!proc_create(vfs, "/proc/interrupts", 0444, &interrupts_ops, m) ||
	    !proc_create(vfs, "/proc/softirqs", 0444, &softirqs_ops, m) ||
	    !proc_create(vfs, "/proc/slabinfo", 0400, &slabinfo_ops, m) ||
	    !proc_mkdir(vfs, "/proc/irq"))
		return -ENOMEM;
	m->vfs = vfs;

	return 0;
}

int register_irq_proc(struct irq_desc *desc)
{
	struct vfs *vfs = desc->m->vfs;
	char path[IRQ_PATH];

	if (!vfs)
		return 0;
	snprintf(path, sizeof(path), "/proc/irq/%u/smp_affinity", desc->irq);
	if (!proc_create(vfs, path, 0644, &affinity_ops, desc))
		goto out_remove;
	snprintf(path, sizeof(path), "/proc/irq/%u/smp_affinity_list", desc->irq);
	if (!proc_create(vfs, path, 0644, &affinity_list_ops, desc))
		goto out_remove;

	return 0;

out_remove:
	unregister_irq_proc(desc);
	return -ENOMEM;
}

void unregister_irq_proc(struct irq_desc *desc)
{
	char path[IRQ_PATH];

	if (!desc->m->vfs)
		return;
	snprintf(path, sizeof(path), "/proc/irq/%u", desc->irq);
	proc_remove_path(desc->m->vfs, path);
}

/* Groups of 32 bits, the highest first and no longer than the vCPUs need. */
static int show_affinity(struct seq_file *m, void *data)
{
	struct irq_desc *desc = data;
	unsigned bits = desc->m->nr_cpus;

	if (bits > 32)
		seq_printf(m, "%0*x,%08x\n", (int)((bits - 32 + 3) / 4),
			   (unsigned)(desc->affinity >> 32), (unsigned)desc->affinity);
	else
		seq_printf(m, "%0*x\n", (int)((bits + 3) / 4), (unsigned)desc->affinity);

	return 0;
}

static int write_affinity(void *data, const char *buf, size_t len, struct extack *err)
{
	uint64_t mask;
	int ret = parse_mask(buf, len, &mask);

	if (ret)
		return extack_fail(err, ret, "smp_affinity is a hexadecimal mask of CPUs");
	return set_affinity(data, mask, err);
}

static int show_affinity_list(struct seq_file *m, void *data)
{
	struct irq_desc *desc = data;
	const char *comma = "";

	for (unsigned from = 0; from < desc->m->nr_cpus; from++) {
		unsigned to = from;

		if (!(desc->affinity >> from & 1))
			continue;
		while (to + 1 < desc->m->nr_cpus && desc->affinity >> (to + 1) & 1)
			to++;
		seq_printf(m, to > from ? "%s%u-%u" : "%s%u", comma, from, to);
		comma = ",";
		from = to;
	}
	seq_putc(m, '\n');

	return 0;
}

static int write_affinity_list(void *data, const char *buf, size_t len, struct extack *err)
{
	uint64_t mask;
	int ret = parse_list(buf, len, &mask);

	if (ret)
		return extack_fail(err, ret, "smp_affinity_list is a list of CPUs: 0,2-3");
	return set_affinity(data, mask, err);
}

/* The line goes to the first vCPU of the mask; the mask is kept as it was written. */
static int set_affinity(struct irq_desc *desc, uint64_t mask, struct extack *err)
{
	int ret;

	if (desc->m->nr_cpus < 64)
		mask &= (1ull << desc->m->nr_cpus) - 1;
	if (!mask)
		return extack_fail(err, -EINVAL, "no CPU of this machine in the mask");
	ret = irq_set_affinity(desc->m, (int)desc->irq, (unsigned)__builtin_ctzll(mask));
	if (!ret)
		desc->affinity = mask;

	return ret;
}

static int parse_mask(const char *buf, size_t len, uint64_t *ret_mask)
{
	uint64_t mask = 0;
	bool digits = false;

	while (len && buf[len - 1] == '\n')
		len--;
	for (size_t i = 0; i < len; i++) {
		char c = buf[i];

		if (c == ',' && digits)
			continue;
		if (mask >> 60)
			return -EOVERFLOW;
		if (c >= '0' && c <= '9')
			mask = mask << 4 | (unsigned)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			mask = mask << 4 | (unsigned)((c | 0x20) - 'a' + 10);
		else
			return -EINVAL;
		digits = true;
	}
	*ret_mask = mask;

	return digits ? 0 : -EINVAL;
}

static int parse_list(const char *buf, size_t len, uint64_t *ret_mask)
{
	const char *p = buf, *end = buf + len;
	uint64_t mask = 0;

	while (end > p && end[-1] == '\n')
		end--;
	do {
		unsigned from, to;

		if (!parse_number(&p, end, &from))
			return -EINVAL;
		to = from;
		if (p < end && *p == '-') {
			p++;
			if (!parse_number(&p, end, &to) || to < from)
				return -EINVAL;
		}
		if (to >= VCPU_MAX)
			return -EOVERFLOW;
		for (; from <= to; from++)
			mask |= 1ull << from;
	} while (p < end && *p++ == ',');
	*ret_mask = mask;

	return p == end ? 0 : -EINVAL;
}

static bool parse_number(const char **p, const char *end, unsigned *ret_n)
{
	const char *start = *p;
	unsigned n = 0;

	for (; *p < end && **p >= '0' && **p <= '9'; (*p)++)
		n = n < 1000 ? n * 10 + (unsigned)(**p - '0') : n;
	*ret_n = n;

	return *p > start;
}
