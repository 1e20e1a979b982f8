/* SPDX-License-Identifier: MIT */
/*
 * chan.c - ports: made, found, ended
 *
 * Theory of operation
 *   The register (by id) and the users' quotas are RTNL's. A port is made by RTNL, which then visits the port's vCPU to make the socket
 *   there. It ends inside that vCPU, when its descriptor says end of file: socket and descriptor close at once; what the register has is
 *   garbage of RCU, so that RTNL takes it out. A call that finds the port in between gets EBADF.
 *   The three callbacks of the sock do what they did and mark the doorbell; they may run on any vCPU.
 * Owns: struct chan, ports, users, the scratch of each vCPU. Mirrors: the part of net/socket.c that ties a socket to a file.
 */
#include <errno.h>
#include <poll.h>

#include "chan/chan_impl.h"
#include "kernel/slab.h"
#include "kernel/smp.h"

static void port_data_ready(struct sock *sk);
static void port_write_space(struct sock *sk);
static void port_error_report(struct sock *sk);
static void port_free_rcu(struct rcu_head *head);

/* --- the register --- */

struct chan *chan_create(struct net *net, const struct chan_ops *ops, void *ctx)
{
	struct chan *c = kzalloc(&net->m, sizeof(*c));
	bool ok = true;
	struct vcpu *v;

	if (!c)
		return NULL;
	c->net = net;
	c->ops = ops;
	c->ctx = ctx;
	INIT_LIST_HEAD(&c->users);
	INIT_LIST_HEAD(&c->netlinks);
	c->tag = rng_u32(&net->m.rng) | 1; /* no id is 0 */
	for_each_vcpu(v, &net->m) {
		v->slot[VCPU_SLOT_CHAN] = kzalloc(&net->m, sizeof(struct chan_scratch));
		ok = ok && v->slot[VCPU_SLOT_CHAN];
		if (ok)
			INIT_LIST_HEAD(&chan_scratch_of(v)->unread);
	}
	if (ok) {
		net->before_read = unread_settle_all;
		return c;
	}
	chan_destroy(c);
	return NULL;
}

void chan_set_page(struct chan *c, struct gn_chan_page *page)
{
	page->magic = GN_CHAN_PAGE_MAGIC;
	page->size = sizeof(*page);
	page->tag = c->tag;
	page->generation = c->net->changes_own;
	WRITE_ONCE(c->net->changes, &page->generation);
	c->page = page;
}

void chan_set_tracing(struct chan *c, uint32_t session)
{
	if (c->page)
		WRITE_ONCE(c->page->tracing, session);
}

static void port_end_call(void *arg)
{
	port_end(arg);
}

void chan_destroy(struct chan *c)
{
	struct machine *m = &c->net->m;
	struct chan_port *p;
	struct vcpu *v;

	c->net->before_read = NULL;
	WRITE_ONCE(c->net->changes, &c->net->changes_own);
	for (size_t i = 0; i < ARRAY_SIZE(c->hash); i++)
		hlist_for_each_entry_rcu(p, &c->hash[i], node) /* they stay until the barrier */
			if (p->nl)
				netlink_end(p);
			else if (p->pub.cpu != PORT_RTNL)
				smp_call(m, p->pub.cpu, port_end_call, p);
	rcu_barrier(m);
	for_each_vcpu(v, m) {
		kfree(m, v->slot[VCPU_SLOT_CHAN]);
		v->slot[VCPU_SLOT_CHAN] = NULL;
	}
	kfree(m, c);
}

struct chan_port *port_find(struct chan *c, uint64_t id)
{
	struct chan_port *p;

	hlist_for_each_entry_rcu(p, &c->hash[hash_64(id, CHAN_HASH_BITS)], node)
		if (p->id == id)
			return p;
	return NULL;
}

unsigned chan_ports(const struct chan *c)
{
	return c->n_ports;
}

unsigned long chan_malformed(const struct chan *c)
{
	return READ_ONCE(c->malformed);
}

