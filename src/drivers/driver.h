/* SPDX-License-Identifier: MIT */
#ifndef DRIVERS_DRIVER_H
#define DRIVERS_DRIVER_H
/*
 * driver.h - the registry of network interface drivers (mirrors struct pci_driver and its match)
 *
 * Theory of operation
 *   A device is named by a spec string, SCHEME:REST: "tap:gn0", "pcap:in.pcap,out=out.pcap",
 *   "null:", "mem:". The scheme finds the driver as a PCI id does in Linux; REST belongs to the
 *   driver. drivers_probe() asks it for a device, which comes back registered and down, with its
 *   address and flags set. What probe makes, remove unmakes. An unknown scheme is refused with the
 *   list of the known ones.
 *   Lines: a driver that waits for a descriptor records vector -> descriptor with nif_line_set();
 *   the host looks it up by nif_line() when it is asked to unmask the vector, and raises the vector
 *   while the descriptor is readable (level triggered).
 *   Files: /proc/net/drivers (drivers and their devices), /proc/net/driver_stats (device, counter,
 *   value).
 * Owner: the registry hangs on net->drivers. Threads: RTNL; nif_line() also by the vCPU thread that
 * the vector is bound to.
 */
#include "core/net.h"

struct net_device;

/**
 * struct nif_options - what the caller wants of a new device; zero bytes: all defaults
 * @ifname:	name of the device, may hold one %d; NULL: the driver's choice
 * @mac:	address when @has_mac; else a random, locally administered one
 * @mtu:	0: the driver's default
 * @queues:	number of queue pairs; 0: 1
 */
struct nif_options {
	const char *ifname;
	unsigned char mac[ETH_ALEN];
	bool has_mac;
	unsigned mtu;
	unsigned queues;
};

/** struct nif_stat - a counter: @name as shown, @offset of a uint64_t in the queue's statistics */
struct nif_stat {
	const char *name;
	unsigned offset;
	const char *doc;
};

/**
 * struct nif_driver - a driver, const
 * @name:	"tap"
 * @scheme:	what stands before the colon of a spec; NULL: devices of this driver are
 *		not made by spec
 * @version:	shown in the log
 * @text:	one line
 * @probe:	make and register a device for @rest (the spec without "scheme:"); 0 or
 *		-errno with a text
 * @remove:	unregister it
 * @stats, @nr_stats: names of its counters
 * @get_stats:	sum of counter @i over the queues of @dev
 */
struct nif_driver {
	const char *name, *scheme, *version, *text;
	int (*probe)(struct net *net, const char *rest, const struct nif_options *opts,
		     struct net_device **ret_dev, struct extack *err);
	void (*remove)(struct net_device *dev);
	const struct nif_stat *stats;
	unsigned nr_stats;
	uint64_t (*get_stats)(const struct net_device *dev, const struct nif_stat *stat);
};

/*
 * Log one line a driver, make the files and the loopback device: 0 or -ENOMEM. drivers_exit()
 * removes what devices are left.
 */
int drivers_init(struct net *net, struct extack *err);
void drivers_exit(struct net *net);

/**
 * drivers_probe() - make the device that @spec names
 * @spec:	"SCHEME:REST"
 * @opts:	may be NULL
 * Return: 0 and *@ret_dev, registered and down; -ENODEV for an unknown scheme, or the driver's
 * error. @err says why.
 */
int drivers_probe(struct net *net, const char *spec, const struct nif_options *opts,
		  struct net_device **ret_dev, struct extack *err);
/* Unregister @dev with its driver's remove: 0, or -ENOENT when it was not made by a driver here. */
int drivers_remove(struct net_device *dev);
/* The driver of @dev, NULL when it was not made here. */
const struct nif_driver *driver_of(const struct net_device *dev);
/* The spec that @dev was made for, "" when it was not made here. */
const char *nif_spec(const struct net_device *dev);
/* Driver number @i as they were initialised, NULL after the last. */
const struct nif_driver *driver_at(unsigned i);
/* The value of counter @name of @dev: 0, or -ENOENT. */
int driver_stat(const struct net_device *dev, const char *name, uint64_t *ret_value);

/**
 * struct nif_line - what a vector waits for
 * @fd:		readable, -1 when the line has no descriptor
 * @generation:	another one each time the line is set: a descriptor that was opened anew may have
 *		the number of the old one, and must still be told to epoll
 */
struct nif_line {
	struct net_device *dev;
	unsigned queue;
	int fd;
	unsigned generation;
};
/* RTNL, before the line is unmasked for the first time; @dev NULL clears. */
void nif_line_set(struct net *net, unsigned vector, struct net_device *dev, unsigned queue, int fd);
/* The line of @vector; its dev is NULL when there is none. */
struct nif_line nif_line(const struct net *net, unsigned vector);

/* --- for drivers --- */
/* Value of option @key in "REST,key=value,...": its length and *@ret_value, or -1 when absent. */
int nif_spec_opt(const char *rest, const char *key, const char **ret_value);
/* REST up to the first comma into @buf: 0 or -EINVAL (empty or too long). */
int nif_spec_first(const char *rest, char *buf, size_t size);
/* Refuse options that are not in @known (NULL ended). */
int nif_spec_check(const char *rest, const char *const *known, struct extack *err);
/* Option @key, on or off: 0 (absent: *@ret_value untouched), -EINVAL. */
int nif_spec_onoff(const char *rest, const char *key, bool *ret_value, struct extack *err);
/* Number of option @key: 0 (absent: *@ret_value untouched), -EINVAL. */
int nif_spec_uint(const char *rest, const char *key, unsigned max, unsigned *ret_value,
		  struct extack *err);
/**
 * nif_alloc_etherdev() - alloc_netdev_mqs() for an Ethernet device, with @opts applied: name,
 * address, queues, MTU
 * @name:	used when @opts names none
 * @max_mtu:	the largest MTU the device takes
 * Return: the device, or NULL with a text in @err
 */
struct net_device *nif_alloc_etherdev(struct net *net, int sizeof_priv, const char *name,
				      const struct nif_options *opts, unsigned max_mtu,
				      struct extack *err);
/* Register @dev and record it: 0, or -errno and @dev is as it was. */
int nif_register(struct net_device *dev, const struct nif_driver *drv, const char *spec,
		 struct extack *err);
/* Forget and unregister @dev; it is freed after a grace period. */
void nif_unregister(struct net_device *dev);
/* Counter @stat summed over @n structs of @size bytes at @first. */
uint64_t nif_sum_stat(const void *first, size_t size, unsigned n, const struct nif_stat *stat);
/*
 * Raise vector @irq at the vCPU of its line and, when that is not the caller's, kick its thread.
 * Any thread.
 */
void nif_raise(struct net *net, int irq);
/*
 * A frame that the host had for us and that was lost before it became an skb: it enters and leaves
 * the books. vCPU.
 */
void nif_rx_lost(enum skb_drop_reason reason);

#endif
