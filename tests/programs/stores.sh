#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Directories and files that are another's, open to others, damaged or absent: refused with path and mend.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
make_card
make_desk
store=$(echo "$phone"/tokens/*/)

# --- open to others ---
for mode in 755 770 701; do
	chmod $mode "$phone"
	wants 9 holder show
	says '.error == "unsafe_directory" and (.message | contains("chmod go="))'
done
chmod 700 "$phone"
for path in "$phone/tokens" "$store" "${store}token.db"; do
	mode=$(stat -c %a "$path")
	chmod o+r "$path"
	wants 9 holder show
	says '.message | contains("chmod")'
	chmod "$mode" "$path"
done
wants 0 holder show
chmod 755 "$registry"
wants 9 admin bundle --out b
chmod 700 "$registry"
chmod 640 "$registry/registry.db"
wants 9 admin bundle --out b
says '.message | contains("chmod 600")'
chmod 600 "$registry/registry.db"
chmod 750 "$desk"
wants 9 verify challenge
says '.message | contains("chmod go=")'
chmod 700 "$desk"

# --- another's ---
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	chown 12345 "$phone"
	wants 9 holder show
	says '.error == "unsafe_directory"'
	chown 0 "$phone"
	chown 12345 "${store}token.db"
	wants 9 holder show
	chown 0 "${store}token.db"
	chmod 755 "$here"
	wants 9 setpriv --reuid 12345 --regid 12345 --clear-groups sinbun --home "$phone" --json show --pin-fd 3 3<<<$PIN
	chmod 700 "$here"
fi
wants 0 holder show

# --- a link in the place of a store ---
mv "$store" "$here/elsewhere"
ln -s "$here/elsewhere" "${store%/}"
wants 9 holder status
says '.message | contains("is a link")'
rm "${store%/}"
mv "$here/elsewhere" "$store"
wants 0 holder show

# --- configuration: an unknown, repeated or wrong key is named with its line ---
cp "$phone/sinbun.conf" good.conf
for line in 'colour = blue' 'seal = software' 'kdf-memory = 5' 'pin-tries = many' 'seal' 'profile = other' '= x'; do
	{ cat good.conf; echo "$line"; } >"$phone/sinbun.conf"
	wants 3 holder show
	says '.error == "bad_configuration" and (.message | contains("line 4"))'
done
cp good.conf "$phone/sinbun.conf"

# --- a holder cannot relax what was fixed when the token was made ---
{ cat good.conf; echo 'pin-tries = 15'; } >"$phone/sinbun.conf"
wants 0 holder status
says '.pin_tries_left == 5'
cp good.conf "$phone/sinbun.conf"

# --- damage is told, not ignored ---
cp -r "$phone" "$here/damaged"
dd if=/dev/urandom of="$here/damaged/tokens/$(basename "$store")/token.db" bs=1 seek=100 count=3000 conv=notrunc 2>/dev/null
got=0
sinbun --home "$here/damaged" --json show --pin-fd 3 3<<<$PIN >out 2>err || got=$?
[ $got -gt 0 ] && [ $got -lt 128 ] || complain "damage: exit code $got"

# --- nothing of the card can be read without the PIN ---
for word in 홍시험 900101-1000000 '시험로 1' 1990-01-01; do
	! grep -rqa "$word" "$phone" || complain "\"$word\" can be read in the phone's files"
done
! grep -rqa "$PIN" "$phone" || complain "the PIN can be read in the phone's files"
finish
