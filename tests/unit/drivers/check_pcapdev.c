/* SPDX-License-Identifier: MIT */
/* check_pcapdev.c: replay by the file's times and at full speed, both byte orders, malformed files, the output file. */
#include "drivers/pcapdev.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "wire.h"

static struct net_device *dev;
static unsigned char file[1 << 20]; /* the input */
static size_t file_len;
static bool swapped;
static int out_fd; /* our descriptor of the output */
static bool out_broken;

static int pcap_dev_open(void *ctx, const char *spec, unsigned queue)
{
	int fd;

	ck_assert_uint_eq(queue, 0);
	if (!strcmp(spec, "pcap-out:out.pcap")) {
		fd = out_broken ? open("/dev/full", O_WRONLY) : memfd_create("out", MFD_ALLOW_SEALING);
		ck_assert_int_ge(fd, 0);
		out_fd = dup(fd);
		return fd;
	}
	if (strcmp(spec, "pcap:in.pcap"))
		return -ENOENT;
	fd = memfd_create("in", 0);
	ck_assert_int_eq(write(fd, file, file_len), (int)file_len);
	return fd;
}

static void begin(void)
{
	memset(&w, 0, sizeof(w));
	file_len = 0;
	swapped = out_broken = false;
	out_fd = -1;
	dev = NULL;
	w.n.ops.dev_open = pcap_dev_open;
	wire_begin(1);
}

static void end(void)
{
	if (out_fd >= 0)
		close(out_fd);
	wire_end();
}

static void add32(uint32_t v)
{
	v = swapped ? __builtin_bswap32(v) : v;
	memcpy(file + file_len, &v, 4);
	file_len += 4;
}

static void add16(uint16_t v)
{
	v = swapped ? __builtin_bswap16(v) : v;
	memcpy(file + file_len, &v, 2);
	file_len += 2;
}

static void add_header(uint32_t magic, uint16_t major, uint32_t linktype)
{
	file_len = 0;
	add32(magic);
	add16(major);
	add16(4);
	add32(0);
	add32(0);
	add32(262144);
	add32(linktype);
}

static void add_record(uint32_t sec, uint32_t frac, unsigned len, unsigned char id)
{
	add32(sec);
	add32(frac);
	add32(len);
	add32(len);
	netfix_frame(file + file_len, wire_own, wire_peer, ETH_P_IP, len);
	file[file_len + 14] = id;
	file_len += len;
}

static int probe(const char *spec, struct extack *err)
{
	struct nif_options opts = wire_opts("p0", 1);

	extack_init(err);
	return drivers_probe(&w.n.net, spec, &opts, &dev, err);
}

static void probe_up(const char *spec)
{
	struct extack err;

	ck_assert_msg(probe(spec, &err) == 0, "%s", err.msg);
	wire_up(dev);
}

START_TEST(test_full_speed_honours_the_weight)
{
	const struct napi_struct *napi;

	add_header(0xa1b2c3d4, 2, 1);
	for (unsigned i = 0; i < 1000; i++)
		add_record(100 + i, 0, 60 + i % 100, (unsigned char)i);
	probe_up("pcap:in.pcap,speed=max");
	ck_assert(!pcapdev_done(dev));
	netfix_run(&w.n);
	ck_assert_uint_eq(w.received, 1000);
	for (unsigned i = 0; i < 1000; i++)
		ck_assert_uint_eq(w.order[i], (unsigned char)i);
	ck_assert(pcapdev_done(dev));
	napi = list_first_entry(&dev->napi_list, struct napi_struct, dev_list);
	ck_assert_uint_eq(napi->polls, 16); /* 15 * 64 + 40 */
	ck_assert_uint_eq(napi->over_weight, 0);
	ck_assert_uint_eq(wire_stat(dev, "rx_records"), 1000);
	ck_assert_uint_eq(w.n.log_warnings, 0);
}
END_TEST

