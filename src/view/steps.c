/* SPDX-License-Identifier: MIT */
/*
 * steps.c - which of the twelve steps of a received packet a call takes
 *
 * Theory of operation
 *   The numbers are those of the article "Monitoring and configuring the Linux network stack: receiving data", which tells a frame's way from the load of the
 *   driver to the socket in twelve steps. A row names a function and its step; the table is sorted by name and searched by halves. The
 *   steps of hardware have a stand-in here: the ring is the receive buffer that read() fills, the unmapping is that buffer leaving its slot.
 *   A function that several steps share (do_softirq) stands at the one it begins.
 *   Called by: html.c, `trace view --steps`. Calls: libc. Threads: any, no state.
 */
#include "view/steps.h"

#include <stdlib.h>
#include <string.h>

struct row {
	const char *func;
	unsigned char step;
};

static const struct row rows[] = {
	{ "____napi_schedule", 5 },
	{ "__dev_open", 1 },
	{ "__do_softirq", 6 },
	{ "__napi_schedule", 5 },
	{ "__netdev_alloc_skb", 8 },
	{ "__netif_receive_skb", 10 },
	{ "__netif_receive_skb_core", 10 },
	{ "__raise_softirq_irqoff", 5 },
	{ "__udp4_lib_mcast_deliver", 11 },
	{ "__udp4_lib_rcv", 11 },
	{ "__udp_queue_rcv_skb", 12 },
	{ "arp_process", 11 },
	{ "arp_rcv", 11 },
	{ "build_skb", 8 },
	{ "deliver_ptype_list", 10 },
	{ "deliver_skb", 10 },
	{ "dev_open", 1 },
	{ "do_IRQ", 4 },
	{ "do_softirq", 6 },
	{ "drivers_probe", 1 },
	{ "enqueue_to_backlog", 9 },
	{ "eth_type_trans", 8 },
	{ "handle_irq", 4 },
	{ "handle_irq_event", 4 },
	{ "handle_irq_event_percpu", 4 },
	{ "icmp_rcv", 11 },
	{ "igmp_rcv", 11 },
	{ "ip_defrag", 11 },
	{ "ip_forward", 11 },
	{ "ip_local_deliver", 11 },
	{ "ip_local_deliver_finish", 11 },
	{ "ip_rcv", 11 },
	{ "ip_rcv_finish", 11 },
	{ "memdev_inject", 2 },
	{ "memdev_probe", 1 },
	{ "napi_gro_receive", 8 },
	{ "napi_poll_one", 6 },
	{ "napi_schedule", 5 },
	{ "net_rx_action", 6 },
	{ "netif_receive_skb", 8 },
	{ "netif_rx", 9 },
	{ "netif_rx_internal", 9 },
	{ "nif_raise", 2 },
	{ "pcap_clean_rx", 6 },
	{ "pcap_fill", 3 },
	{ "pcap_intr", 5 },
	{ "pcap_next_record", 2 },
	{ "pcap_open", 1 },
	{ "pcap_poll", 6 },
	{ "pcap_probe", 1 },
	{ "pcap_receive", 7 },
	{ "ping_queue_rcv_skb", 12 },
	{ "ping_rcv", 11 },
	{ "process_backlog", 9 },
	{ "raw_local_deliver", 11 },
	{ "raw_rcv", 12 },
	{ "rps_trigger_softirq", 9 },
	{ "run_ksoftirqd", 6 },
	{ "sk_add_backlog", 12 },
	{ "sock_def_readable", 12 },
	{ "sock_queue_rcv_skb", 12 },
	{ "tap_alloc_rx_buffer", 7 },
	{ "tap_clean_rx", 6 },
	{ "tap_intr", 5 },
	{ "tap_open", 1 },
	{ "tap_poll", 6 },
	{ "tap_probe", 1 },
	{ "tap_read_away", 3 },
	{ "tap_read_frame", 3 },
	{ "udp_queue_rcv_skb", 12 },
	{ "udp_rcv", 11 },
	{ "userdev_clean_rx", 6 },
	{ "userdev_fetch", 7 },
	{ "userdev_intr", 5 },
	{ "userdev_open", 1 },
	{ "userdev_poll", 6 },
	{ "userdev_raise", 2 },
	{ "userdev_rx", 3 },
};

static const char *const step_name[VIEW_STEPS + 1] = {
	"", "driver", "frame", "ring", "interrupt", "NAPI", "softirq poll", "unmap", "skb", "steering", "hand-over", "protocol", "socket",
};

static const char *const step_text[VIEW_STEPS + 1] = {
	"",
	"The driver is set up: its device is registered and opened.",
	"A frame comes in from the wire.",
	"The frame is copied into a buffer of the receive ring.",
	"The device interrupts, so that somebody looks at the ring.",
	"The interrupt handler masks its line and schedules a NAPI poll.",
	"The softirq calls the driver's poll, which takes frames from the ring.",
	"The filled buffer leaves its slot of the ring, which gets a fresh one.",
	"The bytes go up the stack as an skb.",
	"Steering: with several CPUs the packet may be queued to another one.",
	"The packet leaves the queue and is handed to the protocol that asked for its type.",
	"The protocol layers work on it: IP, then UDP, ICMP, ARP.",
	"The data are put on the socket's receive queue and the reader is woken.",
};

static int row_cmp(const void *key, const void *row);

unsigned view_step_of(const char *func)
{
	char name[64];
	size_t n = strcspn(func, ".");
	const struct row *r;

	if (n >= sizeof(name))
		return 0;
	memcpy(name, func, n);
	name[n] = 0;
	r = bsearch(name, rows, sizeof(rows) / sizeof(rows[0]), sizeof(rows[0]), row_cmp);

	return r ? r->step : 0;
}

static int row_cmp(const void *key, const void *row)
{
	return strcmp(key, ((const struct row *)row)->func);
}

const char *view_step_name(unsigned n)
{
	return n <= VIEW_STEPS ? step_name[n] : "";
}

const char *view_step_text(unsigned n)
{
	return n <= VIEW_STEPS ? step_text[n] : "";
}
