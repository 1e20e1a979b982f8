/* SPDX-License-Identifier: MIT */
/* check_rtnl_link.c: devices over rtnetlink. */
#include "nlfix.h"

#include <linux/if_link.h>

static char made_name[IFNAMSIZ], made_spec[600];
static int make_err;

static int kind_newlink(struct net *net, const char *name, const char *spec, struct extack *err)
{
	struct net_device *dev;

	if (make_err)
		return extack_fail(err, make_err, "no such luck");
	strcpy(made_name, name);
	strcpy(made_spec, spec);
	dev = alloc_netdev_mqs(net, 0, name, fix_setup, 1, 1);
	if (!dev)
		return -ENOMEM;
	dev->driver = "kind";
	return register_netdevice(dev, err);
}

static void kind_dellink(struct net_device *dev)
{
	unregister_netdevice(dev);
}

static struct rtnl_link_ops kind_ops = { .kind = "kind",
					 .newlink = kind_newlink,
					 .dellink = kind_dellink };

static void begin(void)
{
	nlfix_begin();
	make_err = 0;
	rtnl_link_register(fx.net, &kind_ops);
}

static struct ifinfomsg *link_req(int type, int flags, int index)
{
	struct ifinfomsg *ifm = nl_begin(type, flags, sizeof(*ifm));

	ifm->ifi_index = index;
	return ifm;
}

static int as_u32(const struct nlmsghdr *h, int type)
{
	return (int)nlb_get_u32(nl_find(h, 16, type));
}

/* What iproute2 reads of a device. */
START_TEST(test_getlink)
{
	const struct ifinfomsg *ifm;
	const struct nlmsghdr *h;
	const struct nlattr *a;
	struct rtnl_link_stats64 st;

	vcpu_enter(fx.net->m.cpu[0], NULL);
	this_dev_stats(fx.dev)->rx_packets = 0x100000002ull;
	vcpu_leave(fx.net->m.cpu[0]);
	link_req(RTM_GETLINK, 0, fx.dev->ifindex);
	ck_assert_int_eq(nl_send(), 1);
	h = nl_msg(0);
	ck_assert_uint_eq(h->nlmsg_type, RTM_NEWLINK);
	ifm = NLMSG_DATA(h);
	ck_assert_int_eq(ifm->ifi_index, fx.dev->ifindex);
	ck_assert_uint_eq(ifm->ifi_type, 1);
	ck_assert(ifm->ifi_flags & IFF_UP);
	ck_assert_str_eq(nlb_data(nl_find(h, 16, IFLA_IFNAME)), "test0");
	ck_assert_int_eq(as_u32(h, IFLA_MTU), 1500);
	ck_assert_int_eq(as_u32(h, IFLA_TXQLEN), 1000);
	ck_assert_int_eq(as_u32(h, IFLA_MIN_MTU), 68);
	ck_assert_int_eq(as_u32(h, IFLA_NUM_TX_QUEUES), 1);
	ck_assert_str_eq(nlb_data(nl_find(h, 16, IFLA_QDISC)), "noop");
	ck_assert_uint_eq(nlb_get_u8(nl_find(h, 16, IFLA_CARRIER)), 1);
	ck_assert_ptr_nonnull(nl_find(h, 16, IFLA_OPERSTATE));
	ck_assert_ptr_nonnull(nl_find(h, 16, IFLA_LINKMODE));
	a = nl_find(h, 16, IFLA_ADDRESS);
	ck_assert_int_eq(nlb_len(a), 6);
	ck_assert_int_eq(memcmp(nlb_data(a), fx.dev->dev_addr, 6), 0);
	ck_assert_int_eq(nlb_len(nl_find(h, 16, IFLA_BROADCAST)), 6);
	a = nl_find(h, 16, IFLA_STATS64);
	ck_assert_uint_eq((size_t)nlb_len(a), sizeof(st));
	memcpy(&st, nlb_data(a), sizeof(st));
	ck_assert_uint_eq(st.rx_packets, 0x100000002ull);
	a = nl_find(h, 16, IFLA_STATS);
	ck_assert_uint_eq((size_t)nlb_len(a), sizeof(struct rtnl_link_stats));
	ck_assert_uint_eq(nlb_get_u32(a), 2);
	a = nl_find(h, 16, IFLA_LINKINFO);
	ck_assert_str_eq((const char *)nlb_data(a) + NLA_HDRLEN, "testdev");
	/* by name; not there; nothing said; too short */
	link_req(RTM_GETLINK, 0, 0);
	nl_attr(IFLA_IFNAME, "test0", 6);
	ck_assert_int_eq(nl_send(), 1);
	link_req(RTM_GETLINK, 0, 999);
	ck_assert_int_eq(nl_send(), -ENODEV);
	link_req(RTM_GETLINK, 0, 0);
	ck_assert_int_eq(nl_send(), -EINVAL);
	nl_begin(RTM_GETLINK, 0, 15);
	ck_assert_int_eq(nl_send(), -EINVAL);
}
END_TEST

