/* SPDX-License-Identifier: MIT */
/*
 * check_files.c - the stack's files under the shim: whose a path is, what a descriptor tells of itself, what a daemon that lies can do
 *
 * The daemon is a thread here. It answers each request with the datagrams of the test, as they are or spoilt.
 */
#include "fake.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glassnet/uapi/ctl.h>
#include <ifaddrs.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "shim/files.h"

#define PATH "/proc/sys/net/ipv4/of_no_host" /* if a hook were missed, nothing of this machine would change */

static struct {
	char dir[64], sock[96];
	int fd;
	pthread_t thread;
	_Alignas(8) char request[GN_CTL_MAX]; /* the last one */
	size_t request_len;
	_Alignas(8) char answer[8192];
	size_t answer_len;
	unsigned spoil;	 /* 0: the answer as it is; else the seed of what is wrong with it */
	unsigned served; /* [A] */
} d;

/* --- the daemon --- */

static void spoilt(char *buf, size_t *n)
{
	unsigned short seed[3] = { (unsigned short)d.spoil, (unsigned short)(d.spoil >> 16), 7 };

	memcpy(buf, d.answer, d.answer_len);
	*n = d.answer_len;
	if (!d.spoil)
		return;
	if (!(nrand48(seed) % 4))
		*n = (size_t)nrand48(seed) % (*n + 1);
	for (long i = nrand48(seed) % 6; i > 0 && *n; i--)
		buf[(size_t)nrand48(seed) % *n] = (char)nrand48(seed);
}

static void *serve(void *arg)
{
	static char buf[sizeof(d.answer)];
	size_t n;

	(void)arg;
	for (;;) {
		int c = accept4(d.fd, NULL, NULL, SOCK_CLOEXEC);
		ssize_t len;

		if (c < 0)
			return NULL;
		len = recv(c, d.request, sizeof(d.request), 0);
		if (len > 0) {
			d.request_len = (size_t)len;
			spoilt(buf, &n);
			__atomic_add_fetch(&d.served, 1, __ATOMIC_RELEASE);
			send(c, buf, n, MSG_NOSIGNAL);
		}
		close(c); /* what was not said is not said any more */
	}
}

static void *message(unsigned type, unsigned flags, size_t body)
{
	struct nlmsghdr *h = (void *)(d.answer + d.answer_len);

	memset(h, 0, NLMSG_ALIGN(NLMSG_LENGTH(body)));
	h->nlmsg_len = (uint32_t)NLMSG_LENGTH(body);
	h->nlmsg_type = (uint16_t)type;
	h->nlmsg_flags = (uint16_t)flags;
	h->nlmsg_seq = 1;
	d.answer_len += NLMSG_ALIGN(h->nlmsg_len);
	ck_assert_uint_lt(d.answer_len, sizeof(d.answer) - 1024);
	return NLMSG_DATA(h);
}

/* To the last message. */
static void attr(void *body, unsigned type, const void *data, size_t len)
{
	struct nlmsghdr *h = (void *)((char *)body - NLMSG_HDRLEN);
	struct nlattr *a = (void *)(d.answer + d.answer_len);

	a->nla_type = (uint16_t)type;
	a->nla_len = (uint16_t)(NLA_HDRLEN + len);
	memcpy(a + 1, data, len);
	h->nlmsg_len = (uint32_t)NLMSG_ALIGN(h->nlmsg_len) + a->nla_len;
	d.answer_len += NLA_ALIGN(a->nla_len);
}

static void verdict(int error)
{
	struct nlmsgerr *e;

	d.answer_len = 0;
	e = message(NLMSG_ERROR, 0, sizeof(*e));
	e->error = error;
}

static void done(void)
{
	message(NLMSG_DONE, NLM_F_MULTI, sizeof(int));
}

static void *data_message(void)
{
	struct gn_ctl_hdr *hdr = message(GN_CTL_DATA, NLM_F_MULTI, sizeof(*hdr));

	hdr->version = GN_CTL_VERSION;
	return hdr;
}

static void content(const char *text)
{
	d.answer_len = 0;
	attr(data_message(), GN_ATTR_DATA, text, strlen(text));
	done();
}

