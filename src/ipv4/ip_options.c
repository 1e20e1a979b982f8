/* SPDX-License-Identifier: MIT */
/*
 * ip_options.c - IP options, received and sent (RFC 791, 1122 3.2.1.8, 1812 5.2.4, 7126; mirrors net/ipv4/ip_options.c)
 *
 * Theory of operation
 *   Called by: ip_rcv_finish() (compile, source route), icmp_send()/icmp_reply() (echo), ip_forward_finish(), __ip_make_skb() (build),
 *   setsockopt and control messages (get, undo). Source routes at the receiver: ip_options_srr.c.
 *   ip_options_compile() is the one validator: it walks the bytes once, a step always forward by at least one, checks each option's length
 *   against what is left before it looks at the option, and notes offsets. Behind it, offsets and pointers within options are true.
 *   A received RR or TS has the next free slot filled at once with the address that we would answer from, and the time.
 *   Refuses: a second option of one kind, lengths and pointers outside the option. Options it does not know pass (RFC 1122 3.2.1.8).
 *   Owns: struct ip_options_rcu made by ip_options_get(), which passes to the caller. Threads: a vCPU.
 */
#include "ipv4/ip_options.h"

#include <errno.h>

#include "core/timekeeping.h"
#include "ipv4/fib.h"
#include "ipv4/ip.h"
#include "kernel/slab.h"

#define IPOPT_TYPE 0 /* offsets in an option */
#define IPOPT_LEN 1
#define IPOPT_PTR 2
#define IPOPT_TSFLAGS 3
#define TS_KIND 0x0f

/* One compilation: what the options belong to */
struct compile {
	struct net *net;
	struct ip_options *opt;
	struct sk_buff *skb; /* NULL: the user's bytes */
	unsigned char *base; /* where the IP header is, or would be */
	__be32 spec_dst;
	bool have_spec_dst;
};

static int compile_option(struct compile *c, unsigned char *p);
static int compile_srr(struct compile *c, unsigned char *p);
static int compile_rr(struct compile *c, unsigned char *p);
static int compile_ts(struct compile *c, unsigned char *p);
static int compile_ts_slot(struct compile *c, unsigned char *p);
static int echo_ts(struct net *net, struct ip_options *dopt, unsigned char *dptr, unsigned ptr, const struct ip_options *sopt);
static unsigned echo_srr(const struct sk_buff *skb, struct ip_options *dopt, unsigned char *dptr, const unsigned char *start);

static __always_inline void put_addr(unsigned char *p, __be32 addr)
{
	memcpy(p, &addr, 4);
}

static __always_inline __be32 get_addr(const unsigned char *p)
{
	__be32 addr;

	memcpy(&addr, p, 4);
	return addr;
}

/* The address that we record: the one an answer would come from. Asked once a packet. */
static void put_spec_dst(struct compile *c, unsigned char *p)
{
	if (!c->have_spec_dst) {
		c->spec_dst = fib_compute_spec_dst(c->skb);
		c->have_spec_dst = true;
	}
	put_addr(p, c->spec_dst);
}

int ip_options_compile(struct net *net, struct ip_options *opt, struct sk_buff *skb, int *pp_ptr)
{
	struct compile c = { .net = net, .opt = opt, .skb = skb };
	unsigned char *p = skb ? skb_network_header(skb) + sizeof(struct iphdr) : opt->__data;
	int left = opt->optlen, bad;

	c.base = p - sizeof(struct iphdr);
	while (left > 0) {
		if (*p == IPOPT_END) { /* what follows is padding: made so */
			for (p++, left--; left > 0; p++, left--) {
				if (*p != IPOPT_END) {
					*p = IPOPT_END;
					opt->is_changed = 1;
				}
			}
			break;
		}
		if (*p == IPOPT_NOOP) {
			p++;
			left--;
			continue;
		}
		bad = 0;
		if (left < 2 || p[IPOPT_LEN] < 2 || p[IPOPT_LEN] > left)
			goto error;
		bad = compile_option(&c, p);
		if (bad >= 0)
			goto error;
		left -= p[IPOPT_LEN];
		p += p[IPOPT_LEN];
	}
	return 0;
error:
	if (pp_ptr)
		*pp_ptr = (int)(p - c.base) + bad;
	return -EINVAL;
}

