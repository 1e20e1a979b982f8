/* SPDX-License-Identifier: MIT */
#ifndef CLI_CLI_H
#define CLI_CLI_H
/*
 * cli.h - what the commands of glassnet share: options, the connection, lists of messages
 *
 * A command is a row of the table in commands.c and a function; it returns the exit status of the
 * program. It asks through cli_ask() and cli_dump(), which connect when first used and report what
 * goes wrong. Everything is printed to c->out.f and c->err.
 */
#include <sys/socket.h>

#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/conn.h"
#include "cli/out.h"

enum { CLI_OK, CLI_FAILED, CLI_USAGE, CLI_UNREACHED };

/* Copies of messages, in the order in which they came. */
struct msg_list {
	struct nlmsghdr **m;
	size_t n, size;
};

struct cli {
	const char *name, *socket; /* of -n and -s; NULL: not given */
	const char *command;	   /* begins each error */
	struct out out;
	FILE *err;
	struct conn conn;
	int pause_ms; /* before books that do not balance are asked for again */
	bool connected, have_links;
	struct msg_list links; /* RTM_NEWLINK, see cli_links() */
};

struct command {
	const char *name, *args, *summary;
	const char *help; /* lines behind the usage: options and examples */
	/* argv[0] is the command's last word; NULL: later versions have it, or it is one of @sub */
	int (*run)(struct cli *c, int argc, char **argv);
	const struct command *sub; /* "trace graph", "trace view"; ends with a NULL name */
};

extern const struct command commands[]; /* ends with a NULL name */
extern const struct command trace_commands[];

/** command_sub() - the row of @cmd->sub whose last word is @word, or NULL */
const struct command *command_sub(const struct command *cmd, const char *word);

/** cli_main() - the program without its process: options, command, exit status */
int cli_main(struct cli *c, int argc, char **argv);

/** cli_fini() - close and free what a command left */
void cli_fini(struct cli *c);

/** cli_socket_path() - where the daemon of these options listens: 0 or -ENAMETOOLONG */
int cli_socket_path(const struct cli *c, char *buf, size_t size);

/** cli_fail() - "glassnet: COMMAND: text" to standard error; returns @status */
int cli_fail(struct cli *c, int status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** cli_usage() - the text, then how the command is called; returns CLI_USAGE */
int cli_usage(struct cli *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** cli_ask() - conn_ask() that connects, reports, and frees @msg (NULL: no memory): exit status */
int cli_ask(struct cli *c, struct nl_msg *msg, conn_cb cb, void *arg);

/** cli_dump() - all answers to a RTM_GET* with header @hdr into @list, or none: an exit status */
int cli_dump(struct cli *c, int type, const void *hdr, size_t len, struct msg_list *list);

/** cli_pause() - wait; false: nobody reads standard output any more */
bool cli_pause(struct cli *c, int ms);

/** msg_list_cb() - a conn_cb that keeps copies in the struct msg_list @arg */
int msg_list_cb(void *arg, const struct nlmsghdr *nlh);
void msg_list_free(struct msg_list *list);

/** cli_links() - the devices into c->links, once: an exit status */
int cli_links(struct cli *c);

/** cli_ifname() - the name of device @index, or "ifN" in @buf (of c->links) */
const char *cli_ifname(struct cli *c, int index, char buf[IFNAMSIZ]);

/** cli_ifindex() - a line_names callback: @ctx is the struct cli; 0 when there is none */
int cli_ifindex(void *ctx, const char *name);

/** cli_line() - compile words as a line of configuration, and send it: an exit status */
int cli_line(struct cli *c, int argc, char **argv);

/** rt_attrs() - attributes of a rtnetlink message of @type with a header of @len: 0 or -EPROTO */
int rt_attrs(const struct nlmsghdr *nlh, int type, size_t len, struct nlattr **tb, int max);

/* Attributes that may lie about their size: NULL or @other when they do. */
const char *rt_str(const struct nlattr *a, char *buf, size_t size); /* printable */
uint32_t rt_u32(const struct nlattr *a, uint32_t other);
const char *rt_ip(const struct nlattr *a, char buf[16]); /* INET_ADDRSTRLEN */
const char *rt_lladdr(const struct nlattr *a, char buf[96]);

/* The commands. */
int cmd_cat(struct cli *c, int argc, char **argv);
int cmd_ls(struct cli *c, int argc, char **argv);
int cmd_write(struct cli *c, int argc, char **argv);
int cmd_sysctl(struct cli *c, int argc, char **argv);
int cmd_link(struct cli *c, int argc, char **argv);
int cmd_addr(struct cli *c, int argc, char **argv);
int cmd_route(struct cli *c, int argc, char **argv);
int cmd_neigh(struct cli *c, int argc, char **argv);
int cmd_ss(struct cli *c, int argc, char **argv);
int cmd_drops(struct cli *c, int argc, char **argv);
int cmd_status(struct cli *c, int argc, char **argv);
int cmd_dump(struct cli *c, int argc, char **argv);
int cmd_stop(struct cli *c, int argc, char **argv);
int cmd_help(struct cli *c, int argc, char **argv);
int cmd_run(struct cli *c, int argc, char **argv);
int cmd_trace_graph(struct cli *c, int argc, char **argv);
int cmd_trace_record(struct cli *c, int argc, char **argv);
int cmd_trace_packets(struct cli *c, int argc, char **argv);
int cmd_trace_view(struct cli *c, int argc, char **argv);

/** print_help() - usage, summary, options and examples of @cmd; NULL: the list of commands */
void print_help(struct cli *c, const struct command *cmd);

/** print_link() - the first lines of a device, as link and addr show them */
void print_link(struct cli *c, const struct nlmsghdr *nlh, struct nlattr **tb, bool mode);

/** write_file() - @len bytes of @text into the stack's file @path, as `echo TEXT > PATH`: exit status */
int write_file(struct cli *c, const char *path, const char *text, size_t len);

/** read_file() - the content of the stack's file @path, malloc()ed, terminated: exit status */
int read_file(struct cli *c, const char *path, char **ret_text, size_t *ret_len);

#endif
