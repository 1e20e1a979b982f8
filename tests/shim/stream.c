/* SPDX-License-Identifier: MIT */
/*
 * stream.c - writes a text to a file by stdio and ends without closing it: w FILE TEXT by fopen, r FILE TEXT by freopen of standard output
 */
#include <stdio.h>

int main(int argc, char **argv)
{
	FILE *f;

	if (argc != 4)
		return 2;
	f = *argv[1] == 'r' ? freopen(argv[2], "w", stdout) : fopen(argv[2], "w");
	if (!f) {
		perror(argv[2]);
		return 1;
	}
	fputs(argv[3], f);
	return 0;
}
