#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# A resident's ID in SoftHSM2 instead of sinbun's own module: all that only needs PKCS#11 works; what a token of another maker lacks is told. Where
# it is not installed it is fetched and unpacked beside the build.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/clients.sh"
unset SOFTHSM2_CONF
. "$SINBUN_SRCDIR/tests/lib/softhsm2.sh"
. "$SINBUN_SRCDIR/tests/lib/holder.sh"
client "sinbun on SoftHSM2 $("$util" --version)"
mkdir soft
printf 'directories.tokendir = %s\n' "$here/soft" >soft.conf
export SOFTHSM2_CONF=$here/soft.conf
tokens=$here/soft
holder_enrols
holder_works
for _ in 1 2 3 4 5 6; do with_pin $WRONG wants 6 holder show; done
works 'many wrong PINs: SoftHSM2 does not lock' holder show
holder_misses
recorded
