/* SPDX-License-Identifier: MIT */
/*
 * apps.c - small servers inside the daemon: --echo and --discard (RFC 862, 863), for tests and measurements
 *
 * Theory of operation
 *   Each is a UDP socket on vCPU 0 whose sk_data_ready marks a doorbell; the doorbell reads what is there, at most BURST datagrams a ring, and, for
 *   echo, sends each back to where it came from. No thread, no hand-over: the answer leaves in the run that brought the question.
 *   Where a device hands in packets of many datagrams, one (UDP_GRO) goes back as one (UDP_SEGMENT).
 * Context: softirq only marks; the ring runs inside the vCPU with no lock held.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/socket.h"
#include "daemon/daemon.h"
#include "kernel/smp.h"

#define BURST 64
#define BUF_SIZE 65536
#define CONTROL_SIZE 64
#define SOCK_BUF (1 << 20) /* room for a few packets of 64 KB */
#define UDP_SEGMENT_ 103
#define UDP_GRO_ 104

struct app {
	struct doorbell bell;
	struct socket *sock;
	bool echo;
	void (*data_ready)(struct sock *sk);
	char *buf;
	unsigned short port;
	struct net *net;
	int err;
};

struct apps {
	struct app app[2];
	int n;
};

static void app_ready(struct sock *sk)
{
	struct app *a = sk->sk_user_data;

	a->data_ready(sk);
	doorbell_mark(&a->bell);
}

/* The message that was received becomes the one that is sent: what GRO merged, GSO cuts. */
static void app_segment(struct msghdr *msg, char *control)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	uint16_t gso_size;
	int size;

	if (!c || c->cmsg_level != IPPROTO_UDP || c->cmsg_type != UDP_GRO_) {
		msg->msg_control = NULL;
		msg->msg_controllen = 0;
		return;
	}
	memcpy(&size, CMSG_DATA(c), sizeof(size));
	gso_size = (uint16_t)size;
	c->cmsg_type = UDP_SEGMENT_;
	c->cmsg_len = CMSG_LEN(sizeof(gso_size));
	memcpy(CMSG_DATA(c), &gso_size, sizeof(gso_size));
	msg->msg_control = control;
	msg->msg_controllen = CMSG_SPACE(sizeof(gso_size));
}

static void app_ring(struct doorbell *bell)
{
	struct app *a = container_of(bell, struct app, bell);
	char control[CONTROL_SIZE] __attribute__((aligned(8)));
	struct sockaddr_in from;

	for (int i = 0; i < BURST; i++) {
		struct iovec iov = { a->buf, BUF_SIZE };
		struct msghdr msg = { .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1,
				      .msg_control = control, .msg_controllen = sizeof(control) };
		ssize_t n = sock_recvmsg(a->sock, &msg, MSG_DONTWAIT);

		if (n < 0)
			return;
		if (!a->echo)
			continue;
		iov.iov_len = (size_t)n;
		app_segment(&msg, control);
		sock_sendmsg(a->sock, &msg, MSG_DONTWAIT);
	}
	doorbell_mark(bell); /* perhaps more: after the softirqs have had their turn */
}

/* Does a card hand in packets of many datagrams? Only then is it worth the look at every frame. */
static bool app_has_gso(struct net *net)
{
	const struct net_device *dev;

	for_each_netdev_rcu(net, dev)
		if (!(dev->flags & IFF_LOOPBACK) && (dev->features & NETIF_F_GSO_UDP_L4))
			return true;
	return false;
}

static void app_set(struct app *a, int level, int name, int val)
{
	if (!a->err)
		a->err = sock_call_setsockopt(a->sock, level, name, &val, sizeof(val));
}

/* Inside vCPU 0. */
static void app_open(void *arg)
{
	static const struct cred own = { .net_admin = true, .net_raw = true, .net_bind_service = true };
	struct app *a = arg;
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(a->port) };

	a->err = sock_create(a->net, &own, AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0, &a->sock);
	if (a->err)
		return;
	a->err = sock_bind(a->sock, (struct sockaddr *)&sin, sizeof(sin));
	if (a->err) {
		sock_release(a->sock);
		a->sock = NULL;
		return;
	}
	if (app_has_gso(a->net)) {
		app_set(a, SOL_SOCKET, SO_RCVBUFFORCE, SOCK_BUF);
		app_set(a, SOL_SOCKET, SO_SNDBUFFORCE, SOCK_BUF);
		app_set(a, IPPROTO_UDP, UDP_GRO_, 1);
	}
	doorbell_init(&a->bell, this_vcpu(), app_ring);
	a->data_ready = a->sock->sk->sk_data_ready;
	a->sock->sk->sk_user_data = a;
	a->sock->sk->sk_data_ready = app_ready;
}

static void app_close(void *arg)
{
	struct app *a = arg;

	if (!a->sock)
		return;
	doorbell_cancel(&a->bell);
	a->sock->sk->sk_data_ready = a->data_ready;
	sock_release(a->sock);
	a->sock = NULL;
}

static int app_add(struct daemon *d, int port, bool echo, struct extack *err)
{
	struct app *a = &d->apps->app[d->apps->n];

	if (!port)
		return 0;
	a->net = d->net;
	a->port = (unsigned short)port;
	a->echo = echo;
	a->buf = malloc(BUF_SIZE);
	if (!a->buf)
		return -ENOMEM;
	d->apps->n++;
	smp_call(&d->net->m, 0, app_open, a);
	if (a->err)
		extack_set(err, "--%s %d: %s", echo ? "echo" : "discard", port, strerror(-a->err));
	return a->err;
}

int apps_start(struct daemon *d, struct extack *err)
{
	int ret;

	d->apps = calloc(1, sizeof(*d->apps));
	if (!d->apps)
		return -ENOMEM;
	ret = app_add(d, d->opt.echo, true, err);
	return ret ? ret : app_add(d, d->opt.discard, false, err);
}

void apps_stop(struct daemon *d)
{
	if (!d->apps)
		return;
	for (int i = 0; i < d->apps->n; i++) {
		smp_call(&d->net->m, 0, app_close, &d->apps->app[i]);
		free(d->apps->app[i].buf);
	}
	free(d->apps);
	d->apps = NULL;
}
