# SPDX-License-Identifier: MIT
# Checks of src/ipv4: linked with it and the floors below only. Two lines a program; its source is %D%/check_NAME.c:
# check_PROGRAMS += %D%/check_NAME
# %C%_check_NAME_LDADD = $(IPV4_CHECK)
check_PROGRAMS += %D%/check_fib_trie
%C%_check_fib_trie_LDADD = $(IPV4_CHECK)
