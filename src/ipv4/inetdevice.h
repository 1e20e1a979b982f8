/* SPDX-License-Identifier: MIT */
#ifndef IPV4_INETDEVICE_H
#define IPV4_INETDEVICE_H
/*
 * inetdevice.h - IPv4's half of a device and its addresses (mirrors include/linux/inetdevice.h; code in devinet.c, igmp.c)
 *
 * Threads: changed by RTNL, read under RCU.
 */
#include "ipv4/netns.h"

struct ip_mc_list;

struct in_ifaddr {
	struct hlist_node hash; /* inet_addr_lst */
	struct in_ifaddr *ifa_next; /* RCU */
	struct in_device *ifa_dev;
	struct rcu_head rcu;
	__be32 ifa_local, ifa_address, ifa_mask, ifa_broadcast;
	unsigned char ifa_scope, ifa_prefixlen;
	uint32_t ifa_flags; /* IFA_F_* */
	uint32_t ifa_rt_priority;
	char ifa_label[IFNAMSIZ];
	uint32_t ifa_valid_lft, ifa_preferred_lft; /* INFINITY_LIFE_TIME only */
	unsigned long ifa_cstamp, ifa_tstamp;
};

struct in_device {
	struct net_device *dev;
	atomic_t refcnt;
	bool dead;
	struct in_ifaddr *ifa_list; /* RCU */
	struct ip_mc_list *mc_list; /* RCU: joined groups */
	unsigned mc_count;
	spinlock_t mc_tomb_lock;
	struct ip_mc_list *mc_tomb; /* left groups whose state change is still being reported */
	unsigned long mr_v1_seen, mr_v2_seen, mr_maxdelay, mr_qi, mr_qri;
	unsigned char mr_qrv, mr_gq_running;
	unsigned mr_ifc_count;
	struct ktimer mr_gq_timer, mr_ifc_timer; /* general query, interface change; homed on vCPU 0 */
	struct neigh_parms *arp_parms;
	struct ipv4_devconf cnf;
	struct rcu_head rcu;
};

static __always_inline struct in_device *__in_dev_get_rcu(const struct net_device *dev) { return rcu_dereference(dev->ip_ptr); }
#define __in_dev_get_rtnl(dev) ((dev)->ip_ptr)
#define for_ifa_rcu(in_dev, ifa) \
	for (struct in_ifaddr *ifa = rcu_dereference((in_dev)->ifa_list); ifa; ifa = rcu_dereference(ifa->ifa_next))

int devinet_init(struct net *net); /* sysctls net.ipv4.conf.*, RTM_*ADDR, device notifier */
void devinet_exit(struct net *net);
struct in_device *inetdev_init(struct net_device *dev); /* RTNL */
/* RTNL: add @local/@prefixlen to @dev: 0, -EEXIST, -EINVAL (with text), -ENOMEM. broadcast 0: derived for prefixes < 31. */
int inet_addr_add(struct net_device *dev, __be32 local, unsigned prefixlen, __be32 broadcast, unsigned scope, const char *label,
		  struct extack *err);
int inet_addr_del(struct net_device *dev, __be32 local, unsigned prefixlen, struct extack *err);
/* Source address selection: @dst 0 means any; scope RT_SCOPE_*. RCU. */
__be32 inet_select_addr(const struct net_device *dev, __be32 dst, int scope);
__be32 inet_confirm_addr(struct net *net, struct in_device *in_dev, __be32 dst, __be32 local, int scope);
struct net_device *ip_dev_find_rcu(struct net *net, __be32 addr); /* device that owns a local address */
bool inet_ifa_match(__be32 addr, const struct in_ifaddr *ifa);
struct in_ifaddr *inet_ifa_byprefix(struct in_device *in_dev, __be32 prefix, __be32 mask);

/* address events for fib and arp, in registration order */
enum { IFA_UP = 1, IFA_DOWN };
struct inetaddr_notifier {
	void (*call)(struct inetaddr_notifier *nb, int event, struct in_ifaddr *ifa);
	struct list_head list;
};
void register_inetaddr_notifier(struct net *net, struct inetaddr_notifier *nb);
void unregister_inetaddr_notifier(struct net *net, struct inetaddr_notifier *nb);

static __always_inline __be32 inet_make_mask(int logmask) { return logmask ? htonl(~((1u << (32 - logmask)) - 1)) : 0; }
static __always_inline int inet_mask_len(__be32 mask) { return mask ? 32 - __builtin_ctz(ntohl(mask)) : 0; }
static __always_inline bool bad_mask(__be32 mask, __be32 addr)
{
	uint32_t hmask = ~ntohl(mask);

	return (addr & ~mask) || (hmask & (hmask + 1));
}
/* address classes, RFC 5735 */
static __always_inline bool ipv4_is_loopback(__be32 a) { return (a & htonl(0xff000000)) == htonl(0x7f000000); }
static __always_inline bool ipv4_is_multicast(__be32 a) { return (a & htonl(0xf0000000)) == htonl(0xe0000000); }
static __always_inline bool ipv4_is_local_multicast(__be32 a) { return (a & htonl(0xffffff00)) == htonl(0xe0000000); }
static __always_inline bool ipv4_is_lbcast(__be32 a) { return a == htonl(INADDR_BROADCAST); }
static __always_inline bool ipv4_is_zeronet(__be32 a) { return a == 0; } /* as Linux since 5.3: only 0.0.0.0 */
static __always_inline bool ipv4_is_linklocal_169(__be32 a) { return (a & htonl(0xffff0000)) == htonl(0xa9fe0000); }
#define ip_is_fragment(iph) (((iph)->frag_off & htons(IP_MF | IP_OFFSET)) != 0)
#define IP_CE 0x8000
#define IP_DF 0x4000
#define IP_MF 0x2000
#define IP_OFFSET 0x1fff

#endif
