/* SPDX-License-Identifier: MIT */
/*
 * export.c - the moments of a trace in order, and texts that several writers need
 *
 * Theory of operation
 *   Roots come by start. Each is walked once; a call's time is cut to that of its caller and to what came before it in its lane, so that formats that demand
 *   strict nesting (slices, entry and exit events) get it from any input. Ties are kept in the order of the walk.
 *   A tracepoint without the field `packet` belongs to the packet of the call that its thread was in.
 *   Called by: the writers. Calls: libview.
 *   Owns: the list and the lanes, until export_end(). Depth of recursion: that of a tree, at most 256 calls (view.h).
 *   Refuses nothing.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "view/export_impl.h"

struct lane {
	bool used;
	uint32_t tid;
	uint64_t end;		      /* the lane is busy up to here */
	const struct view_node *root; /* latest */
	const struct view_packet *sole;
};

static struct lane *lane_of(struct export *e, uint32_t tid);
static int lanes_grow(struct export *e);
static int add_root(struct export *e, const struct view_node *root);
static int add_node(struct export *e, const struct view_node *node, const struct view_packet *sole, uint64_t lo, uint64_t hi,
		    uint64_t *ret_end);
static int add_event(struct export *e, const struct view_happening *h);
static const struct view_packet *event_packet(struct export *e, const struct view_happening *h);
static int sort_packets(struct export *e);
static const struct view_packet *packet_by_id(const struct export *e, uint32_t id);
static int by_id(const void *a, const void *b);
static struct moment *more(struct export *e, enum moment_kind kind);
static int by_time(const void *a, const void *b);
static bool sole_walk(const struct view_node *node, const struct view_packet **ret);
static bool of_the_buffer(const struct view_func *f);

void view_keep_root(void *ctx, struct view_node *root)
{
	view_keep(*(struct view **)ctx, root);
}

int export_begin(struct export *e, struct view *v, const struct view_export *x)
{
	size_t n, i, j = 0, n_events = x->src ? x->src->n_happenings : 0;
	struct view_node *const *root = view_roots(v, &n);
	int ret = 0;

	*e = (struct export){ .v = v, .x = x };
	if (n_events)
		ret = sort_packets(e);
	for (i = 0; i < n && !ret; i++) {
		for (; j < n_events && x->src->happening[j].time < root[i]->start && !ret; j++)
			ret = add_event(e, &x->src->happening[j]);
		if (!ret)
			ret = add_root(e, root[i]);
	}
	for (; j < n_events && !ret; j++)
		ret = add_event(e, &x->src->happening[j]);
	if (e->n)
		qsort(e->moment, e->n, sizeof(*e->moment), by_time);
	return ret;
}

void export_end(struct export *e)
{
	free(e->by_id);
	free(e->moment);
	free(e->lane);
}

static int add_root(struct export *e, const struct view_node *root)
{
	struct lane *lane = lane_of(e, root->task ? root->task->tid : 0);
	uint64_t end;
	int ret;

	if (!lane)
		return -ENOMEM;
	lane->root = root;
	lane->sole = export_sole(root);
	if (export_hides(e->x, root) || (e->x->only && !view_concerns(root, e->x->only)))
		return 0;
	ret = add_node(e, root, lane->sole, lane->end, UINT64_MAX, &end);
	if (end > lane->end)
		lane->end = end;
	return ret;
}

static int add_node(struct export *e, const struct view_node *node, const struct view_packet *sole, uint64_t lo, uint64_t hi,
		    uint64_t *ret_end)
{
	uint64_t start = node->start < lo ? lo : node->start, end = node->kind == VIEW_CALL ? export_node_end(node) : start;
	const struct view_node *child;
	struct moment m = { .kind = node->kind == VIEW_CALL ? MOMENT_ENTER : MOMENT_LEAF, .node = node, .cpu = node->cpu, .comm = "" }, *at;
	int ret = 0;

	m.t = start > hi ? hi : start;
	m.end = end < m.t ? m.t : end > hi ? hi : end;
	m.packet = node->packet ? node->packet : sole;
	if (node->task) {
		m.tid = node->task->tid;
		m.comm = node->task->comm;
	}
	*ret_end = m.end;
	if (m.end > e->last)
		e->last = m.end;
	at = more(e, m.kind);
	if (!at)
		return -ENOMEM;
	m.seq = at->seq;
	*at = m;
	if (node->kind != VIEW_CALL)
		return 0;
	lo = m.t;
	for (child = node->child; child && !ret; child = child->next) {
		if (!export_hides(e->x, child) && (!e->x->only || view_concerns(child, e->x->only)))
			ret = add_node(e, child, sole, lo, m.end, &lo);
	}
	at = ret ? NULL : more(e, MOMENT_LEAVE);
	if (!at)
		return -ENOMEM;
	m.seq = at->seq;
	m.kind = MOMENT_LEAVE;
	m.t = m.end;
	*at = m;
	return 0;
}

