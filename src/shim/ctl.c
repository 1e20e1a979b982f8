/* SPDX-License-Identifier: MIT */
/*
 * ctl.c - requests of the control socket with raw system calls (<glassnet/uapi/ctl.h>)
 *
 * Theory of operation
 *   One connection for each request: nothing is kept, so fork, exec and a program that closes all descriptors break nothing. Where the
 *   daemon is, GLASSNET_SOCKET says. A request lies on the stack, its data stay where they are; answers are read into pages mapped for
 *   the time of the request, since a signal handler's stack may be small. The daemon is believed but not trusted with memory: what is
 *   longer than its message is -EPROTO.
 *   Called by: files.c, dir.c, hooks_names.c, ioctl.c. Calls: the kernel. Owns: nothing.
 * Threads: any, and signal handlers, and children of vfork. A signal does not end a request; ten seconds without an answer do.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <glassnet/uapi/ctl.h>

#include "client/raw.h"
#include "shim/files.h"

#define TIMEOUT_S 10
#define SEQ 1

/* A request for a file: all but the data. */
struct request {
	struct nlmsghdr nlh;
	struct gn_ctl_hdr hdr;
	struct nlattr path;
	char text[NLA_ALIGN(SHIM_PATH_MAX) + 2 * NLA_HDRLEN]; /* the path, an empty attribute, the head of the data */
};

typedef long answer_fn(void *arg, const struct nlmsghdr *nlh);

static size_t request_init(struct request *r, unsigned type, const char *path, bool trunc);
static long ask(const struct iovec *iov, size_t n, answer_fn *cb, void *arg);
static long talk(int fd, const struct iovec *iov, size_t n, char *buf, answer_fn *cb, void *arg);
static long datagram(const char *buf, size_t len, answer_fn *cb, void *arg, bool *ret_end);
static const struct nlattr **parse(const struct nlmsghdr *nlh, const struct nlattr **tb);

/* --- requests --- */

struct reader {
	int fd;
	long size;
};

static long read_cb(void *arg, const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[GN_ATTR_MAX_PLUS1];
	struct reader *rd = arg;
	size_t done = 0, len;

	if (!parse(nlh, tb) || !tb[GN_ATTR_DATA])
		return -EPROTO;
	len = shim_attr_len(tb[GN_ATTR_DATA]);
	while (done < len) {
		long n = raw6(SYS_pwrite64, rd->fd, shim_ptr((const char *)shim_attr_data(tb[GN_ATTR_DATA]) + done), (long)(len - done),
			      rd->size, 0, 0);

		if (n <= 0)
			return n ? n : -EIO;
		done += (size_t)n;
		rd->size += n;
	}
	return 0;
}

long shim_ctl_read(const char *path, int fd)
{
	struct reader rd = { .fd = fd };
	struct request r;
	struct iovec iov = { &r, request_init(&r, GN_CTL_READ, path, false) };
	long ret = ask(&iov, 1, read_cb, &rd);

	return ret < 0 ? ret : rd.size;
}

long shim_ctl_write(const char *path, const void *buf, size_t len)
{
	struct request r;
	size_t n = request_init(&r, GN_CTL_WRITE, path, false);
	struct nlattr data = { .nla_type = GN_ATTR_DATA };
	struct iovec iov[2] = { { &r, n + NLA_HDRLEN }, { (void *)(uintptr_t)buf, len < SHIM_CTL_WRITE ? len : SHIM_CTL_WRITE } };
	long ret;

	data.nla_len = (uint16_t)(NLA_HDRLEN + iov[1].iov_len);
	memcpy((char *)&r + n, &data, NLA_HDRLEN);
	r.nlh.nlmsg_len = (uint32_t)(iov[0].iov_len + iov[1].iov_len);
	ret = ask(iov, 2, NULL, NULL);
	return ret < 0 ? ret : (long)iov[1].iov_len;
}

long shim_ctl_may_write(const char *path, bool trunc)
{
	struct request r;
	struct iovec iov = { &r, request_init(&r, GN_CTL_WRITE, path, trunc) };
	long ret = ask(&iov, 1, NULL, NULL);

	return ret == -EPERM ? -EACCES : ret;
}

