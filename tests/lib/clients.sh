# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
#
# For tests of other people's programs with tokens of sinbun's (bash, after programs.sh). Each puts down what it ran and what its user saw in
# tests/interop/matrix beside the build; `make client-matrix` makes doc/clients.md of these.
needs_foreign_hosts
. "$SINBUN_SRCDIR/tests/lib/packages.sh"
command -v pkcs11-tool >/dev/null || skip "no pkcs11-tool to make tokens with"
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY
WRONG=111222 PUK=12345678 pids=
matrix=$SINBUN_BUILDDIR/tests/interop/matrix
stop_all() { for pid in $pids; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; done; pids=; }
# A test that is left half-way leaves no record.
trap 'stop_all; rm -rf "$here"' EXIT

# client NAME…: the program and its version. Written at the end, by `recorded`.
client() { printf '## %s\n\n| what | command | result |\n|---|---|---|\n' "$*" >"$here/matrix.md"; }
recorded() {
	[ "$failures" = 0 ] || finish
	mkdir -p "$matrix"
	cp matrix.md "$matrix/$(basename "$0" .sh).md"
	finish
}
# As a reader can use it: no directories of this machine, no numbers that differ each time.
readable() {
	tr '\n\r\t' '   ' | sed "s#$SINBUN_MODULE#\$MODULE#g; s#$SINBUN_BUILDDIR/module/.libs/##g; s#$SINBUN_BUILDDIR/tests/interop/packages/[^/]*/usr/s\{0,1\}bin/##g; s#$here/##g; s#$here#\$HOME#g
		s/timeout [0-9]* //; s/port [0-9]\{4,\}/port PORT/g; s/ [0-9]\{5\} / PORT /g; s/:[0-9]\{5\}\b/:PORT/g; s/pid [0-9]*/pid N/g; s/serial=[0-9a-f]\{16\}/serial=…/g; s,sinbun/sinbun/[0-9a-f]\{16\}/,sinbun/sinbun/…/,g; s/[0-9A-F]\{16\}:error:/…:error:/g
		s/|/\\\\|/g; s/  */ /g; s/ \$//" | cut -c1-360
}
# as_typed COMMAND…: with quotes where a shell needs them.
as_typed() {
	local word line=
	for word; do
		case $word in *[\;\?\*\(\)\&\ ]*) word="'$word'" ;; esac
		line="$line $word"
	done
	printf '%s' "${line# }"
}
# run COMMAND…: in a function that wraps a command: this is what the record shows.
run() { as_typed "$@" >"$here/ran"; "$@"; }
# row WHAT COMMAND RESULT
row() {
	local command=$2
	[ ! -s "$here/ran" ] || command=$(cat "$here/ran")
	printf '| %s | `%s` | %s |\n' "$1" "$(readable <<<"$command")" "$(readable <<<"$3")" >>"$here/matrix.md"
	rm -f "$here/ran"
}

