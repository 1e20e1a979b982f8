/* SPDX-License-Identifier: MIT */
/*
 * main.c - the command glassnet: the process around cli_main()
 *
 * A reader that goes away (glassnet ... | head) ends the output quietly; output that cannot be
 * written (a full disk) is a failure. Colours only where standard output is a terminal and
 * NO_COLOR is not set.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

int main(int argc, char **argv)
{
	const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");
	struct cli c = { .out = { .f = stdout }, .err = stderr,
			 .pause_ms = 20 };
	int status;

	signal(SIGPIPE, SIG_IGN);
	c.out.colour = isatty(STDOUT_FILENO) && !(no_colour && *no_colour) && term &&
		       strcmp(term, "dumb");
	status = cli_main(&c, argc, argv);
	cli_fini(&c);
	errno = 0;
	if ((fflush(stdout) || ferror(stdout)) && errno && errno != EPIPE) {
		fprintf(stderr, "glassnet: standard output: %s\n", strerror(errno));
		return status ? status : CLI_FAILED;
	}
	return status;
}
