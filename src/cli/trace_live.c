/* SPDX-License-Identifier: MIT */
/*
 * trace_live.c - from the tracer's records to graphs on standard output, while they come
 *
 * Called by trace_graph.c. Calls src/view, which nests the calls and knows for which packet each
 * worked. Owns the view, and the roots that wait for their packets. One thread. Records of two CPUs
 * come in any order, so a packet waits for one more feed without news before it is printed, and
 * a root whose packet has shown no bytes yet is kept for two.
 */
#include "cli/trace_live.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct live_root {
	struct view_node *node;
	unsigned users; /* packets that have not been printed */
};

struct live_packet {
	struct view_packet *p;
	struct live_packet *next;
	struct live_root **root;
	size_t n, size;
	unsigned verdicts; /* seen so far */
	uint64_t turn, ms; /* of the last news */
};

static void on_root(void *ctx, struct view_node *root);
static void on_lost(void *ctx, unsigned cpu, uint64_t n);
static void root_print(struct live *l, struct view_node *root);
static void root_wait(struct live *l, struct view_node *root);
static struct live_packet *packet_of(struct live *l, struct view_packet *p);
static int packet_add(struct live_packet *lp, struct live_root *r);
static void packets_check(struct live *l);
static bool packet_complete(const struct live *l, const struct live_packet *lp);
static void packet_print(struct live *l, struct live_packet *lp);
static void packet_drop(struct live *l, struct live_packet **at);

int live_init(struct live *l)
{
	static const struct view_ops ops = { .root = on_root, .lost = on_lost };
	int status = trace_show_text(l->c, l->show, &l->text);

	l->last = &l->first;
	if (status)
		return status;
	l->v = view_new(&ops, l);
	if (!l->v)
		return cli_fail(l->c, CLI_FAILED, "no memory");
	out_open(&l->c->out, NULL, '[');
	return CLI_OK;
}

void live_fini(struct live *l)
{
	if (!l->v)
		return;
	while (l->first)
		packet_drop(l, &l->first);
	out_close(&l->c->out, ']');
	view_free(l->v);
	l->v = NULL;
}

int live_feed(struct live *l, const void *data, size_t len, uint64_t now_ms)
{
	int ret;

	l->turn++;
	l->now_ms = now_ms;
	ret = view_feed_chunks(l->v, data, len);
	if (ret == -ENOMEM || l->no_memory)
		return cli_fail(l->c, CLI_FAILED, "no memory");
	if (ret)
		return cli_fail(l->c, CLI_FAILED, "the daemon's records make no sense");
	packets_check(l);
	/* the view keeps every packet that it heard of; a live trace goes on for days */
	view_forget_idle(l->v);
	fflush(l->c->out.f);
	return CLI_OK;
}

bool live_done(const struct live *l)
{
	return l->count && l->printed >= l->count;
}

int live_end(struct live *l)
{
	if (view_end(l->v) || l->no_memory)
		return cli_fail(l->c, CLI_FAILED, "no memory");
	for (struct live_packet *lp = l->first; lp && !live_done(l); lp = lp->next)
		if (lp->p->matched && lp->n)
			packet_print(l, lp);
	return CLI_OK;
}

/* --- what the view hands out --- */

static void on_root(void *ctx, struct view_node *root)
{
	struct live *l = ctx;

	if (live_done(l))
		return;
	if (l->packets)
		root_wait(l, root);
	else
		root_print(l, root);
}

static void header(struct live *l)
{
	if (!l->header && !l->c->out.json)
		view_text_header(&l->text);
	l->header = true;
}

static void on_lost(void *ctx, unsigned cpu, uint64_t n)
{
	struct live *l = ctx;

	if (l->c->out.json || live_done(l))
		return;
	header(l);
	view_text_lost(&l->text, cpu, n);
}

static void root_print(struct live *l, struct view_node *root)
{
	/* a packet's bytes and end are shown where they happened, alone they are no graph */
	if (root->kind == VIEW_VERDICT || root->kind == VIEW_FRAME)
		return;
	header(l);
	out_open(&l->c->out, NULL, '{');
	trace_show_json(&l->c->out, l->show, root, NULL);
	out_close(&l->c->out, '}');
	if (!l->c->out.json)
		view_text_root(&l->text, l->v, root);
	l->printed += root->kind == VIEW_CALL;
}

/* Keep the root for all packets that it worked for. */
static void root_wait(struct live *l, struct view_node *root)
{
	const struct view_packet *last = NULL;
	struct live_root *r = NULL;

	for (const struct view_node *n = root; n; n = trace_show_next(root, n)) {
		struct live_packet *lp;

		if (!n->packet || n->packet == last)
			continue;
		last = n->packet;
		lp = packet_of(l, n->packet);
		if (!r)
			r = calloc(1, sizeof(*r));
		if (!lp || !r || packet_add(lp, r)) {
			l->no_memory = true;
			break;
		}
		lp->turn = l->turn;
		lp->ms = l->now_ms;
	}
	if (r && r->users) {
		r->node = root;
		view_keep(l->v, root);
	} else {
		free(r);
	}
}

/* --- packets --- */

static struct live_packet *packet_of(struct live *l, struct view_packet *p)
{
	struct live_packet *lp = p->user;

