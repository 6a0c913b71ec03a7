#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Member accounts: sign-up with the real-name check, signing in with one, wrong passwords.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/apply.sh"
make_lines
member='{"id":"hong.test","name":"홍시험","rrn":"900101-1000000","password":"correct horse 7"}'
refuses() { # CODE JQ ERROR FIELD
	wants "$1" admin member add --officer o1 --input - <<<"$(jq "$2" <<<"$member")"
	says ".error == \"$3\" and .field == \"$4\" and (.message | length > 5)"
}

# --- signing up ---
refuses 4 'del(.id)' missing id
refuses 4 'del(.name)' missing name
refuses 4 'del(.rrn)' missing rrn
for id in abc 'a b c d' 9abcd Hong.test 'abc/../d' "abcd';--" "$(printf 'a%.0s' $(seq 41))"; do
	wants 4 admin member add --officer o1 --input - <<<"$(jq --arg id "$id" '.id = $id' <<<"$member")"
	says '.error == "bad_id" and .field == "id"'
done
refuses 4 '.name = "가시험"' mismatch name
refuses 4 '.rrn = "900101-1000001"' mismatch rrn
refuses 4 '.rrn = "900101-5000000"' bad_rrn rrn
refuses 4 '.password = "short 9"' bad_password password
says '.rule == "length"'
refuses 4 '.password = "x hong.test x"' bad_password password
says '.rule == "id"'
refuses 4 '.password = "for 19900101 me"' bad_password password
says '.rule == "birth_date"'
wants 2 admin member add --input - <<<"$member"
says '.field == "--officer"'
wants 0 admin member add --self --input - <<<"$member"
says '.member > 0 and .type == "personal"'
refuses 10 '.id = "other"' member_exists rrn
refuses 10 '.name = "라시험" | .rrn = "930101-1000000"' member_exists id
# The password from a descriptor.
wants 0 sinbun-admin --registry "$registry" --json member add --officer o1 --pin-fd 4 --password-fd 5 --input - 4<<<issuer-passphrase 5<<<'another password' \
	<<<'{"id":"ra.test","name":"라시험","rrn":"930101-1000000"}'
for word in hong.test 'correct horse' ra.test 'another password'; do
	! grep -rqa -- "$word" "$registry" || complain "\"$word\" can be read in the registry's files"
done

# --- signing in: the resident is known from then on ---
open_alone() {
	wants 0 admin apply start --self
	application=$(jq -r .application out)
}
sign_in() { wants "$1" admin apply login --application "$application" --kind member --input - <<<"{\"id\":\"$2\",\"password\":\"$3\"}"; }
open_alone
sign_in 4 hong.test 'wrong horse 7'
says '.error == "bad_login" and .field == "password" and .state == "open" and .next == "login"'
cp out wrong
sign_in 4 nobody.here 'correct horse 7'
[ "$(jq -c 'del(.application)' out)" = "$(jq -c 'del(.application)' wrong)" ] || complain "it tells whether there is such a member"
sign_in 4 "x' or 1=1 --" 'correct horse 7'
sign_in 4 hong.test ''
says '.error == "missing"'
sign_in 0 hong.test 'correct horse 7'
says '.next == "consent"'
stands open consent
says '.name == "홍*험" and .steps[1].outcome == "member"'
first=$application
wants 0 admin apply consent --application "$application" --input - <<<"{\"consents\":$consents}"
# The card of another, with right data, is not this member's.
entered 0 phone '{"phone":"010-0000-0001","carrier":"SKT"}' --attested
entered 4 card '{"name":"가시험","rrn":"910101-1000000","issue_date":"2024-03-02"}'
says '.error == "mismatch" and .rule == "login"'
# A second application of the same resident.
open_alone
sign_in 10 hong.test 'correct horse 7'
says ".error == \"other_application\" and .field == \"$first\""
wants 0 admin apply withdraw --application "$first"

# --- five wrong ones in a row: the account waits, also for the right one; then twice as long ---
for _ in 1 2 3 4 5; do sign_in 4 hong.test 'wrong horse 7'; done
sign_in 10 hong.test 'correct horse 7'
says '.error == "member_locked" and .field == "id"'
if [ -z "${SINBUN_SANITIZED:-}" ]; then
	try() { # SECONDS CODE PASSWORD
		wants "$2" later "$1" sinbun-admin --registry "$registry" --json apply login --application "$application" --kind member --input - --pin-fd 4 \
			4<<<issuer-passphrase <<<"{\"id\":\"hong.test\",\"password\":\"$3\"}"
	}
	try 40 4 'wrong horse 7'
	try 80 10 'correct horse 7'
	try 110 0 'correct horse 7'
	says '.next == "consent"'
fi
sign_in_many() {
	open_alone
	for i in $(seq 12); do
		admin apply login --application "$application" --kind member --input - <<<'{"id":"ra.test","password":"wrong password"}' >"many.$i" 2>"err.$i" &
	done
	wait
	[ "$(jq -s '[.[] | select(.error == "bad_login")] | length' many.*)" = 5 ] || complain "not five passwords were looked at: $(cat many.*)"
	[ "$(jq -s '[.[] | select(.error == "member_locked")] | length' many.*)" = 7 ] || complain "not locked: $(cat many.*)"
}
sign_in_many

# --- leaving ---
wants 4 admin member remove --officer o1 --input - <<<'{"id":"nobody.here"}'
says '.error == "no_member"'
wants 0 admin member remove --officer o1 --input - <<<'{"id":"hong.test"}'
open_alone
sign_in 4 hong.test 'correct horse 7'
wants 0 admin member add --officer o1 --input - <<<"$member"

finish
