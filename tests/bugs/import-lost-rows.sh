#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# An import stored half of a value with a comma in it, let the second of two rows overwrite the first, and lost the rows behind an open
# quote, all without a word; what a file has no column for was taken away from residents.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry

# import CODE JQ: imports rows.csv, report in report.csv.
import() {
	wants "$1" admin registry import rows.csv --report report.csv
	says "$2"
}
# reported LINE FIELD CODE: the report has this row.
reported() { grep -q "^$1,$2,$3," report.csv || complain "no $1,$2,$3 in: $(cat report.csv)"; }
# stored RRN NAME [JQ]: the registry knows them together; an offer is made.
applies() {
	jq --arg rrn "$1" --arg name "$2" '.rrn = $rrn | .name = $name' <<<"$resident" >p.json
	admin enrol --officer o1 --input p.json --offer o.json >out 2>err
	jq -r '.error // "ok"' out
}
stored() { [ "$(applies "$1" "$2")" = ok ] || complain "$1 $2 is not in the registry"; }
head=rrn,name,address,authority,issue_date
rest='시험시 시험로 1,시험시장,2024-03-02'

# --- more and fewer fields than the first line has ---
printf '%s\n' $head "910101-1000000,가시험,시험시 시험로 1, 2층,시험시장,2024-03-02" "910102-1000000,나시험,시험시장,2024-03-02" \
	"910103-1000000,다시험,$rest,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,," "910104-1000000,라시험,$rest" >rows.csv
import 4 '.rows == 4 and .added == 1 and .refused == 3'
reported 2 row too_many_fields
reported 3 row too_few_fields
reported 4 row too_many_fields
[ "$(applies 910101-1000000 가시험)" = mismatch ] || complain "half an address was stored"
stored 910104-1000000 라시험

# --- one number twice ---
printf '%s\n' $head "920101-1000000,가시험,$rest" "920102-1000000,나시험,$rest" "9201011000000,다시험,$rest" >rows.csv
import 4 '.rows == 3 and .added == 2 and .refused == 1'
reported 4 rrn duplicate
grep -q 'line 2 already' report.csv || complain "the line of the first is not told"
stored 920101-1000000 가시험
# The first of them was refused for itself: then the second is the only one.
printf '%s\n' $head "920103-1000000,,$rest" "920103-1000000,다시험,$rest" >rows.csv
import 4 '.rows == 2 and .added == 1 and .refused == 1'
# More of them than the table of numbers begins with; one again at the end.
{
	echo $head
	for i in $(seq 1 28); do for j in $(seq 10 99); do printf '8%d02%02d-2%06d,마시험,%s\n' $((i % 10)) "$i" $j "$rest"; done; done
	echo "810201-2000010,바시험,$rest"
} >rows.csv
import 4 '.rows == 2521 and .added == 2520 and .refused == 1'
reported 2522 rrn duplicate

# --- a quote that nobody closes takes its own line and no other ---
printf '%s\n' $head "930101-1000000,\"가시험,$rest" "930102-1000000,나시험,$rest" "930103-1000000,\"다\"시험,$rest" \
	"930104-1000000,\"라시험\",\"시험시 \"\"시험로\"\" 1, 2층\",시험시장,2024-03-02" "930105-1000000,\"마시험" >rows.csv
import 4 '.rows == 5 and .added == 2 and .refused == 3'
reported 2 row quote_open
reported 4 row behind_quote
reported 6 row quote_open
stored 930102-1000000 나시험
stored 930104-1000000 라시험
printf '%s\n' $head "930106-1000000,$(printf '\xb0\xa1'),$rest" >rows.csv
import 4 '.refused == 1'
reported 2 row not_utf8

# --- lines ended by CR LF, and by CR alone ---
printf '%s\r\n' $head "940101-1000000,가시험,$rest" "940102-1000000,나시험,$rest" >rows.csv
import 0 '.rows == 2 and .added == 2'
printf '%s\r' $head "940103-1000000,가시험,$rest" "940104-1000000,,$rest" "940105-1000000,다시험,$rest" >rows.csv
import 4 '.rows == 3 and .added == 2 and .refused == 1'
reported 3 name text

# --- texts: a blank is no name, and 180 syllables are fewer than 200 characters ---
printf '%s\n' $head "950101-1000000, ,$rest" "950102-1000000,$(printf '\u3000\u3164'),$rest" \
	"950103-1000000,다시험,$(printf '가%.0s' $(seq 180)) 1,시험시장,2024-03-02" "950104-1000000,라시험,$(printf '가%.0s' $(seq 201)),시험시장,2024-03-02" >rows.csv
import 4 '.rows == 4 and .added == 1 and .refused == 3'
reported 2 name text
reported 3 name text
reported 5 address text
stored 950103-1000000 다시험

# --- the report's place is tried before any row is stored ---
printf '%s\n' $head "960101-1000000,가시험,$rest" >rows.csv
wants 9 admin registry import rows.csv --report "$here/nowhere/report.csv"
says '.error == "cannot_write" and .field == "--report"'
[ "$(applies 960101-1000000 가시험)" = mismatch ] || complain "rows were stored without a report"
# Without --report, the line is told in the language asked for.
printf '%s\n' $head "960101-1000000,,$rest" >rows.csv
wants 4 admin registry import rows.csv --lang ko
grep -q '2번째 줄 거절: ' err || complain "said: $(cat err)"

# --- what a file has no column for stays as it was ---
printf '%s\n' $head,card_status "970101-1000000,가시험,$rest,lost" >rows.csv
import 0 '.added == 1'
printf '%s\n' $head "970101-1000000,가시험,$rest" >rows.csv
import 0 '.same == 1'
[ "$(applies 970101-1000000 가시험)" = card_lost ] || complain "a loss report went away with its column"
printf '%s\n' $head,card_status "970101-1000000,가시험,$rest," >rows.csv
import 0 '.changed == 1'
stored 970101-1000000 가시험
finish
