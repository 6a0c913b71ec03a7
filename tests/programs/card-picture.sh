#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# The card as it is looked at: as a picture, on the terminal, as lines for a screen reader; in both languages; and its code read back from each.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
command -v zbarimg >/dev/null && command -v rsvg-convert >/dev/null || { echo "no zbarimg, or no rsvg-convert"; exit 77; }
name='홍<b>시험</b>&amp;'
cheap "$registry" 'profile = general'
wants 0 admin init --issuer 시험구청 --url https://id.example
"$SINBUN_BUILDDIR/tests/lib/draw-portrait" 1 photo.jpg 354
{
	echo rrn,name,name_hanja,address,authority,issue_date,portrait
	echo "900101-1000000,$name,洪試驗,서울특별시 시험구 시험로 1,서울특별시 시험구청장,2024-03-02,photo.jpg"
} >residents.csv
wants 0 admin registry import residents.csv
jq -c --arg name "$name" '.name = $name' <<<"$resident" >person.json
make_card
make_desk

# seen CODE LANG [OPTION…]: as a person, without --json.
seen() { wants "$1" sinbun --home "$phone" --lang "$2" show "${@:3}" --pin-fd 3 3<<<"$PIN"; }
read_code() { zbarimg -q --nodbus --raw -Sdisable -Sqrcode.enable "$1"; }
# accepted PICTURE: the desk finds the card's code in it, and the card in the code.
accepted() {
	wants 0 verify scan "$1"
	says ".result == \"valid\" and .fields.birth_date == \"1990-01-01\" and .fields.name == \"$name\""
}
# The size in the head of a PNG.
size_of() { od -An -tu1 -j16 -N8 "$1" | awk '{ print ($3 * 256 + $4) "x" ($7 * 256 + $8) }'; }

# --- pictures: 86 x 54; the code is read back; labels are of the language ---
for lang in ko en; do
	seen 0 $lang --png $lang.png --svg $lang.svg
	[ "$(size_of $lang.png)" = 1720x1080 ] || complain "$lang.png is $(size_of $lang.png)"
	[ "$(stat -c %a $lang.png $lang.svg | sort -u)" = 600 ] || complain "others may read the picture"
	read_code $lang.png | grep -q '^SB1:' || complain "$lang.png: no code"
	rsvg-convert -w 1000 -o drawn.png $lang.svg || complain "$lang.svg is no SVG"
	[ "$(size_of drawn.png)" = 1000x628 ] || complain "$lang.svg has the proportions $(size_of drawn.png)"
	[ "$(read_code drawn.png)" = "$(read_code $lang.png)" ] || complain "$lang: SVG and PNG have two codes"
	grep -q '<text\|<script\|<b>' $lang.svg && complain "$lang.svg: what stands on the card is taken for markup"
	grep -qF '홍&lt;b&gt;시험&lt;/b&gt;&amp;amp;' $lang.svg || complain "$lang.svg: the name is not told"
done
accepted ko.png
cmp -s ko.png en.png && complain "one picture for both languages"
grep -q '<title>모바일 주민등록증</title>' ko.svg && grep -q '^생년월일: 1990년 1월 1일$' ko.svg || complain "ko.svg: $(head -12 ko.svg | cut -c1-200)"
grep -q '<title>Mobile resident card</title>' en.svg && grep -q '^Date of birth: 1 January 1990$' en.svg || complain "en.svg: $(head -12 en.svg | cut -c1-200)"
grep -qE '900101-1|시험로 1|시험구청장' ko.svg && complain "the face tells more than the face"
# Large letters: another picture, the same size, the code still there.
seen 0 ko --png large.png --large
cmp -s ko.png large.png && complain "--large changes nothing"
[ "$(size_of large.png)" = 1720x1080 ] && read_code large.png | grep -q '^SB1:' || complain "large.png"
seen 2 ko --large
seen 9 ko --png /nowhere/card.png

# --- the details: everything of R27, no code on the picture, none signed for it ---
wants 0 holder history
entries=$(jq .count out)
seen 0 ko --details --svg details.svg --png details.png
for text in '주민등록번호: 900101-1000000' '주소: 서울특별시 시험구 시험로 1' '발급일자: 2024년 3월 2일' '주민등록기관: 서울특별시 시험구청장' '한자 성명: 洪試驗'; do
	grep -q "^$text$" details.svg || complain "details.svg lacks $text"
done
read_code details.png | grep -q . && complain "a code on the picture of the details"
wants 0 holder history
says ".count == $entries"
wants 6 sinbun --home "$phone" --json show --details --svg x.svg --pin-fd 3 3<<<111222
[ ! -e x.svg ] || complain "a picture without the PIN"

# --- masked ---
seen 0 ko --details --masked --plain
grep -q '^주민등록번호: 900101-1\*' out && ! grep -qE '1000000|시험로 1|^성명: 홍<b>시험|洪試驗' out || complain "not masked: $(cat out)"
wants 0 holder show --masked
says '.fields.name != "'"$name"'" and (.fields.name | contains("*"))'

# --- the terminal: halves of blocks, read by what a camera would see of them ---
seen 0 ko --term
grep -q '▄' out && grep -qF "$name" out && grep -q '1990년 1월 1일' out || complain "--term"
photographed out >terminal.pbm
read_code terminal.pbm >terminal.txt
grep -q '^SB1:' terminal.txt || complain "the terminal's code is not read"
wants 0 verify scan terminal.txt
says '.result == "valid"'

# --- plain: label, colon, value; nothing drawn, no escapes; no code is signed ---
TERM=xterm on_terminal 0 -- bash -c "sinbun --home '$phone' --lang ko show --plain --pin-fd 3 3<<<$PIN"
tr -d '\r' <typed >plain
printf '%s\n' '모바일 주민등록증' "성명: $name" '생년월일: 1990년 1월 1일' '주소(일부): 서울특별시 시험구 시험로' '사진: 있음(여기에는 표시하지 않음)' >want
head -5 plain | cmp -s - want || complain "plain: $(cat plain)"
LC_ALL=C grep -qP '\x1b|\xe2\x96' plain && complain "plain draws"
wants 0 holder history
says ".count == $entries + 2" # --masked --json and --term: both signed one
seen 2 ko --plain --term

# --- a name of forty syllables: all of it is in the picture, and the code too ---
long=홍$(printf '시험%.0s' {1..19})길
registry=$here/registry2 phone=$here/phone2 name=$long
cheap "$registry" 'profile = general'
wants 0 admin init --issuer 시험구청 --url https://id.example
printf 'rrn,name,address,authority,issue_date\n900101-1000000,%s,서울특별시 시험구 시험로 1,서울특별시 시험구청장,2024-03-02\n' "$long" >residents.csv
wants 0 admin registry import residents.csv
jq -c --arg name "$long" '.name = $name' <<<"$resident" >person.json
make_card
for large in '' --large; do
	seen 0 ko --png long.png --svg long.svg $large
	[ ! -s err ] || complain "warned: $(cat err)"
	read_code long.png | grep -q '^SB1:' || complain "long name, $large: no code"
	grep -qF "$long" long.svg || complain "the long name is cut"
done
# Nobody's photo: said so.
seen 0 ko --plain
grep -q '^사진: 없음$' out || complain "no photo: $(cat out)"
finish
