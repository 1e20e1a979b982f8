/* SPDX-License-Identifier: MIT */
/*
 * lane.c - the calls of programs about their datagrams, as functions in the same trace
 *
 * Theory of operation
 *   A program on the stack writes a span for each such call into memory that it shares with us (<glassnet/uapi/chan.h>). The drainer copies each span once, checks the copy, and
 *   makes of its moments the records that a vCPU would have written: task, open functions when it sleeps, returns, and which packet it worked for from
 *   when. They go into one stream behind those of the vCPUs, a LANE record before each call. Settings (sets of functions, depth, threshold,
 *   tasks, tracing_on) are those of the tracer; names come from the table here.
 *   A datagram that a program sends gets its number in the stack: the HANDED record of the vCPU says which cookie that was. A send that has no
 *   number yet when its span is taken waits a moment.
 *   The memory is hostile: numbers, times and indices are checked; who writes nonsense is counted and not listened to any more. How much is read at a
 *   time is bounded by its size.
 * Threads: all under the lock of struct tracefs; adding is the control thread's.
 * Refuses: processes without end (TRACE_LANES, TRACE_LANES_USER of one user).
 */
#include <errno.h>
#include <glassnet/uapi/chan.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "tracefs/tracefs_impl.h"

#define FIRST_ID FGRAPH_MAX /* of the functions of spans: behind those of the stack */
#define COMMS 16	    /* names of threads that a lane remembers */
#define PATIENCE 5	    /* drains that a span may be half written */
#define SEND_MS 10	    /* that a send may be without its number */
#define MAX_DEPTH 4

struct lane {
	struct gn_chan_area *area;
	uint32_t pid, uid;
	const struct tracefs_lane_ops *ops;
	uint32_t tail;	  /* number of the next span */
	unsigned waited;  /* drains that it was not there */
	bool malformed;
	struct {
		uint32_t tid;
		char comm[16];
	} comm[COMMS];
	unsigned n_comms;
};

enum span_fn {
	FN_CALL, /* + enum gn_chan_span_call */
	FN_UDP_RECVMSG = FN_CALL + GN_SPAN_CALLS,
	FN_RAW_RECVMSG,
	FN_PING_RECVMSG,
	FN_SKB_RECV_DATAGRAM,
	FN_SCHEDULE,
	FN_SKB_COPY_DATAGRAM,
	FN_COUNT
};

static const char *const names[FN_COUNT] = {
	[FN_CALL + GN_SPAN_RECVFROM] = "recvfrom",
	[FN_CALL + GN_SPAN_RECVMSG] = "recvmsg",
	[FN_CALL + GN_SPAN_RECVMMSG] = "recvmmsg",
	[FN_CALL + GN_SPAN_READ] = "read",
	[FN_CALL + GN_SPAN_READV] = "readv",
	[FN_CALL + GN_SPAN_SENDTO] = "sendto",
	[FN_CALL + GN_SPAN_SENDMSG] = "sendmsg",
	[FN_CALL + GN_SPAN_SENDMMSG] = "sendmmsg",
	[FN_CALL + GN_SPAN_WRITE] = "write",
	[FN_CALL + GN_SPAN_WRITEV] = "writev",
	[FN_UDP_RECVMSG] = "udp_recvmsg",
	[FN_RAW_RECVMSG] = "raw_recvmsg",
	[FN_PING_RECVMSG] = "ping_recvmsg",
	[FN_SKB_RECV_DATAGRAM] = "__skb_recv_datagram",
	[FN_SCHEDULE] = "schedule",
	[FN_SKB_COPY_DATAGRAM] = "skb_copy_datagram_iovec",
};
_Static_assert(FN_COUNT <= SPAN_FUNCTIONS, "they are bits of a struct span_want");

/* One function of a call, as it is to be recorded. */
struct span_call {
	unsigned fn, depth;
	uint64_t from, to;
};

