/* SPDX-License-Identifier: MIT */
/* check_sock_opt.c: SOL_SOCKET options and control messages. */
#include "sockfix.h"

#include <limits.h>
#include <linux/net_tstamp.h>
#include <linux/sock_diag.h>
#include <sys/time.h>

#include "core/filter.h"

static struct sock *sk;
static struct socket sock;

static void begin(void)
{
	sockfix_begin();
	sk = fix_sock();
	memset(&sock, 0, sizeof(sock));
	sock_graft(sk, &sock);
	sk->sk_type = SOCK_DGRAM;
	sk->sk_protocol = IPPROTO_UDP;
}

static void end(void)
{
	sk_common_release(sk);
	sockfix_end();
}

static int set(int opt, int val, bool admin)
{
	return sock_setsockopt(sk, opt, &val, sizeof(val), admin);
}

static int get(int opt)
{
	int val = -1;
	socklen_t len = sizeof(val);
	int err = sock_getsockopt(sk, opt, &val, &len);

	ck_assert_msg(!err, "option %d: %d", opt, err);
	ck_assert_uint_eq(len, sizeof(val));
	return val;
}

/* L2, R12: doubled, at least the minimum, silently capped. */
START_TEST(test_L2_rcvbuf)
{
	ck_assert_int_eq(get(SO_RCVBUF), 212992);
	ck_assert_int_eq(set(SO_RCVBUF, 4096, false), 0);
	ck_assert_int_eq(get(SO_RCVBUF), 8192);
	ck_assert_int_eq(set(SO_RCVBUF, 0, false), 0);
	ck_assert_int_eq(get(SO_RCVBUF), SOCK_MIN_RCVBUF);
	ck_assert_int_eq(set(SO_RCVBUF, 1152, false), 0);
	ck_assert_int_eq(get(SO_RCVBUF), 2304);
	ck_assert_int_eq(set(SO_RCVBUF, INT_MAX, false), 0);
	ck_assert_int_eq(get(SO_RCVBUF), 425984);
	ck_assert_int_eq(set(SO_RCVBUF, -1, false), 0);
	ck_assert_int_eq(get(SO_RCVBUF), 425984);
	/* R8: the knobs */
	ck_assert_int_eq(sysctl_write(&fx.net->vfs, "net.core.rmem_max", "8388608", NULL), 0);
	ck_assert_int_eq(sysctl_write(&fx.net->vfs, "net.core.rmem_default", "8388608", NULL), 0);
	ck_assert_int_eq(set(SO_RCVBUF, 8388608, false), 0);
	ck_assert_int_eq(get(SO_RCVBUF), 16777216);
	ck_assert_int_eq(sysctl_write(&fx.net->vfs, "net.core.rmem_max", "2303", NULL), -EINVAL);
	struct sock *young = fix_sock();
	ck_assert_int_eq(young->sk_rcvbuf, 8388608);
	sk_common_release(young);
	ck_assert(sk->sk_userlocks & SOCK_RCVBUF_LOCK);
}
END_TEST

/* L3, R16: the forced form ignores the cap and wants the right. */
START_TEST(test_L3_force)
{
	ck_assert_int_eq(set(SO_RCVBUFFORCE, 8388608, false), -EPERM);
	ck_assert_int_eq(get(SO_RCVBUF), 212992);
	ck_assert_int_eq(set(SO_RCVBUFFORCE, 8388608, true), 0);
	ck_assert_int_eq(get(SO_RCVBUF), 16777216);
	ck_assert_int_eq(set(SO_RCVBUFFORCE, -5, true), 0);
	ck_assert_int_eq(get(SO_RCVBUF), SOCK_MIN_RCVBUF);
	ck_assert_int_eq(set(SO_RCVBUFFORCE, INT_MAX, true), 0);
	ck_assert_int_eq(get(SO_RCVBUF), INT_MAX / 2 * 2);
	ck_assert_int_eq(set(SO_SNDBUFFORCE, 1 << 20, false), -EPERM);
	ck_assert_int_eq(set(SO_SNDBUFFORCE, 1 << 20, true), 0);
	ck_assert_int_eq(get(SO_SNDBUF), 2 << 20);
	ck_assert_int_eq(set(SO_SNDBUF, 1, false), 0);
	ck_assert_int_eq(get(SO_SNDBUF), SOCK_MIN_SNDBUF);
	ck_assert_int_eq(set(SO_SNDBUF, 1 << 20, false), 0);
	ck_assert_int_eq(get(SO_SNDBUF), 425984);
}
END_TEST

