/* SPDX-License-Identifier: MIT */
/*
 * igmp.c - the host side of IGMP: queries, timers, the groups of an interface (RFC 1112, 2236,
 * 3376)
 *
 * Theory of operation
 *   On the walk: ip_local_deliver_finish() calls igmp_rcv(); ip_check_mc_rcu() is asked for each
 *   group packet by the routes. Sockets come in by ip_mc_inc_group() and ip_mc_dec_group()
 *   (igmp_sock.c), devices by ip_mc_up() and ip_mc_down() (devinet.c).
 *   A group's first user adds the link-layer filter and makes a state change; the last one's leave
 *   is another. Which report tells of it depends on the oldest router heard of late: versions 1 and
 *   2 have a report (and a leave message) a group, version 3 one message with a record a group. All
 *   deadlines of an interface (answer to a general query, state change, each group's report) hang
 *   on one timer, homed on vCPU 0 and armed for the earliest of them; whoever sets a deadline holds
 *   mc_lock, so the last mod_timer() knows all of them.
 * Owns: groups and their sources, freed a grace period after they are unlinked.
 * Threads: any vCPU; device events of the control thread are carried into vCPU 0.
 * Refuses: messages with a bad checksum or length; reports about 224.0.0.1. No message leaves with
 * mc_lock held. Mirrors: net/ipv4/igmp.c.
 */
#include "ipv4/igmp.h"

#include <errno.h>

#include "fs/seq_file.h"
#include "ipv4/igmp_impl.h"
#include "kernel/slab.h"
#include "kernel/smp.h"
#include "lib/rng.h"

#define HZ_OF(in_dev) ((unsigned long)dev_net((in_dev)->dev)->m.hz)

static enum skb_drop_reason igmp_deliver(struct in_device *in_dev, struct sk_buff *skb);
static enum skb_drop_reason igmp_heard_query(struct in_device *in_dev, const struct sk_buff *skb);
static bool igmp_heard_old_query(struct in_device *in_dev, const struct igmphdr *ih,
				 unsigned long *max_delay);
static bool igmp_heard_v3_query(struct in_device *in_dev, const struct igmpv3_query *ih3,
				unsigned long max_delay);
static void igmp_heard_report(struct in_device *in_dev, __be32 group);
static void igmp_mod_timer(struct ip_mc_list *im, unsigned long max_delay);
static void igmp_start_timer(struct ip_mc_list *im, unsigned long max_delay);
static void igmp_stop_timer(struct ip_mc_list *im);
static void igmp_arm(struct in_device *in_dev);
static void igmp_mc_timer(struct ktimer *t);
static void igmp_gq_timer_expire(struct in_device *in_dev, struct sk_buff_head *out);
static void igmp_ifc_timer_expire(struct in_device *in_dev, struct sk_buff_head *out);
static void igmp_timer_expire(struct ip_mc_list *im, struct sk_buff_head *out);
static void igmp_group_added(struct ip_mc_list *im);
static void igmp_group_dropped(struct ip_mc_list *im, struct sk_buff_head *out);
static int igmp_mc_seq_show(struct seq_file *m, void *data);
static int igmp_mcf_seq_show(struct seq_file *m, void *data);

static const struct proc_ops igmp_mc_proc_ops = { .show = igmp_mc_seq_show };
static const struct proc_ops igmp_mcf_proc_ops = { .show = igmp_mcf_seq_show };
static const struct net_protocol igmp_protocol = { .handler = igmp_rcv, .name = "IGMP" };

int igmp_init(struct net *net)
{
	int err = inet_add_protocol(net, &igmp_protocol, IPPROTO_IGMP);

	if (err)
		return err;
	if (proc_create(&net->vfs, "/proc/net/igmp", 0444, &igmp_mc_proc_ops, net) &&
	    proc_create(&net->vfs, "/proc/net/mcfilter", 0444, &igmp_mcf_proc_ops, net))
		return 0;
	igmp_exit(net);
	return -ENOMEM;
}