static void by_times(uint32_t magic, uint32_t unit)
{
	add_header(magic, 2, 1);
	add_record(1000, 0, 60, 1);
	add_record(1000, 20 * unit, 60, 2);	/* 20 ms */
	add_record(999, 0, 60, 3);		/* a stamp that went back: at once */
	add_record(1001, 0, 60, 4);
	probe_up("pcap:in.pcap");
	netfix_run(&w.n);
	ck_assert_uint_eq(w.received, 1);
	netfix_advance(&w.n, 19 * NSEC_PER_MSEC);
	ck_assert_uint_eq(w.received, 1);
	netfix_advance(&w.n, NSEC_PER_MSEC);
	ck_assert_uint_eq(w.received, 3);
	netfix_advance(&w.n, 979 * NSEC_PER_MSEC);
	ck_assert_uint_eq(w.received, 3);
	netfix_advance(&w.n, NSEC_PER_MSEC);
	ck_assert_uint_eq(w.received, 4);
	ck_assert(pcapdev_done(dev));
	ck_assert_mem_eq(w.order, "\1\2\3\4", 4);
}

START_TEST(test_times_us)
{
	by_times(0xa1b2c3d4, 1000);
}
END_TEST

START_TEST(test_times_ns)
{
	by_times(0xa1b23c4d, 1000000);
}
END_TEST

START_TEST(test_times_us_swapped)
{
	swapped = true;
	by_times(0xa1b2c3d4, 1000);
}
END_TEST

START_TEST(test_times_ns_swapped)
{
	swapped = true;
	by_times(0xa1b23c4d, 1000000);
}
END_TEST

START_TEST(test_down_and_up_plays_again)
{
	add_header(0xa1b2c3d4, 2, 1);
	add_record(1, 0, 60, 1);
	add_record(2, 0, 60, 2);
	probe_up("pcap:in.pcap");
	netfix_run(&w.n);
	ck_assert_uint_eq(w.received, 1);
	dev_close(dev); /* with the timer armed */
	netfix_advance(&w.n, 5 * NSEC_PER_SEC);
	ck_assert_uint_eq(w.received, 1);
	wire_up(dev);
	netfix_run(&w.n);
	ck_assert_uint_eq(w.received, 2);
	netfix_advance(&w.n, NSEC_PER_SEC);
	ck_assert_uint_eq(w.received, 3);
	ck_assert_mem_eq(w.order, "\1\1\2", 3);
}
END_TEST

static void refused(const char *text)
{
	struct extack err;

	ck_assert_int_eq(probe("pcap:in.pcap", &err), -EINVAL);
	ck_assert_str_eq(err.msg, text);
	ck_assert_ptr_null(__dev_get_by_name(&w.n.net, "p0"));
}

START_TEST(test_malformed_headers)
{
	struct extack err;

	refused("no capture file: 0 bytes, a header has 24");
	add_header(0xa1b2c3d4, 2, 1);
	file_len = 23;
	refused("no capture file: 23 bytes, a header has 24");
	add_header(0x12345678, 2, 1);
	refused("no capture file: magic number 12345678");
	add_header(0x0a0d0d0a, 2, 1);
	refused("a pcapng file; convert it to pcap first");
	add_header(0xa1b2c3d4, 1, 1);
	refused("a capture format of another version than 2");
	add_header(0xa1b2c3d4, 2, 113);
	refused("link type 113: only Ethernet (1) can be replayed");
	ck_assert_int_eq(probe("pcap:nothing.pcap", &err), -ENOENT);
	ck_assert_str_eq(err.msg, "nothing.pcap: No such file or directory");
	swapped = true;
	add_header(0xa1b2c3d4, 2, 0x10000001); /* with a frame check sequence length */
	ck_assert_int_eq(probe("pcap:in.pcap", &err), 0);
}
END_TEST

