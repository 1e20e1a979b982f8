#!/bin/bash
# SPDX-License-Identifier: MIT
#
# gso.sh: packets of many datagrams between the kernel and the stack: UDP_SEGMENT on one side, UDP_GRO on the other, on a TAP with and without
# offload headers. What arrives is what was sent, byte for byte.
# shellcheck source=tests/netns/ns.sh
. "$(dirname "$0")/ns.sh"
ns_enter "$@"
ns_need_tun
ns_need python3 python3
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d "${TMPDIR:-/tmp}/gso.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
cli=$BUILD/glassnet
data=$dir/data
size=200000

for knob in all default; do
	[ ! -w /proc/sys/net/ipv6/conf/$knob/disable_ipv6 ] || echo 1 > /proc/sys/net/ipv6/conf/$knob/disable_ipv6
done
head -c $size /dev/urandom > "$data"

peer()
{
	python3 "$here/gso.py" "$@"
}

# start NAME on|off: a daemon whose stack is 10.99.0.2
start()
{
	"$BUILD/glassnetd" --name "$1" --socket "$dir/$1.sock" --device "tap:$1,vnet_hdr=$2" --addr 10.99.0.2/24 --host-addr 10.99.0.1/24 \
		--echo 7 --set net.core.rmem_max=8000000 > "$dir/$1.log" 2>&1 &
	pid=$!
	ns_wait 5 grep -q ': ready' "$dir/$1.log" || sed 's/^/# /' "$dir/$1.log"
	ns_wait 5 ping -c 1 -W 1 10.99.0.2
}

stop()
{
	kill "$pid"
	wait "$pid"
}

# stat NAME COUNTER: of the driver
stat()
{
	"$cli" -s "$dir/$1.sock" cat /proc/net/driver_stats | awk -v d="$1" -v c="$2" '$1 == d && $2 == c { print $3 }'
}

# more NAME COUNTER THAN
more()
{
	[ "$(stat "$1" "$2")" -gt "$3" ]
}

no_csum_errors()
{
	"$cli" -s "$dir/$1.sock" cat /proc/net/snmp | awk '
		$1 == "Udp:" && !n { for (i = 2; i <= NF; i++) if ($i == "InCsumErrors") n = i; next }
		$1 == "Udp:" { bad = $n } END { exit bad != 0 }'
}

# echoed SIZE: the kernel sends by UDP_SEGMENT, the daemon echoes, the kernel receives
echoed()
{
	rm -f "$dir/back"
	peer echo 10.99.0.2 7 "$data" "$1" "$dir/back" > "$dir/reads" || { cat "$dir/reads"; return 1; }
	cmp "$data" "$dir/back"
}

start gso0 on
tap_ok "offload headers: the kernel's segments are echoed" echoed 1400
tap_ok "as packets of many datagrams" grep -q 'largest 6[0-9]* gso 1400\|largest 5[0-9]* gso 1400' "$dir/reads"
tap_ok "which the driver took" more gso0 rx_gso 2
tap_ok "and gave" more gso0 tx_gso 2
tap_ok "short ones too" echoed 100
tap_ok "checksums that were left unfinished are no errors" no_csum_errors gso0
stop

start gso1 off
tap_ok "without offload headers: the kernel's segments are echoed" echoed 1400
tap_ok "each by itself" [ "$(stat gso1 tx_gso)" = 0 ]
tap_ok "no checksum is wrong" no_csum_errors gso1
stop

if ip link add gso-k type veth peer name gso-s 2> /dev/null; then
	ip addr add 10.96.0.1/24 dev gso-k
	ip link set gso-k up
	ip link set gso-s up
	"$BUILD/glassnetd" --name gso-s --socket "$dir/gso-s.sock" --device packet:gso-s,vnet_hdr=on --addr 10.96.0.2/24 --echo 7 > "$dir/gso-s.log" 2>&1 &
	pid=$!
	ns_wait 5 ping -c 1 -W 1 10.96.0.2 || sed 's/^/# /' "$dir/gso-s.log"
	rm -f "$dir/back"
	peer echo 10.96.0.2 7 "$data" 1400 "$dir/back" > "$dir/reads"
	tap_ok "a ring with offload headers: the kernel's segments are echoed" cmp "$data" "$dir/back"
	tap_ok "in frames of many datagrams" more gso-s rx_gso 2
	tap_ok "both ways" more gso-s tx_gso 2
	tap_ok "and no checksum is wrong" no_csum_errors gso-s
	stop
else
	tap_skip "a ring with offload headers" "no veth pairs here"
fi

if [ -f "$BUILD/src/shim/.libs/libglassnet-preload.so" ]; then
	for vnet in on off; do
		name=gso-$vnet
		start "$name" $vnet
		for how in send cmsg; do
			rm -f "$dir/out" "$dir/got"
			peer recv 9000 "$dir/out" $size gro > "$dir/got" &
			receiver=$!
			ns_wait 5 grep -q ready "$dir/got"
			"$cli" -s "$dir/$name.sock" run -- python3 "$here/gso.py" $how 10.99.0.1 9000 "$data" 1300 > "$dir/sent" 2>&1 || sed 's/^/# /' "$dir/sent"
			wait $receiver
			tap_ok "vnet_hdr=$vnet: a program on the stack sends by $how, the kernel receives" cmp "$data" "$dir/out"
		done
		rm -f "$dir/out" "$dir/got"
		"$cli" -s "$dir/$name.sock" run -- python3 "$here/gso.py" recv 9001 "$dir/out" $size gro > "$dir/got" 2>&1 &
		receiver=$!
		ns_wait 5 grep -q ready "$dir/got"
		peer send 10.99.0.2 9001 "$data" 1300
		wait $receiver
		tap_ok "vnet_hdr=$vnet: the kernel sends, a program with UDP_GRO on the stack receives" cmp "$data" "$dir/out"
		tap_ok "and is told the size" grep -q 'gso 1300' "$dir/got"
		sed 's/^/# /' "$dir/got"
		stop
	done
else
	tap_skip "programs on the stack" "the preload library is not part of this build"
fi
tap_done