START_TEST(test_flags)
{
	static const int flags[] = { SO_REUSEADDR, SO_REUSEPORT, SO_BROADCAST,
				     SO_DONTROUTE, SO_KEEPALIVE, SO_OOBINLINE,
				     SO_NO_CHECK,  SO_RXQ_OVFL,	 SO_SELECT_ERR_QUEUE };

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		ck_assert_int_eq(get(flags[i]), 0);
		ck_assert_int_eq(set(flags[i], 7, false), 0);
		ck_assert_int_eq(get(flags[i]), 1);
		ck_assert_int_eq(set(flags[i], 0, false), 0);
		ck_assert_int_eq(get(flags[i]), 0);
	}
}
END_TEST

START_TEST(test_numbers)
{
	ck_assert_int_eq(get(SO_TYPE), SOCK_DGRAM);
	ck_assert_int_eq(get(SO_DOMAIN), AF_INET);
	ck_assert_int_eq(get(SO_PROTOCOL), IPPROTO_UDP);
	ck_assert_int_eq(get(SO_ACCEPTCONN), 0);
	sk->sk_state = TCP_LISTEN;
	ck_assert_int_eq(get(SO_ACCEPTCONN), 1);
	sk->sk_state = TCP_CLOSE;
	ck_assert_int_eq(set(SO_TYPE, 1, true), -ENOPROTOOPT);
	ck_assert_int_eq(set(SO_ERROR, 1, true), -ENOPROTOOPT);
	ck_assert_int_eq(set(9999, 1, true), -ENOPROTOOPT);
	for (int p = 0; p <= 6; p++)
		ck_assert_int_eq(set(SO_PRIORITY, p, false), 0);
	ck_assert_int_eq(set(SO_PRIORITY, 7, false), -EPERM);
	ck_assert_int_eq(set(SO_PRIORITY, -1, false), -EPERM);
	ck_assert_int_eq(set(SO_PRIORITY, 7, true), 0);
	ck_assert_int_eq(get(SO_PRIORITY), 7);
	ck_assert_int_eq(set(SO_MARK, 5, false), -EPERM);
	ck_assert_int_eq(set(SO_MARK, 5, true), 0);
	ck_assert_int_eq(get(SO_MARK), 5);
	ck_assert_int_eq(set(SO_PEEK_OFF, 12, false), 0);
	ck_assert_int_eq(get(SO_PEEK_OFF), 12);
	ck_assert_int_eq(set(SO_RCVLOWAT, 0, false), 0);
	ck_assert_int_eq(get(SO_RCVLOWAT), 1);
	ck_assert_int_eq(set(SO_RCVLOWAT, -3, false), 0);
	ck_assert_int_eq(get(SO_RCVLOWAT), INT_MAX);
	ck_assert_int_eq(get(SO_INCOMING_CPU), -1); /* R15 */
	sk->sk_incoming_cpu = 3;
	ck_assert_int_eq(get(SO_INCOMING_CPU), 3);
}
END_TEST

START_TEST(test_error)
{
	sk->sk_err = ECONNREFUSED;
	sk->sk_err_soft = EHOSTUNREACH;
	ck_assert_int_eq(get(SO_ERROR), ECONNREFUSED);
	ck_assert_int_eq(get(SO_ERROR), EHOSTUNREACH);
	ck_assert_int_eq(get(SO_ERROR), 0);
}
END_TEST

