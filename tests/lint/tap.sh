# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# tap.sh: what the lint scripts share. Sourced, never run. The harness gives top_srcdir, top_builddir, CC, NM, AWK, GN_CFLAGS, GN_LIBS;
# started by hand from a source tree, a script finds the source itself and takes the tools of the PATH.

LC_ALL=C
export LC_ALL
here=$(cd "$(dirname "$0")" && pwd)
top_srcdir=${top_srcdir:-$(cd "$here/../.." && pwd)}
top_builddir=${top_builddir:-$top_srcdir/build}
AWK=${AWK:-awk}
NM=${NM:-nm}
CC=${CC:-cc}
GN_CFLAGS=${GN_CFLAGS:--D_GNU_SOURCE -std=gnu11 $(pkg-config --cflags libnl-3.0 2> /dev/null)}
GN_LIBS=${GN_LIBS:--lurcu-qsbr -lpthread}
tap_n=0
tap_failed=0

# report DESCRIPTION VIOLATIONS: one test; passes when VIOLATIONS is empty, else shows them line by line
report()
{
	tap_n=$((tap_n + 1))
	if [ -z "$2" ]; then
		echo "ok $tap_n - $1"
	else
		echo "not ok $tap_n - $1"
		printf '%s\n' "$2" | sed 's/^/# /'
		tap_failed=1
	fi
}

# skip DESCRIPTION REASON
skip()
{
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $1 # SKIP $2"
}

# finish: the plan, and the exit status
finish()
{
	echo "1..$tap_n"
	exit "$tap_failed"
}

# sources: the files of the project, one a line, relative to the source directory: what git tracks or would track, or, in an unpacked
# archive, what lies there and was not made by the build
sources()
{
	cd "$top_srcdir" || exit 1
	if [ -e .git ] && git ls-files >/dev/null 2>&1; then
		git ls-files -co --exclude-standard
	else
		find . \( -name .git -o -name build -o -name 'build-*' -o -name '_*' -o -name build-aux -o -name autom4te.cache \
			-o -name .deps -o -name .libs \) -prune -o -type f -print | sed 's,^\./,,' |
			grep -Ev '^(configure|aclocal\.m4|Makefile(\.in)?|config\.(log|status)|libtool|m4/l[^/]*\.m4)$|\.(l?[oa]|log|trs|tar\.xz)$'
	fi | while read -r f; do [ -f "$f" ] && echo "$f"; done
}

# rooms: the rooms of floors.tab up to floor $1
rooms()
{
	$AWK -v top="$1" '!/^#/ && NF && $2 <= top { print $1 }' "$here/floors.tab"
}

# code FILE: its text without comments and string contents, line numbers kept
code()
{
	$AWK '{
		out = ""; s = $0
		while (s != "") {
			if (inside) {
				i = index(s, "*/")
				if (!i) { s = ""; break }
				s = substr(s, i + 2); inside = 0
				continue
			}
			i = match(s, /\/\*|\/\/|"([^"\\]|\\.)*"/)
			if (!i) { out = out s; break }
			t = substr(s, i, 2)
			if (t == "/*") { out = out substr(s, 1, i - 1); s = substr(s, i + 2); inside = 1 }
			else if (t == "//") { out = out substr(s, 1, i - 1); break }
			else { out = out substr(s, 1, i - 1) "\"\""; s = substr(s, i + RLENGTH) }
		}
		print out
	}' "$1"
}
