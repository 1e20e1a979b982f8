/* SPDX-License-Identifier: MIT */
/*
 * function.c - the text of the function tracer
 *
 * Theory of operation
 *   A line a call, in the order of entry: task, CPU, flags, time, the function and its caller. The
 *   flags that can be known from the nesting are set: d and h inside an interrupt, s inside a
 *   softirq, H for an interrupt inside of one; the others are dots. Who called a root is not known:
 *   0.
 * Threads: those of view.h.
 * Mirrors: kernel/trace/trace_output.c (its output).
 */
#include <inttypes.h>
#include <string.h>

#include "view/fold.h"
#include "view/text.h"

static void put_line(void *ctx, const struct cursor *c, bool leaf);
static void put_flags(FILE *out, const struct view_node *n);

void view_function_header(FILE *out, const char *tracer, uint64_t in_buffer, uint64_t written,
			  unsigned cpus)
{
	fprintf(out,
		"# tracer: %s\n#\n# entries-in-buffer/entries-written: %" PRIu64 "/%" PRIu64
		"   #P:%u\n#\n",
		tracer, in_buffer, written, cpus);
	fputs("#                                _-----=> irqs-off/BH-disabled\n"
	      "#                               / _----=> need-resched\n"
	      "#                              | / _---=> hardirq/softirq\n"
	      "#                              || / _--=> preempt-depth\n"
	      "#                              ||| / _-=> migrate-disable\n"
	      "#                              |||| /     delay\n"
	      "#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION\n"
	      "#              | |         |   |||||     |         |\n",
	      out);
}

int view_function_roots(FILE *out, struct view *v, struct view_node *const *root, size_t n)
{
	struct view_text all;

	(void)v;
	view_text_init(&all, out);
	all.whole = true; /* a line a record */
	return view_merge_roots(&all, root, n, put_line, out);
}

static void put_line(void *ctx, const struct cursor *c, bool leaf)
{
	const struct view_node *n = c->node;
	uint64_t us = n->start / 1000 + (n->start % 1000 >= 500);
	FILE *out = ctx;

	(void)leaf;
	if (c->leaving)
		return;
	fprintf(out, "%16s-%-7" PRIu32 " [%03u] ", n->task->comm, n->task->tid, n->cpu);
	put_flags(out, n);
	fprintf(out, " %5" PRIu64 ".%06u: ", us / 1000000, (unsigned)(us % 1000000));
	if (n->kind == VIEW_MARK)
		fprintf(out, "tracing_mark_write: %s\n", n->text);
	else
		fprintf(out, "%s <-%s\n", n->func->name, n->parent ? n->parent->func->name : "0");
}

static void put_flags(FILE *out, const struct view_node *n)
{
	bool irq = false, softirq = false;

	for (; n; n = n->parent) {
		if (n->kind != VIEW_CALL)
			continue;
		if (view_is_irq_entry(n->func->name) && !softirq)
			irq = true;
		else if (!strcmp(n->func->name, "__do_softirq"))
			softirq = true;
	}
	fprintf(out, "%c.%c..", irq ? 'd' : '.',
		irq && softirq ? 'H'
		: irq	       ? 'h'
		: softirq      ? 's'
			       : '.');
}
