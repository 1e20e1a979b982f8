#!/bin/bash
# SPDX-License-Identifier: MIT
#
# stack.sh BUILD: what a 60-byte UDP frame costs inside the stack, without any system call: nanoseconds (median of the medians of three interleaved
# runs), and instructions where valgrind is.
#
# Received: from the memory device to the socket's queue, with one and with 10 000 bound sockets, and with the answer back to the device. Sent: from
# sendto() to the null device, to one address and to random ones of a /8 that 1 or 65 536 routes cover.
set -eu
build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# program and its arguments behind the number of rounds | what it is
cases='stack_rx 1|to the queue of a socket
stack_rx 10000 one|  one of 10 000 sockets
stack_rx 10000|  10 000 sockets in turn
stack_rx 1 echo|to the queue, read, answered
stack_tx 1 connected|sent, connected
stack_tx 1|sent, random addresses, 1 route
stack_tx 65536|  65 536 routes'

# instructions ROUNDS PROGRAM ARG...: a frame; not where the set-up, which is not in it, takes minutes under valgrind
instructions()
{
	local rounds=$1 program=$2

	shift 2
	[ "$1" != 65536 ] && command -v valgrind > /dev/null || { echo -; return; }
	"$build/libtool" --mode=execute valgrind -q --tool=callgrind --toggle-collect='turn*' --callgrind-out-file="$work/cg" \
		"$build/bench/$program" "$rounds" "$@" > /dev/null 2>&1 || true
	awk -v n="$rounds" '/^summary:|^totals:/ { printf "%.0f", $2 / (n * 64); exit }' "$work/cg"
}

for round in 1 2 3; do
	n=0
	while IFS='|' read -r run _; do
		read -r program args <<< "$run"
		# shellcheck disable=SC2086
		"$build/bench/$program" 5000 $args | sed 's/.*ns_p50=\([0-9.]*\).*/\1/' >> "$work/ns.$n"
		n=$((n + 1))
	done <<< "$cases"
done
printf '%-36s %10s %14s\n' "60-byte UDP frame" "ns" "instructions"
n=0
while IFS='|' read -r run what; do
	read -r program args <<< "$run"
	# shellcheck disable=SC2086
	printf '%-36s %10s %14s\n' "$what" "$(sort -n "$work/ns.$n" | sed -n 2p)" "$(instructions 200 $program $args)"
	n=$((n + 1))
done <<< "$cases"
