#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# A TPM that is absent, cleared, in lockout, full, or somebody else's: a code and a message each, in silence, and no try used up.
. "${SINBUN_SRCDIR:?}/tests/lib/swtpm.sh"

# --- libtss2 stays away from who has no sealed token ---
start_tpm one
conf "$port"
sed -i 's/seal = tpm/seal = software/' sinbun.conf
is OK init plain
is OK set-pin plain $PUK $PIN
is 'not loaded OK' loaded plain
sed -i '/^tcti/d; s/seal = software/seal = auto/' sinbun.conf
if [ ! -e /dev/tpmrm0 ] && [ ! -e /dev/tpm0 ]; then
	is OK init automatic
	is 'not loaded OK' loaded automatic
fi
conf "$port"
sed -i 's/seal = tpm/seal = auto/' sinbun.conf
fresh
is 'loaded OK' loaded test
[ "$(indices)" = 3 ] || complain "not sealed by itself"

# --- silence, whatever the environment says, which is left alone ---
is 'unset OK' environment test $PIN
export TSS2_LOG=all+TRACE
is 'all+TRACE OK' environment test $PIN
is PIN_INCORRECT login test $WRONG
unset TSS2_LOG
is OK login test $PIN

# --- a forked child has the TPM as its parent has ---
is 'in the child OK
OK' fork test $PIN

# --- lockout ---
tpm2_dictionarylockout --setup-parameters --max-tries=1 --recovery-time=1000 --lockout-recovery-time=1000
tpm2_nvdefine -Q -C o -s 8 -a 'authread|authwrite' -p right 0x1500016
tpm2_nvread -C 0x1500016 -P wrong -s 8 0x1500016 >out 2>&1
tpm2_nvundefine -Q -C o 0x1500016
is DEVICE_ERROR login test $PIN
is 'sinbun slot: the TPM is in lockout; DEVICE_ERROR' why test $PIN
is PIN_INCORRECT login test $WRONG # counted by the token alone
is '4 10 OK' tries test
tpm2_dictionarylockout --clear-lockout
tpm2_dictionarylockout --setup-parameters --max-tries=10 --recovery-time=1000 --lockout-recovery-time=1000
is '1 OK' keys test $PIN
is '5 10 OK' tries test

# --- no room: somebody leaves his sessions there ---
for i in 1 2 3; do tpm2_startauthsession -S session$i.ctx --policy-session 2>/dev/null; done
sessions=$(tpm2_getcap handles-loaded-session | wc -l)
if [ "$sessions" -ge 2 ]; then
	is DEVICE_MEMORY login test $PIN
	is 'sinbun slot: the TPM has no room left; DEVICE_MEMORY' why test $PIN
fi
tpm2_flushcontext -l
tpm2_flushcontext -s
is OK login test $PIN

# --- an owner with a password: what is there opens, nothing new can be made ---
tpm2_changeauth -c o ownerpass
is '1 OK' keys test $PIN
is OK change test $PIN $NEW
is OK change test $NEW $PIN
is DEVICE_ERROR init another
is "sinbun free slot: the TPM's owner has a password; DEVICE_ERROR" why another $PIN
[ "$(indices)" = 3 ] || complain "half of it was made"
# Nor taken away: that waits.
is OK remove test $PUK
[ "$(wc -l <tokens/trash)" = 1 ] || complain "what could not be taken away is not noted"
tpm2_changeauth -c o -p ownerpass
is OK init another
[ "$(indices)" = 3 ] && [ ! -e tokens/trash ] || complain "what was noted is not taken away: $(indices), $(cat tokens/trash)"
is OK set-pin another $PUK $PIN

# --- absent, and back ---
stop_tpm one
is DEVICE_ERROR login another $PIN
is 'sinbun slot: no TPM answers; DEVICE_ERROR' why another $PIN
is 'sinbun free slot: no TPM answers; DEVICE_ERROR' why nobody $PIN
is '5 10 OK' tries another
is OK login plain $PIN
start_tpm one
conf "$port"
is OK login another $PIN

# --- not permitted ---
conf "$port"
sed -i "s|^tcti.*|tcti = device:$here/node|" sinbun.conf
: >node
chmod 0 node
if [ "$(id -u)" != 0 ]; then
	is 'sinbun free slot: no permission to use the TPM; DEVICE_ERROR' why nobody $PIN
fi
rm node
is 'sinbun free slot: no TPM answers; DEVICE_ERROR' why nobody $PIN
conf "$port"

# --- cleared: everything of the owner's is gone ---
tpm2_clear -c p
is TOKEN_NOT_RECOGNIZED login another $PIN
is 'sinbun slot: sealed by another TPM, or the TPM was cleared; TOKEN_NOT_RECOGNIZED' why another $PIN
is OK init after
is OK set-pin after $PUK $PIN
is TOKEN_NOT_RECOGNIZED login another $PIN
is OK login after $PIN
finish
