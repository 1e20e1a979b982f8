/* SPDX-License-Identifier: MIT */
/*
 * options.c - the command line of glassnetd (argp)
 *
 * Values are checked here where they can be: what is wrong is named with what is accepted, exit status 2, before anything is touched.
 */
#include <argp.h>
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "lib/log.h"

/* the C library looks for it: it must not be hidden like everything else */
__attribute__((visibility("default"))) const char *argp_program_version = "glassnetd " PACKAGE_VERSION;

enum { OPT_ADDR = 256, OPT_HOST_ADDR, OPT_GATEWAY, OPT_MTU, OPT_MAC, OPT_QUEUES, OPT_CPUS, OPT_HZ, OPT_SET, OPT_ECHO, OPT_DISCARD, OPT_USER,
       OPT_SOCKET, OPT_ROOTLESS, OPT_DAEMONIZE, OPT_LOG, OPT_ABI, OPT_LTTNG };

static const struct argp_option argp_options[] = {
	{ "name", 'n', "NAME", 0, "Name of this stack: of its default TAP device and control socket (gn0)", 1 },
	{ "config", 'c', "FILE", 0, "Lines as of `glassnet dump', applied before the daemon is ready", 1 },
	{ "set", OPT_SET, "KEY=VALUE", 0, "Set a sysctl, after the configuration file", 1 },
	{ 0, 0, 0, 0, "Devices (without one: tap:NAME, ours 10.99.0.2/24, the host's 10.99.0.1/24):", 2 },
	{ "device", 'd', "SPEC", 0, "tap:IFNAME, packet:IFNAME, pcap:FILE[,out=FILE], or null: ; the options below belong to the device before them", 2 },
	{ "addr", OPT_ADDR, "CIDR", 0, "An address of the device, as 10.0.0.2/24; may be repeated", 2 },
	{ "host-addr", OPT_HOST_ADDR, "CIDR", 0, "Set up the host's side of a TAP with this address", 2 },
	{ "gateway", OPT_GATEWAY, "IP", 0, "Default route through this address", 2 },
	{ "mtu", OPT_MTU, "N", 0, "Bytes of payload a frame (1500)", 2 },
	{ "mac", OPT_MAC, "MAC", 0, "Our link-layer address (random, locally administered)", 2 },
	{ 0, 0, 0, 0, "Servers inside the daemon, for tests and measurements (UDP):", 3 },
	{ "echo", OPT_ECHO, "PORT", 0, "Send every datagram back", 3 },
	{ "discard", OPT_DISCARD, "PORT", 0, "Take every datagram and forget it", 3 },
	{ 0, 0, 0, 0, "The process:", 4 },
	{ "cpus", OPT_CPUS, "N", 0, "Virtual CPUs, a thread each, 1..64 (1)", 4 },
	{ "hz", OPT_HZ, "N", 0, "Jiffies a second, 100..1000 (250)", 4 },
	{ "abi", OPT_ABI, "3.13", 0, "Files under /proc/net in the layout of Linux 3.13", 4 },
	{ "socket", OPT_SOCKET, "PATH", 0, "Control socket (/run/glassnet/NAME.sock, or under $XDG_RUNTIME_DIR)", 4 },
	{ "user", OPT_USER, "USER", 0, "Become this user once the devices can be opened", 4 },
	{ "rootless", OPT_ROOTLESS, 0, 0, "Make an own user and network namespace and live in it", 4 },
	{ "daemonize", OPT_DAEMONIZE, 0, 0, "Go into the background once ready", 4 },
	{ "lttng", OPT_LTTNG, 0, 0, "Attach to LTTng at once, not when `glassnet trace record' asks for it", 4 },
	{ "log", OPT_LOG, "LEVEL", 0, "err, warning, notice, info (default) or debug", 4 },
	{ 0 },
};

static const char doc[] = "A TCP/IP stack in userspace with the shape of Linux net/, serving a TAP device.\v"
			  "Examples:\n"
			  "  glassnetd --echo 7\n"
			  "  glassnetd --device tap:gn0 --addr 10.0.0.2/24 --gateway 10.0.0.1 --set net.ipv4.ip_forward=1\n"
			  "Then: ping 10.99.0.2; glassnet cat /proc/net/snmp; glassnet drops\n"
			  "See glassnetd(8), glassnet(1), glassnet.conf(5).";

static struct device_opt *last_device(struct argp_state *state, const char *opt)
{
	struct options *o = state->input;

	if (!o->n_dev)
		argp_error(state, "--%s: name a --device before it", opt);
	return &o->dev[o->n_dev - 1];
}

static long number(struct argp_state *state, const char *opt, const char *arg, long min, long max)
{
	char *end;
	long v;

	errno = 0;
	v = strtol(arg, &end, 10);
	if (errno || end == arg || *end || v < min || v > max)
		argp_error(state, "--%s %s: a number from %ld to %ld is accepted", opt, arg, min, max);
	return v;
}

static void check_cidr(struct argp_state *state, const char *opt, const char *arg)
{
	char buf[64], *slash, *end;
	struct in_addr a;
	long plen = 32;

	if (strlen(arg) < sizeof(buf)) {
		strcpy(buf, arg);
		slash = strchr(buf, '/');
		if (slash) {
			*slash = 0;
			plen = strtol(slash + 1, &end, 10);
			if (end == slash + 1 || *end)
				plen = -1;
		}
		if (slash && inet_pton(AF_INET, buf, &a) == 1 && plen >= 0 && plen <= 32)
			return;
	}
	argp_error(state, "--%s %s: ADDRESS/PREFIX is accepted, as 10.0.0.2/24", opt, arg);
}

