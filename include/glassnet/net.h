/* SPDX-License-Identifier: MIT */
#ifndef GLASSNET_NET_H
#define GLASSNET_NET_H
/*
 * <glassnet/net.h> - a network stack as an object
 *
 * A gn_net is a whole TCP/IP stack with the shape of Linux net/: devices, routes, sockets, counters, files. It owns no thread, no clock and no
 * descriptor: the program that made it turns its crank. Many may live in one process; they never meet.
 *
 * Threads. Configuration calls (marked RTNL) belong to one thread, the one that created the net or last called gn_net_claim(). A virtual
 * CPU is entered by one thread at a time; the calls below do that themselves. With one virtual CPU and one thread there is nothing to know.
 * Errors are negative errno values, as the Linux call of that name would give; text goes where an err buffer is given.
 * Addresses in struct sockaddr_in are in network byte order as everywhere; lengths are bytes; times are nanoseconds of CLOCK_MONOTONIC.
 * See libglassnet(3).
 */
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GN_API __attribute__((visibility("default")))
#define GN_VERSION_MAJOR 0
#define GN_VERSION_MINOR 1

struct gn_net;

/**
 * struct gn_host - what a net asks of the program around it
 * @size:	sizeof(struct gn_host), for later growth
 * @clock:	now, in ns of CLOCK_MONOTONIC or CLOCK_REALTIME (@clk). Required. It may be a variable: virtual time.
 * @kick:	any thread: virtual CPU @cpu has work; NULL when one thread does everything
 * @irq_mask, @irq_unmask: stop and resume raising interrupt @vector; a resumed level-triggered source is raised again while it is ready
 * @dev_open:	open queue @queue of device @spec ("tap:gn0"); a descriptor or -errno. NULL: no devices by spec.
 * @wait:	a blocking call found nothing: sleep until something may be ready or @deadline (UINT64_MAX: none), raise what is ready
 *		with gn_irq(). 0, or -EINTR to end the call. NULL: blocking calls answer -EAGAIN.
 */
struct gn_host {
	size_t size;
	uint64_t (*clock)(void *ctx, int clk);
	void (*kick)(void *ctx, unsigned cpu);
	void (*irq_mask)(void *ctx, unsigned vector);
	void (*irq_unmask)(void *ctx, unsigned vector);
	int (*dev_open)(void *ctx, const char *spec, unsigned queue);
	int (*wait)(void *ctx, uint64_t deadline);
};

/**
 * struct gn_config - how to make a net; zeroed members mean the default
 * @size:	sizeof(struct gn_config)
 * @host, @ctx:	the program's side; @host NULL: the ready-made poll(2) host of <glassnet/host.h>
 * @cpus:	virtual CPUs, 1..64 (1)
 * @hz:		jiffies per second, 100..1000 (250)
 * @seed:	dice of the net (hash keys, ids, ports); all zero with @deterministic false: from getrandom(2)
 * @deterministic: use @seed as it is, also when it is zero: same input, same clock, same output
 * @log:	a line of text of level @level (LOG_ERR .. LOG_DEBUG of <syslog.h>), without newline; NULL: silent
 * @log_level:	most verbose level that is passed on (LOG_WARNING)
 */
struct gn_config {
	size_t size;
	const struct gn_host *host;
	void *ctx;
	unsigned cpus;
	unsigned hz;
	uint64_t seed[4];
	int deterministic;
	void (*log)(void *ctx, int level, const char *line);
	int log_level;
};

/* Make a net with lo up as 127.0.0.1/8. NULL on failure, the reason in @err (may be NULL). @cfg NULL: all defaults. */
GN_API struct gn_net *gn_net_create(const struct gn_config *cfg, char *err, size_t errlen);
/* End it: closes what is left. Returns the number of objects that were still alive (leaks, named in the log); 0 is right. RTNL. */
GN_API unsigned long gn_net_destroy(struct gn_net *net);
/* The calling thread does the configuration from now on. */
GN_API void gn_net_claim(struct gn_net *net);

