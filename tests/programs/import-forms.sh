#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Files as offices have them: encodings, headers in Korean, lines without an end, fields that are no names. Nothing is guessed, and nothing
# that is right is lost.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
rows() { sqlite3 "$registry/registry.db" 'select count(*) from resident'; }
# reports LINE FIELD CODE: the refused rows tell so.
reports() { cut -d, -f1-3 report.csv | grep -qx "$1,$2,$3" || complain "no $1,$2,$3 in: $(cat report.csv)"; }

# --- UTF-8 and CP949, with the headers of a Korean register ---
cat >korean.csv <<END
주민등록번호,성명,주소,발급기관,발급일자,한자 성명
910101-1000001,가시험,서울특별시 시험구 시험로 1,서울특별시 시험구청장,2024-03-02,洪試驗
910101-1000002,똠시험,서울특별시 시험구 시험로 2,서울특별시 시험구청장,2024-03-02,
END
iconv -f UTF-8 -t CP949 korean.csv >cp949.csv
wants 0 admin registry import cp949.csv
says '.rows == 2 and .added == 2'
wants 0 admin registry import korean.csv
says '.same == 2'
(printf '\xef\xbb\xbf'; cat korean.csv) >mark.csv
wants 0 admin registry import mark.csv
says '.same == 2'
wants 0 admin registry import --encoding cp949 cp949.csv
says '.same == 2'
tr '\n' '\r' <korean.csv >mac.csv
wants 0 admin registry import mac.csv
says '.same == 2'
sed 's/$/\r/' korean.csv >dos.csv
wants 0 admin registry import dos.csv
says '.same == 2'
wants 2 admin registry import --encoding ebcdic korean.csv
says '.field == "--encoding"'
wants 4 admin registry import --encoding cp949 korean.csv
says '.error == "bad_header"'
wants 4 admin registry import --encoding utf-8 cp949.csv
says '.error == "bad_header"'

# --- lines of another encoding are named, on both sides ---
head -2 korean.csv >mixed.csv
tail -1 cp949.csv | sed 's/1000002/1000003/' >>mixed.csv
echo '910101-1000004,라시험,시험구 4,구청장,2024-03-02,' >>mixed.csv
wants 4 admin registry import mixed.csv --report report.csv
says '.rows == 3 and .added == 1 and .same == 1 and .refused == 1'
reports 3 row mixed_encoding
head -2 cp949.csv >mixed.csv
sed -n '3s/1000002/1000005/p' korean.csv >>mixed.csv
wants 4 admin registry import mixed.csv --report report.csv
says '.same == 1 and .refused == 1'
reports 3 row mixed_encoding
printf '%s\n910101-1000005,\xff\xff,시험구,구청장,2024-03-02\n' rrn,name,address,authority,issue_date >broken.csv
wants 4 admin registry import broken.csv --report report.csv
reports 2 row not_utf8

# --- headers of its own ---
sed '1s/.*/번호,부르는 이름,address,authority,issue_date,비고/; s/,洪試驗/,참고/' korean.csv >own.csv
wants 4 admin registry import own.csv
says '.error == "bad_header" and .field == "번호"'
wants 0 admin registry import own.csv --map 'rrn=번호,name=부르는 이름,-=비고'
says '.same == 2'
for map in rrn 'rrn=없는 것,name=부르는 이름' 'colour=번호' 'rrn=번호,rrn=비고' 'rrn=번호,name=번호' =번호; do
	wants 2 admin registry import own.csv --map "$map"
	says '.error == "bad_map" and .field == "--map"'
done

# --- a dry run says the same, and leaves everything as it was ---
{
	cat korean.csv
	printf '%s\n' '910101-1000006,바시험,시험구 6,구청장,2024-03-02,' '910101-5000006,사시험,시험구 6,구청장,2024-03-02,' \
		'910101-1000006,아시험,시험구 6,구청장,2024-03-02,' '910101-1000007,자시험,시험구 6,구청장,2024-02-30,' '"910101-1000008,차시험' \
		'910101-1000009,"카"시험,시험구 6,구청장,2024-03-02,' '910101-1000009,카시험'
} >some.csv
before=$(sqlite3 "$registry/registry.db" .dump | sha256sum)
wants 4 admin registry import some.csv --dry-run --report dry.csv
says '.dry_run and .added == 1 and .same == 2 and .refused == 6'
[ "$before" = "$(sqlite3 "$registry/registry.db" .dump | sha256sum)" ] || complain "a dry run wrote"
wants 4 admin registry import some.csv --report report.csv
says '(.dry_run | not) and .added == 1 and .same == 2 and .refused == 6'
cmp dry.csv report.csv || complain "a dry run reports something else"
reports 5 rrn rrn_foreigner
reports 6 rrn duplicate
reports 7 issue_date date
reports 8 row quote_open
reports 9 row behind_quote
reports 10 row too_few_fields

