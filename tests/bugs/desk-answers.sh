#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# A desk's answers: one judged for another time looked like one for now, dates that do not exist were taken, any file that gdk-pixbuf could
# open was decoded, a picture on standard input was read as lines of text, and large or linked files were told wrongly.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
make_card
make_desk

# --- as of another time ---
at=$(date -u +%FT%TZ)
show one --fields basic
wants 0 verify scan one.txt --at "$at"
says ".result == \"valid\" and .at == \"$at\""
show two --fields basic
wants 0 verify scan two.txt
says '.result == "valid" and (has("at") | not)'
show three --fields basic
at=$(date -u +%FT%TZ)
sinbun-verify --home "$desk" --lang en scan three.txt --at "$at" >said
grep -A1 ' VALID ' said | grep -q "as of $at" || complain "nothing beneath the word: $(cat said)"
grep -q 'not for now' said || complain "nothing in the text: $(cat said)"
for at in 2026-02-31T10:00:00Z 2026-04-31T10:00:00Z 2027-02-29T10:00:00+09:00; do
	wants 2 verify scan two.txt --at $at
	says '.field == "--at"'
done
wants 1 verify scan two.txt --at 2028-02-29T10:00:00Z

# --- a picture is PNG or JPEG; it may come on standard input ---
show four --fields basic
wants 0 verify scan - <four.png
says '.result == "valid"'
[ "$(wc -l <out)" = 1 ] || complain "more than one answer to one picture"
head -c 2000 four.png >cut.png
wants 4 verify scan - <cut.png
says '(.error == "cannot_read" or .error == "no_code") and (.message | contains("standard input"))'
wants 4 verify scan cut.png
{
	echo '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">'
	echo '<rect width="9" height="9"/>'
	echo '</svg>'
} >x.svg
wants 1 verify scan x.svg
says '.reason == "malformed"'
[ "$(wc -l <out)" = 1 ] || complain "$(wc -l <out) answers to a file that holds no code"
printf 'GIF89a\1\0\1\0\200\0\0\377\377\377\0\0\0!\371\4\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;' >x.gif
wants 4 verify scan x.gif
says '.error == "cannot_read" and (.message | contains("neither a picture"))'
# A small file that claims a huge picture.
{
	printf '\211PNG\r\n\032\n\0\0\0\rIHDR\0\0\377\377\0\0\377\377\10\2\0\0\0'
	printf '\0\0\0\0'
	head -c 200 /dev/zero
} >huge.png
wants 4 verify scan huge.png

# --- too much text is too large, not malformed ---
head -c 2000000 /dev/zero | tr '\0' A >long.txt
wants 4 verify scan long.txt
says '.error == "cannot_read" and (.message | contains("too large"))'
wants 4 verify scan - </dev/null
says '.error == "no_code" and (.message | contains("standard input"))'
mkdir directory
wants 4 verify scan directory
says '.message | contains("it is a directory")'

# --- a linked memory says what to do ---
cp -r "$desk" linked
mv linked/desk.db elsewhere.db
ln -s "$PWD/elsewhere.db" linked/desk.db
wants 9 sinbun-verify --home linked --json scan four.txt
says '.error == "unsafe_file" and (.message | (contains("is a link") and contains("desk.db")))'

# --- what is written appears whole or not at all, and the reason fits ---
wants 9 holder present --qr --once --png /nope/x.png
says '.field == "--png" and (.message | endswith("/nope/x.png cannot be written: no such file or directory."))'
wants 9 holder present --qr --once --text /nope/x.txt
says '.message | endswith("/nope/x.txt cannot be written: no such file or directory.")'
wants 9 holder present --qr --once --png directory
says '.message | contains("it is a directory")'
cp four.png kept.png
cp four.png five.png
wants 0 holder present --qr --once --png five.png
[ "$(stat -c %a five.png)" = 600 ] || complain "five.png is open to others"
ulimit -f 1
got=0
holder present --qr --once --png four.png >out 2>err || got=$?
cmp -s four.png kept.png || complain "a picture that could not be written replaced the old one (exit code $got)"
ulimit -f unlimited 2>/dev/null

# --- where it is wrong ---
: >empty.json
echo '[]' >array.json
for file in empty.json array.json; do
	wants 4 holder enrol --offer $file --request q.json --puk-out puk2
	says '.error == "bad_offer" and (.message | contains("line 1, column 1"))'
done
finish
