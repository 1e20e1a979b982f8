/* SPDX-License-Identifier: MIT */
/*
 * story.h: a made-up trace that looks like one of the stack's: the slots of scripts, in which a line is a call and its indent its depth.
 *
 * Lines that begin with `!` are happenings: !packet N, !frame (the bytes at hand), !verdict CODE [REASON] [PORT] [IFINDEX], !task TID COMM, !wait NS,
 * !mark TEXT, !sleep (what is open is told, as before a thread sleeps).
 */
#ifndef TESTS_UNIT_VIEW_STORY_H
#define TESTS_UNIT_VIEW_STORY_H

#include "frames.h"
#include "slots.h"

/* Functions by their file; ids count from 0. */
static const char *const story_functions[] = {
	"kernel/irq:do_IRQ irq_enter handle_irq handle_irq_event handle_irq_event_percpu irq_exit irq_unmask",
	"kernel/softirq:do_softirq __do_softirq __raise_softirq_irqoff local_bh_enable run_ksoftirqd open_softirq",
	"kernel/wait:prepare_to_wait_exclusive schedule_timeout schedule __schedule finish_wait __wake_up_sync_key __wake_up_common autoremove_wake_function "
	"default_wake_function try_to_wake_up",
	"kernel/slab:kmem_cache_alloc kmem_cache_free kfree __kmalloc_track_caller",
	"kernel/timer:mod_timer run_timer_softirq",
	"kernel/rcu:rcu_bh_qs call_rcu",
	"kernel/machine:machine_now",
	"drivers/tap:tap_intr tap_poll tap_clean_tx tap_clean_rx tap_read_frame tap_alloc_rx_buffer tap_irq_enable tap_xmit tap_probe tap_open",
	"drivers/rx:rxfilter_match rxfilter_update",
	"drivers/loopback:loopback_xmit",
	"drivers/memdev:memdev_inject",
	"drivers/driver:nif_register",
	"core/napi:napi_schedule __napi_schedule net_rx_action napi_poll_one napi_complete napi_gro_receive net_rps_action_and_irq_enable process_backlog",
	"core/dev_rx:netif_receive_skb __netif_receive_skb __netif_receive_skb_core deliver_skb netif_rx enqueue_to_backlog",
	"core/dev_tx:dev_queue_xmit netdev_pick_tx dev_hard_start_xmit netif_skb_features dev_kfree_skb_any",
	"core/skbuff:__netdev_alloc_skb build_skb consume_skb kfree_skb_reason __kfree_skb skb_release_all skb_release_data skb_clone __alloc_skb",
	"core/skb_data:skb_put skb_push skb_copy_datagram_iovec __skb_checksum_complete skb_checksum",
	"core/skb_queue:skb_queue_tail",
	"core/sock:sock_queue_rcv_skb sock_def_readable sock_rfree sock_alloc_send_skb sock_wfree lock_sock_fast",
	"core/sock_mem:__sk_mem_schedule sk_add_backlog",
	"core/datagram:__skb_recv_datagram wait_for_more_packets skb_free_datagram_locked",
	"core/filter:sk_filter bpf_run_filter",
	"core/neighbour:neigh_resolve_output __neigh_event_send neigh_update neigh_connected_output neigh_send_queue",
	"core/neigh_table:__neigh_create neigh_lookup",
	"core/timekeeping:ktime_get_real getnstimeofday",
	"core/tstamp:skb_defer_rx_timestamp",
	"core/drop:drop_count",
	"core/socket:sock_recvmsg sock_sendmsg sock_sendto sock_recvfrom",
	"core/dst:dst_release",
	"ethernet/eth:eth_type_trans eth_header",
	"netfilter/core:nf_hook_slow nf_iterate",
	"sched/sch_generic:sch_direct_xmit __qdisc_run",
	"sched/sch_fifo:pfifo_enqueue",
	"ipv4/ip_input:ip_rcv ip_rcv_finish ip_local_deliver ip_local_deliver_finish ip_check_header",
	"ipv4/route:ip_route_input_noref input_unicast",
	"ipv4/route_out:ip_route_output_flow",
	"ipv4/fib_trie:fib_table_lookup check_leaf",
	"ipv4/fib_frontend:fib_validate_source fib_compute_spec_dst",
	"ipv4/raw:raw_local_deliver",
	"ipv4/udp_input:udp_rcv __udp4_lib_rcv udp_queue_rcv_skb __udp_queue_rcv_skb",
	"ipv4/udp_hash:__udp4_lib_lookup",
	"ipv4/udp_recv:udp_recvmsg",
	"ipv4/udp_output:udp_sendmsg udp_send_skb",
	"ipv4/ip_append:ip_make_skb __ip_append_data __ip_make_skb ip_setup_cork",
	"ipv4/ip_output:ip_send_skb ip_local_out_sk __ip_local_out ip_output ip_finish_output ip_finish_output2 ip_build_and_send_pkt",
	"ipv4/ip_forward:ip_forward ip_forward_finish",
	"ipv4/ip_sockglue:ipv4_pktinfo_prepare",
	"ipv4/icmp:icmp_rcv icmp_echo icmp_reply",
	"ipv4/icmp_send:icmp_send icmp_global_allow",
	"ipv4/arp:arp_rcv arp_process arp_send arp_create",
	"ipv4/af_inet:inet_recvmsg inet_sendmsg",
	"ipv4/ip_fragment:ip_defrag",
	"ipv4/igmp:igmp_rcv",
	"ipv4/ip_options:ip_options_compile",
	"ipv4/devinet:inet_select_addr",
	"ipv4/ping:ping_rcv",
	"lib/csum:csum_partial do_csum",
	"lib/pool:pool_get pool_put",
	"fs/proc:proc_create",
};

