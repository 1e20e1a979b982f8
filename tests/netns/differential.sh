#!/bin/bash
# SPDX-License-Identifier: MIT
#
# differential.sh: the same frames to a kernel network namespace and to the stack; they must answer and count alike. First the kernel against
# itself: that shows that the test holds still.
# shellcheck source=tests/netns/ns.sh
. "$(dirname "$0")/ns.sh"
ns_enter "$@"
ns_need_tun

dir=$(dirname "$0")/differential
program=$BUILD/tests/netns/differential/differential
page=$dir/../../../docs/differences.md

if ! self=$("$program" --self "$dir/cases"); then
	echo "$self" | grep -v '^ok' | sed 's/^/# kernel against kernel: /'
fi
tap_ok "two kernels agree" test -n "$self" -a -z "$(echo "$self" | grep -E '^(not ok|Bail)')"
tap_ok "docs/differences.md holds the table of the program" diff -u "$page" <("$program" --markdown)

out=$(mktemp "${TMPDIR:-/tmp}/differential.XXXXXX") || exit 1
trap 'rm -f "$out"' EXIT
"$program" "$dir/cases" > "$out" || tap_failed=1
awk -v n="$tap_n" '/^1\.\./ { next } /^(not )?ok / { sub(/ok [0-9]+/, "ok " ++n) } { print }' "$out"
tap_n=$((tap_n + $(grep -cE '^(not )?ok' "$out")))
tap_done
