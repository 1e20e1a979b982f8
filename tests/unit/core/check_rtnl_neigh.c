/* SPDX-License-Identifier: MIT */
/* check_rtnl_neigh.c: neighbours over rtnetlink. */
#include "nlfix.h"

static struct ndmsg *neigh_req(int type, int flags, uint32_t key, uint16_t state)
{
	struct ndmsg *ndm = nl_begin(type, flags, sizeof(*ndm));

	*ndm = (struct ndmsg){ .ndm_family = AF_INET,
			       .ndm_ifindex = fx.dev->ifindex,
			       .ndm_state = state };
	nl_attr(NDA_DST, &key, 4);
	return ndm;
}

static int add(int flags, uint32_t key, uint16_t state, const uint8_t *mac)
{
	neigh_req(RTM_NEWNEIGH, flags | NLM_F_ACK, key, state);
	if (mac)
		nl_attr(NDA_LLADDR, mac, 6);
	return nl_send();
}

static struct neighbour *find(uint32_t key)
{
	return __neigh_lookup_noref(&nf.tbl, &key, fx.dev);
}

/* ip neigh add, change, replace: CREATE, EXCL, REPLACE as Linux reads them. */
START_TEST(test_newneigh)
{
	ck_assert_int_eq(add(0, 1, NUD_PERMANENT, mac_a), -ENOENT);
	ck_assert_int_eq(add(NLM_F_CREATE | NLM_F_EXCL, 1, NUD_PERMANENT, mac_a), 0);
	ck_assert_uint_eq(find(1)->nud_state, NUD_PERMANENT);
	ck_assert_int_eq(add(NLM_F_CREATE | NLM_F_EXCL, 1, NUD_PERMANENT, mac_a), -EEXIST);
	/* without REPLACE the address stays */
	ck_assert_int_eq(add(0, 1, NUD_PERMANENT, mac_b), 0);
	ck_assert_int_eq(memcmp(find(1)->ha, mac_a, 6), 0);
	ck_assert_int_eq(add(NLM_F_REPLACE, 1, NUD_PERMANENT, mac_b), 0);
	ck_assert_int_eq(memcmp(find(1)->ha, mac_b, 6), 0);
	ck_assert_int_eq(add(NLM_F_REPLACE, 1, NUD_STALE, NULL), 0);
	ck_assert_uint_eq(find(1)->nud_state, NUD_STALE);
	ck_assert_int_eq(add(NLM_F_CREATE, 2, NUD_REACHABLE, NULL), -EINVAL); /* no address known */
	ck_assert_ptr_nonnull(strstr(nl.text, "link-layer"));
	ck_assert_int_eq(add(NLM_F_CREATE, 3, NUD_INCOMPLETE, mac_a), -EINVAL);
	ck_assert_int_eq(add(NLM_F_CREATE, 3, NUD_STALE | NUD_PERMANENT, mac_a), -EINVAL);
	ck_assert_int_eq(add(NLM_F_CREATE, 3, 0x8000, mac_a), -EINVAL);
	ck_assert_int_eq(atomic_read(&find(1)->refcnt), 1);
}
END_TEST

