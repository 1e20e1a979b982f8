# SPDX-License-Identifier: MIT
"""pcapng.py FILE KIND: says what is wrong with FILE as pcapng of the trace of outfix.h (KIND raw or ctf); nothing when all is right."""
import struct
import sys

CALLS = "do_IRQ > net_rx_action > tap_poll > ip_rcv > udp_rcv"
COMMENTS = [f"packet 1: {CALLS}; delivered to port 5000",
            f"packet 2: {CALLS} > kfree_skb_reason; dropped: NO_SOCKET (no socket wants it) at udp_rcv",
            "packet 3: udp_sendmsg > tap_xmit; sent by gn1"]
# interface, time, captured, length, flags, queue
PACKETS = [(0, 1700000000000012250, 60, 60, 1, 0), (0, 1700000000000041050, 61, 61, 1, 0), (1, 1700000000000082000, 34, 1514, 2, 1)]


def blocks(data):
    at = 0
    while at < len(data):
        kind, size = struct.unpack_from("<II", data, at)
        if size % 4 or at + size > len(data) or struct.unpack_from("<I", data, at + size - 4)[0] != size:
            print(f"block at {at}: bad size {size}")
            return
        yield kind, data[at + 8:at + size - 4]
        at += size


def options(data):
    found, at = {}, 0
    while at < len(data):
        code, size = struct.unpack_from("<HH", data, at)
        if code == 0:
            if size or at + 4 != len(data):
                print("options go on after their end")
            return found
        found[code] = data[at + 4:at + 4 + size]
        at += 4 + (size + 3) // 4 * 4
    print("options without an end")
    return found


def main():
    with open(sys.argv[1], "rb") as f:
        all_blocks = list(blocks(f.read()))
    kinds = [k for k, _ in all_blocks]
    if kinds[:3] != [0x0a0d0d0a, 1, 1] or set(kinds[3:]) - {6, 9}:
        print(f"blocks: {kinds}")
    if struct.unpack_from("<IHHq", all_blocks[0][1]) != (0x1a2b3c4d, 1, 0, -1):
        print("section header")
    for (_, body), name in zip(all_blocks[1:3], (b"gn0", b"gn1")):
        opts = options(body[8:])
        if struct.unpack_from("<HHI", body) != (1, 0, 270) or opts != {2: name, 9: b"\x09"}:
            print(f"interface: {body}")
    got, comments = [], []
    for body in (b for k, b in all_blocks if k == 6):
        number, high, low, captured, length = struct.unpack_from("<IIIII", body)
        opts = options(body[20 + (captured + 3) // 4 * 4:])
        got.append((number, high << 32 | low, captured, length, struct.unpack("<I", opts[2])[0], struct.unpack("<I", opts[6])[0]))
        comments.append(opts[1].decode())
    if got != PACKETS:
        print(f"packets: {got}")
    if comments != COMMENTS:
        print(f"comments: {comments}")
    journal = [b for k, b in all_blocks if k == 9]
    if len(journal) != (3 if sys.argv[2] == "ctf" else 0):
        print(f"{len(journal)} tracepoints")
    if journal and b"\nGLASSNET_PACKET=2\n" not in journal[0]:
        print(f"tracepoint without its packet: {journal[0]}")


main()
