/* SPDX-License-Identifier: MIT */
/*
 * run.c - a program on the stack: its sockets are the daemon's
 *
 * Theory of operation
 *   The program replaces this process; what it finds there is an environment: LD_PRELOAD names the preload library (src/shim),
 *   GLASSNET_SOCKET where the daemon is, GLASSNET_CALLS where --calls prints; GLASSNET_NO_TCP is there with --no-tcp. Its
 *   children inherit all that.
 *   With --embedded the library is the one with the stack inside (src/embed), GLASSNET_EMBEDDED says with which device, and there is no daemon.
 *   GLASSNET_STRONG is there with --strong: what the library does then, src/shim/strong.c says. A program that it cannot reach is refused.
 *   The library is the one of the build tree that this command lies in, else the installed one.
 *   A program that the library cannot reach works on the host's network without a word of its own, so it is looked at before: one that
 *   is linked statically, and one that runs with more rights than its caller, for which the loader takes no libraries from anybody.
 *   Called by: commands.c. Owns: nothing.
 * Threads: one.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cli/cli.h"

/* a library: where it lies in the build tree, and its name */
#define LIBRARY "shim", "libglassnet-preload.so"
#define EMBEDDED "embed", "libglassnet-embedded.so"
#define CALLS_FD 100 /* or the next free one: out of the way of programs */

enum { RUN_NOT_EXECUTABLE = 126, RUN_NOT_FOUND };

static int program_find(const char *name, char path[PATH_MAX]);
static const char *program_look(const char *path, unsigned depth);
static int library_find(struct cli *c, const char *room, const char *name, char path[PATH_MAX]);
static int environment(struct cli *c, const char *library, const char *embedded);
static int calls_environment(struct cli *c, bool calls);

int cmd_run(struct cli *c, int argc, char **argv)
{
	char path[PATH_MAX], library[PATH_MAX];
	const char *why, *embedded = NULL;
	bool calls = false, no_tcp = false, strong = false;
	int i, status;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		if (!strcmp(argv[i], "--")) {
			i++;
			break;
		}
		if (!strcmp(argv[i], "--embedded") && i + 1 < argc)
			embedded = argv[++i];
		else if (!strncmp(argv[i], "--embedded=", 11))
			embedded = argv[i] + 11;
		else if (!strcmp(argv[i], "--calls"))
			calls = true;
		else if (!strcmp(argv[i], "--no-tcp"))
			no_tcp = true;
		else if (!strcmp(argv[i], "--strong"))
			strong = true;
		else
			return cli_usage(c, "'%.40s' is none of: -n NAME, -s SOCKET, --calls, --embedded SPEC, --no-tcp, --strong", argv[i]);
	}
	if (i >= argc)
		return cli_usage(c, "a program is missing");
	if (strong && embedded)
		return cli_usage(c, "--strong is not for --embedded");
	status = program_find(argv[i], path);
	if (status)
		return cli_fail(c, status, "%s: %s", argv[i], strerror(errno));
	status = embedded ? library_find(c, EMBEDDED, library) : library_find(c, LIBRARY, library);
	if (!status && !embedded)
		status = cli_ask(c, conn_request(GN_CTL_STATUS), NULL, NULL);
	if (!status)
		status = environment(c, library, embedded);
	if (!status)
		status = calls_environment(c, calls);
	if (!status && (no_tcp ? setenv("GLASSNET_NO_TCP", "1", 1) : unsetenv("GLASSNET_NO_TCP")))
		status = cli_fail(c, CLI_FAILED, "no memory");
	if (!status && (strong ? setenv("GLASSNET_STRONG", "1", 1) : unsetenv("GLASSNET_STRONG")))
		status = cli_fail(c, CLI_FAILED, "no memory");
	if (status)
		return status;
	why = program_look(path, 0);
	if (why && strong)
		return cli_fail(c, CLI_FAILED, "%s %s: --strong cannot keep it on the stack", path, why);
	if (why)
		cli_fail(c, CLI_OK, "warning: %s %s: it uses the host's network, not the stack", path, why);
	conn_close(&c->conn);
	c->connected = false;
	fflush(c->err);
	signal(SIGPIPE, SIG_DFL);
	execv(path, argv + i);
	status = errno == ENOENT ? RUN_NOT_FOUND : RUN_NOT_EXECUTABLE;
	return cli_fail(c, status, "%s: %s", path, strerror(errno));
}

/* --- the program --- */

static int executable(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return errno == ENOENT || errno == ENOTDIR ? RUN_NOT_FOUND : RUN_NOT_EXECUTABLE;
	if (!S_ISREG(st.st_mode)) {
		errno = S_ISDIR(st.st_mode) ? EISDIR : EACCES;
		return RUN_NOT_EXECUTABLE;
	}
	return access(path, X_OK) ? RUN_NOT_EXECUTABLE : 0;
}

/* As a shell finds it: 0, or the exit status and errno that a shell would have. */
static int program_find(const char *name, char path[PATH_MAX])
{
	const char *dirs = getenv("PATH"), *end;
	int status = RUN_NOT_FOUND, error = ENOENT;

	if (strchr(name, '/')) {
		if (strlen(name) >= PATH_MAX) {
			errno = ENAMETOOLONG;
			return RUN_NOT_FOUND;
		}
		strcpy(path, name);
		return executable(path);
	}
	for (dirs = dirs ? dirs : "/usr/bin:/bin"; *name; dirs = end + 1) {
		int n, ret;

		end = strchrnul(dirs, ':');
		n = snprintf(path, PATH_MAX, "%.*s%s%s", (int)(end - dirs), dirs, end > dirs ? "/" : "./", name);
		ret = n < PATH_MAX ? executable(path) : RUN_NOT_FOUND;
		if (!ret)
			return 0;
		if (ret == RUN_NOT_EXECUTABLE && status == RUN_NOT_FOUND) {
			status = ret;
			error = errno;
		}
		if (!*end)
			break;
	}
	errno = error;
	return status;
}

