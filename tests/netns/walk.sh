#!/bin/bash
# SPDX-License-Identifier: MIT
#
# walk.sh: the way of a datagram that comes by a TAP, read from the file trace of a running glassnetd, is that of the golden trees: names and nesting of
# tests/walk/tap_rx.tree and tap_intr.tree, and from netif_receive_skb on the same as on a memory device (rx_softirq.tree).
# WALK_UPDATE=1 writes the trees of this run into the source tree; look at the difference before it is kept.
# shellcheck source=tests/netns/ns.sh
. "$(dirname "$0")/ns.sh"
ns_enter "$@"
ns_need_tun

daemon=$BUILD/glassnetd
cli=$BUILD/glassnet
walk=${top_srcdir:-$(dirname "$0")/../..}/tests/walk
tree=/sys/kernel/tracing
dir=$(mktemp -d "${TMPDIR:-/tmp}/walk.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
for knob in all default; do
	[ ! -w /proc/sys/net/ipv6/conf/$knob/disable_ipv6 ] || echo 1 > /proc/sys/net/ipv6/conf/$knob/disable_ipv6
done
"$daemon" --name gn-walk --socket "$dir/s" --device tap:gn-walk --addr 10.99.0.2/24 --host-addr 10.99.0.1/24 --discard 5000 > "$dir/log" 2>&1 &
pid=$!
ns_wait 5 grep -q ': ready' "$dir/log" || sed 's/^/# /' "$dir/log"

gn()
{
	"$cli" -s "$dir/s" "$@"
}

# counted: datagrams that came, as the daemon counts them
counted()
{
	gn cat /proc/net/snmp | awk '$1 == "Udp:" && $2 ~ /^[0-9]/ { print $2 }'
}

# datagram: one comes, and was read
datagram()
{
	local n

	n=$(counted)
	printf 'eighteen bytes, so' > /dev/udp/10.99.0.2/5000
	ns_wait 5 sh -c "[ \"\$('$cli' -s '$dir/s' cat /proc/net/snmp | awk '\$1 == \"Udp:\" && \$2 ~ /^[0-9]/ { print \$2 }')\" -gt $n ]"
}

# names: the graph on standard input as a tree of names, two blanks a level
names()
{
	awk 'match($0, /\|  [ ]*[a-z_][a-zA-Z0-9_.]*( \[[a-z]*\])?\(\)( \{|;)/) {
		line = substr($0, RSTART + 3, RLENGTH - 3)
		sub(/( \[[a-z]*\])?\(\).*/, "", line)
		print line
	}'
}

# root NAME: the first graph on standard input that has a call of NAME, and only one
root()
{
	awk -v name="$1" '
		function end() { if (n == 1 && !done) { printf "%s", text; done = 1 } text = ""; n = 0 }
		/^[^ ]/ { end() }
		{ text = text $0 "\n"; line = $0; sub(/^ */, "", line); n += line == name }
		END { end() }'
}

# below NAME: the call of NAME with all below it, at the left margin; without what is different on a socket that got datagrams before
below()
{
	awk -v name="$1" '
		{ blanks = match($0, /[^ ]/) - 1; line = substr($0, blanks + 1) }
		!inside && line == name { inside = 1; left = blanks; print line; next }
		inside && blanks <= left { exit }
		hidden && blanks > hidden { next }
		{ hidden = 0 }
		inside && line == "__sk_mem_schedule" { hidden = blanks; next }
		inside { print substr($0, left + 1) }'
}

# record ROOT CALL FILE: the graph below ROOT of one datagram into FILE; another frame in the same poll, and it is tried again
record()
{
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		gn write $tree/current_tracer nop && gn write $tree/set_graph_function "$1" && gn write $tree/current_tracer function_graph || return
		datagram || return
		gn cat $tree/trace | names | root "$2" > "$3"
		[ ! -s "$3" ] || return 0
	done
	gn cat $tree/trace
	return 1
}

# same GOLDEN FILE: FILE is what GOLDEN says below its lines with #
same()
{
	if [ "${WALK_UPDATE:-}" = 1 ]; then
		{ sed -n '/^#/p' "$walk/$1"; cat "$2"; } > "$dir/new" && cat "$dir/new" > "$walk/$1"
		return
	fi
	sed '/^#/d' "$walk/$1" | diff - "$2"
}

# same_below NAME
same_below()
{
	below "$1" < "$walk/rx_softirq.tree" > "$dir/memory"
	below "$1" < "$dir/rx" > "$dir/tap"
	[ -s "$dir/tap" ] || return
	diff "$dir/memory" "$dir/tap"
}

warm()
{
	for _ in 1 2 3 4; do
		datagram || return
	done
}

tap_ok "datagrams come, also the first ones" warm
tap_ok "the softirq of a datagram is in the trace" record net_rx_action udp_rcv "$dir/rx"
tap_ok "its tree is tap_rx.tree" same tap_rx.tree "$dir/rx"
tap_ok "from netif_receive_skb on it is that of a memory device" same_below netif_receive_skb
tap_ok "the interrupt is in the trace" record tap_intr __raise_softirq_irqoff "$dir/intr"
tap_ok "its tree is tap_intr.tree" same tap_intr.tree "$dir/intr"
kill $pid
wait $pid
tap_done
