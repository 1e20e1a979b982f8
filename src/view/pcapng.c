/* SPDX-License-Identifier: MIT */
/*
 * pcapng.c - the packets of a trace as a pcapng file, each with its story as comment
 *
 * Theory of operation
 *   A section header, an interface block for each device that a FRAME names, then by time: an enhanced packet block a FRAME (time of day in ns,
 *   length on the wire, in or out, queue, comment) and a systemd journal block a tracepoint, which Wireshark lists between the packets and libpcap skips.
 *   libpcap reads files of one kind of link only. So a frame without a link header gets one where others have theirs: Ethernet with empty
 *   addresses, as Linux shows packets of lo. The bytes of a packet are at most GN_TRACE_SNAPLEN, and that header.
 *   The comment: "packet 3: do_IRQ > ... > __udp4_lib_rcv; delivered to port 5000": the calls around the verdict, or of a sent packet around its transmission, then the verdict, for each verdict of
 *   the packet.
 *   Bytes that were seen before the packet had a link header are left out when it was seen to leave.
 *   Called by: the command. Calls: export.c. Mirrors: nothing; the format is draft-ietf-opsawg-pcapng.
 *   Owns: its tables, until it returns. Threads: those of view.h.
 *   Refuses nothing; a comment longer than COMMENT_MAX is cut.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "view/export_impl.h"

#define BLOCK_SECTION 0x0a0d0d0a
#define BLOCK_INTERFACE 1
#define BLOCK_PACKET 6
#define BLOCK_JOURNAL 9
#define LINK_ETHERNET 1
#define LINK_RAW 101
#define HEADER 14 /* of Ethernet */
#define COMMENT_MAX 8192

enum { OPT_END = 0, OPT_COMMENT = 1, IF_NAME = 2, IF_TSRESOL = 9, EPB_FLAGS = 2, EPB_QUEUE = 6, SHB_USERAPPL = 4 };

/* A FRAME or a tracepoint. */
struct item {
	uint64_t time;
	size_t seq;
	const struct view_packet *packet;
	const struct view_bytes *bytes; /* NULL: a tracepoint */
	const struct view_node *node;	/* where the bytes were seen; NULL: hidden */
	const struct moment *event;
};

/* Where bytes were seen. */
struct sight {
	const struct view_bytes *bytes;
	const struct view_node *node;
};

struct pcapng {
	struct export e;
	struct sight *sight; /* by bytes */
	size_t sights;
	struct item *item;
	size_t n;
	uint32_t *interface; /* its ifindex */
	uint32_t interfaces;
	bool ethernet; /* some frame has a link header */
};

/* A block in the making. */
struct block {
	FILE *mem;
	char *body;
	size_t len;
};

static int collect(struct pcapng *p);
static int collect_sights(struct pcapng *p);
static const struct view_node *sight_of(const struct pcapng *p, const struct view_bytes *b);
static int by_bytes(const void *a, const void *b);
static bool seen_leaving(const struct view_bytes *b);
static uint32_t interface_of(struct pcapng *p, uint32_t ifindex);
static int put_section(struct pcapng *p);
static int put_interface(struct pcapng *p, uint32_t ifindex);
static int put_packet(struct pcapng *p, const struct item *item);
static void put_bytes(struct pcapng *p, FILE *mem, const struct view_bytes *bytes);
static int put_journal(struct pcapng *p, const struct item *item);
static void put_comment(struct pcapng *p, FILE *mem, const struct item *item);
static void put_path(struct pcapng *p, FILE *mem, const struct view_node *node);
static int block_begin(struct block *b);
static int block_end(struct block *b, uint32_t type, FILE *out);
static void put_u32(FILE *out, uint32_t v);
static void put_option(FILE *out, uint16_t code, const void *val, size_t len);
static int by_time(const void *a, const void *b);

int view_pcapng(struct view *v, const struct view_export *x)
{
	struct pcapng p = { .n = 0 };
	int ret = export_begin(&p.e, v, x);
	size_t i;

	if (!ret)
		ret = collect_sights(&p);
	if (!ret)
		ret = collect(&p);
	if (!ret)
		ret = put_section(&p);
	for (i = 0; i < p.interfaces && !ret; i++)
		ret = put_interface(&p, p.interface[i]);
	for (i = 0; i < p.n && !ret; i++)
		ret = p.item[i].bytes ? put_packet(&p, &p.item[i]) : put_journal(&p, &p.item[i]);
	free(p.sight);
	free(p.item);
	free(p.interface);
	export_end(&p.e);
	return ret ? ret : export_flush(x->out);
}

