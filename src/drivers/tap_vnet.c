/* SPDX-License-Identifier: MIT */
/*
 * tap_vnet.c - a TAP whose frames have an offload header (vnet_hdr=on)
 *
 * Theory of operation
 *   The host leaves checksums and the cutting of UDP_SEGMENT sends to us, and we to it: a frame has
 *   up to 64 KB, both ways, and bytes are summed by who touches them anyway. Without TUN_F_USO4 on
 *   the host (before Linux 6.2) only checksums are left.
 *   Receive: tap_clean_rx > tap_vnet_read. While frames are small, one readv() reads into a small
 *   buffer, and what is more into one that the queue keeps; a large frame is then copied, once. While
 *   they are large, read() goes into a large buffer, and a small frame is copied into a small one. A
 *   poll that took NIF_POLL_BYTES ends: 64 large frames would neither stay in the processor's cache nor
 *   fit a receive buffer.
 *   Charge of a large frame: pages and a header, as Linux's receivers have it, not a power of two.
 *   Transmit: tap_xmit > tap_vnet_write > writev(), header and frame.
 *   Owns: the buffers of a queue while it is up. Threads: as tap.c. Refuses: a header that does not
 *   fit its frame (RX_OFFLOAD). Mirrors: drivers/net/tun.c, seen from the other side.
 */
#define LOG_SUBSYS "tap"
#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

#include "drivers/tapqueue.h"
#include "drivers/vnet_hdr.h"
#include "kernel/slab.h"

#define BIG_FRAME (65535u + TAP_OVERHEAD)
#define SMALL_STREAK 16	       /* small frames in a row: they are small now */

struct tap_vnet {
	struct vnet_hdr hdr;	    /* [C] of the frame that was read last */
	struct sk_buff *small, *big; /* [C] for the next read */
	unsigned small_size;	    /* [C] bytes that @small was made for */
	unsigned streak;	    /* [C] small frames since the last large one */
	unsigned char spill[BIG_FRAME];
};

static int tap_vnet_read_small(struct tap_queue *q, unsigned size);
static int tap_vnet_read_big(struct tap_queue *q, unsigned size);

int tap_vnet_open(struct tap_queue *q)
{
	const struct host_ops *host = tap_machine(q)->host;
	void *ctx = tap_machine(q)->host_ctx;
	struct net_device *dev = q->tap->dev;
	const char *name = q->tap->spec + strlen("tap:");
	netdev_features_t features = NETIF_F_HW_CSUM | NETIF_F_GSO_UDP_L4;
	char spec[TAP_NAME_MAX + 8];
	int fd;

	snprintf(spec, sizeof(spec), "tap-uso:%s", name);
	fd = host->dev_open(ctx, spec, q->index);
	if (fd == -EINVAL) { /* a host that cannot cut UDP */
		features = NETIF_F_HW_CSUM;
		snprintf(spec, sizeof(spec), "tap-csum:%s", name);
		fd = host->dev_open(ctx, spec, q->index);
	}
	if (fd < 0)
		return fd;
	q->vnet = kzalloc(tap_machine(q), sizeof(*q->vnet));
	if (!q->vnet) {
		close(fd);
		return -ENOMEM;
	}
	q->vnet->streak = SMALL_STREAK;
	vnet_features(dev, features);

	return fd;
}

void tap_vnet_free(struct tap_queue *q)
{
	struct tap_vnet *v = q->vnet;

	if (!v)
		return;
	if (v->small)
		consume_skb(v->small);
	if (v->big)
		consume_skb(v->big);
	kfree(tap_machine(q), v);
	q->vnet = NULL;
}

/* ---- receive ---- */

