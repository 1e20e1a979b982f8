# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# bench.sh: the measurements. Each script bench/*.sh answers one question and prints its table; it gets the build directory.

run_bench()
{
	local script found=0

	setup
	build_in build glassnet
	step "Building the measurements" build/log/bench.log make -C build -j"$jobs" bench || fail "the measurements do not build"
	for script in bench/*.sh; do
		[ -x "$script" ] || continue
		found=1
		say "== $script"
		"$script" "$top/build" || say "  $script ended with status $?"
	done
	[ "$found" = 1 ] || say "There are no measurements in bench/ yet."
}
