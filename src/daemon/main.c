/* SPDX-License-Identifier: MIT */
/*
 * main.c - glassnetd: from the command line to "ready", and back to nothing
 *
 * Theory of operation
 *   Boot: arguments; namespace (--rootless); background (--daemonize); the helper that may open devices; control socket; privileges dropped; net;
 *   vCPU threads; devices with their addresses; configuration file; --set; servers; ready. Anything that fails on the way says why and
 *   leaves nothing behind. The main thread then is the RTNL: it serves control, frees garbage after grace periods, and touches no packet.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "drivers/driver.h"
#include "ipv4/fib.h"
#include "stack.h"
#include "trace/fgraph.h"

static int boot(struct daemon *d, struct extack *err);
static void shut_down(struct daemon *d);

static void signal_cb(struct ev_loop *loop, ev_signal *w, int revents)
{
	(void)w;
	(void)revents;
	ev_break(loop, EVBREAK_ALL);
}

static void garbage_cb(struct ev_loop *loop, ev_async *w, int revents)
{
	struct daemon *d = w->data;

	(void)loop;
	(void)revents;
	rcu_barrier(&d->net->m);
}

/* --- background --- */

/* The parent waits until the child is ready, and ends with its status. */
static int daemonize(struct extack *err)
{
	int pipefd[2];
	char status = 1;
	pid_t pid;

	if (pipe(pipefd) || (pid = fork()) < 0) {
		extack_set(err, "--daemonize: %s", strerror(errno));
		return -1;
	}
	if (pid) {
		close(pipefd[1]);
		if (read(pipefd[0], &status, 1) != 1)
			status = 1;
		_exit(status);
	}
	close(pipefd[0]);
	setsid();
	return pipefd[1];
}

static void daemonize_done(int fd)
{
	char ok = 0;

	if (fd < 0)
		return;
	if (freopen("/dev/null", "r", stdin) && freopen("/dev/null", "w", stdout) && freopen("/dev/null", "w", stderr) && write(fd, &ok, 1) == 1)
		close(fd);
}

/* --- where the control socket lies --- */

static int socket_path(struct daemon *d, struct extack *err)
{
	const char *env = getenv("GLASSNET_SOCKET"), *runtime = getenv("XDG_RUNTIME_DIR");
	char dir[80];
	int n;

	if (d->opt.socket || env) {
		n = snprintf(d->socket_path, sizeof(d->socket_path), "%s", d->opt.socket ? d->opt.socket : env);
	} else {
		if (!geteuid() && !d->opt.rootless)
			snprintf(dir, sizeof(dir), "/run/glassnet");
		else if (runtime && strlen(runtime) < sizeof(dir) - 16)
			snprintf(dir, sizeof(dir), "%s/glassnet", runtime);
		else
			snprintf(dir, sizeof(dir), "/tmp/glassnet-%u", (unsigned)geteuid());
		if (mkdir(dir, 0755) && errno != EEXIST) {
			extack_set(err, "%s: %s", dir, strerror(errno));
			return -errno;
		}
		n = snprintf(d->socket_path, sizeof(d->socket_path), "%s/%s.sock", dir, d->opt.name);
	}
	if (n >= (int)sizeof(d->socket_path)) {
		extack_set(err, "socket path longer than %zu", sizeof(d->socket_path) - 1);
		return -ENAMETOOLONG;
	}
	return 0;
}

/* --- boot --- */

static int make_net(struct daemon *d, struct extack *err)
{
	struct machine_config mc = { .host = &daemon_host_ops, .host_ctx = d, .nr_cpus = d->opt.cpus, .hz = d->opt.hz, .log = &d->log };

	if (getrandom(mc.seed, sizeof(mc.seed), 0) != sizeof(mc.seed)) {
		extack_set(err, "getrandom: %s", strerror(errno));
		return -errno;
	}
	d->net = net_create(&mc, err);
	if (!d->net)
		return -ENOMEM;
	d->net->abi = d->opt.abi;
	return 0;
}

static int parse_addr(const char *cidr, __be32 *addr, unsigned *plen)
{
	char buf[INET_ADDRSTRLEN];
	const char *slash = strchr(cidr, '/');

	memcpy(buf, cidr, (size_t)(slash - cidr));
	buf[slash - cidr] = 0;
	*plen = (unsigned)atoi(slash + 1);
	return inet_pton(AF_INET, buf, addr) == 1 ? 0 : -EINVAL;
}

