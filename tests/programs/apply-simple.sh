#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Simple authentication by a resident alone: what is asked, and when; approval, refusal, the wrong person, a provider that is gone; a poll that was
# killed goes on; and the whole way to an offer, in both languages.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/apply.sh"
needs_foreign_hosts
make_lines
outside
alone() { wants "$1" admin apply "$2" --application "$application" "${@:3}"; }
typed() { wants "$1" admin apply "$2" --application "$application" --input - "${@:4}" <<<"$3"; }
soon() { wants "$1" later 2 sinbun-admin --registry "$registry" --json apply "$2" --application "$application" "${@:3}" --pin-fd 4 4<<<issuer-passphrase; }
open_alone() {
	wants 0 admin apply start --self
	application=$(jq -r .application out)
}
who='{"name":"홍 시험","birth_date":"1990-01-01","phone":"010-0000-0001","consents":["third-party@1"]}'

# --- nothing is sent before the consent is there, or for an entry that is wrong ---
mode "{$pending}"
open_alone
typed 4 login "$(jq 'del(.consents)' <<<"$who")" --kind simple --provider ciba
says '.error == "consent_missing" and .field == "consents" and .rule == "third-party@1"'
typed 4 login "$(jq 'del(.phone)' <<<"$who")" --kind simple --provider ciba
says '.error == "missing" and .field == "phone"'
typed 4 login "$(jq '.phone = "010"' <<<"$who")" --kind simple --provider ciba
says '.error == "bad_phone" and .field == "phone"'
typed 4 login "$(jq '.birth_date = "1990-13-01"' <<<"$who")" --kind simple --provider ciba
says '.field == "birth_date"'
typed 4 login "$who" --kind simple
says '.error == "missing" and .field == "provider"'
for evil in nobody ../secret 'ciba/../ciba' "'; drop table apply;--"; do
	typed 3 login "$who" --kind simple --provider "$evil"
	says '.error == "no_provider" or .error == "bad_provider"'
done
[ ! -s requests ] || complain "the provider was asked: $(cat requests)"
stands open login
says '.consents == []'

# --- asked once, with the consent recorded before; the same again asks nobody anew ---
typed 0 login "$who" --kind simple --provider ciba
says '.state == "waiting" and .next == "login" and .provider == "ciba" and (.binding | length == 2) and .expires > now'
stands waiting login
says '[.consents[] | .text] == ["third-party@1"] and .consents[0].channel == "self"'
[ "$(grep -c '^POST /bc' requests)" = 1 ] || complain "not asked once"
typed 0 login "$who" --kind simple --provider ciba
[ "$(grep -c '^POST /bc' requests)" = 1 ] || complain "asked twice for the same"
! grep -rqa 'request-1' "$registry" || complain "the request's id lies in the open"
# Other steps wait for this one.
typed 10 consent "{\"consents\":$consents}"
says '.error == "out_of_order" and .field == "login"'

# --- a provider that is gone for a while: the request stands ---
mode '{"at":"/token","status":503,"raw":"later"}'
soon 8 login
says '.error == "network" and .state == "waiting"'
# --- a poll that is killed goes on with the same request ---
mode "{$pending}"
admin apply login --application "$application" --wait 60 >polling 2>&1 &
polling=$!
for _ in $(seq 300); do [ "$(grep -c '^POST /token' requests)" -ge 2 ] && break; sleep 0.1; done
kill -9 $polling $(pgrep -P $polling) 2>/dev/null
wait $polling 2>/dev/null
mode "{$mine}"
wants 0 admin apply login --application "$application" --wait 10
says '.state == "open" and .next == "consent" and .message == "Signed in."'
[ "$(grep -c '^POST /bc' requests)" = 1 ] || complain "asked anew after a kill"
stands open consent
says '(.name | startswith("홍")) and .steps[1].outcome == "simple" and .steps[1].by == "self"'

# --- on to the offer; the consent given at sign-in is not asked for again, and not recorded twice ---
typed 0 consent '{"consents":["terms@1","own-phone@1","collection@1"]}'
stands open phone
says '[.consents[] | select(.text == "third-party@1")] | length == 1'
wants 2 admin apply phone --application "$application" --attested --input - <<<'{"phone":"010-0000-0001","carrier":"SKT"}'
says '.field == "--officer"'
mode "$accepted"
typed 0 phone '{"phone":"010-0000-0001","carrier":"SKT"}'
typed 0 phone "{\"code\":\"$(code)\"}"
typed 0 card "$card_data"
alone 0 biometrics --answer no
alone 0 offer --offer offer.json
[ "$(jq -r .application offer.json)" = "$application" ] || complain "offer"
alone 0 withdraw

