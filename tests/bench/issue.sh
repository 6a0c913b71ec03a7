#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# All credentials of a card against the bare signatures: make bench-issue ROUNDS=200
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
cp -r "$SINBUN_SRCDIR/conf/documents.d" "$registry" # the program that measures is not in the place from which the others find them
"$SINBUN_BUILDDIR/tests/bench/bench-issue" --registry "$registry" --lang en --module "$SINBUN_MODULE" card --rrn 900101-1000000 --rounds "${ROUNDS:-200}" \
	--pin-fd 4 4<<<issuer-passphrase || complain issue
finish
