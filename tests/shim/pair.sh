# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# pair.sh: sourced behind ns_enter: a program runs on the kernel, over a veth, and then unchanged on the stack, over a TAP; the same peer of the
# kernel (10.99.0.1, port 5000 echoes) answers both. What is ours has the address 10.99.0.2 and a device of the same name.
#
#	pair_start
#	pair_run kernel COMMAND...	its output is in $dir/kernel
#	pair_stack			from here on it is the stack
#	pair_run stack COMMAND...

# pair_start: the namespace of the programs, with the kernel's network
pair_start()
{
	local knob

	dir=$(mktemp -d "${TMPDIR:-/tmp}/pair.XXXXXX") || exit 1
	chmod 755 "$dir" # users without rights have sockets, too
	trap 'rm -rf "$dir"' EXIT
	unshare --net --kill-child sleep 1000 &
	inner=$!
	ns_wait 5 eval '[ "$(readlink /proc/$inner/ns/net)" != "$(readlink /proc/self/ns/net)" ]'
	for knob in all default; do
		[ ! -w /proc/sys/net/ipv6/conf/$knob/disable_ipv6 ] || echo 1 > /proc/sys/net/ipv6/conf/$knob/disable_ipv6
	done
	[ ! -w /proc/sys/net/ipv4/icmp_ratelimit ] || echo 0 > /proc/sys/net/ipv4/icmp_ratelimit
	nsenter -t $inner -n ip link set lo up
	ip link add gn-peer type veth peer name gn-pair netns $inner || ns_skip "no veth devices here"
	ip addr add 10.99.0.1/24 dev gn-peer
	ip link set gn-peer up
	nsenter -t $inner -n sh -c '
		[ ! -w /proc/sys/net/ipv6/conf/all/disable_ipv6 ] || echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6
		echo "0 2147483647" > /proc/sys/net/ipv4/ping_group_range
		ip addr add 10.99.0.2/24 dev gn-pair && ip link set gn-pair up'
	"$BUILD/tests/shim/prog" peer 10.99.0.1 5000 > "$dir/peer" &
	ns_wait 5 grep -q ready "$dir/peer"
	pair_on=
}

# pair_stack [OPTION...]: the kernel's network goes, glassnetd comes
pair_stack()
{
	ip link del gn-peer
	"$BUILD/glassnetd" --name gn-pair --socket "$dir/gn.sock" --device tap:gn-pair --addr 10.99.0.2/24 --host-addr 10.99.0.1/24 \
		--set net.ipv4.ping_group_range="0 2147483647" --set net.ipv4.icmp_ratelimit=0 \
		--set net.core.rmem_max="$(cat /proc/sys/net/core/rmem_max)" --set net.core.wmem_max="$(cat /proc/sys/net/core/wmem_max)" \
		"$@" > "$dir/log" 2>&1 &
	pair_daemon=$!
	ns_wait 5 grep -q ': ready' "$dir/log" || sed 's/^/# /' "$dir/log"
	pair_on="$BUILD/glassnet run -s $dir/gn.sock"
}

# pair_run NAME COMMAND...
pair_run()
{
	local name=$1
	shift

	# shellcheck disable=SC2086
	timeout 100 nsenter -t "$inner" -n $pair_on "$@" > "$dir/$name" 2> "$dir/$name.err" || { sed 's/^/# /' "$dir/$name.err"; false; }
}
