# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# build.sh: configures and builds into a directory of its own; a second run only builds what changed.

# build_in DIR TEXT CONFIGURE-OPTION...: leaves DIR built
build_in()
{
	local dir=$1 text=$2
	shift 2

	if [ ! -x configure ]; then
		step "Generating configure" build/log/autoreconf.log autoreconf -fi || fail "autoreconf failed"
	fi
	if [ ! -f "$dir/Makefile" ]; then
		mkdir -p "$dir"
		step "Configuring $dir" "$dir/log/configure.log" configure_in "$dir" "$@" || fail "configure failed in $dir"
	fi
	step "Building $text in $dir" "$dir/log/make.log" make -C "$dir" -j"$jobs" || fail "the build failed in $dir"
}

configure_in()
{
	cd "$1" && shift && ../configure "$@"
}
