/* SPDX-License-Identifier: MIT */
/*
 * ctl.c - the control socket: who may connect, and datagrams in and out (<glassnet/uapi/ctl.h>)
 *
 * Theory of operation
 *   A unix SOCK_SEQPACKET socket of mode 0660. SO_PEERCRED says who a client is: root and the daemon's own user may change things, others read. A
 *   datagram holds netlink messages; rtnetlink types go to core/rtnetlink.c, private ones to ctl_req.c. Answers that the client does not
 *   take at once wait in a bounded queue; a client that lets it overflow is cut off. When descriptors run out, the spare one is
 *   given up to accept and close, and accepting pauses for a second.
 *   Hostile by assumption: a datagram is copied once, lengths are checked before bytes, nothing is trusted.
 * Threads: the main thread (RTNL).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/ctl.h"
#include "tracefs/tracefs.h"

struct packet {
	struct list_head list;
	size_t len;
	char data[];
};

struct ctl_client {
	struct nl_client nl;
	struct ctl *ctl;
	int fd;
	pid_t pid;
	ev_io rd, wr;
	struct list_head queue;
	size_t queued;
	bool dead;
	struct list_head list;
};

static void accept_cb(struct ev_loop *loop, ev_io *w, int revents);
static void read_cb(struct ev_loop *loop, ev_io *w, int revents);
static void write_cb(struct ev_loop *loop, ev_io *w, int revents);
static void resume_cb(struct ev_loop *loop, ev_timer *w, int revents);
static void client_free(struct ctl_client *cl);
static int client_send(struct nl_client *nl, const void *buf, size_t len);
static void dispatch(struct ctl *c, struct nl_client *nl, const void *buf, size_t len);

/* --- start and stop --- */

/* Bind to @path, replacing the socket of a daemon that is gone but not of one that lives. */
static int bind_path(int fd, const char *path, struct extack *err)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	mode_t mask;
	int ret, probe;

	if (strlen(path) >= sizeof(un.sun_path)) {
		extack_set(err, "socket path %s is longer than %zu", path, sizeof(un.sun_path) - 1);
		return -ENAMETOOLONG;
	}
	strcpy(un.sun_path, path);
	probe = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (probe < 0)
		return -errno;
	ret = connect(probe, (struct sockaddr *)&un, sizeof(un));
	close(probe);
	if (!ret) {
		extack_set(err, "a glassnetd already answers on %s: choose another --name or --socket", path);
		return -EADDRINUSE;
	}
	if (errno == ECONNREFUSED)
		unlink(path);
	mask = umask(0117);
	ret = bind(fd, (struct sockaddr *)&un, sizeof(un)) ? -errno : 0;
	umask(mask);
	if (ret)
		extack_set(err, "control socket %s: %s", path, strerror(-ret));
	return ret;
}

struct ctl *ctl_start(struct daemon *d, struct extack *err)
{
	struct ctl *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->d = d;
	INIT_LIST_HEAD(&c->clients);
	c->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	c->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (c->fd < 0 || bind_path(c->fd, d->socket_path, err) || listen(c->fd, 64)) {
		if (!err->msg[0])
			extack_set(err, "control socket: %s", strerror(errno));
		if (c->fd >= 0)
			close(c->fd);
		if (c->spare >= 0)
			close(c->spare);
		free(c);
		return NULL;
	}
	ev_io_init(&c->accept, accept_cb, c->fd, EV_READ);
	c->accept.data = c;
	ev_timer_init(&c->resume, resume_cb, 1., 0.);
	c->resume.data = c;
	ev_io_start(d->loop, &c->accept);
	return c;
}

