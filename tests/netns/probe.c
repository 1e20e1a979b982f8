/* SPDX-License-Identifier: MIT */
/*
 * probe.c - what live.sh and trace.sh need and no common program does
 *
 *   probe echo ADDR PORT COUNT
 *	COUNT datagrams of 0..1472 bytes, one after the other; each must come back unchanged within 2 s
 *   probe flows ADDR PORT FLOWS COUNT
 *	COUNT datagrams, one from each of FLOWS ports (40000, 40001, ...) in turn; FLOWS are under way at a time, each must come back
 *   probe spoof SRC SPORT DST DPORT COUNT
 *	datagrams that say they come from SRC:SPORT (needs CAP_NET_RAW)
 *   probe read SOCKET PATH
 *	a file of the stack, by the control socket (glassnet/uapi/ctl.h)
 * Exit status 0: all of it; 1: the reason is on stderr. Called by live.sh and trace.sh.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <glassnet/uapi/ctl.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define PAYLOAD_MAX 1472
#define SPOOF_LEN 64

static int fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	return 1;
}

static int probe_echo(const struct sockaddr_in *to, int count)
{
	static unsigned char out[PAYLOAD_MAX], in[PAYLOAD_MAX + 1];
	struct timeval patience = { .tv_sec = 2 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) ||
	    connect(fd, (const struct sockaddr *)to, sizeof(*to)))
		return fail("socket");
	for (int i = 0; i < count; i++) {
		size_t len = (size_t)i * 37 % (PAYLOAD_MAX + 1);
		ssize_t n;

		for (size_t k = 0; k < len; k++)
			out[k] = (unsigned char)((size_t)i * 31 + k * 7);
		if (send(fd, out, len, 0) != (ssize_t)len)
			return fail("send");
		n = recv(fd, in, sizeof(in), 0);
		if (n < 0)
			return fail("recv");
		if ((size_t)n != len || memcmp(in, out, len)) {
			fprintf(stderr, "datagram %d of %zu bytes came back changed, %zd bytes\n",
				i, len, n);
			return 1;
		}
	}
	close(fd);
	return 0;
}

#define FLOW_PORT 40000
#define FLOWS_MAX 64

static int flow_socket(const struct sockaddr_in *to, int flow)
{
	struct sockaddr_in me = { .sin_family = AF_INET,
				  .sin_port = htons((unsigned short)(FLOW_PORT + flow)) };
	struct timeval patience = { .tv_sec = 2 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) ||
	    bind(fd, (const struct sockaddr *)&me, sizeof(me)) ||
	    connect(fd, (const struct sockaddr *)to, sizeof(*to)))
		return -1;
	return fd;
}

static int probe_flows(const struct sockaddr_in *to, int flows, int count)
{
	int fd[FLOWS_MAX], number;

	if (flows < 1 || flows > FLOWS_MAX)
		return fail("flows");
	for (int i = 0; i < flows; i++) {
		fd[i] = flow_socket(to, i);
		if (fd[i] < 0)
			return fail("socket");
	}
	for (int first = 0; first < count; first += flows) {
		int end = first + flows < count ? first + flows : count;

		for (int i = first; i < end; i++)
			if (send(fd[i - first], &i, sizeof(i), 0) != sizeof(i))
				return fail("send");
		for (int i = first; i < end; i++)
			if (recv(fd[i - first], &number, sizeof(number), 0) != sizeof(number) ||
			    number != i)
				return fail("recv");
	}
	return 0;
}

static int probe_spoof(const struct sockaddr_in *from, const struct sockaddr_in *to, int count)
{
	struct {
		struct iphdr ip;
		struct udphdr udp;
		unsigned char data[SPOOF_LEN];
	} p = { .ip = { .version = 4,
			.ihl = 5,
			.ttl = 64,
			.protocol = IPPROTO_UDP,
			.tot_len = htons(sizeof(p)),
			.saddr = from->sin_addr.s_addr,
			.daddr = to->sin_addr.s_addr },
		.udp = { .source = from->sin_port,
			 .dest = to->sin_port,
			 .len = htons(8 + SPOOF_LEN) } };
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);

	if (fd < 0)
		return fail("raw socket");
	for (int i = 0; i < count; i++)
		if (sendto(fd, &p, sizeof(p), 0, (const struct sockaddr *)to, sizeof(*to)) !=
		    sizeof(p))
			return fail("sendto");
	close(fd);
	return 0;
}

/* Print the text of one answer; 1: the last one, 0: more to come, -1: refused. */
static int print_answer(const char *buf, ssize_t len)
{
	const struct nlmsghdr *h;

	for (h = (const void *)buf; NLMSG_OK(h, len); h = NLMSG_NEXT(h, len)) {
		const char *p =
			(const char *)NLMSG_DATA(h) + NLMSG_ALIGN(sizeof(struct gn_ctl_hdr));
		const char *end = (const char *)h + h->nlmsg_len;

		if (h->nlmsg_type == NLMSG_DONE)
			return 1;
		if (h->nlmsg_type == NLMSG_ERROR) {
			fprintf(stderr, "refused: %s\n", strerror(-*(const int *)NLMSG_DATA(h)));
			return -1;
		}
		while (end - p >= NLA_HDRLEN) {
			const struct nlattr *a = (const void *)p;

			if (a->nla_len < NLA_HDRLEN || a->nla_len > end - p)
				return -1;
			if ((a->nla_type & NLA_TYPE_MASK) == GN_ATTR_DATA)
				fwrite(p + NLA_HDRLEN, 1, a->nla_len - NLA_HDRLEN, stdout);
			p += NLA_ALIGN(a->nla_len);
		}
	}
	return 0;
}

