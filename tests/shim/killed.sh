#!/bin/bash
# SPDX-License-Identifier: MIT
#
# killed.sh: programs that die at any point leave nothing in the daemon: no socket, no descriptor, no packet. GLASSNET_KILLS says how many (200).
# A program whose daemon dies gets an error within a second, wherever it waits.
# shellcheck source=tests/netns/ns.sh
. "$(dirname "$0")/../netns/ns.sh"
ns_enter "$@"
[ -f "$BUILD/src/shim/.libs/libglassnet-preload.so" ] || ns_skip "the preload library is not part of this build"
kills=${GLASSNET_KILLS:-200}
dir=$(mktemp -d "${TMPDIR:-/tmp}/killed.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
sock=$dir/gn.sock
program=$BUILD/tests/shim/killed
glassnet() { "$BUILD/glassnet" -s "$sock" "$@"; }

"$BUILD/glassnetd" --name gn-kill --socket "$sock" --device null: > "$dir/log" 2>&1 &
daemon=$!
ns_wait 5 grep -q ': ready' "$dir/log" || sed 's/^/# /' "$dir/log"

# what the daemon holds for programs
held()
{
	set -- /proc/$daemon/fd/*
	echo "$# descriptors"
	glassnet status -v | grep -E '^(sockets|program_sockets)='
	glassnet cat /proc/net/udp
	glassnet cat /proc/net/sockstat
	# routes and neighbours age of themselves
	glassnet cat /proc/slabinfo | awk 'NR > 2 && $1 !~ /dst|arp|peer/ { print $1, $2 }'
}

as_before()
{
	held > "$dir/now" && diff "$dir/before" "$dir/now"
}

held > "$dir/before"
tap_ok "50 programs that are killed, the first ones" "$BUILD/glassnet" run -s "$sock" "$program" many 50 10 1
tap_ok "nothing of them is left" eval 'ns_wait 10 as_before || as_before'
tap_ok "$kills programs killed at any point" "$BUILD/glassnet" run -s "$sock" "$program" many "$kills" 10 "$RANDOM"
tap_ok "nothing of them is left: sockets, descriptors, objects of every kind" eval 'ns_wait 10 as_before || as_before'
tap_ok "every packet has an end" glassnet drops

# waits in each of the ways that there are; the daemon dies
waits()
{
	"$BUILD/glassnet" run -s "$sock" "$python" -c '
import errno, select, socket, sys, time
how = sys.argv[1]
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0))
peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
print("ready", flush=True)
if how == "poll":
	p = select.poll(); p.register(s, select.POLLIN); p.poll()
elif how == "select":
	select.select([s], [], [])
elif how == "epoll":
	e = select.epoll(); e.register(s, select.EPOLLIN); e.poll()
try:
	if how == "send":
		while True:
			peer.sendto(b"x", s.getsockname())
			time.sleep(0.01)
	got = s.recv(100)
	print("received", got)
except OSError as e:
	print(errno.errorcode[e.errno], flush=True)' "$1" > "$dir/wait.$1" 2>&1
}
python=$(python3 -c 'import os, sys; print(os.path.realpath(sys.executable))' 2> /dev/null)
if [ -n "$python" ]; then
	pids=()
	for how in recv poll select epoll send; do
		waits $how &
		pids+=($!)
		ns_wait 10 grep -q ready "$dir/wait.$how"
	done
	start=$(date +%s%N)
	kill -9 $daemon
	for how in recv poll select epoll send; do
		tap_ok "kill -9 of the daemon: $how ends" ns_wait 10 grep -q ENETDOWN "$dir/wait.$how"
	done
	ms=$((($(date +%s%N) - start) / 1000000))
	tap_ok "all of them within a second" eval '[ $ms -lt 1000 ] || { echo "$ms ms"; false; }'
	wait "${pids[@]}"
else
	tap_skip "kill -9 of the daemon" "no python3; on Debian: apt install python3-minimal"
fi
tap_done