static void stat_answer(uint32_t mode, uint64_t ino)
{
	void *m;

	d.answer_len = 0;
	m = data_message();
	attr(m, GN_ATTR_MODE, &mode, sizeof(mode));
	attr(m, GN_ATTR_COUNT, &ino, sizeof(ino));
	done();
}

static void devices(void)
{
	uint64_t counters[24] = { 1, 2, 3, 4 };

	d.answer_len = 0;
	for (int i = 1; i < 3; i++) {
		struct ifinfomsg *ifi = message(RTM_NEWLINK, NLM_F_MULTI, sizeof(*ifi));

		ifi->ifi_index = i;
		ifi->ifi_type = 1;
		attr(ifi, IFLA_IFNAME, i == 1 ? "lo" : "eth0", i == 1 ? 3 : 5);
		attr(ifi, IFLA_ADDRESS, "\2\0\0\0\0\1", 6);
		attr(ifi, IFLA_STATS64, counters, sizeof(counters));
	}
	done();
}

static void addresses(void)
{
	struct ifaddrmsg *ifa;

	d.answer_len = 0;
	ifa = message(RTM_NEWADDR, NLM_F_MULTI, sizeof(*ifa));
	ifa->ifa_family = AF_INET;
	ifa->ifa_prefixlen = 24;
	ifa->ifa_index = 2;
	attr(ifa, IFA_LOCAL, "\12\0\0\1", 4);
	attr(ifa, IFA_LABEL, "eth0", 5);
	done();
}

static void setup(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	fake_setup();
	memset(&d, 0, sizeof(d));
	strcpy(d.dir, "/tmp/check_files.XXXXXX");
	ck_assert(mkdtemp(d.dir));
	snprintf(d.sock, sizeof(d.sock), "%s/s", d.dir);
	strcpy(un.sun_path, d.sock);
	d.fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(d.fd, (struct sockaddr *)&un, sizeof(un)), 0);
	ck_assert_int_eq(listen(d.fd, 8), 0);
	ck_assert_int_eq(pthread_create(&d.thread, NULL, serve, NULL), 0);
	setenv("GLASSNET_SOCKET", d.sock, 1);
}

static void teardown(void)
{
	shutdown(d.fd, SHUT_RDWR);
	pthread_join(d.thread, NULL);
	close(d.fd);
	unlink(d.sock);
	rmdir(d.dir);
	fake_teardown();
}

