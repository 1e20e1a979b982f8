/* SPDX-License-Identifier: MIT */
/*
 * data.c - datagrams of a program, over its end of the pair
 *
 * Theory of operation
 *   Each message begins with struct gn_chan_dgram, read into a variable beside the caller's buffers. Control messages lie between it and the
 *   datagram: they land at the front of the caller's buffers, a spare buffer takes what that pushes out at the end, and everything is
 *   moved forward. The kernel's MSG_PEEK, MSG_DONTWAIT, time-outs, signals and wake-ups serve as they are.
 *   A message of kind GN_CHAN_ERROR says that there is an error to ask for. It comes in the order of the datagrams.
 */
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <string.h>

#include "client/client_impl.h"

#define IOV_MOST 1024
#define PLAIN_FLAGS (MSG_DONTWAIT | MSG_NOSIGNAL | MSG_CONFIRM | MSG_DONTROUTE)

size_t client_iov_len(const struct msghdr *msg)
{
	size_t total = 0;

	for (size_t i = 0; i < msg->msg_iovlen; i++)
		total += msg->msg_iov[i].iov_len;
	return total;
}

/* 0, or what Linux says of a message like that. */
static int msg_check(const struct msghdr *msg)
{
	size_t total = 0;

	if (msg->msg_iovlen > IOV_MOST)
		return -EMSGSIZE;
	for (size_t i = 0; i < msg->msg_iovlen; i++) {
		if ((ssize_t)msg->msg_iov[i].iov_len < 0 || (total += msg->msg_iov[i].iov_len) > SSIZE_MAX)
			return -EINVAL;
	}
	return 0;
}

/* --- errors that wait --- */

/* The errno that the socket has, which is cleared; 0: none. Negative: the daemon is gone. */
static int take_error(int fd, const struct client_id *id, bool waits)
{
	struct client_call c;

	client_call_init(&c, GN_CHAN_TAKE_ERROR, id);
	c.call.arg[0] = waits;
	return client_call(&c, fd);
}

