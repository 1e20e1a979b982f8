/* SPDX-License-Identifier: MIT */
/*
 * calls.c - the calls of a program about its sockets, done by the stack in the same process (client/client.h)
 *
 * Theory of operation
 *   call_begin() says which socket it is and enters the vCPU;
 *   call_end() settles the token and leaves. The program's memory is used where it lies. What changes more than one socket, or the devices,
 *   is done as the control thread. Nothing that may wait is done inside: a receive or send that must wait leaves, sleeps in host_wait() and
 *   tries again. So a thread that is cancelled, or a handler that jumps away, leaves nothing behind but a note (struct note) that it was
 *   waiting; its next call, or its end, takes that back.
 *   poll() has no way to say whether the handler that interrupted it wants calls to be restarted, so after it all handlers are asked: the call
 *   goes on when each wants that.
 *   A handler that makes a call while its thread is inside the vCPU gets EAGAIN.
 * Threads: any. Owns: the note of each thread. Mirrors: net/socket.c.
 */
#include "embed/embed.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>

#include "chan/chan.h"
#include "kernel/wait.h"

#define NO_SUCH_IOCTL 515 /* ENOIOCTLCMD */

/* Of a thread: who it is in the stack, which descriptors it has met, and that it waits. */
struct note {
	struct task task;
	struct known {
		struct client_id id; /* kind CLIENT_FOREIGN: nothing is known */
		int fd;
		uint32_t age;	     /* as of embed.fds_age */
	} known[8];
	struct esock *waits;  /* here, */
	const void *frame;   /* in a call of this frame */
	bool made;
};
static __attribute__((tls_model("initial-exec"))) _Thread_local struct note note;
static pthread_key_t note_key; /* its destructor takes back what an ending thread has noted */

static int call_sleep(struct call *c, unsigned events, uint64_t deadline, bool timed);

/* --- begin and end --- */

/* The wait that is noted was left by a jump, or by the end of the thread. */
static void note_drop(void)
{
	struct esock *p = note.waits;

	note.waits = NULL;
	host_wait_end(p->e);
	vcpu_enter(p->e->v, &note.task);
	p->waiters--;
	p->readers--;
	if (p->sock && !p->readers)
		esock_settle(p, -1);
	esock_put(p);
	vcpu_leave(p->e->v);
}

static void note_end(void *unused)
{
	if (note.waits && embed_get())
		note_drop();
}

static __attribute__((constructor)) void note_load(void)
{
	BUG_ON(pthread_key_create(&note_key, note_end));
}

static void note_make(void)
{
	char comm[16] = "";

	prctl(PR_GET_NAME, comm);
	task_init(&note.task, comm, (int)raw3(SYS_gettid, 0, 0, 0), false);
	pthread_setspecific(note_key, &note);
	note.made = true;
}

/* Outside the vCPU: the stack, for a thread that may enter it. */
static int thread_begin(struct call *c)
{
	c->saved_errno = errno;
	c->e = embed_get();
	if (!c->e)
		return -ENETDOWN;
	if (this_vcpu())
		return -EAGAIN; /* a signal handler that came in between */
	pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &c->cancel);
	if (unlikely(!note.made))
		note_make();
	c->nested = false;
	if (unlikely(note.waits)) {
		if ((const char *)note.frame <= (const char *)c) /* a handler is deeper */
			note_drop();
		else
			c->nested = true;
	}
	return 0;
}

static void thread_end(struct call *c)
{
	int ignored;

	pthread_setcanceltype(c->cancel, &ignored);
	errno = c->saved_errno;
}

/*
 * What @fd is, without a system call when this thread knows it and nothing was closed since (fds.c). 0 to 2 are never known: libc itself moves
 * others there.
 */
static void identify(struct embed *e, int fd, struct client_id *id)
{
	struct known *k = &note.known[(unsigned)fd % ARRAY_SIZE(note.known)];
	const uint32_t age = e ? __atomic_load_n(&e->fds_age, __ATOMIC_ACQUIRE) : 0;

	if (likely(e && k->fd == fd && k->age == age && k->id.kind != CLIENT_FOREIGN)) {
		*id = k->id;
		return;
	}
	client_id_of(fd, id);
	if (e && fd > STDERR_FILENO && id->id)
		*k = (struct known){ *id, fd, age };
}

