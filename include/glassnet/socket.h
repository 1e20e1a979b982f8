/* SPDX-License-Identifier: MIT */
#ifndef GLASSNET_SOCKET_H
#define GLASSNET_SOCKET_H
/*
 * <glassnet/socket.h> - sockets of a gn_net, in process
 *
 * The calls are those of socket(2), with the same arguments, options, structures and errno values (returned negative). A call enters a virtual
 * CPU by itself. It blocks as its Linux twin does when the socket is blocking and the host has wait(): the calling thread then turns the
 * crank while it waits; with O_NONBLOCK (gn_socket_nonblock, SOCK_NONBLOCK) or MSG_DONTWAIT it answers -EAGAIN.
 * Threads: one socket is used by one thread at a time. The sockets of a net live on virtual CPU 0: threads that use different ones take turns there.
 */
#include <sys/socket.h>
#include <sys/types.h>

#include <glassnet/net.h>

#ifdef __cplusplus
extern "C" {
#endif

struct gn_sock;

/* AF_INET with SOCK_DGRAM (UDP, UDP-Lite, ICMP "ping") or SOCK_RAW. NULL and *err = -errno on failure. */
GN_API struct gn_sock *gn_socket(struct gn_net *net, int family, int type, int protocol, int *err);
GN_API void gn_close(struct gn_sock *s);
GN_API int gn_socket_nonblock(struct gn_sock *s, int on);
GN_API int gn_bind(struct gn_sock *s, const struct sockaddr *addr, socklen_t len);
GN_API int gn_connect(struct gn_sock *s, const struct sockaddr *addr, socklen_t len);
GN_API int gn_getsockname(struct gn_sock *s, struct sockaddr *addr, socklen_t *len);
GN_API int gn_getpeername(struct gn_sock *s, struct sockaddr *addr, socklen_t *len);
GN_API ssize_t gn_sendto(struct gn_sock *s, const void *buf, size_t len, int flags, const struct sockaddr *addr, socklen_t addrlen);
GN_API ssize_t gn_recvfrom(struct gn_sock *s, void *buf, size_t len, int flags, struct sockaddr *addr, socklen_t *addrlen);
GN_API ssize_t gn_sendmsg(struct gn_sock *s, const struct msghdr *msg, int flags);
GN_API ssize_t gn_recvmsg(struct gn_sock *s, struct msghdr *msg, int flags);
GN_API int gn_setsockopt(struct gn_sock *s, int level, int name, const void *val, socklen_t len);
GN_API int gn_getsockopt(struct gn_sock *s, int level, int name, void *val, socklen_t *len);
GN_API int gn_shutdown(struct gn_sock *s, int how);
/* POLLIN, POLLOUT, POLLERR ... as poll(2) would say now. */
GN_API int gn_poll(struct gn_sock *s);
/* Call @fn from inside the virtual CPU at the end of its run whenever the socket may have become ready; it may use the socket. NULL: off. */
GN_API int gn_on_ready(struct gn_sock *s, void (*fn)(struct gn_sock *s, void *ctx), void *ctx);

#ifdef __cplusplus
}
#endif
#endif
