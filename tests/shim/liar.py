# SPDX-License-Identifier: MIT
"""liar.py - a server of the DNS at port 53 that first answers wrongly: with another number, to another question, from another port.

liar.NAME: then comes the true answer. extra.NAME: it has records of other names, too. cut.NAME: it is cut short. broken...: the message is damaged, in a way that
follows from the name. Prints `bound`, and `differ` when two questions had neither number nor port in common.
"""
import random
import socket
import struct


def name(text):
	return b"".join(bytes([len(p)]) + p for p in text.encode().split(b".") if p) + b"\0"


def record(owner, kind, data):
	return owner + struct.pack("!HHIH", kind, 1, 60, len(data)) + data


def answer(query, number, question, *records, flags=0x8180):
	return struct.pack("!HHHHHH", number, flags, 1, len(records), 0, 0) + question + b"".join(records)


s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("0.0.0.0", 53))
other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
other.bind(("0.0.0.0", 54))
print("bound", flush=True)
seen = []
while True:
	query, who = s.recvfrom(1024)
	number = struct.unpack("!H", query[:2])[0]
	end = query.index(b"\0", 12) + 5
	question, owner = query[12:end], query[12:end - 4]
	seen.append((number, who[1]))
	if len(seen) == 2:
		print("differ" if seen[0][0] != seen[1][0] and seen[0][1] != seen[1][1] else "same", seen, flush=True)
	true, false = bytes([192, 0, 2, 200]), bytes([6, 6, 6, 6])
	if owner.startswith(b"\4liar"):
		wrong = name("other.x.test") + question[-4:]
		s.sendto(answer(query, number ^ 1, question, record(owner, 1, false)), who)
		s.sendto(answer(query, number, wrong, record(name("other.x.test"), 1, false)), who)
		s.sendto(answer(query, number, question, record(owner, 1, false), flags=0x0100), who)
		s.sendto(b"", who)
		s.sendto(query[:11], who)
		other.sendto(answer(query, number, question, record(owner, 1, false)), who)
		s.sendto(answer(query, number, question, record(owner, 1, true)), who)
	elif owner.startswith(b"\5extra"):
		s.sendto(answer(query, number, question, record(name("evil.x.test"), 1, false), record(owner, 5, name("real.x.test")),
			record(name("real.x.test"), 1, bytes([192, 0, 2, 201])), record(owner, 1, false)), who)
	elif owner.startswith(b"\3cut"):
		s.sendto(answer(query, number, question, flags=0x8380), who)
	else:
		dice = random.Random(question)
		whole = bytearray(answer(query, number, question, record(b"\xc0\x0c", 5, name("a.x.test")),
			record(name("a.x.test"), question[-3], bytes(16 if question[-3] == 28 else 4)), record(b"\xc0\x0c", 1, true)))
		for _ in range(dice.randrange(1, 6)):
			whole[dice.randrange(end, len(whole))] = dice.choice([0, 1, 0x3f, 0xc0, 0xff, dice.randrange(256)])
		s.sendto(whole[:dice.randrange(end, len(whole) + 1)], who)
