/* SPDX-License-Identifier: MIT */
#ifndef IPV4_IGMP_IMPL_H
#define IPV4_IGMP_IMPL_H
/*
 * igmp_impl.h - what igmp.c, igmp_sf.c and igmp_report.c know of each other
 *
 * igmp.c has the protocol (queries, timers, groups), igmp_sf.c the filters of an interface's group,
 * igmp_report.c makes the messages. All functions here run inside a vCPU with mc_lock held unless
 * said otherwise.
 */
#include "ipv4/igmp.h"
#include "ipv4/ip.h"

#define IGMP_QUERY_INTERVAL 125	      /* seconds, RFC 3376 8.2 */
#define IGMP_QUERY_RESPONSE_INTERVAL 10 /* seconds, 8.3 */
#define IGMP_SIZE (sizeof(struct igmphdr) + sizeof(struct iphdr) + 4)

/* --- igmp.c --- */
bool igmp_v1_seen(const struct in_device *in_dev);
bool igmp_v2_seen(const struct in_device *in_dev); /* by setting, or heard of late */
unsigned char igmp_robustness(const struct in_device *in_dev);
void igmp_ifc_event(struct in_device *in_dev); /* the state changed: report it soon */
struct ip_mc_list *igmp_find(const struct in_device *in_dev, __be32 addr);
/* Is this a group that routers are not told of: 224.0.0.1, and 224.0.0.x if it is so set? */
bool igmp_never_reported(const struct in_device *in_dev, __be32 addr);

/* --- igmp_sf.c --- */
/*
 * One more (less) filter of @sfmode with these sources; with @delta only the sources of a filter
 * that is there change. 0, -ENOMEM (nothing changed), -EINVAL and -ESRCH for what is not there.
 */
struct sf_change {
	unsigned sfmode, sfcount;
	const __be32 *psfsrc;
	bool delta;
};
int igmp_add_src(struct ip_mc_list *im, const struct sf_change *c);
int igmp_del_src(struct ip_mc_list *im, const struct sf_change *c);
/*
 * The same for the group @addr of @in_dev, which takes the lock; a group that is not there: -ESRCH.
 */
int ip_mc_add_src(struct in_device *in_dev, __be32 addr, const struct sf_change *c);
int ip_mc_del_src(struct in_device *in_dev, __be32 addr, const struct sf_change *c);
/* Join with a first filter of mode @mode (without sources); takes the lock. */
int ip_mc_inc_group_mode(struct in_device *in_dev, __be32 addr, unsigned mode);
bool igmp_mark_sources(struct ip_mc_list *im, unsigned nsrcs, const __be32 *srcs);
void igmp_clear_src(struct ip_mc_list *im);
void igmp_clear_zeros(struct ip_sf_list **list); /* drop those with nothing left to tell */
void igmp_free_sources(struct ip_sf_list **list);
void igmp_free_group(struct ip_mc_list *im);
void igmp_free_source(struct ip_sf_list *psf);
/* A group that is left, kept until its reports are sent; and taken back when it is joined again. */
void igmp_add_delrec(struct in_device *in_dev, struct ip_mc_list *im);
void igmp_del_delrec(struct in_device *in_dev, struct ip_mc_list *im);
void igmp_clear_delrec(struct in_device *in_dev);

/* --- igmp_report.c: into @out, which igmp_send() sends after the lock is let go --- */
void igmp_send_report(struct in_device *in_dev, struct ip_mc_list *im, int type,
		      struct sk_buff_head *out);
void igmpv3_send_report(struct in_device *in_dev, struct ip_mc_list *im, struct sk_buff_head *out);
void igmpv3_send_cr(struct in_device *in_dev, struct sk_buff_head *out);
void igmp_send(struct sk_buff_head *out); /* without the lock */

#endif
