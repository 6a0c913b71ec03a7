#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# kill -9 in every step of an application, at each of its writes: the step is done or is not, is done when it is run again, and the audit tells of
# it once.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/apply.sh"
needs_foreign_hosts
command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null || exit 77
make_lines

calls=pwrite64,fdatasync,fsync,ftruncate,rename
database() { sqlite3 "$registry/registry.db" "$1"; }
# killed N STEP [OPTION…]: the step, ended by SIGKILL at its Nth write to a file; false when it had fewer.
killed() {
	local got=0
	{
		strace -f -o /dev/null -e trace="$calls" -e inject="$calls:signal=KILL:when=$1" \
			sinbun-admin --registry "$registry" --json apply "$2" --application "$application" --officer o1 "${@:3}" --pin-fd 4 \
			4<<<issuer-passphrase <input >out || got=$?
	} 2>err
	[ $got = 137 ]
}
# The first writes are those of the token's login, the same for every verb.
start
strace -f -o writes -e trace=$calls sinbun-admin --registry "$registry" --json apply status --application "$application" --pin-fd 4 4<<<issuer-passphrase >out
first=$(grep -cE '^[0-9]+ +[a-z0-9]+\(' writes)
rounds=0
# sweep STEP INPUT [OPTION…]
sweep() {
	local step=$1 n=$((first - 1)) number before
	number=$(case $1 in login) echo 2 ;; consent) echo 3 ;; phone) echo 4 ;; card) echo 5 ;; biometrics) echo 6 ;; offer) echo 7 ;; esac)
	printf '%s' "$2" >input
	steps_to "$step"
	rm -rf kept && cp -r "$registry" kept
	while :; do
		rm -rf "$registry" && cp -r kept "$registry"
		before=$(database "select count(*) from consent")
		killed $n "$step" "${@:3}" || break
		rounds=$((rounds + 1))
		# As it stands after the kill: whole, at this step or behind it.
		wants 0 admin apply status --application "$application"
		says ".state == \"open\" or .state == \"offered\""
		says "[.steps[] | select(.done) | .step] as \$d | \$d == [range(1; $number)] or \$d == [range(1; $number + 1)]"
		wants 0 admin apply "$step" --application "$application" --officer o1 "${@:3}" <input
		[ "$(database "select count(*) from apply_step where application = '$application' and step = $number")" = 1 ] || complain "$step, kill $n: not one record"
		[ "$step" = offer ] || [ "$(database "select count(*) from audit where subject = '$application' and verb = 'apply $step'")" = 1 ] ||
			complain "$step, kill $n: the audit does not tell of it once"
		[ "$step" != consent ] || [ "$(database "select count(*) from consent")" = $((before + 5)) ] || complain "kill $n: consents recorded twice, or not"
		[ "$step" != offer ] || [ "$(jq -r .application offer.json)" = "$application" ] || complain "kill $n: another offer"
		n=$((n + 1))
	done
	[ $n -gt $((first + 3)) ] || complain "$step was killed only $((n - first)) times"
	wants 0 admin apply withdraw --application "$application" --officer o1
}
sweep login '{"name":"홍시험","birth_date":"1990-01-01"}' --kind in-person --input -
sweep consent "{\"consents\":$consents}" --input -
sweep phone '{"phone":"010-0000-0001","carrier":"SKT"}' --attested --input -
sweep card "$card_data" --input -
sweep biometrics '' --answer no
sweep offer '' --offer offer.json
echo "$rounds kills" >&2

# --- steps that ask somebody outside: begun again with the same words, they go on ---
outside
asks() { # STEP INPUT SECONDS [OPTION…]: how much later it may be said again
	local step=$1 input=$2 seconds=$3 n=$((first - 1))
	printf '%s' "$input" >input
	rm -rf kept && cp -r "$registry" kept
	while killed $n "$step" --input - "${@:4}"; do
		wants 0 admin apply status --application "$application"
		says '.state == "open" or .state == "waiting"'
		entered_later "$seconds" 0 "$step" "$input" "${@:4}"
		says '.state == "waiting"'
		rm -rf "$registry" && cp -r kept "$registry"
		n=$((n + 1))
	done
	[ $n -gt $((first + 3)) ] || complain "$step was killed only $((n - first)) times"
}
mode '{"at":"/token","status":400,"raw":"{\"error\":\"authorization_pending\"}"}'
start
asks login '{"name":"홍시험","birth_date":"1990-01-01","phone":"010-0000-0001","consents":["third-party@1"]}' 0 --kind simple --provider ciba
mode "$accepted"
steps_to phone
asks phone '{"phone":"010-0000-0001","carrier":"SKT"}' 31
code=$(code)
printf '{"code":"%s"}' "$code" >input
rm -rf kept && cp -r "$registry" kept
for n in $(seq $((first - 1)) 200); do
	killed "$n" phone --input - || break
	wants 0 admin apply status --application "$application"
	says '.next == "phone" or .next == "card"'
	entered 0 phone "{\"code\":\"$code\"}"
	says '.next == "card"'
	rm -rf "$registry" && cp -r kept "$registry"
done
exec 7>&-
wait
wants 0 admin apply withdraw --application "$application" --officer o1

# --- a wrong date is charged before it is told: a kill gives no try away ---
printf '%s' "${card_data/03-02/03-03}" >input
steps_to card
lost=0
for n in $(seq $((first - 1)) 200); do
	killed "$n" card --input - || { lost=$((lost + 1)); says '.error == "mismatch" or .error == "locked"'; }
	[ $lost -lt 7 ] || break
done
entered 10 card "$card_data"
says '.error == "locked"'
finish