void igmp_exit(struct net *net)
{
	proc_remove_path(&net->vfs, "/proc/net/igmp");
	proc_remove_path(&net->vfs, "/proc/net/mcfilter");
	inet_del_protocol(net, &igmp_protocol, IPPROTO_IGMP);
}

/* --- receive --- */

int igmp_rcv(struct sk_buff *skb)
{
	struct in_device *in_dev = __in_dev_get_rcu(skb->dev);
	enum skb_drop_reason reason = SKB_DROP_REASON_IGMP_INVALID;

	if (in_dev && pskb_may_pull(skb, sizeof(struct igmphdr)) &&
	    (skb->ip_summed == CHECKSUM_UNNECESSARY ||
	     !csum_fold(skb_checksum(skb, 0, (int)skb->len, 0))))
		reason = igmp_deliver(in_dev, skb);
	if (reason)
		kfree_skb_reason(skb, reason);
	else
		consume_skb(skb);
	return 0;
}

/* NOT_SPECIFIED: it was good, or is of no concern to a host. */
static enum skb_drop_reason igmp_deliver(struct in_device *in_dev, struct sk_buff *skb)
{
	const struct igmphdr *ih = (const struct igmphdr *)(const void *)skb->data;

	switch (ih->type) {
	case IGMP_HOST_MEMBERSHIP_QUERY:
		return igmp_heard_query(in_dev, skb);
	case IGMP_HOST_MEMBERSHIP_REPORT:
	case IGMPV2_HOST_MEMBERSHIP_REPORT:
		/*
		 * Our own, looped back, says nothing; one to a single host was not heard by
		 * routers.
		 */
		if (rt_is_input_route(skb_rtable(skb)) &&
		    (skb->pkt_type == PACKET_MULTICAST || skb->pkt_type == PACKET_BROADCAST))
			igmp_heard_report(in_dev, ih->group);
		break;
	default: /* leaves, version 3 reports, multicast routing: for routers */
		break;
	}
	return SKB_DROP_REASON_NOT_SPECIFIED;
}

/* RFC 3376 4.1.1: the floating point of response codes and intervals */
static unsigned igmpv3_exp(unsigned char code)
{
	return code < 0x80 ? code : ((code & 0xfu) | 0x10u) << ((code >> 4 & 7) + 3);
}

static enum skb_drop_reason igmp_heard_query(struct in_device *in_dev, const struct sk_buff *skb)
{
	const struct igmpv3_query *ih3 = (const struct igmpv3_query *)(const void *)skb->data;
	unsigned long max_delay = 0;
	bool v3 = false, all;
	unsigned nsrcs = 0;
	struct ip_mc_list *im;

	if (skb->len != sizeof(struct igmphdr)) {
		v3 = true;
		if (!pskb_may_pull(skb, sizeof(*ih3)))
			return SKB_DROP_REASON_IGMP_INVALID; /* 9 to 11 bytes: RFC 3376 7.1 */
		nsrcs = ntohs(ih3->nsrcs);
		if (!pskb_may_pull(skb, sizeof(*ih3) + nsrcs * sizeof(__be32)) ||
		    (!ih3->group && nsrcs))
			return SKB_DROP_REASON_IGMP_INVALID;
	}
	spin_lock(&in_dev->mc_lock);
	all = !ih3->group;
	if (!v3) {
		all |= igmp_heard_old_query(in_dev, (const void *)skb->data, &max_delay);
	} else if (igmp_v1_seen(in_dev)) {
		max_delay = IGMP_QUERY_RESPONSE_INTERVAL * HZ_OF(in_dev);
		all = true;
	} else {
		max_delay = igmpv3_exp(ih3->code) * (HZ_OF(in_dev) / IGMP_TIMER_SCALE);
		max_delay = max_delay ? max_delay : 1;
		if (igmp_v2_seen(in_dev))
			nsrcs = 0;
		else if (igmp_heard_v3_query(in_dev, ih3, max_delay))
			goto out;
	}
	for (im = in_dev->mc_list; im; im = im->next_rcu) {
		if ((!all && im->multiaddr != ih3->group) ||
		    igmp_never_reported(in_dev, im->multiaddr))
			continue;
		im->gsquery = (im->tm_running ? im->gsquery : 1) && nsrcs;
		if (!im->gsquery || igmp_mark_sources(im, nsrcs, ih3->srcs))
			igmp_mod_timer(im, max_delay);
	}
out:
	igmp_arm(in_dev);
	spin_unlock(&in_dev->mc_lock);
	return SKB_DROP_REASON_NOT_SPECIFIED;
}

