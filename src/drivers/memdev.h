/* SPDX-License-Identifier: MIT */
#ifndef DRIVERS_MEMDEV_H
#define DRIVERS_MEMDEV_H
/*
 * memdev.h - a device in memory, for tests, embedding, simulation and benchmarks
 *
 * Theory of operation
 *   A userdev whose wire is a pair of bounded rings: memdev_inject() puts a frame on the receive
 *   ring and raises the queue's interrupt; what the stack transmits is copied to the capture ring,
 *   from which the owner takes it. With a sink, transmitted frames go to a callback instead,
 *   uncopied. Nothing happens by itself: the owner turns the crank.
 * Threads: one owner thread; create and destroy RTNL.
 */
#include "drivers/userdev.h"

/**
 * struct memdev_config - zero bytes: all defaults
 * @user:	rings, filter, hold_tx, delay, name, address, mtu, queues
 * @capture:	transmitted frames kept a queue (512); more are counted and lost
 * @sink:	gets each transmitted frame instead of the capture ring; inside the vCPU
 */
struct memdev_config {
	struct userdev_config user;
	unsigned capture;
	void (*sink)(void *ctx, unsigned queue, const void *frame, unsigned len);
	void *sink_ctx;
};

/* A registered device, down; NULL with a text in @err. @cfg may be NULL. */
struct net_device *memdev_create(struct net *net, const struct memdev_config *cfg,
				 struct extack *err);
void memdev_destroy(struct net_device *dev);
/* As userdev_rx(). */
notrace int memdev_inject(struct net_device *dev, unsigned queue, const void *frame, unsigned len);
/**
 * memdev_take() - the oldest transmitted frame of @queue
 * @buf, @size:	where to; a longer frame is cut
 * Return: the frame's whole length, 0 when there is none
 */
unsigned memdev_take(struct net_device *dev, unsigned queue, void *buf, unsigned size);
/*
 * Transmitted frames that wait to be taken from @queue, and those lost because the capture ring was
 * full.
 */
unsigned memdev_captured(const struct net_device *dev, unsigned queue);
uint64_t memdev_capture_lost(const struct net_device *dev, unsigned queue);
/* Let the transmitter answer -EAGAIN (a stopped wire) until it is called with false. */
void memdev_block_tx(struct net_device *dev, bool blocked);
#define memdev_tx_complete userdev_tx_complete
#define memdev_vector userdev_vector

extern const struct nif_driver memdev_driver;

#endif
