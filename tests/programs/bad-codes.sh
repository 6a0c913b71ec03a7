#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Codes that are no codes: refused in words, no field shown, never a crash.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
make_card
make_desk
show code --fields full
code=$(cat code.txt)

# --- cut anywhere, lengthened, in other letters ---
for at in $(seq 0 37 ${#code}); do
	printf '%s' "${code:0:at}" >cut.txt
	[ -s cut.txt ] || continue
	refused malformed cut.txt
done
printf '%sA\n' "$code" >c.txt && refused malformed c.txt
printf '%s%s\n' "$code" "${code:4}" >c.txt && refused malformed c.txt
printf '%s\n' "${code,,}" >c.txt && refused malformed c.txt
printf 'HC1:%s\n' "${code:4}" >c.txt && refused malformed c.txt
for wrong in 'SB1:' 'SB1:GGW' 'SB1::::' 'SB1:ABCD' 'SB1:_____' 'SB1:가나다' 'https://id.example/x' "$(head -c 300 /dev/urandom | base64 -w0)"; do
	printf '%s\n' "$wrong" >c.txt
	refused malformed c.txt
done
# One character after the other becomes another of the same alphabet.
for at in $(seq 4 23 $((${#code} - 1))); do
	c=${code:at:1}
	[ "$c" = 7 ] && c=8 || c=7
	printf '%s%s%s\n' "${code:0:at}" "$c" "${code:at+1}" >c.txt
	wants 1 verify scan c.txt
	says '.result == "refused" and .fields == {} and (.reason | IN("malformed", "altered", "unknown_issuer", "holder_mismatch"))'
done
# Binary, long and hostile text.
head -c 4000 /dev/urandom >c.txt
wants 4 verify scan c.txt
says '.error == "cannot_read"'
printf 'SB1:\377\376\n' >c.txt
wants 1 verify scan - <c.txt
says '.reason == "malformed"'
head -c 200000 /dev/zero | tr '\0' A >c.txt
refused malformed c.txt
printf '\033[31mred\n' >c.txt
refused malformed c.txt

# --- files that hold no code ---
wants 4 verify scan absent.png
says '.error == "cannot_read" and .field == "absent.png"'
: >empty
wants 4 verify scan empty
says '.error == "no_code"'
"$SINBUN_BUILDDIR/tests/lib/draw-portrait" 1 portrait.jpg
wants 4 verify scan portrait.jpg
says '.error == "no_code"'
show picture --fields full
head -c 2000 picture.png >cut.png
wants 4 verify scan cut.png
mkdir directory
wants 4 verify scan directory

# --- a code of another kind in a picture ---
if command -v qrencode >/dev/null; then
	qrencode -o other.png 'https://id.example/'
	refused malformed other.png
fi

# --- what a person reads: a word, a reason, what to do; in both languages; no field ---
printf '%s\n' "${code:0:100}" >c.txt
sinbun-verify --home "$desk" --lang en scan c.txt >said 2>&1
grep -q 'NOT VALID' said && ! grep -q 홍시험 said || complain "English verdict: $(cat said)"
sinbun-verify --home "$desk" --lang ko scan c.txt >said 2>&1
grep -q 무효 said || complain "Korean verdict: $(cat said)"
sinbun-verify --home "$desk" --lang ko scan code.txt >said 2>&1
grep -q 유효 said && grep -q 홍시험 said || complain "Korean verdict: $(cat said)"
finish
