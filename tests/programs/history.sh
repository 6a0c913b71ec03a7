#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# The holder's history: what was presented, when and to whom, by the names of elements and never by values; behind the PIN.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
make_card
history() { wants 0 holder history "$@"; }

history
says '.count == 0 and .entries == []'
before=$(date +%s)
show one --fields basic
show two --fields adult
wants 0 holder show
history
says '.count == 3 and [.entries[].elements] == [["name", "birth_date"], ["age_over_19"], ["name", "birth_date", "address_short"]]'
says ".entries | all(.form == \"live_qr\" and .result == \"shown\" and .to == null and .document == \"resident\" and .time >= $before)"
grep -qE '홍시험|1990|시험로' out && complain "a value is in the history"
# What was refused was not presented.
wants 2 holder present --qr --once --fields everything --text x.txt
history
says '.count == 3'

# --- only with the PIN, and nothing of it in the files ---
wants 6 sinbun --home "$phone" --json history --pin-fd 3 3<<<111222
says '.error == "pin_incorrect" and (has("entries") | not)'
grep -rlaE 'live_qr|age_over_19|sinbun-history' "$phone" && complain "the history stands in the files"

# --- a showing on the terminal is one entry, however many codes it had ---
export TERM=xterm phone PIN
on_terminal 0 'Ends in' $'\003' -- bash -c 'trap : INT; sinbun --home "$phone" --lang en present --qr --fields adult --pin-fd 3 3<<<$PIN'
history
says '.count == 4 and .entries[3].elements == ["age_over_19"]'

# --- for people ---
wants 0 sinbun --home "$phone" --lang ko history --pin-fd 3 3<<<$PIN
grep -q '실시간 QR' out && grep -q '항목: 성명, 생년월일$' out && grep -q '현장의 상대방' out || complain "not in Korean: $(cat out)"
wants 0 sinbun --home "$phone" --lang en history --pin-fd 3 3<<<$PIN
grep -q 'what: Over 19$' out && grep -q "^$(date +%Y)-" out || complain "not in English: $(cat out)"

# --- taken out ---
history --export history.jsonl --csv history.csv
says '.count == 4 and (has("entries") | not)'
[ "$(jq -s length history.jsonl)" = 4 ] && [ "$(stat -c %a history.jsonl history.csv | sort -u)" = 600 ] || complain "the export is not right"
[ "$(head -c 3 history.csv | od -An -tx1)" = ' ef bb bf' ] || complain "no mark in front of the table"
[ "$(wc -l <history.csv)" = 5 ] && grep -q '^"20.*","live QR code","whoever stood there","no","Over 19","shown"' history.csv || complain "$(cat history.csv)"
wants 9 holder history --csv /nowhere/history.csv
says '.error == "cannot_write" and .field == "--csv"'

# --- it goes with the token ---
wants 0 holder pin change --new-pin-fd 5 5<<<482913
PIN=482913
history
says '.count == 4'
finish
