# SPDX-License-Identifier: MIT
"""udp.py serve PORT N | ask HOST PORT N: echoes N datagrams, or sends N of growing size and wants them back."""
import socket
import sys


def serve(port, n):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("0.0.0.0", port))
    assert s.getsockname() == ("0.0.0.0", port), s.getsockname()
    print("bound", flush=True)
    for _ in range(n):
        data, peer = s.recvfrom(65536)
        assert s.sendto(data, peer) == len(data)


def ask(host, port, n):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(5)
    s.connect((host, port))
    assert s.getpeername() == (host, port), s.getpeername()
    for i in range(n):
        data = bytes([i % 256]) * (i * 50 % 1400 + 1)
        assert s.send(data) == len(data)
        got = s.recv(65536)
        assert got == data, (i, len(data), len(got))
    print("all back", flush=True)


if sys.argv[1] == "serve":
    serve(int(sys.argv[2]), int(sys.argv[3]))
else:
    ask(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
