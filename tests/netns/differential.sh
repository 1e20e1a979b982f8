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

if ! out=$("$program" --self "$dir/cases"); then
	echo "$out" | grep -v '^ok' | sed 's/^/# kernel against kernel: /'
fi
tap_ok "two kernels agree" test -n "$out" -a -z "$(echo "$out" | grep -E '^(not ok|Bail)')"
tap_ok "docs/differences.md holds the table of the program" diff -u "$page" <("$program" --markdown)
"$program" "$dir/cases" > "${TMPDIR:-/tmp}/differential.$$" || tap_failed=1
sed -E '/^1\.\./d; s/^((not )?ok) [0-9]+ /\1 /' "${TMPDIR:-/tmp}/differential.$$"
tap_n=$((tap_n + $(grep -cE '^(not )?ok' "${TMPDIR:-/tmp}/differential.$$")))
rm -f "${TMPDIR:-/tmp}/differential.$$"
tap_done
