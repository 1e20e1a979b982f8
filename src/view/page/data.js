// SPDX-License-Identifier: MIT
// data.js - the trace: tables, packets, and the calls of a root when somebody asks for them. Nothing here touches the page.
"use strict";
window.addEventListener("error", e => { document.documentElement.dataset.error = String(e.message); });

const T = JSON.parse(document.getElementById("data").textContent);
const W = T.W;
const num = s => parseInt(s, 36);

// What a verdict is called, its sign, and which of several a packet is listed under (the smallest rank).
const VERDICTS = [
	{ name: "delivered", sign: "\u2713", rank: 1, text: "to a socket" },
	{ name: "consumed", sign: "\u25cf", rank: 4, text: "taken and used up by the stack" },
	{ name: "forwarded", sign: "\u21c4", rank: 2, text: "routed on to another device" },
	{ name: "merged", sign: "\u2295", rank: 5, text: "put together with others" },
	{ name: "sent", sign: "\u2191", rank: 3, text: "handed to a device" },
	{ name: "dropped", sign: "\u2715", rank: 0, text: "thrown away" },
];
const OPEN = { name: "open", sign: "\u2026", rank: 6, text: "no end was seen" };
const verdictOf = code => VERDICTS[code] || { name: "verdict " + code, sign: "?", rank: 6, text: "" };
const DIRECTIONS = ["seen", "received", "sent", "made here"];

const funcs = T.funcs.map((f, i) => {
	const file = W[f[1]];
	return { no: i, name: W[f[0]], file, room: file.includes("/") ? file.slice(0, file.indexOf("/")) : "", module: f[2] < 0 ? "" : W[f[2]], step: f[3] };
});

// Answers inherit the id of the frame that caused them: the frame's own end is the packet's.
function mainVerdict(verdicts, frames) {
	const own = frames.length && frames[0].dir === 1 ? verdicts.filter(v => v.ledger === 1) : [];
	for (const v of verdicts)
		v.answer = own.length > 0 && v.ledger === 3;
	return (own.length ? own : verdicts).slice().sort((a, b) => a.is.rank - b.is.rank)[0];
}

const all = T.packets.map(p => {
	const verdicts = p[7].map(v => ({ time: v[0], cpu: v[1], code: v[2], is: verdictOf(v[2]), reason: W[v[3]], text: W[v[4]], port: v[5], device: W[v[6]],
		ledger: v[7], stack: v[8] }));
	const frames = p[8].map(f => ({ time: f[0], length: f[1], have: f[2], dir: f[3], link: f[4], device: W[f[5]], queue: f[6], bytes64: f[7], fields: f[8],
		flow: W[f[9]] }));
	const main = mainVerdict(verdicts, frames);
	const seen = frames.length ? frames[0].time : p[2];
	return { number: p[0], id: p[1], first: p[2], last: p[3], matched: p[4], open: p[5], flow: W[p[6]], verdicts, frames, main, is: main ? main.is : OPEN,
		roots: [], points: [], stack: Math.max(0, p[3] - seen), length: frames.length ? frames[0].length : 0 };
});
const byNumber = new Map(all.map(p => [p.number, p]));
// Ids are given before a frame is there, and to frames that the packet filter refuses: those have neither bytes nor end and are not listed.
const packets = all.filter(p => p.frames.length || p.verdicts.length);

const byId = new Map(all.map(p => [p.id, p]));
for (const h of T.happenings)
	if (byId.has(h[2]))
		byId.get(h[2]).points.push({ time: h[0], cpu: h[1], name: W[h[3]], fields: W[h[4]] });

const roots = T.roots.map((r, i) => ({ index: i, cpu: r[0], task: W[r[1]], start: r[2], calls: r[3], packets: [...new Set(r[4])], depth: r[5], tree: null }));
for (const r of roots)
	for (const n of r.packets)
		if (byNumber.has(n))
			byNumber.get(n).roots.push(r);

