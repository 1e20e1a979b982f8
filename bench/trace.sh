#!/bin/bash
# SPDX-License-Identifier: MIT
#
# trace.sh BUILD: what tracing costs, a function: off (against the same source without pads, a tree that this script builds), gate closed, into the
# ring, through LTTng, and what others cost on the same workload: uftrace and LTTng's cyg-profile, in trees built for them. Everything is measured in
# rounds, one after the other, and the medians are compared. Needs root or a user namespace for LTTng's session daemon.
set -eu
source=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "$1" && pwd)
rounds=${ROUNDS:-7}
frames=${FRAMES:-3000} # batches of 64

if [ "${GLASSNET_BENCH_NS:-}" != inside ]; then
	# LTTng's session daemon gets directories of its own
	flags=(--mount --pid --fork --kill-child --mount-proc)
	[ "$(id -u)" = 0 ] || flags+=(--user --map-root-user)
	GLASSNET_BENCH_NS=inside exec unshare "${flags[@]}" "$BASH" "$0" "$build"
fi

work=$(mktemp -d)
trap 'kill $(jobs -p) 2> /dev/null; rm -rf "$work"' EXIT
say() { [ -t 2 ] && printf '\r\033[K%s' "$*" >&2 || true; }

# variant NAME PADFLAGS: the bench built with other flags where the pads are
variant()
{
	local dir=$build/bench/variant-$1

	say "building bench/variant-$1 ..."
	mkdir -p "$dir"
	[ -f "$dir/Makefile" ] || (cd "$dir" && eval "$("$build/config.status" --config | sed "s,^,'$source/configure' -q ,")" > "$dir/configure.log" 2>&1)
	make -C "$dir" -s -j"$(nproc)" PAD_CFLAGS="$2" bench/stack_rx > "$dir/make.log" 2>&1 || { tail "$dir/make.log" >&2; exit 1; }
}
variant nopads ""
have_uftrace=; command -v uftrace > /dev/null && have_uftrace=1 && variant uftrace "-pg"
have_lttng=; command -v lttng > /dev/null && command -v lttng-sessiond > /dev/null && have_lttng=1
cyg=$(ls /usr/lib/*/liblttng-ust-cyg-profile.so 2> /dev/null | head -1 || true)
[ -z "$have_lttng" ] || [ -z "$cyg" ] || variant cyg "-finstrument-functions -finstrument-functions-exclude-file-list=.h"
module=$build/src/lttng/.libs/glassnet-lttng.so

# lttng_session EVENT: a session with 4 x 4 MiB a CPU, discard mode; lttng_lost: how many events it lost
lttng_session()
{
	lttng -n create b --output="$work/ctf-$RANDOM" && lttng -n enable-channel -u c --subbuf-size=4M --num-subbuf=4 &&
		lttng -n enable-event -u -c c "$1" && lttng -n start
}
lttng_lost()
{
	lttng -n stop --no-wait > /dev/null
	lttng -n list b -c c 2> /dev/null | awk '/[Dd]iscarded events:/ { n += $3 } END { print n + 0 }'
	lttng -n destroy b > /dev/null
}
if [ -n "$have_lttng" ]; then
	mount -t tmpfs none /run
	mount -t tmpfs none /dev/shm
	export HOME=$work LTTNG_HOME=$work
	lttng-sessiond --background --group=root > "$work/sessiond.log" 2>&1 || have_lttng=
fi

value() { sed -n "s/.*$1=\([0-9.]*\).*/\1/p"; }
median() { sort -n "$work/$1" | awk '{ v[NR] = $1 } END { if (NR) print v[int((NR + 1) / 2)]; else print "-" }'; }
spread() { sort -n "$work/$1" | awk '{ v[NR] = $1 } END { if (NR) printf "%s..%s", v[1], v[NR]; else print "-" }'; }
run() { taskset -c 0 "$@"; }

lost=0 ringlost=0
for r in $(seq "$rounds"); do
	say "round $r of $rounds"
	run "$build/bench/variant-nopads/bench/stack_rx" "$frames" 1 off | value ns_p50 >> "$work/nopads"
	run "$build/bench/stack_rx" "$frames" 1 off | value ns_p50 >> "$work/off"
	run "$build/bench/stack_rx" "$frames" 1 closed | value ns_p50 >> "$work/closed"
	run "$build/bench/stack_rx" "$frames" 1 ring > "$work/out"
	value ns_p50 < "$work/out" >> "$work/ring"
	value records_a_frame < "$work/out" >> "$work/calls"
	value arm_us < "$work/out" >> "$work/arm"
	functions=$(value functions < "$work/out")
	if [ -n "$have_uftrace" ]; then
		run uftrace record --no-libcall --no-event -b 16m -d "$work/uft" "$build/bench/variant-uftrace/bench/stack_rx" 300 1 off 2> /dev/null | value ns_p50 >> "$work/uftrace"
		rm -rf "$work/uft"
	fi
	if [ -n "$have_lttng" ] && [ -e "$module" ]; then
		lttng_session 'glassnet:*' > /dev/null 2>&1
		taskset -c 0,1 "$build/bench/stack_rx" 3000 1 "lttng=$module" > "$work/out"
		value ns_p50 < "$work/out" >> "$work/lttng"
		value records_a_frame < "$work/out" >> "$work/lttngcalls"
		run "$build/bench/variant-nopads/bench/stack_rx" 3000 1 paced | value ns_p50 >> "$work/paced"
		ringlost=$((ringlost + $(value lost < "$work/out")))
		lost=$((lost + $(lttng_lost)))
	fi
	if [ -n "$have_lttng" ] && [ -n "$cyg" ]; then
		lttng_session 'lttng_ust_cyg_profile*' > /dev/null 2>&1
		LD_PRELOAD=$cyg run "$build/bench/variant-cyg/bench/stack_rx" 300 1 off | value ns_p50 >> "$work/cyg"
		lttng_lost > /dev/null
	fi
done
say ""

calls=$(median calls)
# row TITLE FILE CALLS BASE LIMIT: its ns a frame and what that is a function more than BASE
row()
{
	local m
	m=$(median "$2")
	if [ "$m" = - ]; then
		printf '%-44s %10s\n' "$1" "not here"
		return
	fi
	awk -v t="$1" -v m="$m" -v base="$(median "$4")" -v calls="$3" -v s="$(spread "$2")" -v limit="$5" 'BEGIN {
		printf "%-44s %10.1f %12.2f %10.2f   %-18s %s\n", t, m, (m - base) / calls, m / base, s, limit }'
}
printf '%-44s %10s %12s %10s   %-18s %s\n' "60-byte UDP datagram, device to socket queue" "ns/frame" "+ns/function" "ratio" "min..max" "limit"
row "  built without pads" nopads "$calls" nopads ""
row "  off (pads are NOPs)" off "$calls" nopads "0.2 a function, ratio 1.02"
row "  gate closed" closed "$calls" nopads "3"
row "  on, into the ring" ring "$calls" nopads "25"
row "  built without pads, 100 000 frames/s" paced "$(median lttngcalls)" paced ""
row "  on, through LTTng, 100 000 frames/s" lttng "$(median lttngcalls)" paced "30"
row "  uftrace record (-pg)" uftrace "$calls" nopads ""
row "  LTTng cyg-profile (-finstrument-functions)" cyg "$calls" nopads ""
printf '%s functions patched in %s us (limit 2000); %s calls a frame (LTTng: %s); lost: %s records in the ring, %s events in LTTng\n' "$functions" "$(median arm)" "$calls" \
	"$(median lttngcalls)" "$ringlost" "$lost"
