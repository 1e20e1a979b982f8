/* SPDX-License-Identifier: MIT */
/*
 * text.c - ftrace's function_graph text
 *
 * Theory of operation
 *   view_cursor_next() decides which lines there are, view_text_line() how a line looks. The
 *   columns, in this order: time, CPU, task, overhead mark and duration, then the function, two
 *   blanks a level. A call that has no line between its beginning and its end is a leaf: `f();`.
 *   The end names its function when the beginning is not in the data, when records were lost in
 *   between, and with option funcgraph-tail. Comments stand where Linux puts them: as far in as a
 *   call would, but directly below an outermost call not at all.
 * Threads: those of view.h.
 * Mirrors: kernel/trace/trace_functions_graph.c (its output).
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "view/fold.h"
#include "view/text.h"

enum shown {
	SHOWN,
	PASSED, /* no line, but its callees may have */
	GONE,
};

static enum shown shown(const struct view_text *t, const struct view_node *n);
static enum shown shown_call(const struct view_text *t, const struct view_node *n);
static bool runs_softirq(const struct view_node *n);
static bool has_line(const struct view_text *t, const struct cursor *c);
static void cursor_step(const struct view_text *t, struct cursor *c);
static void put_call(struct view_text *t, struct view *v, const struct cursor *c, bool leaf);
static void put_switch(struct view_text *t, const struct view_node *n);
static void put_prologue(struct view_text *t, const struct view_node *n, uint64_t time);
static void put_irq(struct view_text *t, const struct view_node *n, uint64_t time,
		    const char *arrow);
static void put_cpu(struct view_text *t, unsigned cpu);
static void put_task(struct view_text *t, const struct view_task *k);
static void put_no_duration(struct view_text *t);
static void put_duration(struct view_text *t, const struct view_node *n);
static void put_name(struct view_text *t, const struct view_func *f);
static void put_note(struct view_text *t, const struct view_func *f);
static void put_comment(struct view_text *t, struct view *v, const struct view_node *n);
static void put_verdict(struct view_text *t, struct view *v, const struct view_node *n);
static void put_frame(struct view_text *t, struct view *v, const struct view_node *n);
static void put_indent(struct view_text *t, unsigned blanks);
static unsigned level_of(const struct view_text *t, const struct view_node *n);
static char mark_of(uint64_t ns);

void view_text_root(struct view_text *t, struct view *v, const struct view_node *root)
{
	struct cursor c;

	view_cursor_begin(t, &c, root);
	while (c.node) {
		bool leaf = view_cursor_is_leaf(t, &c);

		view_text_line(t, v, &c, leaf);
		if (leaf)
			view_cursor_next(t, &c);
		view_cursor_next(t, &c);
	}
}

void view_text_header(struct view_text *t)
{
	static const char *const tail[] = { "               FUNCTION CALLS\n",
					    "               |   |   |   |\n" };

	fputs("# tracer: function_graph\n#\n", t->out);
	for (int second = 0; second < 2; second++) {
		fputc('#', t->out);
		if (t->abstime)
			fputs(second ? "      |         " : "     TIME       ", t->out);
		if (t->cpu)
			fputs(second ? " |  " : " CPU", t->out);
		if (t->proc)
			fputs(second ? "   |    |        " : "  TASK/PID       ", t->out);
		if (t->duration)
			fputs(second ? "   |   |      " : "  DURATION   ", t->out);
		fputs(tail[second], t->out);
	}
}

void view_text_lost(struct view_text *t, unsigned cpu, uint64_t n)
{
	fprintf(t->out, "CPU:%u [LOST %" PRIu64 " EVENTS]\n", cpu, n);
}

void view_cursor_begin(const struct view_text *t, struct cursor *c, const struct view_node *root)
{
	*c = (struct cursor){ .root = root, .node = root };
	if (!has_line(t, c))
		view_cursor_next(t, c);
}

void view_cursor_next(const struct view_text *t, struct cursor *c)
{
	do
		cursor_step(t, c);
	while (c->node && !has_line(t, c));
}

bool view_cursor_is_leaf(const struct view_text *t, const struct cursor *c)
{
	struct cursor next = *c;

	if (c->leaving || c->node->kind != VIEW_CALL || c->node->headless)
		return false;
	if (t->profile == VIEW_PATH)
		return false; /* one line by itself */
	view_cursor_next(t, &next);
	return next.node == c->node;
}

void view_text_line(struct view_text *t, struct view *v, const struct cursor *c, bool leaf)
{
	put_switch(t, c->node);
	if (c->node->kind == VIEW_CALL)
		put_call(t, v, c, leaf);
	else
		put_comment(t, v, c->node);
}