int call_begin(struct call *c, int fd)
{
	struct client_id id;
	int ret = thread_begin(c);

	if (ret)
		return ret;
	identify(c->e, fd, &id);
	c->fd = fd;
	vcpu_enter(c->e->v, &note.task);
	c->p = esock_find(c->e, id.id);
	if (c->p)
		return 0;
	vcpu_leave(c->e->v);
	thread_end(c);
	return id.kind == CLIENT_FOREIGN ? -ENOTSOCK : -ENETDOWN;
}

long call_end(struct call *c, long ret)
{
	if (likely(c->p->sock))
		esock_settle(c->p, c->fd);
	else
		esock_put(c->p);
	vcpu_leave(c->e->v);
	thread_end(c);
	return ret;
}

enum client_kind client_kind(int fd)
{
	struct client_id id;

	identify(embed_peek(), fd, &id);
	return id.kind;
}

/* --- waiting --- */

bool call_restarts(void)
{
	struct {
		void (*handler)(int);
		unsigned long flags;
		void (*restorer)(void);
		uint64_t mask;
	} sa;

	for (int sig = 1; sig < _NSIG; sig++) {
		if (sig == 32 || sig == 33 /* libc's own */ || raw6(SYS_rt_sigaction, sig, 0, (long)(uintptr_t)&sa, _NSIG / 8, 0, 0))
			continue;
		if (sa.handler != SIG_DFL && sa.handler != SIG_IGN && !(sa.flags & SA_RESTART))
			return false;
	}
	return true;
}

static bool may_wait(const struct call *c, int flags)
{
	const uint32_t age = __atomic_load_n(&c->e->flags_age, __ATOMIC_ACQUIRE);

	if (flags & MSG_DONTWAIT)
		return false;
	if (unlikely(c->p->flags_age != age)) {
		c->p->nonblock = raw3(SYS_fcntl, c->fd, F_GETFL, 0) & O_NONBLOCK;
		c->p->flags_age = age;
	}
	return !c->p->nonblock;
}

/* The end of a wait of @timeo jiffies. */
static uint64_t wait_deadline(const struct call *c, long timeo)
{
	return timeo == MAX_SCHEDULE_TIMEOUT ? UINT64_MAX : c->e->v->now + (uint64_t)timeo * c->e->v->m->tick_ns;
}

/*
 * Inside the vCPU and back there: until one of @events is there, 0; -EAGAIN at the deadline, -EINTR. The thread that waits is where cancellation
 * acts.
 */
static int call_sleep(struct call *c, unsigned events, uint64_t deadline, bool timed)
{
	struct vcpu *v = c->e->v;
	struct esock *p = c->p;
	int err = 0, ignored;
	uint64_t next;

	for (;;) {
		next = vcpu_run(v, v->now);
		if (!p->sock)
			return -EBADF;
		if (sock_poll(p->sock) & events)
			return 0;
		if (err == -EINTR && (timed || !call_restarts()))
			return err;
		if (v->now >= deadline)
			return -EAGAIN;
		if (!next) {
			vcpu_update_time(v);
			continue;
		}
		p->waiters++;
		vcpu_leave(v);
		note.frame = c;
		if (!c->nested)
			note.waits = p;
		pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &ignored);
		err = host_wait(c->e, deadline, next);
		pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &ignored);
		if (!c->nested)
			note.waits = NULL;
		vcpu_enter(v, &note.task);
		p->waiters--;
	}
}

/* --- names --- */

const char *client_env(const char *name)
{
	return getenv(name);
}

int client_socket(int domain, int type, int protocol)
{
	struct call c;
	sigset_t saved;
	int ret = domain == AF_NETLINK ? -EPROTONOSUPPORT : thread_begin(&c);

	if (ret)
		return ret;
	if (domain != AF_INET) {
		thread_end(&c);
		return domain == AF_NETLINK ? -EPROTONOSUPPORT : -EAFNOSUPPORT;
	}
	esock_reap(c.e);
	control_begin(&saved);
	ret = esock_new(c.e, domain, type, protocol);
	control_end(c.e, &saved);
	thread_end(&c);
	return ret;
}

