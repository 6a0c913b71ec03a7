#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# A card signs its holder in to the next application: a whole second enrolment, on another device, without a clerk or a provider at the sign-in; and
# what is no challenge of the card's own issuer, for now, is never signed.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/apply.sh"
make_lines
outside
mode "$accepted"
make_card
first=$card
open_alone() {
	wants 0 admin apply start --self
	application=$(jq -r .application out)
}
alone() { wants "$1" admin apply "$2" --application "$application" "${@:3}"; }
typed() { wants "$1" admin apply "$2" --application "$application" --input - "${@:4}" <<<"$3"; }
sign() { wants "$1" holder login --challenge "$2" --signed signed.jws "${@:3}"; }
# refuses CODE ERROR FIELD FILE: and nothing comes out, not even where something was before.
refuses() {
	rm -f signed.jws
	sign "$1" "$4"
	says ".error == \"$2\" and .field == \"$3\" and (.message | length > 10)"
	[ ! -e signed.jws ] || complain "something was written for $4"
}

# --- the challenge, and what it must be ---
open_alone
alone 0 login --kind certificate --challenge challenge.json
jq -e --arg a "$application" '. == {v: 1, type: "sinbun-login", application: $a, audience: "https://id.example", name: "시험구청", nonce, expires}' challenge.json >/dev/null ||
	complain "the challenge: $(cat challenge.json)"
with() { jq -c "$1" challenge.json >other.json; }
while IFS='|' read -r field change; do
	with "$change"
	refuses 4 bad_challenge "$field" other.json
done <<'END'
type|del(.type)
type|.type = "sinbun-logon"
type|.type = "sinbun-offer"
type|.type = ["sinbun-login"]
v|.v = 2
v|.v = "1"
application|.application = "A/../../x"
application|.application = ""
JSON|.application = "A\u0000b"
application|.application = ("A" * 40)
audience|del(.audience)
audience|.audience = "http://id.example"
audience|.audience = "https://"
audience|.audience = "https://id.example\u001b[2J"
audience|.audience = ("https://" + "a" * 400)
name|.name = "시험\u001b]0;x\u0007"
name|.name = ""
name|.name = null
nonce|.nonce = "abc"
nonce|.nonce = (.nonce + "AAAA")
nonce|.nonce = "=" + .nonce[1:]
expires|.expires = "soon"
expires|.expires = (.expires + 3600)
expires|.expires = 1e300
unknown member|.transaction = "buy"
END
refuses 1 wrong_audience audience <(jq -c '.audience = "https://id.example.evil"' challenge.json)
refuses 1 wrong_audience audience <(jq -c '.audience = "https://id.exampl"' challenge.json)
refuses 10 expired expires <(jq -c '.expires = 1000' challenge.json)
printf '{"v":1,"v":1}' >double.json
: >empty
head -c 5000 /dev/zero | tr '\0' ' ' >long.json
for file in double.json empty signed-before response.json request.json offer.json; do
	[ -e "$file" ] || echo eyJhbGciOiJFUzI1NiJ9.e30.AAAA >"$file"
	rm -f signed.jws
	wants 4 holder login --challenge "$file" --signed signed.jws
	says '.error == "bad_challenge" or .error == "cannot_read"'
	[ ! -e signed.jws ] || complain "signed: $file"
done
refuses 4 cannot_read --challenge long.json
refuses 4 cannot_read --challenge nowhere
wants 2 holder login --challenge challenge.json
says '.field == "--signed"'
wants 6 sinbun --home "$phone" --json login --challenge challenge.json --signed signed.jws --pin-fd 3 3<<<274917
says '.error == "pin_incorrect" and .tries_left == 4'
wants 10 sinbun --home "$here/nobody" --json login --challenge challenge.json --signed signed.jws --pin-fd 3 3<<<274916
says '.error == "not_enrolled"'
wants 9 holder login --challenge challenge.json --signed "$here/none/signed.jws"
says '.error == "cannot_write" and .field == "--signed"'
[ ! -e signed.jws ] || complain "something was written"

