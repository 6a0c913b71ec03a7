#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# A bundle over HTTPS: taken in when it is newer, verified like any; a server that is another's, moves, or never ends changes nothing.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
[ -z "${SINBUN_SANITIZED:-}" ] || ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0
unset http_proxy https_proxy HTTPS_PROXY ALL_PROXY all_proxy
make_registry
make_card
wants 0 admin bundle --out bundle.jwt
root=$registry/pki/root.pem
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 2 -subj '/CN=a test authority' \
	-addext basicConstraints=critical,CA:TRUE 2>/dev/null
# certify NAME ADDRESS: NAME.pem and NAME.key of a server with this address.
certify() {
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$1" 2>/dev/null
	openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out "$1.pem" -extfile <(echo "subjectAltName=$2") 2>/dev/null
}
certify server IP:127.0.0.1
certify stranger DNS:elsewhere.example
# start NAME: the server with that certificate; its port in $port. It ends when descriptor 7 is closed.
start() {
	mkfifo "$1.in"
	"$SINBUN_BUILDDIR/tests/lib/https-server" "$1.pem" "$1.key" published.jwt <"$1.in" >"$1.port" &
	eval "exec $2>$1.in"
	for _ in $(seq 200); do [ -s "$1.port" ] && break; sleep 0.05; done
	port=$(cat "$1.port")
}
cp bundle.jwt published.jwt
start stranger 8
elsewhere=https://127.0.0.1:$port
start server 7
base=https://127.0.0.1:$port

# --- by desk.conf, with an authority of one's own ---
mkdir -p "$desk"
wants 2 verify update
says '.error == "usage" and .field == "--bundle"'
wants 8 verify update --url $base/file --root "$root"
says '.error == "network" and (.message | contains("bundle-ca"))'
printf '%s\n' "bundle-url = $base/file" "bundle-ca = $PWD/ca.pem" >"$desk/desk.conf"
wants 3 verify update
says '.error == "no_root"'
wants 0 verify update --root "$root"
says '.unchanged == false and .lists == 1'
show a --fields basic
wants 0 verify scan a.txt
# Nothing new: the server is asked for what is newer, and says so.
: >requests
wants 0 verify update
says '.unchanged == true'
grep -q '^If-None-Match: ' requests && grep -q '^If-Modified-Since: Tue, 24 Nov 2026' requests || complain "asked for: $(cat requests)"
# Another address is asked without conditions.
: >requests
wants 0 verify update --url $base/moved
says '.unchanged == false'
! grep -q '^If-' requests || complain "asked for: $(cat requests)"
# A revocation gets here.
wants 0 admin suspend --officer o1 --card "$card" --reason lost
sleep 1.1
wants 0 admin bundle --out published.jwt
wants 0 verify update
says '.unchanged == false'
show b --fields basic
refused suspended b.txt
# An older one on the server, although newer than the last answer.
cp bundle.jwt published.jwt
wants 4 verify update
says '.error == "bundle_older"'
refused suspended b.txt
# Altered, another's, no bundle.
sed 's/..........$/AAAAAAAAAA/' bundle.jwt >published.jwt
wants 4 verify update
says '.error | startswith("bundle_")'
echo '<html>not found</html>' >published.jwt
wants 4 verify update
says '.error == "bundle_malformed"'
refused suspended b.txt

# --- servers ---
# fails ERROR URL: the network's failure, and the desk still judges by what it has.
fails() {
	wants 8 verify update --url "$2"
	says ".error == \"$1\" and .field == \"--url\""
}
fails network "$elsewhere/file"
fails network https://127.0.0.1:1/file
fails network $base/round
[ "$(grep -c 'GET /round' requests)" -le 4 ] || complain "$(grep -c 'GET /round' requests) redirects followed"
fails network $base/plain
fails network $base/cut
fails http_status $base/nothing
fails network $base/endless
fails network https://no-such-host.invalid/file
wants 2 verify update --url http://127.0.0.1:$port/file
wants 2 verify update --url file:///etc/passwd
wants 2 verify update --url $base/file --bundle bundle.jwt
refused suspended b.txt
# A bundle that expires on the desk does not open the way to an older one.
if [ -z "${SINBUN_SANITIZED:-}" ]; then
	wants 0 admin bundle --out long.jwt --days 30
	sleep 1.1
	wants 0 admin bundle --out short.jwt --days 1
	wants 0 verify update --bundle short.jwt
	got=0
	LD_PRELOAD=$SINBUN_BUILDDIR/tests/lib/.libs/other-clock.so OTHER_CLOCK=200000 sinbun-verify --home "$desk" --json update --bundle long.jwt >out || got=$?
	[ "$got" = 4 ] || complain "exit code $got"
	says '.error == "bundle_older"'
fi
exec 7>&- 8>&-
wait
finish
