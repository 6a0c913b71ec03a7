#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# What the doctor tells an ordinary user of the installed tree: of p11-kit, for each program's module; of what is not his; of translations that are
# missing. What it says to do is done, and helps.
. "${SINBUN_SRCDIR:?}/tests/lib/install.sh"
needs_foreign_hosts
have_place
cp "$SINBUN_SRCDIR/tests/lib/doctor.sh" home
cat >home/use.sh <<'END'
set -u
MODULE=$1
cd "$HOME" || exit 1
umask 077
failed=0
complain() { echo "$*: $(head -c 300 out)" >&2; failed=1; }
says() { jq -e "$1" out >/dev/null || complain "not so: $1"; }
. ./doctor.sh
holder() { sinbun --json "$@"; }
registrar() { sinbun-admin --json "$@"; }
desk() { sinbun-verify --json "$@"; }
mine=.config/pkcs11/modules/sinbun.module
mkdir -p .config/pkcs11/modules copy
cp "$MODULE" copy/sinbun-pkcs11.so
if [ "$2" = whole ]; then
	for whose in holder registrar; do
		check 0 $whose p11_kit ok null
		# Taken out of the list, then another file of that name in it.
		echo 'enable-in: nothing-at-all' >$mine
		check 0 $whose p11_kit warning not_registered
		echo "module: $HOME/copy/sinbun-pkcs11.so" >$mine
		check 0 $whose p11_kit warning other_registered
		rm $mine
		check 0 $whose p11_kit warning other_registered --module "$HOME/copy/sinbun-pkcs11.so"
	done
	# What it says to write helps.
	echo 'enable-in: nothing-at-all' >$mine
	check 0 holder p11_kit warning not_registered
	jq -r '.checks[] | select(.check == "p11_kit") | .message' out | sed -n 's/.*Write into \([^ ]*\) .*: \(module: .*\)/\1\n\2/p' >advice
	[ "$(sed -n 1p advice)" = "~/$mine" ] || complain "another file"
	sed -n 2p advice >$mine
	check 0 holder p11_kit ok null
	rm $mine
	# Somebody else's: a directory, and a TPM's device.
	others() { "$place" "$option" /usr --json "$@"; }
	for programs in sinbun:--home sinbun-admin:--registry sinbun-verify:--home; do
		place=${programs%:*} option=${programs#*:}
		check 9 others directory fault unsafe_directory
	done
	# The registrar's has no token yet, which comes first.
	for place in sinbun:--home:identity:3 sinbun-admin:--registry:general:5; do
		IFS=: read -r place option profile code <<<"$place"
		mkdir tpm && touch tpm/device && chmod 000 tpm/device
		printf '%s\n' "profile = $profile" 'seal = tpm' "tcti = device:$HOME/tpm/device" >tpm/sinbun.conf
		sealed() { "$place" "$option" "$HOME/tpm" --json "$@"; }
		check $code sealed seal fault tpm_denied
		rm tpm/device
		check $code sealed seal fault tpm_absent
		rm -r tpm
	done
else
	for whose in holder registrar desk; do
		"$whose" doctor --lang ko >out 2>err
		says '.checks[] | select(.check == "locale") | .status == "warning" and .error == "no_translation" and (.message | contains("sinbun.mo"))'
	done
fi
exit $failed
END
chmod 644 home/use.sh home/doctor.sh
module=$(setting pkcs11dir)/sinbun-pkcs11.so
in_place LC_ALL=C.UTF-8 bash home/use.sh "$module" whole 2>err || complain "$(cat err)"
rm "$tree$(setting localedir)/ko/LC_MESSAGES/sinbun.mo"
in_place LC_ALL=C.UTF-8 bash home/use.sh "$module" without 2>err || complain "$(cat err)"
finish