void ctl_stop(struct ctl *c)
{
	struct ctl_client *cl, *next;

	if (!c)
		return;
	list_for_each_entry_safe(cl, next, &c->clients, list) {
		write_cb(c->d->loop, &cl->wr, EV_WRITE); /* the last answers, as far as they are taken */
		client_free(cl);
	}
	ev_io_stop(c->d->loop, &c->accept);
	ev_timer_stop(c->d->loop, &c->resume);
	close(c->fd);
	if (c->spare >= 0)
		close(c->spare);
	unlink(c->d->socket_path);
	free(c->base);
	free(c);
}

/* --- clients --- */

static void resume_cb(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct ctl *c = w->data;

	(void)revents;
	ev_io_start(loop, &c->accept);
}

static void accept_cb(struct ev_loop *loop, ev_io *w, int revents)
{
	struct ctl *c = w->data;
	struct ctl_client *cl;
	struct ucred cred;
	socklen_t len = sizeof(cred);
	int fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)revents;
	if (fd < 0 && (errno == EMFILE || errno == ENFILE) && c->spare >= 0) {
		close(c->spare);
		fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0)
			close(fd);
		c->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
		ev_io_stop(loop, &c->accept);
		ev_timer_set(&c->resume, 1., 0.);
		ev_timer_start(loop, &c->resume);
		return;
	}
	if (fd < 0)
		return;
	cl = c->n_clients < CTL_MAX_CLIENTS && !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) ? calloc(1, sizeof(*cl)) : NULL;
	if (!cl) {
		close(fd);
		return;
	}
	cl->ctl = c;
	cl->fd = fd;
	cl->pid = cred.pid;
	cl->nl = (struct nl_client){ .portid = ++c->last_portid, .admin = !cred.uid || cred.uid == geteuid(), .ext_ack = true, .send = client_send };
	INIT_LIST_HEAD(&cl->queue);
	ev_io_init(&cl->rd, read_cb, fd, EV_READ);
	ev_io_init(&cl->wr, write_cb, fd, EV_WRITE);
	cl->rd.data = cl->wr.data = cl;
	ev_io_start(loop, &cl->rd);
	list_add_tail(&cl->list, &c->clients);
	rtnl_client_add(c->d->net, &cl->nl);
	c->n_clients++;
}

static void client_free(struct ctl_client *cl)
{
	struct packet *p, *next;

	tracefs_release(cl->ctl->d->net, &cl->nl); /* nothing unless it had claimed the tracer */
	trace_thread_poke(cl->ctl->d);
	rtnl_client_del(cl->ctl->d->net, &cl->nl);
	ev_io_stop(cl->ctl->d->loop, &cl->rd);
	ev_io_stop(cl->ctl->d->loop, &cl->wr);
	list_for_each_entry_safe(p, next, &cl->queue, list)
		free(p);
	list_del(&cl->list);
	close(cl->fd);
	cl->ctl->n_clients--;
	free(cl);
}

static void read_cb(struct ev_loop *loop, ev_io *w, int revents)
{
	static const int burst = 16; /* datagrams a client may have handled before others get their turn */
	struct ctl_client *cl = w->data;
	_Alignas(8) char buf[GN_CTL_MAX];

	(void)loop;
	(void)revents;
	for (int i = 0; i < burst && !cl->dead; i++) {
		struct iovec iov = { buf, sizeof(buf) };
		struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 }; /* no room for descriptors: the kernel closes them */
		ssize_t n = recvmsg(cl->fd, &msg, 0);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0 || (msg.msg_flags & MSG_TRUNC)) {
			cl->dead = true;
			break;
		}
		dispatch(cl->ctl, &cl->nl, buf, (size_t)n);
	}
	if (cl->dead)
		client_free(cl);
}

