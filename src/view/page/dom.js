// SPDX-License-Identifier: MIT
// dom.js - making elements, the tooltip, colours of rooms. Text from the trace reaches the page through textContent and attributes only.
const $ = id => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";

function el(name, attributes, ...children) {
	const e = document.createElement(name);
	return fill(e, attributes, children);
}

function svg(name, attributes, ...children) {
	const e = document.createElementNS(SVG, name);
	return fill(e, attributes, children);
}

function fill(e, attributes, children) {
	for (const [k, v] of Object.entries(attributes || {}))
		if (v !== undefined && v !== null && v !== false)
			e.setAttribute(k, v === true ? "" : v);
	for (const c of children)
		if (c !== null && c !== undefined)
			e.append(c);
	return e;
}

// A room's colour is a hue; style and theme make light and dark of it. Rooms that the house does not know get one from their name.
const HUES = { drivers: 22, ethernet: 175, netfilter: 330, sched: 48, ipv4: 140, packet: 100, core: 215, kernel: 268, lib: 200, fs: 35, stack: 240, tracefs: 300,
	trace: 300, view: 300 };
function hueOf(room) {
	if (Object.hasOwn(HUES, room))
		return HUES[room];
	let h = 7;
	for (const c of room)
		h = (h * 31 + c.codePointAt(0)) % 360;
	return h;
}

// The tooltip: lines of [label, value], the first its title.
function tip(event, title, lines) {
	const t = $("tip");
	t.replaceChildren(el("b", {}, title), ...lines.filter(l => l).map(l => el("div", {}, el("span", {}, l[0] + " "), String(l[1]))));
	t.hidden = false;
	const r = t.getBoundingClientRect(), gap = 14;
	let x = event.clientX + gap, y = event.clientY + gap;
	if (x + r.width > innerWidth - 4)
		x = Math.max(4, event.clientX - r.width - gap);
	if (y + r.height > innerHeight - 4)
		y = Math.max(4, event.clientY - r.height - gap);
	t.style.left = x + "px";
	t.style.top = y + "px";
}

const untip = () => { $("tip").hidden = true; };

function nodeTip(event, node) {
	const f = node.func;
	if (!f) {
		tip(event, nodeLabel(node), [["at", bootTime(node.start) + " s"], ["CPU", node.cpu]]);
		return;
	}
	tip(event, f.name + "()", [
		f.file ? ["file", "src/" + f.file + ".c" + (f.module ? ` [${f.module}]` : "")] : null,
		["took", node.end === null ? "has not returned" : (node.saturated ? "at least " : "") + duration(node.end - node.start)],
		node.end === null ? null : ["itself", duration(node.self)],
		["entered", `${sinceFirst(node.start)} from the packet's first sign`],
		["CPU", `${node.cpu}, ${node.root.task}`],
		node.asleep ? ["asleep", duration(node.asleep) + " of that"] : null,
		node.headless ? ["note", "records were lost meanwhile: calls below it may be missing"] : null,
		node.cut ? ["note", "it began before the trace does"] : null,
		f.step ? [`step ${f.step}`, T.steps[f.step][1]] : null,
	]);
}

function nodeLabel(node) {
	switch (node.kind) {
	case "verdict": return `packet ${node.packet || "?"}: ${verdictText(node)}`;
	case "frame": return `packet ${node.packet || "?"}: ${node.length} bytes ${DIRECTIONS[node.dir] || "seen"}${node.device ? " by " + node.device : ""}`;
	case "mark": return node.text;
	default: return node.func.name + "()";
	}
}
