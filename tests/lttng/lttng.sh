# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# lttng.sh: sourced first by the tests of recording. The script then is in a network, process and mount namespace of its own (tests/netns/ns.sh); /run,
# /dev/shm and $HOME are empty file systems of its own, so no session daemon of the machine is in reach, and none of ours is left.
# shellcheck source=tests/netns/ns.sh
. "$(dirname "${BASH_SOURCE[0]}")/../netns/ns.sh" || exit 1
ns_enter "$@"
ns_need_tun
ns_need lttng lttng-tools
ns_need lttng-sessiond lttng-tools
ns_need babeltrace2 babeltrace2
ns_need ping iputils-ping

daemon=$BUILD/glassnetd
cli=$BUILD/glassnet
probe=$BUILD/tests/netns/probe
module=$BUILD/src/lttng/.libs/glassnet-lttng.so
[ "$GLASSNET_TEST_NS" = inside ] || exit 1 # what follows is not for the machine
[ -e "$module" ] || ns_skip "built without LTTng; on Debian: apt install liblttng-ust-dev"
mount -t tmpfs -o mode=755 tmpfs /run 2> /dev/null && mount -t tmpfs -o mode=1777 tmpfs /dev/shm 2> /dev/null ||
	ns_skip "no right to mount a file system of its own"
mkdir /run/t
dir=/run/t
export HOME=$dir/home GLASSNET_LTTNG=$module XDG_RUNTIME_DIR=$dir TMPDIR=$dir
mkdir "$HOME"

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

# gn ARG...: the command, to the daemon gn0
gn()
{
	"$cli" -s "$dir/gn0.sock" "$@"
}

# recorder DIR ARG...: `trace record` in the background, its process in $recorder, what it says in DIR.out
recorder()
{
	local to=$1
	shift

	"$cli" -s "$dir/gn0.sock" trace record -o "$to" "$@" > "$dir/${to##*/}.out" 2>&1 &
	recorder=$!
}

tracing()
{
	[ "$(gn cat /sys/kernel/tracing/current_tracer)" = function_graph ]
}

# sessiond: a session daemon that outlives a recording
sessiond()
{
	lttng-sessiond --no-kernel --group=root --background > "$dir/sessiond.log" 2>&1
}

sessiond_pid()
{
	cat /run/lttng/lttng-sessiond.pid
}

# counter GROUP COLUMN: a number of /proc/net/snmp
counter()
{
	gn cat /proc/net/snmp | awk -v g="$1:" -v c="$2" \
		'$1 == g && !n { for (i = 2; i <= NF; i++) if ($i == c) n = i; next } $1 == g { print $n; exit }'
}

# text DIR: the recording, one event a line, into a file of its name
text()
{
	babeltrace2 "$1" > "$dir/${1##*/}.txt" 2> "$dir/${1##*/}.err"
}

# events DIR NAME [TEXT]: how many such events, with TEXT in the line
events()
{
	grep -F " $2: " "$dir/${1##*/}.txt" | grep -cF -e "${3:-}"
}

# same WHAT A B: two numbers are equal and not 0
same()
{
	[ "$2" -gt 0 ] || { echo "$1: none"; return 1; }
	[ "$2" = "$3" ] || { echo "$1: $2 are not $3"; return 1; }
}

# no_lttng: no process of LTTng runs, no session is left
no_lttng()
{
	! pgrep -a '^lttng-' || return 1
}

no_session()
{
	! lttng --no-sessiond list 2>&1 | grep glassnet-
}

# fails TEXT COMMAND...: exit status 1, and TEXT on standard error
fails()
{
	local want=$1 status
	shift

	"$@" > "$dir/out" 2> "$dir/err"
	status=$?
	cat "$dir/err"
	[ $status = 1 ] || { echo "exit status $status"; return 1; }
	grep -qF -e "$want" "$dir/err" || { echo "it does not say: $want"; return 1; }
}

answers()
{
	ping -q -c 1 -W 2 10.99.0.2
}
