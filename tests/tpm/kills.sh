#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# kill -9 at any moment of a login, a PIN change and an unblocking: the old PIN or the new one holds, the TPM's counts never go down where
# no right PIN was given, and nothing is left in the TPM that blocks others: a broker takes it away, where one is installed; without one a
# killed process leaves its sessions there, and so does this test's. $SINBUN_ROUNDS: how many kills; 12 by default.
. "${SINBUN_SRCDIR:?}/tests/lib/swtpm.sh"
kills=${SINBUN_ROUNDS:-12} killed=0 ended=0
declare -A took

start_tpm one
start_broker && brokered=yes || brokered=
conf "$TPM2TOOLS_TCTI"
# A process that is killed with the seal in use counts as a power cut may; that is not what is looked at here.
tpm2_dictionarylockout --setup-parameters --max-tries=1000 --recovery-time=1 --lockout-recovery-time=1
fresh
database=$(store)/token.db
counts() { read -r pin_used puk_used < <("$SINBUN_BUILDDIR/tests/tpm/insider" counts "$TPM2TOOLS_TCTI" "$database"); }
loaded() { tpm2_getcap properties-variable | grep -E 'HR_(LOADED|ACTIVE): ' | grep -cv ' 0x0$'; }

# interrupted VERB…: killed at a moment anywhere in the time that it takes; false where it came to its end before.
interrupted() {
	local verb=$1 from after
	if [ -z "${took[$verb]:-}" ]; then
		from=${EPOCHREALTIME/./}
		token "$@" >answer
		took[$verb]=$((${EPOCHREALTIME/./} - from))
		ended=$((ended + 1))
		return 1
	fi
	after=$(((RANDOM * 32768 + RANDOM) % took[$verb] + 1))
	(timeout -s KILL "$(printf '%d.%06d' $((after / 1000000)) $((after % 1000000)))" \
		"$SINBUN_BUILDDIR/tests/tpm/token" "$@" >answer 2>>noise; exit $?) 2>/dev/null
	if [ $? != 137 ]; then
		ended=$((ended + 1))
		return 1
	fi
	killed=$((killed + 1))
	if [ $brokered ]; then
		for _ in {1..300}; do [ "$(loaded)" = 0 ] && return; sleep 0.1; done
		complain "left in the TPM, by $*: $(tpm2_getcap properties-variable | grep HR_)"
	fi
	# Whichever of these there are; the TPM may be a moment late to show them.
	for kind in -t -l -s; do tpm2_flushcontext $kind 2>/dev/null; done
	return 0
}

wrong() { # a wrong PIN or PUK: at most one more, never one less
	local slot=$1 was
	shift
	counts
	[ "$slot" = pin ] && was=$pin_used || was=$puk_used
	interrupted "$@" || grep -q PIN_INCORRECT answer || complain "$*: $(cat answer)"
	counts
	[ "$slot" = pin ] && now=$pin_used || now=$puk_used
	[ "$now" = "$was" ] || [ "$now" = $((was + 1)) ] || complain "$slot: $now wrong ones counted after $*, $was before"
}
wrong_login() {
	wrong pin login test $WRONG
	[ "$now" -lt 4 ] || is OK login test $pin
}
wrong_change() {
	wrong pin change test $WRONG $other
	[ "$now" -lt 4 ] || is OK login test $pin
}
wrong_puk() {
	wrong puk set-pin test 87654321 $other
	[ "$now" -lt 9 ] || is OK officer test $PUK
	is '1 OK' keys test $pin
}
right_login() {
	local was
	counts
	was=$pin_used
	interrupted login test $pin || grep -q '^OK' answer || complain "the right PIN: $(cat answer)"
	counts
	[ "$pin_used" = "$was" ] || [ "$pin_used" = 0 ] || complain "$pin_used wrong PINs counted after a right one, $was before"
	is '1 OK' keys test $pin
	counts
	[ "$pin_used" = 0 ] || complain "$pin_used wrong PINs counted after a right one"
}
swap() { local was=$pin; pin=$other other=$was; }
change() {
	interrupted change test $pin $other || grep -q '^OK' answer || complain "a change: $(cat answer)"
	case $(token login test $other) in
	OK) swap ;;
	PIN_INCORRECT) ;;
	*) complain "neither: $(token login test $other)" ;;
	esac
	is '1 OK' keys test $pin
	is PIN_INCORRECT login test $other
	is OK login test $pin
}
unblocking() {
	local said
	for _ in 1 2 3 4 5; do is PIN_INCORRECT login test $WRONG; done
	is PIN_LOCKED login test $pin
	interrupted set-pin test $PUK $other || grep -q '^OK' answer || complain "an unblocking: $(cat answer)"
	said=$(token login test $other)
	case $said in
	OK) swap ;;
	PIN_LOCKED)
		counts
		[ "$pin_used" -ge 5 ] || complain "locked, with $pin_used counted"
		is OK set-pin test $PUK $other
		swap
		;;
	*) complain "after an unblocking that was cut short: $said" ;;
	esac
	is '1 OK' keys test $pin
	is PIN_INCORRECT login test $other
	is '4 10 OK' tries test
	is OK login test $pin
}

pin=$PIN other=$NEW cases=(wrong_login right_login change unblocking wrong_change wrong_puk)
for ((i = 0; killed < kills && i < 5 * kills + 12; i++)); do
	before=$failures
	${cases[i % ${#cases[@]}]}
	[ "$failures" = "$before" ] || echo "… in ${cases[i % ${#cases[@]}]}, kill $killed" >&2
done
[ "$killed" -ge "$kills" ] || complain "only $killed of them were killed"
[ "$(indices)" = 3 ] || complain "$(indices) indices for one token"
echo "killed $killed times${brokered:+, through a broker}; $ended ended first"
finish
