/* SPDX-License-Identifier: MIT */
#ifndef SHIM_VISIBLE_H
#define SHIM_VISIBLE_H
/*
 * visible.h - declarations of what is hooked, and of libc's own under names that are not
 *
 * Included last by the files that define names of libc. symbols.h says which are visible; here they are declared for it where
 * no header of libc does.
 */
#include <dirent.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "shim/symbols.h"

/* What programs compiled with _FORTIFY_SOURCE call, and the end that they come to there. */
ssize_t __recv_chk(int fd, void *buf, size_t len, size_t room, int flags);
ssize_t __recvfrom_chk(int fd, void *buf, size_t len, size_t room, int flags, struct sockaddr *addr, socklen_t *addrlen);
ssize_t __read_chk(int fd, void *buf, size_t len, size_t room);
int __poll_chk(struct pollfd *fds, nfds_t n, int timeout, size_t room);
int __ppoll_chk(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask, size_t room);
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int dirfd, const char *path, int flags);
int __openat64_2(int dirfd, const char *path, int flags);
char *__realpath_chk(const char *path, char *resolved, size_t room);
void __chk_fail(void) __attribute__((noreturn));

/* libc's sigaction, sigsuspend, signal: other names of the same functions */
int __sigaction(int sig, const struct sigaction *act, struct sigaction *old);
int __sigsuspend(const sigset_t *mask);
sighandler_t bsd_signal(int sig, sighandler_t handler);

/* libc's fopen, fflush, fclose: the names of older programs */
FILE *_IO_fopen(const char *path, const char *mode);
int _IO_fflush(FILE *f);
int _IO_fclose(FILE *f);

/* Said again, to be visible: the attribute is all that is new. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wredundant-decls"
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#define VISIBLE_HOOKED(name) extern __typeof__(name) name __attribute__((visibility("default")));
#define VISIBLE_NATIVE(name)
#define VISIBLE_PASSED(name)
#define X(name, what, why) VISIBLE_##what(name)
SHIM_SYMBOLS(X)
#undef X
#pragma GCC diagnostic pop

#endif