START_TEST(test_lengths)
{
	struct sock_fprog prog = { 0 };
	char big[64];
	socklen_t len;
	int val = 1;

	for (socklen_t n = 0; n < sizeof(int); n++)
		ck_assert_int_eq(sock_setsockopt(sk, SO_BROADCAST, &val, n, true), -EINVAL);
	ck_assert_int_eq(sock_setsockopt(sk, SO_LINGER, &val, sizeof(val), true), -EINVAL);
	ck_assert_int_eq(sock_setsockopt(sk, SO_RCVTIMEO, &val, sizeof(val), true), -EINVAL);
	ck_assert_int_eq(sock_setsockopt(sk, SO_ATTACH_FILTER, &prog, sizeof(prog) - 1, true),
			 -EINVAL);
	/* get: short buffers are filled, long ones cut to the value */
	len = 2;
	memset(big, 0x55, sizeof(big));
	ck_assert_int_eq(sock_getsockopt(sk, SO_TYPE, big, &len), 0);
	ck_assert_uint_eq(len, 2);
	ck_assert_int_eq(big[2], 0x55);
	len = sizeof(big);
	ck_assert_int_eq(sock_getsockopt(sk, SO_TYPE, big, &len), 0);
	ck_assert_uint_eq(len, 4);
	len = 4;
	ck_assert_int_eq(sock_getsockopt(sk, SO_COOKIE, big, &len), -EINVAL);
	len = 8;
	ck_assert_int_eq(sock_getsockopt(sk, SO_COOKIE, big, &len), 0);
	ck_assert_int_eq(memcmp(big, &sk->sk_cookie, 8), 0);
	len = 0;
	ck_assert_int_eq(sock_getsockopt(sk, SO_TYPE, NULL, &len), 0);
}
END_TEST

static int set_timeo(int opt, long sec, long usec)
{
	struct timeval tv = { sec, usec };

	return sock_setsockopt(sk, opt, &tv, sizeof(tv), false);
}

START_TEST(test_timeouts)
{
	struct timeval tv;
	socklen_t len = sizeof(tv);

	ck_assert_int_eq(sk->sk_rcvtimeo, MAX_SCHEDULE_TIMEOUT);
	ck_assert_int_eq(set_timeo(20, 1, 500000), 0);
	ck_assert_int_eq(sk->sk_rcvtimeo, 375);
	ck_assert_int_eq(set_timeo(66, 0, 1), 0);
	ck_assert_int_eq(sk->sk_rcvtimeo, 1); /* rounded up */
	ck_assert_int_eq(set_timeo(20, 0, 1000000), -EDOM);
	ck_assert_int_eq(set_timeo(20, 0, -1), -EDOM);
	ck_assert_int_eq(set_timeo(20, -1, 0), 0);
	ck_assert_int_eq(sk->sk_rcvtimeo, 0);
	ck_assert_int_eq(set_timeo(20, 0, 0), 0);
	ck_assert_int_eq(sk->sk_rcvtimeo, MAX_SCHEDULE_TIMEOUT);
	ck_assert_int_eq(set_timeo(20, LONG_MAX, 0), 0);
	ck_assert_int_eq(sk->sk_rcvtimeo, MAX_SCHEDULE_TIMEOUT);
	ck_assert_int_eq(set_timeo(21, 2, 4000), 0);
	ck_assert_int_eq(sk->sk_sndtimeo, 501);
	ck_assert_int_eq(sock_getsockopt(sk, 67, &tv, &len), 0);
	ck_assert_int_eq(tv.tv_sec, 2);
	ck_assert_int_eq(tv.tv_usec, 4000);
	ck_assert_int_eq(sock_getsockopt(sk, 66, &tv, &len), 0);
	ck_assert_int_eq(tv.tv_sec + tv.tv_usec, 0);
}
END_TEST

START_TEST(test_linger)
{
	struct linger l = { 1, 5 }, got;
	socklen_t len = sizeof(got);

	ck_assert_int_eq(sock_setsockopt(sk, SO_LINGER, &l, sizeof(l), false), 0);
	ck_assert_int_eq(sock_getsockopt(sk, SO_LINGER, &got, &len), 0);
	ck_assert_int_eq(got.l_onoff, 1);
	ck_assert_int_eq(got.l_linger, 5);
}
END_TEST

