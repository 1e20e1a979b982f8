/* SPDX-License-Identifier: MIT */
/*
 * check_calls.c - what --calls prints: the text of strace, the beginning of a call that waits, the file that it is for and no other
 */
#include "fake.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static int out;
static char text[8192];
static const struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = 0x8813 /* 5000 */ };

/* @pid: whose lines need no [pid N] */
static void settings(int fd, pid_t pid)
{
	struct stat st;
	char value[96];

	ck_assert_int_eq(fstat(fd, &st), 0);
	snprintf(value, sizeof(value), "%d:%llu:%llu:%d", fd, (unsigned long long)st.st_dev, (unsigned long long)st.st_ino, pid);
	ck_assert_int_eq(setenv("GLASSNET_CALLS", value, 1), 0);
}

/* Each test is a process of its own, and the environment is read at its first call. */
static void setup(void)
{
	fake_setup();
	out = memfd_create("calls", 0);
	ck_assert_int_ge(out, 0);
	settings(out, getpid());
}

static void teardown(void)
{
	fake_teardown();
	close(out);
}

/* All that was printed since the last look; the descriptors are put as N and M, pointers as P. */
static const char *printed(void)
{
	ssize_t n = pread(out, text, sizeof(text) - 1, 0);

	ck_assert_int_ge(n, 0);
	text[n] = '\0';
	ck_assert_int_eq(ftruncate(out, 0), 0);
	lseek(out, 0, SEEK_SET);
	return text;
}

static const char *line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static const char *line(const char *fmt, ...)
{
	static char buf[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	return buf;
}

static char while_waiting[256];

static void look(void)
{
	strcpy(while_waiting, printed());
}

START_TEST(the_three_calls_of_a_receiver)
{
	struct sockaddr_in from;
	socklen_t len = 128;
	char buf[64];

	fake.ret = fake.fd;
	ck_assert_int_eq(socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP), fake.fd);
	fake.ret = 0;
	ck_assert_int_eq(bind(fake.fd, (const struct sockaddr *)&any, sizeof(any)), 0);
	ck_assert_str_eq(printed(), line("socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) = %d\n"
					 "bind(%d, {sa_family=AF_INET, sin_port=htons(5000), sin_addr=inet_addr(\"0.0.0.0\")}, 16) = 0\n",
					 fake.fd, fake.fd));
	fake.data = "hello\n";
	fake.waits = look;
	ck_assert_int_eq(recvfrom(fake.fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len), 6);
	ck_assert_str_eq(while_waiting, line("recvfrom(%d, ", fake.fd));
	ck_assert_str_eq(printed(), "\"hello\\n\", 64, 0, {sa_family=AF_INET, sin_port=htons(7), sin_addr=inet_addr(\"10.0.0.1\")}, "
				    "[128 => 16]) = 6\n");
}
END_TEST

START_TEST(words_and_errors)
{
	int one = 1;
	socklen_t four = 4;
	char buf[4];

	ck_assert_int_eq(setsockopt(fake.fd, SOL_SOCKET, SO_REUSEADDR, &one, 4), 0);
	ck_assert_str_eq(printed(), line("setsockopt(%d, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0\n", fake.fd));
	ck_assert_int_eq(getsockopt(fake.fd, SOL_IP, IP_TTL, &one, &four), 0);
	ck_assert_str_eq(printed(), line("getsockopt(%d, SOL_IP, IP_TTL, [42], [4]) = 0\n", fake.fd));
	ck_assert_int_eq(socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), -1);
	ck_assert_str_eq(printed(), "socket(AF_INET6, SOCK_DGRAM|SOCK_CLOEXEC|SOCK_NONBLOCK, IPPROTO_IP) = -1 EAFNOSUPPORT "
				    "(Address family not supported by protocol)\n");
	fake.left = 0;
	fake.ret = -EAGAIN;
	ck_assert_int_eq(recv(fake.fd, buf, 4, MSG_DONTWAIT | MSG_TRUNC | 0x100000), -1);
	ck_assert_str_eq(printed(), line("recvfrom(%d, %p, 4, MSG_TRUNC|MSG_DONTWAIT|0x100000, NULL, NULL) = -1 EAGAIN "
					 "(Resource temporarily unavailable)\n", fake.fd, (void *)buf));
	fake.ret = 0;
	ck_assert_int_eq(setsockopt(fake.fd, SOL_SOCKET, 999, &one, 4), 0);
	ck_assert_str_eq(printed(), line("setsockopt(%d, SOL_SOCKET, 0x3e7, [42], 4) = 0\n", fake.fd));
	ck_assert_int_eq(shutdown(fake.fd, SHUT_RDWR), 0);
	ck_assert_str_eq(printed(), line("shutdown(%d, SHUT_RDWR) = 0\n", fake.fd));
	ck_assert_int_eq(ioctl(fake.fd, FIONREAD, &one), 0);
	ck_assert_str_eq(printed(), line("ioctl(%d, FIONREAD, %p) = 0\n", fake.fd, (void *)&one));
}
END_TEST

