/* SPDX-License-Identifier: MIT */
/*
 * frame.c - frames of the differential test, valid and not
 *
 * Theory of operation
 *   A frame starts as a well-formed one of its kind, from the test program (10.99.0.1) to the
 *   side under test (10.99.0.2). Each word then changes one field. Lengths and checksums are
 *   made to fit unless a word sets them: -1 means "what is right", "bad" means "what is
 *   right, spoiled". The transport part is built whole; `part=OFFSET+LENGTH' sends that slice
 *   of it as a fragment, so a set of fragments is one line repeated; `parts=LENGTH' sends all
 *   slices of that length, in order.
 * Owns nothing. One thread. Called by main.c.
 */
#include "frame.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AUTO = -1, BAD = -2 };

struct spec {
	/* ethernet */
	uint8_t dmac[6], smac[6];
	int ethertype, pad, cut, times;
	/* IP */
	int ver, ihl, tos, len, id, df, mf, rf, off, ttl, proto, csum, part_off, part_len, parts;
	uint32_t src, dst;
	uint8_t opts[64];
	int nopts;
	/* transport */
	int type, code, sum, sport, dport, ulen, dlen, fill, ndata;
	uint32_t rest;
	uint8_t data[256];
	/* the packet that an ICMP error quotes; qcut bytes of it, 0: no quote */
	int qcut, qver, qihl, qproto, qsport, qdport, qoff, qtype;
	uint32_t qsrc, qdst;
	/* ARP */
	int hrd, pro, hln, pln, op;
	uint8_t sha[6], tha[6];
	uint32_t spa, tpa;
};

enum word_kind { W_INT, W_ADDR, W_MAC, W_WORD32 };

#define INT(f)                                      \
	{                                           \
#f, W_INT, offsetof(struct spec, f) \
	}
#define ADDR(f)                                      \
	{                                            \
#f, W_ADDR, offsetof(struct spec, f) \
	}
#define MAC(f)                                      \
	{                                           \
#f, W_MAC, offsetof(struct spec, f) \
	}

static const struct word {
	const char *name;
	enum word_kind kind;
	size_t at;
} words[] = {
	MAC(dmac),
	MAC(smac),
	INT(pad),
	INT(cut),
	INT(times),
	INT(ver),
	INT(ihl),
	INT(tos),
	INT(len),
	INT(id),
	INT(df),
	INT(mf),
	INT(rf),
	INT(off),
	INT(ttl),
	INT(proto),
	INT(csum),
	ADDR(src),
	ADDR(dst),
	INT(type),
	INT(code),
	INT(sum),
	INT(sport),
	INT(dport),
	INT(ulen),
	INT(dlen),
	INT(parts),
	INT(fill),
	INT(qcut),
	INT(qver),
	INT(qihl),
	INT(qproto),
	INT(qsport),
	INT(qdport),
	INT(qoff),
	INT(qtype),
	ADDR(qsrc),
	ADDR(qdst),
	INT(hrd),
	INT(pro),
	INT(hln),
	INT(pln),
	INT(op),
	MAC(sha),
	MAC(tha),
	ADDR(spa),
	ADDR(tpa),
	{ "ethertype", W_INT, offsetof(struct spec, ethertype) },
	{ "rest", W_WORD32, offsetof(struct spec, rest) },
};

static bool spec_kind(struct spec *s, const char *kind);
static bool spec_word(struct spec *s, const char *word);
static int build_transport(const struct spec *s, uint8_t *p);
static int build_ip(const struct spec *s, const uint8_t *l4, int l4len, unsigned nth, uint8_t *p);
static int build_arp(const struct spec *s, uint8_t *p);

int frame_build(const char *text, unsigned nth, uint8_t *buf, unsigned *times, char *bad,
		size_t badlen)
{
	static uint8_t l4[FRAME_MAX];
	struct spec s;
	char copy[512], *save, *w;
	int n = ETH_HLEN;

	snprintf(copy, sizeof(copy), "%s", text);
	w = strtok_r(copy, " \t", &save);
	snprintf(bad, badlen, "%s", w ? w : "");
	if (!w || !spec_kind(&s, w))
		return -1;
	while ((w = strtok_r(NULL, " \t", &save))) {
		snprintf(bad, badlen, "%s", w);
		if (!spec_word(&s, w))
			return -1;
	}
	memset(buf, 0, 256);
	memcpy(buf, s.dmac, 6);
	memcpy(buf + 6, s.smac, 6);
	buf[12] = (uint8_t)(s.ethertype >> 8);
	buf[13] = (uint8_t)s.ethertype;
	if (s.op) {
		n += build_arp(&s, buf + n);
	} else if (s.ver) {
		int l4len = build_transport(&s, l4);

		if (s.parts) {
			s.times = (l4len + s.parts - 1) / s.parts;
			s.part_off = (int)nth * s.parts;
			s.part_len = s.parts;
		}
		n += build_ip(&s, l4, l4len, s.parts ? 0 : nth, buf + n);
	} else {
		memcpy(buf + n, s.data, (size_t)s.ndata);
		n += s.ndata;
	}
	if (s.pad > 0) {
		memset(buf + n, 0xa5, (size_t)s.pad);
		n += s.pad;
	}
	if (s.cut && s.cut < n)
		n = s.cut;
	*times = (unsigned)s.times;
	return n;
}

