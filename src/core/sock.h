/* SPDX-License-Identifier: MIT */
#ifndef CORE_SOCK_H
#define CORE_SOCK_H
/*
 * sock.h - protocol-independent half of a socket: queues, memory accounting, lock and backlog, wake-up (mirrors include/net/sock.h)
 *
 * Theory of operation
 *   Lock: softirq takes the spinlock (bh_lock_sock) and looks at sock_owned_by_user; a call takes ownership (lock_sock) and lets the
 *   spinlock go; what arrives meanwhile goes to the backlog and is handled in order by release_sock(). Queues have their own lock.
 *   Memory (Linux's rules): a received skb is charged truesize to sk_rmem_alloc when queued (skb_set_owner_r) until it is read; the
 *   protocol's total is counted in pages against its three limits (__sk_mem_schedule). A sent skb is charged to sk_wmem_alloc until the
 *   device has finished with it (sock_wfree > sk_write_space).
 *   Wake-up: sk_data_ready, sk_write_space, sk_error_report: sock_def_* wake the socket's wait queue; whoever embeds may replace them,
 *   they run under the lock and may only mark a doorbell.
 *   References: sk_refcnt; sock_put() of the last one frees. sk_wmem_alloc holds one while packets are in flight.
 * Threads: the home vCPU runs calls; softirq on another vCPU uses bh_lock_sock and backlog.
 */
#include <netinet/in.h>
#include <sys/socket.h>

#include "core/dst.h"
#include "core/net.h"
#include "core/skbuff.h"
#include "kernel/timer.h"
#include "kernel/wait.h"
#include "lib/atomic.h"
#include "lib/spinlock.h"

struct sock;
struct socket;
struct proto;
struct sk_filter;

#define SK_MEM_QUANTUM 4096
#define SK_MEM_SEND 0
#define SK_MEM_RECV 1
#define SOCK_MIN_SNDBUF 4608 /* 2 * SKB_TRUESIZE(2048) in Linux terms: what SO_SNDBUF=0 reads back */
#define SOCK_MIN_RCVBUF 2304
#define SOCK_DESTROY_TIME (10)

enum sock_flags { SOCK_DEAD, SOCK_DONE, SOCK_URGINLINE, SOCK_KEEPOPEN, SOCK_LINGER, SOCK_BROADCAST, SOCK_TIMESTAMP, SOCK_ZAPPED,
		  SOCK_USE_WRITE_QUEUE, SOCK_DBG, SOCK_RCVTSTAMP, SOCK_RCVTSTAMPNS, SOCK_LOCALROUTE, SOCK_TIMESTAMPING_RX_SOFTWARE,
		  SOCK_RXQ_OVFL, SOCK_FILTER_LOCKED, SOCK_RCU_FREE, SOCK_SELECT_ERR_QUEUE, SOCK_NOSPACE,
		  SOCK_TSTAMP_NEW };

/* skc_state; the names and numbers of TCP serve every protocol */
enum { TCP_ESTABLISHED = 1, TCP_SYN_SENT, TCP_SYN_RECV, TCP_FIN_WAIT1, TCP_FIN_WAIT2, TCP_TIME_WAIT, TCP_CLOSE, TCP_CLOSE_WAIT,
       TCP_LAST_ACK, TCP_LISTEN, TCP_CLOSING, TCP_NEW_SYN_RECV };

#define SOCK_SNDBUF_LOCK 1
#define SOCK_RCVBUF_LOCK 2
#define SOCK_BINDADDR_LOCK 4
#define SOCK_BINDPORT_LOCK 8

#define RCV_SHUTDOWN 1
#define SEND_SHUTDOWN 2
#define SHUTDOWN_MASK 3

typedef struct {
	spinlock_t slock;
	int owned;
	wait_queue_head_t wq; /* who waits for ownership */
} socket_lock_t;

struct sock {
	/* lookup, first line */
	__be32 skc_daddr, skc_rcv_saddr;
	uint16_t skc_num; /* local port, host order */
	__be16 skc_dport;
	unsigned short skc_family;
	volatile unsigned char skc_state; /* TCP_ESTABLISHED, TCP_CLOSE ... */
	unsigned char skc_reuse : 4, skc_reuseport : 1;
	int skc_bound_dev_if;
	uint32_t skc_hash;
	struct hlist_node skc_node;	/* hash by port */
	struct hlist_node skc_portaddr_node; /* hash by address and port */
	const struct proto *skc_prot;
	struct net *skc_net;
	atomic_t skc_refcnt;
	struct rcu_head skc_rcu;