static int collect(struct pcapng *p)
{
	size_t n, i, room = 0;
	struct view_packet *const *packet = view_packets(p->e.v, &n);
	const struct view_bytes *b;

	for (i = 0; i < n; i++) {
		for (b = packet[i]->frames; b; b = b->next)
			room++;
	}
	p->interface = calloc(room + 1, sizeof(*p->interface));
	p->item = calloc(room + p->e.n + 1, sizeof(*p->item));
	if (!p->interface || !p->item)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		if (p->e.x->only && p->e.x->only != packet[i])
			continue;
		for (b = packet[i]->frames; b; b = b->next) {
			if (seen_leaving(b))
				continue;
			p->item[p->n] = (struct item){ .time = b->time, .seq = p->n, .packet = packet[i], .bytes = b, .node = sight_of(p, b) };
			p->n++;
			interface_of(p, b->f.ifindex);
			p->ethernet |= b->f.link != 0;
		}
	}
	for (i = 0; i < p->e.n; i++) {
		if (p->e.moment[i].kind != MOMENT_EVENT)
			continue;
		p->item[p->n] = (struct item){ .time = p->e.moment[i].t, .seq = p->n, .event = &p->e.moment[i] };
		p->n++;
	}
	qsort(p->item, p->n, sizeof(*p->item), by_time);
	return 0;
}

static int collect_sights(struct pcapng *p)
{
	size_t i;

	p->sight = calloc(p->e.n + 1, sizeof(*p->sight));
	if (!p->sight)
		return -ENOMEM;
	for (i = 0; i < p->e.n; i++) {
		const struct moment *m = &p->e.moment[i];

		if (m->kind == MOMENT_LEAF && m->node->kind == VIEW_FRAME)
			p->sight[p->sights++] = (struct sight){ m->node->frame, m->node };
	}
	qsort(p->sight, p->sights, sizeof(*p->sight), by_bytes);
	return 0;
}

static const struct view_node *sight_of(const struct pcapng *p, const struct view_bytes *b)
{
	const struct sight key = { .bytes = b }, *found = bsearch(&key, p->sight, p->sights, sizeof(key), by_bytes);

	return found ? found->node : NULL;
}

static int by_bytes(const void *a, const void *b)
{
	uintptr_t x = (uintptr_t)((const struct sight *)a)->bytes, y = (uintptr_t)((const struct sight *)b)->bytes;

	return x < y ? -1 : x > y;
}

/* Made here and not gone yet, but it goes later: one packet on the wire is one in the file. */
static bool seen_leaving(const struct view_bytes *b)
{
	const struct view_bytes *later;

	if (b->f.dir != GN_TRACE_LOCAL)
		return false;
	for (later = b->next; later && later->f.dir != GN_TRACE_TX; later = later->next)
		;
	return later != NULL;
}

/* Its number; new ones are added. */
static uint32_t interface_of(struct pcapng *p, uint32_t ifindex)
{
	uint32_t i;

	for (i = 0; i < p->interfaces && p->interface[i] != ifindex; i++)
		;
	if (i == p->interfaces)
		p->interface[p->interfaces++] = ifindex;
	return i;
}

static int put_section(struct pcapng *p)
{
	static const uint16_t version[2] = { 1, 0 };
	static const int64_t unknown = -1;
	struct block b;

	if (block_begin(&b))
		return -ENOMEM;
	put_u32(b.mem, 0x1a2b3c4d);
	fwrite(version, sizeof(version), 1, b.mem);
	fwrite(&unknown, sizeof(unknown), 1, b.mem);
	put_option(b.mem, SHB_USERAPPL, "glassnet", 8);
	put_option(b.mem, OPT_END, NULL, 0);
	return block_end(&b, BLOCK_SECTION, p->e.x->out);
}

static int put_interface(struct pcapng *p, uint32_t ifindex)
{
	const char *name = ifindex ? view_device(p->e.v, ifindex) : "none";
	uint16_t link[2] = { p->ethernet ? LINK_ETHERNET : LINK_RAW, 0 };
	struct block b;

	if (block_begin(&b))
		return -ENOMEM;
	fwrite(link, sizeof(link), 1, b.mem);
	put_u32(b.mem, GN_TRACE_SNAPLEN + HEADER);
	put_option(b.mem, IF_NAME, name, strlen(name));
	put_option(b.mem, IF_TSRESOL, "\11", 1); /* 10^-9 s */
	put_option(b.mem, OPT_END, NULL, 0);
	return block_end(&b, BLOCK_INTERFACE, p->e.x->out);
}

static int put_packet(struct pcapng *p, const struct item *item)
{
	const struct gn_trace_frame *f = &item->bytes->f;
	uint32_t flags = f->dir == GN_TRACE_RX ? 1 : f->dir == GN_TRACE_TX ? 2 : 0;
	char *comment = NULL;
	size_t len = 0;
	FILE *mem = open_memstream(&comment, &len);
	struct block b;

	if (!mem)
		return -ENOMEM;
	put_comment(p, mem, item);
	if (fclose(mem) || block_begin(&b)) {
		free(comment);
		return -ENOMEM;
	}
	put_u32(b.mem, interface_of(p, f->ifindex));
	put_bytes(p, b.mem, item->bytes);
	put_option(b.mem, OPT_COMMENT, comment, len < COMMENT_MAX ? len : COMMENT_MAX);
	if (flags)
		put_option(b.mem, EPB_FLAGS, &flags, sizeof(flags));
	put_option(b.mem, EPB_QUEUE, &f->queue, sizeof(f->queue));
	put_option(b.mem, OPT_END, NULL, 0);
	free(comment);
	return block_end(&b, BLOCK_PACKET, p->e.x->out);
}

