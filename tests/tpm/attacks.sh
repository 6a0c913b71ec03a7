#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Who has the files, the TPM's owner auth or the bus, and not the PIN.
. "${SINBUN_SRCDIR:?}/tests/lib/swtpm.sh"
insider=$SINBUN_BUILDDIR/tests/tpm/insider
start_tpm one
conf "$port"
fresh
database=$(store)/token.db
OTHER_PUK=87651234

# --- the store on another TPM ---
is '5 10 OK' tries test
one=$port
start_tpm two
conf "$port"
is TOKEN_NOT_RECOGNIZED login test $PIN
is TOKEN_NOT_RECOGNIZED officer test $PUK
is 'sinbun slot: sealed by another TPM, or the TPM was cleared; TOKEN_NOT_RECOGNIZED' why test $PIN
[ "$(indices)" = 0 ] || complain "something was made on the other TPM"
is OK init other # so that there is a storage root key too
is OK set-pin other $PUK $PIN
is TOKEN_NOT_RECOGNIZED login test $PIN
is OK remove other $PUK
is TOKEN_NOT_RECOGNIZED login test $PIN
conf "$one"
export TPM2TOOLS_TCTI=swtpm:host=127.0.0.1,port=$one
is '1 OK' keys test $PIN

# --- an old store: tries do not come back ---
cp -a tokens old
is PIN_INCORRECT login test $WRONG
is PIN_INCORRECT login test $WRONG
rm -r tokens && cp -a old tokens
is '3 10 OK' tries test
is PIN_INCORRECT login test $WRONG
is '2 10 OK' tries test
is OK login test $PIN

# --- an old store: keys that were destroyed do not come back, nor does one from before a key was made ---
is OK key test $PIN
is '2 OK' keys test $PIN
cp -a tokens new
rm -r tokens && cp -a old tokens
is TOKEN_NOT_RECOGNIZED login test $PIN
is 'sinbun slot: an old copy was put back; TOKEN_NOT_RECOGNIZED' why test $PIN
is TOKEN_NOT_RECOGNIZED officer test $PUK
is TOKEN_NOT_RECOGNIZED change test $PIN $NEW
rm -r tokens && mv new tokens
is '2 OK' keys test $PIN
cp -a tokens two-keys
is OK destroy-key test $PIN
is '1 OK' keys test $PIN
cp -a tokens newest
rm -r tokens && mv two-keys tokens
is TOKEN_NOT_RECOGNIZED login test $PIN
# … nor where what tells their age is broken.
sqlite() { "$SINBUN_BUILDDIR/tests/tpm/insider" sql none "$1" "$2"; }
sqlite "$database" "update meta set value = zeroblob(length(value)) where name = 'digest'"
is DEVICE_ERROR login test $PIN
rm -r tokens && mv newest tokens
is '1 OK' keys test $PIN

# --- an old store from before a PIN change: neither PIN opens it, and the newest is as good as before ---
rm -rf old && cp -a tokens old
is OK change test $PIN $NEW
cp -a tokens new
rm -r tokens && mv old tokens
is PIN_INCORRECT login test $PIN
is PIN_INCORRECT login test $NEW
rm -r tokens && mv new tokens
is '1 OK' keys test $NEW
is OK change test $NEW $PIN

# --- an old store can still be initialised anew with the PUK, and frees what it had ---
is OK init spare
is OK set-pin spare $PUK $PIN
is OK remove spare $PUK