static enum shown shown(const struct view_text *t, const struct view_node *n)
{
	if (t->only && !view_concerns(n, t->only))
		return GONE;
	switch (n->kind) {
	case VIEW_CALL:
		return shown_call(t, n);
	case VIEW_MARK:
		return SHOWN;
	default:
		return t->packets ? SHOWN : GONE;
	}
}

static enum shown shown_call(const struct view_text *t, const struct view_node *n)
{
	if (t->hide && t->hide(t->hide_ctx, n->func))
		return GONE;
	if ((n->func->family & t->fold) && !runs_softirq(n))
		return GONE;
	if (!t->irqs && view_is_irq_entry(n->func->name))
		return GONE;
	return view_profile_has(t->profile, n->func->name) ? SHOWN : PASSED;
}

/* The end of a bh section may be where packets are worked for: then it is no mere helper. */
static bool runs_softirq(const struct view_node *n)
{
	for (const struct view_node *x = n->child; x; x = x->next)
		if (x->kind == VIEW_CALL &&
		    (!strcmp(x->func->name, "do_softirq") ||
		     ((x->func->family & VIEW_FOLD_LOCK) && runs_softirq(x))))
			return true;
	return false;
}

/* A stop at the end of a call is only made after its beginning was not GONE. */
static bool has_line(const struct view_text *t, const struct cursor *c)
{
	const struct view_node *n = c->node;

	if (c->leaving)
		return n->kind == VIEW_CALL && n->end && t->profile != VIEW_PATH &&
		       view_profile_has(t->profile, n->func->name);
	if (n->kind == VIEW_CALL && ((n->cut && !t->whole) || t->thresh))
		return false;
	return shown(t, n) == SHOWN;
}

static void cursor_step(const struct view_text *t, struct cursor *c)
{
	const struct view_node *n = c->node;
	bool gone = !c->leaving && shown(t, n) == GONE;

	if (!c->leaving && !gone) {
		if (n->child)
			c->node = n->child;
		else
			c->leaving = true;
		return;
	}
	if (n == c->root) {
		c->node = NULL;
		return;
	}
	c->leaving = !n->next;
	c->node = n->next ? n->next : n->parent;
}

static void put_call(struct view_text *t, struct view *v, const struct cursor *c, bool leaf)
{
	const struct view_node *n = c->node;
	bool irq = t->irqs && view_is_irq_entry(n->func->name), one_line = t->profile == VIEW_PATH;
	uint64_t time = cursor_time(c);

	(void)v;
	if (irq && !c->leaving)
		put_irq(t, n, time, "==========>");
	put_prologue(t, n, time);
	if (c->leaving || leaf || (one_line && n->end))
		put_duration(t, n);
	else
		put_no_duration(t);
	put_indent(t, 2 * level_of(t, n));
	if (c->leaving && !(t->tail || n->headless || t->thresh)) {
		fputs("}\n", t->out);
	} else if (c->leaving) {
		fputs("} /* ", t->out);
		put_name(t, n->func);
		fputs(" */\n", t->out);
	} else {
		put_name(t, n->func);
		fputs(leaf || one_line ? "();" : "() {", t->out);
		put_note(t, n->func);
	}
	if (irq && (c->leaving || leaf))
		put_irq(t, n, time, "<==========");
}

static void put_switch(struct view_text *t, const struct view_node *n)
{
	static const char line[] = " ------------------------------------------\n";
	struct view_task *last = &t->last[n->cpu];

	if (last->comm[0] && last->tid == n->task->tid)
		return;
	if (last->comm[0]) {
		fputs(line, t->out);
		put_cpu(t, n->cpu);
		put_task(t, last);
		fputs(" => ", t->out);
		put_task(t, n->task);
		fputc('\n', t->out);
		fputs(line, t->out);
		fputc('\n', t->out);
	}
	*last = *n->task;
	if (!last->comm[0])
		strcpy(last->comm, "<...>");
}

static void put_prologue(struct view_text *t, const struct view_node *n, uint64_t time)
{
	if (t->abstime)
		fprintf(t->out, "%5" PRIu64 ".%06u |  ", time / 1000000000,
			(unsigned)(time % 1000000000 / 1000));
	if (t->cpu)
		put_cpu(t, n->cpu);
	if (t->proc) {
		put_task(t, n->task);
		fputs(" | ", t->out);
	}
}

static void put_irq(struct view_text *t, const struct view_node *n, uint64_t time,
		    const char *arrow)
{
	put_prologue(t, n, time);
	fprintf(t->out, "%s%s%s\n", t->duration ? "  " : "", arrow, t->duration ? " |" : "");
}

static void put_cpu(struct view_text *t, unsigned cpu)
{
	unsigned highest = t->cpus ? t->cpus - 1 : 0;

	fprintf(t->out, " %*u) ", highest > 9 ? 2 : 1, cpu);
}

