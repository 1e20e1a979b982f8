// SPDX-License-Identifier: MIT
// flame.js - the flame chart: a lane for each task on each CPU, calls nested downwards, time to the right. Long times in which nothing was entered or
// left are drawn short, with their length written into the gap, unless "true scale" is chosen.
const LINE = 19, LANE_HEAD = 20, AXIS = 22;
const flame = { lanes: [], from: 0, to: 1, map: null, lit: null };

// Lanes of the packet's roots: CPU and task; each root's kind gives the lane its name.
function makeLanes(nodes) {
	const lanes = new Map();
	for (const n of nodes) {
		const key = n.cpu + " " + n.root.task;
		if (!lanes.has(key))
			lanes.set(key, { cpu: n.cpu, task: n.root.task, nodes: [], kinds: new Set(), depth: 0 });
		const lane = lanes.get(key);
		lane.nodes.push(n);
		lane.depth = Math.max(lane.depth, n.depth + 1);
		if (n.func)
			kindOf(n.func, n.depth).forEach(k => lane.kinds.add(k));
	}
	return [...lanes.values()];
}

// By the step where there is one: names may be those of another kernel.
function kindOf(func, depth) {
	if (func.step === 4)
		return ["interrupt"];
	if (func.step === 6)
		return ["softirq"];
	if (/recvmsg$|recvfrom$/.test(func.name))
		return ["reader"];
	if (/sendmsg$|sendto$/.test(func.name))
		return ["sender"];
	return depth === 0 && /timer/.test(func.name) ? ["timer"] : [];
}

// Time to place: piecewise linear. A long gap in which nobody ran for the packet (no call, calls that slept, calls for other packets of the same poll)
// shrinks to a threshold and grows with its logarithm only.
function makeMap(all, trueScale) {
	const own = all.filter(n => isOwn(n, view.packet) || !n.root.packets.length), nodes = own.length ? own : all;
	const times = [...new Set(nodes.flatMap(n => n.end === null ? [n.start] : [n.start, n.end]))].sort((a, b) => a - b);
	if (times.length < 2)
		times.push((times[0] || 0) + 1000);
	const gaps = times.slice(1).map((t, i) => t - times[i]), sorted = gaps.slice().sort((a, b) => a - b);
	const typical = sorted[Math.floor(sorted.length * 0.9)] || 1, limit = trueScale ? Infinity : Math.max(3 * typical, 1500);
	const runs = (from, to) => nodes.some(n => n.func && n.start <= from && n.end !== null && n.end >= to && !n.asleep);
	const at = [0], breaks = [];
	gaps.forEach((g, i) => {
		const idle = g > limit && !runs(times[i], times[i + 1]);
		const w = idle ? limit * (1 + Math.log10(g / limit) / 2) : g;
		if (idle && g > limit * 1.5)
			breaks.push({ from: at[i], to: at[i] + w, ns: g });
		at.push(at[i] + w);
	});
	return { times, at, breaks, width: at[at.length - 1] };
}

function place(map, t) {
	const { times, at } = map;
	let lo = 0, hi = times.length - 1;
	if (t <= times[0])
		return 0;
	if (t >= times[hi])
		return map.width;
	while (hi - lo > 1) {
		const mid = (lo + hi) >> 1;
		if (times[mid] <= t)
			lo = mid;
		else
			hi = mid;
	}
	return at[lo] + (t - times[lo]) / (times[hi] - times[lo]) * (at[hi] - at[lo]);
}

function setFlame(nodes) {
	flame.nodes = nodes;
	flame.lanes = makeLanes(nodes);
	flame.map = makeMap(nodes, $("true-scale").checked);
	for (const n of nodes) {
		n.x0 = place(flame.map, n.start);
		n.x1 = n.end === null ? flame.map.width : place(flame.map, n.end);
	}
	zoomTo(0, flame.map.width);
}

function zoomTo(from, to) {
	const whole = flame.map.width, least = Math.max(whole * 1e-5, 1);
	let size = Math.min(whole, Math.max(to - from, least));
	flame.from = Math.max(0, Math.min(from, whole - size));
	flame.to = flame.from + size;
	drawFlame();
}