	socket_lock_t sk_lock;
	struct sk_buff_head sk_receive_queue, sk_error_queue, sk_write_queue;
	struct {
		struct sk_buff *head, *tail;
		int len; /* sum of truesize */
		atomic_t rmem_alloc;
	} sk_backlog;
	int sk_rcvbuf, sk_sndbuf;
	int sk_rcvlowat;
	int sk_forward_alloc;
	atomic_t sk_wmem_alloc, sk_omem_alloc, sk_drops;
	struct sk_filter *sk_filter; /* RCU */
	unsigned long sk_flags;
	struct dst_entry *sk_rx_dst;	/* early demux; RCU */
	struct dst_entry *sk_dst_cache; /* [L:sk] RCU readers */
	unsigned sk_shutdown : 2, sk_no_check_tx : 1, sk_no_check_rx : 1, sk_userlocks : 4, sk_protocol : 8, sk_type : 16;
	uint32_t sk_priority, sk_mark;
	int sk_err, sk_err_soft;
	long sk_rcvtimeo, sk_sndtimeo; /* jiffies */
	long sk_lingertime; /* jiffies */
	int64_t sk_stamp;
	uint32_t sk_tsflags, sk_tskey;
	uint32_t sk_uid;
	uint64_t sk_cookie;
	int sk_incoming_cpu;
	int sk_peek_off;
	void *sk_user_data;
	struct socket *sk_socket;
	wait_queue_head_t sk_wq;
	struct vcpu *sk_home;
	void (*sk_state_change)(struct sock *sk);
	void (*sk_data_ready)(struct sock *sk);
	void (*sk_write_space)(struct sock *sk);
	void (*sk_error_report)(struct sock *sk);
	int (*sk_backlog_rcv)(struct sock *sk, struct sk_buff *skb);
	void (*sk_rcv_full)(struct sock *sk); /* NULL, or: the receive buffer is full; may give back charges. Not under the lock */
	void (*sk_destruct)(struct sock *sk);
};
#define sk_daddr skc_daddr
#define sk_rcv_saddr skc_rcv_saddr
#define sk_num skc_num
#define sk_dport skc_dport
#define sk_family skc_family
#define sk_state skc_state
#define sk_reuse skc_reuse
#define sk_reuseport skc_reuseport
#define sk_bound_dev_if skc_bound_dev_if
#define sk_hash skc_hash
#define sk_node skc_node
#define sk_prot skc_prot
#define sk_refcnt skc_refcnt
#define sk_rmem_alloc sk_backlog.rmem_alloc
#define sock_net(sk) ((sk)->skc_net)

struct msghdr;
struct flowi4;


struct proto {
	const char *name; /* "UDP" */
	int (*init)(struct sock *sk);
	void (*destroy)(struct sock *sk);
	void (*close)(struct sock *sk, long timeout);
	int (*connect)(struct sock *sk, struct sockaddr *addr, int addr_len);
	int (*disconnect)(struct sock *sk, int flags);
	int (*ioctl)(struct sock *sk, int cmd, int *karg); /* SIOCINQ, SIOCOUTQ */
	void (*shutdown)(struct sock *sk, int how);
	int (*setsockopt)(struct sock *sk, int level, int optname, const void *optval, socklen_t optlen);
	int (*getsockopt)(struct sock *sk, int level, int optname, void *optval, socklen_t *optlen);
	int (*sendmsg)(struct sock *sk, struct msghdr *msg, size_t len); /* bytes or -errno */
	int (*recvmsg)(struct sock *sk, struct msghdr *msg, size_t len, int flags, int *addr_len);
	int (*bind)(struct sock *sk, struct sockaddr *addr, int addr_len);
	int (*backlog_rcv)(struct sock *sk, struct sk_buff *skb); /* consumes */
	int (*hash)(struct sock *sk);
	void (*unhash)(struct sock *sk);
	void (*rehash)(struct sock *sk);
	int (*get_port)(struct sock *sk, unsigned short snum); /* 0 or 1 (in use) */
	/* memory: pointers into the protocol's part of struct net; NULL: unlimited */
	_Atomic long *(*memory_allocated)(struct net *net);
	const long *(*sysctl_mem)(struct net *net); /* 3 values, pages */
	const int *(*sysctl_rmem_min)(struct net *net);
	const int *(*sysctl_wmem_min)(struct net *net);
	unsigned obj_size;
	int no_autobind;
};

/**
 * struct sock_policy - K13: a plug-in that may refuse what a socket is to receive (where Linux asks its security modules)
 * @sock_rcv_skb:	0, or -errno: the packet ends with reason SOCKET_FILTER
 */
