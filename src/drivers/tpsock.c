/* SPDX-License-Identifier: MIT */
/*
 * tpsock.c - set-up of AF_PACKET sockets and rings, and what else the tpacket driver asks the host
 *
 * Theory of operation
 *   Called by: tpacket.c at ndo_open, ndo_stop, ndo_set_rx_mode, for statistics and when the link
 *   may have changed. Calls: socket options, mmap, interface ioctls of the host. Owns nothing.
 *   The ring is made before frames are let in, so none is queued outside of it. Own frames are not
 *   shown to us (PACKET_IGNORE_OUTGOING, Linux 4.20), and a kernel that cannot do that is refused.
 *   The address filter: our address is not the interface's own, so it is asked to let it in
 *   (PACKET_MR_UNICAST). An interface that filters by hardware adds it there, any other becomes
 *   promiscuous by itself. More addresses than fit, or a refusal: promiscuous.
 * Threads: see tpsock.h. Mirrors: the set-up halves of a NIC driver; the other end is af_packet.c.
 */
#include "drivers/tpsock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <linux/virtio_net.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#define TP_BLOCK_SIZE 65536u
#define TP_BLOCK_VNET (1u << 20) /* for frames of 64 KB */
#define TP_V3_SLOT 2048u

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

static int tpsock_make_ring(int fd, const struct tpsock_config *cfg, struct tpring *ring);
static int tpsock_bind(int fd);
static int tpsock_ifname(int fd, struct ifreq *ifr);
static bool tpsock_ethtool(int fd, struct ifreq *ifr, uint32_t cmd, uint32_t mask);
static void tpfilter_want(struct tpfilter *want, const struct net_device *dev);
static bool tpfilter_has(const struct tpfilter *f, const struct tpfilter_entry *e);
static int tpfilter_tell(const struct tpfilter *f, int ifindex, int op,
			 const struct tpfilter_entry *e);

static __always_inline int tpsock_set(int fd, int opt, const void *value, socklen_t len)
{
	return setsockopt(fd, SOL_PACKET, opt, value, len) ? -errno : 0;
}

static __always_inline int tpsock_ifindex(int fd)
{
	struct sockaddr_ll ll;
	socklen_t len = sizeof(ll);

	if (getsockname(fd, (struct sockaddr *)&ll, &len))
		return -errno;
	return ll.sll_ifindex > 0 ? ll.sll_ifindex : -ENODEV;
}

/* --- the ring --- */

int tpsock_start(int fd, const struct tpsock_config *cfg, struct tpring *ring,
		 const char **ret_what)
{
	int one = 1, version = cfg->version == 3 ? TPACKET_V3 : TPACKET_V2, ret;

	*ret_what = "PACKET_VERSION";
	ret = tpsock_set(fd, PACKET_VERSION, &version, sizeof(version));
	if (ret)
		return ret;
	*ret_what = "PACKET_IGNORE_OUTGOING";
	ret = tpsock_set(fd, PACKET_IGNORE_OUTGOING, &one, sizeof(one));
	if (ret)
		return ret;
	*ret_what = "PACKET_VNET_HDR";
	ret = cfg->vnet ? tpsock_set(fd, PACKET_VNET_HDR, &one, sizeof(one)) : 0;
	if (ret)
		return ret;
	*ret_what = "PACKET_RX_RING";
	ret = tpsock_make_ring(fd, cfg, ring);
	if (ret)
		return ret;
	*ret_what = "bind";
	ret = tpsock_bind(fd);
	if (ret)
		tpsock_unmap(ring);

	return ret;
}

