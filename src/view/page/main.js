// SPDX-License-Identifier: MIT
// main.js - the page as a whole: what the trace holds, the chosen packet, the twelve steps, keys. The last part to run.
const view = { packet: null, nodes: [], hover: null };

// One node is under the pointer: it is marked in the chart and in the text.
function hover(node) {
	if (view.hover === node)
		return;
	for (const [n, on] of [[view.hover, false], [node, true]]) {
		if (!n)
			continue;
		if (n.mark)
			n.mark.classList.toggle("hover", on);
		for (const row of graph.byNode.get(n) || [])
			row.classList.toggle("hover", on);
	}
	view.hover = node;
}

function show(packet) {
	view.packet = packet;
	view.hover = null;
	view.nodes = nodesOf(packet);
	flame.lit = null;
	$("unlight").hidden = true;
	drawHead(packet);
	drawSteps();
	drawShares();
	setGraph(view.nodes);
	setFlame(view.nodes);
	setHouse(view.nodes);
	setBytes(packet);
	drawPoints(packet);
	scrollToPacket(packet);
	markRow();
	history.replaceState(null, "", "#p=" + packet.number);
	document.documentElement.dataset.packet = packet.number;
	document.documentElement.dataset.calls = view.nodes.filter(n => n.func).length;
}

function drawHead(p) {
	$("p-number").textContent = "#" + p.number;
	$("p-flow").textContent = p.flow;
	$("p-verdicts").replaceChildren(...p.verdicts.map(v => el("div", { class: "verdict v-" + v.is.name },
		el("i", { class: "sign", "aria-hidden": "true" }, v.is.sign), el("b", {}, verdictText(v)),
		el("span", {}, v.text || v.is.text), el("span", { class: "dim" }, `at ${duration(v.time - p.first)}${v.ledger === 2 ? ", a copy" : v.answer ? ", an answer to it" : ""}`),
		v.stack.length ? el("span", { class: "dim" }, "in " + v.stack.slice(0, 4).map(i => (funcs[i] ? funcs[i].name : "?")).join(" < ")) : null)));
	if (!p.verdicts.length)
		$("p-verdicts").append(el("div", { class: "verdict v-open" }, el("i", { class: "sign" }, OPEN.sign), el("b", {}, "still on its way"),
			el("span", {}, "the trace ended before the packet did")));
	const calls = view.nodes.filter(n => n.func && isOwn(n, p)), fact = (name, value) => [el("dt", {}, name), el("dd", {}, value)];
	const where = [...new Set(view.nodes.map(n => n.cpu))].sort((a, b) => a - b).join(", ");
	$("p-facts").replaceChildren(...[
		["in the stack", duration(p.stack)], ["first seen", bootTime(p.first) + " s"], ["length", p.length ? p.length + " bytes" : "?"],
		["calls", String(calls.length)], ["functions", String(new Set(calls.map(n => n.func)).size)],
		["deepest", calls.length ? String(Math.max(...calls.map(n => n.depth + 1))) : "0"], ["CPU", where || "?"],
		["tasks", [...new Set(view.nodes.map(n => n.root.task))].join(", ") || "?"],
	].map(f => el("div", {}, ...fact(...f))));
}

const sinceFirst = t => (t < view.packet.first ? "\u2212" : "+") + duration(Math.abs(t - view.packet.first));

