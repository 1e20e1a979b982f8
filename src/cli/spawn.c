/* SPDX-License-Identifier: MIT */
/*
 * spawn.c - other programs: started without a shell, waited for with a limit
 *
 * Theory of operation
 *   Signals are blocked and taken one by one by spawn_signal(), so that waiting for a program,
 *   for time and for Ctrl-C is one wait. A tool has a process group of its own: Ctrl-C on the
 *   terminal is ours to pass on. It is told to end when this process does, however that
 *   happens. What it prints goes to a file in memory, shown only when it fails.
 *   Called by: lttng.c, trace_record.c. Owns: nothing.
 * Threads: one; so fork() is safe.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/lttng.h"

static void child(char *const argv[], unsigned flags, pid_t parent, int log, int report)
	__attribute__((noreturn));

static void signals(sigset_t *set)
{
	static const int sig[] = { SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGUSR1 };

	sigemptyset(set);
	for (size_t i = 0; i < sizeof(sig) / sizeof(sig[0]); i++)
		sigaddset(set, sig[i]);
}

void spawn_begin(void)
{
	sigset_t set;

	signals(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

/* --- start --- */

pid_t spawn(char *const argv[], unsigned flags, int *ret_log)
{
	int report[2], log = -1, error = 0;
	pid_t parent = getpid(), pid;

	if (flags & SPAWN_TOOL) {
		log = memfd_create("log", MFD_CLOEXEC);
		if (log < 0)
			return -errno;
	}
	if (pipe2(report, O_CLOEXEC) < 0) {
		error = errno;
		if (log >= 0)
			close(log);
		return -error;
	}
	pid = fork();
	if (!pid)
		child(argv, flags, parent, log, report[1]);
	error = pid < 0 ? errno : 0;
	close(report[1]);
	/* exec() closes the other end; when it fails, the reason comes */
	if (pid > 0 && read(report[0], &error, sizeof(error)) == (ssize_t)sizeof(error))
		waitpid(pid, NULL, 0);
	close(report[0]);
	if (error) {
		if (log >= 0)
			close(log);
		return -error;
	}
	if (ret_log)
		*ret_log = log;
	return pid;
}

static void child(char *const argv[], unsigned flags, pid_t parent, int log, int report)
{
	sigset_t set;

	if (flags & SPAWN_TOOL) {
		int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

		setpgid(0, 0);
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent)
			_exit(1);
		dup2(null, STDIN_FILENO);
		dup2(log, STDOUT_FILENO);
		dup2(log, STDERR_FILENO);
	}
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	execvp(argv[0], argv);
	if (write(report, &errno, sizeof(errno)) < 0)
		_exit(126);
	_exit(127);
}

/* --- wait --- */

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

int spawn_signal(int ms)
{
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };
	sigset_t set;
	int sig;

	signals(&set);
	sig = sigtimedwait(&set, NULL, &ts);
	return sig > 0 ? sig : 0;
}

bool spawn_ended(pid_t pid, int *ret_status)
{
	return waitpid(pid, ret_status, WNOHANG) != 0;
}

bool spawn_wait(pid_t pid, int ms)
{
	int64_t end = now_ms() + ms;
	int status = 0;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	while (!spawn_ended(pid, &status)) {
		int64_t left = end - now_ms();
		struct timespec ts = { .tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000L };

		if (left <= 0) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return false;
		}
		sigtimedwait(&set, NULL, &ts); /* others, as Ctrl-C, stay for later */
	}
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

void spawn_stop(pid_t *pid)
{
	if (*pid <= 0)
		return;
	kill(*pid, SIGTERM);
	spawn_wait(*pid, 10000);
	*pid = 0;
}

char *spawn_output(int log)
{
	off_t len = lseek(log, 0, SEEK_END);
	size_t size = len > 0 ? (size_t)len : 0;
	char *text;

	if (size > 1 << 20)
		size = 1 << 20;
	text = calloc(1, size + 1);
	if (text && pread(log, text, size, 0) < 0)
		text[0] = '\0';
	close(log);
	return text;
}
