/* SPDX-License-Identifier: MIT */
/*
 * commands.c - the table of commands and their help
 *
 * Called by cli.c. Const. A command without a function is one that later versions have. The lists
 * are also what completion reads: a command stands behind two blanks.
 */
#include <string.h>

#include "cli/cli.h"

static const char global_help[] =
	"Everywhere: --json for programs, --help, --name NAME, --socket PATH.\n"
	"-n NAME and -s PATH are the same before the command. NAME is gn0 unless said otherwise.\n"
	"Exit status: 0 done, 1 the request failed, 2 wrong words, 3 no daemon reached.\n"
	"\n"
	"Examples:\n"
	"  # what is there, and does it lose anything?\n"
	"    glassnet addr\n"
	"    glassnet drops\n"
	"  # the counters of Linux, where Linux has them\n"
	"    glassnet cat /proc/net/snmp\n"
	"  # a second daemon\n"
	"    glassnet -n gn1 status\n";

static const char cat_help[] =
	"Files have the paths that they have on Linux. trace_pipe goes on until Ctrl-C.\n"
	"\n"
	"  glassnet cat /proc/net/snmp /proc/net/udp\n"
	"  glassnet cat /proc/sys/net/ipv4/ip_forward\n";

static const char ls_help[] =
	"Directories end with a slash. -l shows modes. Without PATH: the root.\n"
	"\n"
	"  glassnet ls /proc/net\n"
	"  glassnet ls -l /proc/sys/net/ipv4\n";

static const char write_help[] =
	"As `echo TEXT > PATH`; with -a (--append) as `echo TEXT >> PATH`.\n"
	"\n"
	"  glassnet write /proc/sys/net/ipv4/ip_forward 1\n";

static const char sysctl_help[] =
	"As sysctl(8). -a: all; -n: values only; -N: names only; -w: only KEY=VALUE is taken.\n"
	"\n"
	"  glassnet sysctl net.ipv4.ip_forward\n"
	"  glassnet sysctl -w net.ipv4.ip_forward=1\n"
	"  glassnet sysctl -aN\n";

static const char link_help[] =
	"As ip-link(8). -s: counters; -d: details.\n"
	"set: up, down, mtu N, address MAC, broadcast MAC, name NEW, txqueuelen N,\n"
	"     arp|multicast|allmulticast|promisc on|off\n"
	"add: type KIND [spec TEXT] [mtu N] [address MAC] [txqueuelen N] [up]\n"
	"\n"
	"  glassnet link -s show lo\n"
	"  glassnet link set gn0 mtu 1400\n"
	"  glassnet link set gn0 down\n";

static const char addr_help[] =
	"As ip-address(8). add: broadcast A.B.C.D|+|-, label NAME, scope S, peer A.B.C.D[/LEN],\n"
	"metric N, noprefixroute.\n"
	"\n"
	"  glassnet addr\n"
	"  glassnet addr add 10.0.0.2/24 dev gn0 broadcast +\n"
	"  glassnet addr del 10.0.0.2/24 dev gn0\n";

static const char route_help[] =
	"As ip-route(8).\n"
	"add: [TYPE] A.B.C.D[/LEN]|default [via GW] [dev DEV] [src A] [metric N] [mtu [lock] N]\n"
	"     [advmss N] [hoplimit N] [table T] [scope S] [proto P] [tos T] [onlink]\n"
	"TYPE: unicast, local, broadcast, multicast, blackhole, unreachable, prohibit, throw\n"
	"get: A.B.C.D [from A] [oif DEV] [iif DEV]\n"
	"\n"
	"  glassnet route add default via 10.99.0.1\n"
	"  glassnet route get 192.0.2.1\n"
	"  glassnet route add blackhole 10.0.0.0/8\n";

static const char neigh_help[] =
	"As ip-neighbour(8). add: lladdr MAC, nud STATE (permanent unless said otherwise).\n"
	"STATE: permanent, noarp, reachable, stale, delay, probe, failed, incomplete, none\n"
	"\n"
	"  glassnet neigh\n"
	"  glassnet neigh add 10.99.0.9 lladdr 02:00:00:00:00:09 dev gn0\n";

static const char ss_help[] =
	"As ss(8), but all sockets are shown. -u: UDP; -w: raw; -n: numbers for ports;\n"
	"-p: owner (user and inode); -m: memory. -t: there is no TCP yet.\n"
	"\n"
	"  glassnet ss -un\n";

