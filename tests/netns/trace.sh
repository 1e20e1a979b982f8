#!/bin/bash
# SPDX-License-Identifier: MIT
#
# trace.sh: glassnetd on a TAP device, traced by `trace graph` while it works: the graph of one datagram, of interleaved flows, two tracers at once,
# the ends that a tracer can have, and what is refused.
# shellcheck source=tests/netns/ns.sh
. "$(dirname "$0")/ns.sh"
ns_enter "$@"
ns_need_tun

daemon=$BUILD/glassnetd
probe=$BUILD/tests/netns/probe
dir=$(mktemp -d "${TMPDIR:-/tmp}/trace.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
tracing=/sys/kernel/debug/tracing
[ -x "$BUILD/glassnet" ] || ns_skip "glassnet is not built"

for knob in all default; do
	[ ! -w /proc/sys/net/ipv6/conf/$knob/disable_ipv6 ] || echo 1 > /proc/sys/net/ipv6/conf/$knob/disable_ipv6
done

cli() { "$BUILD/glassnet" -s "$dir/sock" "$@"; }

# is TEXT COMMAND...: the command prints just that
is()
{
	local want=$1 got
	shift

	got=$("$@") || return
	[ "$got" = "$want" ] || { echo "\"$want\" was expected, not \"$got\""; return 1; }
}

tracer_is() { [ "$(cli cat $tracing/current_tracer)" = "$1" ]; }

# trace_start ARG...: `trace graph` in the background, its process in $tracer, its output in graph and graph.err; returns when it traces. Not
# inside of tap_ok, which has a shell of its own.
trace_start()
{
	"$BUILD/glassnet" -s "$dir/sock" trace graph "$@" > "$dir/graph" 2> "$dir/graph.err" < /dev/null &
	tracer=$!
	ns_wait 5 tracer_is function_graph
}

gone() { ! kill -0 "$1" 2> /dev/null; }

# trace_end: waits for it, 20 seconds; its exit status in $status
trace_end()
{
	ns_wait 20 gone "$tracer" || kill -KILL "$tracer"
	wait "$tracer" 2> /dev/null
	status=$?
}

ended()
{
	[ "$status" = "$1" ] || { echo "exit status $status"; cat "$dir/graph.err"; return 1; }
}

# has NAME...: each is called in the graph
has()
{
	local name

	for name in "$@"; do
		grep -qE "\\| +$name( \\[[a-z0-9_]+\\])?\\(\\)" "$dir/graph" || { echo "no $name in:"; cat "$dir/graph"; return 1; }
	done
}

# the first call of the graph is one of NAME...
first_is()
{
	local first

	first=$(sed -n 's/^.*|  \([a-zA-Z_0-9]*\)().*/\1/p' "$dir/graph" | head -n 1)
	[[ " $* " == *" $first "* ]] || { echo "the first call is '$first'"; head -n 20 "$dir/graph"; return 1; }
}

# every line is a line of ftrace's
grammar()
{
	! grep -nvE '^#|^$|^/\* packet [0-9]+: .* \*/$|^ -+$|^ [0-9]+\) +.* => .*$|^ [0-9]+\)   (==========>|<==========) \|$|^ [0-9]+\) ([+!#*@$ ] +[0-9.]+ us +| +)\|  *(([a-zA-Z_0-9.]+( \[[a-z0-9_]+\])?\(\)( \{|;)|\})( /\* .* \*/)?|/\* .* \*/)$' "$dir/graph"
}

# braces nest
nested()
{
	awk '/\{$/ { n++ } / \}( \/\*.*)?$/ { n-- } n < 0 { exit 1 } END { exit n != 0 }' "$dir/graph" || { cat "$dir/graph"; return 1; }
}

# Trees of packets: COUNT of them, in the order in which FLOWS took turns, each with one ip_rcv, one udp_rcv and one udp_recvmsg
trees_are()
{
	awk -v count="$1" -v flows="$2" '
		function check() {
			if (!n) return
			want = "10.99.0.1:" (40000 + (n - 1) % flows)
			if (flow != want) { print "packet " n " is of " flow ", not of " want; bad++ }
			if (ip != 1 || udp != 1 || read != 1) { print "packet " n " has " ip " ip_rcv, " udp " udp_rcv, " read " udp_recvmsg"; bad++ }
		}
		/^\/\* packet/ { check(); n++; flow = $4; ip = udp = read = 0 }
		/\|  +ip_rcv\(\)/ { ip++ }
		/\|  +udp_rcv\(\)/ { udp++ }
		/\|  +udp_recvmsg\(\)/ { read++ }
		/LOST/ { print; bad++ }
		END { check(); if (n != count) { print n " packets"; bad++ } exit bad != 0 }' "$dir/graph" | head -n 20
	return "${PIPESTATUS[0]}"
}

# one packet; its tree begins once and the reader's call ends it
trees_of_one()
{
	[ "$(grep -c '^/\* packet' "$dir/graph")" = 1 ] || { cat "$dir/graph"; return 1; }
}

# the first functions of the stack behind the verdict are NAME...
stack_is()
{
	local got

	got=$(sed -n '/packet 1: dropped NO_SOCKET/,$ s/^ => //p' "$dir/graph" | head -n $#)
	[ "$got" = "$(printf '%s\n' "$@")" ] || { printf 'the stack is\n%s\n' "$got"; grep -A20 NO_SOCKET "$dir/graph"; return 1; }
}

second_refused()
{
	local status=0

	cli trace graph -c 1 > "$dir/second" 2> "$dir/second.err" || status=$?
	cat "$dir/second.err"
	[ $status = 1 ] && [ ! -s "$dir/second" ] && grep -q "$tracer" "$dir/second.err"
}

write_refused()
{
	! cli write $tracing/current_tracer nop
}

# refused STATUS TEXT ARG...: `trace graph ARG...` ends with STATUS and says TEXT; nothing is traced afterwards
refused()
{
	local want=$1 text=$2 status=0
	shift 2

	timeout 10 "$BUILD/glassnet" -s "$dir/sock" trace graph "$@" > "$dir/refused" 2> "$dir/refused.err" || status=$?
	cat "$dir/refused" "$dir/refused.err"
	[ $status = "$want" ] && [ ! -s "$dir/refused" ] && grep -qF -e "$text" "$dir/refused.err" && ns_wait 5 tracer_is nop
}

# arming and disarming while datagrams go around
armed_and_disarmed()
{
	local i

	"$probe" echo 10.99.0.2 7 3000 &
	for i in $(seq 20); do
		timeout 10 "$BUILD/glassnet" -s "$dir/sock" trace graph --seconds 0.05 > /dev/null || return
	done
	wait $!
}

# `trace graph | head`: ends when nobody reads any more
pipe_ends()
{
	"$BUILD/glassnet" -s "$dir/sock" trace graph > >(head -n 1 > "$dir/graph") 2> "$dir/graph.err" &
	tracer=$!
	ns_wait 10 ended_under_traffic && [ -s "$dir/graph" ] && ns_wait 5 tracer_is nop
}

# It learns that nobody reads when it prints.
ended_under_traffic()
{
	"$probe" echo 10.99.0.2 7 2 > /dev/null
	! kill -0 "$tracer" 2> /dev/null
}

files_pipe()
{
	"$BUILD/glassnet" -s "$dir/sock" cat $tracing/trace_pipe > "$dir/pipe" &
	local pipe=$!

	"$probe" echo 10.99.0.2 7 5 || return
	ns_wait 5 grep -q 'udp_recvmsg()' "$dir/pipe" || return
	kill -0 $pipe || return
	kill $pipe
	wait $pipe
	[ $? != 1 ]
}

# --- the daemon ---
"$daemon" --socket "$dir/sock" --device tap:gn-trace --addr 10.99.0.2/24 --host-addr 10.99.0.1/24 --echo 7 --cpus 2 \
	> "$dir/log" 2>&1 &
pid=$!
ns_wait 5 grep -q ': ready' "$dir/log" || { sed 's/^/# /' "$dir/log"; exit 1; }
ns_wait 5 "$probe" echo 10.99.0.2 7 1

# --- one datagram ---
trace_start -p 'udp dst port 7' -c 1
tap_ok "trace graph traces" tracer_is function_graph
tap_ok "one datagram comes back" "$probe" echo 10.99.0.2 7 1
trace_end
tap_ok "trace graph -c 1 ends with status 0" ended 0
tap_ok "it begins with the interrupt" first_is do_IRQ net_rx_action
tap_ok "it has the whole way to the reader" has ip_rcv udp_rcv __udp_queue_rcv_skb udp_recvmsg
tap_ok "its lines are those of ftrace" grammar
tap_ok "its braces nest" nested
tap_ok "it is one tree" trees_of_one
tap_ok "afterwards nothing is traced" ns_wait 5 tracer_is nop

# --- why one is dropped ---
trace_start -p 'udp dst port 4' -c 1 --stack
echo hello > /dev/udp/10.99.0.2/4
trace_end
tap_ok "dropped: trace graph ends with status 0" ended 0
tap_ok "dropped: the reason is said" grep -q '^/\* packet 1: .*dropped: NO_SOCKET' "$dir/graph"
tap_ok "dropped: --stack has the calls that led there" stack_is kfree_skb_reason udp_no_socket __udp4_lib_rcv udp_rcv ip_local_deliver_finish

# --- flows ---
trace_start -p 'udp dst port 7' -c 1000
tap_ok "8 flows: 1000 datagrams come back" "$probe" flows 10.99.0.2 7 8 1000
trace_end
tap_ok "8 flows: trace graph ends with status 0" ended 0
tap_ok "8 flows: each tree is its packet's, none is missing" trees_are 1000 8

# --- two tracers, and the ends of one ---
trace_start -p 'udp port 9'
tap_ok "a second tracer is refused, the first is named" second_refused
tap_ok "its settings cannot be written by others" write_refused
kill -INT "$tracer"
trace_end
tap_ok "Ctrl-C ends it with status 0" ended 0
tap_ok "Ctrl-C: current_tracer is nop" ns_wait 5 tracer_is nop
trace_start
kill -KILL "$tracer"
trace_end
tap_ok "kill -9: current_tracer is nop" ns_wait 5 tracer_is nop
tap_ok "it ends when its reader goes away" pipe_ends
tap_ok "traffic while it is armed and disarmed" armed_and_disarmed

# --- what is refused ---
tap_ok "refused: a function that nobody has" refused 1 ip_rvc -g ip_rvc
tap_ok "refused: a filter that is none" refused 2 "udp prot 7" -p 'udp prot 7'

# --- files ---
tap_ok "current_tracer takes function_graph" cli write $tracing/current_tracer function_graph
tap_ok "trace_pipe blocks, and prints" files_pipe
tap_ok "current_tracer takes nop" cli write $tracing/current_tracer nop
tap_ok "set_packet_filter takes words" cli write $tracing/set_packet_filter 'udp port 5000'
tap_ok "set_packet_filter is read back" is "udp port 5000" cli cat $tracing/set_packet_filter

# --- nothing was disturbed ---
tap_ok "the ledger balances" cli drops
kill "$pid"
wait "$pid"
tap_ok "the daemon ends with status 0" [ $? = 0 ]
tap_done
