/* SPDX-License-Identifier: MIT */
/*
 * app.c - programs that have their sockets here: the socket where calls are answered, descriptors, readiness
 *
 * Theory of operation
 *   Beside the control socket lies one of mode 0666: as on a kernel, anybody may have sockets; SO_PEERCRED says what else he may. Each
 *   connection brings one request (<glassnet/uapi/chan.h>), which chan/ answers; then it is closed. The descriptors that chan/ asks for are
 *   made here, and the page that programs map; each port's is watched by the loop of its vCPU's thread, whose callback enters the vCPU, as a system call of the program would; a
 *   netlink socket's by that of the main thread.
 *   Hostile by assumption: at most MAX_CONNS connections wait for their request, the oldest gives way; descriptors that nobody asked for
 *   are closed; when descriptors run out the spare one is given up to accept and close, and accepting pauses for a second.
 * Threads: the main thread (RTNL); port_cb() and the watchers of ports that of the vCPU.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "chan/chan.h"
#include "daemon/daemon.h"
#include "tracefs/tracefs.h"

#define MAX_CONNS 256
#define ACCEPT_BURST 16
#define MAX_FDS 4 /* that a request may try to bring; one is looked at */

struct app {
	struct daemon *d;
	struct chan *chan;
	int fd, spare, page_fd;
	struct gn_chan_page *page; /* NULL: this kernel cannot seal it */
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	char shown[PATH_MAX]; /* the same, absolute */
	ev_io accept;
	ev_timer resume;
	struct list_head conns; /* oldest first */
	unsigned n_conns;
	struct chan_msg msg;
	unsigned char buf[GN_CHAN_CALL_MAX];
};

struct conn {
	struct app *a;
	int fd;
	struct ucred cred;
	ev_io io;
	struct list_head list;
};

struct watch { /* of a port */
	ev_io io;
	struct app *a;
	struct port *port;
};

static void accept_cb(struct ev_loop *loop, ev_io *w, int revents);
static void resume_cb(struct ev_loop *loop, ev_timer *w, int revents);
static void conn_cb(struct ev_loop *loop, ev_io *w, int revents);
static void conn_free(struct conn *c);
static void port_cb(struct ev_loop *loop, ev_io *w, int revents);

/* --- descriptors of ports --- */

static socklen_t abstract(struct sockaddr_un *un, char letter, uint64_t id, const char *path)
{
	int n;

	*un = (struct sockaddr_un){ .sun_family = AF_UNIX };
	n = snprintf(un->sun_path + 1, sizeof(un->sun_path) - 1, "gn/%c/%016lx%s", letter, (unsigned long)id, path);
	if (n >= (int)sizeof(un->sun_path) - 1)
		n = GN_CHAN_NAME_LEN - 1; /* no room for the path: only the id */
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);
}

/* The room for one datagram of any size in each direction, and more. */
static void pair_room(int fd)
{
	int room = 2 * 65536;

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
}

static int pair_name(struct app *a, const int fd[2], char letter, uint64_t id)
{
	struct sockaddr_un un;
	socklen_t len = abstract(&un, letter, id, "");

	if (bind(fd[1], (struct sockaddr *)&un, len))
		return -errno;
	len = abstract(&un, 'd', id, a->shown);
	return bind(fd[0], (struct sockaddr *)&un, len) ? -errno : 0;
}

static int app_open(void *ctx, struct port *port, char letter, uint64_t id, bool nonblock, uint64_t *ino)
{
	struct watch *w = calloc(1, sizeof(*w));
	struct app *a = ctx;
	struct stat st;
	int err, fd[2];

	if (!w)
		return -ENOMEM;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd)) {
		err = errno == EMFILE ? -ENFILE : -errno; /* the program's own table is not full */
		free(w);
		return err;
	}
	err = pair_name(a, fd, letter, id);
	if (!err && (fstat(fd[1], &st) || (nonblock && fcntl(fd[1], F_SETFL, O_NONBLOCK))))
		err = -errno;
	if (err) {
		close(fd[0]);
		close(fd[1]);
		free(w);
		return err;
	}
	pair_room(fd[0]);
	pair_room(fd[1]);
	w->a = a;
	w->port = port;
	ev_io_init(&w->io, port_cb, fd[0], EV_READ);
	port->fd = fd[0];
	port->host = w;
	*ino = st.st_ino;
	return fd[1];
}