static bool spec_kind(struct spec *s, const char *kind)
{
	static const struct {
		const char *name;
		int proto, type, ver, op;
	} kinds[] = { { "echo", 1, 8, 4, 0 },	 { "icmp", 1, 3, 4, 0 },
		      { "udp", 17, 0, 4, 0 },	 { "udplite", 136, 0, 4, 0 },
		      { "igmp", 2, 0x11, 4, 0 }, { "ip", 253, 0, 4, 0 },
		      { "arp", 0, 0, 0, 1 },	 { "eth", 0, 0, 0, 0 } };

	*s = (struct spec){ .ethertype = ETH_P_IP,
			    .times = 1,
			    .ihl = AUTO,
			    .len = AUTO,
			    .id = 0x1234,
			    .mf = AUTO,
			    .off = AUTO,
			    .ttl = 64,
			    .csum = AUTO,
			    .src = PEER_ADDR,
			    .dst = OUR_ADDR,
			    .part_off = AUTO,
			    .sum = AUTO,
			    .sport = 4000,
			    .dport = 7,
			    .ulen = AUTO,
			    .dlen = 32,
			    .qver = 4,
			    .qihl = 5,
			    .qproto = 17,
			    .qsport = 7,
			    .qdport = 4000,
			    .qtype = 8,
			    .qsrc = OUR_ADDR,
			    .qdst = PEER_ADDR,
			    .hrd = 1,
			    .pro = ETH_P_IP,
			    .hln = 6,
			    .pln = 4,
			    .spa = PEER_ADDR,
			    .tpa = OUR_ADDR };
	memcpy(s->dmac, OUR_MAC, 6);
	memcpy(s->smac, PEER_MAC, 6);
	memcpy(s->sha, PEER_MAC, 6);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (strcmp(kind, kinds[i].name))
			continue;
		s->proto = kinds[i].proto;
		s->type = kinds[i].type;
		s->ver = kinds[i].ver;
		s->op = kinds[i].op;
		if (s->op) {
			s->ethertype = ETH_P_ARP;
			memset(s->dmac, 0xff, 6);
		}
		if (s->proto == 1)
			s->rest = s->type == 8 ? 0x00070001 : 0;
		if (s->proto == 1 && s->type == 3) {
			s->qcut = 28;
			s->dlen = 0;
		}
		if (s->proto == 2)
			s->dlen = 0;
		return true;
	}
	return false;
}

static int parse_hex(const char *v, uint8_t *out, int max)
{
	int n = 0;
	unsigned b;

	for (; *v && n < max; v += 2, n++) {
		if (sscanf(v, "%2x", &b) != 1 || !v[1])
			return -1;
		out[n] = (uint8_t)b;
	}
	return *v ? -1 : n;
}

static bool parse_value(enum word_kind kind, const char *v, void *at)
{
	struct in_addr a;
	char *end;

	switch (kind) {
	case W_INT:
		if (!strcmp(v, "bad")) {
			*(int *)at = BAD;
			return true;
		}
		*(int *)at = (int)strtol(v, &end, 0);
		return !*end;
	case W_WORD32:
		*(uint32_t *)at = (uint32_t)strtoul(v, &end, 0);
		return !*end;
	case W_ADDR:
		if (inet_pton(AF_INET, v, &a) != 1)
			return false;
		*(uint32_t *)at = ntohl(a.s_addr);
		return true;
	default:
		return parse_hex(v, at, 6) == 6;
	}
}

static bool spec_word(struct spec *s, const char *word)
{
	const char *v = strchr(word, '=');
	size_t n = v ? (size_t)(v - word) : 0;

	if (!v++)
		return false;
	if (n == 4 && !memcmp(word, "opts", 4))
		return (s->nopts = parse_hex(v, s->opts, sizeof(s->opts))) >= 0;
	if (n == 4 && !memcmp(word, "data", 4))
		return (s->ndata = s->dlen = parse_hex(v, s->data, sizeof(s->data))) >= 0;
	if (n == 4 && !memcmp(word, "part", 4))
		return sscanf(v, "%d+%d", &s->part_off, &s->part_len) == 2;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strlen(words[i].name) == n && !memcmp(word, words[i].name, n))
			return parse_value(words[i].kind, v, (char *)s + words[i].at);
	return false;
}

