/* SPDX-License-Identifier: MIT */
/*
 * sock.c - the protocol-independent half of a socket: life, lock and backlog, queues, wake-ups,
 * cached route
 *
 * On the walk: receive ends here: a protocol calls sock_queue_rcv_skb(), which calls sk_filter(),
 * the memory account (sock_mem.c) and the wake-up. Calls of a process start here with lock_sock().
 * Owns: the sock and what waits in its three queues and its backlog; they are freed with the last
 * reference, a grace period later. sk_wmem_alloc starts at 1: packets that a device still has keep
 * the sock alive without touching sk_refcnt.
 * Threads: a vCPU; registry and files RTNL.
 * Refuses: a packet above the receive buffer, the filter's word or the protocol's memory; the
 * packet then stays the caller's.
 * Mirrors: net/core/sock.c (queueing as in Linux 3.13).
 */
#include "core/sock.h"

#include <errno.h>
#include <poll.h>

#include "core/filter.h"
#include "core/packet_trace.h"
#include "core/socket.h"
#include "core/trace_events.h"
#include "kernel/slab.h"
#include "kernel/softirq.h"

#define PROTO_SLOTS 16

struct proto_slot {
	const struct proto *prot;
	struct kmem_cache *slab;
	atomic_t inuse;
};

struct proto_registry {
	struct proto_slot slot[PROTO_SLOTS];
};

static void release_backlog(struct sock *sk);
static void lock_sock_wait(struct sock *sk);
static void sock_rmem_free(struct sk_buff *skb);
static void sk_free_rcu(struct rcu_head *head);
static void sk_dismantle(struct sock *sk);
static struct proto_slot *proto_find(const struct net *net, const struct proto *prot);

/* --- receive --- */

int sock_queue_rcv_skb(struct sock *sk, struct sk_buff *skb)
{
	struct sk_buff_head *list = &sk->sk_receive_queue;
	int err;

	if (atomic_read(&sk->sk_rmem_alloc) >= READ_ONCE(sk->sk_rcvbuf)) {
		trace_sock_rcvqueue_full(sk, skb);
		return -ENOMEM;
	}
	err = sk_filter(sk, skb);
	if (unlikely(err))
		return err;
	if (!sk_rmem_schedule(sk, skb, (int)skb->truesize))
		return -ENOBUFS;

	skb->dev = NULL;
	skb_set_owner_r(skb, sk);
	skb_dst_force(skb);
	SOCK_SKB_CB(skb)->dropcount = (uint32_t)atomic_read(&sk->sk_drops);
	/* before another CPU can see it: from here on it is the reader's */
	ledger_end(skb, VERDICT_DELIVERED);
	arch_spin_lock(&list->lock);
	__skb_queue_tail(list, skb);
	arch_spin_unlock(&list->lock);
	if (!sock_flag(sk, SOCK_DEAD))
		sk->sk_data_ready(sk);
	return 0;
}

void sock_rfree(struct sk_buff *skb)
{
	struct sock *sk = skb->sk;

	atomic_sub((int)skb->truesize, &sk->sk_rmem_alloc);
	sk_mem_uncharge(sk, (int)skb->truesize);
}

int sock_queue_err_skb(struct sock *sk, struct sk_buff *skb)
{
	struct sk_buff_head *list = &sk->sk_error_queue;
	unsigned charged = (unsigned)atomic_read(&sk->sk_rmem_alloc) + skb->truesize;

	if (charged >= (unsigned)READ_ONCE(sk->sk_rcvbuf))
		return -ENOMEM;
	skb_orphan(skb);
	skb->sk = sk;
	skb->destructor = sock_rmem_free;
	atomic_add((int)skb->truesize, &sk->sk_rmem_alloc);
	skb_dst_force(skb);
	ledger_unhold(skb);
	ledger_end(skb, VERDICT_DELIVERED);
	spin_lock(&list->lock);
	__skb_queue_tail(list, skb);
	spin_unlock(&list->lock);
	if (!sock_flag(sk, SOCK_DEAD))
		sk->sk_error_report(sk);
	return 0;
}

/* An error packet is charged to the receive buffer, but not to the protocol's memory. */
static void sock_rmem_free(struct sk_buff *skb)
{
	atomic_sub((int)skb->truesize, &skb->sk->sk_rmem_alloc);
}

/* --- wake-ups --- */

