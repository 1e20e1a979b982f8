#!/bin/bash
# SPDX-License-Identifier: MIT
#
# rtt.sh BUILD: UDP round trip on one CPU: glassnetd --echo on a TAP device against the kernel's own socket over veth, interleaved A B A B. Client
# and server share CPU 0, both block. Needs root (or a user namespace): everything happens in network namespaces that end with the script.
set -eu
build=$1
rounds=${ROUNDS:-5}

if [ "${GLASSNET_BENCH_NS:-}" != inside ]; then
	flags=(--net --pid --fork --kill-child --mount --mount-proc)
	[ "$(id -u)" = 0 ] || flags+=(--user --map-root-user)
	GLASSNET_BENCH_NS=inside exec unshare "${flags[@]}" "$BASH" "$0" "$@"
fi

work=$(mktemp -d)
trap 'kill $(jobs -p) 2> /dev/null; rm -rf "$work"' EXIT
sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 2> /dev/null || true
ip link set lo up

# the kernel's side: a veth pair into a namespace of the server
unshare --net --kill-child --fork sleep 1000 &
holder=$!
sleep 0.3
server=$(pgrep -P "$holder" sleep)
ip link add bk0 type veth peer name bk1 netns "$server"
ip addr add 10.98.0.1/24 dev bk0
ip link set bk0 up
nsenter -t "$server" -n sh -c 'ip link set lo up; ip addr add 10.98.0.2/24 dev bk1; ip link set bk1 up'
taskset -c 0 nice -n -20 nsenter -t "$server" -n "$build/bench/udp_echo" -p 7007 > /dev/null &

# ours
taskset -c 0 nice -n -20 "$build/glassnetd" --name bt0 --socket "$work/s" --echo 7007 --log warning > "$work/log" 2>&1 &
for _ in $(seq 100); do grep -q ready "$work/log" && break; sleep 0.05; done
grep -q ready "$work/log" || { cat "$work/log"; exit 1; }
sleep 1 # the carrier of a new TAP comes up late

measure() { taskset -c 0 nice -n -20 "$build/bench/udp_rtt" -d "$1" -p 7007 -n 20000 | sed 's/.*p50_us=\([0-9.]*\).*p99_us=\([0-9.]*\).*/\1 \2/'; }
measure 10.98.0.2 > /dev/null; measure 10.99.0.2 > /dev/null
for _ in $(seq "$rounds"); do
	measure 10.98.0.2 >> "$work/kernel"
	measure 10.99.0.2 >> "$work/ours"
done
median() { cut -d' ' -f"$2" "$1" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
k=$(median "$work/kernel" 1) o=$(median "$work/ours" 1)
printf '%-28s %10s %10s %8s\n' "UDP round trip, one CPU" "p50 us" "p99 us" "ratio"
printf '%-28s %10s %10s %8s\n' "  kernel socket over veth" "$k" "$(median "$work/kernel" 2)" 1
printf '%-28s %10s %10s %8s\n' "  glassnetd --echo on TAP" "$o" "$(median "$work/ours" 2)" "$(awk "BEGIN { printf \"%.2f\", $o / $k }")"