function drawSteps() {
	const first = new Map();
	for (const n of view.nodes)
		if (n.func && n.func.step && isOwn(n, view.packet) && !first.has(n.func.step))
			first.set(n.func.step, n);
	// the calls on the way to the packet's own ones: interrupt and poll serve several packets
	for (const n of view.nodes)
		if (n.func && n.func.step && n.start <= view.packet.first && !first.has(n.func.step))
			first.set(n.func.step, n);
	const wire = view.packet.frames.length && view.packet.frames[0].dir === 1 ? view.packet.frames[0] : null;
	$("steps").replaceChildren(...T.steps.slice(1).map((s, i) => {
		const no = i + 1, n = first.get(no), came = no === 2 && !n && wire;
		const when = n ? sinceFirst(n.start) : came ? wire.device || "came" : "\u2013";
		const b = el("button", { type: "button", title: s[1], "aria-label": `Step ${no}, ${s[0]}${n || came ? "" : ", not seen"}`, disabled: !n },
			el("span", { class: "step-number" }, String(no)), el("span", { class: "step-name" }, s[0]), el("span", { class: "step-time dim" }, when));
		b.addEventListener("click", () => light(c => c.func.step === no, `step ${no}`));
		const say = () => { $("step-text").textContent = `${no}. ${s[1]}${n ? ` Here: ${n.func.name}().` : ""}`; };
		b.addEventListener("pointerenter", say);
		b.addEventListener("focus", say);
		return el("li", { class: n || came ? "seen" : "" }, b);
	}));
	const seen = first.size + (wire && !first.has(2) ? 1 : 0);
	$("step-text").textContent = seen ? `${seen} of the 12 steps of a received packet are in this trace.` : "This packet took none of the steps of reception.";
}

// How the packet's time is shared by the rooms: the time of calls themselves, without their callees and without sleep.
function drawShares() {
	const rooms = new Map();
	let total = 0;
	for (const n of view.nodes) {
		if (!n.func || !isOwn(n, view.packet))
			continue;
		const own = Math.max(0, n.self - n.asleep);
		rooms.set(n.func.room, (rooms.get(n.func.room) || 0) + own);
		total += own;
	}
	$("shares").replaceChildren(...[...rooms].filter(r => r[1] > 0).sort((a, b) => b[1] - a[1]).map(([room, ns]) => {
		const share = ns / total * 100, name = room || "elsewhere";
		const b = el("button", { type: "button", class: share < 4 ? "thin" : "", title: `${name}: ${duration(ns)}, ${share.toFixed(1)} %`,
			"aria-label": `${name}, ${share.toFixed(0)} percent of the time` }, share < 4 ? "" : `${name} ${share.toFixed(0)}\u2009%`);
		b.style.flexGrow = share;
		b.style.flexBasis = 0;
		b.style.setProperty("--h", hueOf(room));
		b.addEventListener("click", () => light(n => n.func.room === room, name));
		return b;
	}));
	$("shares").hidden = !total;
}

// The kernel's tracepoints that name this packet; a recording by LTTng has them.
function drawPoints(packet) {
	$("points-card").hidden = !packet.points.length;
	$("points").replaceChildren(...packet.points.map(h => el("div", { class: "point" }, el("span", { class: "dim" }, sinceFirst(h.time)), el("b", {}, h.name),
		el("span", {}, h.fields))));
}

// What was counted while the trace was read.
function drawHolds() {
	const rows = (T.events || []).map(e => [e[0], e[1].toLocaleString("en")]);
	rows.push(["packets listed", packets.length.toLocaleString("en")], ["ids without bytes and end", (all.length - packets.length).toLocaleString("en")],
		["functions met", funcs.length.toLocaleString("en")], ["records lost", T.lost.toLocaleString("en")], ["records of no use", T.errors.toLocaleString("en")]);
	$("events").replaceChildren(...rows.map(r => el("div", {}, el("dt", {}, r[0]), el("dd", {}, r[1]))));
}

// The loss ledger: packets by verdict, drops by reason; a click filters.
function drawLedger() {
	const counts = new Map();
	for (const p of packets)
		counts.set(p.is.name, (counts.get(p.is.name) || 0) + 1);
	const reasons = new Map();
	for (const p of packets)
		for (const v of p.verdicts)
			if (v.is.name === "dropped")
				reasons.set(v.reason, { n: (reasons.has(v.reason) ? reasons.get(v.reason).n : 0) + 1, text: v.text });
	const entry = (name, sign, n, title, cls, filter) => {
		const b = el("button", { type: "button", class: cls, title }, el("i", { class: "sign", "aria-hidden": "true" }, sign), el("b", {}, n.toLocaleString("en")),
			" " + name);
		b.addEventListener("click", () => { $("filter").value = $("filter").value === filter ? "" : filter; applyFilter(); });
		return b;
	};
	const kinds = [...VERDICTS, OPEN].filter(v => counts.get(v.name)).map(v => entry(v.name, v.sign, counts.get(v.name), v.text, "v-" + v.name, v.name));
	const why = [...reasons].sort((a, b) => b[1].n - a[1].n).map(([name, r]) => entry(name, VERDICTS[5].sign, r.n, r.text, "v-dropped reason", name.toLowerCase()));
	$("ledger").replaceChildren(el("dt", {}, "verdicts"), el("dd", {}, ...kinds), ...(why.length ? [el("dt", {}, "reasons"), el("dd", {}, ...why)] : []));
}

