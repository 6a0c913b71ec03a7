#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# The programs with tokens sealed by a TPM: what list and status tell, what each says where the TPM's owner has a password, and that a token
# that is removed leaves nothing in the TPM.
. "${SINBUN_SRCDIR:?}/tests/lib/swtpm.sh"
start_tpm one
tcti=swtpm:host=127.0.0.1,port=$port
registry=$here/registry phone=$here/phone
for dir in "$registry" "$phone"; do
	mkdir "$dir"
	printf '%s\n' 'seal = tpm' "tcti = $tcti" 'kdf-memory = 19' 'kdf-passes = 2' >"$dir/sinbun.conf"
done
echo 'profile = general' >>"$registry/sinbun.conf"
# wants CODE COMMAND…: output in ./out, and the exit code.
wants() {
	local want=$1 got=0
	shift
	"$@" >out 2>err || got=$?
	[ "$got" = "$want" ] || complain "exit code $got, not $want: $* ($(head -c 300 out) $(head -c 300 err))"
}
says() { jq -e "$1" out >/dev/null || complain "not so: $1: $(head -c 300 out)"; }
admin() { sinbun-admin --registry "$registry" --json "$@" --pin-fd 4 4<<<issuer-passphrase; }
holder() { sinbun --home "$phone" --json "$@" --pin-fd 3 3<<<"${pin:-$PIN}"; }
at() { sinbun-admin --registry "$1" --json token "${@:2}"; }
made=0

# --- an owner with a password: no token can be made, and it is told how it can; nothing is half made ---
tpm2_changeauth -c o ownerpass
refused() { # COMMAND…
	wants 3 "$@"
	says '.error == "tpm_owner" and .field == "seal" and (.message | contains("owner has set a password") and contains("lift it") and contains("seal = software"))'
	[ "$(indices)" = "$made" ] || complain "$(indices) indices after: $*"
}
refused admin init --issuer 시험구청 --url https://id.example
wants 3 sinbun-admin --registry "$registry" --lang ko init --issuer 시험구청 --url https://id.example --pin-fd 4 4<<<issuer-passphrase
grep -q '소유자' err || complain "not told in Korean: $(cat err)"
tpm2_changeauth -c o -p ownerpass
wants 0 admin init --issuer 시험구청 --url https://id.example
[ "$(indices)" = 3 ] || complain "$(indices) indices for the issuer's token"
{
	echo rrn,name,address,authority,issue_date
	echo '900101-1000000,홍시험,서울특별시 시험구 시험로 1,서울특별시 시험구청장,2024-03-02'
} >residents.csv
wants 0 admin registry import residents.csv
echo '{"name":"홍시험","rrn":"900101-1000000","issue_date":"2024-03-02","consents":["terms@1","own-phone@1","collection@1","third-party@1"]}' >person.json
wants 0 admin enrol --officer o1 --input person.json --offer offer.json
tpm2_changeauth -c o ownerpass
made=3
refused holder enrol --offer offer.json --request request.json --puk-out puk
# What is there goes on: logins, counts, PIN changes.
wants 0 at "$registry" status
says '.seal == "tpm" and .pin_tries_left == 5'
tpm2_changeauth -c o -p ownerpass
wants 0 holder enrol --offer offer.json --request request.json --puk-out puk
wants 0 admin issue --officer o1 --request request.json --response response.json
wants 0 holder enrol --response response.json
[ "$(indices)" = 6 ] || complain "$(indices) indices for two tokens"

# --- list and status: the TPM's counts, whatever the store says, and what the seal is worth ---
store=$(dirname "$registry"/tokens/*/token.db) card_store=$(dirname "$phone"/tokens/*/token.db)
serial=${store##*/} card_serial=${card_store##*/}
wants 0 at "$registry" list
says ".tokens | length == 1 and .[0].serial == \"$serial\" and .[0].seal == \"tpm\" and .[0].state == \"ready\" and .[0].puk_tries_left == 10"
wants 0 sinbun-admin --registry "$registry" --lang en token list
grep -q "^$serial  issuer  profile general  seal tpm  PIN 5/5  unblocking code 10/10  ready$" out || complain "the line: $(cat out)"
cp -a "$phone/tokens" unused
for left in 4 3 2; do
	pin=$WRONG wants 6 holder pin change --new-pin-fd 5 5<<<$NEW
	says ".tries_left == $left"
done
rm -r "$phone/tokens" && mv unused "$phone/tokens" # as if they had not been tried
for status in "sinbun --home $phone --json status" "at $phone status"; do
	wants 0 $status
	says '.seal == "tpm" and .pin_tries_left == 2 and .pin_tries_max == 5 and .puk_tries_left == 10'
done
for status in "sinbun --home $phone --lang en status" "sinbun-admin --registry $phone --lang en token status"; do
	wants 0 $status
	for words in 'Seal: TPM' 'PIN: 2 of 5'; do grep -qF "$words" out || complain "not told: $words: $(cat out)"; done
	! grep -q 'software' out || complain "of another seal: $(cat out)"
done
for _ in 1 2; do pin=$WRONG wants 6 holder pin change --new-pin-fd 5 5<<<$NEW; done
wants 7 holder pin change --new-pin-fd 5 5<<<$NEW
wants 0 at "$phone" list
says '.tokens[0].state == "pin_locked" and .tokens[0].pin_tries_left == 0'
wants 0 at "$registry" status
says '.state == "ready" and .pin_tries_left == 5'
pin=$NEW wants 0 holder pin unblock --puk-fd 5 5<puk
wants 0 at "$phone" status
says '.state == "ready" and .pin_tries_left == 5'
[ "$(lockout_counter)" = 0x0 ] || complain "the TPM's own counter: $(lockout_counter)"

# --- the TPM is away: told by status as by others ---
stop_tpm one
wants 5 sinbun --home "$phone" --json pin change --pin-fd 3 --new-pin-fd 5 3<<<$NEW 5<<<$PIN
says '.error == "tpm_absent"'
start_tpm one
for dir in "$registry" "$phone"; do sed -i "s/port=.*/port=$port/" "$dir/sinbun.conf"; done

# --- removal: the right code only, and nothing stays behind in the TPM ---
wants 6 at "$phone" remove "$card_serial" --yes --puk-fd 5 5<<<0123456789abcdef
says '.error == "puk_incorrect" and .tries_left == 9'
[ "$(indices)" = 6 ] || complain "$(indices) indices after a wrong code"
wants 0 at "$phone" remove "$card_serial" --yes --puk-fd 5 5<puk
[ "$(indices)" = 3 ] || complain "$(indices) indices after the card's token was removed"
wants 0 at "$registry" status
says '.state == "ready"'
wants 0 at "$registry" remove "$serial" --yes --puk-fd 5 5<"$registry/issuer.puk"
[ "$(indices)" = 0 ] || complain "$(indices) indices after the issuer's token was removed"
nothing_loaded
finish
