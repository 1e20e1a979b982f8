/* SPDX-License-Identifier: MIT */
/*
 * esock.c - sockets of a stack in the same process, and the descriptors that the program holds for them
 *
 * Theory of operation
 *   A socket is found by the number in its descriptor's name. What is readable has a token in the pair; it is written at the end of a run
 *   (doorbell) unless a thread is inside a receive, which takes the data itself and settles the token when it leaves. Only a call can take
 *   a token out, for only a call knows the program's end; we keep no copy of it, else its last close would not be seen.
 *   A run with news writes another token while few are there: edge-triggered epoll wants an edge for each.
 *   What a program writes to the descriptor by a way that is not hooked is, on a connected socket, a datagram.
 * Owns: struct esock, our end of each pair. Threads: inside the vCPU, esock_new() and esock_reap() enter it.
 * Mirrors: the part of net/socket.c that ties a socket to a file. See chan/chan.c for the same with the program elsewhere.
 */
#include "embed/embed.h"

#include <errno.h>
#include <linux/un.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/hash.h"

#define TOKENS_MOST 16
#define NATIVE_MOST 64

static void esock_ready(struct sock *sk);
static void esock_error(struct sock *sk);
static void esock_ring(struct doorbell *bell);
static int esock_pair(struct esock *p, int type, int pair[2]);
static void esock_start(struct esock *p);
static void esock_close(struct esock *p);
static bool esock_native(struct esock *p);

/* The stack is the program's own. */
const struct cred embed_cred = { .net_admin = true, .net_raw = true, .net_bind_service = true };

/* --- begin --- */

int esock_new(struct embed *e, int domain, int type, int protocol)
{
	struct esock *p = calloc(1, sizeof(*p));
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = p };
	int pair[2], ret;

	if (!p)
		return -ENOMEM;
	p->e = e;
	INIT_LIST_HEAD(&p->promised);
	vcpu_enter(e->v, NULL);
	do
		p->id = rng_u64(&e->v->rng);
	while (!p->id || esock_find(e, p->id));
	ret = sock_create(e->net, &embed_cred, domain, type, protocol, &p->sock);
	vcpu_leave(e->v);
	if (ret) {
		free(p);
		return ret;
	}
	p->sock->cred.uid = p->sock->sk->sk_uid = geteuid();
	p->sock->cred.gid = getegid();
	p->kind = p->sock->type == SOCK_RAW ? CLIENT_RAW : p->sock->sk->sk_protocol == IPPROTO_ICMP ? CLIENT_PING : CLIENT_UDP;
	ret = esock_pair(p, type, pair);
	if (!ret && epoll_ctl(e->host.closed_fd, EPOLL_CTL_ADD, p->fd, &ev)) {
		ret = -errno;
		sys3(SYS_close, pair[0], 0, 0);
		fds_disown(p->fd);
		sys3(SYS_close, p->fd, 0, 0);
	}
	vcpu_enter(e->v, NULL);
	if (ret)
		sock_release(p->sock);
	else
		esock_start(p);
	vcpu_leave(e->v);
	if (ret)
		free(p);
	return ret ? ret : pair[0];
}

static int esock_pair(struct esock *p, int type, int pair[2])
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	const int flags = type & (SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct stat st;
	int n;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | flags, 0, pair))
		return -errno;
	n = 1 + snprintf(un.sun_path + 1, sizeof(un.sun_path) - 1, "gn/%c/%016llx", p->kind == CLIENT_RAW ? 'r' : p->kind == CLIENT_PING ? 'p' : 'u',
			 (unsigned long long)p->id);
	p->fd = host_raise_fd(pair[1]);
	sys3(SYS_bind, pair[0], &un, offsetof(struct sockaddr_un, sun_path) + (size_t)n);
	if (!fstat(pair[0], &st))
		p->sock->ino = st.st_ino;
	return 0;
}

static void esock_start(struct esock *p)
{
	struct sock *sk = p->sock->sk;

	p->sock->nonblock = true; /* who waits does so outside */
	doorbell_init(&p->bell, p->e->v, esock_ring);
	lock_sock(sk);
	p->data_ready = sk->sk_data_ready;
	p->error_report = sk->sk_error_report;
	sk->sk_user_data = p;
	sk->sk_data_ready = esock_ready;
	sk->sk_error_report = esock_error;
	release_sock(sk);
	hlist_add_head(&p->node, &p->e->socks[hash_64(p->id, EMBED_HASH_BITS)]);
	p->e->n_socks++;
	doorbell_mark(&p->bell); /* a raw socket receives since it was made */
}

