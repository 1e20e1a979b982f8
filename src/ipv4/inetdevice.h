/* SPDX-License-Identifier: MIT */
#ifndef IPV4_INETDEVICE_H
#define IPV4_INETDEVICE_H
/*
 * inetdevice.h - IPv4's half of a device and its addresses
 *
 * Theory of operation
 *   An in_device is made when its device is registered and ends with it (or when the MTU falls
 *   below 68). It holds the addresses, the groups, the ARP settings and net.ipv4.conf.NAME. An
 *   address is primary, or secondary when a primary of the same subnet stood there before;
 *   primaries come first in ifa_list. Each address change is told to the routes first
 *   (fib_inetaddr_event), then to rtnetlink's subscribers.
 * Threads: changed by RTNL, read under RCU. Mirrors: include/linux/inetdevice.h; code in
 * devinet*.c, igmp.c.
 */
#include "ipv4/netns.h"
#include "lib/extack.h"

struct ip_mc_list;
struct rtable;
struct ifreq;

#define IPV4_MIN_MTU 68 /* RFC 791 */
#define INFINITY_LIFE_TIME 0xffffffffu

struct in_ifaddr {
	struct hlist_node hash;	    /* inet_addr_lst */
	struct in_ifaddr *ifa_next; /* RCU */
	struct in_device *ifa_dev;
	struct net *net;
	struct rcu_head rcu;
	__be32 ifa_local, ifa_address, ifa_mask, ifa_broadcast;
	unsigned char ifa_scope, ifa_prefixlen;
	uint32_t ifa_flags; /* IFA_F_* */
	uint32_t ifa_rt_priority;
	char ifa_label[IFNAMSIZ];
	unsigned long ifa_cstamp, ifa_tstamp; /* jiffies: made, changed. Addresses live for ever */
};

/* Input routes that depend on nothing but the device: kept here, one each */
enum rt_input_kind { RT_INPUT_MULTICAST, RT_INPUT_BROADCAST, RT_INPUT_ERROR, RT_INPUT_MAX };

struct in_device {
	struct net_device *dev; /* holds a reference */
	atomic_t refcnt;
	bool dead;
	struct in_ifaddr *ifa_list; /* RCU */
	/* groups: igmp.h says how they are locked */
	spinlock_t mc_lock;
	struct ip_mc_list *mc_list; /* [L:mc_lock] RCU readers: joined groups */
	unsigned mc_count;
	struct ip_mc_list *mc_tomb; /* [L:mc_lock] left groups that are still being reported */
	/* [L:mc_lock] jiffies until when an old router is there */
	unsigned long mr_v1_seen, mr_v2_seen;
	unsigned long mr_maxdelay, mr_qi, mr_qri; /* [L:mc_lock] jiffies */
	unsigned char mr_qrv, mr_gq_running, mr_ifc_running, mr_timer_armed;
	unsigned mr_ifc_count;
	/* general query, state change */
	unsigned long mr_gq_expires, mr_ifc_expires, mr_timer_expires;
	struct ktimer mr_timer; /* the earliest of all deadlines; homed on vCPU 0 */
	struct neigh_parms *arp_parms;
	struct ipv4_devconf cnf;
	struct rtable *rt_input[RT_INPUT_MAX]; /* RCU, swapped by any vCPU */
	struct rcu_head rcu;
};

static __always_inline struct in_device *__in_dev_get_rcu(const struct net_device *dev)
{
	return rcu_dereference(dev->ip_ptr);
}
#define __in_dev_get_rtnl(dev) ((dev)->ip_ptr)
#define for_ifa_rcu(in_dev, ifa)                                               \
	for (struct in_ifaddr *ifa = rcu_dereference((in_dev)->ifa_list); ifa; \
	     ifa = rcu_dereference(ifa->ifa_next))

