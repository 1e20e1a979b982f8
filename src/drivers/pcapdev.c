/* SPDX-License-Identifier: MIT */
/*
 * pcapdev.c - a capture file as the wire
 *
 * Theory of operation
 *   Receive: ndo_open starts the replay with an interrupt | pcap_intr > napi_schedule |
 *   net_rx_action > pcap_poll > pcap_clean_rx > eth_type_trans, napi_gro_receive. A frame is due as
 *   long after the start as its stamp lies after the first one's (at a jiffy's precision, by
 *   timer); with speed=max at once, the weight of NAPI a poll. Down and up plays the file again.
 *   Transmit: pcap_xmit writes the frame, with the host's wall clock, to the output file if there
 *   is one (nanosecond stamps).
 *   Owns: both descriptors from probe to the end of the device, one read buffer.
 *   Threads: handler, poll, timer the vCPU of the line; xmit any vCPU under the queue's lock; the
 *   rest RTNL. System calls: pread in the poll, writev in the transmit.
 *   Refuses: at probe a file that is no classic pcap of Ethernet; in the replay a record longer
 *   than PCAP_RECORD_MAX, or one that the file ends in: the replay stops there, reported once. A
 *   record that the capture cut short, or longer than the MTU allows, is RX_TRUNCATED.
 *   Counters: see pcap_stats at the end. Format: draft-ietf-opsawg-pcap; either byte order.
 */
#define LOG_SUBSYS "pcap"
#include "drivers/pcapdev.h"

#include <errno.h>
#include <stdio.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/tstamp.h"
#include "drivers/nif_ethtool.h"
#include "drivers/rx.h"
#include "kernel/irq.h"
#include "kernel/slab.h"

#define PCAP_MAGIC_US 0xa1b2c3d4u
#define PCAP_MAGIC_NS 0xa1b23c4du
#define PCAP_LINKTYPE_ETHERNET 1
#define PCAP_LINKTYPE_MASK 0x0fffffffu /* above it: length of the frame check sequence */
#define PCAP_RECORD_MAX 262144u
#define PCAP_BUFFER (PCAP_RECORD_MAX + sizeof(struct pcap_record))
#define PCAP_MAX_MTU 65521
#define PCAP_OVERHEAD 18
#define PCAP_PATH_MAX 240

struct pcap_file_header {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zone, sigfigs, snaplen, linktype;
};

struct pcap_record {
	uint32_t sec, frac, caplen, len;
};

struct pcap_stats {
	struct nif_rx_stats rx;
	uint64_t records, bad_records, tx_written, tx_failed;
};

struct pcap_dev {
	struct net_device *dev;
	struct napi_struct napi;
	int in, out; /* [I] -1: none */
	int irq;
	bool fast;   /* [I] speed=max */
	bool swap, nsec; /* [I] of the input file */
	bool done;   /* [A] */
	bool out_failed; /* [L:xmit] reported */
	bool started;	 /* [C] base_* are valid */
	uint64_t base_file, base_now; /* [C] stamp of the first record, and when it was played */
	off_t pos;		      /* [C] of the byte after the buffer's last */
	size_t begin, end;	      /* [C] unread bytes of the buffer */
	struct ktimer timer;
	struct rx_filter *filter; /* RCU */
	struct pcap_stats stats;
	unsigned char *buf; /* PCAP_BUFFER bytes; NULL without input */
};

static irqreturn_t pcap_intr(int irq, void *data);
static int pcap_poll(struct napi_struct *napi, int budget);
static int pcap_clean_rx(struct pcap_dev *p, int budget);
static bool pcap_record_due(struct pcap_dev *p, const struct pcap_record *rec);
static void pcap_timer(struct ktimer *t);
static bool pcap_next_record(struct pcap_dev *p, struct pcap_record *ret_rec);
static void pcap_receive(struct pcap_dev *p, const struct pcap_record *rec);
static ssize_t pcap_fill(struct pcap_dev *p, size_t want);
static bool pcap_end(struct pcap_dev *p, const char *fault);
static netdev_tx_t pcap_xmit(struct sk_buff *skb, struct net_device *dev);
static bool pcap_write(struct pcap_dev *p, const struct sk_buff *skb);
static int pcap_probe(struct net *net, const char *rest, const struct nif_options *opts,
		      struct net_device **ret_dev, struct extack *err);
static int pcap_open_files(struct pcap_dev *p, const char *in, const char *out,
			   struct extack *err);
