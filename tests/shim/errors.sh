#!/bin/bash
# SPDX-License-Identifier: MIT
#
# errors.sh: the error of a send is that of this send, also when what made an earlier one succeed has changed: a route, a link, an address, an
# option, be it by another process.
# shellcheck source=tests/netns/ns.sh
. "$(dirname "$0")/../netns/ns.sh"
ns_enter "$@"
ns_need_tun
here=$(cd "$(dirname "$0")" && pwd)
ns_need python3 python3
[ -f "$BUILD/src/shim/.libs/libglassnet-preload.so" ] || ns_skip "the preload library is not part of this build"
dir=$(mktemp -d "${TMPDIR:-/tmp}/errors.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
sock=$dir/gn.sock

"$BUILD/glassnetd" --name gn-err --socket "$sock" --device tap:gn-err --addr 10.99.0.2/24 --host-addr 10.99.0.1/24 > "$dir/log" 2>&1 &
ns_wait 5 grep -q ': ready' "$dir/log" || sed 's/^/# /' "$dir/log"
python=$(python3 -c 'import os, sys; print(os.path.realpath(sys.executable))')
timeout 60 unshare --net "$BUILD/glassnet" run -s "$sock" "$python" "$here/errors.py" gn-err "$BUILD/glassnet" -s "$sock" > "$dir/out" 2> "$dir/err"
status=$?
while read -r line; do
	case $line in
	"ok "*) tap_ok "${line#*- }" true ;;
	"not ok "*) tap_ok "${line#*- }" false ;;
	1..*) ;;
	*) echo "$line" ;;
	esac
done < "$dir/out"
tap_ok "the program came to its end" eval '[ $status = 0 ] && grep -q ^1.. "$dir/out" || { sed "s/^/# /" "$dir/err"; false; }'
tap_done