# works WHAT COMMAND…: it does, output in ./out, errors in ./err.
works() {
	local what=$1 before=$failures
	shift
	wants 0 "$@"
	[ "$failures" != "$before" ] || row "$what" "$(as_typed "$@")" works
}
# shows WHAT PATTERN COMMAND…: whatever the exit code, this line is shown; no signal, no waiting for ever.
shows() {
	local what=$1 pattern=$2 got=0
	shift 2
	"$@" >out 2>err </dev/null || got=$?
	told "$what" "$pattern" "$got" "$(as_typed "$@")"
}
told() {
	local line
	[ "$3" -lt 124 ] || [ "$3" = 255 ] || complain "$1: exit code $3: $4 ($(head -c 300 err))"
	line=$(cat out err 2>/dev/null | tr '\r' '\n' | grep -a -m1 -E -- "$2") || {
		complain "$1: not a word of \"$2\": exit code $3: $4 ($(head -c 600 err))"
		return
	}
	row "$1" "$4" "exit $3: \`$(tr -d '\`' <<<"${line#"${line%%[![:space:]]*}"}")\`"
}
# refuses WHAT PATTERN COMMAND…: as `shows`, and it fails.
refuses() {
	local what=$1 pattern=$2 got=0
	shift 2
	"$@" >out 2>err </dev/null || got=$?
	[ "$got" != 0 ] || complain "$what: done all the same: $*"
	told "$what" "$pattern" "$got" "$(as_typed "$@")"
}

# make_ca: who signs the certificates of the service token and of the other side; server.pem and server.key are for localhost.
make_ca() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ca.key -subj '/CN=Test CA' -days 2 -out ca.pem 2>/dev/null
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout server.key -subj '/CN=localhost' -days 2 \
		-addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' -addext 'basicConstraints=critical,CA:FALSE' -CA ca.pem -CAkey ca.key -out server.pem 2>/dev/null ||
		complain "a certificate for localhost"
	cat >extensions <<-END
		basicConstraints=critical,CA:FALSE
		keyUsage=digitalSignature,keyAgreement
		extendedKeyUsage=clientAuth,serverAuth,emailProtection
		subjectAltName=DNS:localhost,IP:127.0.0.1,email:service@example.org
	END
}
tool() { pkcs11-tool --module "$SINBUN_MODULE" "$@"; }
# service_key ID LABEL TYPE SUBJECT: a key pair with a certificate of the CA's, LABEL.pem.
service_key() {
	wants 0 tool --token-label service --login --pin "$PIN" --keypairgen --key-type "$3" --id "$1" --label "$2"
	wants 0 tool --token-label service --read-object --type pubkey --id "$1" -o "$2.pub"
	openssl pkey -pubin -inform DER -in "$2.pub" -out "$2.pub.pem" 2>/dev/null || complain "the public key $2"
	openssl x509 -new -force_pubkey "$2.pub.pem" -subj "$4" -CA ca.pem -CAkey ca.key -days 2 -extfile extensions -out "$2.pem" 2>/dev/null ||
		complain "a certificate for $2"
	openssl x509 -in "$2.pem" -outform DER -out "$2.der"
	wants 0 tool --token-label service --login --pin "$PIN" --write-object "$2.der" --type cert --id "$1" --label "$2"
}
# make_service: a token of the profile `general` in ./service, with the key `web` and its certificate; make_card (programs.sh) makes the resident's.
make_service() {
	cheap service 'profile = general'
	on service
	make_ca
	wants 0 tool --init-token --label service --so-pin $PUK
	wants 0 tool --token-label service --login --login-type so --so-pin $PUK --init-pin --pin "$PIN"
	service_key 01 web EC:prime256v1 /CN=service
}
# on service|resident: the token that the client meets from now on.
on() {
	case $1 in
	service) SINBUN_CONF=$here/service/sinbun.conf token=service key=web id=01 ;;
	resident) SINBUN_CONF=$phone/sinbun.conf token=mobile-id key=authentication id=02 ;;
	esac
	tokens=${SINBUN_CONF%/*}/tokens
	export SINBUN_CONF
}
make_resident() { make_registry; make_card; on resident; }
lock_pin() { for _ in 1 2 3 4 5; do tool --token-label "$token" --login --pin $WRONG -O >/dev/null 2>&1; done; }
unlock_pin() {
	local puk=$PUK
	[ "$token" = service ] || puk=$(cat puk)
	wants 0 tool --token-label "$token" --login --login-type so --so-pin "$puk" --init-pin --pin "$PIN"
}
# Missing: not there yet when a client starts. Removed: for good, by its owner, while a client has it open. Either comes back with show_token.
hide_token() { mv "$tokens" "$tokens.away"; }
remove_token() {
	cp -a "$tokens" "$tokens.away"
	sinbun-admin --registry "${SINBUN_CONF%/*}" token remove "$(cd "$tokens" && echo ????????????????)" --yes --puk-fd 5 5<<<$PUK >removed 2>&1 ||
		complain "not removed: $(cat removed)"
}
# The same as a command of one word, for a program that waits on a terminal.
removal() {
	printf '#!/bin/bash\nSINBUN_CONF=%q tokens=%q here=%q PUK=%q\ncd "$here"\n' "$SINBUN_CONF" "$tokens" "$here" $PUK >"$here/removal"
	{ echo 'complain() { echo "$*" >&2; exit 1; }'; declare -f remove_token; echo remove_token; } >>"$here/removal"
	chmod +x "$here/removal"
	echo "$here/removal"
}
# at_prompt WHAT PATTERN [EXPECT SEND]… -- COMMAND…: `refuses` for a program on a terminal; SEND may be run:COMMAND (tests/lib/on-terminal.c).
at_prompt() {
	local what=$1 pattern=$2 got=0 dialogue=()
	shift 2
	while [ "$1" != -- ]; do dialogue+=("$1" "$2"); shift 2; done
	shift
	"$SINBUN_BUILDDIR/tests/lib/on-terminal" "${dialogue[@]}" -- "$@" >out 2>err </dev/null || got=$?
	[ "$got" != 0 ] || complain "$what: done all the same: $*"
	: >err
	told "$what" "$pattern" "$got" "$(as_typed "$@")"
}
show_token() { rm -rf "$tokens"; mv "$tokens.away" "$tokens"; }
# with_pin PIN COMMAND…: another PIN for one command.
with_pin() { local PIN=$1; shift; "$@"; }

# free_port: a port that nobody listens at, in $port. Somebody may come in between: whoever uses it tries again.
free_port() {
	for _ in 1 2 3 4 5 6 7 8 9; do
		port=$((20000 + RANDOM % 20000))
		(exec 3<>/dev/tcp/127.0.0.1/$port) 2>/dev/null || return 0
	done
}
# until_open PORT PID: it listens there; 1 if it ended first.
until_open() {
	for _ in $(seq 400); do
		(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
		kill -0 "$2" 2>/dev/null || return 1
		sleep 0.05
	done
	return 1
}
# serve LOG COMMAND…: a server on $port, in the background; @PORT@ in its arguments is the port. Its pid in $server.
serve() {
	local log=$1 arguments
	shift
	for _ in 1 2 3 4 5; do
		free_port
		arguments=("${@//@PORT@/$port}")
		"${arguments[@]}" >"$log" 2>&1 </dev/null &
		server=$!
		pids="$pids $server"
		until_open "$port" $server && return
	done
	complain "no server: $* ($(head -c 300 "$log"))"
	return 1
}
