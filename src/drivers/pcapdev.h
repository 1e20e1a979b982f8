/* SPDX-License-Identifier: MIT */
#ifndef DRIVERS_PCAPDEV_H
#define DRIVERS_PCAPDEV_H
/*
 * pcapdev.h - replay of a capture file (spec "pcap:[FILE][,out=FILE][,speed=max]")
 *
 * host->dev_open("pcap:FILE", 0) hands in the input, host->dev_open("pcap-out:FILE", 0) a new,
 * empty file to write; both belong to the driver, which closes them when the device goes. Classic
 * pcap, Ethernet, either byte order, micro- or nanoseconds.
 */
#include "drivers/driver.h"

extern const struct nif_driver pcapdev_driver;

/* All frames of the input have been received (or it went bad, or there is none). */
bool pcapdev_done(const struct net_device *dev);

#endif
