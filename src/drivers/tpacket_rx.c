/* SPDX-License-Identifier: MIT */
/*
 * tpacket_rx.c - receive half of the tpacket driver
 *
 * Theory of operation
 *   The socket is readable, the host raises the vector | do_IRQ > tp_intr: mask, napi_schedule |
 *   net_rx_action > tp_poll > tp_clean_rx > tpring_peek, tp_rx_frame (copy into an skb) >
 *   eth_type_trans, napi_gro_receive; tpring_pop; then napi_complete and unmask. No system call but
 *   the wait: frames lie in memory. The line is level triggered: the socket is readable while the
 *   ring holds anything.
 *   What the ring says about a frame: CSUM_VALID means that a NIC has checked it, CSUMNOTREADY that
 *   a local sender has left the sum to hardware which never came: it is taken for right, and
 *   finished should the packet be forwarded (CHECKSUM_PARTIAL). A VLAN tag goes back to its place.
 *   Called by: do_IRQ, net_rx_action. Calls: tpring.c, rx.h. Owns nothing.
 *   Refuses: frames below 14 bytes, those that the ring or an offload of the host made longer than
 *   max(MTU, 1500) + 18. Log: the first of the latter.
 * Threads: the vCPU of the queue. Mirrors: the clean_rx half of e1000_main.c.
 */
#define LOG_SUBSYS "packet"
#include <arpa/inet.h>
#include <linux/ip.h>

#include "drivers/tpqueue.h"

static int tp_clean_rx(struct tp_queue *q, int budget);
static void tp_rx_frame(struct tp_queue *q, const struct tpframe *f, const struct rx_filter *filter,
			unsigned max_frame);
static bool tp_rx_offload(struct tp_queue *q, struct sk_buff *skb, const struct virtio_net_hdr *h);
static void tp_rx_long(struct tp_queue *q, struct sk_buff *skb, const struct tpframe *f,
		       unsigned max_frame);
static void tp_rx_copy(struct sk_buff *skb, const struct tpframe *f, unsigned tag);
static void tp_rx_csum(struct tp_queue *q, struct sk_buff *skb, uint32_t status, unsigned tag);
static void tp_rx_partial(struct sk_buff *skb, unsigned at);

irqreturn_t tp_intr(int irq, void *data)
{
	struct tp_queue *q = data;

	q->stats.interrupts++;
	q->rx_event = true;
	irq_mask(tp_machine(q->tp), irq);
	napi_schedule(&q->napi);

	return IRQ_HANDLED;
}

int tp_poll(struct napi_struct *napi, int budget)
{
	struct tp_queue *q = container_of(napi, struct tp_queue, napi);
	/*
	 * One frame less than the budget, so that a poll ends each interrupt: who reads the sockets has
	 * his turn after each 63 frames, not after the thousands that a ring holds. The line is level
	 * triggered; the rest raises it again.
	 */
	int work = tp_clean_rx(q, max(budget - 1, 1));

	if (work >= budget)
		return budget;
	if (unlikely(!work && q->rx_event)) { /* no frame: the socket has an error to tell */
		q->stats.empty_polls++;
		if (tpsock_error(q->fd))
			tp_link_update(q->tp);
	}
	napi_complete(napi);
	if (q->rx_event) {
		q->rx_event = false;
		irq_unmask(tp_machine(q->tp), q->irq);
	}
	return work;
}

static int tp_clean_rx(struct tp_queue *q, int budget)
{
	struct net_device *dev = q->tp->dev;
	const struct rx_filter *filter = rcu_dereference(q->tp->filter);
	unsigned max_frame = max(READ_ONCE(dev->mtu), (unsigned)ETH_DATA_LEN) + TP_OVERHEAD;
	unsigned bytes = 0;
	int work;

	for (work = 0; work < budget && bytes < NIF_POLL_BYTES; work++) {
		enum tpring_answer answer;
		struct tpframe f;

		packet_trace_rx_begin();
		answer = tpring_peek(&q->ring, &f);
		if (answer == TPRING_EMPTY)
			break;
		if (unlikely(answer == TPRING_BAD)) {
			q->stats.ring_errors++;
			this_dev_stats(dev)->rx_errors++;
			continue;
		}
		if (q->ring.ahead)
			bytes += f.snaplen;
		tp_rx_frame(q, &f, filter, max_frame);
		tpring_pop(&q->ring);
	}
	packet_trace_end();

	return work;
}

