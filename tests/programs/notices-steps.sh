#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# After each step of consequence the resident gets a notice, as a text message and as a mail file: with the masked name, and no number, no address
# and no link. Nothing of it can be read in the registry.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/apply.sh"
[ -z "${SINBUN_SANITIZED:-}" ] || ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0
make_lines
outside
mode "$accepted"
: >requests
# said: the texts that went out since the last time, one a line.
said() {
	tr -d '\r' <requests | grep '^\[시험구청\]\|^\[Test' >now.said
	tail -n +$((seen + 1)) now.said
	seen=$(wc -l <now.said)
}
seen=0
# one WORDS…: exactly one message went out since the last time, with these words.
one() {
	local text word
	text=$(said)
	seen=$(tr -d '\r' <requests | grep -c '^\[시험구청\]\|^\[Test')
	[ "$(grep -c . <<<"$text")" = 1 ] || complain "not one message: $text"
	for word in "$@"; do grep -qF "$word" <<<"$text" || complain "no '$word' in: $text"; done
	grep -qE '홍시험|900101|시험로|://|www\.|010-?0000|R[0-9]{12}' <<<"$text" && complain "it says too much: $text"
}
none() { [ -z "$(said)" ] || complain "a message went out"; }

# --- without notice.conf there are none ---
make_card
none
wants 3 admin notice send
says '.error == "no_notices"'
wants 0 admin notice list
says '.count == 0'
echo 'sms = maybe' >"$registry/notice.conf"
wants 3 admin suspend --officer o1 --card "$card"
says '.error == "bad_configuration" and .field == "sms"'
printf '%s\n' 'sms = yes' 'mail-dir = ../mail' 'language = ko' >"$registry/notice.conf"
mkdir mail

# --- each step ---
wants 0 admin suspend --officer o1 --card "$card" --reason lost
one '홍*험님' '정지' '분실 신고' '발급기관'
tr -d '\r' <requests | grep -q '^X-Kannel-To: 01000000001$' || complain "to whom?"
wants 0 sinbun-admin --registry "$registry" --lang en resume --officer o1 --card "$card" --pin-fd 4 4<<<issuer-passphrase
grep -q 'notified' out || complain "not told: $(cat out)"
one '다시 쓸 수 있습니다' '신고 철회'
sed -i 's/시험로 1,/시험로 10,/' lines.csv
wants 0 admin registry import lines.csv --officer o7
wants 0 holder refresh --request refresh.json
wants 0 admin refresh --self --request refresh.json --response refreshed.json
one '갱신'
mine=$phone phone=$here/new
cheap "$phone"
wants 0 admin enrol --officer o1 --input person.json --offer offer.json --replace --reason phone-replaced
none
wants 0 holder enrol --offer offer.json --request request.json --puk-out puk2
wants 0 admin issue --officer o1 --request request.json --response response.json
card=$(jq -r .card out)
one '재발급' '휴대전화 교체'
wants 0 admin issue --officer o1 --request request.json --response response.json # the same request, the same card
none
lost() {
	printf '%s\n' rrn,name,address,authority,issue_date,phone,carrier,card_status "900101-1000000,홍시험,서울특별시 시험구 시험로 1,서울특별시 시험구청장,2024-03-02,010-0000-0001,SKT,$1" >p.csv
	wants 0 admin registry import p.csv --officer o7 "${@:2}"
}
lost lost --dry-run
none
lost lost
one '정지' '주민등록증 분실 신고'
lost valid
none
wants 0 admin resume --officer o1 --card "$card"
one '다시 쓸 수 있습니다'
wants 10 admin resume --officer o1 --card "$card" # refused: nothing happened
none
wants 0 admin revoke --officer o1 --card "$card" --reason renounced
one '폐기' '본인 요청'
phone=$here/newer
cheap "$phone"
wants 0 admin enrol --officer o1 --input person.json --offer offer.json
wants 0 holder enrol --offer offer.json --request request.json --puk-out puk3
wants 0 admin issue --officer o1 --request request.json --response response.json
card=$(jq -r .card out)
one '발급되었습니다'

