#!/bin/bash
# SPDX-License-Identifier: MIT
#
# client.sh: a program with its sockets in glassnetd, by src/client alone. The daemon's TAP and the kernel's peer are in one network
# namespace; the program is in another, which has only lo: what it sends can leave through the daemon only.
# shellcheck source=tests/netns/ns.sh
. "$(dirname "$0")/../netns/ns.sh"
ns_enter "$@"
ns_need_tun
ns_need nsenter util-linux

prog=$BUILD/tests/shim/prog
probe=$BUILD/tests/netns/probe
dir=$(mktemp -d "${TMPDIR:-/tmp}/client.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
export GLASSNET_SOCKET=$dir/gn.sock

for knob in all default; do
	[ ! -w /proc/sys/net/ipv6/conf/$knob/disable_ipv6 ] || echo 1 > /proc/sys/net/ipv6/conf/$knob/disable_ipv6
done

# start ARG...: a daemon, ready, its process in $daemon
start()
{
	"$BUILD/glassnetd" --name gn-app --socket "$GLASSNET_SOCKET" --device tap:gn-app --addr 10.99.0.2/24 --host-addr 10.99.0.1/24 \
		--set net.ipv4.ping_group_range="0 2147483647" --set net.ipv4.icmp_ratelimit=0 "$@" > "$dir/log" 2>&1 &
	daemon=$!
	ns_wait 5 grep -q ': ready' "$dir/log" || sed 's/^/# /' "$dir/log"
	# the peer answers at once, and the port that is closed too
	[ ! -w /proc/sys/net/ipv4/icmp_ratelimit ] || echo 0 > /proc/sys/net/ipv4/icmp_ratelimit
}

# app COMMAND...: in the namespace of the programs
app()
{
	nsenter -t "$inner" -n "$@"
}

# background NAME COMMAND...: it runs, says "ready", and its process is in $pid
background()
{
	local name=$1
	shift

	"$@" > "$dir/$name" 2>&1 &
	pid=$!
	ns_wait 10 grep -q ready "$dir/$name" || sed 's/^/# /' "$dir/$name"
}

# each line of a program's TAP is a test here
relay()
{
	local line failed=1

	while read -r line; do
		case $line in
		"ok "*) tap_n=$((tap_n + 1)); echo "ok $tap_n - ${line#*- }" ;;
		"not ok "*) tap_n=$((tap_n + 1)); tap_failed=1; echo "not ok $tap_n - ${line#*- }" ;;
		1..*) failed=0 ;;
		*) echo "$line" ;;
		esac
	done < "$1"
	tap_ok "the program came to its end" [ $failed = 0 ]
}

sockets() { "$probe" read "$GLASSNET_SOCKET" /proc/net/udp | wc -l; }
fds() { ls "/proc/$daemon/fd" | wc -l; }
baseline() { [ "$(sockets) $(fds)" = "$base" ] || { echo "$(sockets) $(fds) instead of $base" >&2; return 1; }; }
is() { [ "$1" = "$2" ] || { echo "\"$2\" was expected, not \"$1\""; return 1; } }
gone() { ! kill -0 "$1" 2> /dev/null; }

# killed N: programs with sockets, killed while they work
killed()
{
	local i

	for ((i = 0; i < $1; i++)); do
		"$prog" all 10.99.0.1 5000 10.99.0.2 > /dev/null 2>&1 &
		sleep 0.0$((RANDOM % 10))$((RANDOM % 10))
		kill -9 $!
		wait $! 2> /dev/null
	done
	ns_wait 5 baseline || { echo "$(sockets) $(fds) instead of $base"; return 1; }
}

unshare --net --kill-child sleep 600 &
inner=$!
ns_wait 5 eval '[ "$(readlink /proc/$inner/ns/net)" != "$(readlink /proc/self/ns/net)" ]'
app ip link set lo up

start
background peer "$prog" peer 10.99.0.1 5000
base="$(sockets) $(fds)"
timeout 60 nsenter -t "$inner" -n "$prog" all 10.99.0.1 5000 10.99.0.2 > "$dir/all" 2>&1
relay "$dir/all"
tap_ok "all of its sockets and descriptors are gone" ns_wait 5 baseline
tap_ok "the kernel sent no datagram for the program" is "$(app awk '/^Udp:/ { n = $5 } END { print n }' /proc/self/net/snmp)" 0

background echo nsenter -t "$inner" -n "$prog" echo 7
tap_ok "a server: 1000 datagrams of the kernel come back unchanged" "$probe" echo 10.99.0.2 7 1000
kill -9 "$pid"
tap_ok "kill -9 of the server: nothing of it is left" ns_wait 5 baseline
tap_ok "its port is free" eval '! "$probe" read "$GLASSNET_SOCKET" /proc/net/udp | grep -q :0007'
background hold nsenter -t "$inner" -n "$prog" hold 900
tap_ok "900 sockets" is $(($(sockets) + $(fds))) $((${base% *} + ${base#* } + 900))
kill -9 "$pid"
tap_ok "kill -9: nothing of them is left" ns_wait 5 baseline
tap_ok "50 programs killed at any point: nothing of them is left" killed 50

background orphan nsenter -t "$inner" -n "$prog" orphan
kill -9 "$daemon"
tap_ok "kill -9 of the daemon: the program ends" ns_wait 10 gone "$pid"
down="Network is down"
tap_ok "kill -9 of the daemon: each call says ENETDOWN" is "$(grep : "$dir/orphan" | tr '\n' ' ')" "receive: $down send: $down socket: $down "

start --cpus 2
timeout 60 nsenter -t "$inner" -n "$prog" all 10.99.0.1 5000 10.99.0.2 > /dev/null 2>&1 # each loop has what descriptors it needs
ns_wait 5 eval '[ "$(sockets)" = 1 ]'
base="$(sockets) $(fds)"
timeout 60 nsenter -t "$inner" -n "$prog" all 10.99.0.1 5000 10.99.0.2 > "$dir/all" 2>&1
relay "$dir/all"
tap_ok "two vCPUs: all of its sockets and descriptors are gone" ns_wait 5 baseline
background orphan nsenter -t "$inner" -n "$prog" orphan
kill "$daemon"
wait "$daemon"
tap_ok "SIGTERM with sockets open ends the daemon with status 0" [ $? = 0 ]
tap_ok "SIGTERM: neither socket is left" eval '! ls "$GLASSNET_SOCKET"*'
tap_done
