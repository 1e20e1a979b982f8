# SPDX-License-Identifier: MIT
"""
fds.py NAME HOST PORT: one property of a UDP socket that must hold on the stack as it does on Linux; HOST:PORT echoes.
fds.py list: the names.
"""
import array
import errno
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time

PEER = None


def udp():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect(PEER)
    return s


def echoed(s, data=b"hello"):
    s.send(data)
    assert select.select([s], [], [], 5)[0], "no echo"
    got = s.recv(65536)
    assert got == data, (len(got), len(data))


def child(work):
    """In a forked child; its success is ours."""
    pid = os.fork()
    if not pid:
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(pid, 0)[1] == 0


def t_fork():
    s = udp()
    child(lambda: echoed(s))
    echoed(s)


def t_close_in_the_child_only():
    s = udp()
    child(s.close)
    echoed(s)


def t_exec_inherits():
    s = udp()
    code = "import socket,sys; s = socket.socket(fileno=int(sys.argv[1])); s.send(b'from exec'); print(s.family.name, s.type.name, s.getpeername())"
    out = subprocess.run([sys.executable, "-c", code, str(s.fileno())], pass_fds=[s.fileno()], capture_output=True, check=True, text=True)
    assert out.stdout == "AF_INET SOCK_DGRAM %r\n" % (PEER,), (out.stdout, out.stderr)
    assert select.select([s], [], [], 5)[0]
    assert s.recv(100) == b"from exec"


def t_standard_input_and_output():
    s = udp()
    s.send(b"for cat\n")
    assert select.select([s], [], [], 5)[0]
    p = subprocess.Popen(["head", "-c", "8"], stdin=s.fileno(), stdout=subprocess.PIPE)
    assert p.communicate()[0] == b"for cat\n"
    subprocess.run(["sh", "-c", "printf back"], stdout=s.fileno(), check=True)
    assert select.select([s], [], [], 5)[0]
    assert s.recv(100) == b"back"


def t_passed_by_scm_rights():
    s = udp()
    a, b = socket.socketpair()
    if not os.fork():
        fds = array.array("i")
        msg, anc, _, _ = b.recvmsg(1, socket.CMSG_LEN(4))
        fds.frombytes(anc[0][2][:4])
        socket.socket(fileno=fds[0]).send(b"by another")
        os._exit(0)
    a.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [s.fileno()]))])
    assert os.wait()[1] == 0
    assert select.select([s], [], [], 5)[0]
    assert s.recv(100) == b"by another"


def t_dup_shares():
    s = udp()
    d = s.dup()
    s.close()
    echoed(d)


def t_lowest_number():
    free = os.dup(0)
    os.close(free)
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    assert s.fileno() == free, (s.fileno(), free)
    os.dup2(0, free + 3)
    t = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    assert t.fileno() == free + 1
    assert not os.get_inheritable(t.fileno())


def t_high_descriptors_and_select():
    import resource
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    s = udp()
    os.dup2(s.fileno(), 1000)
    os.dup2(s.fileno(), 3000)
    low, high = socket.socket(fileno=1000), socket.socket(fileno=3000)
    s.close()
    low.send(b"a")
    assert select.select([low], [], [], 5)[0]
    p = select.poll()
    p.register(high, select.POLLIN)
    assert p.poll(0) == [(3000, select.POLLIN)]
    assert high.recv(10) == b"a"
    assert p.poll(0) == []


def t_epoll_edges_and_nesting():
    s = udp()
    inner, outer = select.epoll(), select.epoll()
    inner.register(s, select.EPOLLIN | select.EPOLLET)
    outer.register(inner.fileno(), select.EPOLLIN)
    assert outer.poll(0) == []
    s.send(b"1")
    assert outer.poll(5) == [(inner.fileno(), select.EPOLLIN)]
    assert inner.poll(0) == [(s.fileno(), select.EPOLLIN)]
    assert inner.poll(0) == []  # the edge is gone, the datagram is not
    assert s.recv(10) == b"1"
    s.send(b"2")
    assert inner.poll(5) == [(s.fileno(), select.EPOLLIN)]


def t_signal_interrupts_recv():
    class Alarm(Exception):
        pass

    def handler(signum, frame):
        raise Alarm

    s = udp()
    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        s.recv(10)
    except Alarm:
        echoed(s)
    else:
        raise AssertionError("recv returned")