static int pcap_host_open(struct pcap_dev *p, const char *scheme, const char *path,
			  struct extack *err);
static int pcap_read_header(struct pcap_dev *p, struct extack *err);
static int pcap_write_header(struct pcap_dev *p, struct extack *err);
static int pcap_open(struct net_device *dev);
static int pcap_stop(struct net_device *dev);
static void pcap_stop_local(void *arg);
static void pcap_destructor(struct net_device *dev);
static void pcap_set_rx_mode(struct net_device *dev);
static int pcap_set_mac(struct net_device *dev, const void *addr);
static uint64_t pcap_get_stat(const struct net_device *dev, const struct nif_stat *stat);

#define PCAP_OPS(X)                                  \
	X(ndo_open, pcap_open)                       \
	X(ndo_stop, pcap_stop)                       \
	X(ndo_start_xmit, pcap_xmit)                 \
	X(ndo_set_rx_mode, pcap_set_rx_mode)         \
	X(ndo_validate_addr, eth_validate_addr)      \
	X(ndo_set_mac_address, pcap_set_mac)
DEFINE_NETDEV_OPS(pcap_netdev_ops, PCAP_OPS);

static __always_inline uint32_t pcap_u32(const struct pcap_dev *p, uint32_t v)
{
	return p->swap ? __builtin_bswap32(v) : v;
}

/* --- receive --- */

static irqreturn_t pcap_intr(int irq, void *data)
{
	struct pcap_dev *p = data;

	irq_mask(&dev_net(p->dev)->m, irq);
	napi_schedule(&p->napi);

	return IRQ_HANDLED;
}

static int pcap_poll(struct napi_struct *napi, int budget)
{
	struct pcap_dev *p = container_of(napi, struct pcap_dev, napi);
	int work = p->done ? 0 : pcap_clean_rx(p, budget);

	if (work >= budget)
		return budget;
	napi_complete(napi);
	irq_unmask(&dev_net(p->dev)->m, p->irq);

	return work;
}

static int pcap_clean_rx(struct pcap_dev *p, int budget)
{
	struct pcap_record rec;
	int work;

	for (work = 0; work < budget; work++) {
		if (!pcap_next_record(p, &rec) || !pcap_record_due(p, &rec))
			break;
		packet_trace_rx_begin();
		pcap_receive(p, &rec);
	}
	packet_trace_end();
	return work;
}

/* Is it time for @rec? If not, a timer is set and the record stays in the buffer. */
static bool pcap_record_due(struct pcap_dev *p, const struct pcap_record *rec)
{
	struct machine *m = &dev_net(p->dev)->m;
	uint64_t stamp = rec->sec * NSEC_PER_SEC + (p->nsec ? rec->frac : rec->frac * 1000ull);
	uint64_t now = this_vcpu()->now, due;

	if (p->fast)
		return true;
	if (!p->started) {
		p->started = true;
		p->base_file = stamp;
		p->base_now = now;
	}
	if (stamp < p->base_file) /* out of order: at once */
		return true;
	due = p->base_now + (stamp - p->base_file);
	if (due <= now)
		return true;
	mod_timer(&p->timer, machine_jiffies(m, due + m->tick_ns - 1));

	return false;
}

static void pcap_timer(struct ktimer *t)
{
	struct pcap_dev *p = container_of(t, struct pcap_dev, timer);

	nif_raise(dev_net(p->dev), p->irq);
}

/* Have a whole record in the buffer, its header decoded; false: the replay is over. */
static bool pcap_next_record(struct pcap_dev *p, struct pcap_record *ret_rec)
{
	struct pcap_record raw;
	ssize_t n = pcap_fill(p, sizeof(raw));

	if (n == 0)
		return pcap_end(p, NULL);
	if (n < (ssize_t)sizeof(raw))
		return pcap_end(p, "the file ends inside a record header");
	memcpy(&raw, p->buf + p->begin, sizeof(raw));
	*ret_rec = (struct pcap_record){ pcap_u32(p, raw.sec), pcap_u32(p, raw.frac),
					 pcap_u32(p, raw.caplen), pcap_u32(p, raw.len) };
	if (ret_rec->caplen > PCAP_RECORD_MAX)
		return pcap_end(p, "a record is impossibly long");
	n = pcap_fill(p, sizeof(raw) + ret_rec->caplen);
	if (n < (ssize_t)(sizeof(raw) + ret_rec->caplen))
		return pcap_end(p, "the file ends inside a record");

	return true;
}

