/* SPDX-License-Identifier: MIT */
#ifndef KERNEL_SLAB_H
#define KERNEL_SLAB_H
/*
 * slab.h - allocation under the kernel's names, from the pool of the CPU we are on
 *
 * Theory of operation
 *   Thin, traced wrappers over lib/pool.h that add "which CPU": the entered vCPU, or the control
 *   thread's own slot. Packet-path objects come from named caches; control objects from kzalloc(),
 *   counted live so that teardown finds leaks. Every allocation can be made to fail.
 */
#include "kernel/vcpu.h"

void *kmem_cache_alloc(struct machine *m, struct kmem_cache *c);   /* not zeroed; NULL on failure */
void *kmem_cache_zalloc(struct machine *m, struct kmem_cache *c); /* zeroed */
void kmem_cache_free(struct machine *m, struct kmem_cache *c, void *obj);
/* Control memory, zeroed; @caller is named when it leaks. Any thread. */
void *__kmalloc_track_caller(struct machine *m, size_t size, const char *caller);
#define kzalloc(m, size) __kmalloc_track_caller(m, size, __func__)
void kfree(struct machine *m, const void *p);  /* NULL allowed */

struct seq_file;
/* /proc/slabinfo: name, active, total, size ..., fails */
int show_slabinfo(struct seq_file *m, void *data);

#endif
