#!/bin/bash
# SPDX-License-Identifier: MIT
#
# trouble.sh: what goes wrong with a recording is said, with exit status 1; the traffic does not notice; no session, process or directory is left.
# shellcheck source=tests/lttng/lttng.sh
. "$(dirname "$0")/lttng.sh"

# --- the module is not installed ---
GLASSNET_LTTNG=$dir/none.so start gn0 --echo 7
tap_ok "without the module the daemon serves" answers
tap_ok "and trace record says what is missing" fails "LTTng support is not installed" gn trace record -o "$dir/a" --seconds 1
tap_ok "no directory is left" [ ! -e "$dir/a" ]
tap_ok "nothing of LTTng runs" no_lttng
kill "$pid"
wait "$pid"
tap_ok "--lttng without the module: the daemon does not start" \
	fails "LTTng support is not installed" env GLASSNET_LTTNG="$dir/none.so" "$daemon" --name bad --lttng
cp /bin/true "$dir/true.so"
tap_ok "--lttng with something else: it does not start" fails "LTTng module" env GLASSNET_LTTNG="$dir/true.so" "$daemon" --name bad --lttng
start gn0 --echo 7

# --- the directory ---
mkdir "$dir/full" "$dir/ro"
echo mine > "$dir/full/file"
tap_ok "a directory with something in it is refused" fails "there is something in it" gn trace record -o "$dir/full" --seconds 1
tap_ok "and is left alone" [ "$(cat "$dir/full/file")" = mine ]
mount -t tmpfs -o ro tmpfs "$dir/ro"
tap_ok "a read-only directory is refused" fails "Read-only file system" gn trace record -o "$dir/ro" --seconds 1
tap_ok "a directory in a read-only one, too" fails "Read-only file system" gn trace record -o "$dir/ro/x" --seconds 1
tap_ok "a directory in none, too" fails "No such file or directory" gn trace record -o "$dir/none/x" --seconds 1
tap_ok "nothing of LTTng runs" no_lttng

# --- words ---
usage()
{
	local want=$1
	shift

	gn trace record "$@" 2> "$dir/err"
	[ $? = 2 ] && grep -qF -e "$want" "$dir/err" || { cat "$dir/err"; return 1; }
}
tap_ok "no -o: usage" usage "-o DIR is missing" --seconds 1
tap_ok "a word too many: usage" usage "one word too many" -o "$dir/w" ping
tap_ok "-- without a command: usage" usage "a COMMAND is missing" -o "$dir/w" --
tap_ok "an unknown function" fails "no_such_function" gn trace record -o "$dir/w" -g no_such_function --seconds 1
tap_ok "a command that does not exist" fails "No such file or directory" gn trace record -o "$dir/w" -- no-such-command
tap_ok "nothing of LTTng runs" no_lttng

# --- no lttng(1) ---
mkdir "$dir/bin"
ln -s "$BASH" "$dir/bin/bash"
tap_ok "no command lttng" fails "apt install lttng-tools" env PATH="$dir/bin" "$cli" -s "$dir/gn0.sock" trace record -o "$dir/b" --seconds 1
tap_ok "no directory is left" [ ! -e "$dir/b" ]
ln -s "$(command -v lttng)" "$dir/bin/lttng"
printf '#!%s\necho "Error: it does not like it here" >&2\nexit 1\n' "$BASH" > "$dir/bin/lttng-sessiond"
chmod +x "$dir/bin/lttng-sessiond"
tap_ok "a session daemon that does not start" \
	fails "it does not like it here" env PATH="$dir/bin" "$cli" -s "$dir/gn0.sock" trace record -o "$dir/b" --seconds 1

# --- two at once ---
recorder "$dir/c"
tap_ok "a recording begins, with a session daemon of its own" ns_wait 20 tracing
tap_ok "a second one is refused and told who has the tracer" fails "trace record" gn trace record -o "$dir/d" --seconds 1
tap_ok "the second leaves no directory" [ ! -e "$dir/d" ]
tap_ok "the first goes on" kill -0 $recorder
kill -INT $recorder
wait $recorder
tap_ok "Ctrl-C ends it with status 0" [ $? = 0 ]
tap_ok "it can be read" eval 'text "$dir/c" && [ "$(events "$dir/c" glassnet:function)" -gt 100 ]'
tap_ok "its session daemon is gone" no_lttng

# --- killed ---
recorder "$dir/e"
ns_wait 20 tracing
kill -9 $recorder
wait $recorder 2> /dev/null
tap_ok "trace record killed: its session daemon ends, too" ns_wait 10 no_lttng
tap_ok "the tracer is off" eval '! tracing'
tap_ok "traffic goes on" answers

recorder "$dir/f"
ns_wait 20 tracing
answers > /dev/null
kill -9 "$(sessiond_pid)"
wait $recorder
tap_ok "a killed session daemon: status 1" [ $? = 1 ]
tap_ok "it is said" grep -q 'session daemon ended' "$dir/f.out"
tap_ok "traffic goes on" answers
tap_ok "the tracer is off" eval '! tracing'
tap_ok "nothing of LTTng is left" ns_wait 10 no_lttng
tap_ok "what was written can be read" eval 'text "$dir/f" && [ "$(events "$dir/f" glassnet:function)" -gt 100 ]'

# --- a full disk ---
mkdir "$dir/small"
mount -t tmpfs -o size=6m tmpfs "$dir/small"
recorder "$dir/small/g"
ns_wait 20 tracing
dd if=/dev/zero of="$dir/small/filler" bs=64k 2> /dev/null
wait $recorder
tap_ok "a full disk: status 1" [ $? = 1 ]
tap_ok "it is said" grep -q 'no space left' "$dir/g.out"
tap_ok "traffic goes on" answers
tap_ok "nothing of LTTng is left" no_lttng
tap_ok "what was written can be read" eval 'text "$dir/small/g" && [ "$(events "$dir/small/g" glassnet:function)" -gt 100 ]'

# --- the daemon ends ---
recorder "$dir/h"
ns_wait 20 tracing
kill "$pid"
wait "$pid"
wait $recorder
tap_ok "the daemon ends: status 1" [ $? = 1 ]
tap_ok "it is said" grep -q 'glassnetd ended' "$dir/h.out"
tap_ok "nothing of LTTng is left" no_lttng

# --- a plain user, with --rootless ---
rm -f /dev/shm/lttng-ust-wait-8-0
if setpriv --reuid=65534 --regid=65534 --clear-groups unshare --user true 2> /dev/null; then
	mkdir -m 700 "$dir/user"
	chown 65534:65534 "$dir/user"
	export HOME=$dir/user XDG_RUNTIME_DIR=$dir/user
	user()
	{
		setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
	}
	user "$daemon" --rootless --name u --device null: --addr 10.0.0.1/24 > "$dir/u.log" 2>&1 &
	pid=$!
	ns_wait 5 grep -q ': ready' "$dir/u.log"
	for i in 1 2; do
		tap_ok "without privilege: recording $i" user "$cli" -n u trace record -o "$dir/user/t$i" -- sleep 0.3
		tap_ok "without privilege: it can be read" eval 'text "$dir/user/t$i" && [ "$(events "$dir/user/t$i" glassnet:function)" -gt 100 ]'
	done
	tap_ok "nothing of LTTng is left" no_lttng
	kill $pid
else
	tap_skip "without privilege" "not root, or no user namespaces"
fi
tap_done
