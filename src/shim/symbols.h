/* SPDX-License-Identifier: MIT */
#ifndef SHIM_SYMBOLS_H
#define SHIM_SYMBOLS_H
/*
 * symbols.h - the names of libc that matter to a program's sockets, and what becomes of each
 *
 * Theory of operation
 *   HOOKED: the preload library defines it; the table makes just these visible, so a name that is not here is not exported and a row
 *   without its function is found by tests/shim/symbols.
 *   NATIVE: stays the kernel's own, on purpose: the descriptor is a real one.
 *   PASSED: acts on the host, not on the stack, until it is hooked: what glassnet(1) lists as not there yet.
 *   tests/shim/symbols reads the rows, too: what named programs import must be in one of them. One row a line.
 */

/* name, what becomes of it, why */
#define SHIM_SYMBOLS(X) \
	X(socket, HOOKED, "AF_INET: made by the daemon; others of the network: refused; AF_UNIX and the like: the kernel's") \
	X(bind, HOOKED, "a call of the daemon") \
	X(connect, HOOKED, "a call of the daemon") \
	X(listen, HOOKED, "no datagram socket listens") \
	X(accept, HOOKED, "no datagram socket accepts") \
	X(accept4, HOOKED, "no datagram socket accepts") \
	X(getsockname, HOOKED, "the address in the stack, not that of the descriptor") \
	X(getpeername, HOOKED, "the address in the stack") \
	X(getsockopt, HOOKED, "a call of the daemon") \
	X(setsockopt, HOOKED, "a call of the daemon") \
	X(shutdown, HOOKED, "a call of the daemon") \
	X(send, HOOKED, "a datagram with its header") \
	X(sendto, HOOKED, "a datagram with its header") \
	X(sendmsg, HOOKED, "a datagram with its header") \
	X(sendmmsg, HOOKED, "as many sendmsg") \
	X(recv, HOOKED, "a datagram without its header") \
	X(recvfrom, HOOKED, "a datagram without its header") \
	X(recvmsg, HOOKED, "a datagram without its header") \
	X(recvmmsg, HOOKED, "as many recvmsg") \
	X(__recv_chk, HOOKED, "recv of fortified programs") \
	X(__recvfrom_chk, HOOKED, "recvfrom of fortified programs") \
	X(read, HOOKED, "on a socket: recv") \
	X(__read_chk, HOOKED, "read of fortified programs") \
	X(readv, HOOKED, "on a socket: recvmsg") \
	X(write, HOOKED, "on a socket: send") \
	X(writev, HOOKED, "on a socket: sendmsg") \
	X(poll, HOOKED, "an error that waits is POLLERR") \
	X(__poll_chk, HOOKED, "poll of fortified programs") \
	X(ppoll, HOOKED, "as poll") \
	X(__ppoll_chk, HOOKED, "ppoll of fortified programs") \
	X(pselect, HOOKED, "its mask does not block SIGSYS with --strong; else the kernel's") \
	X(epoll_pwait, HOOKED, "as pselect") \
	X(epoll_pwait2, HOOKED, "as pselect") \
	X(sigsuspend, HOOKED, "as pselect") \
	X(sigprocmask, HOOKED, "as pselect") \
	X(pthread_sigmask, HOOKED, "as pselect") \
	X(sigaction, HOOKED, "as pselect; the handler of SIGSYS stays ours") \
	X(signal, HOOKED, "as sigaction") \
	X(ioctl, HOOKED, "requests of the network are the stack's, on whatever descriptor") \
	X(syscall, HOOKED, "the numbers of the calls above") \
	\
	X(open, HOOKED, "files of the network are the stack's") \
	X(open64, HOOKED, "as open") \
	X(openat, HOOKED, "as open") \
	X(openat64, HOOKED, "as open") \
	X(__open_2, HOOKED, "open of fortified programs") \
	X(__open64_2, HOOKED, "as __open_2") \
	X(__openat_2, HOOKED, "as __open_2") \
	X(__openat64_2, HOOKED, "as __open_2") \
	X(creat, HOOKED, "as open") \
	X(creat64, HOOKED, "as open") \
	X(fopen, HOOKED, "as open: libc's own passes no name") \
	X(fopen64, HOOKED, "as fopen") \
	X(freopen, HOOKED, "as fopen") \
	X(freopen64, HOOKED, "as fopen") \
	X(fflush, HOOKED, "what stdio wrote to a file of the stack, and its verdict") \
	X(fflush_unlocked, HOOKED, "as fflush") \
	X(fclose, HOOKED, "as fflush") \
	X(stat, HOOKED, "of the stack's files") \
	X(stat64, HOOKED, "as stat") \
	X(lstat, HOOKED, "as stat") \
	X(lstat64, HOOKED, "as stat") \
	X(fstat, HOOKED, "as stat") \
	X(fstat64, HOOKED, "as stat") \
	X(fstatat, HOOKED, "as stat") \
	X(fstatat64, HOOKED, "as stat") \
	X(statx, HOOKED, "as stat") \
	X(access, HOOKED, "as stat") \
	X(faccessat, HOOKED, "as stat") \
	X(eaccess, HOOKED, "as stat") \
	X(euidaccess, HOOKED, "as stat") \
	X(readlink, HOOKED, "as stat; /proc/PID/fd names the inode that the stack prints, too") \
	X(readlinkat, HOOKED, "as readlink") \
	X(realpath, HOOKED, "as stat") \
	X(__realpath_chk, HOOKED, "realpath of fortified programs") \
	X(opendir, HOOKED, "of the stack's directories; with it all streams") \
	X(fdopendir, HOOKED, "as opendir") \
	X(closedir, HOOKED, "as opendir") \
	X(dirfd, HOOKED, "as opendir") \
	X(readdir, HOOKED, "as opendir") \
	X(readdir64, HOOKED, "as opendir") \
	X(readdir_r, HOOKED, "as opendir") \
	X(readdir64_r, HOOKED, "as opendir") \
	X(telldir, HOOKED, "as opendir") \
	X(seekdir, HOOKED, "as opendir") \
	X(rewinddir, HOOKED, "as opendir") \
	X(scandir, HOOKED, "as opendir") \
	X(scandir64, HOOKED, "as opendir") \
	X(scandirat, HOOKED, "as opendir") \
	X(scandirat64, HOOKED, "as opendir") \
	X(getifaddrs, HOOKED, "the stack's devices and addresses") \
	X(freeifaddrs, HOOKED, "memory of getifaddrs") \
	X(if_nametoindex, HOOKED, "the stack's devices") \
	X(if_indextoname, HOOKED, "the stack's devices") \
	X(if_nameindex, HOOKED, "the stack's devices") \
	X(if_freenameindex, HOOKED, "memory of if_nameindex") \
	X(getaddrinfo, HOOKED, "names are asked for on the stack") \
	X(freeaddrinfo, HOOKED, "memory of getaddrinfo") \
	X(getnameinfo, HOOKED, "as getaddrinfo") \
	X(gethostbyname, HOOKED, "as getaddrinfo") \
	X(gethostbyname2, HOOKED, "as getaddrinfo") \
	X(gethostbyname_r, HOOKED, "as getaddrinfo") \
	X(gethostbyname2_r, HOOKED, "as getaddrinfo") \
	X(gethostbyaddr, HOOKED, "as getaddrinfo") \
	X(gethostbyaddr_r, HOOKED, "as getaddrinfo") \
	\
	X(ppoll64, NATIVE, "of 32-bit programs") \
	X(select, NATIVE, "a real descriptor is ready or not") \
	X(__fdelt_chk, NATIVE, "the descriptor is the lowest free one, as always") \
	X(__fdelt_warn, NATIVE, "as __fdelt_chk") \
	X(epoll_create, NATIVE, "as select") \
	X(epoll_create1, NATIVE, "as select") \
	X(epoll_ctl, NATIVE, "as select") \
	X(epoll_wait, NATIVE, "as select") \
	X(close, NATIVE, "the daemon sees the last one") \
	X(close_range, NATIVE, "as close") \
	X(closefrom, NATIVE, "as close") \
	X(dup, NATIVE, "the same file") \
	X(dup2, NATIVE, "the same file") \
	X(dup3, NATIVE, "the same file") \
	X(fcntl, NATIVE, "flags live in the file") \
	X(fcntl64, NATIVE, "as fcntl") \
	X(fork, NATIVE, "nothing is kept here") \
	X(vfork, NATIVE, "nothing is kept here") \
	X(socketpair, NATIVE, "AF_UNIX only, on Linux, too") \
	X(sockatmark, NATIVE, "datagrams have none") \
	X(isfdtype, NATIVE, "it is a socket") \
	X(pread, NATIVE, "ESPIPE, as on every socket") \
	X(pread64, NATIVE, "as pread") \
	X(__pread_chk, NATIVE, "as pread") \
	X(__pread64_chk, NATIVE, "as pread") \
	X(pwrite, NATIVE, "as pread") \
	X(pwrite64, NATIVE, "as pread") \
	X(preadv, NATIVE, "as pread") \
	X(preadv64, NATIVE, "as pread") \
	X(pwritev, NATIVE, "as pread") \
	X(pwritev64, NATIVE, "as pread") \
	X(getservbyname, NATIVE, "/etc/services") \
	X(getservbyport, NATIVE, "/etc/services") \
	X(getservbyname_r, NATIVE, "/etc/services") \
	X(getservbyport_r, NATIVE, "/etc/services") \
	X(getservent, NATIVE, "/etc/services") \
	X(getservent_r, NATIVE, "/etc/services") \
	X(getprotobyname, NATIVE, "/etc/protocols") \
	X(getprotobyname_r, NATIVE, "/etc/protocols") \
	X(getprotobynumber, NATIVE, "/etc/protocols") \
	X(getprotobynumber_r, NATIVE, "/etc/protocols") \
	X(getprotoent, NATIVE, "/etc/protocols") \
	X(getprotoent_r, NATIVE, "/etc/protocols") \
	X(__res_state, NATIVE, "memory") \
	X(__res_init, NATIVE, "/etc/resolv.conf") \
	X(__res_ninit, NATIVE, "/etc/resolv.conf") \
	X(__res_nclose, NATIVE, "memory") \
	X(dn_comp, NATIVE, "text") \
	X(dn_expand, NATIVE, "text") \
	X(gai_strerror, NATIVE, "text") \
	\
	X(getaddrinfo_a, PASSED, "libc's own getaddrinfo in a thread of libc's") \
	X(res_query, PASSED, "libc's own resolver on the host's network, but with --strong") \
	X(res_search, PASSED, "as res_query") \
	X(res_nquery, PASSED, "as res_query") \
	X(res_nsearch, PASSED, "as res_query") \
	X(res_send, PASSED, "as res_query") \
	X(res_nsend, PASSED, "as res_query") \
	X(__res_query, PASSED, "as res_query") \
	X(__res_search, PASSED, "as res_query") \
	X(preadv2, PASSED, "offset -1 on a datagram socket: it sees headers") \
	X(preadv64v2, PASSED, "as preadv2") \
	X(pwritev2, PASSED, "as preadv2") \
	X(pwritev64v2, PASSED, "as preadv2") \
	X(sendfile, PASSED, "to a connected datagram socket: each piece is a datagram, and errors come later") \
	X(sendfile64, PASSED, "as sendfile") \
	X(splice, PASSED, "as sendfile")

#endif