static int add_event(struct export *e, const struct view_happening *h)
{
	const struct view_packet *packet = event_packet(e, h);
	struct moment *m;

	if (e->x->only && packet != e->x->only)
		return 0;
	m = more(e, MOMENT_EVENT);
	if (!m)
		return -ENOMEM;
	m->t = m->end = h->time;
	m->tid = h->tid;
	m->comm = h->comm;
	m->cpu = h->cpu;
	m->packet = packet;
	m->happening = h;
	if (h->time > e->last)
		e->last = h->time;
	return 0;
}

static const struct view_packet *event_packet(struct export *e, const struct view_happening *h)
{
	const struct lane *lane;
	const struct view_node *at, *child;
	const struct view_packet *packet;

	if (h->packet)
		return packet_by_id(e, h->packet);
	lane = h->tid ? lane_of(e, h->tid) : NULL;
	if (!lane || !lane->root || h->time > export_node_end(lane->root))
		return NULL;
	packet = lane->sole;
	for (at = lane->root; at; at = child) {
		if (at->packet)
			packet = at->packet;
		for (child = at->child; child; child = child->next) {
			if (child->kind == VIEW_CALL && child->start <= h->time && h->time <= export_node_end(child))
				break;
		}
	}
	return packet;
}

static int sort_packets(struct export *e)
{
	struct view_packet *const *packet = view_packets(e->v, &e->packets);

	e->by_id = calloc(e->packets + 1, sizeof(struct view_packet *));
	if (!e->by_id)
		return -ENOMEM;
	if (e->packets) {
		memcpy(e->by_id, packet, e->packets * sizeof(struct view_packet *));
		qsort(e->by_id, e->packets, sizeof(struct view_packet *), by_id);
	}
	return 0;
}

static const struct view_packet *packet_by_id(const struct export *e, uint32_t id)
{
	const struct view_packet key = { .id = id }, *at = &key;
	struct view_packet **found = bsearch(&at, e->by_id, e->packets, sizeof(struct view_packet *), by_id);

	return found ? *found : NULL;
}

static int by_id(const void *a, const void *b)
{
	const struct view_packet *p = *(const struct view_packet *const *)a, *q = *(const struct view_packet *const *)b;

	return p->id < q->id ? -1 : p->id > q->id;
}

static struct lane *lane_of(struct export *e, uint32_t tid)
{
	size_t i;

	if (e->used * 2 >= e->lanes && lanes_grow(e))
		return NULL;
	for (i = tid * 2654435761u; e->lane[i & (e->lanes - 1)].used; i++) {
		if (e->lane[i & (e->lanes - 1)].tid == tid)
			return &e->lane[i & (e->lanes - 1)];
	}
	e->used++;
	e->lane[i & (e->lanes - 1)] = (struct lane){ .used = true, .tid = tid };
	return &e->lane[i & (e->lanes - 1)];
}

static int lanes_grow(struct export *e)
{
	struct export bigger = { .lanes = e->lanes ? e->lanes * 2 : 64 };
	size_t i;

	bigger.lane = calloc(bigger.lanes, sizeof(*bigger.lane));
	if (!bigger.lane)
		return -ENOMEM;
	for (i = 0; i < e->lanes; i++) {
		if (e->lane[i].used)
			*lane_of(&bigger, e->lane[i].tid) = e->lane[i];
	}
	free(e->lane);
	e->lane = bigger.lane;
	e->lanes = bigger.lanes;
	return 0;
}

static struct moment *more(struct export *e, enum moment_kind kind)
{
	size_t cap = e->cap ? e->cap * 2 : 1024;
	struct moment *moment = e->moment;

