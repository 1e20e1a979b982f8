/* SPDX-License-Identifier: MIT */
/*
 * side_kernel.c - the kernel as a side: a network namespace of its own, with a TAP device
 * whose descriptor the test holds
 *
 * Theory of operation
 *   A write() to the descriptor runs the kernel's receive path to its end before it returns,
 *   so answers made in it are already queued for read(). The thread enters the namespace only
 *   to configure it; descriptors and files opened inside stay with it. Closing the
 *   descriptors ends the namespace. Needs CAP_NET_ADMIN and CAP_SYS_ADMIN of the surrounding
 *   user namespace and /dev/net/tun.
 * One thread. Called by main.c.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "frame.h"
#include "side.h"

#define DEV "eth0"

struct side {
	int home, ns, tap, udp, udplite, snmp, netstat;
};

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

static int kernel_sysctl(struct side *s, const char *key, const char *value)
{
	char path[256];
	int ret, n = snprintf(path, sizeof(path), "/proc/sys/");

	for (; *key && n < (int)sizeof(path) - 1; key++)
		path[n++] = *key == '.' ? '/' : *key;
	path[n] = 0;
	if (setns(s->ns, CLONE_NEWNET))
		return -errno;
	ret = write_file(path, value);
	return setns(s->home, CLONE_NEWNET) ? -errno : ret;
}

static void set_addr(struct sockaddr *sa, uint32_t addr)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(addr) };

	memcpy(sa, &in, sizeof(in));
}

static bool device_up(int fd, const char *dev)
{
	struct ifreq r = { 0 };

	snprintf(r.ifr_name, IFNAMSIZ, "%s", dev);
	if (ioctl(fd, SIOCGIFFLAGS, &r))
		return false;
	r.ifr_flags |= IFF_UP;
	return !ioctl(fd, SIOCSIFFLAGS, &r);
}

/* lo and eth0 up, address, default route; true when all of it went well */
static bool configure(int fd, bool route)
{
	struct rtentry rt = { .rt_flags = RTF_UP | RTF_GATEWAY };
	struct ifreq r = { .ifr_name = DEV };

	write_file("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
	write_file("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
	r.ifr_hwaddr.sa_family = ARPHRD_ETHER;
	memcpy(r.ifr_hwaddr.sa_data, OUR_MAC, 6);
	if (ioctl(fd, SIOCSIFHWADDR, &r))
		return false;
	set_addr(&r.ifr_addr, OUR_ADDR);
	if (ioctl(fd, SIOCSIFADDR, &r))
		return false;
	set_addr(&r.ifr_netmask, 0xffffff00);
	if (ioctl(fd, SIOCSIFNETMASK, &r) || !device_up(fd, "lo") || !device_up(fd, DEV))
		return false;
	set_addr(&rt.rt_dst, 0);
	set_addr(&rt.rt_genmask, 0);
	set_addr(&rt.rt_gateway, PEER_ADDR);
	return !route || !ioctl(fd, SIOCADDRT, &rt);
}

static int open_server(int protocol)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(7) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&any, sizeof(any))) {
		close(fd);
		return -1;
	}
	return fd;
}

static void kernel_close(struct side *s)
{
	int fds[] = { s->tap, s->udp, s->udplite, s->snmp, s->netstat, s->ns, s->home };

	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	free(s);
}

static struct side *kernel_open(bool route)
{
	struct ifreq r = { .ifr_name = DEV, .ifr_flags = IFF_TAP | IFF_NO_PI };
	struct side *s = malloc(sizeof(*s));
	const char *what = "memory";
	bool good = false;

	if (!s)
		return NULL;
	*s = (struct side){ -1, -1, -1, -1, -1, -1, -1 };
	s->home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	what = "network namespace";
	if (s->home < 0 || unshare(CLONE_NEWNET))
		goto out;
	s->ns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	s->tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	what = "TAP device";
	if (s->ns < 0 || s->tap < 0 || ioctl(s->tap, TUNSETIFF, &r))
		goto out;
	s->udp = open_server(IPPROTO_UDP);
	s->udplite = open_server(IPPROTO_UDPLITE);
	s->snmp = open("/proc/thread-self/net/snmp", O_RDONLY | O_CLOEXEC);
	s->netstat = open("/proc/thread-self/net/netstat", O_RDONLY | O_CLOEXEC);
	what = "configuration";
	good = s->udp >= 0 && s->snmp >= 0 && s->netstat >= 0 && configure(s->udp, route);
out:
	if (!good)
		fprintf(stderr, "kernel side, %s: %s\n", what, strerror(errno));
	if (s->home >= 0 && setns(s->home, CLONE_NEWNET))
		good = false;
	if (good)
		return s;
	kernel_close(s);
	return NULL;
}

static int kernel_send(struct side *s, const uint8_t *frame, size_t len)
{
	return write(s->tap, frame, len) < 0 ? -errno : 0;
}

static int kernel_recv(struct side *s, uint8_t *buf, size_t max, int ms)
{
	struct pollfd p = { .fd = s->tap, .events = POLLIN };
	ssize_t n = read(s->tap, buf, max);

	if (n < 0 && ms && poll(&p, 1, ms) == 1)
		n = read(s->tap, buf, max);
	return n < 0 ? 0 : (int)n;
}

static int echo_all(int fd)
{
	static uint8_t buf[FRAME_MAX];
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	ssize_t n;
	int done = 0;

	while ((n = recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len)) >= 0) {
		if (sendto(fd, buf, (size_t)n, 0, (struct sockaddr *)&from, len) >= 0)
			done++;
		len = sizeof(from);
	}
	return done;
}

static int kernel_serve(struct side *s)
{
	return echo_all(s->udp) + (s->udplite < 0 ? 0 : echo_all(s->udplite));
}

static int kernel_file(struct side *s, const char *path, char *buf, size_t len)
{
	int fd = strstr(path, "netstat") ? s->netstat : s->snmp;
	ssize_t n;

	if (lseek(fd, 0, SEEK_SET))
		return -errno;
	n = read(fd, buf, len - 1);
	if (n < 0)
		return -errno;
	buf[n] = 0;
	return (int)n;
}

static int kernel_join(struct side *s, uint32_t group)
{
	struct ip_mreqn m = { .imr_multiaddr.s_addr = htonl(group),
			      .imr_address.s_addr = htonl(OUR_ADDR) };

	return setsockopt(s->udp, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m, sizeof(m)) ? -errno : 0;
}

const struct side_ops kernel_side = {
	.name = "kernel",
	.open = kernel_open,
	.close = kernel_close,
	.send = kernel_send,
	.recv = kernel_recv,
	.serve = kernel_serve,
	.file = kernel_file,
	.sysctl = kernel_sysctl,
	.join = kernel_join,
};
