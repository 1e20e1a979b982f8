/* SPDX-License-Identifier: MIT */
/*
 * ctffix.h: the trace of outfix.h as a folder of CTF with the layout that LTTng-UST gives it, written without LTTng
 */
#ifndef TESTS_UNIT_VIEW_CTFFIX_H
#define TESTS_UNIT_VIEW_CTFFIX_H

#include <sys/stat.h>

#include "outfix.h"

#define CTF_LOST 7

/* Numbers of the events of ctf_metadata. */
enum { CTF_BATCH, CTF_FUNCTION, CTF_REASON, CTF_DEVICE, CTF_FAIL_QUEUE, CTF_KFREE_SKB, CTF_NAPI_POLL, CTF_STATEDUMP, CTF_ODD_BATCH, CTF_WRONG_TYPE };

static const char *const ctf_metadata =
	"/* CTF 1.8 */\n"
	"typealias integer { size = 8; align = 8; signed = false; } := u8;\n"
	"typealias integer { size = 16; align = 8; signed = false; } := u16;\n"
	"typealias integer { size = 32; align = 8; signed = false; } := u32;\n"
	"typealias integer { size = 32; align = 8; signed = true; } := i32;\n"
	"typealias integer { size = 64; align = 8; signed = false; } := u64;\n"
	"typealias integer { size = 64; align = 8; signed = false; base = 16; } := x64;\n"
	"typealias integer { size = 64; align = 8; signed = false; map = clock.monotonic.value; } := ticks;\n"
	"trace { major = 1; minor = 8; byte_order = le; packet.header := struct { u32 magic; u32 stream_id; }; };\n"
	"env { domain = \"ust\"; tracer_name = \"lttng-ust\"; tracer_major = 2; tracer_minor = 13; };\n"
	"clock { name = \"monotonic\"; freq = 1000000000; offset = 1700000000000000000; };\n"
	"stream { id = 0; event.header := struct { u16 id; ticks timestamp; };\n"
	" packet.context := struct { ticks timestamp_begin; ticks timestamp_end; u64 content_size; u64 packet_size; u64 packet_seq_num;\n"
	"  u64 events_discarded; u32 cpu_id; };\n"
	" event.context := struct { i32 vtid; integer { size = 8; align = 8; encoding = UTF8; } procname[17]; }; };\n"
	"event { name = \"glassnet:batch\"; id = 0; stream_id = 0; fields := struct { u32 cpu; u32 __rec_length; u32 rec[__rec_length]; }; };\n"
	"event { name = \"glassnet:function\"; id = 1; stream_id = 0; fields := struct { u32 id; x64 addr; string name; string file; string module; }; };\n"
	"event { name = \"glassnet:reason\"; id = 2; stream_id = 0; fields := struct { u32 id; string name; string text; }; };\n"
	"event { name = \"glassnet:device\"; id = 3; stream_id = 0; fields := struct { u32 ifindex; string name; string driver; }; };\n"
	"event { name = \"udp:udp_fail_queue_rcv_skb\"; id = 4; stream_id = 0; fields := struct { i32 rc; u16 lport; }; };\n"
	"event { name = \"skb:kfree_skb\"; id = 5; stream_id = 0; fields := struct { x64 skbaddr; enum : u16 { NO_SOCKET = 2 } reason; u32 packet; }; };\n"
	"event { name = \"napi:napi_poll\"; id = 6; stream_id = 0; fields := struct { string dev_name; i32 work; u32 __len_length; u8 len[__len_length]; }; };\n"
	"event { name = \"lttng_ust_statedump:start\"; id = 7; stream_id = 0; fields := struct { u8 n; }; };\n"
	"event { name = \"glassnet:batch\"; id = 8; stream_id = 0; fields := struct { u32 cpu; u32 __rec_length; u32 rec[__rec_length]; }; };\n"
	"event { name = \"glassnet:function\"; id = 9; stream_id = 0; fields := struct { string id; u8 addr; u8 name; }; };\n";

/* A stream file: one packet in the making. */
struct ctf_stream {
	FILE *f;
	long head; /* where its context begins */
};

static inline void ctf_put(struct ctf_stream *s, uint64_t val, size_t bytes)
{
	/* little endian, as the metadata say */
	for (size_t i = 0; i < bytes; i++)
		putc((int)(val >> (8 * i)) & 0xff, s->f);
}

static inline void ctf_text(struct ctf_stream *s, const char *text)
{
	fwrite(text, 1, strlen(text) + 1, s->f);
}

static inline void ctf_begin(struct ctf_stream *s, uint64_t from, uint64_t to, uint64_t seq, uint64_t discarded, unsigned cpu)
{
	s->head = ftell(s->f);
	ctf_put(s, 0xc1fc1fc1, 4);
	ctf_put(s, 0, 4);
	ctf_put(s, from, 8);
	ctf_put(s, to, 8);
	ctf_put(s, 0, 8); /* both sizes come with ctf_end() */
	ctf_put(s, 0, 8);
	ctf_put(s, seq, 8);
	ctf_put(s, discarded, 8);
	ctf_put(s, cpu, 4);
}

static inline void ctf_end(struct ctf_stream *s)
{
	long end = ftell(s->f);

	fseek(s->f, s->head + 24, SEEK_SET);
	ctf_put(s, (uint64_t)(end - s->head) * 8, 8);
	ctf_put(s, (uint64_t)(end - s->head) * 8, 8);
	fseek(s->f, end, SEEK_SET);
}