START_TEST(test_bindtodevice)
{
	char name[IFNAMSIZ + 4] = "";
	socklen_t len = sizeof(name);

	ck_assert_int_eq(sock_getsockopt(sk, SO_BINDTODEVICE, name, &len), 0);
	ck_assert_uint_eq(len, 0);
	ck_assert_int_eq(sock_setsockopt(sk, SO_BINDTODEVICE, "nothere", 7, false), -ENODEV);
	ck_assert_int_eq(sock_setsockopt(sk, SO_BINDTODEVICE, "test0", 5, false), 0);
	ck_assert_int_eq(sk->sk_bound_dev_if, fx.dev->ifindex);
	len = IFNAMSIZ - 1;
	ck_assert_int_eq(sock_getsockopt(sk, SO_BINDTODEVICE, name, &len), -EINVAL);
	len = sizeof(name);
	ck_assert_int_eq(sock_getsockopt(sk, SO_BINDTODEVICE, name, &len), 0);
	ck_assert_uint_eq(len, 6);
	ck_assert_str_eq(name, "test0");
	/* once bound, only who may send raw packets moves it */
	ck_assert_int_eq(sock_setsockopt(sk, SO_BINDTODEVICE, "", 0, true), -EPERM);
	sock.cred.net_raw = true;
	ck_assert_int_eq(sock_setsockopt(sk, SO_BINDTODEVICE, "", 0, false), 0);
	ck_assert_int_eq(sk->sk_bound_dev_if, 0);
	memset(name, 'x', sizeof(name));
	ck_assert_int_eq(sock_setsockopt(sk, SO_BINDTODEVICE, name, sizeof(name), false), -ENODEV);
}
END_TEST

/* R17: SO_MEMINFO */
START_TEST(test_R17_meminfo)
{
	uint32_t m[SK_MEMINFO_VARS];
	socklen_t len = sizeof(m);

	ck_assert_int_eq(fix_deliver(sk, 100, 0), 0);
	atomic_set(&sk->sk_drops, 3);
	ck_assert_int_eq(sock_getsockopt(sk, SO_MEMINFO, m, &len), 0);
	ck_assert_uint_eq(len, SK_MEMINFO_VARS * 4);
	ck_assert_uint_eq(m[SK_MEMINFO_RMEM_ALLOC], (uint32_t)atomic_read(&sk->sk_rmem_alloc));
	ck_assert_uint_gt(m[SK_MEMINFO_RMEM_ALLOC], 0);
	ck_assert_uint_eq(m[SK_MEMINFO_RCVBUF], 212992);
	ck_assert_uint_eq(m[SK_MEMINFO_WMEM_ALLOC], 0);
	ck_assert_uint_eq(m[SK_MEMINFO_FWD_ALLOC] + m[SK_MEMINFO_RMEM_ALLOC], 4096);
	ck_assert_uint_eq(m[SK_MEMINFO_DROPS], 3);
}
END_TEST