static uint32_t sum_add(const uint8_t *p, int n, uint32_t sum)
{
	for (int i = 0; i + 1 < n; i += 2)
		sum += (uint32_t)(p[i] << 8 | p[i + 1]);
	if (n & 1)
		sum += (uint32_t)(p[n - 1] << 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

/* Put what a word asked for, or what is right. */
static void put_sum(uint8_t *p, int want, uint32_t sum, bool never_zero)
{
	unsigned right = ~sum & 0xffff;

	if (!right && never_zero)
		right = 0xffff;
	put16(p, want == AUTO ? right : want == BAD ? right ^ 0x1111 : (unsigned)want);
}

static int put_payload(const struct spec *s, uint8_t *p)
{
	for (int i = 0; i < s->dlen; i++)
		p[i] = s->ndata ? s->data[i] : (uint8_t)(i + s->fill);
	return s->dlen;
}

/* The packet inside an ICMP error: a header of IP and eight bytes. */
static int put_quote(const struct spec *s, uint8_t *p)
{
	uint8_t q[96] = { 0 };

	q[0] = (uint8_t)(s->qver << 4 | s->qihl);
	put16(q + 2, 60);
	put16(q + 6, (unsigned)s->qoff);
	q[8] = 64;
	q[9] = (uint8_t)s->qproto;
	put32(q + 12, s->qsrc);
	put32(q + 16, s->qdst);
	put16(q + 10, ~sum_add(q, 20, 0) & 0xffff);
	if (s->qproto == 1) {
		q[20] = (uint8_t)s->qtype;
	} else {
		put16(q + 20, (unsigned)s->qsport);
		put16(q + 22, (unsigned)s->qdport);
		put16(q + 24, 40);
	}
	memcpy(p, q, (size_t)(s->qcut < 96 ? s->qcut : 96));
	return s->qcut < 96 ? s->qcut : 96;
}

static int build_udp(const struct spec *s, uint8_t *p)
{
	int n = 8 + put_payload(s, p + 8), cover;
	uint8_t pseudo[12] = { 0 };

	put16(p, (unsigned)s->sport);
	put16(p + 2, (unsigned)s->dport);
	put16(p + 4, s->ulen == AUTO ? (unsigned)n : (unsigned)s->ulen);
	put16(p + 6, 0);
	put32(pseudo, s->src);
	put32(pseudo + 4, s->dst);
	pseudo[9] = (uint8_t)s->proto;
	put16(pseudo + 10, s->proto == 17 && s->ulen != AUTO ? (unsigned)s->ulen : (unsigned)n);
	cover = s->ulen >= 8 && s->ulen < n ? s->ulen : n;
	put_sum(p + 6, s->sum, sum_add(p, cover, sum_add(pseudo, 12, 0)), true);
	return n;
}

static int build_transport(const struct spec *s, uint8_t *p)
{
	int n;

	switch (s->proto) {
	case 17:
	case 136:
		return build_udp(s, p);
	case 1:
	case 2:
		p[0] = (uint8_t)s->type;
		p[1] = (uint8_t)s->code;
		put16(p + 2, 0);
		put32(p + 4, s->rest);
		n = 8 + (s->qcut ? put_quote(s, p + 8) : 0);
		n += put_payload(s, p + n);
		put_sum(p + 2, s->sum, sum_add(p, n, 0), false);
		return n;
	default:
		return put_payload(s, p);
	}
}

static int build_ip(const struct spec *s, const uint8_t *l4, int l4len, unsigned nth, uint8_t *p)
{
	int hl = 20 + s->nopts, from = 0, n = l4len, off = 0, mf = 0;

	if (s->part_off != AUTO) {
		from = s->part_off < l4len ? s->part_off : l4len;
		n = s->part_len < l4len - from ? s->part_len : l4len - from;
		off = s->part_off >> 3;
		mf = from + n < l4len;
	}
	off = s->off == AUTO ? off : s->off;
	mf = s->mf == AUTO ? mf : s->mf;
	p[0] = (uint8_t)(s->ver << 4 | (s->ihl == AUTO ? hl / 4 : s->ihl));
	p[1] = (uint8_t)s->tos;
	put16(p + 2, (unsigned)(s->len == AUTO ? hl + n : s->len));
	put16(p + 4, (unsigned)s->id + nth);
	put16(p + 6, (unsigned)(off | mf << 13 | s->df << 14 | s->rf << 15));
	p[8] = (uint8_t)s->ttl;
	p[9] = (uint8_t)s->proto;
	put16(p + 10, 0);
	put32(p + 12, s->src);
	put32(p + 16, s->dst);
	memcpy(p + 20, s->opts, (size_t)s->nopts);
	put_sum(p + 10, s->csum, sum_add(p, s->ihl == AUTO ? hl : s->ihl * 4, 0), false);
	memcpy(p + hl, l4 + from, (size_t)n);
	return hl + n;
}

static int build_arp(const struct spec *s, uint8_t *p)
{
	put16(p, (unsigned)s->hrd);
	put16(p + 2, (unsigned)s->pro);
	p[4] = (uint8_t)s->hln;
	p[5] = (uint8_t)s->pln;
	put16(p + 6, (unsigned)s->op);
	memcpy(p + 8, s->sha, 6);
	put32(p + 14, s->spa);
	memcpy(p + 18, s->tha, 6);
	put32(p + 24, s->tpa);
	return 28;
}
