/* SPDX-License-Identifier: MIT */
/*
 * house.c - the floors and rooms of this stack
 *
 *   The same table as tests/lint/floors.tab; a test compares them. Called by: html.c. Threads: any, constant.
 */
#include "view/house.h"

#include <stddef.h>

const struct view_room view_house[] = {
	{ 10, "embed", "the stack inside a program that knows nothing of it" },
	{ 9, "daemon", "glassnetd: loop, threads, control socket" },
	{ 9, "lttng", "the provider for LTTng" },
	{ 9, "client", "who speaks to the daemon's sockets" },
	{ 9, "shim", "socket calls of other programs" },
	{ 9, "cli", "the command" },
	{ 8, "stack", "putting the rooms together, the C interface" },
	{ 8, "line", "the command's grammar" },
	{ 7, "chan", "channels to clients" },
	{ 7, "tracefs", "the tracing tree" },
	{ 6, "ipv4", "IP, ICMP, IGMP, UDP, ARP, routing" },
	{ 6, "packet", "packet sockets" },
	{ 6, "drivers", "network devices" },
	{ 5, "ethernet", "Ethernet headers" },
	{ 5, "netfilter", "hooks" },
	{ 5, "sched", "transmit queues" },
	{ 4, "core", "packets, devices, sockets, neighbours" },
	{ 3, "kernel", "CPUs, interrupts, softirqs, timers, waiting" },
	{ 2, "fs", "files of /proc and /sys" },
	{ 2, "trace", "the function tracer" },
	{ 2, "view", "traces as trees and pages" },
	{ 1, "lib", "memory, sums, random numbers" },
	{ 0, NULL, NULL },
};
