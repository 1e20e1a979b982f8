/* SPDX-License-Identifier: MIT */
/*
 * api_device.c - the embedding API: devices by spec and the program's own (<glassnet/device.h>)
 *
 * A gn_dev is the net_device itself, opaque to the program; an own device is a userdev (drivers/userdev.h) whose callbacks are translated here.
 */
#include <errno.h>
#include <stdlib.h>

#include "api.h"
#include "drivers/driver.h"
#include "drivers/userdev.h"

struct api_dev { /* of an own device; freed with it */
	struct gn_dev_ops ops;
	void *ctx;
};

static struct net_device *to_netdev(const struct gn_dev *dev)
{
	return (struct net_device *)(void *)(uintptr_t)dev;
}

static struct gn_dev *to_gn_dev(struct net_device *dev)
{
	return (struct gn_dev *)(void *)dev;
}

struct gn_dev *gn_dev_add(struct gn_net *gn, const char *spec, const char *name, char *err, size_t errlen)
{
	struct nif_options opts = { .ifname = name };
	struct net_device *dev = NULL;
	struct extack why = { "" };

	if (api_error(drivers_probe(gn->net, spec, &opts, &dev, &why), &why, err, errlen))
		return NULL;
	return to_gn_dev(dev);
}

static int api_dev_open(void *ctx, struct net_device *dev)
{
	struct api_dev *d = ctx;

	(void)dev;
	return d->ops.open ? d->ops.open(d->ctx) : 0;
}

static void api_dev_stop(void *ctx, struct net_device *dev)
{
	struct api_dev *d = ctx;

	(void)dev;
	if (d->ops.stop)
		d->ops.stop(d->ctx);
}

static int api_dev_xmit(void *ctx, struct net_device *dev, unsigned queue, const void *frame, unsigned len)
{
	struct api_dev *d = ctx;

	(void)dev;
	(void)queue;
	return d->ops.xmit(d->ctx, frame, len);
}

static void api_dev_destroy(void *ctx, struct net_device *dev)
{
	(void)dev;
	free(ctx);
}

static const struct userdev_ops api_userdev_ops = {
	.open = api_dev_open,
	.stop = api_dev_stop,
	.xmit = api_dev_xmit,
	.destroy = api_dev_destroy,
};

struct gn_dev *gn_dev_create(struct gn_net *gn, const char *name, const struct gn_dev_ops *ops, void *ctx, const unsigned char *mac,
			     char *err, size_t errlen)
{
	struct userdev_config cfg = { .opts = { .ifname = name, .has_mac = mac } };
	struct extack why = { "" };
	struct net_device *dev;
	struct api_dev *d;

	if (!ops || !ops->xmit) {
		extack_set(&why, "a device needs xmit()");
		api_error(-EINVAL, &why, err, errlen);
		return NULL;
	}
	d = calloc(1, sizeof(*d));
	if (!d) {
		api_error(-ENOMEM, NULL, err, errlen);
		return NULL;
	}
	memcpy(&d->ops, ops, ops->size < sizeof(d->ops) ? ops->size : sizeof(d->ops));
	d->ctx = ctx;
	if (mac)
		memcpy(cfg.opts.mac, mac, ETH_ALEN);
	dev = userdev_create(gn->net, &cfg, &api_userdev_ops, d, NULL, &why);
	if (!dev) {
		free(d);
		api_error(-EINVAL, &why, err, errlen);
		return NULL;
	}
	return to_gn_dev(dev);
}

int gn_dev_rx(struct gn_dev *dev, const void *frame, size_t len)
{
	return len > UINT32_MAX ? -EMSGSIZE : userdev_rx(to_netdev(dev), 0, frame, (unsigned)len);
}

void gn_dev_wake(struct gn_dev *dev)
{
	userdev_tx_wake(to_netdev(dev), 0);
}

void gn_dev_remove(struct gn_dev *dev)
{
	if (dev)
		drivers_remove(to_netdev(dev));
}

const char *gn_dev_name(const struct gn_dev *dev)
{
	return to_netdev(dev)->name;
}
