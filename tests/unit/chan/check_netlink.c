/* SPDX-License-Identifier: MIT */
/*
 * check_netlink: netlink sockets of programs: names, options, answers and their numbers, notifications, rights, readers that do not read, and
 * messages that are wrong in every field.
 */
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "core/rtnetlink.h"
#include "unit/chan/chanfix.h"

#define PLAIN_USER 4711

static uint32_t asking; /* uid of who asks; 0: may do all */
static int asking_pid;

/* A request with what is behind it. */
static int ask(const struct app *a, enum gn_chan_op op, int arg0, int arg1, int arg2, const void *name, size_t namelen, const void *data, size_t len)
{
	static unsigned char buf[GN_CHAN_CALL_MAX];
	struct gn_chan_call *c = call_of(buf, op, a);

	c->arg[0] = arg0;
	c->arg[1] = arg1;
	c->arg[2] = arg2;
	c->namelen = (uint32_t)namelen;
	if (namelen)
		memcpy(c->name, name, namelen);
	c->len = (uint32_t)len;
	if (len)
		memcpy(c + 1, data, len);
	msg->buf = buf;
	msg->len = sizeof(*c) + len;
	msg->has_fd = a != NULL;
	msg->ino = a ? a->ino : 0;
	msg->pid = asking_pid;
	msg->cred = (struct cred){ .uid = asking, .net_admin = !asking, .net_raw = !asking, .net_bind_service = !asking };
	chan_call(chan, msg);
	return msg->reply.result;
}

static int nl_new(struct app *a, int type, int protocol)
{
	int ret = ask(NULL, GN_CHAN_NEW, AF_NETLINK, type, protocol, NULL, 0, NULL, 0);
	struct stat st;

	*a = (struct app){ .fd = msg->fd, .id = msg->reply.id };
	if (!ret && !fake_fds) {
		fstat(a->fd, &st);
		a->ino = st.st_ino;
	}
	return ret;
}

static int nl_name(const struct app *a, enum gn_chan_op op, uint32_t pid, uint32_t groups)
{
	struct sockaddr_nl snl = { .nl_family = AF_NETLINK, .nl_pid = pid, .nl_groups = groups };

	return ask(a, op, 0, 0, 0, &snl, sizeof(snl), NULL, 0);
}

static struct sockaddr_nl nl_getname(const struct app *a, enum gn_chan_op op)
{
	struct sockaddr_nl snl;

	ck_assert_int_eq(ask(a, op, 0, 0, 0, NULL, 0, NULL, 0), 0);
	ck_assert_uint_eq(msg->reply.namelen, sizeof(snl));
	memcpy(&snl, msg->reply.name, sizeof(snl));
	ck_assert_int_eq(snl.nl_family, AF_NETLINK);
	return snl;
}

static int nl_set(const struct app *a, int level, int name, int val)
{
	return ask(a, GN_CHAN_SETSOCKOPT, level, name, 0, NULL, 0, &val, sizeof(val));
}

static int nl_get(const struct app *a, int level, int name)
{
	int val, ret = ask(a, GN_CHAN_GETSOCKOPT, level, name, sizeof(val), NULL, 0, NULL, 0);

	memcpy(&val, msg->data, sizeof(val));
	return ret < 0 ? ret : val;
}

static int nl_send(const struct app *a, const void *data, size_t len)
{
	return ask(a, GN_CHAN_SENDTO, 0, 0, 0, NULL, 0, data, len);
}

/* A dump of what @type tells of. */
static int nl_dump(const struct app *a, int type, uint32_t seq)
{
	struct {
		struct nlmsghdr h;
		struct rtgenmsg g;
	} r = { .h = { .nlmsg_len = NLMSG_LENGTH(sizeof(r.g)), .nlmsg_type = (uint16_t)type, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP, .nlmsg_seq = seq } };

	return nl_send(a, &r, r.h.nlmsg_len);
}

