/* SPDX-License-Identifier: MIT */
/*
 * sock_opt.c - options of level SOL_SOCKET, and the control messages of that level
 *
 * On the walk: setsockopt and getsockopt of a process; sendmsg reads its control messages through
 * sock_cmsg_send(), recvmsg writes them through put_cmsg() and sock_recv_ts_and_drops().
 * Owns: nothing. Threads: a vCPU, outside softirqs; options are set under the sock's lock.
 * Refuses: an option without an effect here is unknown: ENOPROTOOPT. Values and rights are checked
 * as in Linux: SO_RCVBUFFORCE, SO_SNDBUFFORCE, SO_MARK and priorities above 6 want net_admin
 * (EPERM). Mirrors: net/core/sock.c.
 */
#include <errno.h>
#include <limits.h>
#include <linux/net_tstamp.h>
#include <linux/sock_diag.h>
#include <sys/time.h>

#include "core/filter.h"
#include "core/socket.h"
#include "core/sock.h"
#include "core/timekeeping.h"

#ifndef SO_TIMESTAMP_OLD /* libc may hide the pairs behind its own choice */
#define SO_TIMESTAMP_OLD 29
#define SO_TIMESTAMPNS_OLD 35
#define SO_TIMESTAMPING_OLD 37
#endif
#ifndef SO_RCVTIMEO_OLD
#define SO_RCVTIMEO_OLD 20
#define SO_SNDTIMEO_OLD 21
#endif

#define TIMESTAMPING_MASK ((SOF_TIMESTAMPING_LAST << 1) - 1)
#define TX_RECORD_MASK (SOF_TIMESTAMPING_TX_HARDWARE | SOF_TIMESTAMPING_TX_SOFTWARE |		\
			SOF_TIMESTAMPING_TX_SCHED | SOF_TIMESTAMPING_TX_ACK)
#define SK_MEMINFO_WORDS SK_MEMINFO_VARS

/* What getsockopt answers with. */
union opt_value {
	int val;
	uint64_t val64;
	int peer[3]; /* pid, uid, gid */
	struct linger ling;
	struct timeval tv;
	uint32_t meminfo[SK_MEMINFO_WORDS];
};

static int sock_bindtodevice(struct sock *sk, const char *optval, socklen_t optlen);
static int set_int_option(struct sock *sk, int optname, int val, bool net_admin);
static int set_struct_option(struct sock *sk, int optname, const void *optval, socklen_t optlen);
static int set_flag_option(struct sock *sk, int optname, int val);
static int set_timestamp(struct sock *sk, int optname, int val);
static int set_timestamping(struct sock *sk, int optname, int val);
static int set_timeout(const struct sock *sk, long *timeo, const void *optval, socklen_t optlen);
static int set_linger(struct sock *sk, const void *optval, socklen_t optlen);
static bool has_peek_off(const struct sock *sk);
static int get_name_option(struct sock *sk, int optname, void *optval, socklen_t *optlen);
static int get_int_option(struct sock *sk, int optname, int *val);
static int get_value_option(struct sock *sk, int optname, union opt_value *v);
static void sock_disable_timestamp(struct sock *sk, enum sock_flags flag);
static void sock_recv_timestamp(struct msghdr *msg, struct sock *sk, struct sk_buff *skb);

/* --- set --- */

int sock_setsockopt(struct sock *sk, int optname, const void *optval, socklen_t optlen,
		    bool capable_net_admin)
{
	int val, err;

	if (optname == SO_BINDTODEVICE)
		return sock_bindtodevice(sk, optval, optlen);
	if (optlen < sizeof(int))
		return -EINVAL;
	memcpy(&val, optval, sizeof(val));

	lock_sock(sk);
	err = set_struct_option(sk, optname, optval, optlen);
	if (err == -ENOPROTOOPT)
		err = set_flag_option(sk, optname, val);
	if (err == -ENOPROTOOPT)
		err = set_int_option(sk, optname, val, capable_net_admin);
	release_sock(sk);
	return err;
}

/* Who is bound may not move without the right to raw packets. */
static bool may_bind_again(const struct sock *sk)
{
	return !sk->sk_bound_dev_if || (sk->sk_socket && sk->sk_socket->cred.net_raw);
}

