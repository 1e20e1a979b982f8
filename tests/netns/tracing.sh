#!/bin/bash
# SPDX-License-Identifier: MIT
#
# tracing.sh: the tracing files of glassnetd on a TAP, used as articles on ftrace use those of the kernel, while packets flow.
# shellcheck source=tests/netns/ns.sh
. "$(dirname "$0")/ns.sh"
ns_enter "$@"
ns_need_tun

daemon=$BUILD/glassnetd
cli=$BUILD/glassnet
probe=$BUILD/tests/netns/probe
dir=$(mktemp -d "${TMPDIR:-/tmp}/tracing.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
tree=/sys/kernel/debug/tracing
[ -x "$cli" ] || ns_skip "glassnet is not built"
for knob in all default; do
	[ ! -w /proc/sys/net/ipv6/conf/$knob/disable_ipv6 ] || echo 1 > /proc/sys/net/ipv6/conf/$knob/disable_ipv6
done

"$daemon" --name gn-trace --socket "$dir/s" --cpus 2 --device tap:gn-trace --addr 10.99.0.2/24 --host-addr 10.99.0.1/24 --echo 7 > "$dir/log" 2>&1 &
pid=$!
ns_wait 5 grep -q ': ready' "$dir/log" || sed 's/^/# /' "$dir/log"

gn()
{
	"$cli" -s "$dir/s" "$@"
}

show()
{
	gn cat "$tree/$1"
}

put()
{
	local file=$1
	shift

	gn write "$tree/$file" "$@"
}

traffic()
{
	"$probe" echo 10.99.0.2 7 "$1"
}

# is TEXT COMMAND...: the command prints just that
is()
{
	local want=$1 got
	shift

	got=$("$@") || return
	[ "$got" = "$want" ] || { printf '"%s" was expected, not "%s"\n' "$want" "$got"; return 1; }
}

has_function()
{
	show available_filter_functions | grep -x -F -e "$1"
}

# calls: how many the trace has
calls()
{
	show trace | grep -c '()' || true
}

# refused TEXT FILE WORD...: a write fails, and says TEXT
refused()
{
	local text=$1
	shift

	if put "$@" > "$dir/refused" 2>&1; then
		echo "it was taken"
		return 1
	fi
	cat "$dir/refused"
	grep -q -F -e "$text" "$dir/refused"
}

# only_roots NAME...: no graph begins with another function; each of them begins one
only_roots()
{
	show trace | sed -n 's/^ [0-9]*) .*|  \([a-z_][a-z_A-Z0-9.]*\)\( \[[a-z]*\]\)\{0,1\}().*/\1/p' | sort -u > "$dir/roots"
	printf '%s\n' "$@" | sort > "$dir/want"
	diff "$dir/want" "$dir/roots"
}

# --- the articles' sequence ---
tap_ok "A1: the tree answers" is nop show current_tracer
tap_ok "A2: grep _intr" has_function 'tap_intr [tap]'
tap_ok "A2: grep udp_recv" has_function udp_recvmsg
tap_ok "A2: grep net_rx_action" has_function net_rx_action
tap_ok "A3: set_graph_function takes three names" put set_graph_function tap_intr net_rx_action udp_recvmsg
tap_ok "A3: and gives them back, with the module" is "net_rx_action
tap_intr [tap]
udp_recvmsg" sh -c "'$cli' -s '$dir/s' cat $tree/set_graph_function | sort"
tap_ok "A4: nothing is recorded yet" is 0 calls
tap_ok "A4: current_tracer takes function_graph" put current_tracer function_graph
tap_ok "datagrams come back while it is traced" traffic 100
tap_ok "A4: now there are calls" [ "$(calls)" -gt 100 ]
tap_ok "A3: of these roots only" only_roots tap_intr net_rx_action udp_recvmsg
tap_ok "tracing_on 0" put tracing_on 0
n=$(calls)
tap_ok "datagrams come back while it is not" traffic 100
tap_ok "A4: and leave no call" is "$n" calls
tap_ok "tracing_on 1" put tracing_on 1
tap_ok "datagrams come back while it is again" traffic 100
tap_ok "A4: and leave calls" [ "$(calls)" -gt "$n" ]
tap_ok "current_tracer takes nop" put current_tracer nop
tap_ok "datagrams come back with the tracer gone" traffic 100
tap_ok "A4: no call is left" is 0 calls
tap_ok "a wrong name is refused by name" refused no_such_function set_ftrace_filter ip_rcv no_such_function
tap_ok "and stands in error_log" sh -c "'$cli' -s '$dir/s' cat $tree/error_log | grep -F '  Command: ip_rcv no_such_function'"

# --- armed and disarmed while packets flow ---
pauses()
{
	put set_graph_function ''
	traffic 20000 > "$dir/echo" 2>&1 &
	local echo=$!

	for _ in $(seq 20); do
		put current_tracer function_graph && show trace_stats && put current_tracer nop || return 1
	done | sed -n 's/^pause_us: //p' | sort -n > "$dir/pauses"
	wait $echo || { cat "$dir/echo"; return 1; }
	[ "$(wc -l < "$dir/pauses")" = 20 ] || { cat "$dir/pauses"; return 1; }
	echo "us: $(tr '\n' ' ' < "$dir/pauses")"
	awk 'NR == 10 { exit !($1 > 0 && $1 < 2000) }' "$dir/pauses"
}
tap_ok "20000 datagrams come back while the tracer comes and goes; half of the pauses are under 2 ms" pauses

# --- whose it is ---
"$cli" -s "$dir/s" trace graph > "$dir/graph" 2>&1 &
graph=$!
tap_ok "trace graph arms the tracer" ns_wait 5 is function_graph show current_tracer
tap_ok "others are told who has it" refused "trace graph, pid $graph" current_tracer nop
tap_ok "and that it is not theirs to read" sh -c "'$cli' -s '$dir/s' cat $tree/trace_pipe 2>&1 | grep -F 'trace graph, pid'"
{ kill -9 $graph; wait $graph; } 2> /dev/null
tap_ok "killed with -9 it leaves the tracer as it was" ns_wait 5 is nop show current_tracer
tap_ok "and to others" put max_graph_depth 3

# --- the end ---
tap_ok "armed again" put current_tracer function
kill $pid
wait $pid
tap_ok "the daemon ends with status 0 while it is traced" [ $? = 0 ]
tap_done