START_TEST(test_refused)
{
	struct ndmsg *ndm;

	nl.c.admin = false;
	ck_assert_int_eq(add(NLM_F_CREATE, 1, NUD_PERMANENT, mac_a), -EPERM);
	nl.c.admin = true;
	ndm = neigh_req(RTM_NEWNEIGH, NLM_F_CREATE, 1, NUD_PERMANENT);
	ndm->ndm_ifindex = 0;
	ck_assert_int_eq(nl_send(), -EINVAL);
	ndm->ndm_ifindex = 999;
	ck_assert_int_eq(nl_send(), -ENODEV);
	ndm->ndm_ifindex = fx.dev->ifindex;
	ndm->ndm_family = AF_INET6;
	ck_assert_int_eq(nl_send(), -EAFNOSUPPORT);
	ndm->ndm_family = AF_INET;
	ndm->ndm_flags = NTF_PROXY;
	ck_assert_int_eq(nl_send(), -EOPNOTSUPP);
	ndm->ndm_flags = 0;
	nl_attr(NDA_LLADDR, mac_a, 5);
	ck_assert_int_eq(nl_send(), -EINVAL);
	ndm = nl_begin(RTM_NEWNEIGH, NLM_F_CREATE, sizeof(*ndm));
	ck_assert_int_eq(nl_send(), -EINVAL);
	ck_assert_str_eq(nl.text, "no network address given");
	ndm->ndm_family = AF_INET;
	ndm->ndm_ifindex = fx.dev->ifindex;
	nl_attr(NDA_DST, "abc", 3);
	ck_assert_int_eq(nl_send(), -EINVAL);
	nl_begin(RTM_NEWNEIGH, NLM_F_CREATE, sizeof(*ndm) - 1);
	ck_assert_int_eq(nl_send(), -EINVAL);
	nf.tbl.gc_thresh3 = 0;
	ck_assert_int_eq(add(NLM_F_CREATE, 1, NUD_PERMANENT, mac_a), -ENOBUFS);
	ck_assert_int_eq(atomic_read(&nf.tbl.entries), 0);
}
END_TEST

/* NTF_USE: ask, as a packet would. */
START_TEST(test_use)
{
	neigh_req(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_ACK, 1, NUD_NONE)->ndm_flags = NTF_USE;
	ck_assert_int_eq(nl_send(), 0);
	ck_assert_uint_eq(find(1)->nud_state, NUD_INCOMPLETE);
	ck_assert_uint_eq(nf.solicits, 1);
}
END_TEST

START_TEST(test_delneigh)
{
	neigh_req(RTM_DELNEIGH, NLM_F_ACK, 1, 0);
	ck_assert_int_eq(nl_send(), -ENOENT);
	add(NLM_F_CREATE, 1, NUD_PERMANENT, mac_a);
	neigh_req(RTM_DELNEIGH, NLM_F_ACK, 1, 0);
	ck_assert_int_eq(nl_send(), 0);
	ck_assert_ptr_null(find(1));
	ck_assert_int_eq(atomic_read(&nf.tbl.entries), 0);
}
END_TEST

START_TEST(test_getneigh)
{
	const struct nlmsghdr *h;
	const struct ndmsg *ndm;
	struct nda_cacheinfo ci;

	add(NLM_F_CREATE, 0x01020304, NUD_STALE, mac_a);
	netfix_advance(&fx.nf, 3 * NSEC_PER_SEC);
	neigh_req(RTM_GETNEIGH, 0, 0x01020304, 0);
	ck_assert_int_eq(nl_send(), 1);
	h = nl_msg(0);
	ck_assert_uint_eq(h->nlmsg_type, RTM_NEWNEIGH);
	ndm = NLMSG_DATA(h);
	ck_assert_uint_eq(ndm->ndm_state, NUD_STALE);
	ck_assert_int_eq(ndm->ndm_ifindex, fx.dev->ifindex);
	ck_assert_uint_eq(ndm->ndm_type, 1);
	ck_assert_uint_eq(nlb_get_u32(nl_find(h, sizeof(*ndm), NDA_DST)), 0x01020304);
	ck_assert_int_eq(memcmp(nlb_data(nl_find(h, sizeof(*ndm), NDA_LLADDR)), mac_a, 6), 0);
	memcpy(&ci, nlb_data(nl_find(h, sizeof(*ndm), NDA_CACHEINFO)), sizeof(ci));
	ck_assert_uint_eq(ci.ndm_updated, 300); /* 1/100 s */
	ck_assert_ptr_nonnull(nl_find(h, sizeof(*ndm), NDA_PROBES));
	neigh_req(RTM_GETNEIGH, 0, 5, 0);
	ck_assert_int_eq(nl_send(), -ENOENT);
	ck_assert_int_eq(atomic_read(&find(0x01020304)->refcnt), 1);
}
END_TEST

