// SPDX-License-Identifier: MIT
// house.js - the house of the stack: floors, rooms, and a window for each source file. The windows that the chosen packet's calls went through are
// lit, numbered in the order of the first visit, and joined by its way, which can be walked station by station.
const WIDTH = 1000, LEFT = 44, RIGHT = 66, WINDOW = 21, ROOM_HEAD = 17, FLOOR_GAP = 5, ROOF = 40, CELL = 86;
const house = { windows: new Map(), rooms: new Map(), stations: [], at: -1, timer: 0, marker: null, way: null, outside: null, wire: null, app: null, pit: null };

// The rooms that have files, and the others of the same floor as plain walls.
function planFloors() {
	const files = new Map();
	for (const f of T.files) {
		const slash = f.indexOf("/"), room = slash > 0 ? f.slice(0, slash) : "elsewhere";
		if (!files.has(room))
			files.set(room, []);
		files.get(room).push(f);
	}
	const floors = new Map();
	for (const [floor, name, text] of T.house) {
		if (!floors.has(floor))
			floors.set(floor, []);
		floors.get(floor).push({ name, text, files: (files.get(name) || []).sort() });
		files.delete(name);
	}
	const other = [...files].map(([name, list]) => ({ name, text: "not a room of this house", files: list.sort() }));
	if (other.length)
		floors.set(0, other);
	return [...floors].sort((a, b) => b[0] - a[0]);
}

// How a floor's width is shared: rooms with files by the square root of their number, so that rows of windows come out alike.
function planRooms(rooms) {
	const inner = WIDTH - LEFT - RIGHT, used = rooms.filter(r => r.files.length), empty = rooms.filter(r => !r.files.length);
	const small = used.length ? 76 : inner / Math.max(1, empty.length) - 6;
	let left = inner - empty.length * (small + 6) - (used.length - 1) * 6, rows = 0;
	const total = used.reduce((n, r) => n + Math.pow(r.files.length, 0.8), 0);
	for (const r of used) {
		r.width = Math.max(CELL + 14, left * Math.pow(r.files.length, 0.8) / total);
		r.columns = Math.max(1, Math.floor((r.width - 8) / CELL));
		rows = Math.max(rows, Math.ceil(r.files.length / r.columns));
	}
	const wide = used.reduce((n, r) => n + r.width, 0);
	for (const r of used)
		r.width *= wide > left ? left / wide : 1;
	for (const r of empty)
		r.width = small;
	return used.length ? ROOM_HEAD + rows * WINDOW + 5 : 20;
}

function buildHouse() {
	const floors = planFloors();
	let top = ROOF, wire = ROOF;
	const picture = svg("svg", { role: "img", "aria-label": "Floors and rooms of the stack" });
	const walls = svg("g", {}), windows = svg("g", {});
	for (const [floor, rooms] of floors) {
		const height = planRooms(rooms);
		walls.append(svg("text", { class: "floor", x: LEFT - 12, y: top + Math.min(height / 2 + 4, 24) }, floor ? `F${floor}` : "?"));
		let x = LEFT;
		if (rooms.some(r => r.name === "drivers"))
			wire = top + height / 2;
		for (const r of rooms) {
			drawRoom(walls, windows, r, floor, x, top, height);
			x += r.width + 6;
		}
		top += height + FLOOR_GAP;
	}
	const ground = top + 4, middle = (WIDTH - RIGHT + LEFT) / 2;
	picture.setAttribute("viewBox", `0 0 ${WIDTH} ${ground + 8}`);
	picture.append(svg("path", { class: "roof", d: `M${LEFT - 14} ${ROOF - 5} L${middle} 4 L${WIDTH - RIGHT + 14} ${ROOF - 5} Z` }),
		svg("line", { class: "ground", x1: 8, x2: WIDTH - 8, y1: ground, y2: ground }), walls);
	house.app = [middle, ROOF - 14];
	house.wire = [WIDTH - 26, wire];
	house.pit = [WIDTH - 26, ground - 16];
	house.outside = svg("g", {});
	picture.append(house.outside);
	house.way = svg("g", { class: "way", "aria-hidden": "true" });
	house.marker = svg("circle", { class: "marker", r: 6, cx: -20, cy: -20, "aria-hidden": "true" });
	picture.append(house.way, windows, house.marker);
	$("house").replaceChildren(picture);
}