bool client_error_waits(int fd)
{
	struct gn_chan_dgram h;
	struct iovec iov = { &h, sizeof(h) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	return sys3(SYS_recvmsg, fd, &msg, MSG_PEEK | MSG_DONTWAIT) == sizeof(h) && h.magic == GN_CHAN_MAGIC && h.kind == GN_CHAN_ERROR;
}

/* Take the message that tells of an error, if it is at the head: true. */
static bool drop_token(int fd)
{
	struct gn_chan_dgram h;
	struct iovec iov = { &h, sizeof(h) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	return client_error_waits(fd) && sys3(SYS_recvmsg, fd, &msg, MSG_DONTWAIT) > 0;
}

int client_pending(int fd, const struct client_id *id)
{
	return drop_token(fd) ? take_error(fd, id, false) : 0;
}

/* --- send --- */

static long send_pair(int fd, const struct msghdr *msg, int flags, size_t len, uint32_t cookie)
{
	struct gn_chan_dgram h;
	struct iovec *iov = __builtin_alloca((1 + msg->msg_iovlen) * sizeof(*iov));
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 1 + msg->msg_iovlen };
	long ret;

	memset(&h, 0, sizeof(h));
	h.magic = GN_CHAN_MAGIC;
	h.kind = GN_CHAN_DATA;
	h.flags = (uint32_t)(flags & (MSG_CONFIRM | MSG_DONTROUTE));
	h.len = (uint32_t)len;
	h.packet = cookie;
	if (msg->msg_name && msg->msg_namelen) {
		h.namelen = sizeof(h.name);
		memcpy(h.name, msg->msg_name, sizeof(h.name));
	}
	iov[0] = (struct iovec){ &h, sizeof(h) };
	for (size_t i = 0; i < msg->msg_iovlen; i++)
		iov[1 + i] = msg->msg_iov[i];
	ret = sys3(SYS_sendmsg, fd, &m, (flags & MSG_DONTWAIT) | MSG_NOSIGNAL);
	if (ret >= 0)
		return (long)len;
	return ret == -EPIPE || ret == -ECONNRESET || ret == -ENOTCONN ? -ENETDOWN : ret;
}

bool client_may_wait(int fd, int flags)
{
	return !(flags & MSG_DONTWAIT) && !(sys3(SYS_fcntl, fd, 3 /* F_GETFL */, 0) & 04000 /* O_NONBLOCK */);
}

static long send_call(int fd, const struct client_id *id, const struct msghdr *msg, int flags, size_t len, uint32_t cookie)
{
	struct client_call c;
	long ret;

	client_call_init(&c, GN_CHAN_SENDTO, id);
	c.call.arg[0] = flags;
	c.call.arg[1] = (int)cookie;
	if (msg->msg_name) {
		c.call.namelen = msg->msg_namelen < sizeof(c.call.name) ? msg->msg_namelen : sizeof(c.call.name);
		memcpy(c.call.name, msg->msg_name, c.call.namelen);
	}
	if (msg->msg_control && msg->msg_controllen) {
		if (msg->msg_controllen > GN_CHAN_CONTROL_MAX)
			return -ENOBUFS;
		c.control = msg->msg_control;
		c.call.control = (uint32_t)msg->msg_controllen;
	}
	c.out = msg->msg_iov;
	c.n_out = msg->msg_iovlen;
	c.call.len = (uint32_t)len;
	for (;;) {
		struct timespec pause = { .tv_nsec = 1000000 };

		ret = client_call(&c, fd);
		if (ret != -EAGAIN || !client_may_wait(fd, flags))
			return ret;
		ret = sys3(SYS_nanosleep, &pause, 0, 0); /* until the send buffer has room */
		if (ret < 0)
			return ret;
	}
}

static long send_any(int fd, const struct client_id *id, const struct msghdr *msg, int flags, uint32_t cookie)
{
	socklen_t namelen = msg->msg_name ? msg->msg_namelen : 0;
	size_t len = client_iov_len(msg);
	struct client_verdict v = { .key = 0 };
	long ret;

	if (len > 0xffff)
		return -EMSGSIZE;
	if (!namelen) { /* connected: an error of an earlier datagram is the result of this call */
		ret = client_pending(fd, id);
		if (ret)
			return ret < 0 ? ret : -ret;
	}
	if (!(flags & ~PLAIN_FLAGS) && !(msg->msg_control && msg->msg_controllen) && (!namelen || namelen == sizeof(struct sockaddr_in)))
		v = client_verdict_of(fd, id, msg->msg_name, namelen);
	if (client_verdict(v, len))
		return send_pair(fd, msg, flags, len, cookie);
	ret = send_call(fd, id, msg, flags, len, cookie);
	if (ret >= 0)
		client_verdict_set(v, len);
	return ret;
}

ssize_t client_send(int fd, const struct msghdr *msg, int flags, enum gn_chan_span_call call)
{
	struct client_span s;
	struct client_id id;
	long ret = msg_check(msg);

	if (ret)
		return ret;
	client_span_enter(&s, call);
	client_id_of(fd, &id);
	if (id.kind == CLIENT_NETLINK)
		return send_call(fd, &id, msg, flags & (MSG_DONTWAIT | MSG_NOSIGNAL | MSG_OOB), client_iov_len(msg), 0);
	if (!s.t[GN_SPAN_ENTER])
		return send_any(fd, &id, msg, flags, 0);
	s.packet = client_span_cookie(&s);
	ret = send_any(fd, &id, msg, flags, s.packet);
	if (ret < 0)
		s.packet = 0; /* perhaps it never was one */
	client_span_write(&s, fd, &id);
	return ret;
}

/* --- receive --- */

struct cursor {
	const struct iovec *iov;
	size_t off;
};

static char *cursor_at(struct cursor *c, size_t *room)
{
	while (c->off >= c->iov->iov_len) {
		c->off -= c->iov->iov_len;
		c->iov++;
	}
	*room = c->iov->iov_len - c->off;
	return (char *)c->iov->iov_base + c->off;
}

/* The first @skip of @skip + @len bytes in @iov go to @front, the rest moves forward. */
static void pull_front(const struct iovec *iov, void *front, size_t skip, size_t len)
{
	struct cursor to = { iov, 0 }, from = { iov, 0 };
	size_t n, room;

	for (size_t done = 0; done < skip; done += n, from.off += n) {
		const char *p = cursor_at(&from, &room);

		n = room < skip - done ? room : skip - done;
		memcpy((char *)front + done, p, n);
	}
	for (; len; len -= n, to.off += n, from.off += n) {
		const char *p = cursor_at(&from, &n);
		char *q = cursor_at(&to, &room);

		n = n < room ? n : room;
		n = n < len ? n : len;
		memmove(q, p, n);
	}
}

/* What fits of the control messages in @buf, as the kernel's put_cmsg() would have put them. */
static void give_control(struct msghdr *msg, const unsigned char *buf, size_t len, int *flags)
{
	size_t room = msg->msg_control ? msg->msg_controllen : 0, used = 0, at = 0;
	struct cmsghdr cm;

	while (at + sizeof(cm) <= len) {
		size_t n, step;

		memcpy(&cm, buf + at, sizeof(cm));
		if (cm.cmsg_len < sizeof(cm) || cm.cmsg_len > len - at)
			break;
		if (room - used < sizeof(cm)) {
			*flags |= MSG_CTRUNC;
			break;
		}
		step = CMSG_ALIGN(cm.cmsg_len);
		n = cm.cmsg_len;
		if (n > room - used) {
			*flags |= MSG_CTRUNC;
			n = cm.cmsg_len = room - used;
		}
		memcpy((char *)msg->msg_control + used, buf + at, n);
		memcpy((char *)msg->msg_control + used, &cm, sizeof(cm));
		used += step < room - used ? step : room - used;
		at += step;
	}
	msg->msg_controllen = used;
}

static void give_name(struct msghdr *msg, const void *name, socklen_t len)
{
	if (!msg->msg_name)
		return;
	memcpy(msg->msg_name, name, len < msg->msg_namelen ? len : msg->msg_namelen);
	msg->msg_namelen = len;
}

/* MSG_ERRQUEUE: never waits. */
static ssize_t recv_error(int fd, const struct client_id *id, struct msghdr *msg, int flags)
{
	_Alignas(8) unsigned char control[GN_CHAN_CONTROL_MAX];
	size_t room = client_iov_len(msg);
	struct client_call c;
	int ret;

	client_call_init(&c, GN_CHAN_RECVERR, id);
	c.call.arg[0] = (flags & MSG_TRUNC) | (drop_token(fd) ? GN_CHAN_TOOK : 0);
	c.call.arg[1] = (int)(room < GN_CHAN_DATA_MAX ? room : GN_CHAN_DATA_MAX);
	c.in_control = control;
	c.in = msg->msg_iov;
	c.n_in = msg->msg_iovlen;
	ret = client_call(&c, fd);
	if (ret < 0)
		return ret;
	if (c.reply.control > sizeof(control) || c.reply.namelen > sizeof(c.reply.name))
		return -ENETDOWN;
	msg->msg_flags = (int)c.reply.flags;
	give_name(msg, c.reply.name, c.reply.namelen);
	give_control(msg, control, c.reply.control, &msg->msg_flags);
	return ret;
}

/* The end of file: the other side was shut down, or it is gone. */
static ssize_t recv_end(int fd, const struct client_id *id, struct msghdr *msg)
{
	int err = take_error(fd, id, false);

	if (err)
		return err < 0 ? -ENETDOWN : -err;
	msg->msg_flags = 0;
	msg->msg_controllen = 0;
	if (msg->msg_name)
		msg->msg_namelen = 0;
	return 0;
}

int client_recv_token(int fd, const struct client_id *id, int flags)
{
	int err = flags & MSG_PEEK && !drop_token(fd) ? 0 : take_error(fd, id, true);

	return err < 0 ? err : -err;
}

/* One message: payload bytes that the caller's buffers have, or -errno; 0 with *eof at the end. */
static ssize_t recv_one(int fd, struct msghdr *msg, int flags, struct gn_chan_dgram *h, unsigned char *control, struct client_span *s, bool *eof)
{
	struct iovec *iov = __builtin_alloca((2 + msg->msg_iovlen) * sizeof(*iov));
	unsigned char spare[GN_CHAN_CONTROL_MAX];
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 2 + msg->msg_iovlen };
	size_t room = client_iov_len(msg), n;
	long ret;

	iov[0] = (struct iovec){ h, sizeof(*h) };
	for (size_t i = 0; i < msg->msg_iovlen; i++)
		iov[1 + i] = msg->msg_iov[i];
	iov[1 + msg->msg_iovlen] = (struct iovec){ spare, sizeof(spare) };
	if (!s->t[GN_SPAN_ENTER])
		ret = sys3(SYS_recvmsg, fd, &m, flags & (MSG_PEEK | MSG_DONTWAIT));
	else
		ret = client_span_recvmsg(fd, &m, flags, s);
	*eof = !ret;
	if (ret <= 0)
		return ret == -ECONNRESET ? -ENETDOWN : ret;
	n = (size_t)ret - sizeof(*h);
	if ((size_t)ret < sizeof(*h) || h->magic != GN_CHAN_MAGIC || h->control > GN_CHAN_CONTROL_MAX || h->control > n)
		return -ENETDOWN; /* not from a daemon of ours */
	n -= h->control;
	if (n > room)
		n = room;
	if (h->control)
		pull_front(iov + 1, control, h->control, n);
	return (ssize_t)n;
}