/*
 * Version 1 (no response code) or 2: from now on we speak as they do, and what version 3 still had
 * to tell is void (RFC 3376 7.2.1). True: the query is for all groups.
 */
static bool igmp_heard_old_query(struct in_device *in_dev, const struct igmphdr *ih,
				 unsigned long *max_delay)
{
	unsigned long until = jiffies_now() + in_dev->mr_qrv * in_dev->mr_qi + in_dev->mr_qri;

	if (!ih->code) {
		*max_delay = IGMP_QUERY_RESPONSE_INTERVAL * HZ_OF(in_dev);
		in_dev->mr_v1_seen = until;
	} else {
		*max_delay = ih->code * (HZ_OF(in_dev) / IGMP_TIMER_SCALE);
		in_dev->mr_v2_seen = until;
	}
	in_dev->mr_ifc_count = 0;
	in_dev->mr_ifc_running = 0;
	igmp_clear_delrec(in_dev);
	return !ih->code;
}

/*
 * Learn the querier's numbers (RFC 3376 4.1.6, 4.1.7, 8.3). True: a general query, answered at
 * once.
 */
static bool igmp_heard_v3_query(struct in_device *in_dev, const struct igmpv3_query *ih3,
				unsigned long max_delay)
{
	unsigned long hz = HZ_OF(in_dev), expires;

	in_dev->mr_maxdelay = max_delay;
	in_dev->mr_qrv = ih3->qrv; /* 0: our own setting */
	in_dev->mr_qrv = igmp_robustness(in_dev);
	in_dev->mr_qi = (ih3->qqic ? igmpv3_exp(ih3->qqic) : IGMP_QUERY_INTERVAL) * hz;
	if (in_dev->mr_qri >= in_dev->mr_qi)
		in_dev->mr_qri = (in_dev->mr_qi / hz - 1) * hz;
	if (ih3->group)
		return false;
	expires = jiffies_now() + rng_below(&this_vcpu()->rng, (uint32_t)max_delay) + 2;
	if (!in_dev->mr_gq_running || time_before(expires, in_dev->mr_gq_expires)) {
		in_dev->mr_gq_running = 1;
		in_dev->mr_gq_expires = expires;
	}
	return true;
}

/* Somebody else has told the routers: our own report is not needed (versions 1 and 2). */
static void igmp_heard_report(struct in_device *in_dev, __be32 group)
{
	struct ip_mc_list *im;

	if (igmp_never_reported(in_dev, group))
		return;
	spin_lock(&in_dev->mc_lock);
	im = igmp_find(in_dev, group);
	if (im)
		igmp_stop_timer(im);
	spin_unlock(&in_dev->mc_lock);
}

/* --- what kind of router is there --- */

static bool igmp_seen(const struct in_device *in_dev, int version, unsigned long until)
{
	if (IPV4_DEVCONF_ALL(dev_net(in_dev->dev), FORCE_IGMP_VERSION) == version ||
	    IN_DEV_CONF_GET(in_dev, FORCE_IGMP_VERSION) == version)
		return true;
	return until && time_before(jiffies_now(), until);
}

bool igmp_v1_seen(const struct in_device *in_dev)
{
	return igmp_seen(in_dev, 1, in_dev->mr_v1_seen);
}

bool igmp_v2_seen(const struct in_device *in_dev)
{
	return igmp_seen(in_dev, 2, in_dev->mr_v2_seen);
}

