/* SPDX-License-Identifier: MIT */
#ifndef KERNEL_PROC_H
#define KERNEL_PROC_H
/*
 * proc.h - the machine's files
 *
 * Theory of operation
 *   /proc/interrupts, /proc/softirqs, /proc/slabinfo, and for each interrupt line
 *   /proc/irq/N/{smp_affinity,smp_affinity_list}. The tree belongs to the machine's owner and ends
 *   after its lines were freed. Control thread.
 */
#include "kernel/machine.h"

struct vfs;

/**
 * kernel_proc_init() - make the machine's files in @vfs; lines taken from now on get theirs
 * Return: 0 or -ENOMEM (what was made goes with the tree).
 */
int kernel_proc_init(struct machine *m, struct vfs *vfs);

#endif