/* Settings that hold when all or the device say so, and so on, as in Linux */
#define IN_DEV_FORWARD(in_dev) IN_DEV_CONF_GET(in_dev, FORWARDING)
#define IN_DEV_RPFILTER(in_dev) IN_DEV_MAXCONF(in_dev, RP_FILTER)
#define IN_DEV_SOURCE_ROUTE(in_dev) IN_DEV_ANDCONF(in_dev, ACCEPT_SOURCE_ROUTE)
#define IN_DEV_ACCEPT_LOCAL(in_dev) IN_DEV_ORCONF(in_dev, ACCEPT_LOCAL)
#define IN_DEV_LOG_MARTIANS(in_dev) IN_DEV_ORCONF(in_dev, LOG_MARTIANS)
#define IN_DEV_PROXY_ARP(in_dev) IN_DEV_ORCONF(in_dev, PROXY_ARP)
#define IN_DEV_SHARED_MEDIA(in_dev) IN_DEV_ORCONF(in_dev, SHARED_MEDIA)
#define IN_DEV_TX_REDIRECTS(in_dev) IN_DEV_ORCONF(in_dev, SEND_REDIRECTS)
#define IN_DEV_SEC_REDIRECTS(in_dev) IN_DEV_ORCONF(in_dev, SECURE_REDIRECTS)
#define IN_DEV_RX_REDIRECTS(in_dev)                                        \
	(IN_DEV_FORWARD(in_dev) ? IN_DEV_ANDCONF(in_dev, ACCEPT_REDIRECTS) \
				: IN_DEV_ORCONF(in_dev, ACCEPT_REDIRECTS))
#define IN_DEV_ROUTE_LOCALNET(in_dev) IN_DEV_ORCONF(in_dev, ROUTE_LOCALNET)
#define IN_DEV_BFORWARD(in_dev) IN_DEV_ANDCONF(in_dev, BC_FORWARDING)
#define IN_DEV_PROMOTE_SECONDARIES(in_dev) IN_DEV_ORCONF(in_dev, PROMOTE_SECONDARIES)
#define IN_DEV_IGNORE_ROUTES_WITH_LINKDOWN(in_dev) \
	IN_DEV_CONF_GET(in_dev, IGNORE_ROUTES_WITH_LINKDOWN)
#define IN_DEV_ARPFILTER(in_dev) IN_DEV_ORCONF(in_dev, ARP_FILTER)
#define IN_DEV_ARP_ACCEPT(in_dev) IN_DEV_MAXCONF(in_dev, ARP_ACCEPT)
#define IN_DEV_ARP_ANNOUNCE(in_dev) IN_DEV_MAXCONF(in_dev, ARP_ANNOUNCE)
#define IN_DEV_ARP_IGNORE(in_dev) IN_DEV_MAXCONF(in_dev, ARP_IGNORE)
#define IN_DEV_ARP_EVICT_NOCARRIER(in_dev) IN_DEV_ANDCONF(in_dev, ARP_EVICT_NOCARRIER)
#define IN_DEV_ARP_NOTIFY(in_dev) IN_DEV_MAXCONF(in_dev, ARP_NOTIFY)

/* net.ipv4.conf.*, net.ipv4.ip_forward, RTM_*ADDR, device notifier */
int devinet_init(struct net *net);
void devinet_exit(struct net *net);
struct in_device *inetdev_init(struct net_device *dev); /* RTNL; NULL without memory */
void in_dev_finish_destroy(struct in_device *in_dev);
static __always_inline void in_dev_hold(struct in_device *in_dev)
{
	atomic_inc(&in_dev->refcnt);
}
static __always_inline void in_dev_put(struct in_device *in_dev)
{
	if (atomic_dec_and_test(&in_dev->refcnt))
		in_dev_finish_destroy(in_dev);
}
/*
 * RTNL: add @local/@prefixlen to @dev: 0, -EEXIST, -EINVAL (with text), -ENOMEM. @broadcast 0:
 * derived for prefixes < 31. @label NULL: the device's name.
 */
notrace int inet_addr_add(struct net_device *dev, __be32 local, unsigned prefixlen, __be32 broadcast,
		  unsigned scope, const char *label, struct extack *err);
/* -EADDRNOTAVAIL */
int inet_addr_del(struct net_device *dev, __be32 local, unsigned prefixlen, struct extack *err);
/*
 * SIOC{G,S}IF{ADDR,BRDADDR,NETMASK,DSTADDR}, RTNL: 0 or -errno; *@ifr is answered in place. Alias
 * names ("eth0:1") find labels.
 */
int devinet_ioctl(struct net *net, unsigned cmd, struct ifreq *ifr, bool admin);
/*
 * Forwarding on or off for all devices and the default: what writing net.ipv4.ip_forward does. RTNL
 */