static void lane_free(struct tracefs *t, unsigned i);
static unsigned lane_read(struct tracefs *t, struct lane *l);
static int lane_take(const struct lane *l, struct gn_chan_span *ret);
static bool span_is_sound(const struct tracefs *t, const struct gn_chan_span *s);
static bool span_packet(const struct tracefs *t, struct gn_chan_span *s);
static void span_put(struct tracefs *t, struct lane *l, const struct gn_chan_span *s);
static bool tid_wanted(const struct span_want *w, uint32_t tid);

const char *tracefs_span_name(unsigned n, uint32_t *ret_id)
{
	*ret_id = FIRST_ID + n;
	return n < FN_COUNT ? names[n] : NULL;
}

/* --- what is wanted --- */

/* Is the function in the set? Names that the stack does not have are in none. */
static bool in_set(const struct fnset *set, const char *name)
{
	int id = fgraph_find(name);

	return id >= 0 && (set->bit[id / 8] >> (id % 8) & 1);
}

void tracefs_lane_want(struct tracefs *t)
{
	const struct fnset *set = t->s.fn;
	struct span_want *w = &t->span;

	w->on = t->s.on;
	w->traced = w->root = w->wall = 0;
	for (unsigned i = 0; i < FN_COUNT; i++) {
		if ((!set[FN_FILTER].n || in_set(&set[FN_FILTER], names[i])) && !in_set(&set[FN_NOTRACE], names[i]))
			w->traced |= 1u << i;
		if (t->s.tracer != TRACER_GRAPH)
			continue;
		if (in_set(&set[FN_GRAPH_NOTRACE], names[i]))
			w->wall |= 1u << i;
		else if (in_set(&set[FN_GRAPH], names[i]))
			w->root |= 1u << i;
	}
	if (t->s.tracer != TRACER_GRAPH || !set[FN_GRAPH].n)
		w->root = ~0u;
	w->levels = trace_state.levels;
	w->thresh = trace_state.thresh;
	w->npid = t->s.npid;
	memcpy(w->pid, t->s.pid, sizeof(w->pid));
	if (!w->since)
		w->since = trace_ticks();
}

/* --- processes --- */

int tracefs_lane_add(struct net *net, struct gn_chan_area *area, uint32_t pid, uint32_t uid, const struct tracefs_lane_ops *ops)
{
	struct tracefs *t = net_tracefs(net);
	int ret = -EAGAIN, at = -1;
	unsigned own = 0;
	struct lane *l;

	pthread_mutex_lock(&t->lock);
	if (!t->armed || !t->span.since || tracefs_streams(t) == t->net->m.nr_cpus)
		goto out;
	tracefs_drain_locked(t);
	for (unsigned i = 0; i < TRACE_LANES; i++) {
		if (t->lane[i] && !ops->alive(t->lane[i]->pid))
			lane_free(t, i);
		if (t->lane[i])
			own += t->lane[i]->uid == uid;
		else if (at < 0)
			at = (int)i;
	}
	ret = -ENFILE;
	if (at < 0 || own >= TRACE_LANES_USER)
		goto out;
	ret = -ENOMEM;
	l = calloc(1, sizeof(*l));
	if (!l)
		goto out;
	*l = (struct lane){ .area = area, .pid = pid, .uid = uid, .ops = ops };
	t->lane[at] = l;
	ret = 0;
out:
	pthread_mutex_unlock(&t->lock);
	if (ret)
		munmap(area, sizeof(*area));
	return ret;
}

static void lane_free(struct tracefs *t, unsigned i)
{
	munmap(t->lane[i]->area, sizeof(*t->lane[i]->area));
	free(t->lane[i]);
	t->lane[i] = NULL;
}

void tracefs_lane_end(struct tracefs *t)
{
	for (unsigned n = 0; n <= PATIENCE; n++)
		tracefs_lane_drain(t);
	for (unsigned i = 0; i < TRACE_LANES; i++)
		if (t->lane[i])
			lane_free(t, i);
	memset(t->handed, 0, sizeof(t->handed));
	t->span.since = 0;
}