/* One good record, then @tail bytes of a bad one. */
static void bad_record(uint32_t caplen, unsigned tail, const char *text)
{
	struct extack err;

	add_header(0xa1b2c3d4, 2, 1);
	add_record(1, 0, 60, 1);
	add32(1);
	add32(0);
	add32(caplen);
	add32(caplen);
	memset(file + file_len, 0, 300000);
	file_len = 24 + 76 + tail;
	ck_assert_int_eq(probe("pcap:in.pcap,speed=max", &err), 0);
	w.received = 0;
	wire_up(dev);
	netfix_run(&w.n);
	ck_assert_uint_eq(w.received, 1);
	ck_assert(pcapdev_done(dev));
	ck_assert_uint_eq(wire_stat(dev, "rx_bad_records"), 1);
	ck_assert_uint_eq(wire_stats(dev).rx_errors, 1);
	ck_assert_str_eq(w.n.log, text);
	drivers_remove(dev);
}

START_TEST(test_malformed_records)
{
	bad_record(60, 15, "pcap: p0: the file ends inside a record header, near byte 100: replay ends");
	bad_record(60, 75, "pcap: p0: the file ends inside a record, near byte 100: replay ends");
	bad_record(262145, 299000, "pcap: p0: a record is impossibly long, near byte 100: replay ends");
	bad_record(0xffffffff, 16, "pcap: p0: a record is impossibly long, near byte 100: replay ends");
	bad_record(262144, 262159, "pcap: p0: the file ends inside a record, near byte 100: replay ends");
}
END_TEST

START_TEST(test_cut_long_and_short_records)
{
	add_header(0xa1b2c3d4, 2, 1);
	add_record(1, 0, 200, 1);
	file[24 + 12] = 201; /* the capture has cut it */
	add_record(1, 0, 1519, 2);
	add_record(1, 0, 13 + 2, 3); /* 15 bytes, made a runt */
	file[24 + 16 + 200 + 16 + 1519 + 8] = 13;
	file[24 + 16 + 200 + 16 + 1519 + 12] = 13;
	file_len -= 2;
	add32(1);
	add32(0);
	add32(0);
	add32(0); /* an empty one */
	add_record(1, 0, 60, 4);
	probe_up("pcap:in.pcap");
	netfix_run(&w.n);
	ck_assert_uint_eq(w.received, 1);
	ck_assert_uint_eq(w.order[0], 4);
	ck_assert_uint_eq(wire_stat(dev, "rx_truncated"), 2);
	ck_assert_uint_eq(wire_stat(dev, "rx_runts"), 2);
	ck_assert_uint_eq(netfix_drops(&w.n, SKB_DROP_REASON_RX_TRUNCATED), 2);
	ck_assert_uint_eq(netfix_drops(&w.n, SKB_DROP_REASON_RX_RUNT), 2);
}
END_TEST

START_TEST(test_largest_record)
{
	add_header(0xa1b2c3d4, 2, 1);
	add_record(1, 0, 262144, 1);
	add_record(1, 0, 262144, 2);
	add_record(1, 0, 60, 3);
	probe_up("pcap:in.pcap");
	netfix_run(&w.n);
	ck_assert_uint_eq(w.received, 1);
	ck_assert_uint_eq(w.order[0], 3);
	ck_assert_uint_eq(wire_stat(dev, "rx_truncated"), 2);
}
END_TEST

