#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# The doctor: each thing that can be out of order is put out of order, and named, with what to do; what is in order is said to be.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/doctor.sh"
own_home

# --- nothing made yet: nothing is wrong, and looking makes nothing ---
check 0 phone directory ok null
check 0 phone module ok null
[ ! -e "$phone" ] || complain "looking made a directory"
check 3 clinic bundle fault no_root
[ ! -e "$desk" ] || complain "looking made a desk"

# --- a card and a desk in order ---
make_registry
make_card
make_desk
for row in directory configuration seal store module token card documents locale; do check 0 phone $row ok null; done
says '.worst != "fault" and ([.checks[].check] | length == (unique | length))'
for row in directory settings bundle documents locale; do check 0 clinic $row ok null; done

# --- the resident's ---
config=$phone/sinbun.conf
cp "$config" good.conf
echo 'no-such-key = 1' >>"$config"
check 3 phone configuration fault bad_configuration
says '.error == "bad_configuration" and .worst == "fault"'
cp good.conf "$config"
echo 'mechanisms = CKM_NO_SUCH' >>"$config"
check 3 phone module fault module_does_not_start
sed 's/software/tpm/' good.conf >"$config"
echo "tcti = device:$here/no-such-tpm" >>"$config"
check 3 phone seal fault tpm_absent
if [ "$(id -u)" != 0 ]; then
	touch no-such-tpm && chmod 000 no-such-tpm
	check 3 phone seal fault tpm_denied
fi
cp good.conf "$config"
mkdir -p home/.config/sinbun
echo 'profile = neither' >home/.config/sinbun/sinbun.conf
check 3 phone configuration_of_others fault bad_configuration
echo "token-dir = $here/elsewhere" >home/.config/sinbun/sinbun.conf
check 0 phone configuration_of_others warning other_directory
echo "token-dir = $phone/tokens" >home/.config/sinbun/sinbun.conf
check 0 phone configuration_of_others ok null
chmod 755 "$phone"
check 9 phone directory fault unsafe_directory
chmod 700 "$phone"
database=$(ls "$phone"/tokens/*/token.db)
chmod 644 "$database"
check 9 phone store fault unsafe_file
chmod 600 "$database"
check 3 phone module fault no_module --module "$here/no-module.so"
grep -q 'no-module.so' out || complain "which module"
cp "$database" whole.db
head -c 4096 /dev/urandom >"$database"
check 9 phone token fault token_damaged
rm -f "$database"-*
cp whole.db "$database"
check 0 phone token ok null
rm -rf home/.config
for _ in 1 2 3 4 5; do sinbun --home "$phone" --json status >/dev/null; sinbun --home "$phone" --json log --pin-fd 3 3<<<111222 >/dev/null 2>&1; done
check 7 phone token fault pin_locked
wants 7 sinbun --home "$phone" --lang ko doctor
grep -q '^\[이상\] 토큰: ' out || complain "not in words, in Korean: $(cat out)"
if [ -z "${SINBUN_SANITIZED:-}" ]; then
	clock=$SINBUN_BUILDDIR/tests/lib/.libs/other-clock.so
	early() { OTHER_CLOCK=-400000000 LD_PRELOAD=$clock "$@"; }
	late() { OTHER_CLOCK=$1 LD_PRELOAD=$clock "${@:2}"; }
	early_phone() { early sinbun --home "$phone" --json "$@"; }
	check 7 early_phone clock fault clock
	ended() { late 400000000 sinbun --home "$phone" --json "$@"; }
	check 7 ended card fault card_expired
fi
not_utf8() { LC_ALL=C sinbun --home "$phone" --json "$@"; }
check 7 not_utf8 locale warning no_utf8
no_fonts() { FONTCONFIG_FILE=$here/fonts.conf sinbun --home "$phone" --json "$@"; }
printf '<?xml version="1.0"?><fontconfig><cachedir>%s</cachedir></fontconfig>\n' "$here/fonts" >fonts.conf
check 7 no_fonts fonts warning no_font

# --- the registrar's ---
for row in directory configuration seal store module registry token root signer providers sms terms documents locale; do check 0 office $row ok null; done
mkdir "$registry/providers.d"
echo nonsense >"$registry/providers.d/one.conf"
check 3 office providers fault bad_provider
rm -r "$registry/providers.d"
echo nonsense >"$registry/sms.conf"
check 3 office sms fault bad_sms_gateway
rm "$registry/sms.conf"
mkdir "$registry/terms"
echo nonsense >"$registry/terms/terms@9.ko.txt"
check 3 office terms fault bad_terms
rm -r "$registry/terms"
if [ -z "${SINBUN_SANITIZED:-}" ]; then
	ended_office() { late 2000000000 sinbun-admin --registry "$registry" --json "$@"; }
	check 0 ended_office signer warning certificate_ends
fi
for _ in 1 2 3 4 5; do sinbun-admin --registry "$registry" --json bundle --out b.jwt --pin-fd 4 4<<<wrong-passphrase >/dev/null 2>&1; done
check 7 office token fault pin_locked
chmod 644 "$registry/registry.db"
check 9 office registry fault unsafe_file
mv "$registry/tokens" away
chmod 600 "$registry/registry.db"
check 5 office token fault no_issuer_token
head -c 4096 /dev/urandom >"$registry/registry.db"
check 9 office registry fault damaged

# --- the desk's ---
echo 'no-such-key = 1' >"$desk/desk.conf"
check 3 clinic settings fault bad_configuration
rm "$desk/desk.conf"
mkdir "$desk/documents.d"
echo nonsense >"$desk/documents.d/other.conf"
check 3 clinic documents fault bad_document_type
rm -r "$desk/documents.d"
if [ -z "${SINBUN_SANITIZED:-}" ]; then
	early_desk() { early sinbun-verify --home "$desk" --json "$@"; }
	check 3 early_desk clock fault clock
	echo 'bundle-warn = 24' >"$desk/desk.conf"
	old() { late 108000 sinbun-verify --home "$desk" --json "$@"; }
	check 0 old bundle warning bundle_old
	echo 'bundle-refuse = 24' >"$desk/desk.conf"
	check 3 old bundle fault status_stale
	gone() { late 400000000 sinbun-verify --home "$desk" --json "$@"; }
	check 3 gone bundle fault no_bundle
fi
head -c 4096 /dev/urandom >"$desk/desk.db"
check 9 clinic bundle fault storage
finish
