/* SPDX-License-Identifier: MIT */
/*
 * host_dev.c - descriptors of the host's devices
 *
 * A TAP that was made persistent keeps the offload flags of its previous owner: they are set anew on attach, else received checksums would
 * be left unfinished. tap-csum: and tap-uso: are a TAP whose frames have a header of VNET_HDR bytes; checksums may be left unfinished both ways, and
 * with uso one frame may stand for many datagrams. Not on the packet path. See Documentation/networking/tuntap.rst of the kernel for the ioctls.
 */
#include "host_dev.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define PACKET_SNDBUF (4 << 20)
#define VNET_HDR 12 /* what drivers/vnet_hdr.h expects */
#define TUN_F_USO4_ 0x20 /* since Linux 6.2; the two only together */
#define TUN_F_USO6_ 0x40

static int tap_open(const char *ifname, unsigned queue, unsigned offloads);
static int tap_offloads(int fd, unsigned offloads);
static int packet_open(const char *ifname);
static int packet_bind(int fd, const char *ifname);
static int link_open(void);

int host_dev_open(const char *spec, unsigned queue)
{
	int fd;

	if (!strncmp(spec, "tap:", 4))
		return tap_open(spec + 4, queue, 0);
	if (!strncmp(spec, "tap-csum:", 9))
		return tap_open(spec + 9, queue, TUN_F_CSUM);
	if (!strncmp(spec, "tap-uso:", 8))
		return tap_open(spec + 8, queue, TUN_F_CSUM | TUN_F_USO4_ | TUN_F_USO6_);
	if (!strncmp(spec, "packet:", 7))
		return queue ? -EINVAL : packet_open(spec + 7);
	if (!strncmp(spec, "packet-link:", 12))
		return link_open();
	if (!strncmp(spec, "pcap:", 5))
		fd = open(spec + 5, O_RDONLY | O_CLOEXEC);
	else if (!strncmp(spec, "pcap-out:", 9))
		fd = open(spec + 9, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	else
		return -ENODEV;
	return fd < 0 ? -errno : fd;
}

static int tap_open(const char *ifname, unsigned queue, unsigned offloads)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int fd, err;

	if (!*ifname || strlen(ifname) >= IFNAMSIZ)
		return -EINVAL;
	if (queue)
		ifr.ifr_flags |= IFF_MULTI_QUEUE;
	if (offloads)
		ifr.ifr_flags |= IFF_VNET_HDR;
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	memcpy(ifr.ifr_name, ifname, strlen(ifname) + 1);
	if (ioctl(fd, TUNSETIFF, &ifr) || tap_offloads(fd, offloads)) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

/* -1 and errno for what the host does not know. */
static int tap_offloads(int fd, unsigned offloads)
{
	int size = VNET_HDR;

	return (offloads && ioctl(fd, TUNSETVNETHDRSZ, &size)) || ioctl(fd, TUNSETOFFLOAD, (unsigned long)offloads) ? -1 : 0;
}

/* Protocol 0: it takes no frame before the driver has made its ring and says which ones. */
static int packet_open(const char *ifname)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), size = PACKET_SNDBUF, ret;

	if (fd < 0)
		return -errno;
	ret = packet_bind(fd, ifname);
	if (ret) {
		close(fd);
		return ret;
	}
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)); /* as much as the host allows */
	return fd;
}

static int packet_bind(int fd, const char *ifname)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET };
	struct ifreq ifr = { .ifr_flags = 0 };

	if (!*ifname || strlen(ifname) >= IFNAMSIZ)
		return -EINVAL;
	memcpy(ifr.ifr_name, ifname, strlen(ifname) + 1);
	if (ioctl(fd, SIOCGIFINDEX, &ifr))
		return -errno;
	ll.sll_ifindex = ifr.ifr_ifindex;
	if (ioctl(fd, SIOCGIFHWADDR, &ifr))
		return -errno;
	if (ifr.ifr_hwaddr.sa_family != ARPHRD_ETHER)
		return -EPROTOTYPE;
	return bind(fd, (struct sockaddr *)&ll, sizeof(ll)) ? -errno : 0;
}

/* Says that some link has changed; needs no right. */
static int link_open(void)
{
	struct sockaddr_nl nl = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE), err;

	if (fd >= 0 && bind(fd, (struct sockaddr *)&nl, sizeof(nl))) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd < 0 ? -errno : fd;
}
