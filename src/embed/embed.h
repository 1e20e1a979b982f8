/* SPDX-License-Identifier: MIT */
#ifndef EMBED_EMBED_H
#define EMBED_EMBED_H
/*
 * embed.h - the stack inside the program: what the files of embed/ share
 *
 * Theory of operation
 *   The preload library of `glassnet run --embedded` is src/shim with another back end: this room has the functions of client/client.h and
 *   the shim_ctl_*() of shim/files.h, done by a stack in the same process. The first call that needs it makes the stack (start.c).
 *   The descriptor is one end of a real AF_UNIX SEQPACKET pair with the name that client/name.c knows, as with the daemon, so poll, select,
 *   epoll, dup and the like are the kernel's. Nothing travels through it but tokens: one waits in it while the socket is readable and
 *   nobody is inside a receive for it. The other end says by HUP that the last copy is closed (esock.c).
 *   One virtual CPU. Each call enters it in the program's thread. Who finds nothing leaves it and waits for the device itself (host.c): it
 *   leads, and turns the crank with what came; no other thread takes part in a round trip. While no call waits, a thread of our own leads.
 *   No thread waits inside the stack: a signal handler may jump out of a wait, a thread may end in it (calls.c).
 *   After fork the memory of all this is wiped in the child, which has no stack: its calls answer ENETDOWN.
 * Floors: client/ and shim/ call upwards through the names of client.h and files.h: two libraries, one of them is linked.
 * Threads: struct host [A]; all of sockets: who is inside the vCPU; control_begin() to control_end(): one, which is the RTNL.
 */
#include <pthread.h>
#include <signal.h>

#include "client/client_impl.h"
#include "core/socket.h"
#include "kernel/irq.h"
#include "kernel/vcpu.h"

#define EMBED_HASH_BITS 10
#define HELPER 1 /* the leader when it is our own thread; others are named by their thread id */

/* host.c */
struct host {
	uint32_t kicks;	   /* [A] grows with each; who waits looks whether it has grown */
	uint32_t leader;   /* [A] 0: nobody */
	int polling;	   /* [A] a caller leads and is in poll() */
	int followers;	   /* [A] callers that wait for kicks */
	int idle, deep;	   /* [A] our thread is in poll(); without a limit */
	uint64_t due;	   /* [A] when the machine wants to run, as of the last that led */
	uint32_t waits;	   /* [A] callers that have waited so far */
	int lead_fd, helper_fd; /* [I] eventfds that end the poll of a caller, of our thread */
	int closed_fd;	   /* [I] epoll: descriptors that were closed, or written to behind our back */
	int highest;	   /* [A] lines that may be armed lie below */
	bool armed[NR_IRQS]; /* [A] */
	int fd[NR_IRQS];
	unsigned generation[NR_IRQS];
	int lead_ep; /* [I] epoll: lead_fd and all lines */
	pthread_t thread;
};

struct embed {
	bool alive; /* wiped by fork */
	struct net *net;
	struct vcpu *v;
	struct host_ops ops;
	struct host host;
	pthread_mutex_t control;
	uint32_t fds_age;   /* [A] moves when the program may have closed something, */
	uint32_t flags_age; /* [A] when flags of a file may have changed */
	struct hlist_head socks[1 << EMBED_HASH_BITS]; /* [C] */
	unsigned n_socks;
	struct list_head promised; /* [C] sockets with data that were left to a thread which waits */
	char native[65536]; /* [C] */
};

extern const struct cred embed_cred;

/* fds.c: descriptors of this process */
#define FDS_MOST 65536
void fds_own(int fd); /* it is ours: the program cannot close it */
void fds_disown(int fd);

/* esock.c: a socket and its descriptor. All inside the vCPU. */
struct esock {
	struct hlist_node node;
	struct embed *e;
	uint64_t id;
	int fd;		     /* our end */
	enum client_kind kind;
	struct socket *sock; /* NULL: closed */
	struct doorbell bell;
	uint32_t flags_age;  /* of @nonblock */
	bool nonblock;
	struct list_head promised;
	unsigned looks;	     /* of our thread, since */
	unsigned tokens;     /* that lie in the pair */
	unsigned readers;    /* threads inside a receive, */
	unsigned waiters;    /* and those of them that wait outside the vCPU */
	void (*data_ready)(struct sock *sk);
	void (*error_report)(struct sock *sk);
};

/* A thread of the program inside a call. */
struct call {
	struct embed *e;
	struct esock *p;
	int fd, saved_errno, cancel;
	bool nested; /* in a signal handler that interrupted a wait */
};

/* start.c */
struct embed *embed_get(void); /* the stack, made when there is none yet; NULL: there is none for this process */
struct embed *embed_peek(void); /* the same, but none is made */

/* host.c */
/* A descriptor of ours out of the way of the program's, whose first ones are the lowest. */
int host_raise_fd(int fd);
int host_init(struct embed *e);
void host_end(struct embed *e);
int host_start(struct embed *e);
void host_kick_all(struct embed *e);
/* Outside the vCPU: until something may have happened, or @deadline; the machine is @due then. 0, -EINTR. */
int host_wait(struct embed *e, uint64_t deadline, uint64_t due);
void host_wait_end(struct embed *e); /* the call is over: somebody else leads */
extern const struct host_ops embed_host_ops;

/* esock.c */
int esock_new(struct embed *e, int domain, int type, int protocol); /* outside: the program's descriptor */
struct esock *esock_find(struct embed *e, uint64_t id);
void esock_settle(struct esock *p, int fd); /* tokens as they ought to be; @fd: the program's end, -1: not known */
void esock_put(struct esock *p);		  /* when the last reader of a closed one goes */
void esock_promises(struct embed *e); /* outside: those that were not kept */
void esock_reap(struct embed *e);	  /* outside: sockets whose descriptors are closed; what was written there natively is sent */

/* calls.c */
int call_begin(struct call *c, int fd); /* inside the vCPU with c->p, or -errno */
long call_end(struct call *c, long ret);
bool call_restarts(void); /* would the kernel go on with a call after the signals that have handlers? */

/* ctl.c: the control thread's part: signals wait meanwhile */
struct embed *control_begin(sigset_t *saved);
void control_end(struct embed *e, const sigset_t *saved);
void control_collect(struct embed *e); /* garbage of RCU, by who has the time; not when the part is taken */

static __always_inline bool sock_readable(struct socket *sock)
{
	return sock_poll(sock) & (0x001 | 0x008 | 0x010) /* POLLIN, POLLERR, POLLHUP */;
}

#endif
