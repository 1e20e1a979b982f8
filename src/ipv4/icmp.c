/* SPDX-License-Identifier: MIT */
/*
 * icmp.c - control messages received (RFC 792, 1122 3.2.2, 1191, 1812 4.3; mirrors net/ipv4/icmp.c)
 *
 * Theory of operation
 *   Called by: ip_local_deliver_finish() with data at the ICMP header. icmp_rcv verifies the checksum of the whole message, then a table row
 *   of its type handles it: echo and timestamp are answered (icmp_reply), errors go to the protocol whose packet they quote
 *   (icmp_socket_deliver: its err_handler, and raw sockets), echo replies to ping sockets.
 *   Behind icmp_unreach() this holds for err_handlers: the quoted header is whole and 8 bytes of its payload are there.
 *   Refuses, silently: bad checksums, short messages, unknown types, broadcast echo (smurf) unless asked for.
 *   Owns the skb and ends it: handlers borrow. Context: NET_RX on a vCPU.
 */
#include "ipv4/icmp.h"

#include <errno.h>
#include <limits.h>

#include "core/timekeeping.h"
#include "ipv4/fib.h"
#include "ipv4/icmp_bxm.h"
#include "ipv4/raw.h"

struct icmp_control {
	bool (*handler)(struct sk_buff *skb); /* borrows; false: the message is bad */
	bool error;
};

static bool icmp_discard(struct sk_buff *skb);
static bool icmp_unreach(struct sk_buff *skb);
static bool icmp_redirect(struct sk_buff *skb);
static bool icmp_echo(struct sk_buff *skb);
static bool icmp_echo_reply(struct sk_buff *skb);
static bool icmp_timestamp(struct sk_buff *skb);
static bool icmp_socket_deliver(struct sk_buff *skb, uint32_t info);
static bool icmp_frag_needed(struct net *net, const struct icmphdr *icmph, const struct iphdr *iph, uint32_t *info);

static const struct icmp_control icmp_pointers[NR_ICMP_TYPES + 1] = {
	[ICMP_ECHOREPLY] = { icmp_echo_reply, false },
	[1] = { icmp_discard, true },
	[2] = { icmp_discard, true },
	[ICMP_DEST_UNREACH] = { icmp_unreach, true },
	[ICMP_SOURCE_QUENCH] = { icmp_unreach, true },
	[ICMP_REDIRECT] = { icmp_redirect, true },
	[6] = { icmp_discard, true },
	[7] = { icmp_discard, true },
	[ICMP_ECHO] = { icmp_echo, false },
	[9] = { icmp_discard, true },
	[10] = { icmp_discard, true },
	[ICMP_TIME_EXCEEDED] = { icmp_unreach, true },
	[ICMP_PARAMETERPROB] = { icmp_unreach, true },
	[ICMP_TIMESTAMP] = { icmp_timestamp, false },
	[ICMP_TIMESTAMPREPLY] = { icmp_discard, false },
	[ICMP_INFO_REQUEST] = { icmp_discard, false },
	[ICMP_INFO_REPLY] = { icmp_discard, false },
	[ICMP_ADDRESS] = { icmp_discard, false },
	[ICMP_ADDRESSREPLY] = { icmp_discard, false },
};

/* What a destination unreachable of each code means to a socket */
const struct icmp_err icmp_err_convert[16] = {
	[ICMP_NET_UNREACH] = { ENETUNREACH, 0 },
	[ICMP_HOST_UNREACH] = { EHOSTUNREACH, 0 },
	[ICMP_PROT_UNREACH] = { ENOPROTOOPT, 1 },
	[ICMP_PORT_UNREACH] = { ECONNREFUSED, 1 },
	[ICMP_FRAG_NEEDED] = { EMSGSIZE, 0 },
	[ICMP_SR_FAILED] = { EOPNOTSUPP, 0 },
	[ICMP_NET_UNKNOWN] = { ENETUNREACH, 1 },
	[ICMP_HOST_UNKNOWN] = { EHOSTDOWN, 1 },
	[ICMP_HOST_ISOLATED] = { ENONET, 1 },
	[ICMP_NET_ANO] = { ENETUNREACH, 1 },
	[ICMP_HOST_ANO] = { EHOSTUNREACH, 1 },
	[ICMP_NET_UNR_TOS] = { ENETUNREACH, 0 },
	[ICMP_HOST_UNR_TOS] = { EHOSTUNREACH, 0 },
	[ICMP_PKT_FILTERED] = { EHOSTUNREACH, 1 },
	[ICMP_PREC_VIOLATION] = { EHOSTUNREACH, 1 },
	[ICMP_PREC_CUTOFF] = { EHOSTUNREACH, 1 },
};

