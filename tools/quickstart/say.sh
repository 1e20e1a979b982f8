# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# say.sh: how quickstart speaks: one line a step, its time, and the end of its log when it fails.

say() { printf '%s\n' "$*"; }
fail() { printf 'quickstart: %s\n' "$*" >&2; exit 1; }

# step TEXT LOG COMMAND...: runs COMMAND with its output in LOG. Shows that it lives: on a terminal a running clock, else a line now and
# then. Returns the status of COMMAND and prints the end of LOG when that is not 0.
step()
{
	local text=$1 log=$2 status=0 start=$SECONDS pid t
	shift 2

	mkdir -p "$(dirname "$log")"
	[ -t 1 ] || say "$text ..."
	"$@" > "$log" 2>&1 < /dev/null &
	pid=$!
	while kill -0 "$pid" 2> /dev/null; do
		sleep 0.2
		t=$((SECONDS - start))
		if [ -t 1 ]; then
			printf '\r%s ... %d s ' "$text" "$t"
		elif [ "$t" -ge "${step_next:=10}" ]; then
			say "  still at it after $t s: $(tail -n 1 "$log" | cut -c 1-90)"
			step_next=$((t + 10))
		fi
	done
	unset step_next
	wait "$pid" || status=$?
	t=$((SECONDS - start))
	[ ! -t 1 ] || printf '\r%s\n' "$text ... $([ "$status" = 0 ] && echo "done" || echo FAILED) in $t s"
	if [ "$status" != 0 ] && [ "${quiet_failure:-0}" = 0 ]; then
		tail -n 30 "$log" | sed 's/^/  | /'
		say "  the whole log: $log"
	fi
	return "$status"
}
