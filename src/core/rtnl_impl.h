/* SPDX-License-Identifier: MIT */
#ifndef CORE_RTNL_IMPL_H
#define CORE_RTNL_IMPL_H
/*
 * rtnl_impl.h - what rtnetlink.c, rtnl_link.c and rtnl_neigh.c share; nobody else includes it
 */
#include "core/rtnetlink.h"

#define RTNL_HANDLERS_MAX 64

/* net->rtnl */
struct rtnl_link {
	const struct rtnl_handler *tab[RTNL_HANDLERS_MAX];
	int n;
	struct list_head link_ops;	  /* struct rtnl_link_ops */
	struct netdev_notifier netdev_nb; /* device changes become notifications */
	unsigned neigh_news;		  /* [A] messages that wait for RTNL */
	bool neigh_lost;		  /* [A] there were too many */
};

int rtnl_link_init(struct net *net);
void rtnl_link_exit(struct net *net);
int rtnl_neigh_init(struct net *net);

#endif
