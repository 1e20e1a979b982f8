// SPDX-License-Identifier: MIT
// bytes.js - a packet's recorded bytes: hex beside the fields that the decoder found in them; the one lights up the other.
const LAYER_HUES = { Ethernet: 215, ARP: 35, IPv4: 140, ICMP: 12, UDP: 265, IGMP: 330, TCP: 190, IPv6: 100, Data: 0 };
const FIELD_MARKS = [null, { name: "right", sign: "\u2713" }, { name: "wrong", sign: "\u2715" }, { name: "unsure", sign: "?" }];

function fieldsOf(frame) {
	if (!frame.fields)
		return [];
	return frame.fields.split(";").map(text => {
		const [off, len, name, mark, value] = text.split(",").map(num), full = T.fields[name];
		return { off, len, layer: T.layers[full.charCodeAt(0) - 97], name: full.slice(1), mark: FIELD_MARKS[mark], value: W[value] };
	});
}

const bytesOf = frame => Uint8Array.from(atob(frame.bytes64), c => c.charCodeAt(0));

function setBytes(packet) {
	$("frames").replaceChildren(...packet.frames.map((f, i) => {
		const b = el("button", { type: "button", role: "tab", "aria-selected": "false", title: f.flow },
			`${DIRECTIONS[f.dir] || "seen"}${f.device ? " " + f.device : ""}`);
		b.addEventListener("click", () => drawBytes(packet, i));
		return b;
	}));
	if (packet.frames.length)
		drawBytes(packet, 0);
	else
		$("bytes").replaceChildren(el("p", { class: "dim" }, "No bytes of this packet were recorded."));
}

function drawBytes(packet, which) {
	const frame = packet.frames[which], fields = fieldsOf(frame), bytes = bytesOf(frame);
	[...$("frames").children].forEach((b, i) => b.setAttribute("aria-selected", i === which ? "true" : "false"));
	const cells = [];
	const hex = makeHex(bytes, fields, cells), table = makeFields(fields);
	const about = el("p", { class: "dim" }, `${frame.length} bytes ${DIRECTIONS[frame.dir] || "seen"}${frame.device ? " by " + frame.device : ""}` +
		`${frame.queue ? ", queue " + frame.queue : ""} at ${bootTime(frame.time)} s`);
	const cut = frame.have < frame.length ? el("p", { class: "notice warn" },
		`Only the first ${frame.have} of ${frame.length} bytes are in the trace.`) : null;
	const lightField = f => {
		for (const c of cells)
			c.classList.toggle("on", !!f && f.len > 0 && c.at >= f.off && c.at < f.off + f.len);
		for (const row of table.rows)
			row.classList.toggle("on", row.field === f);
	};
	for (const c of cells) {
		c.addEventListener("pointerenter", () => lightField(c.field || null));
		c.addEventListener("pointerleave", () => lightField(null));
	}
	for (const row of table.rows) {
		row.addEventListener("pointerenter", () => lightField(row.field));
		row.addEventListener("pointerleave", () => lightField(null));
		row.addEventListener("focus", () => lightField(row.field));
		row.addEventListener("blur", () => lightField(null));
	}
	$("bytes").replaceChildren(...[about, cut, hex, table.element].filter(e => e));
}

function makeHex(bytes, fields, cells) {
	const owner = new Array(bytes.length).fill(null);
	for (const f of fields)
		for (let i = f.off; i < f.off + f.len && i < bytes.length; i++)
			owner[i] = owner[i] && owner[i].len <= f.len ? owner[i] : f;
	const box = el("div", { class: "hex scroll-x", "aria-label": `${bytes.length} bytes in hex` });
	for (let at = 0; at < bytes.length; at += 16) {
		const row = el("div", { class: "hex-row" }, el("span", { class: "hex-at" }, at.toString(16).padStart(4, "0")));
		const text = el("span", { class: "hex-text" });
		for (let i = at; i < at + 16; i++) {
			if (i >= bytes.length) {
				row.append(el("span", { class: `hex-byte${i % 8 === 0 ? " half" : ""}` }));
				continue;
			}
			const f = owner[i], b = bytes[i];
			const cell = el("span", { class: `hex-byte${i % 8 === 0 ? " half" : ""}${f ? " owned" : ""}${f && f.mark ? " m-" + f.mark.name : ""}` },
				b.toString(16).padStart(2, "0"));
			const char = el("span", { class: "hex-char" }, b >= 32 && b < 127 ? String.fromCharCode(b) : "\u00b7");
			for (const c of [cell, char]) {
				c.at = i;
				c.field = f;
				if (f) {
					c.style.setProperty("--h", LAYER_HUES[f.layer] ?? 60);
					c.title = `${f.layer}: ${f.name}: ${f.value}`;
				}
				cells.push(c);
			}
			row.append(cell);
			text.append(char);
		}
		row.append(text);
		box.append(row);
	}
	return box;
}

function makeFields(fields) {
	const rows = [], element = el("div", { class: "fields" });
	let layer = null;
	for (const f of fields) {
		if (f.layer !== layer) {
			layer = f.layer;
			const h = el("h4", {}, layer);
			h.style.setProperty("--h", LAYER_HUES[layer] ?? 60);
			element.append(h);
		}
		const row = el("div", { class: `field${f.mark ? " m-" + f.mark.name : ""}`, tabindex: 0 }, el("span", { class: "field-name" }, f.name),
			el("span", { class: "field-value" }, f.mark ? el("i", { class: "sign", title: f.mark.name }, f.mark.sign) : null, f.value));
		row.style.setProperty("--h", LAYER_HUES[layer] ?? 60);
		row.field = f;
		rows.push(row);
		element.append(row);
	}
	return { element, rows };
}
