#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# The race for wrong PINs (tests/api/test-pin-race.c) with a sealed token: straight to the TPM, where one process at a time gets in, and
# through a broker, where it is installed. $SINBUN_ROUNDS: how many rounds of 50 wrong PINs from each thread through the broker.
. "${SINBUN_SRCDIR:?}/tests/lib/swtpm.sh"
# race TCTI ROUNDS EACH: the program counts its rounds in fives.
race() {
	SINBUN_TCTI=$1 SINBUN_ROUNDS=$(($2 * 5)) SINBUN_EACH=$3 "$SINBUN_BUILDDIR/tests/api/test-pin-race" >race.out 2>&1 ||
		complain "through ${1%%:*}: $(tail -5 race.out)"
	grep -q 'checks$' race.out && [ "$(wc -l <race.out)" = 1 ] || complain "noise: $(head -5 race.out)"
	[ "$(lockout_counter)" = 0x0 ] || complain "the TPM's own counter: $(lockout_counter)"
	nothing_loaded
}
start_tpm one
race "$TPM2TOOLS_TCTI" 1 2
if start_broker; then
	race "$TPM2TOOLS_TCTI" "${SINBUN_ROUNDS:-1}" "${SINBUN_EACH:-$([ -n "${SINBUN_ROUNDS:-}" ] && echo 50 || echo 4)}"
else
	echo "not through a broker: tpm2-abrmd or dbus-daemon is not installed"
fi
finish