START_TEST(test_dumplink)
{
	link_req(RTM_GETLINK, NLM_F_DUMP, 0);
	ck_assert_int_eq(nl_send(), 1);
	ck_assert_uint_eq(nl_msg(0)->nlmsg_type, RTM_NEWLINK);
	ck_assert_uint_eq(nl_msg(1)->nlmsg_type, NLMSG_DONE);
	nl_begin(RTM_GETLINK, NLM_F_DUMP, 1); /* struct rtgenmsg, as old programs send */
	ck_assert_int_eq(nl_send(), 1);
	ck_assert_uint_eq(nl_msg(0)->nlmsg_type, RTM_NEWLINK);
}
END_TEST

/* ip link set: down and up, MTU, address, queue length, name. */
START_TEST(test_setlink)
{
	struct ifinfomsg *ifm = link_req(RTM_NEWLINK, NLM_F_ACK, fx.dev->ifindex);

	ifm->ifi_change = IFF_UP;
	ck_assert_int_eq(nl_send(), 0);
	ck_assert(!(fx.dev->flags & IFF_UP));
	link_req(RTM_SETLINK, NLM_F_ACK, fx.dev->ifindex);
	nl_attr_u32(IFLA_MTU, 9000);
	nl_attr_u32(IFLA_TXQLEN, 42);
	nl_attr(IFLA_IFNAME, "renamed", 8);
	nl_attr(IFLA_ADDRESS, mac_b, 6);
	nl_attr(IFLA_BROADCAST, mac_a, 6);
	ck_assert_int_eq(nl_send(), 0);
	ck_assert_uint_eq(fx.dev->mtu, 9000);
	ck_assert_uint_eq(fx.dev->tx_queue_len, 42);
	ck_assert_str_eq(fx.dev->name, "renamed");
	ck_assert_int_eq(memcmp(fx.dev->broadcast, mac_a, 6), 0);
	ifm = link_req(RTM_NEWLINK, NLM_F_ACK, fx.dev->ifindex);
	ifm->ifi_change = ifm->ifi_flags = IFF_UP;
	ck_assert_int_eq(nl_send(), 0);
	ck_assert(fx.dev->flags & IFF_UP);
	link_req(RTM_NEWLINK, 0, fx.dev->ifindex);
	nl_attr_u32(IFLA_MTU, 10);
	ck_assert_int_eq(nl_send(), -EINVAL);
	link_req(RTM_NEWLINK, 0, fx.dev->ifindex);
	nl_attr(IFLA_ADDRESS, mac_b, 5);
	ck_assert_int_eq(nl_send(), -EINVAL);
	link_req(RTM_NEWLINK, 0, fx.dev->ifindex);
	nl_attr_u32(IFLA_MASTER, 3);
	ck_assert_int_eq(nl_send(), -EOPNOTSUPP);
	link_req(RTM_NEWLINK, NLM_F_EXCL | NLM_F_CREATE, fx.dev->ifindex);
	ck_assert_int_eq(nl_send(), -EEXIST);
	link_req(RTM_NEWLINK, NLM_F_REPLACE, fx.dev->ifindex);
	ck_assert_int_eq(nl_send(), -EOPNOTSUPP);
	link_req(RTM_NEWLINK, 0, 999);
	ck_assert_int_eq(nl_send(), -ENODEV);
	link_req(RTM_NEWLINK, 0, -1);
	ck_assert_int_eq(nl_send(), -EINVAL);
	link_req(RTM_SETLINK, 0, 0);
	ck_assert_int_eq(nl_send(), -EINVAL);
	link_req(RTM_NEWLINK, 0, fx.dev->ifindex);
	nl_attr(IFLA_IFNAME, "a_name_that_is_far_too_long", 27);
	ck_assert_int_eq(nl_send(), -EINVAL);
	ck_assert_ptr_nonnull(strstr(nl.text, "attribute 3"));
}
END_TEST

