#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# A resident's ID in tpm2-pkcs11 instead of sinbun's own module.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/clients.sh"
. "$SINBUN_SRCDIR/tests/lib/holder.sh"
. "$SINBUN_SRCDIR/tests/lib/tpm2-pkcs11.sh"
client "sinbun on $version"
holder_enrols
holder_works
holder_misses
recorded