static long stat_cb(void *arg, const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[GN_ATTR_MAX_PLUS1], *mode, *ino;
	struct ctl_stat *st = arg;

	mode = parse(nlh, tb) ? tb[GN_ATTR_MODE] : NULL;
	ino = mode ? tb[GN_ATTR_COUNT] : NULL;
	if (!ino || shim_attr_len(mode) != sizeof(st->mode) || shim_attr_len(ino) != sizeof(st->ino))
		return -EPROTO;
	memcpy(&st->mode, shim_attr_data(mode), sizeof(st->mode));
	memcpy(&st->ino, shim_attr_data(ino), sizeof(st->ino));
	return 0;
}

long shim_ctl_stat(const char *path, struct ctl_stat *ret_st)
{
	struct request r;
	struct iovec iov = { &r, request_init(&r, GN_CTL_STAT, path, false) };

	return ask(&iov, 1, stat_cb, ret_st);
}

struct lister {
	long (*cb)(void *arg, const char *name, uint32_t mode);
	void *arg;
};

static long list_cb(void *arg, const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[GN_ATTR_MAX_PLUS1], *name;
	struct lister *l = arg;
	uint32_t mode;

	name = parse(nlh, tb) ? tb[GN_ATTR_NAME] : NULL;
	if (!name || !tb[GN_ATTR_MODE] || shim_attr_len(tb[GN_ATTR_MODE]) != sizeof(mode) ||
	    !memchr(shim_attr_data(name), 0, shim_attr_len(name)))
		return -EPROTO;
	memcpy(&mode, shim_attr_data(tb[GN_ATTR_MODE]), sizeof(mode));
	return l->cb(l->arg, shim_attr_data(name), mode);
}

long shim_ctl_list(const char *path, long (*cb)(void *arg, const char *name, uint32_t mode), void *arg)
{
	struct lister l = { cb, arg };
	struct request r;
	struct iovec iov = { &r, request_init(&r, GN_CTL_LIST, path, false) };

	return ask(&iov, 1, list_cb, &l);
}

long shim_ctl_dump(unsigned type, answer_fn *cb, void *arg)
{
	struct {
		struct nlmsghdr nlh;
		char body[sizeof(struct ifinfomsg)]; /* all zeros: any family, any device; the longest of them */
	} r = { .nlh = { .nlmsg_type = (uint16_t)type, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP, .nlmsg_seq = SEQ } };
	struct iovec iov = { &r, NLMSG_HDRLEN };

	iov.iov_len += type == RTM_GETLINK ? sizeof(struct ifinfomsg) : sizeof(struct ifaddrmsg);
	r.nlh.nlmsg_len = (uint32_t)iov.iov_len;
	return ask(&iov, 1, cb, arg);
}

/* Its length; what follows is put behind it. */
static size_t request_init(struct request *r, unsigned type, const char *path, bool trunc)
{
	size_t n = strlen(path) + 1, len = offsetof(struct request, text) + NLA_ALIGN(n);
	const struct nlattr empty = { .nla_len = NLA_HDRLEN, .nla_type = GN_ATTR_TRUNC };

	memset(r, 0, sizeof(*r));
	r->nlh.nlmsg_type = (uint16_t)type;
	r->nlh.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	r->nlh.nlmsg_seq = SEQ;
	r->hdr.version = GN_CTL_VERSION;
	r->path.nla_type = GN_ATTR_PATH;
	r->path.nla_len = (uint16_t)(NLA_HDRLEN + n);
	memcpy(r->text, path, n);
	if (trunc) {
		memcpy((char *)r + len, &empty, NLA_HDRLEN);
		len += NLA_HDRLEN;
	}
	r->nlh.nlmsg_len = (uint32_t)len;
	return len;
}

/* --- one connection --- */

static const char *socket_path(void)
{
	static const char key[] = "GLASSNET_SOCKET=";

	for (char **e = environ; e && *e; e++)
		if (!strncmp(*e, key, sizeof(key) - 1))
			return *e + sizeof(key) - 1;
	return NULL;
}

struct timespec shim_ctl_since(void)
{
	struct stat st;
	const char *path = socket_path();

	if (!path || raw6(SYS_newfstatat, AT_FDCWD, shim_ptr(path), shim_ptr(&st), 0, 0, 0))
		return (struct timespec){ 0, 0 };
	return st.st_mtim;
}

