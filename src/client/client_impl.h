/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_CLIENT_IMPL_H
#define CLIENT_CLIENT_IMPL_H
/*
 * client_impl.h - what the files of client/ share
 *
 * Theory of operation
 *   name.c: what a descriptor is. call.c: one request and its reply. client.c: the calls. data.c: datagrams. netlink.c: netlink messages. page.c: what the daemon shows of
 *   itself. verdict.c: which sends need no reply. span.c: what the calls tell the daemon's tracer. Nothing here keeps state but the last three, which are
 *   hints: losing them costs a call, or a line of a trace.
 */
#include <glassnet/uapi/chan.h>
#include <stdint.h>
#include <sys/uio.h>

#include "client/client.h"
#include "client/raw.h"

/* Pointers and numbers alike. */
#define sys3(nr, a, b, c) raw3((nr), (long)(a), (long)(b), (long)(c))
#define sys6(nr, a, b, c, d, e, f) raw6((nr), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define sys5(nr, a, b, c, d, e) raw6((nr), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)

struct client_id {
	enum client_kind kind;
	uint64_t id;
};

/* One call: the request with what goes behind it, and where the reply's parts go. */
struct client_call {
	struct gn_chan_call call;
	struct gn_chan_reply reply;
	const void *control; /* call.control bytes */
	const struct iovec *out; /* call.len bytes */
	size_t n_out;
	void *in_control;    /* GN_CHAN_RECVERR: GN_CHAN_CONTROL_MAX bytes */
	const struct iovec *in;
	size_t n_in;
	int fd;		     /* descriptor that came with the reply, or -1 */
	bool cloexec;	     /* it is closed by exec */
};

#define CLIENT_IOV 16 /* parts of a message that need no more than a little of the stack */

void client_id_of(int fd, struct client_id *id);
/* Bytes of the argument of a request about interfaces or queues; 0: it is not one of those. */
size_t client_ioctl_size(unsigned long request);
/*
 * Bytes of an ethtool command that the program has filled in: the struct with the items behind it. The answer may be longer: he who
 * asks has room for as much as Linux would write.
 */
size_t client_ethtool_size(const void *cmd);
/* An empty request of kind @op about the socket @id. */
void client_call_init(struct client_call *c, enum gn_chan_op op, const struct client_id *id);
/* The reply's result, or -ENETDOWN when nobody answers. */
int client_call(struct client_call *c, int fd);
/* An error that the next message of the pair tells of: its errno, which is cleared, and the message is gone; 0: none; negative: no daemon. */
int client_pending(int fd, const struct client_id *id);
/* A message that tells of an error was met by a receive with @flags: -errno, or 0: it was taken by another call. A peeked one goes, too. */
int client_recv_token(int fd, const struct client_id *id, int flags);
ssize_t client_netlink_recv(int fd, const struct client_id *id, struct msghdr *msg, int flags);
/* An option that the daemon has accepted, where it matters at this end. */
void client_netlink_option(int fd, int level, int name, const void *value, socklen_t len);
size_t client_iov_len(const struct msghdr *msg);

/*
 * The page of the daemon that has the socket @fd, @id; NULL: it has none for us. Never an error: what it would tell is then asked. It stays where it is;
 * its memory becomes that of another daemon when this process asks for that one's.
 */
const struct gn_chan_page *client_page(int fd, const struct client_id *id);

/* Is @fd memory of at least @size bytes that stays as large? */
bool client_memory_is_sound(int fd, size_t size);

/* The page that is mapped, of whatever daemon; for client_tracing(). */
extern const struct gn_chan_page *client_the_page;

/* What a call tells of itself; t[GN_SPAN_ENTER] 0: it was not traced when it began. */
struct client_span {
	uint64_t t[GN_SPAN_TIMES], now;
	uint32_t packet;
	uint8_t call; /* enum gn_chan_span_call */
};
/* This moment. */
void client_span_at(struct client_span *s, enum gn_chan_span_time when);
uint32_t client_span_cookie(const struct client_span *s); /* of a send: not 0 */
/* The call is about to return: tell, if something is traced. */
void client_span_write(struct client_span *s, int fd, const struct client_id *id);
/* recvmsg() of the kernel, with its moments. */
long client_span_recvmsg(int fd, struct msghdr *msg, int flags, struct client_span *s);
bool client_may_wait(int fd, int flags);

static inline bool client_tracing(void)
{
	const struct gn_chan_page *page = __atomic_load_n(&client_the_page, __ATOMIC_ACQUIRE);

	return page && __builtin_expect(__atomic_load_n(&page->tracing, __ATOMIC_RELAXED), 0);
}

static inline void client_span_enter(struct client_span *s, enum gn_chan_span_call call)
{
	s->t[GN_SPAN_ENTER] = 0;
	if (client_tracing()) {
		__builtin_memset(s, 0, sizeof(*s));
		client_span_at(s, GN_SPAN_ENTER);
	}
	s->call = (uint8_t)call;
}

/* A send from @id to @name, as things are now. */
struct client_verdict {
	uint64_t key; /* the lower 16 bits are 0; 0: nothing can be known */
	unsigned slot;
};
struct client_verdict client_verdict_of(int fd, const struct client_id *id, const struct sockaddr *name, socklen_t namelen);
/* Is it known that it is accepted with @len bytes? And the word of the daemon: @v was made before it was asked. */
bool client_verdict(struct client_verdict v, size_t len);
void client_verdict_set(struct client_verdict v, size_t len);

#endif
