/* SPDX-License-Identifier: MIT */
#ifndef CHAN_STAT_H
#define CHAN_STAT_H
/*
 * chan_stat.h - what a status line says of the sockets of programs; apart from chan.h, whose names clash with libnl's
 *
 * Threads: any.
 */
struct chan;

/* Sockets that are open, messages that were not well formed, and options that were asked for and are not there. */
unsigned chan_ports(const struct chan *c);
unsigned long chan_malformed(const struct chan *c);
unsigned long chan_unknown_options(const struct chan *c);

#endif
