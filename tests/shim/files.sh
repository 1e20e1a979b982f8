#!/bin/bash
# SPDX-License-Identifier: MIT
#
# files.sh: programs under the preload library read and write the stack's /proc, /sys and tracing tree, and never the host's. They run in a
# network namespace with only lo; glassnetd is in another, with a device that swallows.
# shellcheck source=tests/netns/ns.sh
. "$(dirname "$0")/../netns/ns.sh"
ns_enter "$@"

so=$BUILD/src/shim/.libs/libglassnet-preload.so
[ -f "$so" ] || ns_skip "the preload library is not part of this build"
dir=$(mktemp -d "${TMPDIR:-/tmp}/files.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
sock=$dir/gn.sock
ttl=/proc/sys/net/ipv4/ip_default_ttl

echo 65 > $ttl 2> /dev/null || ns_skip "no right to change $ttl of this namespace"
unshare --net "$BUILD/glassnetd" --socket "$sock" --device null: --addr 10.9.0.2/24 > "$dir/log" 2>&1 &
daemon=$!
ns_wait 5 grep -q ': ready' "$dir/log" || sed 's/^/# /' "$dir/log"

# on COMMAND...: it runs on the stack
on() { LD_PRELOAD=$so GLASSNET_SOCKET=$sock "$@"; }
# gn ARG...: the same asked by the daemon's own client
gn() { "$BUILD/glassnet" -s "$sock" "$@"; }
# says TEXT COMMAND...: its output, errors too, holds the text
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
# prints TEXT COMMAND...: that is all it prints
prints()
{
	local text=$1 out
	shift

	out=$("$@" 2>&1)
	[ "$out" = "$text" ] || { printf 'not "%s" but: %s\n' "$text" "$out"; return 1; }
}
fails() { ! "$@" > /dev/null 2>&1; }
# with PROGRAM PACKAGE DESCRIPTION COMMAND...: one test, if the machine has the program
with()
{
	if command -v "$1" > /dev/null; then
		tap_ok "${@:3}"
	else
		tap_skip "$3" "no $1; on Debian: apt install $2"
	fi
}

# --- reading ---
read_both() { on cat "$1" > "$dir/a" && gn cat "$2" > "$dir/b" && [ -s "$dir/b" ]; }
# counters may have moved between the two
same_now() { read_both "$@" && cmp "$dir/a" "$dir/b"; }
same() { ns_wait 5 same_now "$@" || same_now "$@"; }
# these move all the time
same_words() { read_both "$@" && sed -i 's/[0-9 ]*//g' "$dir/a" "$dir/b" && cmp "$dir/a" "$dir/b"; }
for f in snmp netstat dev udp route arp sockstat igmp; do
	tap_ok "cat /proc/net/$f is the stack's" same /proc/net/$f /proc/net/$f
done
tap_ok "/proc/self/net is the same" same /proc/self/net/dev /proc/net/dev
tap_ok "/proc/thread-self/net is the same" same /proc/thread-self/net/dev /proc/net/dev
tap_ok "dots and slashes are the same" same //proc/./sys/../net//dev /proc/net/dev
tap_ok "/sys/kernel/debug/tracing is /sys/kernel/tracing" same /sys/kernel/debug/tracing/available_tracers /sys/kernel/tracing/available_tracers
tap_ok "/sys/class/net" same /sys/class/net/null0/mtu /sys/class/net/null0/mtu
tap_ok "/proc/interrupts" same_words /proc/interrupts /proc/interrupts
ln -s /proc/net/dev "$dir/link"
tap_ok "a link from elsewhere" same "$dir/link" /proc/net/dev
tap_ok "PID is the process itself" says null0 on bash -c 'while read -r l; do echo "$l"; done < /proc/$$/net/dev'
in_directory() { cd /proc/sys/net/ipv4 && prints 64 on cat ip_default_ttl; }
tap_ok "a name in the working directory" in_directory
tap_ok "what the stack lacks is not the host's" fails on cat /proc/net/tcp6
tap_ok "nor is a directory" fails on ls /proc/sys/net/ipv6
tap_ok "the host's own files are the host's" prints "$(cat /proc/sys/kernel/ostype)" on cat /proc/sys/kernel/ostype
tap_ok "/proc/net/unix is the kernel's" says "Num " on cat /proc/net/unix
tap_ok "ls lists the stack's devices" prints "lo
null0" on ls /sys/class/net
with find findutils "find walks the stack's tree" prints "/proc/sys/net/ipv4/conf
/proc/sys/net/ipv4/conf/all
/proc/sys/net/ipv4/conf/default
/proc/sys/net/ipv4/conf/lo
/proc/sys/net/ipv4/conf/null0" on find /proc/sys/net/ipv4/conf -maxdepth 1
host_tree() { find "$1" > "$dir/a" && on find "$1" > "$dir/b" && cmp "$dir/a" "$dir/b"; }
with find findutils "directories of the host read as without" host_tree /usr/include
with netstat net-tools "netstat -su" says "packets received" on netstat -su
with netstat net-tools "netstat -rn" says "10.9.0.0" on netstat -rn
with nstat iproute2 "nstat" says UdpInDatagrams on env NSTAT_HISTORY="$dir/nstat" nstat -az UdpInDatagrams

copied() { on cp /proc/net/snmp "$dir/snmp" && [ -s "$dir/snmp" ] && on diff /proc/net/snmp "$dir/snmp"; }
tap_ok "cp from, and diff" copied
copied_tree() { on cp -r /proc/sys/net/ipv4/neigh "$dir/neigh" && prints "$(gn cat /proc/sys/net/ipv4/neigh/lo/mcast_solicit)" cat "$dir/neigh/lo/mcast_solicit"; }
tap_ok "cp -r from" copied_tree
packed() { prints "" on tar -C /proc/sys/net -cf "$dir/tar" core && says core/rmem_max tar -tf "$dir/tar"; }
with tar tar "tar of a tree" packed
sockets_py="
import socket, subprocess
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('10.9.0.2', 5000))
subprocess.run(['sh', '-c', 'netstat -lunp; ss -lunp'])"
if command -v python3 > /dev/null; then
	LC_ALL=C on python3 -c "$sockets_py" > "$dir/sockets" 2>&1
	with netstat net-tools "netstat -lunp names the program" grep -qE "10\.9\.0\.2:5000 .*/python3" "$dir/sockets"
	with ss iproute2 "ss -lunp names the program" grep -qE "10\.9\.0\.2:5000 .*\"python3\"" "$dir/sockets"
