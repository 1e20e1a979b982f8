/* SPDX-License-Identifier: MIT */
/*
 * tree.c - from records of returns to trees of calls
 *
 * Theory of operation
 *   A function is written when it returns, so its callees are there before it: they wait in a list,
 *   and the caller takes from its end those that began after it and are deeper. What nobody took
 *   when a call at depth 0 ended has lost its caller and is handed out as a root of its own. A task
 *   that falls asleep announces its open calls (ENTRY): they become nodes at once, and what ends
 *   before they do goes into the innermost. When a record comes that cannot be inside an open call,
 *   the record of that one's return was lost. The lists keep two laws whatever comes in: siblings
 *   follow each other in time, and children lie inside their parent and are deeper. A record that
 *   breaks them is moved, and counted.
 * Threads: those of view.h.
 */
#include <errno.h>
#include <stdlib.h>

#include "view/reader.h"

static struct node *list_of(struct task *k, struct node *parent);
static void append(struct view *v, struct task *k, struct node *parent, struct node *x);
static void adopt(struct view *v, struct task *k, struct node *from, struct node *x);
static void cover_children(struct view *v, struct node *x);
static void hand_out_all(struct view *v, struct task *k);
static void hand_out(struct view *v, struct node *root);
static void hand_to_user(struct view *v, struct node *root);
static void finish(struct view *v, struct node *root);
static void finish_enter(struct view *v, struct node *root, struct node *x);
static void finish_leave(struct node *x);
static void set_ns(struct view *v, struct node *x);

static struct node *outer(const struct node *x)
{
	return x->n.parent ? node_of(x->n.parent) : NULL;
}

static struct node *last_child(const struct node *x)
{
	return x->n.last_child ? node_of(x->n.last_child) : NULL;
}

void view_tree_exit(struct view *v, struct cpu *c, struct task *k, struct node *x)
{
	adopt(v, k, k->open, x);
	append(v, k, k->open, x);
	if (!x->n.depth) {
		view_packet_settle(c);
		hand_out_all(v, k);
	}
}

bool view_tree_close(struct view *v, struct cpu *c, struct task *k, const struct gn_trace_rec *r,
		     uint64_t end)
{
	unsigned depth = GN_TRACE_DEPTH(r->what);

	while (k->open && k->open->n.depth >= depth) {
		struct node *o = k->open;

		k->open = outer(o);
		o->open = o->ns_known = false;
		if (o->n.depth == depth && o->t0 == r->t && o->n.func->id == GN_TRACE_ID(r->what)) {
			o->t1 = end;
			o->n.saturated = r->val == UINT32_MAX;
			cover_children(v, o);
			if (!depth) {
				view_packet_settle(c);
				hand_out_all(v, k);
			}
			return true;
		}
		o->n.saturated = o->n.headless = true;
		cover_children(v, o);
	}
	return false;
}

int view_tree_entry(struct view *v, struct cpu *c, struct task *k, const struct gn_trace_rec *r,
		    unsigned depth)
{
	struct node *in = NULL, *out = k->open, *x;

	while (out && out->n.depth > depth) {
		in = out;
		out = outer(out);
	}
	if (out && out->n.depth == depth) {
		if (out->t0 == r->t && out->n.func->id == r->val)
			return 0; /* said before */
		in = out;
	}
	/* It must be younger than its caller and older than its callee. */
	if (in && r->t > in->t0) {
		struct gn_trace_rec lost = { .what = in->n.depth << 24 };

		view_tree_close(v, c, k, &lost, 0);
		in = NULL;
		out = k->open;
	}
	if (in && in->n.depth == depth) {
		v->errors++;
		return 0;
	}
	x = view_node_new(v, VIEW_CALL);
	if (!x || !(x->n.func = view_func_get(v, r->val))) {
		if (x)
			view_node_free(v, x);
		return -ENOMEM;
	}
	x->t0 = x->t1 = r->t;
	x->n.depth = depth;
	x->open = true;
	x->n.task = &k->pub;
	x->n.cpu = view_cpu_shown(v, c);
	x->n.packet = view_packet_at(c, r->t);
	if (x->n.packet)
		x->n.packet->open++;
	adopt(v, k, out, x);
	append(v, k, out, x);
	if (!in)
		k->open = x;
	else if (outer(in) != x)
		v->errors++;
	return 0;
}

void view_tree_leaf(struct view *v, struct task *k, struct node *x)
{
	x->n.task = &k->pub;
	x->n.depth = VIEW_ANY_DEPTH;
	if (x->n.packet)
		x->n.packet->open++;
	append(v, k, k->open, x);
}

/*
 * The innermost call sleeps. What ended since the last time gets its ns; earlier ones have theirs.
 */
void view_tree_announce(struct view *v, struct task *k)
{
	if (!k->open)
		return;
	k->open->slept = true;
	if (!v->clock.ready || !v->ops.open)
		return;
	for (struct node *o = k->open; o; o = outer(o)) {
		set_ns(v, o);
		for (struct node *y = last_child(o); y && (y->open || !y->ns_known); y = y->prev)
			for (struct view_node *z = &y->n; z && !y->open; z = view_step(&y->n, z))
				set_ns(v, node_of(z));
	}
	v->ops.open(v->ctx, &k->open->n);
}

