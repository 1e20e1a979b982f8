/* SPDX-License-Identifier: MIT */
/*
 * igmp_sf.c - the source filter of an interface's group (RFC 3376 3.2, 5.1; mirrors parts of
 * net/ipv4/igmp.c)
 *
 * Theory of operation
 *   Each socket's membership is one filter: all but some sources (EXCLUDE), or only some (INCLUDE).
 *   The group of the interface merges them by counting: filters per mode (sfcount), and per source
 *   how many filters of each mode name it (sf_count). With any EXCLUDE filter the group excludes
 *   the sources that all of those name and no INCLUDE filter wants; else it includes what anyone
 *   names. A change marks which sources were wanted before (sf_oldin), changes counts, and
 *   compares: sources that came or went are told robustness times (sf_crcount), a change of mode is
 *   told instead of them (crcount). A source that went and is not told yet lies in tomb; a whole
 *   group likewise in the interface's mc_tomb.
 * Called by: igmp.c, igmp_sock.c. Owns the lists; a source is freed a grace period after it is
 * unlinked, and what goes to a tomb is a new record, so that readers never walk from one list into
 * the other.
 * Threads: inside a vCPU, under mc_lock. Refuses: nothing; without memory a change is undone, or is
 * made and not told.
 */
#include <errno.h>

#include "ipv4/igmp_impl.h"
#include "kernel/slab.h"

static int igmp_add_one(struct ip_mc_list *im, unsigned sfmode, __be32 src);
static int igmp_del_one(struct ip_mc_list *im, unsigned sfmode, __be32 src);
static void sf_markstate(struct ip_mc_list *im);
static bool sf_setstate(struct ip_mc_list *im);
static struct ip_sf_list *sf_bury(struct ip_mc_list *im, const struct ip_sf_list *psf);

static struct ip_sf_list *sf_find(struct ip_sf_list *list, __be32 src)
{
	while (list && list->sf_inaddr != src)
		list = list->sf_next;
	return list;
}

/* Does the merged filter let the source in? */
static __always_inline bool sf_wanted(const struct ip_mc_list *im, const struct ip_sf_list *psf)
{
	if (!im->sfcount[MCAST_EXCLUDE])
		return psf->sf_count[MCAST_INCLUDE];
	return im->sfcount[MCAST_EXCLUDE] == psf->sf_count[MCAST_EXCLUDE] &&
	       !psf->sf_count[MCAST_INCLUDE];
}

/* The filter's mode became @mode: told as a whole, instead of source by source. */
static void sf_mode_change(struct ip_mc_list *im, unsigned mode)
{
	struct in_device *in_dev = im->interface;

	im->sfmode = mode;
	im->crcount = igmp_robustness(in_dev);
	for (struct ip_sf_list *psf = im->sources; psf; psf = psf->sf_next)
		psf->sf_crcount = 0;
	igmp_ifc_event(in_dev);
}

int igmp_add_src(struct ip_mc_list *im, const struct sf_change *c)
{
	bool was_exclude = im->sfmode == MCAST_EXCLUDE;
	unsigned i, mode = im->sfmode;
	int err = 0;

	sf_markstate(im);
	if (!c->delta)
		im->sfcount[c->sfmode]++;
	for (i = 0; i < c->sfcount; i++) {
		err = igmp_add_one(im, c->sfmode, c->psfsrc[i]);
		if (err)
			break;
	}
	if (err) {
		if (!c->delta)
			im->sfcount[c->sfmode]--;
		while (i--)
			igmp_del_one(im, c->sfmode, c->psfsrc[i]);
		return err;
	}
	if (was_exclude != (im->sfcount[MCAST_EXCLUDE] != 0)) {
		if (im->sfcount[MCAST_EXCLUDE])
			mode = MCAST_EXCLUDE;
		else if (im->sfcount[MCAST_INCLUDE])
			mode = MCAST_INCLUDE;
		sf_mode_change(im, mode);
	} else if (sf_setstate(im)) {
		igmp_ifc_event(im->interface);
	}
	return 0;
}

int igmp_del_src(struct ip_mc_list *im, const struct sf_change *c)
{
	bool changed = false;
	int err = 0, rc;

	sf_markstate(im);
	if (!c->delta) {
		if (!im->sfcount[c->sfmode])
			return -EINVAL;
		im->sfcount[c->sfmode]--;
	}
	for (unsigned i = 0; i < c->sfcount; i++) {
		rc = igmp_del_one(im, c->sfmode, c->psfsrc[i]);
		changed |= rc > 0;
		if (rc < 0 && !err)
			err = rc;
	}
	if (im->sfmode == MCAST_EXCLUDE && !im->sfcount[MCAST_EXCLUDE] &&
	    im->sfcount[MCAST_INCLUDE])
		sf_mode_change(im, MCAST_INCLUDE);
	else if (sf_setstate(im) || changed)
		igmp_ifc_event(im->interface);
	return err;
}