unsigned char igmp_robustness(const struct in_device *in_dev)
{
	if (in_dev->mr_qrv)
		return in_dev->mr_qrv;
	return (unsigned char)READ_ONCE(dev_net(in_dev->dev)->ipv4->sysctl_igmp_qrv);
}

bool igmp_never_reported(const struct in_device *in_dev, __be32 addr)
{
	return addr == IGMP_ALL_HOSTS ||
	       (ipv4_is_local_multicast(addr) &&
		!READ_ONCE(dev_net(in_dev->dev)->ipv4->sysctl_igmp_llm_reports));
}

/* How far apart repeated reports are: the interface's setting or all's, ms into jiffies. */
static unsigned long unsolicited_report_interval(const struct in_device *in_dev)
{
	const struct net *net = dev_net(in_dev->dev);
	bool old = igmp_v1_seen(in_dev) || igmp_v2_seen(in_dev);
	int ms = old ? IN_DEV_CONF_GET(in_dev, IGMPV2_UNSOLICITED_REPORT_INTERVAL) :
		       IN_DEV_CONF_GET(in_dev, IGMPV3_UNSOLICITED_REPORT_INTERVAL);
	unsigned long interval = msecs_to_jiffies(&net->m, (unsigned)max(ms, 0));

	return interval ? interval : 1;
}

/* --- timers --- */

static void igmp_start_timer(struct ip_mc_list *im, unsigned long max_delay)
{
	im->tm_running = 1;
	im->expires = jiffies_now() + rng_below(&this_vcpu()->rng, (uint32_t)max_delay) + 2;
}

static void igmp_stop_timer(struct ip_mc_list *im)
{
	im->tm_running = 0;
	im->reporter = 0;
	im->unsolicit_count = 0;
}

/* A query: report within @max_delay, if a report is not due sooner. */
static void igmp_mod_timer(struct ip_mc_list *im, unsigned long max_delay)
{
	im->unsolicit_count = 0;
	if (im->tm_running && (long)(im->expires - jiffies_now()) < (long)max_delay)
		return;
	igmp_start_timer(im, max_delay);
}

static void igmp_ifc_start_timer(struct in_device *in_dev, unsigned long delay)
{
	in_dev->mr_ifc_running = 1;
	in_dev->mr_ifc_expires = jiffies_now() + rng_below(&this_vcpu()->rng, (uint32_t)delay) + 2;
}

void igmp_ifc_event(struct in_device *in_dev)
{
	if (igmp_v1_seen(in_dev) || igmp_v2_seen(in_dev))
		return;
	in_dev->mr_ifc_count = igmp_robustness(in_dev);
	igmp_ifc_start_timer(in_dev, 1);
	igmp_arm(in_dev);
}

/* Set the interface's timer to the earliest of its deadlines; after every change of one of them. */
static void igmp_arm(struct in_device *in_dev)
{
	bool any = in_dev->mr_gq_running || in_dev->mr_ifc_running;
	unsigned long first = in_dev->mr_gq_expires;

	if (in_dev->mr_ifc_running &&
	    (!in_dev->mr_gq_running || time_before(in_dev->mr_ifc_expires, first)))
		first = in_dev->mr_ifc_expires;
	for (const struct ip_mc_list *im = in_dev->mc_list; im; im = im->next_rcu) {
		if (im->tm_running && (!any || time_before(im->expires, first)))
			first = im->expires;
		any |= im->tm_running;
	}
	if (in_dev->dead || !any)
		return; /* a timer that fires for nothing does no harm */
	if (in_dev->mr_timer_armed && in_dev->mr_timer_expires == first)
		return;
	in_dev->mr_timer_armed = 1;
	in_dev->mr_timer_expires = first;
	mod_timer(&in_dev->mr_timer, first);
}

