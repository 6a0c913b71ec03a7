#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Two mdoc libraries from npm (package.json, pinned) against ours: they accept what is presented here and refuse every altered form, and
# what they issue and present is accepted here and refused when it is altered.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/npm.sh"
needs_foreign_hosts
needs_npm
theirs() { node "$modules/mdoc.mjs" "$@"; }
client=x509_san_dns:rp.example uri=https://rp.example/cb
read_mdoc() { "$SINBUN_BUILDDIR/tests/lib/read-mdoc" root.pem "$1" "$client" "${2:-N-1}" "$uri"; }

# --- they verify what is presented here ---
mkdir other && (cd other && "$SINBUN_BUILDDIR/tests/lib/make-mdoc" a b c)
"$SINBUN_BUILDDIR/tests/lib/make-mdoc" "$client" N-1 "$uri" || complain "make-mdoc"
cp other/root.pem other-root.pem
wants 0 theirs verify .
for name in auth0 owf; do
	says ".$name | .accepted and .type == \"kr.sinbun.resident.1\" and .elements == {name: \"홍시험\", birth_date: \"1990-01-01\"}"
	says ".$name | .refused == 16 and .altered_accepted == [] and .other_values == 0"
	jq -r --arg n "$name" '.[$n] | "\($n): accepted ours; refused \(.refused) altered forms; of \(.bytes) single changes \(.bytes - .tolerated) refused, \(.other_values) showed another value"' out
done
wants 0 theirs issued .

# --- and what they issue and present is verified here ---
wants 0 theirs make .
for name in auth0 owf; do
	wants 0 read_mdoc "$name.response"
	says '.docType == "kr.sinbun.resident.1" and .elements["kr.sinbun.resident.1"] == {name: "홍시험", birth_date: "1990-01-01"}'
	wants 1 read_mdoc "$name.response" N-2
	n=0
	for form in "$name".altered.*; do
		wants 1 read_mdoc "$form"
		grep -q '^refused: [A-Z_]*: ' err || complain "refused without a reason: $form"
		n=$((n + 1))
	done
	[ "$n" = 14 ] || complain "$n altered forms of $name, not 14"
	echo "$name: theirs accepted; $((n + 1)) altered forms refused"
done

# --- what the registrar's program issued ---
command -v pkcs11-tool >/dev/null || finish
make_registry
make_card
SINBUN_CONF=$phone/sinbun.conf pkcs11-tool --module "$SINBUN_MODULE" --token-label mobile-id --login --pin $PIN \
	--read-object --type data --label mdoc:resident -o issued >/dev/null 2>&1
cp "$registry/pki/root.pem" root.pem
wants 0 theirs issued .
cp other-root.pem root.pem
wants 1 theirs issued .

# --- and what the resident's program presents ---
sinbun present --help | grep -q -- --request || finish
jq -n --arg u $uri '{client_id: ("redirect_uri:" + $u), response_type: "vp_token", response_mode: "direct_post", response_uri: $u, nonce: "N-1",
	state: "s", dcql_query: {credentials: [{id: "m", format: "mso_mdoc", meta: {doctype_value: "kr.sinbun.resident.1"},
	claims: [{path: ["kr.sinbun.resident.1", "name"]}, {path: ["kr.sinbun.resident.1", "age_over_19"]}]}]}}' >rq.json
wants 0 holder present --request rq.json --consent all --out vp.json
"$SINBUN_BUILDDIR/tests/lib/make-mdoc" "redirect_uri:$uri" N-1 "$uri" # its transcript
jq -r '.vp_token.m[0]' vp.json | tr _- /+ | base64 -di >response 2>/dev/null
cp "$registry/pki/root.pem" root.pem
wants 0 theirs verify .
for name in auth0 owf; do
	says ".$name | .accepted and .elements == {name: \"홍시험\", age_over_19: true} and .altered_accepted == [] and .other_values == 0"
done
finish
