# SPDX-License-Identifier: MIT
"""errors.py DEVICE COMMAND...: what a send says after something changed; COMMAND is glassnet with its options. TAP, on the stack 10.99.0.2/24."""
import ctypes
import errno
import os
import socket
import subprocess
import sys

dev, glassnet = sys.argv[1], sys.argv[2:]
peer = ("10.99.0.1", 9)
n = 0


def run(*words):
    subprocess.run(glassnet + list(words), check=True)


def udp():
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def says(what, want, send):
    """The very next send says @want (0: it is sent), and so does the one after it."""
    global n
    n += 1
    got = []
    for _ in range(2):
        try:
            send()
            got.append(0)
        except OSError as e:
            got.append(e.errno)
    ok = got == [want, want]
    print(f"{'ok' if ok else 'not ok'} {n} - {what}: {os.strerror(want) if want else 'sent'}")
    if not ok:
        print("#", [errno.errorcode.get(e, e) for e in got])


def in_child(work):
    pid = os.fork()
    if not pid:
        work()
        os._exit(0)
    os.waitpid(pid, 0)


s = udp()
to_peer = lambda: s.sendto(b"x", peer)
says("a route", 0, to_peer)
run("route", "del", "10.99.0.0/24", "dev", dev)
says("its route is deleted", errno.ENETUNREACH, to_peer)
run("route", "add", "10.99.0.0/24", "dev", dev)
says("there is a route again", 0, to_peer)
run("link", "set", dev, "down")
says("the link is down", errno.ENETUNREACH, to_peer)
run("link", "set", dev, "up")
says("the link is up", 0, to_peer)

b = udp()
b.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
all_of_them = lambda: b.sendto(b"x", ("10.99.0.255", 9))
says("broadcast", 0, all_of_them)
b.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 0)
says("without SO_BROADCAST", errno.EACCES, all_of_them)
b.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
says("SO_BROADCAST again", 0, all_of_them)
in_child(lambda: b.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 0))
says("another process took SO_BROADCAST away", errno.EACCES, all_of_them)

d = udp()
d.setsockopt(socket.IPPROTO_IP, 10, 2)  # IP_MTU_DISCOVER, IP_PMTUDISC_DO
large = lambda: d.sendto(bytes(1400), peer)
says("1400 bytes that may not be fragmented", 0, large)
run("link", "set", dev, "mtu", "600")
says("the MTU is 600", errno.EMSGSIZE, large)
says("MTU 600 and 500 bytes", 0, lambda: d.sendto(bytes(500), peer))
run("link", "set", dev, "mtu", "1500")
says("the MTU is 1500", 0, large)

c = udp()
c.connect(peer)
connected = lambda: c.send(b"x")


def disconnect():
    """connect() to AF_UNSPEC, which python does not do."""
    libc = ctypes.CDLL(None)
    assert libc.connect(c.fileno(), bytes(16), 16) == 0


says("connected", 0, connected)
in_child(disconnect)
says("another process took the connection away", errno.EDESTADDRREQ, connected)

a = udp()
a.bind(("10.99.0.2", 0))
from_it = lambda: a.sendto(b"x", peer)
says("from an address", 0, from_it)
run("addr", "add", "10.99.0.3/24", "dev", dev)
run("addr", "del", "10.99.0.2/24", "dev", dev)
says("the address is deleted", errno.ENETUNREACH, from_it)
run("addr", "add", "10.99.0.2/24", "dev", dev)
says("the address is there again", 0, from_it)
print(f"1..{n}")
