#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# A desk whose root vouches for an issuer that signs what it should not: the signatures hold, and still nothing strange passes, each for its
# reason. Beside each kind stands one that is in order and is taken, so that the others are refused for what is wrong with them.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
client=redirect_uri:https://rp.example/cb
tried=0

cat >cases <<'X'
bundle good ok
bundle bomb bundle_malformed
bundle cut-list bundle_malformed
bundle three-bits bundle_malformed
bundle crit bundle_malformed
bundle none bundle_malformed
bundle alg-9 bundle_malformed
bundle der bundle_malformed
bundle no-signature bundle_malformed
bundle other-kind bundle_malformed
bundle duplicate bundle_malformed
bundle root-in-chain bundle_malformed
bundle too-many bundle_malformed
bundle signer-is-root bundle_malformed
bundle stranger bundle_untrusted
bundle signer-of-a-stranger bundle_untrusted
bundle list-of-a-stranger bundle_untrusted
bundle expired bundle_expired
qr good ok
qr alg-9 malformed
qr alg-twice malformed
qr crit malformed
qr der malformed
qr untagged malformed
qr cwt-tag malformed
qr other-kind malformed
qr duplicate malformed
qr deep malformed
qr indefinite malformed
qr float malformed
qr redacted malformed
qr trailing malformed
qr oversized malformed
qr no-status malformed
qr status-of-another-kind malformed
qr index-negative malformed
qr index-out-of-range status_missing
qr unknown-type malformed
qr unknown-claim malformed
qr outlives malformed
qr other-audience wrong_audience
qr other-device holder_mismatch
qr expired expired
qr stranger unknown_issuer
mdoc good ok
mdoc short-salt malformed
mdoc duplicate malformed
mdoc deep malformed
mdoc alg-9 malformed
mdoc crit malformed
mdoc der malformed
mdoc tagged malformed
mdoc no-tag-24 malformed
mdoc root-in-chain malformed
mdoc sha-1 malformed
mdoc twice malformed
mdoc unknown-element malformed
mdoc wrong-doctype malformed
mdoc digest-mismatch altered
mdoc unreferenced altered
mdoc signer-is-root unknown_issuer
mdoc stranger unknown_issuer
mdoc other-device holder_mismatch
mdoc not-yet not_yet_valid
mdoc expired expired
mdoc no-status status_missing
mdoc status-of-another-kind malformed
mdoc index-negative malformed
mdoc index-out-of-range status_missing
sdjwt good ok
sdjwt short-salt malformed
sdjwt duplicate malformed
sdjwt deep malformed
sdjwt none malformed
sdjwt alg-9 malformed
sdjwt crit malformed
sdjwt kb-crit malformed
sdjwt kb-typ malformed
sdjwt der malformed
sdjwt no-signature malformed
sdjwt other-kind malformed
sdjwt root-in-chain malformed
sdjwt sha-1 malformed
sdjwt twice altered
sdjwt digest-repeated malformed
sdjwt clash malformed
sdjwt hidden-exp malformed
sdjwt unknown-element malformed
sdjwt unreferenced altered
sdjwt signer-is-root unknown_issuer
sdjwt stranger unknown_issuer
sdjwt other-device holder_mismatch
sdjwt no-binding holder_mismatch
sdjwt other-audience wrong_audience
sdjwt other-nonce wrong_challenge
sdjwt expired expired
sdjwt no-status status_missing
sdjwt status-of-another-kind malformed
sdjwt index-negative malformed
sdjwt index-out-of-range status_missing
qr escape ok
mdoc escape ok
sdjwt escape ok
X
cut -d' ' -f1,2 cases | "$SINBUN_BUILDDIR/tests/lib/hostile-issuer" "$client" N-1 https://rp.example/cb || complain 'the issuer'
when=$(date -u +%FT%TZ) # all of them together take longer than a code lives
# request FILE FORMAT META PATH
request() {
	jq -n --arg c "$client" "{client_id:\$c,response_type:\"vp_token\",response_mode:\"direct_post\",response_uri:\"https://rp.example/cb\",nonce:\"N-1\",
		dcql_query:{credentials:[{id:\"q\",format:\"$2\",meta:$3,claims:[{path:$4}]}]}}" >"$1"
}
request mdoc.json mso_mdoc '{doctype_value:"kr.sinbun.resident.1"}' '["kr.sinbun.resident.1","name"]'
request sdjwt.json dc+sd-jwt '{vct_values:["urn:sinbun:resident:1"]}' '["name"]'

# A desk of its own for each answer: none is a replay of another.
mkdir "$desk"
wants 0 verify update --bundle bundle-good --root root.pem
judge() {
	case $1 in
	bundle) verify update --bundle "$1-$2" ;;
	qr) verify scan "$1-$2" --at "$when" ;;
	*) verify check "$1-$2" --request "$1.json" --at "$when" ;;
	esac
}
while read -r kind name reason; do
	tried=$((tried + 1)) got=0
	rm -rf "$desk-kept" && cp -r "$desk" "$desk-kept"
	judge "$kind" "$name" >out 2>err || got=$?
	case $kind-$reason in
	*-ok) [ $got = 0 ] || complain "$kind $name: $got" ;;
	bundle-*)
		[ $got = 4 ] || complain "$kind $name: exit code $got"
		says ".error == \"$reason\""
		;;
	*)
		[ $got = 1 ] || complain "$kind $name: exit code $got"
		[ "$(jq -r .reason out)" = "$reason" ] || complain "$kind $name: $(jq -r .reason out), not $reason"
		says '.result == "refused" and .fields == {} and ([.presentations[]?.fields] | all(. == {}))'
		! grep -q 홍시험 out || complain "$kind $name: a name in a refusal"
		;;
	esac
	rm -rf "$desk" && mv "$desk-kept" "$desk"
done < <(grep -v ' escape ' cases)
echo "$tried cases"

# --- names that would talk to the terminal: shown, never obeyed ---
for kind in qr mdoc sdjwt; do
	case $kind in
	qr) said() { sinbun-verify --home "$desk" --lang en "${@}" scan qr-escape --at "$when"; } ;;
	*) said() { sinbun-verify --home "$desk" --lang en "${@}" check $kind-escape --request $kind.json --at "$when"; } ;;
	esac
	wants 0 said
	! grep -q $'\e\|\r\|\u202e' out || complain "$kind: a name reached the terminal as it is: $(cat -v out)"
	grep -q '?\[2J?\[31m홍시험??VALID?' out || complain "$kind: $(cat -v out)"
done
finish