static struct ev_loop *port_loop(const struct app *a, const struct port *port)
{
	return port->cpu == PORT_RTNL ? a->d->loop : vcpu_thread_loop(a->d, port->cpu);
}

static void app_watch(void *ctx, struct port *port, unsigned events)
{
	struct app *a = ctx;
	struct ev_loop *loop = port_loop(a, port);
	struct watch *w = port->host;

	ev_io_stop(loop, &w->io);
	ev_io_set(&w->io, port->fd, (events & POLLIN ? EV_READ : 0) | (events & POLLOUT ? EV_WRITE : 0));
	if (events)
		ev_io_start(loop, &w->io);
}

static void app_close(void *ctx, struct port *port)
{
	struct app *a = ctx;
	struct watch *w = port->host;

	ev_io_stop(port_loop(a, port), &w->io);
	close(port->fd);
	free(w);
	port->host = NULL;
}

static int app_page(void *ctx)
{
	const struct app *a = ctx;
	int fd = fcntl(a->page_fd, F_DUPFD_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

/* A thread's name, or its process's; none when neither can be read. */
static void lane_comm(uint32_t pid, uint32_t tid, char comm[16])
{
	char path[64];
	ssize_t n = 0;
	int fd;

	for (int whole = 0; whole < 2 && n <= 0; whole++) {
		if (whole)
			snprintf(path, sizeof(path), "/proc/%u/comm", pid);
		else
			snprintf(path, sizeof(path), "/proc/%u/task/%u/comm", pid, tid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		n = fd < 0 ? 0 : read(fd, comm, 15);
		if (fd >= 0)
			close(fd);
	}
	comm[n > 0 ? n : 0] = 0;
	comm[strcspn(comm, "\n")] = 0;
}

static bool lane_alive(uint32_t pid)
{
	return !kill((pid_t)pid, 0) || errno != ESRCH;
}

static int app_trace(void *ctx, uint32_t pid, uint32_t uid)
{
	static const struct tracefs_lane_ops lane_ops = { .comm = lane_comm, .alive = lane_alive };
	struct app *a = ctx;
	struct gn_chan_area *area;
	int err, fd;

	if (!tracefs_armed(a->d->net))
		return -EAGAIN;
	fd = memfd_create("glassnet-trace", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -errno;
	if (ftruncate(fd, sizeof(*area)) || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		goto fail;
	area = mmap(NULL, sizeof(*area), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
	if (area == MAP_FAILED)
		goto fail;
	area->magic = GN_CHAN_AREA_MAGIC;
	area->size = sizeof(*area);
	err = tracefs_lane_add(a->d->net, area, pid, uid, &lane_ops);
	if (!err)
		return fd;
	close(fd);
	return err;
fail:
	err = -errno;
	close(fd);
	return err;
}

static const struct chan_ops ops = {
	.open = app_open, .watch = app_watch, .close = app_close, .page = app_page, .trace = app_trace
};

/* Memory that is ours to write and others' to read. Without it each send of a program is a call. */
static void page_make(struct app *a)
{
	void *p;

	a->page_fd = memfd_create("glassnet-page", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (a->page_fd < 0 || ftruncate(a->page_fd, sizeof(*a->page)))
		goto out;
	p = mmap(NULL, sizeof(*a->page), PROT_READ | PROT_WRITE, MAP_SHARED, a->page_fd, 0);
	if (p == MAP_FAILED)
		goto out;
	a->page = p;
	if (!fcntl(a->page_fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL)) {
		chan_set_page(a->chan, a->page);
		return;
	}
	munmap(p, sizeof(*a->page));
	a->page = NULL;
out:
	pr_warn(&a->d->log, "no page for programs (%s): each of their sends waits for its answer", strerror(errno));
}

static void port_cb(struct ev_loop *loop, ev_io *io, int revents)
{
	struct watch *w = (struct watch *)io;

	(void)loop;
	chan_ready(w->a->chan, w->port, (revents & EV_READ ? POLLIN : 0) | (revents & EV_WRITE ? POLLOUT : 0));
}

/* --- requests --- */

static void msg_cred(struct chan_msg *m, const struct ucred *cred)
{
	bool all = !cred->uid || cred->uid == geteuid();

	m->cred = (struct cred){ .uid = cred->uid, .gid = cred->gid, .net_admin = all, .net_raw = all, .net_bind_service = all };
}

/* The descriptors that came along: their number; all but the first of them are closed. */
static unsigned take_fds(struct msghdr *msg, int *fd)
{
	unsigned n = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < (c->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++) {
			int got;

			memcpy(&got, CMSG_DATA(c) + i * sizeof(int), sizeof(got));
			if (n++)
				close(got);
			else
				*fd = got;
		}
	}
	return n;
}

static void conn_reply(struct conn *c, struct chan_msg *m, bool recverr)
{
	union {
		struct cmsghdr hdr;
		char buf[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov[3] = { { &m->reply, sizeof(m->reply) }, { m->control, recverr ? sizeof(m->control) : m->reply.control },
				{ m->data, m->reply.len } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 3 };

	if (m->fd >= 0) {
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
		control.hdr = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int)) };
		memcpy(CMSG_DATA(&control.hdr), &m->fd, sizeof(m->fd));
	}
	sendmsg(c->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL); /* who does not take it is gone, and so is what it was about */
	if (m->fd >= 0)
		close(m->fd);
}

/* Read and answer: false while there is nothing to read. */
static bool conn_serve(struct conn *c)
{
	union {
		struct cmsghdr hdr;
		char buf[CMSG_SPACE(MAX_FDS * sizeof(int))];
	} control;
	struct app *a = c->a;
	struct iovec iov = { a->buf, sizeof(a->buf) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };
	struct chan_msg *m = &a->msg;
	unsigned n_fds;
	struct stat st;
	ssize_t n;
	int fd = -1;

	n = recvmsg(c->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0)
		return true;
	n_fds = take_fds(&msg, &fd);
	m->buf = a->buf;
	m->len = (size_t)n;
	m->has_fd = n_fds > 0;
	m->ino = fd >= 0 && !fstat(fd, &st) && S_ISSOCK(st.st_mode) ? st.st_ino : 0;
	if (n_fds > 1 || (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
		m->len = 0; /* not well formed */
	msg_cred(m, &c->cred);
	m->pid = c->cred.pid;
	chan_call(a->chan, m);
	conn_reply(c, m, m->len && ((const struct gn_chan_call *)m->buf)->op == GN_CHAN_RECVERR && m->reply.result >= 0);
	if (fd >= 0)
		close(fd); /* perhaps the last one: then the end of file comes now */
	return true;
}

static void conn_cb(struct ev_loop *loop, ev_io *io, int revents)
{
	struct conn *c = io->data;

	(void)loop;
	(void)revents;
	if (conn_serve(c))
		conn_free(c);
}

/* --- connections --- */

static void conn_free(struct conn *c)
{
	ev_io_stop(c->a->d->loop, &c->io);
	list_del(&c->list);
	c->a->n_conns--;
	close(c->fd);
	free(c);
}

static void resume_cb(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct app *a = w->data;

	(void)revents;
	ev_io_start(loop, &a->accept);
}

static void out_of_fds(struct app *a)
{
	int fd;

	close(a->spare);
	fd = accept4(a->fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0)
		close(fd);
	a->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ev_io_stop(a->d->loop, &a->accept);
	ev_timer_set(&a->resume, 1., 0.);
	ev_timer_start(a->d->loop, &a->resume);
}

static bool conn_accept(struct app *a)
{
	int fd = accept4(a->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	socklen_t len = sizeof(struct ucred);
	struct conn *c;

	if (fd < 0) {
		if ((errno == EMFILE || errno == ENFILE) && a->spare >= 0)
			out_of_fds(a);
		return false;
	}
	if (a->n_conns >= MAX_CONNS)
		conn_free(list_first_entry(&a->conns, struct conn, list));
	c = calloc(1, sizeof(*c));
	if (!c || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c->cred, &len)) {
		free(c);
		close(fd);
		return true;
	}
	c->a = a;
	c->fd = fd;
	ev_io_init(&c->io, conn_cb, fd, EV_READ);
	c->io.data = c;
	list_add_tail(&c->list, &a->conns);
	a->n_conns++;
	if (conn_serve(c)) /* as a rule the request is there already */
		conn_free(c);
	else
		ev_io_start(a->d->loop, &c->io);
	return true;
}

static void accept_cb(struct ev_loop *loop, ev_io *w, int revents)
{
	struct app *a = w->data;

	(void)loop;
	(void)revents;
	for (int i = 0; i < ACCEPT_BURST && conn_accept(a); i++)
		;
}

/* --- start and stop --- */

int app_listen(struct daemon *d, struct extack *err)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct app *a = calloc(1, sizeof(*a));
	int ret = 0;
	mode_t mask;

	if (!a)
		return -ENOMEM;
	a->d = d;
	a->fd = a->spare = a->page_fd = -1;
	INIT_LIST_HEAD(&a->conns);
	d->app = a;
	if (snprintf(a->path, sizeof(a->path), "%s" GN_CHAN_SUFFIX, d->socket_path) >= (int)sizeof(a->path)) {
		extack_set(err, "socket path %s is longer than %zu", d->socket_path, sizeof(a->path) - 1 - strlen(GN_CHAN_SUFFIX));
		return -ENAMETOOLONG;
	}
	unlink(a->path); /* the control socket is ours, so this one was a dead daemon's */
	a->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	a->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	memcpy(un.sun_path, a->path, sizeof(un.sun_path));
	mask = umask(0111);
	if (a->fd < 0 || bind(a->fd, (struct sockaddr *)&un, sizeof(un)) || !realpath(a->path, a->shown))
		ret = -errno;
	umask(mask);
	if (ret)
		extack_set(err, "socket %s: %s", a->path, strerror(-ret));
	return ret;
}

int app_start(struct daemon *d, struct extack *err)
{
	struct app *a = d->app;
	struct rlimit lim;

	if (!getrlimit(RLIMIT_NOFILE, &lim) && lim.rlim_cur < lim.rlim_max) {
		lim.rlim_cur = lim.rlim_max;
		setrlimit(RLIMIT_NOFILE, &lim);
	}
	a->chan = chan_create(d->net, &ops, a);
	if (!a->chan || listen(a->fd, 1024)) {
		extack_set(err, "sockets of programs: %s", a->chan ? strerror(errno) : "out of memory");
		return -ENOMEM;
	}
	page_make(a);
	ev_io_init(&a->accept, accept_cb, a->fd, EV_READ);
	ev_timer_init(&a->resume, resume_cb, 1., 0.);
	a->accept.data = a->resume.data = a;
	ev_io_start(d->loop, &a->accept);
	d->chan = a->chan;
	return 0;
}

void app_stop(struct daemon *d)
{
	struct app *a = d->app;
	struct conn *c, *next;

	if (!a)
		return;
	list_for_each_entry_safe(c, next, &a->conns, list)
		conn_free(c);
	if (a->chan) {
		ev_io_stop(d->loop, &a->accept);
		ev_timer_stop(d->loop, &a->resume);
		d->chan = NULL;
		chan_destroy(a->chan);
	}
	if (a->page)
		munmap(a->page, sizeof(*a->page));
	if (a->page_fd >= 0)
		close(a->page_fd);
	if (a->fd >= 0) {
		close(a->fd);
		unlink(a->path);
	}
	if (a->spare >= 0)
		close(a->spare);
	free(a);
	d->app = NULL;
}
