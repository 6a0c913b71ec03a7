#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# What a live QR code costs the resident's device, for each set: make bench-live-qr ROUNDS=100
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
make_card
cp -r "$SINBUN_SRCDIR/conf/documents.d" "$phone" # the program that measures is not in the place from which the others find them
for set in adult basic full; do
	"$SINBUN_BUILDDIR/tests/bench/bench-live-qr" --home "$phone" --lang en --module "$SINBUN_MODULE" qr --fields "$set" --rounds "${ROUNDS:-100}" --pin-fd 3 3<<<"$PIN" || complain "$set"
done
finish
