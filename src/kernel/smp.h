/* SPDX-License-Identifier: MIT */
#ifndef KERNEL_SMP_H
#define KERNEL_SMP_H
/*
 * smp.h - calls to other virtual CPUs, and stopping them all (mirrors kernel/smp.c)
 *
 * Theory of operation
 *   Each vCPU has a lock-free queue that anyone may push to; the owner empties it at loop top,
 *   where nothing is held and no softirq is half done.
 *   smp_call() from the control thread runs a function inside a vCPU and waits for it. With a
 *   single-threaded host (no kick) the caller enters the vCPU itself when it is free, or runs at
 *   once when it is inside it already. So it does for a vCPU that no thread has turned yet
 *   (vcpu_serve()), and under smp_stop().
 *   smp_stop() parks every vCPU at its loop top, so that bulk changes need no lock; smp_start()
 *   lets them go.
 */
#include "kernel/vcpu.h"

struct smp_work {
	struct smp_work *next;
	void (*fn)(void *arg);
	void *arg;
	int *done; /* set to 1 after fn, or NULL */
};

/*
 * Run @fn(@arg) inside vCPU @cpu and wait. RTNL or any thread that holds nothing; from inside that
 * vCPU it runs at once, from inside another one of a threaded host the caller steps out of it for
 * the time of the wait.
 */
void smp_call(struct machine *m, unsigned cpu, void (*fn)(void *arg), void *arg);
/* The same on every vCPU, one after the other. */
void smp_call_all(struct machine *m, void (*fn)(void *arg), void *arg);
/* Queue @w (caller's memory, alive until fn ran) and kick; no wait. Any thread. */
void smp_call_async(struct machine *m, unsigned cpu, struct smp_work *w);

/* Park all vCPUs (RTNL). Not from inside one unless the host is single threaded. */
void smp_stop(struct machine *m);
void smp_start(struct machine *m);

/* vcpu_run() while smp_stop() is in force: stand still until smp_start(). */
void smp_park(struct vcpu *v);
/* Tell a smp_stop() that waits that a vCPU came free. */
void smp_stop_notify(struct machine *m);

/* Loop top: run queued calls. */
void smp_run_queue(struct vcpu *v);

#endif
