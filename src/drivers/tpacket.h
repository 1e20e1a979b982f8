/* SPDX-License-Identifier: MIT */
#ifndef DRIVERS_TPACKET_H
#define DRIVERS_TPACKET_H
/*
 * tpacket.h - a network interface of the host as our network card, through AF_PACKET rings (spec
 * "packet:IFNAME[,v=2|3][,rx=SLOTS][,usecs=N]")
 *
 * host->dev_open("packet:IFNAME", 0) hands in, at each ndo_open, a nonblocking AF_PACKET socket of
 * type SOCK_RAW that is bound to the interface with protocol 0; host->dev_open("packet-link:IFNAME",
 * 0) a nonblocking descriptor that is readable when a link of the host has changed. Both belong to
 * the driver from then on, which closes them at ndo_stop.
 */
#include "drivers/driver.h"

extern const struct nif_driver tpacket_driver;

#endif
