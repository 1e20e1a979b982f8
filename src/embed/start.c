/* SPDX-License-Identifier: MIT */
/*
 * start.c - the stack of this process: made by the first call that needs it
 *
 * Theory of operation
 *   GLASSNET_EMBEDDED has the specification: a device as of `glassnetd --device', then what its options say, with commas between:
 *	tap:gn0,addr=10.0.0.2/24,gateway=10.0.0.1,mtu=1500,mac=02:00:00:00:00:02,set=net.ipv4.ip_forward=1
 *   Nothing happens before a program uses the network, so a shell or `env' in front of it has no stack. A TAP device serves one process at a
 *   time: a second one that tries gets EBUSY, and has no stack then. Each attempt is made once a process.
 *   When the program ends it waits for a second at most for what is still to be sent.
 *   All that belongs to the stack lies behind one pointer, in memory that is empty after a fork.
 * Owns: struct embed. Threads: any; one makes the stack, others wait for it.
 */
#include "embed/embed.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "core/stats.h"
#include "drivers/driver.h"
#include "ipv4/fib.h"
#include "ipv4/inetdevice.h"
#include "fs/sysctl.h"
#include "stack.h"

#define LINGER_NS 1000000000 /* ARP has asked once by then, and what does not answer is not there */
#define LINGER_LOOKS 500

struct spec {
	char *device;
	struct nif_options opts;
	char *words[32]; /* the options, KEY=VALUE */
	unsigned n;
};

static struct embed *the;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void start(void);
static struct embed *make(char *text, struct extack *err);
static int spec_parse(char *text, struct spec *s, struct extack *err);
static int configure(struct embed *e, struct spec *s, struct extack *err);

struct embed *embed_get(void)
{
	struct embed *e = __atomic_load_n(&the, __ATOMIC_ACQUIRE);

	if (unlikely(!e)) {
		pthread_once(&once, start);
		e = __atomic_load_n(&the, __ATOMIC_ACQUIRE);
	}
	return e->alive ? e : NULL;
}

struct embed *embed_peek(void)
{
	struct embed *e = __atomic_load_n(&the, __ATOMIC_ACQUIRE);

	return e && e->alive ? e : NULL;
}

/* Signals are blocked: our thread takes none of the program's. */
static void start(void)
{
	static struct embed none;
	const char *env = getenv("GLASSNET_EMBEDDED");
	struct extack err = { "" };
	char *text = env ? strdup(env) : NULL;
	struct embed *e = NULL;
	sigset_t all, saved;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &saved);
	if (text)
		e = make(text, &err);
	if (env && !e)
		dprintf(STDERR_FILENO, "glassnet: %s: %s\n", env, err.msg);
	pthread_sigmask(SIG_SETMASK, &saved, NULL);
	free(text);
	__atomic_store_n(&the, e ?: &none, __ATOMIC_RELEASE);
}

