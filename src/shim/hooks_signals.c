/* SPDX-License-Identifier: MIT */
/*
 * hooks_signals.c - names of libc that could block SIGSYS, or take its handler away
 *
 * Theory of operation
 *   Under --strong a trapped call is a SIGSYS; where that is blocked the kernel ends the process. So here it is taken out of every mask,
 *   and who sets its handler is told that it was set: it is called for traps that are not ours. Without --strong these are libc's own.
 *   Called by: the program. Calls: strong.c, the kernel. Owns: nothing.
 * Threads: any, and signal handlers, and children of vfork.
 */
#include <errno.h>
#include <signal.h>
#include <time.h>

#include "client/raw.h"
#include "shim/shim.h"
#include "shim/strong.h"
#include "shim/visible.h"

#define SET_BYTES (_NSIG / 8)

/* Two signals are libc's own: no mask of a program has them. */
static long change(int how, const sigset_t *set, sigset_t *old)
{
	sigset_t copy;

	if (set) {
		copy = *set;
		if (how != SIG_UNBLOCK && raw_gate)
			copy.__val[0] &= ~(1UL << (SIGSYS - 1));
		copy.__val[0] &= ~(3UL << 31);
	}
	return raw6(SYS_rt_sigprocmask, how, shim_ptr(set ? &copy : NULL), shim_ptr(old), SET_BYTES, 0, 0);
}

int sigprocmask(int how, const sigset_t *restrict set, sigset_t *restrict old)
{
	return (int)shim_finish(change(how, set, old));
}

int pthread_sigmask(int how, const sigset_t *set, sigset_t *old)
{
	return (int)-change(how, set, old);
}

int sigaction(int sig, const struct sigaction *restrict act, struct sigaction *restrict old)
{
	struct sigaction copy;

	if (!raw_gate)
		return __sigaction(sig, act, old);
	if (sig == SIGSYS) {
		strong_theirs(act, old);
		return 0;
	}
	if (act) {
		copy = *act;
		shim_mask(&act->sa_mask, &copy.sa_mask);
	}
	return __sigaction(sig, act ? &copy : NULL, old);
}

sighandler_t signal(int sig, sighandler_t handler)
{
	const struct sigaction act = { .sa_handler = handler, .sa_flags = SA_RESTART };
	struct sigaction old;

	if (!raw_gate || sig != SIGSYS)
		return bsd_signal(sig, handler);
	strong_theirs(&act, &old);
	return old.sa_handler;
}

/* --- waits with a mask --- */

int sigsuspend(const sigset_t *mask)
{
	sigset_t copy;

	return __sigsuspend(shim_mask(mask, &copy));
}

int pselect(int n, fd_set *restrict in, fd_set *restrict out, fd_set *restrict except, const struct timespec *restrict timeout,
	    const sigset_t *restrict mask)
{
	struct timespec left = timeout ? *timeout : (struct timespec){ 0 };
	sigset_t copy;
	const long with[2] = { shim_ptr(shim_mask(mask, &copy)), SET_BYTES };
	int type = shim_wait_begin();
	long ret = raw6(SYS_pselect6, n, shim_ptr(in), shim_ptr(out), shim_ptr(except), shim_ptr(timeout ? &left : NULL), shim_ptr(with));

	shim_wait_end(type);
	return (int)shim_finish(ret);
}

int epoll_pwait(int fd, struct epoll_event *events, int n, int timeout, const sigset_t *mask)
{
	sigset_t copy;
	int type = shim_wait_begin();
	long ret = raw6(SYS_epoll_pwait, fd, shim_ptr(events), n, timeout, shim_ptr(shim_mask(mask, &copy)), SET_BYTES);

	shim_wait_end(type);
	return (int)shim_finish(ret);
}

int epoll_pwait2(int fd, struct epoll_event *events, int n, const struct timespec *timeout, const sigset_t *mask)
{
	sigset_t copy;
	int type = shim_wait_begin();
	long ret = raw6(SYS_epoll_pwait2, fd, shim_ptr(events), n, shim_ptr(timeout), shim_ptr(shim_mask(mask, &copy)), SET_BYTES);

	shim_wait_end(type);
	return (int)shim_finish(ret);
}
