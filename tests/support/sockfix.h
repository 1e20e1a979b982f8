/* SPDX-License-Identifier: MIT */
/*
 * sockfix.h: sockets on the host of ipfix.h, for the checks of the socket part of src/ipv4
 *
 * Calls are made inside vCPU 0, one visit each, and the net is turned until it rests after each of
 * them. Datagrams come from the wire (sock_udp_rx) or over lo.
 */
#ifndef TESTS_SUPPORT_SOCKFIX_H
#define TESTS_SUPPORT_SOCKFIX_H

#include "core/datagram.h"
#include "ipv4/igmp.h"
#include "ipv4/raw.h"
#include "ipv4/udp.h"
#include "support/faulty.h"
#include "support/ipfix.h"

#define GROUP "239.193.4.65"

static const struct cred sock_root = { .net_admin = true,
				       .net_raw = true,
				       .net_bind_service = true };
static const struct cred sock_user = { .uid = 1000, .gid = 1000 };

/* One call: the value of @expr, made inside vCPU 0. */
#define IN_VCPU(expr)                      \
	({                                 \
		ipfix_enter(0);            \
		__auto_type _ret = (expr); \
		ipfix_leave();             \
		_ret;                      \
	})

static inline int sock_try(const struct cred *cred, int type, int protocol, struct socket **s)
{
	return IN_VCPU(sock_create(&f.n.net, cred, PF_INET, type | SOCK_NONBLOCK, protocol, s));
}

static inline struct socket *sock_new_as(const struct cred *cred, int type, int protocol)
{
	struct socket *s = NULL;

	ck_assert_int_eq(sock_try(cred, type, protocol, &s), 0);
	return s;
}

static inline struct socket *sock_new(int type, int protocol)
{
	return sock_new_as(&sock_root, type, protocol);
}

static inline void sock_close(struct socket *s)
{
	ipfix_enter(0);
	sock_release(s);
	ipfix_leave();
}

static inline struct sockaddr_in sin_of(const char *addr, unsigned port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
				     .sin_addr.s_addr = inet_addr(addr) };
}

static inline int sock_bind_to(struct socket *s, const char *addr, unsigned port)
{
	struct sockaddr_in a = sin_of(addr, port);

	return IN_VCPU(sock_bind(s, (struct sockaddr *)&a, sizeof(a)));
}

static inline int sock_connect_to(struct socket *s, const char *addr, unsigned port)
{
	struct sockaddr_in a = sin_of(addr, port);

	return IN_VCPU(sock_connect(s, (struct sockaddr *)&a, sizeof(a)));
}

static inline int sock_set(struct socket *s, int level, int opt, const void *val, size_t len)
{
	return IN_VCPU(sock_call_setsockopt(s, level, opt, val, (socklen_t)len));
}

static inline int sock_set_int(struct socket *s, int level, int opt, int val)
{
	return sock_set(s, level, opt, &val, sizeof(val));
}

/* The value, or -errno */
static inline int sock_get_int(struct socket *s, int level, int opt)
{
	int val = 0, err;
	socklen_t len = sizeof(val);

	err = IN_VCPU(sock_call_getsockopt(s, level, opt, &val, &len));
	return err ? err : val;
}

/* A UDP socket bound to @addr:@port that others may share */
static inline struct socket *sock_udp(const char *addr, unsigned port)
{
	struct socket *s = sock_new(SOCK_DGRAM, 0);

	ck_assert_int_eq(sock_set_int(s, SOL_SOCKET, SO_REUSEADDR, 1), 0);
	ck_assert_int_eq(sock_bind_to(s, addr, port), 0);
	return s;
}

static inline int sock_send(struct socket *s, const void *buf, size_t len, const char *addr,
			    unsigned port)
{
	struct sockaddr_in a = sin_of(addr ? addr : "0.0.0.0", port);

	return (int)IN_VCPU(sock_sendto(s, buf, len, 0, addr ? (struct sockaddr *)&a : NULL,
					addr ? sizeof(a) : 0));
}

static inline int sock_recv(struct socket *s, void *buf, size_t len, int flags)
{
	return (int)IN_VCPU(sock_recvfrom(s, buf, len, flags, NULL, NULL));
}

/* Datagrams that wait, each read and gone */
static inline unsigned sock_drain(struct socket *s)
{
	static char buf[65536];
	unsigned n = 0;

	while (sock_recv(s, buf, sizeof(buf), MSG_DONTWAIT) >= 0)
		n++;
	return n;
}