static int probe_read(const char *socket_path, const char *path)
{
	static char buf[GN_CTL_MAX];
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct {
		struct nlmsghdr h;
		struct gn_ctl_hdr g;
		struct nlattr a;
		char path[256];
	} q = { .h = { .nlmsg_type = GN_CTL_READ, .nlmsg_flags = NLM_F_REQUEST, .nlmsg_seq = 1 },
		.g = { .version = GN_CTL_VERSION },
		.a = { .nla_type = GN_ATTR_PATH } };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0), last = 0;
	ssize_t n;

	snprintf(un.sun_path, sizeof(un.sun_path), "%s", socket_path);
	snprintf(q.path, sizeof(q.path), "%s", path);
	q.a.nla_len = (unsigned short)(NLA_HDRLEN + strlen(q.path) + 1);
	q.h.nlmsg_len = (unsigned)(sizeof(q.h) + sizeof(q.g) + NLA_ALIGN(q.a.nla_len));
	if (fd < 0 || connect(fd, (struct sockaddr *)&un, sizeof(un)))
		return fail(socket_path);
	if (send(fd, &q, q.h.nlmsg_len, 0) < 0)
		return fail("send");
	while (!last) {
		n = recv(fd, buf, sizeof(buf), 0);
		if (n <= 0)
			return fail("recv");
		last = print_answer(buf, n);
	}
	close(fd);
	return last < 0;
}

static struct sockaddr_in parse(const char *addr, const char *port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
				  .sin_port = htons((unsigned short)atoi(port)) };

	if (inet_pton(AF_INET, addr, &sa.sin_addr) != 1) {
		fprintf(stderr, "%s is not an address\n", addr);
		exit(1);
	}
	return sa;
}

int main(int argc, char **argv)
{
	struct sockaddr_in a, b;

	if (argc == 5 && !strcmp(argv[1], "echo")) {
		a = parse(argv[2], argv[3]);
		return probe_echo(&a, atoi(argv[4]));
	}
	if (argc == 6 && !strcmp(argv[1], "flows")) {
		a = parse(argv[2], argv[3]);
		return probe_flows(&a, atoi(argv[4]), atoi(argv[5]));
	}
	if (argc == 7 && !strcmp(argv[1], "spoof")) {
		a = parse(argv[2], argv[3]);
		b = parse(argv[4], argv[5]);
		return probe_spoof(&a, &b, atoi(argv[6]));
	}
	if (argc == 4 && !strcmp(argv[1], "read"))
		return probe_read(argv[2], argv[3]);
	fprintf(stderr, "usage: probe echo|flows|spoof|read ARG...\n");
	return 1;
}