/* One option whose length is known to be inside the header: -1 good, else the offset in it of the culprit. */
static int compile_option(struct compile *c, unsigned char *p)
{
	switch (p[IPOPT_TYPE]) {
	case IPOPT_SSRR:
	case IPOPT_LSRR:
		return compile_srr(c, p);
	case IPOPT_RR:
		return compile_rr(c, p);
	case IPOPT_TIMESTAMP:
		return compile_ts(c, p);
	case IPOPT_RA:
		if (p[IPOPT_LEN] < 4)
			return IPOPT_LEN;
		if (!p[2] && !p[3])
			c->opt->router_alert = (unsigned char)(p - c->base);
		return -1;
	default: /* a user may not send what we cannot check */
		return c->skb ? -1 : IPOPT_TYPE;
	}
}

static int compile_srr(struct compile *c, unsigned char *p)
{
	struct ip_options *opt = c->opt;

	if (p[IPOPT_LEN] < 3)
		return IPOPT_LEN;
	if (p[IPOPT_PTR] < 4)
		return IPOPT_PTR;
	if (opt->srr)
		return IPOPT_TYPE;
	if (!c->skb) { /* the first hop becomes the destination, and leaves the list */
		if (p[IPOPT_PTR] != 4 || p[IPOPT_LEN] < 7 || ((p[IPOPT_LEN] - 3) & 3))
			return IPOPT_LEN;
		opt->faddr = get_addr(p + 3);
		if (p[IPOPT_LEN] > 7)
			memmove(p + 3, p + 7, p[IPOPT_LEN] - 7u);
	}
	opt->is_strictroute = p[IPOPT_TYPE] == IPOPT_SSRR;
	opt->srr = (unsigned char)(p - c->base);
	return -1;
}

static int compile_rr(struct compile *c, unsigned char *p)
{
	struct ip_options *opt = c->opt;

	if (opt->rr)
		return IPOPT_TYPE;
	if (p[IPOPT_LEN] < 3)
		return IPOPT_LEN;
	if (p[IPOPT_PTR] < 4)
		return IPOPT_PTR;
	if (p[IPOPT_PTR] <= p[IPOPT_LEN]) {
		if (p[IPOPT_PTR] + 3 > p[IPOPT_LEN])
			return IPOPT_PTR;
		if (c->skb) {
			put_spec_dst(c, p + p[IPOPT_PTR] - 1);
			opt->is_changed = 1;
		}
		p[IPOPT_PTR] += 4;
		opt->rr_needaddr = 1;
	}
	opt->rr = (unsigned char)(p - c->base);
	return -1;
}

static int compile_ts(struct compile *c, unsigned char *p)
{
	struct ip_options *opt = c->opt;
	int bad;

	if (opt->ts)
		return IPOPT_TYPE;
	if (p[IPOPT_LEN] < 4)
		return IPOPT_LEN;
	if (p[IPOPT_PTR] < 5)
		return IPOPT_PTR;
	if (p[IPOPT_PTR] <= p[IPOPT_LEN]) {
		if (p[IPOPT_PTR] + 3 > p[IPOPT_LEN])
			return IPOPT_PTR;
		bad = compile_ts_slot(c, p);
		if (bad >= 0)
			return bad;
	} else if ((p[IPOPT_TSFLAGS] & TS_KIND) != IPOPT_TS_PRESPEC) { /* full: count who found no room */
		if (p[IPOPT_TSFLAGS] >> 4 == 15)
			return IPOPT_TSFLAGS;
		if (c->skb) {
			p[IPOPT_TSFLAGS] += 0x10;
			opt->is_changed = 1;
		}
	}
	opt->ts = (unsigned char)(p - c->base);
	return -1;
}

