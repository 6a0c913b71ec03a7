# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
#
# The certified OpenID provider of npm as a provider of simple authentication (bash, after programs.sh and npm.sh, needs_npm done): tests/interop/ciba.mjs
# over TLS. Takes descriptors 7 and 8; it ends when 7 is closed, as it is at the end of the test.
unset http_proxy https_proxy HTTPS_PROXY ALL_PROXY all_proxy
# make_certificate NAME: NAME.pem and NAME.key for this machine.
make_certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.pem" -days 2 -subj "/CN=$1" \
		-addext subjectAltName=IP:127.0.0.1 2>/dev/null
}
# provider_begin CLIENT-JWKS WHERE: where it tells who somebody is, userinfo or id_token. Its port in $provider_port, its certificate in server.pem.
provider_begin() {
	[ -e server.pem ] || make_certificate server
	[ -p to ] || mkfifo to from
	node "$modules/ciba.mjs" server.pem server.key "$1" "$2" <to >from 2>provider.log &
	provider_pid=$!
	exec 7>to 8<from
	read -r -t 60 provider_port <&8 || { complain "no provider: $(head -c 500 provider.log)"; finish; }
}
provider_end() {
	exec 7>&- 8<&-
	wait "$provider_pid"
}
# on_phone WORD…: what happens there (ciba.mjs); the answer in $answer.
on_phone() { echo "$*" >&7; read -r -t 30 answer <&8 || complain "no answer to $*"; }
# provider_settings FILE KIND CLIENT METHOD [LINE…]: what a registry is told of it.
provider_settings() {
	printf '%s\n' 'label.ko = 시험 인증' 'label.en = a test provider' "kind = $2" "issuer = https://127.0.0.1:$provider_port" "client-id = $3" \
		"client-auth = $4" "ca-file = $PWD/server.pem" "${@:5}" >"$1"
}
