/* SPDX-License-Identifier: MIT */
/*
 * conn.c - one connection to the control socket
 *
 * Theory of operation
 *   A request goes out as one datagram of a SOCK_SEQPACKET socket. Its answer ends with NLMSG_DONE
 *   or NLMSG_ERROR (0 is an acknowledgement); before that may come any number of messages. The
 *   daemon is not trusted: a datagram that is cut off, a message longer than its datagram, an error
 *   without its header or a text without an end is -EPROTO, and nothing of it is used.
 *   Called by: cli.c. Owns: the socket and one buffer.
 * Threads: one. Refuses: to wait longer than timeout_ms for the next answer.
 */
#include "cli/conn.h"

#include <errno.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int conn_answers(struct conn *c, conn_cb cb, void *arg);
static ssize_t conn_recv(struct conn *c, int64_t deadline);
static int conn_datagram(struct conn *c, size_t len, conn_cb cb, void *arg, bool *mine);
static int conn_error(struct conn *c, const struct nlmsghdr *nlh);

/* --- begin and end --- */

int conn_open(struct conn *c, const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct timeval tv = { .tv_sec = CONN_TIMEOUT_MS / 1000 };
	int fd, ret;

	if (strlen(path) >= sizeof(un.sun_path))
		return -ENAMETOOLONG;
	strcpy(un.sun_path, path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* a daemon that accepts nobody fills its backlog: connect() then waits as sending does */
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	ret = connect(fd, (struct sockaddr *)&un, sizeof(un)) ? -errno : conn_adopt(c, fd);
	if (ret)
		close(fd);
	return ret;
}

int conn_adopt(struct conn *c, int fd)
{
	c->buf = malloc(GN_CTL_MAX);
	if (!c->buf)
		return -ENOMEM;
	c->fd = fd;
	c->seq = 0;
	if (!c->timeout_ms)
		c->timeout_ms = CONN_TIMEOUT_MS;
	return 0;
}

void conn_close(struct conn *c)
{
	if (!c->buf)
		return;
	close(c->fd);
	free(c->buf);
	c->buf = NULL;
}

/* --- a request and its answers --- */

int conn_ask(struct conn *c, struct nl_msg *msg, conn_cb cb, void *arg)
{
	struct nlmsghdr *nlh = nlmsg_hdr(msg);
	ssize_t n;

	nlh->nlmsg_seq = ++c->seq;
	nlh->nlmsg_flags |= NLM_F_REQUEST;
	if (!(nlh->nlmsg_flags & NLM_F_DUMP))
		nlh->nlmsg_flags |= NLM_F_ACK;
	c->why[0] = '\0';
	if (nlh->nlmsg_len > GN_CTL_MAX) {
		snprintf(c->why, sizeof(c->why), "the request is longer than %d bytes", GN_CTL_MAX);
		return -EMSGSIZE;
	}
	do {
		n = send(c->fd, nlh, nlh->nlmsg_len, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n < 0) {
		bool late = errno == EAGAIN;

		snprintf(c->why, sizeof(c->why), "%s",
			 late ? "the daemon takes no requests" : strerror(errno));
		return late ? -ETIMEDOUT : -ECONNRESET;
	}
	return conn_answers(c, cb, arg);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static int conn_answers(struct conn *c, conn_cb cb, void *arg)
{
	int64_t deadline = now_ms() + c->timeout_ms;

	for (;;) {
		bool mine = false;
		ssize_t n = conn_recv(c, deadline);
		int ret = n < 0 ? (int)n : conn_datagram(c, (size_t)n, cb, arg, &mine);

		if (ret)
			return ret > 0 ? 0 : ret;
		if (mine)
			deadline = now_ms() + c->timeout_ms;
	}
}

/* One datagram into c->buf: its length, or -errno with c->why. */
static ssize_t conn_recv(struct conn *c, int64_t deadline)
{
	for (;;) {
		struct pollfd pfd = { .fd = c->fd, .events = POLLIN };
		struct iovec iov = { c->buf, GN_CTL_MAX };
		struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
		int64_t left = deadline - now_ms();
		int ready = poll(&pfd, 1, left > 0 ? (int)left : 0);
		ssize_t n;

		if (ready < 0 && errno == EINTR)
			continue;
		if (!ready) {
			snprintf(c->why, sizeof(c->why),
				 "the daemon did not answer within %g s: busy, or stopped",
				 c->timeout_ms / 1000.);
			return -ETIMEDOUT;
		}
		n = recvmsg(c->fd, &mh, MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n <= 0) {
			snprintf(c->why, sizeof(c->why), "the daemon hung up%s%s", n ? ": " : "",
				 n ? strerror(errno) : "");
			return -ECONNRESET;
		}
		if (mh.msg_flags & MSG_TRUNC) {
			snprintf(c->why, sizeof(c->why), "an answer is longer than %d bytes",
				 GN_CTL_MAX);
			return -EPROTO;
		}
		return n;
	}
}

/* All messages of a datagram: 1 the answer is complete, 0 more to come, or -errno. */
static int conn_datagram(struct conn *c, size_t len, conn_cb cb, void *arg, bool *mine)
{
	size_t off = 0;

	while (off < len) {
		const struct nlmsghdr *nlh = (const void *)(c->buf + off);
		int ret = 0;

		if (len - off < sizeof(*nlh) || nlh->nlmsg_len < sizeof(*nlh) ||
		    nlh->nlmsg_len > len - off) {
			snprintf(c->why, sizeof(c->why), "an answer is malformed");
			return -EPROTO;
		}
		off += NLMSG_ALIGN(nlh->nlmsg_len);
		if (nlh->nlmsg_seq != c->seq)
			continue;
		*mine = true;
		if (nlh->nlmsg_type == NLMSG_ERROR || nlh->nlmsg_type == NLMSG_DONE) {
			ret = conn_error(c, nlh);
			return ret ? ret : 1;
		}
		if (cb && nlh->nlmsg_type != NLMSG_NOOP)
			ret = cb(arg, nlh);
		if (ret) {
			if (!c->why[0])
				snprintf(c->why, sizeof(c->why), "%s", ret == -EPROTO
					 ? "an answer is malformed" : strerror(-ret));
			return ret;
		}
	}
	return 0;
}

/* The verdict of NLMSG_ERROR or NLMSG_DONE: 0 or -errno with the daemon's text in c->why. */
static int conn_error(struct conn *c, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *e = NLMSG_DATA(nlh);
	bool done = nlh->nlmsg_type == NLMSG_DONE;
	size_t off = NLMSG_HDRLEN + sizeof(*e);

	if (done && nlh->nlmsg_len < NLMSG_HDRLEN + sizeof(e->error))
		return 0;
	if ((!done && nlh->nlmsg_len < off) || e->error > 0) {
		snprintf(c->why, sizeof(c->why), "an answer is malformed");
		return -EPROTO;
	}
	if (!e->error)
		return 0;
	snprintf(c->why, sizeof(c->why), "%s", strerror(-e->error));
	if (done || !(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return e->error;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED)) {
		if (e->msg.nlmsg_len < sizeof(e->msg) || e->msg.nlmsg_len > nlh->nlmsg_len)
			return e->error;
		off += NLMSG_ALIGN(e->msg.nlmsg_len) - sizeof(e->msg);
	}
	while (off + sizeof(struct nlattr) <= nlh->nlmsg_len) {
		const struct nlattr *a = (const void *)((const char *)nlh + off);

		if (a->nla_len < NLA_HDRLEN || a->nla_len > nlh->nlmsg_len - off)
			break;
		if ((a->nla_type & NLA_TYPE_MASK) == NLMSGERR_ATTR_MSG)
			snprintf(c->why, sizeof(c->why), "%.*s", a->nla_len - NLA_HDRLEN,
				 (const char *)(a + 1));
		off += NLA_ALIGN(a->nla_len);
	}
	return e->error;
}

/* The socket closes before the process ends: wait for that too where it can be seen from here. */
int conn_wait_end(struct conn *c)
{
	int64_t deadline = now_ms() + c->timeout_ms, left;
	struct ucred cred = { .pid = 0 };
	socklen_t len = sizeof(cred);
	struct pollfd pfd = { .fd = -1, .events = POLLIN };
	ssize_t n;

	if (!getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) && cred.pid > 0 &&
	    cred.pid != getpid())
		pfd.fd = (int)syscall(SYS_pidfd_open, cred.pid, 0);
	do {
		n = conn_recv(c, deadline);
	} while (n >= 0 || n == -EPROTO);
	if (n != -ECONNRESET || pfd.fd < 0) {
		if (pfd.fd >= 0)
			close(pfd.fd);
		return n == -ECONNRESET ? 0 : (int)n;
	}
	left = deadline - now_ms();
	n = poll(&pfd, 1, left > 0 ? (int)left : 0);
	close(pfd.fd);
	return n ? 0 : -ETIMEDOUT;
}

/* --- messages of this socket's own types --- */

struct nl_msg *conn_request(int type)
{
	struct gn_ctl_hdr hdr = { .version = GN_CTL_VERSION };
	struct nl_msg *msg = nlmsg_alloc_size(8192); /* a path of 4096 fits */

	if (msg && (!nlmsg_put(msg, 0, 0, type, 0, NLM_F_REQUEST) ||
		    nlmsg_append(msg, &hdr, sizeof(hdr), NLMSG_ALIGNTO))) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

int conn_parse(const struct nlmsghdr *nlh, struct nlattr **tb)
{
	static const struct nla_policy policy[GN_ATTR_MAX_PLUS1] = {
		[GN_ATTR_PATH] = { .type = NLA_STRING },  [GN_ATTR_NAME] = { .type = NLA_STRING },
		[GN_ATTR_MODE] = { .type = NLA_U32 },	  [GN_ATTR_KEY] = { .type = NLA_STRING },
		[GN_ATTR_VALUE] = { .type = NLA_STRING }, [GN_ATTR_CLASS] = { .type = NLA_U32 },
		[GN_ATTR_LAYER] = { .type = NLA_STRING }, [GN_ATTR_COUNT] = { .type = NLA_U64 },
		[GN_ATTR_TEXT] = { .type = NLA_STRING },  [GN_ATTR_ABI] = { .type = NLA_U32 },
	};

	if (nlh->nlmsg_type != GN_CTL_DATA ||
	    nlh->nlmsg_len < NLMSG_HDRLEN + sizeof(struct gn_ctl_hdr) ||
	    ((const struct gn_ctl_hdr *)NLMSG_DATA(nlh))->version != GN_CTL_VERSION ||
	    nlmsg_parse((struct nlmsghdr *)(uintptr_t)nlh, sizeof(struct gn_ctl_hdr), tb,
			GN_ATTR_MAX, (struct nla_policy *)(uintptr_t)policy) < 0)
		return -EPROTO;
	return 0;
}
