/* SPDX-License-Identifier: MIT */
/*
 * arm.c - from settings to patched code
 *
 * Theory of operation
 *   Which functions jump to their thunks follows from the tracer and the four sets; it is computed first. Then the vCPUs are parked at their loop tops (smp_stop), the
 *   code is written and the tracer's words are set, and they go on: that pause is all that traffic sees, and its length is kept for trace_stats.
 *   Rings are made when first needed and live as long as the net: a thread that sleeps in a call still has open functions when the tracer goes.
 * Threads: the control thread.
 * Mirrors: kernel/trace/ftrace.c (ftrace_modify_all_code under stop_machine).
 */
#include <errno.h>
#include <string.h>

#include "kernel/smp.h"
#include "tracefs/tracefs_impl.h"

static int make_rings(struct tracefs *t, struct extack *err);
static void choose(struct tracefs *t);
static void set_words(const struct tracefs *t);
static int patch(struct tracefs *t, bool arm, struct extack *err);
static bool has(const struct fnset *set, unsigned id);
static uint64_t now_ns(void);

int tracefs_apply(struct tracefs *t, struct extack *err)
{
	int ret;

	if (t->s.tracer == TRACER_NOP) {
		tracefs_disarm(t);
		return 0;
	}
	ret = fgraph_init(err);
	if (!ret)
		ret = fgraph_claim(t->net, err);
	if (!ret)
		ret = make_rings(t, err);
	if (!ret && (ret = tracefs_buffers(t)))
		extack_set(err, "no memory for buffers of %u KiB a CPU", t->s.buffer_kb);
	if (!ret) {
		tracefs_list_devices(t);
		choose(t);
		ret = patch(t, true, err);
	}
	if (ret) {
		t->s.tracer = TRACER_NOP;
		tracefs_disarm(t);
		fgraph_release(t->net);
		return ret;
	}
	pthread_mutex_lock(&t->lock);
	tracefs_put_clock(t);
	tracefs_lane_want(t);
	pthread_mutex_unlock(&t->lock);
	return 0;
}

void tracefs_disarm(struct tracefs *t)
{
	if (!t->armed)
		return;
	patch(t, false, NULL);
	tracefs_drain(t->net);
	pthread_mutex_lock(&t->lock);
	tracefs_lane_end(t);
	tracefs_put_clock(t);
	pthread_mutex_unlock(&t->lock);
	fgraph_release(t->net);
}

static int make_rings(struct tracefs *t, struct extack *err)
{
	struct vcpu *v;

	for_each_vcpu(v, &t->net->m) {
		struct trace_ring *ring;

		if (v->slot[VCPU_SLOT_TRACE])
			continue;
		ring = trace_ring_create(v->id, TRACE_RING_SLOTS);
		if (!ring) {
			extack_set(err, "no memory for the ring of vCPU %u", v->id);
			return -ENOMEM;
		}
		/* read by tracefs_drain() */
		pthread_mutex_lock(&t->lock);
		v->slot[VCPU_SLOT_TRACE] = ring;
		pthread_mutex_unlock(&t->lock);
	}
	return 0;
}

static void choose(struct tracefs *t)
{
	const struct fnset *set = t->s.fn;

	for (unsigned id = 0; id < fgraph_count(); id++) {
		bool traced = (!set[FN_FILTER].n || has(&set[FN_FILTER], id)) && !has(&set[FN_NOTRACE], id);

		t->kind[id] = traced ? FGRAPH_BODY : FGRAPH_NOP;
		if (!traced || t->s.tracer != TRACER_GRAPH)
			continue;
		if (has(&set[FN_GRAPH_NOTRACE], id))
			t->kind[id] = FGRAPH_WALL;
		else if (has(&set[FN_GRAPH], id))
			t->kind[id] = FGRAPH_ROOT;
	}
}

static int patch(struct tracefs *t, bool arm, struct extack *err)
{
	struct machine *m = &t->net->m;
	struct vcpu *v;
	uint64_t start;
	int ret;

	ret = fgraph_prepare(arm ? t->kind : NULL, err); /* what takes its time is done while they run */
	if (ret)
		return ret;
	smp_stop(m);
	start = now_ns();
	if (!arm)
		trace_state.mask = trace_state.armed = trace_state.packets = 0;
	ret = fgraph_commit(err);
	if (arm && !ret) {
		set_words(t);
		for_each_vcpu(v, m) /* who reads now may not have been there when they were told */
			((struct trace_ring *)v->slot[VCPU_SLOT_TRACE])->told = false;
		trace_state.thresh = t->s.thresh_us * (uint64_t)t->ticks_per_ms / 1000;
	}
	__atomic_store_n(&t->armed, arm && !ret, __ATOMIC_RELAXED);
	t->pause_ns = now_ns() - start;
	smp_start(m);
	if (this_vcpu())
		vcpu_trace(this_vcpu());
	return ret;
}

static void set_words(const struct tracefs *t)
{
	trace_state.levels = t->s.tracer == TRACER_GRAPH && t->s.depth && t->s.depth < TRACE_LEVELS ? t->s.depth : TRACE_LEVELS;
	trace_state.roots = t->s.tracer == TRACER_GRAPH && t->s.fn[FN_GRAPH].n;
	trace_state.stacks = t->s.stacktrace;
	trace_state.npid = t->s.npid;
	memcpy(trace_state.pid, t->s.pid, sizeof(t->s.pid));
	trace_state.packets = 1;
	trace_state.armed = 1;
	trace_state.mask = t->s.on ? ~0u : 0;
}

static bool has(const struct fnset *set, unsigned id)
{
	return set->bit[id / 8] >> (id % 8) & 1;
}

static uint64_t now_ns(void)
{
	struct gn_trace_clock now;
	uint64_t ticks;

	trace_clock(&ticks, &now);
	return now.mono_ns;
}
