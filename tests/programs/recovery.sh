#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# The registry's data key can also be opened with the recovery certificate's private key, by OpenSSL alone.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
for kind in rsa:2048 'ec -pkeyopt ec_paramgen_curve:prime256v1'; do
	rm -rf "$registry"
	cheap "$registry" 'profile = general'
	# shellcheck disable=SC2086
	openssl req -x509 -newkey $kind -nodes -keyout recovery.key -out recovery.pem -subj '/CN=recovery' -days 30 2>/dev/null
	wants 4 admin init --issuer 시험구청 --url https://id.example --recovery-cert /dev/null
	says '.error == "bad_certificate" and .field == "--recovery-cert"'
	wants 0 admin init --issuer 시험구청 --url https://id.example --recovery-cert recovery.pem
	wants 0 openssl cms -decrypt -inform DER -in "$registry/pki/registry-key.cms" -inkey recovery.key -out key
	[ "$(stat -c %s key)" = 32 ] || complain "$kind: the data key is $(stat -c %s key) bytes"
	[ -z "${SINBUN_SANITIZED:-}" ] || continue
	SINBUN_CONF=$registry/sinbun.conf pkcs11-tool --module "$SINBUN_MODULE" --token-label issuer --login --pin issuer-passphrase \
		--read-object --type data --label registry-data-key -o token-key >/dev/null 2>&1
	cmp -s key token-key || complain "$kind: another key than the token's"
done
finish