void inet_forward_change(struct net *net, bool on);
/* Source address selection: @dst 0 means any; scope RT_SCOPE_*. RCU. */
__be32 inet_select_addr(const struct net_device *dev, __be32 dst, int scope);
/*
 * The local address that suits @dst (0: any) and @local (0: any), on @in_dev or (NULL) anywhere; 0
 * when there is none. RCU
 */
__be32 inet_confirm_addr(struct net *net, struct in_device *in_dev, __be32 dst, __be32 local,
			 int scope);
/* device that owns a local address */
struct net_device *ip_dev_find_rcu(struct net *net, __be32 addr);
/* The address @addr of some device, by hash. RCU */
struct in_ifaddr *inet_lookup_ifaddr_rcu(struct net *net, __be32 addr);
/* Are @a and @b (0: not asked) both in one subnet of @in_dev? RCU */
bool inet_addr_onlink(struct in_device *in_dev, __be32 a, __be32 b);
struct in_ifaddr *inet_ifa_byprefix(struct in_device *in_dev, __be32 prefix, __be32 mask);
static __always_inline bool inet_ifa_match(__be32 addr, const struct in_ifaddr *ifa)
{
	return !((addr ^ ifa->ifa_address) & ifa->ifa_mask);
}

/* inside the room: devinet_rtnl.c, devinet_sysctl.c */
enum { IFA_UP = 1, IFA_DOWN }; /* fib_inetaddr_event() */
/* Take over @ifa (freed on failure): 0, -EEXIST, -EINVAL */
int inet_insert_ifa(struct in_ifaddr *ifa, struct extack *err);
void inet_del_ifa(struct in_device *in_dev, struct in_ifaddr *ifa, bool destroy);
struct in_ifaddr *inet_alloc_ifa(struct in_device *in_dev);
void inet_free_ifa(struct in_ifaddr *ifa);
void rtmsg_ifa(struct net *net, int event, struct in_ifaddr *ifa);
int devinet_rtnl_init(struct net *net);
int devinet_sysctl_init(struct net *net);
void devinet_sysctl_exit(struct net *net);
int devinet_sysctl_register(struct in_device *in_dev);
void devinet_sysctl_unregister(struct in_device *in_dev);
/* An address was given: what was not chosen for this device no longer follows the default. */
static __always_inline void ipv4_devconf_setall(struct in_device *in_dev)
{
	in_dev->cnf.state = ~0ul;
}

static __always_inline __be32 inet_make_mask(int logmask)
{
	return logmask ? htonl(~((1u << (32 - logmask)) - 1)) : 0;
}
static __always_inline int inet_mask_len(__be32 mask)
{
	return mask ? 32 - __builtin_ctz(ntohl(mask)) : 0;
}
static __always_inline bool bad_mask(__be32 mask, __be32 addr)
{
	uint32_t hmask = ~ntohl(mask);

	return (addr & ~mask) || (hmask & (hmask + 1));
}
/* address classes, RFC 5735 */
static __always_inline bool ipv4_is_loopback(__be32 a)
{
	return (a & htonl(0xff000000)) == htonl(0x7f000000);
}
static __always_inline bool ipv4_is_multicast(__be32 a)
{
	return (a & htonl(0xf0000000)) == htonl(0xe0000000);
}
static __always_inline bool ipv4_is_local_multicast(__be32 a)
{
	return (a & htonl(0xffffff00)) == htonl(0xe0000000);
}
static __always_inline bool ipv4_is_lbcast(__be32 a)
{
	return a == htonl(INADDR_BROADCAST);
}
/* as Linux since 5.3: only 0.0.0.0 */
static __always_inline bool ipv4_is_zeronet(__be32 a)
{
	return a == 0;
}
static __always_inline bool ipv4_is_linklocal_169(__be32 a)
{
	return (a & htonl(0xffff0000)) == htonl(0xa9fe0000);
}
#define ip_is_fragment(iph) (((iph)->frag_off & htons(IP_MF | IP_OFFSET)) != 0)
#define IP_CE 0x8000
#define IP_DF 0x4000
#define IP_MF 0x2000
#define IP_OFFSET 0x1fff

/* Four numbers of an address, for "%u.%u.%u.%u" */
#define IP4_FMT "%u.%u.%u.%u"
#define IP4_ARG(a) ntohl(a) >> 24, ntohl(a) >> 16 & 255, ntohl(a) >> 8 & 255, ntohl(a) & 255

#endif