/* A free slot of four bytes at least: fill it as the option's flags say. */
static int compile_ts_slot(struct compile *c, unsigned char *p)
{
	struct ip_options *opt = c->opt;
	unsigned char *slot = p + p[IPOPT_PTR] - 1, *time = NULL;

	switch (p[IPOPT_TSFLAGS] & TS_KIND) {
	case IPOPT_TS_TSONLY:
		time = slot;
		p[IPOPT_PTR] += 4;
		break;
	case IPOPT_TS_TSANDADDR:
		if (p[IPOPT_PTR] + 7 > p[IPOPT_LEN])
			return IPOPT_PTR;
		if (c->skb)
			put_spec_dst(c, slot);
		time = slot + 4;
		opt->ts_needaddr = 1;
		p[IPOPT_PTR] += 8;
		break;
	case IPOPT_TS_PRESPEC: /* only the hosts that it names */
		if (p[IPOPT_PTR] + 7 > p[IPOPT_LEN])
			return IPOPT_PTR;
		if (inet_addr_type(c->net, get_addr(slot)) == RTN_UNICAST)
			return -1;
		time = slot + 4;
		p[IPOPT_PTR] += 8;
		break;
	default:
		return c->skb ? -1 : IPOPT_TSFLAGS;
	}
	opt->ts_needtime = 1;
	if (c->skb) {
		put_addr(time, inet_current_timestamp(c->skb));
		opt->is_changed = 1;
	}
	return -1;
}

__be32 inet_current_timestamp(struct sk_buff *skb)
{
	if (!skb->tstamp)
		skb->tstamp = ktime_get_real(this_net());
	return htonl((uint32_t)(skb->tstamp / (int64_t)NSEC_PER_MSEC % 86400000));
}

/* The address that goes into a recorded route when the packet leaves by @rt. */
static void ip_rt_get_source(unsigned char *addr, const struct sk_buff *skb, const struct rtable *rt)
{
	const struct iphdr *iph = ip_hdr(skb);

	put_addr(addr, rt_is_output_route(rt) ? iph->saddr :
		 inet_select_addr(rt->dst.dev, rt_nexthop(rt, iph->daddr), RT_SCOPE_UNIVERSE));
}

/* --- sending --- */

void ip_options_build(struct sk_buff *skb, struct ip_options *opt, __be32 daddr, struct rtable *rt)
{
	unsigned char *iph = skb_network_header(skb);

	memcpy(IPCB_OPT(skb), opt, sizeof(*opt));
	memcpy(iph + sizeof(struct iphdr), opt->__data, opt->optlen);
	if (opt->srr) /* the last hop of the route is where it is meant for */
		put_addr(iph + opt->srr + iph[opt->srr + IPOPT_LEN] - 4, daddr);
	if (opt->rr_needaddr)
		ip_rt_get_source(iph + opt->rr + iph[opt->rr + IPOPT_PTR] - 5, skb, rt);
	if (opt->ts_needaddr)
		ip_rt_get_source(iph + opt->ts + iph[opt->ts + IPOPT_PTR] - 9, skb, rt);
	if (opt->ts_needtime)
		put_addr(iph + opt->ts + iph[opt->ts + IPOPT_PTR] - 5, inet_current_timestamp(skb));
}

void ip_options_trim(unsigned char *p, int left)
{
	while (left > 0 && *p != IPOPT_END) {
		int len = 1;

		if (*p != IPOPT_NOOP) {
			if (left < 2 || p[IPOPT_LEN] < 2 || p[IPOPT_LEN] > left)
				return;
			len = p[IPOPT_LEN];
			if (!IPOPT_COPIED(*p))
				memset(p, IPOPT_NOOP, (size_t)len);
		}
		left -= len;
		p += len;
	}
}

