#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# What a registrar can get wrong: every refusal names the field, the row or the option, and keeps what was good.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"

# --- before there is anything ---
wants 3 admin registry import nothing.csv
says '.error == "no_registry" and (.message | contains("init"))'
cheap "$registry" 'profile = identity'
wants 3 admin init --issuer 시험구청 --url https://id.example
says '.error == "bad_configuration" and .field == "profile"'
rm -r "$registry"
cheap "$registry" 'profile = general' 'colour = blue'
wants 3 admin init --issuer 시험구청 --url https://id.example
says '.error == "bad_configuration" and .field == "colour" and (.message | contains("line 5"))'
rm -r "$registry"
for url in http://id.example ftp://x https://id.example/ 'https://id example'; do
	wants 2 admin init --issuer 시험구청 --url "$url"
	says '.field == "--url"'
done
wants 2 admin init --url https://id.example
says '.field == "--issuer"'
[ ! -e "$registry/registry.db" ] || complain "a refused init left a registry"
make_registry
wants 10 admin init --issuer 시험구청 --url https://id.example
says '.error == "already_initialised"'

# --- the issuer's token: another PIN, no token ---
wants 6 sinbun-admin --registry "$registry" --json bundle --out b --pin-fd 4 4<<<wrong-passphrase
says '.error == "pin_incorrect" and .tries_left == 4'
mv "$registry/tokens" "$registry/away"
wants 5 admin bundle --out b
says '.error == "no_issuer_token" and (.message | length > 20)'
rm -rf "$registry/tokens"
mv "$registry/away" "$registry/tokens"
wants 0 admin bundle --out b

# --- rows of the CSV ---
# row FIELD CODE LINE…: an import of this row is refused for this.
head=rrn,name,address,authority,issue_date,overseas,card_status,phone,carrier,portrait
row() {
	printf '%s\n%s\n' $head "$3" >one.csv
	wants 4 admin registry import one.csv --report report.csv
	says '.rows == 1 and .added == 0 and .refused == 1 and .error == "rows_refused"'
	[ "$(sed -n 2p report.csv | cut -d, -f1-3)" = "2,$1,$2" ] || complain "report: $(sed -n 2p report.csv), not 2,$1,$2"
}
good='시험구 1,구청장,2024-03-02,0,valid,010-0000-0000,SKT,'
row rrn rrn_form "90010-11000000,가시험,$good"
row rrn rrn_date "901301-1000000,가시험,$good"
row rrn rrn_date "900230-1000000,가시험,$good"
row rrn rrn_foreigner "900101-5000000,가시험,$good"
row rrn rrn_future "$(date -d '+40 days' +%y%m%d)-3000000,가시험,$good"
row name text "910101-1000000,,$good"
row issue_date date '910101-1000000,가시험,시험구 1,구청장,2024-02-30,0,valid,,,'
row overseas word '910101-1000000,가시험,시험구 1,구청장,2024-03-02,maybe,valid,,,'
row card_status word '910101-1000000,가시험,시험구 1,구청장,2024-03-02,0,broken,,,'
row phone phone '910101-1000000,가시험,시험구 1,구청장,2024-03-02,0,valid,call me,SKT,'
row carrier word '910101-1000000,가시험,시험구 1,구청장,2024-03-02,0,valid,010-0000-0000,ACME,'
row portrait portrait '910101-1000000,가시험,시험구 1,구청장,2024-03-02,0,valid,,,missing.jpg'
for line in 'rrn,name,address,authority' 'rrn,name,address,authority,issue_date,colour' 'rrn,rrn,name,address,authority,issue_date' ''; do
	printf '%s\n910101-1000000,가,나,다,2024-03-02\n' "$line" >bad.csv
	wants 4 admin registry import bad.csv
	says '.error == "bad_header"'
done
wants 4 admin registry import absent.csv
says '.error == "cannot_read" and .field == "absent.csv"'

# --- the application ---
# person CODE ERROR FIELD JQ: the application changed so is refused.
person() {
	jq "$4" <<<"$resident" >p.json
	wants "$1" admin enrol --officer o1 --input p.json --offer o.json
	says ".error == \"$2\" and .field == \"$3\""
}
person 4 missing name 'del(.name)'
person 4 missing issue_date 'del(.issue_date)'
person 4 bad_rrn rrn '.rrn = "900101-100000"'
person 4 bad_rrn rrn '.rrn = "900101-5000000"'
person 4 bad_date issue_date '.issue_date = "2024-02-30"'
person 4 mismatch rrn '.rrn = "900102-1000000"'
person 4 mismatch name '.name = "홍시엄"'
person 4 consent_missing consents '.consents = ["terms@1"]'
wants 2 admin enrol --input person.json --offer o.json
says '.field == "--officer"'
echo '{"name": "홍시험", "name": "홍시험"}' >p.json
wants 4 admin enrol --officer o1 --input p.json --offer o.json
printf '{"name": ' >p.json
wants 4 admin enrol --officer o1 --input p.json --offer o.json
wants 0 admin enrol --officer o1 --input - --offer o.json <<<"$resident"
[ "$(jq -r .type o.json)" = sinbun-offer ] || complain "offer"

# --- five wrong issue dates lock; a registrar unlocks ---
for left in 4 3 2 1 0; do
	person 4 mismatch issue_date '.issue_date = "2024-03-03"'
	says ".tries_left == $left"
done
wants 10 admin enrol --officer o1 --input person.json --offer o.json
says '.error == "locked"'
echo '{"rrn": "900101-1000000"}' >rrn.json
wants 0 admin apply unlock --officer o1 --input rrn.json
wants 0 admin enrol --officer o1 --input person.json --offer o.json

# --- nothing personal lies in the open ---
for word in 홍시험 900101-1000000 9001011000000 '시험로 1'; do
	! grep -rqa "$word" "$registry" || complain "\"$word\" can be read in the registry's files"
done

# --- usage ---
for words in '' frobnicate 'registry frobnicate' 'enrol --officer' 'enrol --nonsense x' 'bundle --out a --out b' 'bundle --out b --days many'; do
	# shellcheck disable=SC2086
	wants 2 sinbun-admin --registry "$registry" --json $words
done
finish