/* Address 10.0.0.@last on lo, or away with it. */
static int nl_addr(const struct app *a, int type, unsigned last, int flags)
{
	struct {
		struct nlmsghdr h;
		struct ifaddrmsg m;
		struct nlattr attr;
		uint8_t local[4];
	} r = { .h = { .nlmsg_len = sizeof(r), .nlmsg_type = (uint16_t)type, .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags), .nlmsg_seq = 77 },
		.m = { .ifa_family = AF_INET, .ifa_prefixlen = 32, .ifa_index = 1 },
		.attr = { .nla_len = 8, .nla_type = IFA_LOCAL },
		.local = { 10, 0, 0, (uint8_t)last } };

	return nl_send(a, &r, sizeof(r));
}

static unsigned char in[70000];

static ssize_t nl_recv(const struct app *a)
{
	ssize_t n = recv(a->fd, in, sizeof(in), MSG_DONTWAIT);

	return n < 0 ? -errno : n;
}

/* The next message is an NLMSG_ERROR: its error. */
static int nl_error(const struct app *a)
{
	const struct nlmsghdr *h = (const void *)in;

	ck_assert_int_ge(nl_recv(a), (ssize_t)NLMSG_LENGTH(sizeof(struct nlmsgerr)));
	ck_assert_int_eq(h->nlmsg_type, NLMSG_ERROR);
	return ((const struct nlmsgerr *)NLMSG_DATA(h))->error;
}

/* Reads a dump to its end: messages of @type with these numbers. */
static int nl_read_dump(const struct app *a, int type, uint32_t seq, uint32_t pid)
{
	int n = 0, left;

	for (;;) {
		left = (int)nl_recv(a);
		ck_assert_int_gt(left, 0);
		for (const struct nlmsghdr *h = (const void *)in; NLMSG_OK(h, (unsigned)left); h = NLMSG_NEXT(h, left)) {
			ck_assert_uint_eq(h->nlmsg_seq, seq);
			ck_assert_uint_eq(h->nlmsg_pid, pid);
			ck_assert(h->nlmsg_flags & NLM_F_MULTI);
			if (h->nlmsg_type == NLMSG_DONE)
				return n;
			ck_assert_int_eq(h->nlmsg_type, type);
			n++;
		}
	}
}

static void begin(void)
{
	asking = 0;
	asking_pid = 1234;
	setup();
}

/* --- checks --- */

START_TEST(test_which_sockets_there_are)
{
	struct app a;

	ck_assert_int_eq(nl_new(&a, SOCK_STREAM, NETLINK_ROUTE), -ESOCKTNOSUPPORT);
	for (int protocol = 1; protocol < 40; protocol++)
		ck_assert_int_eq(nl_new(&a, SOCK_RAW, protocol), -EPROTONOSUPPORT);
	ck_assert_int_eq(nl_new(&a, SOCK_RAW, -1), -EPROTONOSUPPORT);
	ck_assert_uint_eq(chan_ports(chan), 0);
	ck_assert_int_eq(nl_new(&a, SOCK_DGRAM | SOCK_NONBLOCK, NETLINK_ROUTE), 0);
	ck_assert_int_eq(nl_get(&a, SOL_SOCKET, SO_TYPE), SOCK_DGRAM);
	ck_assert_int_eq(nl_get(&a, SOL_SOCKET, SO_DOMAIN), AF_NETLINK);
	ck_assert_int_eq(nl_get(&a, SOL_SOCKET, SO_PROTOCOL), NETLINK_ROUTE);
	ck_assert_int_eq(ask(&a, GN_CHAN_SHUTDOWN, 2, 0, 0, NULL, 0, NULL, 0), -EOPNOTSUPP);
	ck_assert_uint_eq(chan_ports(chan), 1);
	app_close(&a);
	ck_assert_uint_eq(chan_ports(chan), 0);
}
END_TEST