enum { STORY_NO_SOCKET = 40, STORY_RCVBUFF = 41, STORY_UDP_CSUM = 42 };

struct story {
	struct view *view;
	struct slots slots[VIEW_CPUS];
	uint64_t t;
	unsigned cpu;
	uint32_t packet; /* last id given */
	struct view_bytes frame;
	uint32_t dice;
	struct {
		uint32_t id;
		uint64_t t;
	} open[64];
	unsigned depth;
};

static inline uint32_t story_id(const char *name, size_t len)
{
	uint32_t id = 0;

	for (unsigned i = 0; i < sizeof(story_functions) / sizeof(story_functions[0]); i++) {
		const char *p = strchr(story_functions[i], ':') + 1;

		for (; *p; p += strspn(p, " "), id++) {
			size_t n = strcspn(p, " ");

			if (n == len && !memcmp(p, name, n))
				return id;
			p += n;
		}
	}
	ck_abort_msg("no function %.*s", (int)len, name);
	return 0;
}

static inline void story_tables(struct view *v)
{
	char line[200];
	uint32_t id = 0;

	for (unsigned i = 0; i < sizeof(story_functions) / sizeof(story_functions[0]); i++) {
		const char *colon = strchr(story_functions[i], ':'), *p = colon + 1;
		int file = (int)(colon - story_functions[i]);

		for (; *p; p += strspn(p, " "), id++) {
			size_t n = strcspn(p, " ");

			snprintf(line, sizeof(line), "F %u %x %.*s %.*s%s", id, 0x1000 + id * 16, (int)n, p, file, story_functions[i],
				 strncmp(story_functions[i], "drivers/tap", 11) ? "" : " tap");
			ck_assert_int_eq(view_table(v, line), 0);
			p += n;
		}
	}
	ck_assert_int_eq(view_table(v, "R 40 NO_SOCKET no socket wants the datagram"), 0);
	ck_assert_int_eq(view_table(v, "R 41 SOCKET_RCVBUFF the socket's receive buffer is full"), 0);
	ck_assert_int_eq(view_table(v, "R 42 UDP_CSUM bad UDP checksum"), 0);
	ck_assert_int_eq(view_table(v, "D 1 lo loopback"), 0);
	ck_assert_int_eq(view_table(v, "D 2 gn0 tap"), 0);
	ck_assert_int_eq(view_table(v, "D 3 gn1 tap"), 0);
}

static inline uint64_t story_dice(struct story *s, unsigned sides)
{
	s->dice = s->dice * 1103515245 + 12345;
	return (s->dice >> 16) % sides;
}

static inline void story_close(struct story *s, unsigned depth)
{
	while (s->depth > depth) {
		s->t += 30 + story_dice(s, 60);
		s->depth--;
		put_call(&s->slots[s->cpu], s->open[s->depth].id, s->depth, s->open[s->depth].t, s->t);
	}
}

