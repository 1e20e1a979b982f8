// SPDX-License-Identifier: MIT
// list.js - the packet list: filter, order, and only as many rows on the page as are seen.
const ROW = 46;
const list = { shown: packets, sort: "number", down: false, rows: new Map() };

const SORTS = {
	number: (a, b) => a.number - b.number,
	stack: (a, b) => a.stack - b.stack,
	length: (a, b) => a.length - b.length,
	flow: (a, b) => (a.flow < b.flow ? -1 : a.flow > b.flow ? 1 : 0),
	verdict: (a, b) => a.is.rank - b.is.rank || (a.main && b.main && a.main.reason !== b.main.reason ? (a.main.reason < b.main.reason ? -1 : 1) : 0),
};

// A word of the filter becomes a test of a packet.
function filterWord(word) {
	if (word[0] === "-" && word.length > 1) {
		const not = filterWord(word.slice(1));
		return p => !not(p);
	}
	if (word.startsWith("fn:")) {
		const numbers = numbersOf(word.slice(3));
		return word === "fn:" ? () => true : p => p.roots.some(r => rootCalls(r, numbers));
	}
	const time = /^([<>])(\d+(?:\.\d+)?)(ns|us|ms|s)$/.exec(word);
	if (time) {
		const ns = parseFloat(time[2]) * { ns: 1, us: 1e3, ms: 1e6, s: 1e9 }[time[3]];
		return time[1] === "<" ? p => p.stack < ns : p => p.stack > ns;
	}
	if (/^#\d+$/.test(word))
		return p => p.number === Number(word.slice(1));
	return p => searchText(p).includes(word);
}

function searchText(p) {
	if (p.search === undefined)
		p.search = [p.flow, p.is.name, ...p.verdicts.map(v => verdictText(v) + " " + v.text), ...p.frames.map(f => f.device)].join(" ").toLowerCase();
	return p.search;
}

function applyFilter() {
	const tests = $("filter").value.trim().split(/\s+/).filter(Boolean).map(w => filterWord(w.startsWith("fn:") ? w : w.toLowerCase()));
	list.shown = packets.filter(p => tests.every(t => t(p))).sort((a, b) => SORTS[list.sort](a, b) || a.number - b.number);
	if (list.down)
		list.shown.reverse();
	const whole = packets.length.toLocaleString("en"), rest = all.length - packets.length;
	$("count").textContent = list.shown.length === packets.length ? `${whole} packets` : `${list.shown.length.toLocaleString("en")} of ${whole} packets`;
	$("count").title = rest ? `${rest} more ids without bytes and without an end` : "";
	$("list-space").style.height = list.shown.length * ROW + "px";
	for (const row of list.rows.values())
		row.remove();
	list.rows.clear();
	drawRows();
}

function drawRows() {
	const box = $("list"), from = Math.max(0, Math.floor(box.scrollTop / ROW) - 4);
	const to = Math.min(list.shown.length, Math.ceil((box.scrollTop + (box.clientHeight || 800)) / ROW) + 4);
	for (const [i, row] of list.rows)
		if (i < from || i >= to) {
			row.remove();
			list.rows.delete(i);
		}
	for (let i = from; i < to; i++)
		if (!list.rows.has(i)) {
			const row = makeRow(list.shown[i], i);
			list.rows.set(i, row);
			$("list-space").append(row);
		}
	markRow();
}

function makeRow(p, i) {
	const row = el("div", { class: "row v-" + p.is.name, role: "option", id: "row-" + p.number, "aria-setsize": list.shown.length, "aria-posinset": i + 1 },
		el("span", { class: "row-number" }, String(p.number)),
		el("span", { class: "row-flow", title: p.flow }, p.flow),
		el("span", { class: "row-time" }, `+${duration(p.first)}`),
		el("span", { class: "row-verdict" }, el("i", { class: "sign", "aria-hidden": "true" }, p.is.sign), p.main ? verdictText(p.main) : "still on its way"),
		el("span", { class: "row-length" }, p.length ? p.length + " B" : ""),
		el("span", { class: "row-stack", title: "time in the stack" }, duration(p.stack)));
	row.style.top = i * ROW + "px";
	row.addEventListener("click", () => show(p));
	return row;
}

function markRow() {
	const now = view.packet ? "row-" + view.packet.number : "";
	for (const row of list.rows.values())
		row.setAttribute("aria-selected", row.id === now ? "true" : "false");
	if (list.rows.size && view.packet)
		$("list").setAttribute("aria-activedescendant", now);
}

function scrollToPacket(p) {
	const i = list.shown.indexOf(p), box = $("list");
	if (i < 0)
		return;
	if (i * ROW < box.scrollTop)
		box.scrollTop = i * ROW;
	else if ((i + 1) * ROW > box.scrollTop + box.clientHeight)
		box.scrollTop = (i + 1) * ROW - box.clientHeight;
	drawRows();
}

function move(by) {
	const i = list.shown.indexOf(view.packet), to = i < 0 ? 0 : i + by;
	if (to >= 0 && to < list.shown.length)
		show(list.shown[to]);
}

function initList() {
	let later = 0;
	$("filter").addEventListener("input", () => { clearTimeout(later); later = setTimeout(applyFilter, 120); });
	$("sort").addEventListener("change", () => { list.sort = $("sort").value; applyFilter(); });
	$("turn").addEventListener("click", () => {
		list.down = !list.down;
		$("turn").setAttribute("aria-pressed", list.down);
		$("turn").textContent = list.down ? "\u2193" : "\u2191";
		applyFilter();
	});
	$("list").addEventListener("scroll", drawRows, { passive: true });
	new ResizeObserver(drawRows).observe($("list"));
	$("prev").addEventListener("click", () => move(-1));
	$("next").addEventListener("click", () => move(1));
	applyFilter();
}
