# SPDX-License-Identifier: MIT
# Checks of the daemon, with those of its files that a check needs.
check_PROGRAMS += %D%/check_ctl
%C%_check_ctl_SOURCES = %D%/check_ctl.c
%C%_check_ctl_SOURCES += src/daemon/ctl.c
%C%_check_ctl_SOURCES += src/daemon/ctl_req.c
%C%_check_ctl_SOURCES += src/daemon/dump.c
%C%_check_ctl_SOURCES += src/daemon/lttng.c
%C%_check_ctl_SOURCES += src/daemon/trace_thread.c
%C%_check_ctl_CPPFLAGS = $(glassnetd_CPPFLAGS)
%C%_check_ctl_CFLAGS = $(AM_CFLAGS) $(CK_CFLAGS) $(URCU_CFLAGS) $(NL_CFLAGS)
%C%_check_ctl_LDADD = $(DAEMON_CHECK)