/* Cookies are odd. */
static unsigned handed_slot(uint32_t cookie)
{
	return cookie / 2 % TRACE_HANDED;
}

void tracefs_lane_handed(struct tracefs *t, const struct gn_trace_rec *rec)
{
	struct gn_trace_handed h;

	memcpy(&h, rec + 1, sizeof(h));
	t->handed[handed_slot(rec->val)].cookie = rec->val;
	t->handed[handed_slot(rec->val)].packet = h.packet;
}

/* --- spans --- */

unsigned tracefs_lane_drain(struct tracefs *t)
{
	unsigned n = 0;

	for (unsigned i = 0; i < TRACE_LANES; i++)
		if (t->lane[i] && !t->lane[i]->malformed)
			n += lane_read(t, t->lane[i]);
	return n;
}

static unsigned lane_read(struct tracefs *t, struct lane *l)
{
	uint32_t head = __atomic_load_n(&l->area->head, __ATOMIC_ACQUIRE);
	struct gn_chan_span s;
	unsigned n = 0;

	if (head - l->tail > 2 * GN_CHAN_SPANS) { /* a little more is threads that wrote at once; much more is no counter */
		t->spans_lost += GN_CHAN_SPANS;
		l->tail = head - GN_CHAN_SPANS;
	}
	for (; l->tail != head; l->tail++) {
		int got = lane_take(l, &s);

		if (got > 0 && !span_is_sound(t, &s)) {
			l->malformed = true;
			t->spans_malformed++;
			return n;
		}
		if (!got && l->waited++ < PATIENCE)
			return n;
		if (got > 0 && !span_packet(t, &s) && trace_ticks() - s.t[GN_SPAN_LEAVE] < SEND_MS * (uint64_t)t->ticks_per_ms)
			return n;
		l->waited = 0;
		if (got <= 0) {
			t->spans_lost++;
			continue;
		}
		t->spans++;
		n++;
		if (t->span.on && tid_wanted(&t->span, s.tid))
			span_put(t, l, &s);
	}
	return n;
}

/* A copy of the next span: 1; 0: it is not whole; -1: it was written over. */
static int lane_take(const struct lane *l, struct gn_chan_span *ret)
{
	const struct gn_chan_span *from = &l->area->span[l->tail % GN_CHAN_SPANS];
	uint64_t seq = __atomic_load_n(&from->seq, __ATOMIC_ACQUIRE);

	if (seq != (uint64_t)l->tail + 1)
		return seq > (uint64_t)l->tail + 1 ? -1 : 0;
	memcpy(ret, from, sizeof(*ret));
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(&from->seq, __ATOMIC_RELAXED) == seq ? 1 : -1;
}

/* Every field is what it may be. */
static bool span_is_sound(const struct tracefs *t, const struct gn_chan_span *s)
{
	static const uint8_t zero[sizeof(s->reserved)];
	uint64_t before = 0;
	bool send = s->call >= GN_SPAN_SENDTO;

	if (s->call >= GN_SPAN_CALLS || (s->letter != 'u' && s->letter != 'r' && s->letter != 'p') || !s->tid ||
	    memcmp(s->reserved, zero, sizeof(zero)) || !s->t[GN_SPAN_LEAVE])
		return false;
	for (unsigned i = 0; i < GN_SPAN_TIMES; i++) {
		if (!s->t[i])
			continue;
		if (s->t[i] < before || (send && i != GN_SPAN_ENTER && i != GN_SPAN_LEAVE))
			return false;
		before = s->t[i];
	}
	/* who came before anything was traced, or looked for nothing, has less to tell */
	if (s->t[GN_SPAN_ENTER] ? (s->t[GN_SPAN_SLEEP] != 0) != (s->t[GN_SPAN_WAKE] != 0) || (s->t[GN_SPAN_SLEEP] && !s->t[GN_SPAN_TAKE]) :
				  s->t[GN_SPAN_FOUND] || s->t[GN_SPAN_TAKE] || s->t[GN_SPAN_SLEEP])
		return false;
	if ((s->t[GN_SPAN_COPY] != 0) != (s->t[GN_SPAN_COPIED] != 0))
		return false;
	for (unsigned i = 0; i < GN_SPAN_TIMES; i++) /* of this session, and not of the future; counters may differ a little */
		if (s->t[i] && (s->t[i] + t->ticks_per_ms < t->span.since || s->t[i] > trace_ticks() + t->ticks_per_ms))
			return false;
	return true;
}