/* Each message of the datagram to its handler; rtnetlink sees its own together, as on a netlink socket. */
static void dispatch(struct ctl *c, struct nl_client *nl, const void *buf, size_t len)
{
	const struct nlmsghdr *nlh = buf;

	if (len >= sizeof(*nlh) && nlh->nlmsg_type < GN_CTL_BASE) {
		rtnetlink_rcv(c->d->net, nl, buf, len);
		return;
	}
	while (len >= sizeof(*nlh) && nlh->nlmsg_len >= sizeof(*nlh) && nlh->nlmsg_len <= len) {
		size_t step = NLMSG_ALIGN(nlh->nlmsg_len);

		ctl_request(c, nl, nlh);
		if (step >= len)
			break;
		len -= step;
		nlh = (const struct nlmsghdr *)(const void *)((const char *)nlh + step);
	}
}

/* One datagram to the client, or into its queue: 0, or -ENOBUFS when it is cut off. */
static int client_send(struct nl_client *nl, const void *buf, size_t len)
{
	struct ctl_client *cl = container_of(nl, struct ctl_client, nl);
	struct packet *p;

	if (cl->dead)
		return -EPIPE;
	if (list_empty(&cl->queue)) {
		if (send(cl->fd, buf, len, MSG_NOSIGNAL) == (ssize_t)len)
			return 0;
		if (errno != EAGAIN) {
			cl->dead = true;
			return -errno;
		}
	}
	p = cl->queued + len <= (cl->nl.admin ? CTL_MAX_QUEUE_ADMIN : CTL_MAX_QUEUE) ? malloc(sizeof(*p) + len) : NULL;
	if (!p) {
		cl->dead = true;
		return -ENOBUFS;
	}
	p->len = len;
	memcpy(p->data, buf, len);
	list_add_tail(&p->list, &cl->queue);
	cl->queued += len;
	ev_io_start(cl->ctl->d->loop, &cl->wr);
	return 0;
}

pid_t ctl_client_pid(const struct nl_client *nl)
{
	return nl->send == client_send ? container_of(nl, const struct ctl_client, nl)->pid : getpid();
}

static void write_cb(struct ev_loop *loop, ev_io *w, int revents)
{
	struct ctl_client *cl = w->data;

	(void)revents;
	while (!list_empty(&cl->queue)) {
		struct packet *p = list_first_entry(&cl->queue, struct packet, list);

		if (send(cl->fd, p->data, p->len, MSG_NOSIGNAL) < 0)
			return; /* later, or the read side learns of the end */
		list_del(&p->list);
		cl->queued -= p->len;
		free(p);
	}
	ev_io_stop(loop, &cl->wr);
}

/* --- the daemon as its own client --- */

struct self_client {
	struct nl_client nl;
	int error;
	char text[160];
};

/* Keep the error and the text of the answer. */
static int self_send(struct nl_client *nl, const void *buf, size_t len)
{
	struct self_client *s = container_of(nl, struct self_client, nl);
	const struct nlmsghdr *nlh = buf;
	const struct nlmsgerr *e = NLMSG_DATA(nlh);
	const struct nlattr *a;
	size_t off = NLMSG_HDRLEN + sizeof(*e);

	if (len < off || nlh->nlmsg_type != NLMSG_ERROR)
		return 0;
	s->error = e->error;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED) && e->error)
		off += NLMSG_ALIGN(e->msg.nlmsg_len) - sizeof(e->msg);
	while (off + sizeof(*a) <= len) {
		a = (const struct nlattr *)(const void *)((const char *)buf + off);
		if (a->nla_len < sizeof(*a) || off + a->nla_len > len)
			break;
		if (a->nla_type == NLMSGERR_ATTR_MSG)
			snprintf(s->text, sizeof(s->text), "%.*s", (int)(a->nla_len - NLA_HDRLEN), (const char *)(a + 1));
		off += NLA_ALIGN(a->nla_len);
	}
	return 0;
}

int ctl_self(struct daemon *d, void *msg, size_t len, struct extack *err)
{
	struct self_client s = { .nl = { .admin = true, .ext_ack = true, .send = self_send } };

	dispatch(d->ctl, &s.nl, msg, len);
	if (s.error)
		extack_set(err, "%s", s.text[0] ? s.text : strerror(-s.error));
	return s.error;
}
