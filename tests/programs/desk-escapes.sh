#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# An issuer that the desk trusts signs what it should not: letters that steer a terminal, a list that is not there, a place outside its list.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
list=https://list.example/1
# issued URI INDEX NAME: a card of a new such issuer, and a desk that trusts it.
issued() {
	rm -rf "$desk"
	"$SINBUN_BUILDDIR/tests/lib/escaping-issuer" "$@" || complain "nothing issued"
	mkdir "$desk"
	wants 0 verify update --bundle bundle.jwt --root root.pem
}
issued $list 3 홍시험
wants 0 verify scan code.txt
says '.result == "valid" and .fields.name == "홍시험" and .status == "valid"'
issued https://list.example/2 3 홍시험
refused status_missing code.txt
says '.status == "unknown" and .status_age_s == null'
issued $list 32 홍시험
refused status_missing code.txt
says '.status == "unknown"'
sinbun-verify --home "$desk" --lang ko scan code.txt >said
! grep -q 홍시험 said || complain "a refused card's name is told: $(cat said)"

# Whatever it is, no control character reaches the screen; --json has it escaped.
for name in $'\e[2J\e[1;1H\e[32mVALID' $'\e]0;title\a' $'a\rb' $'a\nb' $'\u009b31mred' $'a\x7fb'; do
	issued $list 3 "$name"
	got=0
	sinbun-verify --home "$desk" --lang en scan code.txt --plain >said 2>&1 || got=$?
	[ "$got" -le 1 ] || complain "exit code $got"
	! LC_ALL=C grep -qaP '[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' said || complain "control characters: $(od -c said | head)"
	grep -qE 'NAME|Name|name' said || [ "$got" = 1 ] || complain "neither told nor refused: $(cat said)"
	! grep -qx 'b' said || complain "a line of its own: $(cat said)"
	issued $list 3 "$name"
	verify scan code.txt >out 2>err
	! LC_ALL=C grep -qaP '[\x00-\x09\x0b-\x1f]' out || complain "control characters in JSON"
	[ "$(wc -l <out)" = 1 ] || complain "several lines"
	verify history >out
	! LC_ALL=C grep -qaP '[\x00-\x09\x0b-\x1f\x7f]' out || complain "control characters in the history"
done
finish