// The calls of a root in the order of entry, with parents and self times. Kept: a root is looked at again and again.
function treeOf(root) {
	if (root.tree)
		return root.tree;
	const nodes = [], path = [];
	let at = root.start, packet = 0;
	for (const text of root.calls.split(";")) {
		const part = text.split(","), what = part[1], depth = num(part[0]);
		const node = { root, cpu: root.cpu, depth, kind: "call", func: null, start: 0, end: null, self: 0, packet, parent: null, children: 0, saturated: false,
			headless: false, cut: false, asleep: 0, no: nodes.length };
		at += part[2][0] === "-" ? -num(part[2].slice(1)) : num(part[2]);
		node.start = at;
		if (part[4])
			packet = num(part[4]);
		node.packet = packet;
		if (what[0] === "v" && what.includes(".")) {
			const v = what.slice(1).split(".").map(Number);
			Object.assign(node, { kind: "verdict", code: v[0], is: verdictOf(v[0]), reason: W[v[1]], port: v[2], device: W[v[3]], end: at });
		} else if (what[0] === "b" && what.includes(".")) {
			const b = what.slice(1).split(".").map(Number);
			Object.assign(node, { kind: "frame", length: b[0], dir: b[1], device: W[b[2]], end: at });
		} else if (what[0] === "m" && part.length > 3 && what[1] === ".") {
			Object.assign(node, { kind: "mark", text: W[num(what.slice(2))], end: at });
		} else {
			node.func = funcs[num(what)];
			node.end = part[3] === "" ? null : at + num(part[3]);
			node.saturated = (part[5] || "").includes("s");
			node.headless = (part[5] || "").includes("h");
			node.cut = (part[5] || "").includes("c");
			node.asleep = part[6] ? num(part[6]) : 0;
			node.self = node.end === null ? 0 : node.end - node.start;
		}
		path.length = Math.min(path.length, depth);
		node.parent = path.length ? path[path.length - 1] : null;
		if (node.parent) {
			node.parent.children++;
			if (node.kind === "call" && node.end !== null)
				node.parent.self = Math.max(0, node.parent.self - (node.end - node.start));
		}
		path.push(node);
		nodes.push(node);
	}
	root.tree = nodes;
	return nodes;
}

// The interrupt that announced a packet: the last one on the CPU of its first root before that root, unless another poll stands between them. It runs
// before anybody knows the packet, so no record ties the two together.
function announcer(packet, first) {
	if (!first || !packet.frames.length || packet.frames[0].dir !== 1)
		return null;
	for (let i = first.index - 1; i >= 0 && i > first.index - 50; i--) {
		const r = roots[i];
		if (r.cpu !== first.cpu)
			continue;
		const tree = r.packets.length ? null : treeOf(r);
		return tree && tree[0].func && tree[0].func.step === 4 ? r : null;
	}
	return null;
}

// The root in which a packet began: that of its first bytes, or of the first call for it.
function homeOf(packet) {
	let best = null;
	for (const root of packet.roots)
		for (const n of treeOf(root))
			if (n.packet === packet.number && (!best || n.start < best.start))
				best = n;
	return best ? best.root : packet.roots[0];
}

// When a root or call has to do with the packet: a reader that slept from before the packet came counts from its return.
const turnOf = (n, home, packet) => (n.root !== home && n.root.packets.length && n.start < packet.first && n.end !== null ? n.end : n.start);

// The nodes of a packet, root by root in the order of their turns: all of a root that worked for it alone, else those that worked for it and the calls that led to them.
function nodesOf(packet) {
	const home = homeOf(packet), before = announcer(packet, home), out = before ? treeOf(before).slice() : [];
	packet.home = home;
	for (const root of packet.roots.slice().sort((a, b) => turnOf(treeOf(a)[0], home, packet) - turnOf(treeOf(b)[0], home, packet))) {
		const tree = treeOf(root);
		if (root.packets.length === 1) {
			out.push(...tree);
			continue;
		}
		const keep = new Set();
		for (const n of tree)
			if (n.packet === packet.number)
				for (let up = n; up && !keep.has(up); up = up.parent)
					keep.add(up);
		out.push(...tree.filter(n => keep.has(n)));
	}
	return out;
}

// Is a call there for this packet, or only on the way to one?
// A call that another packet, or none, was worked for is drawn paler.
const isOwn = (node, packet) => (node.root.packets.length === 1 && node.root.packets[0] === packet.number) || node.packet === packet.number;

// Does a root call a function of that name? For the filter fn:, which may ask all roots: their trees are not made for it.
const numbersOf = name => funcs.filter(f => f.name === name || f.name.startsWith(name + ".")).map(f => f.no.toString(36));
function rootCalls(root, numbers) {
	if (!root.called) {
		root.called = new Set();
		for (const text of root.calls.split(";")) {
			const at = text.indexOf(",") + 1;
			root.called.add(text.slice(at, text.indexOf(",", at)));
		}
	}
	return numbers.some(n => root.called.has(n));
}

// "12.345 us", "1.200 ms", "3.000 s"
function duration(ns) {
	if (ns < 1e6)
		return (ns / 1e3).toFixed(3) + " us";
	return ns < 1e9 ? (ns / 1e6).toFixed(3) + " ms" : (ns / 1e9).toFixed(3) + " s";
}

// Seconds since boot, as ftrace prints them.
function bootTime(ns) {
	const t = BigInt(T.t0) + BigInt(Math.round(ns)), us = t / 1000n;
	return `${us / 1000000n}.${String(us % 1000000n).padStart(6, "0")}`;
}

function verdictText(v) {
	const by = v.device ? " by " + v.device : "";
	switch (v.is.name) {
	case "delivered": return v.port ? `delivered to port ${v.port}` : "delivered to a socket";
	case "dropped": return `dropped: ${v.reason || "no reason"}`;
	case "sent": return "sent" + by;
	case "forwarded": return v.device ? "forwarded to " + v.device : "forwarded";
	default: return v.is.name;
	}
}