void sock_def_readable(struct sock *sk)
{
	if (wq_has_sleeper(&sk->sk_wq))
		wake_up_interruptible_sync_poll(&sk->sk_wq, POLLIN | POLLPRI | POLLRDNORM |
							    POLLRDBAND);
}

void sock_def_write_space(struct sock *sk)
{
	/* A writer is woken when half of its buffer is free, so that it can send more than one. */
	if (atomic_read(&sk->sk_wmem_alloc) << 1 <= READ_ONCE(sk->sk_sndbuf) &&
	    wq_has_sleeper(&sk->sk_wq))
		wake_up_interruptible_sync_poll(&sk->sk_wq, POLLOUT | POLLWRNORM | POLLWRBAND);
}

void sock_def_error_report(struct sock *sk)
{
	if (wq_has_sleeper(&sk->sk_wq))
		wake_up_interruptible_sync_poll(&sk->sk_wq, POLLERR);
}

static void sock_def_wakeup(struct sock *sk)
{
	if (wq_has_sleeper(&sk->sk_wq))
		wake_up_interruptible_sync_poll(&sk->sk_wq, 0);
}

/* --- lock and backlog --- */

void lock_sock(struct sock *sk)
{
	local_bh_disable();
	spin_lock(&sk->sk_lock.slock);
	if (sk->sk_lock.owned)
		lock_sock_wait(sk);
	sk->sk_lock.owned = 1;
	spin_unlock(&sk->sk_lock.slock);
	local_bh_enable();
}

bool lock_sock_fast(struct sock *sk)
{
	local_bh_disable();
	spin_lock(&sk->sk_lock.slock);
	if (likely(!sk->sk_lock.owned))
		return false; /* the spinlock itself is the ownership */
	lock_sock_wait(sk);
	sk->sk_lock.owned = 1;
	spin_unlock(&sk->sk_lock.slock);
	local_bh_enable();
	return true;
}

void unlock_sock_fast(struct sock *sk, bool slow)
{
	if (slow) {
		release_sock(sk);
		return;
	}
	spin_unlock(&sk->sk_lock.slock);
	local_bh_enable();
}

/*
 * Enter and leave with the spinlock held and softirqs off; sleep in between until the owner lets
 * go.
 */
static void lock_sock_wait(struct sock *sk)
{
	wait_queue_t wait;

	init_wait_func(&wait, autoremove_wake_function);
	while (sk->sk_lock.owned) {
		/*
		 * one who can never sleep would wait for ever: the owner is below him on the stack
		 */
		BUG_ON(!current_task()->may_sleep || !this_vcpu()->m->host->wait);
		prepare_to_wait_exclusive(&sk->sk_lock.wq, &wait, TASK_INTERRUPTIBLE);
		spin_unlock(&sk->sk_lock.slock);
		local_bh_enable();
		schedule_timeout(MAX_SCHEDULE_TIMEOUT);
		local_bh_disable();
		spin_lock(&sk->sk_lock.slock);
	}
	finish_wait(&sk->sk_lock.wq, &wait);
}

void release_sock(struct sock *sk)
{
	local_bh_disable();
	spin_lock(&sk->sk_lock.slock);
	if (sk->sk_backlog.tail)
		release_backlog(sk);
	sk->sk_lock.owned = 0;
	if (waitqueue_active(&sk->sk_lock.wq))
		__wake_up_sync_key(&sk->sk_lock.wq, TASK_INTERRUPTIBLE, 1, NULL);
	spin_unlock(&sk->sk_lock.slock);
	local_bh_enable();
}

/*
 * In order, what came while we owned the sock; also what comes meanwhile. The length is kept until
 * the end, so that a flood is bounded.
 */
static void release_backlog(struct sock *sk)
{
	struct sk_buff *skb, *next;
	struct trace_work w;

	while ((skb = sk->sk_backlog.head)) {
		sk->sk_backlog.head = sk->sk_backlog.tail = NULL;
		bh_unlock_sock(sk);
		for (; skb; skb = next) {
			next = skb->next;
			prefetch(next);
			skb->next = NULL;
			ledger_unhold(skb);
			w = packet_trace_resume(skb);
			sk->sk_backlog_rcv(sk, skb);
			trace_work_restore(w);
		}
		bh_lock_sock(sk);
	}
	sk->sk_backlog.len = 0;
}