struct sock_policy {
	int (*sock_rcv_skb)(void *priv, struct sock *sk, struct sk_buff *skb);
	void *priv;
};
int security_sock_rcv_skb(struct sock *sk, struct sk_buff *skb); /* ask net->sock_policy */

/* what the protocol registry keeps per net: cache, number of sockets */
int proto_register(struct net *net, const struct proto *prot); /* -EEXIST, -ENOMEM */
void proto_unregister(struct net *net, const struct proto *prot);
int sock_prot_inuse_get(struct net *net, const struct proto *prot);

/* --- life --- */
struct sock *sk_alloc(struct net *net, int family, const struct proto *prot); /* refcnt 1, zeroed */
void sock_init_data(struct socket *sock, struct sock *sk);
void sk_free(struct sock *sk);
static __always_inline void sock_hold(struct sock *sk) { atomic_inc(&sk->sk_refcnt); }
static __always_inline void sock_put(struct sock *sk)
{
	if (atomic_dec_and_test(&sk->sk_refcnt))
		sk_free(sk);
}
void sk_common_release(struct sock *sk);
void sock_orphan(struct sock *sk);
void sock_graft(struct sock *sk, struct socket *parent);
static __always_inline bool sock_flag(const struct sock *sk, enum sock_flags f) { return sk->sk_flags & (1ul << f); }
static __always_inline void sock_set_flag(struct sock *sk, enum sock_flags f) { sk->sk_flags |= 1ul << f; }
static __always_inline void sock_reset_flag(struct sock *sk, enum sock_flags f) { sk->sk_flags &= ~(1ul << f); }
static __always_inline void sock_valbool_flag(struct sock *sk, enum sock_flags f, int on)
{
	if (on)
		sock_set_flag(sk, f);
	else
		sock_reset_flag(sk, f);
}

/* --- lock --- */
void lock_sock(struct sock *sk);
void release_sock(struct sock *sk); /* drains the backlog */
bool lock_sock_fast(struct sock *sk); /* true: slow, unlock_sock_fast(sk, slow) */
void unlock_sock_fast(struct sock *sk, bool slow);
#define bh_lock_sock(sk) _raw_spin_lock(&(sk)->sk_lock.slock)
#define bh_unlock_sock(sk) _raw_spin_unlock(&(sk)->sk_lock.slock)
static __always_inline bool sock_owned_by_user(const struct sock *sk) { return sk->sk_lock.owned; }
/* 0, or -ENOBUFS when backlog.len + rmem_alloc > limit (skb untouched). Under bh_lock_sock. */
int sk_add_backlog(struct sock *sk, struct sk_buff *skb, unsigned limit);
/* K8: backlog.len + rmem_alloc > limit; the new skb's own truesize is not looked at. */
static __always_inline bool sk_rcvqueues_full(const struct sock *sk, unsigned limit)
{
	return (unsigned)sk->sk_backlog.len + (unsigned)atomic_read(&sk->sk_rmem_alloc) > limit;
}

/* Its owner, who holds charges of what was read elsewhere, may make room. */
static __always_inline void sk_rcvbuf_relieve(struct sock *sk)
{
	void (*full)(struct sock *sk) = READ_ONCE(sk->sk_rcv_full);

	if (full)
		full(sk);
}

/* --- receive --- */
/**
 * sock_queue_rcv_skb() - charge and append a packet to the receive queue
 *
 * Six steps of FEATURES K12: rmem_alloc >= rcvbuf: -ENOMEM; sk_filter(): -EPERM; sk_rmem_schedule(): -ENOBUFS; skb_set_owner_r; queue tail;
 * sk_data_ready. A tryer: on failure the skb is still the caller's. Success ends the ledger entry as DELIVERED.
 */
__must_check int sock_queue_rcv_skb(struct sock *sk, struct sk_buff *skb);
/* Error queue: charge, append, report. 0 or -ENOMEM (untouched). */
int sock_queue_err_skb(struct sock *sk, struct sk_buff *skb);
void sock_rfree(struct sk_buff *skb);
int sk_filter(struct sock *sk, struct sk_buff *skb); /* 0, or -EPERM; may trim */
void sock_def_readable(struct sock *sk);
void sock_def_write_space(struct sock *sk);
void sock_def_error_report(struct sock *sk);

