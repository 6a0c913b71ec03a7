#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Asking for PINs: an empty line cost a try, the prompt stood there before the echo was off, the unblocking code had to be typed as it was
# printed, a new PIN was asked for before the old one was found right, and advice was the wrong program's.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
make_card
wants 0 holder status
tries() { holder status >left; jq -r "\"\\(.pin_tries_left) \\(.puk_tries_left)\"" left; }
is_left() { [ "$(tries)" = "$1" ] || complain "tries left: $(tries), not $1"; }
puk=$(cat puk) enter=$'\n' end=$'\004'
run() { on_terminal "$1" "${@:2}"; }
S="sinbun --home $phone --lang en"

# --- nothing entered is no try ---
wants 2 sinbun --home "$phone" --json show --pin-fd 3 3</dev/null
says '.error == "nothing_entered" and .field == "--pin-fd"'
wants 2 sinbun --home "$phone" --json show --pin-fd 3 3<<<''
wants 2 sinbun --home "$phone" --json pin unblock --pin-fd 3 3<<<$PIN --puk-fd 4 4</dev/null
says '.error == "nothing_entered" and .field == "--puk-fd"'
# shellcheck disable=SC2086
{
	run 2 'PIN: ' "$end" -- $S show
	run 0 'PIN: ' "$enter" 'PIN: ' "$enter" 'PIN: ' "$PIN$enter" -- $S show
	run 2 'code (PUK): ' "$enter" 'code (PUK): ' "$end" -- $S pin unblock
}
is_left '5 10'

# --- the terminal is mute before the prompt (a sanitizer's runtime wants to be loaded first) ---
preload=LD_PRELOAD=$SINBUN_BUILDDIR/tests/lib/.libs/slow-mute.so
[ -z "${SINBUN_SANITIZED:-}" ] || preload=NOTHING=
# shellcheck disable=SC2086
run 0 'PIN: ' "$PIN$enter" -- env "$preload" $S show
grep -q '^echo: PIN' err && complain "the prompt was there while typing was still shown"
grep -q "$PIN" typed && complain "the PIN is on the screen"

# --- the old one first; a new one that a rule refuses is asked for again ---
# shellcheck disable=SC2086
{
	run 6 'PIN: ' "111222$enter" -- $S pin change
	grep -q 'New 6-digit' typed && complain "asked for a new PIN after a wrong one"
	is_left '4 10'
	run 0 'PIN: ' "$PIN$enter" 'New 6-digit PIN: ' "123456$enter" 'again: ' "123456$enter" 'New 6-digit PIN: ' "381604$enter" \
		'again: ' "381605$enter" 'differ' '' 'New 6-digit PIN: ' "381604$enter" 'again: ' "381604$enter" -- $S pin change
}
PIN=381604
wants 0 holder show
is_left '5 10'

# --- the unblocking code, as a person types it; a wrong one tells what is left ---
wrong=$(tr '3467ACDEFGHJKMNPQRTUVWXY' '467ACDEFGHJKMNPQRTUVWXY3' <<<"$puk")
# shellcheck disable=SC2086
run 6 'code (PUK): ' "$wrong$enter" -- $S pin unblock
grep -q '9 tries left' typed || complain "does not say how many tries are left: $(cat typed)"
grep -q 'New 6-digit' typed && complain "asked for a new PIN after a wrong unblocking code"
is_left '5 9'
for form in "${puk,,}" "${puk//-/}" "${puk//-/ }" "${puk//-/–}"; do
	wants 0 sinbun --home "$phone" --json pin unblock --puk-fd 4 --pin-fd 3 3<<<274916 4<<<"$form"
done
PIN=274916
is_left '5 10'

# --- locked: the advice is the program's own ---
for i in 1 2 3 4; do wants 6 sinbun --home "$phone" --json show --pin-fd 3 3<<<111222; done
wants 6 sinbun --home "$phone" --json show --pin-fd 3 3<<<111222
says '.tries_left == 0 and (.message | contains("sinbun pin unblock"))'
wants 7 holder show
says '.error == "pin_locked" and (.message | contains("sinbun pin unblock"))'
locked() { wants "$1" sinbun-admin --registry "$registry" --json bundle --out b --pin-fd 4 4<<<wrong-passphrase; }
for i in 1 2 3 4; do locked 6; done
locked 6
says '.tries_left == 0 and (.message | contains("sinbun-admin token unblock"))'
locked 7
says '.error == "pin_locked" and (.message | contains("sinbun-admin token unblock"))'

# --- the rule of the issuer's PIN is another than the holder's ---
cheap "$here/short" 'profile = general'
wants 4 sinbun-admin --registry "$here/short" --json init --issuer 시험구청 --url https://id.example --pin-fd 4 4<<<four
says '.error == "pin_refused" and .rule == "length" and (.message | contains("6 to 64 characters"))'
wants 4 sinbun --home "$phone" --json pin unblock --puk-fd 4 --pin-fd 3 3<<<2749161 4<<<"$puk"
says '.rule == "length" and (.message | contains("exactly 6 digits"))'

# --- only a verb that asks for the unblocking code takes it ---
for verb in show 'present --qr' status 'pin change'; do
	# shellcheck disable=SC2086
	wants 2 sinbun --home "$phone" --json $verb --puk-fd 4 4<<<"$puk"
	says '.field == "--puk-fd"'
done
wants 2 sinbun-admin --registry "$registry" --json bundle --out b --puk-fd 4 4<<<"$puk"
finish