function zoomBy(factor, around) {
	const mid = around === undefined ? (flame.from + flame.to) / 2 : around;
	zoomTo(mid - (mid - flame.from) * factor, mid + (flame.to - mid) * factor);
}

function drawFlame() {
	const box = $("flame"), width = Math.max(320, box.clientWidth), scale = width / (flame.to - flame.from);
	const height = AXIS + flame.lanes.reduce((h, l) => h + LANE_HEAD + l.depth * LINE + 6, 0);
	const chart = svg("svg", { width, height, role: "img", "aria-label": `${flame.nodes.length} calls in ${flame.lanes.length} lanes` });
	drawAxis(chart, width, height, scale);
	let top = AXIS;
	for (const lane of flame.lanes) {
		const who = [...lane.kinds].join(", ") || "calls";
		chart.append(svg("rect", { class: "lane", x: 0, y: top, width, height: LANE_HEAD + lane.depth * LINE + 2, rx: 6 }),
			svg("text", { class: "lane-name", x: 8, y: top + 14 }, `CPU ${lane.cpu}  ${lane.task}  ${who}`));
		top += LANE_HEAD;
		for (const n of lane.nodes)
			drawCall(chart, n, top, scale, width);
		top += lane.depth * LINE + 6;
	}
	box.replaceChildren(chart);
	applyLight();
}

function drawAxis(chart, width, height, scale) {
	for (const b of flame.map.breaks) {
		const x0 = (b.from - flame.from) * scale, x1 = (b.to - flame.from) * scale;
		if (x1 < 0 || x0 > width)
			continue;
		chart.append(svg("rect", { class: "gap", x: x0, y: AXIS - 4, width: x1 - x0, height: height - AXIS + 4 }));
		if (x1 - x0 > 46)
			chart.append(svg("text", { class: "gap-text", x: (x0 + x1) / 2, y: AXIS - 8 }, "\u2026 " + duration(b.ns) + " \u2026"));
	}
	// marks at the true times: every so many pixels the time there
	const n = Math.max(2, Math.floor(width / 130));
	for (let i = 0; i <= n; i++) {
		const x = i * width / n, t = timeAt(flame.from + x / scale);
		const before = i === n ? 64 : 8, behind = i === n ? 2 : 50;
		if (flame.map.breaks.some(b => (b.from - flame.from) * scale < x + behind && (b.to - flame.from) * scale > x - before))
			continue;
		chart.append(svg("line", { class: "tick", x1: x, x2: x, y1: AXIS - 5, y2: height }),
			svg("text", { class: "tick-text", x: i === n ? x - 2 : x + 3, y: AXIS - 8, "text-anchor": i === n ? "end" : "start" },
				sinceFirst(t)));
	}
}

function timeAt(u) {
	const { times, at } = flame.map;
	let i = at.findIndex(a => a > u);
	if (i <= 0)
		i = i < 0 ? at.length - 1 : 1;
	return times[i - 1] + (u - at[i - 1]) / (at[i] - at[i - 1] || 1) * (times[i] - times[i - 1]);
}

function drawCall(chart, n, top, scale, width) {
	const x0 = (n.x0 - flame.from) * scale, x1 = (n.x1 - flame.from) * scale, y = top + n.depth * LINE;
	n.mark = null;
	if (x1 < 0 || x0 > width)
		return;
	if (n.kind !== "call") {
		const m = svg("text", { class: `leaf v-${n.is ? n.is.name : n.kind}`, x: x0, y: y + 14 }, n.is ? n.is.sign : n.kind === "frame" ? "\u25c6" : "\u270e");
		n.mark = m;
		m.node = n;
		chart.append(m);
		return;
	}
	const left = Math.max(0, x0), w = Math.max(0.7, Math.min(width, x1) - left), f = n.func;
	const g = svg("g", { class: `call${isOwn(n, view.packet) ? "" : " other"}${n.end === null ? " unended" : ""}` });
	g.style.setProperty("--h", hueOf(f.room));
	g.append(svg("rect", { x: left, y, width: Math.max(0.7, w - 0.6), height: LINE - 2, rx: w > 6 ? 3 : 0 }));
	let space = w - 8, tx = left + 5;
	if (f.step && w > 24) {
		g.append(svg("circle", { class: "badge", cx: left + 10, cy: y + LINE / 2 - 1, r: 7 }), svg("text", { class: "badge-text", x: left + 10, y: y + LINE / 2 + 2.5 }, f.step));
		space -= 16;
		tx += 15;
	}
	const chars = Math.floor(space / 6.7);
	if (chars >= 3)
		g.append(svg("text", { class: "call-name", x: tx, y: y + 12.5 }, f.name.length > chars ? f.name.slice(0, chars - 1) + "\u2026" : f.name));
	g.node = n;
	n.mark = g;
	chart.append(g);
}

