/* SPDX-License-Identifier: MIT */
#ifndef API_H
#define API_H
/*
 * api.h - what the files of the embedding API share
 */
#include <glassnet/device.h>
#include <glassnet/host.h>
#include <glassnet/net.h>
#include <glassnet/socket.h>

#include "core/net.h"
#include "kernel/wait.h"

struct poll_host; /* host_poll.c */

struct gn_net {
	struct net *net;
	struct gn_host host; /* the embedder's, copied */
	void *ctx;
	struct host_ops ops; /* the same for the machine */
	struct poll_host *poll_host; /* when no host was given */
	void (*log)(void *ctx, int level, const char *line);
	struct task task; /* who makes socket calls */
};

/* Copy the text of @from into an err buffer of the API (NULL allowed) and hand @ret through. */
int api_error(int ret, const struct extack *from, char *err, size_t errlen);

/* Enter vCPU @cpu as the embedding task unless the thread is inside already: true when api_leave() has to leave it. */
bool api_enter(struct gn_net *gn, unsigned cpu);
void api_leave(bool entered);

/* host_poll.c: the ready-made host */
struct poll_host *poll_host_new(struct gn_host *ret_host);
void poll_host_attach(struct poll_host *ph, struct gn_net *gn);
void poll_host_free(struct poll_host *ph);

#endif