static void kind_attr(const char *kind, const char *spec)
{
	char nest[600] __attribute__((aligned(4))) = { 0 };
	struct nlattr a = { (uint16_t)(4 + strlen(kind) + 1), IFLA_INFO_KIND };
	size_t len = NLA_ALIGN(a.nla_len);

	memcpy(nest, &a, 4);
	strcpy(nest + 4, kind);
	if (spec) {
		a = (struct nlattr){ (uint16_t)(4 + strlen(spec) + 1), IFLA_INFO_DATA };
		memcpy(nest + len, &a, 4);
		strcpy(nest + len + 4, spec);
		len += NLA_ALIGN(a.nla_len);
	}
	nl_attr(IFLA_LINKINFO | NLA_F_NESTED, nest, len);
}

/* ip link add, ip link del. */
START_TEST(test_add_del)
{
	struct net_device *dev;

	link_req(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, 0);
	nl_attr(IFLA_IFNAME, "new0", 5);
	nl_attr_u32(IFLA_MTU, 1400);
	kind_attr("kind", "file=x");
	ck_assert_int_eq(nl_send(), 0);
	ck_assert_str_eq(made_name, "new0");
	ck_assert_str_eq(made_spec, "file=x");
	dev = __dev_get_by_name(fx.net, "new0");
	ck_assert_uint_eq(dev->mtu, 1400);
	ck_assert_int_eq(nl_send(), -EEXIST);
	/* without a name: the first free one */
	link_req(RTM_NEWLINK, NLM_F_CREATE | NLM_F_ACK, 0);
	kind_attr("kind", NULL);
	ck_assert_int_eq(nl_send(), 0);
	ck_assert_str_eq(made_name, "kind0");
	ck_assert_int_eq(nl_send(), 0);
	ck_assert_str_eq(made_name, "kind1");
	/* a bad setting takes it back */
	link_req(RTM_NEWLINK, NLM_F_CREATE, 0);
	nl_attr(IFLA_IFNAME, "new1", 5);
	nl_attr_u32(IFLA_MTU, 1);
	kind_attr("kind", NULL);
	ck_assert_int_eq(nl_send(), -EINVAL);
	ck_assert_ptr_null(__dev_get_by_name(fx.net, "new1"));
	make_err = -EBUSY;
	link_req(RTM_NEWLINK, NLM_F_CREATE, 0);
	kind_attr("kind", NULL);
	ck_assert_int_eq(nl_send(), -EBUSY);
	ck_assert_str_eq(nl.text, "no such luck");
	link_req(RTM_NEWLINK, NLM_F_CREATE, 0);
	kind_attr("bridge", NULL);
	ck_assert_int_eq(nl_send(), -EOPNOTSUPP);
	link_req(RTM_NEWLINK, NLM_F_CREATE, 0);
	ck_assert_int_eq(nl_send(), -EOPNOTSUPP);
	link_req(RTM_NEWLINK, NLM_F_CREATE, 0);
	nl_attr(IFLA_IFNAME, "bad/name", 9);
	kind_attr("kind", NULL);
	ck_assert_int_eq(nl_send(), -EINVAL);

	link_req(RTM_DELLINK, NLM_F_ACK, 0);
	nl_attr(IFLA_IFNAME, "new0", 5);
	ck_assert_int_eq(nl_send(), 0);
	ck_assert_int_eq(nl_send(), -ENODEV);
	link_req(RTM_DELLINK, 0, fx.dev->ifindex);
	ck_assert_int_eq(nl_send(), -EOPNOTSUPP);
	link_req(RTM_DELLINK, 0, 0);
	ck_assert_int_eq(nl_send(), -EINVAL);
	unregister_netdevice(__dev_get_by_name(fx.net, "kind0"));
	unregister_netdevice(__dev_get_by_name(fx.net, "kind1"));
}
END_TEST

/* ip monitor link */
START_TEST(test_notifications)
{
	unsigned n;

	nl.c.groups = RTMGRP_LINK;
	rtnl_client_add(fx.net, &nl.c);
	nl_forget();
	ck_assert_int_eq(dev_set_mtu(fx.dev, 1300, NULL), 0);
	ck_assert_uint_ge(nl.datagrams, 1);
	ck_assert_int_eq(as_u32(nl_msg(0), IFLA_MTU), 1300);
	nl_forget();
	dev_close(fx.dev);
	for (n = 0; nl_msg(n + 1);)
		n++;
	ck_assert(!(((struct ifinfomsg *)NLMSG_DATA(nl_msg(n)))->ifi_flags & IFF_UP));
	rtnl_client_del(fx.net, &nl.c);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_getlink, test_dumplink,	 test_setlink,
				       test_add_del, test_notifications, NULL };

	return suite_of("rtnl_link", begin, nlfix_end, tests);
}
