#!/bin/bash
# SPDX-License-Identifier: MIT
#
# run.sh: every example is run and does what its first comment says; none needs a right for it.
dir=${top_builddir:-$(pwd)}/examples
n=0 failed=0

# expect PATTERN COMMAND...: the command ends well and prints the pattern
expect()
{
	local pattern=$1 out
	shift

	n=$((n + 1))
	if out=$(timeout 20 "$@" 2>&1) && grep -qE "$pattern" <<< "$out"; then
		echo "ok $n - ${*##*/}"
	else
		echo "not ok $n - ${*##*/}"
		printf '%s\n' "$out" | sed 's/^/# /'
		failed=1
	fi
}

expect '5 bytes from 127\.0\.0\.1:' "$dir/udp_recv" --self
expect '^Udp: 0 1 0 1 ' "$dir/udp_send" 127.0.0.1 9 hello
expect '^done$' "$dir/embed_poll" --self
expect 'bob got "good morning" from 10\.0\.0\.1' "$dir/own_device"
expect '5 sent, 3 received; ledger: 5 entered = 3 delivered \+ 2 dropped' "$dir/hook_counter"
echo "1..$n"
exit "$failed"