static int tpsock_make_ring(int fd, const struct tpsock_config *cfg, struct tpring *ring)
{
	unsigned slot = cfg->version == 3 ? TP_V3_SLOT : cfg->slot_size;
	unsigned block = cfg->vnet ? TP_BLOCK_VNET : max(TP_BLOCK_SIZE, slot), per_block = block / slot;
	struct tpacket_req3 req = {
		.tp_block_size = block,
		.tp_block_nr = (cfg->slots + per_block - 1) / per_block,
		.tp_frame_size = slot,
		.tp_retire_blk_tov = cfg->retire_ms,
	};
	socklen_t len = cfg->version == 3 ? sizeof(req) : sizeof(struct tpacket_req);
	void *mem;
	int ret;

	if (cfg->version == 3) /* one block is being filled, one read */
		req.tp_block_nr = max(req.tp_block_nr, 2u);
	req.tp_frame_nr = req.tp_block_nr * per_block;
	ret = tpsock_set(fd, PACKET_RX_RING, &req, len);
	if (ret)
		return ret;
	mem = mmap(NULL, (size_t)block * req.tp_block_nr, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_POPULATE, fd, 0);
	if (mem == MAP_FAILED)
		return -errno;
	*ring = (struct tpring){ .mem = mem,
				 .version = cfg->version,
				 .block_size = block,
				 .block_nr = req.tp_block_nr,
				 .slot_size = slot,
				 .ahead = cfg->vnet ? (unsigned)sizeof(struct virtio_net_hdr) : 0 };

	return 0;
}

static int tpsock_bind(int fd)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	int ret = tpsock_ifindex(fd);

	if (ret < 0)
		return ret;
	ll.sll_ifindex = ret;

	return bind(fd, (struct sockaddr *)&ll, sizeof(ll)) ? -errno : 0;
}

void tpsock_unmap(struct tpring *ring)
{
	if (ring->mem)
		munmap(ring->mem, (size_t)ring->block_size * ring->block_nr);
	ring->mem = NULL;
}

/* --- what it counts and says --- */

void tpsock_counts(int fd, unsigned version, struct tpsock_counts *c)
{
	struct tpacket_stats_v3 st = { 0 };
	socklen_t len = version == 3 ? sizeof(st) : sizeof(struct tpacket_stats);

	if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &st, &len))
		return;
	WRITE_ONCE(c->missed, c->missed + st.tp_drops);
	if (version == 3)
		WRITE_ONCE(c->freezes, c->freezes + st.tp_freeze_q_cnt);
}

int tpsock_error(int fd)
{
	int error = 0;
	socklen_t len = sizeof(error);

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) ? errno : error;
}

int tpsock_host(int fd, struct tpsock_host *h)
{
	struct ifreq ifr;
	int ret = tpsock_ifname(fd, &ifr);

	*h = (struct tpsock_host){ .mtu = 0 };
	if (ret)
		return ret;
	memcpy(h->name, ifr.ifr_name, sizeof(h->name));
	if (ioctl(fd, SIOCGIFFLAGS, &ifr))
		return -errno;
	h->up = ifr.ifr_flags & IFF_UP;
	h->running = ifr.ifr_flags & IFF_RUNNING;
	if (!ioctl(fd, SIOCGIFMTU, &ifr))
		h->mtu = (unsigned)ifr.ifr_mtu;
	if (!ioctl(fd, SIOCGIFHWADDR, &ifr))
		memcpy(h->mac, ifr.ifr_hwaddr.sa_data, ETH_ALEN);
	h->merges = tpsock_ethtool(fd, &ifr, ETHTOOL_GGRO, ~0u) ||
		    tpsock_ethtool(fd, &ifr, ETHTOOL_GFLAGS, ETH_FLAG_LRO);

	return 0;
}

void tpsock_speed(int fd, struct ethtool_link_settings *ls)
{
	struct ethtool_cmd c = { .cmd = ETHTOOL_GSET };
	struct ifreq ifr;

	if (tpsock_ifname(fd, &ifr))
		return;
	ifr.ifr_data = (void *)&c;
	if (ioctl(fd, SIOCETHTOOL, &ifr))
		return;
	ls->speed = ethtool_cmd_speed(&c);
	ls->duplex = c.duplex;
	ls->port = c.port;
	ls->autoneg = c.autoneg;
}

int tpsock_link(int fd)
{
	struct ifreq ifr;
	int ret = tpsock_ifname(fd, &ifr);

	if (ret)
		return ret;
	if (ioctl(fd, SIOCGIFFLAGS, &ifr))
		return -ENODEV;
	return (ifr.ifr_flags & (IFF_UP | IFF_RUNNING)) == (IFF_UP | IFF_RUNNING);
}

