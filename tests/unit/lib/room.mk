# SPDX-License-Identifier: MIT
# Checks of src/lib: linked with it and the floors below only. Two lines a program; its source is %D%/check_NAME.c:
# check_PROGRAMS += %D%/check_NAME
# %C%_check_NAME_LDADD = $(LIB_CHECK)
check_PROGRAMS += %D%/check_bug
%C%_check_bug_LDADD = $(LIB_CHECK)
check_PROGRAMS += %D%/check_csum
%C%_check_csum_LDADD = $(LIB_CHECK)
check_PROGRAMS += %D%/check_hash
%C%_check_hash_LDADD = $(LIB_CHECK)
check_PROGRAMS += %D%/check_hist
%C%_check_hist_LDADD = $(LIB_CHECK)
check_PROGRAMS += %D%/check_list
%C%_check_list_LDADD = $(LIB_CHECK)
check_PROGRAMS += %D%/check_log
%C%_check_log_LDADD = $(LIB_CHECK)
check_PROGRAMS += %D%/check_pool
%C%_check_pool_LDADD = $(LIB_CHECK)
check_PROGRAMS += %D%/check_rng
%C%_check_rng_LDADD = $(LIB_CHECK)
check_PROGRAMS += %D%/check_spinlock
%C%_check_spinlock_LDADD = $(LIB_CHECK)
check_PROGRAMS += %D%/check_wheel
%C%_check_wheel_LDADD = $(LIB_CHECK)
