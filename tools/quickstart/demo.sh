# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# demo.sh: the demonstration. In a network namespace of its own: the daemon on a TAP device, pinged and talked to by the kernel, what its
# counters say about that, and every function that one datagram passed through. Nothing outside the namespace is touched; a plain user needs no right but user namespaces.

run_demo()
{
	setup
	build_in build glassnet
	step "Building the client of the demonstration" build/log/demo.log make -C build bench/udp_rtt || fail "the client does not build"
	[ -w /dev/net/tun ] || fail "/dev/net/tun cannot be opened by this user: the demonstration needs a TAP device"
	demo_inside || fail "the demonstration failed"
	say
	say "Next: ./quickstart test, ./quickstart bench, man ./man/glassnet.7"
}

# Runs demo_script in namespaces that end with it.
demo_inside()
{
	local flags=(--net --pid --fork --kill-child --mount --mount-proc)

	[ "$(id -u)" = 0 ] || flags+=(--user --map-root-user)
	unshare "${flags[@]}" "$BASH" -c '. tools/quickstart/say.sh; . tools/quickstart/demo.sh; demo_script'
}

# show COMMAND...: prints and runs it
show()
{
	say
	say "\$ $*"
	"$@"
}

demo_script()
{
	local dir pid sock
	export PATH="$PWD/build:$PATH"

	set -eu
	dir=$(mktemp -d)
	sock=$dir/gn0.sock
	export GLASSNET_SOCKET=$sock
	ip link set lo up
	sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 2> /dev/null || true
	say
	say "\$ glassnetd --echo 7 &"
	glassnetd --echo 7 > "$dir/log" 2>&1 &
	pid=$!
	for _ in $(seq 200); do
		grep -q ready "$dir/log" && break
		kill -0 "$pid" 2> /dev/null || { cat "$dir/log"; return 1; }
		sleep 0.05
	done
	cat "$dir/log"
	demo_talk "$pid" "$dir"
	kill "$pid"
	wait "$pid"
	rm -rf "$dir"
}

# field NAME FILE LINE: a column of /proc/net/snmp by its name
snmp_field() { awk -v p="$1:" -v f="$2" '$1 == p && !h { for (i = 2; i <= NF; i++) if ($i == f) c = i; h = 1; next } $1 == p { print $c }'; }

demo_talk()
{
	local snmp datagrams

	# the carrier of a new TAP comes up a moment late: wait for the first answer, uncounted by ping below
	for _ in $(seq 50); do ping -c 1 -W 1 10.99.0.2 > /dev/null 2>&1 && break; done
	show ping -c 5 -i 0.2 10.99.0.2
	demo_graph "$2" 'udp port 7' build/bench/udp_rtt -d 10.99.0.2 -p 7 -n 1000
	show glassnet cat /proc/net/snmp
	show glassnet cat /proc/net/softnet_stat
	show glassnet neigh show
	show glassnet drops
	snmp=$(glassnet cat /proc/net/snmp)
	datagrams=$(snmp_field Udp InDatagrams <<< "$snmp")
	say
	if [ "$datagrams" = 1050 ] && [ "$(snmp_field Udp OutDatagrams <<< "$snmp")" = 1050 ]; then
		say "1050 datagrams were sent to port 7 (50 to warm up); 1050 were read and 1050 sent back: the counters are exact."
	else
		say "1050 datagrams were sent to port 7, but InDatagrams is $datagrams."
		return 1
	fi
	say "The ledger balances: glassnet drops ended with status 0."
	demo_program "$2"
}

# demo_program DIR: a program that knows nothing of this receives a datagram; the graph is its way, from the interrupt to the return of recvfrom
demo_program()
{
	local dir=$1 program status=0
	local code='import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("", 5000)); print(s.recvfrom(100))'

	say
	say "\$ glassnet run python3 -c '$code' &"
	glassnet run python3 -c "$code" > "$dir/program" 2>&1 &
	program=$!
	for _ in $(seq 100); do
		glassnet cat /proc/net/udp | grep -q ':1388 ' && break
		kill -0 "$program" 2> /dev/null || break
		sleep 0.05
	done
	demo_graph "$dir" 'udp port 5000' bash -c 'echo hello > /dev/udp/10.99.0.2/5000'
	wait "$program" || status=$?
	cat "$dir/program"
	grep -q 'recvfrom()' "$dir/graph" || status=1
	return "$status"
}

traced() { [ "$(glassnet cat /sys/kernel/tracing/current_tracer)" = function_graph ]; }

# demo_graph DIR PACKETS COMMAND...: shows COMMAND, with the tracer waiting for its first datagram
demo_graph()
{
	local dir=$1 packets=$2 tracer
	shift 2

	say
	say "\$ glassnet trace graph -p '$packets' -c 1 &"
	glassnet trace graph -p "$packets" -c 1 > "$dir/graph" &
	tracer=$!
	for _ in $(seq 100); do
		traced && break
		kill -0 "$tracer" 2> /dev/null || break
		sleep 0.05
	done
	show "$@"
	wait "$tracer"
	say
	cat "$dir/graph"
}
