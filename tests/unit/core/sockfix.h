/* SPDX-License-Identifier: MIT */
/*
 * sockfix.h: a net on a fake clock with a tiny protocol and a tiny device, for the checks of
 * sockets and neighbours
 *
 * The protocol counts its memory in fx.allocated against fx.mem (pages) with minima fx.rmem_min,
 * fx.wmem_min; its backlog_rcv queues the packet by sock_queue_rcv_skb(). The device keeps what is
 * sent in fx.sent (headers included) until the check frees it. The body of a check runs inside vCPU
 * 0 as the task fx.app, which may sleep: fx.on_wait is called while it does.
 */
#ifndef TESTS_UNIT_CORE_SOCKFIX_H
#define TESTS_UNIT_CORE_SOCKFIX_H

#include <errno.h>

#include "core/neighbour.h"
#include "core/sock.h"
#include "core/socket.h"
#include "kernel/wait.h"
#include "support/netfix.h"

static struct sockfix {
	struct netfix nf;
	struct net *net;
	struct task app;
	_Atomic long allocated;
	long mem[3];
	int rmem_min, wmem_min;
	unsigned backlogged; /* calls of backlog_rcv */
	struct net_device *dev;
	struct sk_buff_head sent;
	int (*on_wait)(uint64_t deadline);
	unsigned waits;
	uint64_t last_deadline;
} fx;

static inline _Atomic long *fix_allocated(struct net *net)
{
	return &fx.allocated;
}
static inline const long *fix_mem(struct net *net)
{
	return fx.mem;
}
static inline const int *fix_rmem_min(struct net *net)
{
	return &fx.rmem_min;
}
static inline const int *fix_wmem_min(struct net *net)
{
	return &fx.wmem_min;
}

static inline int fix_backlog_rcv(struct sock *sk, struct sk_buff *skb)
{
	fx.backlogged++;
	if (sock_queue_rcv_skb(sk, skb))
		sk_skb_reason_drop(sk, skb, SKB_DROP_REASON_RAW_RCVBUFF);
	return 0;
}

static struct proto fix_proto = {
	.name = "TEST",
	.obj_size = sizeof(struct sock),
	.backlog_rcv = fix_backlog_rcv,
	.memory_allocated = fix_allocated,
	.sysctl_mem = fix_mem,
	.sysctl_rmem_min = fix_rmem_min,
	.sysctl_wmem_min = fix_wmem_min,
};

static inline netdev_tx_t fix_xmit(struct sk_buff *skb, struct net_device *dev)
{
	skb_queue_tail(&fx.sent, skb);
	return NETDEV_TX_OK;
}

static inline int fix_set_mac(struct net_device *dev, const void *addr)
{
	memcpy(dev->dev_addr, addr, ETH_ALEN);
	return 0;
}

static const struct net_device_ops fix_netdev_ops = { .ndo_start_xmit = fix_xmit,
						      .ndo_set_mac_address = fix_set_mac };

static inline int fix_header(struct sk_buff *skb, struct net_device *dev, unsigned short type,
			     const void *daddr, const void *saddr, unsigned len)
{
	unsigned char *h = skb_push(skb, ETH_HLEN);

	memcpy(h, daddr, ETH_ALEN);
	memcpy(h + ETH_ALEN, saddr ? saddr : dev->dev_addr, ETH_ALEN);
	h[12] = (unsigned char)(type >> 8);
	h[13] = (unsigned char)type;
	return ETH_HLEN;
}

static inline int fix_cache(const struct neighbour *neigh, void *hh, __be16 type)
{
	struct hh_cache *c = hh;

	memcpy(c->data + 2, neigh->ha, ETH_ALEN);
	memcpy(c->data + 8, neigh->dev->dev_addr, ETH_ALEN);
	memcpy(c->data + 14, &type, 2);
	c->hh_len = ETH_HLEN;
	return 0;
}

static inline void fix_cache_update(void *hh, const struct net_device *dev,
				    const unsigned char *haddr)
{
	memcpy(((struct hh_cache *)hh)->data + 2, haddr, ETH_ALEN);
}

static const struct header_ops fix_header_ops = {
	.create = fix_header,
	.cache = fix_cache,
	.cache_update = fix_cache_update,
};