static const char drops_help[] =
	"Each packet enters the books once and ends once. The line of a class adds up what became\n"
	"of its packets; below it stand what waits in queues and why others were dropped.\n"
	"Exit status 1 when the books do not balance. --reset: print, then count from zero.\n"
	"\n"
	"  glassnet drops\n"
	"  glassnet drops --json\n";

static const char status_help[] =
	"Exit status 0 when it serves. -v: all it says, as key=value lines.\n"
	"\n"
	"  glassnet status\n";

static const char dump_help[] =
	"What `glassnetd --config FILE` reads.\n"
	"\n"
	"  glassnet dump > glassnet.conf\n";

static const char stop_help[] =
	"Returns when the daemon has ended.\n"
	"\n"
	"  glassnet stop\n";

static const char run_help[] =
	"The program's IPv4 datagram sockets are the daemon's, those of its children, too.\n"
	"--calls: print its socket calls to standard error, as `strace -e network` does.\n"
	"--embedded SPEC: no daemon; the stack is in the program, on its own device:\n"
	"tap:NAME[,addr=CIDR][,gateway=IP][,mtu=N][,mac=MAC][,set=KEY=VALUE]...\n"
	"--strong: trap what does not come by names of libc; children that cannot be kept on the stack end by SIGSYS.\n"
	"--no-tcp: a TCP socket cannot be made, not even unused: for servers that do without.\n"
	"Exit status: the program's; 126 it cannot be run, 127 it was not found.\n"
	"\n"
	"  glassnet run nc -lu 5000\n"
	"  glassnet run --calls nc -lu 5000\n"
	"  glassnet run -n gn1 -- python3 server.py\n"
	"  glassnet run --embedded tap:gn0,addr=10.0.0.2/24 -- nc -lu 5000\n";

static const char trace_help[] =
	"The functions of the stack as the kernel's function_graph tracer shows its own, live or\n"
	"from a recording. `glassnet trace COMMAND --help` has the options and more examples.\n"
	"\n"
	"  # one datagram: every function from the interrupt to the return of recvfrom\n"
	"    glassnet trace graph -p 'udp port 7' -c 1\n"
	"  # five seconds for later; then what became of each packet, and one of them as a page\n"
	"    glassnet trace record -o /tmp/t --seconds 5\n"
	"    glassnet trace packets /tmp/t\n"
	"    glassnet trace view /tmp/t --format html -o t.html\n"
	"  # the files of the kernel's tracer are there, too\n"
	"    glassnet ls /sys/kernel/tracing\n";

static const char help_help[] =
	"  glassnet help route\n";

