/* SPDX-License-Identifier: MIT */
#ifndef GLASSNET_HOST_H
#define GLASSNET_HOST_H
/*
 * <glassnet/host.h> - a ready-made host on poll(2): real clocks, TAP devices, blocking calls
 *
 * gn_net_create() uses it when no host is given. A program with a loop of its own asks for the descriptors and feeds what poll said:
 *     n = gn_host_fds(net, fds, 16, &deadline);  poll(fds, n, ...);  gn_host_ready(net, fds, n);  gn_run_all(net);
 * One thread.
 */
#include <poll.h>

#include <glassnet/net.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Descriptors to watch now (masked sources are left out): how many there are; at most @max are filled in. */
GN_API int gn_host_fds(struct gn_net *net, struct pollfd *fds, int max);
/* Raise the interrupts of those that are ready. */
GN_API void gn_host_ready(struct gn_net *net, const struct pollfd *fds, int n);
/* Sleep until something is ready or @deadline (ns, monotonic; UINT64_MAX none), then gn_run_all(). 0, or -EINTR. */
GN_API int gn_host_turn(struct gn_net *net, uint64_t deadline);

#ifdef __cplusplus
}
#endif
#endif
