# SPDX-License-Identifier: MIT
# Checks of the cli. Two lines a program; its source is %D%/check_NAME.c:
# check_PROGRAMS += %D%/check_NAME
# %C%_check_NAME_LDADD = $(CLI_CHECK)
check_PROGRAMS += %D%/check_cli
%C%_check_cli_LDADD = $(CLI_CHECK)
%C%_check_cli_CFLAGS = $(AM_CFLAGS) $(NL_CFLAGS)
check_PROGRAMS += %D%/check_show
%C%_check_show_LDADD = $(CLI_CHECK)
%C%_check_show_CFLAGS = $(AM_CFLAGS) $(NL_CFLAGS)
check_PROGRAMS += %D%/check_trace
%C%_check_trace_LDADD = $(CLI_CHECK)
%C%_check_trace_CFLAGS = $(AM_CFLAGS) $(NL_CFLAGS)
check_PROGRAMS += %D%/check_trace_live
%C%_check_trace_live_LDADD = $(CLI_CHECK)
%C%_check_trace_live_CFLAGS = $(AM_CFLAGS) $(NL_CFLAGS)
check_PROGRAMS += %D%/check_trace_view
%C%_check_trace_view_LDADD = $(CLI_CHECK)
%C%_check_trace_view_CFLAGS = $(AM_CFLAGS) $(NL_CFLAGS)
EXTRA_DIST += %D%/fake.h
EXTRA_DIST += %D%/records.h
