/* SPDX-License-Identifier: MIT */
/*
 * unread.c - what lies in the pair is charged to the socket until the program has read it
 *
 * Theory of operation
 *   The kernel tells how many bytes of its own memory the unread messages of a pair take (SIOCOUTQ). A port keeps the list of its messages
 *   with their charge and with the memory that the kernel takes for one: from the total, how many of the oldest have been read follows. That
 *   memory depends on the length of a message alone, and is learned: what the total grew by is at most it, and exactly it when nothing was
 *   unread before. A size that is not known yet counts 0, which errs on the side of "unread" until all of it is read.
 *   Looked at when datagrams are delivered, when the socket would refuse one because it is full, before a call, and before a file is read.
 *   InDatagrams counts then, as on Linux when the program reads.
 * Owns: the list of each port, the table of sizes. Threads: the port's vCPU; unread_full() any, so the list changes under the sock's spinlock.
 */
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "chan/chan_impl.h"
#include "core/stats.h"
#include "ipv4/udp.h"
#include "kernel/slab.h"
#include "kernel/smp.h"

#define FIRST 16
#define SIZE_KNOWN 0x80000000u

static uint32_t outq(const struct chan_port *p)
{
	int bytes = 0;

	return ioctl(p->pub.fd, SIOCOUTQ, &bytes) || bytes < 0 ? 0 : (uint32_t)bytes;
}

static uint32_t *size_of(struct chan_port *p, size_t len)
{
	return &p->chan->host_size[(len + 63) / 64];
}

uint32_t unread_measure(struct chan_port *p, size_t len)
{
	return READ_ONCE(*size_of(p, len)) & SIZE_KNOWN ? 0 : outq(p);
}

/* A message of @len bytes was put in, before which @before bytes were unread: what it takes. */
static uint32_t learn(struct chan_port *p, size_t len, uint32_t before)
{
	uint32_t *size = size_of(p, len), have = READ_ONCE(*size), after, grown;

	if (have & SIZE_KNOWN)
		return have & ~SIZE_KNOWN;
	after = outq(p);
	grown = after > before ? after - before : 0;
	if (grown > have)
		have = grown;
	WRITE_ONCE(*size, have | (!before && after ? SIZE_KNOWN : 0)); /* another vCPU may learn the same */
	return have;
}

static bool ring_grow(struct chan_port *p)
{
	struct machine *m = &p->chan->net->m;
	unsigned room = p->unread_room ? 2 * p->unread_room : FIRST;
	struct unread *ring = kzalloc(m, room * sizeof(*ring));

	if (!ring)
		return false;
	bh_lock_sock(p->sock->sk);
	for (unsigned i = 0; i < p->unread_n; i++)
		ring[i] = p->unread[(p->unread_head + i) & (p->unread_room - 1)];
	swap(p->unread, ring);
	p->unread_head = 0;
	p->unread_room = room;
	bh_unlock_sock(p->sock->sk);
	kfree(m, ring);
	return true;
}

/* @charge bytes and @n datagrams are the program's. */
static void release(struct sock *sk, unsigned charge, unsigned n)
{
	atomic_sub((int)charge, &sk->sk_rmem_alloc);
	sk_mem_uncharge(sk, (int)charge);
	if (sock_is_udp(sk))
		while (n--)
			UDP_INC_STATS(UDP_MIB_INDATAGRAMS, IS_UDPLITE(sk));
}

static void release_locked(struct chan_port *p, unsigned charge, unsigned n)
{
	struct sock *sk = p->sock->sk;
	bool slow;

	if (!charge && !n)
		return;
	slow = lock_sock_fast(sk);
	release(sk, charge, n);
	sk_mem_reclaim_partial(sk);
	unlock_sock_fast(sk, slow);
}

void unread_add(struct chan_port *p, size_t len, unsigned charge, uint32_t before)
{
	struct unread u = { .charge = charge, .host = learn(p, len, before), .stamp = p->sock->sk->sk_stamp };

	if (p->unread_n == p->unread_room && !ring_grow(p)) {
		release_locked(p, charge, charge != 0); /* without a note of it, it counts as read */
		return;
	}
	bh_lock_sock(p->sock->sk);
	p->unread[(p->unread_head + p->unread_n++) & (p->unread_room - 1)] = u;
	p->unread_host += u.host;
	bh_unlock_sock(p->sock->sk);
	if (list_empty(&p->unread_list))
		list_add_tail(&p->unread_list, &chan_scratch_of(this_vcpu())->unread);
}

/* Take off what has been read: its charge, and *n the number of datagrams. Under the spinlock. */
static unsigned take_read(struct chan_port *p, uint32_t left, unsigned *n)
{
	unsigned charge = 0;

	while (p->unread_n) {
		const struct unread *u = &p->unread[p->unread_head];

		if (left && p->unread_host - u->host < left)
			break;
		charge += u->charge;
		*n += u->charge != 0;
		if (u->charge)
			p->stamp = u->stamp;
		p->unread_host -= u->host;
		p->unread_head = (p->unread_head + 1) & (p->unread_room - 1);
		p->unread_n--;
	}
	return charge;
}

void unread_settle(struct chan_port *p)
{
	unsigned n = 0, charge;

	if (list_empty(&p->unread_list))
		return;
	bh_lock_sock(p->sock->sk);
	charge = p->unread_n ? take_read(p, outq(p), &n) : 0;
	if (!p->unread_n)
		list_del_init(&p->unread_list);
	bh_unlock_sock(p->sock->sk);
	release_locked(p, charge, n);
}

void unread_full(struct sock *sk)
{
	struct chan_port *p = sk->sk_user_data;
	unsigned n = 0, charge;

	bh_lock_sock(sk);
	if (!sock_owned_by_user(sk) && p->unread_n) { /* none: perhaps the port has ended */
		charge = take_read(p, outq(p), &n);
		release(sk, charge, n);
	}
	bh_unlock_sock(sk);
}

void unread_end(struct chan_port *p)
{
	struct unread *ring = NULL;
	unsigned n = 0, charge;

	bh_lock_sock(p->sock->sk);
	charge = take_read(p, 0, &n);
	swap(p->unread, ring);
	p->unread_room = 0;
	bh_unlock_sock(p->sock->sk);
	list_del_init(&p->unread_list);
	release_locked(p, charge, p->reset ? 0 : n); /* reset: the program closed without having read all */
	kfree(&p->chan->net->m, ring);
}

/* --- before files are read --- */

static void settle_vcpu(void *arg)
{
	struct chan_scratch *s = chan_scratch_of(this_vcpu());
	struct chan_port *p, *next;

	(void)arg;
	list_for_each_entry_safe(p, next, &s->unread, unread_list)
		unread_settle(p);
}

void unread_settle_all(struct net *net)
{
	smp_call_all(&net->m, settle_vcpu, NULL);
}