static void igmp_mc_timer(struct ktimer *t)
{
	struct in_device *in_dev = container_of(t, struct in_device, mr_timer);
	unsigned long now = jiffies_now();
	struct sk_buff_head out;

	__skb_queue_head_init(&out);
	spin_lock(&in_dev->mc_lock);
	in_dev->mr_timer_armed = 0;
	if (in_dev->mr_gq_running && time_after_eq(now, in_dev->mr_gq_expires))
		igmp_gq_timer_expire(in_dev, &out);
	if (in_dev->mr_ifc_running && time_after_eq(now, in_dev->mr_ifc_expires))
		igmp_ifc_timer_expire(in_dev, &out);
	for (struct ip_mc_list *im = in_dev->mc_list; im; im = im->next_rcu)
		if (im->tm_running && time_after_eq(now, im->expires))
			igmp_timer_expire(im, &out);
	igmp_arm(in_dev);
	spin_unlock(&in_dev->mc_lock);
	igmp_send(&out);
}

static void igmp_gq_timer_expire(struct in_device *in_dev, struct sk_buff_head *out)
{
	in_dev->mr_gq_running = 0;
	igmpv3_send_report(in_dev, NULL, out);
}

static void igmp_ifc_timer_expire(struct in_device *in_dev, struct sk_buff_head *out)
{
	in_dev->mr_ifc_running = 0;
	igmpv3_send_cr(in_dev, out);
	if (!in_dev->mr_ifc_count)
		return;
	in_dev->mr_ifc_count--;
	igmp_ifc_start_timer(in_dev, unsolicited_report_interval(in_dev));
}

static void igmp_timer_expire(struct ip_mc_list *im, struct sk_buff_head *out)
{
	struct in_device *in_dev = im->interface;

	im->tm_running = 0;
	if (im->unsolicit_count && --im->unsolicit_count)
		igmp_start_timer(im, unsolicited_report_interval(in_dev));
	im->reporter = 1;
	if (igmp_v1_seen(in_dev))
		igmp_send_report(in_dev, im, IGMP_HOST_MEMBERSHIP_REPORT, out);
	else if (igmp_v2_seen(in_dev))
		igmp_send_report(in_dev, im, IGMPV2_HOST_MEMBERSHIP_REPORT, out);
	else
		igmp_send_report(in_dev, im, IGMPV3_HOST_MEMBERSHIP_REPORT, out);
}

/* --- groups of an interface --- */

/* RFC 1112 6.4: the low 23 bits of the group in a fixed block of Ethernet groups */
static void ip_mc_filter(struct in_device *in_dev, __be32 addr, bool add)
{
	struct net_device *dev = in_dev->dev;
	uint32_t a = ntohl(addr);
	const unsigned char mac[ETH_ALEN] = { 0x01,	      0x00,	     0x5e,
					      a >> 16 & 0x7f, a >> 8 & 0xff, a & 0xff };

	if (dev->addr_len != ETH_ALEN || (dev->flags & IFF_LOOPBACK))
		return;
	if (add)
		dev_mc_add(dev, mac);
	else
		dev_mc_del(dev, mac);
}

static void igmp_group_added(struct ip_mc_list *im)
{
	struct in_device *in_dev = im->interface;

	if (!im->loaded) {
		im->loaded = 1;
		ip_mc_filter(in_dev, im->multiaddr, true);
	}
	if (igmp_never_reported(in_dev, im->multiaddr) || in_dev->dead)
		return;
	im->unsolicit_count = (unsigned char)READ_ONCE(dev_net(in_dev->dev)->ipv4->sysctl_igmp_qrv);
	if (igmp_v1_seen(in_dev) || igmp_v2_seen(in_dev)) {
		igmp_start_timer(im, 1);
		igmp_arm(in_dev);
		return;
	}
	/* A group that begins with no source at all is no change of mode (RFC 3376 5.1). */
	if (im->sfmode == MCAST_EXCLUDE)
		im->crcount = igmp_robustness(in_dev);
	igmp_ifc_event(in_dev);
}

