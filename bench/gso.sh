#!/bin/bash
# SPDX-License-Identifier: MIT
#
# gso.sh BUILD: datagrams of 1400 bytes that the kernel sends by UDP_SEGMENT, 42 a packet, and that come back over a TAP with offload headers:
# glassnetd --echo against the least that such an echo costs (tap_floor), interleaved A B A B; then glassnetd without the headers. Gbit/s echoed,
# and what one CPU would carry by the server's cpu time. Sender on CPU 0, server on CPU 1. Needs root (or a user namespace).
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

# until COMMAND...: waits for it, at most five seconds
until_ok()
{
	for _ in $(seq 100); do
		"$@" > /dev/null 2>&1 && return
		sleep 0.05
	done
	echo "gso.sh: $* does not come" >&2
	return 1
}

nice -n -20 "$build/bench/tap_floor" -i floor -v > "$work/floor" &
floor=$!
until_ok grep -q ready "$work/floor"
ip addr add 10.97.0.1/24 dev floor
ip link set floor up
for vnet in on off; do
	net=$([ $vnet = on ] && echo 98 || echo 99)
	nice -n -20 "$build/glassnetd" --name $vnet --socket "$work/$vnet" --device "tap:tap-$vnet,vnet_hdr=$vnet" --addr 10.$net.0.2/24 \
		--host-addr 10.$net.0.1/24 --echo 7007 --log err > "$work/log-$vnet" 2>&1 &
	eval "$vnet=\$!"
	until_ok grep -q ready "$work/log-$vnet" || cat "$work/log-$vnet"
done
for addr in 10.98.0.2 10.99.0.2; do until_ok ping -c 1 -W 1 $addr; done
for pid in $floor $on $off; do
	for t in $(ls "/proc/$pid/task"); do taskset -cp 1 "$t" > /dev/null; done
done

cpu_ns() { cat /proc/"$1"/task/*/schedstat | awk '{ s += $1 } END { printf "%.0f", s }'; }
bytes() { awk -v dev="$1:" '$1 == dev { print $2 }' /proc/net/dev; }

# rate IFNAME ADDR PID: one line: Gbit/s echoed, Gbit/s a second of the server's cpu time
rate()
{
	local b0 c0

	b0=$(bytes "$1") c0=$(cpu_ns "$3")
	taskset -c 0 nice -n -20 "$build/bench/udp_blast" -d "$2" -p 7007 -t "$secs" -g 1400 > /dev/null
	awk -v b=$(($(bytes "$1") - b0)) -v c=$(($(cpu_ns "$3") - c0)) -v s="$secs" 'BEGIN { printf "%.2f %.2f\n", b * 8 / s / 1e9, c ? b * 8 / c : 0 }'
}

for _ in $(seq "$rounds"); do
	rate floor 10.97.0.2 $floor >> "$work/r.floor"
	rate tap-on 10.98.0.2 "$on" >> "$work/r.on"
	rate tap-off 10.99.0.2 "$off" >> "$work/r.off"
done

median() { cut -d' ' -f"$2" "$1" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
f=$(median "$work/r.floor" 2)
printf '%-40s %10s %14s %8s\n' "UDP 1400 B echoed on TAP, UDP_SEGMENT" "Gbit/s" "Gbit/s a CPU" "ratio"
for row in "floor:  read, turn around, write" "on:  glassnetd --echo, vnet_hdr=on" "off:  glassnetd --echo, vnet_hdr=off"; do
	file=$work/r.${row%%:*}
	printf '%-40s %10s %14s %8s\n' "${row#*:}" "$(median "$file" 1)" "$(median "$file" 2)" \
		"$(awk "BEGIN { printf \"%.2f\", $(median "$file" 2) / $f }")"
done
