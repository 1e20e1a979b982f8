# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# ns.sh: sourced first by every test on real interfaces. ns_enter starts the script again inside namespaces of its own: an empty network
# and a private set of processes that all end with the script. Root enters directly, a plain user through a user namespace. Where neither
# works, the script is skipped as a whole and says why. After ns_enter: `lo` is up and $BUILD is the build directory.
#
#	. "$(dirname "$0")/ns.sh"
#	ns_enter "$@"
#	ns_need_tun
#	tap_ok "the ping is answered" ping -c 1 -W 2 10.99.0.2
#	tap_done

# shellcheck disable=SC2034
BUILD=${top_builddir:-$(pwd)}
tap_n=0
tap_failed=0

# ns_skip REASON: ends the script as skipped
ns_skip()
{
	echo "1..0 # SKIP $*"
	exit 0
}

# ns_enter [ARG...]: goes on inside the namespaces; the arguments are those of the script
ns_enter()
{
	local base=(--net --pid --fork --kill-child) more flags

	if [ "${GLASSNET_TEST_NS:-}" = inside ]; then
		ip link set lo up || ns_skip "no right to configure interfaces"
		return
	fi
	command -v unshare > /dev/null || ns_skip "no unshare(1); on Debian: apt install util-linux"
	command -v ip > /dev/null || ns_skip "no ip(8); on Debian: apt install iproute2"
	# a private /proc where it can be had: not in a chroot
	for more in "--mount --mount-proc" "--mount --mount-proc --user --map-root-user" "" "--user --map-root-user"; do
		# shellcheck disable=SC2206
		flags=("${base[@]}" $more)
		unshare "${flags[@]}" true 2> /dev/null && break
		flags=()
	done
	[ ${#flags[@]} -gt 0 ] || ns_skip "neither root nor a user namespace may make a network namespace here"
	GLASSNET_TEST_NS=inside exec unshare "${flags[@]}" "$BASH" "$0" "$@"
}

# ns_need_tun: skips where TAP devices cannot be made
ns_need_tun()
{
	[ -w /dev/net/tun ] || ns_skip "no /dev/net/tun that this user may open"
	ip tuntap add dev gn-probe mode tap 2> /dev/null || ns_skip "TAP devices are refused here"
	ip link del gn-probe
}

# ns_need COMMAND DEBIAN-PACKAGE: skips where a program is missing
ns_need()
{
	command -v "$1" > /dev/null || ns_skip "no $1; on Debian: apt install $2"
}

# ns_wait SECONDS COMMAND...: repeats COMMAND until it succeeds; fails after SECONDS
ns_wait()
{
	local end=$((SECONDS + $1))
	shift

	until "$@" > /dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.05
	done
}

# tap_ok DESCRIPTION COMMAND...: one test; its output is shown only when it fails
tap_ok()
{
	local text=$1 out
	shift

	tap_n=$((tap_n + 1))
	if out=$("$@" 2>&1); then
		echo "ok $tap_n - $text"
	else
		echo "not ok $tap_n - $text"
		printf '%s\n' "$out" | sed 's/^/# /'
		tap_failed=1
	fi
}

# tap_skip DESCRIPTION REASON: one test that cannot run here
tap_skip()
{
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $1 # SKIP $2"
}

# tap_done: the plan; ends the script
tap_done()
{
	echo "1..$tap_n"
	exit "$tap_failed"
}