def t_receive_timeout():
    s = udp()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 0, 50000))
    start = time.monotonic()
    try:
        s.recv(10)
    except BlockingIOError:
        assert 0.04 < time.monotonic() - start < 5
    else:
        raise AssertionError("recv returned")
    echoed(s)


def t_non_blocking():
    s = udp()
    s.setblocking(False)
    try:
        s.recv(10)
    except BlockingIOError:
        pass
    else:
        raise AssertionError("recv returned")
    assert not s.getblocking()
    s2 = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    assert not os.get_blocking(s2.fileno())
    assert not os.get_inheritable(s2.fileno())


def t_peek_and_truncate():
    s = udp()
    s.send(b"0123456789")
    assert s.recv(4, socket.MSG_PEEK) == b"0123"
    assert s.recv_into(bytearray(4), 4, socket.MSG_PEEK | socket.MSG_TRUNC) == 10
    data, _, flags, addr = s.recvmsg(4)
    assert (data, flags, addr) == (b"0123", socket.MSG_TRUNC, PEER), (data, flags, addr)
    try:
        s.recv(10, socket.MSG_DONTWAIT)
    except BlockingIOError:
        pass
    else:
        raise AssertionError("the rest of a datagram came")


def t_empty_datagrams():
    s = udp()
    echoed(s, b"")
    assert os.write(s.fileno(), b"") == 0
    assert select.select([s], [], [], 5)[0]
    assert s.recv(10) == b""
    echoed(s, b"after")


def t_largest_datagram():
    s = udp()
    echoed(s, os.urandom(65507))
    try:
        s.send(bytes(65508))
    except OSError as e:
        assert e.errno == errno.EMSGSIZE, e
    else:
        raise AssertionError("65508 bytes were sent")


def t_vectors():
    s = udp()
    assert os.writev(s.fileno(), [b"ab", b"", b"cde"]) == 5
    a, b = bytearray(2), bytearray(10)
    assert os.readv(s.fileno(), [a, b]) == 5
    assert (bytes(a), bytes(b[:3])) == (b"ab", b"cde")
    s.sendmsg([b"x", b"yz"])
    assert select.select([s], [], [], 5)[0]
    assert s.recvmsg(10)[0] == b"xyz"


def t_send_then_close():
    r = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    r.bind(("127.0.0.1", 0))
    for i in range(50):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.sendto(b"%d" % i, r.getsockname())
        s.close()
    r.settimeout(5)
    assert [r.recv(10) for _ in range(50)] == [b"%d" % i for i in range(50)]


def t_options_between_sends():
    r = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    r.bind(("127.0.0.1", 0))
    r.setsockopt(socket.IPPROTO_IP, 12, 1)  # IP_RECVTTL
    r.settimeout(5)
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for ttl in range(10, 40):
        s.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
        s.sendto(b"x", r.getsockname())
    for ttl in range(10, 40):
        anc = r.recvmsg(10, 64)[1]
        assert anc == [(socket.IPPROTO_IP, socket.IP_TTL, struct.pack("i", ttl))], (ttl, anc)


def t_refused():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect((PEER[0], 4))
    s.settimeout(5)
    s.send(b"x")
    try:
        s.recv(10)
    except ConnectionRefusedError:
        pass
    else:
        raise AssertionError("no ECONNREFUSED")


def t_poll_shows_an_error():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect((PEER[0], 4))
    p = select.poll()
    for events in (select.POLLIN, 0):
        p.register(s, events)
        assert p.poll(0) == []
        s.send(b"x")
        assert p.poll(5000) == [(s.fileno(), select.POLLERR)]
        assert s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.ECONNREFUSED
        assert p.poll(0) == []


def t_error_queue():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IP, 11, 1)  # IP_RECVERR
    p = select.poll()
    p.register(s, 0)
    for data in (b"first", b"second"):
        s.sendto(data, (PEER[0], 4))
        assert p.poll(5000) == [(s.fileno(), select.POLLERR)]
        got, anc, flags, addr = s.recvmsg(100, 512, socket.MSG_ERRQUEUE)
        assert got == data and addr == (PEER[0], 4) and flags & socket.MSG_ERRQUEUE, (got, addr, flags)
        assert anc[0][:2] == (socket.IPPROTO_IP, 11)
        assert struct.unpack("I4B", anc[0][2][:8]) == (errno.ECONNREFUSED, 2, 3, 3, 0), anc[0][2]
        assert p.poll(0) == []
    try:
        s.recvmsg(100, 512, socket.MSG_ERRQUEUE)
    except BlockingIOError:
        pass
    else:
        raise AssertionError("more errors than there were")


