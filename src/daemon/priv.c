/* SPDX-License-Identifier: MIT */
/*
 * priv.c - privileges: a helper keeps the few that are needed, the daemon gives up all
 *
 * Theory of operation
 *   Before anything else a helper process is forked, which keeps its rights and does two things for the daemon over a socketpair: open queue Q of
 *   configured device N (and set the host's side of it up, where asked for), nothing that is not on the command line. The daemon then drops
 *   its user (--user) and every capability, and may not gain new ones. The helper ends when the daemon does, and removes its socket.
 *   Message: struct ask; answer: struct answer, with the descriptor in SCM_RIGHTS when error is 0.
 * Threads: the control thread.
 */
#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <glassnet/uapi/chan.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "host_dev.h"

struct ask {
	char spec[256];
	unsigned queue;
};

struct answer {
	int error; /* -errno, 0: a descriptor comes along */
};

struct priv {
	int fd;
	pid_t pid;
};

static void helper_main(int fd, const struct options *o, const char *socket_path) __attribute__((noreturn));
static void remove_socket(const char *path);
static int helper_open(const struct options *o, const struct ask *ask, struct answer *ans);
static void send_answer(int to, const struct answer *ans, int fd);

struct priv *priv_start(const struct options *o, const char *socket_path, struct extack *err)
{
	struct priv *p = calloc(1, sizeof(*p));
	int pair[2];

	if (!p || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) {
		extack_set(err, "helper: %s", strerror(errno));
		free(p);
		return NULL;
	}
	p->pid = fork();
	if (p->pid < 0) {
		extack_set(err, "helper: fork: %s", strerror(errno));
		close(pair[0]);
		close(pair[1]);
		free(p);
		return NULL;
	}
	if (!p->pid) {
		close(pair[0]);
		helper_main(pair[1], o, socket_path);
	}
	close(pair[1]);
	p->fd = pair[0];
	return p;
}

void priv_stop(struct priv *p)
{
	if (!p)
		return;
	close(p->fd);
	waitpid(p->pid, NULL, 0);
	free(p);
}

/* --- the daemon's side --- */

int priv_dev_open(struct priv *p, const char *spec, unsigned queue)
{
	union {
		struct cmsghdr hdr;
		char buf[CMSG_SPACE(sizeof(int))];
	} control;
	struct answer ans = { 0 };
	struct ask ask = { .queue = queue };
	struct iovec iov = { &ans, sizeof(ans) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };
	struct cmsghdr *c;
	ssize_t n;
	int fd;

	if (strlen(spec) >= sizeof(ask.spec))
		return -ENAMETOOLONG;
	strcpy(ask.spec, spec);
	if (send(p->fd, &ask, sizeof(ask), MSG_NOSIGNAL) != sizeof(ask))
		return -errno;
	do
		n = recvmsg(p->fd, &msg, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n != sizeof(ans))
		return n < 0 ? -errno : -EPIPE; /* the helper is gone */
	if (ans.error)
		return ans.error;
	c = CMSG_FIRSTHDR(&msg);
	if (!c || c->cmsg_type != SCM_RIGHTS || c->cmsg_len != CMSG_LEN(sizeof(int)))
		return -EPROTO;
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

int priv_drop(const struct options *o, const char *socket_path, struct extack *err)
{
	capng_clear(CAPNG_SELECT_BOUNDS);
	if (!geteuid())
		capng_apply(CAPNG_SELECT_BOUNDS);
	if (o->user && !o->rootless) {
		struct passwd *pw = getpwnam(o->user);

		if (!pw) {
			extack_set(err, "--user %s: no such user", o->user);
			return -ENOENT;
		}
		if (chown(socket_path, pw->pw_uid, pw->pw_gid) || setgroups(0, NULL) || setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) || setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid)) {
			extack_set(err, "--user %s: %s", o->user, strerror(errno));
			return -errno;
		}
	}
	capng_clear(CAPNG_SELECT_BOTH);
	if (capng_apply(geteuid() ? CAPNG_SELECT_CAPS : CAPNG_SELECT_BOTH) && !geteuid()) {
		extack_set(err, "could not drop capabilities");
		return -EPERM;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) {
		extack_set(err, "no_new_privs: %s", strerror(errno));
		return -errno;
	}
	return 0;
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, text, strlen(text));
	close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -EIO;
}

/* Our own user namespace, in which we are root, and a network namespace that belongs to it. */
int priv_rootless(struct extack *err)
{
	unsigned uid = geteuid(), gid = getegid();
	char map[64];

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET)) {
		extack_set(err, "--rootless: this system does not allow user namespaces: %s", strerror(errno));
		return -errno;
	}
	write_file("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", uid);
	if (write_file("/proc/self/uid_map", map))
		goto fail;
	snprintf(map, sizeof(map), "0 %u 1", gid);
	if (write_file("/proc/self/gid_map", map))
		goto fail;
	return 0;
