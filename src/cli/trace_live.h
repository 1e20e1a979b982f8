/* SPDX-License-Identifier: MIT */
#ifndef CLI_TRACE_LIVE_H
#define CLI_TRACE_LIVE_H
/*
 * trace_live.h - graphs printed while they happen: each root as it ends, or each packet when it is
 * complete
 *
 * A packet is complete when it has a verdict, nothing works for it any more, and, if it was given to
 * a socket, the call that read it has ended or LIVE_PATIENCE_MS passed without news.
 */
#include "cli/trace_show.h"

#define LIVE_PATIENCE_MS 200
#define LIVE_LOST_MS 60000 /* its end will not be seen any more: the record was lost */

struct live_root; /* a root that is kept for packets that are not complete */
struct live_packet;

struct live {
	struct cli *c;
	const struct trace_show *show;
	bool packets;	/* packets are put together; else roots are printed as they end */
	unsigned count; /* end after so many; 0: never */
	unsigned printed;
	bool no_memory, header;
	struct view *v;
	struct view_text text;
	uint64_t turn, now_ms;
	struct live_packet *first, **last; /* in order of first sight */
	char fate[200];
};

/** live_init() - c, show, packets and count are set, the rest is 0: CLI_OK, CLI_USAGE, CLI_FAILED */
int live_init(struct live *l);
void live_fini(struct live *l);

/**
 * live_feed() - what the tracer wrote since the last time, at @now_ms of any clock; prints
 * @data: chunks of trace_pipe_raw, may be empty
 * Return: CLI_OK, or CLI_FAILED with a text on standard error
 */
int live_feed(struct live *l, const void *data, size_t len, uint64_t now_ms);

/** live_done() - are --count graphs printed? */
bool live_done(const struct live *l);

/** live_end() - nothing will follow: prints what is not complete */
int live_end(struct live *l);

#endif