static void igmp_group_dropped(struct ip_mc_list *im, struct sk_buff_head *out)
{
	struct in_device *in_dev = im->interface;
	bool reporter = im->reporter;

	if (im->loaded) {
		im->loaded = 0;
		ip_mc_filter(in_dev, im->multiaddr, false);
	}
	if (igmp_never_reported(in_dev, im->multiaddr))
		return;
	igmp_stop_timer(im);
	if (in_dev->dead || igmp_v1_seen(in_dev))
		return; /* version 1 leaves in silence */
	if (igmp_v2_seen(in_dev)) {
		if (reporter)
			igmp_send_report(in_dev, im, IGMP_HOST_LEAVE_MESSAGE, out);
		return;
	}
	igmp_add_delrec(in_dev, im);
	igmp_ifc_event(in_dev);
}

struct ip_mc_list *igmp_find(const struct in_device *in_dev, __be32 addr)
{
	struct ip_mc_list *im = rcu_dereference(in_dev->mc_list);

	while (im && im->multiaddr != addr)
		im = rcu_dereference(im->next_rcu);
	return im;
}

int ip_mc_inc_group_mode(struct in_device *in_dev, __be32 addr, unsigned mode)
{
	const struct sf_change first = { .sfmode = mode };
	struct net *net = dev_net(in_dev->dev);
	struct ip_mc_list *im;
	int err = -ENODEV;

	spin_lock(&in_dev->mc_lock);
	if (in_dev->dead)
		goto out;
	im = igmp_find(in_dev, addr);
	if (im) {
		im->users++;
		err = igmp_add_src(im, &first);
		goto out;
	}
	err = -ENOMEM;
	im = kzalloc(&net->m, sizeof(*im));
	if (!im)
		goto out;
	err = 0;
	im->users = 1;
	im->interface = in_dev;
	im->multiaddr = addr;
	im->net = net;
	im->sfmode = mode;
	im->sfcount[mode] = 1;
	im->next_rcu = in_dev->mc_list;
	in_dev->mc_count++;
	rcu_assign_pointer(in_dev->mc_list, im);
	igmp_del_delrec(in_dev, im);
	igmp_group_added(im);
	rt_cache_flush(net); /* cached routes to the group do not loop packets back */
out:
	spin_unlock(&in_dev->mc_lock);
	return err;
}

/* What device events work on. */
struct igmp_work {
	struct in_device *in_dev;
	__be32 addr;
	int err;
};

/* Do it inside a vCPU: here, or in vCPU 0 when the caller is the control thread. */
static void igmp_in_vcpu(void (*fn)(void *arg), struct igmp_work *w)
{
	struct machine *m = &dev_net(w->in_dev->dev)->m;

	if (this_vcpu() && this_vcpu()->m == m)
		fn(w);
	else
		smp_call(m, 0, fn, w);
}

static void igmp_inc_group(void *arg)
{
	struct igmp_work *w = arg;

	w->err = ip_mc_inc_group_mode(w->in_dev, w->addr, MCAST_EXCLUDE);
}

int ip_mc_inc_group(struct in_device *in_dev, __be32 addr)
{
	struct igmp_work w = { .in_dev = in_dev, .addr = addr };

	igmp_in_vcpu(igmp_inc_group, &w);
	return w.err;
}

static void igmp_dec_group(void *arg)
{
	struct igmp_work *w = arg;
	struct in_device *in_dev = w->in_dev;
	struct ip_mc_list *im, **pp;
	struct sk_buff_head out;

	__skb_queue_head_init(&out);
	spin_lock(&in_dev->mc_lock);
	for (pp = &in_dev->mc_list; (im = *pp); pp = &im->next_rcu)
		if (im->multiaddr == w->addr)
			break;
	if (im && --im->users == 0) {
		rcu_assign_pointer(*pp, im->next_rcu);
		in_dev->mc_count--;
		igmp_group_dropped(im, &out);
		igmp_clear_src(im);
		igmp_free_group(im);
		rt_cache_flush(dev_net(in_dev->dev));
	}
	spin_unlock(&in_dev->mc_lock);
	igmp_send(&out);
}