/* A call that changes the socket: as the control thread, behind all closes that were made before. */
static int change(int fd, int (*fn)(struct socket *sock, const void *arg, socklen_t len, const int *more), const void *arg, socklen_t len,
		  const int *more)
{
	struct embed *e = embed_get();
	struct call c;
	sigset_t saved;
	int ret;

	if (!e)
		return -ENETDOWN;
	if (this_vcpu())
		return -EAGAIN;
	esock_reap(e);
	control_begin(&saved);
	ret = call_begin(&c, fd);
	if (!ret)
		ret = (int)call_end(&c, fn(c.p->sock, arg, len, more));
	control_end(e, &saved);
	return ret;
}

static int do_bind(struct socket *sock, const void *arg, socklen_t len, const int *more)
{
	return sock_bind(sock, arg, len);
}

static int do_connect(struct socket *sock, const void *arg, socklen_t len, const int *more)
{
	return sock_connect(sock, arg, len);
}

static int do_setsockopt(struct socket *sock, const void *arg, socklen_t len, const int *more)
{
	return sock_call_setsockopt(sock, more[0], more[1], arg, len);
}

static int do_shutdown(struct socket *sock, const void *arg, socklen_t len, const int *more)
{
	return sock_shutdown(sock, *more);
}

int client_bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	if (len > sizeof(struct sockaddr_storage))
		return -EINVAL;
	return len && !addr ? -EFAULT : change(fd, do_bind, addr, len, NULL);
}

int client_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	if (len > sizeof(struct sockaddr_storage))
		return -EINVAL;
	return len && !addr ? -EFAULT : change(fd, do_connect, addr, len, NULL);
}

int client_setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	const int more[2] = { level, name };

	if ((int)len < 0)
		return -EINVAL;
	return len && !value ? -EFAULT : change(fd, do_setsockopt, value, len, more);
}

int client_shutdown(int fd, int how)
{
	return change(fd, do_shutdown, NULL, 0, &how);
}

static int getname(int fd, struct sockaddr *addr, socklen_t *len, int peer)
{
	struct call c;
	int ret;

	if (!len || !addr)
		return -EFAULT;
	if ((int)*len < 0)
		return -EINVAL;
	ret = call_begin(&c, fd);
	return ret ? ret : (int)call_end(&c, sock_getname(c.p->sock, addr, len, peer));
}

int client_getsockname(int fd, struct sockaddr *addr, socklen_t *len)
{
	return getname(fd, addr, len, 0);
}

int client_getpeername(int fd, struct sockaddr *addr, socklen_t *len)
{
	return getname(fd, addr, len, 1);
}

int client_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	struct call c;
	int ret;

	if (!len || (*len && !value))
		return -EFAULT;
	if ((int)*len < 0)
		return -EINVAL;
	ret = call_begin(&c, fd);
	return ret ? ret : (int)call_end(&c, sock_call_getsockopt(c.p->sock, level, name, value, len));
}

bool client_error_waits(int fd)
{
	struct call c;

	if (call_begin(&c, fd))
		return false;
	return call_end(&c, (sock_poll(c.p->sock) & (POLLERR | POLLIN)) == POLLERR);
}

/* --- data --- */

ssize_t client_send(int fd, const struct msghdr *msg, int flags, enum gn_chan_span_call call)
{
	struct msghdr m = *msg;
	uint64_t deadline = 0;
	struct call c;
	long ret = call_begin(&c, fd);

	(void)call; /* the stack's own functions are its trace */
	if (ret)
		return ret;
	while ((ret = sock_sendmsg(c.p->sock, &m, flags | MSG_DONTWAIT | MSG_NOSIGNAL)) == -EAGAIN) {
		const long timeo = c.p->sock->sk->sk_sndtimeo;

		if (!deadline && !may_wait(&c, flags))
			break;
		if (!deadline)
			deadline = wait_deadline(&c, timeo);
		m = *msg;
		c.p->readers++; /* it may be closed meanwhile */
		ret = call_sleep(&c, POLLOUT | POLLERR, deadline, timeo != MAX_SCHEDULE_TIMEOUT);
		c.p->readers--;
		if (ret)
			break;
	}
	if (deadline)
		host_wait_end(c.e);
	return call_end(&c, ret);
}