static void pcap_receive(struct pcap_dev *p, const struct pcap_record *rec)
{
	unsigned max_frame = max(READ_ONCE(p->dev->mtu), (unsigned)ETH_DATA_LEN) + PCAP_OVERHEAD;
	unsigned len = min(rec->caplen, max_frame);
	struct sk_buff *skb = __netdev_alloc_skb(p->dev, len);

	p->stats.records++;
	if (unlikely(!skb)) {
		nif_rx_nomem(&p->napi, &p->stats.rx);
	} else {
		memcpy(skb_put(skb, len), p->buf + p->begin + sizeof(*rec), len);
		if (unlikely(rec->caplen < rec->len || rec->caplen > max_frame))
			nif_rx_truncated(&p->napi, skb, &p->stats.rx);
		else
			nif_rx_frame(&p->napi, skb, rcu_dereference(p->filter), &p->stats.rx);
	}
	p->begin += sizeof(*rec) + rec->caplen;
}

/*
 * At least @want unread bytes if the file has them; how many there are. An error counts as the end.
 */
static ssize_t pcap_fill(struct pcap_dev *p, size_t want)
{
	ssize_t n;

	if (p->end - p->begin >= want)
		return (ssize_t)(p->end - p->begin);
	memmove(p->buf, p->buf + p->begin, p->end - p->begin);
	p->end -= p->begin;
	p->begin = 0;
	while (p->end < want) {
		n = pread(p->in, p->buf + p->end, PCAP_BUFFER - p->end, p->pos);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		p->end += (size_t)n;
		p->pos += n;
	}
	return (ssize_t)p->end;
}

static bool pcap_end(struct pcap_dev *p, const char *fault)
{
	WRITE_ONCE(p->done, true);
	if (fault) {
		p->stats.bad_records++;
		this_dev_stats(p->dev)->rx_errors++;
		pr_err(net_log(dev_net(p->dev)), "%s: %s, near byte %lld: replay ends",
		       p->dev->name, fault, (long long)(p->pos - (off_t)(p->end - p->begin)));
	}
	return false;
}

bool pcapdev_done(const struct net_device *dev)
{
	const struct pcap_dev *p = netdev_priv(dev);

	return READ_ONCE(p->done);
}

/* --- transmit --- */

static netdev_tx_t pcap_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct pcap_dev *p = netdev_priv(dev);
	struct net_device_stats *stats = this_dev_stats(dev);

	skb_tx_timestamp(skb);
	if (p->out >= 0 && unlikely(!pcap_write(p, skb))) {
		stats->tx_errors++;
		kfree_skb_reason(skb, SKB_DROP_REASON_DEV_TX_ERROR);
		return NETDEV_TX_OK;
	}
	stats->tx_packets++;
	stats->tx_bytes += skb->len;
	dev_kfree_skb_any(skb);

	return NETDEV_TX_OK;
}

/*
 * After a record that could not be written whole, the file takes no more: it would not be readable.
 */
static bool pcap_write(struct pcap_dev *p, const struct sk_buff *skb)
{
	uint64_t now = (uint64_t)ktime_get_real(dev_net(p->dev));
	struct pcap_record rec = { (uint32_t)(now / NSEC_PER_SEC), (uint32_t)(now % NSEC_PER_SEC),
				   skb->len, skb->len };
	struct iovec iov[2] = { { &rec, sizeof(rec) }, { skb->data, skb->len } };

	if (!p->out_failed &&
	    writev(p->out, iov, 2) == (ssize_t)(sizeof(rec) + skb->len)) {
		p->stats.tx_written++;
		return true;
	}
	p->stats.tx_failed++;
	if (!p->out_failed) {
		p->out_failed = true;
		pr_err(net_log(dev_net(p->dev)), "%s: cannot write the output file: %s",
		       p->dev->name, strerrordesc_np(errno));
	}
	return false;
}

/* --- set-up --- */

static int pcap_probe(struct net *net, const char *rest, const struct nif_options *opts,
		      struct net_device **ret_dev, struct extack *err)
{
	static const char *const known[] = { "out", "speed", NULL };
	char in[PCAP_PATH_MAX] = "", out[PCAP_PATH_MAX] = "";
	struct net_device *dev;
	struct pcap_dev *p;
	const char *text;
	int n, ret = nif_spec_check(rest, known, err);

