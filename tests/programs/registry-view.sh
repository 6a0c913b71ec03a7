#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# What a registrar sees of the registry: residents masked, whole only with a name in the audit; a ledger that a spreadsheet may open; numbers.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
make_card
audited() { sqlite3 "$registry/registry.db" "select count(*) from audit where $1"; }

# --- one resident ---
wants 0 admin registry show --input - <<<'{"rrn":"900101-1000000"}'
says '.masked and .fields.rrn == "900101-1******" and .fields.name == "홍*험" and .fields.address == "서울특별시 시험구 시험로"'
says '.fields.issue_date == "2024-03-02" and (.cards | length == 1) and .cards[0].state == "valid" and (.portrait | not) and .wrong_dates == 0'
says ".cards[0].card == \"$card\""
[ "$(audited "verb = 'registry show'")" = 0 ] || complain "a masked look is in the audit"
wants 0 admin registry show --card "$card"
says '.masked and .fields.name == "홍*험"'
wants 2 admin registry show --card "$card" --unmasked
says '.field == "--officer"'
wants 0 admin registry show --card "$card" --unmasked --officer o7
says '(.masked | not) and .fields.rrn == "900101-1000000" and .fields.name == "홍시험" and .fields.address == "서울특별시 시험구 시험로 1"'
[ "$(audited "verb = 'registry show' and officer = 'o7' and outcome = 'unmasked' and subject = 'resident 1'")" = 1 ] || complain "who looked is not in the audit"
wants 2 admin registry show
wants 2 admin registry show --card "$card" --input person.json
wants 4 admin registry show --card "x' or 1=1 --"
says '.error == "no_card"'
wants 4 admin registry show --input - <<<'{"rrn":"910101-1000000"}'
says '.error == "mismatch" and .field == "rrn"'
wants 4 admin registry show --input - <<<'{"rrn":"9101"}'
says '.error == "bad_rrn"'
wants 4 admin registry show --input - <<<'{"rrn":7}'
says '.error == "missing" and .field == "rrn"'
wants 0 sinbun-admin --registry "$registry" --lang ko registry show --card "$card" --pin-fd 4 4<<<issuer-passphrase
grep -q '홍\*험' out || complain "not for people"
wants 0 admin suspend --officer o1 --card "$card" --reason lost
wants 0 admin registry show --card "$card"
says '.cards[0].state == "suspended"'

# --- the ledger: cells that a spreadsheet would compute are texts, and it is imported again as it is ---
{
	echo rrn,name,address,authority,issue_date,name_hanja,phone,carrier,phone_owner,card_status
	echo '910101-1000001,"=HYPERLINK(""x"")",+시험구,-구청장,2024-03-02,@,010-1234-5678,KT,김시용,lost'
} >formulas.csv
wants 0 admin registry import formulas.csv
wants 0 admin registry export --officer o8 --out ledger.csv
says '.rows == 3 and .masked'
[ "$(stat -c %a ledger.csv)" = 600 ] || complain "others can read the ledger"
grep -q '"910101-1\*\*\*\*\*\*"' ledger.csv && ! grep -q -e 1000001 -e 5678 -e 김시용 -e 홍시험 ledger.csv || complain "not masked: $(cat ledger.csv)"
wants 0 admin registry export --officer o8 --out ledger.csv --unmasked
says '.rows == 3 and (.masked | not)'
grep -q "\"'=HYPERLINK(\"\"x\"\")\",\"'+시험구\",\"'-구청장\"" ledger.csv || complain "a spreadsheet computes: $(cat ledger.csv)"
[ "$(audited "verb = 'registry export' and officer = 'o8'")" = 2 ] || complain "the exports are not in the audit"
grep -v HYPERLINK ledger.csv >again.csv
wants 0 admin registry import again.csv
says '.rows == 2 and .same == 2'
wants 2 admin registry export --out ledger.csv
says '.field == "--officer"'
wants 9 admin registry export --officer o8 --out nowhere/ledger.csv
says '.error == "cannot_write"'
(
	trap '' XFSZ
	"$SINBUN_SRCDIR/tests/lib/residents.sh" 3000 100 >more.csv
	wants 0 admin registry import more.csv
	cp ledger.csv before.csv
	ulimit -f 60
	wants 9 admin registry export --officer o8 --out ledger.csv
	[ ! -e ledger.csv.part ] && cmp ledger.csv before.csv || complain "half a ledger"
	finish
) || failures=$((failures + 1))

# --- numbers, and nobody in them ---
wants 0 admin registry stats
says '.residents == 3003 and .cards == 1 and .by_state.suspended == 1 and .by_authority["서울특별시 시험구청장"] == 3002 and .by_card_status.lost == 1'
says ".by_month[\"$(TZ=KST-9 date +%Y-%m)\"] == 1"
grep -q -e 홍시험 -e 900101 -e "$card" out && complain "a person in the numbers"
finish
