/* SPDX-License-Identifier: MIT */
#ifndef CORE_DEV_H
#define CORE_DEV_H
/*
 * dev.h - network devices, their NAPI instances, receive and transmit entry points (mirrors include/linux/netdevice.h)
 *
 * Theory of operation
 *   A driver allocates a net_device, fills ops and registers it (RTNL). Receive: its interrupt handler schedules a NAPI instance;
 *   NET_RX softirq calls the poll, which hands each frame to napi_gro_receive(). Transmit: dev_queue_xmit() picks a queue, goes through the
 *   qdisc and calls ndo_start_xmit with the queue's lock held.
 *   softnet_data is the per-CPU half: the poll list, the backlog for netif_rx(), completions for NET_TX.
 *   Names and columns follow Linux 3.13 for NAPI and softnet, current Linux elsewhere.
 */
#include <netinet/in.h> /* before any linux/ header: it decides who defines in_addr and IPPROTO_* */

#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include "core/skbuff.h"
#include "kernel/rcu.h"
#include "kernel/smp.h"
#include "kernel/timer.h"
#include "lib/extack.h"
#include "lib/log.h"

struct net;
struct in_device;
struct neighbour;
struct neigh_parms;
struct Qdisc;

#define MAX_ADDR_LEN 32
#define NAPI_POLL_WEIGHT 64
#define NETDEV_BUDGET 300
#define MAX_TX_QUEUES 16
#define MAX_RX_QUEUES 16

typedef enum { NETDEV_TX_OK = 0x00, NETDEV_TX_BUSY = 0x10 } netdev_tx_t;
enum { NET_RX_SUCCESS = 0, NET_RX_DROP = 1 };
enum { NET_XMIT_SUCCESS = 0x00, NET_XMIT_DROP = 0x01, NET_XMIT_CN = 0x02 };
#define net_xmit_errno(e) ((e) != NET_XMIT_CN ? -ENOBUFS : 0)
#define net_xmit_eval(e) ((e) == NET_XMIT_CN ? 0 : (e))

typedef uint64_t netdev_features_t;
#define NETIF_F_SG (1ull << 0)
#define NETIF_F_IP_CSUM (1ull << 1)
#define NETIF_F_HW_CSUM (1ull << 3)
#define NETIF_F_HIGHDMA (1ull << 5)
#define NETIF_F_RXCSUM (1ull << 6)
#define NETIF_F_LOOPBACK (1ull << 7)
#define NETIF_F_GSO (1ull << 11)
#define NETIF_F_LLTX (1ull << 12) /* transmits without the queue's lock: loopback, veth */
#define NETIF_F_GRO (1ull << 14)
#define NETIF_F_HW_VLAN_CTAG_FILTER (1ull << 16)
#define NETIF_F_GSO_UDP_L4 (1ull << 19) /* cuts UDP itself */
#define NETIF_F_RXHASH (1ull << 17)
#define NETIF_F_NTUPLE (1ull << 18)
#define NETIF_F_SOFT_FEATURES (NETIF_F_GSO | NETIF_F_GRO) /* what the stack does itself: every device has them */

struct net_device_stats { /* also what /proc/net/dev and sysfs statistics show; 64 bit (rtnl_link_stats64) */
	uint64_t rx_packets, tx_packets, rx_bytes, tx_bytes, rx_errors, tx_errors, rx_dropped, tx_dropped, multicast, collisions;
	uint64_t rx_length_errors, rx_over_errors, rx_crc_errors, rx_frame_errors, rx_fifo_errors, rx_missed_errors;
	uint64_t tx_aborted_errors, tx_carrier_errors, tx_fifo_errors, tx_heartbeat_errors, tx_window_errors;
	uint64_t rx_compressed, tx_compressed, rx_nohandler;
};

