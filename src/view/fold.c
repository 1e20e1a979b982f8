/* SPDX-License-Identifier: MIT */
/*
 * fold.c - tables of names: helpers, profiles, entries of interrupts
 *
 * Theory of operation
 *   A pattern is a name, or its beginning and '*'. The lists are short and sorted by hand; a
 *   function is looked up once (view_func.family), a profile once a call that is printed.
 * Mirrors: what the authors of the articles cut from their traces by hand.
 */
#include <string.h>

#include "view/fold.h"

struct family {
	unsigned bit;
	const char *pattern;
};

static const struct family families[] = {
	{ VIEW_FOLD_LOCK, "_raw_read_*" },
	{ VIEW_FOLD_LOCK, "_raw_spin_*" },
	{ VIEW_FOLD_LOCK, "_raw_write_*" },
	{ VIEW_FOLD_LOCK, "__local_bh_*" },
	{ VIEW_FOLD_LOCK, "__might_sleep" },
	{ VIEW_FOLD_LOCK, "__rcu_read_*" },
	{ VIEW_FOLD_LOCK, "local_bh_*" },
	{ VIEW_FOLD_LOCK, "local_irq_*" },
	{ VIEW_FOLD_LOCK, "might_fault" },
	{ VIEW_FOLD_LOCK, "mutex_*" },
	{ VIEW_FOLD_LOCK, "rcu_*" },
	{ VIEW_FOLD_LOCK, "spin_*" },
	{ VIEW_FOLD_SLAB, "__kmalloc*" },
	{ VIEW_FOLD_SLAB, "kfree" },
	{ VIEW_FOLD_SLAB, "kmalloc*" },
	{ VIEW_FOLD_SLAB, "kmem_*" },
	{ VIEW_FOLD_SLAB, "kzalloc*" },
	{ VIEW_FOLD_SLAB, "ksize" },
	{ VIEW_FOLD_SLAB, "pool_*" },
	{ VIEW_FOLD_SLAB, "should_failslab" },
	{ VIEW_FOLD_WAKE, "__wake_up*" },
	{ VIEW_FOLD_WAKE, "add_wait_queue" },
	{ VIEW_FOLD_WAKE, "autoremove_wake_function" },
	{ VIEW_FOLD_WAKE, "default_wake_function" },
	{ VIEW_FOLD_WAKE, "finish_task_switch" },
	{ VIEW_FOLD_WAKE, "finish_wait" },
	{ VIEW_FOLD_WAKE, "init_wait*" },
	{ VIEW_FOLD_WAKE, "prepare_to_wait*" },
	{ VIEW_FOLD_WAKE, "receiver_wake_function" },
	{ VIEW_FOLD_WAKE, "remove_wait_queue" },
	{ VIEW_FOLD_WAKE, "try_to_wake_up" },
	{ VIEW_FOLD_WAKE, "vcpu_kick_later" },
	{ VIEW_FOLD_WAKE, "wait_dequeue" },
	{ VIEW_FOLD_WAKE, "wait_enqueue" },
	{ VIEW_FOLD_SMALL, "atomic_*" },
	{ VIEW_FOLD_SMALL, "hlist_*" },
	{ VIEW_FOLD_SMALL, "list_*" },
	{ VIEW_FOLD_SMALL, "stats_*" },
	{ VIEW_FOLD_SMALL, "timer_*" },
};

/* The stations of a datagram. */
static const char *const path[] = {
	"netif_receive_skb",
	"ip_rcv",
	"ip_rcv_finish",
	"ip_local_deliver",
	"ip_local_deliver_finish",
	"udp_rcv",
	"sock_queue_rcv_skb",
	"udp_recvmsg",
	"udp_sendmsg",
	"ip_forward",
	"dev_hard_start_xmit",
};

