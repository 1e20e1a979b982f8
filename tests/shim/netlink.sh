#!/bin/bash
# SPDX-License-Identifier: MIT
#
# netlink.sh: ip and dnsmasq, unmodified, on the stack: what they show and change is the stack's, and the kernel of their namespace, which has
# only lo, stays as it is. The daemon, its TAP and the kernel at the TAP's other end are in another namespace.
# shellcheck source=tests/netns/ns.sh
. "$(dirname "$0")/../netns/ns.sh"
ns_enter "$@"
ns_need_tun
cli=$BUILD/glassnet
[ -f "$BUILD/src/shim/.libs/libglassnet-preload.so" ] || ns_skip "the preload library is not part of this build"
dir=$(mktemp -d "${TMPDIR:-/tmp}/netlink.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
sock=$dir/gn.sock
dev=gn-nl
stack=10.99.0.2
kernel=10.99.0.1
python=$(python3 -c 'import os, sys; print(os.path.realpath(sys.executable))' 2> /dev/null)

for knob in all default; do
	[ ! -w /proc/sys/net/ipv6/conf/$knob/disable_ipv6 ] || echo 1 > /proc/sys/net/ipv6/conf/$knob/disable_ipv6
done
"$BUILD/glassnetd" --name $dev --socket "$sock" --device tap:$dev --addr $stack/24 --host-addr $kernel/24 > "$dir/log" 2>&1 &
daemon=$!
ns_wait 5 grep -q ': ready' "$dir/log" || sed 's/^/# /' "$dir/log"
unshare --net sleep 1000 &
programs=$!
ns_wait 5 nsenter -t $programs -n ip link set lo up

there() { nsenter -t $programs -n -- "$@"; }
on() { there "$cli" run -s "$sock" "$@"; }
gn() { "$cli" -s "$sock" "$@"; }

# start NAME COMMAND...: in the background; its output is $dir/NAME, its process $started
start()
{
	local name=$1
	shift

	: > "$dir/$name"
	nsenter -t $programs -n -- "$cli" run -s "$sock" "$@" > "$dir/$name" 2>&1 &
	started=$!
}

stop()
{
	kill "$1" 2> /dev/null
	wait "$1"
	true
}

# says TEXT COMMAND...: its output, errors too, holds the text; not TEXT COMMAND...: it does not
says()
{
	local text=$1 out
	shift

	out=$("$@" 2>&1)
	case $out in
	*"$text"*) ;;
	*)
		printf 'not said: %s\nin: %s\n' "$text" "$out"
		return 1
		;;
	esac
}
not() { ! says "$@"; }
fails() { ! "$@" > /dev/null 2>&1; }

# --- what is there ---
tap_ok "ip addr: the stack's addresses" says "inet $stack/24 brd 10.99.0.255 scope global $dev" on ip addr
tap_ok "ip addr: nothing of the kernel's" not "$kernel" on ip addr
tap_ok "ip -br addr" says "$stack/24" on ip -br addr show dev $dev
tap_ok "ip link: flags, MTU, queueing discipline" says "<BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc pfifo_fast" on ip link show $dev
tap_ok "ip -d link: kind of the driver" says "minmtu 68" on ip -d link
tap_ok "ip route: the route of the address" says "10.99.0.0/24 dev $dev proto kernel scope link src $stack" on ip route
tap_ok "ip route show table all: the local table" says "local $stack dev $dev table local" on ip route show table all
tap_ok "ip route get" says "$kernel dev $dev src $stack" on ip route get $kernel
tap_ok "ip route get fibmatch" says "10.99.0.0/24 dev $dev" on ip route get fibmatch $kernel
tap_ok "ip rule: as of a kernel without policy routing" says "Operation not supported" on ip rule
tap_ok "ip maddr" says "inet  224.0.0.1" on ip maddr show dev $dev
tap_ok "ip -6 addr: none" [ -z "$(on ip -6 addr)" ]
tap_ok "a device that is not there" says 'Device "nosuch" does not exist' on ip addr show dev nosuch

json()
{
	on ip -j -s "$1" | "$python" -c "import json, sys; d = json.load(sys.stdin); $2"
}