START_TEST(test_names)
{
	struct sockaddr_nl snl = { .nl_family = AF_NETLINK };
	struct app a, b, c;

	ck_assert_int_eq(nl_new(&a, SOCK_RAW, 0), 0);
	ck_assert_int_eq(nl_new(&b, SOCK_RAW, 0), 0);
	ck_assert_int_eq(nl_new(&c, SOCK_RAW, 0), 0);
	ck_assert_uint_eq(nl_getname(&a, GN_CHAN_GETSOCKNAME).nl_pid, 0);
	ck_assert_int_eq(ask(&a, GN_CHAN_BIND, 0, 0, 0, &snl, sizeof(snl) - 1, NULL, 0), -EINVAL);
	snl.nl_family = AF_INET;
	ck_assert_int_eq(ask(&a, GN_CHAN_BIND, 0, 0, 0, &snl, sizeof(snl), NULL, 0), -EINVAL);
	ck_assert_int_eq(nl_name(&a, GN_CHAN_BIND, 0, 5), 0);
	ck_assert_uint_eq(nl_getname(&a, GN_CHAN_GETSOCKNAME).nl_pid, 1234); /* the process's */
	ck_assert_uint_eq(nl_getname(&a, GN_CHAN_GETSOCKNAME).nl_groups, 5);
	ck_assert_int_eq(nl_name(&a, GN_CHAN_BIND, 1234, 1), 0);
	ck_assert_int_eq(nl_name(&a, GN_CHAN_BIND, 99, 1), -EINVAL);
	ck_assert_int_eq(nl_name(&b, GN_CHAN_BIND, 1234, 0), -EADDRINUSE);
	ck_assert_int_eq(nl_name(&b, GN_CHAN_BIND, 0, 0), 0);
	ck_assert_int_lt((int)nl_getname(&b, GN_CHAN_GETSOCKNAME).nl_pid, 0); /* one that no process has */
	ck_assert_int_eq(nl_name(&c, GN_CHAN_CONNECT, 0, 0), 0); /* binds */
	ck_assert_uint_ne(nl_getname(&c, GN_CHAN_GETSOCKNAME).nl_pid, 0);
	ck_assert_uint_eq(nl_getname(&c, GN_CHAN_GETPEERNAME).nl_pid, 0);
	ck_assert_int_eq(nl_name(&c, GN_CHAN_CONNECT, 1234, 0), 0);
	ck_assert_uint_eq(nl_getname(&c, GN_CHAN_GETPEERNAME).nl_pid, 1234);
	ck_assert_int_eq(nl_dump(&c, RTM_GETLINK, 1), -ECONNREFUSED);
	asking = PLAIN_USER;
	ck_assert_int_eq(nl_name(&c, GN_CHAN_CONNECT, 0, 1), -EPERM);
	app_close(&a);
	app_close(&b);
	app_close(&c);
}
END_TEST

START_TEST(test_options)
{
	static const int flags[] = { NETLINK_PKTINFO, NETLINK_BROADCAST_ERROR, NETLINK_NO_ENOBUFS, NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK };
	uint64_t groups;
	struct app a;

	ck_assert_int_eq(nl_new(&a, SOCK_RAW, 0), 0);
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		ck_assert_int_eq(nl_get(&a, SOL_NETLINK, flags[i]), 0);
		ck_assert_int_eq(nl_set(&a, SOL_NETLINK, flags[i], 7), 0);
		ck_assert_int_eq(nl_get(&a, SOL_NETLINK, flags[i]), 1);
		ck_assert_int_eq(nl_set(&a, SOL_NETLINK, flags[i], 0), 0);
		ck_assert_int_eq(nl_get(&a, SOL_NETLINK, flags[i]), 0);
	}
	ck_assert_int_eq(nl_set(&a, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, RTNLGRP_NEIGH), 0);
	ck_assert_int_eq(nl_set(&a, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, RTNLGRP_NEXTHOP), 0);
	ck_assert_int_eq(nl_set(&a, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, 0), -EINVAL);
	ck_assert_int_eq(nl_set(&a, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, 65), -EINVAL);
	ck_assert_int_eq(nl_set(&a, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, -1), -EINVAL);
	ck_assert_uint_eq(nl_getname(&a, GN_CHAN_GETSOCKNAME).nl_groups, RTMGRP_NEIGH | 1u << (RTNLGRP_NEXTHOP - 1));
	ck_assert_int_eq(nl_set(&a, SOL_NETLINK, NETLINK_DROP_MEMBERSHIP, RTNLGRP_NEIGH), 0);
	ck_assert_int_eq(ask(&a, GN_CHAN_GETSOCKOPT, SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, 8, NULL, 0, NULL, 0), 0);
	memcpy(&groups, msg->data, sizeof(groups));
	ck_assert_uint_eq(groups, 1ull << (RTNLGRP_NEXTHOP - 1));
	ck_assert_int_eq(nl_set(&a, SOL_NETLINK, 99, 1), -ENOPROTOOPT);
	ck_assert_int_eq(nl_get(&a, SOL_NETLINK, 99), -ENOPROTOOPT);
	ck_assert_int_eq(nl_set(&a, IPPROTO_IP, IP_TTL, 1), -ENOPROTOOPT);
	ck_assert_int_eq(ask(&a, GN_CHAN_SETSOCKOPT, SOL_NETLINK, NETLINK_EXT_ACK, 0, NULL, 0, "x", 1), -EINVAL);
	ck_assert_int_eq(nl_set(&a, SOL_SOCKET, SO_RCVBUF, 1), 0);
	ck_assert_int_eq(nl_get(&a, SOL_SOCKET, SO_RCVBUF), 4608);
	ck_assert_int_eq(nl_set(&a, SOL_SOCKET, SO_RCVBUF, 1 << 30), 0);
	ck_assert_int_eq(nl_get(&a, SOL_SOCKET, SO_RCVBUF), 2 * 212992);
	asking = PLAIN_USER;
	ck_assert_int_eq(nl_set(&a, SOL_SOCKET, SO_RCVBUFFORCE, 1 << 20), -EPERM);
	ck_assert_int_eq(nl_set(&a, SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, 1), -EPERM);
	asking = 0;
	ck_assert_int_eq(nl_set(&a, SOL_SOCKET, SO_RCVBUFFORCE, 1 << 20), 0);
	ck_assert_int_eq(nl_get(&a, SOL_SOCKET, SO_RCVBUF), 2 << 20);
	app_close(&a);
}
END_TEST

