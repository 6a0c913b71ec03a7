#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# The installed tree at its own place, used by an ordinary user without any environment variable of ours: p11-kit, OpenSSH, OpenSSL, GnuTLS and
# the three programs.
. "${SINBUN_SRCDIR:?}/tests/lib/install.sh"
needs_foreign_hosts
for program in pkcs11-tool openssl; do
	command -v $program >/dev/null || { echo "no $program"; exit 77; }
done
have_place
cat >use.sh <<'END'
set -u
MODULE=$1
cd "$HOME" || exit 1
umask 077
failed=0
fails() { echo "$*" >&2; failed=1; }
wants() { local want=$1 got=0; shift; "$@" >out 2>err || got=$?; [ "$got" = "$want" ] || fails "exit code $got, not $want: $* ($(head -c 300 err out))"; }
[ -z "${SINBUN_CONF-}" ] || fails "SINBUN_CONF is set"

# --- p11-kit knows it ---
wants 0 pkcs11-tool --module "$MODULE" --init-token --label everyday --so-pin 12345678
wants 0 pkcs11-tool --module "$MODULE" --token-label everyday --login --login-type so --so-pin 12345678 --init-pin --pin 274916
wants 0 pkcs11-tool --module "$MODULE" --token-label everyday --login --pin 274916 --keypairgen --key-type EC:prime256v1 --id 02 --label auth
wants 0 p11-kit list-modules
grep -A1 '^sinbun: ' out | grep -q sinbun-pkcs11.so && grep -q 'token: everyday' out || fails "p11-kit list-modules: $(cat out)"
[ -d .local/share/sinbun/tokens ] || fails "the token is not in the user's directory"

# --- so do those who ask p11-kit, or are told the path ---
echo 'a message' >message
if command -v ssh-keygen >/dev/null; then
	wants 0 ssh-keygen -D "$MODULE"
	grep -q '^ecdsa-sha2-nistp256 ' out || fails "ssh-keygen -D: $(cat out err)"
fi
if command -v p11tool >/dev/null; then
	wants 0 p11tool --list-tokens
	grep -q 'token=everyday' out || fails "p11tool: $(cat out)"
fi
if openssl engine pkcs11 >/dev/null 2>&1; then
	wants 0 timeout 60 openssl dgst -engine pkcs11 -keyform engine -sign 'pkcs11:token=everyday;object=auth;type=private?pin-value=274916' -sha256 -out signature message
	wants 0 pkcs11-tool --module "$MODULE" --token-label everyday --read-object --type pubkey --id 02 -o public.der
	wants 0 openssl dgst -sha256 -keyform DER -verify public.der -signature signature message
fi

# --- the three programs, with their own defaults for everything but the cost of a PIN ---
cheap() { mkdir -p "$1" && printf '%s\n' "profile = $2" 'seal = software' 'kdf-memory = 19' 'kdf-passes = 2' >"$1/sinbun.conf"; }
cheap .local/share/sinbun identity
cheap .local/share/sinbun-admin general
admin() { sinbun-admin --json "$@" --pin-fd 4 4<<<issuer-passphrase; }
holder() { sinbun --json "$@" --pin-fd 3 3<<<274917; }
printf '%s\n' rrn,name,address,authority,issue_date '900101-1000000,홍시험,서울특별시 시험구 시험로 1,서울특별시 시험구청장,2024-03-02' >residents.csv
printf '%s' '{"name":"홍시험","rrn":"900101-1000000","issue_date":"2024-03-02","consents":["terms@1","own-phone@1","collection@1","third-party@1"]}' >person.json
wants 0 admin init --issuer 시험구청 --url https://id.example
wants 0 admin registry import residents.csv
wants 0 admin enrol --officer o1 --input person.json --offer offer.json
wants 0 holder enrol --offer offer.json --request request.json --puk-out puk
wants 0 admin issue --officer o1 --request request.json --response response.json
wants 0 holder enrol --response response.json
wants 0 admin bundle --out bundle.jwt
wants 0 sinbun-verify update --bundle bundle.jwt --root .local/share/sinbun-admin/pki/root.pem
wants 0 holder present --qr --once --text code.txt
wants 0 sinbun-verify --json scan code.txt
grep -q '"result":"valid"' out || fails "$(cat out)"
sinbun --json doctor >out 2>err
grep -q '"check":"p11_kit","status":"ok"' out || fails "the doctor does not see the registration: $(cat out)"
for program in sinbun sinbun-admin sinbun-verify; do
	wants 0 $program --lang ko --help
	grep -q '사용법' out || fails "$program knows no Korean where it is installed"
done
exit $failed
END
chmod 644 use.sh
in_place bash use.sh "$(setting pkcs11dir)/sinbun-pkcs11.so" 3</dev/null 2>err || complain "$(cat err)"
finish
