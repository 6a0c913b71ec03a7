#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Receipts of a desk: made with its own PKCS#11 key, for valid, refused and exempt; read back; worth nothing once a byte of them is another.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
needs_foreign_hosts
command -v pkcs11-tool openssl >/dev/null || exit 77
module=$SINBUN_BUILDDIR/module/.libs/sinbun-pkcs11.so
keyed() { verify "$@" --module "$module" --pin-fd 5 5<<<desk-passphrase; }
make_registry
make_card
make_desk
show a --fields basic
wants 3 keyed scan a.txt --receipt a.jws
says '.error == "no_receipt_key" and .field == "receipt-key"'
# As the manual tells it.
cheap "$desk" 'profile = general'
wants 0 sinbun-admin --registry "$desk" --json token init desk --puk-out desk.puk --pin-fd 4 4<<<desk-passphrase
SINBUN_CONF=$desk/sinbun.conf pkcs11-tool --module "$module" --token-label desk --login --pin desk-passphrase \
	--keypairgen --key-type EC:prime256v1 --label receipt --id 01 >keygen 2>&1 || complain "no key: $(cat keygen)"
SINBUN_CONF=$desk/sinbun.conf pkcs11-tool --module "$module" --token-label desk --login --pin desk-passphrase \
	--read-object --type pubkey --id 01 -o key.der >read 2>&1 || complain "no public key: $(cat read)"
openssl pkey -pubin -inform DER -in key.der -out key.pem || complain "the public key cannot be read"
printf '%s\n' 'receipt-key = pkcs11:token=desk;object=receipt' 'desk-name = 시험의원' >"$desk/desk.conf"

# Nothing is used up where no receipt can be made: no key, a wrong PIN, a file that is there.
wants 6 verify scan a.txt --receipt a.jws --module "$module" --pin-fd 5 5<<<wrong-passphrase
says '.error == "pin_incorrect"'
echo mine >there
wants 9 keyed scan a.txt --receipt there
says '.error == "file_exists"'
[ "$(cat there)" = mine ] || complain "a file was written over"
ln -s nowhere dangling
wants 9 keyed scan a.txt --receipt dangling
wants 9 keyed scan a.txt --receipt nowhere/a.jws
says '.error == "cannot_write"'
wants 0 keyed scan a.txt --receipt a.jws --patient 10-2345
says '.result == "valid"'
[ "$(stat -c %a a.jws)" = 600 ] || complain "the receipt is open to others"
[ -z "$(ls a.jws.* 2>/dev/null)" ] || complain "left behind: $(ls a.jws.*)"

wants 0 verify receipt a.jws --key key.pem
says '.signature == "valid" and .signer == "trusted" and .receipt.kind == "check" and .receipt.result == "valid" and .receipt.reason == "ok"'
says '.receipt.desk == "시험의원" and .receipt.document == "resident" and .receipt.portrait == "not_checked" and .receipt.status == "valid"'
says '(.receipt.fields | sort) == ["birth_date", "name"] and (.receipt.status_age_s >= 0) and (.receipt.patient | length) == 43'
[ "$(jq -r .receipt.token_sha256 out)" = "$(tr -d '\n' <a.txt | openssl dgst -sha256 -binary | basenc --base64url | tr -d =)" ] ||
	complain "another code's digest"
# No value, no name, no number.
cut -d. -f2 a.jws | tr -- -_ +/ | base64 -d 2>/dev/null >payload
! grep -qE '홍시험|1990|900101|10-2345' payload || complain "the receipt tells: $(cat payload)"
cut -d. -f1 a.jws | tr -- -_ +/ | base64 -d 2>/dev/null >out
says '.typ == "sinbun-receipt+jwt" and .alg == "ES256" and .jwk.kty == "EC" and (.jwk | has("d") | not)'