/* Seven letters of the name, in the middle of 14 columns. */
static void put_task(struct view_text *t, const struct view_task *k)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%.7s-%" PRIu32, k->comm, k->tid),
	    free = len < 14 ? 14 - len : 0;

	fprintf(t->out, "%*s%s%*s", free / 2, "", text, free - free / 2, "");
}

static void put_no_duration(struct view_text *t)
{
	if (t->duration)
		fputs("              |  ", t->out);
}

/* Seven digits at most, three of them behind the point at most. */
static void put_duration(struct view_text *t, const struct view_node *n)
{
	uint64_t ns = n->end - n->start - (t->sleep_time ? 0 : n->asleep);
	char text[32];
	int len;

	if (!t->duration)
		return;
	len = snprintf(text, sizeof(text), "%" PRIu64, ns / 1000);
	if (len < 7)
		len += snprintf(text + len, sizeof(text) - (size_t)len, ".%03u",
				(unsigned)(ns % 1000));
	if (ns / 1000 < 1000000 && len > 8)
		len = 8;
	fprintf(t->out, "%c %.*s us %*s|  ", t->overhead ? mark_of(ns) : ' ', len, text,
		len < 8 ? 8 - len : 0, "");
}

static void put_name(struct view_text *t, const struct view_func *f)
{
	const char *name = t->rename ? t->rename(t->rename_ctx, f) : f->name;

	fputs(name, t->out);
	if (f->module && name == f->name)
		fprintf(t->out, " [%s]", f->module);
}

static void put_note(struct view_text *t, const struct view_func *f)
{
	const char *note = t->note ? t->note(t->note_ctx, f) : NULL;

	if (note)
		fprintf(t->out, " /* %s */", note);
	fputc('\n', t->out);
}

static void put_comment(struct view_text *t, struct view *v, const struct view_node *n)
{
	unsigned level = n->parent ? level_of(t, n->parent) : 0;

	put_prologue(t, n, n->start);
	put_no_duration(t);
	put_indent(t, level ? 2 * level + 2 : 0);
	fputs("/* ", t->out);
	if (n->kind == VIEW_MARK)
		fputs(n->text, t->out);
	else if (n->kind == VIEW_VERDICT)
		put_verdict(t, v, n);
	else
		put_frame(t, v, n);
	fputs(" */\n", t->out);
	if (n->kind != VIEW_VERDICT)
		return;
	for (unsigned i = 0; i < n->nstack; i++) {
		fputs(" => ", t->out);
		put_name(t, view_function(v, n->stack[i]));
		fputc('\n', t->out);
	}
}

static void put_verdict(struct view_text *t, struct view *v, const struct view_node *n)
{
	const struct gn_trace_verdict *d = &n->verdict;

	if (n->packet)
		fprintf(t->out, "packet %u: ", n->packet->number);
	switch (d->code) {
	case GN_TRACE_DELIVERED:
		fprintf(t->out, "delivered to port %" PRIu32, d->port);
		break;
	case GN_TRACE_CONSUMED:
		fputs("consumed", t->out);
		break;
	case GN_TRACE_FORWARDED:
		fprintf(t->out, "forwarded by %s", view_device(v, d->ifindex));
		break;
	case GN_TRACE_MERGED:
		fputs("merged", t->out);
		break;
	case GN_TRACE_SENT:
		fprintf(t->out, "sent by %s", view_device(v, d->ifindex));
		break;
	default:
		fprintf(t->out, "dropped %s", view_reason(v, d->reason));
	}
}

static void put_frame(struct view_text *t, struct view *v, const struct view_node *n)
{
	const struct gn_trace_frame *f = &n->frame->f;

	if (n->packet)
		fprintf(t->out, "packet %u: ", n->packet->number);
	fprintf(t->out, "%s %" PRIu32 " bytes",
		f->dir == GN_TRACE_RX	? "received"
		: f->dir == GN_TRACE_TX ? "sending"
					: "made here,",
		f->len);
	if (f->ifindex)
		fprintf(t->out, "%s%s", f->dir == GN_TRACE_TX ? " by " : " from ",
			view_device(v, f->ifindex));
}

static void put_indent(struct view_text *t, unsigned blanks)
{
	fprintf(t->out, "%*s", (int)blanks, "");
}

/* With a profile: how many of its callers have lines. */
static unsigned level_of(const struct view_text *t, const struct view_node *n)
{
	unsigned level = 0;

	if (t->profile == VIEW_FULL)
		return n->depth;
	for (n = n->parent; n; n = n->parent)
		level += view_profile_has(t->profile, n->func->name);
	return level;
}

static char mark_of(uint64_t ns)
{
	static const struct {
		uint64_t over;
		char mark;
	} marks[] = { { 1000000000, '$' }, { 100000000, '@' }, { 10000000, '*' },
		      { 1000000, '#' },	   { 100000, '!' },    { 10000, '+' } };

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (ns > marks[i].over)
			return marks[i].mark;
	return ' ';
}
