#!/bin/bash
# SPDX-License-Identifier: MIT
#
# names.sh: getaddrinfo() and what is like it. The same program asks for a table of names with libc's own on the kernel's network and
# with the preload library's on the stack: the same files, the same server, and it must print the same. The stack and the kernel that is
# compared with are neighbours on one bridge, where the server is, too.
# shellcheck source=tests/netns/ns.sh
. "$(dirname "$0")/../netns/ns.sh"
ns_enter "$@"
ns_need_tun
ns_need dnsmasq dnsmasq-base
here=$(cd "$(dirname "$0")" && pwd)
names=$BUILD/tests/shim/names
cli=$BUILD/glassnet
[ -f "$BUILD/src/shim/.libs/libglassnet-preload.so" ] || ns_skip "the preload library is not part of this build"
dir=$(mktemp -d "${TMPDIR:-/tmp}/names.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
sock=$dir/gn.sock
server=10.99.0.1

for knob in all default; do
	[ ! -w /proc/sys/net/ipv6/conf/$knob/disable_ipv6 ] || echo 1 > /proc/sys/net/ipv6/conf/$knob/disable_ipv6
done
ip link add br0 type bridge 2> /dev/null || ns_skip "no bridges here"
ip addr add $server/24 dev br0
ip link set br0 up

# --- files that both read ---
cat > "$dir/hosts" << 'END'
127.0.0.1	localhost
::1	localhost ip6-localhost
10.1.1.1	host.file.example host.file nickname # a comment
10.1.1.2	twice
10.1.1.3	twice.again twice
2001:db8::5	sixonly.file
192.0.2.99	shadow.x.test
not-an-address	broken
END
printf 'nameserver %s\nsearch x.test second.test\noptions timeout:1 attempts:2\n' $server > "$dir/resolv.conf"
printf 'hosts: files dns\n' > "$dir/nsswitch.conf"
printf 'multi on\n' > "$dir/host.conf"
for file in hosts resolv.conf nsswitch.conf host.conf; do
	[ -e /etc/$file ] || [ $file = host.conf ] || ns_skip "no /etc/$file here"
	[ ! -e /etc/$file ] || mount --bind "$dir/$file" /etc/$file 2> /dev/null || ns_skip "files of /etc cannot be replaced here"
done
cat > "$dir/dnsmasq.conf" << END
no-resolv
no-hosts
no-dhcp-interface=br0
listen-address=$server
bind-interfaces
port=53
user=root
cache-size=0
local=/test/
local=/file/
local=/com/
host-record=one.x.test,192.0.2.1
host-record=both.x.test,192.0.2.2,2001:db8::2
host-record=six.x.test,2001:db8::6
host-record=deep.second.test,192.0.2.7
host-record=in.second.x.test,192.0.2.8
host-record=under_score.x.test,192.0.2.9
host-record=nonamed.x.test,10.99.0.77
ptr-record=1.0.99.10.in-addr.arpa,server.x.test
ptr-record=9.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa,nine.x.test
cname=alias.x.test,one.x.test
cname=first.x.test,alias.x.test
cname=chain.x.test,first.x.test
cname=dangling.x.test,none.x.test
txt-record=txtonly.x.test,words
address=/refused.bad.test/#
$(for i in 1 2 3 4 5; do echo "host-record=many.x.test,192.0.2.$((i + 20))"; done)
host-record=many.x.test,10.99.0.130
host-record=many.x.test,169.254.3.4
$(for i in $(seq 60); do echo "host-record=big.x.test,192.0.3.$i"; done)
$(for i in $(seq 200); do echo "host-record=huge.x.test,192.0.4.$i"; done)
END
dnsmasq -k -C "$dir/dnsmasq.conf" --pid-file="$dir/dnsmasq.pid" > "$dir/dnsmasq" 2>&1 &
dns=$!

# apart PID: it has left this network
apart()
{
	[ "$(readlink /proc/$1/ns/net)" != "$(readlink /proc/self/ns/net)" ]
}

# --- the stack ---
"$BUILD/glassnetd" --name gn-names --socket "$sock" --device tap:gn-names --addr 10.99.0.2/24 --gateway $server > "$dir/daemon.log" 2>&1 &
daemon=$!
ns_wait 5 grep -q ': ready' "$dir/daemon.log" || sed 's/^/# /' "$dir/daemon.log"
ip link set gn-names master br0 up
unshare --net sleep 1000 &
programs=$!
ns_wait 5 apart $programs
nsenter -t $programs -n ip link set lo up

# --- the kernel that is compared with ---
unshare --net sleep 1000 &
peer=$!
ns_wait 5 apart $peer
nsenter -t $peer -n sh -c "for k in all default lo; do echo 1 > /proc/sys/net/ipv6/conf/\$k/disable_ipv6; done; ip link set lo up" 2> /dev/null
ip link add v0 type veth peer name v1 netns $peer
ip link set v0 master br0 up
nsenter -t $peer -n sh -c "ip addr add 10.99.0.3/24 dev v1; ip link set v1 up; ip route add default via $server"

# on_stack COMMAND..., on_kernel COMMAND...
on_stack()
{
	nsenter -t $programs -n -- "$cli" run -s "$sock" "$@"
}

on_kernel()
{
	nsenter -t $peer -n -- "$@"
}

ns_wait 10 on_kernel "$names" one.x.test || { sed 's/^/# /' "$dir/dnsmasq"; ns_skip "dnsmasq does not answer here"; }

# same FUNCTION: the server turns the order of many.x.test with each answer
same()
{
	local side

	grep "^$1 " "$here/names.tab" > "$dir/table"
	on_kernel "$names" < "$dir/table" > "$dir/kernel" 2>&1
	on_stack "$names" < "$dir/table" > "$dir/stack" 2>&1
	for side in kernel stack; do
		awk '/ many/ { gsub(/[ []/, "\n"); print | "sort"; close("sort"); next } { print }' "$dir/$side" > "$dir/$side.turned"
	done
	[ -s "$dir/kernel" ] && diff "$dir/kernel.turned" "$dir/stack.turned"
}

# said TEXT COMMAND...: its output has that
said()
{
	local want=$1
	shift

	"$@" > "$dir/said" 2>&1
	grep -qF -e "$want" "$dir/said" || { cat "$dir/said"; return 1; }
}

# asked LINE...: of a table, on the stack
asked()
{
	printf '%s\n' "$@" > "$dir/table"
	on_stack "$names" < "$dir/table"
}

tap_ok "getaddrinfo: names, services, families and flags" same gai
tap_ok "gethostbyname and its variants" same host
tap_ok "gethostbyaddr and its variants" same addr
tap_ok "getnameinfo" same info

last_is_far()
{
	asked "gai many.x.test 80 unspec stream -" | tee "$dir/said" | grep -q ' \[169\.254\.3\.4%0 [^[]*\]$' || { cat "$dir/said"; return 1; }
}
tap_ok "an address of another scope comes last" last_is_far
tap_ok "eight threads at once" said "0 wrong" on_stack "$names" both.x.test

# 60 addresses are more than 512 bytes: the kernel's side has them by TCP
longer()
{
	[ "$(on_kernel "$names" <<< "host big.x.test -" | tr ' ' '\n' | grep -c '^192\.0\.3\.')" = 120 ] &&
		[ "$(on_stack "$names" <<< "host big.x.test -" | tr ' ' '\n' | grep -c '^192\.0\.3\.')" = 120 ]
}
tap_ok "an answer of more than 512 bytes" longer
tap_ok "an answer that is cut short even so: what came is used" said "ok [192.0.4." asked "gai huge.x.test 80 inet dgram -"

# --- other servers ---
resolv()
{
	printf '%s\n' "$@" > "$dir/resolv.conf"
}

# from SECONDS to SECONDS COMMAND...: takes so long
takes()
{
	local from=$1 to=$2 begin=${EPOCHREALTIME/[.,]/}
	shift 2

	"$@" || return
	begin=$(((${EPOCHREALTIME/[.,]/} - begin) / 1000))
	[ $begin -ge $((from * 1000)) ] && [ $begin -lt $((to * 1000)) ] || { echo "took $begin ms"; return 1; }
}

kill -STOP $dns
resolv "nameserver $server" "options timeout:1 attempts:2"
tap_ok "a server that says nothing: two tries of a second" takes 2 15 said "Temporary failure" asked "gai one.x.test. 80 inet dgram -"
kill -CONT $dns
resolv "nameserver 10.99.0.3" "options timeout:20 attempts:2"
tap_ok "no server is there: no wait" takes 0 15 said "Temporary failure" asked "gai one.x.test. 80 inet dgram -"
resolv "nameserver 10.99.0.3" "nameserver $server" "options timeout:20"
tap_ok "the next server knows" said "ok [192.0.2.1%0" asked "gai one.x.test. 80 inet dgram -"
resolv "nameserver $server" "domain x.test" "options ndots:3 rotate edns0"
tap_ok "options of resolv.conf: edns0, ndots, rotate, domain" said "x2 one.x.test]" asked "gai one 80 inet dgram canon"
python=$(python3 -c 'import os, sys; print(os.path.realpath(sys.executable))' 2> /dev/null)
if [ -n "$python" ]; then
	resolv "nameserver 10.99.0.3" "options timeout:5 attempts:1"
	on_kernel "$python" "$here/liar.py" > "$dir/liar" 2>&1 &
	liar=$!
	ns_wait 5 grep -q bound "$dir/liar"
	tap_ok "answers of others, and to other questions, are not believed" said "ok [192.0.2.200%0 80 f2 t2 p17 l16 x0]" \
		asked "gai liar.x.test. 80 inet dgram -"
	tap_ok "what the asked name does not lead to is not believed" said "ok [192.0.2.201%0 80 f2 t2 p17 l16 x0]" \
		asked "gai extra.x.test. 80 inet dgram -"
	tap_ok "an answer that is cut short and has nothing: try again" said "Temporary failure" asked "gai cut.x.test. 80 inet dgram -"
	tap_ok "ports and numbers of questions differ" grep -q "^differ" "$dir/liar"
	for i in $(seq 500); do
		echo "gai broken$i.x.test. 80 unspec dgram canon"
	done > "$dir/broken"
	on_stack "$names" < "$dir/broken" > "$dir/said"
	tap_ok "500 broken answers: none ends the program" [ "$(wc -l < "$dir/said")" = 500 ]
	kill $liar
else
	tap_skip "answers that are not believed" "no python3; on Debian: apt install python3-minimal"
fi

# --- no bypass ---
tap_ok "no socket of these was the kernel's" [ -z "$(nsenter -t $programs -n ss -Hanutw)" ]
no_datagrams()
{
	nsenter -t $programs -n awk '$1 == "Udp:" && ++n == 2 { print; exit $2 + $3 + $4 + $5 != 0 }' /proc/net/snmp
}
tap_ok "and no datagram" no_datagrams

kill $dns $daemon $programs $peer
wait $daemon
tap_done