static inline void story_happening(struct story *s, const char *line)
{
	struct slots *o = &s->slots[s->cpu];
	unsigned a = 0, b = 0, c = 0, d = 0;
	char text[64] = "";

	s->t += 5;
	if (sscanf(line, "!packet %u", &a) == 1)
		put_packet(o, s->t, a == 1 ? s->packet : 0);
	else if (!strncmp(line, "!frame", 6)) {
		struct {
			struct gn_trace_frame f;
			unsigned char byte[GN_TRACE_SNAPLEN];
		} p = { .f = s->frame.f };

		memcpy(p.byte, s->frame.byte, sizeof(p.byte));
		if (!strncmp(line, "!frame tx", 9)) {
			p.f.dir = GN_TRACE_TX;
			memcpy(p.byte, s->frame.byte + 6, 6);
			memcpy(p.byte + 6, s->frame.byte, 6);
		}
		put_kind(o, s->t, GN_TRACE_FRAME, s->packet, &p, sizeof(p.f) + p.f.caplen);
	} else if (sscanf(line, "!verdict %u %u %u %u", &a, &b, &c, &d) >= 1)
		put_verdict(o, s->t, s->packet,
			    (struct gn_trace_verdict){ .code = (uint16_t)a, .reason = (uint16_t)b, .port = c, .ifindex = d ? d : 2, .ledger = 1 });
	else if (sscanf(line, "!task %u %63s", &a, text) == 2)
		put_task(o, s->t, a, text);
	else if (sscanf(line, "!wait %u", &a) == 1)
		s->t += a;
	else if (sscanf(line, "!mark %63[^\n]", text) == 1)
		put_kind(o, s->t, GN_TRACE_MARK, (uint32_t)strlen(text), text, strlen(text));
	else if (!strncmp(line, "!sleep", 6))
		for (unsigned i = s->depth; i--;)
			put_entry(o, s->open[i].id, i, s->open[i].t);
	else
		ck_abort_msg("what is %s", line);
}

/* Plays the lines of @script on the current CPU; what is open at its end stays open. */
static inline void story_lines(struct story *s, const char *script)
{
	while (*script) {
		size_t indent = strspn(script, " "), n = strcspn(script + indent, "\n");
		char line[100];

		snprintf(line, sizeof(line), "%.*s", (int)n, script + indent);
		if (line[0] == '!') {
			story_happening(s, line);
		} else {
			story_close(s, (unsigned)indent);
			ck_assert_uint_eq(s->depth, indent);
			s->t += 25 + story_dice(s, 90);
			s->open[s->depth].id = story_id(line, n);
			s->open[s->depth++].t = s->t;
			if (!story_dice(s, 9))
				s->t += story_dice(s, 700);
		}
		script += indent + n;
		script += *script == '\n';
	}
}

static inline void story_play(struct story *s, const char *script)
{
	story_lines(s, script);
	story_close(s, 0);
	s->t += 200;
}

static inline void story_begin(struct story *s, struct view *v)
{
	memset(s, 0, sizeof(*s));
	s->view = v;
	s->t = 5000000;
	s->dice = 7;
	story_tables(v);
	for (unsigned cpu = 0; cpu < 2; cpu++)
		put_clock(&s->slots[cpu], 1000000);
}

static inline void story_flush(struct story *s)
{
	for (unsigned cpu = 0; cpu < VIEW_CPUS; cpu++)
		if (s->slots[cpu].n)
			feed(s->view, cpu, &s->slots[cpu]);
}

static inline void story_end(struct story *s)
{
	story_flush(s);
	ck_assert_int_eq(view_end(s->view), 0);
	for (unsigned cpu = 0; cpu < VIEW_CPUS; cpu++)
		free(s->slots[cpu].rec);
}

/* --- scenes; each is one packet --- */

#define STORY_IRQ                                                                                                                                    \
	"do_IRQ\n irq_enter\n handle_irq\n  handle_irq_event\n   handle_irq_event_percpu\n    tap_intr\n     napi_schedule\n      __napi_schedule\n" \
	"       __raise_softirq_irqoff\n irq_exit\n"
#define STORY_POLL                                                                                                                                  \
	"do_softirq\n __do_softirq\n  net_rx_action\n   napi_poll_one\n    tap_poll\n     tap_clean_tx\n     tap_clean_rx\n"                       \
	"      tap_read_frame\n       tap_alloc_rx_buffer\n        __netdev_alloc_skb\n         kmem_cache_alloc\n         build_skb\n      skb_put\n" \
	"      !packet 1\n      !frame\n      rxfilter_match\n      eth_type_trans\n      napi_gro_receive\n       netif_receive_skb\n"             \
	"        ktime_get_real\n         getnstimeofday\n        skb_defer_rx_timestamp\n        __netif_receive_skb\n         __netif_receive_skb_core\n" \
	"          deliver_skb\n"
