# SPDX-License-Identifier: MIT
# Checks of src/chan: on whole nets, for a socket needs all that is below it.
EXTRA_DIST += %D%/chanfix.h
check_PROGRAMS += %D%/check_chan
%C%_check_chan_LDADD = $(STACK_CHECK)
check_PROGRAMS += %D%/check_hostile
%C%_check_hostile_LDADD = $(STACK_CHECK)
check_PROGRAMS += %D%/check_netlink
%C%_check_netlink_LDADD = $(STACK_CHECK)