START_TEST(test_output)
{
	static const unsigned char head[24] = { 0x4d, 0x3c, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0,
						0, 0, 0, 0, 4, 0, 1, 0, 0, 0 };
	unsigned char buf[512];
	uint32_t rec[4];

	probe_up("pcap:,out=out.pcap");
	ck_assert(pcapdev_done(dev));
	wire_send(dev, 100, 1);
	w.n.now += 1500000123;
	wire_send(dev, 20, 2);
	ck_assert_int_eq(pread(out_fd, buf, sizeof(buf), 0), 24 + 116 + 36);
	ck_assert_mem_eq(buf, head, 24);
	memcpy(rec, buf + 24, 16);
	ck_assert_uint_eq(rec[0], 1700000000);
	ck_assert_uint_eq(rec[1], 0);
	ck_assert_uint_eq(rec[2], 100);
	ck_assert_uint_eq(rec[3], 100);
	ck_assert_mem_eq(buf + 40, wire_peer, 6);
	ck_assert_uint_eq(buf[54], 1);
	memcpy(rec, buf + 140, 16);
	ck_assert_uint_eq(rec[0], 1700000001);
	ck_assert_uint_eq(rec[1], 500000123);
	ck_assert_uint_eq(rec[2], 20);
	ck_assert_uint_eq(wire_stat(dev, "tx_written"), 2);
	ck_assert_uint_eq(w.freed, 2);
	ck_assert_uint_eq(netfix_ledger(&w.n, LEDGER_LOCAL, VERDICT_SENT), 2);
}
END_TEST

START_TEST(test_output_full)
{
	struct extack err;

	out_broken = true;
	ck_assert_int_eq(probe("pcap:,out=out.pcap", &err), -ENOSPC);
	ck_assert_str_eq(err.msg, "cannot write the output file: No space left on device");
	close(out_fd);
	out_broken = false;
	probe_up("pcap:,out=out.pcap");
	wire_send(dev, 100, 1);
	ck_assert_uint_eq(wire_stat(dev, "tx_written"), 1);
	ck_assert_int_eq(fcntl(out_fd, F_ADD_SEALS, F_SEAL_GROW), 0); /* from here on it is full */
	wire_send(dev, 100, 2);
	wire_send(dev, 100, 3);
	ck_assert_uint_eq(wire_stat(dev, "tx_written"), 1);
	ck_assert_uint_eq(wire_stat(dev, "tx_failed"), 2);
	ck_assert_uint_eq(wire_stats(dev).tx_errors, 2);
	ck_assert_uint_eq(netfix_drops(&w.n, SKB_DROP_REASON_DEV_TX_ERROR), 2);
	ck_assert_uint_eq(w.n.log_warnings, 1); /* said once */
	ck_assert_uint_eq(w.freed, 3);
}
END_TEST

START_TEST(test_sent_without_output)
{
	add_header(0xa1b2c3d4, 2, 1);
	probe_up("pcap:in.pcap");
	netfix_run(&w.n);
	ck_assert_int_eq(wire_send(dev, 100, 1), 0);
	ck_assert_uint_eq(w.freed, 1);
	ck_assert_uint_eq(wire_stats(dev).tx_packets, 1);
}
END_TEST

START_TEST(test_each_allocation_fails)
{
	struct extack err;
	unsigned nth;

	add_header(0xa1b2c3d4, 2, 1);
	add_record(1, 0, 60, 1);
	for (nth = 1;; nth++) {
		int ret;

		kmem_fail_nth(&w.n.net.m.kmem, nth, NULL);
		ret = probe("pcap:in.pcap,out=out.pcap", &err);
		if (!ret && !dev_open(dev, &err)) {
			netfix_run(&w.n);
			if (!kmem_fault_hit(&w.n.net.m.kmem))
				break;
		}
		ck_assert(kmem_fault_hit(&w.n.net.m.kmem));
		if (!ret)
			drivers_remove(dev);
		if (out_fd >= 0)
			close(out_fd);
		out_fd = -1;
	}
	kmem_fail_nth(&w.n.net.m.kmem, 0, NULL);
	ck_assert_uint_ge(nth, 8);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_full_speed_honours_the_weight, test_times_us, test_times_ns,
		test_times_us_swapped, test_times_ns_swapped, test_down_and_up_plays_again,
		test_malformed_headers, test_malformed_records, test_cut_long_and_short_records,
		test_largest_record, test_output, test_output_full, test_sent_without_output,
		test_each_allocation_fails, NULL,
	};

	return suite_of("pcapdev", begin, end, tests);
}