int sk_add_backlog(struct sock *sk, struct sk_buff *skb, unsigned limit)
{
	if (sk_rcvqueues_full(sk, limit))
		return -ENOBUFS;
	skb_dst_force(skb); /* it outlives this run */
	ledger_hold(skb, HELD_SOCKET_BACKLOG);
	skb->next = NULL;
	if (sk->sk_backlog.tail)
		sk->sk_backlog.tail->next = skb;
	else
		sk->sk_backlog.head = skb;
	sk->sk_backlog.tail = skb;
	sk->sk_backlog.len += (int)skb->truesize;
	return 0;
}

/* --- cached route --- */

struct dst_entry *sk_dst_check(struct sock *sk, uint32_t cookie)
{
	struct dst_entry *dst = sk_dst_get(sk);

	if (dst && dst->obsolete && !dst->ops->check(dst, cookie)) {
		sk_dst_reset(sk);
		dst_release(dst);
		return NULL;
	}
	return dst;
}

struct dst_entry *sk_dst_get(struct sock *sk)
{
	struct dst_entry *dst = rcu_dereference(sk->sk_dst_cache);

	if (dst && !atomic_inc_not_zero(&dst->refcnt))
		dst = NULL;
	return dst;
}

void sk_dst_set(struct sock *sk, struct dst_entry *dst)
{
	dst_release(__atomic_exchange_n(&sk->sk_dst_cache, dst, __ATOMIC_ACQ_REL));
}

void sk_dst_reset(struct sock *sk)
{
	sk_dst_set(sk, NULL);
}

/* --- life --- */

struct sock *sk_alloc(struct net *net, int family, const struct proto *prot)
{
	struct proto_slot *slot = proto_find(net, prot);
	struct sock *sk;

	if (!slot)
		return NULL;
	sk = kmem_cache_zalloc(&net->m, slot->slab);
	if (!sk)
		return NULL;
	sk->sk_family = (unsigned short)family;
	sk->sk_prot = prot;
	sk->skc_net = net;
	spin_lock_init(&sk->sk_lock.slock);
	init_waitqueue_head(&sk->sk_lock.wq);
	atomic_set(&sk->sk_wmem_alloc, 1);
	atomic_set(&sk->sk_refcnt, 1);
	atomic_inc(&slot->inuse);
	return sk;
}

void sock_init_data(struct socket *sock, struct sock *sk)
{
	struct netns_core *core = &sock_net(sk)->core;

	skb_queue_head_init(&sk->sk_receive_queue);
	skb_queue_head_init(&sk->sk_write_queue);
	skb_queue_head_init(&sk->sk_error_queue);
	init_waitqueue_head(&sk->sk_wq);
	sk->sk_rcvbuf = READ_ONCE(core->sysctl_rmem_default);
	sk->sk_sndbuf = READ_ONCE(core->sysctl_wmem_default);
	sk->sk_state = TCP_CLOSE;
	sk->sk_home = this_vcpu();
	sk->sk_incoming_cpu = -1;
	sk->sk_peek_off = -1;
	sk->sk_rcvlowat = 1;
	sk->sk_rcvtimeo = MAX_SCHEDULE_TIMEOUT;
	sk->sk_sndtimeo = MAX_SCHEDULE_TIMEOUT;
	sk->sk_stamp = -(int64_t)NSEC_PER_SEC;
	sk->sk_cookie = __atomic_add_fetch(&sock_net(sk)->sock_cookie, 1, __ATOMIC_RELAXED);
	sock_set_flag(sk, SOCK_ZAPPED);
	sk->sk_state_change = sock_def_wakeup;
	sk->sk_data_ready = sock_def_readable;
	sk->sk_write_space = sock_def_write_space;
	sk->sk_error_report = sock_def_error_report;
	sk->sk_backlog_rcv = sk->sk_prot->backlog_rcv;
	if (sock) {
		sk->sk_type = (unsigned short)sock->type;
		sock_graft(sk, sock);
	}
}

void sock_graft(struct sock *sk, struct socket *parent)
{
	sk->sk_socket = parent;
	sk->sk_uid = parent->cred.uid;
	parent->sk = sk;
}

void sock_orphan(struct sock *sk)
{
	sock_set_flag(sk, SOCK_DEAD);
	if (sk->sk_socket)
		sk->sk_socket->sk = NULL;
	sk->sk_socket = NULL;
}

