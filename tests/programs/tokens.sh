#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Looking after tokens: list and status tell where each stands and what its seal is worth; remove takes one away, with its unblocking code, or
# by force where there is no other way, and never anything else.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
make_card
store=$(dirname "$registry"/tokens/*/token.db) card_store=$(dirname "$phone"/tokens/*/token.db)
serial=${store##*/} card_serial=${card_store##*/}
puk=$(cat "$registry/issuer.puk")
token() { sinbun-admin --registry "$1" --json token "${@:2}"; }
# state DIR SERIAL WORD: so says list.
state() {
	wants 0 token "$1" list
	says ".tokens[] | select(.serial == \"$2\") | .state == \"$3\""
}
tree() { (cd "$1" && find . -type f ! -name '*-shm' -exec sha256sum {} + | sort); }

# --- list and status, of whichever party ---
wants 0 token "$registry" list
says ".tokens | length == 1 and .[0].label == \"issuer\" and .[0].serial == \"$serial\" and .[0].path == \"$store\" and .[0].message == null"
says '.tokens[0] | .profile == "general" and .seal == "software" and .pin_tries_left == 5 and .puk_tries_left == 10 and .state == "ready"'
wants 0 token "$phone" status
says ".label == \"mobile-id\" and .card == \"$card\" and .profile == \"identity\" and .pin_tries_max == 5 and .puk_tries_max == 10"
wants 0 token "$phone" status "$card_serial"
wants 5 token "$phone" status 0123456789abcdef
says '.error == "no_token" and .field == "0123456789abcdef"'
wants 5 token "$here/nowhere" list
says '.error == "no_token"'
[ ! -e "$here/nowhere" ] || complain "looking made a directory"
wants 0 sinbun-admin --registry "$registry" --lang en token list
grep -q "^$serial  issuer  profile general  seal software  PIN 5/5  unblocking code 10/10  ready$" out || complain "the line: $(cat out)"
wants 0 sinbun-admin --registry "$registry" --lang ko token status
grep -q '소프트웨어' out && grep -q '정상' out && ! grep -q 'Protects' out || complain "not Korean"
# What the seal is worth, by either program.
for status in "sinbun --home $phone --lang en status" "sinbun-admin --registry $phone --lang en token status"; do
	wants 0 $status
	for words in 'Seal: software' 'uses up a try before it is checked' '1,000,000 PINs takes one processor core about 5 days' 'graphics card less than a day' \
		'older copy' '(root)' 'PIN: 5 of 5' 'Unblocking code: 10 of 10'; do
		grep -qF "$words" out || complain "not told: $words"
	done
done
wants 0 sinbun --home "$phone" --lang ko status
grep -q '그래픽 카드로는 하루' out && grep -q '보호 방식: 소프트웨어' out || complain "not told in Korean"
wants 0 sinbun-admin --registry "$registry" --lang en token status
grep -q 'Choose a long PIN' out || complain "an issuer's PIN need not be six digits"

# --- one for a service ---
cheap "$here/service" 'profile = general'
service() { wants "$1" token "$here/service" init "${@:2}"; }
service 2 web --pin-fd 4 4<<<a-long-passphrase
service 2 '' --puk-out web.puk --pin-fd 4 4<<<a-long-passphrase
service 2 "$(printf '%040d' 0)" --puk-out web.puk --pin-fd 4 4<<<a-long-passphrase
service 10 issuer --puk-out web.puk --pin-fd 4 4<<<a-long-passphrase
service 4 web --puk-out web.puk --pin-fd 4 4<<<short
says '.error == "pin_refused" and .rule == "length"'
[ ! -e web.puk ] || complain 'an unblocking code of no token'
wants 0 token "$here/service" list
says '.tokens | length == 0'
service 0 web --puk-out web.puk --pin-fd 4 4<<<a-long-passphrase
says '.label == "web" and .profile == "general" and .pin_set and .seal == "software"'
[ "$(stat -c %a web.puk)" = 600 ] || complain 'others can read the unblocking code'
service 10 web --puk-out other.puk --pin-fd 4 4<<<a-long-passphrase
says '.error == "label_taken"'
[ ! -e other.puk ] || complain 'an unblocking code of no token'
service 0 '두 번째' --puk-out 2.puk --pin-fd 4 4<<<a-long-passphrase
wants 0 token "$here/service" list
says '.tokens | length == 2'
serial_web=$(jq -r '.tokens[] | select(.label == "web") | .serial' out)
wants 0 token "$here/service" reseal "$serial_web" --puk-fd 5 --pin-fd 4 5<web.puk 4<<<another-passphrase
wants 0 token "$here/service" remove "$serial_web" --yes --puk-fd 5 5<web.puk

# --- sealed anew: everything stays but the keys under it ---
cp -a "$registry" "$here/anew"
anew() { wants "$1" token "$here/anew" reseal "${@:2}"; }
anew 6 --puk-fd 5 --pin-fd 4 5<<<0123456789abcdef 4<<<new-passphrase
says '.error == "puk_incorrect" and .tries_left == 9'
anew 4 --puk-fd 5 --pin-fd 4 5<<<"$puk" 4<<<short
says '.error == "pin_refused" and .rule == "length"'
anew 5 --puk-fd 5 0123456789abcdef 5<<<"$puk"
says '.error == "no_token"'
wants 0 sinbun-admin --registry "$here/anew" --json bundle --out "$here/b" --pin-fd 4 4<<<issuer-passphrase
anew 0 --officer o1 --puk-fd 5 --pin-fd 4 5<<<"$puk" 4<<<new-passphrase
says '.seal == "software" and .pin_tries_left == 5 and .pin_set'
wants 6 sinbun-admin --registry "$here/anew" --json bundle --out "$here/b" --pin-fd 4 4<<<issuer-passphrase
wants 0 sinbun-admin --registry "$here/anew" --json bundle --out "$here/b" --pin-fd 4 4<<<new-passphrase
grep -aq 'token reseal' "$here/anew/registry.db" || complain 'not in the audit'
# The keys are what they were: cards of before are still the issuer's.
wants 0 sinbun-verify --home "$here/anew-desk" --json update --bundle "$here/b" --root "$registry/pki/root.pem"
cp -a "$phone" "$here/anew-phone"
wants 4 token "$here/anew-phone" reseal --puk-fd 5 --pin-fd 3 5<"$here/puk" 3<<<900101
says '.error == "pin_refused" and .rule == "birth_date"'
wants 0 sinbun-admin --registry "$here/anew-phone" --lang ko token reseal "$card_serial" --puk-fd 5 --pin-fd 3 5<"$here/puk" 3<<<837261
grep -q '다시 봉인했습니다' out || complain "$(cat out)"
wants 0 sinbun --home "$here/anew-phone" --json show --details --pin-fd 3 3<<<837261
says '.fields.name == "홍시험"'
wants 0 sinbun --home "$here/anew-phone" --json log --verify --pin-fd 3 3<<<837261

# --- states ---
cp -a "$registry" "$here/locked"
locked=$here/locked
for i in 1 2 3 4 5; do wants 6 sinbun-admin --registry "$locked" --json bundle --out b --pin-fd 4 4<<<wrong-passphrase; done
state "$locked" "$serial" pin_locked
for i in $(seq 10); do wants 6 token "$locked" unblock --puk-fd 5 --pin-fd 4 5<<<0123456789abcdef 4<<<new-passphrase; done
state "$locked" "$serial" puk_locked
wants 0 token "$locked" status
says '.pin_tries_left == 0 and .puk_tries_left == 0'
cp -a "$phone" "$here/spoilt"
spoilt=$here/spoilt/tokens/$card_serial
truncate -s 5000 "$spoilt/token.db"
state "$here/spoilt" "$card_serial" damaged
says ".tokens[0].message | contains(\"$spoilt\")"
wants 9 token "$here/spoilt" status
says '.error == "token_damaged"'
# unsafe_by COMMAND WORDS: told with path and mend, and the mend helps.
unsafe_by() {
	rm -rf "$here/open" && cp -a "$phone" "$here/open"
	(cd "$here/open/tokens/$card_serial" && eval "$1")
	state "$here/open" "$card_serial" unsafe
	says ".tokens[0].message | contains(\"$here/open/tokens/$card_serial\") and contains(\"$2\")"
	wants 9 token "$here/open" remove "$card_serial" --yes --puk-fd 5 5<puk
	says '.error | startswith("unsafe_")'
	[ -z "$3" ] || { (cd "$here/open/tokens/$card_serial" && eval "$3"); state "$here/open" "$card_serial" ready; }
}
unsafe_by 'chmod o+r token.db' 'chmod go=' 'chmod go= token.db'
unsafe_by 'chmod 755 .' 'chmod go=' 'chmod go= .'
unsafe_by 'ln token.db ../../second' 'cp -p' 'cp -p token.db token.db.copy && mv token.db.copy token.db'
unsafe_by 'mv lock ../../elsewhere; mkfifo -m 600 lock' 'neither' 'rm lock; mv ../../elsewhere lock'
unsafe_by 'mv token.db ../../t; ln -s ../../t token.db' 'is a link' ''

# --- remove: asked first, and with the right code only ---
cp -a "$registry" "$here/again"
again=$here/again
before=$(tree "$again/tokens/$serial")
wants 2 token "$again" remove
says '.error == "usage"'
wants 2 setsid -w sinbun-admin --registry "$again" --json token remove "$serial" --puk-fd 5 5<<<"$puk"
says '.error == "no_terminal" and (.message | contains("--yes"))'
for answer in n '' nonsense; do
	on_terminal 1 'Remove it?' "$answer"$'\n' -- sinbun-admin --registry "$again" --lang en token remove "$serial"
	grep -q 'can never be read again' typed && grep -q 'Nothing was removed' typed || complain "what is lost: $(cat typed)"
done
wants 6 token "$again" remove "$serial" --yes --puk-fd 5 5<<<0123456789abcdef
says '.error == "puk_incorrect" and .tries_left == 9'
wants 10 token "$again" remove "$serial" --yes --force
says '.error == "not_needed"'
wants 5 token "$again" remove 0123456789abcdef --yes --force
wants 5 token "$again" remove ../registry.db --yes --force
state "$again" "$serial" ready
on_terminal 0 'Remove it?' $'y\n' 'Unblocking code' "$puk"$'\n' 'is removed' '' -- sinbun-admin --registry "$again" --lang en token remove "$serial"
[ ! -e "$again/tokens/$serial" ] || complain "still there"
wants 0 token "$again" list
says '.tokens == []'
[ -e "$again/registry.db" ] && [ -e "$again/pki/root.pem" ] || complain "more than the token is gone"
# A resident's card, in Korean.
cp -a "$phone" "$here/other"
on_terminal 0 '제거할까요' $'예\n' '해제 코드' "$(cat puk)"$'\n' '제거했습니다' '' -- sinbun-admin --registry "$here/other" --lang ko token remove "$card_serial"
wants 10 sinbun --home "$here/other" --json status
says '.error == "not_enrolled"'

# --- by force: a locked code, a store that does not open, rights that are wrong; beside others ---
wants 7 token "$locked" remove "$serial" --yes --puk-fd 5 5<<<"$puk"
says '.error == "puk_locked" and (.message | contains("--force"))'
on_terminal 1 'Type the serial number' $'yes\n' -- sinbun-admin --registry "$locked" --lang en token remove --force "$serial"
[ -e "$locked/tokens/$serial/token.db" ] || complain "removed at a yes"
cp -a "$card_store" "$locked/tokens/0123456789abcdef" # a copy under another name is no token
wants 2 token "$locked" status
says '.error == "several_tokens"'
state "$locked" 0123456789abcdef damaged
state "$locked" "$serial" puk_locked
echo mine >"$locked/tokens/notes"
neighbour=$(tree "$locked/tokens/0123456789abcdef")
# What is no part of a token is not removed, nor anything beside it.
echo mine >"$locked/tokens/$serial/notes"
wants 9 token "$locked" remove "$serial" --yes --force
says '.error == "not_a_token" and (.field | endswith("/notes"))'
[ -e "$locked/tokens/$serial/token.db" ] && [ -e "$locked/tokens/$serial/lock" ] || complain "half a token"
rm "$locked/tokens/$serial/notes"
# Nor while somebody works with it.
exec 9<"$locked/tokens/$serial/lock"
flock 9
wants 10 token "$locked" remove "$serial" --yes --force 9<&-
says '.error == "busy"'
exec 9<&-
on_terminal 0 'Type the serial number' "$serial"$'\n' 'is removed' '' -- sinbun-admin --registry "$locked" --lang en token remove --force "$serial"
[ -z "$(find "$locked/tokens" -maxdepth 1 -name "*$serial")" ] || complain "still there: $(ls -A "$locked/tokens")"
[ "$(tree "$locked/tokens/0123456789abcdef")" = "$neighbour" ] && [ "$(cat "$locked/tokens/notes")" = mine ] || complain "a neighbour was touched"
[ -e "$locked/registry.db" ] || complain "the registry is gone"
wants 0 token "$here/spoilt" remove "$card_serial" --yes --force
says '.removed and (.lost | length > 20)'
[ ! -e "$spoilt" ] || complain "still there"
# ... and the way is free for a new card.
wants 0 admin enrol --officer o1 --replace --input person.json --offer offer2.json
wants 0 sinbun --home "$here/spoilt" --json enrol --offer offer2.json --request request2.json --puk-out puk2 --pin-fd 3 3<<<$PIN
# What an enrolment that was cut short left, and nobody knows the code of.
cheap "$here/half" 'profile = general'
on_terminal 130 'New PIN' $'123\n' 'again: ' $'123\n' 'New PIN' $'\x03' -- sinbun-admin --registry "$here/half" --lang en init --issuer 시험구청 --url https://id.example
rm -f "$here/half/issuer.puk"
half=$(basename "$(dirname "$here"/half/tokens/*/token.db)")
wants 0 token "$here/half" remove "$half" --yes --force
# A link in a token's place leads nowhere.
rm -rf "$here/open" && cp -a "$phone" "$here/open"
mv "$here/open/tokens/$card_serial" "$here/target"
ln -s "$here/target" "$here/open/tokens/$card_serial"
wants 9 token "$here/open" remove "$card_serial" --yes --force
says '.error == "not_yours"'
[ -e "$here/target/token.db" ] || complain "followed a link"
# What does not open because it is another's is not ours to remove, root or not.
if [ "$(id -u)" = 0 ]; then
	rm "$here/open/tokens/$card_serial" && mv "$here/target" "$here/open/tokens/$card_serial"
	chown 12345 "$here/open/tokens/$card_serial"
	wants 9 token "$here/open" remove "$card_serial" --yes --force
	says '.error == "not_yours"'
	[ -e "$here/open/tokens/$card_serial/token.db" ] || complain "removed another's"
fi
# The phone itself was only looked at.
[ "$(jq -r .card <(holder status))" = "$card" ] || complain "the phone's card is another"
finish