fi

# --- writing ---
# stack VALUE: that is what the stack has, and the host's own is untouched
stack() { prints "$1" gn cat $ttl && prints 65 cat $ttl; }
# set_by VALUE COMMAND...: it succeeds, and the stack has the value
set_by()
{
	local v=$1
	shift

	"$@" && stack "$v"
}
tap_ok "the stack and the host have values of their own" stack 64
with dash dash "echo > by dash" set_by 71 on dash -c "echo 71 > $ttl"
tap_ok "echo > by bash" set_by 72 on bash -c "echo 72 > $ttl"
tap_ok "echo >> by bash" set_by 73 on bash -c "echo 73 >> $ttl"
tap_ok "by a child's stdio" set_by 74 on bash -c "env printf 74 > $ttl"
tap_ok "cat >" set_by 75 on bash -c "echo 75 | cat > $ttl"
tap_ok "tee" set_by 76 on bash -c "echo 76 | tee $ttl"
tap_ok "dd" set_by 77 on bash -c "echo 77 | dd of=$ttl status=none"
echo 78 > "$dir/78"
tap_ok "cp" set_by 78 on cp "$dir/78" $ttl
ln -s $ttl "$dir/ttl"
tap_ok "through a link from elsewhere" set_by 79 on bash -c "echo 79 > $dir/ttl"
tap_ok "by the working directory" set_by 80 on bash -c "cd /proc/sys/net; echo 80 > ipv4/ip_default_ttl"
with sysctl procps "sysctl -w" set_by 81 on sysctl -q -w net.ipv4.ip_default_ttl=81
with sysctl procps "sysctl" prints "net.ipv4.ip_default_ttl = 81" on sysctl net.ipv4.ip_default_ttl
with sysctl procps "sysctl of a device that only the stack has" set_by 81 on sysctl -q -w net.ipv4.conf.null0.forwarding=1
tap_ok "it is written" prints 1 gn cat /proc/sys/net/ipv4/conf/null0/forwarding
with perl perl-base "perl" set_by 82 on perl -e "open F, '>', '$ttl' or die; print F 82; close F or die"
open_py="
import sys
with open('$ttl', 'w') as f: f.write('83')
with open('$ttl') as f:
    assert f.read() == '83\n'
    assert f.seek(0) == 0 and f.read() == '83\n'
with open('$ttl', 'r+b', buffering=0) as f:
    assert f.read() == b'83\n' and f.write(b'84') == 2
try:
    with open('$ttl', 'w') as f: f.write('zz')
except OSError as e: sys.exit(e.errno != 22)
sys.exit(1)"
with python3 python3-minimal "python's open()" set_by 84 on python3 -c "$open_py"

both() { on bash -c "exec 3<> $ttl; IFS= read -r x <&3; echo \$x; read -r x <&3; echo \$?; echo 87 >&3; read -r x <&3; echo \$?; echo 7000 >&3"; }
before=$(gn cat $ttl)
tap_ok "read and written by bash through one descriptor" prints "$before
1
1
bash: line 1: echo: write error: Invalid argument" both
tap_ok "what it wrote is there" stack 87
tap_ok "a stream that nobody closes" set_by 85 on "$BUILD/tests/shim/stream" w $ttl 85
tap_ok "freopen" set_by 86 on "$BUILD/tests/shim/stream" r $ttl 86