int tap_vnet_read(struct tap_queue *q, unsigned max_frame)
{
	struct tap_vnet *v = q->vnet;

	if (v->small && v->small_size != max_frame) {
		consume_skb(v->small);
		v->small = NULL;
	}
	v->small_size = max_frame;
	if (!v->small)
		v->small = __netdev_alloc_skb(q->tap->dev, max_frame);
	if (!v->big && v->streak < SMALL_STREAK)
		v->big = __netdev_alloc_skb(q->tap->dev, BIG_FRAME);
	if (unlikely(!v->small))
		return tap_read_away(q);
	q->stats.reads++;

	return v->big && v->streak < SMALL_STREAK ? tap_vnet_read_big(q, max_frame) : tap_vnet_read_small(q, max_frame);
}

/* A frame of the length that readv() returned, without its header: -1 for none. */
static __always_inline int tap_vnet_len(struct tap_queue *q, ssize_t n)
{
	return likely(n > VNET_HDR_SIZE) ? (int)n - VNET_HDR_SIZE : tap_read_error(q, n < 0 ? n : 0);
}

static int tap_vnet_read_small(struct tap_queue *q, unsigned size)
{
	struct tap_vnet *v = q->vnet;
	struct iovec iov[3] = { { &v->hdr, VNET_HDR_SIZE }, { v->small->data, size }, { v->spill, BIG_FRAME - size } };
	int len = tap_vnet_len(q, readv(q->fd, iov, 3));
	struct sk_buff *skb;

	if (len < 0)
		return -1;
	if (likely((unsigned)len <= size)) {
		q->rx_skb = v->small;
		v->small = NULL;
		return len;
	}
	v->streak = 0;
	skb = __netdev_alloc_skb(q->tap->dev, (unsigned)len);
	if (unlikely(!skb)) {
		nif_rx_nomem(&q->napi, &q->stats.rx);
		return 0;
	}
	memcpy(skb->data, v->small->data, size);
	memcpy(skb->data + size, v->spill, (unsigned)len - size);
	q->rx_skb = skb;

	return len;
}

static int tap_vnet_read_big(struct tap_queue *q, unsigned size)
{
	struct tap_vnet *v = q->vnet;
	struct iovec iov[2] = { { &v->hdr, VNET_HDR_SIZE }, { v->big->data, BIG_FRAME } };
	int len = tap_vnet_len(q, readv(q->fd, iov, 2));

	if (len < 0)
		return -1;
	if ((unsigned)len > size) {
		v->streak = 0;
		q->rx_skb = v->big;
		v->big = NULL;
		return len;
	}
	v->streak++;
	memcpy(v->small->data, v->big->data, (unsigned)len);
	q->rx_skb = v->small;
	v->small = NULL;

	return len;
}

bool tap_vnet_is_gso(const struct tap_queue *q)
{
	return q->vnet->hdr.h.gso_type != VIRTIO_NET_HDR_GSO_NONE;
}

bool tap_vnet_offload(struct tap_queue *q, struct sk_buff *skb)
{
	bool ok = vnet_hdr_to_skb(skb, &q->vnet->hdr.h);

	q->stats.rx_csum_partial += skb->ip_summed == CHECKSUM_PARTIAL;
	q->stats.rx_csum_valid += skb->ip_summed == CHECKSUM_UNNECESSARY;
	q->stats.rx_gso += skb_is_gso(skb);

	return ok;
}

/* ---- transmit ---- */

ssize_t tap_vnet_write(struct tap_queue *q, const struct sk_buff *skb)
{
	struct vnet_hdr hdr = { .buffers = 0 };
	struct iovec iov[2] = { { &hdr, VNET_HDR_SIZE }, { skb->data, skb->len } };
	ssize_t n;

	vnet_hdr_from_skb(&hdr.h, skb);
	n = writev(q->fd, iov, 2);
	if (unlikely(n < 0))
		return n;
	q->stats.tx_csum_partial += skb->ip_summed == CHECKSUM_PARTIAL;
	q->stats.tx_gso += skb_is_gso(skb);

	return n - VNET_HDR_SIZE;
}
