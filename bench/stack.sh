#!/bin/bash
# SPDX-License-Identifier: MIT
#
# stack.sh BUILD: what a 64-byte UDP frame costs from the memory device to the socket queue: nanoseconds, and instructions where valgrind is.
set -eu
build=$1
rx=$build/bench/stack_rx

printf '%-34s %10s %12s\n' "UDP 60-byte frame to socket queue" "ns/frame" "instructions"
for n in 1 10000; do
	ns=$("$rx" 20000 "$n" | sed 's/.*ns_p50=\([0-9.]*\).*/\1/')
	ins=-
	if [ "$n" = 1 ] && command -v valgrind > /dev/null; then
		out=$(mktemp)
		"$build/libtool" --mode=execute valgrind -q --tool=callgrind --toggle-collect=turn --callgrind-out-file="$out" "$rx" 200 "$n" > /dev/null 2>&1 || true
		ins=$(awk '/^summary:|^totals:/ { printf "%.0f", $2 / (200 * 64); exit }' "$out")
		rm -f "$out"
	fi
	printf '%-34s %10s %12s\n' "  $n socket(s)" "$ns" "$ins"
done