unsigned long chan_unknown_options(const struct chan *c)
{
	return READ_ONCE(c->unknown_options);
}

/* --- users --- */

static struct chan_user *user_get(struct chan *c, uint32_t uid)
{
	struct chan_user *u;

	list_for_each_entry(u, &c->users, list)
		if (u->uid == uid)
			goto found;
	u = kzalloc(&c->net->m, sizeof(*u));
	if (!u)
		return NULL;
	u->uid = uid;
	list_add_tail(&u->list, &c->users);
found:
	if (u->n >= CHAN_MAX_PER_UID)
		return NULL;
	u->n++;
	c->n_ports++;
	return u;
}

static void user_put(struct chan *c, struct chan_user *u)
{
	c->n_ports--;
	if (--u->n)
		return;
	list_del(&u->list);
	kfree(&c->net->m, u);
}

/* --- a port begins --- */

struct port_new {
	struct chan_port *p;
	struct chan_msg *m;
	int domain, type, protocol, err;
	char letter;
};

/* Inside the port's vCPU: the socket, as the program asked for it. */
static void port_new_socket(void *arg)
{
	struct port_new *n = arg;
	struct chan_port *p = n->p;
	struct socket *sock;

	n->err = sock_create(p->chan->net, &n->m->cred, n->domain, n->type, n->protocol, &sock);
	if (n->err)
		return;
	sock->nonblock = true; /* who waits does so at his end */
	sock->sk->sk_uid = n->m->cred.uid;
	n->letter = sock->type == SOCK_RAW ? 'r' : sock->sk->sk_protocol == IPPROTO_ICMP ? 'p' : 'u';
	p->sock = sock;
	doorbell_init(&p->bell, this_vcpu(), chan_deliver);
}

/* Inside the port's vCPU: from now on datagrams flow. */
static void port_new_start(void *arg)
{
	struct chan_port *p = arg;
	struct sock *sk = p->sock->sk;

	p->sock->ino = p->ino;
	lock_sock(sk);
	p->data_ready = sk->sk_data_ready;
	p->write_space = sk->sk_write_space;
	p->error_report = sk->sk_error_report;
	sk->sk_user_data = p;
	sk->sk_data_ready = port_data_ready;
	sk->sk_write_space = port_write_space;
	sk->sk_error_report = port_error_report;
	sk->sk_rcv_full = unread_full;
	release_sock(sk);
	port_watch(p);
	doorbell_mark(&p->bell); /* a raw socket receives since it was made */
}

static void port_new_undo(void *arg)
{
	struct chan_port *p = arg;

	sock_release(p->sock);
	p->sock = NULL;
}

