/* SPDX-License-Identifier: MIT */
#ifndef DRIVERS_USERDEV_H
#define DRIVERS_USERDEV_H
/*
 * userdev.h - a network device whose wire is a program: own devices of an embedding program, and
 * the memory device (memdev.h)
 *
 * Theory of operation
 *   Receive: userdev_rx() copies a frame into the receive ring of a queue and raises the queue's
 *   interrupt; NAPI takes it out. A full ring counts rx_missed_errors, as a NIC does. One producer
 *   thread a queue at a time; it need not be inside a vCPU. After userdev_rx() the caller turns the
 *   crank, or kicks whoever does.
 *   Transmit: ndo_start_xmit hands the bytes to ops->xmit. The skb is freed by the next poll
 *   (transmit completion, as in a NIC). With
 *   hold_tx it stays in the transmit ring until userdev_tx_complete().
 * Owner: the creator; userdev_destroy() (or drivers_exit) ends it. Threads: create and destroy
 * RTNL.
 */
#include "drivers/driver.h"

struct userdev;

/**
 * struct userdev_ops - the program's side; each but @xmit may be NULL
 * @open:	RTNL, the device goes up: 0 or -errno
 * @stop:	RTNL, it is down
 * @xmit:	take a frame (valid during the call only): 0; -EAGAIN: not now, the queue
 *		stops until userdev_tx_wake(); other errors: the frame is dropped and counted.
 *		Inside a vCPU, under the transmit queue's lock.
 * @destroy:	the device is gone
 */
struct userdev_ops {
	int (*open)(void *ctx, struct net_device *dev);
	void (*stop)(void *ctx, struct net_device *dev);
	int (*xmit)(void *ctx, struct net_device *dev, unsigned queue, const void *frame, unsigned len);
	void (*destroy)(void *ctx, struct net_device *dev);
};

/**
 * struct userdev_config - copied; zero bytes: all defaults
 * @opts:	name, address, mtu, queues
 * @rx_slots:	frames that wait in a receive ring (512)
 * @slot_size:	longest frame of a receive ring (2048); the MTU may be up to slot_size - 18
 * @tx_ring:	frames in flight before a transmit queue stops (256)
 * @no_filter:	hand every frame up, also those for other stations
 * @hold_tx:	complete only by userdev_tx_complete()
 * @rx_delay_ms: keep each received frame for this long (at a jiffy's precision)
 */
struct userdev_config {
	struct nif_options opts;
	unsigned rx_slots, slot_size, tx_ring;
	bool no_filter, hold_tx;
	unsigned rx_delay_ms;
};

/**
 * userdev_create() - a registered device, down
 * @drv:	whose name and counters it shows; NULL: "user"
 * Return: the device, or NULL with a text in @err; @ctx then is still the caller's (no @destroy)
 */
struct net_device *userdev_create(struct net *net, const struct userdev_config *cfg,
				  const struct userdev_ops *ops, void *ctx,
				  const struct nif_driver *drv, struct extack *err);
void userdev_destroy(struct net_device *dev);
/*
 * Receive: 0, -ENETDOWN, -EMSGSIZE (longer than a slot, counted rx_length_errors), -ENOBUFS (ring
 * full, rx_missed_errors), -EINVAL.
 */
notrace int userdev_rx(struct net_device *dev, unsigned queue, const void *frame, unsigned len);
/* Frames that wait in the receive ring. */
unsigned userdev_rx_pending(const struct net_device *dev, unsigned queue);
/*
 * hold_tx: the first @n frames in flight on @queue are sent; frees them at the next poll. Returns
 * how many there were to complete.
 */
unsigned userdev_tx_complete(struct net_device *dev, unsigned queue, unsigned n);
unsigned userdev_tx_in_flight(const struct net_device *dev, unsigned queue);
/*
 * After -EAGAIN: ops->xmit may be tried again. Any thread; takes effect at the queue's next
 * interrupt.
 */
void userdev_tx_wake(struct net_device *dev, unsigned queue);
/* The vector of @queue, -1 while the device is down. */
int userdev_vector(const struct net_device *dev, unsigned queue);
void *userdev_ctx(const struct net_device *dev);

extern const struct nif_driver userdev_driver;
/* Counters of every userdev: for the table of a driver built on it. */
#define USERDEV_NR_STATS 9
extern const struct nif_stat userdev_stats[USERDEV_NR_STATS];
uint64_t userdev_get_stat(const struct net_device *dev, const struct nif_stat *stat);

#endif
