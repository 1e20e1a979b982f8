#!/bin/bash
# SPDX-License-Identifier: MIT
#
# embedded.sh BUILD: UDP round trip on one CPU to an unmodified echo server (bench/udp_echo): with the stack inside it on a TAP device, against the
# same program on the kernel's socket over veth, interleaved A B A B. Client and server share CPU 0, both block. Needs root (or a user namespace):
# everything happens in network namespaces that end with the script.
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
ip tuntap add dev be0 mode tap
ip addr add 10.99.0.1/24 dev be0
ip link set be0 up
taskset -c 0 nice -n -20 "$build/glassnet" run --embedded tap:be0,addr=10.99.0.2/24 -- "$build/bench/udp_echo" -p 7007 > "$work/log" 2>&1 &
for _ in $(seq 100); do ping -c 1 -W 1 10.99.0.2 > /dev/null 2>&1 && break; sleep 0.05; done
ping -c 1 -W 1 10.99.0.2 > /dev/null || { cat "$work/log"; exit 1; }

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
printf '%-28s %10s %10s %8s\n' "  udp_echo with it inside" "$o" "$(median "$work/ours" 2)" "$(awk "BEGIN { printf \"%.2f\", $o / $k }")"
