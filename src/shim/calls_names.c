/* SPDX-License-Identifier: MIT */
/*
 * calls_names.c - the names of families, types, options, flags and requests
 *
 * Called by: calls_args.c. Const tables; a number that is not in them is printed as a number.
 */
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "shim/shim.h"

struct word {
	unsigned long v;
	const char *name;
};

#define W(name) { name, #name }
#define END { 0, NULL }

static const char *word(const struct word *w, unsigned long v)
{
	for (; w->name; w++)
		if (w->v == v)
			return w->name;
	return NULL;
}

const char *calls_name_family(long v)
{
	static const struct word words[] = {
		W(AF_UNSPEC), W(AF_UNIX), W(AF_INET), W(AF_INET6), W(AF_NETLINK), W(AF_PACKET),
		W(AF_ALG), W(AF_VSOCK), W(AF_BLUETOOTH), W(AF_CAN), W(AF_TIPC), W(AF_XDP), END,
	};

	return word(words, (unsigned long)v);
}

const char *calls_name_type(long v)
{
	static const struct word words[] = {
		W(SOCK_STREAM), W(SOCK_DGRAM), W(SOCK_RAW), W(SOCK_RDM), W(SOCK_SEQPACKET),
		W(SOCK_DCCP), W(SOCK_PACKET), END,
	};

	return word(words, (unsigned long)v);
}

const char *calls_name_protocol(long v)
{
	static const struct word words[] = {
		W(IPPROTO_IP), W(IPPROTO_ICMP), W(IPPROTO_IGMP), W(IPPROTO_TCP), W(IPPROTO_UDP),
		W(IPPROTO_UDPLITE), W(IPPROTO_ICMPV6), W(IPPROTO_SCTP), W(IPPROTO_RAW), END,
	};

	return word(words, (unsigned long)v);
}

const char *calls_name_level(long v)
{
	static const struct word words[] = {
		W(SOL_SOCKET), W(SOL_IP), { IPPROTO_TCP, "SOL_TCP" }, { IPPROTO_UDP, "SOL_UDP" },
		{ IPPROTO_IPV6, "SOL_IPV6" }, W(SOL_RAW), W(SOL_PACKET), W(SOL_NETLINK), END,
	};

	return word(words, (unsigned long)v);
}

static const struct word socket_options[] = {
	W(SO_DEBUG), W(SO_REUSEADDR), W(SO_TYPE), W(SO_ERROR), W(SO_DONTROUTE), W(SO_BROADCAST), W(SO_SNDBUF), W(SO_RCVBUF),
	W(SO_SNDBUFFORCE), W(SO_RCVBUFFORCE), W(SO_KEEPALIVE), W(SO_OOBINLINE), W(SO_NO_CHECK), W(SO_PRIORITY), W(SO_LINGER),
	W(SO_BSDCOMPAT), W(SO_REUSEPORT), W(SO_PASSCRED), W(SO_PEERCRED), W(SO_RCVLOWAT), W(SO_SNDLOWAT), W(SO_RCVTIMEO),
	W(SO_SNDTIMEO), W(SO_BINDTODEVICE), W(SO_ATTACH_FILTER), W(SO_DETACH_FILTER), W(SO_PEERNAME), W(SO_TIMESTAMP),
	W(SO_ACCEPTCONN), W(SO_PASSSEC), W(SO_TIMESTAMPNS), W(SO_MARK), W(SO_TIMESTAMPING), W(SO_PROTOCOL), W(SO_DOMAIN),
	W(SO_RXQ_OVFL), W(SO_WIFI_STATUS), W(SO_PEEK_OFF), W(SO_NOFCS), W(SO_LOCK_FILTER), W(SO_SELECT_ERR_QUEUE),
	W(SO_BUSY_POLL), W(SO_MAX_PACING_RATE), W(SO_BPF_EXTENSIONS), W(SO_INCOMING_CPU), W(SO_ATTACH_BPF), W(SO_MEMINFO),
	W(SO_INCOMING_NAPI_ID), W(SO_COOKIE), W(SO_ZEROCOPY), W(SO_TXTIME), W(SO_BINDTOIFINDEX), W(SO_TIMESTAMP_NEW),
	W(SO_TIMESTAMPNS_NEW), W(SO_TIMESTAMPING_NEW), W(SO_RCVTIMEO_NEW), W(SO_SNDTIMEO_NEW), END,
};

