#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# An old copy of a store, put back into its file between the officer's login and his C_InitPIN, was sealed anew with a counter that fits:
# a key that had been destroyed was back, and nobody could tell any more.
. "${SINBUN_SRCDIR:?}/tests/lib/swtpm.sh"
start_tpm one
conf "$port"
fresh
cp "$(store)/token.db" old.db
is OK destroy-key test $PIN
is '0 OK' keys test $PIN
cp "$(store)/token.db" now.db
put_back() { # FILE
	echo "'$SINBUN_BUILDDIR/tests/tpm/insider' sql - '$(store)/token.db' \"attach '$here/$1' as old;
		begin; delete from idx; delete from record; delete from meta; insert into meta select * from old.meta;
		insert into record select * from old.record; insert into idx select * from old.idx; commit\" >&2"
}
is TOKEN_NOT_RECOGNIZED reseal test $PUK $NEW "$(put_back old.db)"
[ "$(indices)" = 3 ] || complain "$(indices) indices, not 3"
"$SINBUN_BUILDDIR/tests/tpm/insider" sql - "$(store)/token.db" 'pragma wal_checkpoint(truncate)' 2>>noise
got=$(token keys test $NEW)
[ "$got" != '1 OK' ] || complain 'the key that was destroyed is back'
bash -c "$(put_back now.db)" 2>>noise
is '0 OK' keys test $PIN
# What is as new as it can be is sealed anew still.
is OK reseal test $PUK $NEW
is '0 OK' keys test $NEW
nothing_loaded
finish
