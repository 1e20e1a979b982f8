# SPDX-License-Identifier: MIT
# Measurements: one program and one script a question. Built by `make bench`, never by `make`.
BENCHES =
BENCHES += %D%/stack_rx
%C%_stack_rx_LDADD = $(STACK_LIBS) -ldl
BENCHES += %D%/stack_tx
%C%_stack_tx_LDADD = $(STACK_LIBS)
BENCHES += %D%/udp_rtt
%C%_udp_rtt_SOURCES = %D%/udp_rtt.c
BENCHES += %D%/udp_blast
%C%_udp_blast_SOURCES = %D%/udp_blast.c
BENCHES += %D%/udp_echo
%C%_udp_echo_SOURCES = %D%/udp_echo.c
BENCHES += %D%/tap_floor
%C%_tap_floor_SOURCES = %D%/tap_floor.c
BENCHES += %D%/fib_lookup
%C%_fib_lookup_LDADD = $(STACK_LIBS)
EXTRA_PROGRAMS += $(BENCHES)
EXTRA_DIST += %D%/embedded.sh %D%/stack.sh %D%/gso.sh %D%/packet.sh %D%/rtt.sh %D%/trace.sh
bench: $(BENCHES)
.PHONY: bench