function drawRoom(walls, windows, room, floor, x, top, height) {
	const empty = !room.files.length;
	const g = svg("g", { class: `room${empty ? " empty" : ""}`, tabindex: empty ? undefined : 0, role: empty ? undefined : "button",
		"aria-label": `${room.name}, floor ${floor}: ${room.text}` },
	svg("title", {}, `${room.name}: ${room.text}`),
	svg("rect", { x, y: top, width: room.width, height, rx: 5 }),
	svg("text", { class: "room-name", x: x + 7, y: top + (empty ? 14 : 12.5) }, room.name));
	g.style.setProperty("--h", hueOf(room.name));
	const pick = () => light(n => n.func.room === room.name, room.name);
	if (!empty) {
		g.addEventListener("click", pick);
		g.addEventListener("keydown", e => { if (e.key === "Enter" || e.key === " ") { e.preventDefault(); pick(); } });
		if (room.width > 330)
			g.append(svg("text", { class: "room-text", x: x + room.width - 7, y: top + 12.5 }, room.text));
	}
	walls.append(g);
	house.rooms.set(room.name, g);
	const cell = (room.width - 8) / (room.columns || 1);
	room.files.forEach((file, i) => {
		const wx = x + 4 + (i % room.columns) * cell, wy = top + ROOM_HEAD + Math.floor(i / room.columns) * WINDOW;
		drawWindow(windows, file, room, wx, wy, cell - 3);
	});
}

function drawWindow(windows, file, room, x, y, width) {
	const name = file.slice(file.indexOf("/") + 1), chars = Math.floor((width - 8) / 5.3);
	const title = svg("title", {}, "");
	const g = svg("g", { class: "window" }, title, svg("rect", { x, y, width, height: WINDOW - 4, rx: 3 }),
		svg("text", { x: x + 5, y: y + 11.8 }, name.length > chars ? name.slice(0, chars - 1) + "\u2026" : name));
	g.style.setProperty("--h", hueOf(room.name));
	g.addEventListener("click", () => light(n => n.func.file === file, file));
	windows.append(g);
	house.windows.set(file, { g, title, file, x, y, width, cx: x + width - 9, cy: y + (WINDOW - 4) / 2, number: null });
}

// The stations of a packet: files in the order of the first visit, with the calls there.
function setHouse(nodes) {
	stopWalk();
	house.stations = [];
	const seen = new Map();
	const byTurn = nodes.map(n => [turnOf(n, view.packet.home, view.packet), n]).sort((a, b) => a[0] - b[0]);
	for (const [turn, n] of byTurn) {
		if (n.root !== view.packet.home && n.root.packets.length && turn < view.packet.first)
			continue; // done before the packet came
		if (!n.func || !house.windows.has(n.func.file) || !(isOwn(n, view.packet) || n.root.packets.length === 0))
			continue;
		if (!seen.has(n.func.file)) {
			seen.set(n.func.file, { file: n.func.file, window: house.windows.get(n.func.file), first: n, at: turn, nodes: [] });
			house.stations.push(seen.get(n.func.file));
		}
		seen.get(n.func.file).nodes.push(n);
	}
	for (const w of house.windows.values()) {
		const s = seen.get(w.file);
		w.g.classList.toggle("lit", !!s);
		w.g.classList.remove("now");
		w.title.textContent = s ? `${w.file}.c: ${s.nodes.length} calls, first ${s.first.func.name}()` : w.file + ".c: not visited";
		if (w.number)
			w.number.remove();
		w.number = null;
	}
	const lit = new Set(house.stations.map(s => s.first.func.room));
	for (const [name, g] of house.rooms)
		g.classList.toggle("lit", lit.has(name));
	house.stations.forEach((s, i) => {
		const w = s.window;
		w.number = svg("g", { class: "number" }, svg("circle", { cx: w.cx, cy: w.cy, r: 7.2 }), svg("text", { x: w.cx, y: w.cy + 3 }, String(i + 1)));
		w.g.append(w.number);
	});
	drawWay();
	house.at = -1;
	house.marker.style.display = "none";
	$("station").textContent = house.stations.length ? `${house.stations.length} stations` : "no calls";
}

// Where a packet comes from and where it goes: the wire on the right, an application under the roof, the pit.
function ends(packet) {
	const first = packet.frames[0], dir = first ? first.dir : 0, how = packet.is.name, bad = how === "dropped";
	const wire = [...new Set(packet.frames.map(f => f.device).filter(d => d))].join(", ");
	const from = !first ? null : dir === 1 ? house.wire : house.app;
	const to = how === "delivered" ? house.app : how === "sent" || how === "forwarded" ? house.wire : bad ? house.pit : null;
	return { from, to, bad, wire, app: from === house.app || to === house.app };
}

