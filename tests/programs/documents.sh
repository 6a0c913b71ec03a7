#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Documents as data: the resident card as an mdoc, the driving licence from its file, and a third type from a file that only these
# directories have. Issued to one token, checked by the phone as strictly as the card itself.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
needs_foreign_hosts
command -v pkcs11-tool >/dev/null || exit 77
reseal() { "$SINBUN_BUILDDIR/tests/lib/reseal" "$@"; }
read_mdoc() { "$SINBUN_BUILDDIR/tests/lib/read-mdoc" "$registry/pki/root.pem" "$@"; }
# object NAME: a private object of the phone's token into ./object.
object() {
	SINBUN_CONF=$phone/sinbun.conf pkcs11-tool --module "$SINBUN_MODULE" --token-label mobile-id --login --pin $PIN \
		--read-object --type data --label "$1" -o object >/dev/null 2>&1
}
# mdoc TYPE: what an independent look at the token's mdoc says, as JSON in ./out.
mdoc() { object "mdoc:$1" && read_mdoc object >out || complain "no mdoc of $1 in the token"; }

make_registry
"$SINBUN_BUILDDIR/tests/lib/draw-portrait" 1 one.jpg
licence='"[{""vehicle_category_code"":""B"",""issue_date"":""2015-07-01"",""expiry_date"":""2035-06-30""}]"'
head=rrn,name,address,authority,issue_date,name_hanja,portrait,family_name,given_name,licence_number,licence_issue_date,licence_expiry_date,licence_authority,driving_privileges
person='900101-1000000,홍시험,서울특별시 시험구 시험로 1,서울특별시 시험구청장,2024-03-02,洪試驗,one.jpg,HONG,SIHEOM'
printf '%s\n' "$head" "$person,11-15-000001-00,2015-07-01,2035-06-30,서울특별시경찰청,$licence" >licences.csv
wants 0 admin registry import licences.csv
wants 0 admin registry import licences.csv
says '.same == 1'

# --- a third type: a file in documents.d of the two directories, and a column of its own ---
for d in "$registry" "$phone" "$desk"; do
	mkdir -p "$d/documents.d"
	cat >"$d/documents.d/library_card.conf" <<-END
		label.ko = 도서관 회원증
		label.en = Library card
		doctype = kr.example.library.1
		namespace = kr.example.library.1
		vct = urn:example:library:1
		vct-number = 65099
		validity-days = 365
		[element name]
		label.ko = 성명
		label.en = Name
		type = text
		required = yes
		[element member]
		label.ko = 회원번호
		label.en = Member number
		type = text
		source = library_member
		required = yes
		[element adult]
		label.ko = 성인 여부
		label.en = Adult
		type = bool
		source = age_over_19
		[element branches]
		label.ko = 이용 도서관
		label.en = Branches
		type = json
		source = library_branches
		[element library]
		label.ko = 도서관
		label.en = Library
		type = text
		value = 시험도서관
	END
done
printf '%s\n' "$head,library_member,library_branches" \
	"$person,11-15-000001-00,2015-07-01,2035-06-30,서울특별시경찰청,$licence,L-77,\"[1, 2]\"" >third.csv
wants 0 admin registry import third.csv
says '.changed == 1'

# --- all three to one token ---
make_card
says '.documents == ["resident", "driving_licence", "library_card"]'
mdoc resident
says '.docType == "kr.sinbun.resident.1" and .status.idx >= 0 and .status.uri != ""'
says '.elements["kr.sinbun.resident.1"] | .name == "홍시험" and .name_hanja == "洪試驗" and .rrn == "900101-1000000" and .birth_date == "1990-01-01"
	and .address == "서울특별시 시험구 시험로 1" and .address_short == "서울특별시 시험구 시험로" and .issue_date == "2024-03-02"
	and .authority == "서울특별시 시험구청장" and .age_over_19 == true and (has("portrait_sha256") | not)'
jq -r '.elements["kr.sinbun.resident.1"].portrait' out | tr _- /+ | base64 -di 2>/dev/null | cmp - one.jpg || complain "the photo is another"
key=$(jq -r .deviceKey out)
mdoc driving_licence
says '.docType == "org.iso.18013.5.1.mDL"'
says '.elements["org.iso.18013.5.1"] | .family_name == "HONG" and .document_number == "11-15-000001-00" and .un_distinguishing_sign == "ROK"
	and .driving_privileges == [{vehicle_category_code: "B", issue_date: "2015-07-01", expiry_date: "2035-06-30"}]
	and .expiry_date == "2035-06-30" and .age_over_18 == true and (has("family_name_national_character") | not)'
