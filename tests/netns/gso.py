#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""gso.py: one end of gso.sh, on the kernel or on the stack.

  recv PORT FILE TOTAL [gro]     reads TOTAL bytes; prints the datagrams, the largest read and the sizes UDP_GRO told
  send ADDR PORT FILE SIZE       sends FILE in calls of at most 60 datagrams of SIZE bytes each, by UDP_SEGMENT; cmsg: by control message
  echo ADDR PORT FILE SIZE FILE2 the same, and what comes back (UDP_GRO) goes into FILE2
"""
import socket
import struct
import sys

SOL_UDP, UDP_SEGMENT, UDP_GRO = 17, 103, 104


def udp():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(10)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    return s


def take(s, total, gro):
    if gro:
        s.setsockopt(SOL_UDP, UDP_GRO, 1)
    data, reads, largest, sizes = b"", 0, 0, set()
    while len(data) < total:
        part, control, _, _ = s.recvmsg(65536, 100)
        data += part
        reads += 1
        largest = max(largest, len(part))
        for level, kind, value in control:
            if (level, kind) == (SOL_UDP, UDP_GRO):
                sizes.add(struct.unpack("i", value[:4])[0])
    print("reads", reads, "largest", largest, "gso", *sorted(sizes))
    return data


def pieces(path, size):
    data = open(path, "rb").read()
    step = size * min(60, 65000 // size)
    for at in range(0, len(data), step):
        yield data[at:at + step]


def main(what, *args):
    s = udp()
    if what == "recv":
        port, path, total = int(args[0]), args[1], int(args[2])
        s.bind(("0.0.0.0", port))
        print("ready", flush=True)
        open(path, "wb").write(take(s, total, "gro" in args))
        return
    addr, port, path, size = args[0], int(args[1]), args[2], int(args[3])
    s.connect((addr, port))
    if what == "cmsg":
        for piece in pieces(path, size):
            s.sendmsg([piece], [(SOL_UDP, UDP_SEGMENT, struct.pack("H", size))])
        return
    s.setsockopt(SOL_UDP, UDP_SEGMENT, size)
    got = b""
    for piece in pieces(path, size):
        s.send(piece)
        if what == "echo":
            got += take(s, len(piece), True)
    if what == "echo":
        open(args[4], "wb").write(got)


main(*sys.argv[1:])