/* A receive that slept when tracing began: where it came to is known from here on. */
static void span_begins_late(struct client_span *s)
{
	if (s->t[GN_SPAN_ENTER] || !client_tracing())
		return;
	memset(s->t, 0, sizeof(s->t));
	s->now = 0;
	client_span_at(s, GN_SPAN_WAKE);
	s->t[GN_SPAN_COPY] = s->now;
}

static ssize_t recv_data(int fd, const struct client_id *id, struct msghdr *msg, int flags, struct client_span *s)
{
	_Alignas(8) unsigned char control[GN_CHAN_CONTROL_MAX];
	struct gn_chan_dgram h;
	ssize_t n;
	bool eof;

	for (;;) {
		n = recv_one(fd, msg, flags, &h, control, s, &eof);
		if (eof)
			return recv_end(fd, id, msg);
		if (n < 0)
			return n;
		if (h.kind == GN_CHAN_DATA)
			break;
		s->t[GN_SPAN_COPY] = 0;
		n = client_recv_token(fd, id, flags);
		if (n)
			return n;
	}
	span_begins_late(s);
	msg->msg_flags = (int)h.flags | (h.len > (size_t)n ? MSG_TRUNC : 0);
	give_name(msg, h.name, sizeof(h.name));
	give_control(msg, control, h.control, &msg->msg_flags);
	s->packet = h.packet;
	if (s->t[GN_SPAN_COPY])
		client_span_at(s, GN_SPAN_COPIED);
	return (flags & MSG_TRUNC) && id->kind != CLIENT_PING ? (ssize_t)h.len : n;
}