static int sock_bindtoindex(struct sock *sk, int index)
{
	if (!may_bind_again(sk))
		return -EPERM;
	if (index < 0)
		return -EINVAL;
	sk->sk_bound_dev_if = index;
	if (sk->sk_prot->rehash)
		sk->sk_prot->rehash(sk);
	sk_dst_reset(sk);
	return 0;
}

static int sock_bindtodevice(struct sock *sk, const char *optval, socklen_t optlen)
{
	struct net_device *dev = NULL;
	char name[IFNAMSIZ] = "";
	int err = 0;

	if (optlen)
		memcpy(name, optval, min_t(size_t, optlen, sizeof(name) - 1));
	lock_sock(sk);
	if (!may_bind_again(sk))
		err = -EPERM;
	else if (name[0] && !(dev = dev_get_by_name_rcu(sock_net(sk), name)))
		err = -ENODEV;
	else
		err = sock_bindtoindex(sk, dev ? dev->ifindex : 0);
	release_sock(sk);
	return err;
}

/* Options whose value is more than an int. */
static int set_struct_option(struct sock *sk, int optname, const void *optval, socklen_t optlen)
{
	struct sock_fprog fprog;

	switch (optname) {
	case SO_LINGER:
		return set_linger(sk, optval, optlen);
	case SO_RCVTIMEO_OLD:
	case SO_RCVTIMEO_NEW:
		return set_timeout(sk, &sk->sk_rcvtimeo, optval, optlen);
	case SO_SNDTIMEO_OLD:
	case SO_SNDTIMEO_NEW:
		return set_timeout(sk, &sk->sk_sndtimeo, optval, optlen);
	case SO_ATTACH_FILTER:
		if (optlen != sizeof(fprog))
			return -EINVAL;
		memcpy(&fprog, optval, sizeof(fprog));
		return sk_attach_filter(&fprog, sk);
	case SO_DETACH_FILTER:
		return sk_detach_filter(sk);
	}
	return -ENOPROTOOPT;
}

static int set_linger(struct sock *sk, const void *optval, socklen_t optlen)
{
	long hz = sock_net(sk)->m.hz;
	struct linger ling;

	if (optlen < sizeof(ling))
		return -EINVAL;
	memcpy(&ling, optval, sizeof(ling));
	sock_valbool_flag(sk, SOCK_LINGER, ling.l_onoff);
	if (ling.l_onoff)
		sk->sk_lingertime = ling.l_linger < 0 ? MAX_SCHEDULE_TIMEOUT
						      : (long)ling.l_linger * hz;
	return 0;
}

/* Both layouts of a time-out are two 64-bit words on a 64-bit machine. */
static int set_timeout(const struct sock *sk, long *timeo, const void *optval, socklen_t optlen)
{
	long hz = sock_net(sk)->m.hz;
	struct timeval tv;

	if (optlen < sizeof(tv))
		return -EINVAL;
	memcpy(&tv, optval, sizeof(tv));
	if (tv.tv_usec < 0 || tv.tv_usec >= 1000000)
		return -EDOM;
	if (tv.tv_sec < 0) {
		*timeo = 0;
		return 0;
	}
	*timeo = MAX_SCHEDULE_TIMEOUT;
	if (!tv.tv_sec && !tv.tv_usec)
		return 0;
	if (tv.tv_sec < MAX_SCHEDULE_TIMEOUT / hz - 1)
		*timeo = tv.tv_sec * hz + DIV_ROUND_UP((long)tv.tv_usec * hz, 1000000L);
	return 0;
}