static inline void fix_setup(struct net_device *dev)
{
	dev->type = 1; /* ARPHRD_ETHER */
	dev->hard_header_len = ETH_HLEN;
	dev->addr_len = ETH_ALEN;
	dev->mtu = 1500;
	dev->min_mtu = 68;
	dev->max_mtu = 65535;
	dev->tx_queue_len = 1000;
	dev->flags = IFF_BROADCAST | IFF_MULTICAST;
	memcpy(dev->dev_addr, "\x02\x00\x00\x00\x00\x01", ETH_ALEN);
	memset(dev->broadcast, 0xff, ETH_ALEN);
	dev->netdev_ops = &fix_netdev_ops;
	dev->header_ops = &fix_header_ops;
	dev->driver = "testdev";
}

static inline int fix_wait(void *ctx, uint64_t deadline)
{
	fx.waits++;
	fx.last_deadline = deadline;
	if (fx.on_wait)
		return fx.on_wait(deadline);
	ck_assert_msg(deadline != UINT64_MAX, "sleeps for ever");
	fx.nf.now = deadline;
	return 0;
}

/* The body of the check goes on inside vCPU 0. */
static inline void fix_enter(void)
{
	vcpu_enter(fx.net->m.cpu[0], &fx.app);
}
static inline void fix_leave(void)
{
	vcpu_leave(fx.net->m.cpu[0]);
}

static inline void fix_drop_sent(void)
{
	struct sk_buff *skb;

	while ((skb = skb_dequeue(&fx.sent)))
		dev_kfree_skb_any(skb);
}

static inline void sockfix_begin_cpus(unsigned nr_cpus)
{
	memset(&fx, 0, sizeof(fx));
	fx.net = &fx.nf.net;
	fx.nf.ops.wait = fix_wait;
	netfix_begin(&fx.nf, nr_cpus);
	fx.mem[0] = fx.mem[1] = fx.mem[2] = 1 << 20;
	fx.rmem_min = fx.wmem_min = 4096;
	skb_queue_head_init(&fx.sent);
	task_init(&fx.app, "app", 100, true);
	ck_assert_int_eq(proto_register(fx.net, &fix_proto), 0);
	fx.dev = alloc_netdev_mqs(fx.net, 0, "test0", fix_setup, 1, 1);
	ck_assert_ptr_nonnull(fx.dev);
	ck_assert_int_eq(register_netdevice(fx.dev, NULL), 0);
	ck_assert_int_eq(dev_open(fx.dev, NULL), 0);
	fix_enter();
}

static inline void sockfix_begin(void)
{
	sockfix_begin_cpus(1);
}

static inline void sockfix_end(void)
{
	fix_drop_sent();
	if (this_vcpu())
		fix_leave();
	netfix_settle(&fx.nf);
	unregister_netdevice(fx.dev);
	netfix_settle(&fx.nf);
	ck_assert_int_eq(fx.allocated, 0);
	proto_unregister(fx.net, &fix_proto);
	netfix_end(&fx.nf);
}

/* Time passes, timers run; then back into the vCPU. */
static inline void fix_advance_ms(unsigned ms)
{
	fix_leave();
	netfix_advance(&fx.nf, ms * NSEC_PER_MSEC);
	fix_enter();
}

static inline struct sock *fix_sock(void)
{
	struct sock *sk = sk_alloc(fx.net, AF_INET, &fix_proto);

	ck_assert_ptr_nonnull(sk);
	sock_init_data(NULL, sk);
	return sk;
}

/* A received packet of @len bytes that count up from @first, in the books. */
static inline struct sk_buff *fix_skb(unsigned len, unsigned char first)
{
	struct sk_buff *skb = __alloc_skb(fx.net, len + 64);
	unsigned char *p;

	ck_assert_ptr_nonnull(skb);
	skb_reserve(skb, 64);
	skb_reset_mac_header(skb);
	skb_reset_network_header(skb);
	p = skb_put(skb, len);
	for (unsigned i = 0; i < len; i++)
		p[i] = (unsigned char)(first + i);
	skb->protocol = htons(ETH_P_IP);
	ledger_begin(skb, LEDGER_FRAME);
	return skb;
}

/* Queue @len bytes at @sk: the result; a refused packet is dropped. */
static inline int fix_deliver(struct sock *sk, unsigned len, unsigned char first)
{
	struct sk_buff *skb = fix_skb(len, first);
	int err = sock_queue_rcv_skb(sk, skb);

	if (err)
		sk_skb_reason_drop(sk, skb, SKB_DROP_REASON_RAW_RCVBUFF);
	return err;
}

#endif
