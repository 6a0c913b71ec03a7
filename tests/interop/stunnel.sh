#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# stunnel at both ends: in front of a server with the token's certificate as a client's, and as a server whose key is in the token. Where it is not
# installed (its package starts a daemon) it is fetched and unpacked beside the build.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/clients.sh"
openssl engine pkcs11 >/dev/null 2>&1 || skip "OpenSSL has no pkcs11 engine"
bin= libraries=
if ! command -v stunnel >/dev/null; then
	unpack stunnel stunnel4 libwrap0
	bin=$unpacked/usr/bin/
fi
stunnel() { LD_LIBRARY_PATH=$libraries exec timeout 60 "${bin}stunnel" "$@"; }
(stunnel -version) >version 2>&1 || skip "stunnel does not run here: $(head -1 version)"
client "$(sed -n 's/.*\(stunnel [0-9.]*\) .*/\1/p' version | head -1), engine pkcs11"
make_service
printf 'GET / HTTP/1.0\r\n\r\n' >get
# configuration FILE SERVICE-LINE…: what is the same for all.
configuration() {
	printf '%s\n' foreground=yes pid= syslog=no debug=5 engine=pkcs11 "engineCtrl=MODULE_PATH:$SINBUN_MODULE" "engineCtrl=PIN:$PIN" '[web]' engineId=pkcs11 \
		"cert=pkcs11:token=$token;object=$key;type=cert" "key=pkcs11:token=$token;object=$key;type=private" "${@:2}" >"$1"
}
# start LOG CONFIGURATION: @PORT@ in it is where it listens. Its port in $tunnel, its pid in $stunnel.
start() {
	for _ in 1 2 3 4 5; do
		free_port
		tunnel=$port
		sed "s/@PORT@/$port/" "$2" >now.conf
		(stunnel now.conf) >"$1" 2>&1 </dev/null &
		stunnel=$! pids="$pids $!"
		until_open "$tunnel" $stunnel && return
		grep -q 'in use' "$1" || break
	done
	return 1
}
# starts: for a stunnel that ends at once because of its token.
starts() {
	as_typed stunnel stunnel.conf >ran
	sed "s/@PORT@/$port/" client.conf >now.conf
	(stunnel now.conf)
}
ask() { run timeout 20 curl -sS "http://127.0.0.1:$tunnel/"; }
client_of() { configuration client.conf client=yes accept=127.0.0.1:@PORT@ "connect=127.0.0.1:$1" CAfile=ca.pem verifyChain=yes; }
# meets WHOSE CA SUBJECT: as a client, the certificate in the token.
meets() {
	serve server.log openssl s_server -accept @PORT@ -cert server.pem -key server.key -CAfile "$2" -Verify 2 -verify_return_error -www -num_tickets 0 -no_cache
	behind=$port
	client_of "$behind"
	start stunnel.log client.conf || complain "no stunnel: $(tail -5 stunnel.log)"
	works "$1: a page for those with a certificate, through stunnel" ask
	grep -q "CN *= *$3" out || complain "the server does not know who: $(head -5 out) $(tail -5 stunnel.log)"
}
command -v curl >/dev/null || skip "no curl"
meets service ca.pem service
row 'its configuration' stunnel.conf "$(sed 's/.*/`&`/' client.conf)"

# As a server: the key and its certificate in the token, a client with a certificate.
configuration server.conf accept=127.0.0.1:@PORT@ "connect=127.0.0.1:$tunnel" CAfile=ca.pem verifyChain=yes
meeting=$tunnel
start server-stunnel.log server.conf || complain "no stunnel: $(tail -5 server-stunnel.log)"
visit() { run timeout 20 curl -sS --cacert ca.pem --cert server.pem --key server.key "https://localhost:$server_tunnel/"; }
server_tunnel=$tunnel tunnel=$meeting
works 'service: a server whose key is in the token' visit
grep -q 'CN *= *service' out || complain "no page: $(tail -5 server-stunnel.log)"

# --- the token goes while both are running ---
remove_token
sleep 0.3 # it is noticed within an interval
refuses 'token removed in use: through stunnel' 'curl:' ask
grep -a -m1 'SSL_connect: .*Device removed' stunnel.log | sed 's/.*LOG3/LOG3/' >out
: >err
told 'token removed in use: its log' 'Device removed' 0 'cat stunnel.log'
refuses 'token removed in use: a server whose key was in it' 'curl:' visit
show_token
stop_all

# --- bad input ---
with_pin $WRONG client_of 1
refuses 'wrong PIN' 'PKCS#11 module::PIN' starts
unlock_pin
lock_pin
client_of 1
refuses 'locked PIN' 'PKCS#11 module::PIN' starts
unlock_pin
hide_token
refuses 'missing token' 'object not found' starts
show_token
meets 'and back again' ca.pem service
stop_all
# Two services of one configuration with one token.
client_of "$behind"
{ cat client.conf; sed -n '/^\[web\]/,$p' client.conf | sed "s/^.web.$/[second]/; s/@PORT@/@SECOND@/"; } >two.conf
free_port
sed -i "s/@SECOND@/$port/" two.conf
second=$port
serve server.log openssl s_server -accept @PORT@ -cert server.pem -key server.key -CAfile ca.pem -Verify 2 -verify_return_error -www
sed -i "s/^connect=.*/connect=127.0.0.1:$port/" two.conf
start stunnel.log two.conf && until_open "$second" $stunnel || complain "no stunnel: $(tail -5 stunnel.log)"
works 'the token in two services: the one' ask
tunnel=$second
works 'the token in two services: the other' ask
stop_all

# --- the resident's card ---
make_resident
cat "$registry/pki/root.pem" ca.pem >all.pem
meets resident all.pem "$card"
recorded
