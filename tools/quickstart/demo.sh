# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# demo.sh: the demonstration. It shows what was built and nothing that is not there.

run_demo()
{
	setup
	build_in build glassnet
	say
	say "glassnet $(build/config.status --version | sed -n '1s/.* //p') is built in $top/build:"
	show_built
	say
	say "Next: ./quickstart test"
}

show_built()
{
	local f

	for f in glassnetd glassnet src/.libs/libglassnet.so; do
		[ ! -x "build/$f" ] || say "  build/$f"
	done
	for f in build/src/*/.libs/lib*.a; do
		[ "$(ar t "$f" | wc -l)" = 0 ] || say "  $f ($(ar t "$f" | wc -l) files)"
	done
}
