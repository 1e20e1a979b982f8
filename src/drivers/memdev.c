/* SPDX-License-Identifier: MIT */
/*
 * memdev.c - a device in memory
 *
 * Theory of operation
 *   A userdev (see there for both walks) whose wire is one capture ring a transmit queue, or a
 *   sink.
 *   Called by: the owner (inject, take), userdev_xmit. Calls: userdev_rx.
 *   Owns: the capture rings, from create to the end of the device.
 *   Threads: as userdev; memdev_take one consumer thread a queue.
 *   Refuses nothing of its own: a full capture ring loses frames and counts them, the stack does
 *   not notice; memdev_block_tx() is how a wire is made to refuse.
 *   Counters: those of userdev.c. Spec: "mem:[,slots=N][,slot=BYTES][,txring=N]".
 */
#include "drivers/memdev.h"

#include "drivers/framering.h"
#include "ethernet/eth.h"

#define MEMDEV_CAPTURE 512

struct memdev_queue {
	struct frame_ring capture;
	uint64_t lost;
};

struct memdev {
	struct net *net;
	void (*sink)(void *ctx, unsigned queue, const void *frame, unsigned len);
	void *sink_ctx;
	bool blocked; /* [A] */
	unsigned queues;
	struct memdev_queue q[];
};

static int memdev_xmit(void *ctx, struct net_device *dev, unsigned queue, const void *frame,
		       unsigned len);
static int memdev_make_rings(struct memdev *mem, unsigned slots, unsigned slot_size);
static void memdev_free(void *ctx, struct net_device *dev);
static int memdev_probe(struct net *net, const char *rest, const struct nif_options *opts,
			struct net_device **ret_dev, struct extack *err);

static const struct userdev_ops memdev_ops = { .xmit = memdev_xmit, .destroy = memdev_free };

int memdev_inject(struct net_device *dev, unsigned queue, const void *frame, unsigned len)
{
	return userdev_rx(dev, queue, frame, len);
}

static int memdev_xmit(void *ctx, struct net_device *dev, unsigned queue, const void *frame,
		       unsigned len)
{
	struct memdev *mem = ctx;
	struct memdev_queue *q = &mem->q[queue];

	if (unlikely(READ_ONCE(mem->blocked)))
		return -EAGAIN;
	if (mem->sink)
		mem->sink(mem->sink_ctx, queue, frame, len);
	else if (frame_ring_put(&q->capture, frame, len, 0))
		WRITE_ONCE(q->lost, q->lost + 1);

	return 0;
}

unsigned memdev_take(struct net_device *dev, unsigned queue, void *buf, unsigned size)
{
	struct memdev *mem = userdev_ctx(dev);
	struct frame_ring *r = &mem->q[queue].capture;
	const struct frame_slot *slot = r->mem ? frame_ring_peek(r) : NULL;
	unsigned len;

	if (!slot)
		return 0;
	len = slot->len;
	memcpy(buf, slot->data, min(len, size));
	frame_ring_pop(r);

	return len;
}

unsigned memdev_captured(const struct net_device *dev, unsigned queue)
{
	const struct memdev *mem = userdev_ctx(dev);

	return frame_ring_used(&mem->q[queue].capture);
}

uint64_t memdev_capture_lost(const struct net_device *dev, unsigned queue)
{
	const struct memdev *mem = userdev_ctx(dev);

	return READ_ONCE(mem->q[queue].lost);
}

void memdev_block_tx(struct net_device *dev, bool blocked)
{
	struct memdev *mem = userdev_ctx(dev);

	WRITE_ONCE(mem->blocked, blocked);
	for (unsigned i = 0; !blocked && i < mem->queues; i++)
		userdev_tx_wake(dev, i);
}

struct net_device *memdev_create(struct net *net, const struct memdev_config *cfg,
				 struct extack *err)
{
	static const struct memdev_config defaults;
	unsigned queues, slot_size;
	struct memdev *mem;
	struct net_device *dev;

	if (!cfg)
		cfg = &defaults;
	queues = cfg->user.opts.queues ? cfg->user.opts.queues : 1;
	mem = kzalloc(&net->m, sizeof(*mem) + queues * sizeof(mem->q[0]));
	if (!mem) {
		NL_SET_ERR_MSG(err, "no memory");
		return NULL;
	}
	mem->net = net;
	mem->queues = queues;
	mem->sink = cfg->sink;
	mem->sink_ctx = cfg->sink_ctx;
	slot_size = cfg->user.slot_size ? cfg->user.slot_size : 2048;
	if (!mem->sink &&
	    memdev_make_rings(mem, cfg->capture ? cfg->capture : MEMDEV_CAPTURE, slot_size)) {
		NL_SET_ERR_MSG(err, "no memory for a capture ring");
		memdev_free(mem, NULL);
		return NULL;
	}
	dev = userdev_create(net, &cfg->user, &memdev_ops, mem, &memdev_driver, err);
	if (!dev)
		memdev_free(mem, NULL);

	return dev;
}

static int memdev_make_rings(struct memdev *mem, unsigned slots, unsigned slot_size)
{
	for (unsigned i = 0; i < mem->queues; i++)
		if (frame_ring_make(&mem->net->m, &mem->q[i].capture, slots, slot_size))
			return -ENOMEM;
	return 0;
}

static void memdev_free(void *ctx, struct net_device *dev)
{
	struct memdev *mem = ctx;
	struct machine *m = &mem->net->m;

	for (unsigned i = 0; i < mem->queues; i++)
		frame_ring_free(m, &mem->q[i].capture);
	kfree(m, mem);
}

void memdev_destroy(struct net_device *dev)
{
	userdev_destroy(dev);
}

static int memdev_probe(struct net *net, const char *rest, const struct nif_options *opts,
			struct net_device **ret_dev, struct extack *err)
{
	static const char *const known[] = { "slots", "slot", "txring", NULL };
	struct memdev_config cfg = { .user.opts = *opts };
	struct net_device *dev;
	int ret;

	if (*rest && *rest != ',')
		return extack_fail(err, -EINVAL, "mem: has no name");
	ret = nif_spec_check(rest, known, err);
	if (!ret)
		ret = nif_spec_uint(rest, "slots", 65536, &cfg.user.rx_slots, err);
	if (!ret)
		ret = nif_spec_uint(rest, "slot", 65539, &cfg.user.slot_size, err);
	if (!ret)
		ret = nif_spec_uint(rest, "txring", 65536, &cfg.user.tx_ring, err);
	if (ret)
		return ret;
	dev = memdev_create(net, &cfg, err);
	if (!dev)
		return -EINVAL;
	*ret_dev = dev;

	return 0;
}

const struct nif_driver memdev_driver = {
	.name = "mem",
	.scheme = "mem",
	.version = "1.0",
	.text = "a device in memory: tests, simulation, benchmarks",
	.probe = memdev_probe,
	.remove = userdev_destroy,
	.stats = userdev_stats,
	.nr_stats = USERDEV_NR_STATS,
	.get_stats = userdev_get_stat,
};
