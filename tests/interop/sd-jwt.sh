#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# SD-JWT VC and Token Status List from npm (package.json, pinned) against ours: they accept what the resident's program presents, with the status
# list that the registrar publishes, and refuse every altered form, those too that a device or an issuer signed; the desk accepts what they
# issue and present, with their status list, and refuses every altered form of either.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/npm.sh"
needs_foreign_hosts
command -v pkcs11-tool >/dev/null || skip "no pkcs11-tool"
needs_npm
theirs() { node "$modules/sd-jwt.mjs" "$@"; }
asked() {
	jq -n '{client_id: "redirect_uri:https://rp.example/cb", response_type: "vp_token", response_mode: "direct_post",
		response_uri: "https://rp.example/cb", nonce: "N-1", state: "s", dcql_query: {credentials: [{id: "j", format: "dc+sd-jwt",
		meta: {vct_values: ["urn:sinbun:resident:1"]}, claims: [{path: ["name"]}, {path: ["birth_date"]}]}]}}'
}
# signs WHO TOKEN PIN ID HOME: FOLDER/sign-WHO signs with a key of that token.
signs() {
	cat >"ours/sign-$1" <<-X
		#!/bin/sh
		SINBUN_CONF='$5/sinbun.conf' exec pkcs11-tool --module '$SINBUN_MODULE' --token-label '$2' --login --pin '$3' --sign --mechanism ECDSA \\
			--id $4 --signature-format rs --input-file "\$1" --output-file "\$2"
	X
	chmod +x "ours/sign-$1"
}
publish() {
	wants 0 admin status publish --out published
	cp published/status.jwt ours
}
# altered FOLDER DESK: what the desk says of the altered forms that lie there.
altered() {
	local n=0 file reason name
	while IFS=$'\t' read -r file reason name; do
		wants 1 sinbun-verify --home "$2" --json check "$1/$file" --request "$1/request.json" --at "$when"
		jq -e --arg r "$reason" '.result == "refused" and .reason == $r and .fields == {}' out >/dev/null || complain "$1: not refused as $reason: $name"
		n=$((n + 1))
	done < <(jq -r '.[] | [.file, .reason, .name] | @tsv' "$1/forms.json")
	[ $n -ge 50 ] || complain "$n altered forms of $1"
	echo "$1: $n altered forms refused at the desk, each with its reason"
}
# refused_by_them FOLDER
refused_by_them() {
	wants 0 theirs refuse "$1"
	says '.accepted and .passed == [] and .lists_passed == [] and .lists == 12 and .characters.other_values == 0'
	says '.refused_by.library + .refused_by.user + (.tolerated | length) == .forms + .lists'
	# The last character of a signature has four bits that stand for nothing; only strict decoders look at them.
	says '.characters | .tried > 1000 and .tolerated <= 2'
	jq -r --arg n "$1" '"\($n): of \(.forms) altered forms and \(.lists) altered lists \(.refused_by.library) refused by the library, \(.refused_by.user) by what it leaves to its user",
		"    of \(.characters.tried) single changes \(.characters.tried - .characters.tolerated) refused, \(.characters.other_values) showed another value",
		(.characters.where | to_entries[] | "    tolerated: \(.value) change in \(.key): spare bits of the last character"),
		(.tolerated | to_entries[] | "    tolerated: \(.key): \(.value)")' out
}

# --- another issuer, and what the registrar and the resident have ---
mkdir other ours theirs
(cd other && "$SINBUN_BUILDDIR/tests/lib/make-mdoc" a b c) || complain make-mdoc
(cd theirs && "$SINBUN_BUILDDIR/tests/lib/make-mdoc" a b c) || complain make-mdoc
for side in ours theirs; do
	asked >$side/request.json
	cp other/root.pem $side/other-root.pem
	cp other/signer.pem $side/other-signer.pem
done
make_registry
make_card
make_desk
cp "$registry/pki/root.pem" ours
signs device mobile-id $PIN 01 "$phone"
signs signer issuer issuer-passphrase 02 "$registry"

# --- they verify what is presented here, and refuse it altered; so does the desk ---
publish
wants 0 holder present --request ours/request.json --consent all --out ours/vp.json
when=$(date -u +%FT%TZ) # looking at all the altered forms may take longer than an answer lives
wants 0 theirs verify ours
says '.shown == {name: "홍시험", birth_date: "1990-01-01"}'
refused_by_them ours
altered ours "$desk"
wants 0 verify check ours/vp.json --request ours/request.json --at "$when"
# The whole card shown: all of its elements, and no other claim.
jq '.dcql_query.credentials[0].claims |= [("name", "birth_date", "rrn", "address", "issue_date", "authority", "age_over_19") | {path: [.]}]' ours/request.json >ours/all.json
wants 0 holder present --request ours/all.json --consent all --out ours/vp.json
wants 0 theirs verify ours
says '.shown | keys == ["address", "age_over_19", "authority", "birth_date", "issue_date", "name", "rrn"] and .rrn == "900101-1000000"'

# --- by the list that the registrar publishes: suspended, taken back, revoked ---
wants 0 admin suspend --officer o1 --card "$card" --reason lost
publish
wants 1 theirs verify ours
says '.by == "library" and .why == "Status is not valid"'
wants 0 admin resume --officer o1 --card "$card"
publish
wants 0 theirs verify ours
wants 0 admin revoke --officer o1 --card "$card" --reason reissued
publish
wants 1 theirs verify ours
says '.by == "library" and .why == "Status is not valid"'

# --- the desk verifies what they issue and present, by their list ---
wants 0 theirs make theirs
when=$(date -u +%FT%TZ)
bundles=$(jq '.bundles | length' out)
for ((i = 0; i < bundles; i++)); do
	wants 4 sinbun-verify --home theirs/desk --json update --bundle theirs/bundle.$i.jwt --root theirs/root.pem
done
[ "$bundles" = 10 ] && echo "theirs: $bundles altered bundles and lists not taken in"
wants 0 sinbun-verify --home theirs/desk --json update --bundle theirs/bundle.jwt --root theirs/root.pem
refused_by_them theirs
altered theirs theirs/desk
wants 0 sinbun-verify --home theirs/desk --json check theirs/vp.json --request theirs/request.json --at "$when"
says '.result == "valid" and .status == "valid" and .fields == {name: "홍시험", birth_date: "1990-01-01"} and .presentations[0].format == "dc+sd-jwt"'
for state in suspended revoked; do
	wants 1 sinbun-verify --home theirs/desk --json check theirs/$state.json --request theirs/request.json --at "$when"
	says ".reason == \"$state\" and .fields == {}"
done
# Another desk does not know their issuer.
wants 1 verify check theirs/vp.json --request theirs/request.json
says '.reason == "unknown_issuer" and .fields == {}'
finish
