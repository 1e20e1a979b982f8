/* SPDX-License-Identifier: MIT */
/*
 * tap_floor.c - the least that an echo on a TAP costs: read a frame, turn its addresses and ports around, write it back
 *
 *	tap_floor -i IFNAME [-v]
 *
 * Nothing is looked up, checked or summed. -v: with offload headers, UDP segmentation offload among them. Answers ARP for every address. Waits by
 * poll(2), reads until nothing is there. Runs until it is killed.
 */
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define HDR 12
#define OFFLOADS (TUN_F_CSUM | 0x20 | 0x40) /* TUN_F_USO4, TUN_F_USO6 */

static const unsigned char own[6] = { 2, 0, 0, 0, 0, 9 };

static void exchange(unsigned char *a, unsigned char *b, unsigned n)
{
	unsigned char t[6];

	memcpy(t, a, n);
	memcpy(a, b, n);
	memcpy(b, t, n);
}

/* Is there an answer? Then @f is it. */
static bool turn(unsigned char *f, unsigned len)
{
	bool arp = len >= 42 && f[12] == 8 && f[13] == 6 && f[21] == 1;
	bool udp = len >= 42 && f[12] == 8 && !f[13] && f[14] == 0x45 && f[23] == 17;

	if (!arp && !udp)
		return false;
	memcpy(f, f + 6, 6);
	memcpy(f + 6, own, 6);
	if (udp) {
		exchange(f + 26, f + 30, 4);
		exchange(f + 34, f + 36, 2);
	} else {
		f[21] = 2;
		memcpy(f + 32, f + 22, 6);
		memcpy(f + 22, own, 6);
		exchange(f + 28, f + 38, 4);
	}
	return true;
}

static int open_tap(const char *name, bool vnet)
{
	struct ifreq ifr = { .ifr_flags = (short)(IFF_TAP | IFF_NO_PI | (vnet ? IFF_VNET_HDR : 0)) };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK), size = HDR;

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr) || (vnet && ioctl(fd, TUNSETVNETHDRSZ, &size)) || ioctl(fd, TUNSETOFFLOAD, vnet ? OFFLOADS : 0))
		return -1;
	return fd;
}

int main(int argc, char **argv)
{
	static unsigned char buf[HDR + 65553];
	const char *name = NULL;
	bool vnet = false;
	int opt, fd;

	while ((opt = getopt(argc, argv, "i:v")) != -1) {
		if (opt == 'i')
			name = optarg;
		else if (opt == 'v')
			vnet = true;
	}
	fd = name ? open_tap(name, vnet) : -1;
	if (fd < 0) {
		perror("usage: tap_floor -i IFNAME [-v]");
		return 1;
	}
	puts("ready");
	fflush(stdout);
	for (;;) {
		unsigned char *f = buf + (vnet ? HDR : 0);
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t n;

		poll(&p, 1, -1);
		while ((n = read(fd, buf, sizeof(buf))) > f - buf)
			if (turn(f, (unsigned)(n - (f - buf))) && write(fd, buf, (size_t)n) < 0 && vnet)
				continue;
	}
}