/* Path MTUs that networks have had, for routers older than RFC 1191, which do not say theirs (its section 7.1). */
static const uint16_t mtu_plateau[] = { 32000, 17914, 8166, 4352, 2002, 1492, 1006, 576, 508, 296, 68 };

bool icmp_type_is_error(uint8_t type)
{
	return type > NR_ICMP_TYPES || icmp_pointers[type].error;
}

static __always_inline bool icmp_checksum_ok(struct sk_buff *skb)
{
	if (skb_csum_unnecessary(skb))
		return true;
	if (skb->ip_summed == CHECKSUM_COMPLETE && !csum_fold(skb->csum))
		return true;
	skb->csum = 0;
	return !__skb_checksum_complete(skb);
}

int icmp_rcv(struct sk_buff *skb)
{
	const struct rtable *rt = skb_rtable(skb);
	struct net *net = dev_net(skb->dev);
	enum skb_drop_reason reason = SKB_DROP_REASON_ICMP_CSUM;
	uint8_t type;

	ICMP_INC_STATS(ICMP_MIB_INMSGS);
	if (!icmp_checksum_ok(skb))
		goto drop;
	reason = SKB_DROP_REASON_INVALID_PROTO;
	if (!pskb_may_pull(skb, sizeof(struct icmphdr)))
		goto drop;
	type = icmp_hdr(skb)->type;
	__skb_pull(skb, sizeof(struct icmphdr));
	ICMPMSGIN_INC_STATS(type);
	if (type == ICMP_EXT_ECHO) /* RFC 8335: known and not answered, no error */
		goto ignore;
	if (type > NR_ICMP_TYPES && type != ICMP_EXT_ECHOREPLY)
		goto drop;
	if (rt->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST)) { /* RFC 1122 3.2.2.6, 3.2.2.8 */
		if (type == ICMP_ECHO || type == ICMP_TIMESTAMP) {
			reason = SKB_DROP_REASON_ICMP_BROADCAST;
			if (READ_ONCE(net->ipv4->sysctl_icmp_echo_ignore_broadcasts))
				goto drop;
		} else if (type != ICMP_ADDRESS && type != ICMP_ADDRESSREPLY) {
			goto drop;
		}
	}
	reason = SKB_DROP_REASON_INVALID_PROTO;
	if (type == ICMP_EXT_ECHOREPLY)
		goto ignore;
	if (!icmp_pointers[type].handler(skb))
		goto drop;
ignore:
	consume_skb(skb);
	return NET_RX_SUCCESS;
drop:
	kfree_skb_reason(skb, reason);
	return NET_RX_DROP;
}

static bool icmp_discard(struct sk_buff *skb)
{
	(void)skb;
	return true;
}

/* --- questions --- */

static bool icmp_echo(struct sk_buff *skb)
{
	struct icmp_bxm param = { .skb = skb, .data_len = (int)skb->len, .head_len = sizeof(struct icmphdr) };

	if (READ_ONCE(dev_net(skb->dev)->ipv4->sysctl_icmp_echo_ignore_all))
		return true;
	param.data.icmph = *icmp_hdr(skb);
	param.data.icmph.type = ICMP_ECHOREPLY;
	icmp_reply(&param, skb);
	return true;
}

static bool icmp_timestamp(struct sk_buff *skb)
{
	struct icmp_bxm param = { .skb = skb, .head_len = sizeof(struct icmphdr) + 12 };

	if (skb->len < 4)
		return false;
	param.data.icmph = *icmp_hdr(skb);
	param.data.icmph.type = ICMP_TIMESTAMPREPLY;
	param.data.icmph.code = 0;
	memcpy(&param.data.times[0], skb->data, 4);
	param.data.times[1] = param.data.times[2] = inet_current_timestamp(skb);
	icmp_reply(&param, skb);
	return true;
}

static bool icmp_echo_reply(struct sk_buff *skb)
{
	ping_rcv(skb);
	return true;
}

/* --- errors about what we sent --- */

