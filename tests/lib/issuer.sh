# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
#
# For tests of an issuer whose keys are in another token than sinbun's own. Sourced after programs.sh, with `admin` made to name that token.

# A registrar's whole work, from import to revocation, and what a phone and a desk make of it. The registry is there.
issuer_works() {
	make_card
	make_desk
	# Certificates and lists as others read them.
	openssl verify -x509_strict -CAfile "$registry/pki/root.pem" "$registry"/pki/signer-*.pem >out 2>&1 || complain "the signer's certificate: $(cat out)"
	show first
	wants 0 verify scan first.txt
	says '.result == "valid" and .fields.name == "홍시험"'
	wants 0 admin suspend --officer o1 --card "$card" --reason lost
	published
	show suspended
	refused suspended suspended.txt
	wants 0 admin resume --officer o1 --card "$card"
	published
	show resumed
	wants 0 verify scan resumed.txt
	wants 0 admin revoke --officer o1 --card "$card" --reason reissued
	published
	show revoked
	refused revoked revoked.txt
	wants 10 admin resume --officer o1 --card "$card"
	wants 0 admin status publish --out status
	check_status_list
}
published() {
	wants 0 admin bundle --out bundle.jwt
	wants 0 verify update --bundle bundle.jwt
}
# The list's signature is good under the signer's certificate, by OpenSSL: r and s as DER.
check_status_list() {
	local signature r s
	signature=$(cut -d. -f3 status/status.jwt | tr -d '\n' | tr -- -_ +/ | base64 -di 2>/dev/null | od -An -v -tx1 | tr -d ' \n')
	r=${signature:0:64} s=${signature:64:64}
	[ ${#signature} = 128 ] || complain "a signature of ${#signature} digits"
	printf 'asn1=SEQUENCE:rs\n[rs]\nr=INTEGER:0x%s\ns=INTEGER:0x%s\n' "$r" "$s" >rs.conf
	openssl asn1parse -genconf rs.conf -noout -out rs.der || complain "no signature: $signature"
	openssl x509 -in "$registry"/pki/signer-*.pem -noout -pubkey >signer.pub
	cut -d. -f1,2 status/status.jwt | tr -d '\n' | openssl dgst -sha256 -verify signer.pub -signature rs.der >out 2>&1 || complain "the status list: $(cat out)"
}
