#!/bin/bash
# SPDX-License-Identifier: MIT
#
# trace.sh: the calls of unmodified programs in the graph of their packets: from the interrupt to the return of recvfrom. The programs have a network
# namespace with nothing but lo; the daemon, its TAP and the kernel that asks are in another. WALK_UPDATE=1 writes recvfrom.tree anew.
# shellcheck source=tests/netns/ns.sh
. "$(dirname "$0")/../netns/ns.sh"
ns_enter "$@"
ns_need_tun
here=$(cd "$(dirname "$0")" && pwd)
ns_need python3 python3
[ -f "$BUILD/src/shim/.libs/libglassnet-preload.so" ] || ns_skip "the preload library is not part of this build"
dir=$(mktemp -d "${TMPDIR:-/tmp}/spans.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
sock=$dir/gn.sock
stack=10.99.0.2
python=$(python3 -c 'import os, sys; print(os.path.realpath(sys.executable))')

for knob in all default; do
	[ ! -w /proc/sys/net/ipv6/conf/$knob/disable_ipv6 ] || echo 1 > /proc/sys/net/ipv6/conf/$knob/disable_ipv6
done
"$BUILD/glassnetd" --name gn-span --socket "$sock" --device tap:gn-span --addr $stack/24 --host-addr 10.99.0.1/24 > "$dir/log" 2>&1 &
ns_wait 5 grep -q ': ready' "$dir/log" || sed 's/^/# /' "$dir/log"
unshare --net sleep 1000 &
programs=$!
ns_wait 5 nsenter -t $programs -n ip link set lo up

gn() { "$BUILD/glassnet" -s "$sock" "$@"; }
on_stack() { exec nsenter -t $programs -n -- "$BUILD/glassnet" run -s "$sock" "$@"; }
bound() { gn cat /proc/net/udp | grep -q ":$(printf %04X "$1") "; }
armed() { gn cat /sys/kernel/tracing/current_tracer | grep -q function_graph; }

# The kernel asks port $1 and wants an answer, $2 times
ask()
{
	python3 - "$1" "${2:-1}" << 'EOF'
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(5)
for i in range(int(sys.argv[2])):
    s.sendto(b"hello", ("10.99.0.2", int(sys.argv[1])))
    assert s.recv(100) == b"hello"
EOF
}

# The server waits for the next datagram, and for nothing else
asleep()
{
	local i

	for i in 1 2 3; do
		grep -q '^State:.S' "/proc/$server/status" || return
		sleep 0.02
	done
}

# graph NAME OPTION...: in the background, ready to see packets; its process in $graph
graph()
{
	local name=$1
	shift
	timeout 20 "$BUILD/glassnet" -s "$sock" trace graph --profile article "$@" > "$dir/$name" 2> "$dir/$name.err" &
	graph=$!
	ns_wait 5 armed
}

# The names of a graph, in the depth in which they stand: without time, CPU, task, and what happens by the clock
names()
{
	sed -n '/^ *[0-9]*)/s/^[^|]*|  //p' "$1" | grep -v '^ *}\|run_timer_softirq\|rcu_bh_qs\|==' | sed 's/().*/()/;s/ \[tap\]//;s/^/|/'
}

has_lines() # FILE LINE...: in this order
{
	local file=$1
	shift
	names "$file" | awk -v want="$(printf '%s\n' "$@")" 'BEGIN { n = split(want, w, "\n"); i = 1 }
		{ sub(/^\| */, "") } $0 == w[i] { i++ } END { if (i <= n) print "missing: " w[i]; exit i <= n }' || { sed 's/^/# /' "$file"; return 1; }
}

is_golden()
{
	names "$dir/slept" > "$dir/slept.tree"
	[ -z "$WALK_UPDATE" ] || cp "$dir/slept.tree" "$here/recvfrom.tree"
	diff "$here/recvfrom.tree" "$dir/slept.tree" | sed 's/^/# /'
	diff -q "$here/recvfrom.tree" "$dir/slept.tree"
}

cat > "$dir/serve.py" << 'EOF'
import os, select, socket, sys, time
how, port = sys.argv[1], int(sys.argv[2])
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("0.0.0.0", port))
if how == "fork":
    data, peer = s.recvfrom(2000)  # the parent has an area of its own
    s.sendto(data, peer)
    if os.fork():
        os.wait()
        sys.exit()
while True:
    if how == "poll":
        select.select([s], [], [])
    data, peer = s.recvfrom(2000)
    s.sendto(data, peer)
