#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Four bytes that begin like a JPEG were issued as somebody's portrait; two dots in a file's name were taken for a way out of the directory.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
"$SINBUN_BUILDDIR/tests/lib/draw-portrait" 1 good.jpg || complain "no portrait to test with"
mkdir -p sub/a..b
cp good.jpg a..b.jpg
cp good.jpg sub/a..b/..jpg

# portrait CODE NAME [WORDS]: a row with this portrait is taken ("-") or refused with this code and these words.
portrait() {
	printf '%s\n' rrn,name,address,authority,issue_date,portrait "910101-1000000,가시험,시험시 시험로 1,시험시장,2024-03-02,$2" >p.csv
	if [ "$1" = - ]; then
		wants 0 admin registry import p.csv
	else
		wants 4 admin registry import p.csv --report report.csv
		grep -q "^2,portrait,$1,.*${3:-}" report.csv || complain "$2: $(sed -n 2p report.csv)"
	fi
}
portrait - good.jpg
portrait - a..b.jpg
portrait - sub/a..b/..jpg
for path in /etc/hostname ../good.jpg sub/../good.jpg sub/.. ..; do portrait path "$path"; done
portrait portrait missing.jpg 'cannot be read'
portrait portrait sub 'cannot be read'
printf '\xff\xd8\xff\xe0junk' >junk.jpg
portrait portrait junk.jpg 'broken or cut short'
for size in 3 20 200 $(($(stat -c %s good.jpg) / 2)) $(($(stat -c %s good.jpg) - 2)); do
	head -c "$size" good.jpg >cut.jpg
	portrait portrait cut.jpg 'broken or cut short'
done
# A picture inside the picture, as cameras put it there, has an end of its own.
head -c $(($(stat -c %s good.jpg) - 9)) good.jpg >main.jpg
{ head -c 2 good.jpg; printf '\xff\xe1\x40\x00'; { cat good.jpg; head -c 16382 /dev/zero; } | head -c 16382; tail -c +3 main.jpg; } >thumb.jpg
portrait portrait thumb.jpg 'broken or cut short'
{ head -c 2 good.jpg; printf '\xff\xe1\x40\x00'; { cat good.jpg; head -c 16382 /dev/zero; } | head -c 16382; tail -c +3 good.jpg; } >thumb.jpg
portrait - thumb.jpg
: >empty.jpg
portrait portrait empty.jpg 'no JPEG'
printf 'GIF89a' >gif.jpg
portrait portrait gif.jpg 'no JPEG'
{ cat good.jpg; head -c 70000 /dev/zero; } >large.jpg
portrait portrait large.jpg 'larger than 64 KiB'
# A few bytes that claim a picture of 65500 x 65500: the size stands in the frame header, 5 bytes behind its mark.
at=$(LC_ALL=C grep -obUaP '\xff\xc0\x00\x11\x08' good.jpg | head -1 | cut -d: -f1)
{ head -c $((at + 5)) good.jpg; printf '\xff\xdc\xff\xdc'; tail -c +$((at + 10)) good.jpg; } >huge.jpg
portrait portrait huge.jpg 'too many pixels'
finish