# --- a line without an end is refused with its number, in bounded memory; the ones around it are taken ---
{
	head -1 korean.csv
	head -c 200000000 /dev/zero | tr '\0' x
	printf '\n910101-1000010,타시험,시험구 6,구청장,2024-03-02,\n'
} >long.csv
(
	[ -n "${SINBUN_SANITIZED:-}" ] || ulimit -v 400000
	wants 4 admin registry import long.csv --report report.csv
	finish
) || failures=$((failures + 1))
reports 2 row too_long
rm long.csv
# One that never ends ends the import.
wants 4 admin registry import <({ head -1 korean.csv; cat /dev/zero; } 2>/dev/null)
says '.error == "cannot_read" and (.message | test("too large"))'
wants 0 admin registry import korean.csv

# --- people born since 2020 have no check digit; names of 40 letters; Hanja; Latin ---
{
	echo rrn,name,address,authority,issue_date,name_hanja
	echo "210101-3999999,나시험,시험구,구청장,2024-03-02,"
	echo "210101-4000001,$(printf '가%.0s' $(seq 40)),시험구,구청장,2024-03-02,$(printf '洪%.0s' $(seq 40))"
	echo "910101-1000011,Shiheom Exámple von Beispiel,시험구,구청장,2024-03-02,"
} >people.csv
wants 0 admin registry import people.csv
says '.added == 3'

# --- what would be a command elsewhere is a text here ---
injected="x'); drop table resident; --"
for field in name address authority name_hanja; do
	{
		echo rrn,name,address,authority,issue_date,name_hanja
		awk -v f=$field -v v="$injected" 'BEGIN { n = split("name address authority issue_date name_hanja", c, " "); l = "910101-1000012"
			for (i = 1; i <= n; i++) l = l ",\"" (c[i] == f ? v : c[i] == "issue_date" ? "2024-03-02" : "가") "\""; print l }'
	} >inject.csv
	wants 0 admin registry import inject.csv
done
for field in rrn issue_date overseas card_status phone carrier; do
	{
		echo rrn,name,address,authority,issue_date,overseas,card_status,phone,carrier
		awk -v f=$field -v v="$injected" 'BEGIN { n = split("rrn name address authority issue_date overseas card_status phone carrier", c, " ")
			d["rrn"] = "910101-1000013"; d["name"] = d["address"] = d["authority"] = "가"; d["issue_date"] = "2024-03-02"
			for (i = 1; i <= n; i++) l = l (i > 1 ? "," : "") "\"" (c[i] == f ? v : d[c[i]]) "\""; print l }'
	} >inject.csv
	wants 4 admin registry import inject.csv --report report.csv
	[ "$(sed -n 2p report.csv | cut -d, -f2)" = "$field" ] || complain "$field: $(cat report.csv)"
done
[ "$(rows)" -gt 8 ] || complain "residents are gone"

# --- portraits stay beside the file, whichever way out is tried ---
mkdir inside outside
"$SINBUN_BUILDDIR/tests/lib/draw-portrait" outside/p.jpg 2>/dev/null || printf '\xff\xd8\xff' >outside/p.jpg
ln -s ../outside inside/link
ln -s ../outside/p.jpg inside/p.jpg
for path in ../outside/p.jpg "$here/outside/p.jpg" link/p.jpg p.jpg ./../outside/p.jpg; do
	printf 'rrn,name,address,authority,issue_date,portrait\n910101-1000014,가,나,다,2024-03-02,%s\n' "$path" >inside/p.csv
	wants 4 admin registry import inside/p.csv --report report.csv
	reports 2 portrait path
done
finish
