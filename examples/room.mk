# SPDX-License-Identifier: MIT
# Small programs on libglassnet, built and run by `make check`. Two lines a program:
# check_PROGRAMS += %D%/NAME
# %C%_NAME_LDADD = src/libglassnet.la