/* Options that are one bit. */
static int set_flag_option(struct sock *sk, int optname, int val)
{
	switch (optname) {
	case SO_REUSEADDR:
		sk->sk_reuse = val != 0;
		return 0;
	case SO_REUSEPORT:
		sk->sk_reuseport = val != 0;
		return 0;
	case SO_PASSCRED: /* these two are of AF_UNIX */
	case SO_PASSSEC:
		return -EOPNOTSUPP;
	case SO_BSDCOMPAT: /* accepted for old programs, and nothing else, as in Linux */
		return 0;
	case SO_DONTROUTE:
		sock_valbool_flag(sk, SOCK_LOCALROUTE, val);
		sk_dst_reset(sk);
		return 0;
	case SO_BROADCAST:
		sock_valbool_flag(sk, SOCK_BROADCAST, val);
		return 0;
	case SO_KEEPALIVE:
		sock_valbool_flag(sk, SOCK_KEEPOPEN, val);
		return 0;
	case SO_OOBINLINE:
		sock_valbool_flag(sk, SOCK_URGINLINE, val);
		return 0;
	case SO_NO_CHECK:
		sk->sk_no_check_tx = val != 0;
		return 0;
	case SO_RXQ_OVFL:
		sock_valbool_flag(sk, SOCK_RXQ_OVFL, val);
		return 0;
	case SO_SELECT_ERR_QUEUE:
		sock_valbool_flag(sk, SOCK_SELECT_ERR_QUEUE, val);
		return 0;
	case SO_LOCK_FILTER:
		if (sock_flag(sk, SOCK_FILTER_LOCKED) && !val)
			return -EPERM;
		sock_valbool_flag(sk, SOCK_FILTER_LOCKED, val);
		return 0;
	}
	return set_timestamp(sk, optname, val);
}

static int set_timestamp(struct sock *sk, int optname, int val)
{
	switch (optname) {
	case SO_TIMESTAMP_OLD:
	case SO_TIMESTAMP_NEW:
	case SO_TIMESTAMPNS_OLD:
	case SO_TIMESTAMPNS_NEW:
		sock_valbool_flag(sk, SOCK_RCVTSTAMP, val);
		sock_valbool_flag(sk, SOCK_RCVTSTAMPNS, val && (optname == SO_TIMESTAMPNS_OLD ||
								optname == SO_TIMESTAMPNS_NEW));
		sock_valbool_flag(sk, SOCK_TSTAMP_NEW, val && (optname == SO_TIMESTAMP_NEW ||
							       optname == SO_TIMESTAMPNS_NEW));
		if (val)
			sock_enable_timestamp(sk, SOCK_TIMESTAMP);
		return 0;
	case SO_TIMESTAMPING_OLD:
	case SO_TIMESTAMPING_NEW:
		return set_timestamping(sk, optname, val);
	}
	return -ENOPROTOOPT;
}

static int set_timestamping(struct sock *sk, int optname, int val)
{
	if (val & ~TIMESTAMPING_MASK)
		return -EINVAL;
	if (val & SOF_TIMESTAMPING_OPT_ID && !(sk->sk_tsflags & SOF_TIMESTAMPING_OPT_ID))
		sk->sk_tskey = 0;
	if (val & SOF_TIMESTAMPING_OPT_STATS && !(val & SOF_TIMESTAMPING_OPT_TSONLY))
		return -EINVAL;
	sk->sk_tsflags = (uint32_t)val;
	sock_valbool_flag(sk, SOCK_TSTAMP_NEW, optname == SO_TIMESTAMPING_NEW);
	if (val & SOF_TIMESTAMPING_RX_SOFTWARE)
		sock_enable_timestamp(sk, SOCK_TIMESTAMPING_RX_SOFTWARE);
	else
		sock_disable_timestamp(sk, SOCK_TIMESTAMPING_RX_SOFTWARE);
	return 0;
}

static void set_sndbuf(struct sock *sk, int val)
{
	sk->sk_userlocks |= SOCK_SNDBUF_LOCK;
	val = min_t(int, val, INT_MAX / 2);
	WRITE_ONCE(sk->sk_sndbuf, max_t(int, val * 2, SOCK_MIN_SNDBUF));
	sk->sk_write_space(sk);
}

/* Twice what was asked: a datagram costs more than its bytes, and Linux says so by doubling. */
static void set_rcvbuf(struct sock *sk, int val)
{
	sk->sk_userlocks |= SOCK_RCVBUF_LOCK;
	val = min_t(int, val, INT_MAX / 2);
	WRITE_ONCE(sk->sk_rcvbuf, max_t(int, val * 2, SOCK_MIN_RCVBUF));
}

