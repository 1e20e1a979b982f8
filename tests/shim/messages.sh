#!/bin/bash
# SPDX-License-Identifier: MIT
#
# messages.sh: control messages, stamps, errors, flags and queues as a program sees them: the stack says what the kernel says.
# shellcheck source=tests/netns/ns.sh
. "$(dirname "$0")/../netns/ns.sh"
# shellcheck source=tests/shim/pair.sh
. "$(dirname "$0")/pair.sh"
ns_enter "$@"
ns_need_tun
ns_need nsenter util-linux
[ -f "$BUILD/src/shim/.libs/libglassnet-preload.so" ] || ns_skip "the preload library is not part of this build"
program=$BUILD/tests/shim/messages

pair_start
tap_ok "the kernel's answers" pair_run kernel "$program"
pair_stack
tap_ok "the stack's answers" pair_run stack "$program"
tap_ok "both came to their end" eval 'tail -qn 1 "$dir/kernel" "$dir/stack" | uniq -c | grep -qx " *2 end"'
# each line is a test of its own; what the kernel said is shown where the stack says something else
while IFS= read -r -u 3 line && IFS= read -r -u 4 other; do
	[ -n "$line$other" ] || continue
	tap_ok "${line%%: *}" eval '[ "$line" = "$other" ] || { echo "kernel: $line"; echo "stack:  $other"; false; }'
done 3< "$dir/kernel" 4< "$dir/stack"
kill "$pair_daemon"
wait "$pair_daemon"
tap_ok "the daemon ends well" [ $? = 0 ]
tap_done