	if (e->n == e->cap) {
		moment = reallocarray(e->moment, cap, sizeof(*moment));
		if (!moment)
			return NULL;
		e->moment = moment;
		e->cap = cap;
	}
	moment[e->n] = (struct moment){ .kind = kind, .seq = e->n };
	return &moment[e->n++];
}

static int by_time(const void *a, const void *b)
{
	const struct moment *m = a, *n = b;

	if (m->t != n->t)
		return m->t < n->t ? -1 : 1;
	return m->seq < n->seq ? -1 : 1;
}

const char *export_name(const struct view_export *x, const struct view_func *f)
{
	const char *name = x->rename ? x->rename(x->rename_ctx, f) : NULL;

	return name ? name : f->name;
}

bool export_hides(const struct view_export *x, const struct view_node *node)
{
	return x->hide && node->kind == VIEW_CALL && x->hide(x->hide_ctx, node->func);
}

uint64_t export_node_end(const struct view_node *node)
{
	const struct view_node *child;
	uint64_t end = node->end;

	if (end || node->kind != VIEW_CALL)
		return end ? end : node->start;
	end = node->start;
	for (child = node->child; child; child = child->next) {
		uint64_t t = export_node_end(child);

		end = t > end ? t : end;
	}
	return end;
}

const struct view_packet *export_sole(const struct view_node *root)
{
	const struct view_packet *sole = NULL;

	return sole_walk(root, &sole) ? sole : NULL;
}

static bool sole_walk(const struct view_node *node, const struct view_packet **ret)
{
	const struct view_node *child;

	if (node->packet && *ret && node->packet != *ret)
		return false;
	if (node->packet)
		*ret = node->packet;
	for (child = node->child; child; child = child->next) {
		if (!sole_walk(child, ret))
			return false;
	}
	return true;
}

const char *export_verdict_name(unsigned code)
{
	static const char *const name[] = { "delivered", "consumed", "forwarded", "merged", "sent", "dropped" };

	return code < sizeof(name) / sizeof(name[0]) ? name[code] : "?";
}

void export_verdict(FILE *out, const struct export *e, const struct view_node *verdict)
{
	const struct gn_trace_verdict *d = &verdict->verdict;
	const struct view_func *at = export_verdict_at(e->v, verdict);

	fputs(export_verdict_name(d->code), out);
	if (d->code == GN_TRACE_DELIVERED && d->port)
		fprintf(out, " to port %u", d->port);
	else if ((d->code == GN_TRACE_FORWARDED || d->code == GN_TRACE_SENT) && d->ifindex)
		fprintf(out, " by %s", view_device(e->v, d->ifindex));
	if (d->code != GN_TRACE_DROPPED)
		return;
	fprintf(out, ": %s", view_reason(e->v, d->reason));
	if (*view_reason_text(e->v, d->reason))
		fprintf(out, " (%s)", view_reason_text(e->v, d->reason));
	if (at)
		fprintf(out, " at %s", export_name(e->x, at));
}

const struct view_func *export_verdict_at(struct view *v, const struct view_node *verdict)
{
	const struct view_node *up;
	unsigned i;

	for (up = verdict->parent; up; up = up->parent) {
		if (up->kind == VIEW_CALL && !of_the_buffer(up->func))
			return up->func;
	}
	for (i = 0; i < verdict->nstack; i++) {
		if (!of_the_buffer(view_function(v, verdict->stack[i])))
			return view_function(v, verdict->stack[i]);
	}
	return verdict->parent ? verdict->parent->func : NULL;
}

/* These files free packets for others: they never are the reason. */
static bool of_the_buffer(const struct view_func *f)
{
	static const char *const file[] = { "core/skbuff", "core/skb_queue", "core/drop", "core/stats", "core/packet_trace", "kernel/slab" };
	size_t i;

	for (i = 0; i < sizeof(file) / sizeof(file[0]); i++) {
		if (!strcmp(f->file, file[i]))
			return true;
	}
	return false;
}

int export_flush(FILE *out)
{
	errno = 0;
	if (!fflush(out) && !ferror(out))
		return 0;
	return errno ? -errno : -EIO;
}

int view_fail(struct view_error *err, int ret, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return ret;
}
