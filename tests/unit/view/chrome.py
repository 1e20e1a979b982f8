# SPDX-License-Identifier: MIT
"""chrome.py FILE: says what is wrong with FILE as Chrome trace events of the trace of outfix.h; nothing when all is right."""
import json
import re
import sys

TIME = re.compile(r"^[0-9]+\.[0-9]{3}$")
COMMON = {"name": str, "ph": str, "pid": int, "tid": int, "args": dict}
MORE = {"M": {}, "X": {"cat": str, "ts": str, "dur": str}, "i": {"cat": str, "ts": str, "s": str}}
ARGS = {"name": str, "cpu": int, "packet": int, "file": str, "open": bool, "fields": str}


def wrong(text):
    print(text)


def unique(pairs):
    keys = [k for k, _ in pairs]
    if len(set(keys)) != len(keys):
        wrong(f"a key twice: {keys}")
    return dict(pairs)


def no_constant(text):
    wrong(f"not JSON: {text}")


def ns(text):
    """Times stay text, so that no digit is lost on the way."""
    if not TIME.match(text):
        wrong(f"not us with three decimals: {text}")
    return int(text.replace(".", ""))


def check_types(event):
    schema = {**COMMON, **MORE.get(event.get("ph"), {})}
    if set(event) != set(schema):
        wrong(f"fields {sorted(event)}, want {sorted(schema)}")
        return False
    for key, want in schema.items():
        if type(event[key]) is not want:
            wrong(f"{key} of {event}: want {want}")
            return False
    for key, value in event["args"].items():
        if type(value) is not ARGS.get(key):
            wrong(f"argument {key} of {event}")
    return True


def check_nesting(slices):
    stack = {}
    for s in sorted(slices, key=lambda s: (s["tid"], ns(s["ts"]), -ns(s["dur"]))):
        begin, end = ns(s["ts"]), ns(s["ts"]) + ns(s["dur"])
        open_ones = stack.setdefault(s["tid"], [])
        while open_ones and open_ones[-1] <= begin:
            open_ones.pop()
        if open_ones and end > open_ones[-1]:
            wrong(f"does not nest: {s}")
        open_ones.append(end)


def main():
    with open(sys.argv[1], encoding="ascii") as f:
        doc = json.load(f, parse_float=str, parse_constant=no_constant, object_pairs_hook=unique)
    if set(doc) != {"displayTimeUnit", "otherData", "traceEvents"} or doc["displayTimeUnit"] != "ns":
        wrong(f"head: {sorted(doc)}")
    events = [e for e in doc["traceEvents"] if check_types(e)]
    slices = [e for e in events if e["ph"] == "X"]
    check_nesting(slices)
    if len(slices) != 17:
        wrong(f"{len(slices)} slices, want 17")
    found = [(e["name"], e["args"].get("packet")) for e in events if e["ph"] == "i" and e["cat"] == "verdict"]
    want = [("delivered to port 5000", 1), ("dropped: NO_SOCKET (no socket wants it) at udp_rcv", 2), ("sent by gn1", 3)]
    if found != want:
        wrong(f"verdicts {found}")
    names = {(e["name"], e["tid"], e["args"]["name"]) for e in events if e["ph"] == "M"}
    if not names >= {("process_name", 0, "glassnet"), ("thread_name", 77, "vcpu0"), ("thread_name", 78, 'echo"1')}:
        wrong(f"names {names}")
    copy = [e for e in slices if e["name"] == "skb_copy_datagram_iovec"]
    if len(copy) != 1 or copy[0]["ts"] != "65.200" or copy[0]["dur"] != "0.800" or copy[0]["args"] != {
            "cpu": 1, "packet": 1, "file": "core/datagram"}:
        wrong(f"one slice in full: {copy}")


main()