/* What the articles' trees name, less helpers; drivers under our names, too. */
static const char *const article[] = {
	"do_IRQ",
	"irq_enter",
	"irq_exit",
	"handle_irq",
	"handle_irq_event",
	"handle_irq_event_percpu",
	"tap_intr",
	"userdev_intr",
	"pcap_intr",
	"__napi_schedule",
	"__raise_softirq_irqoff",
	"do_softirq",
	"__do_softirq",
	"run_timer_softirq",
	"rcu_bh_qs",
	"net_rx_action",
	"net_tx_action",
	"tap_poll",
	"userdev_poll",
	"pcap_poll",
	"process_backlog",
	"tap_clean_rx",
	"tap_clean_tx",
	"userdev_clean_rx",
	"userdev_clean_tx",
	"pcap_clean_rx",
	"tap_alloc_rx_buffer",
	"__netdev_alloc_skb",
	"build_skb",
	"skb_put",
	"eth_type_trans",
	"napi_gro_receive",
	"netif_receive_skb",
	"ktime_get_real",
	"skb_defer_rx_timestamp",
	"classify",
	"__netif_receive_skb",
	"__netif_receive_skb_core",
	"packet_rcv",
	"arp_rcv",
	"ip_rcv",
	"nf_hook_slow",
	"nf_iterate",
	"ip_rcv_finish",
	"ip_route_input_noref",
	"fib_table_lookup",
	"check_leaf",
	"fib_validate_source",
	"__skb_dst_set_noref",
	"ip_local_deliver",
	"ip_local_deliver_finish",
	"ip_forward",
	"ip_forward_finish",
	"raw_local_deliver",
	"icmp_rcv",
	"icmp_send",
	"udp_rcv",
	"__udp4_lib_rcv",
	"__skb_checksum_complete",
	"skb_checksum",
	"__skb_checksum",
	"__udp4_lib_lookup",
	"udp_queue_rcv_skb",
	"ipv4_pktinfo_prepare",
	"fib_compute_spec_dst",
	"__udp_queue_rcv_skb",
	"sock_queue_rcv_skb",
	"sk_filter",
	"security_sock_rcv_skb",
	"__sk_mem_schedule",
	"sock_def_readable",
	"napi_complete",
	"__napi_complete",
	"net_rps_action_and_irq_enable",
	"recvfrom",
	"recvmsg",
	"recvmmsg",
	"read",
	"readv",
	"sendto",
	"sendmsg",
	"sendmmsg",
	"write",
	"writev",
	"udp_recvmsg",
	"raw_recvmsg",
	"ping_recvmsg",
	"__skb_recv_datagram",
	"schedule_timeout",
	"schedule",
	"__schedule",
	"deactivate_task",
	"skb_copy_datagram_iovec",
	"skb_free_datagram_locked",
	"lock_sock_fast",
	"sock_rfree",
	"__kfree_skb",
	"skb_release_all",
	"skb_release_head_state",
	"skb_release_data",
	"skb_free_head",
	"kfree_skbmem",
	"udp_sendmsg",
	"sock_tx_timestamp",
	"sk_dst_check",
	"ipv4_dst_check",
	"ip_make_skb",
	"ip_setup_cork",
	"ipv4_mtu",
	"__ip_append_data",
	"sock_alloc_send_skb",
	"sock_alloc_send_pskb",
	"__alloc_skb",
	"ip_generic_getfrag",
	"memcpy_fromiovecend",
	"__ip_make_skb",
	"__ip_select_ident",
	"dst_release",
	"udp_send_skb",
	"ip_send_skb",
	"ip_local_out_sk",
	"__ip_local_out",
	"ip_output",
	"ip_finish_output",
	"skb_push",
	"dev_queue_xmit",
	"netdev_pick_tx",
	"sch_direct_xmit",
	"dev_hard_start_xmit",
	"netif_skb_features",
	"harmonize_features",
	"skb_network_protocol",
	"tap_xmit",
	"userdev_xmit",
	"pcap_xmit",
	"memdev_xmit",
	"loopback_xmit",
	"null_xmit",
	"dev_kfree_skb_any",
	"consume_skb",
	"sock_wfree",
	"sock_def_write_space",
};

static size_t base_length(const char *name)
{
	return strcspn(name, ".");
}

static bool is_one_of(const char *const *list, size_t n, const char *name)
{
	size_t len = base_length(name);

	for (size_t i = 0; i < n; i++)
		if (strlen(list[i]) == len && !memcmp(list[i], name, len))
			return true;
	return false;
}

static bool matches(const char *pattern, const char *name)
{
	size_t want = strlen(pattern), len = base_length(name);

	if (pattern[want - 1] == '*')
		return len >= want - 1 && !memcmp(pattern, name, want - 1);
	return len == want && !memcmp(pattern, name, len);
}

unsigned view_family(const char *name)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		if (matches(families[i].pattern, name))
			return families[i].bit;
	return 0;
}

bool view_profile_has(enum view_profile profile, const char *name)
{
	switch (profile) {
	case VIEW_PATH:
		return is_one_of(path, sizeof(path) / sizeof(path[0]), name);
	case VIEW_ARTICLE:
		return is_one_of(article, sizeof(article) / sizeof(article[0]), name);
	default:
		return true;
	}
}

bool view_is_irq_entry(const char *name)
{
	static const char *const entry[] = { "do_IRQ" };

	return is_one_of(entry, 1, name);
}