fail:
	extack_set(err, "--rootless: could not map user %u", uid);
	return -EPERM;
}

/* --- the helper's side --- */

static void helper_main(int fd, const struct options *o, const char *socket_path)
{
	struct ask ask;
	ssize_t n;

	prctl(PR_SET_NAME, "glassnetd-dev");
	signal(SIGINT, SIG_IGN); /* Ctrl-C is the daemon's business; we end with it */
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	while ((n = recv(fd, &ask, sizeof(ask), 0)) != 0) {
		struct answer ans = { 0 };
		int dev;

		if (n < 0 && errno == EINTR)
			continue;
		if (n != sizeof(ask) || !memchr(ask.spec, 0, sizeof(ask.spec)))
			break;
		dev = helper_open(o, &ask, &ans);
		send_answer(fd, &ans, dev);
		if (dev >= 0)
			close(dev);
	}
	remove_socket(socket_path);
	_exit(0);
}

/* The daemon is gone, killed perhaps, or without the right to do it itself: its socket goes, unless another daemon answers there. */
static void remove_socket(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0 || strlen(path) >= sizeof(un.sun_path))
		return;
	strcpy(un.sun_path, path);
	if (connect(fd, (struct sockaddr *)&un, sizeof(un)) && (errno == ECONNREFUSED || errno == ENOENT)) {
		unlink(path);
		if (strlen(path) + strlen(GN_CHAN_SUFFIX) < sizeof(un.sun_path)) {
			strcat(un.sun_path, GN_CHAN_SUFFIX);
			unlink(un.sun_path);
		}
	}
	close(fd);
}

static bool tap_spec(const char *spec)
{
	return !strncmp(spec, "tap:", 4) || !strncmp(spec, "tap-csum:", 9) || !strncmp(spec, "tap-uso:", 8);
}

/* Is @spec what the command line named? "tap:x", "tap-csum:x" and "tap-uso:x" of "tap:x,itr=9", "pcap:f" of "pcap:f,out=g", "pcap-out:g" of the same,
 * "packet:i" and "packet-link:i" of "packet:i,v=2". */
static const struct device_opt *configured(const struct options *o, const char *spec)
{
	const char *rest = strchr(spec, ':');

	for (int i = 0; rest && i < o->n_dev; i++) {
		const char *have = o->dev[i].spec;
		size_t n = strlen(spec);

		if (!strncmp(have, spec, n) && (!have[n] || have[n] == ','))
			return &o->dev[i];
		n = strlen(rest + 1);
		if (tap_spec(spec) && !strncmp(have, "tap:", 4) && !strncmp(have + 4, rest + 1, n) && (!have[4 + n] || have[4 + n] == ','))
			return &o->dev[i];
		if (!strncmp(spec, "packet-link:", 12) && !strncmp(have, "packet:", 7) && !strncmp(have + 7, rest + 1, n) && (!have[7 + n] || have[7 + n] == ','))
			return &o->dev[i];
		if (!strncmp(spec, "pcap-out:", 9)) {
			const char *out = strstr(have, "out=");

			if (!strncmp(have, "pcap:", 5) && out && !strncmp(out + 4, rest + 1, n) && (!out[4 + n] || out[4 + n] == ','))
				return &o->dev[i];
		}
	}
	return NULL;
}

static int helper_open(const struct options *o, const struct ask *ask, struct answer *ans)
{
	const struct device_opt *opt = configured(o, ask->spec);
	struct extack why = { "" };
	int fd;

	if (!opt) {
		ans->error = -EPERM;
		return -1;
	}
	fd = host_dev_open(ask->spec, ask->queue);
	if (fd >= 0 && opt->host_addr && !ask->queue && tap_spec(ask->spec)) {
		int ret = hostcfg_tap(strchr(ask->spec, ':') + 1, opt->host_addr, &why);

		if (ret) {
			close(fd);
			fd = ret;
		}
	}
	if (why.msg[0])
		dprintf(STDERR_FILENO, "glassnetd: %s\n", why.msg);
	ans->error = fd < 0 ? fd : 0;
	return fd;
}

static void send_answer(int to, const struct answer *ans, int fd)
{
	union {
		struct cmsghdr hdr;
		char buf[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { (void *)(uintptr_t)ans, sizeof(*ans) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd >= 0) {
		struct cmsghdr *c;

		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	sendmsg(to, &msg, MSG_NOSIGNAL);
}