// Calls that are picked out (a room, a file, a step); the others fade.
function light(test, label) {
	flame.lit = test;
	$("unlight").hidden = !test;
	$("unlight").textContent = test ? `\u2715 ${label}` : "";
	applyLight();
	markGraphLines();
}

function applyLight() {
	$("flame").classList.toggle("picking", !!flame.lit);
	for (const n of flame.nodes)
		if (n.mark)
			n.mark.classList.toggle("picked", !!flame.lit && !!n.func && flame.lit(n));
}

function nodeUnder(target) {
	for (let e = target; e && e !== $("flame"); e = e.parentNode)
		if (e.node)
			return e.node;
	return null;
}

function initFlame() {
	const box = $("flame");
	let drag = null;
	box.addEventListener("pointerdown", e => { drag = { x: e.clientX, from: flame.from, to: flame.to, moved: false }; });
	box.addEventListener("pointermove", e => {
		if (drag && e.buttons) {
			const by = (drag.x - e.clientX) * (drag.to - drag.from) / Math.max(1, box.clientWidth);
			drag.moved = drag.moved || Math.abs(drag.x - e.clientX) > 4;
			if (drag.moved)
				zoomTo(drag.from + by, drag.to + by);
			return;
		}
		const n = nodeUnder(e.target);
		hover(n);
		if (n)
			nodeTip(e, n);
		else
			untip();
	});
	box.addEventListener("pointerleave", () => { drag = null; hover(null); untip(); });
	box.addEventListener("click", e => {
		const n = nodeUnder(e.target), moved = drag && drag.moved;
		drag = null;
		if (n && !moved && n.kind === "call") {
			const room = (n.x1 - n.x0) * 0.03;
			zoomTo(n.x0 - room, n.x1 + room);
			scrollToLine(n);
		}
	});
	box.addEventListener("dblclick", () => zoomTo(0, flame.map.width));
	box.addEventListener("wheel", e => {
		if (!e.ctrlKey)
			return;
		e.preventDefault();
		const at = flame.from + (e.clientX - box.getBoundingClientRect().left) / box.clientWidth * (flame.to - flame.from);
		zoomBy(e.deltaY < 0 ? 0.8 : 1.25, at);
	}, { passive: false });
	box.addEventListener("keydown", e => {
		const step = (flame.to - flame.from) / 8;
		const act = { "+": () => zoomBy(0.7), "=": () => zoomBy(0.7), "-": () => zoomBy(1.4), "0": () => zoomTo(0, flame.map.width),
			ArrowLeft: () => zoomTo(flame.from - step, flame.to - step), ArrowRight: () => zoomTo(flame.from + step, flame.to + step) }[e.key];
		if (act) {
			act();
			e.preventDefault();
			e.stopPropagation();
		}
	});
	$("zoom-in").addEventListener("click", () => zoomBy(0.6));
	$("zoom-out").addEventListener("click", () => zoomBy(1 / 0.6));
	$("zoom-all").addEventListener("click", () => zoomTo(0, flame.map.width));
	$("true-scale").addEventListener("change", () => setFlame(flame.nodes));
	$("unlight").addEventListener("click", () => light(null));
	let seen = 0;
	new ResizeObserver(() => {
		if (box.clientWidth !== seen && flame.map) {
			seen = box.clientWidth;
			drawFlame();
		}
	}).observe(box);
}