/* Interfaces are renamed; the socket knows the number. */
static int tpsock_ifname(int fd, struct ifreq *ifr)
{
	int ret = tpsock_ifindex(fd);

	*ifr = (struct ifreq){ .ifr_ifindex = ret };
	if (ret < 0 || ioctl(fd, SIOCGIFNAME, ifr))
		return -ENODEV;
	return 0;
}

static bool tpsock_ethtool(int fd, struct ifreq *ifr, uint32_t cmd, uint32_t mask)
{
	struct ethtool_value v = { .cmd = cmd };

	ifr->ifr_data = (void *)&v;
	return !ioctl(fd, SIOCETHTOOL, ifr) && v.data & mask;
}

/* --- the address filter --- */

void tpfilter_update(struct tpfilter *f, const struct net_device *dev)
{
	struct tpfilter want = { .n = 0 };
	int ifindex = f->fd < 0 ? -1 : tpsock_ifindex(f->fd);

	if (ifindex < 0)
		return;
	want.fd = f->fd;
	want.failed = f->failed;
	tpfilter_want(&want, dev);
	for (unsigned i = 0; i < want.n; i++)
		if (!tpfilter_has(f, &want.entry[i]) &&
		    tpfilter_tell(&want, ifindex, PACKET_ADD_MEMBERSHIP, &want.entry[i])) {
			static const struct tpfilter_entry all = { .type = PACKET_MR_PROMISC };

			if (!want.failed && want.entry[i].type != PACKET_MR_PROMISC)
				tpfilter_tell(&want, ifindex, PACKET_ADD_MEMBERSHIP, &all);
			want.failed = true;
			want.entry[i--] = want.entry[--want.n];
		}
	for (unsigned i = 0; i < f->n; i++)
		if (!tpfilter_has(&want, &f->entry[i]))
			tpfilter_tell(&want, ifindex, PACKET_DROP_MEMBERSHIP, &f->entry[i]);
	*f = want;
}

static void tpfilter_add(struct tpfilter *f, unsigned short type, const unsigned char *addr)
{
	struct tpfilter_entry *e = &f->entry[f->n];

	if (f->n == TPFILTER_MAX)
		return;
	*e = (struct tpfilter_entry){ .type = type };
	if (addr)
		memcpy(e->addr, addr, ETH_ALEN);
	f->n += !tpfilter_has(f, e);
}

static void tpfilter_want(struct tpfilter *want, const struct net_device *dev)
{
	const struct netdev_hw_addr *ha;

	if (dev->flags & IFF_PROMISC || dev->promiscuity)
		tpfilter_add(want, PACKET_MR_PROMISC, NULL);
	if (dev->flags & IFF_ALLMULTI || dev->allmulti)
		tpfilter_add(want, PACKET_MR_ALLMULTI, NULL);
	tpfilter_add(want, PACKET_MR_UNICAST, dev->dev_addr);
	list_for_each_entry(ha, &dev->uc, list)
		tpfilter_add(want, PACKET_MR_UNICAST, ha->addr);
	list_for_each_entry(ha, &dev->mc, list)
		tpfilter_add(want, PACKET_MR_MULTICAST, ha->addr);
	if (want->n < TPFILTER_MAX)
		return;
	want->n = 0;
	tpfilter_add(want, PACKET_MR_PROMISC, NULL);
	tpfilter_add(want, PACKET_MR_ALLMULTI, NULL);
}

static bool tpfilter_has(const struct tpfilter *f, const struct tpfilter_entry *e)
{
	for (unsigned i = 0; i < f->n; i++)
		if (f->entry[i].type == e->type &&
		    !memcmp(f->entry[i].addr, e->addr, ETH_ALEN))
			return true;
	return false;
}

static int tpfilter_tell(const struct tpfilter *f, int ifindex, int op,
			 const struct tpfilter_entry *e)
{
	struct packet_mreq mr = { .mr_ifindex = ifindex, .mr_type = e->type };

	if (e->type == PACKET_MR_UNICAST || e->type == PACKET_MR_MULTICAST) {
		mr.mr_alen = ETH_ALEN;
		memcpy(mr.mr_address, e->addr, ETH_ALEN);
	}
	return tpsock_set(f->fd, op, &mr, sizeof(mr));
}
