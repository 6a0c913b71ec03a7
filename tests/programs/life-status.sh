#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# The status list where registry.conf wants it: out with each change, in the same command, both forms or neither; and what could not go out is told,
# and goes out with the next change.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
make_card
database() { sqlite3 "$registry/registry.db" "$1"; }
# listed CARD: its two bits in the published JWT.
listed() {
	local index byte text
	index=$(database "select status_index from credential where card = '$1'")
	text=$(cut -d. -f2 list/status.jwt | tr -- -_ +/ | base64 -di 2>/dev/null | jq -r .status_list.lst | tr -- -_ +/)
	byte=$( (printf '\x1f\x8b\x08\0\0\0\0\0\0\0' && base64 -di <<<"$text" 2>/dev/null | tail -c +3) | gzip -dc 2>/dev/null | od -An -v -tu1 -j $((index / 4)) -N 1)
	echo $(((byte >> (2 * (index % 4))) & 3))
}
stands() { [ "$(listed "$1")" = "$2" ] || complain "card $1 stands at $(listed "$1") in the list, not at $2"; }
plastic() {
	printf '%s\n' rrn,name,address,authority,issue_date,card_status "900101-1000000,홍시험,서울특별시 시험구 시험로 1,서울특별시 시험구청장,2024-03-02,$1" >p.csv
	wants 0 admin registry import p.csv --officer o7
}

# --- without the setting: nothing is published, and that is said ---
wants 2 admin status publish
says '.field == "--out" and (.message | contains("status-dir"))'
wants 0 admin suspend --officer o1 --card "$card" --reason lost
says '.state == "suspended" and .reason == "lost" and (has("published") | not)'
wants 0 sinbun-admin --registry "$registry" --lang en resume --officer o1 --card "$card" --pin-fd 4 4<<<issuer-passphrase
grep -q 'Publish: status publish' out || complain "not told to publish"
wants 0 admin status publish --out elsewhere
[ -s elsewhere/status.jwt ] || complain "no list"

# --- a setting that is wrong stops everything before it begins ---
echo 'statusdir = x' >"$registry/registry.conf"
wants 3 admin suspend --officer o1 --card "$card"
says '.error == "bad_configuration" and .field == "statusdir" and (.message | contains("registry.conf:1") or contains("line 1"))'
echo "status-dir = ../list" >"$registry/registry.conf"

# --- each change ---
wants 0 admin suspend --officer o1 --card "$card" --reason lost
says '.published == true'
stands "$card" 2
wants 0 admin resume --officer o1 --card "$card" --reason found
says '.published == true and .reason == "found"'
stands "$card" 0
plastic lost
says '.suspended == 1 and .published == true'
stands "$card" 2
wants 0 admin registry show --card "$card"
says '.cards[0].reason == "plastic-lost"'
plastic valid
says 'has("published") | not'
wants 0 admin resume --officer o1 --card "$card"
says '.published == true and .reason == "plastic-restored"'
stands "$card" 0
first=$card phone=$here/phone2
cheap "$phone"
wants 0 admin enrol --officer o1 --input person.json --offer offer.json --replace
wants 0 holder enrol --offer offer.json --request request.json --puk-out puk2
wants 0 admin issue --officer o1 --request request.json --response response.json
says '.published == true'
card=$(jq -r .card out)
stands "$first" 1
stands "$card" 0
[ "$(ls -A list | sort | tr '\n' ' ')" = 'status.cwt status.jwt ' ] || complain "left over: $(ls -A list)"
wants 0 admin status publish
says '.uri == "https://id.example/s/1"'

# --- it cannot go out: the change stands, the answer says so, and the next command makes up for it ---
cp list/status.jwt before.jwt
cp list/status.cwt before.cwt
mv list away
: >list
wants 0 admin suspend --officer o1 --card "$card" --reason stolen
says '.state == "suspended" and .published == false and (.publish_error | contains("list"))'
grep -q "status publish" err || complain "the command that repeats it is not told: $(cat err)"
wants 0 admin registry show --card "$card"
says '.cards | map(select(.state == "suspended" and .reason == "stolen")) | length == 1'
wants 9 admin status publish
says '.error == "cannot_write"'
rm list
mv away list
cmp -s list/status.jwt before.jwt || complain "the old list was touched"
wants 0 admin registry import residents.csv # changes nothing, and yet
says '.same == 2 and .published == true'
stands "$card" 2
# The second form cannot take its place: neither may.
rm list/status.jwt
mkdir -p list/status.jwt/x list/.status.jwt.new/x
cp list/status.cwt before.cwt
wants 0 admin resume --officer o1 --card "$card"
says '.published == false'
cmp -s list/status.cwt before.cwt || complain "half of the list went out"
rm -rf list/status.jwt list/.status.jwt.new
wants 0 admin status publish
stands "$card" 0

# --- many at once: the last list has what the last change was ---
for i in 1 2 3 4 5 6; do
	admin suspend --officer "o$i" --card "$card" --reason lost >"out.$i" 2>"err.$i" &
	admin resume --officer "o$i" --card "$card" >"out.r$i" 2>"err.r$i" &
done
wait
state=$(database "select state from credential where card = '$card'")
stands "$card" "$state"

# --- why: of a table ---
wants 2 admin revoke --officer o1 --card "$card" --reason '홍시험이 잃어버림'
says '.error == "usage" and .field == "--reason" and (.message | contains("phone-replaced"))'
wants 2 admin resume --officer o1 --card "$card" --reason lost

# --- more cards than the list has places: it grows, and no card moves ---
database "with recursive n(i) as (select 0 union all select i + 1 from n where i < 65535)
	insert or ignore into credential(card, resident, expires, created, status_index, state) select 'F' || i, 1, 1, 1, i, 0 from n"
forget_anchor
before=$(database "select status_index from credential where card = '$card'")
wants 0 admin enrol --officer o1 --input person.json --offer offer.json --replace
phone=$here/phone3
cheap "$phone"
wants 0 holder enrol --offer offer.json --request request.json --puk-out puk3
wants 0 admin issue --officer o1 --request request.json --response response.json
says '.published == true'
grown=$(jq -r .card out)
[ "$(database "select status_index >= 65536 from credential where card = '$grown'")" = 1 ] || complain "no new place"
[ "$(database "select status_index from credential where card = '$card'")" = "$before" ] || complain "a card has moved"
wants 0 admin suspend --officer o1 --card "$grown" --reason misuse
stands "$grown" 2
stands "$card" 1

# --- what the registry says of the last list, changed by somebody, does not keep the next ones in ---
database "update setting set value = x'7fffffffffffffff7fffffffffffffff' where name = 'status-list'"
wants 0 admin resume --officer o1 --card "$grown" --reason mistake
says '.published == true'
stands "$grown" 0
[ "$(database "select hex(value) from setting where name = 'status-list'")" != 7FFFFFFFFFFFFFFF7FFFFFFFFFFFFFFF ] || complain "the number stays"
finish