if [ -n "$python" ]; then
	tap_ok "ip -j addr" json addr "assert [a['local'] for a in d[1]['addr_info']] == ['$stack'], d"
	tap_ok "ip -j -s link: counters" json link "assert d[1]['ifname'] == '$dev' and 'packets' in d[1]['stats64']['rx'], d"
	tap_ok "ip -j route" json route "assert d[0]['dst'] == '10.99.0.0/24', d"
else
	tap_skip "ip -j" "no python3; on Debian: apt install python3-minimal"
fi

counts()
{
	local before after

	before=$(gn cat /sys/class/net/$dev/statistics/tx_packets)
	on ping -q -c 2 -i 0.05 -W 2 $kernel
	after=$(gn cat /sys/class/net/$dev/statistics/tx_packets)
	[ "$after" -gt "$before" ] && on ip -s link show $dev | grep -qw "$after"
}
if command -v ping > /dev/null; then
	tap_ok "ip -s link: what was sent" counts
	tap_ok "ip neigh: who was asked" says "$kernel dev $dev lladdr" on ip neigh
else
	tap_skip "ip -s link: what was sent" "no ping; on Debian: apt install iputils-ping"
fi

# --- what changes; each is looked at by the daemon's own client ---
# changes TEXT COMMAND...: it succeeds, and then `glassnet ${see[@]}` has the text; undoes: has it no more
changes()
{
	local text=$1
	shift

	"$@" && says "$text" gn "${see[@]}"
}
undoes()
{
	local text=$1
	shift

	"$@" && not "$text" gn "${see[@]}"
}

see=(addr)
tap_ok "ip addr add" changes 10.98.0.1/24 on ip addr add 10.98.0.1/24 dev $dev
tap_ok "ip addr add once more: the stack's own words" says "ipv4: Address already assigned" on ip addr add 10.98.0.1/24 dev $dev
see=(route)
tap_ok "ip route add" changes "10.97.0.0/16 via 10.98.0.7" on ip route add 10.97.0.0/16 via 10.98.0.7
tap_ok "ip route add once more: EEXIST" says "File exists" on ip route add 10.97.0.0/16 via 10.98.0.7
tap_ok "ip route replace" changes "10.97.0.0/16 via 10.98.0.8" on ip route replace 10.97.0.0/16 via 10.98.0.8
tap_ok "ip route del" undoes 10.97.0.0/16 on ip route del 10.97.0.0/16
tap_ok "ip route del once more: ESRCH" says "No such process" on ip route del 10.97.0.0/16
tap_ok "ip route add: an unreachable gateway, and why" says "Nexthop has invalid gateway" on ip route add 10.96.0.0/16 via 203.0.113.1
see=(neigh)
tap_ok "ip neigh add" changes 02:00:00:00:00:09 on ip neigh add 10.98.0.9 lladdr 02:00:00:00:00:09 dev $dev
tap_ok "ip neigh replace" changes 02:00:00:00:00:0a on ip neigh replace 10.98.0.9 lladdr 02:00:00:00:00:0a dev $dev
tap_ok "ip neigh del" undoes 02:00:00:00:00:0a on ip neigh del 10.98.0.9 dev $dev
tap_ok "ip neigh add, reachable" changes 02:00:00:00:00:0b on ip neigh add 10.98.0.11 lladdr 02:00:00:00:00:0b nud reachable dev $dev
tap_ok "ip neigh flush" undoes 02:00:00:00:00:0b on ip neigh flush dev $dev
see=(link)
tap_ok "ip link set mtu" changes 1400 on ip link set $dev mtu 1400
tap_ok "ip link set down" undoes "<BROADCAST,MULTICAST,UP" on ip link set $dev down
tap_ok "ip link set up" changes "<BROADCAST,MULTICAST,UP" on ip link set $dev up
see=(addr)
tap_ok "ip addr del" undoes 10.98.0.1 on ip addr del 10.98.0.1/24 dev $dev

# --- what it hears of ---
hears()
{
	local text=$1
	shift

	"$@"
	ns_wait 5 grep -qF -e "$text" "$dir/monitor" || { cat "$dir/monitor"; return 1; }
}

listening() { gn status -v | grep -q 'program_sockets=[1-9]'; }

