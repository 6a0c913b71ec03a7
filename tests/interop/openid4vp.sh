#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# OpenID4VP by a library from npm (package.json, pinned): the resident's program answers the requests that the library signs, the library and the
# desk take the answer; every altered request is refused here, and by the library's own wallet unless it is named.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/npm.sh"
needs_foreign_hosts
command -v openssl >/dev/null || skip "no openssl"
needs_npm
theirs() { node "$modules/openid4vp.mjs" "$@"; }
# certificate NAME ISSUER SUBJECT EXTENSION: NAME.pem with NAME.key.pem, by ISSUER (or by itself).
certificate() {
	openssl ecparam -name prime256v1 -genkey -noout 2>/dev/null | openssl pkcs8 -topk8 -nocrypt -out "$1.key.pem"
	openssl req -new -key "$1.key.pem" -subj "/CN=$3" -out "$1.csr" 2>/dev/null
	printf '%s\n' "$4" >"$1.ext"
	local by=(-CA "$2.pem" -CAkey "$2.key.pem" -CAcreateserial)
	[ "$1" != "$2" ] || by=(-signkey "$1.key.pem")
	openssl x509 -req -in "$1.csr" "${by[@]}" -days 30 -sha256 -extfile "$1.ext" -out "$1.pem" 2>err || complain "openssl: $(cat err)"
}
ca=$'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign'
site=$'basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nsubjectAltName=DNS:rp.example'
certificate root root 'RP Root' "$ca"
certificate rp root '시험 사이트' "$site"
certificate other other 'Other Root' "$ca"
certificate stranger other 'rp.example' "$site"
make_registry
make_card
make_desk

wants 0 theirs make .
says '.good | length == 3 and all(.theirs == "taken")'
cp out made
refused=0
while IFS=$'\t' read -r file good field name; do
	root=(--rp-root root.pem)
	[ "$(head -c 1 "$file")" != '{' ] || root=() # nobody vouches for it
	if [ "$good" = true ]; then
		wants 0 holder present --request "$file" "${root[@]}" --consent all --out "$file.answer"
		wants 0 verify check "$file.answer" --request "$file"
		says '.result == "valid" and .fields == {name: "홍시험", age_over_19: true}'
		continue
	fi
	holder present --request "$file" "${root[@]}" --consent all --out answer >out 2>err
	code=$?
	[ $code = 1 ] || [ $code = 4 ] || complain "exit code $code: $name"
	jq -e --arg f "$field" '(.error == "bad_request" or .error == "untrusted_request") and .field == $f' out >/dev/null || complain "not refused for $field: $name"
	[ ! -e answer ] || complain "an answer: $name"
	refused=$((refused + 1))
done < <(jq -r '.[] | [.file, .good, .field // "-", .name] | @tsv' requests.json)
wants 0 theirs read .
says 'length == 3 and all(.presentations == {j: 1, m: 1} and (.stateless | not))'
jq -r --arg n $refused '"3 requests of the library answered, 3 answers taken by it and by the desk",
	"\($n) altered requests refused here, each for what is wrong in it; \(.refused_by_library) of them by the library", (.taken_by_library[] | "    taken by the library: \(.)")' made
finish
