#!/bin/bash
# SPDX-License-Identifier: MIT
#
# embedded.sh: unmodified programs with the stack inside them, on a TAP device; the kernel's side of it answers and asks.
# shellcheck source=tests/netns/ns.sh
. "$(dirname "$0")/../netns/ns.sh"
ns_enter "$@"
ns_need_tun
here=$(cd "$(dirname "$0")" && pwd)
cli=$BUILD/glassnet
[ -f "$BUILD/src/embed/.libs/libglassnet-embedded.so" ] || ns_skip "the library is not part of this build"
dir=$(mktemp -d "${TMPDIR:-/tmp}/embedded.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
stack=10.99.0.2
kernel=10.99.0.1
# the same address for all: the kernel may remember it from the one before
spec=tap:gn-emb,addr=$stack/24,gateway=$kernel,mac=02:00:00:00:00:63

for knob in all default; do
	[ ! -w /proc/sys/net/ipv6/conf/$knob/disable_ipv6 ] || echo 1 > /proc/sys/net/ipv6/conf/$knob/disable_ipv6
done
ip tuntap add dev gn-emb mode tap && ip addr add $kernel/24 dev gn-emb && ip link set gn-emb up

inside()
{
	"$cli" run --embedded "$spec" -- "$@"
}

exec_inside()
{
	exec "$cli" run --embedded "$spec" -- "$@"
}

# stop: what is left of a test that failed, so that the device is free
stop()
{
	kill $started 2> /dev/null
	wait $started 2> /dev/null
	return 1
}

# start NAME COMMAND...: in the background; its output is $dir/NAME, its process $started
start()
{
	local name=$1
	shift

	: > "$dir/$name"
	"$@" > "$dir/$name" 2>&1 &
	started=$!
}

# ended PID: waits for it, at most 10 seconds; its status
ended()
{
	local i

	for ((i = 0; i < 200; i++)); do
		kill -0 "$1" 2> /dev/null || break
		sleep 0.05
	done
	[ $i -lt 200 ] || kill "$1"
	wait "$1"
}

# has FILE TEXT: within 5 seconds
has()
{
	ns_wait 5 grep -qF -e "$2" "$dir/$1" || { cat "$dir/$1"; return 1; }
}

python=$(python3 -c 'import os, sys; print(os.path.realpath(sys.executable))' 2> /dev/null)
py_ok() # DESCRIPTION CASE
{
	if [ -n "$python" ]; then
		tap_ok "$1" inside "$python" "$here/embedded.py" "$2" $kernel
	else
		tap_skip "$1" "no python3; on Debian: apt install python3"
	fi
}

# --- both ways ---
server()
{
	start server exec_inside "$python" "$here/udp.py" serve 5000 30
	has server bound && "$python" "$here/udp.py" ask $stack 5000 30 && ended $started || stop
}

client()
{
	start server "$python" "$here/udp.py" serve 5001 30
	has server bound && inside "$python" "$here/udp.py" ask $kernel 5001 30 && ended $started
}

unseen()
{
	local seen

	start unseen exec_inside "$python" "$here/udp.py" serve 5002 1
	has unseen bound || return
	seen=$(ss -Huan)
	"$python" "$here/udp.py" ask $stack 5002 1 && ended $started && [ -z "$seen" ] || stop
}

one_at_a_time()
{
	start first exec_inside "$python" "$here/udp.py" serve 5003 1
	has first bound || return
	inside "$python" -c 'import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM)' > "$dir/second" 2>&1
	grep -q 'Device or resource busy' "$dir/second" && grep -q 'Network is down' "$dir/second" || { cat "$dir/second"; stop; return; }
	"$python" "$here/udp.py" ask $stack 5003 1 && ended $started || stop
}

if [ -n "$python" ]; then
	tap_ok "a program with the stack inside answers" server
	tap_ok "it asks" client
	tap_ok "the kernel has none of its sockets" unseen
	tap_ok "a device serves one program at a time" one_at_a_time
else
	tap_skip "programs in python" "no python3; on Debian: apt install python3"
fi

py_ok "its own sockets reach each other" loopback
py_ok "select, poll and epoll, level and edge" readiness
py_ok "O_NONBLOCK, MSG_DONTWAIT and time-outs" nonblocking
py_ok "a thread waits in each of two sockets" threads
py_ok "a thread that waits and one that polls" mixed
py_ok "signals end a wait, or do not" signals
py_ok "a port is free when its socket is closed" close
py_ok "after fork the child has no stack, the parent has" fork
py_ok "what is executed has no stack" execute
py_ok "an error of a connected socket" refused
py_ok "dup, and the last close" dup
py_ok "a number that means something else; closing all" numbers

# a device that takes nothing: these are about threads
waits()
{
	"$cli" run --embedded null:,addr=$stack/24 -- "$BUILD/tests/shim/waits"
}

waits_checked()
{
	GLASSNET_EMBEDDED=null:,addr=$stack/24 LD_PRELOAD=$BUILD/src/embed/.libs/libglassnet-embedded.so \
		valgrind --leak-check=full --errors-for-leak-kinds=definite --error-exitcode=9 "$BUILD/tests/shim/waits" > "$dir/valgrind" 2>&1 ||
		{ grep -v 'syscall\|bug\|README' "$dir/valgrind"; return 1; }
}

tap_ok "threads are cancelled in a wait, jump out of it, are interrupted" waits
tap_ok "the kernel does the same" "$BUILD/tests/shim/waits"
if command -v valgrind > /dev/null; then
	tap_ok "no memory is used wrongly or lost meanwhile" waits_checked
else
	tap_skip "no memory is used wrongly or lost meanwhile" "no valgrind; on Debian: apt install valgrind"
fi

# what a program sends at its very end: the stack has to ask for the neighbour first
last_words()
{
	local n

	start words "$python" "$here/udp.py" serve 5004 10
	has words bound || return
	for ((n = 0; n < 10; n++)); do
		inside "$python" -c "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(b'x', ('$kernel', 5004))" || break
	done
	ended $started || stop
}
if [ -n "$python" ]; then tap_ok "what was sent last goes out" last_words; fi

# --- programs ---
nc_both()
{
	start server exec_inside nc -d -u -l 5010
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		echo hello | nc -u -w 1 $stack 5010 > /dev/null
		grep -q hello "$dir/server" && break
	done
	stop || grep -q hello "$dir/server"
}

socat_echo()
{
	start server exec_inside socat -u UDP-RECV:5011 STDOUT
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		echo over | socat -u STDIN UDP-SENDTO:$stack:5011
		grep -q over "$dir/server" && break
		sleep 0.2
	done
	stop || grep -q over "$dir/server"
}

files()
{
	inside cat /proc/net/dev > "$dir/dev" && grep -q 'eth0\|gn-emb' "$dir/dev" && inside cat /proc/net/snmp | grep -q '^Udp:'
}

tap_ok "files of the network are its own" files
if command -v socat > /dev/null; then
	tap_ok "socat" socat_echo
else
	tap_skip "socat" "no socat; on Debian: apt install socat"
fi
if command -v nc > /dev/null; then
	tap_ok "nc -u" nc_both
else
	tap_skip "nc -u" "no nc; on Debian: apt install netcat-openbsd"
fi

refused_spec() # TEXT SPEC
{
	"$cli" run --embedded "$2" -- cat /proc/net/dev > "$dir/out" 2>&1 && return 1
	grep -qF -e "$1" "$dir/out" || { cat "$dir/out"; return 1; }
}
tap_ok "a wrong option is named" refused_spec "none of addr=CIDR" "$spec,adr=1"
tap_ok "a wrong address is named" refused_spec "ADDRESS/PREFIX is accepted" tap:gn-emb,addr=10.0.0.300/24
tap_done