START_TEST(data_is_shown_and_cut)
{
	struct iovec iov[2] = { { (char[]){ "ab" }, 2 }, { (char[]){ "cd" }, 2 } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };

	ck_assert_int_eq(send(fake.fd, "\0001\1\377\"\\\t", 7, 0), 7);
	ck_assert_str_eq(printed(), line("sendto(%d, \"\\0001\\1\\377\\\"\\\\\\t\", 7, 0, NULL, 0) = 7\n", fake.fd));
	ck_assert_int_eq(write(fake.fd, "0123456789012345678901234567890123456789", 40), 40);
	ck_assert_str_eq(printed(), line("write(%d, \"01234567890123456789012345678901\"..., 40) = 40\n", fake.fd));
	ck_assert_int_eq(sendmsg(fake.fd, &msg, MSG_NOSIGNAL), 4);
	ck_assert_str_eq(printed(), line("sendmsg(%d, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base=\"ab\", iov_len=2}, {iov_base=\"cd\", "
					 "iov_len=2}], msg_iovlen=2, msg_controllen=0, msg_flags=0}, MSG_NOSIGNAL) = 4\n", fake.fd));
	fake.data = "wxy";
	ck_assert_int_eq(readv(fake.fd, iov, 2), 3);
	ck_assert_str_eq(printed(), line("readv(%d, [{iov_base=\"wx\", iov_len=2}, {iov_base=\"y\", iov_len=2}], 2) = 3\n", fake.fd));
}
END_TEST

START_TEST(files_of_others_are_silent)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);
	int p[2], s[2];
	char c;

	ck_assert_int_eq(pipe(p), 0);
	ck_assert_int_eq(write(p[1], "x", 1), 1);
	ck_assert_int_eq(read(p[0], &c, 1), 1);
	ck_assert_str_eq(printed(), "");
	/* but sockets are not */
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	ck_assert_int_eq(getsockname(s[0], (struct sockaddr *)&addr, &len), 0);
	ck_assert_str_eq(printed(), line("getsockname(%d, {sa_family=AF_UNIX}, [128 => 2]) = 0\n", s[0]));
}
END_TEST

static void interrupted(void)
{
	fake.waits = NULL;
	send(fake.fd, "s", 1, 0);
}

START_TEST(a_call_within_a_call)
{
	char buf[8];

	fake.data = "r";
	fake.waits = interrupted;
	ck_assert_int_eq(recv(fake.fd, buf, 8, 0), 1);
	ck_assert_str_eq(printed(), line("recvfrom(%d,  <unfinished ...>\nsendto(%d, \"s\", 1, 0, NULL, 0) = 1\n"
					 "<... recvfrom resumed>\"r\", 8, 0, NULL, NULL) = 1\n", fake.fd, fake.fd));
}
END_TEST

START_TEST(another_process_is_named)
{
	settings(out, 1);
	ck_assert_int_eq(shutdown(fake.fd, SHUT_RD), 0);
	ck_assert_str_eq(printed(), line("[pid %d] shutdown(%d, SHUT_RD) = 0\n", getpid(), fake.fd));
}
END_TEST

START_TEST(a_file_that_took_the_number_gets_nothing)
{
	int other = memfd_create("other", 0), err = dup(STDERR_FILENO);
	int keep = dup(out);
	struct stat st;

	/* the program closed what it did not know, and opened a file of its own there */
	ck_assert_int_eq(dup2(other, out), out);
	ck_assert_int_eq(shutdown(fake.fd, SHUT_RD), 0);
	ck_assert_int_eq(fstat(other, &st), 0);
	ck_assert_int_eq(st.st_size, 0);
	/* standard error, when it is the file */
	ck_assert_int_eq(dup2(keep, STDERR_FILENO), STDERR_FILENO);
	ck_assert_int_eq(shutdown(fake.fd, SHUT_WR), 0);
	ck_assert_int_eq(dup2(err, STDERR_FILENO), STDERR_FILENO);
	ck_assert_int_eq(dup2(keep, out), out);
	ck_assert_str_eq(printed(), line("shutdown(%d, SHUT_WR) = 0\n", fake.fd));
}
END_TEST

static const char *const wrong[] = { "", ":", "3", "3:1", "3:1:1", "3:1:1:", "x:1:1:1", "3:1:1:1x", "99999999999999999999999:1:1:1", "-1:1:1:1" };

START_TEST(settings_that_make_no_sense_print_nothing)
{
	setenv("GLASSNET_CALLS", wrong[_i], 1);
	ck_assert_int_eq(shutdown(fake.fd, SHUT_RD), 0);
	ck_assert_str_eq(printed(), "");
	ck_assert_str_eq(said(), "shutdown(0) ");
}
END_TEST

START_TEST(a_line_that_is_too_long_ends)
{
	struct iovec iov[8];
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 8 };
	char data[64];
	const char *s;

	memset(data, 1, sizeof(data));
	for (int i = 0; i < 8; i++)
		iov[i] = (struct iovec){ data, sizeof(data) };
	memset(data + 1, 0377, sizeof(data) - 1);
	for (int i = 0; i < 3; i++)
		ck_assert_int_gt(sendmsg(fake.fd, &msg, 0), 0);
	s = printed();
	ck_assert_int_eq(s[strlen(s) - 1], '\n');
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { the_three_calls_of_a_receiver, words_and_errors, data_is_shown_and_cut, files_of_others_are_silent,
				       a_call_within_a_call, another_process_is_named, a_file_that_took_the_number_gets_nothing,
				       a_line_that_is_too_long_ends, NULL };
	Suite *s = suite_of("shim/calls", setup, teardown, tests);
	TCase *tc = tcase_create("settings");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, settings_that_make_no_sense_print_nothing, 0, sizeof(wrong) / sizeof(wrong[0]));
	suite_add_tcase(s, tc);
	return s;
}