static void tp_rx_frame(struct tp_queue *q, const struct tpframe *f, const struct rx_filter *filter,
			unsigned max_frame)
{
	unsigned tag = f->status & TP_STATUS_VLAN_VALID && f->snaplen >= 2 * ETH_ALEN ? 4 : 0;
	const struct virtio_net_hdr *vh = q->ring.ahead && !tag ? (const void *)(f->data - q->ring.ahead) : NULL;
	struct virtio_net_hdr hdr = { .flags = 0 };
	bool too_long;
	struct sk_buff *skb;

	if (vh)
		memcpy(&hdr, vh, sizeof(hdr)); /* once: the ring is not ours alone */
	too_long = f->snaplen < f->len || (f->snaplen + tag > max_frame && !hdr.gso_type);
	skb = __netdev_alloc_skb(q->tp->dev, too_long ? ETH_HLEN : f->snaplen + tag);

	if (unlikely(!skb)) {
		nif_rx_nomem(&q->napi, &q->stats.rx);
		return;
	}
	if (unlikely(too_long)) {
		tp_rx_long(q, skb, f, max_frame);
		return;
	}
	tp_rx_copy(skb, f, tag);
	q->stats.vlan += tag / 4;
	if (vh && !tp_rx_offload(q, skb, &hdr))
		return;
	if (!vh && f->status & (TP_STATUS_CSUMNOTREADY | TP_STATUS_CSUM_VALID))
		tp_rx_csum(q, skb, f->status, tag);
	nif_rx_frame(&q->napi, skb, filter, &q->stats.rx);
}

/* What the header says of @skb: true, or it does not fit it, and @skb is gone. */
static bool tp_rx_offload(struct tp_queue *q, struct sk_buff *skb, const struct virtio_net_hdr *h)
{
	skb->truesize = nif_rx_truesize(skb->len);
	if (unlikely(!vnet_hdr_to_skb(skb, h))) {
		q->stats.bad_offload++;
		nif_rx_bad_offload(&q->napi, skb);
		return false;
	}
	q->stats.csum_partial += skb->ip_summed == CHECKSUM_PARTIAL;
	q->stats.csum_valid += skb->ip_summed == CHECKSUM_UNNECESSARY;
	q->stats.gso += skb_is_gso(skb);

	return true;
}

/* Cut by the ring, or joined by an offload of the host: of no use, and worth a word the first time. */
static void tp_rx_long(struct tp_queue *q, struct sk_buff *skb, const struct tpframe *f,
		       unsigned max_frame)
{
	struct tp *tp = q->tp;
	unsigned n = min(f->snaplen, (unsigned)ETH_HLEN);

	memcpy(skb_put(skb, n), f->data, n);
	nif_rx_truncated(&q->napi, skb, &q->stats.rx);
	if (tp->told_long)
		return;
	tp->told_long = true;
	pr_warn(net_log(dev_net(tp->dev)),
		"%s: dropped a frame of %u bytes, %u fit: switch off GRO and LRO of the host's %s, "
		"and TSO and GSO of a sender on this host",
		tp->dev->name, f->len, max_frame, tp->host_name);
}

/* The tag that the host took out goes back behind the two addresses. */
static void tp_rx_copy(struct sk_buff *skb, const struct tpframe *f, unsigned tag)
{
	unsigned char *to = skb_put(skb, f->snaplen + tag);
	__be16 vlan[2];

	if (likely(!tag)) {
		memcpy(to, f->data, f->snaplen);
		return;
	}
	vlan[0] = htons(f->status & TP_STATUS_VLAN_TPID_VALID ? f->vlan_tpid : ETH_P_8021Q);
	vlan[1] = htons(f->vlan_tci);
	memcpy(to, f->data, 2 * ETH_ALEN);
	memcpy(to + 2 * ETH_ALEN, vlan, sizeof(vlan));
	memcpy(to + 2 * ETH_ALEN + tag, f->data + 2 * ETH_ALEN, f->snaplen - 2 * ETH_ALEN);
}

static void tp_rx_csum(struct tp_queue *q, struct sk_buff *skb, uint32_t status, unsigned tag)
{
	if (status & TP_STATUS_CSUMNOTREADY) {
		q->stats.csum_partial++;
		tp_rx_partial(skb, ETH_HLEN + tag);
	} else {
		q->stats.csum_valid++;
		skb->ip_summed = CHECKSUM_UNNECESSARY;
	}
}

/*
 * The sum over what follows the IP header at @at is still to be made; where it goes, the protocol
 * says. What does not look like that is verified as any other frame.
 */
static void tp_rx_partial(struct sk_buff *skb, unsigned at)
{
	const struct ethhdr *eth = (const void *)skb->data;
	__be16 proto = eth->h_proto;
	struct iphdr ip;
	unsigned start;

	if (skb->len < at + sizeof(ip))
		return;
	memcpy(&proto, skb->data + at - sizeof(proto), sizeof(proto));
	memcpy(&ip, skb->data + at, sizeof(ip));
	start = at + ip.ihl * 4u;
	if (proto != htons(ETH_P_IP) || ip.version != 4 || ip.ihl < 5 ||
	    ip.frag_off & htons(0x3fff))
		return;
	if (ip.protocol == IPPROTO_UDP && skb->len >= start + 8)
		skb->csum_offset = 6;
	else if (ip.protocol == IPPROTO_TCP && skb->len >= start + 20)
		skb->csum_offset = 16;
	else
		return;
	skb->csum_start = (uint16_t)(skb_headroom(skb) + start);
	skb->ip_summed = CHECKSUM_PARTIAL;
}
