#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# The issuer's keys in SoftHSM2: in a token that init makes there, and in one that was made with SoftHSM2's own tool and is named by --token. All that
# a registrar does works, phone and desk accept it; what only sinbun's module can do is told. Where it is not installed it is fetched and unpacked
# beside the build.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/issuer.sh"
. "$SINBUN_SRCDIR/tests/lib/clients.sh"
unset SOFTHSM2_CONF
. "$SINBUN_SRCDIR/tests/lib/softhsm2.sh"
client "sinbun-admin on SoftHSM2 $("$util" --version)"
# did WHAT VERB…, was_told WHAT VERB…: what the record shows of what came before, with the message of a refusal.
did() { row "$1" "sinbun-admin --module libsofthsm2.so ${*:2}" works; }
was_told() { row "$1" "sinbun-admin --module libsofthsm2.so ${*:2}" "$(jq -r '.error + ": " + .message' out)"; }
mkdir tokens
printf 'directories.tokendir = %s\n' "$here/tokens" >soft.conf
export SOFTHSM2_CONF=$here/soft.conf
# with TOKEN…: the options that name it, for all that follows.
with() { names=(--module "$soft" "$@"); }
admin() { sinbun-admin --registry "$registry" --json "${names[@]}" "$@" --pin-fd 4 4<<<"${passphrase:-issuer-passphrase}"; }
asked() { sinbun-admin --registry "$registry" --json "${names[@]}" "$@"; }
slots() { "$util" --module "$soft" --show-slots | grep -c 'Initialized: *yes'; }

# --- a token that init makes ---
with
make_registry
[ ! -e "$registry/tokens" ] || complain "a token of our own beside it"
did 'a token of its own' init
issuer_works
did 'cards: issued, suspended, resumed, revoked' 'issue, suspend, resume, revoke'
did 'the list of states and the bundle, as others read them' 'status publish, bundle'
wants 6 asked bundle --out no.jwt --pin-fd 4 4<<<wrong-passphrase
says '.error == "pin_incorrect"'
was_told 'wrong PIN' bundle
wants 6 asked token unblock --puk-fd 5 --pin-fd 4 5<<<0000000000 4<<<another-passphrase
says '.error == "puk_incorrect"'
was_told 'wrong unblocking code' token unblock
wants 0 asked token unblock --officer o1 --puk-fd 5 --pin-fd 4 5<"$registry/issuer.puk" 4<<<another-passphrase
did 'the unblocking code' token unblock
grep -qa 'o1token unblockissuerok' "$registry/registry.db" || complain "not in the audit: $(cat err)"
wants 6 admin bundle --out no.jwt
passphrase=another-passphrase
wants 0 admin bundle --out bundle.jwt
wants 10 admin init --issuer 시험구청 --url https://id.example
says '.error == "already_initialised"'
# What it cannot, said so; the token is as it was.
wants 0 asked token list
says '.tokens | length == 1 and .[0].label == "issuer" and .[0].state == "ready"'
serial=$(jq -r '.tokens[0].serial' out)
wants 5 asked token reseal --puk-fd 5 --pin-fd 4 5<"$registry/issuer.puk" 4<<<third-passphrase
says '.error == "not_supported" and (.message | contains("softhsm2-util"))'
was_told 'sealing anew' token reseal
wants 5 asked token remove "$serial" --yes --puk-fd 5 5<"$registry/issuer.puk"
says '.error == "not_supported"'
was_told 'giving the token up' token remove
wants 0 admin bundle --out bundle.jwt
passphrase=
# The keys cannot leave it.
pkcs11-tool --module "$soft" --token-label issuer --login --pin another-passphrase --list-objects --type privkey >keys 2>/dev/null
[ "$(grep -c 'never extractable' keys)" = 2 ] || complain "the keys: $(cat keys)"

# --- one that was there, by its URI ---
registry=$here/registry2 phone=$here/phone2 desk=$here/desk2
# Of a name that no token has, init makes one of that name; of other things, nothing.
cheap "$registry" 'profile = general'
with --token 'pkcs11:serial=0123456789abcdef'
before=$(slots)
wants 5 admin init --issuer 시험구청 --url https://id.example
says '.error == "no_token" and .field == "--token"'
was_told 'missing token' --token pkcs11:serial=0123456789abcdef init
[ "$(slots)" = "$before" ] && [ ! -e "$registry/issuer.puk" ] || complain "something was made: $(slots), $before"
with --token 'pkcs11:token=named'
wants 4 asked init --issuer 시험구청 --url https://id.example --pin-fd 4 4<<<abc
says '.error == "pin_refused"'
[ -s "$registry/issuer.puk" ] && grep -q 'without a PIN' err || complain "the code of the token that stayed is lost: $(cat err)"
wants 10 admin init --issuer 시험구청 --url https://id.example
says '.error == "unfinished_token"'
wants 0 asked token unblock --puk-fd 5 --pin-fd 4 5<"$registry/issuer.puk" 4<<<issuer-passphrase
wants 0 admin init --issuer 시험구청 --url https://id.example
wants 0 asked token list
says '.tokens | length == 1 and .[0].label == "named"'
# With SoftHSM2's own tool.
registry=$here/registry3 phone=$here/phone3 desk=$here/desk3
"$util" --module "$soft" --init-token --free --label hsm --pin issuer-passphrase --so-pin 12345678 >softlog 2>&1 || complain "no token: $(cat softlog)"
with --token 'pkcs11:token=hsm;manufacturer=SoftHSM%20project'
before=$(slots)
make_registry
[ "$(slots)" = "$before" ] && [ ! -e "$registry/issuer.puk" ] || complain "another token was made"
issuer_works
did "a token made with SoftHSM2's own tool, by its URI: all of that" --token 'pkcs11:token=hsm;manufacturer=SoftHSM%20project' init
with --token 'pkcs11:token=nobody'
wants 5 admin bundle --out no.jwt
says '.error == "no_token" and .field == "--token"'
with
wants 6 admin bundle --out no.jwt # "issuer", whose PIN is another by now
recorded
