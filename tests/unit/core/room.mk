# SPDX-License-Identifier: MIT
# Checks of src/core: linked with it and the floors below only. Two lines a program; its source is %D%/check_NAME.c:
# check_PROGRAMS += %D%/check_NAME
# %C%_check_NAME_LDADD = $(CORE_CHECK)
EXTRA_DIST += %D%/testdev.h
check_PROGRAMS += %D%/check_napi
%C%_check_napi_LDADD = $(CORE_CHECK)
check_PROGRAMS += %D%/check_dev_rx
%C%_check_dev_rx_LDADD = $(CORE_CHECK)
check_PROGRAMS += %D%/check_dev_tx
%C%_check_dev_tx_LDADD = $(CORE_CHECK)
check_PROGRAMS += %D%/check_skb_data
%C%_check_skb_data_LDADD = $(CORE_CHECK)
check_PROGRAMS += %D%/check_skbuff
%C%_check_skbuff_LDADD = $(CORE_CHECK)
check_PROGRAMS += %D%/check_stats
%C%_check_stats_LDADD = $(CORE_CHECK)
check_PROGRAMS += %D%/check_dev
%C%_check_dev_LDADD = $(CORE_CHECK)
check_PROGRAMS += %D%/check_dev_config
%C%_check_dev_config_LDADD = $(CORE_CHECK)
check_PROGRAMS += %D%/check_net_files
%C%_check_net_files_LDADD = $(CORE_CHECK)
EXTRA_DIST += %D%/sockfix.h
check_PROGRAMS += %D%/check_sock
%C%_check_sock_LDADD = $(CORE_CHECK)
