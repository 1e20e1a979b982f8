# SPDX-License-Identifier: MIT
"""embedded.py CASE KERNEL: what a program with the stack inside does with its sockets; 127.0.0.1 is the stack's own."""
import errno
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time


def udp(port=None):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    if port is not None:
        s.bind(("127.0.0.1", port))
    return s


def pair():
    """A bound socket with a time-out for the worst case, and one that is connected to it."""
    a, b = udp(0), udp()
    b.connect(a.getsockname())
    return a, b


def loopback():
    a, b = pair()
    for n in (0, 1, 1400, 65507):
        assert b.send(b"x" * n) == n
        data, peer = a.recvfrom(65536)
        assert len(data) == n and peer == b.getsockname(), (len(data), peer)
        assert a.sendto(data, peer) == n
        assert b.recv(65536) == data
    assert a.recv(10, socket.MSG_DONTWAIT) if b.send(b"peek") and a.recv(10, socket.MSG_PEEK) == b"peek" else False


def readiness():
    a, b = pair()
    p = select.poll()
    p.register(a, select.POLLIN)
    level, edge = select.epoll(), select.epoll()
    level.register(a, select.EPOLLIN)
    edge.register(a, select.EPOLLIN | select.EPOLLET)
    for _ in range(100):
        assert not p.poll(0) and not level.poll(0) and not edge.poll(0) and not select.select([a], [], [], 0)[0]
        b.send(b"1")
        assert p.poll(5000) and level.poll(5) and edge.poll(5) and select.select([a], [], [], 5)[0]
        b.send(b"2")
        assert edge.poll(5), "a new datagram is an edge"
        assert a.recv(9) == b"1"
        assert p.poll(0) and level.poll(0)
        assert a.recv(9) == b"2"


def nonblocking():
    a, b = pair()
    for prepare in (lambda: a.setblocking(False), lambda: a.setblocking(True)):
        prepare()
        try:
            a.recv(9, socket.MSG_DONTWAIT)
            raise AssertionError("nothing was sent")
        except BlockingIOError:
            pass
    a.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, (0).to_bytes(8, "little") + (200000).to_bytes(8, "little"))
    begin = time.monotonic()
    try:
        a.recv(9)
        raise AssertionError("nothing was sent")
    except BlockingIOError:
        assert 0.15 < time.monotonic() - begin < 5
    os.set_blocking(a.fileno(), False)
    try:
        os.read(a.fileno(), 9)
        raise AssertionError("nothing was sent")
    except BlockingIOError:
        pass


def echo(s, n):
    for _ in range(n):
        data, peer = s.recvfrom(100)
        s.sendto(data, peer)


def threads():
    servers = [udp(0) for _ in range(2)]
    workers = [threading.Thread(target=echo, args=(s, 500)) for s in servers]
    for w in workers:
        w.start()
    for i in range(500):
        for s in servers:
            c = udp()
            c.settimeout(20)
            c.sendto(b"%d" % i, s.getsockname())
            assert c.recv(100) == b"%d" % i
            c.close()
    for w in workers:
        w.join(20)
        assert not w.is_alive()


def mixed():
    """One thread is in recvfrom() of a socket that gets nothing, the other polls what does."""
    silent, a, b = udp(0), *pair()
    t = threading.Thread(target=silent.recv, args=(9,))
    t.start()
    p = select.poll()
    p.register(a, select.POLLIN)
    for _ in range(200):
        b.send(b"x")
        assert p.poll(5000)
        a.recv(9)
    b.sendto(b"end", silent.getsockname())
    t.join(20)
    assert not t.is_alive()


def signals():
    a, b = pair()
    seen = []

    def handler(*_):
        seen.append(1)
        if len(seen) == 3:
            b.send(b"from the handler")

    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
    assert a.recv(100) == b"from the handler"  # python goes on after EINTR
    signal.setitimer(signal.ITIMER_REAL, 0)

    class Out(Exception):
        pass

    def leave(*_):
        raise Out

    signal.signal(signal.SIGALRM, leave)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        a.recv(100)
        raise AssertionError("nothing was sent")
    except Out:
        pass
    b.send(b"still there")
    assert a.recv(100) == b"still there"


def close():
    for _ in range(300):
        s = udp(5099)
        s.close()


def fork():
    a, b = pair()
    pid = os.fork()
    if not pid:
        for s in (a, b):
            try:
                s.send(b"x")
                os._exit(1)
            except OSError as e:
                if e.errno != errno.ENETDOWN:
                    os._exit(2)
        try:
            udp()
            os._exit(3)
        except OSError as e:
            os._exit(0 if e.errno == errno.ENETDOWN else 4)
    assert os.waitpid(pid, 0)[1] == 0
    b.send(b"parent")
    assert a.recv(100) == b"parent"


def execute():
    a, b = pair()
    code = "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM)"
    r = subprocess.run([sys.executable, "-c", code], stderr=subprocess.PIPE)
    assert b"Network is down" in r.stderr, r.stderr
    b.send(b"x")
    assert a.recv(9) == b"x"


def refused():
    b = udp()
    b.connect(("127.0.0.1", 9))
    b.send(b"x")
    p = select.poll()
    p.register(b, select.POLLIN)
    assert p.poll(5000)[0][1] & select.POLLERR
    try:
        b.recv(9)
        raise AssertionError("nobody answers")
    except ConnectionRefusedError:
        pass
    assert not p.poll(0)


def dup():
    a, b = pair()
    port = a.getsockname()
    c = socket.socket(fileno=os.dup(a.fileno()))
    a.close()
    b.send(b"x")
    assert c.recv(9) == b"x" and c.getsockname() == port
    c.close()
    b.send(b"x")
    try:
        b.recv(9)
        raise AssertionError("nobody answers")
    except ConnectionRefusedError:
        pass


def numbers():
    """A number that was a socket is something else after close() or dup2()."""
    a, b = pair()
    b.send(b"1")
    assert os.read(a.fileno(), 9) == b"1"
    r, w = os.pipe()
    os.write(w, b"pipe")
    keep = os.dup(a.fileno())
    os.dup2(r, a.fileno())
    assert os.read(a.fileno(), 9) == b"pipe"
    os.dup2(keep, a.fileno())
    b.send(b"2")
    assert os.read(a.fileno(), 9) == b"2"
    n = a.detach()
    os.close(n)
    f = os.open("/dev/null", os.O_RDONLY)
    assert f == n and os.read(f, 9) == b""
    os.closerange(30, 70000)  # the stack's own stay
    b.connect(b.getsockname())
    b.send(b"3")
    assert b.recv(9) == b"3"


signal.alarm(60) if sys.argv[1] != "signals" else None
globals()[sys.argv[1]]()