void ip_mc_dec_group(struct in_device *in_dev, __be32 addr)
{
	struct igmp_work w = { .in_dev = in_dev, .addr = addr };

	igmp_in_vcpu(igmp_dec_group, &w);
}

bool ip_check_mc_rcu(struct in_device *in_dev, __be32 mc_addr, __be32 src_addr, uint8_t proto)
{
	const struct ip_mc_list *im = igmp_find(in_dev, mc_addr);
	const struct ip_sf_list *psf;

	if (!im || proto == IPPROTO_IGMP || !src_addr)
		return im;
	for (psf = rcu_dereference(im->sources); psf; psf = rcu_dereference(psf->sf_next))
		if (psf->sf_inaddr == src_addr)
			break;
	if (!psf)
		return READ_ONCE(im->sfcount[MCAST_EXCLUDE]) != 0;
	return READ_ONCE(psf->sf_count[MCAST_INCLUDE]) ||
	       READ_ONCE(psf->sf_count[MCAST_EXCLUDE]) != READ_ONCE(im->sfcount[MCAST_EXCLUDE]);
}

/* --- device events --- */

void ip_mc_init_dev(struct in_device *in_dev)
{
	struct net *net = dev_net(in_dev->dev);

	spin_lock_init(&in_dev->mc_lock);
	ktimer_setup(&in_dev->mr_timer, igmp_mc_timer, net->m.cpu[0]);
	in_dev->mr_qrv = (unsigned char)net->ipv4->sysctl_igmp_qrv;
	in_dev->mr_qi = IGMP_QUERY_INTERVAL * HZ_OF(in_dev);
	in_dev->mr_qri = IGMP_QUERY_RESPONSE_INTERVAL * HZ_OF(in_dev);
}

static void igmp_up(void *arg)
{
	struct igmp_work *w = arg;
	struct in_device *in_dev = w->in_dev;

	w->err = ip_mc_inc_group_mode(in_dev, IGMP_ALL_HOSTS, MCAST_EXCLUDE);
	spin_lock(&in_dev->mc_lock);
	in_dev->mr_qrv = (unsigned char)dev_net(in_dev->dev)->ipv4->sysctl_igmp_qrv;
	in_dev->mr_qi = IGMP_QUERY_INTERVAL * HZ_OF(in_dev);
	in_dev->mr_qri = IGMP_QUERY_RESPONSE_INTERVAL * HZ_OF(in_dev);
	for (struct ip_mc_list *im = in_dev->mc_list; im; im = im->next_rcu) {
		igmp_del_delrec(in_dev, im);
		igmp_group_added(im);
	}
	spin_unlock(&in_dev->mc_lock);
}

void ip_mc_up(struct in_device *in_dev)
{
	struct igmp_work w = { .in_dev = in_dev };

	igmp_in_vcpu(igmp_up, &w);
}

/* Under the lock: forget the link-layer filters and everything that is to be sent. */
static void igmp_quiet(struct in_device *in_dev, struct sk_buff_head *out)
{
	for (struct ip_mc_list *im = in_dev->mc_list; im; im = im->next_rcu)
		igmp_group_dropped(im, out);
	in_dev->mr_ifc_count = 0;
	in_dev->mr_ifc_running = 0;
	in_dev->mr_gq_running = 0;
}

static void igmp_down(void *arg)
{
	struct igmp_work *w = arg;
	struct in_device *in_dev = w->in_dev;
	struct sk_buff_head out;

	__skb_queue_head_init(&out);
	spin_lock(&in_dev->mc_lock);
	igmp_quiet(in_dev, &out);
	spin_unlock(&in_dev->mc_lock);
	igmp_send(&out);
	w->addr = IGMP_ALL_HOSTS;
	igmp_dec_group(w);
}

void ip_mc_down(struct in_device *in_dev)
{
	struct igmp_work w = { .in_dev = in_dev };

	igmp_in_vcpu(igmp_down, &w);
}

