/* SPDX-License-Identifier: MIT */
/*
 * reader.c - the slots of a CPU, one record after the other
 *
 * Theory of operation
 *   view_feed() takes each record apart, checks what it says about itself and hands it to its file:
 *   calls and leaves to tree.c, packets to packet.c, CLOCK to clock.c. It knows which task is on
 *   the CPU, and the task keeps its open calls while it is off. Threads enter one vCPU for one
 *   call, so a task is a pair of CPU and thread id. A record of an unknown kind is stepped over.
 * Called by whoever has slots; calls all files of the reader.
 * Threads: those of view.h.
 * Refuses nothing: what is wrong is counted.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "view/reader.h"

static int feed_rest(struct view *v, struct cpu *c, const struct gn_trace_rec **rec, size_t *n);
static int keep_part(struct view *v, struct cpu *c, const struct gn_trace_rec *r, size_t n);
static void drop_part(struct view *v, struct cpu *c);
static unsigned payload_slots(const struct gn_trace_rec *r);
static int feed_one(struct view *v, struct cpu *c, const struct gn_trace_rec *r, unsigned slots);
static int feed_call(struct view *v, struct cpu *c, const struct gn_trace_rec *r);
static int feed_entry(struct view *v, struct cpu *c, const struct gn_trace_rec *r, unsigned slots);
static int feed_task(struct view *v, struct cpu *c, const struct gn_trace_rec *r, unsigned slots);
static int feed_frame(struct view *v, struct cpu *c, const struct gn_trace_rec *r, unsigned slots);
static int feed_verdict(struct view *v, struct cpu *c, const struct gn_trace_rec *r,
			unsigned slots);
static int feed_stack(struct view *v, const struct gn_trace_rec *r, unsigned slots,
		      struct node *verdict);
static int feed_mark(struct view *v, struct cpu *c, const struct gn_trace_rec *r, unsigned slots);
static void feed_lost(struct view *v, struct cpu *c, const struct gn_trace_rec *r);
static void feed_lane(struct cpu *c, const struct gn_trace_rec *r);
static struct task *task_get(struct view *v, struct cpu *c, uint32_t tid);
static struct task *task_now(struct view *v, struct cpu *c);
static void written_at(struct cpu *c, uint64_t from, uint64_t t, bool work);
static void settle_announcement(struct view *v, struct cpu *c);
static int by_start(const void *a, const void *b);

struct view *view_new(const struct view_ops *ops, void *ctx)
{
	struct view *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	if (ops)
		v->ops = *ops;
	v->ctx = ctx;
	v->wait_tail = &v->wait;
	v->tasks_tail = &v->tasks;
	return v;
}

void view_free(struct view *v)
{
	struct task *next;
	struct view_node *root, *after;

	if (!v)
		return;
	for (size_t i = 0; i < v->n_kept; i++)
		view_tree_free(v, node_of(v->kept[i]));
	for (root = v->wait ? &v->wait->n : NULL; root; root = after) {
		after = root->next;
		root->next = NULL;
		view_tree_free(v, node_of(root));
	}
	for (struct task *k = v->tasks; k; k = next) {
		next = k->next;
		for (root = k->top.n.child; root; root = after) {
			after = root->next;
			root->next = NULL;
			view_tree_free(v, node_of(root));
		}
		free(k);
	}
	view_packet_free(v);
	view_table_free(v);
	view_clock_free(&v->clock);
	for (unsigned i = 0; i < VIEW_CPUS; i++)
		free(v->cpu[i].part);
	view_pool_free(v);
	free(v->task_map.slot);
	free(v->kept);
	free(v);
}

int view_feed(struct view *v, unsigned cpu, const struct gn_trace_rec *rec, size_t n)
{
	struct cpu *c = &v->cpu[cpu < VIEW_CPUS ? cpu : 0];
	int err = 0;

	if (cpu >= VIEW_CPUS) {
		v->errors += n;
		return 0;
	}
	err = feed_rest(v, c, &rec, &n);
	for (size_t i = 0; i < n && !err; i++) {
		const struct gn_trace_rec *r = &rec[i];
		unsigned slots = payload_slots(r);

		if (slots > n - i - 1) {
			err = keep_part(v, c, r, n - i);
			break;
		}
		err = feed_one(v, c, r, slots);
		i += slots;
	}
	settle_announcement(v, c);
	if (v->starved)
		err = -ENOMEM;
	v->starved = false;
	return err;
}

int view_feed_chunks(struct view *v, const void *buf, size_t len)
{
	const unsigned char *p = buf;

	while (len) {
		struct gn_trace_chunk h;
		struct gn_trace_rec *rec;
		int err;

		if (len < sizeof(h))
			return -EINVAL;
		memcpy(&h, p, sizeof(h));
		p += sizeof(h);
		len -= sizeof(h);
		if (h.magic != GN_TRACE_MAGIC || h.n > len / sizeof(*rec))
			return -EINVAL;
		rec = view_alloc(v, h.n + 1, sizeof(*rec)); /* @buf may not be aligned */
		if (!rec)
			return -ENOMEM;
		memcpy(rec, p, h.n * sizeof(*rec));
		err = view_feed(v, h.cpu, rec, h.n);
		free(rec);
		if (h.cpu < VIEW_CPUS)
			drop_part(v, &v->cpu[h.cpu]); /* records never straddle chunks */
		if (err)
			return err;
		p += h.n * sizeof(*rec);
		len -= h.n * sizeof(*rec);
	}
	return 0;
}