# --- who approved is another: the field that differs is named, and the sign-in begins anew ---
differs() { # FIELD CLAIMS
	forget
	mode "{$pending}"
	open_alone
	typed 0 login "$who" --kind simple --provider ciba
	mode "$2"
	soon 4 login
	says ".error == \"mismatch\" and .field == \"$1\" and .state == \"open\" and .next == \"login\""
}
differs name '{"claims":{"name":"가시험","phone_number":"010-0000-0001"}}'
differs birth_date '{"claims":{"birthdate":"1990-01-02","phone_number":"010-0000-0001"}}'
differs phone '{"claims":{"phone_number":"010-0000-0002"}}'
mode "{$pending}"
typed 0 login "$who" --kind simple --provider ciba

# --- refusal, no answer in time, a forged answer: over, told as such, and begun anew ---
over() { # CODE ERROR MODE
	forget
	mode "$3"
	soon "$1" login
	says ".error == \"$2\" and .state == \"open\" and .next == \"login\""
	mode "{$pending}"
	typed 0 login "$who" --kind simple --provider ciba
	says '.state == "waiting"'
}
over 1 denied '{"at":"/token","status":400,"raw":"{\"error\":\"access_denied\"}"}'
over 1 expired '{"at":"/token","status":400,"raw":"{\"error\":\"expired_token\"}"}'
over 1 id_token '{"sign":"none"}'
over 1 id_token '{"sign":"stranger"}'
over 1 id_token '{"claims":{"aud":"another"}}'
wants 1 later 1000 sinbun-admin --registry "$registry" --json apply login --application "$application" --pin-fd 4 4<<<issuer-passphrase
says '.error == "expired"'
mode '{"at":"/bc","status":400,"raw":"{\"error\":\"unknown_user_id\"}"}'
typed 4 login "$who" --kind simple --provider ciba
says '.error == "unknown_person" and .field == "ciba"'

# --- one phone is asked five times without an approval, whichever application it is for; then there is a pause, and others are asked ---
forget
mode "{$pending}"
for _ in 1 2 3 4 5; do
	open_alone
	typed 0 login "$who" --kind simple --provider ciba
done
asked=$(grep -c '^POST /bc' requests)
open_alone
typed 10 login "$(jq '.phone = "+82 10 0000 0001" | .name = "가시험"' <<<"$who")" --kind simple --provider ciba
says '.error == "too_many_requests" and .field == "phone" and .state == "open" and .next == "login" and (.message | test("in [0-9]+ seconds"))'
[ "$(grep -c '^POST /bc' requests)" = "$asked" ] || complain "the phone was asked once more"
typed 0 login "$(jq '.phone = "010-0000-0009"' <<<"$who")" --kind simple --provider ciba
# After the pause again; the next one is twice as long; an approval ends it.
entered_later 70 0 login "$who" --kind simple --provider ciba
open_alone
entered_later 150 10 login "$who" --kind simple --provider ciba
mode "{$mine,\"times\":{\"iat\":203,\"exp\":500}}"
entered_later 200 0 login "$who" --kind simple --provider ciba
entered_later 203 0 login '{}'
says '.next == "consent"'
[ "$(sqlite3 "$registry/registry.db" 'select count(*) from wrong_try')" = 1 ] || complain "the approval is not counted"
forget
open_alone

# --- another person, or another way, in the middle: nothing is carried over ---
mode "{$pending}"
typed 0 login "$who" --kind simple --provider ciba
typed 0 login '{"name":"가시험","birth_date":"1991-01-01","phone":"010-0000-0002"}' --kind simple --provider ciba
mode "{$mine}"
soon 4 login
says '.error == "mismatch"'
mode "{$pending}"
typed 0 login "$who" --kind simple --provider ciba
wants 0 admin apply login --application "$application" --officer o1 --kind in-person --input - <<<'{"name":"홍시험","birth_date":"1990-01-01"}'
stands open consent
says '.steps[1].outcome == "in-person"'

# --- the transcript that a person reads ---
for language in en ko; do
	mode "{$mine}"
	open_alone
	sinbun-admin --registry "$registry" --lang $language apply login --application "$application" --kind simple --provider ciba --wait 10 --input - --pin-fd 4 \
		4<<<issuer-passphrase <<<"$who" >said 2>&1 || complain "$language: $(cat said)"
	case $language in
	en) grep -q '^Step 2/7 (sign in) waits: Approve on the phone in a test provider, where it shows the number [0-9][0-9]' said && grep -q '^Step 2/7 (sign in): Signed in.' said ;;
	ko) grep -q '^2/7단계(본인 확인) 대기: 시험 인증' said && grep -q '^2/7단계(본인 확인): 본인 확인을 마쳤습니다' said ;;
	esac || complain "$language: $(cat said)"
done
exec 7>&-
wait
open_alone
typed 8 login "$who" --kind simple --provider ciba
says '.error == "network" and .field == "ciba" and .state == "waiting"'
finish
