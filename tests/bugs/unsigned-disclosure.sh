#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# An SD-JWT with a disclosure that its issuer did not sign was refused, but as a code that was not read whole: the desk was told to read it
# again, not that it had been altered.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
make_card
make_desk
jq -n '{client_id: "redirect_uri:https://rp.example/cb", response_type: "vp_token", response_mode: "direct_post", response_uri: "https://rp.example/cb",
	nonce: "N-1", dcql_query: {credentials: [{id: "j", format: "dc+sd-jwt", meta: {vct_values: ["urn:sinbun:resident:1"]}, claims: [{path: ["name"]}]}]}}' >r.json
wants 0 holder present --request r.json --consent all --out vp.json
# altered REASON JQ: the parts between the tildes, changed.
altered() {
	jq ".vp_token.j[0] |= (split(\"~\") | $2 | join(\"~\"))" vp.json >altered.json
	wants 1 verify check altered.json --request r.json
	says ".reason == \"$1\" and .fields == {}"
}
added=$(printf '["AAAAAAAAAAAAAAAAAAAAAA","rrn","900101-1000000"]' | base64 -w0 | tr '/+' '_-' | tr -d =)
altered altered ".[1:1] = [\"$added\"]"
altered altered ".[1:1] = [.[1]]"
altered altered ".[1] = \"$added\""
altered malformed ".[1:1] = [\"$added\" + \"A\"]"
altered malformed ".[1:1] = [\"\"]"
wants 0 verify check vp.json --request r.json
finish
