#!/bin/bash
# SPDX-License-Identifier: MIT
#
# run.sh: unmodified programs on the stack. They are in a network namespace of their own that has only lo; the daemon, its TAP and the
# kernel that answers are in another. What they have in common is the path of the control socket.
# shellcheck source=tests/netns/ns.sh
. "$(dirname "$0")/../netns/ns.sh"
ns_enter "$@"
ns_need_tun
here=$(cd "$(dirname "$0")" && pwd)
daemon=$BUILD/glassnetd
cli=$BUILD/glassnet
probe=$BUILD/tests/netns/probe
[ -f "$BUILD/src/shim/.libs/libglassnet-preload.so" ] || ns_skip "the preload library is not part of this build"
dir=$(mktemp -d "${TMPDIR:-/tmp}/shim.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
sock=$dir/gn.sock
stack=10.99.0.2
kernel=10.99.0.1

for knob in all default; do
	[ ! -w /proc/sys/net/ipv6/conf/$knob/disable_ipv6 ] || echo 1 > /proc/sys/net/ipv6/conf/$knob/disable_ipv6
done
[ ! -w /proc/sys/net/ipv4/icmp_ratelimit ] || echo 0 > /proc/sys/net/ipv4/icmp_ratelimit # each error is told
"$daemon" --name gn-shim --socket "$sock" --device tap:gn-shim --addr $stack/24 --host-addr $kernel/24 > "$dir/daemon.log" 2>&1 &
daemon_pid=$!
ns_wait 5 grep -q ': ready' "$dir/daemon.log" || sed 's/^/# /' "$dir/daemon.log"

unshare --net sleep 1000 &
programs=$!
ns_wait 5 nsenter -t $programs -n ip link set lo up

# there COMMAND...: in the programs' namespace
there()
{
	nsenter -t $programs -n -- "$@"
}

# on_stack [-o OPTION]... COMMAND...
on_stack()
{
	there "$cli" run -s "$sock" "$@"
}

exec_on_stack()
{
	exec nsenter -t $programs -n -- "$cli" run -s "$sock" "$@"
}

# start NAME COMMAND...: in the background; its output is $dir/NAME, its process $started
start()
{
	local name=$1
	shift

	: > "$dir/$name"
	: > "$dir/$name.err"
	"$@" > "$dir/$name" 2> "$dir/$name.err" &
	started=$!
}

# bound PORT: the stack has a socket with that port
bound()
{
	"$cli" -s "$sock" cat /proc/net/udp | grep -q ":$(printf %04X "$1") "
}

# kernel_bound PORT
kernel_bound()
{
	ss -Huan | grep -q ":$1 "
}

# ended PID: waits for it, at most 10 seconds; its status
ended()
{
	local i

	for ((i = 0; i < 200; i++)); do
		kill -0 "$1" 2> /dev/null || break
		sleep 0.05
	done
	[ $i -lt 200 ] || kill "$1"
	wait "$1"
}

show()
{
	cat "$@"
	return 1
}

# has FILE TEXT: within 5 seconds
has()
{
	ns_wait 5 grep -qF -e "$2" "$1" || show "$1" "$1.err"
}

# --- python ---
python=$(python3 -c 'import os, sys; print(os.path.realpath(sys.executable))' 2> /dev/null)

python_server()
{
	start server on_stack "$python" "$here/udp.py" serve 5000 30
	has "$dir/server" bound && "$python" "$here/udp.py" ask $stack 5000 30 && ended $started || show "$dir/server.err"
}

python_client()
{
	start server "$python" "$here/udp.py" serve 5001 30
	has "$dir/server" bound && on_stack "$python" "$here/udp.py" ask $kernel 5001 30 && ended $started
}

python_both()
{
	start server on_stack "$python" "$here/udp.py" serve 5002 30
	has "$dir/server" bound && on_stack "$python" "$here/udp.py" ask 127.0.0.1 5002 30 && ended $started
}

python_asyncio()
{
	start server on_stack "$python" -c '
import asyncio
class Echo(asyncio.DatagramProtocol):
	def connection_made(self, t): self.t = t
	def datagram_received(self, data, addr): self.t.sendto(data, addr)
async def main():
	await asyncio.get_running_loop().create_datagram_endpoint(Echo, local_addr=("0.0.0.0", 5003))
	print("bound", flush=True)
	await asyncio.sleep(1000)
asyncio.run(main())'
	has "$dir/server" bound && "$python" "$here/udp.py" ask $stack 5003 30
	local status=$?
	kill $started
	return $status
}

if [ -n "$python" ]; then
	tap_ok "python: a server on the stack" python_server
	tap_ok "python: a client on the stack" python_client
	tap_ok "python: both on the stack" python_both
	tap_ok "python: asyncio" python_asyncio
else
	tap_skip "python: sockets and asyncio" "no python3; on Debian: apt install python3-minimal"
fi

# --- what holds for the descriptor ---
if [ -n "$python" ]; then
	start echo "$python" "$here/udp.py" serve 5004 100000
	echo_pid=$started
	has "$dir/echo" bound
	for name in $("$python" "$here/fds.py" list); do
		tap_ok "descriptor: ${name//_/ }" on_stack "$python" "$here/fds.py" "$name" $kernel 5004
	done
	kill $echo_pid
fi

# --- nc ---
nc_server()
{
	start nc on_stack nc -lu 5010
	ns_wait 5 bound 5010 && echo hello | nc -u -w1 $stack 5010
	has "$dir/nc" hello
	local status=$?
	kill $started
	return $status
}

nc_client()
{
	start nc timeout 10 nc -lu 5011
	ns_wait 5 kernel_bound 5011 && echo hello | on_stack nc -u -w1 $kernel 5011
	has "$dir/nc" hello
	local status=$?
	kill $started
	return $status
}

# three calls, the last of them open until a datagram comes
nc_calls()
{
	local status

	start nc on_stack --calls nc -lu 5012
	ns_wait 5 bound 5012 || show "$dir/nc.err" || return
	ns_wait 5 grep -q '^recvfrom(' "$dir/nc.err"
	grep -qE '^socket\(AF_INET, SOCK_DGRAM.*, IPPROTO_UDP\) = [0-9]+$' "$dir/nc.err" &&
		grep -qE '^bind\([0-9]+, \{sa_family=AF_INET, sin_port=htons\(5012\), sin_addr=inet_addr\("0.0.0.0"\)\}, 16\) = 0$' "$dir/nc.err" &&
		tail -n 1 "$dir/nc.err" | grep -qxE 'recvfrom\([0-9]+, ' || show "$dir/nc.err" || return
	echo hello | nc -u -w1 $stack 5012
	ns_wait 5 grep -qE '^recvfrom\([0-9]+, "hello\\n", .*, MSG_PEEK, \{sa_family=AF_INET, sin_port=htons\([0-9]+\), sin_addr=inet_addr\("10.99.0.1"\)\}, \[[0-9]+ => 16\]\) = 6$' \
		"$dir/nc.err" ||
		show "$dir/nc.err"
	status=$?
	kill $started
	return $status
}

if command -v nc > /dev/null; then
	tap_ok "nc -lu on the stack" nc_server
	tap_ok "nc -u on the stack" nc_client
	tap_ok "A12: --calls nc -lu prints its calls, the open one, too" nc_calls
else
	tap_skip "nc -u" "no nc; on Debian: apt install netcat-openbsd"
fi

# --- socat: fork, dup2 and exec ---
socat_fork()
{
	local status

	start socat on_stack socat UDP-LISTEN:5020,fork,reuseaddr EXEC:cat
	ns_wait 5 bound 5020 || show "$dir/socat.err" || return
	echo one | timeout 5 socat -t2 - UDP:$stack:5020 | grep -qx one && echo two | timeout 5 socat -t2 - UDP:$stack:5020 | grep -qx two
	status=$?
	kill $started
	[ $status = 0 ] || show "$dir/socat.err"
}

socat_client()
{
	local status

	start server "$python" "$here/udp.py" serve 5021 1
	has "$dir/server" bound && echo three | on_stack timeout 5 socat -t2 - UDP:$kernel:5021 | grep -qx three
	status=$?
	kill $started
	return $status
}

if command -v socat > /dev/null; then
	tap_ok "socat: a child and its cat inherit the socket" socat_fork
	tap_ok "socat on the stack" socat_client
else
	tap_skip "socat" "no socat; on Debian: apt install socat"
fi

# --- perl ---
perl_receiver()
{
	start perl on_stack perl -MIO::Socket::INET -e '
		$s = IO::Socket::INET->new(Proto => "udp", LocalPort => 5030) or die $!;
		$s->recv($d, 1500) // die $!; print "got $d from ", $s->peerhost, "\n"'
	ns_wait 5 bound 5030 && echo -n datagram > /dev/udp/$stack/5030
	has "$dir/perl" "got datagram from $kernel" && ended $started
}

if command -v perl > /dev/null; then
	tap_ok "A13: a line of perl receives a datagram" perl_receiver
else
	tap_skip "A13: a line of perl receives a datagram" "no perl; on Debian: apt install perl"
fi

# stdio of libc writes without the names that are hooked
bash_sender()
{
	start nc timeout 10 nc -lu 5031
	ns_wait 5 kernel_bound 5031 && on_stack bash -c "echo -n from bash > /dev/udp/$kernel/5031"
	has "$dir/nc" "from bash"
	local status=$?
	kill $started
	return $status
}
command -v nc > /dev/null && tap_ok "bash: /dev/udp" bash_sender

# --- tools ---
one_hop()
{
	on_stack timeout 20 traceroute -n "$1" -q 1 -w 2 $kernel | tee "$dir/hops" | grep -E "^ 1  ${kernel//./\\.} " || show "$dir/hops"
}

if command -v ping > /dev/null; then
	tap_ok "ping: a raw or a ping socket" on_stack ping -q -c 3 -i 0.05 -W 2 $kernel
else
	tap_skip "ping" "no ping; on Debian: apt install iputils-ping"
fi
if command -v traceroute > /dev/null; then
	tap_ok "traceroute -U: the error queue" one_hop -U
	tap_ok "traceroute -I" one_hop -I
else
	tap_skip "traceroute" "no traceroute; on Debian: apt install traceroute"
fi

dig_asks()
{
	local status

	start dnsmasq dnsmasq -d -p 5300 -R -h --address=/x.test/192.0.2.1 --listen-address=$kernel --bind-interfaces --user=root
	ns_wait 5 kernel_bound 5300 && [ "$(on_stack dig +short +tries=1 -p 5300 @$kernel x.test)" = 192.0.2.1 ]
	status=$?
	kill $started
	[ $status = 0 ] || show "$dir/dnsmasq.err"
}

if command -v dig > /dev/null && command -v dnsmasq > /dev/null; then
	tap_ok "dig asks a server of the kernel" dig_asks
else
	tap_skip "dig" "no dig or dnsmasq; on Debian: apt install bind9-dnsutils dnsmasq-base"
fi

# --- many, and killed ---
daemon_fds()
{
	set -- /proc/$daemon_pid/fd/*
	echo $#
}

as_before()
{
	[ "$(daemon_fds)" = "$before" ] || { echo "$(daemon_fds) descriptors, $before before"; return 1; }
}

many_sockets()
{
	ulimit -n 11000
	on_stack "$python" -c '
import socket
many = []
for _ in range(10000):
	many.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
	many[-1].bind(("127.0.0.1", 0))
many[-1].sendto(b"x", many[0].getsockname())
many[0].settimeout(5)
assert many[0].recv(5) == b"x"' && ns_wait 5 as_before
}

killed()
{
	local i victim

	for ((i = 0; i < 30; i++)); do
		# exec: it is the program that is killed
		exec_on_stack "$python" -c '
import socket
while True:
	s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	s.bind(("127.0.0.1", 0))
	s.sendto(bytes(100), s.getsockname())
	s.recv(200)' &
		victim=$!
		sleep 0.$((RANDOM % 2))$((RANDOM % 10))
		kill -9 $victim
		wait $victim
	done
	ns_wait 5 as_before && "$cli" -s "$sock" drops
}

if [ -n "$python" ]; then
	before=$(daemon_fds)
	if (ulimit -n 11000) 2> /dev/null && grep -q '^Max open files *[0-9]* *1[1-9][0-9]\{3\}\|^Max open files *[0-9]* *[2-9][0-9]\{4,\}\|^Max open files *[0-9]* *[0-9]\{6,\}' \
		/proc/$daemon_pid/limits; then
		tap_ok "10000 sockets at once, and all are gone with the program" many_sockets
	else
		tap_skip "10000 sockets at once" "fewer descriptors are allowed here"
	fi
	tap_ok "programs that are killed leave nothing, and the books balance" killed
fi

# --- the command ---
# status N COMMAND...: ends with that status; what it said is shown
status()
{
	local want=$1 got
	shift

	"$@"
	got=$?
	[ $got = "$want" ] || { echo "exit status $got"; return 1; }
}

warns_of_static()
{
	echo 'int main(void) { return 0; }' > "$dir/s.c" && ${CC:-cc} -static -o "$dir/static" "$dir/s.c" &&
		on_stack "$dir/static" 2>&1 | grep "is linked statically"
}

warns_of_setuid()
{
	on_stack "$dir/setuid" 2>&1 | grep "rights of another user"
}

tap_ok "the program's exit status" status 7 on_stack sh -c 'exit 7'
tap_ok "a program that is not there: 127" status 127 on_stack no-such-program
tap_ok "a program that cannot be run: 126" status 126 on_stack "$dir/daemon.log"
tap_ok "no daemon: 3" status 3 there "$cli" run -s "$dir/none.sock" true
tap_ok "SIGPIPE is as it was" status 141 on_stack sh -c 'kill -PIPE $$'
if echo 'int main(void) { return 0; }' > "$dir/t.c" && ${CC:-cc} -static -o "$dir/t" "$dir/t.c" 2> /dev/null; then
	tap_ok "a program without a loader is told" warns_of_static
else
	tap_skip "a program without a loader is told" "nothing can be linked statically here"
fi
if cp "$(type -P true)" "$dir/setuid" && chown 12345 "$dir/setuid" 2> /dev/null && chmod 4755 "$dir/setuid"; then
	tap_ok "a set-uid program is told" warns_of_setuid
else
	tap_skip "a set-uid program is told" "files cannot be given away here"
fi

# --- no bypass ---
tap_ok "no socket of these was the kernel's" [ -z "$(there ss -Hanutw)" ]
no_datagrams()
{
	there awk '$1 == "Udp:" && ++n == 2 { print; exit $2 + $3 + $4 + $5 != 0 }' /proc/net/snmp
}
tap_ok "and no datagram" no_datagrams

kill $programs
kill $daemon_pid
wait $daemon_pid
tap_ok "the daemon ends well" [ $? = 0 ]
tap_done
