#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Anybody who has seen a request can seal a response to it. The device took whatever names and photo came with credentials for its keys, and
# showed what nobody had signed. Now all of it must be one issuer's word; else it is refused as a whole, and the part is named.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
needs_foreign_hosts
command -v pkcs11-tool >/dev/null || exit 77
reseal() { "$SINBUN_BUILDDIR/tests/lib/reseal" "$@"; }
# box_of HOME FILE: the key pair that a device waits for its response with, public key first. It is in the token, behind the PIN.
box_of() {
	SINBUN_CONF=$1/sinbun.conf pkcs11-tool --module "$SINBUN_MODULE" --token-label mobile-id --login --pin $PIN \
		--read-object --type data --label enrolment-box -o box.raw >/dev/null 2>&1
	{ tail -c +33 box.raw | head -c 32; head -c 32 box.raw; } >"$2"
}
make_registry
"$SINBUN_BUILDDIR/tests/lib/draw-portrait" 1 one.jpg
"$SINBUN_BUILDDIR/tests/lib/draw-portrait" 2 two.jpg
{
	echo rrn,name,address,authority,issue_date,portrait
	echo '900101-1000000,홍시험,서울특별시 시험구 시험로 1,서울특별시 시험구청장,2024-03-02,one.jpg'
	echo '910101-1000000,가시험,서울특별시 시험구 시험로 2,서울특별시 시험구청장,2024-03-02,two.jpg'
} >residents.csv
wants 0 admin registry import residents.csv
# An honest response to the phone's request, opened with the key that only the phone has: what follows is put together from it.
make_request
box_of "$phone" secret
wants 0 admin issue --officer o1 --request request.json --response mine-response.json
reseal open secret mine-response.json >inside.json
jq -e '.x509 | length == 3' inside.json >/dev/null || complain "the issuer's certificates do not come along"
# Another person's card, for that person's device.
own=$phone phone=$here/second
cheap "$phone"
jq '.name = "가시험" | .rrn = "910101-1000000"' <<<"$resident" >second.json
wants 0 admin enrol --officer o1 --input second.json --offer second-offer.json
wants 0 holder enrol --offer second-offer.json --request second-request.json --puk-out puk2
box_of "$phone" secret2
wants 0 admin issue --officer o1 --request second-request.json --response mine2-response.json
reseal open secret2 mine2-response.json >other.json
phone=$own
# ... and another issuer's.
registry=$here/foreign
cheap "$registry" 'profile = general'
wants 0 admin init --issuer 다른구청 --url https://id.example
foreign=$(grep -v -e '-----' "$registry/pki/root.pem" | tr -d '\n')
foreign_signer=$(grep -v -e '-----' "$registry"/pki/signer-*.pem | tr -d '\n')

# forged ERROR FIELD JQ: the inside changed so is refused for this part.
forged() {
	jq -c --slurpfile other other.json --arg root "$foreign" --arg signer "$foreign_signer" "$3" inside.json >forged.json
	reseal seal request.json forged.json >response.json
	wants 4 holder enrol --response response.json
	says ".error == \"$1\" and .field == \"$2\" and (.message | contains(\"$2\"))"
	wants 10 holder show
}
forged unsigned_response name '.fields.name = "가시험"'
forged unsigned_response birth_date '.fields.birth_date = "1991-01-01"'
forged unsigned_response birth_date 'del(.fields.birth_date)'
forged unsigned_response address_short '.fields.address_short = "서울특별시 시험구 다른로"'
forged unsigned_response age_over_19 '.fields.age_over_19 = "false"'
forged unsigned_response rrn 'del(.fields.rrn)'
forged unsigned_response portrait '.portrait = $other[0].portrait'
forged unsigned_response portrait '.portrait = null'
forged unsigned_response portrait_sha256 '.portrait = $other[0].portrait | .fields.portrait_sha256 = $other[0].fields.portrait_sha256'
# The photo is larger than what can be shown beside a code: its reduction is what is signed, and the photo must show the same.
jq -e '.fields.portrait_small' inside.json >/dev/null || complain "no reduction of the photo comes along"
forged unsigned_response portrait '.fields.portrait_small = $other[0].fields.portrait_small'
forged unsigned_response portrait '.portrait = $other[0].portrait | .fields.portrait_small = $other[0].fields.portrait_small'
forged unsigned_response portrait 'del(.fields.portrait_small)'
forged unsigned_response portrait_sha256 '.portrait = null | del(.fields.portrait_sha256)'
forged unsigned_response portrait '.portrait = "AAAA"'
# What is shown must be signed, not only not contradicted.
forged unsigned_response portrait_sha256 'del(.credentials[] | select(.set == "full"))'
forged unsigned_response rrn 'del(.credentials[] | select(.format != "sd-cwt"))'
forged unsigned_response fields '.fields.nickname = "시험이"'
# What only a document says: the detail view.
forged unsigned_response rrn '.fields.rrn = "900101-1000001"'
forged unsigned_response address '.fields.address = "서울특별시 시험구 시험로 2"'
forged unsigned_response issue_date '.fields.issue_date = "2024-03-03"'
forged unsigned_response authority '.fields.authority = "다른구청장"'
forged unsigned_response name_hanja '.fields.name_hanja = "洪試驗"'
# Another card's document, an altered one, one under another type, one that is no mdoc.
forged foreign_response credentials '.credentials |= map(if .format == "mso_mdoc" then ($other[0].credentials[] | select(.format == "mso_mdoc")) else . end)'
forged unsigned_response credentials '.credentials |= map(if .format == "mso_mdoc" then .value |= .[0:-6] + (if .[-6:] == "AAAAAA" then "BAAAAA" else "AAAAAA" end) else . end)'
forged unsigned_response credentials '.credentials |= map(if .format == "mso_mdoc" then .type = "driving_licence" else . end)'
forged unsigned_response credentials '.credentials |= map(if .format == "mso_mdoc" then .value = "oA" else . end)'
forged unsigned_response credentials '.credentials |= map(if .format == "mso_mdoc" then .type = "../../etc/passwd" else . end)'
# Another card's credentials, an altered one, an unknown set, another type.
forged foreign_response credentials '.credentials = $other[0].credentials'
forged foreign_response credentials '.credentials = $other[0].credentials | .fields = $other[0].fields | .portrait = $other[0].portrait'
forged unsigned_response credentials '.credentials[1].value |= .[0:-6] + (if .[-6:] == "AAAAAA" then "BAAAAA" else "AAAAAA" end)'
forged unsigned_response credentials '.credentials[0].set = "everything"'
forged unsigned_response credentials '.credentials[1].type = "driving_licence"'
forged unsigned_response credentials '.credentials[0].type = "../../etc/passwd"'
# Certificates: absent, another device's, another issuer's.
forged unsigned_response x509 '.x509 = .x509[0:1]'
forged unsigned_response x509 '.x509[1] = "AAAA"'
forged foreign_response x509 '.x509[0] = $other[0].x509[0]'
forged unsigned_response x509 '.x509[2] = $root'
forged unsigned_response x509 '.x509[1] = $signer'
forged unsigned_response x509 '.x509[1] = .x509[0]'

# --- what the issuer sent is taken, and its root can be compared ---
reseal seal request.json inside.json >response.json
wants 0 holder enrol --response response.json
registry=$here/registry
says ".root_sha256 == \"$(openssl x509 -in "$registry/pki/root.pem" -outform der | sha256sum | cut -d' ' -f1)\""
wants 0 holder show
says '.fields == {name: "홍시험", birth_date: "1990-01-01", address_short: "서울특별시 시험구 시험로"}'
finish