/* Unreachable, source quench, time exceeded, parameter problem: data is at the quoted IP header. */
static bool icmp_unreach(struct sk_buff *skb)
{
	const struct icmphdr *icmph = icmp_hdr(skb);
	struct net *net = dev_net(skb->dev);
	const struct iphdr *iph;
	uint32_t info = 0;

	if (!pskb_may_pull(skb, sizeof(struct iphdr)))
		return false;
	iph = (const struct iphdr *)(const void *)skb->data;
	if (iph->ihl < 5)
		return false;
	switch (icmph->type) {
	case ICMP_DEST_UNREACH:
		if ((icmph->code & 15) == ICMP_FRAG_NEEDED && !icmp_frag_needed(net, icmph, iph, &info))
			return true;
		if (icmph->code > NR_ICMP_UNREACH)
			return true;
		break;
	case ICMP_PARAMETERPROB:
		info = ntohl(icmph->un.gateway) >> 24;
		break;
	case ICMP_TIME_EXCEEDED:
		if (icmph->code == ICMP_EXC_FRAGTIME)
			return true;
		break;
	}
	/* RFC 1122 3.2.2: some routers answer broadcasts with errors */
	if (!READ_ONCE(net->ipv4->sysctl_icmp_ignore_bogus_error_responses) &&
	    inet_addr_type_dev_table(net, skb->dev, iph->daddr) == RTN_BROADCAST) {
		if (net_ratelimit())
			pr_warn(net_log(net), "icmp: type %u code %u about a broadcast, on %s", icmph->type, icmph->code, skb->dev->name);
		return true;
	}
	return icmp_socket_deliver(skb, info);
}

/* The path MTU that a router names, or that we guess for it. false: not to be believed (net.ipv4.ip_no_pmtu_disc). */
static bool icmp_frag_needed(struct net *net, const struct icmphdr *icmph, const struct iphdr *iph, uint32_t *info)
{
	const struct net_protocol *ipprot;
	unsigned len = ntohs(iph->tot_len), i;

	switch (READ_ONCE(net->ipv4->sysctl_ip_no_pmtu_disc)) {
	case 1:
		return true; /* the protocol hears of it, without a size */
	case 2:
		return false;
	case 3: /* only of protocols that check the quotation */
		ipprot = rcu_dereference(net->ipv4->protos[iph->protocol]);
		if (!ipprot || !ipprot->icmp_strict_tag_validation)
			return false;
		break;
	}
	*info = ntohs(icmph->un.frag.mtu);
	if (*info)
		return true;
	for (i = 0; i < ARRAY_SIZE(mtu_plateau) - 1; i++)
		if (mtu_plateau[i] < len)
			break;
	*info = mtu_plateau[i];
	return true;
}

static bool icmp_redirect(struct sk_buff *skb)
{
	if (!pskb_may_pull(skb, sizeof(struct iphdr)) || ((const struct iphdr *)(const void *)skb->data)->ihl < 5)
		return false;
	return icmp_socket_deliver(skb, ntohl(icmp_hdr(skb)->un.gateway));
}

/* To the protocol of the quoted packet, when enough of it is quoted to say whose it was. */
static bool icmp_socket_deliver(struct sk_buff *skb, uint32_t info)
{
	const struct iphdr *iph = (const struct iphdr *)(const void *)skb->data;
	int protocol = iph->protocol;
	const struct net_protocol *ipprot;

	if (!pskb_may_pull(skb, iph->ihl * 4u + 8) || protocol == IPPROTO_RAW)
		return false;
	raw_icmp_error(skb, protocol, info);
	ipprot = rcu_dereference(dev_net(skb->dev)->ipv4->protos[protocol]);
	if (ipprot && ipprot->err_handler)
		ipprot->err_handler(skb, info);
	return true;
}

/* An error about an ICMP message of ours: a ping socket's, or an answer that we gave. */
int icmp_err(struct sk_buff *skb, uint32_t info)
{
	const struct iphdr *iph = (const struct iphdr *)(const void *)skb->data;
	int offset = iph->ihl * 4, type = icmp_hdr(skb)->type, code = icmp_hdr(skb)->code;
	const struct icmphdr *quoted = (const struct icmphdr *)(const void *)(skb->data + offset);
	struct net *net = dev_net(skb->dev);

	if (quoted->type != ICMP_ECHOREPLY)
		ping_err(skb, offset, info);
	else if (type == ICMP_DEST_UNREACH && code == ICMP_FRAG_NEEDED)
		ipv4_update_pmtu(skb, net, info, 0, IPPROTO_ICMP);
	else if (type == ICMP_REDIRECT)
		ipv4_redirect(skb, net, 0, IPPROTO_ICMP);
	return 0;
}