void sk_common_release(struct sock *sk)
{
	if (sk->sk_prot->destroy)
		sk->sk_prot->destroy(sk);
	/*
	 * After this no packet finds it; its memory stays for a grace period.
	 */
	if (sk->sk_prot->unhash)
		sk->sk_prot->unhash(sk);
	/*
	 * One that found it before queues under the lock, and not when it is dead: what it queued
	 * before this is purged at the end, nothing comes after it.
	 */
	local_bh_disable();
	spin_lock(&sk->sk_lock.slock);
	sock_orphan(sk);
	spin_unlock(&sk->sk_lock.slock);
	local_bh_enable();
	sock_put(sk);
}

void sk_free(struct sock *sk)
{
	/* Packets in flight keep it: the last sock_wfree() ends what begins here. */
	if (atomic_dec_and_test(&sk->sk_wmem_alloc))
		sk_dismantle(sk);
}

void sock_wfree(struct sk_buff *skb)
{
	struct sock *sk = skb->sk;
	int len = (int)skb->truesize;

	if (!sock_flag(sk, SOCK_USE_WRITE_QUEUE)) {
		/* one byte stays charged over the callback: it keeps the sock alive */
		atomic_sub(len - 1, &sk->sk_wmem_alloc);
		sk->sk_write_space(sk);
		len = 1;
	}
	if (atomic_sub_and_test(len, &sk->sk_wmem_alloc))
		sk_dismantle(sk);
}

static void sk_dismantle(struct sock *sk)
{
	struct net *net = sock_net(sk);
	struct proto_slot *slot = proto_find(net, sk->sk_prot);
	struct sk_filter *fp = sk->sk_filter;

	if (sk->sk_destruct)
		sk->sk_destruct(sk);
	skb_queue_purge_reason(&sk->sk_receive_queue, SKB_DROP_REASON_SOCKET_CLOSE);
	skb_queue_purge_reason(&sk->sk_error_queue, SKB_DROP_REASON_SOCKET_CLOSE);
	skb_queue_purge_reason(&sk->sk_write_queue, SKB_DROP_REASON_SOCKET_CLOSE);
	BUG_ON(sk->sk_backlog.head);
	sk_mem_reclaim(sk);
	sk_dst_reset(sk);
	dst_release(__atomic_exchange_n(&sk->sk_rx_dst, NULL, __ATOMIC_ACQ_REL));
	if (fp) {
		sk->sk_filter = NULL;
		atomic_sub((int)sk_filter_size(fp->len), &sk->sk_omem_alloc);
		sk_filter_release(net, fp);
	}
	if (sock_flag(sk, SOCK_TIMESTAMP) || sock_flag(sk, SOCK_TIMESTAMPING_RX_SOFTWARE))
		net_disable_timestamp(net);
	WARN_ONCE(net_log(net), atomic_read(&sk->sk_rmem_alloc) || sk->sk_forward_alloc ||
		  atomic_read(&sk->sk_omem_alloc), "sock: %s socket freed with charges: %d %d %d",
		  sk->sk_prot->name, atomic_read(&sk->sk_rmem_alloc), sk->sk_forward_alloc,
		  atomic_read(&sk->sk_omem_alloc));
	atomic_dec(&slot->inuse);
	/* Lookups run without a lock: the memory stays until they are over. */
	call_rcu(&net->m, &sk->skc_rcu, sk_free_rcu);
}

static void sk_free_rcu(struct rcu_head *head)
{
	struct sock *sk = container_of(head, struct sock, skc_rcu);
	struct net *net = sock_net(sk);

	kmem_cache_free(&net->m, proto_find(net, sk->sk_prot)->slab, sk);
}

/* --- protocols --- */

static struct proto_slot *proto_find(const struct net *net, const struct proto *prot)
{
	if (!net->protos)
		return NULL;
	for (int i = 0; i < PROTO_SLOTS; i++)
		if (net->protos->slot[i].prot == prot)
			return &net->protos->slot[i];
	return NULL;
}

