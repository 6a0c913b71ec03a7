#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# kill -9 and a power cut between each two commands to the TPM, before and after it did them: the old state or the new one, no try given
# away, and nothing left in the TPM that no token has. SINBUN_ROUNDS set: every point; else a few. $SINBUN_SWEEP_OPERATIONS: only these.
. "${SINBUN_SRCDIR:?}/tests/lib/swtpm.sh"
step=13
[ -z "${SINBUN_ROUNDS:-}" ] || step=1
points=0 before=0

# with_tap CUT VERB…: one process behind a tap; killed when the tap is cut. $commands: how many the TPM got, where nothing was cut.
with_tap() {
	local tap=$((port + 2 + RANDOM % 500 * 2)) tapper runner
	: >tap.out
	"$SINBUN_BUILDDIR/tests/lib/tcp-proxy" $tap "$port" capture "$1" >tap.out &
	tapper=$!
	until grep -q ready tap.out; do
		kill -0 $tapper 2>/dev/null || { with_tap "$@"; return; } # the port was taken
		sleep 0.02
	done
	conf $tap
	"$SINBUN_BUILDDIR/tests/tpm/token" "${@:2}" >answer 2>>noise &
	runner=$!
	disown $runner # its end is no news
	while kill -0 $runner 2>/dev/null; do
		! grep -q cut tap.out || kill -9 $runner 2>/dev/null
		sleep 0.02
	done
	kill $tapper
	wait $tapper
	commands=$(tail -1 tap.out)
	conf "$port"
}

# back: to the state that the last sweep began with.
back() {
	[ -d kept ] || return
	stop_tpm one
	rm -rf tokens one
	cp -a kept/tokens kept/one .
	start_tpm one
	conf "$port"
}

# sweep CHECK VERB…: from the state as it is, once for each point; CHECK looks at what came of it.
sweep() {
	local check=$1 all
	shift
	[[ " ${SINBUN_SWEEP_OPERATIONS:-$1} " = *" $1 "* ]] || return
	stop_tpm one
	rm -rf kept
	mkdir kept
	cp -a tokens one kept/
	start_tpm one
	with_tap 1000000 "$@"
	grep -q OK answer || complain "$*: $(cat answer)"
	all=$commands
	for ((cut = points % step; cut < all; cut += step)); do
		for at in $cut -$((cut + 1)); do
			back
			with_tap "$at" "$@"
			power_cut one
			points=$((points + 1))
			before=$failures
			$check
			[ "$failures" = "$before" ] || echo "… $*, cut at $at of $all" >&2
		done
	done
	printf '%s: %s commands\n' "$1" "$all"
}

either_pin() {
	local new
	new=$(token keys test $NEW)
	case $new in
	'1 OK') is PIN_INCORRECT login test $PIN ;;
	PIN_INCORRECT) is '1 OK' keys test $PIN && is PIN_INCORRECT login test $NEW ;;
	*) complain "with the new PIN: $new" ;;
	esac
	is '4 10 OK' tries test
}
unblocked_or_not() {
	local old new
	old=$(token login test $PIN)
	new=$(token keys test $NEW)
	case $old:$new in
	PIN_LOCKED:PIN_LOCKED | PIN_INCORRECT:'1 OK') ;;
	*) complain "the old PIN: $old, the new one: $new" ;;
	esac
	is OK set-pin test $PUK $NEW
	is '1 OK' keys test $NEW
	is '5 10 OK' tries test
}
one_key_or_two() {
	local keys
	keys=$(token keys test $PIN)
	case $keys in '1 OK' | '2 OK') ;; *) complain "keys: $keys" ;; esac
	is OK key test $PIN
}
nothing_lost() {
	is OK init again
	is '1 OK' keys test $PIN
	local tokens=(tokens/[0-9a-f]*)
	[ "$(indices)" = $((3 * ${#tokens[@]})) ] || complain "$(indices) indices for ${#tokens[@]} tokens"
}
old_or_anew() {
	local keys
	keys=$(token keys test $PIN)
	case $keys in '1 OK' | PIN_UNSET) ;; *) complain "after it: $keys" ;; esac
	is OK reinit test $PUK
	is PIN_UNSET login test $PIN
	[ "$(indices)" = 3 ] || complain "$(indices) indices for one token"
}
there_or_gone() {
	[ -z "$(ls -d tokens/[0-9a-f]* 2>/dev/null)" ] || is '1 OK' keys test $PIN
	is OK init again
	is OK remove again $PUK
	local tokens=(tokens/[0-9a-f]*)
	[ -d "${tokens[0]}" ] || tokens=()
	[ "$(indices)" = $((3 * ${#tokens[@]})) ] || complain "$(indices) indices for ${#tokens[@]} tokens"
}

sealed_old_or_anew() {
	local new
	new=$(token keys test $NEW)
	case $new in
	'1 OK') is PIN_INCORRECT login test $PIN ;;
	PIN_INCORRECT) is '1 OK' keys test $PIN && is PIN_INCORRECT login test $NEW ;;
	*) complain "with the new PIN: $new" ;;
	esac
	is '4 10 OK' tries test
	is OK init other
	[ "$(indices)" = 6 ] || complain "$(indices) indices for two tokens"
}

start_tpm one
conf "$port"
tpm2_dictionarylockout --setup-parameters --max-tries=1000 --recovery-time=1 --lockout-recovery-time=1
fresh
sweep either_pin change test $PIN $NEW
back
sweep one_key_or_two key test $PIN
back
sweep nothing_lost init other
back
sweep old_or_anew reinit test $PUK
back
sweep there_or_gone remove test $PUK
back
sweep sealed_old_or_anew reseal test $PUK $NEW
back
for _ in 1 2 3 4 5; do is PIN_INCORRECT login test $WRONG; done
sweep unblocked_or_not set-pin test $PUK $NEW
echo "$points points"
finish
