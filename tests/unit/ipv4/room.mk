# SPDX-License-Identifier: MIT
# Checks of src/ipv4: linked with it and the floors below only. Two lines a program; its source is %D%/check_NAME.c:
# check_PROGRAMS += %D%/check_NAME
# %C%_check_NAME_LDADD = $(IPV4_CHECK)
check_PROGRAMS += %D%/check_fib_trie
%C%_check_fib_trie_LDADD = $(IPV4_CHECK)
check_PROGRAMS += %D%/check_icmp
%C%_check_icmp_LDADD = $(IPV4_CHECK)
check_PROGRAMS += %D%/check_inetpeer
%C%_check_inetpeer_LDADD = $(IPV4_CHECK)
check_PROGRAMS += %D%/check_ip_forward
%C%_check_ip_forward_LDADD = $(IPV4_CHECK)
check_PROGRAMS += %D%/check_ip_fragment
%C%_check_ip_fragment_LDADD = $(IPV4_CHECK)
check_PROGRAMS += %D%/check_ip_input
%C%_check_ip_input_LDADD = $(IPV4_CHECK)
check_PROGRAMS += %D%/check_ip_options
%C%_check_ip_options_LDADD = $(IPV4_CHECK)
check_PROGRAMS += %D%/check_ip_output
%C%_check_ip_output_LDADD = $(IPV4_CHECK)
check_PROGRAMS += %D%/check_ipv4_proc
%C%_check_ipv4_proc_LDADD = $(IPV4_CHECK)
check_PROGRAMS += %D%/check_devinet
%C%_check_devinet_LDADD = $(IPV4_CHECK)
check_PROGRAMS += %D%/check_fib_frontend
%C%_check_fib_frontend_LDADD = $(IPV4_CHECK)
