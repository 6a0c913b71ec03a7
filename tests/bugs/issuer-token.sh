#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# An issuer whose PIN was locked had no way back, and was sent to the holder's program. init made a token beside a damaged registry, spoke of
# a mobile ID's 6 digits, ended at the first short PIN typed, and asked a token of this build for a seal that it has not.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
conf() { cheap "$registry" 'profile = general' "$@"; }
init() { admin init --issuer 시험구청 --url https://id.example; }
tokens() { find "$registry/tokens" -mindepth 1 -maxdepth 1 -type d 2>/dev/null | wc -l; }

# --- a damaged registry: nothing is made beside it ---
conf
head -c 8192 /dev/urandom >"$registry/registry.db"
wants 9 init
says '.error == "damaged" and (.field | endswith("registry.db"))'
[ "$(tokens)" = 0 ] && [ ! -e "$registry/issuer.puk" ] || complain "a token was made"
rm "$registry/registry.db"

# --- a PIN that does not fit: the rule is the issuer's ---
for pin in 12345 "$(printf '0%.0s' $(seq 65))"; do
	wants 4 sinbun-admin --registry "$registry" --json init --issuer 시험구청 --url https://id.example --pin-fd 4 4<<<"$pin"
	says '.error == "pin_refused" and .rule == "length" and (.message | contains("6 to 64"))'
done
[ "$(tokens)" = 0 ] && [ ! -e "$registry/issuer.puk" ] || complain "a refused PIN left a token"
# An init that is cut short while it asks again can be gone on with.
cheap "$here/half" 'profile = general'
wants 130 "$SINBUN_BUILDDIR/tests/lib/on-terminal" 'New PIN' $'123\n' 'again: ' $'123\n' 'New PIN' $'\x03' \
	-- sinbun-admin --registry "$here/half" --lang en init --issuer 시험구청 --url https://id.example
half() { sinbun-admin --registry "$here/half" --json "$@" --pin-fd 4 4<<<issuer-passphrase; }
wants 10 half init --issuer 시험구청 --url https://id.example
says '.error == "unfinished_token" and (.message | contains("token unblock"))'
wants 0 half token unblock --puk-fd 5 5<"$here/half/issuer.puk"
wants 0 half init --issuer 시험구청 --url https://id.example
wants 0 half bundle --out b
# On a terminal it is asked for again.
wants 0 "$SINBUN_BUILDDIR/tests/lib/on-terminal" 'New PIN' $'123\n' 'again: ' $'123\n' '6 to 64' '' 'New PIN' $'issuer-passphrase\n' 'again: ' \
	$'issuer-passphrase\n' -- sinbun-admin --registry "$registry" --lang en init --issuer 시험구청 --url https://id.example
[ "$(tokens)" = 1 ] || complain "$(tokens) tokens"
make_registry_rows() {
	printf '%s\n' rrn,name,address,authority,issue_date '900101-1000000,홍시험,시험구 시험로 1,시험구청장,2024-03-02' >r.csv
	wants 0 admin registry import r.csv
}
make_registry_rows

# --- a damaged registry is not an absent one, later either ---
cp "$registry/registry.db" good.db
head -c 8192 /dev/urandom >"$registry/registry.db"
wants 9 admin bundle --out b
says '.error == "damaged"'
cp good.db "$registry/registry.db"

# --- locked, and unblocked with the code that init put away ---
bundle() { sinbun-admin --registry "$registry" --json bundle --out b --pin-fd 4 4<<<"$1"; }
unblock() { sinbun-admin --registry "$registry" --json token unblock "${@:3}" --puk-fd 5 --pin-fd 4 5<<<"$1" 4<<<"$2"; }
for left in 4 3 2 1 0; do
	wants 6 bundle wrong-passphrase
	says ".tries_left == $left"
done
wants 7 bundle issuer-passphrase
says '.error == "pin_locked" and (.message | contains("sinbun-admin token unblock"))'
wants 6 unblock 0123456789abcdef new-passphrase
says '.error == "puk_incorrect" and .tries_left == 9'
puk=$(cat "$registry/issuer.puk")
wants 4 unblock "$puk" short
says '.error == "pin_refused" and .rule == "length" and (.message | contains("6 to 64"))'
wants 7 bundle issuer-passphrase
wants 0 unblock "$puk" new-passphrase --officer o3
wants 6 bundle issuer-passphrase
wants 0 bundle new-passphrase
# As the texts of a row stand one behind the other in SQLite's file.
grep -qa 'o3token unblockissuerok' "$registry/registry.db" || complain "not in the audit"
# On a terminal the code is checked before a new PIN is thought of.
unblock_typing() { wants "$1" "$SINBUN_BUILDDIR/tests/lib/on-terminal" "${@:2}" -- sinbun-admin --registry "$registry" --lang en token unblock; }
unblock_typing 6 'Unblocking code' $'0123456789abcdef\n' 'code is wrong' ''
! grep -q 'New PIN' out || complain "asked for a new PIN after a wrong code"
unblock_typing 0 'Unblocking code' "$puk"$'\n' 'New PIN' $'new-passphrase\n' 'again: ' $'new-passphrase\n'
wants 0 bundle new-passphrase
# The registry is as readable as it was.
jq -n '{rrn: "900101-1000000"}' >rrn.json
wants 0 sinbun-admin --registry "$registry" --json apply unlock --officer o1 --input rrn.json --pin-fd 4 4<<<new-passphrase
wants 5 sinbun-admin --registry "$here/empty" --json token unblock --puk-fd 5 --pin-fd 4 5<<<"$puk" 4<<<new-passphrase
says '.error == "no_issuer_token"'

# --- a seal that this machine does not have ---
registry=$here/sealed
conf
sed -i 's|^seal = .*|seal = tpm\ntcti = device:/dev/no-tpm|' "$registry/sinbun.conf"
wants 3 init
says '(.error == "tpm_absent" or .error == "tpm_library") and .field == "seal" and (.message | contains("sinbun.conf") and contains("software"))'
[ "$(tokens)" = 0 ] && [ ! -e "$registry/issuer.puk" ] || complain "something was made"
sed -i 's/^seal = .*/colour = blue/; /^tcti/d' "$registry/sinbun.conf"
wants 3 init
says '.field == "colour" and (.message | contains("line 1") and contains("sinbun.conf(5)") and (test(" $|  ") | not))'
finish