static int make_device(struct daemon *d, const struct device_opt *o, struct extack *err)
{
	struct nif_options opts = { .has_mac = o->has_mac, .mtu = (unsigned)o->mtu, .queues = o->queues };
	struct extack why = { "" };
	struct net_device *dev;
	char owner[IFNAMSIZ];
	__be32 addr;
	unsigned plen;
	int ret;

	memcpy(opts.mac, o->mac, ETH_ALEN);
	ret = drivers_probe(d->net, o->spec, &opts, &dev, &why);
	for (int i = 0; !ret && i < o->n_addr; i++) {
		ret = parse_addr(o->addr[i], &addr, &plen);
		if (!ret && !strncmp(o->spec, "packet:", 7) && hostcfg_owns(addr, owner))
			pr_warn(&d->log, "%s: %s is also an address of the host's %s: both answer", o->spec, o->addr[i], owner);
		if (!ret)
			ret = inet_addr_add(dev, addr, plen, 0, RT_SCOPE_UNIVERSE, NULL, &why);
	}
	if (!ret)
		ret = dev_change_flags(dev, dev->flags | IFF_UP, &why);
	if (!ret && o->gateway) {
		struct fib_config cfg = { .fc_table = RT_TABLE_MAIN, .fc_type = RTN_UNICAST, .fc_protocol = RTPROT_BOOT,
					  .fc_scope = RT_SCOPE_UNIVERSE, .fc_oif = dev->ifindex, .fc_nlflags = NLM_F_CREATE | NLM_F_EXCL };

		inet_pton(AF_INET, o->gateway, &cfg.fc_gw);
		ret = fib_route_add(d->net, &cfg, &why);
	}
	if (ret)
		extack_set(err, "%s: %s", o->spec, why.msg[0] ? why.msg : strerror(-ret));
	return ret;
}

static int boot(struct daemon *d, struct extack *err)
{
	int ret;

	d->priv = priv_start(&d->opt, d->socket_path, err);
	if (!d->priv)
		return -EAGAIN;
	d->loop = ev_default_loop(EVFLAG_NOENV);
	if (!d->loop) {
		extack_set(err, "no event loop");
		return -ENOMEM;
	}
	d->ctl = ctl_start(d, err);
	if (!d->ctl)
		return -EADDRINUSE;
	ret = app_listen(d, err);
	if (ret)
		return ret;
	(void)fgraph_init(NULL); /* opens what needs our rights; who wants to trace is told when it failed */
	ret = priv_drop(&d->opt, d->socket_path, err);
	if (ret)
		return ret;
	ev_signal_init(&d->sigint, signal_cb, SIGINT);
	ev_signal_init(&d->sigterm, signal_cb, SIGTERM);
	ev_signal_start(d->loop, &d->sigint);
	ev_signal_start(d->loop, &d->sigterm);
	signal(SIGPIPE, SIG_IGN);
	ev_async_init(&d->garbage, garbage_cb);
	d->garbage.data = d;
	ev_async_start(d->loop, &d->garbage);
	ret = make_net(d, err);
	if (!ret)
		ret = vcpu_threads_start(d, err);
	for (int i = 0; !ret && i < d->opt.n_dev; i++)
		ret = make_device(d, &d->opt.dev[i], err);
	if (!ret && d->opt.config)
		ret = conf_load(d, d->opt.config, err);
	for (int i = 0; !ret && i < d->opt.n_set; i++) {
		struct extack why = { "" };

		ret = conf_line(d, d->opt.set[i], &why);
		if (ret)
			extack_set(err, "--set %s: %s", d->opt.set[i], why.msg);
	}
	if (!ret && d->opt.lttng)
		ret = lttng_load(d, err);
	if (!ret)
		ret = apps_start(d, err);
	return ret ? ret : app_start(d, err);
}

static void shut_down(struct daemon *d)
{
	if (d->net) {
		apps_stop(d);
		app_stop(d);
		ctl_stop(d->ctl);
		trace_thread_stop(d);
		vcpu_threads_stop(d);
		net_destroy(d->net);
		vcpu_threads_free(d);
	} else {
		app_stop(d);
		ctl_stop(d->ctl);
	}
	priv_stop(d->priv);
}

static void say_ready(struct daemon *d)
{
	struct net_device *dev;

	for_each_netdev(d->net, dev) {
		if (!dev->ip_ptr || (dev->flags & IFF_LOOPBACK))
			continue;
		for_ifa_rcu(dev->ip_ptr, ifa) {
			char a[INET_ADDRSTRLEN];

			inet_ntop(AF_INET, &ifa->ifa_local, a, sizeof(a));
			printf("glassnetd: %s has %s/%u\n", dev->name, a, ifa->ifa_prefixlen);
		}
	}
	printf("glassnetd: ready, control socket %s\n", d->socket_path);
	fflush(stdout);
	notify_systemd("READY=1\nSTATUS=serving\n");
}

int main(int argc, char **argv)
{
	static struct daemon d;
	struct extack err = { "" };
	int bg = -1, ret;

	options_parse(&d.opt, argc, argv);
	log_setup(&d);
	ret = socket_path(&d, &err);
	if (!ret && d.opt.daemonize)
		ret = (bg = daemonize(&err)) < 0 ? bg : 0;
	if (!ret && d.opt.rootless)
		ret = priv_rootless(&err);
	if (!ret)
		ret = boot(&d, &err);
	if (ret) {
		fprintf(stderr, "glassnetd: %s\n", err.msg[0] ? err.msg : strerror(-ret));
		shut_down(&d);
		return 1;
	}
	say_ready(&d);
	daemonize_done(bg);
	ev_run(d.loop, 0);
	notify_systemd("STOPPING=1\n");
	shut_down(&d);
	return 0;
}