struct esock *esock_find(struct embed *e, uint64_t id)
{
	struct esock *p;

	hlist_for_each_entry(p, &e->socks[hash_64(id, EMBED_HASH_BITS)], node)
		if (p->id == id)
			return p;
	return NULL;
}

/* --- readiness --- */

static void esock_ready(struct sock *sk)
{
	struct esock *p = sk->sk_user_data;

	p->data_ready(sk);
	doorbell_mark(&p->bell);
}

static void esock_error(struct sock *sk)
{
	struct esock *p = sk->sk_user_data;

	p->error_report(sk);
	doorbell_mark(&p->bell);
}

static bool token_put(struct esock *p)
{
	return raw6(SYS_sendto, p->fd, (long)(uintptr_t)"", 1, MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0) == 1;
}

static void esock_ring(struct doorbell *bell)
{
	struct esock *p = container_of(bell, struct esock, bell);

	if (!p->sock || !sock_readable(p->sock))
		return;
	if (p->waiters) {
		host_kick_all(p->e);
		if (list_empty(&p->promised))
			list_add_tail(&p->promised, &p->e->promised);
		p->looks = 0;
	} else if (!p->readers && p->tokens < TOKENS_MOST && token_put(p)) {
		p->tokens++;
	}
}

/* The thread that waited may have gone by a jump; then somebody may be in poll(). Two looks are time enough for one that is there. */
void esock_promises(struct embed *e)
{
	struct esock *p, *next;

	vcpu_enter(e->v, NULL);
	list_for_each_entry_safe(p, next, &e->promised, promised) {
		if (sock_readable(p->sock) && !p->looks++)
			continue;
		list_del_init(&p->promised);
		if (sock_readable(p->sock) && !p->tokens && token_put(p))
			p->tokens++;
	}
	vcpu_leave(e->v);
}

void esock_settle(struct esock *p, int fd)
{
	char c;

	if (sock_readable(p->sock)) {
		if (p->waiters)
			host_kick_all(p->e);
		else if (!p->tokens && token_put(p))
			p->tokens++;
		return;
	}
	for (; p->tokens && fd >= 0; p->tokens--)
		if (raw6(SYS_recvfrom, fd, (long)(uintptr_t)&c, 1, MSG_DONTWAIT, 0, 0) < 0)
			break;
	if (fd >= 0)
		p->tokens = 0;
}

/* --- end --- */

static void esock_close(struct esock *p)
{
	struct socket *sock = p->sock;
	struct sock *sk = sock->sk;

	p->sock = NULL;
	hlist_del(&p->node);
	list_del_init(&p->promised);
	p->e->n_socks--;
	fds_disown(p->fd);
	sys3(SYS_close, p->fd, 0, 0); /* epoll forgets it */
	lock_sock(sk);
	sk->sk_data_ready = p->data_ready;
	sk->sk_error_report = p->error_report;
	sk->sk_user_data = NULL;
	release_sock(sk);
	doorbell_cancel(&p->bell);
	sock_release(sock);
	if (p->waiters)
		host_kick_all(p->e);
	esock_put(p);
}

void esock_put(struct esock *p)
{
	if (!p->sock && !p->readers)
		free(p);
}

/* Written behind our back: one datagram each. True: the other end is closed. */
static bool esock_native(struct esock *p)
{
	struct iovec iov = { p->e->native, 0 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	for (int i = 0; i < NATIVE_MOST; i++) {
		long n = raw6(SYS_recvfrom, p->fd, (long)(uintptr_t)p->e->native, sizeof(p->e->native), MSG_DONTWAIT, 0, 0);

		if (n == -EAGAIN || n == -EINTR)
			return false;
		if (n <= 0)
			return true;
		iov.iov_len = (size_t)n;
		if (p->sock->sk->sk_state == TCP_ESTABLISHED)
			sock_sendmsg(p->sock, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	}
	return false;
}

void esock_reap(struct embed *e)
{
	struct epoll_event ev[64];
	long n;

	vcpu_enter(e->v, NULL); /* first: what epoll names is not freed by another thread */
	do {
		n = raw6(SYS_epoll_pwait, e->host.closed_fd, (long)(uintptr_t)ev, 64, 0, 0, _NSIG / 8);
		for (long i = 0; i < n; i++) {
			struct esock *p = ev[i].data.ptr;

			if (esock_native(p))
				esock_close(p);
		}
	} while (n == 64);
	vcpu_leave(e->v);
}