# Whose key it is must come from elsewhere.
wants 1 verify receipt a.jws
says '.signature == "valid" and .signer == "unverified"'
sinbun-verify --home "$desk" --lang en receipt a.jws >said
grep -q 'SIGNER UNVERIFIED' said || complain "said: $(cat said)"
sinbun-verify --home "$desk" --lang ko receipt a.jws --key key.pem >said
grep -q '서명 유효' said || complain "said: $(cat said)"
openssl ecparam -name prime256v1 -genkey -noout -out other.key
openssl pkey -in other.key -pubout -out other.pem
wants 1 verify receipt a.jws --key other.pem
says '.error == "wrong_signer"'
wants 1 verify receipt a.jws --root "$registry/pki/root.pem"
says '.error == "wrong_signer"'
wants 4 verify receipt a.jws --key a.txt
wants 4 verify receipt nothing.jws
wants 2 verify receipt a.jws --key key.pem --root key.pem

# Refused ones have theirs, and say why; of a card that nothing is known of no field stands there.
wants 1 keyed scan a.txt --receipt again.jws
wants 0 verify receipt again.jws --key key.pem
says '.receipt.result == "refused" and .receipt.reason == "replayed" and .receipt.fields == []'
echo SB1:NONSENSE >bad.txt
wants 1 keyed check bad.txt --receipt bad.jws
wants 0 verify receipt bad.jws --key key.pem
says '.receipt.reason == "malformed" and .receipt.document == null'
# From a scanner: the first code ends it.
show b --fields basic
show c --fields basic
wants 0 keyed scan - --receipt b.jws < <(cat b.txt c.txt)
[ "$(wc -l <out)" = 1 ] || complain "went on: $(cat out)"
cat b.txt c.txt >two.txt
for verb in scan check; do
	wants 4 keyed $verb two.txt --receipt two.jws
	says '.error == "several_codes"'
	[ ! -e two.jws ] || complain "a receipt of two"
done
wants 2 keyed scan --batch two.txt --receipt two.jws

# A visit without a check, and its ground.
wants 0 keyed exempt --patient 10-2345 --receipt recent.jws
wants 0 verify receipt recent.jws --key key.pem
says '.receipt.kind == "exempt" and .receipt.reason == "recent" and (.receipt.checked_on | length) == 10 and (.receipt.patient | length) == 43'
wants 1 keyed exempt --patient 99 --receipt none.jws
[ ! -e none.jws ] || complain "a receipt of a visit that needs a check"
wants 0 keyed exempt --patient 99 --reason emergency --receipt emergency.jws
wants 0 verify receipt emergency.jws --key key.pem
says '.receipt.reason == "emergency" and (.receipt | has("result") | not)'

# A key that has a certificate is named by it.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ca.key -out ca.pem -days 9 -subj '/CN=Test Authority' \
	-addext 'basicConstraints=critical,CA:TRUE,pathlen:0' -addext 'keyUsage=critical,keyCertSign' 2>/dev/null
printf '%s\n' 'basicConstraints=critical,CA:FALSE' 'keyUsage=critical,digitalSignature' 'extendedKeyUsage=1.3.6.1.5.5.7.3.36' >extensions
openssl req -new -key other.key -subj '/CN=Test Clinic' -out any.csr 2>/dev/null
openssl x509 -req -in any.csr -force_pubkey key.pem -CA ca.pem -CAkey ca.key -days 9 -extfile extensions -outform DER -out clinic.der 2>/dev/null ||
	complain "no certificate"
SINBUN_CONF=$desk/sinbun.conf pkcs11-tool --module "$module" --token-label desk --login --pin desk-passphrase \
	--write-object clinic.der --type cert --id 01 --label receipt >write 2>&1 || complain "not written: $(cat write)"
