/* SPDX-License-Identifier: MIT */
/*
 * ctl.c - what the shim asks about files, interfaces and addresses, answered by the stack in the same process (shim/files.h)
 *
 * Theory of operation
 *   The control thread (RTNL) is whoever holds the lock. Signals are blocked meanwhile: a handler cannot ask for what its thread holds. Files are
 *   rendered as for the daemon's control socket; dumps go through the stack's rtnetlink, whose answers are read as they come.
 *   Called by: shim/files.c, dir.c, hooks_names.c, ioctl.c, calls.c. Owns: nothing.
 * Threads: any, one at a time.
 */
#include "embed/embed.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <time.h>

#include "core/rtnetlink.h"
#include "fs/proc.h"
#include "kernel/rcu.h"
#include "shim/files.h"
#include "tracefs/tracefs.h"

#define DUMP_SEQ 1

/* --- the part --- */

struct embed *control_begin(sigset_t *saved)
{
	const uint64_t all = ~0ull;
	struct embed *e = this_vcpu() ? NULL : embed_get();

	if (!e)
		return NULL;
	raw6(SYS_rt_sigprocmask, SIG_SETMASK, (long)(uintptr_t)&all, (long)(uintptr_t)saved, _NSIG / 8, 0, 0);
	pthread_mutex_lock(&e->control);
	rtnl_claim(&e->net->m);
	return e;
}

void control_end(struct embed *e, const sigset_t *saved)
{
	if (READ_ONCE(e->net->m.nr_garbage))
		rcu_barrier(&e->net->m);
	pthread_mutex_unlock(&e->control);
	raw6(SYS_rt_sigprocmask, SIG_SETMASK, (long)(uintptr_t)saved, 0, _NSIG / 8, 0, 0);
}

void control_collect(struct embed *e)
{
	if (pthread_mutex_trylock(&e->control))
		return;
	rtnl_claim(&e->net->m);
	rcu_barrier(&e->net->m);
	pthread_mutex_unlock(&e->control);
}

/* --- files --- */

long shim_ctl_read(const char *path, int fd)
{
	sigset_t saved;
	struct embed *e = control_begin(&saved);
	struct seq_file m;
	size_t done = 0;
	long ret;

	if (!e)
		return -ENETDOWN;
	seq_init(&m, &e->net->m.kmem);
	m.abi = e->net->abi;
	ret = tracefs_may_read(e->net, NULL, true, path, NULL) ?: vfs_read(&e->net->vfs, path, &m) ?: m.error;
	while (!ret && done < m.count) {
		long n = raw6(SYS_pwrite64, fd, (long)(uintptr_t)(m.buf + done), (long)(m.count - done), (long)done, 0, 0);

		if (n > 0)
			done += (size_t)n;
		else
			ret = n ?: -EIO;
	}
	ret = ret ?: (long)m.count;
	seq_release(&m);
	control_end(e, &saved);
	return ret;
}

long shim_ctl_write(const char *path, const void *buf, size_t len)
{
	sigset_t saved;
	struct embed *e = control_begin(&saved);
	struct extack err = { "" };
	long ret;

	if (!e)
		return -ENETDOWN;
	len = min_t(size_t, len, SHIM_CTL_WRITE);
	ret = tracefs_may_write(e->net, NULL, path, &err) ?: vfs_write(&e->net->vfs, path, buf, len, &err);
	control_end(e, &saved);
	return ret ?: (long)len;
}

long shim_ctl_may_write(const char *path, bool trunc)
{
	sigset_t saved;
	struct embed *e = control_begin(&saved);
	struct extack err = { "" };
	long ret;

	if (!e)
		return -ENETDOWN;
	ret = tracefs_may_write(e->net, NULL, path, &err);
	if (!ret)
		ret = trunc ? vfs_truncate(&e->net->vfs, path, &err) : vfs_may_write(&e->net->vfs, path, &err);
	control_end(e, &saved);
	return ret == -EPERM ? -EACCES : ret;
}

long shim_ctl_stat(const char *path, struct ctl_stat *ret_st)
{
	sigset_t saved;
	struct embed *e = control_begin(&saved);
	struct vfs_stat st;
	long ret;

	if (!e)
		return -ENETDOWN;
	ret = vfs_stat(&e->net->vfs, path, &st);
	if (!ret)
		*ret_st = (struct ctl_stat){ st.mode, st.ino };
	control_end(e, &saved);
	return ret;
}

struct lister {
	long (*cb)(void *arg, const char *name, uint32_t mode);
	void *arg;
};

static int list_one(void *ctx, const char *name, unsigned mode)
{
	struct lister *l = ctx;

	return (int)l->cb(l->arg, name, mode);
}

long shim_ctl_list(const char *path, long (*cb)(void *arg, const char *name, uint32_t mode), void *arg)
{
	struct lister l = { cb, arg };
	sigset_t saved;
	struct embed *e = control_begin(&saved);
	long ret;

	if (!e)
		return -ENETDOWN;
	ret = vfs_readdir(&e->net->vfs, path, list_one, &l);
	control_end(e, &saved);
	return ret;
}

struct timespec shim_ctl_since(void)
{
	struct embed *e = embed_get();
	struct timespec mono, real;

	if (!e)
		return (struct timespec){ 0, 0 };
	clock_gettime(CLOCK_MONOTONIC, &mono);
	clock_gettime(CLOCK_REALTIME, &real);
	real.tv_sec -= mono.tv_sec - (time_t)(e->net->m.boot_ns / NSEC_PER_SEC);
	real.tv_nsec = 0;
	return real;
}

/* --- dumps --- */

struct dumper {
	struct nl_client nl; /* first */
	long (*cb)(void *arg, const struct nlmsghdr *nlh);
	void *arg;
	long ret;
};

/* One datagram of answers. */
static int dump_send(struct nl_client *nl, const void *buf, size_t len)
{
	struct dumper *d = container_of(nl, struct dumper, nl);
	const struct nlmsghdr *nlh = buf;
	const struct nlmsgerr *e;

	for (; !d->ret && len >= sizeof(*nlh) && nlh->nlmsg_len >= sizeof(*nlh) && nlh->nlmsg_len <= len;
	     len -= min_t(size_t, len, NLMSG_ALIGN(nlh->nlmsg_len)), nlh = (const void *)((const char *)nlh + NLMSG_ALIGN(nlh->nlmsg_len))) {
		e = NLMSG_DATA(nlh);
		if (nlh->nlmsg_type == NLMSG_DONE)
			break;
		d->ret = nlh->nlmsg_type == NLMSG_ERROR ? e->error : d->cb(d->arg, nlh);
	}
	return 0;
}

long shim_ctl_dump(unsigned type, long (*cb)(void *arg, const struct nlmsghdr *nlh), void *arg)
{
	struct dumper d = { .nl = { .admin = true, .send = dump_send }, .cb = cb, .arg = arg };
	struct {
		struct nlmsghdr nlh;
		char body[sizeof(struct ifinfomsg)];
	} r = { .nlh = { .nlmsg_type = (uint16_t)type, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP, .nlmsg_seq = DUMP_SEQ } };
	sigset_t saved;
	struct embed *e = control_begin(&saved);

	if (!e)
		return -ENETDOWN;
	r.nlh.nlmsg_len = (uint32_t)(NLMSG_HDRLEN + (type == RTM_GETLINK ? sizeof(struct ifinfomsg) : sizeof(struct ifaddrmsg)));
	rtnetlink_rcv(e->net, &d.nl, &r, r.nlh.nlmsg_len);
	control_end(e, &saved);
	return d.ret;
}
