/* SPDX-License-Identifier: MIT */
#ifndef TRACE_EVENTS_H
#define TRACE_EVENTS_H
/*
 * events.h - the kernel's tracepoints that this stack has, with the kernel's names and fields
 *
 * Theory of operation
 *   A walk function calls trace_NAME(), an inline that tests one bit of trace_state.events. Behind the bit, core/trace_events.c fills the struct below from
 *   the packet or socket and hands it to the sink, which knows no stack type: the LTTng provider, or a test. Pointers are valid during the call only.
 *   Adding one: a row and a struct here, a stub in core/trace_events.h, a call in the walk, an event in the provider, a line in glassnet-trace(7).
 * Mirrors: include/trace/events/{net,napi,irq,skb,sock,udp,neigh,fib}.h
 */
#include <stdint.h>

#include <glassnet/uapi/trace.h>

/* X(system, name, struct) */
#define TRACE_EVENTS(X)                                                   \
	X(net, netif_receive_skb, trace_net_dev)                          \
	X(net, net_dev_queue, trace_net_dev)                              \
	X(net, net_dev_xmit, trace_net_dev_xmit)                          \
	X(napi, napi_poll, trace_napi_poll)                               \
	X(irq, softirq_entry, trace_softirq)                              \
	X(irq, softirq_exit, trace_softirq)                               \
	X(skb, kfree_skb, trace_kfree_skb)                                \
	X(skb, consume_skb, trace_consume_skb)                            \
	X(sock, sock_rcvqueue_full, trace_sock_rcvqueue_full)             \
	X(sock, sock_exceed_buf_limit, trace_sock_exceed_buf_limit)       \
	X(udp, udp_fail_queue_rcv_skb, trace_udp_fail_queue_rcv_skb)      \
	X(neigh, neigh_create, trace_neigh_create)                        \
	X(neigh, neigh_update, trace_neigh_update)                        \
	X(neigh, neigh_timer_handler, trace_neigh_state)                  \
	X(neigh, neigh_event_send_done, trace_neigh_state)                \
	X(neigh, neigh_cleanup_and_release, trace_neigh_state)            \
	X(fib, fib_table_lookup, trace_fib_table_lookup)

enum trace_event {
#define X(sys, name, type) TRACE_##name,
	TRACE_EVENTS(X)
#undef X
	TRACE_EVENT_MAX
};

struct trace_net_dev {
	uint64_t skbaddr;
	uint32_t len;
	const char *name; /* device */
	uint32_t packet;  /* our packet id, 0 when it has none */
};
struct trace_net_dev_xmit {
	uint64_t skbaddr;
	uint32_t len;
	int32_t rc; /* NETDEV_TX_* */
	const char *name;
	uint32_t packet;
};
struct trace_napi_poll {
	uint64_t napi;
	const char *dev_name; /* "(no_device)" as in Linux when it has none */
	int32_t work, budget;
};
struct trace_softirq {
	uint32_t vec;
	const char *name; /* "NET_RX" */
};
struct trace_kfree_skb {
	uint64_t skbaddr, location; /* location: return address of the drop site */
	uint16_t protocol;	    /* host order */
	uint16_t reason;
	const char *reason_name; /* without SKB_DROP_REASON_ */
	uint32_t packet;
};
struct trace_consume_skb {
	uint64_t skbaddr, location;
	uint32_t packet;
};
struct trace_sock_rcvqueue_full {
	int32_t rmem_alloc;
	uint32_t truesize;
	int32_t sk_rcvbuf;
};
struct trace_sock_exceed_buf_limit {
	const char *name; /* "UDP" */
	int64_t sysctl_mem[3], allocated;
	int32_t sysctl_rmem, rmem_alloc, sysctl_wmem, wmem_alloc, wmem_queued;
	int32_t kind; /* 0 send, 1 receive */
};
struct trace_udp_fail_queue_rcv_skb {
	int32_t rc;
	uint16_t lport; /* host order */
};
struct trace_neigh_create {
	uint32_t family;
	const char *dev;
	int32_t entries;
	int32_t created;  /* 1 */
	int32_t gc_exempt;
	uint8_t primary_key[4];
};
struct trace_neigh_state {
	uint32_t family;
	const char *dev;
	uint8_t primary_key[4], lladdr[6];
	uint8_t flags, nud_state, type, dead;
	int32_t refcnt;
	int32_t err; /* neigh_event_send_done: its answer */
};
struct trace_neigh_update {
	struct trace_neigh_state n;
	uint8_t new_lladdr[6];
	uint8_t new_state;
	uint32_t update_flags, pid;
};
struct trace_fib_table_lookup {
	uint32_t tb_id;
	int32_t err, oif, iif;
	uint8_t proto, tos, scope, flags;
	uint8_t src[4], dst[4], gw4[4];
	uint16_t sport, dport; /* host order */
	const char *name;      /* device of the answer, "-" */
};

/* One row of the tables that a reader of the trace needs: functions, drop reasons, devices. */
struct trace_table_row {
	uint8_t kind; /* 0 function, 1 drop reason, 2 device */
	uint32_t id;
	uint64_t addr;	  /* function: its address */
	const char *name; /* function, reason, device */
	const char *text; /* function: file; reason: sentence; device: driver */
	const char *module;
};

/**
 * struct trace_sink - who listens
 * @event:	inside the vCPU, at the happening; must not block nor enter the stack. @fields is the struct of @ev's row
 * @batch:	drainer: slots of one CPU in order; whole records
 * @functions:	drainer or control thread: say the table of functions, reasons and devices anew
 * @wants:	bit an event that a session wants now, TRACE_WANTS_BATCH, and TRACE_WANTS_TABLES: say the tables once, before any batch. Asked
 *		before each batch and every 100 ms, by one thread at a time
 */
struct trace_sink {
	void (*event)(enum trace_event ev, const void *fields);
	void (*batch)(unsigned cpu, const struct gn_trace_rec *rec, unsigned n);
	void (*functions)(const struct trace_table_row *row, unsigned n);
	uint64_t (*wants)(void);
};
#define TRACE_WANTS_BATCH (1ull << 63)
#define TRACE_WANTS_TABLES (1ull << 62)

#endif