/* --- NAPI --- */
enum { NAPI_STATE_SCHED, NAPI_STATE_DISABLE, NAPI_STATE_NPSVC };
struct gro_stats { /* frames, but flush_*: packets that went up because ... */
	uint64_t held, merged, normal, off; /* off: the device's GRO was */
	uint64_t flush_poll, flush_age;	    /* ... their poll ended, or was a jiffy old */
	uint64_t flush_full, flush_flow;    /* ... a merged frame was the last that fits, or one of their flow does not */
};
struct napi_struct {
	struct list_head poll_list; /* [C] of softnet_data */
	unsigned long state;	    /* [C] bits above; DISABLE set by RTNL through smp_call */
	int weight;		    /* [I] */
	int (*poll)(struct napi_struct *napi, int budget);
	struct net_device *dev; /* NULL for the backlog */
	struct list_head dev_list; /* [R] */
	unsigned napi_id;	   /* [I] */
	struct vcpu *vcpu;	   /* CPU it is scheduled on */
	unsigned long polls, work; /* totals */
	unsigned long completes;   /* napi_complete()s: a poll below its weight must have done one */
	unsigned over_weight;	   /* polls that returned more than their weight */
	struct sk_buff *gro_list;  /* [C] what GRO holds, newest first (core/gro.c) */
	unsigned gro_count;
	struct gro_stats gro;
};

/* --- transmit queue --- */
struct netdev_queue {
	struct net_device *dev;
	struct Qdisc *qdisc;	 /* [R] RCU */
	spinlock_t _xmit_lock;	 /* held over ndo_start_xmit */
	int xmit_lock_owner;	 /* vCPU id, -1 free: finds recursion */
	_Atomic unsigned long state; /* QUEUE_STATE_DRV_XOFF */
	unsigned long trans_start; /* jiffies of the last transmit */
	unsigned long trans_timeout;
};
#define QUEUE_STATE_DRV_XOFF 1ul
#define QUEUE_STATE_FROZEN 2ul

/* on dev->uc or dev->mc; readers on a vCPU walk the list with list_for_each_entry_rcu */
struct netdev_hw_addr {
	struct list_head list;
	unsigned char addr[MAX_ADDR_LEN];
	int refcount;
	struct net *net;
	struct rcu_head rcu;
};

struct ethtool_ops;
struct netdev_files;
struct ndo_name;

/**
 * struct net_device_ops - what a driver does. NULL members: not supported (-EOPNOTSUPP) or nothing to do.
 * @ndo_start_xmit: consumes @skb on NETDEV_TX_OK; NETDEV_TX_BUSY leaves it (queue must be stopped). Under the queue's lock.
 * @ndo_get_stats64: adds to @stats, which holds the per-CPU sums already.
 * @ndo_set_rx_mode: under dev->addr_lock.
 * @ndo_tx_timeout: from the watchdog's timer, inside vCPU 0.
 * All others: RTNL.
 */
struct net_device_ops {
	int (*ndo_init)(struct net_device *dev);
	void (*ndo_uninit)(struct net_device *dev);
	int (*ndo_open)(struct net_device *dev);
	int (*ndo_stop)(struct net_device *dev);
	netdev_tx_t (*ndo_start_xmit)(struct sk_buff *skb, struct net_device *dev);
	uint16_t (*ndo_select_queue)(struct net_device *dev, struct sk_buff *skb);
	void (*ndo_set_rx_mode)(struct net_device *dev);
	int (*ndo_set_mac_address)(struct net_device *dev, const void *addr);
	int (*ndo_validate_addr)(struct net_device *dev);
	int (*ndo_change_mtu)(struct net_device *dev, int new_mtu);
	void (*ndo_tx_timeout)(struct net_device *dev);
	void (*ndo_get_stats64)(struct net_device *dev, struct net_device_stats *stats);
	int (*ndo_vlan_rx_add_vid)(struct net_device *dev, __be16 proto, uint16_t vid);
	int (*ndo_vlan_rx_kill_vid)(struct net_device *dev, __be16 proto, uint16_t vid);
	int (*ndo_set_features)(struct net_device *dev, netdev_features_t features);
	const struct ndo_name *names; /* for dev_ops_show(); ended by a row of NULLs */
};
/* op name -> function name, printed by /sys/class/net/DEV/ops: see dev_ops_show() */
struct ndo_name {
	const char *op, *fn;
};
/*
 * A driver lists its ops once, and gets table and names:
 *	#define TAP_OPS(X) X(ndo_open, tap_open) X(ndo_start_xmit, tap_xmit)
 *	DEFINE_NETDEV_OPS(tap_netdev_ops, TAP_OPS);
 */
