# SPDX-License-Identifier: MIT
# Checks of src/netfilter: linked with it and the floors below only. Two lines a program; its source is %D%/check_NAME.c.
check_PROGRAMS += %D%/check_core
%C%_check_core_LDADD = $(NETFILTER_CHECK)
