#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
#
# The main job, end to end, in a scratch directory and with residents that nobody is. Called by ./autogen.sh demo.
#   SINBUN_DEMO_DIR   where to work (default: a new directory under /tmp, left there to look at)
#   SINBUN_DEMO_FAST  1: cheap key derivation and a moved clock instead of waiting (the test suite's way)
set -eu -o pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
build=${SINBUN_BUILDDIR:-$here}
work=${SINBUN_DEMO_DIR:-$(mktemp -d "${TMPDIR:-/tmp}/sinbun-demo.XXXXXX")}
fast=${SINBUN_DEMO_FAST:-}
started=$(date +%s)
case ${LC_ALL:-${LC_MESSAGES:-${LANG:-}}} in ko*) lang=ko ;; *) lang=en ;; esac

admin() { "$build/tools/sinbun-admin" --registry "$work/registry" --lang $lang "$@"; }
phone() { "$build/tools/sinbun" --home "$work/phone" --lang $lang "$@"; }
desk() { "$build/tools/sinbun-verify" --home "$work/desk" --lang $lang "$@"; }
# officer VERB...: a verb of the registrar, with the passphrase of the issuer's token on a descriptor.
officer() { admin "$@" --pin-fd 4 4<<<'issuer-passphrase'; }

step=0
if [ $lang = ko ]; then title() { step=$((step + 1)); printf '\n━━ %d. %s\n' $step "$2"; }
else title() { step=$((step + 1)); printf '\n━━ %d. %s\n' $step "$1"; }; fi
tell() { if [ $lang = ko ]; then printf '   %s\n' "$2"; else printf '   %s\n' "$1"; fi; }
stop() { printf 'demo: %s\n' "$*" >&2; exit 1; }
# expect CODE COMMAND...: runs it, shows what it prints, and insists on its exit code.
expect() {
	local want=$1 got=0
	shift
	"$@" 2>&1 | sed 's/^/   │ /' || got=${PIPESTATUS[0]}
	[ "$got" = "$want" ] || stop "exit code $got instead of $want: $*"
}
# verdict REASON FILE...: scans as the desk would, insists on the reason in the JSON verdict, and shows what a person sees.
verdict() {
	local want=$1 got code=0
	shift
	got=$(desk scan --json "$@" | jq -r .reason) || true
	[ "$got" = "$want" ] || stop "the desk says '$got', not '$want': $*"
}

umask 077
mkdir -p "$work"/{registry,phone,desk}
for dir in registry phone; do
	[ -n "$fast" ] && printf 'kdf-memory = 19\nkdf-passes = 2\n' >"$work/$dir/sinbun.conf"
done
[ -n "$fast" ] && echo 'profile = general' >>"$work/registry/sinbun.conf"
cd "$work"

title "The registrar sets up: an issuer's token, a root, a document signer" "담당 공무원이 준비합니다: 발급 토큰, 최상위 인증서, 문서 서명자"
expect 0 officer init --issuer 시험구청 --url https://id.example --puk-out issuer.puk

title "The resident registry is read from a CSV file; a wrong row is named, the good ones are kept" "주민등록 자료를 CSV에서 읽습니다. 틀린 행은 이유를 알려 주고, 나머지는 저장합니다"
"$build/tests/lib/draw-portrait" 1 "$work/portrait-1.jpg"
"$build/tests/lib/draw-portrait" 2 "$work/portrait-2.jpg"
cat >residents.csv <<'CSV'
rrn,name,name_hanja,address,authority,issue_date,portrait
900101-1000000,홍시험,洪試驗,서울특별시 시험구 시험로 1,서울특별시 시험구청장,2024-03-02,portrait-1.jpg
050515-4000000,가나다,,부산광역시 예시구 예시로 22,부산광역시 예시구청장,2023-11-20,portrait-2.jpg
901301-1000000,오류행,,서울특별시 시험구 시험로 3,서울특별시 시험구청장,2024-03-02,
CSV
expect 4 officer registry import residents.csv --report report.csv
sed 's/^/   │ /' report.csv

title "At the counter: a wrong issue date is named, and costs one of five tries" "창구: 발급일자가 틀리면 그 항목을 알려 주고, 다섯 번 중 한 번이 줄어듭니다"
cat >application.json <<'JSON'
{"name": "홍시험", "rrn": "900101-1000000", "issue_date": "2024-03-02",
 "consents": ["terms@1", "own-phone@1", "collection@1", "third-party@1"]}
JSON
sed 's/2024-03-02/2024-03-03/' application.json >wrong.json
expect 4 officer enrol --officer officer-1 --input wrong.json --offer offer.json
tell "With the right date, the counter hands out an offer." "발급일자를 바로 입력하면 등록 안내 파일(offer)이 나옵니다."
expect 0 officer enrol --officer officer-1 --input application.json --offer offer.json

