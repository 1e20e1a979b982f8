/* SPDX-License-Identifier: MIT */
/*
 * ioctl.c - requests by number: of interfaces and addresses, and of a socket's queues
 *
 * Theory of operation
 *   One table: number, bytes of the argument, handler. Requests about interfaces ask the register of devices, which is RTNL's, and need no
 *   socket; those of a socket run on its vCPU. A number that is not here is answered with ENOTTY, as by an inet socket.
 * Threads: RTNL. Mirrors: net/core/dev_ioctl.c, the switch of net/ipv4/af_inet.c.
 */
#include <errno.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>

#include "chan/chan_impl.h"
#include "core/ethtool.h"
#include "core/timekeeping.h"
#include "ipv4/arp.h"
#include "ipv4/inetdevice.h"
#include "kernel/smp.h"

struct sock_call {
	struct chan_port *p;
	unsigned cmd;
	int value, err;
	struct timespec stamp; /* or a struct timeval: both are two words */
};

static int dev_get(struct net *net, unsigned cmd, struct ifreq *ifr);
static int dev_set(struct net *net, unsigned cmd, struct ifreq *ifr, bool admin);
static int ethtool(struct net *net, void *arg, size_t *len, bool admin);
static void sock_value(void *arg);
static void sock_stamp(void *arg);

static bool is_stamp(unsigned cmd)
{
	return cmd == SIOCGSTAMP_OLD || cmd == SIOCGSTAMPNS_OLD || cmd == SIOCGSTAMP_NEW || cmd == SIOCGSTAMPNS_NEW;
}

int chan_ioctl(struct chan *c, struct chan_port *p, unsigned cmd, void *arg, size_t *len, const struct cred *cred)
{
	struct sock_call s = { .p = p, .cmd = cmd, .err = -EBADF };

	if (cmd != SIOCINQ && cmd != SIOCOUTQ && !is_stamp(cmd))
		return chan_dev_ioctl(c->net, cmd, arg, len, cred);
	if (p && p->pub.cpu == PORT_RTNL)
		return -ENOTTY;
	if (is_stamp(cmd) && *len == sizeof(s.stamp)) {
		if (p)
			smp_call(&c->net->m, p->pub.cpu, sock_stamp, &s);
		memcpy(arg, &s.stamp, sizeof(s.stamp));
		return s.err;
	}
	if (*len != sizeof(int))
		return -EFAULT;
	if (p)
		smp_call(&c->net->m, p->pub.cpu, sock_value, &s);
	memcpy(arg, &s.value, sizeof(s.value));
	return s.err;
}

int chan_dev_ioctl(struct net *net, unsigned cmd, void *arg, size_t *len, const struct cred *cred)
{
	switch (cmd) {
	case SIOCGIFADDR:
	case SIOCGIFDSTADDR:
	case SIOCGIFBRDADDR:
	case SIOCGIFNETMASK:
	case SIOCSIFADDR:
	case SIOCSIFDSTADDR:
	case SIOCSIFBRDADDR:
	case SIOCSIFNETMASK:
		return *len == sizeof(struct ifreq) ? devinet_ioctl(net, cmd, arg, cred->net_admin) : -EFAULT;
	case SIOCGIFNAME:
	case SIOCGIFINDEX:
	case SIOCGIFFLAGS:
	case SIOCGIFMTU:
	case SIOCGIFMETRIC:
	case SIOCGIFTXQLEN:
	case SIOCGIFHWADDR:
	case SIOCGIFMAP:
		return *len == sizeof(struct ifreq) ? dev_get(net, cmd, arg) : -EFAULT;
	case SIOCSIFFLAGS:
	case SIOCSIFMTU:
	case SIOCSIFMETRIC:
	case SIOCSIFTXQLEN:
	case SIOCSIFHWADDR:
	case SIOCSIFNAME:
	case SIOCSIFMAP:
		return *len == sizeof(struct ifreq) ? dev_set(net, cmd, arg, cred->net_admin) : -EFAULT;
	case SIOCGARP:
	case SIOCSARP:
	case SIOCDARP:
		return *len == sizeof(struct arpreq) ? arp_ioctl(net, cmd, arg, cred->net_admin) : -EFAULT;
	case SIOCETHTOOL:
		return ethtool(net, arg, len, cred->net_admin);
	default:
		return -ENOTTY;
	}
}

/* The name of the device, and behind it the command's struct, which the program's argument points to. */
static int ethtool(struct net *net, void *arg, size_t *len, bool admin)
{
	char name[IFNAMSIZ], *cmd = (char *)arg + sizeof(name);
	size_t n = *len - sizeof(name);
	int ret;

	if (*len < sizeof(name))
		return -EFAULT;
	memcpy(name, arg, sizeof(name));
	name[IFNAMSIZ - 1] = 0;
	ret = dev_ethtool(net, name, cmd, &n, admin);
	*len = sizeof(name) + n;
	return ret;
}

