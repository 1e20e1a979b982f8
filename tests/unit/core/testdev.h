/* SPDX-License-Identifier: MIT */
/*
 * testdev.h: a network device of the core's own checks, without the floors above
 *
 * Each queue has an interrupt line and a NAPI instance. testdev_arrive() lets frames wait in a
 * queue and raises its line; the poll makes them, as many as its budget allows, and notes how many.
 * What is transmitted is treated as testdev.tx says. count_rcv() is a handler that counts and ends
 * what it gets.
 */
#ifndef TESTS_UNIT_CORE_TESTDEV_H
#define TESTS_UNIT_CORE_TESTDEV_H

#include <errno.h>
#include <linux/if_arp.h>

#include "support/netfix.h"

#define TESTDEV_QUEUES 12
#define TESTDEV_POLLS 64

struct testdev_queue {
	struct napi_struct napi;
	struct net_device *dev;
	int irq;
	unsigned pending;		/* frames that wait */
	unsigned done[TESTDEV_POLLS];	/* frames of each poll */
	unsigned polls;
	uint64_t cost_ns;		/* of a poll */
	int lie;			/* added to what the poll returns */
	bool lazy;			/* never completes */
	void (*hook)(struct testdev_queue *q);
};

enum testdev_tx { TX_CONSUME, TX_BUSY, TX_DROP, TX_HOLD, TX_AGAIN };

struct testdev {
	struct netfix *n;
	struct testdev_queue q[TESTDEV_QUEUES];
	enum testdev_tx tx;
	unsigned sent, opens, stops, rx_modes, timeouts, inits, uninits;
	int open_error;
	struct sk_buff_head held;	/* TX_HOLD */
	unsigned char last[128];	/* first bytes of the last frame sent */
	unsigned last_len;
	void (*in_xmit)(struct net_device *dev);
	__be16 rx_type;
	unsigned rx_len;
	char calls[256];		/* names of ops as they were called */
};

static inline void testdev_call(struct net_device *dev, const char *name)
{
	struct testdev *td = netdev_priv(dev);
	size_t at = strlen(td->calls);

	snprintf(td->calls + at, sizeof(td->calls) - at, "%s ", name);
}

/* A frame as the driver would have read it, its link-layer header pulled. */
static inline struct sk_buff *testdev_skb(struct net_device *dev, __be16 type, unsigned len)
{
	struct sk_buff *skb = __netdev_alloc_skb(dev, len);

	if (!skb)
		return NULL;
	memset(skb_put(skb, len), 0, len);
	skb_reset_mac_header(skb);
	skb_pull(skb, ETH_HLEN);
	skb->protocol = type;
	return skb;
}

static inline irqreturn_t testdev_intr(int irq, void *dev_id)
{
	struct testdev_queue *q = dev_id;

	irq_mask(&dev_net(q->dev)->m, irq);
	napi_schedule(&q->napi);
	return IRQ_HANDLED;
}

static inline int testdev_poll(struct napi_struct *napi, int budget)
{
	struct testdev_queue *q = container_of(napi, struct testdev_queue, napi);
	struct testdev *td = netdev_priv(q->dev);
	int work = 0;

	for (; work < budget && q->pending; work++, q->pending--) {
		struct sk_buff *skb = testdev_skb(q->dev, td->rx_type, td->rx_len);

		if (!skb) {
			this_dev_stats(q->dev)->rx_dropped++;
			continue;
		}
		this_dev_stats(q->dev)->rx_packets++;
		this_dev_stats(q->dev)->rx_bytes += td->rx_len;
		napi_gro_receive(napi, skb);
	}
	q->done[q->polls++ % TESTDEV_POLLS] = (unsigned)work;
	td->n->now += q->cost_ns;
	if (q->hook)
		q->hook(q);
	if (work < budget && !q->lazy) {
		napi_complete(napi);
		irq_unmask(&dev_net(q->dev)->m, q->irq);
	}
	return work + q->lie;
}

static inline netdev_tx_t testdev_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct testdev *td = netdev_priv(dev);
	unsigned len = min_t(unsigned, skb->len, sizeof(td->last));

	if (td->in_xmit)
		td->in_xmit(dev);
	if (td->tx == TX_BUSY) {
		netif_tx_stop_queue(netdev_get_tx_queue(dev, skb->queue_mapping));
		return NETDEV_TX_BUSY;
	}
	td->sent++;
	td->last_len = skb->len;
	memcpy(td->last, skb->data, len);
	this_dev_stats(dev)->tx_packets++;
	this_dev_stats(dev)->tx_bytes += skb->len;
	if (td->tx == TX_DROP) {
		kfree_skb_reason(skb, SKB_DROP_REASON_DEV_TX_ERROR);
	} else if (td->tx == TX_HOLD) {
		__skb_queue_tail(&td->held, skb);
	} else if (td->tx == TX_AGAIN) {
		skb->protocol = td->rx_type;
		netif_rx(skb); /* what a loopback does */
	} else {
		dev_kfree_skb_any(skb);
	}
	return NETDEV_TX_OK;
}

static inline int testdev_init(struct net_device *dev)
{
	((struct testdev *)netdev_priv(dev))->inits++;
	return 0;
}

static inline void testdev_uninit(struct net_device *dev)
{
	((struct testdev *)netdev_priv(dev))->uninits++;
}

