#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# A live code on the terminal: it was drawn into windows too small for it, without a word; it stayed on the screen when the showing was over;
# Ctrl-Z and Ctrl-\ left the cursor hidden; a terminal that knows no escapes got them.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
make_card
export TERM=xterm
escape=$'\033'
present() { sinbun --home "$phone" --lang en present --qr "$@" --pin-fd 3 3<<<$PIN; }
show_card() { sinbun --home "$phone" --lang en show --pin-fd 3 3<<<$PIN; }
export -f present show_card
export phone PIN
# after TEXT: what came on the screen after the last time of this.
after() { awk -v RS='\001' -v t="$1" '{ n = 0; while ((i = index(substr($0, n + 1), t)) > 0) n += i + length(t) - 1; printf "%s", substr($0, n + 1) }' typed; }
drawn() { grep -q '▄' typed; }

# --- a window too small: said, with the size that it takes; enlarged, the code is there ---
on_terminal 0 --size 24x80 'Enlarge the window' 'resize:60x120' '▄' '' 'Ends in' $'\003' -- bash -c 'present'
grep -qE 'needs a window of [0-9]+ columns and [0-9]+ rows, and this one has 80 and 24' typed || complain "the sizes are not told"
on_terminal 0 --size 24x80 -- bash -c 'present --once'
drawn && complain "--once drew a code that does not fit"
grep -q 'Enlarge the window' typed || complain "--once says nothing"
on_terminal 0 --size 24x80 -- bash -c 'show_card'
drawn && complain "show drew a code that does not fit"
grep -q 'Enlarge the window' typed && grep -q 홍시험 typed || complain "show: $(cat typed)"
on_terminal 0 --size 60x120 -- bash -c 'show_card'
drawn || complain "show draws no code in a large window"

# --- over: the screen is cleared and the cursor is back, however it ends ---
over() {
	drawn || complain "$1: no code was shown"
	grep -qF "$escape[?1049h" typed || complain "$1: not on a screen of its own"
	after "$escape[H$escape[2J$escape[?25h$escape[?1049l" | tr -d '\r' >rest
	[ "$(cat rest)" = "The showing has ended." ] || complain "$1: left on the screen: $(od -c rest | head -5)"
}
on_terminal 0 'Ends in' $'\003' -- bash -c 'trap : INT; present'
over Ctrl-C
on_terminal 0 'Ends in' $'\034' -- bash -c 'trap : QUIT; present'
over 'Ctrl-\'
on_terminal 0 -- bash -c 'present --for 2'
over 'the end'
on_terminal 0 -- bash -c 'sinbun --home "$phone" --lang en present --qr --pin-fd 3 3<<<$PIN & sleep 3; kill $!; wait $!'
over 'kill'

# --- Ctrl-Z: the terminal is as it was until it goes on ---
on_terminal 0 'Ends in' $'\032' '[stopped]' '' '▄' '' 'Ends in' $'\003' -- sinbun --home "$phone" --lang en present --qr --pin-fd 3 3<<<$PIN
before=$(awk -v RS='\001' '{ print substr($0, 1, index($0, "[stopped]") - 1) }' typed | tr -d '\r')
[ "${before: -8}" = "$escape[?1049l" ] || complain "stopped, and the terminal was left as it was"
over Ctrl-Z

# --- a terminal without escapes gets one code, plain ---
TERM=dumb on_terminal 0 -- bash -c 'present'
drawn || complain "dumb: no code"
grep -q "$escape" typed && complain "dumb: escapes"
TERM=dumb on_terminal 0 -- bash -c 'show_card'
grep -q "$escape" typed && complain "dumb, show: escapes"
finish
