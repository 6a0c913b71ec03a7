#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# NSS, which Firefox, Thunderbird and Chromium use: modutil adds the module, certutil lists and signs, tstclnt presents the certificate and selfserv
# serves with a key of the token's. Where the tools are not installed they are unpacked beside the build.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/clients.sh"
getent hosts localhost >/dev/null || skip "no localhost here"
libraries= bin=
if ! command -v modutil >/dev/null || ! command -v tstclnt >/dev/null; then
	unpack nss libnss3-tools libnss3 libnspr4
	bin=$unpacked/usr/bin/
fi
nss() { as_typed "$@" >ran; LD_LIBRARY_PATH=$libraries timeout 60 "$bin$@"; }
nss modutil -help >help 2>&1 || grep -q -- -add help || skip "NSS does not run here: $(head -1 help)"
version=$(grep -aoE 'Version: NSS [0-9.]+' "$(find ${unpacked:-/usr/lib} -name libnss3.so | head -1)" | head -1)
client "${version#Version: }"
make_service
: >empty
echo "$PIN" >pin
database() { mkdir "$1" && nss certutil -N -d "sql:$1" --empty-password; }
wants 0 database db
works 'adding the module' nss modutil -dbdir sql:db -add sinbun -libfile "$SINBUN_MODULE" -force
works 'its slots' nss modutil -dbdir sql:db -list sinbun
grep -q 'Token Name: service' out || complain "no token: $(cat out)"
works "the test's CA" nss certutil -A -d sql:db -n 'Test CA' -t CT,C,C -i ca.pem

works 'service: certificates' nss certutil -L -d sql:db -h service -f pin
grep -q 'service:web  *u,u,u' out || complain "no certificate with a key: $(cat out)"
works 'service: keys' nss certutil -K -d sql:db -h service -f pin
grep -q 'ec .*web' out || complain "no key: $(cat out)"
works 'service: a key pair and a request' nss certutil -R -d sql:db -h service -k ec -q nistp256 -s CN=made -z "$SINBUN_MODULE" -f pin -o request.der
openssl req -inform DER -in request.der -verify -noout >/dev/null 2>&1 || complain "certutil -R"

printf 'GET / HTTP/1.0\r\n\r\n' >get
connect() { nss tstclnt -d sql:db -h localhost -p "$port" -n "$token:$key" -W "${1:-pin}" -A get "${@:2}"; }
serves() { serve server.log openssl s_server -accept @PORT@ -cert server.pem -key server.key -CAfile "$1" -Verify 2 -verify_return_error -www; }
meets() {
	serves "$2"
	for version in 1.2 1.3; do
		works "$1: TLS $version with its certificate" connect pin -V tls$version:tls$version
		grep -q 'HTTP/1.0 200' out && grep -q "Subject:.*CN *= *$3" out || complain "no page: $(tail -3 err server.log)"
	done
}
meets service ca.pem service

# --- bad input ---
echo $WRONG >wrong
refuses 'wrong PIN' 'SEC_ERROR|rror' connect wrong
refuses 'wrong PIN, keys' 'SEC_ERROR|rror' nss certutil -K -d sql:db -h service -f wrong
lock_pin
refuses 'locked PIN' 'SEC_ERROR|rror' connect pin
refuses 'locked PIN, keys' 'SEC_ERROR|rror' nss certutil -K -d sql:db -h service -f pin
unlock_pin
hide_token
refuses 'missing token' 'Failed to load|rror' connect pin
refuses 'missing token, keys' 'no keys found' nss certutil -K -d sql:db -h service -f pin
show_token
works 'and back again' connect pin
LD_LIBRARY_PATH=$libraries at_prompt 'token removed in use' 'SEC_ERROR|rror' 'Enter Password' "run:$(removal)" '' "$PIN
" -- "${bin}certutil" -K -d sql:db -h service
show_token
cp "$SINBUN_MODULE" second.so
works 'module loaded twice, by another name' nss modutil -dbdir sql:db -add second -libfile "$here/second.so" -force
works 'module loaded twice: with its certificate' connect pin
stop_all

# --- the resident's card ---
make_resident
wants 0 database phone-db
mv db service-db && mv phone-db db
wants 0 nss modutil -dbdir sql:db -add sinbun -libfile "$SINBUN_MODULE" -force
wants 0 nss certutil -A -d sql:db -n 'Test CA' -t CT,C,C -i ca.pem
wants 0 nss certutil -A -d sql:db -n 'Issuer' -t CT,C,C -i "$registry/pki/root.pem"
# Its certificates are for everybody, and it says so (CKP_PUBLIC_CERTIFICATES_TOKEN): no PIN is asked for.
works 'resident: what the certificate is good for, without a PIN' nss certutil -V -d sql:db -n mobile-id:authentication -u C
works 'resident: keys' nss certutil -K -d sql:db -h mobile-id -f pin
cat "$registry/pki/root.pem" ca.pem >all.pem
meets resident all.pem "$card"
recorded
