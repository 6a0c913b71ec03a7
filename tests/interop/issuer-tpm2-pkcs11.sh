#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# The issuer's keys in tpm2-pkcs11, in a token that init makes there. More of an issuer in a token of another maker: issuer-softhsm2.sh.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/issuer.sh"
. "$SINBUN_SRCDIR/tests/lib/clients.sh"
. "$SINBUN_SRCDIR/tests/lib/tpm2-pkcs11.sh"
client "sinbun-admin on $version"
passphrase=issuer-passphrase
admin() { sinbun-admin --registry "$registry" --module "$soft" --json "$@" --pin-fd 4 4<<<"$passphrase"; }
did() { row "$1" "sinbun-admin --module libtpm2_pkcs11.so $2" "${3:-works}"; }
was_told() { did "$1" "$2" "$(jq -r '.error + ": " + .message' out)"; }
make_registry
did 'a token of its own' init
issuer_works
did 'cards: issued, suspended, resumed, revoked' 'issue, suspend, resume, revoke'
did 'the list of states and the bundle, as others read them' 'status publish, bundle'
passphrase=wrong-passphrase
wants 6 admin bundle --out no.jwt
says '.error == "pin_incorrect"'
was_told 'wrong PIN' bundle
passphrase=issuer-passphrase
wants 5 admin token reseal --puk-fd 5 5<"$registry/issuer.puk"
says '.error == "not_supported"'
was_told 'sealing anew' 'token reseal'
hide_token
mkdir "$tokens"
wants 5 admin bundle --out no.jwt
says '.error == "no_issuer_token"'
was_told 'missing token' bundle
rm -r "$tokens"
show_token
wants 0 admin bundle --out bundle.jwt
did 'and back again' bundle
recorded
