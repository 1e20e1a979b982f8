#!/bin/bash
# SPDX-License-Identifier: MIT
#
# cpython.sh: CPython's own tests of IPv4 datagram sockets (test_socket), on the stack; cpython-udp.txt names them. They are those that open no
# other socket on the kernel, where they pass.
# shellcheck source=tests/netns/ns.sh
. "$(dirname "$0")/../netns/ns.sh"
ns_enter "$@"
here=$(cd "$(dirname "$0")" && pwd)
[ -f "$BUILD/src/shim/.libs/libglassnet-preload.so" ] || ns_skip "the preload library is not part of this build"
python=$(python3 -c 'import os, sys; print(os.path.realpath(sys.executable))' 2> /dev/null)
"${python:-false}" -c 'import test.test_socket' 2> /dev/null || ns_skip "no test_socket; on Debian: apt install libpython3-testsuite"
dir=$(mktemp -d "${TMPDIR:-/tmp}/cpython.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT

"$BUILD/glassnetd" --name gn-py --socket "$dir/gn.sock" --device null: > "$dir/log" 2>&1 &
daemon=$!
ns_wait 5 grep -q ': ready' "$dir/log" || sed 's/^/# /' "$dir/log"
cd "$dir" || exit 1
timeout 100 "$BUILD/glassnet" run -s "$dir/gn.sock" "$python" -m test -v test_socket --matchfile "$here/cpython-udp.txt" > "$dir/out" 2>&1

# line NAME RESULT: one test
while read -r name; do
	short=${name#test.test_socket.}
	test=${short##*.} class=${short%.*}
	result=$(sed -n "s/^$test (test\.test_socket\.$class\(\.$test\)\{0,1\}) \.\.\. //p" "$dir/out" | tail -n 1)
	case $result in
	ok*) tap_ok "$short" true ;;
	skipped*) tap_skip "$short" "${result#skipped }" ;;
	*) tap_ok "$short" grep -A 25 "^[EF][RA][RI][OL].*: $test " "$dir/out" ;;
	esac
done < "$here/cpython-udp.txt"
none_failed()
{
	tail -n 12 "$dir/out"
	grep -q '^Result: SUCCESS' "$dir/out"
}
tap_ok "nothing else failed" none_failed
tap_ok "the kernel's counter of datagrams is 0" awk '$1 == "Udp:" && ++n == 2 { print; exit $2 + $3 + $4 + $5 != 0 }' /proc/net/snmp
kill $daemon
wait $daemon
tap_ok "the daemon ends well" [ $? = 0 ]
tap_done