static int set_int_option(struct sock *sk, int optname, int val, bool net_admin)
{
	const struct netns_core *core = &sock_net(sk)->core;

	switch (optname) {
	case SO_SNDBUF: /* a negative wish is a huge one */
		set_sndbuf(sk, (int)min_t(uint32_t, (uint32_t)val,
					  (uint32_t)READ_ONCE(core->sysctl_wmem_max)));
		return 0;
	case SO_RCVBUF:
		set_rcvbuf(sk, (int)min_t(uint32_t, (uint32_t)val,
					  (uint32_t)READ_ONCE(core->sysctl_rmem_max)));
		return 0;
	case SO_SNDBUFFORCE:
		if (!net_admin)
			return -EPERM;
		set_sndbuf(sk, max(val, 0));
		return 0;
	case SO_RCVBUFFORCE:
		if (!net_admin)
			return -EPERM;
		set_rcvbuf(sk, max(val, 0));
		return 0;
	case SO_PRIORITY:
		if ((val < 0 || val > 6) && !net_admin)
			return -EPERM;
		sk->sk_priority = (uint32_t)val;
		return 0;
	case SO_MARK:
		if (!net_admin)
			return -EPERM;
		if (sk->sk_mark != (uint32_t)val) {
			sk->sk_mark = (uint32_t)val;
			sk_dst_reset(sk);
		}
		return 0;
	case SO_RCVLOWAT:
		sk->sk_rcvlowat = val < 0 ? INT_MAX : val ? val : 1;
		return 0;
	case SO_PEEK_OFF:
		if (!has_peek_off(sk))
			return -EOPNOTSUPP;
		WRITE_ONCE(sk->sk_peek_off, val);
		return 0;
	case SO_INCOMING_CPU:
		WRITE_ONCE(sk->sk_incoming_cpu, val);
		return 0;
	case SO_BUF_LOCK:
		if (val & ~(SOCK_SNDBUF_LOCK | SOCK_RCVBUF_LOCK))
			return -EINVAL;
		sk->sk_userlocks = (sk->sk_userlocks & ~(SOCK_SNDBUF_LOCK | SOCK_RCVBUF_LOCK)) | (unsigned)val;
		return 0;
	case SO_BINDTOIFINDEX:
		return sock_bindtoindex(sk, val);
	case SO_CNX_ADVICE: /* the way is bad: find another */
		if (val == 1)
			sk_dst_reset(sk);
		return 0;
	}
	return -ENOPROTOOPT;
}

/* Datagrams have lengths to peek into; raw and ping sockets refuse, as Linux's do. */
static bool has_peek_off(const struct sock *sk)
{
	return sk->sk_type == SOCK_DGRAM && sk->sk_protocol != IPPROTO_ICMP;
}

/* --- get --- */

int sock_getsockopt(struct sock *sk, int optname, void *optval, socklen_t *optlen)
{
	union opt_value v;
	int len;

	len = get_name_option(sk, optname, optval, optlen);
	if (len != -ENOPROTOOPT)
		return len;
	memset(&v, 0, sizeof(v));
	len = get_int_option(sk, optname, &v.val);
	if (len == -ENOPROTOOPT)
		len = get_value_option(sk, optname, &v);
	if (len < 0)
		return len;
	if (optname == SO_COOKIE && *optlen < sizeof(v.val64))
		return -EINVAL;
	*optlen = min_t(socklen_t, *optlen, (socklen_t)len);
	if (*optlen)
		memcpy(optval, &v, *optlen);
	return 0;
}

/* Options that write *optlen by rules of their own: 0, an error, or ENOPROTOOPT for all others. */
static int get_name_option(struct sock *sk, int optname, void *optval, socklen_t *optlen)
{
	struct net_device *dev;
	int n;

	switch (optname) {
	case SO_BINDTODEVICE:
		if (!sk->sk_bound_dev_if) {
			*optlen = 0;
			return 0;
		}
		if (*optlen < IFNAMSIZ)
			return -EINVAL;
		dev = dev_get_by_index_rcu(sock_net(sk), sk->sk_bound_dev_if);
		if (!dev)
			return -ENODEV;
		*optlen = (socklen_t)strlen(dev->name) + 1;
		memcpy(optval, dev->name, *optlen);
		return 0;
	case SO_GET_FILTER: /* the length counts instructions */
		n = sk_get_filter(sk, optval, *optlen);
		if (n < 0)
			return n;
		*optlen = (socklen_t)n;
		return 0;
	}
	return -ENOPROTOOPT;
}