/* Inside vCPU 0, where the timer lives. */
static void igmp_destroy(void *arg)
{
	struct igmp_work *w = arg;
	struct in_device *in_dev = w->in_dev;
	struct ip_mc_list *im;
	struct sk_buff_head out;

	__skb_queue_head_init(&out);
	spin_lock(&in_dev->mc_lock);
	igmp_quiet(in_dev, &out); /* says nothing: the device is dead */
	igmp_clear_delrec(in_dev);
	while ((im = in_dev->mc_list)) {
		rcu_assign_pointer(in_dev->mc_list, im->next_rcu);
		in_dev->mc_count--;
		igmp_clear_src(im);
		igmp_free_group(im);
	}
	spin_unlock(&in_dev->mc_lock);
	del_timer_sync(&in_dev->mr_timer);
}

void ip_mc_destroy_dev(struct in_device *in_dev)
{
	struct igmp_work w = { .in_dev = in_dev };

	BUG_ON(!in_dev->dead);
	smp_call(&dev_net(in_dev->dev)->m, 0, igmp_destroy, &w);
}

/* --- files --- */

static const char *igmp_querier(const struct in_device *in_dev, const struct net *net,
				unsigned long now)
{
	int forced = IPV4_DEVCONF_ALL(net, FORCE_IGMP_VERSION);

	if (!forced)
		forced = IN_DEV_CONF_GET(in_dev, FORCE_IGMP_VERSION);
	if (forced == 1 || (in_dev->mr_v1_seen && time_before(now, in_dev->mr_v1_seen)))
		return "V1";
	if (forced == 2 || (in_dev->mr_v2_seen && time_before(now, in_dev->mr_v2_seen)))
		return "V2";
	return "V3";
}

static int igmp_mc_seq_show(struct seq_file *m, void *data)
{
	struct net *net = data;
	unsigned long now = net->m.cpu[0]->jiffies;
	struct net_device *dev;

	seq_puts(m, "Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n");
	for_each_netdev(net, dev) {
		struct in_device *in_dev = __in_dev_get_rtnl(dev);

		if (!in_dev)
			continue;
		spin_lock(&in_dev->mc_lock);
		for (const struct ip_mc_list *im = in_dev->mc_list; im; im = im->next_rcu) {
			long left = (long)(im->expires - now);

			if (im == in_dev->mc_list)
				seq_printf(m, "%d\t%-10s: %5u %7s\n", dev->ifindex, dev->name,
					   in_dev->mc_count, igmp_querier(in_dev, net, now));
			left = im->tm_running && left > 0 ? left * 100 / (long)net->m.hz : 0;
			seq_printf(m, "\t\t\t\t%08X %5d %d:%08lX\t\t%d\n", im->multiaddr, im->users,
				   im->tm_running, (unsigned long)left, im->reporter);
		}
		spin_unlock(&in_dev->mc_lock);
	}
	return 0;
}

static int igmp_mcf_seq_show(struct seq_file *m, void *data)
{
	struct net *net = data;
	struct net_device *dev;

	seq_puts(m, "Idx Device        MCA        SRC    INC    EXC\n");
	for_each_netdev(net, dev) {
		struct in_device *in_dev = __in_dev_get_rtnl(dev);

		if (!in_dev)
			continue;
		spin_lock(&in_dev->mc_lock);
		for (const struct ip_mc_list *im = in_dev->mc_list; im; im = im->next_rcu)
			for (const struct ip_sf_list *s = im->sources; s; s = s->sf_next)
				seq_printf(m, "%3d %6.6s 0x%08x 0x%08x %6lu %6lu\n", dev->ifindex,
					   dev->name, ntohl(im->multiaddr), ntohl(s->sf_inaddr),
					   s->sf_count[MCAST_INCLUDE], s->sf_count[MCAST_EXCLUDE]);
		spin_unlock(&in_dev->mc_lock);
	}
	return 0;
}