static unsigned messages(void)
{
	unsigned n = 0;

	while (nl_msg(n) && nl_msg(n)->nlmsg_type == RTM_NEWNEIGH)
		n++;
	ck_assert_uint_eq(nl_msg(n)->nlmsg_type, NLMSG_DONE);
	return n;
}

START_TEST(test_dump)
{
	struct ndmsg *ndm;

	for (uint32_t k = 1; k <= 300; k++)
		ck_assert_int_eq(add(NLM_F_CREATE, k, NUD_PERMANENT, mac_a), 0);
	ndm = nl_begin(RTM_GETNEIGH, NLM_F_DUMP, sizeof(*ndm));
	nl_send();
	ck_assert_uint_eq(messages(), 300);
	ck_assert_uint_gt(nl.datagrams, 2);
	ck_assert_uint_le(nl.largest, 8192);
	ndm->ndm_family = AF_INET;
	nl_send();
	ck_assert_uint_eq(messages(), 300);
	ndm->ndm_family = AF_INET6;
	nl_send();
	ck_assert_uint_eq(messages(), 0);
	ndm->ndm_family = AF_INET;
	ndm->ndm_flags = NTF_PROXY;
	nl_send();
	ck_assert_uint_eq(messages(), 0);
	ndm->ndm_flags = 0;
	nl_attr_u32(NDA_IFINDEX, 999);
	nl_send();
	ck_assert_uint_eq(messages(), 0);
	nl_begin(RTM_GETNEIGH, NLM_F_DUMP, 1);
	nl_send();
	ck_assert_uint_eq(messages(), 300);
}
END_TEST

START_TEST(test_notifications)
{
	rtnl_client_add(fx.net, &nl.c);
	rtnl_client_groups(fx.net, &nl.c, RTMGRP_NEIGH);
	add(NLM_F_CREATE, 1, NUD_PERMANENT, mac_a);
	rcu_barrier(&fx.net->m);
	ck_assert_uint_eq(nl.datagrams, 2); /* the acknowledgement and the news */
	ck_assert_uint_eq(((struct ndmsg *)NLMSG_DATA(nl_msg(1)))->ndm_state, NUD_PERMANENT);
	neigh_req(RTM_DELNEIGH, 0, 1, 0);
	nl_send();
	rcu_barrier(&fx.net->m);
	ck_assert_uint_eq(nl.datagrams, 2);
	ck_assert_uint_eq(((struct ndmsg *)NLMSG_DATA(nl_msg(0)))->ndm_state, NUD_FAILED);
	ck_assert_int_eq(nl_msg(1)->nlmsg_type, RTM_DELNEIGH);
	rtnl_client_del(fx.net, &nl.c);
}
END_TEST

/* Without memory at any point: an error, and no reference is lost. */
START_TEST(test_fail_nth)
{
	for (unsigned long n = 1;; n++) {
		int ret;

		kmem_fail_nth(&fx.net->m.kmem, n, NULL);
		ret = add(NLM_F_CREATE | NLM_F_REPLACE, 1, NUD_PERMANENT, mac_a);
		if (!kmem_fault_hit(&fx.net->m.kmem)) {
			kmem_fail_nth(&fx.net->m.kmem, 0, NULL);
			ck_assert_int_eq(ret, 0);
			ck_assert_int_eq(atomic_read(&find(1)->refcnt), 1);
			break;
		}
		ck_assert_int_le(ret, 0);
	}
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_newneigh,	   test_refused,  test_use,
				       test_delneigh,	   test_getneigh, test_dump,
				       test_notifications, test_fail_nth, NULL };

	return suite_of("rtnl_neigh", nlfix_begin, nlfix_end, tests);
}
