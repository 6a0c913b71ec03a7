#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Java through SunPKCS11: keytool, signatures, and both ends of mutual TLS. Runs where a JDK is installed (openjdk-17-jdk-headless).
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/clients.sh"
command -v java >/dev/null && command -v javac >/dev/null && command -v keytool >/dev/null || skip "no JDK"
[ "$(java -version 2>&1 | sed -n '1s/[^"]*"\([0-9]*\).*/\1/p')" -ge 17 ] || skip "Java is older than 17"
getent hosts localhost >/dev/null || skip "no localhost here"
javac -d . "$SINBUN_SRCDIR/tests/interop/TokenClient.java" 2>javac.log || skip "no compiler: $(head -1 javac.log)"
client "Java $(java -version 2>&1 | sed -n '1s/[^"]*"\([^"]*\)".*/\1/p'), SunPKCS11"
export JAVA_TOOL_OPTIONS=-XX:TieredStopAtLevel=1 # starts sooner
configuration() { printf '%s\n' "name = $2" "library = $3" 'slotListIndex = 0' >"$1"; }
configuration sinbun.cfg sinbun "$SINBUN_MODULE"
echo "$PIN" >pin
key_tool() { run timeout 60 keytool -keystore NONE -storetype PKCS11 -providerClass sun.security.pkcs11.SunPKCS11 -providerArg sinbun.cfg -storepass:file pin "$@"; }
token_client() { run timeout 60 java -cp . TokenClient "$@"; }

make_service
# --- keytool ---
works 'service: what is there' key_tool -list
grep -q 'web, PrivateKeyEntry' out || complain "no entry: $(cat out)"
works 'service: a new key with its certificate' key_tool -genkeypair -alias made -keyalg EC -groupname secp256r1 -dname CN=made -validity 1
works 'service: a request' key_tool -certreq -alias made -file made.csr
openssl req -in made.csr -verify -noout >/dev/null 2>&1 || complain "keytool -certreq"
openssl x509 -req -in made.csr -CA ca.pem -CAkey ca.key -days 1 -out made.pem 2>/dev/null
cat made.pem ca.pem >chain.pem
works 'service: the certificate from the CA' key_tool -importcert -noprompt -alias made -file chain.pem
# Without a provider's name keytool makes RSA keys in its own memory and brings them in, which a token does only where sinbun.conf says `import = yes`.
refuses 'service: an RSA key made outside' 'CKR_ACTION_PROHIBITED' key_tool -genkeypair -alias rsa -keyalg RSA -keysize 2048 -dname CN=rsa -validity 1
works 'service: an RSA key' key_tool -providerName SunPKCS11-sinbun -genkeypair -alias rsa -keyalg RSA -keysize 2048 -dname CN=rsa -validity 1
works 'service: removed' key_tool -delete -alias rsa

# --- programs ---
serves() { serve server.log openssl s_server -accept @PORT@ -cert server.pem -key server.key -CAfile "$1" -Verify 2 -verify_return_error -www; }
meets() {
	works "$1: a signature" token_client sinbun.cfg pin "$key" sign
	grep -q 'signed and verified' out || complain "not signed"
	serves "$2"
	for version in 1.2 1.3; do
		works "$1: TLS $version with its certificate" token_client sinbun.cfg pin "$key" get "$port" ca.pem TLSv$version
		grep -q 'HTTP/1.0 200' out && grep -q "Subject:.*CN *= *$3" out || complain "no page: $(tail -3 err server.log)"
	done
	stop_all
}
meets service ca.pem service
free_port
java -cp . TokenClient sinbun.cfg pin web serve "$port" ca.pem >java.log 2>&1 &
pids="$pids $!"
for _ in $(seq 200); do grep -q listening java.log && break; kill -0 $! 2>/dev/null || break; sleep 0.05; done
printf 'GET / HTTP/1.0\r\n\r\n' >get
with_get() { run "$@" <get; }
works 'service: a server whose key is in the token' with_get openssl s_client -connect "127.0.0.1:$port" -CAfile ca.pem -verify_return_error -cert server.pem -key server.key -quiet -ign_eof
grep -q 'CN=localhost' out || complain "no answer: $(tail -3 java.log)"

# --- bad input ---
echo $WRONG >wrong
refuses 'wrong PIN' 'CKR_PIN' token_client sinbun.cfg wrong web sign
echo $WRONG >pin
refuses 'wrong PIN, keytool' 'rror' key_tool -list
echo "$PIN" >pin
lock_pin
refuses 'locked PIN' 'CKR_PIN' token_client sinbun.cfg pin web sign
refuses 'locked PIN, keytool' 'rror' key_tool -list
unlock_pin
hide_token
refuses 'missing token' 'Exception|rror' token_client sinbun.cfg pin web sign
refuses 'missing token, keytool' 'rror' key_tool -list
show_token
configuration twice.cfg twice "$SINBUN_MODULE"
works 'module loaded twice' token_client sinbun.cfg,twice.cfg pin web sign
cp "$SINBUN_MODULE" second.so
configuration second.cfg second "$here/second.so"
works 'module loaded twice, by another name' token_client sinbun.cfg,second.cfg pin web sign
[ "$(grep -c 'signed and verified' out)" = 2 ] || complain "not both: $(cat out)"
# It signs, the token goes, it is to sign again.
mkfifo lines
(exec >lines; for _ in $(seq 400); do grep -qs 'signed and verified' out && break; sleep 0.05; done; remove_token; echo; sleep 0.3; echo) &
pids="$pids $!"
signs_on() { token_client sinbun.cfg pin web sign <lines; }
refuses 'token removed in use' 'CKR_' signs_on
show_token
works 'and back again' token_client sinbun.cfg pin web sign

# --- the resident's card ---
make_resident
works 'resident: what is there' key_tool -list
grep -q 'authentication, PrivateKeyEntry' out || complain "no entry: $(cat out)"
cat "$registry/pki/root.pem" ca.pem >all.pem
meets resident all.pem "$card"
recorded
