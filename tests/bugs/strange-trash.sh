#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# The file "trash", which names NV indices that are to go, was believed too easily: a pipe in its place held up, for ever and under both
# locks, whoever sealed a token; a line under a serial that no token has took away the indices of a token that is there; and one stray byte
# at the beginning made all lines disappear, and what they named stay in the TPM.
. "${SINBUN_SRCDIR:?}/tests/lib/swtpm.sh"
start_tpm one
conf "$port"
fresh

# --- a pipe; another name for somebody's file ---
mkfifo -m 600 tokens/trash
got=$(timeout 30 "$SINBUN_BUILDDIR/tests/tpm/token" reseal test $PUK $NEW 2>>noise)
[ -n "$got" ] && [ "$got" != OK ] || complain "with a pipe for a trash file: ${got:-no answer}"
rm tokens/trash
: >elsewhere && ln -s "$here/elsewhere" tokens/trash
got=$(token reseal test $PUK $NEW)
[ "$got" != OK ] || complain 'a link was followed'
rm -f tokens/trash
is '1 OK' keys test $PIN

# --- a token's set under a serial that nobody has ---
set_of() { "$SINBUN_BUILDDIR/tests/tpm/insider" set "$TPM2TOOLS_TCTI" "$(store)/token.db"; }
line=$(set_of)
echo "0000000000000000 $line" >tokens/trash
is OK init other
[ "$(indices)" = 6 ] || complain "$(indices) indices for two tokens, not 6"
is '1 OK' keys test $PIN

# --- a stray byte: the lines after it are read ---
is OK remove other $PUK
[ "$(indices)" = 3 ] || complain "$(indices) indices for one token, not 3"
cp -a tokens kept
rm -rf tokens/[0-9a-f]*
printf 'x\n0000000000000000 %s\n' "$line" >tokens/trash
is OK init third
[ "$(indices)" = 3 ] || complain "$(indices) indices, not the 3 of the third token"
[ ! -e tokens/trash ] || complain "left: $(cat tokens/trash)"
nothing_loaded
finish