int view_end(struct view *v)
{
	view_clock_assume(v);
	for (unsigned i = 0; i < VIEW_CPUS; i++) {
		view_packet_settle(&v->cpu[i]);
		drop_part(v, &v->cpu[i]);
	}
	for (struct task *k = v->tasks; k; k = k->next)
		view_tree_flush(v, k);
	return v->starved || !v->clock.ready ? -ENOMEM : 0;
}

uint64_t view_errors(const struct view *v)
{
	return v->errors;
}

uint64_t view_lost(const struct view *v)
{
	return v->lost;
}

void view_keep(struct view *v, struct view_node *root)
{
	if (!v->handing || &v->handing->n != root)
		return;
	if (view_more(v, &v->kept, v->n_kept, &v->cap_kept, sizeof(*v->kept))) {
		v->starved = true;
		return;
	}
	v->kept[v->n_kept++] = root;
	v->kept_sorted = false;
	v->handing = NULL;
	view_packet_hold(root, 1);
}

void view_drop(struct view *v, struct view_node *root)
{
	size_t i = 0;

	while (i < v->n_kept && v->kept[i] != root)
		i++;
	if (i == v->n_kept)
		return;
	memmove(v->kept + i, v->kept + i + 1, (--v->n_kept - i) * sizeof(*v->kept));
	view_packet_hold(root, -1);
	view_tree_free(v, node_of(root));
}

struct view_node *const *view_roots(struct view *v, size_t *ret_n)
{
	if (!v->kept_sorted && v->n_kept)
		qsort(v->kept, v->n_kept, sizeof(*v->kept), by_start);
	v->kept_sorted = true;
	*ret_n = v->n_kept;
	return v->kept;
}

/* A record began in an earlier call of view_feed(). */
static int feed_rest(struct view *v, struct cpu *c, const struct gn_trace_rec **rec, size_t *n)
{
	unsigned slots, rest;

	if (!c->n_part)
		return 0;
	slots = payload_slots(c->part);
	rest = slots + 1 - c->n_part;
	if (rest > *n)
		rest = (unsigned)*n;
	memcpy(c->part + c->n_part, *rec, rest * sizeof(**rec));
	c->n_part += rest;
	*rec += rest;
	*n -= rest;
	if (c->n_part < slots + 1)
		return 0;
	c->n_part = 0;
	return feed_one(v, c, c->part, slots);
}

