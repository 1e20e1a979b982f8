/* SPDX-License-Identifier: MIT */
#ifndef DRIVERS_TAP_H
#define DRIVERS_TAP_H
/*
 * tap.h - a host's TAP interface as our network card (spec "tap:IFNAME[,itr=N]")
 *
 * host->dev_open("tap:IFNAME", queue) hands in one nonblocking descriptor a queue at each ndo_open:
 * /dev/net/tun attached with IFF_TAP | IFF_NO_PI (| IFF_MULTI_QUEUE), offloads off. It belongs to
 * the driver from then on, which closes it at ndo_stop. Any descriptor that carries one frame a
 * read and a write does (AF_UNIX SEQPACKET). itr=N: at most N wake-ups a second and queue.
 */
#include "drivers/driver.h"

extern const struct nif_driver tap_driver;

#endif
