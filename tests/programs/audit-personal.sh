#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# A day's work of every kind, well done and badly: nothing of the persons concerned stands in the audit, or in what is made of it.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/apply.sh"
make_lines
make_card
first=$card

# --- import: changed, refused, lost plastic ---
cat >more.csv <<CSV
rrn,name,address,authority,issue_date,phone,carrier,phone_owner,card_status
900101-1000000,홍시험,별난길 77,서울특별시 시험구청장,2024-03-02,010-0000-0001,SKT,,lost
940101-1000000,마시험,별난길 78,서울특별시 시험구청장,2024-13-02,010-0000-0005,SKT,,
CSV
wants 4 admin registry import more.csv --officer o1 --report refused.csv
sed -i 's/,lost$/,valid/' more.csv
wants 4 admin registry import more.csv --officer o1
wants 0 admin resume --officer o1 --card "$first"

# --- an application with all that goes wrong on its way, and its card ---
start
entered 4 login '{"name":"홍시험","birth_date":"1990-13-01"}' --kind in-person
entered 0 login '{"name":"홍시험","birth_date":"1990-01-01"}' --kind in-person
entered 0 consent "{\"consents\":$consents}"
entered 4 phone '{"phone":"010-0000-0002","carrier":"SKT"}' --attested
entered 0 phone '{"phone":"010-0000-0001","carrier":"SKT"}' --attested
entered 4 card '{"name":"홍시험","rrn":"900101-1000000","issue_date":"2024-03-03"}'
entered 4 card '{"name":"가시험","rrn":"910101-1000000","issue_date":"2024-03-02"}'
entered 10 card "$card_data"
entered 0 card "$card_data" --replace
apply 0 biometrics --answer yes
apply 0 offer --offer offer.json
phone=$here/second
cheap "$phone"
wants 0 holder enrol --offer offer.json --request request.json --puk-out puk2
wants 0 admin issue --officer o1 --request request.json --response response.json
card=$(jq -r .card out)
apply 10 withdraw
steps_to card
apply 0 withdraw

# --- members, the counter, states, looks ---
wants 0 admin member add --officer o1 --input - --password-fd 5 5<<<'a long passphrase' <<<'{"id":"hong.siheom","name":"홍시험","rrn":"900101-1000000"}'
wants 4 admin member add --officer o1 --input - --password-fd 5 5<<<'a long passphrase' <<<'{"id":"ga","name":"홍시험","rrn":"910101-1000000"}'
wants 0 admin member remove --officer o1 --input - <<<'{"id":"hong.siheom"}'
for i in 1 2 3 4; do wants 4 admin enrol --officer o1 --offer x.json --input - <<<"${resident/2024-03-02/2024-03-0$((i + 2))}"; done
wants 4 admin enrol --officer o1 --offer x.json --input - <<<"${resident/2024-03-02/2024-03-09}"
wants 10 admin enrol --officer o1 --offer x.json --input person.json
wants 0 admin apply unlock --officer o1 --input - <<<'{"rrn":"900101-1000000"}'
wants 0 admin registry show --input - --unmasked --officer o1 <<<'{"rrn":"900101-1000000"}'
wants 0 admin registry export --officer o1 --out ledger.csv --unmasked
wants 0 admin suspend --officer o1 --card "$card" --reason lost
wants 0 admin revoke --officer o1 --card "$card" --reason stolen
wants 0 admin bundle --out bundle.jwt
wants 0 admin audit head --out head.jws

# --- who and why are words that tell of nobody ---
for bad in 홍시험 900101-1000000 9001011000000 01000000001 'a b' self "$(printf 'a%.0s' $(seq 65))"; do
	wants 2 admin suspend --officer "$bad" --card "$card"
	says '.error == "bad_officer" and .field == "--officer"'
	wants 2 admin registry recover --officer "$bad" --out new.db
done
for bad in 홍시험 010-0000-0001 'Hong' "$(printf 'a%.0s' $(seq 33))"; do
	wants 2 admin suspend --officer o1 --card "$card" --reason "$bad"
	says '.field == "--reason"'
done

# --- nothing personal in rows, files, and what is shown ---
wants 0 admin audit export --officer o1 --out rows.csv
wants 0 admin audit export --officer o1 --out rows.jsonl --format jsonl
wants 0 admin audit show --last 1000
cp out shown.json
wants 0 admin audit verify
says '.whole'
sqlite3 "$registry/registry.db" 'select officer, verb, subject, outcome from audit' >rows
[ "$(cut -d'|' -f2 rows | sort -u | wc -l)" -ge 18 ] || complain "few kinds of rows: $(cut -d'|' -f2 rows | sort -u)"
for word in 홍시 가시험 마시험 별난길 시험로 900101 910101 1000000 0000-000 0000000 hong 2024-03 1990-01; do
	for file in rows rows.csv rows.jsonl shown.json head.jws "$registry/registry.db" "$registry/registry.db-wal"; do
		[ ! -e "$file" ] || ! grep -qa -- "$word" "$file" || complain "\"$word\" in $file: $(grep -a -m1 -- "$word" "$file" | head -c 200)"
	done
done
# Beside the numbers of cards and applications no row has a long number, or a letter that is not ASCII's.
grep -nP '[^\x00-\x7f]' rows && complain "letters of names"
sed -E 's/R[0-9]{12}//; s/A[0-9a-f]{24}//; s/application [0-9a-f]{14}//' rows | grep -nE '[0-9]{5}' && complain "numbers of persons"
finish