/* sizeof(int), or -ENOPROTOOPT */
static int get_int_option(struct sock *sk, int optname, int *val)
{
	switch (optname) {
	case SO_SNDBUF: *val = sk->sk_sndbuf; break;
	case SO_RCVBUF: *val = sk->sk_rcvbuf; break;
	case SO_REUSEADDR: *val = sk->sk_reuse; break;
	case SO_REUSEPORT: *val = sk->sk_reuseport; break;
	case SO_KEEPALIVE: *val = sock_flag(sk, SOCK_KEEPOPEN); break;
	case SO_TYPE: *val = sk->sk_type; break;
	case SO_PROTOCOL: *val = sk->sk_protocol; break;
	case SO_DOMAIN: *val = sk->sk_family; break;
	case SO_OOBINLINE: *val = sock_flag(sk, SOCK_URGINLINE); break;
	case SO_NO_CHECK: *val = sk->sk_no_check_tx; break;
	case SO_PRIORITY: *val = (int)sk->sk_priority; break;
	case SO_BROADCAST: *val = sock_flag(sk, SOCK_BROADCAST); break;
	case SO_DONTROUTE: *val = sock_flag(sk, SOCK_LOCALROUTE); break;
	case SO_RCVLOWAT: *val = sk->sk_rcvlowat; break;
	case SO_ACCEPTCONN: *val = sk->sk_state == TCP_LISTEN; break;
	case SO_MARK: *val = (int)sk->sk_mark; break;
	case SO_RXQ_OVFL: *val = sock_flag(sk, SOCK_RXQ_OVFL); break;
	case SO_PEEK_OFF:
		if (!has_peek_off(sk))
			return -EOPNOTSUPP;
		*val = sk->sk_peek_off;
		break;
	case SO_PASSCRED:
	case SO_PASSSEC: return -EOPNOTSUPP;
	case SO_BSDCOMPAT: *val = 0; break;
	case SO_SNDLOWAT: *val = 1; break;
	case SO_BINDTOIFINDEX: *val = sk->sk_bound_dev_if; break;
	case SO_BUF_LOCK: *val = sk->sk_userlocks & (SOCK_SNDBUF_LOCK | SOCK_RCVBUF_LOCK); break;
	case SO_LOCK_FILTER: *val = sock_flag(sk, SOCK_FILTER_LOCKED); break;
	case SO_SELECT_ERR_QUEUE: *val = sock_flag(sk, SOCK_SELECT_ERR_QUEUE); break;
	case SO_INCOMING_CPU: *val = READ_ONCE(sk->sk_incoming_cpu); break;
	case SO_TIMESTAMP_OLD:
	case SO_TIMESTAMP_NEW:
		*val = sock_flag(sk, SOCK_RCVTSTAMP) && !sock_flag(sk, SOCK_RCVTSTAMPNS) &&
		       sock_flag(sk, SOCK_TSTAMP_NEW) == (optname == SO_TIMESTAMP_NEW);
		break;
	case SO_TIMESTAMPNS_OLD:
	case SO_TIMESTAMPNS_NEW:
		*val = sock_flag(sk, SOCK_RCVTSTAMPNS) &&
		       sock_flag(sk, SOCK_TSTAMP_NEW) == (optname == SO_TIMESTAMPNS_NEW);
		break;
	case SO_ERROR:
		*val = -sock_error(sk);
		if (!*val) {
			*val = sk->sk_err_soft;
			sk->sk_err_soft = 0;
		}
		break;
	default:
		return -ENOPROTOOPT;
	}
	return sizeof(int);
}

static void put_timeout(const struct sock *sk, long timeo, struct timeval *tv)
{
	long hz = sock_net(sk)->m.hz;

	if (timeo == MAX_SCHEDULE_TIMEOUT) {
		*tv = (struct timeval){ 0 };
		return;
	}
	tv->tv_sec = timeo / hz;
	tv->tv_usec = timeo % hz * 1000000 / hz;
}

