#!/bin/bash
# SPDX-License-Identifier: MIT
#
# live.sh: glassnetd on TAP devices, seen from the host: what common programs get from it, what it counts, how it starts, refuses and ends.
# shellcheck source=tests/netns/ns.sh
. "$(dirname "$0")/ns.sh"
ns_enter "$@"
ns_need_tun
ns_need ping iputils-ping

daemon=$BUILD/glassnetd
cli=$BUILD/glassnet
probe=$BUILD/tests/netns/probe
dir=$(mktemp -d "${TMPDIR:-/tmp}/live.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
mac=02:00:00:00:00:02

# nothing but what is sent here may reach the stack
for knob in all default; do
	[ ! -w /proc/sys/net/ipv6/conf/$knob/disable_ipv6 ] || echo 1 > /proc/sys/net/ipv6/conf/$knob/disable_ipv6
done

# start NAME ARG...: a daemon, ready, its process in $pid
start()
{
	local name=$1
	shift

	rm -f "$dir/$name.log"
	"$daemon" --name "$name" --socket "$dir/$name.sock" "$@" > "$dir/$name.log" 2>&1 &
	pid=$!
	ns_wait 5 grep -q ': ready' "$dir/$name.log" || sed 's/^/# /' "$dir/$name.log"
}

# stop DESCRIPTION PID: one test: SIGTERM ends it with status 0
stop()
{
	kill "$2"
	wait "$2"
	tap_ok "$1" [ $? = 0 ]
}

# counter NAME GROUP COLUMN: a number of /proc/net/snmp
counter()
{
	"$probe" read "$dir/$1.sock" /proc/net/snmp | awk -v g="$2:" -v c="$3" \
		'$1 == g && !n { for (i = 2; i <= NF; i++) if ($i == c) n = i; next } $1 == g { print $n; exit }'
}

# is TEXT COMMAND...: the command prints just that
is()
{
	local want=$1 got
	shift

	got=$("$@") || return
	[ "$got" = "$want" ] || { echo "\"$want\" was expected, not \"$got\""; return 1; }
}

at_least()
{
	local want=$1
	shift

	[ "$("$@")" -ge "$want" ]
}

# refused VALUE ARG...: the daemon does not start, names the value, leaves no device
refused()
{
	local value=$1 status
	shift

	timeout 10 "$daemon" --name gn-bad --socket "$dir/bad.sock" "$@" > "$dir/bad.log" 2>&1
	status=$?
	cat "$dir/bad.log"
	[ $status -ne 0 ] || { echo "exit status 0"; return 1; }
	[ $status -ne 124 ] || { echo "it went on"; return 1; }
	grep -qF -e "$value" "$dir/bad.log" || { echo "the message does not name $value"; return 1; }
	! ip link show gn-bad 2> /dev/null && [ ! -e "$dir/bad.sock" ]
}

# the socket of the daemon that runs is named, and nothing of it is touched
second_refused()
{
	! timeout 5 "$daemon" --name gn-live --socket "$dir/gn-live.sock" --device null: > "$dir/second.log" 2>&1 &&
		grep -F "$dir/gn-live.sock" "$dir/second.log"
}

one_hop()
{
	traceroute -n -U -q 1 -w 2 10.99.0.2 | tee "$dir/hops" | grep -E '^ 1  10\.99\.0\.2 ' || { cat "$dir/hops"; return 1; }
}

softnet_processed()
{
	"$probe" read "$dir/$1.sock" /proc/net/softnet_stat | awk '{ print $1, $2, $3 }'
}

tap_removed()
{
	ip link del gn-live && ns_wait 5 grep -q "gn-live.*gone" "$dir/gn-live.log"
}

no_trace()
{
	! ip link show "$1" 2> /dev/null && [ ! -e "$dir/$1.sock" ]
}

# --- one daemon ---
start gn-live --device tap:gn-live --addr 10.99.0.2/24 --host-addr 10.99.0.1/24 --mac $mac --echo 7 --set net.ipv4.icmp_ratelimit=0
live=$pid
ip neigh replace 10.99.0.2 lladdr $mac dev gn-live nud permanent
tap_ok "ping: nothing is lost" ping -q -c 5 -i 0.02 -W 2 10.99.0.2
tap_ok "1000 datagrams come back unchanged" "$probe" echo 10.99.0.2 7 1000
tap_ok "Icmp.InEchos is exact" is 5 counter gn-live Icmp InEchos
tap_ok "Icmp.OutEchoReps is exact" is 5 counter gn-live Icmp OutEchoReps
tap_ok "Udp.InDatagrams is exact" is 1000 counter gn-live Udp InDatagrams
tap_ok "Udp.OutDatagrams is exact" is 1000 counter gn-live Udp OutDatagrams
tap_ok "Ip.InReceives is exact" is 1005 counter gn-live Ip InReceives
tap_ok "Ip.OutRequests is exact" is 1005 counter gn-live Ip OutRequests
# the packets and one answer of ARP; nothing dropped, no run cut short
tap_ok "softnet_stat is exact" is "000003ee 00000000 00000000" softnet_processed gn-live
if [ -x "$cli" ]; then
	tap_ok "the ledger balances" "$cli" -s "$dir/gn-live.sock" drops
else
	tap_skip "the ledger balances" "glassnet is not built"
fi
tap_ok "a ping of 4000 bytes, in fragments" ping -q -c 3 -i 0.02 -W 2 -s 4000 10.99.0.2
tap_ok "a ping of 65507 bytes, in fragments" ping -q -c 1 -W 2 -s 65507 10.99.0.2
tap_ok "Ip.ReasmOKs is exact" is 4 counter gn-live Ip ReasmOKs
if command -v arping > /dev/null; then
	tap_ok "arping is answered" arping -c 1 -w 2 -I gn-live 10.99.0.2
else
	tap_skip "arping is answered" "no arping; on Debian: apt install iputils-arping"
fi
if command -v traceroute > /dev/null; then
	tap_ok "traceroute with UDP arrives in one hop" one_hop
else
	tap_skip "traceroute with UDP arrives in one hop" "no traceroute; on Debian: apt install traceroute"
fi
tap_ok "a second daemon of that name is refused" second_refused
tap_ok "the first one serves on" ping -q -c 1 -W 2 10.99.0.2
tap_ok "its TAP removed: reported" tap_removed
tap_ok "its TAP removed: control is served" is 1000 counter gn-live Udp InDatagrams
stop "its TAP removed: SIGTERM ends it with status 0" $live

# --- the end ---
start gn-live
tap_ok "the default device has 10.99.0.2" ping -q -c 1 -W 2 10.99.0.2
stop "SIGTERM ends it with status 0" "$pid"
tap_ok "neither its TAP nor its socket is left" no_trace gn-live

# --- refusals ---
tap_ok "refused: a device scheme that is not known" refused foo:bar --device foo:bar
tap_ok "refused: an address" refused 10.0.0.300/24 --device tap:gn-bad --addr 10.0.0.300/24
tap_ok "refused: an address without prefix" refused 10.0.0.3 --device tap:gn-bad --addr 10.0.0.3
tap_ok "refused: a gateway" refused 10.0.0 --device tap:gn-bad --addr 10.0.0.3/24 --gateway 10.0.0
tap_ok "refused: a value of a sysctl" refused net.ipv4.ip_forward=banana --set net.ipv4.ip_forward=banana
tap_ok "refused: a sysctl that is not there" refused net.ipv4.nothing --set net.ipv4.nothing=1
tap_ok "refused: a user" refused nobody-here --user nobody-here
tap_ok "refused: an MTU" refused 67 --device tap:gn-bad --mtu 67
tap_ok "refused: a group MAC" refused 01:00:5e:00:00:01 --device tap:gn-bad --mac 01:00:5e:00:00:01
tap_ok "refused: a port" refused 65536 --echo 65536
tap_ok "refused: a name of 16 characters" refused gn-0123456789abc --name gn-0123456789abc
tap_ok "refused: a capture file that is not there" refused /nowhere/x.pcap --device pcap:/nowhere/x.pcap
tap_ok "refused: a configuration file that is not there" refused /nowhere/conf --config /nowhere/conf
tap_ok "refused: a socket in no directory" refused /nowhere/x.sock --socket /nowhere/x.sock
tap_ok "refused: an argument" refused stray stray

# --- two daemons: what pretends to come from the one is echoed to it by the other ---
echo 1 > /proc/sys/net/ipv4/ip_forward
start gn-a --device tap:gn-a --addr 10.98.1.2/24 --host-addr 10.98.1.1/24 --gateway 10.98.1.1 --echo 7
a=$pid
start gn-b --device tap:gn-b --addr 10.98.2.2/24 --host-addr 10.98.2.1/24 --gateway 10.98.2.1 --discard 7
b=$pid
tap_ok "forwarded by the kernel: sent" "$probe" spoof 10.98.2.2 7 10.98.1.2 7 200
tap_ok "forwarded by the kernel: all of it arrives" ns_wait 5 at_least 200 counter gn-b Udp InDatagrams
tap_ok "forwarded by the kernel: nothing twice" is "200 200" echo "$(counter gn-a Udp OutDatagrams) $(counter gn-b Udp InDatagrams)"
stop "the first ends with status 0" $a
stop "the second ends with status 0" $b

if ip link add gn-br type bridge 2> /dev/null; then
	for name in gn-a gn-b; do
		ip tuntap add dev $name mode tap && ip link set $name master gn-br up
	done
	ip addr add 10.97.0.1/24 dev gn-br && ip link set gn-br up
	start gn-a --device tap:gn-a --addr 10.97.0.2/24 --echo 7
	a=$pid
	start gn-b --device tap:gn-b --addr 10.97.0.3/24 --discard 7
	b=$pid
	tap_ok "over a bridge: sent" "$probe" spoof 10.97.0.3 7 10.97.0.2 7 200
	tap_ok "over a bridge: all of it arrives" ns_wait 5 at_least 200 counter gn-b Udp InDatagrams
	stop "over a bridge: ends with status 0" $a
	tap_ok "over a bridge: a TAP that was there before stays" ip link show gn-a
	stop "over a bridge: the second ends with status 0" $b
else
	tap_skip "over a bridge: all of it arrives" "this kernel has no bridges"
fi
tap_done