int port_make(struct chan *c, const struct chan_msg *m, struct chan_port **ret)
{
	struct machine *mc = &c->net->m;
	struct chan_port *p = kzalloc(mc, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->user = user_get(c, m->cred.uid);
	if (!p->user) {
		kfree(mc, p);
		return -ENFILE;
	}
	p->chan = c;
	p->burst = 1;
	p->stamp = -1;
	INIT_LIST_HEAD(&p->unread_list);
	do
		p->id = (uint64_t)c->tag << 32 | rng_u32(&mc->rng);
	while (port_find(c, p->id));
	p->pub.fd = -1;
	*ret = p;
	return 0;
}

void port_unmake(struct chan_port *p)
{
	user_put(p->chan, p->user);
	kfree(&p->chan->net->m, p);
}

void port_register(struct chan_port *p)
{
	hlist_add_head_rcu(&p->node, &p->chan->hash[hash_64(p->id, CHAN_HASH_BITS)]);
}

int port_open(struct chan *c, struct chan_msg *m, int domain, int type, int protocol, struct chan_port **ret)
{
	struct port_new n = { .m = m, .domain = domain, .type = type, .protocol = protocol };
	struct machine *mc = &c->net->m;
	struct chan_port *p;

	if (domain == AF_NETLINK)
		return netlink_open(c, m, type, protocol, ret);
	n.err = port_make(c, m, &p);
	if (n.err)
		return n.err;
	n.p = p;
	p->pub.cpu = (unsigned)(p->id % mc->nr_cpus);
	smp_call(mc, p->pub.cpu, port_new_socket, &n);
	if (n.err)
		goto fail;
	n.err = c->ops->open(c->ctx, &p->pub, n.letter, p->id, type & SOCK_NONBLOCK, &p->ino);
	if (n.err < 0) {
		smp_call(mc, p->pub.cpu, port_new_undo, p);
		goto fail;
	}
	m->fd = n.err;
	port_register(p);
	smp_call(mc, p->pub.cpu, port_new_start, p);
	*ret = p;
	return 0;
fail:
	port_unmake(p);
	return n.err;
}

/* --- a port ends --- */

void port_end(struct chan_port *p)
{
	struct socket *sock = p->sock;
	struct sock *sk;

	if (!sock)
		return;
	sk = sock->sk;
	unread_end(p);
	p->sock = NULL;
	lock_sock(sk);
	sk->sk_rcv_full = NULL;
	sk->sk_data_ready = p->data_ready;
	sk->sk_write_space = p->write_space;
	sk->sk_error_report = p->error_report;
	release_sock(sk);
	doorbell_cancel(&p->bell);
	p->chan->ops->close(p->chan->ctx, &p->pub);
	sock_release(sock);
	port_put(p);
}

void port_put(struct chan_port *p)
{
	call_rcu(&p->chan->net->m, &p->rcu, port_free_rcu);
}

/* Another vCPU may have marked the bell until the grace period began. */
static void port_forget(void *arg)
{
	struct chan_port *p = arg;

	doorbell_cancel(&p->bell);
}

static void port_free_rcu(struct rcu_head *head)
{
	struct chan_port *p = container_of(head, struct chan_port, rcu);
	struct chan *c = p->chan;

	if (p->pub.cpu != PORT_RTNL)
		smp_call(&c->net->m, p->pub.cpu, port_forget, p);
	hlist_del_rcu(&p->node);
	user_put(c, p->user);
	kfree(&c->net->m, p);
}

/* --- readiness --- */

void port_watch(struct chan_port *p)
{
	unsigned events = (p->in_full ? 0 : POLLIN) | (p->out_full ? POLLOUT : 0);

	if (events == p->pub.events)
		return;
	p->pub.events = events;
	p->chan->ops->watch(p->chan->ctx, &p->pub, events);
}

void chan_ready(struct chan *c, struct port *port, unsigned revents)
{
	struct chan_port *p = container_of(port, struct chan_port, pub);
	struct vcpu *v;

	if (port->cpu == PORT_RTNL) {
		netlink_ready(p, revents);
		return;
	}
	v = c->net->m.cpu[port->cpu];
	vcpu_enter(v, NULL);
	if (revents & POLLOUT) {
		p->out_full = false;
		chan_deliver(&p->bell);
	}
	if ((revents & POLLIN) && p->sock) {
		if (chan_input(p, p->burst))
			p->burst = min_t(unsigned, 2 * p->burst, CHAN_BURST);
		else
			p->burst = 1;
	}
	if (p->sock)
		port_watch(p);
	vcpu_leave(v);
}

static void port_data_ready(struct sock *sk)
{
	struct chan_port *p = sk->sk_user_data;

	p->data_ready(sk);
	doorbell_mark(&p->bell);
}

static void port_write_space(struct sock *sk)
{
	struct chan_port *p = sk->sk_user_data;

	p->write_space(sk);
	if (READ_ONCE(p->in_full))
		doorbell_mark(&p->bell);
}

static void port_error_report(struct sock *sk)
{
	struct chan_port *p = sk->sk_user_data;

	p->error_report(sk);
	doorbell_mark(&p->bell);
}