# --- the application that locks, at the counter and by steps ---
jq '.issue_date = "2024-03-03"' <<<"$resident" >wrong.json
for i in 1 2 3 4; do wants 4 admin enrol --officer o1 --input wrong.json --offer offer.json --replace; done
none
wants 4 admin enrol --officer o1 --input wrong.json --offer offer.json --replace
one '잠겼습니다'
wants 10 admin enrol --officer o1 --input wrong.json --offer offer.json --replace
none
wants 0 admin apply unlock --officer o1 --input person.json
steps_to card
for i in 1 2 3 4 5; do entered 4 card "${card_data/03-02/03-03}" --replace; done
one '잠겼습니다'

# --- in English, and the mail files ---
printf '%s\n' 'sms = yes' 'mail-dir = ../mail' 'language = en' >"$registry/notice.conf"
wants 0 admin suspend --officer o1 --card "$card" --reason stolen
one '홍*험: your mobile resident card has been suspended. (reason: reported stolen)'
wants 0 admin notice list
says '.count == 0'
wants 0 admin notice list --all
says "([.notices[] | select(.channel == \"mail\")] | length) == 11 and ([.notices[] | select(.channel == \"sms\")] | length) == 11 and all(.notices[]; .state == \"sent\" and .tries == 1)"
mails=$(find mail -name 'N*.eml' | wc -l)
[ "$mails" = 11 ] || complain "$mails mail files"
last=$(grep -l 'X-Sinbun-Notice: suspended' mail/*.eml | xargs grep -l "X-Sinbun-Card: $card")
[ "$(stat -c %a "$last")" = 600 ] || complain "others can read a mail"
sed '1,/^\r$/d' "$last" | base64 -di | grep -qF '홍*험: your mobile resident card has been suspended. (reason: reported stolen) If this was not you' || complain "the mail: $(cat "$last")"
awk 'length > 79' mail/*.eml | grep -q . && complain "a line is too long"
sed -n 's/^Subject: =?UTF-8?B?\(.*\)?=\r$/\1/p' "$last" | base64 -di | grep -qF '[시험구청] Your mobile' || complain "the subject: $(cat "$last")"

# --- nobody to tell: told to the officer ---
jq '.name = "라시험" | .rrn = "930101-1000000"' person.json >other.json
echo 'sms = yes' >"$registry/notice.conf"
phone=$here/other
cheap "$phone"
wants 0 admin enrol --officer o1 --input other.json --offer offer.json
wants 0 holder enrol --offer offer.json --request request.json --puk-out puk4
wants 0 admin issue --officer o1 --request request.json --response response.json
none
wants 0 admin notice list
says '.count == 1 and .notices[0].state == "given_up" and .notices[0].error == "no_phone" and .notices[0].channel == "none"'
phone=$mine

# --- a card that ends soon: once ---
if [ -z "${SINBUN_SANITIZED:-}" ]; then
	printf '%s\n' 'sms = yes' 'language = ko' >"$registry/notice.conf"
	wants 0 admin resume --officer o1 --card "$card"
	said >/dev/null
	seen=$(tr -d '\r' <requests | grep -c '^\[시험구청\]')
	send_at() { wants 0 later "$1" sinbun-admin --registry "$registry" --json notice send --pin-fd 4 4<<<issuer-passphrase; }
	send_at $((1060 * 86400))
	says '.expiring == 0 and .sent == 0'
	send_at $((1070 * 86400))
	says '.expiring == 2 and .sent == 1' # the other has no phone
	one '곧 끝납니다' "$(date -u -d "@$(($(sqlite3 "$registry/registry.db" "select expires from credential where card = '$card'") + 9 * 3600))" +%F)"
	send_at $((1071 * 86400))
	says '.expiring == 0 and .sent == 0'
	wants 0 later $((1070 * 86400)) sinbun-admin --registry "$registry" --json cards expiring --pin-fd 4 4<<<issuer-passphrase
	says '.count == 2'
fi
grep -rqaE '홍\*험|모바일 주민등록증이' "$registry" && complain "a notice can be read in the registry"
exec 7>&-
wait
finish
