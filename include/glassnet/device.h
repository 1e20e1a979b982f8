/* SPDX-License-Identifier: MIT */
#ifndef GLASSNET_DEVICE_H
#define GLASSNET_DEVICE_H
/*
 * <glassnet/device.h> - devices of a gn_net: by spec, or the program's own
 */
#include <glassnet/net.h>

#ifdef __cplusplus
extern "C" {
#endif

struct gn_dev;

/**
 * gn_dev_add() - a device by spec (RTNL): "tap:IFNAME", "pcap:FILE", "null:"
 * @name:	its name in the net ("eth0"), or NULL: after the spec
 * Return: the device, down, or NULL with the reason in @err (an unknown scheme lists the known ones)
 */
GN_API struct gn_dev *gn_dev_add(struct gn_net *net, const char *spec, const char *name, char *err, size_t errlen);

/**
 * struct gn_dev_ops - the program's own Ethernet device
 * @size:	sizeof(struct gn_dev_ops)
 * @open, @stop: link goes up or down (RTNL); may be NULL
 * @xmit:	send one frame (Ethernet header included, no FCS); the bytes are the stack's, copy them. 0: sent; -EAGAIN: no room now, call
 *		gn_dev_wake() later; other -errno: lost, counted. Inside a virtual CPU: must not block.
 */
struct gn_dev_ops {
	size_t size;
	int (*open)(void *ctx);
	void (*stop)(void *ctx);
	int (*xmit)(void *ctx, const void *frame, size_t len);
};
/* RTNL; @mac 6 bytes or NULL: random, locally administered; down until gn_link_up(). */
GN_API struct gn_dev *gn_dev_create(struct gn_net *net, const char *name, const struct gn_dev_ops *ops, void *ctx, const unsigned char *mac,
				    char *err, size_t errlen);
/* A received frame (bytes copied): put on the device's ring, its interrupt raised; gn_run() takes it up. -ENOBUFS: ring full, counted as missed. */
GN_API int gn_dev_rx(struct gn_dev *dev, const void *frame, size_t len);
GN_API void gn_dev_wake(struct gn_dev *dev);
GN_API void gn_dev_remove(struct gn_dev *dev); /* RTNL */
GN_API const char *gn_dev_name(const struct gn_dev *dev);

#ifdef __cplusplus
}
#endif
#endif
