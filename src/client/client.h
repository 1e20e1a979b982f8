/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H
/*
 * client.h - the application's end of a socket that lives in the daemon
 *
 * Theory of operation
 *   The descriptor is one end of a real AF_UNIX SEQPACKET socketpair, bound to an abstract name that says what it is: poll, select, epoll, dup, fork, exec, fcntl and
 *   SCM_RIGHTS are the kernel's own. Calls that change or ask the socket (bind, setsockopt ...) are one request and reply each on a connection of their own to the
 *   daemon; datagrams travel through the pair with a header (<glassnet/uapi/chan.h>). This library keeps no state that correctness needs: it works after fork
 *   and vfork, in signal handlers, in a child that was exec'ed with the descriptor.
 *   Used by the shim and by tests: a bug of the shim is reproducible without LD_PRELOAD.
 * Rules: raw system calls only (client/raw.h), no malloc, no stdio, no dlsym, no locks, errno untouched. Every function returns a result or -errno, Linux's.
 */
#include <glassnet/uapi/chan.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

enum client_kind { CLIENT_FOREIGN, CLIENT_UDP, CLIENT_RAW, CLIENT_PING, CLIENT_NETLINK, CLIENT_FILE, CLIENT_STREAM };

/* A variable of the environment, or NULL. */
const char *client_env(const char *name);

/* What @fd is; costs one getsockname (0.3 us). CLIENT_FILE: a file of the stack, the shim's own affair (shim/files.h); CLIENT_STREAM: TCP that is not there (shim/stream.c). CLIENT_FOREIGN also for descriptors that are not sockets or not open. */
enum client_kind client_kind(int fd);

/* A socket in the daemon: its descriptor, or -errno (-ENETDOWN: no daemon). SOCK_NONBLOCK and SOCK_CLOEXEC as usual. */
int client_socket(int domain, int type, int protocol);
int client_bind(int fd, const struct sockaddr *addr, socklen_t len);
int client_connect(int fd, const struct sockaddr *addr, socklen_t len);
int client_getsockname(int fd, struct sockaddr *addr, socklen_t *len);
int client_getpeername(int fd, struct sockaddr *addr, socklen_t *len);
int client_setsockopt(int fd, int level, int name, const void *value, socklen_t len);
int client_getsockopt(int fd, int level, int name, void *value, socklen_t *len);
int client_shutdown(int fd, int how);
/* Is what makes @fd readable an error that waits? */
bool client_error_waits(int fd);
/* @call: as which system call the tracer shows it. */
ssize_t client_send(int fd, const struct msghdr *msg, int flags, enum gn_chan_span_call call);
ssize_t client_recv(int fd, struct msghdr *msg, int flags, enum gn_chan_span_call call);
/* An ioctl by request number (SIOC*, FIONREAD ...). -ENOIOCTLCMD (515): not ours, let the kernel do it. @fd may be foreign. */
int client_ioctl(int fd, unsigned long request, void *arg);

/* The system call @nr is about to run as it is: a back end that remembers descriptors forgets what it may end. */
void client_passes(long nr, const long a[6]);

#endif