#define STORY_IP                                                                                                                                      \
	"           ip_rcv\n            ip_check_header\n            nf_hook_slow\n             nf_iterate\n            ip_rcv_finish\n"              \
	"             ip_route_input_noref\n              input_unicast\n               fib_table_lookup\n                check_leaf\n"               \
	"               fib_validate_source\n                fib_table_lookup\n"
#define STORY_LOCAL "             ip_local_deliver\n              nf_hook_slow\n              ip_local_deliver_finish\n               raw_local_deliver\n"
#define STORY_UDP                                                                                                                                 \
	"               udp_rcv\n                __udp4_lib_rcv\n                 __skb_checksum_complete\n                  skb_checksum\n"      \
	"                   csum_partial\n                    do_csum\n                 __udp4_lib_lookup\n"
#define STORY_QUEUE                                                                                                                                     \
	"                 udp_queue_rcv_skb\n                  ipv4_pktinfo_prepare\n                   fib_compute_spec_dst\n"                        \
	"                  __udp_queue_rcv_skb\n                   sock_queue_rcv_skb\n                    sk_filter\n                    __sk_mem_schedule\n" \
	"                    skb_queue_tail\n                    sock_def_readable\n                     __wake_up_sync_key\n                      __wake_up_common\n" \
	"                       autoremove_wake_function\n                        default_wake_function\n                         try_to_wake_up\n"
#define STORY_DONE "      !packet 0\n     napi_complete\n     tap_irq_enable\n      irq_unmask\n   net_rps_action_and_irq_enable\n"
#define STORY_XMIT(in)                                                                                                                         \
	in "dev_queue_xmit\n" in " netdev_pick_tx\n" in " sch_direct_xmit\n" in "  dev_hard_start_xmit\n" in "   netif_skb_features\n" in          \
	"   tap_xmit\n"

/* A reader sleeps in recvfrom, a datagram comes, the reader gets it. */
static inline void story_udp(struct story *s, unsigned from, unsigned port, const char *text)
{
	struct story asleep;

	s->packet++;
	frame_udp(&s->frame, from, port, text);
	s->cpu = 0;
	story_lines(s, "!task 402 udp-recv\n"
		       "sock_recvfrom\n sock_recvmsg\n  inet_recvmsg\n   udp_recvmsg\n    __skb_recv_datagram\n     prepare_to_wait_exclusive\n"
		       "     schedule_timeout\n      schedule\n       __schedule\n        !sleep\n");
	asleep = *s;
	s->depth = 0;
	s->t += 100000 + story_dice(s, 300000);
	story_play(s, "!task 311 glassnetd\n" STORY_IRQ);
	story_play(s, STORY_POLL STORY_IP STORY_LOCAL STORY_UDP STORY_QUEUE STORY_DONE);
	s->t += 2000 + story_dice(s, 4000);
	memcpy(s->open, asleep.open, sizeof(s->open));
	s->depth = asleep.depth;
	story_happening(s, "!task 402 udp-recv");
	story_close(s, 5);
	story_play(s, "     finish_wait\n     !packet 1\n"
		      "    skb_copy_datagram_iovec\n    skb_free_datagram_locked\n     lock_sock_fast\n     sock_rfree\n     consume_skb\n"
		      "      !verdict 0 0 5000\n      __kfree_skb\n       skb_release_all\n        skb_release_data\n         kfree\n       kmem_cache_free\n"
		      "     !packet 0\n");
}

/* Nobody listens: an ICMP error goes back, the datagram is dropped. */
static inline void story_no_socket(struct story *s, unsigned port)
{
	s->packet++;
	frame_udp(&s->frame, 5000, port, "is anybody there?");
	s->cpu = 0;
	story_play(s, "!task 311 glassnetd\n" STORY_IRQ);
	story_play(s, STORY_POLL STORY_IP STORY_LOCAL STORY_UDP
		   "                 icmp_send\n                  icmp_global_allow\n                  ip_route_output_flow\n                   fib_table_lookup\n"
		   "                  ip_local_out_sk\n                   __ip_local_out\n                    nf_hook_slow\n                   ip_output\n"
		   "                    ip_finish_output\n                     ip_finish_output2\n                      neigh_connected_output\n"
		   "                       eth_header\n" STORY_XMIT("                       ")
		   "                 kfree_skb_reason\n                  drop_count\n                  !verdict 5 40\n                  __kfree_skb\n                   kmem_cache_free\n"
		   STORY_DONE);
}