int proto_register(struct net *net, const struct proto *prot)
{
	struct proto_slot *slot;

	BUG_ON(prot->obj_size < sizeof(struct sock));
	if (proto_find(net, prot))
		return -EEXIST;
	slot = proto_find(net, NULL);
	if (!slot)
		return -ENOMEM;
	slot->slab = kmem_cache_create(&net->m.kmem, prot->name, prot->obj_size, CACHE_BYTES);
	if (!slot->slab)
		return -ENOMEM;
	atomic_set(&slot->inuse, 0);
	slot->prot = prot;
	return 0;
}

void proto_unregister(struct net *net, const struct proto *prot)
{
	struct proto_slot *slot = proto_find(net, prot);

	if (!slot)
		return;
	rcu_barrier(&net->m);
	kmem_cache_destroy(slot->slab);
	*slot = (struct proto_slot){ 0 };
}

int sock_prot_inuse_get(struct net *net, const struct proto *prot)
{
	const struct proto_slot *slot = proto_find(net, prot);

	return slot ? atomic_read(&slot->inuse) : 0;
}

/* --- files and settings --- */

static int protocols_show(struct seq_file *m, void *data)
{
	struct net *net = data;

	seq_printf(m, "%-9s %4s %7s %7s %5s %6s  %s\n", "protocol", "size", "sockets", "memory",
		   "press", "maxhdr", "slab module");
	for (int i = 0; i < PROTO_SLOTS; i++) {
		const struct proto_slot *s = &net->protos->slot[i];
		long memory = -1;

		if (!s->prot)
			continue;
		if (s->prot->memory_allocated)
			memory = *s->prot->memory_allocated(net);
		seq_printf(m, "%-9s %4u %6d  %6ld   %-3s %6u   %-3s  %-10s\n", s->prot->name,
			   s->prot->obj_size, atomic_read(&s->inuse), memory, "NI", 0, "yes",
			   "kernel");
	}
	return 0;
}

static const struct proc_ops protocols_ops = { .show = protocols_show };

#define MEM_ROW(name, least, what)								\
	{ .procname = #name, CTL_FIELD(struct netns_core, sysctl_##name), .mode = 0644,		\
	  .proc_handler = proc_dointvec_minmax, .min = (least), .max = INT32_MAX,		\
	  .doc = what, .def = "212992" }

static const struct ctl_table sock_table[] = {
	MEM_ROW(rmem_default, SOCK_MIN_RCVBUF, "receive buffer of a new socket, bytes"),
	MEM_ROW(rmem_max, SOCK_MIN_RCVBUF, "largest receive buffer by SO_RCVBUF, bytes"),
	MEM_ROW(wmem_default, SOCK_MIN_SNDBUF, "send buffer of a new socket, bytes"),
	MEM_ROW(wmem_max, SOCK_MIN_SNDBUF, "largest send buffer by SO_SNDBUF, bytes"),
	{ .procname = "optmem_max", CTL_FIELD(struct netns_core, sysctl_optmem_max), .mode = 0644,
	  .proc_handler = proc_dointvec_minmax, .min = 0, .max = INT32_MAX,
	  .doc = "memory a socket may take for filters and options, bytes", .def = "20480" },
};

int sock_core_init(struct net *net)
{
	int err;

	net->protos = kzalloc(&net->m, sizeof(*net->protos));
	if (!net->protos)
		return -ENOMEM;
	err = sysctl_set_defaults(sock_table, ARRAY_SIZE(sock_table), &net->core, net->m.hz);
	if (err)
		goto out_protos;
	err = -ENOMEM;
	net->core.sysctl_hdr = register_net_sysctl(&net->vfs, "net/core", sock_table,
						   ARRAY_SIZE(sock_table), &net->core, net);
	if (!net->core.sysctl_hdr)
		goto out_protos;
	if (!proc_create(&net->vfs, "/proc/net/protocols", 0444, &protocols_ops, net))
		goto out_sysctl;
	return 0;

out_sysctl:
	unregister_net_sysctl_table(net->core.sysctl_hdr);
out_protos:
	kfree(&net->m, net->protos);
	net->protos = NULL;
	return err;
}

void sock_core_exit(struct net *net)
{
	if (!net->protos)
		return;
	proc_remove_path(&net->vfs, "/proc/net/protocols");
	unregister_net_sysctl_table(net->core.sysctl_hdr);
	rcu_barrier(&net->m);
	for (int i = 0; i < PROTO_SLOTS; i++)
		kmem_cache_destroy(net->protos->slot[i].slab);
	kfree(&net->m, net->protos);
	net->protos = NULL;
}
