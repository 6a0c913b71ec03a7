#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# OpenSSL with the pkcs11 engine as its default for everything, also for what the module itself asks of OpenSSL.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
needs_foreign_hosts
openssl engine pkcs11 >/dev/null 2>&1 || { echo "OpenSSL has no pkcs11 engine" >&2; exit 77; }
cheap "$here"
export SINBUN_CONF=$here/sinbun.conf PKCS11_MODULE_PATH=$SINBUN_MODULE
tool() { pkcs11-tool --module "$SINBUN_MODULE" "$@"; }
wants 0 tool --init-token --label engine --so-pin 12345678
wants 0 tool --token-label engine --login --login-type so --so-pin 12345678 --init-pin --pin $PIN
wants 0 tool --token-label engine --login --pin $PIN --keypairgen --key-type EC:prime256v1 --id 02 --label auth
wants 0 tool --token-label engine --read-object --type pubkey --id 02 -o public.der
key="pkcs11:token=engine;object=auth;type=private?pin-value=$PIN"
echo 'a message of some length' >message
wants 0 timeout 60 openssl dgst -engine pkcs11 -keyform engine -sign "$key" -sha256 -out signature message
openssl dgst -sha256 -keyform DER -verify public.der -signature signature message >/dev/null || complain "openssl dgst"
wants 0 timeout 60 openssl req -new -x509 -engine pkcs11 -keyform engine -key "$key" -subj '/CN=test' -days 1 -out certificate.pem
openssl verify -CAfile certificate.pem certificate.pem >/dev/null 2>&1 || complain "openssl req -x509"
finish
