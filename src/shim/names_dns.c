/* SPDX-License-Identifier: MIT */
/*
 * names_dns.c - the DNS, asked by UDP sockets of the stack
 *
 * Theory of operation
 *   libc reads /etc/resolv.conf and makes the question (neither asks anybody); servers, domains to search in, tries and times are those
 *   that its own resolver would use, in the same order. Each try has a socket of its own, connected to the server: its port is random,
 *   answers of others do not reach it, and a server that is not there is an error at once. Question numbers are random. What comes is
 *   taken only when it answers the question (dns_answers()).
 *   There is no TCP. An answer that was cut short is asked for again with the offer of more room (EDNS, 4096 bytes); what is still cut
 *   short then is used as it is, and nothing in it is "try again".
 *   Called by: names.c. Calls: ops.c, names_answer.c. Owns: nothing.
 * Threads: any.
 */
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "client/raw.h"
#include "shim/names.h"
#include "shim/shim.h"

#define OFFER_OF_LIBC 1200 /* with `options edns0` */
#define OPT_SIZE 11

#define DNS_QUERY_MAX (512 + 16) /* with the record that offers a longer answer */
#define DNS_OFFER 4096
#define DNS_ANSWER_MAX 65536

/* One question and what came of it. */
struct dns_msg {
	unsigned char query[DNS_QUERY_MAX];
	int query_len;
	int type;
	unsigned char *answer; /* DNS_ANSWER_MAX bytes of malloc, perhaps others afterwards */
	int len;      /* of the answer that counts; 0: none came */
	int code;     /* a server's word that it has none, when no better came */
	bool offered; /* the question offers room for more than 512 bytes */
};

/* A resolver's state and the question or two that are asked at a time. */
struct asker {
	struct __res_state conf;
	struct dns_msg m[2];
	unsigned n, asked;
	bool refused; /* no server is there at all */
	bool servfail;
};

static int search(struct asker *a, const char *name, struct names *ret);
static int dns_exchange(struct __res_state *conf, struct dns_msg *m, unsigned n);
static int ask_server(const struct sockaddr_in *server, struct dns_msg *m, unsigned n, int64_t ns);

/* --- questions --- */

static unsigned dice(void)
{
	uint16_t v;

	if (raw3(SYS_getrandom, shim_ptr(&v), sizeof(v), 0) != sizeof(v))
		v = (uint16_t)raw3(SYS_gettid, 0, 0, 0);
	return v;
}

static void new_number(struct dns_msg *m)
{
	unsigned v = dice();

	m->query[0] = (unsigned char)(v >> 8);
	m->query[1] = (unsigned char)v;
}

/* Offer room for longer answers: one more record behind the question. */
static void offer(struct dns_msg *m, unsigned room)
{
	unsigned char *s = m->query + m->query_len;

	memset(s, 0, OPT_SIZE);
	s[2] = ns_t_opt;
	s[3] = (unsigned char)(room >> 8);
	s[4] = (unsigned char)room;
	m->query_len += OPT_SIZE;
	m->query[11] = 1; /* additional records */
	m->offered = true;
}

static bool asker_init(struct asker *a, unsigned n)
{
	memset(a, 0, sizeof(*a));
	if (res_ninit(&a->conf))
		return false;
	a->n = a->asked = n;
	for (unsigned i = 0; i < n; i++) {
		a->m[i].answer = malloc(DNS_ANSWER_MAX);
		if (!a->m[i].answer)
			return false;
	}
	return true;
}

static void asker_fini(struct asker *a)
{
	for (unsigned i = 0; i < a->n; i++)
		free(a->m[i].answer);
	res_nclose(&a->conf);
}

int names_dns_by_name(const char *name, int family, struct names *ret)
{
	struct asker a;
	int code = NETDB_INTERNAL;

	if (asker_init(&a, family == AF_UNSPEC ? 2 : 1)) {
		a.m[0].type = family == AF_INET6 ? ns_t_aaaa : ns_t_a;
		a.m[1].type = ns_t_aaaa;
#ifdef RES_NOAAAA
		if (a.conf.options & RES_NOAAAA && family != AF_INET)
			a.asked--;
#endif
		code = a.asked ? search(&a, name, ret) : NO_DATA;
	}
	asker_fini(&a);
	return code;
}

