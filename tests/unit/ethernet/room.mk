# SPDX-License-Identifier: MIT
# Checks of src/ethernet: linked with it and the floors below only. Two lines a program; its source is %D%/check_NAME.c.
check_PROGRAMS += %D%/check_eth
%C%_check_eth_LDADD = $(ETHERNET_CHECK)