#define NDO_SET(op_, fn_) .op_ = fn_,
#define NDO_NAME(op_, fn_) { #op_, #fn_ },
#define DEFINE_NETDEV_OPS(var, LIST)                                                                                                 \
	static const struct ndo_name var##_names[] = { LIST(NDO_NAME){ NULL, NULL } };                                               \
	static const struct net_device_ops var = { LIST(NDO_SET).names = var##_names }

/**
 * struct header_ops - link-layer header of a device type (ethernet/eth.c)
 * @create:	push a header; @daddr NULL: leave the destination 0, return -(header length). Returns the header length.
 * @cache:	fill a neighbour's cached header: 0 or -1
 */
struct header_ops {
	int (*create)(struct sk_buff *skb, struct net_device *dev, unsigned short type, const void *daddr, const void *saddr, unsigned len);
	int (*parse)(const struct sk_buff *skb, unsigned char *haddr);
	int (*cache)(const struct neighbour *neigh, void *hh, __be16 type);
	void (*cache_update)(void *hh, const struct net_device *dev, const unsigned char *haddr);
};

enum netreg_state { NETREG_UNINITIALIZED, NETREG_REGISTERED, NETREG_UNREGISTERING, NETREG_UNREGISTERED };

struct net_device {
	char name[IFNAMSIZ];
	struct net *net;
	int ifindex;
	unsigned flags;	 /* IFF_*; [R], read anywhere */
	unsigned mtu;	 /* [R] READ_ONCE */
	unsigned min_mtu, max_mtu;
	unsigned short type; /* ARPHRD_* */
	unsigned short hard_header_len;
	unsigned char addr_len;
	unsigned char dev_addr[MAX_ADDR_LEN];
	unsigned char broadcast[MAX_ADDR_LEN];
	const struct net_device_ops *netdev_ops;
	const struct header_ops *header_ops;
	const struct ethtool_ops *ethtool_ops;
	const char *driver; /* "tap", "loopback" ...: the [module] of traces */
	struct in_device *ip_ptr; /* [R] RCU: ipv4's half */
	netdev_features_t features;	   /* [R] READ_ONCE: on now */
	netdev_features_t hw_features;	   /* [R] may be changed: set by the driver before it registers */
	netdev_features_t wanted_features; /* [R] what the user wants of these */
	unsigned tx_queue_len;
	unsigned num_tx_queues, real_num_tx_queues, num_rx_queues;
	struct netdev_queue *_tx; /* num_tx_queues of them */
	struct Qdisc *qdisc;	  /* [R] root as shown */
	unsigned long state;	  /* __LINK_STATE_* bits */
	struct list_head dev_list;   /* [R] RCU, net->dev_base_head */
	struct hlist_node name_hlist, index_hlist;
	struct list_head napi_list;  /* [R] */
	struct list_head ptype_all, ptype_specific; /* RCU: taps and handlers bound to this device */
	struct list_head uc, mc;     /* [R] netdev_hw_addr */
	spinlock_t addr_lock;	     /* uc, mc and the filter made of them; a leaf but for ndo_set_rx_mode */
	unsigned promiscuity, allmulti;
	unsigned gflags;	     /* [R] IFF_PROMISC, IFF_ALLMULTI as asked for by dev_change_flags() */
	bool uc_promisc;
	bool unicast_flt; /* [I] the driver filters by the uc list; else more than one address means promiscuous */
	bool keep_dst;	  /* [I] a sent packet keeps its dst (loopback): netif_keep_dst() */
	unsigned char operstate; /* IF_OPER_* as of the last change of the carrier */
	struct net_device_stats *stats; /* one per vCPU: this_dev_stats(dev)->rx_packets++ */
	void *stats_mem;		/* what is freed for it */
	struct net_device_stats core;	/* [A] kept by the core: rx_dropped, tx_dropped, rx_nohandler, by dev_core_inc() */
	int watchdog_timeo;		/* jiffies; 0 none */
	struct ktimer watchdog_timer;
	unsigned long tx_timeouts;
	unsigned long carrier_changes;
	atomic_t refcnt;
	enum netreg_state reg_state;
	void (*destructor)(struct net_device *dev);
	struct rcu_head rcu;
	struct rcu_head linkwatch;   /* a carrier change on its way to the control thread */
	struct list_head todo_list;  /* [R] net->net_todo_list: unregistered, still referenced */
	struct netdev_files *files;  /* [R] core/net-sysfs.c */
	void *priv; /* driver's part, allocated with the device */
};
enum { __LINK_STATE_START, __LINK_STATE_PRESENT, __LINK_STATE_NOCARRIER, __LINK_STATE_LINKWATCH_PENDING };

#define netdev_priv(dev) ((dev)->priv)
#define dev_net(dev) ((dev)->net)

/* counters of @dev on this CPU */
static __always_inline struct net_device_stats *this_dev_stats(const struct net_device *dev)
{
	return &dev->stats[this_vcpu()->id];
}

#define dev_core_inc(dev, field) ((void)__atomic_fetch_add(&(dev)->core.field, 1, __ATOMIC_RELAXED))
static __always_inline void netif_keep_dst(struct net_device *dev) { dev->keep_dst = true; }

/* --- per-CPU half --- */
struct softnet_data {
	struct list_head poll_list;
	struct vcpu *vcpu;
	/* columns of softnet_stat */
	unsigned processed, dropped, time_squeeze, cpu_collision, received_rps, flow_limit_count;
	struct sk_buff_head input_pkt_queue; /* lock: pushed to by other CPUs with RPS */
	struct sk_buff_head process_queue;   /* [C] */
	struct napi_struct backlog;
	struct sk_buff *completion_queue;    /* [C] dev_kfree_skb_irq */
	struct Qdisc *output_queue, **output_queue_tailp; /* [C] __netif_schedule */
	int xmit_recursion;
	/* remote CPUs whose backlog we filled: told at the end of net_rx_action() */
	struct softnet_data *rps_ipi_list, *rps_ipi_next;
	struct smp_work rps_work;
	struct ratelimit_state ratelimit; /* [C] of net_ratelimit() */
};
static __always_inline struct softnet_data *this_softnet(void)
{
	return this_vcpu()->slot[VCPU_SLOT_SOFTNET];
}

/* --- dev.c: registry (RTNL unless said otherwise) --- */
int dev_init(struct net *net);	/* net_dev_init(): softnet_data, softirqs, files */
void dev_exit(struct net *net); /* every device unregistered before */
/* @name may hold one %d. Zeroed, with @sizeof_priv bytes of driver memory; @setup fills type defaults (ether_setup). */
struct net_device *alloc_netdev_mqs(struct net *net, int sizeof_priv, const char *name, void (*setup)(struct net_device *), unsigned txqs,
				    unsigned rxqs);
void free_netdev(struct net_device *dev); /* never registered, or after unregister + grace */
int register_netdevice(struct net_device *dev, struct extack *err);
void unregister_netdevice(struct net_device *dev); /* closes, flushes, notifies, frees after a grace period */
/* Free what was unregistered while still referenced and no longer is; unregister_netdevice() and dev_exit() do it too. Returns what is left. */
unsigned netdev_run_todo(struct net *net);
struct net_device *__dev_get_by_name(struct net *net, const char *name); /* RTNL */
struct net_device *__dev_get_by_index(struct net *net, int ifindex);
struct net_device *dev_get_by_index_rcu(struct net *net, int ifindex); /* vCPU; no reference */
struct net_device *dev_get_by_name_rcu(struct net *net, const char *name);
bool dev_valid_name(const char *name);
int dev_open(struct net_device *dev, struct extack *err);
void dev_close(struct net_device *dev);
int dev_change_flags(struct net_device *dev, unsigned flags, struct extack *err);
unsigned dev_get_flags(const struct net_device *dev); /* as users see them: IFF_RUNNING, IFF_LOWER_UP included */
void dev_rename_listed(struct net_device *dev, const char *name); /* the registry's half of dev_change_name() */
int dev_change_name(struct net_device *dev, const char *name, struct extack *err); /* -EBUSY while up */
int dev_change_tx_queue_len(struct net_device *dev, unsigned long len, struct extack *err);
int dev_set_mtu(struct net_device *dev, int mtu, struct extack *err);
int dev_set_mac_address(struct net_device *dev, const unsigned char *addr, struct extack *err);
int dev_set_promiscuity(struct net_device *dev, int inc);
int dev_set_allmulti(struct net_device *dev, int inc);
int dev_mc_add(struct net_device *dev, const unsigned char *addr); /* 0 or -ENOMEM; counts references. Any thread */
int dev_mc_del(struct net_device *dev, const unsigned char *addr); /* 0 or -ENOENT */
int dev_uc_add(struct net_device *dev, const unsigned char *addr);
int dev_uc_del(struct net_device *dev, const unsigned char *addr);
void dev_addr_flush(struct net_device *dev); /* both lists, when the device goes */
void dev_set_rx_mode(struct net_device *dev);
void dev_get_stats(const struct net_device *dev, struct net_device_stats *out); /* folded */
/* RTNL or a vCPU; from a vCPU the notification follows when the control thread collects its garbage (rcu_barrier). */
void netif_carrier_on(struct net_device *dev);
void netif_carrier_off(struct net_device *dev);
static __always_inline bool netif_running(const struct net_device *dev) { return dev->state & (1ul << __LINK_STATE_START); }
static __always_inline bool netif_carrier_ok(const struct net_device *dev) { return !(dev->state & (1ul << __LINK_STATE_NOCARRIER)); }
static __always_inline void dev_hold(struct net_device *dev) { atomic_inc(&dev->refcnt); }
static __always_inline void dev_put(struct net_device *dev) { atomic_dec(&dev->refcnt); }
#define for_each_netdev(net, d) list_for_each_entry(d, &(net)->dev_base_head, dev_list)
#define for_each_netdev_rcu(net, d) list_for_each_entry_rcu(d, &(net)->dev_base_head, dev_list)
/* features.c: RTNL */
void netdev_features_init(struct net_device *dev); /* register_netdevice() */
void netdev_update_features(struct net_device *dev); /* wanted_features take effect, unless the driver refuses */
/* C1: "ndo_open tap_open" lines of a device's ops table; file /sys/class/net/DEV/ops (ours) */
struct seq_file;
int dev_ops_show(struct seq_file *m, void *dev);

/* notifications to upper rooms (ipv4), in order of registration */
enum netdev_event { NETDEV_UP = 1, NETDEV_DOWN, NETDEV_CHANGE, NETDEV_REGISTER, NETDEV_UNREGISTER, NETDEV_CHANGEMTU, NETDEV_CHANGEADDR,
		    NETDEV_GOING_DOWN, NETDEV_PRE_UP, NETDEV_CHANGENAME, NETDEV_CHANGE_TX_QUEUE_LEN, NETDEV_FEAT_CHANGE };
struct netdev_notifier {
	int (*call)(struct netdev_notifier *nb, enum netdev_event event, struct net_device *dev); /* 0, or -errno to refuse PRE_UP */
	struct list_head list;
};
void register_netdevice_notifier(struct net *net, struct netdev_notifier *nb);
void unregister_netdevice_notifier(struct net *net, struct netdev_notifier *nb);
/* Tell all; stops at a refusal of PRE_UP or REGISTER, which is returned. */
int call_netdevice_notifiers(enum netdev_event event, struct net_device *dev);

/* --- gro.c --- */
void napi_gro_receive(struct napi_struct *napi, struct sk_buff *skb); /* consumes */

/* --- napi.c --- */
void netif_napi_add(struct net_device *dev, struct napi_struct *napi, int (*poll)(struct napi_struct *, int), int weight);
void netif_napi_del(struct napi_struct *napi);
void napi_enable(struct napi_struct *napi);  /* RTNL */
void napi_disable(struct napi_struct *napi); /* RTNL: on return it is not scheduled and will not be */
void napi_schedule(struct napi_struct *napi);   /* vCPU of its interrupt; no-op when scheduled */
void __napi_schedule(struct napi_struct *napi); /* after the SCHED bit was won */
void napi_complete(struct napi_struct *napi);
void __napi_complete(struct napi_struct *napi);
void net_rx_action(struct vcpu *v);
void net_rps_action_and_irq_enable(struct softnet_data *sd);
static __always_inline bool napi_disable_pending(const struct napi_struct *n) { return n->state & (1ul << NAPI_STATE_DISABLE); }
static __always_inline bool napi_schedule_prep(struct napi_struct *n)
{
	if (n->state & (1ul << NAPI_STATE_DISABLE | 1ul << NAPI_STATE_SCHED))
		return false;
	n->state |= 1ul << NAPI_STATE_SCHED;
	return true;
}

/* --- dev_rx.c: all consume the skb --- */
struct packet_type {
	__be16 type; /* ETH_P_*, htons(ETH_P_ALL) for taps */
	struct net_device *dev; /* NULL: any */
	int (*func)(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt, struct net_device *orig_dev); /* consumes */
	const char *func_name;	/* shown in /proc/net/ptype */
	void *af_packet_priv;
	struct list_head list;
};
void dev_add_pack(struct net *net, struct packet_type *pt);	/* RTNL */
void dev_remove_pack(struct net *net, struct packet_type *pt);	/* RTNL; caller waits a grace period before freeing */
int netif_receive_skb(struct sk_buff *skb);
int __netif_receive_skb(struct sk_buff *skb);
int __netif_receive_skb_core(struct sk_buff *skb);
int netif_rx(struct sk_buff *skb); /* through the backlog of this CPU: loopback */
int enqueue_to_backlog(struct sk_buff *skb, unsigned cpu);
int process_backlog(struct napi_struct *napi, int quota);
void net_enable_timestamp(struct net *net);
void net_disable_timestamp(struct net *net);

/* --- dev_tx.c --- */
int dev_queue_xmit(struct sk_buff *skb); /* NET_XMIT_*, or -errno */
int dev_hard_start_xmit(struct sk_buff *skb, struct net_device *dev, struct netdev_queue *txq); /* NETDEV_TX_*; taps, features, driver */
struct netdev_queue *netdev_pick_tx(struct net_device *dev, struct sk_buff *skb);
netdev_features_t netif_skb_features(struct sk_buff *skb);
void net_tx_action(struct vcpu *v);
void __netif_schedule(struct Qdisc *q); /* run @q from NET_TX on this CPU */
void dev_kfree_skb_irq(struct sk_buff *skb); /* free from NET_TX (P3) */
static __always_inline bool netif_tx_queue_stopped(const struct netdev_queue *q) { return q->state & QUEUE_STATE_DRV_XOFF; }
void netif_tx_stop_queue(struct netdev_queue *q);
void netif_tx_wake_queue(struct netdev_queue *q);	  /* inside a vCPU */
void netif_tx_start_all_queues(struct net_device *dev); /* in ndo_open */
void netif_tx_stop_all_queues(struct net_device *dev);  /* in ndo_stop */
/* The lock of a transmit queue: for whoever calls dev_hard_start_xmit(). */
static __always_inline void __netif_tx_lock(struct netdev_queue *txq, unsigned cpu)
{
	_raw_spin_lock(&txq->_xmit_lock);
	WRITE_ONCE(txq->xmit_lock_owner, (int)cpu);
}
static __always_inline void __netif_tx_unlock(struct netdev_queue *txq)
{
	WRITE_ONCE(txq->xmit_lock_owner, -1);
	_raw_spin_unlock(&txq->_xmit_lock);
}
#define HARD_TX_LOCK(dev, txq, cpu)                                                                                                  \
	do {                                                                                                                         \
		if (!((dev)->features & NETIF_F_LLTX))                                                                               \
			__netif_tx_lock(txq, cpu);                                                                                   \
	} while (0)
#define HARD_TX_UNLOCK(dev, txq)                                                                                                     \
	do {                                                                                                                         \
		if (!((dev)->features & NETIF_F_LLTX))                                                                               \
			__netif_tx_unlock(txq);                                                                                      \
	} while (0)
static __always_inline struct netdev_queue *netdev_get_tx_queue(const struct net_device *dev, unsigned i) { return &dev->_tx[i]; }
void dev_watchdog_init(struct net_device *dev); /* alloc_netdev_mqs() */
void dev_watchdog_up(struct net_device *dev);
void dev_watchdog_down(struct net_device *dev);
void dev_watchdog_watch(struct net_device *dev); /* a queue was stopped; inside a vCPU */
static __always_inline int dev_hard_header(struct sk_buff *skb, struct net_device *dev, unsigned short type, const void *daddr,
					   const void *saddr, unsigned len)
{
	return dev->header_ops && dev->header_ops->create ? dev->header_ops->create(skb, dev, type, daddr, saddr, len) : 0;
}
#define LL_RESERVED_SPACE(dev) (((dev)->hard_header_len & ~15u) + 16)

/* --- the scheduler's border (sched/ registers itself; core calls through the table) --- */
/**
 * struct sched_ops - the qdisc layer as core sees it
 * @attach:	RTNL, device goes up: give every queue its default qdisc
 * @deactivate:	RTNL, device goes down: empty them
 * @xmit:	hand @skb to @q (consumes; NET_XMIT_*): __dev_xmit_skb
 * @run:	NET_TX: send what waits
 * @has_queue:	false for noqueue devices: core sends directly
 * @next_scheduled: the link of softnet_data.output_queue; with @set it becomes @set_next. Returns the link as it was
 * @set_scheduled: __netif_schedule() sets the bit and links @q only when it was clear; net_tx_action() clears it before @run
 */
struct sched_ops {
	int (*attach)(struct net_device *dev);
	void (*deactivate)(struct net_device *dev);
	void (*detach)(struct net_device *dev);
	int (*xmit)(struct sk_buff *skb, struct Qdisc *q, struct net_device *dev, struct netdev_queue *txq);
	void (*run)(struct Qdisc *q);
	bool (*has_queue)(const struct Qdisc *q);
	struct Qdisc *(*next_scheduled)(struct Qdisc *q, struct Qdisc *set_next, bool set); /* link of softnet output_queue */
	const char *(*id)(const struct Qdisc *q); /* "pfifo_fast", for IFLA_QDISC */
	bool (*set_scheduled)(struct Qdisc *q, bool on); /* q's bit "on some output_queue"; returns what it was */
};

/* May a line be logged from here? At most net.core.message_burst in message_cost seconds a CPU. Inside a vCPU. */
bool net_ratelimit(void);

/* --- files --- */
int net_procfs_init(struct net *net); /* net-procfs.c: dev, softnet_stat, ptype, dev_mcast, and those of the machine */
int netdev_register_files(struct net_device *dev); /* net-sysfs.c: /sys/class/net/DEV/...; 0 or -ENOMEM */
void netdev_unregister_files(struct net_device *dev);

#endif