const struct command commands[] = {
	{
		.name = "cat",
		.args = "PATH...",
		.summary = "print files of the stack",
		.help = cat_help,
		.run = cmd_cat,
	},
	{
		.name = "ls",
		.args = "[-l] [PATH]",
		.summary = "list a directory of the stack",
		.help = ls_help,
		.run = cmd_ls,
	},
	{
		.name = "write",
		.args = "[-a] PATH TEXT",
		.summary = "write a line to a file of the stack",
		.help = write_help,
		.run = cmd_write,
	},
	{
		.name = "sysctl",
		.args = "[-w] [-n|-N] KEY[=VALUE]... | -a [-n|-N]",
		.summary = "read and set knobs",
		.help = sysctl_help,
		.run = cmd_sysctl,
	},
	{
		.name = "link",
		.args = "[-s] [-d] [show [DEV]] | set DEV ... | add NAME type KIND ... | del DEV",
		.summary = "devices",
		.help = link_help,
		.run = cmd_link,
	},
	{
		.name = "addr",
		.args = "[-s] [show [DEV]] | add|replace|change|del A.B.C.D[/LEN] dev DEV ...",
		.summary = "addresses",
		.help = addr_help,
		.run = cmd_addr,
	},
	{
		.name = "route",
		.args = "[show [table T|all] [dev DEV]] | get A.B.C.D ... | "
			"add|append|replace|change|del ...",
		.summary = "routes",
		.help = route_help,
		.run = cmd_route,
	},
	{
		.name = "neigh",
		.args = "[-s] [show [dev DEV] [nud STATE|all]] | "
			"add|replace|change|del A.B.C.D dev DEV ...",
		.summary = "neighbours",
		.help = neigh_help,
		.run = cmd_neigh,
	},
	{
		.name = "ss",
		.args = "[-u] [-w] [-t] [-n] [-p] [-m]",
		.summary = "sockets",
		.help = ss_help,
		.run = cmd_ss,
	},
	{
		.name = "drops",
		.args = "[--reset]",
		.summary = "the loss ledger: where packets ended",
		.help = drops_help,
		.run = cmd_drops,
	},
	{
		.name = "status",
		.args = "[-v]",
		.summary = "one line about the daemon's health",
		.help = status_help,
		.run = cmd_status,
	},
	{
		.name = "dump",
		.args = "",
		.summary = "the configuration as lines",
		.help = dump_help,
		.run = cmd_dump,
	},
	{
		.name = "stop",
		.args = "",
		.summary = "end the daemon",
		.help = stop_help,
		.run = cmd_stop,
	},
	{
		.name = "help",
		.args = "[COMMAND [SUBCOMMAND]]",
		.summary = "this list, or how a command is used",
		.help = help_help,
		.run = cmd_help,
	},
	{
		.name = "run",
		.args = "[-n NAME] [--embedded SPEC] [--calls] [--strong] [--no-tcp] [--] PROGRAM [ARG...]",
		.summary = "run a program on the stack",
		.help = run_help,
		.run = cmd_run,
	},
	{
		.name = "trace",
		.args = "graph|record|packets|view ...",
		.summary = "follow packets through the stack",
		.help = trace_help,
		.sub = trace_commands,
	},
	{
		.name = "explain",
		.args = "NAME",
		.summary = "what a counter, knob or reason means",
	},
	{
		.name = "doctor",
		.args = "",
		.summary = "which layer loses packets",
	},
	{
		.name = "watch",
		.args = "",
		.summary = "the places to watch, with rates",
	},
	{
		.name = "capture",
		.args = "...",
		.summary = "packets as pcapng or text",
	},
	{ .name = NULL },
};

static void usage(FILE *f, const struct command *cmd)
{
	bool built = cmd->run || cmd->sub;

	fprintf(f, "usage: glassnet [-n NAME] [-s SOCKET] [--json] %s%s%s\n", cmd->name,
		*cmd->args ? " " : "", cmd->args);
	fprintf(f, "%s%s\n\n", cmd->summary, built ? "" : " (not built yet)");
	for (const struct command *sub = cmd->sub; sub && sub->name; sub++)
		fprintf(f, "  %-8s %s%s\n%s", strrchr(sub->name, ' ') + 1, sub->summary,
			sub->run ? "" : " (not built yet)", sub[1].name ? "" : "\n");
	fputs(cmd->help ? cmd->help : "", f);
}

int cmd_help(struct cli *c, int argc, char **argv)
{
	const struct command *cmd = commands, *sub;

	if (argc < 2) {
		print_help(c, NULL);
		return CLI_OK;
	}
	while (cmd->name && strcmp(cmd->name, argv[1]))
		cmd++;
	if (!cmd->name)
		return cli_usage(c, "'%.40s' is no command", argv[1]);
	sub = argc > 2 ? command_sub(cmd, argv[2]) : cmd;
	if (argc > 3 || !sub)
		return cli_usage(c, "'%.40s' is one word too many", argv[sub ? 3 : 2]);
	print_help(c, sub);
	return CLI_OK;
}

void print_help(struct cli *c, const struct command *cmd)
{
	FILE *f = c->out.f;

	if (cmd) {
		usage(f, cmd);
		return;
	}
	fputs("usage: glassnet [-n NAME] [-s SOCKET] [--json] COMMAND ...\n"
	      "Look into a userspace TCP/IP stack, and configure it: glassnet(1).\n"
	      "\nCommands:\n", f);
	for (cmd = commands; cmd->name; cmd++)
		if (cmd->run || cmd->sub)
			fprintf(f, "  %-8s %s\n", cmd->name, cmd->summary);
	fputs("\nNot built yet:", f);
	for (cmd = commands; cmd->name; cmd++)
		if (!cmd->run && !cmd->sub)
			fprintf(f, " %s", cmd->name);
	fprintf(f, "\n\n%s", global_help);
}
