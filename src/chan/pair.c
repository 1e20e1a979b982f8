/* SPDX-License-Identifier: MIT */
/*
 * pair.c - datagrams between a socket and its program, over the pair
 *
 * On the walk: what the program sent enters at chan_input() and goes on to sock_sendmsg() > inet_sendmsg() > udp_sendmsg(); what was
 * received leaves the stack in chan_deliver(), rung at the end of the run that queued it. The program's recvfrom() does the rest.
 * Owns: nothing; a datagram that the pair did not take goes back to the head of its queue, with its charge.
 * Threads: the port's vCPU, outside softirqs, no lock held.
 * Refuses: messages that are not well formed: dropped and counted; on a connected socket one without a header is a datagram. Mirrors: the reading half of udp_recvmsg(), raw_recvmsg(),
 * ping_recvmsg(), without a reader.
 */
#include <errno.h>
#include <poll.h>

#include "chan/chan_impl.h"
#include "core/datagram.h"
#include "core/stats.h"
#include "ipv4/udp.h"
#include "kernel/sync.h"

#define SEND_FLAGS (MSG_CONFIRM | MSG_DONTROUTE)

static void chan_error(struct chan_port *p);

/* A send would not wait for room. A corked piece goes into memory that is charged already. */
static bool may_send(const struct chan_port *p)
{
	const struct sock *sk = p->sock->sk;

	return sk_wmem_alloc_get(sk) < READ_ONCE(sk->sk_sndbuf) || (port_is_udp(p) && udp_sk(sk)->pending);
}

/* --- from the program --- */

/* A message of @n bytes in @buf is a datagram of ours: its header. */
static const struct gn_chan_dgram *dgram_check(const void *buf, size_t n)
{
	const struct gn_chan_dgram *h = buf;

	if (n < sizeof(*h) || h->magic != GN_CHAN_MAGIC || h->kind != GN_CHAN_DATA || h->reserved || h->control || h->error)
		return NULL;
	if ((h->flags & ~(unsigned)SEND_FLAGS) || h->len != n - sizeof(*h) || (h->namelen && h->namelen != sizeof(h->name)))
		return NULL;
	return h;
}

/*
 * A writer that knows nothing of headers: libc's own stdio, sendfile(), a program that inherited the descriptor without the shim. What it
 * writes on a connected socket is the datagram itself.
 */
static bool dgram_plain(const struct sock *sk, const void *buf, size_t n)
{
	const struct gn_chan_dgram *h = buf;

	return n && (n < sizeof(h->magic) || h->magic != GN_CHAN_MAGIC) && sk->sk_state == TCP_ESTABLISHED;
}

/*
 * As sendto() of the program, which has got its answer already: an error is told with the next call. An error that is pending is
 * no matter of this datagram.
 */
static void chan_xmit(struct chan_port *p, void *buf, size_t n)
{
	const struct gn_chan_dgram *h = dgram_check(buf, n);
	struct sock *sk = p->sock->sk;
	struct iovec iov = { buf, n };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t ret;
	int pending;

	if (h) {
		iov = (struct iovec){ (char *)buf + sizeof(*h), h->len };
		msg.msg_name = (void *)(uintptr_t)h->name;
		msg.msg_namelen = h->namelen;
	} else if (!dgram_plain(sk, buf, n)) {
		__atomic_add_fetch(&p->chan->malformed, 1, __ATOMIC_RELAXED);
		return;
	}
	pending = xchg(&sk->sk_err, 0);
	ret = chan_hand_over(p->sock, &msg, (h ? (int)h->flags : 0) | MSG_DONTWAIT | MSG_NOSIGNAL, h ? h->packet : 0);
	if (ret < 0 && ret != -EAGAIN)
		pending = (int)-ret;
	if (!pending || sk->sk_err)
		return;
	sk->sk_err = pending;
	doorbell_mark(&p->bell);
}

bool chan_input(struct chan_port *p, unsigned burst)
{
	struct chan_scratch *s = chan_scratch_of(this_vcpu());
	ssize_t n;

	for (unsigned i = 0; i < burst; i++) {
		if (!may_send(p)) {
			p->in_full = true; /* sk_write_space rings */
			return false;
		}
		n = recv(p->pub.fd, s->in, sizeof(s->in), MSG_DONTWAIT | MSG_TRUNC);
		if (n > 0)
			chan_xmit(p, s->in, n > (ssize_t)sizeof(s->in) ? 0 /* cut: not well formed */ : (size_t)n);
		else if (n < 0 && errno == EAGAIN)
			return false;
		else if (n < 0 && errno == ECONNRESET)
			p->reset = true; /* what it sent, and the end, follow */
		else if (n == 0 || errno != EINTR) {
			port_end(p);
			return false;
		}
	}
	return true;
}

/* --- to the program --- */

/* Where the payload of @skb begins for this kind of socket, or -1: the checksum is wrong. */
static int payload_offset(struct sock *sk, struct sk_buff *skb, bool udp)
{
	if (!udp)
		return 0;
	if (!udp_lib_checksum_complete(skb))
		return sizeof(struct udphdr);
	atomic_inc(&sk->sk_drops);
	UDP_INC_STATS(UDP_MIB_CSUMERRORS, IS_UDPLITE(sk));
	UDP_INC_STATS(UDP_MIB_INERRORS, IS_UDPLITE(sk));
	return -1;
}