/* The questions about one whole name. */
static int query(struct asker *a, const char *name, struct names *ret)
{
	static const int worst[] = { HOST_NOT_FOUND, NO_DATA, NO_RECOVERY, TRY_AGAIN };
	unsigned best = 0;
	bool found = false;
	int error;

	for (unsigned i = 0; i < a->asked; i++) {
		struct dns_msg *m = &a->m[i];

		m->len = m->code = 0;
		m->offered = false;
		m->query_len = res_nmkquery(&a->conf, ns_o_query, name, ns_c_in, m->type, NULL, 0, NULL, m->query, NS_PACKETSZ);
		if (m->query_len < 0)
			return NO_RECOVERY;
		new_number(m);
		if (a->conf.options & RES_USE_EDNS0)
			offer(m, OFFER_OF_LIBC);
	}
	error = dns_exchange(&a->conf, a->m, a->asked);
	a->refused = error == -ECONNREFUSED;
	a->servfail = false;
	for (unsigned i = 0; i < a->asked; i++) {
		const struct dns_msg *m = &a->m[i];
		int code = m->len ? dns_read(m->answer, (size_t)m->len, m->type, ret) : TRY_AGAIN;

		a->servfail |= m->code == ns_r_servfail;
		found |= code == NETDB_SUCCESS;
		for (unsigned k = 0; k < sizeof(worst) / sizeof(worst[0]); k++)
			if (worst[k] == code && k > best)
				best = k;
	}
	return found ? NETDB_SUCCESS : worst[best];
}

/* --- whole names and domains to search in --- */

static int query_in(struct asker *a, const char *name, const char *domain, struct names *ret)
{
	char whole[NS_MAXDNAME + 2];
	int n;

	if (!*domain || !strcmp(domain, "."))
		return query(a, name, ret);
	n = snprintf(whole, sizeof(whole), "%s.%s", name, domain);
	return n < NS_MAXDNAME ? query(a, whole, ret) : NO_RECOVERY;
}

/* What the domains answered; @ret_done: no other is worth asking */
static int search_domains(struct asker *a, const char *name, bool *ret_done, bool *ret_root, struct names *ret)
{
	bool no_data = false, servfail = false;

	for (char **domain = a->conf.dnsrch; *domain && !*ret_done; domain++) {
		int code = query_in(a, name, *domain, ret);

		*ret_root |= !**domain || !strcmp(*domain, ".");
		if (code == NETDB_SUCCESS)
			return code;
		no_data |= code == NO_DATA;
		servfail |= code == TRY_AGAIN && a->servfail;
		if (code == NO_RECOVERY || (code == TRY_AGAIN && (a->refused || !a->servfail))) {
			*ret_done = true;
			if (a->refused)
				return code;
		}
		if (!(a->conf.options & RES_DNSRCH))
			break;
	}
	return no_data ? NO_DATA : servfail ? TRY_AGAIN : *ret_done ? TRY_AGAIN : HOST_NOT_FOUND;
}

static int search(struct asker *a, const char *name, struct names *ret)
{
	unsigned dots = 0;
	size_t len = strlen(name);
	bool dot_last = len && name[len - 1] == '.', root = false, done = false;
	int whole = -1, code = HOST_NOT_FOUND;

	for (const char *s = name; *s; s++)
		dots += *s == '.';
	if (dots >= a->conf.ndots || dot_last) {
		whole = query_in(a, name, "", ret);
		if (whole == NETDB_SUCCESS || dot_last || a->refused)
			return whole;
		root = true;
	}
	if (a->conf.options & (dots ? RES_DNSRCH : RES_DEFNAMES)) {
		code = search_domains(a, name, &done, &root, ret);
		if (code == NETDB_SUCCESS || a->refused)
			return code;
	}
	if (!root && !done && (dots || !(a->conf.options & RES_NOTLDQUERY))) {
		whole = query_in(a, name, "", ret);
		if (whole == NETDB_SUCCESS)
			return whole;
	}
	return whole >= 0 ? whole : code;
}

/* --- addresses --- */

int names_dns_by_addr(int family, const void *addr, struct names *ret)
{
	const unsigned char *b = addr;
	char name[80], *s = name;
	struct asker a;
	int code = NETDB_INTERNAL;

	if (family == AF_INET)
		sprintf(name, "%u.%u.%u.%u.in-addr.arpa", b[3], b[2], b[1], b[0]);
	for (int i = 15; i >= 0 && family == AF_INET6; i--)
		s += sprintf(s, "%x.%x.%s", b[i] & 15u, b[i] >> 4, i ? "" : "ip6.arpa");
	if (asker_init(&a, 1)) {
		a.m[0].type = ns_t_ptr;
		code = query(&a, name, ret);
	}
	asker_fini(&a);
	return code;
}

/* --- servers --- */

