#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# A phone in one's own name: verification codes by text message, and approval through PASS.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/apply.sh"
[ -z "${SINBUN_SANITIZED:-}" ] || ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0
make_lines
outside
line='{"phone":"01000000001","carrier":"SKT"}'
refuses() { # CODE JSON ERROR FIELD [OPTION…]
	entered "$1" phone "$2" "${@:5}"
	says ".error == \"$3\" and .field == \"$4\" and .step == 4 and (.message | length > 5)"
}

# --- nothing goes out for a line that is wrong ---
mode "$accepted"
steps_to phone
refuses 4 '{"phone":"010-0000-0001","carrier":"LGU"}' carrier_mismatch carrier
refuses 4 '{"phone":"010-0000-0002","carrier":"KT_MVNO"}' not_owner phone
refuses 4 '{"phone":"010-0000-9999","carrier":"SKT"}' unknown_line phone
refuses 10 '{"code":"123456"}' no_code code
refuses 4 '{}' missing phone
[ ! -s requests ] || complain "somebody was asked: $(cat requests)"

# --- a code, wrong and right ---
entered 0 phone "$line"
says '.state == "waiting" and .step == 4 and .next == "phone" and .phone == "010-0000-****" and .codes_left == 4 and (.expires - now | . > 170 and . <= 180)'
tr -d '\r' <requests >sent
grep -q '^X-Kannel-To: 01000000001$' sent || complain "to whom: $(cat sent)"
grep -q '^\[시험구청\] .*[0-9]\{6\}' sent || complain "the text: $(tail -3 sent)"
right=$(code)
! grep -rqa "$right" "$registry" || complain "the code can be read in the registry's files"
grep -q "$right" out err && complain "the code is shown at the counter"
wrong=$(printf %06d $(((10#$right + 1) % 1000000)))
stands waiting phone
for bad in 12345 1234567 12a456 '' '１２３４５６'; do refuses 4 "{\"code\":\"$bad\"}" bad_code code; done
refuses 4 '{"code":123456}' bad_code code
for left in 4 3; do
	refuses 4 "{\"code\":\"$wrong\"}" code_incorrect code
	says ".tries_left == $left"
done
entered 0 phone "{\"code\":\"$right\"}"
says '.state == "open" and .next == "card"'
stands open card
says '.steps[3].outcome == "sms" and .phone == "010-0000-****"'
entered 0 phone "{\"code\":\"$right\"}" # once: the step is done
says '.already == true'
entered 0 card "$card_data"
wants 0 admin apply withdraw --application "$application" --officer o1

# --- five tries, and then no more, whatever is right ---
: >requests
steps_to phone
entered 0 phone "$line"
right=$(code)
wrong=$(printf %06d $(((10#$right + 7) % 1000000)))
for left in 4 3 2 1 0; do
	refuses 4 "{\"code\":\"$wrong\"}" code_incorrect code
	says ".tries_left == $left"
done
refuses 10 "{\"code\":\"$right\"}" no_code code
# Another code needs a while, and there are five a day; the old code is good for nothing then.
refuses 10 '{}' too_many_codes phone
says '.rule == "resend"'
if [ -z "${SINBUN_SANITIZED:-}" ]; then
	entered_later 31 0 phone '{}'
	new=$(code)
	entered_later 40 10 phone '{}'
	[ "$new" = "$right" ] || refuses 4 "{\"code\":\"$right\"}" code_incorrect code
	# Three minutes.
	entered_later 215 10 phone "{\"code\":\"$new\"}"
	says '.error == "code_expired" and .field == "code"'
	stands waiting phone
	for at in 100 200 300; do entered_later $at 0 phone '{}'; done
	says '.codes_left == 0'
	entered_later 400 10 phone '{}'
	says '.error == "too_many_codes" and (.message | contains("5"))'
	entered_later 86420 0 phone '{}'
	entered_later 86430 0 phone "{\"code\":\"$(code)\"}"
	says '.next == "card"'
fi
wants 0 admin apply withdraw --application "$application" --officer o1

# --- tries at the same time: five are looked at ---
steps_to phone
entered 0 phone "$line"
wrong=$(printf %06d $(((10#$(code) + 7) % 1000000)))
for i in $(seq 12); do
	admin apply phone --application "$application" --officer "o$i" --input - <<<"{\"code\":\"$wrong\"}" >"try.$i" 2>"try-err.$i" &
done
wait $(jobs -p | tail -n +2)
[ "$(jq -s '[.[] | select(.error == "code_incorrect")] | length <= 5' try.*)" = true ] || complain "more than five tries: $(cat try.*)"
[ "$(jq -s '[.[] | select(.error == "code_incorrect") | .tries_left] | length == (unique | length)' try.*)" = true ] || complain "one try told twice: $(cat try.*)"
[ "$(jq -s '[.[] | select(.error == "code_incorrect" or .error == "changed_meanwhile" or .error == "no_code")] | length' try.*)" = 12 ] || complain "$(cat try.*)"
wants 0 admin apply withdraw --application "$application" --officer o1

# --- a gateway that refuses, is busy or gone: the step stays, nothing counts, and the next try is free at once ---
steps_to phone
for answer in '3 sms_denied {"status":403,"raw":"no"}' '8 sms_refused {"status":400,"raw":"no"}' '8 sms_busy {"status":503,"raw":"later"}'; do
	read -r exit error how <<<"$answer"
	mode "$how"
	entered "$exit" phone "$line"
	says ".error == \"$error\" and .state == \"open\" and .next == \"phone\""
done
mv "$registry/sms.conf" away
entered 3 phone "$line"
says '.error == "no_sms_gateway"'
mv away "$registry/sms.conf"
mode "$accepted"
entered 0 phone "$line"
says '.codes_left == 4'

# --- changing to PASS midway; the other name, the other number, refusal, and approval ---
pass() { entered "$1" phone "$line" --provider pass; }
mode "{$pending}"
pass 0
says '.state == "waiting" and .provider == "pass" and (.binding | length == 2) and .next_poll > 0'
grep -q 'binding_message=' requests || complain "no binding message"
stands waiting phone
refuses 10 '{"code":"123456"}' no_code code
# polled SECONDS CODE …: by another clock, which a sanitizer's runtime does not let in.
polled() { if [ -z "${SINBUN_SANITIZED:-}" ]; then entered_later "$@"; else sleep "$1"; entered "${@:2}"; fi; }
polled 2 0 phone '{}'
says '.state == "waiting"'
mode '{"claims":{"name":"다른이","phone_number":"010-0000-0001"}}'
polled 4 4 phone '{}'
says '.error == "mismatch" and .field == "name" and .state == "open" and .next == "phone"'
mode "{$pending}"
pass 0
mode '{"at":"/token","status":400,"raw":"{\"error\":\"access_denied\"}"}'
polled 2 1 phone '{}'
says '.error == "denied" and .field == "pass" and .state == "open"'
mode '{}' # the provider's own number is another than the one entered
pass 0
polled 2 4 phone '{}'
says '.error == "mismatch" and .field == "phone"'
entered 4 phone "$line" --provider ciba
says '.error == "bad_provider" and .field == "provider"'
mode "{$mine}"
pass 0
wants 0 admin apply phone --application "$application" --officer o1 --wait 5
says '.state == "open" and .next == "card"'
stands open card
says '.steps[3].outcome == "pass"'
exec 7>&-
wait
finish
