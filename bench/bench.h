/* SPDX-License-Identifier: MIT */
/* bench.h - shared helpers of the measuring programs (header only). */
#ifndef BENCH_H
#define BENCH_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t b_stop;
static void b_on_signal(int s) { (void)s; b_stop = 1; }

static inline uint64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

/* CPU time of this process (user+system) and of the calling thread, ns. */
static inline uint64_t cpu_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

static inline void die(const char *fmt, ...)
{
	int e = errno;
	va_list ap;
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, ": %s\n", strerror(e));
	exit(1);
}

static inline void pin_cpu(int cpu)
{
	cpu_set_t s;
	if (cpu < 0)
		return;
	CPU_ZERO(&s);
	CPU_SET(cpu, &s);
	if (sched_setaffinity(0, sizeof(s), &s))
		die("sched_setaffinity(%d)", cpu);
}

static inline void catch_stop(void)
{
	struct sigaction sa;
	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = b_on_signal; /* no SA_RESTART: blocking calls return EINTR */
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGALRM, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* Ask for SIGALRM (sets b_stop) after secs; repeats so that no wait is missed. */
static inline void stop_after(double secs)
{
	struct sigevent ev;
	timer_t t;
	struct itimerspec it;
	if (secs <= 0)
		return;
	memset(&ev, 0, sizeof(ev));
	ev.sigev_notify = SIGEV_SIGNAL;
	ev.sigev_signo = SIGALRM;
	if (timer_create(CLOCK_MONOTONIC, &ev, &t))
		die("timer_create");
	memset(&it, 0, sizeof(it));
	it.it_value.tv_sec = (time_t)secs;
	it.it_value.tv_nsec = (long)((secs - (double)(time_t)secs) * 1e9);
	it.it_interval.tv_nsec = 50000000;
	if (timer_settime(t, 0, &it, NULL))
		die("timer_settime");
}

static int b_cmp_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

/* Sorts the samples (ns) and prints "key p50_us=.. p90_us=.. p99_us=.. ..." */
static inline void print_latency(const char *key, uint32_t *v, size_t n)
{
	double sum = 0;
	size_t i;
	if (!n) {
		printf("%s n=0\n", key);
		return;
	}
	for (i = 0; i < n; i++)
		sum += v[i];
	qsort(v, n, sizeof(*v), b_cmp_u32);
	printf("%s n=%zu min_us=%.3f p50_us=%.3f p90_us=%.3f p99_us=%.3f p999_us=%.3f max_us=%.1f mean_us=%.3f\n",
	       key, n, v[0] / 1e3, v[n / 2] / 1e3, v[n * 9 / 10] / 1e3,
	       v[n * 99 / 100] / 1e3, v[n * 999 / 1000] / 1e3, v[n - 1] / 1e3,
	       sum / (double)n / 1e3);
	fflush(stdout);
}

static inline void print_rate(const char *key, uint64_t pkts, uint64_t bytes,
			      uint64_t ns, uint64_t cpu)
{
	double s = (double)ns / 1e9;
	printf("%s pkts=%llu secs=%.3f pps=%.0f mbps=%.1f cpu_ns_per_pkt=%.1f\n", key,
	       (unsigned long long)pkts, s, ns ? (double)pkts / s : 0.0,
	       ns ? (double)bytes * 8 / s / 1e6 : 0.0,
	       pkts ? (double)cpu / (double)pkts : 0.0);
	fflush(stdout);
}

static inline void parse_mac(const char *s, uint8_t m[6])
{
	unsigned v[6];
	int i;
	if (sscanf(s, "%x:%x:%x:%x:%x:%x", v, v + 1, v + 2, v + 3, v + 4, v + 5) != 6) {
		fprintf(stderr, "bad MAC %s\n", s);
		exit(2);
	}
	for (i = 0; i < 6; i++)
		m[i] = (uint8_t)v[i];
}

static inline void if_mac(const char *ifname, uint8_t m[6])
{
	struct ifreq r;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	memset(&r, 0, sizeof(r));
	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", ifname);
	if (fd < 0 || ioctl(fd, SIOCGIFHWADDR, &r))
		die("SIOCGIFHWADDR %s", ifname);
	memcpy(m, r.ifr_hwaddr.sa_data, 6);
	close(fd);
}

static inline uint32_t csum_add(uint32_t sum, const void *p, size_t n)
{
	const uint8_t *b = p;
	for (; n > 1; n -= 2, b += 2)
		sum += (uint32_t)(b[0] << 8 | b[1]);
	if (n)
		sum += (uint32_t)(b[0] << 8);
	return sum;
}

static inline uint16_t csum_fin(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

#define ETH_HL 14
#define IP_HL 20
#define UDP_HL 8
#define FRAME_HL (ETH_HL + IP_HL + UDP_HL)

/* Builds an Ethernet+IPv4+UDP frame; returns its length (>= 60, padded). */
static inline size_t build_udp(uint8_t *f, const uint8_t dmac[6], const uint8_t smac[6],
			       uint32_t sip, uint32_t dip, uint16_t sport, uint16_t dport,
			       const void *payload, size_t plen, int with_csum)
{
	uint8_t *ip = f + ETH_HL, *u = ip + IP_HL;
	size_t ulen = UDP_HL + plen, ilen = IP_HL + ulen, tot = ETH_HL + ilen;
	uint16_t c;
	uint32_t s;
	memcpy(f, dmac, 6);
	memcpy(f + 6, smac, 6);
	f[12] = 8; f[13] = 0;
	memset(ip, 0, IP_HL + UDP_HL);
	ip[0] = 0x45;
	ip[2] = (uint8_t)(ilen >> 8); ip[3] = (uint8_t)ilen;
	ip[6] = 0x40;
	ip[8] = 64; ip[9] = 17;
	memcpy(ip + 12, &sip, 4);
	memcpy(ip + 16, &dip, 4);
	c = csum_fin(csum_add(0, ip, IP_HL));
	ip[10] = (uint8_t)(c >> 8); ip[11] = (uint8_t)c;
	u[0] = (uint8_t)(sport >> 8); u[1] = (uint8_t)sport;
	u[2] = (uint8_t)(dport >> 8); u[3] = (uint8_t)dport;
	u[4] = (uint8_t)(ulen >> 8); u[5] = (uint8_t)ulen;
	if (payload)
		memcpy(u + UDP_HL, payload, plen);
	else
		memset(u + UDP_HL, 'x', plen);
	if (with_csum) {
		s = csum_add(0, ip + 12, 8);
		s += 17 + (uint32_t)ulen;
		c = csum_fin(csum_add(s, u, ulen));
		if (!c)
			c = 0xffff;
		u[6] = (uint8_t)(c >> 8); u[7] = (uint8_t)c;
	}
	if (tot < 60) {
		memset(f + tot, 0, 60 - tot);
		tot = 60;
	}
	return tot;
}

/* Swaps MACs, IPs and UDP ports in place (checksums stay valid). Returns 0 when not IPv4/UDP. */
static inline int swap_udp(uint8_t *f, size_t n)
{
	uint8_t m[6];
	uint32_t a, b;
	uint16_t p, q;
	if (n < FRAME_HL || f[12] != 8 || f[13] != 0 || f[14] != 0x45 || f[23] != 17)
		return 0;
	memcpy(m, f, 6);
	memcpy(f, f + 6, 6);
	memcpy(f + 6, m, 6);
	memcpy(&a, f + 26, 4);
	memcpy(&b, f + 30, 4);
	memcpy(f + 26, &b, 4);
	memcpy(f + 30, &a, 4);
	memcpy(&p, f + 34, 2);
	memcpy(&q, f + 36, 2);
	memcpy(f + 34, &q, 2);
	memcpy(f + 36, &p, 2);
	return 1;
}

/* Answers an ARP request for any address in place with our MAC. Returns 0 when not an ARP request. */
static inline int answer_arp(uint8_t *f, size_t n, const uint8_t mac[6])
{
	uint8_t tip[4];
	if (n < 42 || f[12] != 8 || f[13] != 6 || f[20] != 0 || f[21] != 1)
		return 0;
	if (!memcmp(f + 28, f + 38, 4))
		return 0; /* gratuitous / duplicate detection */
	memcpy(tip, f + 38, 4);
	memcpy(f, f + 6, 6);
	memcpy(f + 6, mac, 6);
	f[21] = 2;
	memcpy(f + 32, f + 22, 6);
	memcpy(f + 38, f + 28, 4);
	memcpy(f + 22, mac, 6);
	memcpy(f + 28, tip, 4);
	return 1;
}
#endif