static int64_t now_ns(void)
{
	struct timespec ts;

	raw3(SYS_clock_gettime, CLOCK_MONOTONIC, shim_ptr(&ts), 0);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* A server that comes later waits longer, but all of them together not much. */
static int64_t patience_ns(const struct __res_state *conf, int k)
{
	int64_t s = (int64_t)conf->retrans << k;

	if (k)
		s /= conf->nscount;
	return (s > 0 ? s : 1) * 1000000000LL;
}

/* Send each question, wait for the answers: 0 or -errno of what kept the last one away. */
static int dns_exchange(struct __res_state *conf, struct dns_msg *m, unsigned n)
{
	int servers = conf->nscount, error = -ECONNREFUSED, ret;
	unsigned first = conf->options & RES_ROTATE && servers > 0 ? dice() : 0;

	for (int try = 0; try < conf->retry; try++) {
		for (int k = 0; k < servers; k++) {
			const struct sockaddr_in *server = &conf->nsaddr_list[(first + (unsigned)k) % (unsigned)servers];

			if (server->sin_family != AF_INET) /* of IPv6: out of reach */
				continue;
			ret = ask_server(server, m, n, patience_ns(conf, k));
			if (!ret)
				return 0;
			if (ret == -ETIMEDOUT)
				error = ret;
		}
	}
	return error;
}

/* Take what came as the answer to one of the questions: its place, or -1. @ret_again: it is worth asking for more of it */
static int settle(struct dns_msg *m, unsigned n, unsigned char **buf, size_t len, bool *ret_again)
{
	*ret_again = false;
	for (unsigned i = 0; i < n; i++) {
		unsigned char *answer = m[i].answer;
		unsigned code;

		if (m[i].len || !dns_answers(*buf, len, m[i].query, (size_t)m[i].query_len))
			continue;
		code = (*buf)[3] & 15;
		if (code == ns_r_servfail || code == ns_r_notimpl || code == ns_r_refused) {
			m[i].code = (int)code;
			return (int)i;
		}
		*ret_again = (*buf)[2] & 2 && !m[i].offered;
		if (*ret_again)
			return (int)i;
		m[i].len = (int)len;
		m[i].answer = *buf;
		*buf = answer;
		return (int)i;
	}
	return -1;
}

static long send_one(int fd, const struct dns_msg *m)
{
	return shim_run(OP_sendto, (long[6]){ fd, shim_ptr(m->query), m->query_len, MSG_NOSIGNAL, 0, 0 });
}

static int wait_for(int fd, int64_t end)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t left = end - now_ns();
	struct timespec ts = { left / 1000000000LL, left % 1000000000LL };
	long ret = left > 0 ? raw6(SYS_ppoll, shim_ptr(&p), 1, shim_ptr(&ts), 0, 0, 0) : 0;

	return ret == -EINTR || ret > 0 ? 0 : ret ? (int)ret : -ETIMEDOUT;
}

/* The questions that have no answer yet, sent and waited for until @end: 0 when none is left */
static int talk(int fd, struct dns_msg *m, unsigned n, unsigned char **buf, int64_t end)
{
	unsigned waiting = 0;
	long ret = 0;

	for (unsigned i = 0; i < n && ret >= 0; i++) {
		m[i].code = 0;
		if (!m[i].len) {
			ret = send_one(fd, &m[i]);
			waiting |= 1u << i;
		}
	}
	while (waiting && ret >= 0) {
		bool again;
		int i;

		ret = wait_for(fd, end);
		if (ret)
			break;
		ret = shim_run(OP_recvfrom, (long[6]){ fd, shim_ptr(*buf), DNS_ANSWER_MAX, MSG_DONTWAIT, 0, 0 });
		if (ret == -EAGAIN || ret == -EINTR) {
			ret = 0;
			continue;
		}
		i = ret < 0 ? -1 : settle(m, n, buf, (size_t)ret, &again);
		if (i >= 0 && again) {
			offer(&m[i], DNS_OFFER);
			new_number(&m[i]);
			ret = send_one(fd, &m[i]);
		} else if (i >= 0) {
			waiting &= ~(1u << i);
		}
	}
	if (ret < 0)
		return (int)ret;
	/* one answer of two will do; a server that has none at all leaves it to the others */
	for (unsigned i = 0; i < n; i++)
		if (m[i].len)
			return 0;
	return -ETIMEDOUT;
}

static int ask_server(const struct sockaddr_in *server, struct dns_msg *m, unsigned n, int64_t ns)
{
	unsigned char *buf = malloc(DNS_ANSWER_MAX);
	int64_t end = now_ns() + ns;
	long fd, ret;

	if (!buf)
		return -ENOMEM;
	fd = shim_run(OP_socket, (long[6]){ AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP });
	ret = fd < 0 ? fd : shim_run(OP_connect, (long[6]){ fd, shim_ptr(server), sizeof(*server) });
	if (ret >= 0)
		ret = talk((int)fd, m, n, &buf, end);
	if (fd >= 0)
		raw3(SYS_close, fd, 0, 0);
	free(buf);
	return (int)ret;
}
