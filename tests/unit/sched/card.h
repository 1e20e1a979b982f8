/* SPDX-License-Identifier: MIT */
/*
 * card.h: the device of the qdisc checks
 *
 * A card that does what the test says: takes frames and notes the first byte of each, or is busy. Packets are numbered by that byte.
 */
#ifndef TESTS_UNIT_SCHED_CARD_H
#define TESTS_UNIT_SCHED_CARD_H

#include "sched/sch_generic.h"

#include <errno.h>

#include "support/netfix.h"

#define CARD_SENT_MAX 4096

struct card {
	struct netfix n;
	struct net_device *dev;
	unsigned room;		/* frames it takes until it is busy */
	bool stop_when_full;	/* stop the queue with the last frame it has room for */
	unsigned sent;
	unsigned char order[CARD_SENT_MAX]; /* first bytes, in order */
	unsigned busy;		/* NETDEV_TX_BUSY answers */
	void (*hook)(void);	/* called inside the transmit, once */
};

static struct card c;

static netdev_tx_t card_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct netdev_queue *txq = netdev_get_tx_queue(dev, skb->queue_mapping);
	void (*hook)(void) = c.hook;

	ck_assert(spin_is_locked(&txq->_xmit_lock));
	if (!c.room) {
		c.busy++;
		netif_tx_stop_queue(txq);
		return NETDEV_TX_BUSY;
	}
	c.hook = NULL;
	if (hook)
		hook();
	c.room--;
	if (c.sent < CARD_SENT_MAX)
		c.order[c.sent] = skb->data[0];
	c.sent++;
	if (!c.room && c.stop_when_full)
		netif_tx_stop_queue(txq);
	dev_kfree_skb_any(skb);
	return NETDEV_TX_OK;
}

#define CARD_OPS(X) X(ndo_start_xmit, card_xmit)
DEFINE_NETDEV_OPS(card_ops, CARD_OPS);

static void card_setup(struct net_device *dev)
{
	dev->netdev_ops = &card_ops;
	dev->mtu = 1500;
	dev->max_mtu = 1500;
	dev->tx_queue_len = 1000;
}

/* A net with the qdisc room and a registered card, down. */
static void card_begin_queues(unsigned queue_len, unsigned queues)
{
	struct extack err = { "" };

	memset(&c, 0, sizeof(c));
	netfix_begin(&c.n, 2);
	ck_assert_int_eq(sched_init(&c.n.net), 0);
	c.room = UINT32_MAX;
	c.dev = alloc_netdev_mqs(&c.n.net, 0, "card0", card_setup, queues, 1);
	ck_assert_ptr_nonnull(c.dev);
	c.dev->tx_queue_len = queue_len;
	ck_assert_msg(register_netdevice(c.dev, &err) == 0, "%s", err.msg);
}

static inline void card_begin(void)
{
	card_begin_queues(1000, 1);
}

static void card_up(void)
{
	struct extack err = { "" };

	ck_assert_msg(dev_open(c.dev, &err) == 0, "%s", err.msg);
}

static void card_end(void)
{
	if (c.dev)
		unregister_netdevice(c.dev);
	netfix_settle(&c.n);
	sched_exit(&c.n.net);
	netfix_end(&c.n);
}

/* Send a packet of @len bytes whose first byte is @id, inside vCPU 0; NET_XMIT_* or -errno. */
static int card_send_len(unsigned char id, uint32_t priority, unsigned len)
{
	struct sk_buff *skb;
	int ret;

	vcpu_enter(c.n.net.m.cpu[0], NULL);
	skb = alloc_skb(&c.n.net, len);
	ck_assert_ptr_nonnull(skb);
	memset(skb_put(skb, len), id, len);
	skb->dev = c.dev;
	skb->priority = priority;
	ret = dev_queue_xmit(skb);
	vcpu_leave(c.n.net.m.cpu[0]);
	return ret;
}

static inline int card_send(unsigned char id)
{
	return card_send_len(id, 0, 100);
}

static inline void card_wake_local(void *arg)
{
	netif_tx_wake_queue(netdev_get_tx_queue(c.dev, 0));
}

/* Room for @room more frames, and the queue goes on. */
static inline void card_wake(unsigned room)
{
	c.room = room;
	smp_call(&c.n.net.m, 0, card_wake_local, NULL);
	netfix_run(&c.n);
}

static inline struct Qdisc *card_qdisc(void)
{
	return netdev_get_tx_queue(c.dev, 0)->qdisc;
}

#endif
