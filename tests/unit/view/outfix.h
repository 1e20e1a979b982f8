/* SPDX-License-Identifier: MIT */
/*
 * outfix.h: one small trace with everything that writers care about, as tables and slots of two CPUs. A tick is a ns.
 *
 * CPU 0, task 77 "vcpu0": do_IRQ polls two frames: packet 1 is delivered to port 5000, packet 2 has no socket. CPU 1, task 78 "echo\"1": a reader sleeps, gets
 * packet 1, sends packet 3, and sleeps again, open, when the data end.
 */
#ifndef TESTS_UNIT_VIEW_OUTFIX_H
#define TESTS_UNIT_VIEW_OUTFIX_H

#include "slots.h"

enum { F_DO_IRQ = 1, F_TAP_INTR, F_NET_RX, F_TAP_POLL, F_IP_RCV, F_UDP_RCV, F_QUEUE, F_KFREE, F_RECVMSG, F_SCHEDULE, F_COPY, F_SENDMSG, F_XMIT };

#define OUT_CALLS 17 /* that appear in the trace, open ones included */

static const char *const out_tables[] = {
	"F 1 401000 do_IRQ kernel/irq",
	"F 2 401100 tap_intr drivers/tap [tap]",
	"F 3 401200 net_rx_action core/napi",
	"F 4 401300 tap_poll drivers/tap [tap]",
	"F 5 401400 ip_rcv ipv4/ip_input",
	"F 6 401500 udp_rcv ipv4/udp_input",
	"F 7 401600 sock_queue_rcv_skb core/sock",
	"F 8 401700 kfree_skb_reason core/skbuff",
	"F 9 401800 udp_recvmsg ipv4/udp_recv",
	"F 10 401900 schedule kernel/wait",
	"F 11 401a00 skb_copy_datagram_iovec core/datagram",
	"F 12 401b00 udp_sendmsg ipv4/udp_output",
	"F 13 401c00 tap_xmit drivers/tap [tap]",
	"R 2 NO_SOCKET no socket wants it",
	"D 2 gn0 tap",
	"D 3 gn1 tap",
	NULL
};

static inline void out_cpu0(struct slots *s)
{
	static const char comm[16] = "vcpu0";

	put_clock(s, 1000);
	put_task(s, 1000, 77, comm);
	put_call(s, F_TAP_INTR, 1, 10100, 11000);
	put_packet(s, 12200, 101);
	put_frame(s, 12250, 101, 60);
	put_call(s, F_QUEUE, 5, 15000, 20000);
	put_verdict(s, 21000, 101, (struct gn_trace_verdict){ .code = GN_TRACE_DELIVERED, .port = 5000, .ifindex = 2, .ledger = 1 });
	put_call(s, F_UDP_RCV, 4, 14000, 39000);
	put_call(s, F_IP_RCV, 3, 13000, 40000);
	put_packet(s, 41000, 102);
	put_frame(s, 41050, 102, 61);
	put_verdict(s, 44500, 102, (struct gn_trace_verdict){ .code = GN_TRACE_DROPPED, .reason = 2, .ifindex = 2, .ledger = 1 });
	put_call(s, F_KFREE, 5, 44000, 45000);
	put_call(s, F_UDP_RCV, 4, 43000, 56000);
	put_call(s, F_IP_RCV, 3, 42000, 57000);
	put_packet(s, 57500, 0);
	put_call(s, F_TAP_POLL, 2, 12100, 58000);
	put_call(s, F_NET_RX, 1, 12000, 59000);
	put_call(s, F_DO_IRQ, 0, 10000, 60000);
	put_clock(s, 61000);
}

static inline void out_cpu1(struct slots *s)
{
	static const char comm[16] = "echo\"1";
	struct {
		struct gn_trace_frame f;
		unsigned char byte[20];
	} made = { .f = { .len = 1500, .dir = GN_TRACE_LOCAL } }, tx = { .f = { .len = 1500, .caplen = 20, .dir = GN_TRACE_TX, .link = 0, .ifindex = 3, .queue = 1 }, .byte = { 0x45, 0, 0x05, 0xdc } };

	put_clock(s, 2000);
	put_task(s, 2000, 78, comm);
	put_call(s, F_SCHEDULE, 1, 6000, 65000);
	put_packet(s, 65100, 101);
	put_call(s, F_COPY, 1, 65200, 66000);
	put_packet(s, 69000, 0);
	put_call(s, F_RECVMSG, 0, 5000, 70000);
	put_packet(s, 80500, 103);
	put_kind(s, 80600, GN_TRACE_FRAME, 103, &made, sizeof(made.f));
	put_kind(s, 82000, GN_TRACE_FRAME, 103, &tx, sizeof(tx));
	put_call(s, F_XMIT, 1, 81000, 90000);
	put_packet(s, 91000, 0);
	put_kind(s, 95000, GN_TRACE_MARK, 5, "hello", 5);
	put_verdict(s, 96000, 103, (struct gn_trace_verdict){ .code = GN_TRACE_SENT, .ifindex = 3, .ledger = 3 });
	put_call(s, F_SENDMSG, 0, 80000, 99000);
	put_entry(s, F_RECVMSG, 0, 100000);
	put_entry(s, F_SCHEDULE, 1, 101000);
	put_clock(s, 102000);
}

/* As a raw file: lines, then a chunk a CPU. */
static inline void out_raw(FILE *f)
{
	struct slots s = { 0 };

	for (unsigned i = 0; out_tables[i]; i++)
		fprintf(f, "%s\n", out_tables[i]);
	for (uint32_t cpu = 0; cpu < 2; cpu++) {
		s.n = 0;
		(cpu ? out_cpu1 : out_cpu0)(&s);
		fwrite(&(struct gn_trace_chunk){ .magic = GN_TRACE_MAGIC, .cpu = cpu, .n = (uint32_t)s.n }, sizeof(struct gn_trace_chunk), 1, f);
		fwrite(s.rec, sizeof(*s.rec), s.n, f);
	}
	free(s.rec);
}

#endif
