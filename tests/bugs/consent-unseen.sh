#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# `sinbun present --request` asked "Disclose this?" without a word of what, wherever its output went to a file or was JSON; and put who
# asks for what into the same file as the answer, which was then no JSON.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
make_card
cat >r.json <<'X'
{"client_id":"redirect_uri:https://rp.example/cb","response_type":"vp_token","response_mode":"direct_post","response_uri":"https://rp.example/cb",
"nonce":"N-1","dcql_query":{"credentials":[{"id":"j","format":"dc+sd-jwt","meta":{"vct_values":["urn:sinbun:resident:1"]},"claims":[{"path":["rrn"]}]}]}}
X
pin=$here/pin
echo "$PIN" >"$pin"
for json in '' --json; do
	rm -f answer.json
	on_terminal 0 'Disclose this?' $'y\n' -- sh -c "sinbun --home $phone --lang en $json present --request r.json --pin-fd 3 3<$pin >answer.json"
	for words in 'Asked by: redirect_uri:https://rp.example/cb' UNVERIFIED 'Resident registration number'; do
		grep -q "$words" typed || complain "asked without \"$words\": $(cat typed)"
	done
	jq -e '.vp_token.j[0] | length > 100' answer.json >/dev/null || complain "no answer by itself: $(head -c 300 answer.json)"
done
# Consent given otherwise: the same words, beside the answer.
wants 0 sinbun --home "$phone" --lang en present --request r.json --consent all --pin-fd 3 3<"$pin"
says '.vp_token.j[0] | length > 100'
grep -q UNVERIFIED err && grep -q 'Resident registration number' err || complain "not told: $(cat err)"
finish
