/* SPDX-License-Identifier: MIT */
/*
 * poll.c - poll and ppoll: an error that waits on a socket of ours is POLLERR
 *
 * Theory of operation
 *   The descriptor cannot say ERR without HUP, so a waiting error is a message that makes it readable. Here, behind the kernel's answer, the
 *   head of each of our descriptors that is readable is looked at: such a message is POLLERR and not POLLIN, as Linux has it.
 *   Who asks for no data (events of 0, or POLLERR, as traceroute) is told of an error, too: the kernel is asked for data in its place, in the
 *   caller's array, which is as it was when the call returns. When it is data that came, the kernel is asked again without, for the rest
 *   of the time: an error behind it is seen when the data was read.
 *   select and epoll are the kernel's: there an error is a readable socket, and the call that reads returns it.
 *   Called by: the program. Calls: src/client, the kernel. Owns: nothing.
 * Threads: any, and signal handlers, and children of vfork.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <time.h>

#include "client/raw.h"
#include "shim/shim.h"
#include "shim/visible.h"

#define DATA (POLLIN | POLLRDNORM)
#define ASKED 0x0800 /* no event of Linux: we ask for data where the caller does not */
#define ENTRIES_MOST (1u << 20)

static void ask(struct pollfd *fds, nfds_t n)
{
	for (nfds_t i = 0; i < n; i++)
		if (fds[i].fd >= 0 && !(fds[i].events & DATA) && client_kind(fds[i].fd) != CLIENT_FOREIGN)
			fds[i].events |= ASKED | POLLRDNORM;
}

static void restore(struct pollfd *fds, nfds_t n)
{
	for (nfds_t i = 0; i < n; i++)
		if (fds[i].events & ASKED)
			fds[i].events &= (short)~(ASKED | POLLRDNORM);
}

/* The entries that are left with an event. */
static long look(struct pollfd *fds, nfds_t n)
{
	long left = 0;

	for (nfds_t i = 0; i < n; i++) {
		struct pollfd *p = &fds[i];

		if (p->revents & DATA && client_kind(p->fd) != CLIENT_FOREIGN) {
			if (client_error_waits(p->fd)) {
				p->revents = (short)((p->revents & ~DATA) | POLLERR);
			} else if (p->events & ASKED) {
				p->revents &= (short)~DATA;
				p->events &= (short)~POLLRDNORM;
			}
		}
		left += p->revents != 0;
	}
	return left;
}

/* @left: counted down by the kernel; NULL: no limit */
static long run(struct pollfd *fds, nfds_t n, struct timespec *left, const sigset_t *mask)
{
	long ret;

	if (!fds || n > ENTRIES_MOST) /* the kernel knows what to say */
		return raw6(SYS_ppoll, shim_ptr(fds), (long)n, shim_ptr(left), shim_ptr(mask), _NSIG / 8, 0);
	ask(fds, n);
	do {
		ret = raw6(SYS_ppoll, shim_ptr(fds), (long)n, shim_ptr(left), shim_ptr(mask), _NSIG / 8, 0);
		if (ret <= 0)
			break;
		ret = look(fds, n);
	} while (!ret);
	restore(fds, n);
	return ret;
}

int poll(struct pollfd *fds, nfds_t n, int timeout)
{
	struct timespec left = { timeout / 1000, timeout % 1000 * 1000000L };
	int type = shim_wait_begin();
	long ret = run(fds, n, timeout < 0 ? NULL : &left, NULL);

	shim_wait_end(type);
	return (int)shim_finish(ret);
}

int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask)
{
	struct timespec left = timeout ? *timeout : (struct timespec){ 0 };
	int type = shim_wait_begin();
	sigset_t copy;
	long ret = run(fds, n, timeout ? &left : NULL, shim_mask(mask, &copy));

	shim_wait_end(type);
	return (int)shim_finish(ret);
}

int __poll_chk(struct pollfd *fds, nfds_t n, int timeout, size_t room)
{
	if (room / sizeof(*fds) < n)
		__chk_fail();
	return poll(fds, n, timeout);
}

int __ppoll_chk(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask, size_t room)
{
	if (room / sizeof(*fds) < n)
		__chk_fail();
	return ppoll(fds, n, timeout, mask);
}
