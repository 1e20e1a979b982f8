#!/bin/bash
# SPDX-License-Identifier: MIT
#
# options.sh: every option of a socket, read, set, set wrongly: the stack says what the kernel says, but for the lines of options.differences. Those
# are what this kernel has and the stack does not: each must still differ, and be an error that names it as not there.
# shellcheck source=tests/netns/ns.sh
. "$(dirname "$0")/../netns/ns.sh"
# shellcheck source=tests/shim/pair.sh
. "$(dirname "$0")/pair.sh"
ns_enter "$@"
ns_need_tun
ns_need nsenter util-linux
here=$(cd "$(dirname "$0")" && pwd)
[ -f "$BUILD/src/shim/.libs/libglassnet-preload.so" ] || ns_skip "the preload library is not part of this build"
program=$BUILD/tests/shim/options

# alike KERNEL STACK: line by line; stated differences are taken out of both
alike()
{
	local stated=$here/options.differences

	# "SOL_IP 16 TEXT" stands for that option of all kinds of sockets
	for name in "$1" "$2"; do
		awk 'NR == FNR { if ($1 ~ /^SOL_/) stated[$1, $2]; next } !(($2, $3) in stated)' "$stated" "$dir/$name" > "$dir/$name.rest"
	done
	[ "$(wc -l < "$dir/$1.rest")" -gt 400 ] && diff "$dir/$1.rest" "$dir/$2.rest"
}

# What is stated and does not differ, or is no error, is stated wrongly. An older kernel has fewer options: then both refuse.
stated()
{
	awk -v kernel="$dir/kernel" 'FILENAME == kernel { k[$1, $2, $3] = $0; next }
		FILENAME ~ /differences$/ { if ($1 ~ /^SOL_/) s[$1, $2] = 1; next }
		$2 == "SOL_UDP" && $1 != "udp" { next }
		(($2, $3) in s) && k[$1, $2, $3] == $0 && $5 !~ /^e/ { print "alike: " $1, $2, $3; bad = 1 }
		(($2, $3) in s) && $2 != "SOL_IP" && $3 != 4 && $5 !~ /^e/ { print "no error: " $1, $2, $3; bad = 1 }
		END { exit bad }' "$dir/kernel" "$here/options.differences" "$dir/stack"
}

pair_start
tap_ok "the kernel's answers" pair_run kernel "$program"
tap_ok "the kernel's answers to a user without rights" pair_run kernel-user "$program" -u
pair_stack
tap_ok "the stack's answers" pair_run stack "$program"
tap_ok "the stack's answers to a user without rights" pair_run stack-user "$program" -u
tap_ok "the same, but for what is stated" alike kernel stack
tap_ok "a user without rights: the same" alike kernel-user stack-user
tap_ok "what is stated is so" stated
named()
{
	grep -c "asks for socket option 9999 of level 1, " "$dir/log" | grep -qx 1
}
unknown()
{
	"$BUILD/glassnet" -s "$dir/gn.sock" status -v | sed -n 's/^program_unknown_options=//p;s/.*program_unknown_options *//p' | head -n 1
}
if command -v python3 > /dev/null; then
	before=$(unknown)
	python=$(python3 -c 'import os, sys; print(os.path.realpath(sys.executable))')
	tap_ok "an option that nobody knows" pair_run unknown "$python" -c '
import errno, socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(3):
	try:
		s.setsockopt(1, 9999, 1)
	except OSError as e:
		assert e.errno == errno.ENOPROTOOPT
	else:
		raise AssertionError'
	tap_ok "is counted" [ "$(unknown)" = $((before + 3)) ]
	tap_ok "and named once in the log" named
else
	tap_skip "an option that nobody knows" "no python3; on Debian: apt install python3-minimal"
fi
kill "$pair_daemon"
wait "$pair_daemon"
tap_ok "the daemon ends well" [ $? = 0 ]
tap_done