# --- signed, and the application goes on; another challenge does not take it ---
sign 0 challenge.json
says ".application == \"$application\" and .audience == \"https://id.example\" and .name == \"시험구청\" and .expires > now"
[ "$(stat -c %a signed.jws)" = 600 ] || complain "others can read it"
cut -d. -f1 signed.jws | tr -- '-_' '+/' | base64 -d 2>/dev/null | jq -e '.alg == "ES256" and .typ == "sinbun-login+jwt" and (.x5c | length == 1)' >/dev/null ||
	complain "the header: $(cut -d. -f1 signed.jws)"
mine=$application
open_alone
alone 10 login --kind certificate --signed signed.jws
says '.error == "no_challenge"'
alone 0 login --kind certificate --challenge other.json
alone 4 login --kind certificate --signed signed.jws
says '.error == "bad_signature"'
alone 0 withdraw
application=$mine
# As a token of another kind it is not taken: no header is changed unseen.
alone 4 login --kind certificate --signed <(sed 's/^./f/' signed.jws)
alone 0 login --kind certificate --signed signed.jws
says '.next == "consent"'
typed 0 consent "{\"consents\":$consents}"
typed 0 phone '{"phone":"010-0000-0001","carrier":"SKT"}'
typed 0 phone "{\"code\":\"$(code)\"}"
typed 0 card "$card_data" --replace
alone 0 biometrics --answer no
alone 0 offer --offer offer.json
stands offered issue
says '[.steps[] | .outcome] == ["self", "card", "given", "sms", "matches", "declined", "offered"] and .name == "홍*험"'
old=$phone phone=$here/phone2
cheap "$phone"
wants 0 holder enrol --offer offer.json --request request.json --puk-out puk2
wants 0 admin issue --officer o1 --request request.json --response response.json
card=$(jq -r .card out)
wants 0 holder enrol --response response.json

# --- the first card is over, and signs nobody in any more; the second does; a suspended one does not ---
open_alone
alone 0 login --kind certificate --challenge challenge.json
wants 0 sinbun --home "$old" --json login --challenge challenge.json --signed old.jws --pin-fd 3 3<<<"$PIN"
alone 1 login --kind certificate --signed old.jws
says '.error == "certificate" and .rule == "card"'
wants 0 holder login --challenge challenge.json --signed -
says '.signed | test("^eyJ[A-Za-z0-9_.-]*$")'
jq -r .signed out >new.jws
wants 0 admin suspend --officer o1 --card "$card" --reason lost
alone 1 login --kind certificate --signed new.jws
says '.error == "certificate" and .rule == "card"'
wants 0 admin resume --officer o1 --card "$card"
alone 0 login --kind certificate --signed new.jws
[ "$first" != "$card" ] || complain "the same card"

# --- what people see before the PIN, and the history ---
open_alone
alone 0 login --kind certificate --challenge challenge.json
on_terminal 0 'PIN:' "$PIN"$'\n' -- sinbun --home "$phone" --lang en login --challenge challenge.json --signed seen.jws
tr -d '\r' <typed | sed '/^PIN:/q' >before
grep -q '^Sign-in at: 시험구청, https://id.example$' before && grep -q "^For the application: $application (until [0-9:]*)$" before && grep -q 'only if you have opened' before ||
	complain "before the PIN: $(cat typed)"
on_terminal 0 '비밀번호:' "$PIN"$'\n' -- sinbun --home "$phone" --lang ko login --challenge challenge.json --signed seen.jws
grep -q '^로그인을 요청한 곳: 시험구청' typed || complain "in Korean: $(cat typed)"
sinbun --home "$phone" --lang en login --challenge challenge.json --signed - --pin-fd 3 3<<<"$PIN" >jws 2>err
[ "$(wc -l <jws)" = 1 ] && grep -q '^eyJ' jws && grep -q 'Sign-in at' err || complain "to a pipe: $(cat jws err)"
wants 0 holder history
says '[.entries[] | select(.form == "login" and .to == "https://id.example" and .verified and .elements == [])] | length == 4'
exec 7>&-
wait
finish