function drawNotices() {
	const say = (cls, sign, text) => $("notices").append(el("p", { class: "notice " + cls }, el("i", { class: "sign", "aria-hidden": "true" }, sign), text));
	const many = (n, what) => `${n.toLocaleString("en")} ${what}${n === 1 ? "" : "s"}`;
	if (T.lost)
		say("bad", "\u26a0", `${many(T.lost, "record")} lost for lack of room: trees may have gaps, and packets may lack their end.`);
	if (T.lostEvents || T.lostPackets)
		say("bad", "\u26a0", `${many(T.lostEvents || 0, "event")} discarded and ${many(T.lostPackets || 0, "buffer")} missing on the way through LTTng: each may hold many records.`);
	if (T.errors || T.bad || T.cut)
		say("warn", "\u26a0", `${many((T.errors || 0) + (T.bad || 0), "record")} could not be used${T.cut ? `, and the file ends within one (${T.cut} bytes)` : ""}.`);
	if (T.warnings)
		say("warn", "\u26a0", T.warnings.trim());
	if (!T.lost && !T.lostEvents && !T.lostPackets)
		$("meta").append(el("span", { class: "good" }, "\u2713 no record lost"));
}

function drawTop() {
	$("title").textContent = T.title;
	const end = packets.reduce((t, p) => Math.max(t, p.last), 0);
	const wall = T.wall !== "0" ? new Date(Number(BigInt(T.wall) / 1000000n)) : null;
	$("meta").append(...[`${packets.length.toLocaleString("en")} packets`, `${T.records.toLocaleString("en")} records`, `${roots.length.toLocaleString("en")} roots`,
		duration(end), wall && !isNaN(wall) && wall.getFullYear() > 1971 ? wall.toISOString().replace("T", " ").slice(0, 19) + " UTC" : null,
	].filter(t => t).map(t => el("span", {}, t)));
	drawLedger();
	drawHolds();
	drawNotices();
}

function initKeys() {
	document.addEventListener("keydown", e => {
		const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName);
		if (e.ctrlKey || e.metaKey || e.altKey)
			return;
		if (e.key === "Escape") {
			light(null);
			zoomTo(0, flame.map.width);
			e.target.blur();
			return;
		}
		if (typing)
			return;
		const inText = e.target.id === "graph" || e.target.closest && e.target.closest("#graph");
		const act = { j: () => move(1), k: () => move(-1), ArrowDown: inText ? null : () => move(1), ArrowUp: inText ? null : () => move(-1), p: walk,
			Home: inText ? null : () => list.shown.length && show(list.shown[0]), End: inText ? null : () => list.shown.length && show(list.shown[list.shown.length - 1]),
			"/": () => $("filter").focus() }[e.key];
		if (act) {
			act();
			e.preventDefault();
		}
	});
}

function start() {
	drawTop();
	initHouse();
	initFlame();
	initGraph();
	initList();
	initKeys();
	const asked = /^#p=(\d+)$/.exec(location.hash);
	const first = (asked && byNumber.get(Number(asked[1]))) || byNumber.get(T.first) || packets.find(p => p.roots.length && p.frames.length) || packets[0];
	if (first)
		show(first);
	else
		document.body.classList.add("empty");
	document.documentElement.dataset.ready = packets.length;
}

start();