static void parse_mac(struct argp_state *state, struct device_opt *dev, const char *arg)
{
	unsigned b[6];
	int n = -1;

	if (sscanf(arg, "%2x:%2x:%2x:%2x:%2x:%2x%n", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5], &n) != 6 || n < 0 || arg[n] || (b[0] & 1) ||
	    !(b[0] | b[1] | b[2] | b[3] | b[4] | b[5])) {
		argp_error(state, "--mac %s: six hexadecimal bytes are accepted, not a group address, as 02:00:00:00:00:02", arg);
		return;
	}
	for (int i = 0; i < 6; i++)
		dev->mac[i] = (unsigned char)b[i];
	dev->has_mac = true;
}

static void add_device(struct argp_state *state, struct options *o, const char *spec)
{
	if (o->n_dev == MAX_DEVICES)
		argp_error(state, "more than %d devices", MAX_DEVICES);
	o->dev[o->n_dev++] = (struct device_opt){ .spec = spec, .queues = 1 };
}

static error_t parse_device(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;
	struct device_opt *dev;
	struct in_addr a;

	switch (key) {
	case 'd':
		add_device(state, o, arg);
		return 0;
	case OPT_ADDR:
		check_cidr(state, "addr", arg);
		dev = last_device(state, "addr");
		if (dev->n_addr == MAX_ADDRS)
			argp_error(state, "more than %d addresses of %s", MAX_ADDRS, dev->spec);
		dev->addr[dev->n_addr++] = arg;
		return 0;
	case OPT_HOST_ADDR:
		check_cidr(state, "host-addr", arg);
		dev = last_device(state, "host-addr");
		if (strncmp(dev->spec, "tap:", 4))
			argp_error(state, "--host-addr: %s is not a TAP device", dev->spec);
		dev->host_addr = arg;
		return 0;
	case OPT_GATEWAY:
		if (inet_pton(AF_INET, arg, &a) != 1)
			argp_error(state, "--gateway %s: an IPv4 address is accepted", arg);
		last_device(state, "gateway")->gateway = arg;
		return 0;
	case OPT_MTU:
		last_device(state, "mtu")->mtu = (int)number(state, "mtu", arg, 68, 65521);
		return 0;
	case OPT_MAC:
		parse_mac(state, last_device(state, "mac"), arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_process(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case OPT_CPUS:
		o->cpus = (unsigned)number(state, "cpus", arg, 1, VCPU_MAX);
		return 0;
	case OPT_HZ:
		o->hz = (unsigned)number(state, "hz", arg, 100, 1000);
		return 0;
	case OPT_ABI:
		if (strcmp(arg, "3.13"))
			argp_error(state, "--abi %s: 3.13 is accepted; without the option the layouts are today's", arg);
		o->abi = 313;
		return 0;
	case OPT_SOCKET:
		o->socket = arg;
		return 0;
	case OPT_USER:
		o->user = arg;
		return 0;
	case OPT_ROOTLESS:
		o->rootless = true;
		return 0;
	case OPT_DAEMONIZE:
		o->daemonize = true;
		return 0;
	case OPT_LTTNG:
		o->lttng = true;
		return 0;
	case OPT_LOG:
		o->log_level = log_level_parse(arg);
		if (o->log_level < 0)
			argp_error(state, "--log %s: emerg, alert, crit, err, warning, notice, info or debug is accepted", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_opt(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 'n':
		if (!dev_valid_name(arg) || strlen(arg) >= IFNAMSIZ)
			argp_error(state, "--name %s: 1 to 15 characters without / and spaces are accepted", arg);
		o->name = arg;
		return 0;
	case 'c':
		o->config = arg;
		return 0;
	case OPT_SET:
		if (!strchr(arg, '='))
			argp_error(state, "--set %s: KEY=VALUE is accepted, as net.ipv4.ip_forward=1", arg);
		if (o->n_set == 64)
			argp_error(state, "more than 64 --set: use a --config file");
		o->set[o->n_set++] = arg;
		return 0;
	case OPT_ECHO:
		o->echo = (int)number(state, "echo", arg, 1, 65535);
		return 0;
	case OPT_DISCARD:
		o->discard = (int)number(state, "discard", arg, 1, 65535);
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "\"%s\": no argument without an option is known here", arg);
		return EINVAL;
	default:
		key = parse_device(key, arg, state) == ARGP_ERR_UNKNOWN ? key : 0;
		return key ? parse_process(key, arg, state) : 0;
	}
}

void options_parse(struct options *o, int argc, char **argv)
{
	static const struct argp argp = { argp_options, parse_opt, NULL, doc, NULL, NULL, NULL };
	static char spec[64];

	argp_err_exit_status = 2;
	*o = (struct options){ .name = "gn0", .cpus = 1, .log_level = LOGLEVEL_INFO };
	argp_parse(&argp, argc, argv, 0, NULL, o);
	if (!o->n_dev) {
		snprintf(spec, sizeof(spec), "tap:%s", o->name);
		o->dev[0] = (struct device_opt){ .spec = spec, .addr = { "10.99.0.2/24" }, .n_addr = 1, .host_addr = "10.99.0.1/24", .queues = 1 };
		o->n_dev = 1;
	}
}
