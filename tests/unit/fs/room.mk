# SPDX-License-Identifier: MIT
# Checks of src/fs: linked with it and the floors below only. Two lines a program; its source is %D%/check_NAME.c:
# check_PROGRAMS += %D%/check_NAME
# %C%_check_NAME_LDADD = $(FS_CHECK)
check_PROGRAMS += %D%/check_proc
%C%_check_proc_LDADD = $(FS_CHECK)
check_PROGRAMS += %D%/check_seq_file
%C%_check_seq_file_LDADD = $(FS_CHECK)
check_PROGRAMS += %D%/check_sysctl
%C%_check_sysctl_LDADD = $(FS_CHECK)
check_PROGRAMS += %D%/check_sysctl_vec
%C%_check_sysctl_vec_LDADD = $(FS_CHECK)
