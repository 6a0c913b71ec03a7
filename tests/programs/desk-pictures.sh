#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Pictures at the desk that are damaged, or say that they are larger than they may be: refused in words, never a crash, and a picture that a
# code can still be read in is judged.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
make_card
make_desk
show code --fields basic
"$SINBUN_BUILDDIR/tests/lib/draw-portrait" 1 face.jpg

# bad FILE: no picture with a code, and told so.
bad() {
	local got=0
	verify scan "$1" >out 2>err || got=$?
	# A hole in the paper may leave the code whole: then it is judged, and judged once.
	case $got in
	0 | 1 | 4) ;;
	*) complain "exit code $got for $1: $(head -c 300 err)" ;;
	esac
	[ "$got" != 4 ] || says '(.error == "no_code" or .error == "cannot_read") and (.message | length > 0)'
}
# patched FILE AT HEX: with those bytes there.
patched() { cp "$1" patched && printf "$(sed 's/../\\x&/g' <<<"$3")" | dd of=patched bs=1 seek="$2" conv=notrunc 2>/dev/null; }

for picture in code.png face.jpg; do
	size=$(stat -c %s "$picture")
	for at in $(seq 1 $((size / 25 + 1)) $((size - 1))); do
		head -c "$at" "$picture" >patched
		bad patched
		patched "$picture" "$at" ff00ff
		bad patched
	done
done
# The size that a PNG says of itself, with the sum that belongs to it; one side too long, the area, and both as long as can be said.
header() {
	printf 'IHDR%b' "$(sed 's/../\\x&/g' <<<"$1$2")" >head.part
	tail -c +25 code.png | head -c 5 >>head.part
	{
		head -c 12 code.png
		cat head.part
		printf '%b' "$(gzip -c head.part | tail -c 8 | head -c 4 | od -An -tx1 | awk '{ print "\\x" $4 "\\x" $3 "\\x" $2 "\\x" $1 }')"
		tail -c +34 code.png
	} >large.png
}
sides=$(head -c 24 code.png | tail -c 8 | od -An -tx1 | tr -d ' \n')
header "${sides:0:8}" "${sides:8}"
cmp -s large.png code.png || complain "the test draws no PNG header"
for sides in '00001f41 00000010' '00001900 00001900' '7fffffff 7fffffff' '00000010 00001f41' '00000000 00000010'; do
	header ${sides% *} ${sides#* }
	wants 4 verify scan large.png
	says '.error == "cannot_read" or .error == "no_code"'
done
# A JPEG: its frame header (ff c0) says height and width.
frame=$(LC_ALL=C grep -obUaP '\xff\xc0\x00\x11\x08|\xff\xc0\x00\x0b\x08' face.jpg | head -1 | cut -d: -f1)
[ -n "$frame" ] || complain "no frame header in the JPEG"
for sides in ffffffff 1f410010 00101f41 19001900 00000000; do
	patched face.jpg $((frame + 5)) $sides
	wants 4 verify scan patched
	says '.error == "cannot_read" or .error == "no_code"'
done
# More bytes than any picture may have.
{ cat face.jpg; head -c $((33 * 1024 * 1024)) /dev/zero; } >heavy.jpg
wants 4 verify scan heavy.jpg
says '.error == "cannot_read"'
wants 4 verify scan - <heavy.jpg
# Beside a good picture a bad one costs nothing.
show again --fields basic
wants 0 verify scan patched again.png
finish
