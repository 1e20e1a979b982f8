// SPDX-License-Identifier: MIT
// graph.js - the packet's calls as ftrace's function_graph prints them; what happened to the packet between calls stands there as a comment.
const MANY = 3000; // lines that are put on the page at once
const graph = { lines: [], byNode: new Map() };

const MARKS = [[1e9, "$ "], [1e8, "@ "], [1e7, "* "], [1e6, "# "], [1e5, "! "], [1e4, "+ "]];
const markOf = ns => (MARKS.find(m => ns > m[0]) || [0, "  "])[1];

// Microseconds in at most seven digits, then blanks up to eight.
function graphDuration(ns) {
	const us = String(Math.floor(ns / 1000)), rest = String(Math.floor(ns % 1000)).padStart(3, "0");
	const text = us.length < 7 ? `${us}.${rest.slice(0, 7 - us.length)}` : us;
	return `${markOf(ns)}${text} us ${" ".repeat(Math.max(0, 8 - text.length))}`;
}

const NO_DURATION = " ".repeat(14);

function graphLines(nodes) {
	const lines = [], open = [], last = new Map();
	const head = cpu => `${String(cpu).padStart(2)}) `;
	const close = upTo => {
		while (open.length > upTo) {
			const n = open.pop();
			if (n.end !== null)
				lines.push({ node: n, head: head(n.cpu) + graphDuration(n.end - n.start) + "|  ", text: "  ".repeat(n.root.depth + n.depth) + "}", closing: true });
		}
	};
	nodes.forEach((n, i) => {
		const next = nodes[i + 1], leaf = !(next && next.root === n.root && next.depth > n.depth);
		if (i && nodes[i - 1].root !== n.root)
			close(0);
		while (open.length && open[open.length - 1].depth >= n.depth)
			close(open.length - 1);
		if (n.depth === 0 && last.has(n.cpu) && last.get(n.cpu) !== n.root.task)
			lines.push({ switch: true, text: ` ${String(n.cpu).padStart(2)})  ${last.get(n.cpu)}  =>  ${n.root.task}` });
		last.set(n.cpu, n.root.task);
		const indent = "  ".repeat(n.root.depth + n.depth);
		if (n.kind !== "call")
			lines.push({ node: n, head: head(n.cpu) + NO_DURATION + "|  ", text: `${indent}/* ${nodeLabel(n).replace(/\*\//g, "* /")} */`, comment: true });
		else if (leaf && n.end !== null)
			lines.push({ node: n, head: head(n.cpu) + graphDuration(n.end - n.start) + "|  ", text: `${indent}${n.func.name}();` });
		else {
			lines.push({ node: n, head: head(n.cpu) + NO_DURATION + "|  ", text: `${indent}${n.func.name}() {` });
			open.push(n);
		}
	});
	close(0);
	return lines;
}

function setGraph(nodes) {
	graph.lines = graphLines(nodes);
	graph.byNode.clear();
	drawGraph(MANY);
}

function drawGraph(many) {
	const box = $("graph"), others = new Set(view.packet.roots.flatMap(r => r.packets)).size - 1;
	const out = [el("div", { class: "line dim" }, "# CPU  DURATION                  FUNCTION CALLS"), el("div", { class: "line dim" },
		"# |     |   |                     |   |   |   |")];
	if (others > 0)
		out.push(el("div", { class: "line note" }, `# packet ${view.packet.number} only: calls for ${others} other${others > 1 ? "s" : ""} are left out`));
	for (const l of graph.lines.slice(0, many))
		out.push(makeLine(l));
	if (!graph.lines.length)
		out.push(el("div", { class: "line note" }, "# no call of this packet was recorded"));
	if (graph.lines.length > many)
		out.push(el("button", { type: "button", class: "more", id: "more" }, `${graph.lines.length - many} more lines`));
	box.replaceChildren(...out);
	box.scrollTop = 0;
	if ($("more"))
		$("more").addEventListener("click", () => drawGraph(Infinity));
	markGraphLines();
}

function makeLine(l) {
	if (l.switch)
		return el("div", { class: "line switch" }, l.text);
	const f = l.node.func;
	const row = el("div", { class: `line${l.comment ? " comment v-" + (l.node.is ? l.node.is.name : l.node.kind) : ""}${l.closing ? " closing" : ""}` },
		el("span", { class: "line-head" }, l.head), el("span", { class: "line-text" }, l.text),
		f && f.step && !l.closing ? el("span", { class: "badge", title: T.steps[f.step][1] }, String(f.step)) : null);
	if (f)
		row.style.setProperty("--h", hueOf(f.room));
	if (!isOwn(l.node, view.packet))
		row.classList.add("other");
	row.node = l.node;
	l.row = row;
	if (!graph.byNode.has(l.node))
		graph.byNode.set(l.node, []);
	graph.byNode.get(l.node).push(row);
	return row;
}

function markGraphLines() {
	$("graph").classList.toggle("picking", !!flame.lit);
	for (const l of graph.lines)
		if (l.row)
			l.row.classList.toggle("picked", !!flame.lit && !!l.node.func && flame.lit(l.node));
}

function scrollToLine(node) {
	const rows = graph.byNode.get(node);
	if (rows) {
		const box = $("graph");
		box.scrollTop = rows[0].offsetTop - box.offsetTop - box.clientHeight / 3;
	}
}

function initGraph() {
	const box = $("graph");
	box.addEventListener("pointermove", e => {
		const row = e.target.closest(".line"), n = row && row.node;
		hover(n || null);
		if (n)
			nodeTip(e, n);
		else
			untip();
	});
	box.addEventListener("pointerleave", () => { hover(null); untip(); });
	box.addEventListener("click", e => {
		const row = e.target.closest(".line");
		if (row && row.node && row.node.kind === "call") {
			const n = row.node, room = (n.x1 - n.x0) * 0.03;
			zoomTo(n.x0 - room, n.x1 + room);
		}
	});
	$("copy").addEventListener("click", () => {
		const rule = " ------------------------------------------";
		const text = graph.lines.map(l => (l.switch ? `${rule}\n${l.text}\n${rule}\n` : l.head + l.text)).join("\n") + "\n";
		const done = () => { $("copy").textContent = "copied"; setTimeout(() => { $("copy").textContent = "copy"; }, 1200); };
		if (navigator.clipboard)
			navigator.clipboard.writeText(text).then(done, () => selectAll(box));
		else
			selectAll(box);
	});
}

// Without a clipboard the text is marked, ready for the user's own copy.
function selectAll(box) {
	const range = document.createRange();
	range.selectNodeContents(box);
	getSelection().removeAllRanges();
	getSelection().addRange(range);
}
