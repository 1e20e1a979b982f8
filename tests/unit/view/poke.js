// SPDX-License-Identifier: MIT
// poke.js - put behind the page's own program by check_html_chromium.sh: uses the page as a person would and writes down what it then shows.
(() => {
	const said = [], say = (name, value) => said.push(`${name}=${value}`);
	const key = (k, target) => (target || document.body).dispatchEvent(new KeyboardEvent("keydown", { key: k, bubbles: true, cancelable: true }));
	const click = e => e.dispatchEvent(new MouseEvent("click", { bubbles: true }));
	const filter = text => { $("filter").value = text; applyFilter(); return list.shown.map(p => p.number).join("."); };
	const point = (target, type) => target.dispatchEvent(new PointerEvent(type, { bubbles: true, clientX: 300, clientY: 300 }));

	key("Home");
	key("j");
	key("ArrowDown");
	key("k");
	say("moved", view.packet.number);
	say("filter-drop", filter("drop"));
	say("filter-not", filter("udp -drop :7"));
	say("filter-number", filter("#3"));
	say("filter-function", filter("fn:arp_rcv"));
	say("filter-time", filter(">1s"));
	filter("");
	$("sort").value = "stack";
	$("sort").dispatchEvent(new Event("change"));
	click($("turn"));
	say("sorted", list.shown.every((p, i) => !i || list.shown[i - 1].stack >= p.stack));
	click(document.querySelector(".row"));
	say("clicked", view.packet === list.shown[0]);

	show(byNumber.get(2));
	const whole = flame.to - flame.from;
	click(document.querySelector("#flame .call:nth-of-type(12)"));
	say("zoomed", flame.to - flame.from < whole);
	key("+", $("flame"));
	key("ArrowRight", $("flame"));
	key("Escape");
	say("unzoomed", flame.to - flame.from === whole);
	$("true-scale").checked = true;
	$("true-scale").dispatchEvent(new Event("change"));
	say("true-scale", flame.map.breaks.length);
	$("true-scale").checked = false;
	$("true-scale").dispatchEvent(new Event("change"));
	say("gaps", flame.map.breaks.length > 0);
	point(document.querySelector("#flame .call"), "pointermove");
	say("tip", $("tip").textContent.includes("took") && !$("tip").hidden);
	say("marked", document.querySelectorAll("#graph .hover").length > 0);
	point($("flame"), "pointerleave");
	click([...document.querySelectorAll(".room")].find(r => r.textContent.includes("ipv4")));
	say("room", document.querySelectorAll("#flame .picked").length > 5 && $("unlight").textContent.includes("ipv4"));
	click(document.querySelector("#steps li.seen button:not(:disabled)"));
	click($("unlight"));
	say("unlit", document.querySelectorAll("#flame .picked").length);
	for (const id of ["step-on", "step-on", "step-back"])
		click($(id));
	say("station", $("station").textContent.startsWith("station 1 of"));
	key("p");
	say("walks", house.timer !== 0 && house.at === 1);
	key("p");
	const first = house.stations[0].first.func.name, last = house.stations[house.stations.length - 1].first.func.name;
	say("way", `${first}>${last}`);
	const row = [...document.querySelectorAll(".field")].find(r => r.textContent.startsWith("Time to live"));
	point(row, "pointerenter");
	say("field", [...document.querySelectorAll(".hex-byte.on")].map(c => c.textContent).join(" "));
	const text = graph.lines.filter(l => !l.switch).map(l => l.head + l.text);
	const grammar = /^ ?\d+\) ([ +!#*@$] (\d{1,7}|\d+\.\d{1,3}) us +| {14})\|  ( *)([\w.]+\(\)(;| \{)|\}|\/\* .* \*\/)$/;
	const odd = text.find(l => !grammar.test(l));
	say("grammar", odd === undefined ? "true" : odd);
	say("braces", text.filter(l => l.endsWith("{")).length - text.filter(l => l.endsWith("}")).length);
	document.documentElement.dataset.poked = said.join(" ");
})();