int ip_mc_add_src(struct in_device *in_dev, __be32 addr, const struct sf_change *c)
{
	struct ip_mc_list *im;
	int err = -ESRCH;

	spin_lock(&in_dev->mc_lock);
	im = igmp_find(in_dev, addr);
	if (im)
		err = igmp_add_src(im, c);
	spin_unlock(&in_dev->mc_lock);
	return err;
}

int ip_mc_del_src(struct in_device *in_dev, __be32 addr, const struct sf_change *c)
{
	struct ip_mc_list *im;
	int err = -ESRCH;

	spin_lock(&in_dev->mc_lock);
	im = igmp_find(in_dev, addr);
	if (im)
		err = igmp_del_src(im, c);
	spin_unlock(&in_dev->mc_lock);
	return err;
}

static int igmp_add_one(struct ip_mc_list *im, unsigned sfmode, __be32 src)
{
	struct ip_sf_list *psf, **pp;

	for (pp = &im->sources; (psf = *pp); pp = &psf->sf_next)
		if (psf->sf_inaddr == src)
			break;
	if (!psf) {
		psf = kzalloc(&im->net->m, sizeof(*psf));
		if (!psf)
			return -ENOMEM;
		psf->net = im->net;
		psf->sf_inaddr = src;
		rcu_assign_pointer(*pp, psf);
	}
	psf->sf_count[sfmode]++;
	return 0;
}

/* 0; 1 when a record in the tomb has something to tell; -ESRCH */
static int igmp_del_one(struct ip_mc_list *im, unsigned sfmode, __be32 src)
{
	struct in_device *in_dev = im->interface;
	struct ip_sf_list *psf, **pp;
	int told = 0;

	for (pp = &im->sources; (psf = *pp); pp = &psf->sf_next)
		if (psf->sf_inaddr == src)
			break;
	if (!psf || !psf->sf_count[sfmode])
		return -ESRCH;
	psf->sf_count[sfmode]--;
	if (psf->sf_count[MCAST_INCLUDE] || psf->sf_count[MCAST_EXCLUDE])
		return 0;
	rcu_assign_pointer(*pp, psf->sf_next);
	if (psf->sf_oldin && !igmp_v1_seen(in_dev) && !igmp_v2_seen(in_dev))
		told = sf_bury(im, psf) != NULL;
	igmp_free_source(psf);
	return told;
}

/* --- what a change has to tell --- */

static void sf_markstate(struct ip_mc_list *im)
{
	for (struct ip_sf_list *psf = im->sources; psf; psf = psf->sf_next)
		psf->sf_oldin = sf_wanted(im, psf);
}

static bool sf_setstate(struct ip_mc_list *im)
{
	bool changed = false;

	for (struct ip_sf_list *psf = im->sources; psf; psf = psf->sf_next) {
		bool wanted = sf_wanted(im, psf);

		if (wanted && !psf->sf_oldin) {
			struct ip_sf_list **pp, *dead;

			for (pp = &im->tomb; (dead = *pp); pp = &dead->sf_next)
				if (dead->sf_inaddr == psf->sf_inaddr)
					break;
			if (dead) {
				*pp = dead->sf_next;
				igmp_free_source(dead);
			}
			psf->sf_crcount = igmp_robustness(im->interface);
			changed = true;
		} else if (!wanted && psf->sf_oldin) {
			psf->sf_crcount = 0;
			changed |= sf_bury(im, psf) != NULL;
		}
	}
	return changed;
}

/* A record in the tomb that says: this source went. NULL without memory: it goes untold. */
static struct ip_sf_list *sf_bury(struct ip_mc_list *im, const struct ip_sf_list *psf)
{
	struct ip_sf_list *dead = sf_find(im->tomb, psf->sf_inaddr);

	if (!dead) {
		dead = kzalloc(&im->net->m, sizeof(*dead));
		if (!dead)
			return NULL;
		*dead = (struct ip_sf_list){ .net = im->net, .sf_inaddr = psf->sf_inaddr,
					     .sf_oldin = psf->sf_oldin, .sf_next = im->tomb };
		im->tomb = dead;
	}
	dead->sf_crcount = igmp_robustness(im->interface);
	return dead;
}

/*
 * A group-and-source query names @srcs: mark those that are ours. False: none, so there is nothing
 * to answer.
 */
