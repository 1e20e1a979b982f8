# SPDX-License-Identifier: MIT
# Small programs on libglassnet, built and run by `make check` (run.sh).
TEST_HELPERS += %D%/udp_recv
%C%_udp_recv_LDADD = src/libglassnet.la
TEST_HELPERS += %D%/udp_send
%C%_udp_send_LDADD = src/libglassnet.la
TEST_HELPERS += %D%/embed_poll
%C%_embed_poll_LDADD = src/libglassnet.la
TEST_HELPERS += %D%/own_device
%C%_own_device_LDADD = src/libglassnet.la
TEST_HELPERS += %D%/hook_counter
%C%_hook_counter_LDADD = src/libglassnet.la
SCRIPTED_TESTS += %D%/run.sh
