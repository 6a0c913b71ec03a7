#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Why a card is suspended, taken back or replaced: kept with the card, in the audit and in the counts. A loss of the plastic card that is withdrawn is
# told by the import; a card that its holder reported is another matter.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/apply.sh"
make_lines
make_card
audited() { grep -qa "$(printf '%s' "$@")" "$registry/registry.db" "$registry/registry.db-wal" 2>/dev/null || complain "not in the audit: $*"; }
# plastic STATUS: of 홍시험 and 가시험.
plastic() {
	printf '%s\n' rrn,name,address,authority,issue_date,card_status "900101-1000000,홍시험,서울특별시 시험구 시험로 1,서울특별시 시험구청장,2024-03-02,$1" \
		"910101-1000000,가시험,서울특별시 시험구 시험로 3,서울특별시 시험구청장,2024-03-02,$1" >p.csv
	wants 0 admin registry import p.csv --officer o7 "${@:2}"
}
# reason_of CARD: state and reason.
reason_of() { admin registry show --card "$1" 2>err | jq -r --arg card "$1" '.cards[] | select(.card == $card) | .state + " " + (.reason // "-")'; }
is() { [ "$(reason_of "$1")" = "$2" ] || complain "$1 is $(reason_of "$1"), not $2"; }
first=$card
jq '.name = "가시험" | .rrn = "910101-1000000"' person.json >second.json
mine=$phone phone=$here/second
cheap "$phone"
wants 0 admin enrol --officer o1 --input second.json --offer offer.json
wants 0 holder enrol --offer offer.json --request request.json --puk-out puk2
wants 0 admin issue --officer o1 --request request.json --response response.json
second=$(jq -r .card out)
phone=$mine

# --- the plastic card is lost and found ---
wants 0 admin suspend --officer o1 --card "$second" --reason lost
plastic lost
says '.suspended == 1 and .restored == 0'
is "$first" 'suspended plastic-lost'
is "$second" 'suspended lost'
wants 0 admin cards suspended
says ".count == 2 and (.cards | map(.card) | sort) == ([\"$first\", \"$second\"] | sort) and all(.cards[]; .since > 1700000000 and .restored == false)"
plastic valid --dry-run
says '.restored == 1'
plastic valid
says '.restored == 1 and .changed == 2'
is "$first" 'suspended plastic-lost' # by itself it does not come back
wants 0 admin cards suspended --restored
says ".count == 1 and .cards[0].card == \"$first\" and .cards[0].reason == \"plastic-lost\" and .cards[0].restored"
plastic valid
says '.same == 2 and .restored == 0'
wants 0 admin resume --officer o1 --card "$first" --reason plastic-restored
is "$first" 'valid plastic-restored'
audited o1 resume "$first" plastic-restored
wants 0 admin resume --officer o2 --card "$second"
is "$second" 'valid withdrawn'
audited o2 resume "$second" withdrawn

# --- the plastic card and then the phone: the holder's report stays when the other is over ---
plastic lost
is "$second" 'suspended plastic-lost'
wants 10 admin suspend --officer o1 --card "$second" --reason registration-cancelled
wants 0 admin suspend --officer o1 --card "$second" --reason stolen
is "$second" 'suspended stolen'
wants 10 admin suspend --officer o1 --card "$second" --reason lost
plastic valid
says '.restored == 1'
wants 0 admin cards suspended --restored
says ".count == 1 and .cards[0].card == \"$first\""
wants 10 admin resume --officer o1 --card "$second" --reason plastic-restored
says '.error == "wrong_state" and .field == "--reason" and (.message | contains("stolen"))'
is "$second" 'suspended stolen'
wants 0 admin resume --officer o1 --card "$second" --reason found
wants 0 admin resume --officer o1 --card "$first"
sinbun-admin --registry "$registry" --lang ko registry show --card "$second" --pin-fd 4 4<<<issuer-passphrase >out
grep -q '휴대전화를 찾음' out || complain "the reason is not told in words: $(cat out)"
# A report without a reason is one as well.
plastic lost
wants 0 admin suspend --officer o1 --card "$second"
is "$second" 'suspended -'
wants 10 admin suspend --officer o1 --card "$second"
plastic valid
says '.restored == 1'
wants 0 admin resume --officer o1 --card "$first"
wants 0 admin resume --officer o1 --card "$second"
is "$second" 'valid withdrawn'

# --- reissued, and why ---
wants 2 admin enrol --officer o1 --input person.json --offer offer.json --reason phone-replaced
says '.field == "--reason" and (.message | contains("--replace"))'
wants 2 admin enrol --officer o1 --input person.json --offer offer.json --replace --reason lost
says '.message | contains("name-change, rrn-change, birth-date-change, sex-change, plastic-reissued, phone-replaced, expired, damaged")'
wants 10 admin enrol --officer o1 --input person.json --offer offer.json
says '.error == "on_another_device"'
phone=$here/third
cheap "$phone"
wants 0 admin enrol --officer o1 --input person.json --offer offer.json --replace --reason phone-replaced
wants 0 holder enrol --offer offer.json --request request.json --puk-out puk3
is "$first" 'valid plastic-restored' # until there is another
wants 0 admin issue --officer o3 --request request.json --response response.json
third=$(jq -r .card out)
is "$first" 'revoked phone-replaced'
audited o3 revoke "$first" phone-replaced
audited o3 issue "$third" phone-replaced
# The same by steps.
steps_to card
entered 2 card "$card_data" --reason damaged
says '.error == "usage" and .field == "--reason"'
entered 2 card "$card_data" --replace --reason 홍시험
entered 0 card "$card_data" --replace --reason damaged
apply 0 biometrics --answer no
apply 0 offer --offer offer.json
phone=$here/fourth
cheap "$phone"
wants 0 holder enrol --offer offer.json --request request.json --puk-out puk4
wants 0 admin issue --officer o3 --request request.json --response response.json
is "$third" 'revoked damaged'

# --- counted ---
wants 0 admin suspend --officer o1 --card "$second" --reason misuse
wants 0 admin registry stats
says '.suspended_by_reason == {"misuse": 1} and .revoked_by_reason == {"phone-replaced": 1, "damaged": 1} and .by_state == {"valid": 1, "suspended": 1, "revoked": 2}'

# --- soon over ---
wants 0 admin cards expiring
says '.count == 0 and .cards == []'
wants 0 admin cards expiring --days 1098
says ".count == 2 and (.cards | map(.card) | index(\"$third\")) == null"
wants 2 admin cards expiring --days 0
phone=$mine
wants 0 holder status
says '.days_left == null'
! grep -q 'ends within' err || complain "warned three years before"
if [ -z "${SINBUN_SANITIZED:-}" ]; then
	left=$(jq '.expires - (now | floor)' out)
	when() { # SECONDS-BEFORE-THE-END VERB…
		wants 0 later $((left - $1)) sinbun --home "$phone" --json "${@:2}" --pin-fd 3 3<<<"$PIN"
	}
	when $((10 * 86400 - 600)) status
	says '.days_left == 10'
	grep -q 'within 10 days' err || complain "status does not warn: $(cat err)"
	when $((31 * 86400)) show --plain
	! grep -q 'ends within' err || complain "warned too early"
	when $((86400 / 2)) show
	grep -q 'within 1 day\.' err || complain "show does not warn: $(cat err)"
	when -60 status
	says '.days_left == 0'
	grep -q 'has expired' err || complain "an ended card is not told of: $(cat err)"
fi
finish
