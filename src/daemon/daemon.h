/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H
/*
 * daemon.h - what the files of glassnetd share
 *
 * Theory of operation
 *   The main thread runs the default libev loop and is the RTNL: signals, control socket, garbage of RCU. Each vCPU has a thread with a loop of its own
 *   (vcpu_thread.c). A small process, forked before anything else, keeps the right to open the configured devices (priv.c).
 */
#include <ev.h>
#include <net/ethernet.h>
#include <pthread.h>
#include <stdbool.h>

#include "core/net.h"

#define MAX_DEVICES 16
#define MAX_ADDRS 16

struct device_opt { /* one --device and what follows it */
	const char *spec;
	const char *addr[MAX_ADDRS];
	int n_addr;
	const char *host_addr;
	const char *gateway;
	int mtu;
	bool has_mac;
	unsigned char mac[ETH_ALEN];
	unsigned queues;
};

struct options {
	const char *name;
	struct device_opt dev[MAX_DEVICES];
	int n_dev;
	unsigned cpus, hz;
	const char *config;
	const char *set[64];
	int n_set;
	int echo, discard; /* ports, 0: none */
	const char *user, *socket;
	bool rootless, daemonize, lttng;
	int log_level, abi;
};

struct trace_thread_ctx;
struct vcpu_thread;
struct ctl;
struct priv;
struct app;
struct chan;
struct apps;

struct daemon {
	struct options opt;
	struct net *net;
	struct ev_loop *loop; /* main thread */
	struct logger log;
	struct vcpu_thread *thread[VCPU_MAX];
	struct trace_thread_ctx *trace; /* NULL until something is traced */
	struct ctl *ctl;
	struct priv *priv;
	struct apps *apps;
	struct app *app;
	struct chan *chan; /* of app.c, once it answers */
	bool tracing;	   /* programs have been told that something is traced, */
	uint32_t sessions; /* so many times */
	ev_signal sigint, sigterm, sighup;
	ev_async garbage; /* a vCPU left something for the control thread */
	char socket_path[108];
	uint64_t started_ns;
};

/* options.c: parse the command line; prints and exits on --help, --version and wrong usage (status 2). */
void options_parse(struct options *o, int argc, char **argv);

/* log.c: lines to standard error, with time when it is a terminal; kmsg levels as <N> under systemd */
void log_setup(struct daemon *d);

/* vcpu_thread.c */
extern const struct host_ops daemon_host_ops; /* host_ctx: struct daemon */
int vcpu_threads_start(struct daemon *d, struct extack *err);
void vcpu_threads_stop(struct daemon *d); /* join; from here on vCPUs are turned by whoever calls */
struct ev_loop *vcpu_thread_loop(struct daemon *d, unsigned cpu); /* that thread only, or after it ended */
void vcpu_threads_free(struct daemon *d); /* after net_destroy(): devices unmask lines while they close */

/* trace_thread.c */
void trace_thread_poke(struct daemon *d); /* something may have been armed or disarmed */
void trace_thread_stop(struct daemon *d); /* before net_destroy() */

/* priv.c */
struct priv *priv_start(const struct options *o, const char *socket_path, struct extack *err); /* fork the helper */
int priv_dev_open(struct priv *p, const char *spec, unsigned queue);   /* descriptor or -errno */
/* Give up user and capabilities; the control socket goes to the new user. */
int priv_drop(const struct options *o, const char *socket_path, struct extack *err);
int priv_rootless(struct extack *err); /* own user and network namespace */
void priv_stop(struct priv *p);

/* hostcfg.c: the host's side of a TAP, by libnl: make it, up, with @cidr: 0 or -errno with text */
int hostcfg_tap(const char *ifname, const char *cidr, struct extack *err);
/* Is @addr one of the host's own, and of which interface? Needs no right. */
bool hostcfg_owns(__be32 addr, char ifname[IFNAMSIZ]);

/* ctl.c */
struct ctl *ctl_start(struct daemon *d, struct extack *err); /* bind d->socket_path and listen */
void ctl_stop(struct ctl *c);
/* Run one request as the daemon itself: 0 or -errno with the handler's text. @msg: struct nlmsghdr and what follows. */
int ctl_self(struct daemon *d, void *msg, size_t len, struct extack *err);

/* conf.c */
int conf_load(struct daemon *d, const char *path, struct extack *err);
int conf_line(struct daemon *d, const char *line, struct extack *err);
/* dump.c: the running configuration as lines into @m */
int dump_config(struct daemon *d, struct seq_file *m);

/* apps.c: the servers inside: --echo, --discard */
int apps_start(struct daemon *d, struct extack *err);
void apps_stop(struct daemon *d);

/* app.c: sockets of other processes; the path is bound while rights last, and answers from app_start() on */
int app_listen(struct daemon *d, struct extack *err);
int app_start(struct daemon *d, struct extack *err);
void app_stop(struct daemon *d); /* while the vCPUs' threads run */

/* lttng.c: attach LTTng to the tracer, once: 0 or -errno with text; and what its sessions want, as key=value lines */
int lttng_load(struct daemon *d, struct extack *err);
void lttng_state(struct daemon *d, struct seq_file *m);

/* notify.c: one datagram to $NOTIFY_SOCKET, if there is one */
void notify_systemd(const char *state);

#endif
