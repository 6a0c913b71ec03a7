#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# The photo beside a live code: frames that any camera reads, that make a JPEG of at most 2048 bytes, of which the credential has the digest.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
command -v zbarimg >/dev/null && command -v rsvg-convert >/dev/null || { echo "no zbarimg, or no rsvg-convert"; exit 77; }
read_code() { zbarimg -q --nodbus --raw -Sdisable -Sqrcode.enable "$@"; }
join_frames() { "$SINBUN_BUILDDIR/tests/lib/join-frames"; }
# small_enough FILE: a JPEG of at most 2048 bytes whose digest is the card's.
small_enough() {
	[ "$(head -c 3 "$1" | od -An -tx1)" = ' ff d8 ff' ] && [ "$(stat -c %s "$1")" -le 2048 ] || complain "$1: no JPEG, or too large"
	[ "$(openssl dgst -sha256 -binary "$1" | base64 -w0 | tr '+/' '-_' | tr -d =)" = "$digest" ] || complain "$1 is not what the credential vouches for"
}
make_registry
"$SINBUN_BUILDDIR/tests/lib/draw-portrait" 1 camera.jpg 354
[ "$(stat -c %s camera.jpg)" -gt 4096 ] || complain "the photo is small already"
{
	echo rrn,name,address,authority,issue_date,portrait
	echo '900101-1000000,홍시험,서울특별시 시험구 시험로 1,서울특별시 시험구청장,2024-03-02,camera.jpg'
} >residents.csv
wants 0 admin registry import residents.csv
make_card
make_desk
show live --with-portrait --svg live.svg
says '(.portrait | length) <= 4 and (.portrait | length) > 0 and (.qr | startswith("SB1:"))'
frames=$(jq '.portrait | length' out)
wants 0 verify scan live.png
says '.result == "valid"'
digest=$(jq -r .fields.portrait_sha256 out)

# --- pictures, one for each code; the text, a line for each ---
codes='live.png' drawn=
for i in $(seq "$frames"); do
	codes="$codes live-$i.png"
	rsvg-convert -w 600 -o "drawn-$i.png" "live-$i.svg" || complain "live-$i.svg is no SVG"
	drawn="$drawn drawn-$i.png"
	read_code "live-$i.png" | grep -q "^SBP1:$i/$frames:" || complain "live-$i.png is not frame $i of $frames"
done
[ ! -e "live-$((frames + 1)).png" ] || complain "too many pictures"
# shellcheck disable=SC2086
{ read_code $codes | sort >codes.txt && sort live.txt | cmp -s - codes.txt; } || complain "pictures and text differ"
# shellcheck disable=SC2086
read_code $drawn | join_frames >from-svg.jpg
join_frames <live.txt >from-text.jpg
small_enough from-svg.jpg
small_enough from-text.jpg
rsvg-convert -w 600 -o drawn.png live.svg && read_code drawn.png | cmp -s - <(head -1 live.txt) || complain "live.svg"

# --- without a terminal to redraw: one after the other ---
wants 0 sinbun --home "$phone" --lang en present --qr --with-portrait --pin-fd 3 3<<<"$PIN"
photographed out >terminal.pbm
read_code terminal.pbm | join_frames >from-terminal.jpg
small_enough from-terminal.jpg

# --- on a terminal they take turns, and begin anew with the live one ---
export TERM=xterm
on_terminal 0 --size 60x140 "Photo 1/$frames" '' "Photo $frames/$frames" '' 'New code in' $'\003' -- \
	bash -c "trap : INT; sinbun --home '$phone' --lang en present --qr --with-portrait --pin-fd 3 3<<<$PIN"

# --- the history says that the photo was shown ---
wants 0 holder history
says '.count == 3 and (.entries | all(.elements | index("portrait")))'

# --- not every set vouches for it, and not everybody has one ---
for set in adult basic; do
	wants 2 holder present --qr --once --fields $set --with-portrait --text x.txt
	says '.error == "usage" and .field == "--with-portrait" and (.message | contains("--fields full"))'
done
registry=$here/registry2 phone=$here/phone2
make_registry
make_card
wants 10 holder present --qr --once --with-portrait --text x.txt
says '.error == "no_portrait"'
[ ! -e x.txt ] || complain "a code was written all the same"

# --- one that is small enough is shown as it is ---
registry=$here/registry3 phone=$here/phone3
make_registry
"$SINBUN_BUILDDIR/tests/lib/draw-portrait" 1 tiny.jpg 60
[ "$(stat -c %s tiny.jpg)" -le 2048 ] || complain "not small"
printf 'rrn,name,address,authority,issue_date,portrait\n900101-1000000,홍시험,서울특별시 시험구 시험로 1,서울특별시 시험구청장,2024-03-02,tiny.jpg\n' >tiny.csv
wants 0 admin registry import tiny.csv
make_card
show tiny --with-portrait
join_frames <tiny.txt | cmp -s - tiny.jpg || complain "a small photo was altered"
finish