START_TEST(test_answers)
{
	const struct nlmsghdr *h = (const void *)in;
	const struct nlmsgerr *e = NLMSG_DATA(h);
	struct app a;

	ck_assert_int_eq(nl_new(&a, SOCK_RAW, 0), 0);
	ck_assert_int_eq(nl_dump(&a, RTM_GETLINK, 42), (int)NLMSG_LENGTH(sizeof(struct rtgenmsg))); /* binds */
	ck_assert_int_eq(nl_read_dump(&a, RTM_NEWLINK, 42, 1234), 1);
	ck_assert_int_eq(nl_recv(&a), -EAGAIN);
	ck_assert_int_gt(nl_addr(&a, RTM_NEWADDR, 1, NLM_F_CREATE | NLM_F_EXCL), 0);
	ck_assert_int_eq(nl_recv(&a), -EAGAIN); /* no one asked for an answer */
	ck_assert_int_gt(nl_addr(&a, RTM_NEWADDR, 2, NLM_F_CREATE | NLM_F_ACK), 0);
	ck_assert_int_eq(nl_error(&a), 0);
	ck_assert_uint_eq(h->nlmsg_seq, 77);
	ck_assert_uint_eq(h->nlmsg_pid, 1234);
	/* an error: the whole request comes back, without a text */
	nl_addr(&a, RTM_NEWADDR, 2, NLM_F_CREATE | NLM_F_EXCL);
	ck_assert_int_eq(nl_error(&a), -EEXIST);
	ck_assert_uint_eq(h->nlmsg_len, NLMSG_LENGTH(sizeof(*e)) + e->msg.nlmsg_len - NLMSG_HDRLEN);
	ck_assert(!(h->nlmsg_flags & NLM_F_ACK_TLVS));
	/* its header only, with a text */
	ck_assert_int_eq(nl_set(&a, SOL_NETLINK, NETLINK_CAP_ACK, 1), 0);
	ck_assert_int_eq(nl_set(&a, SOL_NETLINK, NETLINK_EXT_ACK, 1), 0);
	nl_addr(&a, RTM_NEWADDR, 2, NLM_F_CREATE | NLM_F_EXCL);
	ck_assert_int_eq(nl_error(&a), -EEXIST);
	ck_assert(h->nlmsg_flags & NLM_F_ACK_TLVS);
	ck_assert(h->nlmsg_flags & NLM_F_CAPPED);
	ck_assert_str_eq((const char *)in + NLMSG_LENGTH(sizeof(*e)) + NLA_HDRLEN, "ipv4: Address already assigned");
	ck_assert_int_eq(nl_dump(&a, RTM_GETADDR, 43), (int)NLMSG_LENGTH(sizeof(struct rtgenmsg)));
	ck_assert_int_ge(nl_read_dump(&a, RTM_NEWADDR, 43, 1234), 2);
	app_close(&a);
}
END_TEST

