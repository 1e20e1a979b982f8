# SPDX-License-Identifier: MIT
# Checks of src/line. Two lines a program; its source is %D%/check_NAME.c:
check_PROGRAMS += %D%/check_line
%C%_check_line_LDADD = $(LINE_CHECK)
%C%_check_line_CFLAGS = $(AM_CFLAGS) $(NL_CFLAGS)