static int open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	ck_assert(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* The daemon's own may close a moment later. */
static void none_is_left(int n)
{
	for (int i = 0; i < 5000 && open_fds() != n; i++)
		poll(NULL, 0, 1);
	ck_assert_int_eq(open_fds(), n);
}

#define fails_with(call, error) \
	do { \
		errno = 0; \
		ck_assert_int_eq(call, -1); \
		ck_assert_int_eq(errno, error); \
	} while (0)

/* --- paths --- */

START_TEST(a_path_is_the_stacks_by_any_name)
{
	static const char *const is[][2] = {
		{ "/proc/net", "/proc/net" },
		{ "/proc/net/", "/proc/net" },
		{ "/proc/net/dev", "/proc/net/dev" },
		{ "//proc//net/./dev", "/proc/net/dev" },
		{ "/./proc/net/dev", "/proc/net/dev" },
		{ "/etc/../proc/net/stat/../dev", "/proc/net/dev" },
		{ "/../proc/net/dev", "/proc/net/dev" },
		{ "/proc/self/net/dev", "/proc/net/dev" },
		{ "/proc/thread-self/net/dev", "/proc/net/dev" },
		{ "/proc/self/task/12/net/dev", "/proc/net/dev" },
		{ "/proc/sys/net/ipv4", "/proc/sys/net/ipv4" },
		{ "/proc/interrupts", "/proc/interrupts" },
		{ "/proc/irq/0/smp_affinity", "/proc/irq/0/smp_affinity" },
		{ "/sys/class/net/lo/mtu", "/sys/class/net/lo/mtu" },
		{ "/sys/kernel/tracing/trace", "/sys/kernel/tracing/trace" },
		{ "/sys/kernel/debug/tracing", "/sys/kernel/tracing" },
		{ "/sys/kernel/debug/tracing/trace", "/sys/kernel/tracing/trace" },
	};
	static const char *const is_not[] = { "/proc/net/unix", "/proc/self/net/unix", "/proc/netx", "/proc/sys/kernel", "/proc/sys", "/proc/1/net/dev",
		"/proc/self/netx", "/proc/self", "/proc", "/sys/class", "/sys/class/nets", "/", "", "/etc/passwd", "proc/net/dev", "/proc/0/net",
		"/proc/net/../uptime", "/sys/kernel/debug/tracingx", "/proc/self/task/x/net/dev" };
	char p[SHIM_PATH_MAX], own[64], longer[5000];

	for (size_t i = 0; i < sizeof(is) / sizeof(is[0]); i++) {
		ck_assert_msg(shim_path(AT_FDCWD, is[i][0], p), "%s is not", is[i][0]);
		ck_assert_str_eq(p, is[i][1]);
	}
	for (size_t i = 0; i < sizeof(is_not) / sizeof(is_not[0]); i++)
		ck_assert_msg(!shim_path(AT_FDCWD, is_not[i], p), "%s is %s", is_not[i], p);
	ck_assert(!shim_path(AT_FDCWD, NULL, p));
	snprintf(own, sizeof(own), "/proc/%d/net/dev", (int)getpid());
	ck_assert(shim_path(AT_FDCWD, own, p));
	ck_assert_str_eq(p, "/proc/net/dev");
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = 0;
	memcpy(longer, "/proc/net/", 10);
	longer[400] = 0;
	ck_assert(shim_path(AT_FDCWD, longer, p));
	ck_assert_uint_eq(strlen(p), SHIM_PATH_MAX - 1);
}
END_TEST

START_TEST(a_relative_path_is_where_it_starts)
{
	char p[SHIM_PATH_MAX];
	int fd = open("/proc/sys", O_RDONLY | O_DIRECTORY);

	ck_assert_int_ge(fd, 0);
	ck_assert(shim_path(fd, "net/core", p));
	ck_assert_str_eq(p, "/proc/sys/net/core");
	ck_assert(!shim_path(fd, "kernel", p));
	ck_assert(shim_path(fd, "../net/dev", p));
	ck_assert_str_eq(p, "/proc/net/dev");
	ck_assert(shim_path(-1, "/proc/net/dev", p));
	ck_assert(!shim_path(-1, "net/dev", p));
	ck_assert_int_eq(chdir("/proc/sys/net"), 0);
	ck_assert(shim_path(AT_FDCWD, "ipv4", p));
	ck_assert_str_eq(p, "/proc/sys/net/ipv4");
	close(fd);
	/* a directory of the stack's */
	stat_answer(S_IFDIR | 0555, 5);
	fd = open("/proc/sys/net/nosuch", O_RDONLY | O_DIRECTORY);
	ck_assert_int_ge(fd, 0);
	ck_assert(shim_path(fd, "x", p));
	ck_assert_str_eq(p, "/proc/sys/net/nosuch/x");
	close(fd);
}
END_TEST

/* --- reading --- */

START_TEST(reading_is_a_snapshot)
{
	int low = -1, fd = -2, other;
	char buf[16] = "";
	struct stat st;

	content("hello\n");
	/* the lowest number that is free, as ever; the daemon's thread may take one at that moment */
	for (int i = 0; i < 100 && fd != low; i++) {
		close(fd);
		low = dup(STDIN_FILENO);
		close(low);
		fd = open(PATH, O_RDONLY);
	}
	ck_assert_int_eq(fd, low);
	ck_assert_int_eq(fcntl(fd, F_GETFD), 0);
	content("other\n");
	ck_assert_int_eq(read(fd, buf, sizeof(buf)), 6);
	ck_assert_str_eq(buf, "hello\n");
	ck_assert_int_eq(lseek(fd, 1, SEEK_SET), 1);
	ck_assert_int_eq(read(fd, buf, sizeof(buf)), 5);
	ck_assert_int_eq(read(fd, buf, sizeof(buf)), 0);
	fails_with(write(fd, "x", 1), EPERM);
	stat_answer(S_IFREG | 0644, 77);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_int_eq(st.st_size, 0);
	ck_assert_uint_eq(st.st_ino, 77);
	ck_assert_uint_eq(st.st_mode, S_IFREG | 0644);
	content("other\n");
	other = open(PATH, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ck_assert_int_gt(other, fd);
	ck_assert_int_eq(fcntl(other, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(fcntl(other, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	close(fd);
	close(other);
	fd = (int)syscall(SYS_openat, AT_FDCWD, PATH, O_RDONLY);
	ck_assert_int_eq(read(fd, buf, sizeof(buf)), 6);
	close(fd);
	content("");
	fd = open(PATH, O_RDONLY);
	ck_assert_int_eq(read(fd, buf, sizeof(buf)), 0);
	close(fd);
	verdict(-EACCES);
	fails_with(open(PATH, O_RDONLY), EACCES);
	verdict(-EPERM);
	fails_with(open(PATH, O_RDONLY), EACCES);
	verdict(-ENOENT);
	fails_with(open(PATH, O_RDONLY | O_CREAT, 0666), ENOENT);
	fails_with(open("/sys/class/net/x", O_RDONLY | O_CREAT, 0666), EACCES);
	stat_answer(S_IFREG | 0644, 1);
	fails_with(open(PATH, O_RDONLY | O_DIRECTORY), ENOTDIR);
	fails_with(open(PATH, O_RDWR | O_CREAT | O_EXCL, 0666), EEXIST);
	fails_with(open(PATH, O_RDWR | O_TMPFILE, 0666), EOPNOTSUPP);
}
END_TEST

START_TEST(without_a_daemon_nothing_is_open)
{
	struct ifaddrs *ifa;
	int n = open_fds();

	setenv("GLASSNET_SOCKET", "/nonexistent/s", 1);
	fails_with(open(PATH, O_RDONLY), ENETDOWN);
	fails_with(open(PATH, O_WRONLY | O_TRUNC), ENETDOWN);
	fails_with(open(PATH, O_RDWR), ENETDOWN);
	fails_with(access(PATH, F_OK), ENETDOWN);
	ck_assert_ptr_null(fopen(PATH, "r"));
	ck_assert_ptr_null(opendir("/proc/net"));
	fails_with(getifaddrs(&ifa), ENETDOWN);
	unsetenv("GLASSNET_SOCKET");
	fails_with(open(PATH, O_RDONLY), ENETDOWN);
	setenv("GLASSNET_SOCKET", "", 1);
	fails_with(open(PATH, O_RDONLY), ENETDOWN);
	/* one that hangs up instead of an answer */
	setenv("GLASSNET_SOCKET", d.sock, 1);
	d.answer_len = 0;
	attr(data_message(), GN_ATTR_DATA, "x", 1);
	fails_with(open(PATH, O_RDONLY), ENETDOWN);
	none_is_left(n);
}
END_TEST

/* --- writing --- */

static const char *asked(unsigned *type, const struct nlattr **tb)
{
	const struct nlmsghdr *h = (void *)d.request;

	ck_assert_uint_eq(h->nlmsg_len, d.request_len);
	shim_attrs(h, sizeof(struct gn_ctl_hdr), tb, GN_ATTR_MAX_PLUS1);
	*type = h->nlmsg_type;
	return tb[GN_ATTR_PATH] ? shim_attr_data(tb[GN_ATTR_PATH]) : "";
}

START_TEST(a_write_is_a_request)
{
	const struct nlattr *tb[GN_ATTR_MAX_PLUS1];
	char p[SHIM_PATH_MAX], *big = calloc(1, 100000);
	unsigned type;
	int fd, copy;

	verdict(0);
	fd = open(PATH, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	ck_assert_int_ge(fd, 0);
	ck_assert_str_eq(asked(&type, tb), PATH);
	ck_assert_uint_eq(type, GN_CTL_WRITE);
	ck_assert(tb[GN_ATTR_TRUNC] && !tb[GN_ATTR_DATA]);
	copy = dup(fd);
	close(fd);
	ck_assert(shim_file_path(copy, p));
	ck_assert_str_eq(p, PATH);
	ck_assert_int_eq(shim_file_write(copy, p, "12\n", 3), 3);
	ck_assert_str_eq(asked(&type, tb), PATH);
	ck_assert(!tb[GN_ATTR_TRUNC] && tb[GN_ATTR_DATA]);
	ck_assert_uint_eq(shim_attr_len(tb[GN_ATTR_DATA]), 3);
	ck_assert_mem_eq(shim_attr_data(tb[GN_ATTR_DATA]), "12\n", 3);
	ck_assert_int_eq(shim_file_write(copy, p, big, 100000), SHIM_CTL_WRITE);
	ck_assert_int_eq(shim_file_write(copy, p, NULL, 0), 0);
	verdict(-EINVAL);
	ck_assert_int_eq(shim_file_write(copy, p, "x", 1), -EINVAL);
	verdict(-EACCES);
	fails_with(open(PATH, O_WRONLY), EACCES);
	fails_with(creat(PATH, 0666), EACCES);
	close(copy);
	free(big);
}
END_TEST

START_TEST(what_was_written_by_other_ways_is_handed_over)
{
	const struct nlattr *tb[GN_ATTR_MAX_PLUS1];
	unsigned type, before;
	FILE *f;

	verdict(0);
	f = fopen(PATH, "w");
	ck_assert(f);
	fputs("34\n", f);
	ck_assert_int_eq(fflush(f), 0);
	asked(&type, tb);
	ck_assert(tb[GN_ATTR_DATA]);
	ck_assert_mem_eq(shim_attr_data(tb[GN_ATTR_DATA]), "34\n", 3);
	before = __atomic_load_n(&d.served, __ATOMIC_ACQUIRE);
	ck_assert_int_eq(fflush(f), 0);
	ck_assert_uint_eq(__atomic_load_n(&d.served, __ATOMIC_ACQUIRE), before);
	verdict(-ERANGE);
	setvbuf(f, NULL, _IONBF, 0);
	ck_assert_int_eq(fputc('5', f), '5');
	ck_assert_int_eq(fflush(f), EOF);
	ck_assert_int_eq(errno, ERANGE);
	ck_assert(ferror(f));
	ck_assert_int_eq(fputc('6', f), '6');
	ck_assert_int_eq(fclose(f), EOF);
	ck_assert_int_eq(errno, ERANGE);
}
END_TEST

START_TEST(one_descriptor_for_both)
{
	char buf[16] = "", p[SHIM_PATH_MAX], *big = calloc(1, 5000);
	int fd, fd2;

	content("abc\n"); /* also tells the other request that all is well */
	fd = open(PATH, O_RDWR);
	ck_assert_int_ge(fd, 0);
	ck_assert(shim_file_path(fd, p) && shim_file_may_read(fd));
	ck_assert_int_eq(shim_file_read(fd, buf, 2), 2);
	fd2 = dup(fd);
	ck_assert_int_eq(shim_file_read(fd2, buf + 2, 10), 2);
	ck_assert_str_eq(buf, "abc\n");
	ck_assert_int_eq(shim_file_read(fd, buf, 10), 0);
	/* what was written by another way is not what is read */
	verdict(0);
	ck_assert_int_eq(syscall(SYS_sendto, fd, "1", 1L, 0L, NULL, 0L), 1);
	ck_assert_int_eq(shim_file_read(fd, buf, 10), 0);
	verdict(-EINVAL);
	ck_assert_int_eq(shim_file_flush(fd), -EINVAL);
	ck_assert_int_eq(shim_file_flush(fd), 0);
	ck_assert_int_eq(shim_file_read(fd, buf, 10), 0);
	close(fd);
	close(fd2);
	fd = open(PATH, O_WRONLY);
	ck_assert_int_eq(fd, -1);
	verdict(0);
	fd = open(PATH, O_WRONLY | O_CLOEXEC);
	ck_assert(!shim_file_may_read(fd));
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
	content("");
	fd = open(PATH, O_RDWR);
	ck_assert_int_eq(shim_file_read(fd, buf, 10), 0);
	close(fd);
	/* one that has much to say */
	memset(big, 'x', 4999);
	content(big);
	fd = open(PATH, O_RDWR);
	ck_assert_int_eq(shim_file_read(fd, big, 5000), 4999);
	close(fd);
	free(big);
}
END_TEST

START_TEST(a_stream_is_opened_again)
{
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) /* whose library stands before the shim for freopen() */
	char name[96], buf[16] = "";
	const struct nlattr *tb[GN_ATTR_MAX_PLUS1];
	unsigned type;
	int fd;
	FILE *f;

	snprintf(name, sizeof(name), "%s/file", d.dir);
	f = fopen(name, "w");
	ck_assert(f);
	fd = fileno(f);
	fputs("host\n", f);
	/* to the stack, for writing */
	verdict(0);
	f = freopen(PATH, "w", f);
	ck_assert(f);
	ck_assert_int_eq(fileno(f), fd);
	fputs("56\n", f);
	ck_assert_int_eq(fflush(f), 0);
	asked(&type, tb);
	ck_assert_mem_eq(shim_attr_data(tb[GN_ATTR_DATA]), "56\n", 3);
	/* for reading, with what waits handed over before */
	content("stack\n");
	f = freopen(PATH, "r", f);
	ck_assert(f && fgets(buf, sizeof(buf), f));
	ck_assert_str_eq(buf, "stack\n");
	/* back to the host */
	f = freopen(name, "r", f);
	ck_assert(f && fgets(buf, sizeof(buf), f));
	ck_assert_str_eq(buf, "host\n");
	verdict(-EACCES);
	ck_assert_ptr_null(freopen(PATH, "w", f));
	ck_assert_int_eq(errno, EACCES);
	unlink(name);
#endif
}
END_TEST

START_TEST(a_descriptor_says_what_it_is_elsewhere)
{
	char p[SHIM_PATH_MAX];
	int fd, status;
	pid_t pid;

	verdict(0);
	fd = open(PATH, O_WRONLY);
	pid = fork();
	if (!pid)
		_exit(shim_file_path(fd, p) && !strcmp(p, PATH) && shim_file_write(fd, p, "1", 1) == 1 ? 42 : 1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(WEXITSTATUS(status), 42);
	pid = vfork();
	if (!pid)
		_exit(open(PATH, O_WRONLY) < 0 ? 1 : 43);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(WEXITSTATUS(status), 43);
	ck_assert(!shim_file_path(STDIN_FILENO, p));
	ck_assert(!shim_file_path(-1, p));
	ck_assert(!shim_file_path(d.fd, p));
	ck_assert_int_eq(shim_file_flush(STDIN_FILENO), 0);
	close(fd);
}
END_TEST

/* --- a daemon that lies --- */

static long name_cb(void *arg, const char *name, uint32_t mode)
{
	*(size_t *)arg += strlen(name) + mode % 2;
	return 0;
}

START_TEST(ten_thousand_spoilt_answers)
{
	int n = open_fds();

	for (d.spoil = 1; d.spoil <= 10000; d.spoil++) {
		struct if_nameindex *names;
		struct ifaddrs *ifa;
		struct ifreq ifr[2];
		struct ifconf ifc = { .ifc_len = sizeof(ifr), .ifc_req = ifr };
		struct stat st;
		size_t sum = 0;
		int fd;

		switch (d.spoil % 6) {
		case 0:
			content("some text\n");
			fd = open(PATH, O_RDONLY);
			if (fd >= 0)
				close(fd);
			break;
		case 1:
			stat_answer(S_IFREG | 0644, 3);
			stat(PATH, &st);
			break;
		case 2:
			devices();
			names = if_nameindex();
			if (names)
				if_freenameindex(names);
			break;
		case 3:
			devices();
			if (!getifaddrs(&ifa))
				freeifaddrs(ifa);
			break;
		case 4:
			addresses();
			ck_assert_int_ge(ifc.ifc_len, 0);
			if (!shim_ioctl(SIOCGIFCONF, &ifc))
				ck_assert_int_le(ifc.ifc_len, sizeof(ifr));
			break;
		default:
			d.answer_len = 0;
			for (int i = 0; i < 2; i++) {
				void *m = data_message();

				attr(m, GN_ATTR_NAME, "name", 5);
				attr(m, GN_ATTR_MODE, &(uint32_t){ S_IFREG }, 4);
			}
			done();
			shim_ctl_list("/proc/net", name_cb, &sum);
		}
	}
	none_is_left(n);
}
END_TEST

START_TEST(names_and_addresses)
{
	char name[IF_NAMESIZE];
	struct ifreq ifr[2];
	struct ifconf ifc = { .ifc_len = sizeof(ifr), .ifc_req = ifr };

	devices();
	ck_assert_uint_eq(if_nametoindex("eth0"), 2);
	ck_assert_str_eq(if_indextoname(1, name), "lo");
	errno = 0;
	ck_assert_uint_eq(if_nametoindex("eth1"), 0);
	ck_assert_int_eq(errno, ENODEV);
	errno = 0;
	ck_assert_ptr_null(if_indextoname(3, name));
	ck_assert_int_eq(errno, ENXIO);
	addresses();
	ck_assert_int_eq(shim_ioctl(SIOCGIFCONF, &ifc), 0);
	ck_assert_int_eq(ifc.ifc_len, sizeof(ifr[0]));
	ck_assert_str_eq(ifr[0].ifr_name, "eth0");
	ifc = (struct ifconf){ .ifc_len = 0, .ifc_buf = NULL };
	ck_assert_int_eq(shim_ioctl(SIOCGIFCONF, &ifc), 0);
	ck_assert_int_eq(ifc.ifc_len, sizeof(ifr[0]));
	ifc = (struct ifconf){ .ifc_len = sizeof(ifr[0]) - 1, .ifc_req = ifr };
	ck_assert_int_eq(shim_ioctl(SIOCGIFCONF, &ifc), 0);
	ck_assert_int_eq(ifc.ifc_len, 0);
}
END_TEST

/* --- directories --- */

START_TEST(directories_of_the_host_read_as_ever)
{
	struct dirent **v, *e;
	DIR *dir = opendir(d.dir);
	long where = 0;
	int n = 0, fd;

	ck_assert(dir);
	while ((e = readdir(dir))) {
		if (!strcmp(e->d_name, "s"))
			ck_assert_int_eq(e->d_type, DT_SOCK);
		if (++n == 1)
			where = telldir(dir);
	}
	ck_assert_int_eq(n, 3);
	seekdir(dir, where);
	for (n = 0; readdir(dir); n++)
		;
	ck_assert_int_eq(n, 2);
	rewinddir(dir);
	ck_assert(readdir(dir));
	fd = dirfd(dir);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(closedir(dir), 0);
	fails_with(fcntl(fd, F_GETFD), EBADF);
	ck_assert_int_eq(scandir(d.dir, &v, NULL, alphasort), 3);
	ck_assert_str_eq(v[2]->d_name, "s");
	for (int i = 0; i < 3; i++)
		free(v[i]);
	free(v);
	errno = 0;
	ck_assert_ptr_null(opendir("/nonexistent"));
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_ptr_null(fdopendir(STDIN_FILENO));
	ck_assert_int_eq(errno, ENOTDIR);
	ck_assert_ptr_null(fdopendir(-1));
	ck_assert_int_eq(errno, EBADF);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { a_path_is_the_stacks_by_any_name, a_relative_path_is_where_it_starts, reading_is_a_snapshot,
				       without_a_daemon_nothing_is_open, a_write_is_a_request, what_was_written_by_other_ways_is_handed_over,
				       a_descriptor_says_what_it_is_elsewhere, one_descriptor_for_both,
				       a_stream_is_opened_again, ten_thousand_spoilt_answers, names_and_addresses,
				       directories_of_the_host_read_as_ever, NULL };

	return suite_of("shim/files", setup, teardown, tests);
}
