#!/bin/bash
# SPDX-License-Identifier: MIT
#
# self.sh: the ground that the other tests here stand on: the namespace is private and empty, and a TAP device can be made in it.
# shellcheck source=tests/netns/ns.sh
. "$(dirname "$0")/ns.sh"
ns_enter "$@"

tap_ok "the network namespace holds nothing but lo" [ "$(ip -o link | grep -vcE '(tunl|gre|gretap|erspan|ip_vti|ip6_vti|sit|ip6tnl|ip6gre|lo)[0-9]*(@|:)')" = 0 ]
tap_ok "the process namespace is private" [ $$ = 1 ]
tap_ok "127.0.0.1 answers" ping -c 1 -W 2 127.0.0.1
if [ -w /dev/net/tun ]; then
	tap_ok "a TAP device can be made" ip tuntap add dev gn-self mode tap
else
	tap_skip "a TAP device can be made" "no /dev/net/tun that this user may open"
fi
tap_done
