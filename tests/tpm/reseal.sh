#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# A token sealed anew: from software to the TPM, within the TPM, and back. What it had stays, and the TPM has three places for it or none.
. "${SINBUN_SRCDIR:?}/tests/lib/swtpm.sh"
software() {
	printf '%s\n' 'seal = software' "tcti = swtpm:host=127.0.0.1,port=$port" 'kdf-memory = 19' 'kdf-passes = 2' >sinbun.conf
}
# has SEAL INDICES PIN: the token opens with it, and has its key.
has() {
	is "$1 OK" seal test
	is '1 OK' keys test "$3"
	is '5 10 OK' tries test
	[ "$(indices)" = "$2" ] || complain "$(indices) indices, not $2"
	nothing_loaded
}
start_tpm one
software
export SINBUN_CONF=$here/sinbun.conf
fresh
has software 0 $PIN
is PIN_INCORRECT reseal test 87654321 $NEW
is PIN_INCORRECT login test $WRONG

# --- to the TPM: an old copy of the store keeps what it had, and its software seal ---
cp -a tokens before
conf "$port"
is OK reseal test $PUK $PIN
has tpm 3 $PIN
for _ in 1 2 3 4 5; do is PIN_INCORRECT login test $WRONG; done
is PIN_LOCKED login test $PIN
is OK set-pin test $PUK $NEW
has tpm 3 $NEW

# --- within the TPM: what an old copy had is no more ---
mkdir copy && cp -a tokens/. copy/
is OK reseal test $PUK $PIN
has tpm 3 $PIN
mv tokens now && mv copy tokens
got=$(token login test $NEW)
[ "$got" != OK ] || complain 'a copy from before opens'
rm -rf tokens && mv now tokens
has tpm 3 $PIN
is OK key test $PIN
is OK destroy-key test $PIN

# --- with the TPM away nothing happens ---
stop_tpm one
is DEVICE_ERROR reseal test $PUK $NEW
start_tpm one
conf "$port"
has tpm 3 $PIN

# --- and to software: for another machine ---
software
is OK reseal test $PUK $NEW
has software 0 $NEW
stop_tpm one
is '1 OK' keys test $NEW
# A software token goes nowhere while the TPM that it shall have does not answer.
conf "$port"
is DEVICE_ERROR reseal test $PUK $PIN
software
is '1 OK' keys test $NEW

# --- a token that someone works on is not swept: the set may be the one that it is about to have ---
start_tpm one
conf "$port"
is OK init sealed
mkdir locked
serial=$(for t in tokens/[0-9a-f]*; do [ "$t" = "$(echo tokens/[0-9a-f]* | cut -d' ' -f1)" ] || basename "$t"; done | head -1)
printf '%s %032x %08x %08x %08x\n' "$serial" 1 25165825 25165826 25165827 >tokens/trash
chmod 600 tokens/trash
flock "tokens/$serial/lock" "$SINBUN_BUILDDIR/tests/tpm/token" init other >answer 2>>noise
grep -q OK answer || complain "beside a token that is worked on: $(cat answer)"
grep -q "^$serial 0*1 " tokens/trash || complain 'a set was swept while its token was worked on'
is OK init third
! grep -q "^$serial 0*1 " tokens/trash 2>/dev/null || complain 'a set that no token has stays for ever'
finish