START_TEST(test_who_may_change)
{
	struct app a, b;

	ck_assert_int_eq(nl_new(&a, SOCK_RAW, 0), 0);
	asking = PLAIN_USER;
	ck_assert_int_eq(nl_new(&b, SOCK_RAW, 0), 0);
	nl_addr(&b, RTM_NEWADDR, 1, NLM_F_CREATE | NLM_F_ACK);
	ck_assert_int_eq(nl_error(&b), -EPERM);
	nl_addr(&a, RTM_NEWADDR, 1, NLM_F_CREATE | NLM_F_ACK); /* a socket that root left to him */
	ck_assert_int_eq(nl_error(&a), -EPERM);
	asking = 0;
	nl_addr(&b, RTM_NEWADDR, 1, NLM_F_CREATE | NLM_F_ACK); /* and one that he left to root */
	ck_assert_int_eq(nl_error(&b), -EPERM);
	nl_addr(&a, RTM_NEWADDR, 1, NLM_F_CREATE | NLM_F_ACK);
	ck_assert_int_eq(nl_error(&a), 0);
	app_close(&a);
	app_close(&b);
}
END_TEST

START_TEST(test_a_writer_without_calls)
{
	struct {
		struct nlmsghdr h;
		struct rtgenmsg g;
	} r = { .h = { .nlmsg_len = NLMSG_LENGTH(sizeof(r.g)), .nlmsg_type = RTM_GETLINK, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP, .nlmsg_seq = 9 } };
	struct app a;

	ck_assert_int_eq(nl_new(&a, SOCK_RAW, 0), 0);
	ck_assert_int_eq(nl_name(&a, GN_CHAN_BIND, 55, 0), 0);
	ck_assert_int_eq(send(a.fd, &r, r.h.nlmsg_len, MSG_DONTWAIT), r.h.nlmsg_len);
	turn();
	ck_assert_int_eq(nl_read_dump(&a, RTM_NEWLINK, 9, 55), 1);
	app_close(&a);
}
END_TEST

START_TEST(test_notifications)
{
	const struct nlmsghdr *h = (const void *)in;
	struct app a, b, c;

	ck_assert_int_eq(nl_new(&a, SOCK_RAW, 0), 0);
	asking = PLAIN_USER;
	ck_assert_int_eq(nl_new(&b, SOCK_RAW, 0), 0);
	ck_assert_int_eq(nl_new(&c, SOCK_RAW, 0), 0);
	ck_assert_int_eq(nl_name(&b, GN_CHAN_BIND, 0, RTMGRP_IPV4_IFADDR), 0);
	ck_assert_int_eq(nl_name(&c, GN_CHAN_BIND, 0, RTMGRP_LINK), 0);
	asking = 0;
	nl_addr(&a, RTM_NEWADDR, 1, NLM_F_CREATE);
	ck_assert_int_gt(nl_recv(&b), 0);
	ck_assert_int_eq(h->nlmsg_type, RTM_NEWADDR);
	ck_assert_uint_eq(h->nlmsg_pid, 0);
	ck_assert_int_eq(nl_recv(&b), -EAGAIN);
	ck_assert_int_eq(nl_recv(&c), -EAGAIN);
	ck_assert_int_eq(nl_set(&b, SOL_NETLINK, NETLINK_DROP_MEMBERSHIP, RTNLGRP_IPV4_IFADDR), 0);
	nl_addr(&a, RTM_DELADDR, 1, 0);
	ck_assert_int_eq(nl_recv(&b), -EAGAIN);
	app_close(&a);
	app_close(&b);
	app_close(&c);
	ck_assert_uint_eq(net->rtnl_wanted, 0);
}
END_TEST

