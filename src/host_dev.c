/* SPDX-License-Identifier: MIT */
/*
 * host_dev.c - descriptors of the host's devices
 *
 * A TAP that was made persistent keeps the offload flags of its previous owner: they are reset on attach, else received checksums would
 * be left unfinished. Not on the packet path. See Documentation/networking/tuntap.rst of the kernel for the ioctls.
 */
#include "host_dev.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int tap_open(const char *ifname, unsigned queue);

int host_dev_open(const char *spec, unsigned queue)
{
	int fd;

	if (!strncmp(spec, "tap:", 4))
		return tap_open(spec + 4, queue);
	if (!strncmp(spec, "pcap:", 5))
		fd = open(spec + 5, O_RDONLY | O_CLOEXEC);
	else if (!strncmp(spec, "pcap-out:", 9))
		fd = open(spec + 9, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	else
		return -ENODEV;
	return fd < 0 ? -errno : fd;
}

static int tap_open(const char *ifname, unsigned queue)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int fd, err;

	if (!*ifname || strlen(ifname) >= IFNAMSIZ)
		return -EINVAL;
	if (queue)
		ifr.ifr_flags |= IFF_MULTI_QUEUE;
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	memcpy(ifr.ifr_name, ifname, strlen(ifname) + 1);
	if (ioctl(fd, TUNSETIFF, &ifr) || ioctl(fd, TUNSETOFFLOAD, 0)) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}
