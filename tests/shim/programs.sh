#!/bin/bash
# SPDX-License-Identifier: MIT
#
# programs.sh: more unmodified programs on the stack: sockperf as server and as client, tracepath, a program on jemalloc.
# shellcheck source=tests/netns/ns.sh
. "$(dirname "$0")/../netns/ns.sh"
ns_enter "$@"
ns_need_tun
[ -f "$BUILD/src/shim/.libs/libglassnet-preload.so" ] || ns_skip "the preload library is not part of this build"
dir=$(mktemp -d "${TMPDIR:-/tmp}/programs.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
sock=$dir/gn.sock
"$BUILD/glassnetd" --name gn-prog --socket "$sock" --device tap:gn-prog --addr 10.99.0.2/24 --host-addr 10.99.0.1/24 > "$dir/log" 2>&1 &
daemon=$!
ns_wait 5 grep -q ': ready' "$dir/log" || sed 's/^/# /' "$dir/log"

# in a network of their own, with nothing in it
on_stack() { unshare --net "$BUILD/glassnet" run -s "$sock" "$@"; }
bound() { "$BUILD/glassnet" -s "$sock" cat /proc/net/udp | grep -q ":$(printf %04X "$1") "; }
kernel_bound() { ss -Huan | grep -q ":$1 "; }

# measured COMMAND...: sockperf sent, and as a ping-pong got all of it back
measured()
{
	"$@" > "$dir/out" 2>&1 && ! grep -q ERROR "$dir/out" &&
		awk -F'[=;]' '/Valid Duration/ { n = $4; m = $6 } /Message Rate is/ { split($0, w, " "); n = m = w[6] } END { exit !(n > 0 && n == m) }' "$dir/out" ||
		{ cat "$dir/out"; false; }
}

if command -v sockperf > /dev/null; then
	on_stack timeout 30 sockperf server -i 10.99.0.2 -p 11111 > "$dir/server" 2>&1 &
	tap_ok "sockperf: a server on the stack" ns_wait 5 bound 11111
	tap_ok "sockperf: ping-pong of the kernel with it" measured timeout 10 sockperf ping-pong -i 10.99.0.2 -p 11111 -t 1
	tap_ok "sockperf: throughput of the kernel to it" measured timeout 10 sockperf throughput -i 10.99.0.2 -p 11111 -t 1
	timeout 30 sockperf server -i 10.99.0.1 -p 11112 > "$dir/server2" 2>&1 &
	tap_ok "sockperf: a server of the kernel" ns_wait 5 kernel_bound 11112
	tap_ok "sockperf: ping-pong of the stack with it" measured on_stack timeout 10 sockperf ping-pong -i 10.99.0.1 -p 11112 -t 1
	tap_ok "sockperf: throughput of the stack to it" measured on_stack timeout 10 sockperf throughput -i 10.99.0.1 -p 11112 -t 1
else
	tap_skip "sockperf" "no sockperf; on Debian: apt install sockperf"
fi

reached()
{
	on_stack timeout 20 tracepath -n -m 3 10.99.0.1 > "$dir/path" 2>&1 && grep -q 'Resume: pmtu 1500 hops 1 ' "$dir/path" || { cat "$dir/path"; false; }
}
if command -v tracepath > /dev/null; then
	tap_ok "tracepath: the hop and the MTU" reached
else
	tap_skip "tracepath" "no tracepath; on Debian: apt install iputils-tracepath"
fi

python=$(python3 -c 'import os, sys; print(os.path.realpath(sys.executable))' 2> /dev/null)
jemalloc=$(ldconfig -p 2> /dev/null | sed -n 's/.*libjemalloc\.so\.2.* => //p' | head -n 1)
preload=$(cd "$BUILD" && pwd)/src/shim/.libs/libglassnet-preload.so
if [ -n "$python" ] && [ -n "$jemalloc" ]; then
	tap_ok "a program on jemalloc" on_stack env LD_PRELOAD="$preload:$jemalloc" "$python" -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0))
s.sendto(b"jemalloc", s.getsockname())
s.settimeout(5)
assert s.recv(100) == b"jemalloc" and "jemalloc" in open("/proc/self/maps").read()'
else
	tap_skip "a program on jemalloc" "no python3 or libjemalloc; on Debian: apt install python3-minimal libjemalloc2"
fi
kill $daemon
wait $daemon
tap_ok "the daemon ends well" [ $? = 0 ]
tap_done
