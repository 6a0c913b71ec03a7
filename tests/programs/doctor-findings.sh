#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# The doctor's rarer findings, each provoked, and told in both languages: the others are in doctor.sh, in tests/tpm/doctor.sh and, as far as they are of
# an installed tree and an ordinary user, in tests/install/doctor.sh. At the end: no finding of the sources is without a test.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/doctor.sh"
own_home
make_registry
make_card
make_desk

# --- the clock, as the kernel is told of it, for each program ---
if [ -z "${SINBUN_SANITIZED:-}" ]; then
	clock=$SINBUN_BUILDDIR/tests/lib/.libs/other-clock.so
	for whose in phone office clinic; do
		kept() { OTHER_CLOCK_KEPT=yes LD_PRELOAD=$clock $whose "$@"; }
		left() { OTHER_CLOCK_KEPT=no LD_PRELOAD=$clock $whose "$@"; }
		early() { OTHER_CLOCK=-400000000 OTHER_CLOCK_KEPT=yes LD_PRELOAD=$clock $whose "$@"; }
		check 0 kept clock ok null
		check 0 left clock warning clock_not_synchronised
		case $whose in clinic) check 3 early clock fault clock ;; *) check 10 early clock fault clock ;; esac
	done
	# The card ends three years after its issue.
	ends() { OTHER_CLOCK=$((1080 * 86400)) LD_PRELOAD=$clock phone "$@"; }
	check 0 ends card warning card_expires
	# Of another version, by what it says.
	check 0 phone module warning other_version --module "$SINBUN_BUILDDIR/tests/lib/.libs/other-version.so"
	check 0 office module warning other_version --module "$SINBUN_BUILDDIR/tests/lib/.libs/other-version.so"
fi

# --- a list that is published, and cards that have changed since ---
printf 'status-dir = %s\n' "$here/published" >"$registry/registry.conf"
mkdir -p published/.status.cwt.new
wants 0 admin suspend --officer o1 --card "$card" --reason lost
check 10 office status_list fault list_not_out
rmdir published/.status.cwt.new
wants 0 admin status publish
check 0 office status_list ok null
rm "$registry/registry.conf"
wants 0 admin resume --officer o1 --card "$card"

# --- directories: a file in their place, one that others can enter ---
: >a-file
not_there() { "$1" "$2" "$here/a-file" --json "${@:3}"; }
for place in 'sinbun --home' 'sinbun-admin --registry' 'sinbun-verify --home'; do
	# shellcheck disable=SC2086
	not_a_directory() { not_there $place "$@"; }
	check 9 not_a_directory directory fault no_directory
done
chmod 750 "$registry" "$desk"
check 9 office directory fault unsafe_directory
check 9 clinic directory fault unsafe_directory
chmod 700 "$registry" "$desk"

# --- configuration: a line that is wrong, in each program's and in the user's own ---
cp "$registry/sinbun.conf" good.conf
echo 'pin-tries = many' >>"$registry/sinbun.conf"
check 3 office configuration fault bad_configuration
says ".checks[] | select(.check == \"configuration\") | .message | test(\"line 5|pin-tries\")"
cp good.conf "$registry/sinbun.conf"
named() { SINBUN_CONF=$here/other.conf phone "$@"; }
echo 'seal = wood' >other.conf
check 3 named configuration_of_others fault bad_configuration
echo "token-dir = $here/elsewhere" >other.conf
check 0 named configuration_of_others warning other_directory
named_office() { SINBUN_CONF=$here/other.conf office "$@"; }
check 0 named_office configuration_of_others warning other_directory

# --- the store: whatever in it is not the owner's own file ---
serial=$(basename "$phone"/tokens/????????????????)
store=$phone/tokens/$serial
ln "$store/token.db" second-name
check 9 phone store fault unsafe_file
rm second-name
mkfifo "$store/pipe"
check 9 phone store fault unsafe_file
rm "$store/pipe"
mv "$store/token.db" real.db && ln -s "$here/real.db" "$store/token.db"
check 9 phone store fault unsafe_file
rm "$store/token.db" && mv real.db "$store/token.db"
chmod 710 "$store"
check 9 phone store fault unsafe_directory
chmod 700 "$store"
check 0 phone store ok null

# --- the token: not what was written, its codes used up ---
for whose in phone office; do
	store=$([ $whose = phone ] && echo "$phone" || echo "$registry")
	store=$(echo "$store"/tokens/????????????????)
	cp -a "$store" whole
	sqlite3 "$store/token.db" 'pragma journal_mode = delete; update record set box = zeroblob(length(box)) where private = 0 and seq = (select max(seq) from record where private = 0)' >said 2>&1 || complain "sqlite3: $(cat said)"
	check 5 $whose token fault token_damaged
	rm -r "$store" && mv whole "$store"
	check 0 $whose token ok null
done
for _ in 1 2 3 4 5 6 7 8 9 10; do
	sinbun --home "$phone" --json pin unblock --puk-fd 5 --pin-fd 6 5<<<00000000 6<<<$PIN >/dev/null 2>&1
	sinbun-admin --registry "$registry" --json token unblock --puk-fd 5 --pin-fd 6 5<<<00000000 6<<<another-passphrase >/dev/null 2>&1
done
check 7 phone token fault puk_locked
check 7 office token fault puk_locked

# --- no finding of the doctor's own is without a test ---
cd "$SINBUN_SRCDIR" || exit 1
grep -ohE 'sb_fail\(&(f|why), [A-Z_]+, "[a-z0-9_]+"' tools/common/doctor*.c tools/*/doctor.c | sed 's/.*"\(.*\)"/\1/' | sort -u >"$here/findings"
[ "$(wc -l <"$here/findings")" -ge 20 ] || complain "not the findings: $(cat "$here/findings")"
while read -r finding; do
	grep -qE "(fault|warning) $finding\b|\"$finding\"" tests/programs/doctor.sh tests/programs/doctor-findings.sh tests/install/doctor.sh tests/tpm/doctor.sh ||
		complain "nothing provokes: $finding"
done <"$here/findings"
finish
