#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Files between the parties that are cut short, altered, somebody else's or late: refused, named, and nothing half stored.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
cheap "$phone"

# What a phone holds, as an observer sees it: number and names of its objects after login.
holds() {
	[ -z "${SINBUN_SANITIZED:-}" ] || { echo "not to be seen through a foreign program"; return; }
	SINBUN_CONF=$1/sinbun.conf pkcs11-tool --module "$SINBUN_MODULE" --token-label mobile-id --login --pin $PIN -O 2>/dev/null | grep -E 'label|Object' | sort
}
# cut FILE: copies of it, cut at many places, into cut.1, cut.2 …
cut_up() {
	local size n=0 at
	size=$(stat -c %s "$1")
	rm -f cut.*
	for at in 0 1 2 10 $((size / 4)) $((size / 2)) $((size - 20)) $((size - 2)) $((size - 1)); do
		n=$((n + 1))
		head -c $at "$1" >cut.$n
	done
}

# --- offers ---
wants 4 holder enrol --offer absent.json --request q.json --puk-out puk
says '.field == "--offer"'
wants 0 admin enrol --officer o1 --input person.json --offer offer.json
cut_up offer.json
for file in cut.*; do
	wants 4 holder enrol --offer $file --request q.json --puk-out puk
	says '.error == "bad_offer"'
done
for change in '.type = "sinbun-bundle"' '.v = 2' 'del(.nonce)' 'del(.issuer)' '.birth_date = "tomorrow"' '.application = ""' '.expires = "soon"'; do
	jq -c "$change" offer.json >o.json
	wants 4 holder enrol --offer o.json --request q.json --puk-out puk
	says '.error == "bad_offer" and (.field | length > 0)'
done
jq -c '.expires = 1000000000' offer.json >o.json
wants 10 holder enrol --offer o.json --request q.json --puk-out puk
says '.error == "offer_expired"'
[ ! -e q.json ] || complain "a refused offer gave a request"
wants 2 holder enrol --offer offer.json --request q.json
says '.field == "--puk-out"'
wants 0 holder enrol --offer offer.json --request request.json --puk-out puk
[ "$(stat -c %a puk)" = 600 ] || complain "the unblocking code's file is open to others"

# --- requests ---
cut_up request.json
for file in cut.*; do
	wants 4 admin issue --officer o1 --request $file --response s.json
	says '.error == "bad_request"'
done
for change in '.type = "x"' '.application = "nobody"' '.box = "AAAA"' 'del(.keys.presentation)' '.keys.presentation = .keys.authentication' \
	'.proofs.presentation = .proofs.authentication' '.keys.presentation.y = .keys.presentation.x' '.proofs.authentication |= .[0:-4] + "AAAA"'; do
	jq -c "$change" request.json >q.json
	wants 4 admin issue --officer o1 --request q.json --response s.json
	says '.error == "bad_request" and (.field | length > 0)'
done
[ ! -e s.json ] || complain "a refused request gave a response"
# A request for one offer does not answer another.
wants 0 admin enrol --officer o1 --input person.json --offer offer2.json
jq -c --arg a "$(jq -r .application offer2.json)" '.application = $a' request.json >q.json
wants 4 admin issue --officer o1 --request q.json --response s.json

# --- responses ---
wants 10 holder show
says '.error == "not_enrolled" or .error == "not_issued"'
wants 0 admin issue --officer o1 --request request.json --response response.json
card=$(jq -r .card out)
before=$(holds "$phone")
[ -n "$before" ] || complain "pkcs11-tool sees nothing"
cut_up response.json
for file in cut.*; do
	wants 4 holder enrol --response $file
done
jq -c '.sealed |= .[0:100] + (if .[100:101] == "A" then "B" else "A" end) + .[101:]' response.json >altered.json
wants 4 holder enrol --response altered.json
says '.error == "foreign_response"'
[ "$before" = "$(holds "$phone")" ] || complain "a refused response changed the token"
# Another device, with its own request, does not take it.
other=$here/other
cheap "$other"
wants 0 sinbun --home "$other" --json enrol --offer offer2.json --request q2.json --puk-out puk2 --pin-fd 3 3<<<$PIN
before=$(holds "$other")
wants 4 sinbun --home "$other" --json enrol --response response.json --pin-fd 3 3<<<$PIN
says '.error == "foreign_response"'
[ "$before" = "$(holds "$other")" ] || complain "a foreign response changed the token"
# A resident with a card gets no second one unseen; the same request gives the same card.
wants 10 admin issue --officer o1 --request q2.json --response s2.json
says '.error == "on_another_device"'
wants 0 admin issue --officer o1 --request request.json --response again.json
says ".card == \"$card\""
wants 0 holder enrol --response response.json
wants 10 holder enrol --response response.json
says '.error == "no_request"'
wants 10 holder enrol --offer offer2.json --request q3.json --puk-out puk3
says '.error == "already_enrolled"'
# With --replace the old card ends when the new one is issued.
wants 10 admin enrol --officer o1 --input person.json --offer offer3.json
wants 0 admin enrol --officer o1 --input person.json --offer offer3.json --replace
third=$here/third
cheap "$third"
wants 0 sinbun --home "$third" --json enrol --offer offer3.json --request q3.json --puk-out puk3 --pin-fd 3 3<<<$PIN
wants 0 admin issue --officer o1 --request q3.json --response s3.json
wants 10 admin suspend --officer o1 --card "$card"
says '.error == "wrong_state" or .error == "revoked"'

# --- bundles ---
mkdir -p "$desk"
wants 0 admin bundle --out bundle.jwt
wants 3 verify update --bundle bundle.jwt
says '.error == "no_root" and .field == "--root"'
root=$registry/pki/root.pem
cut_up bundle.jwt
for file in cut.*; do
	wants 4 verify update --bundle $file --root "$root"
	says '.error | startswith("bundle_")'
done
# One character of each part.
for part in 1 2 3; do
	awk -F. -v OFS=. -v p=$part '{m = int(length($p) / 2); c = substr($p, m, 1); $p = substr($p, 1, m - 1) (c == "A" ? "B" : "A") substr($p, m + 1); print}' bundle.jwt >altered.jwt
	wants 4 verify update --bundle altered.jwt --root "$root"
	says '.error | startswith("bundle_")'
done
wants 4 verify update --bundle bundle.jwt --root person.json
says '.error == "bad_root" and .field == "--root"'
refused_without() { wants 1 verify scan "$1"; says '.reason == "no_bundle"'; }
echo SB1:ABC >code.txt
wants 0 verify update --bundle bundle.jwt --root "$root"
# Another issuer's: the root stays the one that was given first.
mine=$registry registry=$here/foreign
cheap "$registry" 'profile = general'
wants 0 admin init --issuer 다른구청 --url https://other.example
wants 0 admin bundle --out foreign.jwt
wants 4 verify update --bundle foreign.jwt
says '.error == "bundle_untrusted"'
wants 1 verify update --bundle foreign.jwt --root "$registry/pki/root.pem"
says '.error == "root_differs"'
registry=$mine
# An older one would forget a revocation.
sleep 1.1
wants 0 admin bundle --out newer.jwt
wants 0 verify update --bundle newer.jwt
wants 4 verify update --bundle bundle.jwt
says '.error == "bundle_older"'
wants 0 verify update --bundle newer.jwt
finish
