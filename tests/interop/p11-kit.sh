#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# p11-kit finds the module through a .module file of an unprivileged user, lists its tokens, and the module itself writes nothing.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
needs_foreign_hosts
command -v p11-kit >/dev/null && command -v p11tool >/dev/null || { echo "no p11-kit or p11tool"; exit 77; }
# p11-kit ignores a user's own modules for root: be somebody else.
as_user=
if [ "$(id -u)" = 0 ]; then
	command -v setpriv >/dev/null || exit 77
	as_user='setpriv --reuid 12345 --regid 12345 --clear-groups'
fi
# The build tree may be closed to other users.
module=$here/sinbun-pkcs11.so
install -m 755 "$SINBUN_MODULE" "$module"
home=$here/home
mkdir -p "$home/.config/pkcs11/modules" "$home/.config/sinbun"
printf 'module: %s\n' "$module" >"$home/.config/pkcs11/modules/sinbun.module"
printf 'user-config: merge\n' >"$home/.config/pkcs11/pkcs11.conf"
printf '%s\n' 'seal = software' 'kdf-memory = 19' 'kdf-passes = 2' "token-dir = $home/tokens" >"$home/.config/sinbun/sinbun.conf"
chmod 711 "$here"
[ -z "$as_user" ] || chown -R 12345:12345 "$home"
user() { $as_user env -u SINBUN_CONF -u XDG_CONFIG_HOME HOME="$home" USER=nobody "$@"; }

wants 0 user pkcs11-tool --module "$module" --init-token --label listed --so-pin 12345678
wants 0 user pkcs11-tool --module "$module" --token-label listed --login --login-type so --so-pin 12345678 --init-pin --pin $PIN
wants 0 user p11-kit list-modules
grep -A40 '^sinbun' out | grep -q 'token: listed' || complain "p11-kit list-modules: $(cat out)"
grep -q 'library-manufacturer: sinbun' out || complain "who made it"
# What other modules of this machine say on standard error is theirs.
printf 'user-config: only\n' >"$home/.config/pkcs11/pkcs11.conf"
wants 0 user p11-kit list-modules
grep -q 'token: listed' out || complain "p11-kit list-modules, ours alone: $(cat out)"
[ ! -s err ] || complain "on standard error: $(cat err)"
printf 'user-config: merge\n' >"$home/.config/pkcs11/pkcs11.conf"

# GnuTLS through p11-kit: a key pair, seen by its URI.
wants 0 user env GNUTLS_PIN=$PIN p11tool --batch --login --generate-privkey=ecdsa --curve=secp256r1 --label through-gnutls 'pkcs11:token=listed'
wants 0 user env GNUTLS_PIN=$PIN p11tool --batch --login --list-all 'pkcs11:token=listed'
grep -q 'object=through-gnutls;type=private' out || complain "p11tool: $(cat out)"
wants 0 user env GNUTLS_PIN=$PIN p11tool --batch --login --test-sign 'pkcs11:token=listed;object=through-gnutls;type=private'

# Keys of all kinds: generated, signed with (GnuTLS verifies), and their public halves given as OpenSSL reads them.
signs() { wants 0 user env GNUTLS_PIN=$PIN p11tool --batch --login --test-sign "$@"; }
for kind in ecdsa:--curve=secp384r1:384 ecdsa:--curve=secp521r1:521 rsa:--bits=2048:2048; do
	IFS=: read -r type parameter bits <<<"$kind"
	label=$type-$bits
	key="pkcs11:token=listed;object=$label"
	wants 0 user env GNUTLS_PIN=$PIN p11tool --batch --login --generate-privkey="$type" "$parameter" --label "$label" 'pkcs11:token=listed'
	signs "$key;type=private"
	wants 0 user p11tool --batch --export "$key;type=public"
	openssl pkey -pubin -in out -noout -text >text 2>err || complain "the public key of $label is none: $(cat err)"
	grep -q "($bits bit)" text || complain "$label: $(head -1 text)"
	# The public half follows from the private one too.
	cp out public.pem
	wants 0 user env GNUTLS_PIN=$PIN p11tool --batch --login --export-pubkey "$key;type=private"
	cmp -s <(openssl pkey -pubin -in out) <(openssl pkey -pubin -in public.pem) || complain "$label: two public keys"
done
signs --sign-params=rsa-pss 'pkcs11:token=listed;object=rsa-2048;type=private'
for hash in SHA256 SHA384 SHA512; do
	signs --hash=$hash 'pkcs11:token=listed;object=rsa-2048;type=private'
	signs --hash=$hash 'pkcs11:token=listed;object=ecdsa-384;type=private'
done
finish