/* Time, lengths and bytes. */
static void put_bytes(struct pcapng *p, FILE *mem, const struct view_bytes *bytes)
{
	const struct gn_trace_frame *f = &bytes->f;
	uint32_t caplen = f->caplen <= GN_TRACE_SNAPLEN ? f->caplen : GN_TRACE_SNAPLEN, len = f->len < caplen ? caplen : f->len;
	bool ipv6 = caplen && bytes->byte[0] >> 4 == 6, add = p->ethernet && !f->link && len <= UINT32_MAX - HEADER;
	uint64_t time = view_realtime(p->e.v, bytes->time);

	put_u32(mem, (uint32_t)(time >> 32));
	put_u32(mem, (uint32_t)time);
	put_u32(mem, caplen + (add ? HEADER : 0));
	put_u32(mem, len + (add ? HEADER : 0));
	if (add)
		fwrite(ipv6 ? "\0\0\0\0\0\0\0\0\0\0\0\0\x86\xdd" : "\0\0\0\0\0\0\0\0\0\0\0\0\x08\0", 1, HEADER, mem);
	fwrite(bytes->byte, 1, caplen, mem);
	fwrite("\0\0\0", 1, -(caplen + (add ? HEADER : 0)) & 3, mem);
}

static int put_journal(struct pcapng *p, const struct item *item)
{
	const struct moment *m = item->event;
	struct block b;
	long at;

	if (block_begin(&b))
		return -ENOMEM;
	fprintf(b.mem, "__REALTIME_TIMESTAMP=%llu\n__MONOTONIC_TIMESTAMP=%llu\nSYSLOG_IDENTIFIER=glassnet\n",
		(unsigned long long)(view_realtime(p->e.v, m->t) / 1000), (unsigned long long)(m->t / 1000));
	if (m->packet)
		fprintf(b.mem, "GLASSNET_PACKET=%u\n", m->packet->number);
	fprintf(b.mem, "_PID=%u\n_COMM=%.16s\nMESSAGE=%s %s\n", m->tid, m->comm, m->happening->name, m->happening->fields);
	at = ftell(b.mem);
	fwrite("\0\0\0", 1, (size_t)(-at & 3), b.mem);
	return block_end(&b, BLOCK_JOURNAL, p->e.x->out);
}

static void put_comment(struct pcapng *p, FILE *mem, const struct item *item)
{
	const struct view_node *verdict = item->packet->verdicts, *at;

	fprintf(mem, "packet %u: ", item->packet->number);
	if (!verdict) {
		put_path(p, mem, item->node ? item->node->parent : NULL);
		fputs("; no verdict in this trace", mem);
	}
	for (; verdict && ftell(mem) < COMMENT_MAX; verdict = view_next_verdict(verdict)) {
		/* that it was sent is known when its memory comes back: the way there says nothing */
		at = verdict->verdict.code == GN_TRACE_SENT && item->bytes->f.dir == GN_TRACE_TX && item->node ? item->node : verdict;
		put_path(p, mem, at->parent);
		if (at->parent)
			fputs("; ", mem);
		export_verdict(mem, &p->e, verdict);
		if (view_next_verdict(verdict))
			fputs("\n", mem);
	}
}

static void put_path(struct pcapng *p, FILE *mem, const struct view_node *node)
{
	if (!node || node->kind != VIEW_CALL)
		return;
	put_path(p, mem, node->parent);
	fprintf(mem, "%s%s", node->parent ? " > " : "", export_name(p->e.x, node->func));
}

static int block_begin(struct block *b)
{
	*b = (struct block){ .body = NULL };
	b->mem = open_memstream(&b->body, &b->len);
	return b->mem ? 0 : -ENOMEM;
}

/* Bodies end on a multiple of 4. */
static int block_end(struct block *b, uint32_t type, FILE *out)
{
	int ret = fclose(b->mem) ? -ENOMEM : 0;

	if (!ret) {
		put_u32(out, type);
		put_u32(out, (uint32_t)b->len + 12);
		fwrite(b->body, 1, b->len, out);
		put_u32(out, (uint32_t)b->len + 12);
	}
	free(b->body);
	return ret;
}

static void put_u32(FILE *out, uint32_t v)
{
	fwrite(&v, sizeof(v), 1, out);
}

static void put_option(FILE *out, uint16_t code, const void *val, size_t len)
{
	uint16_t head[2] = { code, (uint16_t)len };

	fwrite(head, sizeof(head), 1, out);
	if (len)
		fwrite(val, 1, len, out);
	fwrite("\0\0\0", 1, -len & 3, out);
}

static int by_time(const void *a, const void *b)
{
	const struct item *i = a, *j = b;

	if (i->time != j->time)
		return i->time < j->time ? -1 : 1;
	return i->seq < j->seq ? -1 : 1;
}