/* Length of the value, or -ENOPROTOOPT */
static int get_value_option(struct sock *sk, int optname, union opt_value *v)
{
	switch (optname) {
	case SO_LINGER:
		v->ling.l_onoff = sock_flag(sk, SOCK_LINGER);
		v->ling.l_linger = (int)(sk->sk_lingertime / (long)sock_net(sk)->m.hz);
		return sizeof(v->ling);
	case SO_RCVTIMEO_OLD:
	case SO_RCVTIMEO_NEW:
		put_timeout(sk, sk->sk_rcvtimeo, &v->tv);
		return sizeof(v->tv);
	case SO_SNDTIMEO_OLD:
	case SO_SNDTIMEO_NEW:
		put_timeout(sk, sk->sk_sndtimeo, &v->tv);
		return sizeof(v->tv);
	case SO_TIMESTAMPING_OLD:
	case SO_TIMESTAMPING_NEW: /* the flags, and a clock that is none of ours */
		v->val = (int)sk->sk_tsflags;
		return 2 * sizeof(int);
	case SO_PEERCRED: /* nobody is at the other end */
		v->peer[1] = v->peer[2] = -1;
		return sizeof(v->peer);
	case SO_COOKIE:
		v->val64 = sk->sk_cookie;
		return sizeof(v->val64);
	case SO_MEMINFO:
		v->meminfo[SK_MEMINFO_RMEM_ALLOC] = (uint32_t)atomic_read(&sk->sk_rmem_alloc);
		v->meminfo[SK_MEMINFO_RCVBUF] = (uint32_t)sk->sk_rcvbuf;
		v->meminfo[SK_MEMINFO_WMEM_ALLOC] = (uint32_t)sk_wmem_alloc_get(sk);
		v->meminfo[SK_MEMINFO_SNDBUF] = (uint32_t)sk->sk_sndbuf;
		v->meminfo[SK_MEMINFO_FWD_ALLOC] = (uint32_t)sk->sk_forward_alloc;
		v->meminfo[SK_MEMINFO_OPTMEM] = (uint32_t)atomic_read(&sk->sk_omem_alloc);
		v->meminfo[SK_MEMINFO_BACKLOG] = (uint32_t)sk->sk_backlog.len;
		v->meminfo[SK_MEMINFO_DROPS] = (uint32_t)atomic_read(&sk->sk_drops);
		return sizeof(v->meminfo);
	}
	return -ENOPROTOOPT;
}

/* --- stamps --- */

/*
 * The stack stamps received frames as long as one socket wants it; a socket counts once, whatever
 * it wants.
 */
void sock_enable_timestamp(struct sock *sk, enum sock_flags flag)
{
	bool had = sock_flag(sk, SOCK_TIMESTAMP) || sock_flag(sk, SOCK_TIMESTAMPING_RX_SOFTWARE);

	sock_set_flag(sk, flag);
	if (!had)
		net_enable_timestamp(sock_net(sk));
}

static void sock_disable_timestamp(struct sock *sk, enum sock_flags flag)
{
	if (!sock_flag(sk, flag))
		return;
	sock_reset_flag(sk, flag);
	if (!sock_flag(sk, SOCK_TIMESTAMP) && !sock_flag(sk, SOCK_TIMESTAMPING_RX_SOFTWARE))
		net_disable_timestamp(sock_net(sk));
}

/* --- control messages --- */

int put_cmsg(struct msghdr *msg, int level, int type, int len, const void *data)
{
	size_t cmlen = CMSG_LEN((size_t)len), space;
	struct cmsghdr cm = { .cmsg_level = level, .cmsg_type = type };

	if (!msg->msg_control || msg->msg_controllen < sizeof(cm)) {
		msg->msg_flags |= MSG_CTRUNC;
		return 0;
	}
	if (msg->msg_controllen < cmlen) {
		msg->msg_flags |= MSG_CTRUNC;
		cmlen = msg->msg_controllen;
	}
	cm.cmsg_len = cmlen;
	memcpy(msg->msg_control, &cm, sizeof(cm));
	memcpy((char *)msg->msg_control + CMSG_LEN(0), data, cmlen - CMSG_LEN(0));
	space = min_t(size_t, CMSG_SPACE((size_t)len), msg->msg_controllen);
	msg->msg_control = (char *)msg->msg_control + space;
	msg->msg_controllen -= space;
	return 0;
}