static inline int testdev_open(struct net_device *dev)
{
	struct testdev *td = netdev_priv(dev);

	testdev_call(dev, "open");
	td->opens++;
	if (td->open_error)
		return td->open_error;
	for (unsigned i = 0; i < dev->num_rx_queues; i++) {
		struct testdev_queue *q = &td->q[i];

		q->irq = request_irq(&dev_net(dev)->m, testdev_intr, dev->name, q, i);
		if (q->irq < 0) {
			while (i--) {
				free_irq(&dev_net(dev)->m, td->q[i].irq);
				napi_disable(&td->q[i].napi);
			}
			return -ENOMEM;
		}
		napi_enable(&q->napi);
		irq_unmask(&dev_net(dev)->m, q->irq);
	}
	netif_tx_start_all_queues(dev);
	return 0;
}

static inline int testdev_stop(struct net_device *dev)
{
	struct testdev *td = netdev_priv(dev);

	testdev_call(dev, "stop");
	td->stops++;
	for (unsigned i = 0; i < dev->num_rx_queues; i++) {
		free_irq(&dev_net(dev)->m, td->q[i].irq);
		napi_disable(&td->q[i].napi);
	}
	return 0;
}

static inline void testdev_rx_mode(struct net_device *dev)
{
	testdev_call(dev, "rx_mode");
	((struct testdev *)netdev_priv(dev))->rx_modes++;
}

static inline int testdev_set_mac(struct net_device *dev, const void *addr)
{
	if (*(const unsigned char *)addr & 1)
		return -EADDRNOTAVAIL;
	memcpy(dev->dev_addr, addr, dev->addr_len);
	return 0;
}

static inline void testdev_timeout(struct net_device *dev)
{
	((struct testdev *)netdev_priv(dev))->timeouts++;
}

#define TESTDEV_OPS(X)                          \
	X(ndo_init, testdev_init)               \
	X(ndo_uninit, testdev_uninit)           \
	X(ndo_open, testdev_open)               \
	X(ndo_stop, testdev_stop)               \
	X(ndo_start_xmit, testdev_xmit)         \
	X(ndo_set_rx_mode, testdev_rx_mode)     \
	X(ndo_set_mac_address, testdev_set_mac) \
	X(ndo_tx_timeout, testdev_timeout)
DEFINE_NETDEV_OPS(testdev_ops, TESTDEV_OPS);

static inline void testdev_setup(struct net_device *dev)
{
	static const unsigned char mac[ETH_ALEN] = { 0x02, 0, 0, 0, 0, 0x01 };

	dev->type = ARPHRD_ETHER;
	dev->hard_header_len = ETH_HLEN;
	dev->addr_len = ETH_ALEN;
	memcpy(dev->dev_addr, mac, ETH_ALEN);
	memset(dev->broadcast, 0xff, ETH_ALEN);
	dev->flags = IFF_BROADCAST | IFF_MULTICAST;
	dev->mtu = ETH_DATA_LEN;
	dev->min_mtu = 68;
	dev->max_mtu = 9000;
	dev->tx_queue_len = 1000;
	dev->driver = "test";
}

/* Not registered. */
static inline struct net_device *testdev_alloc(struct netfix *n, const char *name, unsigned queues)
{
	struct net_device *dev = alloc_netdev_mqs(&n->net, sizeof(struct testdev), name,
						  testdev_setup, queues, queues);
	struct testdev *td;

	if (!dev)
		return NULL;
	td = netdev_priv(dev);
	td->n = n;
	td->rx_type = htons(ETH_P_IP);
	td->rx_len = 60;
	__skb_queue_head_init(&td->held);
	dev->netdev_ops = &testdev_ops;
	for (unsigned i = 0; i < queues; i++) {
		td->q[i].dev = dev;
		netif_napi_add(dev, &td->q[i].napi, testdev_poll, NAPI_POLL_WEIGHT);
	}
	return dev;
}

/* Registered and up. */
static inline struct net_device *testdev_up(struct netfix *n, const char *name, unsigned queues)
{
	struct net_device *dev = testdev_alloc(n, name, queues);
	struct extack err = { "" };

	ck_assert_ptr_nonnull(dev);
	ck_assert_msg(register_netdevice(dev, &err) == 0, "%s", err.msg);
	ck_assert_msg(dev_open(dev, &err) == 0, "%s", err.msg);
	return dev;
}

static inline void testdev_free(struct net_device *dev)
{
	unregister_netdevice(dev);
}

static inline struct testdev *testdev(struct net_device *dev)
{
	return netdev_priv(dev);
}

/* @frames come into @queue. */
static inline void testdev_arrive(struct net_device *dev, unsigned queue, unsigned frames)
{
	struct testdev_queue *q = &testdev(dev)->q[queue];

	q->pending += frames;
	vcpu_irq(irq_cpu(&dev_net(dev)->m, q->irq), (unsigned)q->irq);
}

static inline struct softnet_data *softnet(struct netfix *n, unsigned cpu)
{
	return n->net.m.cpu[cpu]->slot[VCPU_SLOT_SOFTNET];
}

/* A handler that counts in its af_packet_priv and ends the packet. */
static inline int count_rcv(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt,
			    struct net_device *orig_dev)
{
	(void)dev;
	(void)orig_dev;
	++*(unsigned *)pt->af_packet_priv;
	consume_skb(skb);
	return NET_RX_SUCCESS;
}

static inline void count_handler(struct packet_type *pt, uint16_t type, unsigned *count)
{
	*pt = (struct packet_type){ .type = htons(type),
				    .func = count_rcv,
				    .func_name = "count_rcv",
				    .af_packet_priv = count };
	*count = 0;
}

/* Inside vCPU @cpu from here to leave(). */
static inline void enter(struct netfix *n, unsigned cpu)
{
	vcpu_enter(n->net.m.cpu[cpu], NULL);
}

static inline void leave(void)
{
	vcpu_leave(this_vcpu());
}

#endif
