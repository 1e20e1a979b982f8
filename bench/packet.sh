#!/bin/bash
# SPDX-License-Identifier: MIT
#
# packet.sh BUILD: glassnetd --echo on veth through AF_PACKET rings against the kernel's own socket (recvfrom, sendto) over veth without offloads,
# interleaved A B A B: datagrams of 18 bytes echoed a second and the server's cpu time for each, sender on CPU 0 and server on CPU 1; then the round
# trip with both on CPU 0, which needs v=2. Needs root (or a user namespace): everything happens in network namespaces that end with the script.
set -eu
build=$1
rounds=${ROUNDS:-5}
secs=${SECS:-2}

if [ "${GLASSNET_BENCH_NS:-}" != inside ]; then
	flags=(--net --pid --fork --kill-child --mount --mount-proc)
	[ "$(id -u)" = 0 ] || flags+=(--user --map-root-user)
	GLASSNET_BENCH_NS=inside exec unshare "${flags[@]}" "$BASH" "$0" "$@"
fi

work=$(mktemp -d)
trap 'kill $(jobs -p) 2> /dev/null; rm -rf "$work"' EXIT
sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 2> /dev/null || true
ip link set lo up

# pair N: a veth pair bk$N, bs$N without offloads; ours is 10.98.$N.1
pair()
{
	ip link add "bk$1" type veth peer name "bs$1"
	ip addr add "10.98.$1.1/24" dev "bk$1"
	ip link set "bk$1" up
	ip link set "bs$1" up
	for dev in "bk$1" "bs$1"; do
		! command -v ethtool > /dev/null || ethtool -K "$dev" tx off sg off tso off gso off gro off > /dev/null 2>&1 || true
	done
}

# the kernel's server, in a namespace of its own
pair 0
unshare --net --kill-child --fork sleep 1000 &
holder=$!
for _ in $(seq 100); do server=$(pgrep -P "$holder" sleep) && break; sleep 0.05; done
ip link set bs0 netns "$server"
nsenter -t "$server" -n sh -c 'ip link set lo up; ip addr add 10.98.0.2/24 dev bs0; ip link set bs0 up'
nice -n -20 nsenter -t "$server" -n "$build/bench/udp_echo" -p 7007 > /dev/null &
pid0=$!

# ours: v=3 and v=2
for v in 3 2; do
	pair $v
	nice -n -20 "$build/glassnetd" --name bench$v --socket "$work/s$v" --device "packet:bs$v,v=$v" --addr 10.98.$v.2/24 --echo 7007 --log err > "$work/log$v" 2>&1 &
	eval "pid$v=\$!"
	for _ in $(seq 100); do grep -qs ready "$work/log$v" && break; sleep 0.05; done
	grep -q ready "$work/log$v" || { cat "$work/log$v"; exit 1; }
done

threads() { ls "/proc/$1/task"; }
cpu_ns() { cat /proc/"$1"/task/*/schedstat | awk '{ s += $1 } END { printf "%.0f", s }'; }
pin() { for t in $(threads "$1"); do taskset -cp "$2" "$t" > /dev/null; done; }
echoed() { awk -v dev="bk$1:" '$1 == dev { print $3 }' /proc/net/dev; }

# rate N PID: one line: packets a second, cpu ns of the server a packet
rate()
{
	local n0 n1 c0 c1

	n0=$(echoed "$1") c0=$(cpu_ns "$2")
	taskset -c 0 nice -n -20 "$build/bench/udp_blast" -d "10.98.$1.2" -p 7007 -t "$secs" > /dev/null
	n1=$(echoed "$1") c1=$(cpu_ns "$2")
	awk "BEGIN { n = $n1 - $n0; printf \"%.0f %.0f\n\", n / $secs, n ? ($c1 - $c0) / n : 0 }"
}

rtt() { taskset -c 0 nice -n -20 "$build/bench/udp_rtt" -d "10.98.$1.2" -p 7007 -n "$2" | sed 's/.*p50_us=\([0-9.]*\).*p99_us=\([0-9.]*\).*/\1 \2/'; }

for v in 0 3 2; do eval "pin \$pid$v 1"; done
for v in 0 3 2; do rtt $v 200 > /dev/null; done
for _ in $(seq "$rounds"); do
	for v in 0 3 2; do eval "rate $v \$pid$v" >> "$work/rate$v"; done
done
for v in 0 2; do eval "pin \$pid$v 0"; done
for _ in $(seq "$rounds"); do
	for v in 0 2; do rtt $v 20000 >> "$work/rtt$v"; done
done

median() { cut -d' ' -f"$2" "$1" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
spread() { cut -d' ' -f"$2" "$1" | sort -n | awk '{ v[NR] = $1 } END { print v[1] "-" v[NR] }'; }
row()
{
	local m k

	m=$(median "$2" "$3") k=$(median "$4" "$3")
	printf '  %-34s %10s %18s %8s\n' "$1" "$m" "$(spread "$2" "$3")" "$(awk "BEGIN { printf \"%.2f\", $k ? $m / $k : 0 }")"
}
printf '%-36s %10s %18s %8s\n' "echoed packets a second" median spread ratio
row "kernel socket" "$work/rate0" 1 "$work/rate0"
row "glassnetd, packet: v=3" "$work/rate3" 1 "$work/rate0"
row "glassnetd, packet: v=2" "$work/rate2" 1 "$work/rate0"
printf '%s\n' "cpu of the server, ns a packet"
row "kernel socket" "$work/rate0" 2 "$work/rate0"
row "glassnetd, packet: v=3" "$work/rate3" 2 "$work/rate0"
row "glassnetd, packet: v=2" "$work/rate2" 2 "$work/rate0"
printf '%s\n' "round trip on one cpu, us (p50)"
row "kernel socket" "$work/rtt0" 1 "$work/rtt0"
row "glassnetd, packet: v=2" "$work/rtt2" 1 "$work/rtt0"
