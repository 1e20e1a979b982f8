/* SPDX-License-Identifier: MIT */
/*
 * trace_thread.c - the thread that empties the tracer's rings
 *
 * Theory of operation
 *   Whoever may have armed or disarmed the tracer, or attached a sink, calls trace_thread_poke(); the first time that there is something to do
 *   the thread begins. It calls tracefs_drain() as often as tracefs_interval_ms() says, or waits on a condition, without wakeups, until it is
 *   poked. Poking also tells the programs, whose calls are part of the trace. It never enters the stack: code of the rooms may be patched under it.
 * Called by: ctl.c, ctl_req.c, main.c. Calls: tracefs/tracefs.h.
 * Owns: the thread. Threads: the main thread starts, pokes and stops it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "chan/chan.h"
#include "daemon/daemon.h"
#include "tracefs/tracefs.h"

struct trace_thread_ctx {
	struct net *net;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t poke;
	bool stop; /* [L] */
};

static void tell_programs(struct daemon *d);
static struct trace_thread_ctx *start(struct daemon *d);
static void *trace_main(void *arg);
static void sleep_ms(struct trace_thread_ctx *t, unsigned ms);
static void ctx_free(struct trace_thread_ctx *t);

void trace_thread_poke(struct daemon *d)
{
	struct trace_thread_ctx *t = d->trace;

	tell_programs(d);
	if (!d->net || (!t && !tracefs_active(d->net)))
		return;
	if (!t)
		t = d->trace = start(d);
	if (!t)
		return;
	pthread_mutex_lock(&t->lock);
	pthread_cond_signal(&t->poke);
	pthread_mutex_unlock(&t->lock);
}

/* The page says whether something is traced: they write spans then. */
static void tell_programs(struct daemon *d)
{
	bool on = d->chan && tracefs_armed(d->net);

	if (!d->chan || on == d->tracing)
		return;
	d->tracing = on;
	d->sessions += on;
	chan_set_tracing(d->chan, on ? d->sessions ?: ++d->sessions : 0);
}

void trace_thread_stop(struct daemon *d)
{
	struct trace_thread_ctx *t = d->trace;

	if (!t)
		return;
	pthread_mutex_lock(&t->lock);
	t->stop = true;
	pthread_cond_signal(&t->poke);
	pthread_mutex_unlock(&t->lock);
	pthread_join(t->thread, NULL);
	ctx_free(t);
	d->trace = NULL;
}

/* Without it readers of the files empty the rings: traffic between two reads may be lost, and is counted. */
static struct trace_thread_ctx *start(struct daemon *d)
{
	struct trace_thread_ctx *t = calloc(1, sizeof(*t));
	pthread_condattr_t attr;
	int ret;

	if (!t) {
		pr_warn(&d->log, "no memory for the thread that empties the tracer's rings");
		return NULL;
	}
	t->net = d->net;
	pthread_mutex_init(&t->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&t->poke, &attr);
	pthread_condattr_destroy(&attr);
	ret = pthread_create(&t->thread, NULL, trace_main, t);
	if (ret) {
		pr_warn(&d->log, "no thread to empty the tracer's rings: %s", strerror(ret));
		ctx_free(t);
		return NULL;
	}
	pthread_setname_np(t->thread, "trace-drain");
	return t;
}

static void *trace_main(void *arg)
{
	struct trace_thread_ctx *t = arg;
	unsigned ms;

	pthread_mutex_lock(&t->lock);
	while (!t->stop) {
		ms = tracefs_interval_ms(t->net);
		if (!ms) {
			pthread_cond_wait(&t->poke, &t->lock);
			continue;
		}
		sleep_ms(t, ms);
		pthread_mutex_unlock(&t->lock);
		tracefs_drain(t->net);
		pthread_mutex_lock(&t->lock);
	}
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

static void sleep_ms(struct trace_thread_ctx *t, unsigned ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (long)ms * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	pthread_cond_timedwait(&t->poke, &t->lock, &until);
}

static void ctx_free(struct trace_thread_ctx *t)
{
	pthread_cond_destroy(&t->poke);
	pthread_mutex_destroy(&t->lock);
	free(t);
}
