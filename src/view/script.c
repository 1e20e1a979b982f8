/* SPDX-License-Identifier: MIT */
/*
 * script.c - one line a happening, in the columns of `perf script`
 *
 * Theory of operation
 *   "comm tid [cpu] sec.usec: event: fields", by time. Events are ftrace:function for a call ("callee <- caller"), glassnet:packet for bytes of a packet,
 *   glassnet:verdict, glassnet:mark, and every tracepoint under its own name.
 *   Called by: the command. Calls: export.c. Owns nothing. Threads: those of view.h. Refuses nothing.
 */
#include "view/export_impl.h"

static void put_head(FILE *out, const struct moment *m);
static void put_node(FILE *out, struct export *e, const struct moment *m);
static void put_verdict(FILE *out, struct export *e, const struct moment *m);
static void put_frame(FILE *out, struct export *e, const struct moment *m);

int view_script(struct view *v, const struct view_export *x)
{
	struct export e;
	int ret = export_begin(&e, v, x);
	size_t i;

	for (i = 0; i < e.n && !ret; i++) {
		const struct moment *m = &e.moment[i];

		if (m->kind == MOMENT_LEAVE)
			continue;
		put_head(x->out, m);
		if (m->kind == MOMENT_EVENT)
			fprintf(x->out, "%s: %s\n", m->happening->name, m->happening->fields);
		else
			put_node(x->out, &e, m);
	}
	if (!ret)
		ret = export_flush(x->out);
	export_end(&e);
	return ret;
}

static void put_head(FILE *out, const struct moment *m)
{
	fprintf(out, "%16.16s %7u [%03u] %6llu.%06u: ", m->comm[0] ? m->comm : "?", m->tid, m->cpu, (unsigned long long)(m->t / 1000000000),
		(unsigned)(m->t / 1000 % 1000000));
}

static void put_node(FILE *out, struct export *e, const struct moment *m)
{
	const struct view_node *up = m->node->parent;

	switch (m->node->kind) {
	case VIEW_CALL:
		fprintf(out, "ftrace:function: %s", export_name(e->x, m->node->func));
		if (up && up->kind == VIEW_CALL)
			fprintf(out, " <- %s", export_name(e->x, up->func));
		putc('\n', out);
		break;
	case VIEW_MARK:
		fprintf(out, "glassnet:mark: %s\n", m->node->text);
		break;
	case VIEW_VERDICT:
		put_verdict(out, e, m);
		break;
	case VIEW_FRAME:
		put_frame(out, e, m);
		break;
	}
}

static void put_verdict(FILE *out, struct export *e, const struct moment *m)
{
	const struct gn_trace_verdict *d = &m->node->verdict;
	const struct view_func *at;

	fprintf(out, "glassnet:verdict: packet=%u verdict=%s", m->packet ? m->packet->number : 0, export_verdict_name(d->code));
	if (d->code == GN_TRACE_DELIVERED)
		fprintf(out, " port=%u", d->port);
	if (d->code == GN_TRACE_DROPPED)
		fprintf(out, " reason=%s", view_reason(e->v, d->reason));
	if (d->ifindex)
		fprintf(out, " dev=%s", view_device(e->v, d->ifindex));
	at = export_verdict_at(e->v, m->node);
	if (at)
		fprintf(out, " location=%s", export_name(e->x, at));
	putc('\n', out);
}

static void put_frame(FILE *out, struct export *e, const struct moment *m)
{
	static const char *const dir[] = { "?", "rx", "tx", "local" };
	const struct gn_trace_frame *f = &m->node->frame->f;

	fprintf(out, "glassnet:packet: packet=%u dir=%s dev=%s queue=%u len=%u\n", m->packet ? m->packet->number : 0, dir[f->dir < 4 ? f->dir : 0],
		f->ifindex ? view_device(e->v, f->ifindex) : "-", f->queue, f->len);
}
