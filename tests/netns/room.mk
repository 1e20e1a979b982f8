# SPDX-License-Identifier: MIT
# Tests on real interfaces, in a network namespace of their own. They skip with the reason where the machine does not allow one.
SCRIPTED_TESTS += %D%/self.sh
EXTRA_DIST += %D%/ns.sh

# The kernel and the stack get the same frames
SCRIPTED_TESTS += %D%/differential.sh
EXTRA_DIST += %D%/differential/cases
# data beside a cases.c: not to be linked from it by a built-in rule
%D%/differential/cases: ;
dist_doc_DATA += docs/differences.md
TEST_HELPERS += %D%/differential/differential
%C%_differential_differential_SOURCES =
%C%_differential_differential_SOURCES += %D%/differential/main.c
%C%_differential_differential_SOURCES += %D%/differential/cases.c
%C%_differential_differential_SOURCES += %D%/differential/frame.c
%C%_differential_differential_SOURCES += %D%/differential/frame.h
%C%_differential_differential_SOURCES += %D%/differential/judge.c
%C%_differential_differential_SOURCES += %D%/differential/judge.h
%C%_differential_differential_SOURCES += %D%/differential/mutate.c
%C%_differential_differential_SOURCES += %D%/differential/side.h
%C%_differential_differential_SOURCES += %D%/differential/side_glass.c
%C%_differential_differential_SOURCES += %D%/differential/side_kernel.c
%C%_differential_differential_LDADD = src/libglassnet.la

# glassnetd on TAP devices and veth pairs
SCRIPTED_TESTS += %D%/live.sh
SCRIPTED_TESTS += %D%/gso.sh
EXTRA_DIST += %D%/gso.py
SCRIPTED_TESTS += %D%/packet.sh
SCRIPTED_TESTS += %D%/tracing.sh
SCRIPTED_TESTS += %D%/trace.sh
SCRIPTED_TESTS += %D%/walk.sh
TEST_HELPERS += %D%/probe
%C%_probe_SOURCES = %D%/probe.c
