/* SPDX-License-Identifier: MIT */
#ifndef SHIM_FILES_H
#define SHIM_FILES_H
/*
 * files.h - the stack's files at the very paths of Linux's, and what the names of devices are asked for
 *
 * Theory of operation
 *   path.c says which paths are the stack's. To read one is to read a snapshot: a file in memory, taken when it is opened, sealed. What is
 *   opened for writing, and a directory, is an AF_UNIX socket bound to an abstract name that says so: a 0 byte, SHIM_FILE_NAME, eight
 *   digits, the path. So any process that holds the descriptor knows it, as with sockets (client/client.h).
 *   What is opened for both has its content as the first datagram, which is peeked at, not taken.
 *   A file for writing is a datagram socket connected to itself: what comes to it by a way that is not hooked (stdio's own write, a program
 *   without the library) waits there until the next hooked call on it (write, fflush, fclose) hands it to the daemon and tells its verdict.
 *   ctl.c: requests of the control socket. path.c: whose a path is. files.c: open, stat, access, write. dir.c: directory streams.
 *   hooks_files.c, hooks_names.c: the names of libc. ioctl.c: requests about interfaces.
 * Rules: those of shim.h; dir.c and hooks_names.c may allocate as the functions of libc do that they stand for.
 */
#include <linux/netlink.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shim/shim.h"

#define SHIM_FILE_NAME "gn/f/"
#define SHIM_FILE_DIGITS 8
/* Longest path of the stack's, with its final 0: with the digits it fits into an abstract name. */
#define SHIM_PATH_MAX (108 - 1 - 5 - SHIM_FILE_DIGITS)

/* --- ctl.c: one request on a connection of its own; a result or -errno, -ENETDOWN without a daemon --- */

struct ctl_stat {
	uint32_t mode;
	uint64_t ino;
};

/** shim_ctl_read() - the content of @path to the end of @fd, a file in memory: its bytes */
long shim_ctl_read(const char *path, int fd);
/** shim_ctl_write() - one write(2) of at most SHIM_CTL_WRITE bytes: how many were taken */
long shim_ctl_write(const char *path, const void *buf, size_t len);
#define SHIM_CTL_WRITE 32768
/** shim_ctl_may_write() - what open(2) for writing checks, and O_TRUNC */
long shim_ctl_may_write(const char *path, bool trunc);
long shim_ctl_stat(const char *path, struct ctl_stat *ret_st);
/** shim_ctl_list() - @cb for each name of a directory; a result other than 0 ends it */
long shim_ctl_list(const char *path, long (*cb)(void *arg, const char *name, uint32_t mode), void *arg);
/** shim_ctl_dump() - @cb for each answer to a dump: @type RTM_GETLINK, RTM_GETADDR */
long shim_ctl_dump(unsigned type, long (*cb)(void *arg, const struct nlmsghdr *nlh), void *arg);
/** shim_ctl_since() - when the daemon began to answer: the time of its files */
struct timespec shim_ctl_since(void);
/** shim_attrs() - the attributes of a message behind @skip bytes, by type: those from @n on are left out */
void shim_attrs(const struct nlmsghdr *nlh, size_t skip, const struct nlattr **tb, unsigned n);

static inline const void *shim_attr_data(const struct nlattr *a)
{
	return (const char *)a + NLA_HDRLEN;
}

static inline size_t shim_attr_len(const struct nlattr *a)
{
	return a->nla_len - NLA_HDRLEN;
}

/* --- path.c --- */

/** shim_path() - is what @path means from @dirfd the stack's? Then where it is in its tree, without links and dots */
bool shim_path(int dirfd, const char *path, char ret_path[SHIM_PATH_MAX]);
/** shim_path_of() - the same of what an open descriptor of the kernel's stands for */
bool shim_path_of(int fd, char ret_path[SHIM_PATH_MAX]);
/** shim_path_in_memory() - the path whose snapshot an open file in memory is */
bool shim_path_in_memory(int fd, char ret_path[SHIM_PATH_MAX]);

/* --- files.c --- */

/** shim_file_path() - is @fd a descriptor of ours, for writing or of a directory? Then its path */
bool shim_file_path(int fd, char ret_path[SHIM_PATH_MAX]);
/** shim_leads() - is @fd, the kernel's, open on a file that ought to be the stack's? Then its path */
bool shim_leads(int fd, char ret_path[SHIM_PATH_MAX]);
/** shim_open() - openat(2), the kernel's for other paths */
long shim_open(int dirfd, const char *path, int flags, unsigned mode);
/** shim_file_write() - write(2) on a descriptor of ours: what waits in it first */
long shim_file_write(int fd, const char *path, const void *buf, size_t len);
/** shim_file_may_read() - was this descriptor of ours opened for reading, too? */
bool shim_file_may_read(int fd);
/** shim_file_read() - read(2) on such a one */
long shim_file_read(int fd, void *buf, size_t len);
bool shim_file_is_dir(const char *path);
/** shim_file_flush() - hand over what waits in @fd, if it is ours: 0 or the daemon's verdict */
long shim_file_flush(int fd);
long shim_stat(int dirfd, const char *path, struct stat *st, int flags);
long shim_statx(int dirfd, const char *path, int flags, unsigned mask, struct statx *st);
long shim_access(int dirfd, const char *path, int mode, int flags);
long shim_readlink(int dirfd, const char *path, char *buf, size_t len);

/* --- hooks_files.c --- */

/** shim_flags_of() - the flags of open(2) that a mode of fopen(3) stands for; -1: it means nothing */
int shim_flags_of(const char *mode);

/* --- ioctl.c --- */

/** shim_ioctl() - requests that the daemon does not answer as such: a result or -errno; -515: not one of these */
long shim_ioctl(unsigned long request, void *arg);

#endif