static const struct word ip_options[] = {
	W(IP_TOS), W(IP_TTL), W(IP_HDRINCL), W(IP_OPTIONS), W(IP_ROUTER_ALERT), W(IP_RECVOPTS), W(IP_RETOPTS), W(IP_PKTINFO),
	W(IP_MTU_DISCOVER), W(IP_RECVERR), W(IP_RECVTTL), W(IP_RECVTOS), W(IP_MTU), W(IP_FREEBIND), W(IP_PASSSEC),
	W(IP_TRANSPARENT), W(IP_ORIGDSTADDR), W(IP_MINTTL), W(IP_NODEFRAG), W(IP_CHECKSUM), W(IP_BIND_ADDRESS_NO_PORT),
	W(IP_RECVFRAGSIZE), W(IP_MULTICAST_IF), W(IP_MULTICAST_TTL), W(IP_MULTICAST_LOOP), W(IP_ADD_MEMBERSHIP),
	W(IP_DROP_MEMBERSHIP), W(IP_UNBLOCK_SOURCE), W(IP_BLOCK_SOURCE), W(IP_ADD_SOURCE_MEMBERSHIP),
	W(IP_DROP_SOURCE_MEMBERSHIP), W(IP_MSFILTER), W(MCAST_JOIN_GROUP), W(MCAST_BLOCK_SOURCE), W(MCAST_UNBLOCK_SOURCE),
	W(MCAST_LEAVE_GROUP), W(MCAST_JOIN_SOURCE_GROUP), W(MCAST_LEAVE_SOURCE_GROUP), W(MCAST_MSFILTER), W(IP_MULTICAST_ALL),
	W(IP_UNICAST_IF), END,
};

const char *calls_name_option(long level, long v)
{
	static const struct word udp_options[] = { { 1, "UDP_CORK" }, { 103, "UDP_SEGMENT" }, { 104, "UDP_GRO" }, END };
	static const struct word raw_options[] = { { 1, "ICMP_FILTER" }, END };

	switch (level) {
	case SOL_SOCKET:
		return word(socket_options, (unsigned long)v);
	case SOL_IP:
		return word(ip_options, (unsigned long)v);
	case IPPROTO_UDP:
		return word(udp_options, (unsigned long)v);
	case SOL_RAW:
		return word(raw_options, (unsigned long)v);
	default:
		return NULL;
	}
}

const char *calls_name_how(long v)
{
	static const struct word words[] = { W(SHUT_RD), W(SHUT_WR), W(SHUT_RDWR), END };

	return word(words, (unsigned long)v);
}

const char *calls_name_request(unsigned long v)
{
	static const struct word words[] = {
		W(FIONREAD), W(FIONBIO), W(FIOASYNC), W(FIOCLEX), W(FIONCLEX), W(TIOCOUTQ), W(TCGETS), W(SIOCGSTAMP), W(SIOCATMARK),
		W(SIOCGIFNAME), W(SIOCGIFCONF), W(SIOCGIFFLAGS), W(SIOCSIFFLAGS), W(SIOCGIFADDR), W(SIOCSIFADDR), W(SIOCGIFDSTADDR),
		W(SIOCGIFBRDADDR), W(SIOCGIFNETMASK), W(SIOCGIFMETRIC), W(SIOCGIFMTU), W(SIOCSIFMTU), W(SIOCGIFHWADDR),
		W(SIOCGIFINDEX), W(SIOCGIFTXQLEN), W(SIOCGIFMAP), W(SIOCETHTOOL), W(SIOCGARP), W(SIOCSARP), W(SIOCDARP),
		W(SIOCADDRT), W(SIOCDELRT), END,
	};

	return word(words, v);
}

const char *calls_name_flag(unsigned i, unsigned *ret_bit)
{
	static const struct word words[] = {
		W(MSG_OOB), W(MSG_PEEK), W(MSG_DONTROUTE), W(MSG_CTRUNC), W(MSG_TRUNC), W(MSG_DONTWAIT), W(MSG_EOR), W(MSG_WAITALL),
		W(MSG_CONFIRM), W(MSG_ERRQUEUE), W(MSG_NOSIGNAL), W(MSG_MORE), W(MSG_WAITFORONE), W(MSG_ZEROCOPY),
		W(MSG_CMSG_CLOEXEC),
	};

	if (i >= sizeof(words) / sizeof(words[0]))
		return NULL;
	*ret_bit = (unsigned)words[i].v;
	return words[i].name;
}