void ip_forward_options(struct sk_buff *skb)
{
	struct ip_options *opt = IPCB_OPT(skb);
	struct rtable *rt = skb_rtable(skb);
	unsigned char *raw = skb_network_header(skb), *p;
	unsigned ptr, len;

	if (opt->rr_needaddr) { /* the slot was filled when it came in; now we know by which address it leaves */
		p = raw + opt->rr;
		ip_rt_get_source(p + p[IPOPT_PTR] - 5, skb, rt);
		opt->is_changed = 1;
	}
	if (opt->srr_is_hit) {
		p = raw + opt->srr;
		len = p[IPOPT_LEN];
		for (ptr = p[IPOPT_PTR]; ptr + 3 <= len; ptr += 4)
			if (get_addr(p + ptr - 1) == opt->nexthop)
				break;
		if (ptr + 3 <= len) {
			ip_hdr(skb)->daddr = opt->nexthop;
			ip_rt_get_source(p + ptr - 1, skb, rt);
			p[IPOPT_PTR] = (unsigned char)(ptr + 4);
			opt->is_changed = 1;
		}
		if (opt->ts_needaddr) {
			p = raw + opt->ts;
			ip_rt_get_source(p + p[IPOPT_PTR] - 9, skb, rt);
			opt->is_changed = 1;
		}
	}
	if (opt->is_changed) {
		opt->is_changed = 0;
		ip_send_check(ip_hdr(skb));
	}
}

/* --- the answer to a packet with options --- */

int ip_options_echo(struct net *net, struct ip_options *dopt, struct sk_buff *skb, const struct ip_options *sopt)
{
	const unsigned char *sptr = skb_network_header(skb), *p;
	unsigned char *dptr = dopt->__data;
	unsigned len;
	int err;

	memset(dopt, 0, sizeof(*dopt));
	if (!sopt->optlen)
		return 0;
	if (sopt->rr) {
		p = sptr + sopt->rr;
		len = p[IPOPT_LEN];
		memcpy(dptr, p, len);
		dopt->rr = (unsigned char)(dopt->optlen + sizeof(struct iphdr));
		if (sopt->rr_needaddr && p[IPOPT_PTR] <= len) {
			if (p[IPOPT_PTR] + 3u > len)
				return -EINVAL;
			dptr[IPOPT_PTR] = (unsigned char)(p[IPOPT_PTR] + 4);
			dopt->rr_needaddr = 1;
		}
		dptr += len;
		dopt->optlen = (unsigned char)(dopt->optlen + len);
	}
	if (sopt->ts) {
		p = sptr + sopt->ts;
		len = p[IPOPT_LEN];
		memcpy(dptr, p, len);
		dopt->ts = (unsigned char)(dopt->optlen + sizeof(struct iphdr));
		if (p[IPOPT_PTR] <= len) {
			err = echo_ts(net, dopt, dptr, p[IPOPT_PTR], sopt);
			if (err)
				return err;
		}
		dptr += len;
		dopt->optlen = (unsigned char)(dopt->optlen + len);
	}
	if (sopt->srr) {
		len = echo_srr(skb, dopt, dptr, sptr + sopt->srr);
		if (len) {
			dopt->is_strictroute = sopt->is_strictroute;
			dopt->srr = (unsigned char)(dopt->optlen + sizeof(struct iphdr));
			dptr += len;
			dopt->optlen = (unsigned char)(dopt->optlen + len);
		}
	}
	while (dopt->optlen & 3) {
		*dptr++ = IPOPT_END;
		dopt->optlen++;
	}
	return 0;
}

/* Reserve our slot of the answer's time stamps, if there is room for what the flags ask. */
static int echo_ts(struct net *net, struct ip_options *dopt, unsigned char *dptr, unsigned ptr, const struct ip_options *sopt)
{
	unsigned len = dptr[IPOPT_LEN];

	if (sopt->ts_needaddr) {
		if (ptr + 3 > len)
			return -EINVAL;
		dopt->ts_needaddr = 1;
		ptr += 4;
	}
	if (sopt->ts_needtime) {
		if (ptr + 3 > len)
			return -EINVAL;
		if ((dptr[IPOPT_TSFLAGS] & TS_KIND) != IPOPT_TS_PRESPEC) {
			dopt->ts_needtime = 1;
			ptr += 4;
		} else if (ptr + 7 <= len && inet_addr_type(net, get_addr(dptr + ptr - 1)) != RTN_UNICAST) {
			dopt->ts_needtime = 1;
			ptr += 8;
		}
	}
	dptr[IPOPT_PTR] = (unsigned char)ptr;
	return 0;
}