static bool msg_is_good(const struct msghdr *msg)
{
	for (size_t i = 0; i < msg->msg_iovlen; i++)
		if ((ssize_t)msg->msg_iov[i].iov_len < 0)
			return false;
	return true;
}

ssize_t client_recv(int fd, struct msghdr *msg, int flags, enum gn_chan_span_call call)
{
	struct msghdr m = *msg;
	uint64_t deadline = 0;
	struct call c;
	long ret;

	(void)call; /* the stack's own functions are its trace */
	if (msg->msg_iovlen > 1024 /* UIO_MAXIOV */)
		return -EMSGSIZE;
	if (!msg_is_good(msg))
		return -EINVAL;
	ret = call_begin(&c, fd);
	if (ret)
		return ret;
	c.p->readers++;
	while ((ret = sock_recvmsg(c.p->sock, &m, flags | MSG_DONTWAIT)) == -EAGAIN && !(flags & MSG_ERRQUEUE)) {
		const long timeo = c.p->sock->sk->sk_rcvtimeo;

		if (!deadline && !may_wait(&c, flags))
			break;
		if (!deadline)
			deadline = wait_deadline(&c, timeo);
		m = *msg;
		ret = call_sleep(&c, POLLIN | POLLERR | POLLHUP, deadline, timeo != MAX_SCHEDULE_TIMEOUT);
		if (ret)
			break;
	}
	c.p->readers--;
	if (ret >= 0)
		*msg = m;
	if (deadline)
		host_wait_end(c.e);
	return call_end(&c, ret);
}

/* --- requests by number --- */

static int socket_ioctl(int fd, unsigned request, void *arg)
{
	struct call c;
	int ret = call_begin(&c, fd);

	if (ret == -ENOTSOCK)
		return -NO_SUCH_IOCTL;
	if (!ret && !arg)
		return (int)call_end(&c, -EFAULT);
	return ret ? ret : (int)call_end(&c, sock_ioctl(c.p->sock, request, arg));
}

/* The command lies behind the pointer in the request; it and its answer are copied. */
static int ethtool_ioctl(struct embed *e, struct ifreq *ifr)
{
	size_t len = IFNAMSIZ + client_ethtool_size(ifr->ifr_data);
	char *buf = calloc(1, GN_CHAN_DATA_MAX);
	int ret;

	if (!buf)
		return -ENOMEM;
	memcpy(buf, ifr->ifr_name, IFNAMSIZ);
	memcpy(buf + IFNAMSIZ, ifr->ifr_data, len - IFNAMSIZ);
	ret = chan_dev_ioctl(e->net, SIOCETHTOOL, buf, &len, &embed_cred);
	if (ret >= 0 && len > IFNAMSIZ)
		memcpy(ifr->ifr_data, buf + IFNAMSIZ, len - IFNAMSIZ);
	free(buf);
	return ret;
}

int client_ioctl(int fd, unsigned long request, void *arg)
{
	size_t size = request == SIOCETHTOOL ? sizeof(struct ifreq) : client_ioctl_size(request);
	struct ifreq *ifr = arg;
	struct embed *e;
	sigset_t saved;
	int ret;

	if (request == FIONBIO)
		client_passes(SYS_ioctl, (const long[6]){ fd, FIONBIO });
	if (request == FIONREAD || request == SIOCOUTQ)
		return socket_ioctl(fd, (unsigned)request, arg);
	if (!size)
		return -NO_SUCH_IOCTL;
	if (!arg || (request == SIOCETHTOOL && !ifr->ifr_data))
		return -EFAULT;
	e = control_begin(&saved);
	if (!e)
		return -ENETDOWN;
	ret = request == SIOCETHTOOL ? ethtool_ioctl(e, ifr) : chan_dev_ioctl(e->net, (unsigned)request, arg, &size, &embed_cred);
	control_end(e, &saved);
	return ret;
}
