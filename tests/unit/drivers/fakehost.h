/* SPDX-License-Identifier: MIT */
/*
 * fakehost.h: the host's kernel behind an AF_PACKET socket
 *
 * The program that includes it defines the calls that the tpacket driver makes on its socket (setsockopt, getsockopt, getsockname, bind, ioctl,
 * sendmmsg, recv), and so plays the kernel. The ring is a memfd of the size that was asked for, mapped here, too.
 */
#ifndef TESTS_UNIT_DRIVERS_FAKEHOST_H
#define TESTS_UNIT_DRIVERS_FAKEHOST_H

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/dev.h"
#include "fakering.h"
#include "support/suite.h"

#define MEMBERS 128
#define SENT_MAX 4096

static struct {
	int fd, link_fd; /* handed out; -1 */
	int fail_open, fail_link, fail_opt, fail_error; /* -errno; option that fails with fail_error */
	struct tpacket_req3 req;
	struct fake ring;
	int if_flags, if_mtu, ifindex;
	bool gone, gro, bound, ignores_outgoing, vnet;
	unsigned char last_hdr[10];
	unsigned char mac[ETH_ALEN];
	unsigned drops, freezes;
	int so_error;
	struct packet_mreq member[MEMBERS];
	unsigned members;
	int refuse_type; /* of memberships, -1 */
	bool link_event;
	/* sent */
	unsigned calls, sent, room;
	int send_error;
	unsigned last_len;
	unsigned char order[SENT_MAX];
} h;

int setsockopt(int fd, int level, int opt, const void *value, socklen_t len)
{
	const struct packet_mreq *mr = value;

	ck_assert_int_eq(fd, h.fd);
	ck_assert_int_eq(level, SOL_PACKET);
	if (opt == h.fail_opt) {
		errno = h.fail_error;
		return -1;
	}
	switch (opt) {
	case PACKET_VERSION:
		h.ring.version = *(const int *)value == TPACKET_V3 ? 3 : 2;
		return 0;
	case 23: /* PACKET_IGNORE_OUTGOING */
		h.ignores_outgoing = true;
		return 0;
	case PACKET_VNET_HDR:
		ck_assert_ptr_null(h.ring.mem);
		h.vnet = true;
		return 0;
	case PACKET_RX_RING:
		ck_assert(!h.bound);
		memcpy(&h.req, value, len);
		ck_assert_uint_eq(len, h.ring.version == 3 ? sizeof(struct tpacket_req3) : sizeof(struct tpacket_req));
		ck_assert_uint_eq(h.req.tp_frame_nr, h.req.tp_block_nr * (h.req.tp_block_size / h.req.tp_frame_size));
		ck_assert_int_eq(ftruncate(fd, (off_t)h.req.tp_block_size * h.req.tp_block_nr), 0);
		h.ring.block_size = h.req.tp_block_size;
		h.ring.block_nr = h.req.tp_block_nr;
		h.ring.slot_size = h.req.tp_frame_size;
		h.ring.mem = mmap(NULL, (size_t)h.req.tp_block_size * h.req.tp_block_nr, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		ck_assert_ptr_ne(h.ring.mem, MAP_FAILED);
		return 0;
	case PACKET_ADD_MEMBERSHIP:
		if (mr->mr_type == h.refuse_type) {
			errno = ENOBUFS;
			return -1;
		}
		ck_assert_uint_lt(h.members, MEMBERS);
		h.member[h.members++] = *mr;
		return 0;
	case PACKET_DROP_MEMBERSHIP:
		for (unsigned i = 0; i < h.members; i++)
			if (!memcmp(&h.member[i], mr, sizeof(*mr))) {
				h.member[i] = h.member[--h.members];
				return 0;
			}
		ck_abort_msg("a membership that is not there was dropped");
	default:
		ck_abort_msg("option %d", opt);
	}
	return -1;
}

int getsockopt(int fd, int level, int opt, void *restrict value, socklen_t *restrict len)
{
	struct tpacket_stats_v3 st = { .tp_drops = h.drops, .tp_freeze_q_cnt = h.freezes };

	ck_assert_int_eq(fd, h.fd);
	if (level == SOL_SOCKET && opt == SO_ERROR) {
		*(int *)value = h.so_error;
		h.so_error = 0;
		return 0;
	}
	ck_assert_int_eq(opt, PACKET_STATISTICS);
	memcpy(value, &st, min(*len, (socklen_t)sizeof(st)));
	h.drops = h.freezes = 0;
	return 0;
}

int getsockname(int fd, struct sockaddr *restrict addr, socklen_t *restrict len)
{
	ck_assert_int_eq(fd, h.fd);
	*(struct sockaddr_ll *)(void *)addr = (struct sockaddr_ll){ .sll_family = AF_PACKET, .sll_ifindex = h.gone ? -1 : h.ifindex };
	*len = sizeof(struct sockaddr_ll);
	return 0;
}

int bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	const struct sockaddr_ll *ll = (const void *)addr;

	ck_assert_int_eq(fd, h.fd);
	ck_assert_int_eq(ll->sll_ifindex, h.ifindex);
	ck_assert_uint_eq(ll->sll_protocol, htons(ETH_P_ALL));
	ck_assert_ptr_nonnull(h.ring.mem);
	h.bound = true;
	return 0;
}