static inline void ctf_event(struct ctf_stream *s, unsigned id, uint64_t t, uint32_t tid, const char *comm)
{
	char procname[17] = "";

	memcpy(procname, comm, strlen(comm));
	ctf_put(s, id, 2);
	ctf_put(s, t, 8);
	ctf_put(s, tid, 4);
	fwrite(procname, 1, sizeof(procname), s->f);
}

static inline void ctf_batch(struct ctf_stream *s, unsigned id, uint64_t t, unsigned cpu, const struct slots *slots, size_t from, size_t to)
{
	ctf_event(s, id, t, 70, "drainer");
	ctf_put(s, cpu, 4);
	ctf_put(s, (to - from) * 4, 4);
	for (size_t i = from; i < to; i++) {
		uint32_t w[4];

		memcpy(w, &slots->rec[i], sizeof(w));
		for (unsigned j = 0; j < 4; j++)
			ctf_put(s, w[j], 4);
	}
}

static inline void ctf_tables(struct ctf_stream *s, uint64_t t)
{
	char kind, word[4][64];
	unsigned long id, addr;

	for (unsigned i = 0; out_tables[i]; i++) {
		memset(word, 0, sizeof(word));
		if (out_tables[i][0] == 'F') {
			ck_assert_int_ge(sscanf(out_tables[i], "%c %lu %lx %63s %63s [%63[^]]", &kind, &id, &addr, word[0], word[1], word[2]), 5);
			ctf_event(s, CTF_FUNCTION, t + i, 70, "drainer");
			ctf_put(s, id, 4);
			ctf_put(s, addr, 8);
			ctf_text(s, word[0]);
			ctf_text(s, word[1]);
			ctf_text(s, word[2]);
		} else {
			ck_assert_int_eq(sscanf(out_tables[i], "%c %lu %63s %63[^\n]", &kind, &id, word[0], word[1]), 4);
			ctf_event(s, kind == 'R' ? CTF_REASON : CTF_DEVICE, t + i, 70, "drainer");
			ctf_put(s, id, 4);
			ctf_text(s, word[0]);
			ctf_text(s, word[1]);
		}
	}
}

/* Stream 0: the drainer's, in two packets with lost events between. Batches end where records do. */
static inline void ctf_stream0(struct ctf_stream *s)
{
	struct slots slots = { 0 };
	size_t half;

	ctf_begin(s, 900, 60500, 0, 0, 0);
	ctf_event(s, CTF_STATEDUMP, 950, 70, "drainer");
	ctf_put(s, 1, 1);
	ctf_tables(s, 1000);
	out_cpu0(&slots);
	for (half = 0; slots.rec[half].what != (F_IP_RCV | 3u << 24); half++)
		;
	ctf_batch(s, CTF_BATCH, 60000, 0, &slots, 0, half + 1);
	ctf_end(s);
	ctf_begin(s, 110000, 130000, 1, CTF_LOST, 0);
	ctf_batch(s, CTF_BATCH, 111000, 0, &slots, half + 1, slots.n);
	slots.n = 0;
	out_cpu1(&slots);
	ctf_batch(s, CTF_BATCH, 112000, 1, &slots, 0, slots.n);
	/* a CPU that does not exist, words that make no slot, fields of other types */
	ctf_batch(s, CTF_ODD_BATCH, 113000, VIEW_CPUS, &slots, 0, 1);
	ctf_event(s, CTF_ODD_BATCH, 114000, 70, "drainer");
	ctf_put(s, 0, 4);
	ctf_put(s, 1, 4);
	ctf_put(s, 0, 4);
	ctf_event(s, CTF_WRONG_TYPE, 115000, 70, "drainer");
	ctf_text(s, "1");
	ctf_put(s, 0, 2);
	ctf_end(s);
	free(slots.rec);
}

/* Stream 1: the vCPU's tracepoints. */
static inline void ctf_stream1(struct ctf_stream *s)
{
	ctf_begin(s, 40000, 60000, 0, 0, 1);
	ctf_event(s, CTF_FAIL_QUEUE, 44200, 77, "vcpu0");
	ctf_put(s, (uint32_t)-12, 4);
	ctf_put(s, 5000, 2);
	ctf_event(s, CTF_KFREE_SKB, 44400, 77, "vcpu0");
	ctf_put(s, 0xabc, 8);
	ctf_put(s, 2, 2);
	ctf_put(s, 102, 4);
	ctf_event(s, CTF_NAPI_POLL, 58500, 77, "vcpu0");
	ctf_text(s, "gn0\n\033[2J");
	ctf_put(s, 2, 4);
	ctf_put(s, 2, 4);
	ctf_put(s, 3, 1);
	ctf_put(s, 4, 1);
	ctf_end(s);
}

/* @dir/ust/uid/0/64-bit/{metadata,stream_0,stream_1} */
static inline int ctf_make(const char *dir)
{
	static const char *const below[] = { "", "/ust", "/ust/uid", "/ust/uid/0", "/ust/uid/0/64-bit" };
	struct ctf_stream s;
	char path[512];
	FILE *f;

	for (unsigned i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", dir, below[i]);
		if (mkdir(path, 0777))
			return 1;
	}
	snprintf(path, sizeof(path), "%s%s/metadata", dir, below[4]);
	f = fopen(path, "w");
	if (!f || fputs(ctf_metadata, f) < 0 || fclose(f))
		return 1;
	for (unsigned i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s%s/stream_%u", dir, below[4], i);
		s.f = fopen(path, "w");
		if (!s.f)
			return 1;
		(i ? ctf_stream1 : ctf_stream0)(&s);
		if (fclose(s.f))
			return 1;
	}
	return 0;
}

#endif
