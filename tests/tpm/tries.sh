#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# A sealed token's PIN and PUK: the TPM counts, each token for itself, and its global counter stays where it is.
. "${SINBUN_SRCDIR:?}/tests/lib/swtpm.sh"
start_tpm one
conf "$port"
fresh first
fresh second
nothing_loaded
is '5 10 OK' tries first
is '1 OK' keys first $PIN

# --- a wrong PIN counts; a right one gives all tries back ---
is PIN_INCORRECT login first $WRONG
is PIN_INCORRECT login first ''
is '3 10 OK' tries first
is OK login first $PIN
is '5 10 OK' tries first

# --- PIN change, by the old PIN ---
is PIN_INCORRECT change first $WRONG $NEW
is '4 10 OK' tries first
is OK change first $PIN $NEW
is PIN_INCORRECT login first $PIN
is '1 OK' keys first $NEW
is OK change first $NEW $PIN

# --- five, and it is locked, for the right PIN too; the other token does not notice ---
for left in 4 3 2 1 0; do
	is PIN_INCORRECT login first $WRONG
	is "$left 10 OK" tries first
done
is PIN_LOCKED login first $PIN
is PIN_LOCKED login first $WRONG
is PIN_LOCKED change first $PIN $NEW
is '0 10 OK' tries first
is '1 OK' keys second $PIN
[ "$(lockout_counter)" = 0x0 ] || complain "the TPM's own counter: $(lockout_counter)"
nothing_loaded

# --- the store's word on tries is hearsay ---
power_cut one
before=$(lockout_counter) # a cut after the use of what it protects counts there as one: the TPM cannot know
is PIN_LOCKED login first $PIN
is '0 10 OK' tries first

# --- the PUK gives a new PIN, and all tries ---
is PIN_INCORRECT set-pin first 87654321 $NEW
is '0 9 OK' tries first
is OK set-pin first $PUK $NEW
is '5 10 OK' tries first
is '1 OK' keys first $NEW
is PIN_INCORRECT login first $PIN

# --- another PUK, and a PIN in the same login ---
is OK change-puk first $PUK abcdefgh $PIN
is '1 OK' keys first $PIN
is PIN_INCORRECT officer first $PUK
is OK officer first abcdefgh

# --- ten wrong PUKs, and it is locked for good ---
for left in 9 8 7 6 5 4 3 2 1 0; do
	is PIN_INCORRECT officer first $PUK
	is "5 $left OK" tries first
done
is PIN_LOCKED officer first abcdefgh
is PIN_LOCKED reinit first abcdefgh
is '1 OK' keys first $PIN
[ "$(lockout_counter)" = "$before" ] || complain "the TPM's own counter: $(lockout_counter)"
nothing_loaded
echo "a login: $(token time second $PIN)"
finish
