#!/bin/bash
# SPDX-License-Identifier: MIT
#
# packet.sh: glassnetd on one end of a veth pair, through AF_PACKET rings; the kernel with its own stack on the other.
# shellcheck source=tests/netns/ns.sh
. "$(dirname "$0")/ns.sh"
ns_enter "$@"
ns_need ping iputils-ping

daemon=$BUILD/glassnetd
cli=$BUILD/glassnet
probe=$BUILD/tests/netns/probe
dir=$(mktemp -d "${TMPDIR:-/tmp}/packet.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT

for knob in all default; do
	[ ! -w /proc/sys/net/ipv6/conf/$knob/disable_ipv6 ] || echo 1 > /proc/sys/net/ipv6/conf/$knob/disable_ipv6
done

pair()
{
	ip link add gn-peer type veth peer name gn-pkt 2> /dev/null && ip addr add 10.96.0.1/24 dev gn-peer && ip link set gn-peer up && ip link set gn-pkt up
}
pair || ns_skip "this kernel has no veth pairs"

# start SPEC ARG...: a daemon, ready, its process in $pid
start()
{
	rm -f "$dir/log"
	"$daemon" --name gn-pkt --socket "$dir/s" --device "$1" --addr 10.96.0.2/24 --mac 02:00:00:00:00:02 --echo 7 --discard 9 \
		--set net.ipv4.icmp_ratelimit=0 "${@:2}" > "$dir/log" 2>&1 &
	pid=$!
	ns_wait 5 grep -q ': ready' "$dir/log" || sed 's/^/# /' "$dir/log"
	ip neigh replace 10.96.0.2 lladdr 02:00:00:00:00:02 dev gn-peer nud permanent
}

stop()
{
	kill "$pid"
	wait "$pid"
	tap_ok "$1" [ $? = 0 ]
}

stat()
{
	"$cli" -s "$dir/s" cat /proc/net/driver_stats | awk -v s="$1" '$1 == "gn-pkt" && $2 == s { print $3 }'
}

counter()
{
	"$cli" -s "$dir/s" cat /proc/net/snmp | awk -v g="$1:" -v c="$2" \
		'$1 == g && !n { for (i = 2; i <= NF; i++) if ($i == c) n = i; next } $1 == g { print $n; exit }'
}

is()
{
	local want=$1 got
	shift

	got=$("$@") || return
	[ "$got" = "$want" ] || { echo "\"$want\" was expected, not \"$got\""; return 1; }
}

carrier()
{
	is "$1" "$cli" -s "$dir/s" cat /sys/class/net/gn-pkt/carrier
}

flood()
{
	"$probe" spoof 10.96.0.1 1000 10.96.0.2 9 100000
}

# flood_stopped: while the daemon stands still the ring must overflow
flood_stopped()
{
	kill -STOP "$pid"
	flood
	local ret=$?
	kill -CONT "$pid"
	return $ret
}

# Every datagram that was sent arrived, is in the ring's losses or found its socket's buffer full.
accounted()
{
	local how=$1 least_missed=$2 before after missed full sum end=$((SECONDS + 20)) missed0 full0

	before=$(counter Udp InDatagrams) missed0=$(stat rx_missed) full0=$(counter Udp RcvbufErrors)
	"$how" || return
	until
		after=$(counter Udp InDatagrams) missed=$(stat rx_missed) full=$(counter Udp RcvbufErrors)
		sum=$((after - before + missed - missed0 + full - full0))
		[ $sum -ge 100000 ]
	do
		[ $SECONDS -lt $end ] || break
		sleep 0.05
	done
	echo "delivered $((after - before)) missed $((missed - missed0)) buffer full $((full - full0))"
	[ $sum = 100000 ] && [ $((after - before)) -ge 100 ] && [ $((missed - missed0)) -ge "$least_missed" ]
}

missed_shown()
{
	is "$(stat rx_missed)" "$cli" -s "$dir/s" cat /sys/class/net/gn-pkt/statistics/rx_missed_errors
}

# One datagram's way from the line to the stack, as the tracer shows it: these calls, in this order.
walked()
{
	local t=/sys/kernel/tracing want="tp_intr tp_poll tp_clean_rx tpring_peek tp_rx_frame __netdev_alloc_skb tp_rx_copy eth_type_trans napi_gro_receive" got

	"$cli" -s "$dir/s" write $t/set_graph_function tp_intr net_rx_action && "$cli" -s "$dir/s" write $t/current_tracer function_graph || return
	"$probe" spoof 10.96.0.1 1000 10.96.0.2 9 1
	ns_wait 5 eval "\"$cli\" -s \"$dir/s\" cat $t/trace | grep -q napi_gro_receive"
	got=$("$cli" -s "$dir/s" cat $t/trace | grep -o '[a-z_0-9]*\( \[tpacket\]\)*()' | sed 's/ .*//; s/()//' |
		awk -v want="$want" 'BEGIN { n = split(want, w, " "); k = 1 } k <= n && $1 == w[k] { got = got (k++ > 1 ? " " : "") $1 } END { print got }')
	"$cli" -s "$dir/s" write $t/current_tracer nop
	[ "$got" = "$want" ] || { echo "seen: $got"; return 1; }
}

balanced()
{
	"$cli" -s "$dir/s" drops
}

# every TAG here is the path of one mode
mode()
{
	local tag=$1
	shift

	start "$@"
	tap_ok "$tag: ping: nothing is lost" ping -q -c 5 -i 0.02 -W 2 10.96.0.2
	tap_ok "$tag: datagrams of all sizes come back unchanged" "$probe" echo 10.96.0.2 7 1473
	tap_ok "$tag: Icmp.InEchos is exact" is 5 counter Icmp InEchos
	tap_ok "$tag: Udp.InDatagrams is exact" is 1473 counter Udp InDatagrams
	tap_ok "$tag: Udp.OutDatagrams is exact" is 1473 counter Udp OutDatagrams
	tap_ok "$tag: sums left to hardware are counted" [ "$(stat rx_csum_partial)" -ge 1 ]
	tap_ok "$tag: a ping of 4000 bytes, in fragments" ping -q -c 3 -i 0.02 -W 2 -s 4000 10.96.0.2
	tap_ok "$tag: 100000 datagrams: none lost unseen" accounted flood 0
	tap_ok "$tag: 100000 while it stands still: the ring counts its losses" accounted flood_stopped 70000
	tap_ok "$tag: rx_missed_errors is what the ring lost" missed_shown
	tap_ok "$tag: the ledger balances" balanced
	if "$cli" -s "$dir/s" cat /sys/kernel/tracing/available_tracers 2> /dev/null | grep -q function_graph; then
		tap_ok "$tag: the tracer shows the way through the driver" walked
	else
		tap_skip "$tag: the tracer shows the way through the driver" "built without the tracer"
	fi
	ip link set gn-pkt down
	tap_ok "$tag: the interface down: no carrier" ns_wait 5 carrier 0
	ip link set gn-pkt up
	tap_ok "$tag: and up: carrier" ns_wait 5 carrier 1
	ip link set gn-peer down
	tap_ok "$tag: its peer down: no carrier" ns_wait 5 carrier 0
	ip link set gn-peer up
	tap_ok "$tag: and up: carrier" ns_wait 5 carrier 1
	ip neigh replace 10.96.0.2 lladdr 02:00:00:00:00:02 dev gn-peer nud permanent
	tap_ok "$tag: it answers again" ping -q -c 1 -W 2 10.96.0.2
	ip link del gn-peer
	tap_ok "$tag: removed: reported" ns_wait 5 grep -q "gn-pkt is gone" "$dir/log"
	tap_ok "$tag: removed: control is served" "$cli" -s "$dir/s" status
	pair
	"$cli" -s "$dir/s" link set gn-pkt down
	tap_ok "$tag: made anew: down and up opens it" "$cli" -s "$dir/s" link set gn-pkt up
	ip neigh replace 10.96.0.2 lladdr 02:00:00:00:00:02 dev gn-peer nud permanent
	tap_ok "$tag: made anew: it answers" ping -q -c 1 -W 2 10.96.0.2
	stop "$tag: SIGTERM ends it with status 0"
}

# refused TEXT ARG...: the daemon does not start and says why
refused()
{
	local text=$1 status
	shift

	timeout 10 "$@" > "$dir/bad.log" 2>&1
	status=$?
	cat "$dir/bad.log"
	[ $status -ne 0 ] && [ $status -ne 124 ] && grep -qF -e "$text" "$dir/bad.log"
}

mode "v=3" packet:gn-pkt
mode "v=2" packet:gn-pkt,v=2,rx=4096

bad=("$daemon" --name gn-bad --socket "$dir/bad.sock" --device)
tap_ok "refused: an interface that is not there" refused "the host has no interface gn-none" "${bad[@]}" packet:gn-none
if ip tuntap add dev gn-tun mode tun 2> /dev/null; then
	tap_ok "refused: one that is not Ethernet" refused "gn-tun is not an Ethernet interface" "${bad[@]}" packet:gn-tun
else
	tap_skip "refused: one that is not Ethernet" "TUN devices are refused here"
fi
tap_ok "refused: an option" refused "v=4" "${bad[@]}" packet:gn-pkt,v=4
if command -v capsh > /dev/null; then
	tap_ok "refused: without CAP_NET_RAW" refused "CAP_NET_RAW is needed" \
		capsh --drop=cap_net_raw -- -c "\"\$0\" \"\$@\"" "${bad[@]}" packet:gn-pkt
else
	tap_skip "refused: without CAP_NET_RAW" "no capsh; on Debian: apt install libcap2-bin"
fi

ip link set gn-pkt down
start packet:gn-pkt
tap_ok "an interface that is down: said" grep -q "gn-pkt is down; ip link set gn-pkt up" "$dir/log"
ip link set gn-pkt up
tap_ok "an interface that is down: serves once it is up" ns_wait 5 ping -q -c 1 -W 1 10.96.0.2
stop "an interface that is down: ends with status 0"
ip addr add 10.96.0.2/24 dev gn-pkt
start packet:gn-pkt
tap_ok "an address that the host has: said" grep -q "10.96.0.2/24 is also an address of the host's gn-pkt" "$dir/log"
stop "an address that the host has: ends with status 0"
tap_done
