#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# The whole chain, PIN to verdict: what each set discloses, how large its code is, what a verdict holds, loss and return.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
make_card
make_desk

# --- what each set discloses, and the size of its code (QR version at level L, design.md section 5) ---
largest() { case $1 in full) echo 17 ;; *) echo 12 ;; esac; }
for set in adult basic full; do
	show $set --fields $set
	says ".version <= $(largest $set) and .set == \"$set\""
	wants 0 verify scan $set.png
	says '.result == "valid" and .reason == "ok" and .format == "sd-cwt" and .document == "resident"'
	says '.status == "valid" and .status_age_s >= 0 and .portrait == "not_checked" and (.presented_at | fromdate) > 0'
	cp out $set.json
done
jq -e '.fields == {age_over_19: true}' adult.json >/dev/null || complain "adult shows more than one thing"
jq -e '.fields == {name: "홍시험", birth_date: "1990-01-01"}' basic.json >/dev/null || complain "basic"
jq -e '.fields | keys == ["address_short", "birth_date", "name"]' full.json >/dev/null || complain "full"
wants 2 holder present --qr --once --fields everything
says '.error == "usage" and .field == "--fields"'

# --- another reader than ours reads the picture, and what it reads verifies ---
if command -v zbarimg >/dev/null; then
	show picture --fields basic
	zbarimg --nodbus --quiet --raw -Sbinary picture.png >read.txt 2>/dev/null
	[ "$(tr -d '\n' <read.txt)" = "$(tr -d '\n' <picture.txt)" ] || complain "zbarimg reads something else"
	wants 0 verify check read.txt
fi

# --- lines from a scanner: an answer for each, the exit code for all ---
show one --fields adult
show two --fields basic
wants 1 verify scan - < <(cat one.txt two.txt one.txt)
[ "$(jq -r .reason out | tr '\n' ' ')" = 'ok ok replayed ' ] || complain "three lines, three answers"

# --- the same code once; a challenge once ---
challenge=$(verify challenge | jq -r .challenge)
show answer --challenge "$challenge"
wants 0 verify scan answer.png --challenge "$challenge"
refused replayed answer.png --challenge "$challenge"
show stale --fields basic --challenge "$challenge"
refused wrong_challenge stale.txt --challenge "$challenge"
show none --fields basic
refused wrong_challenge none.txt --challenge "$(verify challenge | jq -r .challenge)"
show foreign --fields basic --challenge 00000000
refused wrong_challenge foreign.txt
wants 0 verify scan none.txt # a refusal has used up neither the code nor the challenge

# --- time: a capture, a clock that is ahead ---
show time
refused too_old time.txt --at "$(date -u -d '+36 sec' +%FT%TZ)"
refused not_yet_valid time.txt --at "$(date -u -d '-10 sec' +%FT%TZ)"
refused not_yet_valid time.txt --at "$(date -d '-10 sec' +%FT%T%:z)"
refused no_bundle time.txt --at "$(date -u -d '+8 days' +%FT%TZ)"
wants 2 verify scan time.txt --at yesterday

# --- another issuer, no issuer ---
other=$here/other-desk
wants 1 sinbun-verify --home "$other" --json scan time.txt
says '.reason == "no_bundle"'

# --- suspended, resumed, revoked ---
publish() {
	wants 0 admin bundle --out bundle.jwt
	wants 0 verify update --bundle bundle.jwt
}
wants 10 admin resume --officer o1 --card "$card" --reason found
wants 0 admin suspend --officer o1 --card "$card" --reason lost
publish
show s && refused suspended s.txt
says '.status == "suspended"'
wants 0 admin resume --officer o1 --card "$card"
publish
show r && wants 0 verify scan r.txt
wants 0 admin revoke --officer o1 --card "$card" --reason reissued
publish
show v && refused revoked v.txt
wants 10 admin resume --officer o1 --card "$card"
wants 10 admin suspend --officer o1 --card "$card"
wants 4 admin suspend --officer o1 --card R000000000000

# --- the list as files, for web sites ---
wants 0 admin status publish --out status
[ -s status/status.jwt ] && [ -s status/status.cwt ] || complain "status files"
cut -d. -f2 status/status.jwt | tr '_-' '/+' | base64 -di 2>/dev/null | jq -e '.sub == "https://id.example/s/1" and .status_list.bits == 2' >/dev/null ||
	complain "status.jwt"

# --- a child gets no proof of majority ---
phone=$here/child-phone
jq --arg rrn "$(sed -n 3p residents.csv | cut -d, -f1)" '.name = "나시험" | .rrn = $rrn' <<<"$resident" >person.json
make_card
wants 10 holder present --qr --once --fields adult
says '.error == "set_not_issued"'
show basic2 --fields basic
wants 0 verify update --bundle bundle.jwt
wants 0 verify scan basic2.txt
finish
