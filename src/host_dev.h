/* SPDX-License-Identifier: MIT */
#ifndef HOST_DEV_H
#define HOST_DEV_H
/*
 * host_dev.h - open what a device spec names on the host: shared by the daemon and the ready-made host of the library
 */

/**
 * host_dev_open() - a descriptor for queue @queue of @spec
 * @spec:	"tap:IFNAME": /dev/net/tun attached to IFNAME (made when absent), nonblocking, without packet information, offloads off;
 *		"packet:IFNAME": AF_PACKET socket, nonblocking, bound to IFNAME with protocol 0; "packet-link:IFNAME": nonblocking, readable when a
 *		link of the host has changed;
 *		"pcap:FILE": FILE for reading; "pcap-out:FILE": FILE made or emptied for writing
 * @queue:	0; further queues need a multi-queue TAP
 * Return: descriptor (close-on-exec) or -errno: -EPERM no right to make or attach, -EBUSY attached by another, -EINVAL bad name,
 *	-ENODEV no such interface, -EPROTOTYPE it is not Ethernet
 */
int host_dev_open(const char *spec, unsigned queue);

#endif
