/* SPDX-License-Identifier: MIT */
/*
 * host_poll.c - the ready-made host of the library: real clocks, poll(2), one thread
 *
 * Theory of operation
 *   Implements struct gn_host for programs that have no loop of their own, or have one and only want descriptors to watch. Which vector waits
 *   for which descriptor is the drivers' knowledge (nif_line); this file keeps the set of unmasked vectors and turns readiness into
 *   gn_irq(). A blocking socket call sleeps in poll_host_wait(), called by the machine's schedule() outside the vCPU.
 * Owns: the mask bits. Descriptors belong to the drivers. Threads: the one that uses the net.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>

#include "api.h"
#include "drivers/driver.h"
#include "host_dev.h"

struct poll_host {
	struct gn_net *gn;
	bool armed[NR_IRQS];
	int highest; /* armed vectors lie below */
};

static uint64_t poll_host_clock(void *ctx, int clk)
{
	struct timespec t;

	(void)ctx;
	clock_gettime(clk, &t);
	return (uint64_t)t.tv_sec * NSEC_PER_SEC + (uint64_t)t.tv_nsec;
}

static void poll_host_mask(void *ctx, unsigned vector)
{
	struct poll_host *ph = ctx;

	ph->armed[vector] = false;
}

static void poll_host_unmask(void *ctx, unsigned vector)
{
	struct poll_host *ph = ctx;

	ph->armed[vector] = true;
	if ((int)vector >= ph->highest)
		ph->highest = (int)vector + 1;
}

static int poll_host_dev_open(void *ctx, const char *spec, unsigned queue)
{
	(void)ctx;
	return host_dev_open(spec, queue);
}

/* Descriptor of an armed vector, -1 when it has none. */
static int armed_fd(struct poll_host *ph, int vector)
{
	struct nif_line line;

	if (!ph->armed[vector])
		return -1;
	line = nif_line(ph->gn->net, (unsigned)vector);
	return line.dev ? line.fd : -1;
}

int gn_host_fds(struct gn_net *gn, struct pollfd *fds, int max)
{
	struct poll_host *ph = gn->poll_host;
	int n = 0;

	if (!ph)
		return -EINVAL;
	for (int i = 0; i < ph->highest; i++) {
		int fd = armed_fd(ph, i);

		if (fd < 0)
			continue;
		if (n < max)
			fds[n] = (struct pollfd){ .fd = fd, .events = POLLIN };
		n++;
	}
	return n;
}

void gn_host_ready(struct gn_net *gn, const struct pollfd *fds, int n)
{
	struct poll_host *ph = gn->poll_host;

	if (!ph)
		return;
	for (int i = 0; i < ph->highest; i++) {
		int fd = armed_fd(ph, i);

		for (int k = 0; fd >= 0 && k < n; k++)
			if (fds[k].fd == fd && fds[k].revents)
				gn_irq(gn, (unsigned)i);
	}
}

static int poll_host_wait(void *ctx, uint64_t deadline)
{
	struct poll_host *ph = ctx;
	struct pollfd fds[64];
	struct timespec ts, *tsp = NULL;
	int n = gn_host_fds(ph->gn, fds, 64);

	if (n > 64)
		n = 64;
	if (deadline != UINT64_MAX) {
		uint64_t now = poll_host_clock(NULL, CLOCK_MONOTONIC);
		uint64_t left = deadline > now ? deadline - now : 0;

		ts = (struct timespec){ .tv_sec = (time_t)(left / NSEC_PER_SEC), .tv_nsec = (long)(left % NSEC_PER_SEC) };
		tsp = &ts;
	}
	if (ppoll(fds, (nfds_t)n, tsp, NULL) < 0)
		return -errno;
	gn_host_ready(ph->gn, fds, n);
	return 0;
}

int gn_host_turn(struct gn_net *gn, uint64_t deadline)
{
	uint64_t next = gn_run_all(gn);
	int ret;

	if (!gn->poll_host)
		return -EINVAL;
	ret = poll_host_wait(gn->poll_host, next < deadline ? next : deadline);
	gn_run_all(gn);
	return ret;
}

struct poll_host *poll_host_new(struct gn_host *ret_host)
{
	struct poll_host *ph = calloc(1, sizeof(*ph));

	*ret_host = (struct gn_host){
		.size = sizeof(*ret_host),
		.clock = poll_host_clock,
		.irq_mask = poll_host_mask,
		.irq_unmask = poll_host_unmask,
		.dev_open = poll_host_dev_open,
		.wait = poll_host_wait,
	};
	return ph;
}

void poll_host_attach(struct poll_host *ph, struct gn_net *gn)
{
	ph->gn = gn;
}

void poll_host_free(struct poll_host *ph)
{
	free(ph);
}