bool igmp_mark_sources(struct ip_mc_list *im, unsigned nsrcs, const __be32 *srcs)
{
	bool exclude = im->sfmode == MCAST_EXCLUDE, any = false;
	unsigned found = 0;

	for (struct ip_sf_list *psf = im->sources; psf && found < nsrcs; psf = psf->sf_next) {
		/* An excluded source is no answer; one that an INCLUDE filter names is one. */
		if (exclude && (psf->sf_count[MCAST_INCLUDE] ||
				im->sfcount[MCAST_EXCLUDE] != psf->sf_count[MCAST_EXCLUDE]))
			continue;
		for (unsigned i = 0; i < nsrcs; i++) {
			if (srcs[i] != psf->sf_inaddr)
				continue;
			if (!exclude)
				psf->sf_gsresp = any = true; /* until it is reported */
			found++;
			break;
		}
	}
	if (!exclude) {
		if (!any)
			im->gsquery = 0;
		return any;
	}
	im->gsquery = 0;
	return found != nsrcs; /* all of them excluded: silence */
}

/* --- ends --- */

static void igmp_source_rcu(struct rcu_head *head)
{
	struct ip_sf_list *psf = container_of(head, struct ip_sf_list, rcu);

	kfree(&psf->net->m, psf);
}

void igmp_free_source(struct ip_sf_list *psf)
{
	call_rcu(&psf->net->m, &psf->rcu, igmp_source_rcu);
}

static void igmp_group_rcu(struct rcu_head *head)
{
	struct ip_mc_list *im = container_of(head, struct ip_mc_list, rcu);

	kfree(&im->net->m, im);
}

void igmp_free_group(struct ip_mc_list *im)
{
	call_rcu(&im->net->m, &im->rcu, igmp_group_rcu);
}

void igmp_free_sources(struct ip_sf_list **list)
{
	struct ip_sf_list *psf = *list, *next;

	rcu_assign_pointer(*list, NULL);
	for (; psf; psf = next) {
		next = psf->sf_next;
		igmp_free_source(psf);
	}
}

void igmp_clear_zeros(struct ip_sf_list **list)
{
	struct ip_sf_list *psf;

	while ((psf = *list)) {
		if (psf->sf_crcount) {
			list = &psf->sf_next;
			continue;
		}
		rcu_assign_pointer(*list, psf->sf_next);
		igmp_free_source(psf);
	}
}

void igmp_clear_src(struct ip_mc_list *im)
{
	igmp_free_sources(&im->tomb);
	igmp_free_sources(&im->sources);
	im->sfmode = MCAST_EXCLUDE;
	im->sfcount[MCAST_INCLUDE] = 0;
	im->sfcount[MCAST_EXCLUDE] = 1;
}

/* --- groups that were left --- */

void igmp_add_delrec(struct in_device *in_dev, struct ip_mc_list *im)
{
	struct ip_mc_list *dead = kzalloc(&im->net->m, sizeof(*dead));

	if (!dead)
		return; /* routers find out by their next query */
	dead->interface = in_dev;
	dead->net = im->net;
	dead->multiaddr = im->multiaddr;
	dead->crcount = igmp_robustness(in_dev);
	dead->sfmode = im->sfmode;
	if (dead->sfmode == MCAST_INCLUDE) {
		dead->tomb = im->tomb;
		dead->sources = im->sources;
		im->tomb = NULL;
		rcu_assign_pointer(im->sources, NULL);
		for (struct ip_sf_list *psf = dead->sources; psf; psf = psf->sf_next)
			psf->sf_crcount = dead->crcount;
	}
	dead->next_rcu = in_dev->mc_tomb;
	in_dev->mc_tomb = dead;
}

void igmp_del_delrec(struct in_device *in_dev, struct ip_mc_list *im)
{
	struct ip_mc_list *dead, **pp;

	for (pp = &in_dev->mc_tomb; (dead = *pp); pp = &dead->next_rcu)
		if (dead->multiaddr == im->multiaddr)
			break;
	if (!dead)
		return;
	*pp = dead->next_rcu;
	if (im->sfmode == MCAST_INCLUDE) {
		struct ip_sf_list *tomb = im->tomb, *sources = im->sources;

		im->tomb = dead->tomb;
		rcu_assign_pointer(im->sources, dead->sources);
		dead->tomb = tomb;
		dead->sources = sources;
		for (struct ip_sf_list *psf = im->sources; psf; psf = psf->sf_next)
			psf->sf_crcount = igmp_robustness(in_dev);
	} else {
		im->crcount = igmp_robustness(in_dev);
	}
	igmp_free_sources(&dead->tomb);
	igmp_free_sources(&dead->sources);
	igmp_free_group(dead);
}

void igmp_clear_delrec(struct in_device *in_dev)
{
	struct ip_mc_list *im;

	while ((im = in_dev->mc_tomb)) {
		in_dev->mc_tomb = im->next_rcu;
		igmp_free_sources(&im->tomb);
		igmp_free_sources(&im->sources);
		igmp_free_group(im);
	}
	for (im = in_dev->mc_list; im; im = im->next_rcu)
		igmp_free_sources(&im->tomb);
}