void sock_recv_ts_and_drops(struct msghdr *msg, struct sock *sk, struct sk_buff *skb)
{
	const unsigned long wants = 1ul << SOCK_RXQ_OVFL | 1ul << SOCK_RCVTSTAMP;

	if (!(sk->sk_flags & wants) && !sk->sk_tsflags) {
		sk->sk_stamp = skb->tstamp;
		return;
	}
	sock_recv_timestamp(msg, sk, skb);
	if (sock_flag(sk, SOCK_RXQ_OVFL) && SOCK_SKB_CB(skb)->dropcount)
		put_cmsg(msg, SOL_SOCKET, SO_RXQ_OVFL, sizeof(uint32_t),
			 &SOCK_SKB_CB(skb)->dropcount);
}

static void sock_recv_timestamp(struct msghdr *msg, struct sock *sk, struct sk_buff *skb)
{
	bool is_new = sock_flag(sk, SOCK_TSTAMP_NEW);
	struct timespec ts[3] = { { 0 } };
	struct timeval tv;

	/* It came before the option was set: better the time of reading than none. */
	if (sock_flag(sk, SOCK_RCVTSTAMP) && !skb->tstamp)
		skb->tstamp = ktime_get_real(sock_net(sk));
	ts[0].tv_sec = skb->tstamp / (int64_t)NSEC_PER_SEC;
	ts[0].tv_nsec = skb->tstamp % (int64_t)NSEC_PER_SEC;
	if (sock_flag(sk, SOCK_RCVTSTAMP) && sock_flag(sk, SOCK_RCVTSTAMPNS)) {
		put_cmsg(msg, SOL_SOCKET, is_new ? SO_TIMESTAMPNS_NEW : SO_TIMESTAMPNS_OLD,
			 sizeof(ts[0]), &ts[0]);
	} else if (sock_flag(sk, SOCK_RCVTSTAMP)) {
		tv = (struct timeval){ ts[0].tv_sec, ts[0].tv_nsec / 1000 };
		put_cmsg(msg, SOL_SOCKET, is_new ? SO_TIMESTAMP_NEW : SO_TIMESTAMP_OLD, sizeof(tv),
			 &tv);
	}
	if (sk->sk_tsflags & SOF_TIMESTAMPING_SOFTWARE && skb->tstamp)
		put_cmsg(msg, SOL_SOCKET, is_new ? SO_TIMESTAMPING_NEW : SO_TIMESTAMPING_OLD,
			 sizeof(ts), ts);
	sk->sk_stamp = skb->tstamp;
}

int sock_cmsg_send(struct sock *sk, struct msghdr *msg, struct sockcm_cookie *c)
{
	bool net_admin = sk->sk_socket && sk->sk_socket->cred.net_admin;
	const char *p = msg->msg_control;
	size_t left = p ? msg->msg_controllen : 0;
	struct cmsghdr cm;
	uint32_t val;

	for (size_t step; left >= sizeof(cm); p += step, left -= step) {
		memcpy(&cm, p, sizeof(cm));
		if (cm.cmsg_len < sizeof(cm) || cm.cmsg_len > left)
			return -EINVAL;
		step = min_t(size_t, CMSG_ALIGN(cm.cmsg_len), left);
		if (cm.cmsg_level != SOL_SOCKET)
			continue;
		if (cm.cmsg_type == SCM_RIGHTS || cm.cmsg_type == SCM_CREDENTIALS)
			continue; /* of AF_UNIX; harmless elsewhere */
		if (cm.cmsg_len != CMSG_LEN(sizeof(val)))
			return -EINVAL;
		memcpy(&val, p + CMSG_LEN(0), sizeof(val));
		switch (cm.cmsg_type) {
		case SO_MARK:
			if (!net_admin)
				return -EPERM;
			c->mark = val;
			break;
		case SO_PRIORITY:
			if (val > 6 && !net_admin)
				return -EPERM;
			c->priority = val;
			break;
		case SO_TIMESTAMPING_OLD:
		case SO_TIMESTAMPING_NEW:
			if (val & ~(uint32_t)TX_RECORD_MASK)
				return -EINVAL;
			c->tsflags = (uint16_t)((c->tsflags & ~TX_RECORD_MASK) | val);
			break;
		default:
			return -EINVAL;
		}
	}
	return 0;
}