/* Notifications that nobody reads: bounded, told once, and then it goes on. */
START_TEST(test_a_reader_that_does_not_read)
{
	const struct gn_chan_dgram *t = (const void *)in;
	unsigned long most = 0;
	struct app a, b;
	int n = 0, lost = 0;
	ssize_t len;

	ck_assert_int_eq(nl_new(&a, SOCK_RAW, 0), 0);
	ck_assert_int_eq(nl_new(&b, SOCK_RAW, 0), 0);
	ck_assert_int_eq(nl_name(&b, GN_CHAN_BIND, 0, RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE), 0);
	for (int i = 0; i < 20000; i++) {
		nl_addr(&a, i & 1 ? RTM_DELADDR : RTM_NEWADDR, 1, NLM_F_CREATE);
		if (i % 100 == 0)
			rcu_barrier(&net->m);
		if (i == 10000)
			most = net->m.kmem.block_bytes;
	}
	rcu_barrier(&net->m);
	ck_assert_uint_le(net->m.kmem.block_bytes, most + 4096);
	while (turn(), (len = nl_recv(&b)) > 0) {
		if (len == sizeof(*t) && t->magic == GN_CHAN_MAGIC) {
			ck_assert_int_eq(t->error, ENOBUFS);
			lost++;
		}
		n++;
	}
	ck_assert_int_eq(lost, 1);
	ck_assert_int_gt(n, 100);
	ck_assert_int_lt(n, 20000);
	ck_assert_int_eq(ask(&b, GN_CHAN_TAKE_ERROR, 1, 0, 0, NULL, 0, NULL, 0), ENOBUFS);
	ck_assert_int_eq(ask(&b, GN_CHAN_TAKE_ERROR, 1, 0, 0, NULL, 0, NULL, 0), 0);
	nl_addr(&a, RTM_NEWADDR, 9, NLM_F_CREATE);
	ck_assert_int_gt(nl_recv(&b), 0);
	app_close(&a);
	app_close(&b);
}
END_TEST

/* A dump that is larger than what the pair takes comes whole, in the reader's time; another meanwhile is EBUSY. */
START_TEST(test_a_large_dump)
{
	struct app a;
	int left, n = 0;
	bool done = false, busy = false;

	ck_assert_int_eq(nl_new(&a, SOCK_RAW, 0), 0);
	for (int i = 0; i < 250; i++)
		for (int j = 0; j < 40; j++) {
			struct {
				struct nlmsghdr h;
				struct rtmsg m;
				struct nlattr dst;
				uint8_t addr[4];
				struct nlattr oif;
				uint32_t index;
			} r = { .h = { .nlmsg_len = sizeof(r), .nlmsg_type = RTM_NEWROUTE, .nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE },
				.m = { .rtm_family = AF_INET, .rtm_dst_len = 32, .rtm_table = RT_TABLE_MAIN, .rtm_protocol = RTPROT_STATIC,
				       .rtm_scope = RT_SCOPE_LINK, .rtm_type = RTN_UNICAST },
				.dst = { 8, RTA_DST }, .addr = { 10, 9, (uint8_t)j, (uint8_t)i }, .oif = { 8, RTA_OIF }, .index = 1 };

			nl_send(&a, &r, sizeof(r));
		}
	while (nl_recv(&a) > 0)
		ck_abort_msg("a route is refused: %d", ((struct nlmsgerr *)NLMSG_DATA((void *)in))->error);
	nl_dump(&a, RTM_GETROUTE, 5);
	nl_dump(&a, RTM_GETROUTE, 6);
	while (!done || !busy) {
		turn();
		left = (int)nl_recv(&a);
		ck_assert_int_gt(left, 0);
		ck_assert_int_le(left, 4096);
		for (const struct nlmsghdr *h = (const void *)in; NLMSG_OK(h, (unsigned)left); h = NLMSG_NEXT(h, left)) {
			n += h->nlmsg_type == RTM_NEWROUTE && h->nlmsg_seq == 5;
			done |= h->nlmsg_type == NLMSG_DONE;
			if (h->nlmsg_type == NLMSG_ERROR) {
				ck_assert_uint_eq(h->nlmsg_seq, 6);
				ck_assert_int_eq(((const struct nlmsgerr *)NLMSG_DATA(h))->error, -EBUSY);
				busy = true;
			}
		}
	}
	ck_assert_int_ge(n, 10000);
	nl_dump(&a, RTM_GETROUTE, 7); /* killed with all that unread */
	app_close(&a);
	ck_assert_uint_eq(chan_ports(chan), 0);
}
END_TEST

