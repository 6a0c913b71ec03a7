#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# What a registrar reads of the audit: rows by officer, verb, card and day, how long each is to be kept, and files of them that others read too.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
make_card
wants 0 admin registry show --card "$card" --unmasked --officer o7
wants 0 admin suspend --officer o2 --card "$card" --reason lost
wants 0 admin resume --officer o2 --card "$card"
db=$registry/registry.db

# --- show: which rows, the newest last ---
wants 0 admin audit show
says '.whole and .matching == 8 and [.rows[].row] == [1, 2, 3, 4, 5, 6, 7, 8] and all(.rows[]; .sound)'
says '[.rows[].verb] == ["audit begin", "init", "registry import", "enrol", "issue", "registry show", "suspend", "resume"]'
says '.rows[6] | .officer == "o2" and .outcome == "lost" and (now - .time | . < 600 and . >= -1)'
wants 0 admin audit show --last 2
says '[.rows[].row] == [7, 8] and .matching == 8'
wants 0 admin audit show --officer-id o2 --last 1
says '[.rows[].row] == [8] and .matching == 2'
wants 0 admin audit show --subject "$card"
says '[.rows[].verb] == ["issue", "suspend", "resume"]'
wants 0 admin audit show --verb registry
says '[.rows[].verb] == ["registry import", "registry show"]'
wants 0 admin audit show --verb 'registry show'
says '[.rows[].row] == [6]'
wants 0 admin audit show --verb reg
says '.rows == [] and .matching == 0'
day() { TZ=KST-9 date -d "$1" +%F; }
wants 0 admin audit show --since "$(day yesterday)" --until "$(day tomorrow)"
says '.matching == 8'
wants 0 admin audit show --since "$(day '2 days')"
says '.matching == 0'
wants 0 admin audit show --until "$(day '2 days ago')"
says '.matching == 0'
for bad in '--since 2026-02-30' '--until tomorrow' "--until 2026-1-1" '--last 0' '--last 100001'; do
	# shellcheck disable=SC2086
	wants 2 admin audit show $bad
	says ".field == \"${bad%% *}\""
done
wants 0 sinbun-admin --registry "$registry" --lang ko audit show --officer-id o2 --pin-fd 4 4<<<issuer-passphrase
[ "$(wc -l <out)" = 2 ] && grep -q "^  *7  20.*o2  *suspend  *$card  *lost  *발급, " out || complain "not for people: $(cat out)"

# --- how long they are kept ---
wants 0 admin audit show
years() { jq -r "$1 | (.keep_until[:4] | tonumber) - (.time + 32400 | gmtime[0])" out; }
for row in 'enrol application 5' 'issue issuance 8' 'suspend issuance 8' 'registry show access 5' 'registry import administration 3' 'audit begin administration 3'; do
	set -- $row
	verb=${row% * *}
	says ".rows[] | select(.verb == \"$verb\") | .class == \"$(cut -d' ' -f"$(($# - 1))" <<<"$row")\""
	[ "$(years ".rows[] | select(.verb == \"$verb\")")" = "${row##* }" ] || complain "$verb is kept for another time"
done

# --- export: the rows as they are, for its owner alone, itself in the audit ---
wants 0 admin audit export --officer o8 --out rows.csv
says '.rows == 9 and .whole'
[ "$(stat -c %a rows.csv)" = 600 ] || complain "others can read it"
[ "$(head -c 3 rows.csv | od -An -tx1)" = ' ef bb bf' ] || complain "no byte-order mark"
sqlite3 :memory: -cmd '.import --csv rows.csv r' 'select count(*), max(cast(row as integer)) from r' >out 2>err
[ "$(cat out)" = '9|9' ] || complain "another program reads: $(cat out err)"
sed '1s/^\xef\xbb\xbf//' rows.csv >plain.csv
sqlite3 :memory: -cmd '.import --csv plain.csv r' "select row, officer, verb, subject, outcome, chain from r" >exported
sqlite3 "$db" 'select seq, officer, verb, subject, outcome, lower(hex(chain)) from audit' >stored
diff exported stored >/dev/null || complain "not the rows: $(diff exported stored)"
grep -q "^9|o8|audit export||csv|" stored || complain "the export is not in the audit"
wants 0 admin audit export --officer o8 --out rows.jsonl --format jsonl --subject "$card"
says '.rows == 3 and .whole'
jq -e 'keys == ["chain", "class", "keep_until", "officer", "outcome", "row", "subject", "time", "verb"]' rows.jsonl >/dev/null || complain "other keys"
[ "$(jq -r '.row, .verb' rows.jsonl | paste -sd ' ')" = '5 issue 7 suspend 8 resume' ] || complain "other rows: $(cat rows.jsonl)"
jq -re '.time' rows.jsonl | grep -vE '^20[0-9-]{8}T[0-9:]{8}\+09:00$' && complain "times of another form"
[ "$(date -d "$(jq -rs '.[0].time' rows.jsonl)" +%s)" = "$(sqlite3 "$db" 'select time from audit where seq = 5')" ] || complain "another time"
wants 2 admin audit export --out x.csv
says '.field == "--officer"'
wants 2 admin audit export --officer o8 --out x.csv --format xml
says '.field == "--format"'
wants 9 admin audit export --officer o8 --out nowhere/rows.csv
says '.error == "cannot_write"'
[ ! -e x.csv ] || complain "a file of a wrong call"

# --- what a spreadsheet would compute, letters of no alphabet, an impossible time: nothing of it does harm ---
sqlite3 "$db" "drop trigger audit_stays; update audit set outcome = '=HYPERLINK(\"x\")', time = 9e18 where seq = 3;
	update audit set subject = cast(x'ff1b5b324a' as text), time = unixepoch('2028-02-29') where seq = 2; update audit set officer = '+1' where seq = 4"
wants 0 admin audit export --officer o8 --out odd.csv
says '.whole | not'
grep -q 'audit verify' err || complain "no warning"
grep -q "^\"3\",\"?\",\"\",\"registry import\",\"\",\"'=HYPERLINK(\"\"x\"\")\",\"administration\",\"\"," odd.csv || complain "a spreadsheet computes: $(sed -n 4p odd.csv)"
grep -q "\"'+1\",\"enrol\"" odd.csv || complain "a spreadsheet computes: $(sed -n 5p odd.csv)"
grep -q '2028-02-29T09:00:00+09:00.*"2031-03-01"' odd.csv || complain "a leap day: $(sed -n 3p odd.csv)"
[ "$(tr -d '\r\n' <odd.csv | tr -cd '[:cntrl:]')" = '' ] || complain "control characters in it"
wants 0 admin audit show
says '[.rows[] | select(.sound | not) | .row] == [2, 3, 4]'
wants 0 sinbun-admin --registry "$registry" audit show --pin-fd 4 4<<<issuer-passphrase
[ "$(tr -d '\n' <out | tr -cd '[:cntrl:]')" = '' ] || complain "control characters on the terminal"

# --- whole or not at all ---
(
	trap '' XFSZ
	cp rows.csv before.csv
	sqlite3 "$db" "drop trigger audit_kept; create temp table t as select * from audit; with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000)
		insert into audit(time, officer, verb, subject, outcome, chain) select 1, 'o1', 'enrol', '', 'ok', randomblob(32) from n"
	ulimit -f 200
	wants 9 admin audit export --officer o8 --out rows.csv
	[ ! -e rows.csv.part ] && cmp rows.csv before.csv || complain "half a file"
	finish
) || failures=$((failures + 1))
finish
