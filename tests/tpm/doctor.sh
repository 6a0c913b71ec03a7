#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# The doctor where a TPM seals: one that answers, one that does not, and a sinbun.conf that has forgotten it.
. "${SINBUN_SRCDIR:?}/tests/lib/swtpm.sh"
start_tpm tpm
mkdir registry
conf() { printf '%s\n' 'profile = general' "seal = $1" 'kdf-memory = 19' 'kdf-passes = 2' "${@:2}" >registry/sinbun.conf; }
conf tpm "tcti = $TPM2TOOLS_TCTI"
sinbun-admin --registry registry --json init --issuer 시험구청 --url https://id.example --pin-fd 4 4<<<issuer-passphrase >out 2>err || complain "init: $(cat out err)"
# seal STATUS ERROR: what the doctor says of it.
seal() {
	sinbun-admin --registry registry --json doctor >out 2>err
	jq -e "[.checks[] | select(.check == \"seal\") | [.status, .error]] == [[\"$1\", $2]]" out >/dev/null || complain "not $1, $2: $(jq -c '.checks[] | select(.check == "seal")' out)"
}
seal ok null
stop_tpm tpm
seal fault '"tpm_absent"'
[ "$(jq -r .error out)" = tpm_absent ] || complain "the first fault is another: $(cat out)"
# The token needs its TPM, whatever the file says of new ones.
conf software "tcti = device:$here/no-such-device"
seal fault '"tpm_absent"'
finish