static int keep_part(struct view *v, struct cpu *c, const struct gn_trace_rec *r, size_t n)
{
	if (!c->part)
		c->part = view_alloc(v, 256, sizeof(*c->part));
	if (!c->part)
		return -ENOMEM;
	memcpy(c->part, r, n * sizeof(*r));
	c->n_part = (unsigned)n;
	return 0;
}

static void drop_part(struct view *v, struct cpu *c)
{
	v->errors += c->n_part != 0;
	c->n_part = 0;
}

static unsigned payload_slots(const struct gn_trace_rec *r)
{
	return GN_TRACE_ID(r->what) < GN_TRACE_KIND ? 0 : GN_TRACE_SLOTS(r->what);
}

static int feed_one(struct view *v, struct cpu *c, const struct gn_trace_rec *r, unsigned slots)
{
	struct node *verdict = c->verdict;
	struct gn_trace_clock clock;

	c->verdict = NULL;
	if (GN_TRACE_ID(r->what) != GN_TRACE_ENTRY)
		settle_announcement(v, c);
	switch (GN_TRACE_ID(r->what)) {
	case GN_TRACE_ENTRY:
		return feed_entry(v, c, r, slots);
	case GN_TRACE_TASK:
		return feed_task(v, c, r, slots);
	case GN_TRACE_PACKET:
		written_at(c, r->t, r->t, false);
		return view_packet_switch(v, c, r->t, r->val);
	case GN_TRACE_FRAME:
		return feed_frame(v, c, r, slots);
	case GN_TRACE_VERDICT:
		return feed_verdict(v, c, r, slots);
	case GN_TRACE_STACK:
		return feed_stack(v, r, slots, verdict);
	case GN_TRACE_CLOCK:
		if (!slots) {
			v->errors++;
			return 0;
		}
		memcpy(&clock, r + 1,
		       sizeof(clock)); /* the drainer's, not in step with what the CPU writes */
		return view_clock_add(v, r->t, &clock, r->val);
	case GN_TRACE_LOST:
		feed_lost(v, c, r);
		return 0;
	case GN_TRACE_LANE:
		feed_lane(c, r);
		return 0;
	case GN_TRACE_MARK:
		return feed_mark(v, c, r, slots);
	default: /* a kind of a newer version is skipped */
		return GN_TRACE_ID(r->what) < GN_TRACE_KIND ? feed_call(v, c, r) : 0;
	}
}

/*
 * A duration that did not fit says "and longer": the record was written after the one before it,
 * which may say how much longer.
 */
static int feed_call(struct view *v, struct cpu *c, const struct gn_trace_rec *r)
{
	uint64_t end = r->val > UINT64_MAX - r->t ? UINT64_MAX : r->t + r->val;
	struct task *k = task_now(v, c);
	struct node *x;

	if (!k)
		return -ENOMEM;
	if (r->val == UINT32_MAX && end < c->now)
		end = c->now;
	written_at(c, r->t, end, true);
	if (view_tree_close(v, c, k, r, end))
		return 0;
	x = view_node_new(v, VIEW_CALL);
	if (!x)
		return -ENOMEM;
	x->n.func = view_func_get(v, GN_TRACE_ID(r->what));
	if (!x->n.func) {
		view_node_free(v, x);
		return -ENOMEM;
	}
	x->t0 = r->t;
	x->t1 = end;
	x->n.saturated = r->val == UINT32_MAX;
	x->n.headless = r->t < c->lossy_until;
	x->n.cut = r->t < c->begin;
	x->n.depth = GN_TRACE_DEPTH(r->what);
	x->n.cpu = view_cpu_shown(v, c);
	x->n.task = &k->pub;
	x->n.packet = view_packet_at(c, r->t);
	if (x->n.packet)
		x->n.packet->open++;
	view_tree_exit(v, c, k, x);
	return 0;
}