int ioctl(int fd, unsigned long req, ...)
{
	va_list ap;
	struct ifreq *ifr;

	va_start(ap, req);
	ifr = va_arg(ap, struct ifreq *);
	va_end(ap);
	ck_assert_int_eq(fd, h.fd);
	errno = ENODEV;
	if (h.gone)
		return -1;
	if (req == SIOCGIFNAME)
		strcpy(ifr->ifr_name, "host0");
	else if (req == SIOCGIFFLAGS)
		ifr->ifr_flags = (short)h.if_flags;
	else if (req == SIOCGIFMTU)
		ifr->ifr_mtu = h.if_mtu;
	else if (req == SIOCGIFHWADDR)
		memcpy(ifr->ifr_hwaddr.sa_data, h.mac, ETH_ALEN);
	else if (req == SIOCETHTOOL)
		((struct ethtool_value *)(void *)ifr->ifr_data)->data = ((struct ethtool_value *)(void *)ifr->ifr_data)->cmd == ETHTOOL_GGRO && h.gro;
	else
		return -1;
	return 0;
}

int sendmmsg(int fd, struct mmsghdr *msg, unsigned n, int flags)
{
	unsigned i;

	ck_assert_int_eq(fd, h.fd);
	h.calls++;
	for (i = 0; i < n; i++) {
		const struct iovec *iov = msg[i].msg_hdr.msg_iov;

		ck_assert_uint_eq(msg[i].msg_hdr.msg_iovlen, h.vnet ? 2 : 1);
		if (h.send_error || !h.room)
			break;
		if (h.vnet) {
			ck_assert_uint_eq(iov->iov_len, sizeof(h.last_hdr));
			memcpy(h.last_hdr, iov->iov_base, sizeof(h.last_hdr));
			iov++;
		}
		h.room--;
		h.last_len = (unsigned)iov->iov_len;
		ck_assert_uint_lt(h.sent, SENT_MAX);
		h.order[h.sent++] = ((const unsigned char *)iov->iov_base)[14];
	}
	errno = h.send_error ? h.send_error : EAGAIN;
	return i ? (int)i : -1;
}

ssize_t recv(int fd, void *buf, size_t len, int flags)
{
	ck_assert_int_eq(fd, h.link_fd);
	errno = EAGAIN;
	if (!h.link_event)
		return -1;
	h.link_event = false;
	return 16;
}

static int tp_dev_open(void *ctx, const char *spec, unsigned queue)
{
	int *fd = !strncmp(spec, "packet-link:", 12) ? &h.link_fd : &h.fd;
	int error = fd == &h.fd ? h.fail_open : h.fail_link;

	ck_assert_str_eq(spec, fd == &h.fd ? "packet:host0" : "packet-link:host0");
	ck_assert_uint_eq(queue, 0);
	if (error)
		return error;
	*fd = memfd_create("ring", MFD_CLOEXEC);
	ck_assert_int_ge(*fd, 0);
	if (fd == &h.fd) {
		h.bound = false;
		h.members = 0; /* they end with their socket */
	}
	return *fd;
}

static void forget_ring(void)
{
	if (h.ring.mem)
		munmap(h.ring.mem, (size_t)h.ring.block_size * h.ring.block_nr);
	h.ring = (struct fake){ .mem = NULL };
}

#endif