# --- refusals ---
before=$(gn cat $ttl)
tap_ok "a wrong value: bash" says "write error: Invalid argument" on bash -c "echo 7000 > $ttl"
tap_ok "a wrong value: a child's stdio" says "Invalid argument" on bash -c "env printf 7000 > $ttl"
tap_ok "a wrong value: tee" says "Invalid argument" on bash -c "echo 7000 | tee $ttl"
with dash dash "a wrong value: dash" fails on dash -c "echo 7000 > $ttl"
with sysctl procps "a wrong value: sysctl -w" says "Invalid argument" on sysctl -w net.ipv4.ip_default_ttl=7000
tap_ok "a file that cannot be written" says "Permission denied" on bash -c "echo 1 > /proc/net/snmp"
tap_ok "a file that there is not" says "No such file or directory" on bash -c "echo 1 > /proc/sys/net/ipv4/tcp_sack"
tap_ok "a directory" says "Is a directory" on bash -c "echo 1 > /proc/sys/net"
tap_ok "of all these nothing was changed" stack "$before"

# --- devices ---
with ifconfig net-tools "ifconfig shows the stack's device" says "inet 10.9.0.2  netmask 255.255.255.0  broadcast 10.9.0.255" on ifconfig null0
with ifconfig net-tools "ifconfig -a shows no other" prints "lo null0 " \
	bash -c "LD_PRELOAD=$so GLASSNET_SOCKET=$sock ifconfig -a | sed -n 's/^\([a-z0-9]*\):.*/\1/p' | tr '\n' ' '"
set_mtu() { on ifconfig null0 mtu 1400 && prints 1400 gn cat /sys/class/net/null0/mtu; }
with ifconfig net-tools "ifconfig mtu" set_mtu
set_down() { on ifconfig null0 down && says DOWN gn link show null0 && on ifconfig null0 up && says ,UP gn link show null0; }
with ifconfig net-tools "ifconfig down and up" set_down
with ifconfig net-tools "a wrong mtu" says "Invalid argument" on ifconfig null0 mtu 10
lo_down() { on ifconfig lo down; ip link show lo | grep -q LOOPBACK,UP && on ifconfig lo up; }
with ifconfig net-tools "lo of the host is not touched" lo_down
set_arp() { on arp -s 10.9.0.7 02:00:00:00:00:07 && says "02:00:00:00:00:07" on arp -n && says "lladdr 02:00:00:00:00:07" gn neigh; }
with arp net-tools "arp -s, arp -n" set_arp
with netstat net-tools "netstat -i" says null0 on netstat -i
names_py="
import socket
assert socket.if_nameindex() == [(1, 'lo'), (2, 'null0')]
assert socket.if_nametoindex('null0') == 2 and socket.if_indextoname(2) == 'null0'
for f, a, e in (socket.if_nametoindex, 'eth0', OSError), (socket.if_indextoname, 9, OSError):
    try: f(a)
    except e: pass
    else: raise SystemExit(1)"
with python3 python3-minimal "python's names of devices" on python3 -c "$names_py"
tap_ok "getifaddrs" prints "lo AF_PACKET 00:00:00:00:00:00
null0 AF_PACKET $(gn cat /sys/class/net/null0/address)
lo AF_INET 127.0.0.1 255.0.0.0 -
null0 AF_INET 10.9.0.2 255.255.255.0 10.9.0.255" on "$BUILD/tests/shim/ifaddrs"
with ethtool ethtool "ethtool: a device that swallows has no rings" says "not supported" on ethtool -g null0

# --- the tracing tree ---
traced()
{
	on bash -c 'cd /; t=/sys/kernel/tracing; echo udp_rcv > $t/set_graph_function && echo function_graph > $t/current_tracer && cat $t/current_tracer' &&
		gn cat /sys/kernel/tracing/set_graph_function | grep -x udp_rcv &&
		on bash -c 'echo > /sys/kernel/debug/tracing/set_graph_function; echo nop > /sys/kernel/debug/tracing/current_tracer' &&
		fails grep -q udp_rcv <(gn cat /sys/kernel/tracing/set_graph_function)
}
tap_ok "the tracer is set by echo" traced

# --- without a daemon ---
kill "$daemon"
wait "$daemon"
tap_ok "no daemon: nothing is read" says "Network is down" on cat /proc/net/dev
tap_ok "no daemon: nothing is written" says "Network is down" on bash -c "echo 99 > $ttl"
tap_ok "the host's value is as it was" prints 65 cat $ttl
tap_done
