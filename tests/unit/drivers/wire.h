/* SPDX-License-Identifier: MIT */
/*
 * wire.h: the world of the driver checks
 *
 * A net with qdiscs and drivers, and a handler that takes every frame of type IP and notes it. The handler can answer each frame, from
 * inside the softirq, by sending it back.
 */
#ifndef TESTS_UNIT_DRIVERS_WIRE_H
#define TESTS_UNIT_DRIVERS_WIRE_H

#include "drivers/driver.h"

#include <errno.h>

#include "ethernet/eth.h"
#include "sched/sch_generic.h"
#include "support/netfix.h"

#define WIRE_ORDER_MAX 4096

static const unsigned char wire_own[ETH_ALEN] = { 0x02, 0, 0, 0, 0, 1 };
static const unsigned char wire_peer[ETH_ALEN] = { 0x02, 0, 0, 0, 0, 2 };

struct wire {
	struct netfix n;
	struct packet_type pt;
	unsigned received;
	unsigned last_len; /* without header */
	int last_type;	   /* pkt_type */
	unsigned last_cpu;
	unsigned char order[WIRE_ORDER_MAX]; /* first payload byte of each */
	bool echo;
	unsigned freed; /* destructors of sent packets that ran */
};

static struct wire w;

static int wire_send_skb(struct sk_buff *skb)
{
	skb_reset_network_header(skb);
	return dev_queue_xmit(skb);
}

static void wire_freed(struct sk_buff *skb)
{
	w.freed++;
}

/* A frame of @len bytes in all, first payload byte @id; the caller is inside a vCPU. */
static struct sk_buff *wire_skb(struct net_device *dev, unsigned len, unsigned char id)
{
	struct sk_buff *skb = alloc_skb(&w.n.net, len + 64);

	ck_assert_ptr_nonnull(skb);
	skb_reserve(skb, 64);
	netfix_frame(skb_put(skb, len), wire_peer, dev->dev_addr, ETH_P_IP, len);
	if (len > ETH_HLEN)
		skb->data[ETH_HLEN] = id;
	skb->dev = dev;
	skb->protocol = htons(ETH_P_IP);
	skb->destructor = wire_freed;
	return skb;
}

static inline int wire_send_on(struct net_device *dev, unsigned cpu, unsigned len, unsigned char id)
{
	int ret;

	vcpu_enter(w.n.net.m.cpu[cpu], NULL);
	ret = wire_send_skb(wire_skb(dev, len, id));
	vcpu_leave(w.n.net.m.cpu[cpu]);
	return ret;
}

static inline int wire_send(struct net_device *dev, unsigned len, unsigned char id)
{
	return wire_send_on(dev, 0, len, id);
}

static int wire_rcv(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt, struct net_device *orig_dev)
{
	w.last_len = skb->len;
	w.last_type = skb->pkt_type;
	w.last_cpu = this_vcpu()->id;
	if (w.received < WIRE_ORDER_MAX && skb->len)
		w.order[w.received] = skb->data[0];
	w.received++;
	if (w.echo)
		wire_send_skb(wire_skb(dev, skb->len + ETH_HLEN, skb->data[0]));
	consume_skb(skb);
	return NET_RX_SUCCESS;
}

static void wire_begin(unsigned nr_cpus)
{
	struct extack err = { "" };

	netfix_begin(&w.n, nr_cpus);
	ck_assert_int_eq(sched_init(&w.n.net), 0);
	ck_assert_msg(drivers_init(&w.n.net, &err) == 0, "%s", err.msg);
	w.pt = (struct packet_type){ .type = htons(ETH_P_IP), .func = wire_rcv, .func_name = "wire_rcv" };
	dev_add_pack(&w.n.net, &w.pt);
}

static void wire_end(void)
{
	dev_remove_pack(&w.n.net, &w.pt);
	netfix_settle(&w.n);
	drivers_exit(&w.n.net);
	netfix_settle(&w.n);
	sched_exit(&w.n.net);
	netfix_end(&w.n);
}

/* @opts with the wire's own address */
static inline struct nif_options wire_opts(const char *name, unsigned queues)
{
	struct nif_options opts = { .ifname = name, .has_mac = true, .queues = queues };

	memcpy(opts.mac, wire_own, ETH_ALEN);
	return opts;
}

static inline void wire_up(struct net_device *dev)
{
	struct extack err = { "" };

	ck_assert_msg(dev_open(dev, &err) == 0, "%s", err.msg);
}

static inline struct net_device_stats wire_stats(const struct net_device *dev)
{
	struct net_device_stats s;

	dev_get_stats(dev, &s);
	return s;
}

/* Counter @name of the driver of @dev. */
static inline uint64_t wire_stat(const struct net_device *dev, const char *name)
{
	uint64_t v = 0;

	ck_assert_msg(driver_stat(dev, name, &v) == 0, "no counter %s", name);
	return v;
}

#endif