static long dial(void)
{
	const struct timeval tv = { .tv_sec = TIMEOUT_S };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	const char *path = socket_path();
	size_t len = path ? strlen(path) : 0;
	long fd, ret;

	if (!len || len >= sizeof(un.sun_path))
		return -ENETDOWN;
	memcpy(un.sun_path, path, len + 1);
	fd = raw3(SYS_socket, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	raw6(SYS_setsockopt, fd, SOL_SOCKET, SO_SNDTIMEO, shim_ptr(&tv), sizeof(tv), 0);
	raw6(SYS_setsockopt, fd, SOL_SOCKET, SO_RCVTIMEO, shim_ptr(&tv), sizeof(tv), 0);
	do
		ret = raw3(SYS_connect, fd, shim_ptr(&un), sizeof(un));
	while (ret == -EINTR);
	if (!ret)
		return fd;
	raw3(SYS_close, fd, 0, 0);
	return ret == -EACCES ? ret : -ENETDOWN;
}

static long ask(const struct iovec *iov, size_t n, answer_fn *cb, void *arg)
{
	long fd = dial(), buf, ret;

	if (fd < 0)
		return fd;
	buf = raw6(SYS_mmap, 0, GN_CTL_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (buf < 0 && buf > -4096) {
		raw3(SYS_close, fd, 0, 0);
		return buf;
	}
	ret = talk((int)fd, iov, n, shim_addr(buf), cb, arg);
	raw3(SYS_munmap, buf, GN_CTL_MAX, 0);
	raw3(SYS_close, fd, 0, 0);
	return ret;
}

static long talk(int fd, const struct iovec *iov, size_t n, char *buf, answer_fn *cb, void *arg)
{
	struct msghdr msg = { .msg_iov = (struct iovec *)(uintptr_t)iov, .msg_iovlen = n };
	bool end = false;
	long ret;

	do
		ret = raw3(SYS_sendmsg, fd, shim_ptr(&msg), MSG_NOSIGNAL);
	while (ret == -EINTR);
	if (ret < 0)
		return ret == -EFAULT ? ret : -ENETDOWN;
	for (ret = 0; !ret && !end;) {
		long len = raw6(SYS_recvfrom, fd, shim_ptr(buf), GN_CTL_MAX, MSG_TRUNC, 0, 0);

		if (len == -EINTR)
			continue;
		if (len <= 0)
			return -ENETDOWN;
		ret = len > GN_CTL_MAX ? -EPROTO : datagram(buf, (size_t)len, cb, arg, &end);
	}
	return ret;
}

/* All messages of a datagram: 0, the daemon's verdict, or what @cb made of an answer. */
static long datagram(const char *buf, size_t len, answer_fn *cb, void *arg, bool *ret_end)
{
	size_t off = 0;

	while (off < len) {
		const struct nlmsghdr *nlh = (const void *)(buf + off);
		const int32_t *error = NLMSG_DATA(nlh);
		long ret = 0;

		if (len - off < sizeof(*nlh) || nlh->nlmsg_len < sizeof(*nlh) || nlh->nlmsg_len > len - off)
			return -EPROTO;
		off += NLMSG_ALIGN(nlh->nlmsg_len);
		if (nlh->nlmsg_seq != SEQ)
			continue; /* news, not an answer */
		if (nlh->nlmsg_type == NLMSG_ERROR || nlh->nlmsg_type == NLMSG_DONE) {
			*ret_end = true;
			if (nlh->nlmsg_len < NLMSG_HDRLEN + sizeof(*error))
				return nlh->nlmsg_type == NLMSG_DONE ? 0 : -EPROTO;
			return *error > 0 || *error < -4095 ? -EPROTO : *error;
		}
		if (cb)
			ret = cb(arg, nlh);
		if (ret)
			return ret;
	}
	return 0;
}

static const struct nlattr **parse(const struct nlmsghdr *nlh, const struct nlattr **tb)
{
	if (nlh->nlmsg_type != GN_CTL_DATA)
		return NULL;
	shim_attrs(nlh, sizeof(struct gn_ctl_hdr), tb, GN_ATTR_MAX_PLUS1);
	return tb;
}
