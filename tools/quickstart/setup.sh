# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# setup.sh: the Debian packages that the build and the tests need, installed when they are missing.

# One package a line, with what it is for.
build_packages=(
	gcc			# the compiler, with its sanitizers
	libc6-dev
	make
	autoconf
	automake
	libtool
	pkg-config
	liburcu-dev		# RCU of the stack
	libev-dev		# main loop of glassnetd
	libnl-3-dev		# netlink messages
	libnl-route-3-dev
	libcap-ng-dev		# dropping privileges
	libpcap-dev		# packet filters of glassnet, in tcpdump's language
	liblttng-ust-dev	# the module that carries the trace to LTTng
	libbabeltrace2-dev	# reading recorded traces
	check			# unit tests
)
run_packages=(
	iproute2		# the host side of a demonstration
	iputils-ping
	util-linux		# unshare
	mandoc			# checks the manual pages
	lttng-tools		# glassnet trace record
	babeltrace2		# reads what was recorded, in tests
)
full_packages=(
	valgrind
	chromium		# looks at the page of glassnet trace view --format html
	net-tools		# netstat, ifconfig, arp on the stack, in tests
	procps			# sysctl, too
	tcpdump			# these two judge exported traces, in tests
	python3-minimal		# runs on the stack, too
	netcat-openbsd		# programs that tests run on the stack
	socat
	perl
	traceroute
	bind9-dnsutils		# dig
	dnsmasq-base
	sockperf
	iputils-tracepath
	libjemalloc2		# an allocator that opens files at start
)

# setup: says what is missing and installs it; returns when all is there
setup()
{
	local missing=() p want=("${build_packages[@]}" "${run_packages[@]}")
	local apt=(apt-get -y -q --no-install-recommends) as=()

	[ "$full" = 0 ] || want+=("${full_packages[@]}")
	if ! command -v dpkg-query > /dev/null || ! command -v apt-get > /dev/null; then
		say "No apt here: nothing is installed. What is needed, by its Debian names: ${want[*]}"
		return 0
	fi
	for p in "${want[@]}"; do
		dpkg-query -W -f '${db:Status-Status}\n' "$p" 2> /dev/null | grep -qx installed || missing+=("$p")
	done
	[ ${#missing[@]} -gt 0 ] || return 0

	if [ "$(id -u)" != 0 ]; then
		command -v sudo > /dev/null || fail "missing packages; run as root: apt-get install ${missing[*]}"
		as=(sudo)
		# without a terminal nobody can answer a password prompt
		[ -t 0 ] || as+=(-n)
	fi
	say "Will install with ${as[*]:+${as[*]} }apt-get: ${missing[*]}"
	[ ${#as[@]} = 0 ] || "${as[@]}" true || fail "sudo refused; run as root: apt-get install ${missing[*]}"
	export DEBIAN_FRONTEND=noninteractive
	step "Reading the package lists" build/log/apt-update.log "${as[@]}" "${apt[@]}" update ||
		say "  going on with the lists that are here"
	step "Installing ${#missing[@]} packages" build/log/apt-install.log "${as[@]}" "${apt[@]}" install "${missing[@]}" ||
		fail "apt could not install: ${missing[*]}"
}
