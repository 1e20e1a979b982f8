# SPDX-License-Identifier: MIT
# Checks of src/shim on a client of their own (fake.h): no daemon, no preloading; the names of libc in the program are the shim's.
EXTRA_DIST += %D%/fake.h
check_PROGRAMS += %D%/check_hooks
%C%_check_hooks_LDADD = $(SHIM_CHECK)
check_PROGRAMS += %D%/check_calls
%C%_check_calls_LDADD = $(SHIM_CHECK)
check_PROGRAMS += %D%/check_files
%C%_check_files_LDADD = $(SHIM_CHECK)