/* --- the crank --- */
/* Raise interrupt @vector. Any thread, also a signal handler. */
GN_API void gn_irq(struct gn_net *net, unsigned vector);
/* One turn of virtual CPU @cpu: interrupts, softirqs, timers. 0: more to do now; else the time of the next deadline (UINT64_MAX: none). */
GN_API uint64_t gn_run(struct gn_net *net, unsigned cpu);
/* Turn every virtual CPU until none has more to do now; the nearest deadline. One thread. */
GN_API uint64_t gn_run_all(struct gn_net *net);

/* --- configuration (RTNL), the same that glassnet link/addr/route/sysctl do --- */
GN_API int gn_link_up(struct gn_net *net, const char *dev, char *err, size_t errlen);
GN_API int gn_link_down(struct gn_net *net, const char *dev, char *err, size_t errlen);
GN_API int gn_link_mtu(struct gn_net *net, const char *dev, int mtu, char *err, size_t errlen);
GN_API int gn_addr_add(struct gn_net *net, const char *dev, const char *cidr, char *err, size_t errlen); /* "10.0.0.1/24" */
GN_API int gn_addr_del(struct gn_net *net, const char *dev, const char *cidr, char *err, size_t errlen);
/* @dst "default" or CIDR; @via NULL: on link; @dev NULL: from the gateway */
GN_API int gn_route_add(struct gn_net *net, const char *dst, const char *via, const char *dev, char *err, size_t errlen);
GN_API int gn_route_del(struct gn_net *net, const char *dst, const char *via, const char *dev, char *err, size_t errlen);
GN_API int gn_sysctl_set(struct gn_net *net, const char *key, const char *value, char *err, size_t errlen); /* "net.ipv4.ip_forward" */
GN_API int gn_sysctl_get(struct gn_net *net, const char *key, char *buf, size_t len); /* length of the text, or -ERANGE when @len is too small */
/* Files of the net at Linux's paths: "/proc/net/snmp". Read: whole text, 0-terminated; its length, or -ERANGE. */
GN_API int gn_file_read(struct gn_net *net, const char *path, char *buf, size_t len);
GN_API int gn_file_write(struct gn_net *net, const char *path, const char *text, char *err, size_t errlen);

/* --- the loss ledger --- */
/**
 * struct gn_ledger - the books of one class of packets
 * entered = delivered + consumed + forwarded + sent + merged + dropped + held, exactly, while no virtual CPU runs
 */
struct gn_ledger {
	uint64_t entered, delivered, consumed, forwarded, sent, merged, dropped, held;
};
enum gn_ledger_class { GN_LEDGER_FRAMES = 1, GN_LEDGER_COPIES, GN_LEDGER_LOCAL };
GN_API int gn_ledger_get(struct gn_net *net, enum gn_ledger_class which, struct gn_ledger *out); /* RTNL */

/* --- netfilter hooks --- */
enum gn_hook { GN_PRE_ROUTING, GN_LOCAL_IN, GN_FORWARD, GN_LOCAL_OUT, GN_POST_ROUTING };
enum gn_verdict { GN_DROP = 0, GN_ACCEPT = 1 };
/* @packet: IP header and what follows, read only, valid during the call; runs inside a virtual CPU, must not block */
typedef enum gn_verdict (*gn_hook_fn)(void *ctx, enum gn_hook hook, const void *packet, size_t len);
struct gn_hook_handle;
GN_API struct gn_hook_handle *gn_hook_register(struct gn_net *net, enum gn_hook hook, int priority, gn_hook_fn fn, void *ctx); /* RTNL */
GN_API void gn_hook_unregister(struct gn_hook_handle *h); /* RTNL; afterwards fn is not called any more */

#ifdef __cplusplus
}
#endif
#endif