void view_tree_flush(struct view *v, struct task *k)
{
	k->open = NULL;
	hand_out_all(v, k);
}

void view_tree_clock_ready(struct view *v)
{
	struct node *root = v->wait, *next;

	v->wait = NULL;
	v->wait_tail = &v->wait;
	for (; root; root = next) {
		next = root->n.next ? node_of(root->n.next) : NULL;
		root->n.next = NULL;
		hand_to_user(v, root);
	}
}

static struct node *list_of(struct task *k, struct node *parent)
{
	return parent ? parent : &k->top;
}

static void append(struct view *v, struct task *k, struct node *parent, struct node *x)
{
	struct node *list = list_of(k, parent), *tail = last_child(list);
	uint64_t least = tail ? tail->t1 : parent ? parent->t0 : 0;

	if (x->t0 < least) {
		x->t0 = least;
		if (x->t1 < least)
			x->t1 = least;
		v->errors++;
	}
	x->n.parent = parent ? &parent->n : NULL;
	x->prev = tail;
	if (tail)
		tail->n.next = &x->n;
	else
		list->n.child = &x->n;
	list->n.last_child = &x->n;
}

/* What ended inside of @x becomes its children. */
static void adopt(struct view *v, struct task *k, struct node *from, struct node *x)
{
	struct node *list = list_of(k, from), *last = last_child(list), *y = last, *first = NULL;

	while (y && y->t0 >= x->t0 && (y->n.kind != VIEW_CALL || y->n.depth > x->n.depth)) {
		y->n.parent = &x->n;
		first = y;
		y = y->prev;
	}
	if (!first)
		return;
	list->n.last_child = y ? &y->n : NULL;
	if (y)
		y->n.next = NULL;
	else
		list->n.child = NULL;
	first->prev = NULL;
	x->n.child = &first->n;
	x->n.last_child = &last->n;
	cover_children(v, x);
}

/* A call ends after its last callee; how long after, a duration that did not fit does not say. */
static void cover_children(struct view *v, struct node *x)
{
	struct node *last = last_child(x);

	if (!last || last->t1 <= x->t1)
		return;
	if (!x->n.saturated && !x->open)
		v->errors++;
	x->t1 = last->t1;
}

static void hand_out_all(struct view *v, struct task *k)
{
	struct view_node *root = k->top.n.child, *next;

	k->top.n.child = k->top.n.last_child = NULL;
	for (; root; root = next) {
		next = root->next;
		root->next = NULL;
		node_of(root)->prev = NULL;
		hand_out(v, node_of(root));
	}
}

static void hand_out(struct view *v, struct node *root)
{
	if (v->clock.ready) {
		hand_to_user(v, root);
		return;
	}
	*v->wait_tail = root;
	v->wait_tail = (struct node **)&root->n.next;
}

static void hand_to_user(struct view *v, struct node *root)
{
	finish(v, root);
	v->handing = root;
	if (v->ops.root)
		v->ops.root(v->ctx, &root->n);
	if (v->handing)
		view_tree_free(v, root);
	v->handing = NULL;
}

/* Ticks become ns, packets learn of their work, callers of the sleep of their callees. */
static void finish(struct view *v, struct node *root)
{
	struct node *x = root;

	finish_enter(v, root, x);
	for (;;) {
		if (x->n.child) {
			x = node_of(x->n.child);
			finish_enter(v, root, x);
			continue;
		}
		finish_leave(x);
		while (x != root && !x->n.next) {
			x = outer(x);
			finish_leave(x);
		}
		if (x == root)
			break;
		x = node_of(x->n.next);
		finish_enter(v, root, x);
	}
}

static void finish_enter(struct view *v, struct node *root, struct node *x)
{
	struct view_packet *p = x->n.packet;

	set_ns(v, x);
	if (!p)
		return;
	p->open--;
	if (!p->last || x->n.start < p->first)
		p->first = x->n.start;
	if (p->last < x->n.start)
		p->last = x->n.start;
	if (p->last < x->n.end)
		p->last = x->n.end;
	if (!root->sole && !root->several)
		root->sole = p;
	else if (root->sole != p) {
		root->sole = NULL;
		root->several = true;
	}
}

static void finish_leave(struct node *x)
{
	uint64_t took = x->open ? 0 : x->n.end - x->n.start;
	struct node *parent = outer(x);

	if (x->slept && took > x->inside)
		x->n.asleep += took - x->inside;
	if (parent) {
		parent->inside += took;
		parent->n.asleep += x->n.asleep;
	}
}

static void set_ns(struct view *v, struct node *x)
{
	x->n.start = view_clock_ns(&v->clock, x->t0);
	x->n.end = x->open ? 0 : view_clock_ns(&v->clock, x->t1);
	if (x->n.kind != VIEW_CALL)
		x->n.depth = x->n.parent ? x->n.parent->depth + 1 : 0;
	if (x->n.kind == VIEW_FRAME)
		x->n.frame->time = x->n.start;
	x->ns_known = true;
}
