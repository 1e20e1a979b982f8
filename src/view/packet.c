/* SPDX-License-Identifier: MIT */
/*
 * packet.c - which packet was worked for, and the packets
 *
 * Theory of operation
 *   A call's record comes when it returns, but the call belongs to the packet that was current when
 *   it began: so a CPU's PACKET records are kept as stints, and a call looks for the last stint
 *   that is not after its beginning. When a call at depth 0 has ended, no record that is still to
 *   come can be older (sleeping tasks have announced their open calls, and those know their
 *   packet): the stints go. A packet, its frames and verdicts live until view_free() or
 *   view_forget_idle(). Times of frames are set when they are handed out with their root.
 * Threads: those of view.h.
 */
#include <errno.h>
#include <stdlib.h>

#include "view/reader.h"

struct view_packet *view_packet_get(struct view *v, uint32_t id)
{
	struct view_packet *p = id ? view_map_get(&v->packet_map, id) : NULL;

	if (p || !id)
		return p;
	p = view_alloc(v, 1, sizeof(struct packet));
	if (!p)
		return NULL;
	if (view_more(v, &v->packet, v->n_packets, &v->cap_packets, sizeof(*v->packet)) ||
	    view_map_put(v, &v->packet_map, id, p)) {
		free(p);
		return NULL;
	}
	v->packet[v->n_packets++] = p;
	p->id = id;
	p->number = ++v->packets_seen;
	return p;
}

int view_packet_switch(struct view *v, struct cpu *c, uint64_t t, uint32_t id)
{
	struct view_packet *p = view_packet_get(v, id);

	if ((id && !p) || view_more(v, &c->stint, c->n_stints, &c->cap_stints, sizeof(*c->stint)))
		return -ENOMEM;
	if (c->n_stints && t < c->stint[c->n_stints - 1].t) {
		t = c->stint[c->n_stints - 1].t;
		v->errors++;
	}
	c->stint[c->n_stints++] = (struct stint){ t, p };
	if (p)
		p->open++;
	return 0;
}

struct view_packet *view_packet_at(const struct cpu *c, uint64_t t)
{
	size_t lo = 0, hi = c->n_stints;

	if (hi && c->stint[hi - 1].t <= t)
		return c->stint[hi - 1].p;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (c->stint[mid].t <= t)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? c->stint[lo - 1].p : c->base;
}

void view_packet_settle(struct cpu *c)
{
	if (!c->n_stints)
		return;
	c->base = c->stint[c->n_stints - 1].p;
	for (size_t i = 0; i < c->n_stints; i++)
		if (c->stint[i].p)
			c->stint[i].p->open--;
	c->n_stints = 0;
}

void view_packet_hold(struct view_node *root, int by)
{
	for (const struct view_node *n = root; n; n = view_step(root, n))
		if (n->packet)
			((struct packet *)n->packet)->held += (unsigned)by;
}

/* Its verdicts stand alone by now, or everything goes. */
static void packet_forget(struct view *v, struct view_packet *p)
{
	struct view_node *after;
	struct view_bytes *next;

	for (struct view_bytes *b = p->frames; b; b = next) {
		next = b->next;
		free(b);
	}
	for (struct view_node *n = p->verdicts; n; n = after) {
		after = view_next_verdict(n);
		view_node_free(v, node_of(n));
	}
	free(p);
}

static bool is_idle(const struct view *v, const struct view_packet *p)
{
	if (p->open || p->user || ((const struct packet *)p)->held)
		return false;
	for (unsigned i = 0; i < VIEW_CPUS; i++)
		if (v->cpu[i].base == p)
			return false;
	return true;
}

void view_forget_idle(struct view *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->n_packets; i++) {
		struct view_packet *p = v->packet[i];

		if (!is_idle(v, p)) {
			v->packet[n++] = p;
			continue;
		}
		view_map_del(&v->packet_map, p->id);
		packet_forget(v, p);
	}
	v->n_packets = n;
}

void view_packet_free(struct view *v)
{
	for (size_t i = 0; i < v->n_packets; i++)
		packet_forget(v, v->packet[i]);
	free(v->packet);
	for (unsigned i = 0; i < VIEW_CPUS; i++)
		free(v->cpu[i].stint);
	free(v->packet_map.slot);
}

struct view_packet *const *view_packets(struct view *v, size_t *ret_n)
{
	*ret_n = v->n_packets;
	return v->packet;
}

struct view_node *view_next_verdict(const struct view_node *verdict)
{
	struct node *next = node_of(verdict)->next_verdict;

	return next ? &next->n : NULL;
}

bool view_concerns(const struct view_node *node, const struct view_packet *p)
{
	const struct view_node *root = node;

	while (root->parent)
		root = root->parent;
	if (node_of(root)->sole == p)
		return true;
	for (const struct view_node *n = node; n; n = view_step(node, n))
		if (n->packet == p)
			return true;
	return false;
}
