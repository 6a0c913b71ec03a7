#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
#
# What people see of a whole enrolment, from "I want a mobile ID" to a card that a desk finds valid: every command, every answer, on a terminal where
# something is asked. Residents that nobody is.
#   transcripts.sh home ko|en      a resident alone: signed in by a provider (OpenID CIBA: the certified one of npm), a text message (Kannel)
#   transcripts.sh counter ko|en   a clerk, with the resident before him
# `make transcripts` keeps the four in tests/transcripts/.
story=${1:?home or counter} lang=${2:?ko or en}
export SINBUN_SRCDIR=${SINBUN_SRCDIR:-$(cd "$(dirname "$0")/.." && pwd)}
export SINBUN_BUILDDIR=${SINBUN_BUILDDIR:-$SINBUN_SRCDIR}
export SINBUN_MODULE=${SINBUN_MODULE:-$SINBUN_BUILDDIR/module/.libs/sinbun-pkcs11.so} PATH=$SINBUN_BUILDDIR/tools:$PATH
. "$SINBUN_SRCDIR/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/apply.sh"
export TERM=dumb TZ=Asia/Seoul
words() { if [ "$lang" = ko ]; then printf '%s' "$2"; else printf '%s' "$1"; fi; }
title() { printf '\n━━ %s\n' "$(words "$@")"; }
tell() { printf '\n(%s)\n' "$(words "$@")"; }
stop() { echo "transcripts: $*" >&2; exit 1; }

# What is entered is a file that a form on the web would make; it is shown before the command.
typed=
file() {
	printf '%s\n' "$2" >"$1"
	typed="$typed$(printf '\n$ cat %s\n%s' "$1" "$2")"
}
prompt() {
	[ -z "$typed" ] || printf '%s\n' "$typed"
	typed=
	printf '\n$ %s\n' "$*"
}
# expect CODE COMMAND…: what is typed, what comes, and the exit code it must have.
expect() {
	local want=$1 got=0
	shift
	"$@" || got=$?
	[ "$got" = "$want" ] || stop "exit code $got, not $want: $*"
}
# The passphrase of the issuer's token comes from the service that runs this, or the clerk's shell.
office() {
	prompt "sinbun-admin $*"
	sinbun-admin --registry "$registry" --lang "$lang" "$@" --pin-fd 4 4<<<issuer-passphrase 2>&1 || return
}
desk() {
	prompt "sinbun-verify $*"
	sinbun-verify --home "$desk" --lang "$lang" "$@" 2>&1
}
# device [EXPECT SEND]… -- VERB…: the resident's own, on a terminal.
device() {
	local said=()
	while [ "$1" != -- ]; do said+=("$1"); shift; done
	shift
	prompt "sinbun $*"
	"$SINBUN_BUILDDIR/tests/lib/on-terminal" "${said[@]}" -- sinbun --home "$phone" --lang "$lang" "$@" 2>/dev/null </dev/null | tr -d '\r'
	return "${PIPESTATUS[0]}"
}
open_application() {
	expect 0 office apply start "$@" >started
	cat started
	application=$(grep -o 'A[0-9a-f]\{24\}' started | head -1)
}

prepare() {
	cheap "$phone"
	make_registry
	cat >lines.csv <<-CSV
	rrn,name,name_hanja,address,authority,issue_date,phone,carrier
	900101-1000000,홍시험,洪試驗,서울특별시 시험구 시험로 1,서울특별시 시험구청장,2024-03-02,010-0000-1234,SKT
	CSV
	wants 0 admin registry import lines.csv
	make_desk
	[ "$failures" = 0 ] || stop "the registry was not made"
}

