/* SPDX-License-Identifier: MIT */
#ifndef KERNEL_FUTEX_H
#define KERNEL_FUTEX_H
/*
 * futex.h - sleeping on a word of this process
 *
 * Theory of operation
 *   Only the three waits of the machine use it: for a vCPU to come free (vcpu.c), for a call to be
 *   done and for a stop (smp.c). Waits may return early; callers look at their word again. errno
 *   stays as it was: the caller may be a thread of someone else's program.
 */
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/bug.h"

/* Sleep while *@word is @val. */
static __always_inline void futex_wait(int *word, int val)
{
	int saved = errno;

	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, val, NULL, NULL, 0);
	errno = saved;
}

static __always_inline void futex_wake(int *word, int nr)
{
	int saved = errno;

	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, nr, NULL, NULL, 0);
	errno = saved;
}

#endif