static struct embed *make(char *text, struct extack *err)
{
	struct machine_config cfg = { .host = &embed_host_ops, .nr_cpus = 1 };
	struct embed *e = mmap(NULL, sizeof(*e), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct spec s;
	int ret;

	if (e == MAP_FAILED || madvise(e, sizeof(*e), MADV_WIPEONFORK) || getrandom(cfg.seed, sizeof(cfg.seed), 0) != sizeof(cfg.seed)) {
		extack_set(err, "%s", strerror(errno));
		return NULL;
	}
	INIT_LIST_HEAD(&e->promised);
	e->host.due = UINT64_MAX;
	e->fds_age = e->flags_age = 1;
	cfg.host_ctx = e;
	pthread_mutex_init(&e->control, NULL);
	ret = spec_parse(text, &s, err) ?: host_init(e);
	if (!ret) {
		e->net = net_create(&cfg, err);
		ret = e->net ? 0 : -ENOMEM;
	}
	if (!ret) {
		e->v = e->net->m.cpu[0];
		ret = configure(e, &s, err) ?: host_start(e);
		if (!ret) {
			e->alive = true;
			return e;
		}
		net_destroy(e->net);
	}
	if (!err->msg[0])
		extack_set(err, "%s", strerror(-ret));
	host_end(e);
	munmap(e, sizeof(*e));
	return NULL;
}

/* --- the end --- */

static bool is_sending(struct embed *e)
{
	struct cpu_stats *sum = calloc(1, sizeof(*sum));
	bool sending = false;
	sigset_t saved;

	if (!sum || !control_begin(&saved)) {
		free(sum);
		return false;
	}
	stats_fold(e->net, sum);
	for (int c = 1; c < LEDGER_CLASS_MAX; c++)
		for (int q = 0; q < HELD_MAX; q++)
			sending |= (q == HELD_NEIGH || q == HELD_QDISC) && sum->held_in[c][q] != sum->held_out[c][q];
	control_end(e, &saved);
	free(sum);
	return sending;
}

/* The program ends: what waits for the address of a neighbour goes out, as from a kernel, which does not end with it. */
static __attribute__((destructor)) void finish(void)
{
	struct embed *e = embed_peek();
	const struct timespec pause = { .tv_nsec = LINGER_NS / LINGER_LOOKS };

	for (int i = 0; e && i < LINGER_LOOKS && is_sending(e); i++)
		raw6(SYS_nanosleep, (long)(uintptr_t)&pause, 0, 0, 0, 0, 0);
}

/* --- the specification --- */

static int parse_addr(const char *s, __be32 *addr, unsigned *plen)
{
	char buf[INET_ADDRSTRLEN], *end;
	const char *slash = strchr(s, '/');
	size_t n = slash ? (size_t)(slash - s) : 0;

	if (!slash || n >= sizeof(buf) || slash[1] < '0' || slash[1] > '9')
		return -EINVAL;
	memcpy(buf, s, n);
	buf[n] = 0;
	*plen = (unsigned)strtoul(slash + 1, &end, 10);
	return inet_pton(AF_INET, buf, addr) == 1 && !*end && *plen <= 32 ? 0 : -EINVAL;
}

static const char *value_of(const char *word, const char *key)
{
	size_t n = strlen(key);

	return !strncmp(word, key, n) && word[n] == '=' ? word + n + 1 : NULL;
}

static bool parse_mac(const char *s, unsigned char mac[ETH_ALEN])
{
	int n = 0;

	return sscanf(s, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", mac, mac + 1, mac + 2, mac + 3, mac + 4, mac + 5, &n) == 6 && !s[n] &&
	       !(mac[0] & 1);
}

static int spec_parse(char *text, struct spec *s, struct extack *err)
{
	const char *v;
	char *comma;

	*s = (struct spec){ .device = text };
	for (comma = strchr(text, ','); comma; comma = strchr(comma, ',')) {
		if (value_of(comma + 1, "out")) { /* the device's own */
			comma++;
			continue;
		}
		*comma++ = 0;
		if (s->n == ARRAY_SIZE(s->words)) {
			extack_set(err, "more than %zu options", ARRAY_SIZE(s->words));
			return -EINVAL;
		}
		s->words[s->n++] = comma;
	}
	for (unsigned i = 0; i < s->n; i++) {
		const char *w = s->words[i];
		char *end = NULL;

		v = value_of(w, "mtu");
		if (v) {
			s->opts.mtu = (unsigned)strtoul(v, &end, 10);
			if (!*v || *end || s->opts.mtu < 68 || s->opts.mtu > 65521)
				goto bad;
		} else if ((v = value_of(w, "mac"))) {
			s->opts.has_mac = parse_mac(v, s->opts.mac);
			if (!s->opts.has_mac)
				goto bad;
		} else if (!value_of(w, "addr") && !value_of(w, "gateway") && !value_of(w, "set")) {
			goto bad;
		}
	}
	return 0;
bad:
	extack_set(err, "an option is none of addr=CIDR, gateway=IP, mtu=68..65521, mac=MAC, set=KEY=VALUE");
	return -EINVAL;
}

static int set_one(struct embed *e, char *text, struct extack *err)
{
	char *value = strchr(text, '=');

	if (!value) {
		extack_set(err, "set=%s: KEY=VALUE is accepted", text);
		return -EINVAL;
	}
	*value++ = 0;
	return sysctl_write(&e->net->vfs, text, value, err);
}

static int gateway(struct embed *e, struct net_device *dev, const char *ip, struct extack *err)
{
	struct fib_config cfg = { .fc_table = RT_TABLE_MAIN, .fc_type = RTN_UNICAST, .fc_protocol = RTPROT_BOOT, .fc_scope = RT_SCOPE_UNIVERSE,
				  .fc_oif = dev->ifindex, .fc_nlflags = NLM_F_CREATE | NLM_F_EXCL };

	if (inet_pton(AF_INET, ip, &cfg.fc_gw) != 1) {
		extack_set(err, "gateway=%s: an IPv4 address is accepted", ip);
		return -EINVAL;
	}
	return fib_route_add(e->net, &cfg, err);
}

/* The device with its addresses, up; then what needs it up. */
static int configure(struct embed *e, struct spec *s, struct extack *err)
{
	struct net_device *dev = NULL;
	struct extack why = { "" };
	int ret = drivers_probe(e->net, s->device, &s->opts, &dev, err);
	const char *v;
	unsigned plen;
	__be32 addr;

	for (unsigned i = 0; !ret && i < s->n; i++) {
		v = value_of(s->words[i], "addr");
		if (!v)
			continue;
		ret = parse_addr(v, &addr, &plen);
		if (ret)
			extack_set(err, "addr=%s: ADDRESS/PREFIX is accepted, as 10.0.0.2/24", v);
		else
			ret = inet_addr_add(dev, addr, plen, 0, RT_SCOPE_UNIVERSE, NULL, err);
	}
	if (!ret)
		ret = dev_change_flags(dev, dev->flags | IFF_UP, &why);
	if (why.msg[0])
		extack_set(err, "%s: %s", why.msg, strerror(-ret));
	for (unsigned i = 0; !ret && i < s->n; i++) {
		v = value_of(s->words[i], "gateway");
		if (v)
			ret = gateway(e, dev, v, err);
		else if (value_of(s->words[i], "set"))
			ret = set_one(e, strchr(s->words[i], '=') + 1, err);
	}
	return ret;
}
