/* SPDX-License-Identifier: MIT */
#ifndef CORE_SOCKET_H
#define CORE_SOCKET_H
/*
 * socket.h - the BSD socket layer: calls in the shape of the system calls (mirrors net/socket.c)
 *
 * Theory of operation
 *   A struct socket is what a caller holds; its proto_ops (ipv4/af_inet.c: inet_dgram_ops, inet_sockraw_ops) lead to the protocol. Every call
 *   is made inside a vCPU (the socket's home), outside softirqs, may block only when the task may sleep (kernel/wait.h), and returns
 *   >= 0 or -errno exactly as Linux. Addresses, buffers and control messages are the caller's memory; struct msghdr is libc's.
 *   The current task's uid and rights: struct cred in @sock (SO_RCVBUFFORCE, ports below ip_unprivileged_port_start, raw sockets).
 */
#include <sys/socket.h>
#include <sys/types.h>

#include "core/sock.h"

enum socket_state { SS_FREE, SS_UNCONNECTED, SS_CONNECTING, SS_CONNECTED, SS_DISCONNECTING };

struct cred {
	uint32_t uid, gid;
	bool net_admin, net_raw, net_bind_service;
};

struct proto_ops;
struct socket {
	enum socket_state state;
	short type;
	bool nonblock;
	struct sock *sk;
	const struct proto_ops *ops;
	struct net *net;
	struct cred cred;
	uint64_t ino; /* shown in /proc/net/udp; the channel sets the real descriptor's */
};

struct proto_ops {
	int family;
	int (*release)(struct socket *sock);
	int (*bind)(struct socket *sock, struct sockaddr *addr, int addr_len);
	int (*connect)(struct socket *sock, struct sockaddr *addr, int addr_len, int flags);
	int (*accept)(struct socket *sock, struct socket *newsock, int flags);
	int (*getname)(struct socket *sock, struct sockaddr *addr, int peer); /* length or -errno */
	unsigned (*poll)(struct socket *sock);				       /* POLLIN ... of the moment */
	int (*ioctl)(struct socket *sock, unsigned cmd, void *arg);
	int (*listen)(struct socket *sock, int len);
	int (*shutdown)(struct socket *sock, int how);
	int (*setsockopt)(struct socket *sock, int level, int optname, const void *optval, socklen_t optlen);
	int (*getsockopt)(struct socket *sock, int level, int optname, void *optval, socklen_t *optlen);
	int (*sendmsg)(struct socket *sock, struct msghdr *m, size_t total_len);
	int (*recvmsg)(struct socket *sock, struct msghdr *m, size_t total_len, int flags);
};

struct net_proto_family {
	int family;
	int (*create)(struct net *net, struct socket *sock, int protocol);
};
int sock_register(struct net *net, const struct net_proto_family *f); /* init time */

int sock_create(struct net *net, const struct cred *cred, int family, int type, int protocol, struct socket **ret_sock); /* SOCK_NONBLOCK allowed */
void sock_release(struct socket *sock);
int sock_bind(struct socket *sock, const struct sockaddr *addr, socklen_t len);
int sock_connect(struct socket *sock, const struct sockaddr *addr, socklen_t len);
int sock_getname(struct socket *sock, struct sockaddr *addr, socklen_t *len, int peer);
ssize_t sock_sendmsg(struct socket *sock, struct msghdr *msg, int flags);
ssize_t sock_recvmsg(struct socket *sock, struct msghdr *msg, int flags); /* fills msg_namelen, msg_flags, msg_controllen */
ssize_t sock_sendto(struct socket *sock, const void *buf, size_t len, int flags, const struct sockaddr *addr, socklen_t addrlen);
ssize_t sock_recvfrom(struct socket *sock, void *buf, size_t len, int flags, struct sockaddr *addr, socklen_t *addrlen);
int sock_call_setsockopt(struct socket *sock, int level, int optname, const void *optval, socklen_t optlen);
int sock_call_getsockopt(struct socket *sock, int level, int optname, void *optval, socklen_t *optlen);
int sock_shutdown(struct socket *sock, int how);
int sock_listen(struct socket *sock, int backlog);
int sock_ioctl(struct socket *sock, unsigned cmd, void *arg);
unsigned sock_poll(struct socket *sock); /* events of the moment */
size_t msg_iov_len(const struct msghdr *msg);
/* Walk of the caller's buffers: copy into / out of the iovec from byte @offset on; 0, or -EFAULT when it is too short. */
int memcpy_fromiovecend(void *to, const struct msghdr *msg, size_t offset, size_t len);
int memcpy_toiovecend(const struct msghdr *msg, const void *from, size_t offset, size_t len);

/* inode number of the socket that holds @sk, 0 when it is orphaned */
static __always_inline uint64_t sock_i_ino(const struct sock *sk) { return sk->sk_socket ? sk->sk_socket->ino : 0; }

#endif
