#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# An application at the counter, step by step, to the card on the device: in both languages what a clerk reads, and what is stored of it.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/apply.sh"
make_lines

# --- a whole transcript in each language: every step tells its number, what is done, and what comes next ---
# clerk LANG STEP [OPTION…]: a step as a person sees it, added to ./transcript.LANG.
clerk() {
	local language=$1 step=$2
	printf '$ sinbun-admin apply %s\n' "$step" >>"transcript.$language"
	sinbun-admin --registry "$registry" --lang "$language" apply "$step" --application "$application" --officer o1 "${@:3}" --pin-fd 4 \
		4<<<issuer-passphrase >>"transcript.$language" 2>>"transcript.$language" || complain "$language: apply $step failed: $(tail -1 "transcript.$language")"
}
transcript() {
	local language=$1
	start
	clerk "$language" login --kind in-person --input - <<<'{"name":"홍시험","birth_date":"1990-01-01"}'
	clerk "$language" consent --input - <<<"{\"consents\":$consents}"
	clerk "$language" phone --attested --input - <<<'{"phone":"01000000001","carrier":"SKT"}'
	clerk "$language" card --replace --input - <<<"$card_data"
	clerk "$language" biometrics --answer yes
	clerk "$language" offer --offer offer.json
	phone=$here/phone-$language
	cheap "$phone"
	wants 0 holder enrol --offer offer.json --request request.json --puk-out "puk-$language"
	wants 0 admin issue --officer o1 --request request.json --response response.json
	wants 0 holder enrol --response response.json
	stands issued null
	says '.card | startswith("R")'
}
transcript en
transcript ko
for i in 2 3 4 5 6 7; do
	grep -q "^Step $i/7 " transcript.en || complain "step $i/7 is not told: $(cat transcript.en)"
	grep -q "^$i/7단계" transcript.ko || complain "$i/7단계 is not told: $(cat transcript.ko)"
done
grep -q '^Next, step 3/7 (consent): sinbun-admin apply consent' transcript.en || complain "what comes next is not told"
grep -q '^다음 3/7단계(동의): sinbun-admin apply consent' transcript.ko || complain "what comes next is not told in Korean"
grep -q 'not available on this device' transcript.en || complain "biometrics are pretended"
sinbun-admin --registry "$registry" --lang ko apply status --application "$application" --pin-fd 4 4<<<issuer-passphrase >ko.txt
[ "$(grep -c '(o1)$' ko.txt)" = 7 ] || complain "not seven steps with time and clerk: $(cat ko.txt)"
grep -q '[a-z]\{4,\}' ko.txt && complain "English in the Korean status: $(cat ko.txt)"

# --- what a program reads ---
steps_to consent
says '.application == "'"$application"'" and .step == 2 and .of == 7 and .state == "open" and .next == "consent" and (.message | length > 5)'
stands open consent
says '[.steps[] | .done] == [true, true, false, false, false, false, false]'
says '.steps[1].time > 1700000000 and .steps[1].by == "o1" and .steps[1].outcome == "in-person" and .steps[2].time == null'
says '.name == "홍*험" and .channel == "counter"'

# --- a step that is done is done; one that is too early says which comes first; neither changes anything ---
entered 0 login '{"name":"다른이","birth_date":"1980-01-01"}' --kind in-person
says '.already == true and .step == 2 and .next == "consent"'
for step in phone card; do
	entered 10 $step '{}'
	says '.error == "out_of_order" and .field == "consent" and (.message | contains("3/7"))'
done
apply 10 biometrics --answer no
apply 10 offer --offer o.json
[ ! -e o.json ] || complain "an offer out of turn"
stands open consent
says '.name == "홍*험"'

