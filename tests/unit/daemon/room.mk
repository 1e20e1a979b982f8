# SPDX-License-Identifier: MIT
# Checks of the daemon. Two lines a program; its source is %D%/check_NAME.c:
# check_PROGRAMS += %D%/check_NAME
# %C%_check_NAME_LDADD = $(DAEMON_CHECK)