# The steps that both have: from the offer to the desk.
on_the_device() {
	title "On the device: a PIN of the resident's own, and the request" "기기에서: 비밀번호를 정하고 발급 요청 파일을 만듭니다"
	local pin again
	pin=$(words 'New 6-digit PIN' '새 비밀번호') again=$(words 'The same PIN' '한 번 더')
	expect 0 device "$pin" $'123456\n' "$again" $'123456\n' "$pin" $'274916\n' "$again" $'274916\n' -- \
		enrol --offer offer.json --request request.json
	title "The registrar issues" "담당 공무원이 발급합니다"
	expect 0 office issue --officer officer-1 --request request.json --response response.json
	title "The card comes to the device" "신분증이 기기에 저장됩니다"
	pin=$(words 'PIN' '비밀번호')
	expect 0 device "$pin" $'274916\n' -- enrol --response response.json
	expect 6 device "$pin" $'274917\n' -- show --plain
	expect 0 device "$pin" $'274916\n' -- show --plain
	title "A live code, and what the desk sees" "실시간 QR을 제시하고, 창구에서 확인합니다"
	expect 0 device "$pin" $'274916\n' -- present --qr --once --png code.png
	expect 0 desk scan code.png
	title "The application is finished" "신청이 끝났습니다"
	expect 0 office apply status --application "$application"
}

at_the_counter() {
	title "A clerk opens the application" "담당 공무원이 신청을 엽니다"
	open_application --officer officer-1
	title "Who applies: the clerk has the person, and the plastic card, before him" "본인 확인: 담당 공무원이 본인과 주민등록증을 직접 확인합니다"
	tell "Something is left out" "빠진 항목이 있으면"
	file who.json '{"name": "홍시험"}'
	expect 4 office apply login --application "$application" --officer officer-1 --kind in-person --input who.json
	file who.json '{"name": "홍시험", "birth_date": "1990-01-01"}'
	expect 0 office apply login --application "$application" --officer officer-1 --kind in-person --input who.json
	tell "Too early" "순서가 아니면"
	file card.json '{"name": "홍시험", "rrn": "900101-1000000", "issue_date": "2024-03-03"}'
	expect 10 office apply card --application "$application" --officer officer-1 --input card.json
	title "What is agreed to" "약관 동의"
	file consents.json '{"consents": ["terms@1", "own-phone@1", "collection@1"]}'
	expect 4 office apply consent --application "$application" --officer officer-1 --input consents.json
	file consents.json '{"consents": ["terms@1", "own-phone@1", "collection@1", "third-party@1"]}'
	expect 0 office apply consent --application "$application" --officer officer-1 --input consents.json
	title "A phone in their own name" "본인 명의 휴대전화"
	file phone.json '{"phone": "010-0000-1234", "carrier": "KT"}'
	expect 4 office apply phone --application "$application" --officer officer-1 --attested --input phone.json
	file phone.json '{"phone": "010-0000-1234", "carrier": "SKT"}'
	expect 0 office apply phone --application "$application" --officer officer-1 --attested --input phone.json
	title "The plastic card's data: a wrong date is named, and counts" "주민등록증 정보: 발급일자가 틀리면 알려 주고, 횟수를 셉니다"
	file card.json '{"name": "홍시험", "rrn": "900101-1000000", "issue_date": "2024-03-03"}'
	expect 4 office apply card --application "$application" --officer officer-1 --input card.json
	file card.json '{"name": "홍시험", "rrn": "900101-1000000", "issue_date": "2024-03-02"}'
	expect 0 office apply card --application "$application" --officer officer-1 --input card.json
	title "Biometrics, and the offer" "생체인증 여부와 등록 안내 파일"
	expect 0 office apply biometrics --application "$application" --officer officer-1 --answer no
	expect 0 office apply offer --application "$application" --officer officer-1 --offer offer.json
	on_the_device
}

