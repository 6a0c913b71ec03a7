#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# What can be wrong in an application: each error names its field and its rule, costs no finished step, and tells how many tries are left.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/apply.sh"
make_lines
# refuses CODE STEP JSON ERROR FIELD [OPTION…]: what was entered is refused for this.
refuses() {
	entered "$1" "$2" "$3" "${@:6}"
	says ".error == \"$4\" and .field == \"$5\" and .application == \"$application\" and .of == 7 and (.message | length > 5)"
}

# --- opening ---
wants 2 admin apply start
says '.field == "--officer"'
wants 2 admin apply start --officer o1 --self
wants 4 admin apply status --application Anowhere
says '.error == "no_application"'
wants 2 admin apply login --officer o1 --kind in-person --input /dev/null
says '.field == "--application"'

# --- who may do it ---
start
wants 2 admin apply login --application "$application" --kind in-person --input - <<<'{"name":"홍시험","birth_date":"1990-01-01"}'
says '.field == "--officer" and .state == "open"'
wants 0 admin apply start --self
own=$(jq -r .application out)
wants 2 admin apply login --application "$own" --kind in-person --input - <<<'{"name":"홍시험","birth_date":"1990-01-01"}'
says '.field == "--officer"'

# --- signing in ---
refuses 4 login '{"name":"홍시험"}' missing birth_date --kind in-person
refuses 4 login '{"birth_date":"1990-01-01"}' missing name --kind in-person
refuses 4 login '{"name":"  ","birth_date":"1990-01-01"}' missing name --kind in-person
refuses 4 login '{"name":"홍시험","birth_date":"1990-02-30"}' bad_birth_date birth_date --kind in-person
refuses 4 login '{"name":"홍시험","birth_date":"2990-01-01"}' bad_birth_date birth_date --kind in-person
refuses 4 login '{"name":"홍\u001b[2J","birth_date":"1990-01-01"}' bad_name name --kind in-person
refuses 4 login "{\"name\":\"$(printf '가%.0s' $(seq 81))\",\"birth_date\":\"1990-01-01\"}" bad_name name --kind in-person
refuses 4 login '{"name":"홍시험","birth_date":"1990-01-01"}' bad_kind kind --kind wishful
refuses 4 login '{"name":"홍시험","birth_date":"1990-01-01"}' missing kind
refuses 4 login '{"name":17,"birth_date":[]}' missing name --kind in-person
entered 4 login '{"name":' --kind in-person
says '.error == "bad_input"'
entered 4 login '{"name":"a","name":"b"}' --kind in-person
says '.error == "bad_input"'
stands open login
# macOS spells Hangul in single letters; a date may go without hyphens.
entered 0 login '{"name":"\u1112\u1169\u11bc\u1109\u1175\u1112\u1165\u11b7","birth_date":"19900101"}' --kind in-person

# --- consents ---
refuses 4 consent '{}' consent_missing consents
says '.rule == "terms@1"'
refuses 4 consent '{"consents":"terms@1"}' consent_missing consents
refuses 4 consent '{"consents":["terms@1","own-phone@1","collection@1"]}' consent_missing consents
says '.rule == "third-party@1"'
refuses 4 consent '{"consents":["terms@9","own-phone@1","collection@1","third-party@1"]}' consent_old consents
says '.rule == "terms@1"'
refuses 4 consent '{"consents":["terms@1","own-phone@1","collection@1","third-party@1","soul@1"]}' consent_unknown consents
refuses 4 consent '{"consents":["terms@1","own-phone@1","collection@1","third-party@1",{"id":1}]}' consent_unknown consents
refuses 4 consent "{\"consents\":[\"$(printf '가%.0s' $(seq 40))\"]}" consent_unknown consents
stands open consent
says '.consents == []'
entered 0 consent "{\"consents\":$consents}"

# --- the phone: each of what is wrong by itself ---
line() { refuses 4 phone "$1" "$2" "$3" --attested; }
line '{"carrier":"SKT"}' missing phone
line '{"phone":"010-0000-0001"}' missing carrier
line '{"phone":"010-0000-001","carrier":"SKT"}' bad_phone phone
line '{"phone":"02-000-0000","carrier":"SKT"}' bad_phone phone
line '{"phone":"+1 010 0000 0001","carrier":"SKT"}' bad_phone phone
line '{"phone":"010-0000-0001","carrier":"ACME"}' bad_carrier carrier
line '{"phone":"010-0000-0001","carrier":"KT"}' carrier_mismatch carrier
line '{"phone":"010-0000-0001","carrier":"SKT_MVNO"}' carrier_mismatch carrier
says '.rule == "mvno"'
line '{"phone":"010-0000-0002","carrier":"KT_MVNO"}' not_owner phone # somebody else's
stands open phone
entered 0 phone '{"phone":"+82 10-0000-0001","carrier":"SKT"}' --attested

