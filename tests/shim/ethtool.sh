#!/bin/bash
# SPDX-License-Identifier: MIT
#
# ethtool.sh: the stock ethtool under the preload library asks the drivers of the stack: a TAP, an interface of the host through its ring, a capture
# file, lo. What one has and another has not, it says as the kernel does.
# shellcheck source=tests/netns/ns.sh
. "$(dirname "$0")/../netns/ns.sh"
ns_enter "$@"
ns_need_tun
ns_need ethtool ethtool
so=$BUILD/src/shim/.libs/libglassnet-preload.so
[ -f "$so" ] || ns_skip "the preload library is not part of this build"
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d "${TMPDIR:-/tmp}/ethtool.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
sock=$dir/gn.sock

ip link add gn-e0 type veth peer name gn-e1 && ip link set gn-e0 up && ip link set gn-e1 up || ns_skip "no veth"
ip addr add 10.98.0.1/24 dev gn-e0
"$BUILD/glassnetd" --socket "$sock" --device tap:gn-t0 --addr 10.99.0.2/24 --host-addr 10.99.0.1/24 \
	--device packet:gn-e1 --addr 10.98.0.2/24 --device null: > "$dir/log" 2>&1 &
daemon=$!
ns_wait 10 grep -q ': ready' "$dir/log" || sed 's/^/# /' "$dir/log"

# et ARG...: ethtool on the stack
et() { LD_PRELOAD=$so GLASSNET_SOCKET=$sock ethtool "$@"; }
# says TEXT ARG...: its output, errors too, holds the text
says()
{
	local text=$1 out
	shift

	out=$(et "$@" 2>&1)
	case $out in *"$text"*) ;; *) printf 'not said: %s\nin: %s\n' "$text" "$out"; return 1 ;; esac
}
# value NAME ARG...: what stands behind "NAME:" last
value() { et "${@:2}" | awk -F: -v n="$1" '{ gsub(/^[ \t]+/, "", $1); if ($1 == n) { gsub(/[ \t]/, "", $2); v = $2 } } END { print v }'; }
is() { local got; got=$("${@:2}"); [ "$got" = "$1" ] || { echo "\"$1\" was expected, not \"$got\""; return 1; }; }
refused() { ! et "$@" > /dev/null 2>&1; }

tap_ok "-i: the driver and what it drives" says "bus-info: tap:gn-t0" -i gn-t0
tap_ok "-i: another driver" says "driver: tpacket" -i gn-e1
tap_ok "plain: as tun says" says "Speed: 10Mb/s" gn-t0
tap_ok "plain: what the host says" says "Speed: 10000Mb/s" gn-e1
tap_ok "plain: the link" says "Link detected: yes" gn-t0
tap_ok "D17: -T" says "software-system-clock (SOF_TIMESTAMPING_SOFTWARE)" -T gn-t0
tap_ok "D2: -l" is 1 value Combined -l gn-t0
tap_ok "D2: -l of a device without channels" says "Cannot get device channel parameters: Operation not supported" -l null0
tap_ok "D4: -g" is 2048 value RX -g gn-e1
tap_ok "D4: a TAP has no ring" says "Operation not supported" -g gn-t0
no_loss() { ping -qc 3 -i 0.01 -W 5 10.98.0.2 | grep -q ' 0% packet loss'; }
tap_ok "the interface answers" no_loss
tap_ok "D5: -G changes the ring" et -G gn-e1 rx 4096
tap_ok "D5: it did" is 4096 value RX -g gn-e1
tap_ok "D5: it answers still" no_loss
tap_ok "D5: a ring that is too small" refused -G gn-e1 rx 3
tap_ok "D5: and one that is too large" says "Invalid argument" -G gn-e1 rx 70000
tap_ok "D5: nothing has changed" is 4096 value RX -g gn-e1
tap_ok "D15: -c" is 1000 value rx-usecs -c gn-e1
tap_ok "D15: -C" et -C gn-e1 rx-usecs 2500
tap_ok "D15: in whole milliseconds" is 3000 value rx-usecs -c gn-e1
tap_ok "D15: it answers still" no_loss
tap_ok "D15: a parameter that it has not" says "Operation not supported" -C gn-e1 tx-usecs 5
tap_ok "D15: a TAP's" et -C gn-t0 rx-usecs 250
tap_ok "D15: it took effect" is 250 value rx-usecs -c gn-t0
tap_ok "D10: -k" is on value generic-receive-offload -k gn-t0
tap_ok "D11: -K gro off" et -K gn-t0 gro off
tap_ok "D11: it did" is off value generic-receive-offload -k gn-t0
tap_ok "D11: another device is as it was" is on value generic-receive-offload -k gn-e1
tap_ok "D11: what is fixed" says "Cannot change large-receive-offload" -K gn-t0 lro on
tap_ok "no such device" says "No such device" -i gn-none
counted()
{
	local before after
	before=$(value rx_packets -S gn-e1)
	ping -qc 5 -i 0.01 -W 5 10.98.0.2 > /dev/null
	after=$(value rx_packets -S gn-e1)
	[ $((after - before)) -ge 5 ] || echo "$before, then $after"
	[ $((after - before)) -ge 5 ]
}
tap_ok "D1: -S counts" counted
documented()
{
	local dev name missing=
	for dev in gn-t0 gn-e1 null0; do
		for name in $(et -S $dev | awk -F: '/^ / { gsub(/ /, "", $1); print $1 }'); do
			grep -qw "$name" "$here/../../man/glassnet.7" "$here/../../man/glassnetd.8" || missing="$missing $name"
		done
	done
	[ -z "$missing" ] || { echo "without a word in a manual page:$missing"; return 1; }
}
tap_ok "D1: each statistic stands in a manual page" documented
kill "$daemon"
wait "$daemon"
tap_done