# --- consents: those that are optional may be refused; all are recorded with the hash of what was shown ---
wants 0 admin --lang ko apply consent
says '[.texts[] | select(.required) | .id] == ["terms@1", "own-phone@1", "collection@1", "third-party@1"] and ([.texts[] | select(.required | not)] | length > 0)'
says '[.texts[] | select(.kind == "collection") | .purpose, .items, .retention, .refusal] | all(length > 0)'
says '.texts[] | select(.id == "third-party@1") | (.recipient | length > 0) and .language == "ko"'
jq -r '.texts[] | .id + " " + .sha256' out >hashes
while read -r id hash; do
	[ "$(sha256sum <"$SINBUN_SRCDIR/conf/terms/$id.ko.txt" | cut -d' ' -f1)" = "$hash" ] || complain "the hash of $id is not the file's"
done <hashes
wants 0 admin --lang ko apply consent --application "$application" --officer o1 --input - <<<"{\"consents\":$consents}"
stands open phone
says '[.consents[] | select(.given) | .text] == ["terms@1", "own-phone@1", "collection@1", "third-party@1"]'
says '[.consents[] | select(.given | not) | .text] == ["notices@1"]'
says ".consents[0].sha256 == \"$(sed -n 's/^terms@1 //p' hashes)\" and .consents[0].language == \"ko\" and .consents[0].channel == \"counter\""

# --- the counter's whole `enrol` records its consents too, and shares the checks: an offer of either is one offer ---
wants 10 admin enrol --officer o1 --input person.json --offer o.json
says '.error == "on_another_device"'
enrolled=$(sqlite3 "$registry/registry.db" "select count(*) from consent where channel = 'counter'")
wants 0 admin enrol --officer o1 --replace --input person.json --offer o.json
[ "$(sqlite3 "$registry/registry.db" "select count(*) from consent where channel = 'counter'")" = $((enrolled + 5)) ] || complain "enrol records no consents"

# --- the offer: the same while it is good, another when it has run out ---
entered 0 phone '{"phone":"010-0000-0001","carrier":"SKT"}' --attested
entered 0 card "$card_data" --replace
apply 0 biometrics --answer no
stands open offer
says '.steps[5].outcome == "declined"'
apply 0 offer --offer first.json
stands offered issue
apply 0 offer --offer second.json
cmp -s first.json second.json || complain "another offer while the first is good"
if [ -z "${SINBUN_SANITIZED:-}" ]; then
	wants 0 later 700 sinbun-admin --registry "$registry" --json apply offer --application "$application" --officer o1 --offer third.json --pin-fd 4 4<<<issuer-passphrase
	[ "$(jq -r .application third.json)" = "$application-2" ] || complain "the offer that follows: $(cat third.json)"
fi

# --- withdrawal: of an optional consent nothing ends; of a required one, or of the whole, the offer ends with it ---
wants 0 admin apply withdraw --application "$application" --officer o1
stands withdrawn null
for old in first third; do
	[ -e $old.json ] || continue
	phone=$here/phone-$old
	cheap "$phone"
	wants 0 holder enrol --offer $old.json --request request.json --puk-out "puk-$old"
	wants 10 admin issue --officer o1 --request request.json --response response.json
	says '.error == "offer_expired"'
done
entered 10 card "$card_data"
says '.error == "withdrawn"'
start
entered 0 login '{"name":"홍시험","birth_date":"1990-01-01"}' --kind in-person
entered 0 consent '{"consents":["terms@1","own-phone@1","collection@1","third-party@1","notices@1"]}'
wants 0 admin apply withdraw --application "$application" --officer o1 --consent notices@1
stands open phone
says '.consents[] | select(.text == "notices@1") | .given and .withdrawn > 0'
wants 4 admin apply withdraw --application "$application" --officer o1 --consent notices@1
says '.error == "no_consent"'
wants 0 admin apply withdraw --application "$application" --officer o1 --consent collection@1
stands withdrawn null

# --- unfinished for thirty days ---
if [ -z "${SINBUN_SANITIZED:-}" ]; then
	steps_to phone
	days() { later $((86400 * $1)) sinbun-admin --registry "$registry" --json apply phone --application "$application" --officer o1 --attested --input - --pin-fd 4 \
		4<<<issuer-passphrase <<<'{"phone":"010-0000-0001","carrier":"SKT"}'; }
	wants 10 days 31
	says '.error == "expired" and .state == "expired" and (.message | contains("30"))'
	wants 0 days 29
fi
finish