EOF
serve()
{
	on_stack "$python" "$dir/serve.py" "$1" "$2" > "$dir/serve.$1" 2>&1 &
	server=$!
	ns_wait 5 bound "$2"
}

# --- a program that sleeps in recvfrom ---
serve wait 5000
tap_ok "nothing is traced: it works" ask 5000 3
graph slept -p 'udp dst port 5000' -c 2
ask 5000 1
ns_wait 10 asleep
ask 5000 1
wait $graph
tap_ok "the graph of a packet ends" [ $? = 0 ]
tap_ok "N1: it was asleep in recvfrom when tracing began: the graph ends in its return" has_lines "$dir/slept" 'do_IRQ()' 'ip_rcv()' 'udp_rcv()' \
	'sock_def_readable()' 'recvfrom()' 'udp_recvmsg()' '__skb_recv_datagram()' 'schedule()' 'skb_copy_datagram_iovec()'
sed -i '1,/^\/\* packet 2/{/^\/\* packet 2/!d}' "$dir/slept"
tap_ok "N1, N5: one tree from do_IRQ to the end of recvfrom, as it should be" is_golden
tap_ok "each name of the program's call stands there once" [ "$(names "$dir/slept" | grep -c '[| ]\(recvfrom\|udp_recvmsg\|__skb_recv_datagram\|schedule\|skb_copy_datagram_iovec\)()')" = 5 ]
tap_ok "the lane has the program's name and number" grep -q "=> *python3-$server " "$dir/slept"
graph answer -p 'udp src port 5000' -c 1
ask 5000 1
wait $graph
tap_ok "an answer begins with sendto" has_lines "$dir/answer" 'sendto()' 'udp_sendmsg()' 'ip_output()' 'tap_xmit()'
graph nothing -p 'udp dst port 5999'
ask 5000 3
kill $graph
wait $graph
tap_ok "a packet that is not asked for has no span" eval '! grep -q recvfrom "$dir/nothing"'
tap_ok "tracing is off: it works" ask 5000 3

# --- long sleeps, through the files ---
gn write /sys/kernel/tracing/current_tracer function_graph
ask 5000 1
sleep 1.7
ask 5000 1
long() { gn cat /sys/kernel/tracing/trace | grep -q '\$ [0-9.]* us *|        }'; } # others run meanwhile: the end of schedule() stands alone
tap_ok "A10: a sleep of more than a second is one" ns_wait 5 long
gn cat /sys/kernel/tracing/trace > "$dir/trace"
tap_ok "trace has the lane beside the CPU's" grep -q "python3-$server" "$dir/trace"
timeout 1 "$BUILD/glassnet" -s "$sock" cat /sys/kernel/tracing/trace_pipe > "$dir/pipe"
tap_ok "trace_pipe too" grep -q 'recvfrom()' "$dir/pipe"
gn write /sys/kernel/tracing/current_tracer nop
kill $server

# --- other calls ---
serve poll 5001
graph polled -p 'udp dst port 5001' -c 1
ask 5001 1
wait $graph
tap_ok "a program that polls does not sleep in recvfrom" eval 'has_lines "$dir/polled" "do_IRQ()" "recvfrom()" "__skb_recv_datagram()" "skb_copy_datagram_iovec()" && ! grep -q " schedule()" "$dir/polled"'
kill $server
serve fork 5002
graph forked -p 'udp dst port 5002' -c 3
ask 5002 3
wait $graph
tap_ok "fork: parent and child have lanes of their own" eval '[ $(grep -o "python3-[0-9]*" "$dir/forked" | sort -u | wc -l) = 2 ]'
kill $server
if type nc > /dev/null && nc -h 2>&1 | grep -q OpenBSD; then
	(echo hello; sleep 3) | on_stack nc -u -l -p 5003 > "$dir/nc" 2>&1 &
	server=$!
	ns_wait 5 bound 5003
	graph nc -p 'udp dst port 5003' -c 1
	python3 -c 'import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("10.99.0.2", 5003))'
	wait $graph
	tap_ok "nc: its call is there" has_lines "$dir/nc" 'do_IRQ()' 'udp_rcv()' 'udp_recvmsg()' 'skb_copy_datagram_iovec()'
else
	tap_skip "nc: its call is there" "no nc of OpenBSD"
fi
tap_ok "nothing of it was lost or malformed" eval 'gn cat /sys/kernel/tracing/trace_stats | grep "^programs: [1-9][0-9]* lost: 0 malformed: 0$"'
tap_done
