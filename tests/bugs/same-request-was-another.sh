#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# A request that its device made again, with fresh proofs of the same keys, was refused as another's, though its card had been issued.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
make_request
cp request.json first.json
wants 0 admin issue --officer o1 --request first.json --response response.json
card=$(jq -r .card out)

# The same keys, nonce and box; new signatures. (A device whose box key is new has made another request.)
sleep 1.1
wants 0 holder enrol --offer offer.json --request second.json --puk-out puk2
jq -c --slurpfile first first.json '.box = $first[0].box' second.json >again.json
[ "$(jq -c .keys again.json)" = "$(jq -c .keys first.json)" ] || complain "other keys"
[ "$(jq -c .proofs again.json)" != "$(jq -c .proofs first.json)" ] || complain "the same proofs"
wants 0 admin issue --officer o1 --request again.json --response again-response.json
says ".card == \"$card\""
# In another order of members, and with blanks.
jq -S . first.json >pretty.json
wants 0 admin issue --officer o1 --request pretty.json --response again-response.json
says ".card == \"$card\""

# Another box is not what the device proved.
other=$(jq -r .box second.json)
[ "$other" != "$(jq -r .box first.json)" ] || other=$(head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d =)
jq -c --arg box "$other" '.box = $box' first.json >foreign.json
wants 4 admin issue --officer o1 --request foreign.json --response foreign-response.json
says '.error == "bad_request" and .field == "proofs"'
[ ! -e foreign-response.json ] || complain "a response to another box"
finish