	if (lp)
		return lp;
	lp = calloc(1, sizeof(*lp));
	if (!lp)
		return NULL;
	lp->p = p;
	p->user = lp;
	*l->last = lp;
	l->last = &lp->next;
	return lp;
}

static int packet_add(struct live_packet *lp, struct live_root *r)
{
	if (lp->n && lp->root[lp->n - 1] == r)
		return 0;
	if (lp->n == lp->size) {
		size_t size = lp->size ? lp->size * 2 : 4;
		struct live_root **root = reallocarray(lp->root, size, sizeof(*root));

		if (!root)
			return -ENOMEM;
		lp->root = root;
		lp->size = size;
	}
	lp->root[lp->n++] = r;
	r->users++;
	return 0;
}

/* Print what is complete, drop what has no bytes and so is not asked for. */
static void packets_check(struct live *l)
{
	struct live_packet **at = &l->first;

	while (*at && !live_done(l)) {
		struct live_packet *lp = *at;

		if (lp->verdicts != lp->p->n_verdicts) {
			lp->verdicts = lp->p->n_verdicts;
			lp->turn = l->turn;
			lp->ms = l->now_ms;
		}
		if (lp->p->matched && packet_complete(l, lp)) {
			packet_print(l, lp);
			packet_drop(l, at);
		} else if (!lp->p->matched && !lp->p->open && lp->turn + 2 <= l->turn) {
			packet_drop(l, at);
		} else {
			at = &lp->next;
		}
	}
}

static bool has(const struct view_node *root, const struct view_packet *p, enum view_kind kind)
{
	for (const struct view_node *n = root; n; n = trace_show_next(root, n))
		if (n->kind == kind && n->packet == p)
			return true;
	return false;
}

/* The call of the program that sent it. */
static bool is_sender(const struct view_node *root)
{
	return root->kind == VIEW_CALL && !strcmp(root->func->file, "client/data") &&
	       (!strncmp(root->func->name, "send", 4) || !strncmp(root->func->name, "write", 5));
}

/* Calls that read the packet: they saw neither its arrival nor its end. */
static unsigned readers(const struct live_packet *lp)
{
	unsigned n = 0;

	for (size_t i = 0; i < lp->n; i++)
		n += !is_sender(lp->root[i]->node) && !has(lp->root[i]->node, lp->p, VIEW_FRAME) &&
		     !has(lp->root[i]->node, lp->p, VIEW_VERDICT);
	return n;
}

static bool packet_complete(const struct live *l, const struct live_packet *lp)
{
	unsigned delivered = 0;

	if (l->now_ms - lp->ms >= LIVE_LOST_MS)
		return true;
	if (!lp->verdicts || lp->p->open || lp->turn == l->turn)
		return false;
	for (const struct view_node *n = lp->p->verdicts; n; n = view_next_verdict(n))
		delivered += n->verdict.code == GN_TRACE_DELIVERED;
	return readers(lp) >= delivered || l->now_ms - lp->ms >= LIVE_PATIENCE_MS;
}

/* Where a packet's part of a root begins: readers have waited for it before. */
static uint64_t begins(const struct live_root *r, const struct view_packet *p)
{
	for (const struct view_node *n = r->node; n; n = trace_show_next(r->node, n))
		if (n->packet == p)
			return n->start;
	return r->node->start;
}

static void sort_roots(struct live_packet *lp)
{
	for (size_t i = 1; i < lp->n; i++) {
		struct live_root *r = lp->root[i];
		uint64_t t = begins(r, lp->p);
		size_t k = i;

		for (; k && begins(lp->root[k - 1], lp->p) > t; k--)
			lp->root[k] = lp->root[k - 1];
		lp->root[k] = r;
	}
}

static void packet_print(struct live *l, struct live_packet *lp)
{
	struct out *o = &l->c->out;
	char flow[160];

	sort_roots(lp);
	trace_show_flow(lp->p, flow, sizeof(flow));
	trace_show_fate(l->v, lp->p, l->fate, sizeof(l->fate));
	header(l);
	lp->p->number = ++l->printed; /* the view counts those that do not match, too */
	if (o->json) {
		out_open(o, NULL, '{');
		trace_show_json_packet(o, l->v, lp->p);
		out_open(o, "roots", '[');
		for (size_t i = 0; i < lp->n; i++) {
			out_open(o, NULL, '{');
			trace_show_json(o, l->show, lp->root[i]->node, lp->p);
			out_close(o, '}');
		}
		out_close(o, ']');
		out_close(o, '}');
		return;
	}
	fprintf(o->f, "%s/* packet %u: %s, %s, %.1f us */\n", l->printed > 1 ? "\n" : "", l->printed,
		flow, l->fate, (double)trace_show_time(lp->p) / 1000);
	l->text.only = lp->p;
	for (size_t i = 0; i < lp->n; i++)
		view_text_root(&l->text, l->v, lp->root[i]->node);
}

static void packet_drop(struct live *l, struct live_packet **at)
{
	struct live_packet *lp = *at;

	*at = lp->next;
	if (!lp->next)
		l->last = at;
	lp->p->user = NULL;
	for (size_t i = 0; i < lp->n; i++) {
		if (--lp->root[i]->users)
			continue;
		view_drop(l->v, lp->root[i]->node);
		free(lp->root[i]);
	}
	free(lp->root);
	free(lp);
}