wants 0 keyed exempt --patient 99 --reason referral --receipt named.jws
wants 0 verify receipt named.jws --root ca.pem
says '.signer == "trusted" and .certificate == "Test Clinic"'
wants 0 verify receipt named.jws --key key.pem
wants 1 verify receipt named.jws --root "$registry/pki/root.pem"
# Of that authority's certificates only one for signing documents vouches for receipts: not a card's, not a server's.
base64url() { basenc --base64url -w 0 | tr -d =; }
# forge EXTENDED-KEY-USAGE: forged.jws, whole and signed by a key that has a certificate for that.
forge() {
	printf '%s\n' 'basicConstraints=critical,CA:FALSE' 'keyUsage=critical,digitalSignature' "extendedKeyUsage=$1" >extensions
	openssl x509 -req -in any.csr -CA ca.pem -CAkey ca.key -days 9 -extfile extensions -out forger.pem 2>/dev/null || complain "no certificate for $1"
	jq -cn --arg c "$(openssl x509 -in forger.pem -outform DER | base64 -w 0)" '{alg: "ES256", typ: "sinbun-receipt+jwt", x5c: [$c]}' | tr -d '\n' | base64url >head
	{ cat head; printf '.'; jq -cn --argjson iat "$(date +%s)" '{$iat, kind: "exempt", reason: "referral"}' | tr -d '\n' | base64url; } >signed
	openssl dgst -sha256 -sign other.key signed | openssl asn1parse -inform DER | sed -n 's/.*INTEGER *://p' |
		while read -r n; do printf '%64s' "$n" | tr ' ' 0 | tail -c 64; done | basenc --base16 -d | base64url >signature
	{ cat signed; printf '.'; cat signature; } >forged.jws
}
forge 1.3.6.1.5.5.7.3.36
wants 0 verify receipt forged.jws --root ca.pem
for purpose in clientAuth serverAuth emailProtection 1.0.18013.5.1.2; do
	forge $purpose
	wants 1 verify receipt forged.jws --root ca.pem
	says '.error == "wrong_signer"'
	wants 1 verify receipt forged.jws
	says '.signature == "valid" and .signer == "unverified"'
done
# In the reader's language, down to the words that the receipt has as names.
sinbun-verify --home "$desk" --lang ko receipt again.jws --key key.pem >said
grep -q '한 번 확인한' said || complain "said: $(cat said)"
sinbun-verify --home "$desk" --lang ko receipt a.jws --key key.pem >said
grep -q ': 모바일 주민등록증' said && grep -q '성명, 생년월일' said || complain "said: $(cat said)"
! grep -Eq 'not_checked|birth_date|resident' said || complain "names of members: $(cat said)"
# A new line at the end is no alteration; another letter is.
{ cat named.jws; echo; echo; } >lines.jws
wants 0 verify receipt lines.jws --root ca.pem
{ cat named.jws; echo A; } >lines.jws
wants 1 verify receipt lines.jws --root ca.pem
# The authority certifies others too, for other work: residents, for one. Theirs are no desk's receipts.
for usage in '' extendedKeyUsage=clientAuth extendedKeyUsage=anyExtendedKeyUsage; do
	printf '%s\n' 'basicConstraints=critical,CA:FALSE' 'keyUsage=critical,digitalSignature' $usage >extensions
	openssl x509 -req -in any.csr -force_pubkey key.pem -CA ca.pem -CAkey ca.key -days 9 -extfile extensions -outform DER -out other.der 2>/dev/null
	forged=$(jq -Rr 'split(".") | .[0] | gsub("-"; "+") | gsub("_"; "/") | @base64d' named.jws | jq -c --arg c "$(base64 -w0 other.der)" '.x5c = [$c]' |
		basenc -w0 --base64url | tr -d =)
	sed "s/^[^.]*/$forged/" named.jws >forged.jws # the header is signed: so this is altered as well, and never trusted
	wants 1 verify receipt forged.jws --root ca.pem
done

# Module and PIN by the URI alone; the PIN's file.
echo desk-passphrase >pin
printf 'receipt-key = pkcs11:token=desk;id=%%01?module-path=%s&pin-source=file:%s\n' "$module" "$here/pin" >"$desk/desk.conf"
wants 0 verify exempt --patient 99 --reason referral --receipt uri.jws
wants 0 verify receipt uri.jws --root ca.pem
for uri in 'pkcs11:token=desk;object=nobody?module-path='"$module"'&pin-source=file:'"$here/pin" 'pkcs11:token=other?module-path='"$module"; do
	printf 'receipt-key = %s\n' "$uri" >"$desk/desk.conf"
	wants 5 verify exempt --patient 99 --reason referral --receipt no.jws
	says '.error == "not_found"'