# --- the bus: everything that passes, over a login, a PIN change and an unblocking ---
# know VERB PIN|PUK: what the wrap that stands now opens with and to. Asked through the tap, so that it would be seen there too.
know() {
	mapfile -t -O ${#secrets[@]} secrets < <("$insider" "$1" "$TPM2TOOLS_TCTI" "$database" "$2")
}
secrets=()
read -r pin_index _ < <("$insider" numbers none "$database")
# A port may be taken: then another.
until grep -qs ready tap.out; do
	if [ -z "${tapper:-}" ] || ! kill -0 "$tapper" 2>/dev/null; then
		tap=$((port + 2 + RANDOM % 1000 * 2))
		"$SINBUN_BUILDDIR/tests/lib/tcp-proxy" $tap "$one" capture >tap.out &
		tapper=$!
		pids+=($tapper)
	fi
	sleep 0.05
done
conf $tap
export TPM2TOOLS_TCTI=swtpm:host=127.0.0.1,port=$tap
is OK login test $PIN
know secrets $PIN
is PIN_INCORRECT login test $WRONG
is OK change test $PIN $NEW
know secrets $NEW
for _ in 1 2 3 4 5; do is PIN_INCORRECT login test $WRONG; done
is PIN_LOCKED login test $NEW
is OK set-pin test $PUK $PIN
know secrets $PIN
know puk-secrets $PUK
is OK change-puk test $PUK $OTHER_PUK
know puk-secrets $OTHER_PUK
is OK change-puk test $OTHER_PUK $PUK
kill $tapper
wait $tapper
conf "$one"
export TPM2TOOLS_TCTI=swtpm:host=127.0.0.1,port=$one
[ ${#secrets[@]} = 20 ] || complain "the insider knows ${#secrets[@]} secrets"
hex=$(od -An -v -tx1 capture | tr -d ' \n')
[ "$(tail -1 tap.out)" -gt 20 ] || complain "the tap saw $(tail -1 tap.out) commands"
# It would see them: the index's number is there.
case $hex in *$(printf '%08x' "$pin_index")*) ;; *) complain "the tap does not show what passes" ;; esac
for typed in $PIN $NEW $WRONG $PUK $OTHER_PUK; do secrets+=("$(printf %s $typed | od -An -tx1 | tr -d ' \n')"); done
for secret in "${secrets[@]}"; do
	case $hex in *"$secret"*) complain "on the bus: $secret" ;; esac
done

# What carries secrets is salted, with the storage root key: who only listens could compute the key of another session.
session='8001[0-9a-f]{8}00000176'
[[ $hex =~ ${session}8100000140000007 ]] || complain "no salted session"
[[ ! $hex =~ ${session}40000007400000070020[0-9a-f]{64}000000 ]] || complain "a session that is not salted"

# --- the limit is written once; the counts are not anybody's to write ---
is PIN_INCORRECT login test $WRONG
[ "$("$insider" rewrite "$TPM2TOOLS_TCTI" "$database")" = 0x99d ] || complain "the limit can be written again"
[ "$("$insider" counts "$TPM2TOOLS_TCTI" "$database")" = '1 0' ] || complain "the counts: $("$insider" counts "$TPM2TOOLS_TCTI" "$database")"
is OK login test $PIN

# --- another storage root key, of which somebody may know the private part: not one word of the PIN is said under it ---
tpm2_createprimary -Q -C o -G ecc -c own.ctx
tpm2_evictcontrol -Q -C o -c 0x81000001
tpm2_evictcontrol -Q -C o -c own.ctx 0x81000001
tpm2_flushcontext -t
is TOKEN_NOT_RECOGNIZED login test $WRONG
is TOKEN_NOT_RECOGNIZED login test $PIN
is TOKEN_NOT_RECOGNIZED officer test 87654321
tpm2_evictcontrol -Q -C o -c 0x81000001
is OK init spare # makes it anew
is OK remove spare 12345678
[ "$("$insider" counts "$TPM2TOOLS_TCTI" "$database")" = '0 0' ] || complain "somebody was asked"
is '1 OK' keys test $PIN

# --- the owner makes the PIN's index anew, with an auth that he knows: the seal has its own ---
[ "$("$insider" redefine "$TPM2TOOLS_TCTI" "$database")" = 'PIN incorrect' ] || complain "a redefined index opens the seal"
is PIN_INCORRECT login test $PIN
before=$(lockout_counter)
[ $((before)) -gt 0 ] || complain "the TPM did not count the attack"
for _ in 1 2 3 4 5 6 7 8; do "$insider" redefine "$TPM2TOOLS_TCTI" "$database" >said; done
[ "$(cat said)" = 'the TPM is in lockout' ] || complain "no end to it: $(cat said)"
nothing_loaded
finish