START_TEST(test_filter_options)
{
	struct sock_filter code[] = { BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
				      BPF_STMT(BPF_RET | BPF_A, 0) },
			   out[4];
	struct sock_fprog prog = { 2, code };
	socklen_t len = 0;

	ck_assert_int_eq(set(SO_DETACH_FILTER, 0, false), -ENOENT);
	ck_assert_int_eq(sock_getsockopt(sk, SO_GET_FILTER, out, &len), 0);
	ck_assert_uint_eq(len, 0);
	ck_assert_int_eq(sock_setsockopt(sk, SO_ATTACH_FILTER, &prog, sizeof(prog), false), 0);
	ck_assert_int_eq(atomic_read(&sk->sk_omem_alloc), (int)sk_filter_size(2));
	ck_assert_int_eq(sock_getsockopt(sk, SO_GET_FILTER, out, &len), 0);
	ck_assert_uint_eq(len, 2);
	len = 1;
	ck_assert_int_eq(sock_getsockopt(sk, SO_GET_FILTER, out, &len), -EINVAL);
	len = 4;
	ck_assert_int_eq(sock_getsockopt(sk, SO_GET_FILTER, out, &len), 0);
	ck_assert_uint_eq(len, 2);
	ck_assert_int_eq(memcmp(out, code, sizeof(code)), 0);
	ck_assert_int_eq(set(SO_LOCK_FILTER, 1, false), 0);
	ck_assert_int_eq(set(SO_LOCK_FILTER, 0, true), -EPERM);
	ck_assert_int_eq(set(SO_DETACH_FILTER, 0, true), -EPERM);
	ck_assert_int_eq(sock_setsockopt(sk, SO_ATTACH_FILTER, &prog, sizeof(prog), true), -EPERM);
	sock_reset_flag(sk, SOCK_FILTER_LOCKED);
	fx.net->core.sysctl_optmem_max = 1;
	ck_assert_int_eq(sock_setsockopt(sk, SO_ATTACH_FILTER, &prog, sizeof(prog), true), -ENOMEM);
	ck_assert_int_eq(set(SO_DETACH_FILTER, 0, false), 0);
	ck_assert_int_eq(atomic_read(&sk->sk_omem_alloc), 0);
}
END_TEST

/* --- control messages --- */

static char control[512];
static struct msghdr recv_msg(size_t room)
{
	return (struct msghdr){ .msg_control = control, .msg_controllen = room };
}

START_TEST(test_put_cmsg)
{
	struct msghdr m = recv_msg(sizeof(control));
	uint32_t v = 0x12345678;
	struct cmsghdr *c = (void *)control;

	ck_assert_int_eq(put_cmsg(&m, SOL_SOCKET, 7, 4, &v), 0);
	ck_assert_uint_eq(c->cmsg_len, CMSG_LEN(4));
	ck_assert_int_eq(c->cmsg_type, 7);
	ck_assert_ptr_eq(m.msg_control, control + CMSG_SPACE(4));
	ck_assert_uint_eq(m.msg_controllen, sizeof(control) - CMSG_SPACE(4));
	ck_assert_int_eq(m.msg_flags, 0);
	m = recv_msg(CMSG_LEN(2)); /* half of it fits */
	put_cmsg(&m, SOL_SOCKET, 7, 4, &v);
	ck_assert_int_eq(m.msg_flags, MSG_CTRUNC);
	ck_assert_uint_eq(c->cmsg_len, CMSG_LEN(2));
	ck_assert_uint_eq(m.msg_controllen, 0);
	m = recv_msg(sizeof(struct cmsghdr) - 1);
	put_cmsg(&m, SOL_SOCKET, 7, 4, &v);
	ck_assert_int_eq(m.msg_flags, MSG_CTRUNC);
	ck_assert_ptr_eq(m.msg_control, control);
	m = recv_msg(0);
	m.msg_control = NULL;
	put_cmsg(&m, SOL_SOCKET, 7, 4, &v);
	ck_assert_int_eq(m.msg_flags, MSG_CTRUNC);
}
END_TEST

/* R17: SO_RXQ_OVFL tells the drops as they were when the datagram was queued. */
START_TEST(test_R17_rxq_ovfl)
{
	struct msghdr m = recv_msg(sizeof(control));
	struct cmsghdr *c = (void *)control;
	struct sk_buff *skb;
	uint32_t drops;

	ck_assert_int_eq(set(SO_RXQ_OVFL, 1, false), 0);
	ck_assert_int_eq(fix_deliver(sk, 10, 0), 0);
	atomic_set(&sk->sk_drops, 42);
	ck_assert_int_eq(fix_deliver(sk, 10, 0), 0);
	atomic_set(&sk->sk_drops, 50);
	skb = skb_dequeue(&sk->sk_receive_queue);
	sock_recv_ts_and_drops(&m, sk, skb);
	ck_assert_ptr_eq(m.msg_control, control); /* none yet: nothing is told */
	consume_skb(skb);
	skb = skb_dequeue(&sk->sk_receive_queue);
	sock_recv_ts_and_drops(&m, sk, skb);
	ck_assert_int_eq(c->cmsg_type, SO_RXQ_OVFL);
	memcpy(&drops, CMSG_DATA(c), 4);
	ck_assert_uint_eq(drops, 42);
	consume_skb(skb);
}
END_TEST

