#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Whole applications of residents alone, on services that nobody here wrote: signed in through the certified OpenID provider of npm over TLS, the phone
# proved by a text message through Kannel or by PASS, up to a card whose live code the desk finds valid. What goes wrong there is told with the step to
# repeat, and after the repair the application goes on where it was. Needs what ciba.sh and kannel.sh need.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
for part in apply npm provider kannel; do . "$SINBUN_SRCDIR/tests/lib/$part.sh"; done
needs_foreign_hosts
needs_npm
needs_kannel
trap 'kannel_stop; rm -rf "$here"' EXIT

make_registry
cat >lines.csv <<'END'
rrn,name,address,authority,issue_date,phone,carrier
900101-1000000,홍시험,서울특별시 시험구 시험로 1,서울특별시 시험구청장,2024-03-02,010-0000-1234,SKT
910101-1000000,가시험,서울특별시 시험구 시험로 3,서울특별시 시험구청장,2024-03-02,010-0000-5678,KT_MVNO
END
wants 0 admin registry import lines.csv
make_certificate other
echo '[]' >keys.json
provider_begin keys.json userinfo
mkdir "$registry/providers.d"
echo 's e:c%r+t' >"$registry/secret"
provider_settings "$registry/providers.d/simple.conf" ciba basic client_secret_basic 'client-secret-file = ../secret'
provider_settings "$registry/providers.d/pass.conf" pass post client_secret_post 'client-secret-file = ../secret'

begin_application() {
	wants 0 admin apply start --self
	application=$(jq -r .application out)
}
# alone CODE STEP [OPTION…], typed CODE STEP JSON [OPTION…], after SECONDS CODE STEP: a step of the resident, with input, with a clock that is ahead.
alone() { wants "$1" admin apply "$2" --application "$application" "${@:3}"; }
typed() { wants "$1" admin apply "$2" --application "$application" --input - "${@:4}" <<<"$3"; }
after() { wants "$2" later "$1" sinbun-admin --registry "$registry" --json apply "$3" --application "$application" --pin-fd 4 4<<<issuer-passphrase; }
# told ERROR STEP STATE: the failure says what it is and which step to repeat.
told() { says ".error == \"$1\" and .next == \"$2\" and .state == \"$3\" and .application == \"$application\" and (.message | length > 10)"; }

# ---- signing in: whatever happens there, the application stands ----
who='{"name":"홍시험","birth_date":"1990-01-01","phone":"010-0000-1234","consents":["third-party@1"]}'
sign_in() { forget; typed "$1" login "$who" --kind simple --provider simple; }
begin_application
on_phone down
sign_in 8
told network login waiting
on_phone up
on_phone stall on
echo 'timeout = 1' >>"$registry/providers.d/simple.conf"
alone 8 login
told network login waiting
says '.message | contains("within 1 second")'
sed -i '/^timeout/d' "$registry/providers.d/simple.conf"
on_phone stall off
sed -i 's,^ca-file.*,ca-file = '"$here/other.pem," "$registry/providers.d/simple.conf"
alone 8 login
told network login waiting
says '.message | contains("ca-file") and contains("Nothing was sent")'
sed -i 's,^ca-file.*,ca-file = '"$here/server.pem," "$registry/providers.d/simple.conf"
echo another >"$registry/secret"
alone 3 login
told bad_provider login waiting
says '.message | contains("invalid_client")'
echo 's e:c%r+t' >"$registry/secret"
# Repaired: the question goes out now, as it was entered.
alone 0 login
says '.state == "waiting" and .provider == "simple" and (.binding | length == 2)'
binding=$(jq -r .binding out)
on_phone seen
jq -e --arg b "$binding" '.login_hint.name == "홍시험" and (.binding_message | contains($b))' <<<"$answer" >/dev/null || complain "asked: $answer"
# Away in the middle: the same request goes on afterwards; asked too often it is asked more seldom.
on_phone down
after 6 8 login
told network login waiting
on_phone up
on_phone slow on
after 6 0 login
says '.state == "waiting"'
after 12 0 login
says '.state == "waiting" and .binding == "'"$binding"'" and (.next_poll - now | . > 15)'
on_phone slow off
on_phone deny
after 30 1 login
told denied login open
sign_in 0
on_phone approve stranger
after 6 4 login
told mismatch login open
says '.field == "name"'
on_phone life 2
sign_in 0
on_phone life 120
after 6 1 login
told expired login open
typed 4 login "${who/홍시험/홍시함}" --kind simple --provider simple
told unknown_person login waiting
# Killed when the provider has told who it is, and before that is kept: the provider tells it once, so the sign-in begins anew, and says so.
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
	sign_in 0
	on_phone approve
	strace -f -o trace -e trace=pwrite64 sinbun-admin --registry "$registry" --json apply status --application "$application" --pin-fd 4 4<<<issuer-passphrase >out
	got=0
	{ later 6 strace -f -o /dev/null -e trace=pwrite64 -e inject=pwrite64:signal=KILL:when=$(($(grep -c 'pwrite64(' trace) + 1)) sinbun-admin --registry "$registry" \
		--json apply login --application "$application" --pin-fd 4 4<<<issuer-passphrase >out || got=$?; } 2>err
	[ $got = 137 ] || complain "not killed: $got $(cat out)"
	after 12 1 login
	told expired login open
	says '.rule == "unknown"'
