#!/bin/bash
# SPDX-License-Identifier: MIT
#
# check_html_chromium: the page in a browser without a screen. It must run without an error, list the packets, and take hostile names for text.
set -u
top_builddir=${top_builddir:-.}
make_page=$top_builddir/tests/unit/view/make_page
n=0
failed=0
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# ok WHAT CONDITION...
ok()
{
	local what=$1
	n=$((n + 1))
	shift
	if "$@"; then
		echo "ok $n - $what"
	else
		echo "not ok $n - $what"
		failed=1
	fi
}

# dom PAGE [FRAGMENT]: what the browser made of it
dom()
{
	timeout 120 "$browser" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --user-data-dir="$dir/profile" --virtual-time-budget=5000 \
		--window-size=1400,1800 --dump-dom "file://$1${2:-}" 2> "$dir/err"
}
has() { grep -qE -- "$2" "$1"; }
hasnt() { ! grep -qE -- "$2" "$1"; }

browser=
for b in chromium chromium-browser google-chrome; do
	command -v "$b" > /dev/null && browser=$b && break
done
if [ -z "$browser" ]; then
	echo "1..0 # SKIP no chromium, chromium-browser or google-chrome"
	exit 0
fi

"$make_page" 12 > "$dir/day.html" || exit 1
dom "$dir/day.html" > "$dir/day.dom"
ok "V7 the program runs to its end" has "$dir/day.dom" '<html [^>]*data-ready="12"'
ok "V7 without an error" hasnt "$dir/day.dom" '<html [^>]*data-error='
[ "$failed" = 0 ] || head -c 600 "$dir/day.dom" "$dir/err" | sed 's/^/# /'
ok "V7 every packet is in the list" [ "$(grep -oE 'id="row-[0-9]+"' "$dir/day.dom" | sort -u | wc -l)" = 12 ]
ok "V7 the flame chart has calls" [ "$(grep -oE '<g class="call[ "]' "$dir/day.dom" | wc -l)" -gt 20 ]
ok "V7 the graph has ftrace's lines" has "$dir/day.dom" '__netif_receive_skb_core\(\) \{'
ok "V7 windows of the house are lit" [ "$(grep -oE '<g class="window lit"' "$dir/day.dom" | wc -l)" -gt 8 ]
ok "F1 steps are seen" [ "$(grep -oE '<li class="seen"' "$dir/day.dom" | wc -l)" -ge 7 ]
ok "V7 the ledger counts" has "$dir/day.dom" 'dropped</button>'

dom "$dir/day.html" '#p=4' > "$dir/four.dom"
ok "V7 a packet can be asked for" has "$dir/four.dom" '<html [^>]*data-packet="4"'
ok "V7 a drop is told with its reason and sentence" has "$dir/four.dom" 'dropped: NO_SOCKET</b><span>no socket wants the datagram'
ok "V7 its bytes are decoded" has "$dir/four.dom" '10\.0\.0\.1:5000 &gt; 10\.0\.0\.2:9 UDP'
ok "V7 its checksums are judged" has "$dir/four.dom" 'class="field m-right"'

# used as a person would
{
	sed '/^<\/body>/,$d' "$dir/day.html"
	echo '<script>'
	cat "${top_srcdir:-.}/tests/unit/view/poke.js"
	printf '</script>\n</body>\n</html>\n'
} > "$dir/poked.html"
dom "$dir/poked.html" > "$dir/poked.dom"
poked=$(grep -oE 'data-poked="[^"]*"' "$dir/poked.dom" | sed 's/&gt;/>/g; s/^data-poked="//; s/"$//')
ok "V7 in use: without an error" hasnt "$dir/poked.dom" '<html [^>]*data-error='
for want in moved=2 filter-drop=4.6 filter-not=5.7.10 filter-number=3 filter-function=1.8 filter-time= sorted=true clicked=true zoomed=true unzoomed=true \
	true-scale=0 gaps=true tip=true marked=true room=true unlit=0 station=true walks=true 'way=do_IRQ>sock_recvmsg' field=40 grammar=true braces=0; do
	case " $poked " in
	*" $want "*) ok "V7 in use: $want" true ;;
	*) ok "V7 in use: $want, not $(echo "$poked" | tr ' ' '\n' | grep "^${want%%=*}=")" false ;;
	esac
done

"$make_page" 12 '</title><script>document.documentElement.dataset.error="hostile"</script>' > "$dir/bad.html" || exit 1
dom "$dir/bad.html" '#p=2' > "$dir/bad.dom"
ok "V7 hostile names: the program runs" has "$dir/bad.dom" '<html [^>]*data-ready="12"'
ok "V7 hostile names: they do not" hasnt "$dir/bad.dom" '<html [^>]*data-error='
ok "V7 hostile names: they are text" has "$dir/bad.dom" '&lt;/script&gt;&lt;script&gt;alert\(1\)&lt;/script&gt;'
ok "V7 hostile names: no element more" [ "$(grep -cE '<script' "$dir/bad.dom")" = 2 ]

"$make_page" 0 > "$dir/none.html" || exit 1
dom "$dir/none.html" > "$dir/none.dom"
ok "V7 a trace without packets" has "$dir/none.dom" '<html [^>]*data-ready="0"'
ok "V7 a trace without packets, without an error" hasnt "$dir/none.dom" '<html [^>]*data-error='

"$make_page" 10000 > "$dir/big.html" || exit 1
dom "$dir/big.html" '#p=9999' > "$dir/big.dom"
ok "V7 10000 packets" has "$dir/big.dom" '<html [^>]*data-packet="9999" [^>]*data-ready="10000"'
ok "V7 10000 packets: only the rows that are seen" [ "$(grep -oE 'id="row-[0-9]+"' "$dir/big.dom" | wc -l)" -lt 100 ]

echo "1..$n"
exit $failed