/* One datagram into the pair: 0, or -errno: @skb is as it was. */
static int chan_put(struct chan_port *p, struct sk_buff *skb, unsigned off, bool udp)
{
	struct sock *sk = p->sock->sk;
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_addr.s_addr = ip_hdr(skb)->saddr,
				   .sin_port = udp ? udp_hdr(skb)->source : 0 };
	struct gn_chan_dgram h = { .magic = GN_CHAN_MAGIC, .kind = GN_CHAN_DATA, .len = skb->len - off, .namelen = sizeof(sin),
				   .packet = packet_trace_number(skb, GN_CHAN_PACKET_MISS) };
	struct chan_scratch *s = chan_scratch_of(this_vcpu());
	struct msghdr cm = { .msg_control = s->control, .msg_controllen = sizeof(s->control) };
	struct iovec iov[3] = { { &h, sizeof(h) }, { s->control, 0 }, { NULL, h.len } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 3 };
	uint32_t before;
	size_t len;
	ssize_t n;

	iov[2].iov_base = h.len ? skb_header_pointer(skb, off, h.len) : &h;
	if (!iov[2].iov_base)
		return -EFAULT;
	memcpy(h.name, &sin, sizeof(sin));
	sock_recv_ts_and_drops(&cm, sk, skb);
	if (udp && unlikely(udp_sk(sk)->gro_enabled))
		udp_cmsg_recv(&cm, skb);
	if (inet_sk(sk)->cmsg_flags)
		ip_cmsg_recv_offset(&cm, sk, skb, (int)off, 0);
	h.control = (uint16_t)((unsigned char *)cm.msg_control - s->control);
	h.flags = (unsigned)cm.msg_flags;
	iov[1].iov_len = h.control;
	len = sizeof(h) + h.control + h.len;
	before = unread_measure(p, len);
	n = sendmsg(p->pub.fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (h.control)
		memset(s->control, 0, h.control);
	if (n < 0)
		return -errno;
	skb->destructor = NULL; /* its charge is the list's */
	skb->sk = NULL;
	unread_add(p, len, skb->truesize, before);
	return 0;
}

/*
 * The head of the receive queue goes to the program: true when that was possible. A full pair, and one whose other end is
 * closed, leave it where it was.
 */
static bool chan_deliver_skb(struct chan_port *p)
{
	struct sock *sk = p->sock->sk;
	bool udp = port_is_udp(p);
	struct sk_buff *skb = skb_dequeue(&sk->sk_receive_queue);
	int off, err;

	if (!skb)
		return false;
	packet_trace_switch(skb);
	off = payload_offset(sk, skb, udp);
	if (off < 0) {
		bool slow = lock_sock_fast(sk);

		skb_kill_datagram(sk, skb, 0, SKB_DROP_REASON_UDP_CSUM_READ);
		unlock_sock_fast(sk, slow);
		return true;
	}
	err = chan_put(p, skb, (unsigned)off, udp);
	if (err == -EAGAIN || err == -ENOBUFS || err == -EPIPE || err == -ECONNRESET) {
		spin_lock(&sk->sk_receive_queue.lock);
		__skb_queue_head(&sk->sk_receive_queue, skb);
		spin_unlock(&sk->sk_receive_queue.lock);
		p->out_full = err == -EAGAIN || err == -ENOBUFS;
		return false;
	}
	if (err) {
		atomic_inc(&sk->sk_drops);
		if (udp)
			UDP_INC_STATS(UDP_MIB_INERRORS, IS_UDPLITE(sk));
	}
	skb_free_datagram_locked(sk, skb);
	return true;
}

void chan_deliver(struct doorbell *bell)
{
	struct chan_port *p = container_of(bell, struct chan_port, bell);
	struct trace_work w;
	unsigned n = 0;

	if (!p->sock)
		return;
	if (p->unread_n >= CHAN_UNREAD)
		unread_settle(p);
	w = trace_work_save();
	while (!p->out_full && n < CHAN_BURST && chan_deliver_skb(p))
		n++;
	trace_work_restore(w);
	if (n == CHAN_BURST)
		doorbell_mark(bell); /* after the others */
	chan_error(p);
	if (p->in_full && may_send(p))
		p->in_full = false;
	port_watch(p);
}

/* Tell the program, once, that the socket has an error: its descriptor becomes readable, and it asks. */
static void chan_error(struct chan_port *p)
{
	struct sock *sk = p->sock->sk;
	struct gn_chan_dgram h = { .magic = GN_CHAN_MAGIC, .kind = GN_CHAN_ERROR, .error = READ_ONCE(sk->sk_err) };
	uint32_t before;

	if (p->token || p->out_full || (!h.error && skb_queue_empty(&sk->sk_error_queue)))
		return;
	before = unread_measure(p, sizeof(h));
	if (send(p->pub.fd, &h, sizeof(h), MSG_DONTWAIT | MSG_NOSIGNAL) == sizeof(h)) {
		p->token = true;
		unread_add(p, sizeof(h), 0, before);
	} else {
		p->out_full = errno == EAGAIN;
	}
}
