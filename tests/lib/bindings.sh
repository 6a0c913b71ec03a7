# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
#
# For tests of the module in a language's binding (bash, after clients.sh): what a program of that language does, in normal use and in trouble. Before
# it stand with MODULE TOKEN ID sign|list [pin|wrong], which runs the program, and the words by which it tells a certificate and a private key.
sign() { with "${2:-$SINBUN_MODULE}" "$token" "$id" sign "${1:-pin}" </dev/null; }
list() { with "$SINBUN_MODULE" "$token" "$id" list "$@" </dev/null; }
uses() {
	works "$1: what everybody may see" list
	grep -q "object: $certificate $key" out && ! grep -q "object: $private " out || complain "not what is there: $(cat out)"
	works "$1: what is there" list pin
	grep -q "object: $private $key" out || complain "no private key: $(cat out)"
	works "$1: signatures, verified" sign
	grep -q 'signed and verified' out || complain "not signed: $(cat out)"
}
uses service

# --- bad input ---
refuses 'wrong PIN' 'CKR_PIN_INCORRECT' sign wrong
lock_pin
refuses 'locked PIN' 'CKR_PIN_LOCKED' sign
unlock_pin
hide_token
refuses 'missing token' 'no token service' sign
show_token
works 'module loaded twice' sign pin "$SINBUN_MODULE,$SINBUN_MODULE"
cp "$SINBUN_MODULE" second.so
works 'module loaded twice, by another name' sign pin "$SINBUN_MODULE,$here/second.so"
[ "$(grep -c 'signed and verified' out)" = 2 ] || complain "not both: $(cat out)"
# It signs, the token goes, it is to sign again.
mkfifo lines
(exec >lines; for _ in $(seq 400); do grep -qs 'signed and verified' out && break; sleep 0.05; done; remove_token; sleep 0.3; echo) &
pids="$pids $!"
signs_on() { with "$SINBUN_MODULE" "$token" "$id" sign pin <lines; }
: >out
refuses 'token removed in use' 'CKR_' signs_on
show_token
works 'and back again' sign

# --- the resident's card ---
make_resident
uses resident
recorded