static bool scenario(unsigned long nth, bool *hit)
{
	struct app a = { .fd = -1 };
	bool ok = make(nth) && !nl_new(&a, SOCK_RAW, 0);

	ok = ok && nl_dump(&a, RTM_GETLINK, 1) > 0 && nl_recv(&a) > 0 && ((const struct nlmsghdr *)(const void *)in)->nlmsg_type == RTM_NEWLINK;
	*hit = kmem_fault_hit(&net->m.kmem);
	if (a.fd >= 0)
		close(a.fd);
	unmake();
	return ok;
}

START_TEST(test_no_memory_and_no_descriptors)
{
	struct app a;

	unmake();
	ck_assert_uint_gt(faulty_sweep(scenario), 5);
	ck_assert(make(0));
	no_fds = true;
	ck_assert_int_eq(nl_new(&a, SOCK_RAW, 0), -ENFILE);
	no_fds = false;
	ck_assert_uint_eq(chan_ports(chan), 0);
}
END_TEST

/* Requests that are cut, stretched, nested and flipped: each is answered, refused or counted; the next good one works. */
START_TEST(test_mutated_messages)
{
	static unsigned char buf[2048];
	struct rng r;
	struct app a;
	unsigned long bad = chan_malformed(chan);

	rng_seed(&r, 7);
	ck_assert_int_eq(nl_new(&a, SOCK_RAW, 0), 0);
	for (int i = 0; i < 60000; i++) {
		static const uint16_t families[] = { AF_UNSPEC, AF_INET, AF_INET6, 255 };
		struct nlmsghdr *h = memset(buf, 0, sizeof(buf));
		size_t len = NLMSG_HDRLEN + rng_below(&r, 400), at = NLMSG_LENGTH(rng_below(&r, 5) * 4 + 8);

		h->nlmsg_len = (uint32_t)len;
		h->nlmsg_type = (uint16_t)(rng_below(&r, 8) ? RTM_BASE + rng_below(&r, 24) : rng_u32(&r));
		h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | (rng_u32(&r) & 0xf04));
		for (size_t k = NLMSG_HDRLEN; k < len; k++)
			buf[k] = (unsigned char)(rng_below(&r, 3) ? 0 : rng_u32(&r));
		buf[NLMSG_HDRLEN] = (unsigned char)families[rng_below(&r, 4)];
		if (rng_below(&r, 2))
			memcpy(buf + NLMSG_HDRLEN + 4, &(uint32_t){ rng_below(&r, 3) }, 4); /* an index that may be there */
		while (at + 8 < len) { /* attributes whose lengths are right, or nearly */
			struct nlattr n = { .nla_len = (uint16_t)(4 + rng_below(&r, 12)), .nla_type = (uint16_t)(rng_below(&r, 40) | (rng_below(&r, 2) << 15)) };

			memcpy(buf + at, &n, sizeof(n));
			at += NLA_ALIGN(n.nla_len) + (rng_below(&r, 30) ? 0 : 4);
		}
		for (unsigned k = rng_below(&r, 3); k; k--)
			buf[rng_below(&r, (uint32_t)len)] ^= (unsigned char)(1u << rng_below(&r, 8));
		if (rng_below(&r, 4))
			ask(&a, GN_CHAN_SENDTO, 0, 0, 0, NULL, 0, buf, len);
		else
			send(a.fd, buf, len, MSG_DONTWAIT);
		turn();
		while (nl_recv(&a) > 0)
			turn();
	}
	ck_assert_uint_gt(chan_malformed(chan), bad);
	ck_assert_int_eq(nl_new(&a, SOCK_RAW, 0), 0);
	ck_assert_int_gt(nl_dump(&a, RTM_GETLINK, 3), 0);
	ck_assert_int_ge(nl_read_dump(&a, RTM_NEWLINK, 3, nl_getname(&a, GN_CHAN_GETSOCKNAME).nl_pid), 0);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_which_sockets_there_are,
				       test_names,
				       test_options,
				       test_answers,
				       test_who_may_change,
				       test_a_writer_without_calls,
				       test_notifications,
				       test_a_reader_that_does_not_read,
				       test_a_large_dump,
				       test_no_memory_and_no_descriptors,
				       test_mutated_messages,
				       NULL };

	return suite_of("netlink", begin, teardown, tests);
}
