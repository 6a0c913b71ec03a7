#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# A card is brought up to date: asked for by its own keys, for the same number, place in the list and end; not for another person, and not for a card
# that must be issued anew. Killed at any write, the device has the old card or the new one.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/apply.sh"
make_registry
make_card
make_desk
first=$(sqlite3 "$registry/registry.db" "select status_index, expires from credential where card = '$card'")
# person FIELD VALUE…: the resident as the registry is to have him; the rest as it was.
declare -A now=([name]=홍시험 [address]='서울특별시 시험구 시험로 1' [issue_date]=2024-03-02 [card_status]=valid)
person() {
	while [ $# -gt 0 ]; do now[$1]=$2 && shift 2; done
	printf '%s\n' rrn,name,address,authority,issue_date,card_status \
		"900101-1000000,${now[name]},${now[address]},서울특별시 시험구청장,${now[issue_date]},${now[card_status]}" >p.csv
	wants 0 admin registry import p.csv
}
ask() { wants 0 holder refresh --request refresh.json && says ".card == \"$card\""; }
answer() { wants "$1" admin refresh "${@:2}" --request refresh.json --response refreshed.json; }
refresh() {
	ask
	answer 0 --self
	says ".card == \"$card\" and .expires == $(cut -d'|' -f2 <<<"$first")"
	wants 0 holder refresh --response refreshed.json
}

# --- usage, and nothing changed ---
wants 2 holder refresh
wants 2 holder refresh --request a --response b
wants 10 holder refresh --response "$here/response.json"
says '.error == "no_request"'
ask
answer 2
answer 2 --self --officer o1
refresh
says '.changed == [] and .sets == ["adult", "basic", "full"]'

# --- a new address ---
person address '부산광역시 시험구 새길 22-101'
refresh
says '.changed == ["address", "address_short"] and .card == "'"$card"'"'
wants 0 holder show --details
says '.fields.address == "부산광역시 시험구 새길 22-101"'
[ "$(sqlite3 "$registry/registry.db" "select status_index, expires from credential where card = '$card'")" = "$first" ] || complain "another place or end"
show fresh && wants 0 verify scan fresh.txt
says '.fields.address_short | startswith("부산광역시")'
wants 10 holder refresh --response refreshed.json # once
says '.error == "no_request"'
ask
answer 0 --officer o7
wants 0 sinbun --home "$phone" --lang ko refresh --response refreshed.json --pin-fd 3 3<<<"$PIN"
grep -q '바뀐 것이 없습니다' out || complain "not told that nothing has changed: $(cat out)"

# --- who asks: the keys of the card, for this request, here ---
ask
jq -c '.box = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"' refresh.json >kept && cp refresh.json good && mv kept refresh.json
rm -f refreshed.json
answer 4 --self
says '.error == "bad_request" and .field == "proofs"'
jq -c '.card = "R000000000000"' good >refresh.json
answer 4 --self
says '.error == "bad_request"'
cp request.json refresh.json
answer 4 --self
says '.error == "bad_request" and .field == "card"'
echo '{}' >refresh.json
answer 4 --self
[ ! -e refreshed.json ] || complain "a response was written all the same"
wants 4 admin issue --officer o1 --request good --response refreshed.json
# The other resident's card, with its own keys, is its own alone: a phone that says it had this number.
mine=$phone phone=$here/other
cheap "$phone"
other=$(tail -1 residents.csv | cut -d, -f1)
jq --arg rrn "$other" '.name = "나시험" | .rrn = $rrn' person.json >other.json
wants 0 admin enrol --officer o1 --input other.json --offer offer.json
wants 0 holder enrol --offer offer.json --request request2.json --puk-out puk2
wants 0 admin issue --officer o1 --request request2.json --response response2.json
theirs=$(jq -r .card out)
wants 0 holder enrol --response response2.json
wants 0 holder refresh --request refresh.json
says ".card == \"$theirs\""
answer 0 --self
cp refreshed.json other-refreshed.json
phone=$mine
wants 4 holder refresh --response other-refreshed.json # sealed to the other phone
says '.error == "foreign_response"'
wants 0 holder show --details

# --- she is nineteen two years later ---
if [ -z "${SINBUN_SANITIZED:-}" ]; then
	at=$((2 * 365 * 86400))
	in_two_years() { later $at "$@"; }
	phone=$here/other
	wants 0 in_two_years sinbun --home "$phone" --json refresh --request refresh.json --pin-fd 3 3<<<"$PIN"
	answer 4 --self # its proofs are two years ahead
	wants 0 in_two_years sinbun-admin --registry "$registry" --json refresh --self --request refresh.json --response refreshed.json --pin-fd 4 4<<<issuer-passphrase
	wants 0 in_two_years sinbun --home "$phone" --json refresh --response refreshed.json --pin-fd 3 3<<<"$PIN"
	says '.changed == ["age_over_19"] and (.sets | index("adult")) and .card == "'"$theirs"'"'
	wants 0 in_two_years sinbun --home "$phone" --json present --qr --once --fields adult --text adult.txt --png adult.png --pin-fd 3 3<<<"$PIN"
	# Three years and a day: no refresh gives more.
	at=$((3 * 365 * 86400 + 86400))
	wants 10 in_two_years sinbun --home "$phone" --json refresh --request refresh.json --pin-fd 3 3<<<"$PIN"
	says '.error == "expired"'
	phone=$mine
fi

# --- what wants a card of its own ---
ask
person name 홍새이름
answer 10 --self
says '.error == "reissue_needed" and .field == "name" and (.message | contains("--replace"))'
person name '홍 시 험' issue_date 2026-01-05
answer 10 --self
says '.error == "reissue_needed" and .field == "issue_date"'
person issue_date 2024-03-02 card_status lost
answer 10 --self
says '.error == "suspended"'
person card_status valid
answer 10 --self
says '.error == "suspended"'
wants 0 admin resume --officer o1 --card "$card"
answer 0 --self
box=$(sqlite3 "$registry/registry.db" "select hex(box) from credential where card = '$card'")
sqlite3 "$registry/registry.db" "update credential set box = null where card = '$card'" # of an older registry
cp "$registry/registry.db" kept.db
answer 10 --self
says '.error == "reissue_needed" and .field == "card"'
sqlite3 "$registry/registry.db" "update credential set box = (select box from credential where card = '$theirs') where card = '$card'"
answer 9 --self
sqlite3 "$registry/registry.db" "update credential set box = x'$box' where card = '$card'"
person name 홍시험

# --- killed at every write of the device ---
if [ -z "${SINBUN_SANITIZED:-}" ] && strace -o /dev/null true 2>/dev/null; then
	phone=$here/killed
	cheap "$phone"
	wants 0 admin enrol --officer o1 --input person.json --offer offer.json --replace
	wants 0 holder enrol --offer offer.json --request request.json --puk-out puk3
	wants 0 admin issue --officer o1 --request request.json --response response.json
	card=$(jq -r .card out)
	wants 0 holder enrol --response response.json
	person address '대전광역시 시험구 먼길 3'
	ask
	answer 0 --self
	calls=pwrite64,fdatasync,fsync,ftruncate,rename
	strace -f -o writes -e trace=$calls sinbun --home "$phone" --json status --pin-fd 3 3<<<"$PIN" >out
	strace -f -o writes -e trace=$calls sinbun --home "$phone" --json show --pin-fd 3 3<<<"$PIN" >out
	cp -r "$phone" kept-phone
	objects() { sqlite3 "$phone"/tokens/*/token.db 'select count(*) from record'; }
	strace -f -o writes -e trace=$calls sinbun --home "$phone" --json refresh --response refreshed.json --pin-fd 3 3<<<"$PIN" >out
	says '.changed == ["address", "address_short"]'
	writes=$(grep -cE '^[0-9]+ +[a-z0-9]+\(' writes)
	whole=$(objects)
	old=0 new=0
	# Close together where the response comes into the token, wider where it is moved to its objects.
	for n in $(seq 4 "${SINBUN_KILL_STEP:-5}" 45) $(seq 60 "$((${SINBUN_KILL_STEP:-5} * 15))" "$writes"); do
		rm -rf "$phone" && cp -r kept-phone "$phone"
		{
			strace -f -o /dev/null -e trace=$calls -e inject="$calls:signal=KILL:when=$n" \
				sinbun --home "$phone" --json refresh --response refreshed.json --pin-fd 3 3<<<"$PIN" >out
		} 2>/dev/null
		wants 0 holder show --details
		case $(jq -r .fields.address out) in
		서울*1) old=$((old + 1)) && says '.fields.address_short | startswith("서울")' && wants 0 holder refresh --response refreshed.json ;;
		대전*) new=$((new + 1)) && says '.fields.address_short | startswith("대전")' && wants 10 holder refresh --response refreshed.json ;;
		부산*) old=$((old + 1)) && says '.fields.address_short | startswith("부산")' && wants 0 holder refresh --response refreshed.json ;;
		*) complain "kill $n: neither the old card nor the new one" ;;
		esac
		wants 0 holder show --details
		says '.fields.address | startswith("대전")'
		# Two codes are noted by two of the shows; else there is as much as after a refresh that nobody stopped.
		[ "$(($(objects) - whole))" = 2 ] || complain "kill $n: $(objects) objects, and not $whole and 2"
	done
	echo "$writes writes, the old card after $old kills, the new one after $new" >&2
	[ "$old" -gt 0 ] && [ "$new" -gt 0 ] || complain "old after $old kills, new after $new"
	# A response of another issuer than the card's.
	rm -rf "$phone" && cp -r kept-phone "$phone"
	conf() { SINBUN_CONF=$phone/sinbun.conf pkcs11-tool --module "$SINBUN_MODULE" --token-label mobile-id --login --pin "$PIN" "$@" >/dev/null 2>&1; }
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout x.key -outform DER -out x.der -subj "/CN=$card" -days 30 2>/dev/null
	conf --delete-object --type cert --label authentication && conf --write-object x.der --type cert --label authentication --id 02 || complain "no other certificate"
	wants 4 holder refresh --response refreshed.json
	says '.error == "unsigned_response" and .field == "x509"'
fi

# --- what is over ---
ask
wants 0 admin revoke --officer o1 --card "$card" --reason renounced
answer 10 --self
says '.error == "revoked"'
finish
