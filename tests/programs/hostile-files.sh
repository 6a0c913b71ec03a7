#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Files that are no files as one thinks of them: without an end, directories, pipes, pictures that claim to be huge or are broken. Each is refused
# by name, in bounded room and time, and what a program holds stays as it was.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
make_card
make_desk
show code --fields basic
mkfifo pipe
tried=0

# --- no end, no file, no right kind: every option that takes a file ---
# endless CODES COMMAND… with FILE in the place of the file. A pipe that somebody writes without end into is as /dev/zero.
endless() {
	local codes=$1 file got writer
	shift
	for file in /dev/zero pipe . absent; do
		tried=$((tried + 1)) got=0 writer=
		if [ $file = pipe ]; then
			yes '{"name":' >pipe 2>/dev/null &
			writer=$!
		fi
		"${@//FILE/$file}" >out 2>err || got=$?
		[ -z "$writer" ] || { kill "$writer" && wait "$writer"; } 2>/dev/null
		[[ " $codes " = *" $got "* ]] || complain "exit code $got, not one of $codes: ${*//FILE/$file}"
		says '(.error | length > 3) and (.message | length > 10)'
	done
}
endless 4 verify scan FILE
endless 4 verify check FILE
jq -n '{}' >empty.json
endless 4 verify check code.txt --request FILE
endless 4 verify update --bundle FILE
endless 4 verify update --bundle bundle.jwt --root FILE
endless 4 holder present --request FILE --consent all
endless 4 holder present --request empty.json --rp-root FILE --consent all
endless 4 holder enrol --offer FILE --request q.json --puk-out puk2
endless 4 holder enrol --response FILE
endless 4 admin registry import FILE
endless 4 admin enrol --officer o1 --input FILE --offer o.json
endless 4 admin issue --officer o1 --request FILE --response s.json
for file in q.json puk2 o.json s.json; do [ ! -e $file ] || complain "$file was made"; done
# A pipe that ends is a file as any other.
wants 0 verify scan <(cat code.txt)
show code --fields basic
wants 0 verify check <(cat code.txt)

# --- a photo in the registry that is none ---
# photo PATH CODE: a row whose portrait is that.
photo() {
	printf 'rrn,name,address,authority,issue_date,portrait\n910101-1000000,가시험,시험구 1,구청장,2024-03-02,%s\n' "$1" >photo.csv
	wants 4 admin registry import photo.csv --report report.csv
	says '.refused == 1 and .added == 0'
	[ "$(sed -n 2p report.csv | cut -d, -f2)" = portrait ] || complain "$1: $(sed -n 2p report.csv)"
	tried=$((tried + 1))
}
ln -s /dev/zero zero
photo zero
photo .
photo ../../../../../../../dev/zero

# --- pictures ---
# chunk TYPE: a PNG chunk around standard input, its checksum as it must be (gzip computes the same).
chunk() {
	cat >body
	printf '%08x' "$(stat -c %s body)" | sed 's/../\\x&/g' | { read -r n; printf '%b' "$n"; }
	{ printf %s "$1" && cat body; } >typed-body
	cat typed-body
	gzip -c typed-body | tail -c 8 | head -c 4 | { LC_ALL=C od -An -v -tx1 | awk '{ printf "\\x%s\\x%s\\x%s\\x%s", $4, $3, $2, $1 }'; } | { read -r n || :; printf '%b' "$n"; }
}
be32() { printf '%b' "$(printf '%08x' "$1" | sed 's/../\\x&/g')"; }
# png WIDTH HEIGHT: claims to be that large; holds next to nothing.
png() {
	printf '\x89PNG\r\n\x1a\n'
	{ be32 "$1" && be32 "$2" && printf '\x08\x00\x00\x00\x00'; } | chunk IHDR
	printf '\x78\x9c\x03\x00\x00\x00\x00\x01' | chunk IDAT
	: | chunk IEND
}
no_picture() {
	tried=$((tried + 1))
	wants 4 verify scan "$1"
	says '.error == "cannot_read" or .error == "no_code"'
}
for size in '65535 65535' '2147483647 2147483647' '4294967295 1' '8001 1' '1 8001' '7000 7000' '0 0' '1 0'; do
	# shellcheck disable=SC2086
	png $size >claims.png
	no_picture claims.png
done
jq -e '.message | length > 10' out >/dev/null || complain 'no words'
# One that is in order, to the bit of a checksum.
wants 0 holder present --qr --once --fields basic --png good.png
wants 0 verify scan good.png
wants 0 holder present --qr --once --fields basic --png good.png
size=$(stat -c %s good.png)
# (What is cut behind its last dot shows all of the code, which vouches for itself.)
for at in 8 20 29 33 60 $((size / 4)) $((size / 2)); do
	head -c "$at" good.png >cut.png
	no_picture cut.png
done
# The checksum of the head, and of what holds the dots.
for at in 29 30 31 32; do
	{ head -c $at good.png && printf '\xa5' && tail -c +$((at + 2)) good.png; } >changed.png
	cmp -s changed.png good.png || no_picture changed.png
done
idat=$(LC_ALL=C grep -abo IDAT good.png | head -1 | cut -d: -f1)
{ head -c $((idat + 4 + 20)) good.png && printf '\xff\xff\xff\xff' && tail -c +$((idat + 4 + 25)) good.png; } >changed.png
no_picture changed.png
# A chunk that claims two gigabytes.
{ printf '\x89PNG\r\n\x1a\n' && { be32 8 && be32 8 && printf '\x08\x00\x00\x00\x00'; } | chunk IHDR && be32 2147483647 && printf IDAT; } >claims.png
no_picture claims.png
wants 0 verify scan good.png

"$SINBUN_BUILDDIR/tests/lib/draw-portrait" 1 face.jpg
sof=$(LC_ALL=C grep -abo -P '\xff\xc0\x00\x11\x08' face.jpg | head -1 | cut -d: -f1)
[ -n "$sof" ] || complain 'no frame in the JPEG'
# jpeg HEIGHT WIDTH (as bytes): the same photo, claiming that.
jpeg() { { head -c $((sof + 5)) face.jpg && printf '%b' "$1$2" && tail -c +$((sof + 10)) face.jpg; } >claims.jpg; }
for claim in '\xff\xff \xff\xff' '\x1f\x41 \x00\x40' '\x00\x40 \x1f\x41' '\x00\x00 \x00\x00' '\x1b\x58 \x1b\x58'; do
	# shellcheck disable=SC2086
	jpeg $claim
	no_picture claims.jpg
	photo claims.jpg
done
size=$(stat -c %s face.jpg)
for at in 2 3 20 $((sof + 4)) $((size / 2)) $((size - 1)); do
	head -c "$at" face.jpg >cut.jpg
	no_picture cut.jpg
	photo cut.jpg
done
{ printf '\xff\xd8\xff' && head -c 5000 /dev/urandom; } >noise.jpg
no_picture noise.jpg
photo noise.jpg
photo claims.png
photo good.png
printf '\x89PNG\r\n\x1a\n' >head.png
no_picture head.png
# Larger than any picture that is looked at.
{ cat good.png && head -c 40000000 /dev/zero; } >large.png
no_picture large.png

# --- where answers go ---
mkdir directory
wants 9 holder present --qr --once --text directory
says '.error == "cannot_write" and .field == "--text"'
wants 9 admin bundle --out directory
wants 9 holder present --qr --once --png /dev/full
says '.error == "cannot_write"'

echo "$tried refused"
# All is as it was.
show code --fields basic
wants 0 verify scan code.txt
finish
