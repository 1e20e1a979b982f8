/* SPDX-License-Identifier: MIT */
/*
 * side_glass.c - glassnet as a side: a net in this process, on a device and a clock of the
 * test's own
 *
 * Theory of operation
 *   gn_dev_rx() and gn_run_all() take a frame through the stack to its end; what the stack
 *   sends is copied into a list that recv() reads. Time stands still unless recv() waits: it
 *   then goes forward in steps of ten milliseconds. Only the public headers are used.
 * One thread. Called by main.c.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <glassnet/device.h>
#include <glassnet/net.h>
#include <glassnet/socket.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include "frame.h"
#include "side.h"

#define DEV "eth0"
#define STEP_MS 10

struct sent {
	struct sent *next;
	size_t len;
	uint8_t data[];
};

struct side {
	struct gn_net *net;
	struct gn_dev *dev;
	struct gn_sock *udp, *udplite;
	struct sent *first, **last;
	uint64_t now;
};

static uint64_t glass_clock(void *ctx, int clk)
{
	struct side *s = ctx;

	return s->now + (clk == CLOCK_REALTIME ? 1700000000000000000u : 0);
}

static void glass_log(void *ctx, int level, const char *line)
{
	fprintf(stderr, "# glassnet <%d> %s\n", level, line);
}

static void glass_mask(void *ctx, unsigned vector)
{
}

static int glass_xmit(void *ctx, const void *frame, size_t len)
{
	struct side *s = ctx;
	struct sent *f = malloc(sizeof(*f) + len);

	if (!f)
		return -ENOMEM;
	*f = (struct sent){ .len = len };
	memcpy(f->data, frame, len);
	*s->last = f;
	s->last = &f->next;
	return 0;
}

static struct gn_sock *glass_server(struct side *s, int protocol, int *err)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(7) };
	struct gn_sock *sk = gn_socket(s->net, AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, protocol, err);

	if (sk)
		*err = gn_bind(sk, (struct sockaddr *)&any, sizeof(any));
	return sk;
}

static void glass_close(struct side *s)
{
	unsigned long leaks = 0;
	struct sent *f;

	if (s->udp)
		gn_close(s->udp);
	if (s->udplite)
		gn_close(s->udplite);
	if (s->net)
		leaks = gn_net_destroy(s->net);
	if (leaks) {
		fprintf(stderr, "glassnet side: %lu objects left at the end\n", leaks);
		exit(1);
	}
	while ((f = s->first)) {
		s->first = f->next;
		free(f);
	}
	free(s);
}

static bool configure(struct side *s, bool route, char *err, size_t len)
{
	static const struct gn_dev_ops ops = { .size = sizeof(ops), .xmit = glass_xmit };
	int ret = 0;

	s->dev = gn_dev_create(s->net, DEV, &ops, s, (const unsigned char *)OUR_MAC, err, len);
	if (!s->dev || gn_link_up(s->net, DEV, err, len) ||
	    gn_addr_add(s->net, DEV, "10.99.0.2/24", err, len))
		return false;
	if (route && gn_route_add(s->net, "default", "10.99.0.1", NULL, err, len))
		return false;
	s->udp = glass_server(s, IPPROTO_UDP, &ret);
	if (!ret)
		s->udplite = glass_server(s, IPPROTO_UDPLITE, &ret);
	if (ret)
		snprintf(err, len, "echo servers: %s", strerror(-ret));
	gn_run_all(s->net);
	return !ret;
}

static struct side *glass_open(bool route)
{
	static const struct gn_host host = { .size = sizeof(host),
					     .clock = glass_clock,
					     .irq_mask = glass_mask,
					     .irq_unmask = glass_mask };
	struct side *s = calloc(1, sizeof(*s));
	struct gn_config cfg = { .size = sizeof(cfg),
				 .host = &host,
				 .ctx = s,
				 .deterministic = 1,
				 .seed = { 1, 2, 3, 4 },
				 .log = glass_log,
				 .log_level = LOG_ERR };
	char err[256] = "";

	if (!s)
		return NULL;
	s->last = &s->first;
	s->now = 1000000000000u;
	s->net = gn_net_create(&cfg, err, sizeof(err));
	if (s->net && configure(s, route, err, sizeof(err)))
		return s;
	fprintf(stderr, "glassnet side: %s\n", err);
	glass_close(s);
	return NULL;
}

static int glass_send(struct side *s, const uint8_t *frame, size_t len)
{
	int ret = gn_dev_rx(s->dev, frame, len);

	gn_run_all(s->net);
	return ret;
}

static int glass_recv(struct side *s, uint8_t *buf, size_t max, int ms)
{
	struct sent *f;
	int n;

	for (; !s->first && ms > 0; ms -= STEP_MS) {
		s->now += STEP_MS * 1000000u;
		gn_run_all(s->net);
	}
	f = s->first;
	if (!f)
		return 0;
	s->first = f->next;
	if (!s->first)
		s->last = &s->first;
	n = (int)(f->len < max ? f->len : max);
	memcpy(buf, f->data, (size_t)n);
	free(f);
	return n;
}

static int echo_all(struct gn_sock *sk)
{
	static uint8_t buf[FRAME_MAX];
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	ssize_t n;
	int done = 0;

	while ((n = gn_recvfrom(sk, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len)) >= 0) {
		if (gn_sendto(sk, buf, (size_t)n, 0, (struct sockaddr *)&from, len) >= 0)
			done++;
		len = sizeof(from);
	}
	return done;
}

static int glass_serve(struct side *s)
{
	int done = echo_all(s->udp) + echo_all(s->udplite);

	gn_run_all(s->net);
	return done;
}

static int glass_file(struct side *s, const char *path, char *buf, size_t len)
{
	return gn_file_read(s->net, path, buf, len);
}

static int glass_sysctl(struct side *s, const char *key, const char *value)
{
	char err[256] = "";
	int ret = gn_sysctl_set(s->net, key, value, err, sizeof(err));

	if (ret)
		fprintf(stderr, "glassnet side: %s=%s: %s\n", key, value, err);
	return ret;
}

static int glass_join(struct side *s, uint32_t group)
{
	struct ip_mreqn m = { .imr_multiaddr.s_addr = htonl(group),
			      .imr_address.s_addr = htonl(OUR_ADDR) };
	int ret = gn_setsockopt(s->udp, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m, sizeof(m));

	gn_run_all(s->net);
	return ret;
}

const struct side_ops glass_side = {
	.name = "glassnet",
	.open = glass_open,
	.close = glass_close,
	.send = glass_send,
	.recv = glass_recv,
	.serve = glass_serve,
	.file = glass_file,
	.sysctl = glass_sysctl,
	.join = glass_join,
};