/* --- memory --- */
int __sk_mem_schedule(struct sock *sk, int size, int kind); /* 1 granted, 0 refused */
void __sk_mem_reclaim(struct sock *sk);
static __always_inline bool sk_rmem_schedule(struct sock *sk, struct sk_buff *skb, int size)
{
	(void)skb;
	return !sk->sk_prot->memory_allocated || size <= sk->sk_forward_alloc || __sk_mem_schedule(sk, size, SK_MEM_RECV);
}
/* Only protocols with an account of memory keep a reserve: for them the lock is held, others have none. */
static __always_inline void sk_mem_charge(struct sock *sk, int size)
{
	if (sk->sk_prot->memory_allocated)
		sk->sk_forward_alloc -= size;
}
/* Charge @sk for a received packet until it ends. */
static __always_inline void skb_set_owner_r(struct sk_buff *skb, struct sock *sk)
{
	int size = (int)skb->truesize;

	skb_orphan(skb);
	skb->sk = sk;
	skb->destructor = sock_rfree;
	atomic_add(size, &sk->sk_rmem_alloc);
	sk_mem_charge(sk, size);
}
static __always_inline void sk_mem_uncharge(struct sock *sk, int size)
{
	if (sk->sk_prot->memory_allocated)
		sk->sk_forward_alloc += size;
}
static __always_inline void sk_mem_reclaim(struct sock *sk)
{
	if (sk->sk_forward_alloc >= SK_MEM_QUANTUM)
		__sk_mem_reclaim(sk);
}
static __always_inline void sk_mem_reclaim_partial(struct sock *sk)
{
	if (sk->sk_forward_alloc > SK_MEM_QUANTUM)
		__sk_mem_reclaim(sk);
}

/* --- send --- */
/* An skb charged to @sk, waiting for room unless @noblock: NULL with *errcode = -EAGAIN, -EPIPE, -ENOBUFS, -EINTR. */
struct sk_buff *sock_alloc_send_skb(struct sock *sk, unsigned long size, int noblock, int *errcode);
struct sk_buff *sock_alloc_send_pskb(struct sock *sk, unsigned long header_len, unsigned long data_len, int noblock, int *errcode);
struct sk_buff *sock_wmalloc(struct sock *sk, unsigned long size, int force);
void skb_set_owner_w(struct sk_buff *skb, struct sock *sk);
void sock_wfree(struct sk_buff *skb);
static __always_inline bool sock_writeable(const struct sock *sk)
{
	return atomic_read(&sk->sk_wmem_alloc) < (sk->sk_sndbuf >> 1);
}
static __always_inline int sk_wmem_alloc_get(const struct sock *sk) { return atomic_read(&sk->sk_wmem_alloc) - 1; }

/* --- dst cache --- */
struct dst_entry *sk_dst_check(struct sock *sk, uint32_t cookie); /* with reference, or NULL and the cache reset */
void sk_dst_set(struct sock *sk, struct dst_entry *dst);	  /* takes over the reference */
void sk_dst_reset(struct sock *sk);
struct dst_entry *sk_dst_get(struct sock *sk); /* with reference */

static __always_inline int sock_error(struct sock *sk)
{
	int err = sk->sk_err;

	if (likely(!err))
		return 0;
	sk->sk_err = 0;
	return -err;
}
static __always_inline long sock_rcvtimeo(const struct sock *sk, bool noblock) { return noblock ? 0 : sk->sk_rcvtimeo; }
static __always_inline long sock_sndtimeo(const struct sock *sk, bool noblock) { return noblock ? 0 : sk->sk_sndtimeo; }

/* --- SOL_SOCKET options and control messages (sock_opt.c) --- */
int sock_setsockopt(struct sock *sk, int optname, const void *optval, socklen_t optlen, bool capable_net_admin);
int sock_getsockopt(struct sock *sk, int optname, void *optval, socklen_t *optlen);
/* Append a control message: MSG_CTRUNC set when it does not fit. msg_control/msg_controllen advance as in the kernel. */
int put_cmsg(struct msghdr *msg, int level, int type, int len, const void *data);
/* @flag: SOCK_TIMESTAMP or SOCK_TIMESTAMPING_RX_SOFTWARE */
void sock_enable_timestamp(struct sock *sk, enum sock_flags flag);
void sock_recv_ts_and_drops(struct msghdr *msg, struct sock *sk, struct sk_buff *skb);
struct sockcm_cookie { uint32_t mark, priority; uint16_t tsflags; };
int sock_cmsg_send(struct sock *sk, struct msghdr *msg, struct sockcm_cookie *c);
void sock_tx_timestamp(const struct sock *sk, uint16_t tsflags, uint8_t *tx_flags);

int sock_core_init(struct net *net); /* /proc/net/protocols, sysctls net.core.{r,w}mem_* */
void sock_core_exit(struct net *net);

#endif