/* A send's cookie becomes a number: false: there is none yet. */
static bool span_packet(const struct tracefs *t, struct gn_chan_span *s)
{
	uint32_t cookie = s->packet;

	if (s->call < GN_SPAN_SENDTO || !cookie)
		return true;
	s->packet = 0;
	if (t->handed[handed_slot(cookie)].cookie != cookie)
		return false;
	s->packet = t->handed[handed_slot(cookie)].packet;
	return true;
}

static bool tid_wanted(const struct span_want *w, uint32_t tid)
{
	for (unsigned i = 0; i < w->npid; i++)
		if (w->pid[i] == tid)
			return true;
	return !w->npid;
}

static const char *lane_comm(struct lane *l, uint32_t tid)
{
	unsigned i = 0;

	while (i < l->n_comms && l->comm[i].tid != tid)
		i++;
	if (i == l->n_comms) {
		i = l->n_comms < COMMS ? l->n_comms++ : tid % COMMS;
		l->comm[i].tid = tid;
		memset(l->comm[i].comm, 0, sizeof(l->comm[i].comm));
		l->ops->comm(l->pid, tid, l->comm[i].comm);
	}
	return l->comm[i].comm;
}

/* --- records --- */

/* Records of one call, then all at once: the buffer and the sink want whole ones. */
struct batch {
	struct gn_trace_rec rec[64];
	unsigned n;
	uint32_t tid;
	const char *comm; /* 16 bytes */
};

static void batch_put(struct batch *b, uint64_t t, uint32_t kind, uint32_t val, const void *payload)
{
	b->rec[b->n++] = (struct gn_trace_rec){ .t = t, .val = val, .what = kind | (payload ? 1u << 24 : 0) };
	if (payload)
		memcpy(&b->rec[b->n++], payload, sizeof(b->rec[0]));
}

/* Its return; a duration that does not fit is told by another record of that time. */
static void batch_call(struct batch *b, const struct span_call *c, uint64_t thresh)
{
	uint64_t took = c->to - c->from;

	if (took < thresh)
		return;
	if (took >= UINT32_MAX)
		batch_put(b, c->to, GN_TRACE_TASK, b->tid, b->comm);
	batch_put(b, c->from, (FIRST_ID + c->fn) | c->depth << 24, took > UINT32_MAX ? UINT32_MAX : (uint32_t)took, NULL);
}

static unsigned record_slots(const struct gn_trace_rec *rec)
{
	return GN_TRACE_ID(rec->what) < GN_TRACE_KIND ? 1 : 1 + GN_TRACE_SLOTS(rec->what);
}

static void batch_out(struct tracefs *t, struct batch *b)
{
	unsigned stream = t->net->m.nr_cpus;

	for (unsigned i = 0; i < b->n; i += record_slots(&b->rec[i]))
		trace_buf_push(&t->buf[stream], &b->rec[i], record_slots(&b->rec[i]));
	if (t->sink && t->wants & TRACE_WANTS_BATCH)
		t->sink->batch(stream, b->rec, b->n);
}