static int feed_entry(struct view *v, struct cpu *c, const struct gn_trace_rec *r, unsigned slots)
{
	struct gn_trace_entry e;
	struct task *k;

	if (!slots || r->val >= VIEW_FUNCTIONS) {
		v->errors++;
		return 0;
	}
	memcpy(&e, r + 1, sizeof(e));
	if (e.depth > 255) {
		v->errors++;
		return 0;
	}
	k = task_now(v, c);
	if (!k)
		return -ENOMEM;
	c->announcing = true;
	return view_tree_entry(v, c, k, r, e.depth);
}

static int feed_task(struct view *v, struct cpu *c, const struct gn_trace_rec *r, unsigned slots)
{
	struct task *k;

	written_at(c, r->t, r->t, false);
	k = task_get(v, c, r->val);
	if (!k)
		return -ENOMEM;
	c->task = k;
	if (!slots) {
		v->errors++;
		return 0;
	}
	memcpy(k->pub.comm, r + 1, sizeof(k->pub.comm) - 1);
	view_clean(k->pub.comm, strlen(k->pub.comm));
	return 0;
}

static int feed_frame(struct view *v, struct cpu *c, const struct gn_trace_rec *r, unsigned slots)
{
	struct task *k = task_now(v, c);
	struct view_packet *p = view_packet_get(v, r->val);
	struct gn_trace_frame f;
	struct view_bytes *b;
	struct node *x;

	if (!k || (r->val && !p))
		return -ENOMEM;
	memset(&f, 0, sizeof(f));
	if (slots)
		memcpy(&f, r + 1, sizeof(f));
	if (!slots || f.caplen > GN_TRACE_SNAPLEN || f.caplen > (slots - 1) * sizeof(*r)) {
		v->errors++;
		return 0;
	}
	b = view_alloc(v, 1, sizeof(*b));
	x = b ? view_node_new(v, VIEW_FRAME) : NULL;
	if (!x) {
		free(b);
		return -ENOMEM;
	}
	b->f = f;
	memcpy(b->byte, r + 2, f.caplen);
	x->n.frame = b;
	x->own_frame = !p;
	x->n.packet = p;
	if (p) {
		p->matched = true;
		if (p->last_frame)
			p->last_frame->next = b;
		else
			p->frames = b;
		p->last_frame = b;
	}
	x->n.cpu = view_cpu_shown(v, c);
	x->t0 = x->t1 = r->t;
	written_at(c, r->t, r->t, true);
	view_tree_leaf(v, k, x);
	return 0;
}

static int feed_verdict(struct view *v, struct cpu *c, const struct gn_trace_rec *r, unsigned slots)
{
	struct task *k = task_now(v, c);
	struct view_packet *p = view_packet_get(v, r->val);
	struct gn_trace_verdict verdict;
	struct packet *owner = (struct packet *)p;
	struct node *x;

	if (!k || (r->val && !p))
		return -ENOMEM;
	memset(&verdict, 0, sizeof(verdict));
	if (slots)
		memcpy(&verdict, r + 1, sizeof(verdict));
	if (!slots || verdict.code > GN_TRACE_DROPPED) {
		v->errors++;
		return 0;
	}
	x = view_node_new(v, VIEW_VERDICT);
	if (!x)
		return -ENOMEM;
	x->n.verdict = verdict;
	x->n.packet = p;
	x->n.cpu = view_cpu_shown(v, c);
	x->t0 = x->t1 = r->t;
	if (p) {
		if (owner->last_verdict)
			owner->last_verdict->next_verdict = x;
		else
			p->verdicts = &x->n;
		owner->last_verdict = x;
		p->n_verdicts++;
	}
	written_at(c, r->t, r->t, true);
	view_tree_leaf(v, k, x);
	c->verdict = x;
	return 0;
}

static int feed_stack(struct view *v, const struct gn_trace_rec *r, unsigned slots,
		      struct node *verdict)
{
	uint32_t *id;

