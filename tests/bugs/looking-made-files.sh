#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# A verb that only looks made a directory with a configuration (a desk's memory, too) wherever --home pointed; what was wrong in a
# configuration was told without the mend; a failed show printed an empty card beside the error.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry

# --- a slip in --home: nothing is made, and the directory is named ---
slip=$here/typo/a/b
for verb in status show 'present --qr' 'pin change' 'pin unblock' 'enrol --response person.json'; do
	# shellcheck disable=SC2086
	wants 10 sinbun --home "$slip" --json $verb --pin-fd 3 3<<<$PIN
	says ".error == \"not_enrolled\" and (.message | contains(\"$slip\")) and (has(\"fields\") | not)"
done
echo 'SB1:ABC' >code.txt
for verb in 'scan code.txt' 'check code.txt'; do
	# shellcheck disable=SC2086
	wants 1 sinbun-verify --home "$slip" --json $verb
	says '.reason == "no_bundle" or .reason == "malformed"'
done
wants 3 sinbun-verify --home "$slip" --json challenge
says '.error == "no_root" and (.message | contains("--root"))'
wants 3 sinbun-admin --registry "$slip" --json bundle --out b --pin-fd 4 4<<<x
[ ! -e typo ] || complain "made: $(find typo)"
# A directory that is there, and is nobody's yet.
mkdir -m700 empty
wants 10 sinbun --home empty --json status
wants 3 sinbun-verify --home empty --json challenge
[ -z "$(ls -A empty)" ] || complain "made: $(ls -A empty)"

# --- the first bundle of a desk needs the root: whoever has none is told so ---
make_card
show real --fields basic
sinbun-verify --home "$slip" --lang en scan real.txt >out 2>&1
grep -q -e '--bundle FILE --root' out || complain "no word of --root: $(cat out)"

# --- a configuration that is gone is not a card that is gone ---
cp "$phone/sinbun.conf" kept.conf
rm "$phone/sinbun.conf"
wants 3 holder status
says '.error == "bad_configuration" and (.message | contains("profile = identity"))'
[ ! -e "$phone/sinbun.conf" ] || complain "made anew"
cp kept.conf "$phone/sinbun.conf"

# --- errors of the configuration say how to mend it, and end where the sentence does ---
for line in 'colour = blue' 'seal = wax' 'kdf-memory = 5' 'seal'; do
	{ cat kept.conf; echo "$line"; } >"$phone/sinbun.conf"
	wants 3 holder status
	says '.message | (contains("line 4") and contains("Correct that line, or remove it") and (test(" [.]| $") | not))'
done
cp kept.conf "$phone/sinbun.conf"
wants 0 holder status

# --- a seal that this machine does not have ---
for program in admin holder; do
	directory=$here/tpm-$program
	mkdir -m700 "$directory"
	printf '%s\n' 'seal = tpm' 'tcti = device:/dev/no-tpm' 'kdf-memory = 19' 'kdf-passes = 2' >"$directory/sinbun.conf"
	case $program in
	admin)
		echo 'profile = general' >>"$directory/sinbun.conf"
		set -- sinbun-admin --registry "$directory" --json init --issuer 시험구청 --url https://id.example
		;;
	holder)
		wants 0 admin enrol --officer o1 --replace --input person.json --offer offer2.json
		set -- sinbun --home "$directory" --json enrol --offer offer2.json --request q.json --puk-out puk
		;;
	esac
	got=0
	"$@" --pin-fd 4 4<<<274916 >out 2>err || got=$?
	[ $got = 3 ] || complain "seal = tpm: exit code $got"
	says '(.error == "tpm_absent" or .error == "tpm_library") and .field == "seal" and (.message | contains("seal = software"))'
done

# --- a failed show is an error and nothing else ---
wants 6 sinbun --home "$phone" --json show --pin-fd 3 3<<<111222
says 'has("fields") | not'
wants 0 holder show
says '.fields.name == "홍시험"'
finish