static inline void story_ping(struct story *s, unsigned seq)
{
	s->packet++;
	frame_icmp_echo(&s->frame, 8, 77, seq);
	s->cpu = 1;
	story_play(s, "!task 312 glassnetd\n" STORY_IRQ);
	story_play(s, STORY_POLL STORY_IP STORY_LOCAL
		   "               icmp_rcv\n                __skb_checksum_complete\n                 skb_checksum\n                icmp_echo\n                 icmp_reply\n"
		   "                  ip_route_output_flow\n                   fib_table_lookup\n                  ip_local_out_sk\n                   __ip_local_out\n"
		   "                   ip_output\n                    ip_finish_output\n                     ip_finish_output2\n                      neigh_connected_output\n"
		   "                       eth_header\n" STORY_XMIT("                       ")
		   "                           !frame tx\n                           !verdict 4 0 0 2\n"
		   "                consume_skb\n                 !verdict 1\n                 __kfree_skb\n" STORY_DONE);
}

static inline void story_arp(struct story *s)
{
	s->packet++;
	frame_arp(&s->frame, 1);
	s->cpu = 0;
	story_play(s, "!task 311 glassnetd\n" STORY_IRQ);
	story_play(s, STORY_POLL "           arp_rcv\n            arp_process\n             neigh_lookup\n             neigh_update\n             arp_send\n              arp_create\n"
		   STORY_XMIT("              ")
		   "             consume_skb\n              !verdict 1\n" STORY_DONE);
}

static inline void story_forward(struct story *s)
{
	s->packet++;
	frame_udp(&s->frame, 1024, 53, "to somebody behind us");
	s->frame.byte[33] = 99;
	ipv4_resum(&s->frame);
	s->cpu = 1;
	story_play(s, "!task 312 glassnetd\n" STORY_IRQ);
	story_play(s, STORY_POLL STORY_IP
		   "             ip_forward\n              nf_hook_slow\n              ip_forward_finish\n               ip_output\n                ip_finish_output\n"
		   "                 ip_finish_output2\n                  neigh_connected_output\n" STORY_XMIT("                   ")
		   "                       !frame tx\n                       !verdict 2 0 0 3\n" STORY_DONE);
}

static inline void story_send(struct story *s)
{
	s->packet++;
	frame_udp(&s->frame, 5000, 7, "hello from here");
	s->frame.f.dir = GN_TRACE_LOCAL;
	s->cpu = 1;
	story_play(s, "!task 403 udp-send\n!packet 1\n"
		      "sock_sendto\n sock_sendmsg\n  inet_sendmsg\n   udp_sendmsg\n    ip_route_output_flow\n     fib_table_lookup\n      check_leaf\n    ip_make_skb\n"
		      "     ip_setup_cork\n     __ip_append_data\n      sock_alloc_send_skb\n       __alloc_skb\n        kmem_cache_alloc\n      skb_put\n     __ip_make_skb\n"
		      "    udp_send_skb\n     ip_send_skb\n      ip_local_out_sk\n       __ip_local_out\n        nf_hook_slow\n       ip_output\n        ip_finish_output\n"
		      "         ip_finish_output2\n          neigh_resolve_output\n           eth_header\n" STORY_XMIT("           ")
		      "               !frame tx\n               !verdict 4 0 0 2\n    dst_release\n!packet 0\n");
}

/* The socket's buffer is full. */
static inline void story_full(struct story *s)
{
	s->packet++;
	frame_udp(&s->frame, 6000, 5000, "one too many, one too many, one too many");
	s->cpu = 0;
	story_play(s, "!task 311 glassnetd\n" STORY_IRQ);
	story_play(s, STORY_POLL STORY_IP STORY_LOCAL STORY_UDP
		   "                 udp_queue_rcv_skb\n                  kfree_skb_reason\n                   drop_count\n                   !verdict 5 41\n"
		   "                   __kfree_skb\n" STORY_DONE);
}

/* @n packets of all kinds. */
static inline void story_day(struct story *s, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		switch (i % 10) {
		case 0: story_arp(s); break;
		case 3: story_send(s); break;
		case 4: story_no_socket(s, 9); break;
		case 5: story_ping(s, i); break;
		case 7: story_forward(s); break;
		case 8: story_full(s); break;
		default: story_udp(s, 5000 + i % 3, i % 3 ? 5000 : 7, i % 2 ? "hello, glass house" : "a datagram says hello"); break;
		}
		if (i % 64 == 63)
			story_flush(s);
		s->t += 20000 + story_dice(s, 400000);
	}
}

#endif