static const struct net_protocol icmp_protocol = { .handler = icmp_rcv, .err_handler = icmp_err, .name = "ICMP" };

static const struct ctl_table icmp_table[] = {
	{ .procname = "icmp_echo_ignore_all", CTL_FIELD(struct netns_ipv4, sysctl_icmp_echo_ignore_all), .mode = 0644,
	  .proc_handler = proc_dointvec_minmax, .min = 0, .max = 1, .def = "0", .doc = "answer no echo request" },
	{ .procname = "icmp_echo_ignore_broadcasts", CTL_FIELD(struct netns_ipv4, sysctl_icmp_echo_ignore_broadcasts), .mode = 0644,
	  .proc_handler = proc_dointvec_minmax, .min = 0, .max = 1, .def = "1",
	  .doc = "answer no echo or timestamp request to a broadcast or group address" },
	{ .procname = "icmp_ignore_bogus_error_responses", CTL_FIELD(struct netns_ipv4, sysctl_icmp_ignore_bogus_error_responses),
	  .mode = 0644, .proc_handler = proc_dointvec_minmax, .min = 0, .max = 1, .def = "1",
	  .doc = "say nothing of ICMP errors about broadcasts; 0: log them and ignore them" },
	{ .procname = "icmp_errors_use_inbound_ifaddr", CTL_FIELD(struct netns_ipv4, sysctl_icmp_errors_use_inbound_ifaddr),
	  .mode = 0644, .proc_handler = proc_dointvec_minmax, .min = 0, .max = 1, .def = "0",
	  .doc = "errors about forwarded packets come from an address of the device that those came in by; 0: that they leave by" },
	{ .procname = "icmp_ratelimit", CTL_FIELD(struct netns_ipv4, sysctl_icmp_ratelimit), .mode = 0644,
	  .proc_handler = proc_dointvec_ms_jiffies, .def = "1000",
	  .doc = "milliseconds between ICMP messages to one peer, after six at once; 0: no limit. For types of icmp_ratemask" },
	{ .procname = "icmp_ratemask", CTL_FIELD(struct netns_ipv4, sysctl_icmp_ratemask), .mode = 0644,
	  .proc_handler = proc_dointvec, .def = "6168", .doc = "bit mask of the ICMP types that are limited: 3, 4, 11, 12" },
	{ .procname = "icmp_msgs_per_sec", CTL_FIELD(struct netns_ipv4, sysctl_icmp_msgs_per_sec), .mode = 0644,
	  .proc_handler = proc_dointvec_minmax, .min = 0, .max = INT_MAX, .def = "1000",
	  .doc = "ICMP messages of types of icmp_ratemask a second, to all peers together" },
	{ .procname = "icmp_msgs_burst", CTL_FIELD(struct netns_ipv4, sysctl_icmp_msgs_burst), .mode = 0644,
	  .proc_handler = proc_dointvec_minmax, .min = 0, .max = INT_MAX, .def = "50",
	  .doc = "how many of them at once, about" },
};

int icmp_init(struct net *net)
{
	struct netns_ipv4 *ipv4 = net->ipv4;
	int err = sysctl_set_defaults(icmp_table, ARRAY_SIZE(icmp_table), ipv4, net->m.hz);

	if (err)
		return err;
	err = icmp_sk_init(net);
	if (err)
		return err;
	err = -ENOMEM;
	ipv4->icmp_sysctl_hdr = register_net_sysctl(&net->vfs, "net/ipv4", icmp_table, ARRAY_SIZE(icmp_table), ipv4, net);
	if (!ipv4->icmp_sysctl_hdr)
		goto out_sk;
	err = inet_add_protocol(net, &icmp_protocol, IPPROTO_ICMP);
	if (err) {
		pr_err(net_log(net), "%s: cannot add the protocol", __func__);
		goto out_sysctl;
	}
	return 0;
out_sysctl:
	unregister_net_sysctl_table(ipv4->icmp_sysctl_hdr);
out_sk:
	icmp_sk_exit(net);
	return err;
}

void icmp_exit(struct net *net)
{
	inet_del_protocol(net, &icmp_protocol, IPPROTO_ICMP);
	unregister_net_sysctl_table(net->ipv4->icmp_sysctl_hdr);
	icmp_sk_exit(net);
}