title "On the resident's device: weak PINs are refused, with the rule" "주민의 기기: 쉬운 비밀번호는 이유와 함께 거절됩니다"
for weak in 900101 123475 111121; do
	tell "PIN $weak:" "비밀번호 $weak:"
	expect 4 phone enrol --offer offer.json --request request.json --puk-out resident.puk --pin-fd 3 3<<<"$weak"
done
tell "PIN 274916:" "비밀번호 274916:"
expect 0 phone enrol --offer offer.json --request request.json --puk-out resident.puk --pin-fd 3 3<<<274916

title "The registrar issues; the device stores the card" "담당 공무원이 발급하고, 기기가 신분증을 저장합니다"
issued=$(officer issue --officer officer-1 --request request.json --response response.json --json)
card=$(jq -r .card <<<"$issued")
tell "Card number: $card" "신분증 번호: $card"
expect 0 phone enrol --response response.json --pin-fd 3 3<<<274916

title "A wrong PIN: the tries left are told" "비밀번호가 틀리면 남은 횟수를 알려 줍니다"
expect 6 phone show --pin-fd 3 3<<<111222
tell "The right one shows the card:" "바른 비밀번호로 신분증을 봅니다:"
expect 0 phone show --pin-fd 3 3<<<274916
tell "And as a picture, 8.6 x 5.4 cm, for a screen without a terminal:" "그림으로도 볼 수 있습니다(8.6×5.4cm):"
expect 0 phone show --png "$work/card.png" --pin-fd 3 3<<<274916

title "The desk takes in the issuer's bundle, once; from now on it works offline" "확인 창구가 발급기관의 꾸러미(bundle)를 받습니다. 이제부터 오프라인으로 확인합니다"
officer bundle --out bundle.jwt >/dev/null
expect 0 desk update --bundle bundle.jwt --root registry/pki/root.pem

title "The resident shows a live QR; the desk reads the picture" "주민이 실시간 QR을 보여 주고, 창구가 그림을 읽습니다"
phone present --qr --once --fields full --png live.png --text live.txt --pin-fd 3 3<<<274916 >/dev/null
captured=$(date +%s)
cp live.png captured.png
expect 0 desk scan live.png
tell "The QR is in $work/live.png" "QR 그림: $work/live.png"

title "An altered QR is refused" "바뀐 QR은 거절됩니다"
phone present --qr --once --fields basic --text other.txt --pin-fd 3 3<<<274916 >/dev/null
# One character in the middle of the text becomes another of the same alphabet.
awk '{m = int(length($0) / 2); c = substr($0, m, 1); print substr($0, 1, m - 1) (c == "A" ? "B" : "A") substr($0, m + 1)}' other.txt >altered.txt
expect 1 desk scan altered.txt

title "With a challenge, yesterday's recording is worth nothing" "확인 번호를 쓰면 미리 녹화한 QR은 쓸모가 없습니다"
challenge=$(desk challenge --json | jq -r .challenge)
phone present --qr --once --fields basic --challenge "$challenge" --text answered.txt --pin-fd 3 3<<<274916 >/dev/null
verdict ok answered.txt --challenge "$challenge"
verdict replayed answered.txt --challenge "$challenge"
tell "Accepted once; refused as a replay the second time." "처음은 유효, 두 번째는 재사용으로 무효입니다."

title "The same picture after its life: a screen capture is worthless" "수명이 지난 같은 그림: 화면 캡처는 쓸모가 없습니다"
if [ -n "$fast" ]; then
	expect 1 desk scan captured.png --at "$(date -u -d "@$((captured + 36))" +%FT%TZ)"
else
	left=$((captured + 32 - $(date +%s)))
	[ "$left" -le 0 ] || { tell "waiting $left s …" "$left초 기다립니다 …"; sleep "$left"; }
	expect 1 desk scan captured.png
fi

# refused_as REASON: publishes, updates the desk, presents anew.
refused_as() {
	officer bundle --out bundle.jwt >/dev/null
	desk update --bundle bundle.jwt >/dev/null
	phone present --qr --once --fields adult --text now.txt --pin-fd 3 3<<<274916 >/dev/null
	verdict "$1" now.txt
}
title "Reported lost: suspended. Found again: valid. Then revoked for good" "분실 신고: 효력 정지. 되찾음: 유효. 그리고 폐기"
officer suspend --officer officer-1 --card "$card" --reason lost >/dev/null
refused_as suspended
tell "suspended: refused" "효력 정지: 무효"
officer resume --officer officer-1 --card "$card" >/dev/null
refused_as ok
tell "resumed: valid" "정지 해제: 유효"
officer revoke --officer officer-1 --card "$card" --reason reissued >/dev/null
refused_as revoked
tell "revoked: refused" "폐기: 무효"

printf '\n'
tell "Everything is in $work: the card (card.png), the QR (live.png), the registry, the phone, the desk." "모두 $work 에 있습니다: 신분증 그림(card.png), QR(live.png), 등록 자료, 기기, 창구."
tell "Enrolled, shown, verified, refused where it must be: done in $(($(date +%s) - started)) s." "등록, 제시, 확인, 그리고 거절까지 $(($(date +%s) - started))초에 마쳤습니다."