static void sock_value(void *arg)
{
	struct sock_call *s = arg;

	if (s->p->sock)
		chan_input(s->p, CHAN_DRAIN);
	if (s->p->sock)
		s->err = sock_ioctl(s->p->sock, s->cmd, &s->value);
}

/* When the datagram that was read last had been received. Who asks has all that come stamped from now on. */
static void sock_stamp(void *arg)
{
	struct sock_call *s = arg;
	struct chan_port *p = s->p;
	bool micro = s->cmd == SIOCGSTAMP_OLD || s->cmd == SIOCGSTAMP_NEW;

	if (!p->sock)
		return;
	unread_settle(p);
	sock_enable_timestamp(p->sock->sk, SOCK_TIMESTAMP);
	s->err = p->stamp < 0 ? -ENOENT : 0;
	if (!p->stamp)
		p->stamp = ktime_get_real(p->chan->net);
	if (s->err)
		return;
	s->stamp.tv_sec = p->stamp / (int64_t)NSEC_PER_SEC;
	s->stamp.tv_nsec = p->stamp % (int64_t)NSEC_PER_SEC / (micro ? 1000 : 1);
}

/* The device of a name, that of an alias too. */
static struct net_device *dev_named(struct net *net, struct ifreq *ifr)
{
	ifr->ifr_name[IFNAMSIZ - 1] = 0;
	ifr->ifr_name[strcspn(ifr->ifr_name, ":")] = 0;
	return __dev_get_by_name(net, ifr->ifr_name);
}

static int dev_get(struct net *net, unsigned cmd, struct ifreq *ifr)
{
	struct net_device *dev = cmd == SIOCGIFNAME ? __dev_get_by_index(net, ifr->ifr_ifindex) : dev_named(net, ifr);

	if (!dev)
		return -ENODEV;
	switch (cmd) {
	case SIOCGIFNAME:
		memcpy(ifr->ifr_name, dev->name, IFNAMSIZ);
		break;
	case SIOCGIFINDEX:
		ifr->ifr_ifindex = dev->ifindex;
		break;
	case SIOCGIFFLAGS:
		ifr->ifr_flags = (short)dev_get_flags(dev);
		break;
	case SIOCGIFMTU:
		ifr->ifr_mtu = (int)dev->mtu;
		break;
	case SIOCGIFMETRIC:
		ifr->ifr_metric = 0;
		break;
	case SIOCGIFTXQLEN:
		ifr->ifr_qlen = (int)dev->tx_queue_len;
		break;
	case SIOCGIFMAP:
		memset(&ifr->ifr_map, 0, sizeof(ifr->ifr_map));
		break;
	default: /* SIOCGIFHWADDR */
		memset(&ifr->ifr_hwaddr, 0, sizeof(ifr->ifr_hwaddr));
		ifr->ifr_hwaddr.sa_family = dev->type;
		memcpy(ifr->ifr_hwaddr.sa_data, dev->dev_addr, min_t(size_t, dev->addr_len, sizeof(ifr->ifr_hwaddr.sa_data)));
	}
	return 0;
}

static int dev_set(struct net *net, unsigned cmd, struct ifreq *ifr, bool admin)
{
	struct extack err = { "" }; /* an ioctl has no room for its text */
	struct net_device *dev;

	if (!admin)
		return -EPERM;
	dev = dev_named(net, ifr);
	if (!dev)
		return -ENODEV;
	switch (cmd) {
	case SIOCSIFFLAGS:
		return dev_change_flags(dev, (unsigned short)ifr->ifr_flags, &err);
	case SIOCSIFMTU:
		return dev_set_mtu(dev, ifr->ifr_mtu, &err);
	case SIOCSIFTXQLEN:
		return ifr->ifr_qlen < 0 ? -EINVAL : dev_change_tx_queue_len(dev, (unsigned long)ifr->ifr_qlen, &err);
	case SIOCSIFNAME:
		ifr->ifr_newname[IFNAMSIZ - 1] = 0;
		return dev_change_name(dev, ifr->ifr_newname, &err);
	case SIOCSIFHWADDR:
		if (ifr->ifr_hwaddr.sa_family != dev->type || dev->addr_len > sizeof(ifr->ifr_hwaddr.sa_data))
			return -EINVAL;
		return dev_set_mac_address(dev, (const unsigned char *)ifr->ifr_hwaddr.sa_data, &err);
	default: /* SIOCSIFMETRIC, SIOCSIFMAP: nothing has one */
		return -EOPNOTSUPP;
	}
}