function drawOutside(e) {
	const [wx, wy] = house.wire, [ax, ay] = house.app, [px, py] = house.pit, on = e.from === house.wire || e.to === house.wire;
	const parts = [svg("path", { class: `outside${on ? " on" : ""}`, d: `M${wx - 7} ${wy - 7} h14 v14 h-14 Z M${wx} ${wy + 7} V${wy + 17} M${wx} ${wy - 7} V${wy - 17} M${wx + 7} ${wy} H${WIDTH}` }),
		svg("text", { class: "outside-text", x: wx, y: wy + 30 }, e.wire.length > 10 ? e.wire.slice(0, 9) + "\u2026" : e.wire || "wire"),
		svg("circle", { class: `outside${e.app ? " on" : ""}`, cx: ax, cy: ay, r: 6 }),
		svg("text", { class: "outside-text", x: ax + 42, y: ay + 4 }, "application")];
	if (e.bad)
		parts.push(svg("path", { class: "outside bad", d: `M${px - 6} ${py - 6} l12 12 m0 -12 l-12 12` }), svg("text", { class: "outside-text bad", x: px, y: py - 12 }, "dropped"));
	house.outside.replaceChildren(...parts);
}

// A soft line from station to station, from and to the outside.
function drawWay() {
	const e = ends(view.packet);
	drawOutside(e);
	// where it left the house: a drop or a transmission has its call, a delivery is over with the last station
	const leaf = view.nodes.find(n => n.kind === "verdict" && view.packet.main && n.code === view.packet.main.code && n.packet === view.packet.number);
	const door = e.to === house.app || !leaf || !leaf.parent || !leaf.parent.func ? null : house.windows.get(leaf.parent.func.file);
	const points = [e.from, ...house.stations.map(s => [s.window.cx, s.window.cy]), door ? null : e.to].filter(p => p);
	let d = softLine(points);
	if (door && e.to)
		d += softLine([[door.cx, door.cy], e.to]);
	house.way.replaceChildren(svg("path", { class: "way-glow", d }), svg("path", { class: "way-line", d }));
}

function softLine(points) {
	let d = "";
	points.forEach(([x, y], i) => {
		if (!i) {
			d = ` M${x} ${y}`;
			return;
		}
		const [px, py] = points[i - 1], bend = Math.min(40, Math.abs(x - px) / 3 + 6);
		d += Math.abs(y - py) < 2 ? ` Q${(x + px) / 2} ${y - bend / 2} ${x} ${y}` : ` C${px} ${(py + y) / 2} ${x} ${(py + y) / 2} ${x} ${y}`;
	});
	return d;
}

function walkTo(i) {
	const s = house.stations[i];
	if (!s)
		return;
	if (house.at >= 0)
		house.stations[house.at].window.g.classList.remove("now");
	house.at = i;
	s.window.g.classList.add("now");
	house.marker.style.display = "";
	house.marker.style.transform = `translate(${s.window.cx + 20}px, ${s.window.cy + 20}px)`;
	$("station").textContent = `station ${i + 1} of ${house.stations.length}: ${s.first.func.name}() in ${s.file}.c, ${sinceFirst(s.at)}`;
	hover(s.first);
	scrollToLine(s.first);
}

function stopWalk() {
	clearInterval(house.timer);
	house.timer = 0;
	$("play").textContent = "\u25b6 walk";
}

function walk() {
	if (house.timer) {
		stopWalk();
		return;
	}
	if (!house.stations.length)
		return;
	walkTo(house.at + 1 < house.stations.length ? house.at + 1 : 0);
	$("play").textContent = "\u25a0 stop";
	house.timer = setInterval(() => {
		if (house.at + 1 < house.stations.length)
			walkTo(house.at + 1);
		else
			stopWalk();
	}, 900);
}

function initHouse() {
	buildHouse();
	$("play").addEventListener("click", walk);
	$("step-on").addEventListener("click", () => { stopWalk(); walkTo(Math.min(house.at + 1, house.stations.length - 1)); });
	$("step-back").addEventListener("click", () => { stopWalk(); walkTo(Math.max(house.at - 1, 0)); });
}