/* The chain of calls, callers first, without those that are not wanted: how many. */
static unsigned span_calls(const struct tracefs *t, const struct gn_chan_span *s, struct span_call *c)
{
	const struct span_want *w = &t->span;
	uint64_t enter = s->t[GN_SPAN_ENTER] ?: w->since, found = s->t[GN_SPAN_FOUND] ?: enter, take = s->t[GN_SPAN_TAKE] ?: found;
	uint64_t leave = s->t[GN_SPAN_LEAVE], taken = s->t[GN_SPAN_COPY] ?: s->t[GN_SPAN_WAKE] ?: leave;
	unsigned recvmsg = s->letter == 'u' ? FN_UDP_RECVMSG : s->letter == 'r' ? FN_RAW_RECVMSG : FN_PING_RECVMSG;
	const struct span_call all[] = {
		{ FN_CALL + s->call, 0, enter, leave },
		{ recvmsg, 1, found, leave },
		{ FN_SKB_RECV_DATAGRAM, 2, take, taken },
		{ FN_SCHEDULE, 3, s->t[GN_SPAN_SLEEP] ?: take, s->t[GN_SPAN_WAKE] },
		{ FN_SKB_COPY_DATAGRAM, 2, s->t[GN_SPAN_COPY], s->t[GN_SPAN_COPIED] },
	};
	unsigned n = 0, level[MAX_DEPTH + 1] = { 0 };
	bool rooted[MAX_DEPTH + 1] = { false }, walled[MAX_DEPTH + 1] = { false };

	for (unsigned i = 0; i < (s->call >= GN_SPAN_SENDTO ? 1 : ARRAY_SIZE(all)); i++) {
		unsigned d = all[i].depth;
		bool in;

		if (!all[i].to || (i == 1 && s->t[GN_SPAN_ENTER] && !s->t[GN_SPAN_FOUND]) || (i == 2 && s->t[GN_SPAN_ENTER] && !s->t[GN_SPAN_TAKE]))
			continue;
		walled[d] = (d && walled[d - 1]) || (w->wall >> all[i].fn & 1);
		rooted[d] = (d && rooted[d - 1]) || (w->root >> all[i].fn & 1);
		level[d] = d ? level[d - 1] : 0;
		in = (w->traced >> all[i].fn & 1) && rooted[d] && !walled[d] && level[d] < w->levels;
		if (!in)
			continue;
		c[n] = all[i];
		c[n++].depth = level[d]++;
	}
	return n;
}

static void span_put(struct tracefs *t, struct lane *l, const struct gn_chan_span *s)
{
	const uint32_t cpu = s->packet >> 26 < t->net->m.nr_cpus ? s->packet >> 26 : 0;
	struct batch b = { .n = 0, .tid = s->tid, .comm = lane_comm(l, s->tid) };
	struct span_call c[8];
	unsigned n = span_calls(t, s, c), last = n;

	if (!n)
		return;
	batch_put(&b, c[0].from, GN_TRACE_LANE, cpu, NULL);
	batch_put(&b, c[0].from, GN_TRACE_TASK, b.tid, b.comm);
	batch_put(&b, c[0].from, GN_TRACE_PACKET, s->call >= GN_SPAN_SENDTO ? s->packet : 0, NULL);
	for (unsigned i = 0; i < n && s->t[GN_SPAN_WAKE] && !t->span.thresh; i++) {
		struct gn_trace_entry e = { .depth = c[i].depth };

		if (c[i].fn != FN_SKB_COPY_DATAGRAM) /* open while it sleeps */
			batch_put(&b, c[i].from, GN_TRACE_ENTRY, FIRST_ID + c[i].fn, &e);
	}
	/* the returns: those that ended before the copy, the copy, those around it */
	if (c[n - 1].fn == FN_SKB_COPY_DATAGRAM) {
		while (last > 1 && c[last - 2].fn >= FN_SKB_RECV_DATAGRAM)
			batch_call(&b, &c[--last - 1], t->span.thresh);
		last--;
		batch_put(&b, c[n - 1].from, GN_TRACE_PACKET, s->packet, NULL);
		batch_call(&b, &c[n - 1], t->span.thresh);
	}
	while (last)
		batch_call(&b, &c[--last], t->span.thresh);
	batch_put(&b, s->t[GN_SPAN_LEAVE], GN_TRACE_PACKET, 0, NULL);
	batch_out(t, &b);
}