/* The route backwards, RFC 1122 3.2.1.8(c): length of the option, 0 when no hop is left to go through. */
static unsigned echo_srr(const struct sk_buff *skb, struct ip_options *dopt, unsigned char *dptr, const unsigned char *start)
{
	int from = start[IPOPT_PTR], to = 0;
	__be32 faddr = 0;

	if (from > start[IPOPT_LEN])
		from = start[IPOPT_LEN] + 1;
	from -= 4;
	if (from > 3) {
		faddr = get_addr(start + from - 1);
		for (from -= 4, to = 4; from > 3; from -= 4, to += 4)
			memcpy(dptr + to - 1, start + from - 1, 4);
		/* a route that begins with its own sender is illegal (RFC 1812 5.2.4.1): leave him out */
		if (ip_hdr(skb)->saddr == get_addr(start + from + 3))
			to -= 4;
	}
	if (to <= 3)
		return 0;
	dopt->faddr = faddr;
	dptr[IPOPT_TYPE] = start[IPOPT_TYPE];
	dptr[IPOPT_LEN] = (unsigned char)(to + 3);
	dptr[IPOPT_PTR] = 4;
	return (unsigned)to + 3;
}

/* --- from and to users --- */

int ip_options_get(struct net *net, struct ip_options_rcu **optp, const unsigned char *data, int optlen)
{
	unsigned padded = ((unsigned)optlen + 3) & ~3u;
	struct ip_options_rcu *opt;

	if (optlen < 0 || padded > 40)
		return -EINVAL;
	opt = kzalloc(&net->m, sizeof(*opt) + padded);
	if (!opt)
		return -ENOMEM;
	opt->net = net;
	if (optlen)
		memcpy(opt->opt.__data, data, (size_t)optlen); /* IPOPT_END, which pads it, is 0 */
	opt->opt.optlen = (unsigned char)padded;
	if (padded && ip_options_compile(net, &opt->opt, NULL, NULL)) {
		kfree(&net->m, opt);
		return -EINVAL;
	}
	kfree(&net->m, *optp);
	*optp = opt;
	return 0;
}

static void ip_options_free_rcu(struct rcu_head *head)
{
	struct ip_options_rcu *opt = container_of(head, struct ip_options_rcu, rcu);

	kfree(&opt->net->m, opt);
}

void kfree_ip_options(struct net *net, struct ip_options_rcu *opt)
{
	if (opt)
		call_rcu(&net->m, &opt->rcu, ip_options_free_rcu); /* a sender may be reading them */
}

void ip_options_undo(struct ip_options *opt)
{
	unsigned char *base = opt->__data - sizeof(struct iphdr), *p;

	if (opt->srr) {
		p = base + opt->srr;
		memmove(p + 7, p + 3, p[IPOPT_LEN] - 7u);
		put_addr(p + 3, opt->faddr);
	}
	if (opt->rr_needaddr) {
		p = base + opt->rr;
		p[IPOPT_PTR] -= 4;
		put_addr(p + p[IPOPT_PTR] - 1, 0);
	}
	if (opt->ts) {
		p = base + opt->ts;
		if (opt->ts_needtime) {
			p[IPOPT_PTR] -= 4;
			put_addr(p + p[IPOPT_PTR] - 1, 0);
			if ((p[IPOPT_TSFLAGS] & TS_KIND) == IPOPT_TS_PRESPEC)
				p[IPOPT_PTR] -= 4;
		}
		if (opt->ts_needaddr) {
			p[IPOPT_PTR] -= 4;
			put_addr(p + p[IPOPT_PTR] - 1, 0);
		}
	}
}