static inline unsigned sock_rmem(const struct socket *s)
{
	return (unsigned)atomic_read(&s->sk->sk_rmem_alloc);
}

static inline unsigned sock_drops(const struct socket *s)
{
	return (unsigned)atomic_read(&s->sk->sk_drops);
}

/* --- UDP on the wire --- */

/* Header and payload (NULL: counting up) at @msg, checksum made; returns the length. */
static inline unsigned sock_udp_msg(void *msg, const char *saddr, unsigned sport, const char *daddr,
				    unsigned dport, const void *data, unsigned len)
{
	struct udphdr *uh = msg;
	unsigned char *p = msg;

	*uh = (struct udphdr){ .source = htons((uint16_t)sport), .dest = htons((uint16_t)dport),
			       .len = htons((uint16_t)(len + 8)) };
	for (unsigned i = 0; i < len; i++)
		p[8 + i] = data ? ((const unsigned char *)data)[i] : (unsigned char)i;
	uh->check = csum_tcpudp_magic(inet_addr(saddr), inet_addr(daddr), len + 8, IPPROTO_UDP,
				      csum_partial(msg, (int)len + 8, 0));
	if (!uh->check)
		uh->check = 0xffff;
	return len + 8;
}

/* How a frame to @daddr is addressed on Ethernet */
static inline int sock_pkt_type(const char *daddr)
{
	uint32_t a = ntohl(inet_addr(daddr));

	return a >> 28 == 14 ? PACKET_MULTICAST : (a & 255) == 255 ? PACKET_BROADCAST : PACKET_HOST;
}

/* A datagram of @len payload bytes from @saddr:@sport arrives at @dev for @daddr:@dport. */
static inline void sock_udp_rx(struct net_device *dev, const char *saddr, unsigned sport,
			       const char *daddr, unsigned dport, const void *data, unsigned len)
{
	static unsigned char pkt[65536], msg[65536];
	unsigned n = sock_udp_msg(msg, saddr, sport, daddr, dport, data, len);

	n = ipfix_pkt(pkt, saddr, daddr, IPPROTO_UDP, msg, n);
	ipfix_rx_as(dev, pkt, n, sock_pkt_type(daddr));
}

/* The usual one: from the peer on eth0 to our port 5000 */
static inline void sock_rx(unsigned len)
{
	sock_udp_rx(f.eth0, A_PEER, 4000, A_SELF, 5000, NULL, len);
}

#define udp_mib(field) (ipfix_now()->udp[UDP_MIB_##field] - f.base.udp[UDP_MIB_##field])
#define udplite_mib(field) (ipfix_now()->udplite[UDP_MIB_##field] - f.base.udplite[UDP_MIB_##field])

static inline void ipfix_udp_moved(int dummy, ...)
{
	va_list ap;

	va_start(ap, dummy);
	ipfix_moved("udp", ipfix_now()->udp, f.base.udp, __UDP_MIB_MAX, ap);
	va_end(ap);
}
/* Exactly these counters moved: pairs of index and difference */
#define udp_moved(...) ipfix_udp_moved(0, __VA_ARGS__, -1)

/* K14: parts are parts */
static inline void udp_invariants(void)
{
	const uint64_t *u = ipfix_now()->udp;

	ck_assert_uint_le(u[UDP_MIB_RCVBUFERRORS] + u[UDP_MIB_CSUMERRORS] + u[UDP_MIB_MEMERRORS],
			  u[UDP_MIB_INERRORS]);
}

static inline int sock_join(struct socket *s, const char *group, struct net_device *dev)
{
	struct ip_mreqn m = { .imr_multiaddr.s_addr = inet_addr(group),
			      .imr_ifindex = dev ? dev->ifindex : 0 };

	return sock_set(s, SOL_IP, IP_ADD_MEMBERSHIP, &m, sizeof(m));
}

static inline int sock_leave(struct socket *s, const char *group, struct net_device *dev)
{
	struct ip_mreqn m = { .imr_multiaddr.s_addr = inet_addr(group),
			      .imr_ifindex = dev ? dev->ifindex : 0 };

	return sock_set(s, SOL_IP, IP_DROP_MEMBERSHIP, &m, sizeof(m));
}

#endif