start monitor ip monitor
monitor=$started
# it may not have subscribed yet
subscribed() { gn link set $dev mtu 1300 && grep -q "mtu 1300" "$dir/monitor"; }
ns_wait 5 subscribed
tap_ok "ip monitor: a link of another program's making" hears "mtu 1450" on ip link set $dev mtu 1450
tap_ok "ip monitor: an address that the daemon's own client adds" hears "inet 10.95.0.1/24" gn addr add 10.95.0.1/24 dev $dev
tap_ok "ip monitor: a route" hears "10.94.0.0/16 via 10.95.0.9" on ip route add 10.94.0.0/16 via 10.95.0.9
tap_ok "ip monitor: a neighbour" hears "10.95.0.3 dev $dev lladdr 02:00:00:00:00:03 PERMANENT" \
	on ip neigh add 10.95.0.3 lladdr 02:00:00:00:00:03 dev $dev
tap_ok "ip monitor: what goes" hears "Deleted 10.94.0.0/16" gn route del 10.94.0.0/16
if command -v ping > /dev/null; then
	on ip neigh flush dev $dev
	tap_ok "ip monitor: a neighbour that answered" hears "$kernel dev $dev lladdr $(ip -br link show dev $dev | awk '{ print $3 }') REACHABLE" on ping -q -c 1 -W 2 $kernel
	tap_ok "ip monitor: a neighbour that is gone" hears "Deleted $kernel dev $dev" on ip neigh del $kernel dev $dev
fi
stop "$monitor"

# --- who may ---
as_nobody() { on setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
if setpriv --reuid 65534 --regid 65534 --clear-groups true 2> /dev/null; then
	chmod 711 "$dir"
	tap_ok "another user sees" says "$stack/24" as_nobody ip addr
	tap_ok "and may not change: EPERM" says "Operation not permitted" as_nobody ip addr add 10.93.0.1/24 dev $dev
	see=(addr)
	tap_ok "nothing changed" not 10.93.0.1 gn addr
else
	tap_skip "another user" "no right to become one here"
fi

# --- dnsmasq ---
bound() { gn cat /proc/net/udp | grep -q ":$(printf %04X "$1") "; }
binds() { ns_wait 5 bound 5300 || { cat "$dir/dnsmasq"; return 1; }; }
answers() { [ "$("$@" dig +short +tries=1 +time=5 -p 5300 @$stack x.test)" = 192.0.2.1 ]; }

if command -v dig > /dev/null && command -v dnsmasq > /dev/null; then
	start dnsmasq --no-tcp dnsmasq -d -p 5300 -R -h --address=/x.test/192.0.2.1 --interface=$dev --bind-dynamic --user=root
	dnsmasq=$started
	tap_ok "dnsmasq finds its interface and binds" binds
	tap_ok "dnsmasq answers dig on the stack" answers on
	tap_ok "dnsmasq answers dig over the TAP" answers command
	stop "$dnsmasq"
else
	tap_skip "dnsmasq" "no dig or dnsmasq; on Debian: apt install bind9-dnsutils dnsmasq-base"
fi

# --- the rest of netlink is not there ---
if [ -n "$python" ]; then
	tap_ok "other protocols of netlink: EPROTONOSUPPORT" on "$python" -c '
import errno, socket
for protocol in 1, 4, 9, 12, 16, 15:
	try:
		socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol)
		assert 0, protocol
	except OSError as e:
		assert e.errno == errno.EPROTONOSUPPORT, e'
	start server "$python" -c '
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("0.0.0.0", 5999))
time.sleep(1000)'
	ns_wait 5 bound 5999
	tap_ok "ss falls back to files" says 0.0.0.0:5999 on ss -lun
	stop "$started"
fi

# --- the namespace of the programs is as it was ---
tap_ok "the kernel has no address of these" [ "$(there ip -br addr | wc -l)" = 1 ]
tap_ok "and no route, no neighbour" [ -z "$(there ip route; there ip neigh)" ]
tap_ok "the TAP's kernel side is as it was" says "inet $kernel/24" ip addr show dev $dev
tap_ok "no socket is left" ns_wait 5 eval '! listening'

kill $programs
kill $daemon
wait $daemon
tap_ok "the daemon ends well" [ $? = 0 ]
tap_done
