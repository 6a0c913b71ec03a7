#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# The programs' whole job, from registry to verdict, with both tokens sealed by a TPM: the acceptance script as it is, but for the line
# that says how to seal.
. "${SINBUN_SRCDIR:?}/tests/lib/swtpm.sh"
script=${SINBUN_ACCEPTANCE:-$SINBUN_SRCDIR/../shared/acceptance.sh}
[ -r "$script" ] && command -v pkcs11-tool >/dev/null || { echo "no acceptance script, or no pkcs11-tool"; exit 77; }
[ -z "${SINBUN_SANITIZED:-}" ] || exit 77 # pkcs11-tool is not ours
start_tpm one
sed "s/seal = software/seal = tpm\\\\ntcti = swtpm:host=127.0.0.1,port=$port/" "$script" >contract.sh
grep -q 'seal = tpm' contract.sh || complain "the script says nothing of the seal"
TMPDIR=$here MODULE=$SINBUN_MODULE bash contract.sh >out 2>&1 || complain "$(tail -5 out)"
grep -q '^contract holds' out || complain "no word of the contract"
# Both tokens have their places in the TPM, and nothing was left loaded.
[ "$(indices)" = 6 ] || complain "$(indices) indices"
nothing_loaded
finish