	if (ret)
		return ret;
	if (*rest && *rest != ',' && nif_spec_first(rest, in, sizeof(in)))
		return extack_fail(err, -ENAMETOOLONG, "the file's name is too long");
	n = nif_spec_opt(rest, "out", &text);
	if (n >= 0 && snprintf(out, sizeof(out), "%.*s", n, text) >= (int)sizeof(out))
		return extack_fail(err, -ENAMETOOLONG, "the output file's name is too long");
	n = nif_spec_opt(rest, "speed", &text);
	if (n >= 0 && (n != 3 || memcmp(text, "max", 3)))
		return extack_fail(err, -EINVAL, "speed=max is the only speed to choose");
	if (opts->queues > 1)
		return extack_fail(err, -EINVAL, "pcap: has one queue");
	dev = nif_alloc_etherdev(net, sizeof(*p), "pcap%d", opts, PCAP_MAX_MTU, err);
	if (!dev)
		return -EINVAL;
	p = netdev_priv(dev);
	p->dev = dev;
	p->in = p->out = p->irq = -1;
	p->fast = n >= 0;
	dev->netdev_ops = &pcap_netdev_ops;
	dev->ethtool_ops = &nif_ethtool_ops;
	dev->unicast_flt = true;
	ktimer_setup(&p->timer, pcap_timer, NULL);
	netif_napi_add(dev, &p->napi, pcap_poll, NAPI_POLL_WEIGHT);
	ret = pcap_open_files(p, in, out, err);
	if (!ret)
		ret = nif_register(dev, &pcapdev_driver, rest, err);
	if (ret) {
		pcap_destructor(dev);
		free_netdev(dev);
		return ret;
	}
	dev->destructor = pcap_destructor;
	*ret_dev = dev;

	return 0;
}

static int pcap_open_files(struct pcap_dev *p, const char *in, const char *out, struct extack *err)
{
	int ret;

	if (*in) {
		p->in = pcap_host_open(p, "pcap", in, err);
		if (p->in < 0)
			return p->in;
		ret = pcap_read_header(p, err);
		if (ret)
			return ret;
		p->buf = kmem_alloc(&dev_net(p->dev)->m.kmem, PCAP_BUFFER);
		if (!p->buf)
			return extack_fail(err, -ENOMEM, "no memory for the read buffer");
	}
	if (*out) {
		p->out = pcap_host_open(p, "pcap-out", out, err);
		if (p->out < 0)
			return p->out;
		return pcap_write_header(p, err);
	}
	return 0;
}

static int pcap_host_open(struct pcap_dev *p, const char *scheme, const char *path,
			  struct extack *err)
{
	const struct machine *m = &dev_net(p->dev)->m;
	char spec[PCAP_PATH_MAX + 16];
	int fd;

	if (!m->host->dev_open)
		return extack_fail(err, -EOPNOTSUPP, "this host opens no files");
	snprintf(spec, sizeof(spec), "%s:%s", scheme, path);
	fd = m->host->dev_open(m->host_ctx, spec, 0);
	if (fd < 0)
		extack_set(err, "%.60s: %s", path, strerrordesc_np(-fd));

	return fd;
}

static int pcap_read_header(struct pcap_dev *p, struct extack *err)
{
	struct pcap_file_header h;
	ssize_t n = pread(p->in, &h, sizeof(h), 0);
	uint32_t magic;

	if (n < 0)
		return extack_fail(err, -errno, "cannot read the file: %s", strerrordesc_np(errno));
	if (n < (ssize_t)sizeof(h))
		return extack_fail(err, -EINVAL, "no capture file: %zd bytes, a header has %zu", n,
				   sizeof(h));
	magic = h.magic;
	p->swap = magic == __builtin_bswap32(PCAP_MAGIC_US) ||
		  magic == __builtin_bswap32(PCAP_MAGIC_NS);
	magic = pcap_u32(p, magic);
	if (magic == 0x0a0d0d0au)
		return extack_fail(err, -EINVAL, "a pcapng file; convert it to pcap first");
	if (magic != PCAP_MAGIC_US && magic != PCAP_MAGIC_NS)
		return extack_fail(err, -EINVAL, "no capture file: magic number %08x", h.magic);
	p->nsec = magic == PCAP_MAGIC_NS;
	if ((p->swap ? __builtin_bswap16(h.major) : h.major) != 2)
		return extack_fail(err, -EINVAL, "a capture format of another version than 2");
	if ((pcap_u32(p, h.linktype) & PCAP_LINKTYPE_MASK) != PCAP_LINKTYPE_ETHERNET)
		return extack_fail(err, -EINVAL, "link type %u: only Ethernet (1) can be replayed",
				   pcap_u32(p, h.linktype) & PCAP_LINKTYPE_MASK);
	return 0;
}