ssize_t client_recv(int fd, struct msghdr *msg, int flags, enum gn_chan_span_call call)
{
	ssize_t n = msg_check(msg);
	struct client_span s;
	struct client_id id;

	if (n)
		return n;
	client_span_enter(&s, call);
	client_id_of(fd, &id);
	if (id.kind == CLIENT_NETLINK)
		return client_netlink_recv(fd, &id, msg, flags);
	if ((flags & MSG_OOB) && id.kind != CLIENT_UDP)
		return -EOPNOTSUPP;
	if (flags & MSG_ERRQUEUE)
		return recv_error(fd, &id, msg, flags);
	if (client_page(fd, &id) && !s.t[GN_SPAN_ENTER])
		client_span_enter(&s, call); /* this process has the page only now */
	if (s.t[GN_SPAN_ENTER])
		client_span_at(&s, GN_SPAN_FOUND);
	s.t[GN_SPAN_COPY] = s.t[GN_SPAN_COPIED] = 0;
	s.packet = 0;
	n = recv_data(fd, &id, msg, flags, &s);
	if (!s.t[GN_SPAN_COPIED])
		s.t[GN_SPAN_COPY] = 0;
	if (s.t[GN_SPAN_ENTER] || s.t[GN_SPAN_COPY])
		client_span_write(&s, fd, &id);
	return n;
}
