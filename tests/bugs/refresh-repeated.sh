#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# A device could have its card refreshed by itself without end, and its holder got a notice of each, also where nothing was new.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/apply.sh"
make_registry
make_card
mkdir mail
echo 'mail-dir = ../mail' >"$registry/notice.conf"
ask() { wants 0 holder refresh --request refresh.json; }
answer() { wants "$1" admin refresh "${@:2}" --request refresh.json --response refreshed.json; }
mails() { [ "$(find mail -type f | wc -l)" = "$1" ] || complain "$(find mail -type f | wc -l) mails, not $1"; }
outcomes() {
	wants 0 admin audit show --verb refresh
	says "[.rows[].outcome] == $1"
}
address() {
	printf '%s\n' rrn,name,address,authority,issue_date "900101-1000000,홍시험,서울특별시 시험구 $1,서울특별시 시험구청장,2024-03-02" >p.csv
	wants 0 admin registry import p.csv
}
# The first one behind the issue brings nothing new either.
ask
answer 0 --self
outcomes '["unchanged"]'
mails 0
wants 0 holder refresh --response refreshed.json
address '새길 1'
ask
answer 0 --self
mails 1
answer 0 --self
ask # nothing was taken yet, so this is for the same answer
answer 0 --self
outcomes '["unchanged", "ok", "again", "again"]'
for i in 1 2 3; do
	wants 0 holder refresh --response refreshed.json
	ask
	answer 0 --self
done
mails 1
rm refreshed.json
ask
answer 10 --self
says '.error == "too_many_requests" and (.message | test("in [0-9]+ seconds"))'
[ ! -e refreshed.json ] || complain "a response was written all the same"
mails 1
outcomes '["unchanged", "ok", "again", "again", "unchanged", "unchanged", "unchanged"]'
answer 0 --officer o1 # who knows why
# What the registrar changes is no repetition.
forget
for i in 2 3 4 5 6 7; do
	address "새길 $i"
	ask
	answer 0 --self
	mails "$i"
done
wants 0 holder refresh --response refreshed.json
says '.changed == ["address"]'
# Another photo is a change as well.
"$SINBUN_BUILDDIR/tests/lib/draw-portrait" 1 photo.jpg
printf '%s\n' rrn,name,address,authority,issue_date,portrait "900101-1000000,홍시험,서울특별시 시험구 새길 7,서울특별시 시험구청장,2024-03-02,photo.jpg" >p.csv
wants 0 admin registry import p.csv
ask
answer 0 --self
answer 0 --self
mails 8
wants 0 admin audit verify
finish
