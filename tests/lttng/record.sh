#!/bin/bash
# SPDX-License-Identifier: MIT
#
# record.sh: what LTTng is told is what happened: the tracepoints are those of the table (TP5), their counts are the counters' (A14, TP1, TP3, TP4), nothing
# is lost at a moderate rate; by `glassnet trace record`, by lttng(1) by hand, and live.
# shellcheck source=tests/lttng/lttng.sh
. "$(dirname "$0")/lttng.sh"

sessiond
# so small a buffer that a burst does not fit
start gn0 --lttng --echo 7 --discard 9 --set net.core.rmem_default=4096

# --- TP5: what is offered ---
table()
{
	sed -n 's/^\tX(\([a-z]*\), \([a-z_]*\), trace_[a-z_]*).*/\1:\2/p' "$top_srcdir/src/trace/events.h"
	printf 'glassnet:%s\n' batch function reason device
}
listed()
{
	lttng list -u | sed -n 's/^ *\([a-z]*:[a-z_]*\) (loglevel.*/\1/p'
}
ns_wait 10 eval 'listed | grep -q .'
tap_ok "TP5: lttng list -u has the events of the table, and no others" diff <(table | sort) <(listed | sort)

# --- A14: what is counted ---
traffic()
{
	ping -q -c 5 -i 0.02 10.99.0.2
	"$probe" echo 10.99.0.2 7 20
	# nobody listens at 99
	"$probe" spoof 10.99.0.1 4000 10.99.0.2 99 10
	"$probe" spoof 10.99.0.1 4000 10.99.0.2 9 3000
} > /dev/null
export -f traffic
export probe

counters()
{
	noports=$(counter Udp NoPorts)
	full=$(counter Udp RcvbufErrors)
	received=$(gn cat /proc/net/dev | awk '$1 == "gn0:" { print $3 }')
	sent=$(gn cat /proc/net/dev | awk '$1 == "gn0:" { print $11 }')
}
counters
noports0=$noports full0=$full received0=$received sent0=$sent
gn --json trace record -o "$dir/a" -- bash -c traffic > "$dir/a.json" 2> "$dir/a.log"
tap_ok "trace record ends with status 0" [ $? = 0 ]
counters
tap_ok "babeltrace2 reads it, without a warning" eval 'text "$dir/a" && [ ! -s "$dir/a.err" ]'
tap_ok "A14: udp:udp_fail_queue_rcv_skb events are RcvbufErrors" \
	same udp_fail_queue_rcv_skb "$(events "$dir/a" udp:udp_fail_queue_rcv_skb 'rc = -12, lport = 9 ')" $((full - full0))
tap_ok "TP1: so are sock:sock_rcvqueue_full" same sock_rcvqueue_full "$(events "$dir/a" sock:sock_rcvqueue_full)" $((full - full0))
tap_ok "A14: so are skb:kfree_skb for the reason SOCKET_RCVBUFF" \
	same kfree_skb "$(events "$dir/a" skb:kfree_skb 'reason = ( "SOCKET_RCVBUFF" ')" $((full - full0))
tap_ok "A14: skb:kfree_skb for the reason NO_SOCKET are NoPorts" \
	same kfree_skb "$(events "$dir/a" skb:kfree_skb 'reason = ( "NO_SOCKET" ')" $((noports - noports0))
tap_ok "A14: net:netif_receive_skb are the device's received frames" \
	same netif_receive_skb "$(events "$dir/a" net:netif_receive_skb 'name = "gn0"')" $((received - received0))
tap_ok "A14: net:net_dev_xmit with rc 0 are its sent frames" \
	same net_dev_xmit "$(grep -F ' net:net_dev_xmit: ' "$dir/a.txt" | grep -F 'name = "gn0"' | grep -cF 'rc = 0')" $((sent - sent0))
tap_ok "TP4: the work of napi:napi_poll adds up to the received frames" same work \
	"$(grep -F ' napi:napi_poll: ' "$dir/a.txt" | grep -F '"gn0"' | sed 's/.* work = \([0-9]*\).*/\1/' | awk '{ n += $1 } END { print n + 0 }')" $((received - received0))
tap_ok "TP3: udp_fail_queue_rcv_skb comes behind sock_rcvqueue_full, each time" eval \
	"[ \"\$(grep -oE ' (sock:sock_rcvqueue_full|udp:udp_fail_queue_rcv_skb): ' '$dir/a.txt' | paste - - | sort -u | wc -l)\" = 1 ]"