/* R13: the kinds of stamps; while one is wanted, the stack stamps. */
START_TEST(test_R13_stamps)
{
	struct cmsghdr *c = (void *)control;
	struct msghdr m = recv_msg(sizeof(control));
	struct sk_buff *skb = fix_skb(10, 0);
	struct timespec ts[3];
	struct timeval tv;

	ck_assert_int_eq(atomic_read(&fx.net->netstamp_needed), 0);
	ck_assert_int_eq(set(SO_TIMESTAMP, 1, false), 0);
	ck_assert_int_eq(get(SO_TIMESTAMP), 1);
	ck_assert_int_eq(get(SO_TIMESTAMPNS), 0);
	ck_assert_int_eq(atomic_read(&fx.net->netstamp_needed), 1);
	skb->tstamp = 1700000001123456789ll;
	sock_recv_ts_and_drops(&m, sk, skb);
	ck_assert_int_eq(c->cmsg_type, SCM_TIMESTAMP);
	memcpy(&tv, CMSG_DATA(c), sizeof(tv));
	ck_assert_int_eq(tv.tv_sec, 1700000001);
	ck_assert_int_eq(tv.tv_usec, 123456);
	ck_assert_int_eq(set(SO_TIMESTAMPNS, 1, false), 0);
	ck_assert_int_eq(get(SO_TIMESTAMP), 0);
	ck_assert_int_eq(get(SO_TIMESTAMPNS), 1);
	m = recv_msg(sizeof(control));
	sock_recv_ts_and_drops(&m, sk, skb);
	ck_assert_int_eq(c->cmsg_type, SCM_TIMESTAMPNS);
	memcpy(ts, CMSG_DATA(c), sizeof(ts[0]));
	ck_assert_int_eq(ts[0].tv_nsec, 123456789);
	/* 64-bit form has a type of its own */
	ck_assert_int_eq(set(SO_TIMESTAMPNS_NEW, 1, false), 0);
	m = recv_msg(sizeof(control));
	sock_recv_ts_and_drops(&m, sk, skb);
	ck_assert_int_eq(c->cmsg_type, SO_TIMESTAMPNS_NEW);
	ck_assert_int_eq(set(SO_TIMESTAMPNS, 0, false), 0);

	ck_assert_int_eq(set(SO_TIMESTAMPING, 1 << 30, false), -EINVAL);
	ck_assert_int_eq(set(SO_TIMESTAMPING,
			     SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE, false),
			 0);
	ck_assert_int_eq(atomic_read(&fx.net->netstamp_needed), 1); /* a socket counts once */
	m = recv_msg(sizeof(control));
	sock_recv_ts_and_drops(&m, sk, skb);
	ck_assert_int_eq(c->cmsg_type, SCM_TIMESTAMPING);
	ck_assert_uint_eq(c->cmsg_len, CMSG_LEN(sizeof(ts)));
	memcpy(ts, CMSG_DATA(c), sizeof(ts));
	ck_assert_int_eq(ts[0].tv_nsec, 123456789);
	ck_assert_int_eq(ts[2].tv_sec + ts[2].tv_nsec, 0);
	consume_skb(skb);
}
END_TEST

