/* SPDX-License-Identifier: MIT */
/*
 * slab.c - allocation under the kernel's names
 *
 * Theory of operation
 *   Called by: everyone above. Calls: lib/pool.h with the number of the CPU we are on.
 *   Owns: nothing; caches and control memory are the machine's struct kmem.
 *   Threads: caches by a thread inside a vCPU of the machine or by the control thread; control
 *   memory by any. Fault injection (kmem_fail_nth) reaches every allocation that comes through
 *   here.
 *   Mirrors: mm/slab.c, mm/slab_common.c (/proc/slabinfo).
 */
#include "kernel/slab.h"

#include "fs/seq_file.h"

/* The slot of the pools that the caller owns: its vCPU's, else that of the control thread. */
static __always_inline unsigned kmem_cpu(struct machine *m)
{
	for (struct vcpu *v = this_vcpu(); v; v = v->outer)
		if (likely(v->m == m))
			return v->id;
	return m->nr_cpus;
}

void *kmem_cache_alloc(struct machine *m, struct kmem_cache *c)
{
	return pool_alloc(c, kmem_cpu(m));
}

void *kmem_cache_zalloc(struct machine *m, struct kmem_cache *c)
{
	return pool_zalloc(c, kmem_cpu(m));
}

void kmem_cache_free(struct machine *m, struct kmem_cache *c, void *obj)
{
	pool_free(c, kmem_cpu(m), obj);
}

void *__kmalloc_track_caller(struct machine *m, size_t size, const char *caller)
{
	return kmem_alloc_at(&m->kmem, size, true, caller);
}

void kfree(struct machine *m, const void *p)
{
	kmem_free(&m->kmem, p);
}

int show_slabinfo(struct seq_file *m, void *data)
{
	struct machine *machine = data;
	struct kmem_cache *c;

	seq_puts(m, "slabinfo - version: 2.1\n");
	seq_puts(m, "# name            <active_objs> <num_objs> <objsize> <objperslab>"
		    " <pagesperslab> : tunables <limit> <batchcount> <sharedfactor>"
		    " : slabdata <active_slabs> <num_slabs> <sharedavail> : fails <fails>\n");
	/* The control thread makes and ends caches, and reads this file. */
	list_for_each_entry(c, &machine->kmem.caches, node) {
		struct kmem_cache_stats st;

		kmem_cache_stats(c, &st);
		seq_printf(m, "%-17s %6lu %6lu %6u %4u %4lu", c->name, (unsigned long)st.live,
			   (unsigned long)st.objects, c->object_size, c->per_slab,
			   (c->slab_mask + 1) / 4096);
		seq_printf(m, " : tunables %4lu %4u %4u : slabdata %6lu %6lu %6u", c->limit,
			   (unsigned)POOL_BATCH, 0u, (unsigned long)st.slabs,
			   (unsigned long)st.slabs, 0u);
		seq_printf(m, " : fails %6lu\n", (unsigned long)st.fails);
	}

	return 0;
}