static int pcap_write_header(struct pcap_dev *p, struct extack *err)
{
	const struct pcap_file_header h = { .magic = PCAP_MAGIC_NS,
					    .major = 2,
					    .minor = 4,
					    .snaplen = PCAP_RECORD_MAX,
					    .linktype = PCAP_LINKTYPE_ETHERNET };
	ssize_t n = write(p->out, &h, sizeof(h));

	if (n == (ssize_t)sizeof(h))
		return 0;
	return extack_fail(err, n < 0 ? -errno : -EIO, "cannot write the output file: %s",
			   strerrordesc_np(n < 0 ? errno : EIO));
}

static int pcap_open(struct net_device *dev)
{
	struct pcap_dev *p = netdev_priv(dev);
	struct machine *m = &dev_net(dev)->m;

	p->begin = p->end = 0;
	p->pos = sizeof(struct pcap_file_header);
	p->started = false;
	p->done = p->in < 0;
	napi_enable(&p->napi);
	p->irq = request_irq(m, pcap_intr, dev->name, p, 0);
	if (p->irq < 0) {
		napi_disable(&p->napi);
		return p->irq;
	}
	nif_line_set(dev_net(dev), (unsigned)p->irq, dev, 0, -1);
	irq_unmask(m, p->irq);
	netif_tx_start_all_queues(dev);
	nif_raise(dev_net(dev), p->irq);

	return 0;
}

static int pcap_stop(struct net_device *dev)
{
	struct pcap_dev *p = netdev_priv(dev);
	struct machine *m = &dev_net(dev)->m;

	netif_tx_stop_all_queues(dev);
	napi_disable(&p->napi);
	if (p->timer.home)
		smp_call(m, p->timer.home->id, pcap_stop_local, p);
	free_irq(m, p->irq);
	nif_line_set(dev_net(dev), (unsigned)p->irq, NULL, 0, -1);
	p->irq = -1;

	return 0;
}

static void pcap_stop_local(void *arg)
{
	struct pcap_dev *p = arg;

	del_timer_sync(&p->timer);
}

static void pcap_destructor(struct net_device *dev)
{
	struct pcap_dev *p = netdev_priv(dev);

	rxfilter_clear(dev, &p->filter);
	netif_napi_del(&p->napi);
	kfree(&dev_net(dev)->m, p->buf);
	if (p->in >= 0)
		close(p->in);
	if (p->out >= 0)
		close(p->out);
}

/* As a card does: to be the host that a capture was taken on, the device needs its address. */
static void pcap_set_rx_mode(struct net_device *dev)
{
	struct pcap_dev *p = netdev_priv(dev);

	rxfilter_update(dev, &p->filter);
}

static int pcap_set_mac(struct net_device *dev, const void *addr)
{
	int ret = eth_mac_addr(dev, addr);

	if (!ret)
		dev_set_rx_mode(dev);
	return ret;
}

static uint64_t pcap_get_stat(const struct net_device *dev, const struct nif_stat *stat)
{
	const struct pcap_dev *p = netdev_priv(dev);

	return nif_sum_stat(&p->stats, sizeof(p->stats), 1, stat);
}

#define PCAP_STAT(name_, member, doc_) \
	{ .name = name_, .offset = offsetof(struct pcap_stats, member), .doc = doc_ }
static const struct nif_stat pcap_stats[] = {
	PCAP_STAT("rx_records", records, "records replayed"),
	PCAP_STAT("rx_bad_records", bad_records, "malformed records: the replay ended there"),
	PCAP_STAT("rx_runts", rx.runts, "frame shorter than an Ethernet header"),
	PCAP_STAT("rx_truncated", rx.truncated, "cut by the capture, or longer than the MTU allows"),
	PCAP_STAT("rx_filtered", rx.filtered, "frame for another station"),
	PCAP_STAT("rx_nomem", rx.nomem, "no buffer for a frame"),
	PCAP_STAT("tx_written", tx_written, "packets in the output file"),
	PCAP_STAT("tx_failed", tx_failed, "packets that could not be written to it"),
};

const struct nif_driver pcapdev_driver = {
	.name = "pcap",
	.scheme = "pcap",
	.version = "1.0",
	.text = "replays a capture file, records what is sent",
	.probe = pcap_probe,
	.remove = nif_unregister,
	.stats = pcap_stats,
	.nr_stats = ARRAY_SIZE(pcap_stats),
	.get_stats = pcap_get_stat,
};
