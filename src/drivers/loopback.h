/* SPDX-License-Identifier: MIT */
#ifndef DRIVERS_LOOPBACK_H
#define DRIVERS_LOOPBACK_H
/*
 * loopback.h - the device lo (mirrors drivers/net/loopback.c). One a net, made by drivers_init(),
 * net->loopback_dev. RTNL.
 */
#include "drivers/driver.h"

/* Make and register lo: 0 or -errno. */
int loopback_net_init(struct net *net, struct extack *err);
extern const struct nif_driver loopback_driver;

#endif