# --- the plastic card's data ---
person() { refuses "$1" card "$(jq -c "$4" <<<"$card_data")" "$2" "$3"; }
person 4 missing name 'del(.name)'
person 4 missing rrn 'del(.rrn)'
person 4 missing issue_date 'del(.issue_date)'
person 4 bad_rrn rrn '.rrn = "900101-100000"'
says '.rule == "form"'
person 4 bad_rrn rrn '.rrn = "900101-5000000"'
says '.rule == "foreigner"'
person 4 bad_rrn rrn '.rrn = "901301-1000000"'
says '.rule == "date"'
person 4 bad_rrn rrn ".rrn = \"$(date -d '+40 days' +%y%m%d)-3000000\""
says '.rule == "future"'
person 4 bad_date issue_date '.issue_date = "2024-02-30"'
person 4 mismatch name '.name = "가시험"'
says '.rule == "login"'
person 4 mismatch rrn '.rrn = "910101-1000000"'
says '.rule == "login"'
person 4 mismatch rrn '.rrn = "900101-1000001"'
says '.rule == null'
person 10 too_young rrn ".rrn = \"$(date -d '-17 years +40 days' +%y%m%d)-3000000\""
stands open card
for left in 4 3 2 1 0; do
	person 4 mismatch issue_date '.issue_date = "2024-03-03"'
	says ".tries_left == $left"
done
person 10 locked issue_date '.'
# The lock is the resident's: neither another application nor enrol gets round it.
wants 10 admin enrol --officer o1 --input person.json --offer o.json
says '.error == "locked"'
wants 0 admin apply unlock --officer o2 --input - <<<'{"rrn":"900101-1000000"}'
stands open card
entered 0 card "$card_data"
wants 4 admin apply biometrics --application "$application" --officer o1 --answer perhaps
says '.error == "bad_answer" and .field == "answer"'
apply 0 biometrics --answer no
wants 9 admin apply offer --application "$application" --officer o1 --offer nowhere/offer.json
says '.error == "cannot_write" and .state == "offered"'
apply 0 offer --offer offer.json # the same offer, where it can be written

# --- a line that is in the family's name; a plastic card that is lost ---
as() {
	start
	entered 0 login "{\"name\":\"$1\",\"birth_date\":\"$2\"}" --kind in-person
	entered 0 consent "{\"consents\":$consents}"
}
as 가시험 1991-01-01
line '{"phone":"010-0000-0002","carrier":"KT_MVNO"}' not_owner phone
as 다시험 1992-01-01
entered 0 phone '{"phone":"010-0000-0003","carrier":"LGU"}' --attested
refuses 10 card '{"name":"다시험","rrn":"920101-1000000","issue_date":"2024-03-02"}' card_lost card_status

# --- two applications of one resident: the first to be known wins, the other is told of it ---
steps_to card
first=$application
start
entered 0 login '{"name":"홍시험","birth_date":"1990-01-01"}' --kind in-person
entered 0 consent "{\"consents\":$consents}"
refuses 10 phone '{"phone":"010-0000-0001","carrier":"SKT"}' other_application "$first" --attested
wants 0 admin apply withdraw --application "$first" --officer o1
entered 0 phone '{"phone":"010-0000-0001","carrier":"SKT"}' --attested

# --- whatever is put into a field is that field's value, and nothing else ---
files() { find . -path ./registry -prune -o -name out -o -name err -o -print | sort | sha256sum; }
before=$(files)
tables=$(sqlite3 "$registry/registry.db" .tables)
for evil in "'; drop table apply; --" '" or "1"="1' '../../../../etc/passwd' '%s%s%n' '$(touch owned)' '`touch owned`' '|touch owned' "x' union select box from resident --" \
	'{"$ne":null}' '<script>' '\u0000' "$(printf 'a%.0s' $(seq 5000))"; do
	text=$(jq -n --arg e "$evil" '$e')
	wants 2 admin apply withdraw --application "$application" --officer "$evil"
	says '.error == "bad_officer"'
	wants 0 admin apply withdraw --application "$application" --officer o1
	steps_to card
	bound=$application
	for name in name rrn issue_date; do
		entered 4 card "$(jq -c --arg e "$evil" ".$name = \$e" <<<"$card_data")"
		says ".field == \"$name\""
	done
	start
	entered 4 login "{\"name\":\"홍시험\",\"birth_date\":$text}" --kind in-person
	entered 4 login '{"name":"홍시험","birth_date":"1990-01-01"}' --kind "$evil"
	entered 0 login '{"name":"홍시험","birth_date":"1990-01-01"}' --kind in-person
	entered 4 consent "{\"consents\":[$text]}"
	entered 0 consent "{\"consents\":$consents}"
	entered 4 phone "{\"phone\":$text,\"carrier\":\"SKT\"}" --attested
	entered 4 phone "{\"phone\":\"010-0000-0001\",\"carrier\":$text}" --attested
	wants 4 admin apply status --application "$evil"
	wants 4 admin apply withdraw --application "$application" --officer o1 --consent "$evil"
	application=$bound
done
[ "$(files)" = "$before" ] || complain "a file that nobody asked for: $(find . -newer lines.csv -type f | head -20)"
[ "$(sqlite3 "$registry/registry.db" .tables)" = "$tables" ] || complain "the registry has other tables"

# --- nothing personal lies in the open ---
for word in 홍시험 900101-1000000 010-0000-0001 01000000001 1990-01-01 19900101; do
	! grep -rqa -- "$word" "$registry" || complain "\"$word\" can be read in the registry's files"
done
finish