[ "$(jq -r .deviceKey out)" = "$key" ] || complain "the licence is for another key"
mdoc library_card
says '.elements["kr.example.library.1"] == {name: "홍시험", member: "L-77", adult: true, branches: [1, 2], library: "시험도서관"}'
[ "$(jq -r .deviceKey out)" = "$key" ] || complain "the library card is for another key"
# The card itself works as before.
wants 0 holder show --details
says '.fields | .name_hanja == "洪試驗" and .rrn == "900101-1000000"'
make_desk
show code
wants 0 verify scan code.png

# --- who has no licence gets none; who has one that has run out neither ---
phone=$here/second
cheap "$phone"
printf '%s\n' "$head" '910101-1000000,가시험,서울특별시 시험구 시험로 2,서울특별시 시험구청장,2024-03-02,,,,,,,,,' \
	"920101-1000000,나시험,서울특별시 시험구 시험로 3,서울특별시 시험구청장,2024-03-02,,one.jpg,NA,SIHEOM,11-15-000002-00,2005-07-01,2015-06-30,서울특별시경찰청,$licence" >others.csv
wants 0 admin registry import others.csv
jq '.name = "가시험" | .rrn = "910101-1000000"' <<<"$resident" >person.json
make_card
says '.documents == ["resident"]'
wants 0 holder show --details
says '.fields | has("name_hanja") | not'
phone=$here/third
cheap "$phone"
jq '.name = "나시험" | .rrn = "920101-1000000"' <<<"$resident" >person.json
make_card
says '.documents == ["resident"]'

# --- a phone that does not know a type takes nothing of the response, and all of it once it has the file ---
phone=$here/fourth
cheap "$phone"
echo "$resident" >person.json
wants 0 admin enrol --officer o1 --input person.json --replace --offer offer.json
wants 0 holder enrol --offer offer.json --request request.json --puk-out puk4
wants 0 admin issue --officer o1 --request request.json --response response.json
wants 3 holder enrol --response response.json
says '.error == "no_document_type" and (.field | endswith("library_card.conf"))'
wants 10 holder show
cp -r "$here/phone/documents.d" "$phone"
wants 0 holder enrol --response response.json
says '.documents == ["resident", "driving_licence", "library_card"]'

# --- columns of document types are checked like the others ---
while IFS='|' read -r row field code; do
	printf '%s\n' "$head" "$row" >bad.csv
	wants 4 admin registry import bad.csv --report report.csv
	grep -q "^2,$field,$code," report.csv || complain "not reported: $field,$code: $(tail -1 report.csv)"
done <<END
$person,1,2015-02-30,2035-06-30,경찰청,$licence|licence_issue_date|date
$person,1,2015-07-01,2035-06-30,경찰청,[|driving_privileges|json
$person,1,2015-07-01,2035-06-30,경찰청,1.5|driving_privileges|json
$person,1,2015-07-01,2035-06-30,경찰청,"{""a"":1,""a"":2}"|driving_privileges|json
$person,$(printf '1%.0s' $(seq 201)),2015-07-01,2035-06-30,경찰청,$licence|licence_number|text
END
printf '%s\n' "$head,nothing_asks_for_this" >bad.csv
wants 4 admin registry import bad.csv
says '.error == "bad_header" and .field == "nothing_asks_for_this"'

# --- two types that a reader could not tell apart ---
sed 's/library.1/library.2/; s/example:library:1/example:library:2/' "$registry/documents.d/library_card.conf" >"$registry/documents.d/again.conf"
wants 3 admin registry import licences.csv
says '.error == "bad_document_type" and (.message | contains("vct-number"))'
rm "$registry/documents.d/again.conf"

cp "$registry/documents.d/library_card.conf" "$registry/documents.d/Library Card.conf"
wants 3 admin registry import licences.csv
says '.error == "bad_document_type" and .field == "Library Card"'
rm "$registry/documents.d/Library Card.conf"

# --- files with mistakes: line and word are told ---
while IFS='|' read -r line word; do
	printf '%s\n' "$line" >>"$registry/documents.d/library_card.conf"
	wants 3 admin registry import licences.csv
	says ".error == \"bad_document_type\" and (.message | contains(\"$word\"))"
	sed -i '$d' "$registry/documents.d/library_card.conf"
done <<'END'
source = ../x|../x
qr-only = yes|library
source = other|library
type = number|number
END
finish
