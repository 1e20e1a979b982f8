# SPDX-License-Identifier: MIT
# Checks of src/chan: on whole nets, for a socket needs all that is below it.
check_PROGRAMS += %D%/check_chan
%C%_check_chan_LDADD = $(STACK_CHECK)
