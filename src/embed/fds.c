/* SPDX-License-Identifier: MIT */
/*
 * fds.c - what the program does to descriptors, as far as a stack in the same process must know it
 *
 * Theory of operation
 *   A thread remembers which of its descriptors are sockets of ours; a number means something else only after it was closed. So what closes or
 *   replaces one is hooked here, for this library only: it moves fds_age first, and all that is remembered is void. What changes the flags of a
 *   file moves flags_age afterwards. Closes that libc makes inside are of its own files, but for fclose() of a socket (shim/hooks_files.c).
 *   The descriptors of the stack are the process's, too: a program that closes all it does not know does not close them, in this process.
 *   The last close of a socket takes effect before close() returns.
 * Called by: the program, shim/hooks.c (client_passes). Owns: which descriptors are ours. Threads: any, and children of vfork.
 */
#include "embed/embed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>

#include "kernel/sync.h"

int __fcntl(int fd, int cmd, ...); /* libc's, by its other name */

#define VISIBLE __attribute__((visibility("default")))

static uint64_t own[FDS_MOST / 64];
static int own_first = FDS_MOST, own_last = -1;

/* --- ours --- */

void fds_own(int fd)
{
	if (fd < 0 || fd >= FDS_MOST)
		return;
	__atomic_fetch_or(&own[fd / 64], 1ull << (fd % 64), __ATOMIC_RELAXED);
	for (int first = READ_ONCE(own_first); fd < first && !try_cmpxchg(&own_first, &first, fd);)
		;
	for (int last = READ_ONCE(own_last); fd > last && !try_cmpxchg(&own_last, &last, fd);)
		;
}

void fds_disown(int fd)
{
	if (fd >= 0 && fd < FDS_MOST)
		__atomic_fetch_and(&own[fd / 64], ~(1ull << (fd % 64)), __ATOMIC_RELAXED);
}

/* Not in a child: there they are of no use. */
static bool is_own(unsigned fd)
{
	return fd < FDS_MOST && __atomic_load_n(&own[fd / 64], __ATOMIC_RELAXED) >> (fd % 64) & 1 && embed_peek();
}

/* --- what is hooked --- */

void client_passes(long nr, const long a[6])
{
	struct embed *e = embed_peek();

	if (!e)
		return;
	if (nr == SYS_close || nr == SYS_dup3 || nr == SYS_close_range || nr == SYS_dup2)
		__atomic_add_fetch(&e->fds_age, 1, __ATOMIC_SEQ_CST);
	else if ((nr == SYS_fcntl && a[1] == F_SETFL) || nr == SYS_ioctl)
		__atomic_add_fetch(&e->flags_age, 1, __ATOMIC_SEQ_CST);
}

static long passes(long nr, long a, long b, long c)
{
	client_passes(nr, (const long[6]){ a, b, c });
	return raw3(nr, a, b, c);
}

static int result(long ret)
{
	if (ret >= 0)
		return (int)ret;
	errno = (int)-ret;
	return -1;
}

VISIBLE int close(int fd)
{
	struct embed *e = embed_peek();
	struct client_id id = { .kind = CLIENT_FOREIGN };
	long ret;

	if (is_own((unsigned)fd))
		return result(-EBADF);
	if (e && e->n_socks)
		client_id_of(fd, &id);
	ret = passes(SYS_close, fd, 0, 0);
	if (id.id && !this_vcpu())
		esock_reap(e);
	return result(ret);
}

VISIBLE int dup2(int from, int to)
{
	if (is_own((unsigned)to))
		return result(-EBUSY);
	if (from == to)
		return raw3(SYS_fcntl, from, F_GETFD, 0) < 0 ? result(-EBADF) : to;
	return result(passes(SYS_dup3, from, to, 0));
}

VISIBLE int dup3(int from, int to, int flags)
{
	return is_own((unsigned)to) ? result(-EBUSY) : result(passes(SYS_dup3, from, to, flags));
}

/* Around those that are ours. */
VISIBLE int close_range(unsigned first, unsigned last, int flags)
{
	unsigned from = first;
	long ret = 0;

	if (last < first)
		return result(-EINVAL);
	for (unsigned fd = (unsigned)max(READ_ONCE(own_first), 0); (int)fd <= READ_ONCE(own_last) && fd <= last; fd++) {
		if (fd < from || !is_own(fd))
			continue;
		if (fd > from)
			ret = ret ?: passes(SYS_close_range, from, fd - 1, flags);
		from = fd + 1;
	}
	if (from <= last)
		ret = ret ?: passes(SYS_close_range, from, last, flags);
	return result(ret);
}

VISIBLE void closefrom(int first)
{
	const int saved = errno;

	close_range(first < 0 ? 0 : (unsigned)first, ~0u, 0);
	errno = saved;
}

VISIBLE int fcntl64(int fd, int cmd, ...)
{
	va_list ap;
	long arg, ret;

	va_start(ap, cmd);
	arg = va_arg(ap, long);
	va_end(ap);
	ret = __fcntl(fd, cmd, arg);
	client_passes(SYS_fcntl, (const long[6]){ fd, cmd, arg });
	return (int)ret;
}

VISIBLE int fcntl(int fd, int cmd, ...) __attribute__((alias("fcntl64")));
