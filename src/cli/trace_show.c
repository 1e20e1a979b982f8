/* SPDX-License-Identifier: MIT */
/*
 * trace_show.c - how calls and packets are shown
 *
 * Called by trace_live.c, trace_view.c. Calls src/view: text, decoder, names. Owns nothing.
 * One thread. Text of a recording is made printable before it is shown.
 */
#include "cli/trace_show.h"

#include <stdlib.h>
#include <string.h>

#include "view/decode.h"
#include "view/names.h"

static int bad_option(struct cli *c, const struct view_text *t, const char *option);

int trace_show_text(struct cli *c, const struct trace_show *s, struct view_text *t)
{
	view_text_init(t, c->out.f);
	if (!s->profile) {
		t->fold = VIEW_FOLD_ALL;
	} else if (view_profile(t, s->profile)) {
		return cli_usage(c, "--profile: '%.40s' is none of: path, article, full", s->profile);
	}
	for (unsigned i = 0; i < s->option.n; i++)
		if (view_text_option(t, s->option.item[i]))
			return bad_option(c, t, s->option.item[i]);
	if (s->names && !view_names_set(s->names))
		return cli_usage(c, "--names: '%.40s' is none of: %s", s->names, view_names_sets());
	if (s->names) {
		t->rename = trace_show_rename;
		t->rename_ctx = (void *)(uintptr_t)s->names;
	}
	return CLI_OK;
}

static int bad_option(struct cli *c, const struct view_text *t, const char *option)
{
	char list[300] = "";
	const char *name;
	bool on;

	for (unsigned i = 0; (name = view_text_option_name(t, i, &on)) != NULL; i++)
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", i ? ", " : "", name);
	return cli_usage(c, "--option: '%.40s' is none of: %s, or one of these with 'no' in front",
			 option, list);
}

const char *trace_show_rename(void *ctx, const struct view_func *f)
{
	return view_names_map(ctx, f->name);
}

const struct view_node *trace_show_next(const struct view_node *root, const struct view_node *at)
{
	if (at->child)
		return at->child;
	while (at != root) {
		if (at->next)
			return at->next;
		at = at->parent;
	}
	return NULL;
}

/* --- packets --- */

void trace_show_flow(const struct view_packet *p, char *buf, size_t size)
{
	view_flow(p->frames, buf, size);
	out_printable(buf);
}

static void fate(struct view *v, const struct gn_trace_verdict *d, char *buf, size_t size)
{
	switch (d->code) {
	case GN_TRACE_DELIVERED:
		snprintf(buf, size, "delivered to port %u", d->port);
		break;
	case GN_TRACE_CONSUMED:
		snprintf(buf, size, "consumed");
		break;
	case GN_TRACE_FORWARDED:
		snprintf(buf, size, "forwarded to %s", view_device(v, d->ifindex));
		break;
	case GN_TRACE_MERGED:
		snprintf(buf, size, "merged");
		break;
	case GN_TRACE_SENT:
		snprintf(buf, size, "sent by %s", view_device(v, d->ifindex));
		break;
	case GN_TRACE_DROPPED:
		snprintf(buf, size, "dropped: %s", view_reason(v, d->reason));
		break;
	default:
		snprintf(buf, size, "verdict %u", d->code);
	}
}

void trace_show_fate(struct view *v, const struct view_packet *p, char *buf, size_t size)
{
	size_t len = 0;

	snprintf(buf, size, "no end seen");
	for (const struct view_node *n = p->verdicts; n; n = view_next_verdict(n)) {
		char one[64];
		const char *seen;

		fate(v, &n->verdict, one, sizeof(one));
		seen = len ? strstr(buf, one) : NULL;
		if (seen && (!seen[strlen(one)] || seen[strlen(one)] == ','))
			continue;
		len += (size_t)snprintf(buf + len, size - len, "%s%s", len ? ", " : "", one);
		if (len >= size)
			break;
	}
	out_printable(buf);
}

uint64_t trace_show_time(const struct view_packet *p)
{
	uint64_t first = p->frames ? p->frames->time : p->first;

	return p->last > first ? p->last - first : 0;
}

/* --- JSON --- */

void trace_show_json_packet(struct out *o, struct view *v, const struct view_packet *p)
{
	uint64_t first = p->frames ? p->frames->time : p->first;
	char text[160];

	out_u64(o, "packet", p->number);
	out_u64(o, "time_ns", view_realtime(v, first));
	if (p->frames)
		out_u64(o, "len", p->frames->f.len);
	trace_show_flow(p, text, sizeof(text));
	out_str(o, "flow", text);
	out_open(o, "verdicts", '[');
	for (const struct view_node *n = p->verdicts; n; n = view_next_verdict(n)) {
		fate(v, &n->verdict, text, sizeof(text));
		out_str(o, NULL, out_printable(text));
	}
	out_close(o, ']');
	out_u64(o, "duration_ns", trace_show_time(p));
}

static void json_call(struct out *o, const struct trace_show *s, const struct view_node *n)
{
	out_open(o, NULL, '{');
	out_str(o, "function", s->names ? view_names_map(s->names, n->func->name) : n->func->name);
	out_u64(o, "depth", n->depth);
	out_u64(o, "cpu", n->cpu);
	out_u64(o, "tid", n->task->tid);
	out_mem(o, "task", n->task->comm, strnlen(n->task->comm, sizeof(n->task->comm)));
	out_u64(o, "start_ns", n->start);
	if (n->end)
		out_u64(o, "duration_ns", n->end - n->start);
	if (n->packet && n->packet->matched)
		out_u64(o, "packet", n->packet->number);
	out_close(o, '}');
}

void trace_show_json(struct out *o, const struct trace_show *s, const struct view_node *root,
		     const struct view_packet *only)
{
	if (!o->json)
		return;
	out_open(o, "calls", '[');
	for (const struct view_node *n = root; n; n = trace_show_next(root, n))
		if (n->kind == VIEW_CALL && (!only || view_concerns(n, only)))
			json_call(o, s, n);
	out_close(o, ']');
}
