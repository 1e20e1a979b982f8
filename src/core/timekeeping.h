/* SPDX-License-Identifier: MIT */
#ifndef CORE_TIMEKEEPING_H
#define CORE_TIMEKEEPING_H
/*
 * timekeeping.h - the wall clock for packet stamps, and which frames are about time (mirrors
 * kernel/time/timekeeping.c, net/core/timestamping.c, net/core/ptp_classifier.c)
 *
 * Theory of operation
 *   ktime_get_real() > getnstimeofday() > __getnstimeofday() asks the host for CLOCK_REALTIME. One
 *   of the listed points at which a clock is read; reached only while somebody wants stamps.
 *   skb_defer_rx_timestamp() would leave the stamp of a PTP frame to the hardware. There is none
 *   here: the frame is marked (skb->ptp) and goes on.
 * Threads: any; skb functions the owner.
 */
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct net;
struct sk_buff;

int64_t ktime_get_real(struct net *net); /* ns since 1970 */
void getnstimeofday(struct net *net, struct timespec *ts);
int __getnstimeofday(struct net *net, struct timespec *ts); /* 0 */

/* What classify() says: what carries the message */
enum { PTP_CLASS_NONE, PTP_CLASS_L2, PTP_CLASS_IPV4, PTP_CLASS_VLAN };
/*
 * Kind of PTP message in @skb, whose data points behind the link-layer header (ethertype 0x88f7;
 * UDP ports 319 and 320).
 */
unsigned classify(const struct sk_buff *skb);
/* Mark PTP frames. false: the frame goes on. */
bool skb_defer_rx_timestamp(struct sk_buff *skb);

#endif
