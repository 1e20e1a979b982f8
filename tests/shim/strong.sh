#!/bin/bash
# SPDX-License-Identifier: MIT
#
# strong.sh: `glassnet run --strong`: calls that do not come by the names of libc are the stack's, too. The programs are in a network
# namespace that has only lo; the daemon, its TAP and a server of the DNS are in another.
# shellcheck source=tests/netns/ns.sh
. "$(dirname "$0")/../netns/ns.sh"
ns_enter "$@"
ns_need_tun
ns_need python3 python3-minimal
here=$(cd "$(dirname "$0")" && pwd)
cli=$BUILD/glassnet
prog=$BUILD/tests/shim/strong
names=$BUILD/tests/shim/names
[ -f "$BUILD/src/shim/.libs/libglassnet-preload.so" ] || ns_skip "the preload library is not part of this build"
dir=$(mktemp -d "${TMPDIR:-/tmp}/strong.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
sock=$dir/gn.sock
kernel=10.99.0.1
python=$(python3 -c 'import os, sys; print(os.path.realpath(sys.executable))')

"$BUILD/glassnetd" --name gn-strong --socket "$sock" --device tap:gn-strong --addr 10.99.0.2/24 --host-addr $kernel/24 > "$dir/daemon.log" 2>&1 &
daemon=$!
ns_wait 5 grep -q ': ready' "$dir/daemon.log" || sed 's/^/# /' "$dir/daemon.log"
"$python" "$here/udp.py" serve 5000 100000 > "$dir/server" 2>&1 &
server=$!
ns_wait 5 grep -q bound "$dir/server"
apart()
{
	[ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}
unshare --net sleep 1000 &
programs=$!
ns_wait 5 apart $programs
nsenter -t $programs -n ip link set lo up

on_stack()
{
	nsenter -t $programs -n -- "$cli" run -s "$sock" "$@"
}

strong()
{
	on_stack --strong -- "$@"
}

# status N COMMAND...
status()
{
	local want=$1 got
	shift

	"$@"
	got=$?
	[ $got = "$want" ] || { echo "exit status $got"; return 1; }
}

strong true || ns_skip "filters of system calls are refused here"
tap_ok "a call that is made by its number only is not the stack's without --strong" status 1 on_stack "$prog" exchange $kernel 5000
tap_ok "all calls on a socket, trapped" strong "$prog" exchange $kernel 5000
tap_ok "signals blocked in all ways, and a handler of SIGSYS" strong "$prog" blocked $kernel 5000
tap_ok "a shimmed child whose signals are blocked" strong "$prog" exec "$prog" exchange $kernel 5000
tap_ok "a child of a child" strong sh -c "$prog exec sh -c '$prog exec $prog exchange $kernel 5000'"
tap_ok "a child without the library dies by SIGSYS" status $((128 + 31)) strong env -u LD_PRELOAD "$prog" exchange $kernel 5000
tap_ok "who blocks SIGSYS by number dies" status $((128 + 31)) strong "$prog" death
tap_ok "but not without --strong" on_stack "$prog" death
tap_ok "such a child lives when it makes no socket" strong env -u LD_PRELOAD true
tap_ok "AF_UNIX and files are as always" strong "$python" -c '
import socket
a, b = socket.socketpair()
a.send(b"x"); assert b.recv(1) == b"x"
s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
s.bind("\0strong-test"); s.listen(1)
c = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM); c.connect("\0strong-test")
s.accept()[0].send(b"y"); assert c.recv(1) == b"y"
assert open("/proc/net/dev").read().count("gn-strong") == 1'
tap_ok "threads with blocked signals" strong "$python" -c '
import signal, socket, threading
def talk():
	signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
	s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	s.settimeout(5)
	for i in range(20):
		s.sendto(b"%d" % i, ("'$kernel'", 5000))
		assert s.recv(100) == b"%d" % i
		socket.getaddrinfo("10.1.2.3", 80)
	done.append(1)
done = []
threads = [threading.Thread(target=talk) for _ in range(8)]
for t in threads: t.start()
for t in threads: t.join()
assert len(done) == 8'
tap_ok "a subprocess" strong "$python" -c '
import subprocess, sys
assert subprocess.run(["'"$prog"'", "exchange", "'$kernel'", "5000"]).returncode == 0'

# libc's own resolver, which no name leads to
if command -v dnsmasq > /dev/null && printf 'nameserver %s\n' $kernel > "$dir/resolv.conf" && mount --bind "$dir/resolv.conf" /etc/resolv.conf 2> /dev/null; then
	dnsmasq -k -C /dev/null -p 53 -R -h --address=/x.test/192.0.2.1 --listen-address=$kernel --bind-interfaces --user=root --pid-file="$dir/pid" > "$dir/dnsmasq" 2>&1 &
	dns=$!
	ns_wait 5 "$names" <<< "res one.x.test a"
	resolver()
	{
		strong "$names" <<< "res one.x.test a" | grep -x "res one.x.test a: 44 ok | 44 ok"
	}
	ns_wait 5 resolver
	tap_ok "libc's own res_query" resolver
	kill $dns
else
	tap_skip "libc's own res_query" "no dnsmasq, or /etc/resolv.conf cannot be replaced; on Debian: apt install dnsmasq-base"
fi

refuses_static()
{
	status 1 on_stack --strong -- "$dir/static" 2>&1 | grep "is linked statically: --strong cannot keep it"
}
if echo 'int main(void) { return 0; }' > "$dir/t.c" && ${CC:-cc} -static -o "$dir/static" "$dir/t.c" 2> /dev/null; then
	tap_ok "a program without a loader is refused" refuses_static
else
	tap_skip "a program without a loader is refused" "nothing can be linked statically here"
fi
[ -z "${STRONG_COST:-}" ] || { strong "$prog" cost; on_stack "$prog" cost; } | sed 's/^/# /'

# --- no bypass: but for the first test, which was one ---
tap_ok "no socket of these was the kernel's" [ -z "$(nsenter -t $programs -n ss -Hanutw)" ]
no_datagrams()
{
	nsenter -t $programs -n awk '$1 == "Udp:" && ++n == 2 { print; exit $2 + $3 + $4 + $5 != 0 }' /proc/net/snmp
}
tap_ok "and no datagram" no_datagrams
kill $programs $server $daemon
wait $daemon
tap_done