	if (!verdict || r->val > slots * (sizeof(*r) / sizeof(*id))) {
		v->errors++;
		return 0;
	}
	if (!r->val)
		return 0;
	id = view_alloc(v, r->val, sizeof(*id));
	if (!id)
		return -ENOMEM;
	memcpy(id, r + 1, r->val * sizeof(*id));
	verdict->n.stack = id;
	verdict->n.nstack = r->val;
	return 0;
}

static int feed_mark(struct view *v, struct cpu *c, const struct gn_trace_rec *r, unsigned slots)
{
	struct task *k = task_now(v, c);
	struct node *x;
	size_t len = r->val;
	char *text;

	if (len > slots * sizeof(*r)) {
		v->errors++;
		return 0;
	}
	text = k ? view_alloc(v, 1, len + 1) : NULL;
	x = text ? view_node_new(v, VIEW_MARK) : NULL;
	if (!x) {
		free(text);
		return -ENOMEM;
	}
	memcpy(text, r + 1, len);
	while (len && text[len - 1] == '\n')
		text[--len] = '\0';
	view_clean(text, strlen(text));
	x->n.text = text;
	x->n.cpu = view_cpu_shown(v, c);
	x->t0 = x->t1 = r->t;
	x->n.packet = view_packet_at(c, r->t);
	written_at(c, r->t, r->t, true);
	view_tree_leaf(v, k, x);
	return 0;
}

static void feed_lost(struct view *v, struct cpu *c, const struct gn_trace_rec *r)
{
	v->lost += r->val;
	c->lossy = true;
	if (v->ops.lost)
		v->ops.lost(v->ctx, view_cpu_shown(v, c), r->val);
}

/* Another thread of a program, at times of its own. */
static void feed_lane(struct cpu *c, const struct gn_trace_rec *r)
{
	view_packet_settle(c);
	c->now = c->begin = c->lossy_until = 0;
	c->shown = r->val < VIEW_CPUS ? r->val + 1 : 0;
}

static struct task *task_get(struct view *v, struct cpu *c, uint32_t tid)
{
	uint64_t key = (uint64_t)(c - v->cpu) << 32 | tid;
	struct task *k = view_map_get(&v->task_map, key);

	if (k)
		return k;
	k = view_alloc(v, 1, sizeof(*k));
	if (!k)
		return NULL;
	if (view_map_put(v, &v->task_map, key, k)) {
		free(k);
		return NULL;
	}
	k->pub.tid = tid;
	strcpy(k->pub.comm, "<...>");
	*v->tasks_tail = k;
	v->tasks_tail = &k->next;
	return k;
}

/* Before the first TASK record nobody knows: as the kernel does, "<...>". */
static struct task *task_now(struct view *v, struct cpu *c)
{
	if (!c->task)
		c->task = task_get(v, c, 0);
	return c->task;
}

/*
 * A record about what began at @from was written at @t. What began before the first one after a
 * loss was written may miss callees; what began before the first one of all, its beginning. Data
 * begins with @work, a call or a leaf: who hands out a buffer whose older half is gone says task and
 * packet first, then what is lost.
 */
static void written_at(struct cpu *c, uint64_t from, uint64_t t, bool work)
{
	if (c->lossy) {
		c->lossy = false;
		c->lossy_until = c->begun ? t : from;
		if (!c->begun)
			c->begin = from;
	}
	c->begun |= work;
	if (c->now < t)
		c->now = t;
}

static void settle_announcement(struct view *v, struct cpu *c)
{
	if (!c->announcing)
		return;
	c->announcing = false;
	view_tree_announce(v, c->task);
}

static int by_start(const void *a, const void *b)
{
	const struct view_node *x = *(struct view_node *const *)a,
			       *y = *(struct view_node *const *)b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (x->cpu != y->cpu)
		return x->cpu < y->cpu ? -1 : 1;
	return x->end < y->end ? -1 : x->end > y->end;
}