services() {
	for part in npm provider kannel; do . "$SINBUN_SRCDIR/tests/lib/$part.sh"; done
	needs_npm
	needs_kannel
	trap 'kannel_stop; rm -rf "$here"' EXIT
	echo '[]' >keys.json
	provider_begin keys.json userinfo
	mkdir "$registry/providers.d"
	echo 's e:c%r+t' >"$registry/secret"
	provider_settings "$registry/providers.d/naver.conf" ciba basic client_secret_basic 'client-secret-file = ../secret'
	sed -i 's/^label.ko.*/label.ko = 네이버 인증서/; s/^label.en.*/label.en = Naver/' "$registry/providers.d/naver.conf"
	kannel_begin
	kannel_settings "$registry"
}
# signs_in ANSWER CODE: asked on the phone, and answered there.
signs_in() {
	rm -f said
	office apply login --application "$application" --kind simple --provider naver --input who.json --wait 60 >said 2>&1 &
	local asking=$! got=0
	typed=
	for _ in $(seq 600); do grep -qs '2/7' said && break; sleep 0.1; done
	cat said
	tell "$3" "$4"
	on_phone "$1"
	wait $asking || got=$?
	[ $got = "$2" ] || stop "exit code $got, not $2, of the sign-in"
	tail -n "+$(($(grep -n '2/7' said | head -1 | cut -d: -f1) + 1))" said
}
at_home() {
	services
	title "The texts that are to be agreed to" "동의할 약관"
	expect 0 office apply consent
	title "A resident opens an application, alone" "주민이 혼자 신청을 엽니다"
	open_application --self
	title "Simple authentication: entered here, approved on the phone" "간편인증: 여기서 입력하고 휴대전화에서 승인합니다"
	file who.json '{"name": "홍시험", "birth_date": "1990-01-01", "phone": "010-0000-1234"}'
	expect 4 office apply login --application "$application" --kind simple --provider naver --input who.json
	file who.json '{"name": "홍시험", "birth_date": "1990-01-01", "phone": "010-0000-1234", "consents": ["third-party@1"]}'
	signs_in deny 1 "On the phone the same number is shown. The resident taps \"Refuse\" by mistake." "휴대전화에 같은 번호가 보입니다. 실수로 [거절]을 눌렀습니다."
	signs_in approve 0 "Once more: the resident compares the number, and approves with the lock of the phone." "다시 합니다. 번호가 같은지 보고, 휴대전화의 잠금을 풀어 승인합니다."
	title "What is agreed to" "약관 동의"
	file consents.json '{"consents": ["terms@1", "own-phone@1", "collection@1"]}'
	expect 0 office apply consent --application "$application" --input consents.json
	title "A phone in one's own name, by text message" "본인 명의 휴대전화: 문자 인증"
	file phone.json '{"phone": "010-0000-1234", "carrier": "KT"}'
	expect 4 office apply phone --application "$application" --input phone.json
	file phone.json '{"phone": "010-0000-1234", "carrier": "SKT"}'
	expect 0 office apply phone --application "$application" --input phone.json
	local text code
	text=$(received 1 01000001234)
	code=$(grep -o '[0-9]\{6\}' <<<"$text")
	tell "The message on the phone: $text" "휴대전화로 온 문자: $text"
	file code.json "{\"code\": \"$(printf %06d $(((10#$code + 1) % 1000000)))\"}"
	expect 4 office apply phone --application "$application" --input code.json
	file code.json "{\"code\": \"$code\"}"
	expect 0 office apply phone --application "$application" --input code.json
	title "The plastic card's data: a wrong date is named, and counts" "주민등록증 정보: 발급일자가 틀리면 알려 주고, 횟수를 셉니다"
	file card.json '{"name": "홍시험", "rrn": "900101-1000000", "issue_date": "2024-03-03"}'
	expect 4 office apply card --application "$application" --input card.json
	tell "Interrupted. Later: where does it stand?" "중간에 멈췄습니다. 나중에: 어디까지 했을까요?"
	expect 0 office apply status --application "$application"
	file card.json '{"name": "홍시험", "rrn": "900101-1000000", "issue_date": "2024-03-02"}'
	expect 0 office apply card --application "$application" --input card.json
	title "Biometrics, and the offer" "생체인증 여부와 등록 안내 파일"
	expect 0 office apply biometrics --application "$application" --answer yes
	expect 0 office apply offer --application "$application" --offer offer.json
	on_the_device
	provider_end
}

prepare
case $story in
home) at_home ;;
counter) at_the_counter ;;
*) stop "home or counter" ;;
esac
