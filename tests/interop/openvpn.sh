#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# OpenVPN: what it calls the certificates of a token (--show-pkcs11-ids), and both ends of its TLS by such a name, without a network device. Where
# it is not installed (its package starts a daemon) it is fetched and unpacked beside the build.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/clients.sh"
bin= libraries=
if ! command -v openvpn >/dev/null; then
	unpack openvpn openvpn libpkcs11-helper1 libnl-3-200 libnl-genl-3-200 liblzo2-2 liblz4-1 libcap-ng0
	bin=$unpacked/usr/sbin/
fi
vpn() { as_typed openvpn "$@" >"$here/ran"; LD_LIBRARY_PATH=$libraries timeout 60 "${bin}openvpn" "$@"; }
vpn --version >version 2>&1
grep -q PKCS11 version || skip "OpenVPN does not run here: $(head -1 version)"
client "$(sed -n '1s/^\(OpenVPN [0-9.]*\).*/\1/p' version)"
make_service
ids() { vpn --show-pkcs11-ids "$SINBUN_MODULE"; }
# id_of: the name of the certificate, in ./out, as in its manual.
id_of() { sed -n "/DN: *CN=$1/,/Serialized/s/.*Serialized id: *//p" out; }
works 'service: certificates and their names' ids
service_id=$(id_of service)
[[ "$service_id" == */service/01 ]] || complain "no name: $(cat out)"

# --- a tunnel between two that are here, to nowhere: the one has its key in a file, the other in the token, and asks for the PIN ---
cp ca.pem authorities.pem
# other_end: the one with a file.
other_end() {
	for _ in 1 2 3; do
		free_port; here_port=$port
		free_port; there_port=$port
		(LD_LIBRARY_PATH=$libraries exec timeout 100 "${bin}openvpn" --dev null --proto udp --local 127.0.0.1 --lport "$there_port" --remote 127.0.0.1 --rport "$here_port" \
			--tls-server --dh none --ca authorities.pem --cert server.pem --key server.key --cipher AES-256-GCM) >server.log 2>&1 </dev/null &
		pids="$pids $!"
		for _ in $(seq 200); do grep -q 'link remote' server.log && return; kill -0 $! 2>/dev/null || break; sleep 0.05; done
	done
	complain "no other end: $(tail -3 server.log)"
}
done='Initialization Sequence Completed'
# command_line ID [SECOND-MODULE]
command_line() {
	words=(--dev null --proto udp --local 127.0.0.1 --lport "$here_port" --remote 127.0.0.1 --rport "$there_port" --tls-client --tls-exit --ca ca.pem
		--cipher AES-256-GCM --pkcs11-providers "$SINBUN_MODULE" ${2:+"$2"} --pkcs11-id "$1")
	as_typed openvpn "${words[@]}" | sed 's/port [0-9]*/port PORT/g' >ran
}
dial() { LD_LIBRARY_PATH=$libraries on_terminal 0 "$@" -- timeout 60 "${bin}openvpn" "${words[@]}"; }
# connects WHAT ID [SECOND-MODULE]: up to the end, where it is told to stop as from a keyboard.
connects() {
	local before=$failures
	command_line "$2" ${3:+"$3"}
	dial "Enter $token token Password:" "hidden:$PIN
" "$done" $'\x03'
	[ "$failures" != "$before" ] || row "$1" '' works
}
# fails WHAT PATTERN [EXPECT SEND]…: on a terminal, against an end that is new.
fails() {
	local got=0
	stop_all
	other_end
	command_line "$service_id"
	LD_LIBRARY_PATH=$libraries "$SINBUN_BUILDDIR/tests/lib/on-terminal" "${@:3}" -- timeout 60 "${bin}openvpn" "${words[@]}" >out 2>err </dev/null || got=$?
	sed -i 's/^20[0-9-]* [0-9:]* //' out
	: >err
	told "$1" "$2" $got ''
}
knows() { grep -q "\[$1\] Peer Connection Initiated" server.log || complain "the other end does not know who: $(tail -3 server.log)"; }
other_end
connects 'service: a tunnel by its certificate' "$service_id"
knows service
stop_all
other_end
cp "$SINBUN_MODULE" second.so
connects 'module loaded twice, by another name' "$service_id" "$here/second.so"
knows service

# --- bad input ---
prompt='Enter service token Password:'
typed="hidden:$PIN
"
fails 'wrong PIN: it asks again' '^Enter service token Password:' "$prompt" "hidden:$WRONG
" "$prompt" "$typed" "$done" $'\x03'
unlock_pin
lock_pin
fails 'locked PIN' 'TLS Error: TLS handshake failed' "$prompt" "$typed"
unlock_pin
hide_token
works 'missing token: certificates and their names' ids
! grep -q 'Serialized' out || complain "names all the same"
insert='Please insert service token'
fails 'missing token: it asks for it, and goes on when it is there' "$insert" "$insert" "run:mv $tokens.away $tokens" '' 'hidden:ok
' "$prompt" "$typed" "$done" $'\x03'
fails 'token removed in use' 'handshake failed' "$prompt" "run:$(removal)" '' "$typed"
show_token
stop_all
other_end
connects 'and back again' "$service_id"
knows service
stop_all

# --- the resident's card ---
make_resident
works 'resident: certificates and their names' ids
resident_id=$(sed -n 's/.*Serialized id: *//p' out)
cat "$registry/pki/root.pem" ca.pem >authorities.pem
other_end
connects 'resident: a tunnel by its certificate' "$resident_id"
knows "$card"
stop_all
recorded
