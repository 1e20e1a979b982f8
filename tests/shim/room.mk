# SPDX-License-Identifier: MIT
# Programs on the stack: what they import, and how they do.
SCRIPTED_TESTS += %D%/symbols

# A program with sockets in glassnetd, in a network namespace where the kernel's own lead nowhere
SCRIPTED_TESTS += %D%/client.sh
TEST_HELPERS += %D%/prog
%C%_prog_SOURCES = %D%/prog.c
%C%_prog_LDADD = src/client/libclient.la
SCRIPTED_TESTS += %D%/run.sh
SCRIPTED_TESTS += %D%/cpython.sh
EXTRA_DIST += %D%/cpython-udp.txt
SCRIPTED_TESTS += %D%/errors.sh
SCRIPTED_TESTS += %D%/trace.sh
EXTRA_DIST += %D%/recvfrom.tree
EXTRA_DIST += %D%/errors.py
EXTRA_DIST += %D%/udp.py
EXTRA_DIST += %D%/fds.py
SCRIPTED_TESTS += %D%/embedded.sh
EXTRA_DIST += %D%/embedded.py
TEST_HELPERS += %D%/waits
%C%_waits_SOURCES = %D%/waits.c
%C%_waits_LDADD = -lpthread

SCRIPTED_TESTS += %D%/ethtool.sh

# ip and dnsmasq
SCRIPTED_TESTS += %D%/netlink.sh

# The files of the stack at the paths of Linux's
SCRIPTED_TESTS += %D%/files.sh
TEST_HELPERS += %D%/ifaddrs
%C%_ifaddrs_SOURCES = %D%/ifaddrs.c
TEST_HELPERS += %D%/stream
%C%_stream_SOURCES = %D%/stream.c

# The same program on the kernel and on the stack
EXTRA_DIST += %D%/pair.sh
SCRIPTED_TESTS += %D%/options.sh
EXTRA_DIST += %D%/options.differences
TEST_HELPERS += %D%/options
%C%_options_SOURCES = %D%/options.c
# Names of hosts, compared with libc's on the kernel
SCRIPTED_TESTS += %D%/names.sh
TEST_HELPERS += %D%/names
%C%_names_SOURCES = %D%/names.c
EXTRA_DIST += %D%/names.tab
EXTRA_DIST += %D%/liar.py

# Calls that do not come by names
SCRIPTED_TESTS += %D%/strong.sh
TEST_HELPERS += %D%/strong
%C%_strong_SOURCES = %D%/strong.c
SCRIPTED_TESTS += %D%/messages.sh
TEST_HELPERS += %D%/messages
%C%_messages_SOURCES = %D%/messages.c

# Programs and daemons that die
SCRIPTED_TESTS += %D%/killed.sh
TEST_HELPERS += %D%/killed
%C%_killed_SOURCES = %D%/killed.c

# Programs that measure
SCRIPTED_TESTS += %D%/programs.sh