def t_wait_with_an_unread_error_queue():
    """The error queue is readable news once; a receive that finds no error sleeps, and times out."""
    s = udp()
    s.setsockopt(socket.IPPROTO_IP, 11, 1)
    s.connect((PEER[0], 1))
    s.send(b"to a closed port")
    assert select.select([s], [], [], 5)[0]
    try:
        s.recv(10)
    except ConnectionRefusedError:
        pass
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 0, 300000))
    cpu = time.process_time()
    try:
        s.recv(10)
        raise AssertionError("a datagram from nowhere")
    except BlockingIOError:
        pass
    assert time.process_time() - cpu < 0.1, "it did not sleep"


def t_errors_of_a_send():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for address, error in ((("192.0.2.1", 7), errno.ENETUNREACH), (("10.99.0.255", 7), errno.EACCES), (("10.99.0.1", 0), errno.EINVAL)):
        try:
            s.sendto(b"x", address)
        except OSError as e:
            assert e.errno == error, (address, e)
        else:
            raise AssertionError("%s was sent to" % (address,))
    try:
        s.send(b"x")
    except OSError as e:
        assert e.errno == errno.EDESTADDRREQ, e
    else:
        raise AssertionError("sent without an address")


def t_an_error_is_one_threads():
    """Two threads wait; one error comes: one of them has it, the other goes on waiting."""
    import threading
    for _ in range(10):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.connect((PEER[0], 4))
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 0, 200000))
        got = []

        def wait():
            try:
                s.recv(10)
            except OSError as e:
                got.append(e.errno)

        threads = [threading.Thread(target=wait) for _ in range(2)]
        for t in threads:
            t.start()
        s.send(b"x")
        for t in threads:
            t.join()
        assert sorted(got) == [errno.EAGAIN, errno.ECONNREFUSED], got


def t_many_sockets_in_one_group():
    group = ("239.9.9.9", 7009)
    many = []
    for _ in range(33):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(group)
        s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group[0]) + socket.inet_aton("127.0.0.1"))
        s.settimeout(5)
        many.append(s)
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
    out.sendto(b"to all", group)
    assert [s.recv(10) for s in many] == [b"to all"] * 33


def t_names_and_kinds():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    assert s.getsockname() == ("0.0.0.0", 0)
    for what, value in ((socket.SO_TYPE, socket.SOCK_DGRAM), (socket.SO_DOMAIN, socket.AF_INET), (socket.SO_PROTOCOL, socket.IPPROTO_UDP),
                        (socket.SO_ERROR, 0), (socket.SO_ACCEPTCONN, 0)):
        assert s.getsockopt(socket.SOL_SOCKET, what) == value, what
    s.bind(("127.0.0.1", 0))
    host, port = s.getsockname()
    assert host == "127.0.0.1" and port >= 1024
    try:
        s.getpeername()
    except OSError as e:
        assert e.errno == errno.ENOTCONN
    t = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        t.bind((host, port))
    except OSError as e:
        assert e.errno == errno.EADDRINUSE
    else:
        raise AssertionError("a port was given twice")
    try:
        s.listen()
    except OSError as e:
        assert e.errno == errno.EOPNOTSUPP


def t_families_that_are_refused():
    for family, kind, error in ((socket.AF_INET6, socket.SOCK_DGRAM, errno.EAFNOSUPPORT), (socket.AF_PACKET, socket.SOCK_RAW, errno.EPROTONOSUPPORT)):
        try:
            socket.socket(family, kind)
        except OSError as e:
            assert e.errno == error, (family, e)
        else:
            raise AssertionError("%s was opened" % family)


def t_stream_sockets_lead_nowhere():
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    assert s.getsockname() == ("0.0.0.0", 0)
    assert s.getsockopt(socket.SOL_SOCKET, socket.SO_DOMAIN) == socket.AF_INET
    for call in (lambda: s.bind(("127.0.0.1", 0)), lambda: s.connect(PEER), s.listen):
        try:
            call()
        except OSError as e:
            assert e.errno == errno.EPROTONOSUPPORT, e
        else:
            raise AssertionError("it leads somewhere")


def main():
    global PEER
    tests = {name[2:]: f for name, f in globals().items() if name.startswith("t_")}
    if sys.argv[1] == "list":
        print("\n".join(tests))
        return
    PEER = (sys.argv[2], int(sys.argv[3]))
    signal.alarm(20)  # a test that hangs ends
    tests[sys.argv[1]]()


main()