done
for uri in 'pkcs11:%zz' 'pkcs11:object=receipt' 'pkcs11:token=desk?pin-value=1' 'file:key'; do
	printf 'receipt-key = %s\n' "$uri" >"$desk/desk.conf"
	wants 3 verify exempt --patient 99 --reason referral --receipt no.jws
	says '.error == "bad_configuration"'
done

# Killed at any of its writes: the receipt is there whole, or not at all.
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
	printf 'receipt-key = pkcs11:token=desk;id=%%01?module-path=%s&pin-source=file:%s\n' "$module" "$here/pin" >"$desk/desk.conf"
	for n in $(seq 1 40); do
		rm -f killed.jws
		got=0
		{ strace -f -o /dev/null -e trace=write,fsync,link,unlink -e inject=write,fsync,link,unlink:signal=KILL:when=$n \
			sinbun-verify --home "$desk" --json exempt --patient 99 --reason referral --receipt killed.jws >out || got=$?; } 2>/dev/null
		[ ! -e killed.jws ] || wants 0 verify receipt killed.jws --key key.pem
		[ "$got" != 0 ] || break
	done
	[ "$n" -gt 4 ] && [ "$got" = 0 ] || complain "killed at $n writes, then $got"
fi

# A token of another maker.
soft=$(find /usr/lib /usr/local/lib ${SOFTHSM2_DIR:-} -name libsofthsm2.so 2>/dev/null | head -1)
if [ -n "$soft" ] && command -v softhsm2-util >/dev/null; then
	mkdir soft
	printf 'directories.tokendir = %s\n' "$here/soft" >soft.conf
	export SOFTHSM2_CONF=$here/soft.conf
	softhsm2-util --module "$soft" --init-token --free --label clinic --pin 123456 --so-pin 12345678 >softlog 2>&1 || complain "no token: $(cat softlog)"
	pkcs11-tool --module "$soft" --token-label clinic --login --pin 123456 --keypairgen --key-type EC:prime256v1 --label receipt --id 07 >softlog 2>&1 ||
		complain "no key: $(cat softlog)"
	pkcs11-tool --module "$soft" --token-label clinic --login --pin 123456 --read-object --type pubkey --id 07 -o soft.der >softlog 2>&1
	openssl pkey -pubin -inform DER -in soft.der -out soft.pem
	echo 'receipt-key = pkcs11:token=clinic;object=receipt' >"$desk/desk.conf"
	wants 0 verify exempt --patient 99 --reason referral --receipt soft.jws --module "$soft" --pin-fd 5 5<<<123456
	wants 0 verify receipt soft.jws --key soft.pem
	wants 1 verify receipt soft.jws --key key.pem
	wants 6 verify exempt --patient 99 --reason referral --receipt soft2.jws --module "$soft" --pin-fd 5 5<<<654321
fi

# Any byte: another one, missing, or one more.
size=$(stat -c %s a.jws)
for at in $(seq 0 $((size / 60)) $((size - 1))) $((size - 1)); do
	cp a.jws mutant
	byte=$(dd if=a.jws bs=1 skip="$at" count=1 2>/dev/null)
	[ "$byte" = A ] && new=B || new=A
	printf %s "$new" | dd of=mutant bs=1 seek="$at" conv=notrunc 2>/dev/null
	wants 1 verify receipt mutant --key key.pem
	says '.error == "altered" or .error == "malformed"'
	head -c "$at" a.jws >mutant
	wants 1 verify receipt mutant --key key.pem
done
{ cat a.jws; echo A; } >mutant
wants 1 verify receipt mutant --key key.pem
finish