/* Has the file a dynamic loader? Also true for what cannot be read or is no ELF file of this machine: exec will tell. */
static bool has_loader(const char *head, ssize_t n)
{
	const Elf64_Ehdr *eh = (const void *)head;

	if (n < (ssize_t)sizeof(*eh) || memcmp(eh->e_ident, ELFMAG, SELFMAG) || eh->e_ident[EI_CLASS] != ELFCLASS64 ||
	    eh->e_phentsize != sizeof(Elf64_Phdr))
		return true;
	for (unsigned i = 0; i < eh->e_phnum; i++) {
		Elf64_Phdr ph;
		size_t at = eh->e_phoff + i * sizeof(ph);

		if (at > (size_t)n - sizeof(ph) || eh->e_phoff > (size_t)n)
			return true;
		memcpy(&ph, head + at, sizeof(ph));
		if (ph.p_type == PT_INTERP)
			return true;
	}
	return false;
}

/* Why the library will not be in the program, or NULL. For a script it is its interpreter that counts. */
static const char *program_look(const char *path, unsigned depth)
{
	union {
		Elf64_Ehdr align;
		char s[4096];
	} head;
	struct stat st;
	ssize_t n = -1;
	char *word, *end;
	int fd;

	if (!stat(path, &st)) {
		if ((st.st_mode & S_ISUID && st.st_uid != getuid()) || (st.st_mode & S_ISGID && st.st_gid != getgid()))
			return "runs with the rights of another user";
		if (geteuid() && getxattr(path, "security.capability", NULL, 0) > 0)
			return "has capabilities of its own";
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, head.s, sizeof(head.s) - 1);
		close(fd);
	}
	if (n < 3)
		return NULL;
	if (memcmp(head.s, "#!", 2))
		return has_loader(head.s, n) ? NULL : "is linked statically";
	head.s[n] = '\0';
	word = head.s + 2 + strspn(head.s + 2, " \t");
	end = word + strcspn(word, " \t\n");
	*end = '\0';
	return *word && depth < 4 ? program_look(word, depth + 1) : NULL;
}

/* --- the environment --- */

static int library_find(struct cli *c, const char *room, const char *name, char path[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX / 2);
	char *slash;

	if (n > 0) {
		path[n] = '\0';
		slash = strrchr(path, '/');
		sprintf(slash ? slash : path, "/src/%s/.libs/%s", room, name);
		if (!access(path, R_OK))
			return CLI_OK;
	}
	snprintf(path, PATH_MAX, PKGLIBDIR "/%s", name);
	if (!access(path, R_OK))
		return CLI_OK;
	return cli_fail(c, CLI_FAILED, "no %s: %s", path, strerror(errno));
}

/* In front of what is there: 0 or -1. */
static int preload(const char *library)
{
	const char *old = getenv("LD_PRELOAD");
	char *all = NULL;
	int ret;

	if (!old || !*old)
		return setenv("LD_PRELOAD", library, 1);
	if (asprintf(&all, "%s:%s", library, old) < 0)
		return -1;
	ret = setenv("LD_PRELOAD", all, 1);
	free(all);
	return ret;
}

static int environment(struct cli *c, const char *library, const char *embedded)
{
	char given[108], path[PATH_MAX];

	if (strpbrk(library, ": \t\n"))
		return cli_fail(c, CLI_FAILED, "the loader takes no library whose path has blanks or colons: %s", library);
	if (embedded) {
		unsetenv("GLASSNET_SOCKET");
		return setenv("GLASSNET_EMBEDDED", embedded, 1) || preload(library) ? cli_fail(c, CLI_FAILED, "no memory") : CLI_OK;
	}
	unsetenv("GLASSNET_EMBEDDED");
	if (cli_socket_path(c, given, sizeof(given)) || !realpath(given, path))
		return cli_fail(c, CLI_UNREACHED, "%s: %s", given, strerror(errno));
	if (setenv("GLASSNET_SOCKET", path, 1) || preload(library))
		return cli_fail(c, CLI_FAILED, "no memory");
	return CLI_OK;
}

/* A descriptor of standard error that the program's own do not meet, what file it is, and who needs no [pid N]. */
static int calls_environment(struct cli *c, bool calls)
{
	struct stat st;
	char text[96];
	int fd;

	if (!calls) {
		unsetenv("GLASSNET_CALLS");
		return CLI_OK;
	}
	fd = fcntl(STDERR_FILENO, F_DUPFD, CALLS_FD);
	if (fd < 0 && errno == EINVAL) /* fewer are allowed */
		fd = dup(STDERR_FILENO);
	if (fd < 0 || fstat(fd, &st))
		return cli_fail(c, CLI_FAILED, "--calls: standard error: %s", strerror(errno));
	snprintf(text, sizeof(text), "%d:%llu:%llu:%d", fd, (unsigned long long)st.st_dev, (unsigned long long)st.st_ino, (int)getpid());
	if (setenv("GLASSNET_CALLS", text, 1))
		return cli_fail(c, CLI_FAILED, "no memory");
	return CLI_OK;
}