/* The last socket that wants stamps ends them. */
START_TEST(test_stamps_end)
{
	struct sock *other = fix_sock();
	int one = SOF_TIMESTAMPING_RX_SOFTWARE, zero = 0;

	ck_assert_int_eq(sock_setsockopt(other, SO_TIMESTAMPING, &one, 4, false), 0);
	ck_assert_int_eq(atomic_read(&fx.net->netstamp_needed), 1);
	ck_assert_int_eq(sock_setsockopt(other, SO_TIMESTAMPING, &zero, 4, false), 0);
	ck_assert_int_eq(atomic_read(&fx.net->netstamp_needed), 0);
	ck_assert_int_eq(sock_setsockopt(other, SO_TIMESTAMP, &one, 4, false), 0);
	ck_assert_int_eq(atomic_read(&fx.net->netstamp_needed), 1);
	sk_common_release(other);
	ck_assert_int_eq(atomic_read(&fx.net->netstamp_needed), 0);
}
END_TEST

static int send_one(int level, int type, const void *data, size_t len, struct sockcm_cookie *c)
{
	char buf[64] __attribute__((aligned(8))) = { 0 };
	struct cmsghdr *cm = (void *)buf;
	struct msghdr m = { .msg_control = buf, .msg_controllen = CMSG_SPACE(len) };

	cm->cmsg_level = level;
	cm->cmsg_type = type;
	cm->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(cm), data, len);
	return sock_cmsg_send(sk, &m, c);
}

START_TEST(test_cmsg_send)
{
	struct sockcm_cookie c = { 0 };
	struct msghdr m = { .msg_control = control, .msg_controllen = sizeof(struct cmsghdr) };
	uint32_t v = 6;

	ck_assert_int_eq(send_one(SOL_SOCKET, SO_MARK, &v, 4, &c), -EPERM);
	ck_assert_int_eq(send_one(SOL_SOCKET, SO_PRIORITY, &v, 4, &c), 0);
	ck_assert_uint_eq(c.priority, 6);
	v = 7;
	ck_assert_int_eq(send_one(SOL_SOCKET, SO_PRIORITY, &v, 4, &c), -EPERM);
	sock.cred.net_admin = true;
	ck_assert_int_eq(send_one(SOL_SOCKET, SO_MARK, &v, 4, &c), 0);
	ck_assert_uint_eq(c.mark, 7);
	v = SOF_TIMESTAMPING_TX_SOFTWARE;
	c.tsflags = SOF_TIMESTAMPING_OPT_ID;
	ck_assert_int_eq(send_one(SOL_SOCKET, SO_TIMESTAMPING, &v, 4, &c), 0);
	ck_assert_uint_eq(c.tsflags, SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_TX_SOFTWARE);
	v = SOF_TIMESTAMPING_SOFTWARE;
	ck_assert_int_eq(send_one(SOL_SOCKET, SO_TIMESTAMPING, &v, 4, &c), -EINVAL);
	ck_assert_int_eq(send_one(SOL_SOCKET, SO_MARK, &v, 3, &c), -EINVAL);
	ck_assert_int_eq(send_one(SOL_SOCKET, 999, &v, 4, &c), -EINVAL);
	ck_assert_int_eq(send_one(SOL_SOCKET, SCM_RIGHTS, &v, 4, &c), 0);
	ck_assert_int_eq(send_one(IPPROTO_IP, 999, &v, 4, &c), 0); /* somebody else's */
	/* lengths that lie */
	memset(control, 0, sizeof(control));
	ck_assert_int_eq(sock_cmsg_send(sk, &m, &c), -EINVAL);
	((struct cmsghdr *)(void *)control)->cmsg_len = SIZE_MAX;
	ck_assert_int_eq(sock_cmsg_send(sk, &m, &c), -EINVAL);
	((struct cmsghdr *)(void *)control)->cmsg_len = sizeof(struct cmsghdr) + 1;
	ck_assert_int_eq(sock_cmsg_send(sk, &m, &c), -EINVAL);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_L2_rcvbuf,
				       test_L3_force,
				       test_flags,
				       test_numbers,
				       test_error,
				       test_lengths,
				       test_timeouts,
				       test_linger,
				       test_bindtodevice,
				       test_R17_meminfo,
				       test_filter_options,
				       test_put_cmsg,
				       test_R17_rxq_ovfl,
				       test_R13_stamps,
				       test_stamps_end,
				       test_cmsg_send,
				       NULL };

	return suite_of("sock_opt", begin, end, tests);
}