fi
sign_in 0
on_phone approve
alone 0 login --wait 20
says '.state == "open" and .next == "consent"'

# ---- the phone, by text message ----
typed 0 consent '{"consents":["terms@1","own-phone@1","collection@1"]}'
line='{"phone":"010-0000-1234","carrier":"SKT"}'
kannel_port=1 # where nothing is
kannel_settings "$registry"
typed 8 phone "$line"
told network phone open
kannel_begin
kannel_settings "$registry"
echo another >"$registry/password"
typed 3 phone "$line"
told sms_denied phone open
echo a-password >"$registry/password"
typed 4 phone "${line/SKT/LGU}"
told carrier_mismatch phone open
typed 0 phone "$line"
says '.state == "waiting" and .codes_left == 4'
text=$(received 1 01000001234)
code=$(grep -o '[0-9]\{6\}' <<<"$text")
[[ $text == "[시험구청] "* ]] && [ ${#code} = 6 ] || complain "the message: $text"
typed 4 phone "{\"code\":\"$(printf %06d $(((10#$code + 1) % 1000000)))\"}"
told code_incorrect phone waiting
typed 0 phone "{\"code\":\"$code\"}"
says '.next == "card"'

# ---- the card, up to its live code ----
typed 4 card "${card_data/03-02/03-03}"
told mismatch card open
says '.field == "issue_date" and .tries_left == 4'
typed 0 card "$card_data"
alone 0 biometrics --answer yes
alone 0 offer --offer offer.json
stands offered issue
says '[.steps[] | .outcome] == ["self", "simple", "given", "sms", "matches", "not available", "offered"]'
says '[.steps[] | .by] | unique == ["self"]'
# device NAME: it enrols with the offer, and is given its card; what it shows the desk is valid and names this resident.
device() {
	phone=$here/$1
	cheap "$phone"
	wants 0 holder enrol --offer offer.json --request request.json --puk-out "$1.puk"
	wants 0 admin issue --officer o1 --request request.json --response response.json
	wants 0 holder enrol --response response.json
	wants 0 holder show
	says ".fields.name == \"$2\""
	show "$1"
	wants 0 verify scan "$1.png"
	says ".result == \"valid\" and .fields.name == \"$2\" and .fields.birth_date == \"$3\""
	stands issued null
}
make_desk
device hong 홍시험 1990-01-01

# ---- another, by PASS ----
begin_application
who='{"name":"가시험","birth_date":"1991-01-01","phone":"010-0000-5678","consents":["third-party@1"]}'
sign_in 0
on_phone approve
after 6 0 login
says '.next == "consent"'
typed 0 consent "{\"consents\":$consents}"
line='{"phone":"010-0000-5678","carrier":"KT_MVNO"}'
typed 0 phone "$line" --provider pass
says '.state == "waiting" and .provider == "pass"'
on_phone seen
jq -e '.login_hint.carrier == "KT_MVNO"' <<<"$answer" >/dev/null || complain "asked: $answer"
on_phone deny
after 6 1 phone
told denied phone open
typed 0 phone "$line" --provider pass
on_phone approve hong
after 6 4 phone
told mismatch phone open
typed 0 phone "$line" --provider pass
on_phone approve
after 6 0 phone
says '.next == "card"'
typed 4 card "$card_data"
told mismatch card open
typed 0 card '{"name":"가시험","rrn":"910101-1000000","issue_date":"2024-03-02"}'
alone 0 biometrics --answer no
alone 0 offer --offer offer.json
stands offered issue
says '[.steps[] | .outcome] == ["self", "simple", "given", "pass", "matches", "declined", "offered"]'
device ga 가시험 1991-01-01
provider_end
finish