tap_ok "softirqs end as often as they begin" same softirq "$(events "$dir/a" irq:softirq_entry)" "$(events "$dir/a" irq:softirq_exit)"
tap_ok "0 lost in the tracer" grep -q '"lost": 0' "$dir/a.json"
tap_ok "0 lost in LTTng" grep -q '"discarded": 0' "$dir/a.json"
tap_ok "functions were recorded" eval '[ "$(sed -n "s/.*\"functions\": \([0-9]*\).*/\1/p" "$dir/a.json")" -gt 10000 ]'
tap_ok "their names are in it, before the first of them" eval \
	'[ "$(grep -nF " glassnet:function: " "$dir/a.txt" | tail -n 1 | cut -d: -f1)" -lt "$(grep -nF " glassnet:batch: " "$dir/a.txt" | sed -n 20p | cut -d: -f1)" ]'
functions()
{
	gn cat /sys/kernel/tracing/available_filter_functions | wc -l
}
tap_ok "all that can be traced have one (what programs do, cannot)" same functions \
	"$(grep -F ' glassnet:function: ' "$dir/a.txt" | grep -vF '"client/data"' | grep -oE ' id = [0-9]+' | sort -u | wc -l)" "$(functions)"
tap_ok "the tracer is as it was" [ "$(gn cat /sys/kernel/tracing/current_tracer)" = nop ]
tap_ok "no session is left" no_session

# --- one flow of many ---
followed()
{
	"$probe" spoof 10.99.0.1 4000 10.99.0.2 99 10 && "$probe" echo 10.99.0.2 7 20
}
export -f followed
gn trace record -o "$dir/p" -p 'udp port 99' -- bash -c followed > "$dir/p.out"
packets()
{
	gn trace packets "$dir/p" | tail -n +2
}
tap_ok "-p: trace packets lists the packets that match, and no others" same packets "$(packets | wc -l)" 10
tap_ok "-p: trace view names each function, drivers with their module" eval \
	'gn trace view "$dir/p" > "$dir/p.text" && grep -q "tap_poll \[tap\]()" "$dir/p.text" && grep -q " ip_rcv()" "$dir/p.text"'
tap_ok "-p: with what became of each" same dropped "$(packets | grep -F ' > 10.99.0.2:99 ' | grep -c 'dropped: NO_SOCKET')" 10

# --- by hand ---
by_hand()
{
	lttng create hand --output="$dir/hand" && lttng enable-event -u 'glassnet:*,udp:*,net:*,skb:*' && lttng start &&
		gn write /sys/kernel/tracing/current_tracer function_graph && sleep 1 && answers &&
		gn write /sys/kernel/tracing/current_tracer nop && lttng stop && lttng destroy && text "$dir/hand"
}
tap_ok "a session made by hand with lttng(1)" by_hand
tap_ok "it has the tables" eval '[ "$(events "$dir/hand" glassnet:function)" -ge "$(functions)" ] && [ "$(events "$dir/hand" glassnet:device)" -ge 2 ] &&
	[ "$(events "$dir/hand" glassnet:reason)" -ge 50 ]'
tap_ok "and records, and tracepoints" eval '[ "$(events "$dir/hand" glassnet:batch)" -gt 0 ] && [ "$(events "$dir/hand" net:netif_receive_skb)" -gt 0 ]'

# --- live ---
if command -v lttng-relayd > /dev/null; then
	recorder "$dir/live" --live
	ns_wait 20 grep -q 'lttng-live net:' "$dir/live.out"
	url=$(sed -n 's/.*-i lttng-live //p' "$dir/live.out")
	timeout 15 babeltrace2 -i lttng-live "$url" > "$dir/live.txt" 2> "$dir/live.err" &
	seen()
	{
		answers
		grep -q ' net:netif_receive_skb: ' "$dir/live.txt"
	}
	tap_ok "live: events are seen while it records" ns_wait 10 seen
	kill -INT $recorder
	wait $recorder
	tap_ok "live: the recording ends with status 0" [ $? = 0 ]
	tap_ok "live: it can be read afterwards" eval 'text "$dir/live" && [ "$(events "$dir/live" net:netif_receive_skb)" -gt 0 ]'
	tap_ok "live: no relay daemon is left" eval '! pgrep -a "^lttng-relayd"'
else
	tap_skip "live" "no lttng-relayd; on Debian: apt install lttng-tools"
fi
kill "$(sessiond_pid)" "$pid"
tap_done
