/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "check.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "formats/cose.h"
#include "formats/mdoc_private.h"
#include "formats/status_list.h"
#include "mdoc_maker.h"
#include "vectors.h"

/* Documents written by hand, each signed well by issuer and device: only their form is at fault, in one place. */

static struct maker m;

/* What is written otherwise than it should be; NULL and 0: as it should. Texts are hexadecimal CBOR. */
struct form {
	const char *what;
	enum sb_mdoc_fault why;
	/* the element */
	unsigned salt;            /* bytes; 0: 32 */
	const char *item_tail;    /* members behind the four, with count 5 */
	const char *digest_id;    /* "00" */
	bool item_untagged, item_wrong_tag, digest_untagged, twice, same_id;
	/* the mobile security object */
	const char *version, *algorithm, *doctype, *signed_at, *valid_from, *valid_until, *device_key, *status, *mso_tail;
	bool mso_untagged;
	/* issuerAuth */
	const char *protected_map, *chain, *unprotected_tail;
	bool tagged, der, detached, with_root, chain_of_one;
	/* deviceSigned */
	const char *device_elements, *authorizations, *device_protected, *device_unprotected;
	bool device_tagged, attached, both, untagged_authentication, transcript_tagged, other_key;
	/* around it */
	const char *response_version, *response_tail, *document_tail, *document_type;
	unsigned response_status;
};

static void put_hex(struct sb_bytes *out, const char *hex)
{
	hex_append(hex, strlen(hex), out);
}

static void put_name(struct sb_bytes *out, const char *name)
{
	REQUIRE(sb_cbor_put_string(out, name) == SB_OK);
}

static void put_head(struct sb_bytes *out, enum sb_cbor_type type, uint64_t value)
{
	REQUIRE(sb_cbor_put_head(out, type, value) == SB_OK);
}

static void put_raw(struct sb_bytes *out, const struct sb_bytes *more)
{
	REQUIRE(sb_bytes_append(out, more->data, more->len) == SB_OK);
}

static void put_embedded(struct sb_bytes *out, const struct sb_bytes *inside, bool tagged)
{
	REQUIRE((tagged ? sb_cbor_put_embedded(out, sb_bytes_slice(inside)) : sb_cbor_put_bytes(out, inside->data, inside->len)) == SB_OK);
}

/* IssuerSignedItemBytes; digest: of it. */
static void put_item(const struct form *f, const char *id, const char *name, struct sb_bytes *out, uint8_t digest[32])
{
	static const uint8_t salt[64] = {7};
	struct sb_bytes item = {0};
	size_t start = out->len;

	put_head(&item, SB_CBOR_MAP, f->item_tail ? 5 : 4);
	put_name(&item, "digestID");
	put_hex(&item, id);
	put_name(&item, "random");
	REQUIRE(sb_cbor_put_bytes(&item, salt, f->salt ? f->salt : 32) == SB_OK);
	put_name(&item, "elementIdentifier");
	put_name(&item, name);
	put_name(&item, "elementValue");
	put_name(&item, "홍시험");
	if (f->item_tail)
		put_hex(&item, f->item_tail);
	if (f->item_wrong_tag) {
		put_head(out, SB_CBOR_TAG, 25);
		put_embedded(out, &item, false);
	} else
		put_embedded(out, &item, !f->item_untagged);
	REQUIRE((f->digest_untagged ? sb_sha256(item.data, item.len, digest) : sb_sha256(out->data + start, out->len - start, digest)) == SB_OK);
	sb_bytes_free(&item);
}

static void put_time(struct sb_bytes *out, const char *name, const char *hex, int64_t seconds)
{
	put_name(out, name);
	if (hex)
		put_hex(out, hex);
	else
		REQUIRE(mdoc_put_time(out, seconds) == SB_OK);
}

static void put_digests(struct sb_bytes *out, const struct form *f, uint8_t digests[2][32])
{
	bool two = f->twice || f->same_id;

	put_name(out, "valueDigests");
	put_head(out, SB_CBOR_MAP, 1);
	put_name(out, MAKER_TYPE);
	put_head(out, SB_CBOR_MAP, two && !f->same_id ? 2 : 1);
	put_hex(out, f->digest_id ? f->digest_id : "00");
	REQUIRE(sb_cbor_put_bytes(out, digests[0], 32) == SB_OK);
	if (two && !f->same_id) {
		put_hex(out, "01");
		REQUIRE(sb_cbor_put_bytes(out, digests[1], 32) == SB_OK);
	}
}

static void put_device_key(struct sb_bytes *out, const struct form *f)
{
	put_name(out, "deviceKeyInfo");
	put_head(out, SB_CBOR_MAP, f->authorizations ? 2 : 1);
	put_name(out, "deviceKey");
	if (f->device_key)
		put_hex(out, f->device_key);
	else
		REQUIRE(sb_cose_key_put(out, m.device.point, false) == SB_OK);
	if (f->authorizations) {
		put_name(out, "keyAuthorizations");
		put_hex(out, f->authorizations);
	}
}

static void put_object(struct sb_bytes *out, const struct form *f, uint8_t digests[2][32])
{
	put_head(out, SB_CBOR_MAP, 6 + (f->status != NULL) + (f->mso_tail != NULL));
	put_name(out, "version");
	put_name(out, f->version ? f->version : "1.0");
	put_name(out, "digestAlgorithm");
	put_name(out, f->algorithm ? f->algorithm : "SHA-256");
	put_digests(out, f, digests);
	put_device_key(out, f);
	put_name(out, "docType");
	put_name(out, f->doctype ? f->doctype : MAKER_TYPE);
	put_name(out, "validityInfo");
	put_head(out, SB_CBOR_MAP, 3);
	put_time(out, "signed", f->signed_at, MAKER_NOW - 100);
	put_time(out, "validFrom", f->valid_from, MAKER_NOW - 100);
	put_time(out, "validUntil", f->valid_until, MAKER_NOW + 1000);
	if (f->status) {
		put_name(out, "status");
		put_hex(out, f->status);
	}
	if (f->mso_tail)
		put_hex(out, f->mso_tail);
}

static void put_chain(struct sb_bytes *out, const struct form *f)
{
	put_head(out, SB_CBOR_MAP, f->unprotected_tail ? 2 : 1);
	put_hex(out, "1821");
	if (f->chain)
		put_hex(out, f->chain);
	else {
		if (f->with_root || f->chain_of_one)
			put_head(out, SB_CBOR_ARRAY, f->with_root ? 2 : 1);
		REQUIRE(sb_cbor_put_bytes(out, m.signer.data, m.signer.len) == SB_OK);
		if (f->with_root)
			REQUIRE(sb_cbor_put_bytes(out, m.root.data, m.root.len) == SB_OK);
	}
	if (f->unprotected_tail)
		put_hex(out, f->unprotected_tail);
}

/* DER of r and s, as OpenSSL would write them; only their form matters here. */
static void to_der(struct sb_bytes *message)
{
	uint8_t raw[64], der[72] = {0x30, 70, 2, 33, 0};

	memcpy(raw, message->data + message->len - 64, 64);
	memcpy(der + 5, raw, 32);
	der[37] = 2;
	der[38] = 33;
	der[39] = 0;
	memcpy(der + 40, raw + 32, 32);
	message->len -= 66;
	REQUIRE(sb_cbor_put_bytes(message, der, sizeof der) == SB_OK);
}

static void put_issuer_auth(struct sb_bytes *out, const struct form *f, uint8_t digests[2][32])
{
	struct sb_bytes object = {0}, payload = {0}, protected_map = {0}, unprotected = {0};
	enum sb_cose_form form = f->tagged ? SB_COSE_TAGGED : f->detached ? SB_COSE_DETACHED : SB_COSE_BARE;

	put_object(&object, f, digests);
	if (f->mso_untagged)
		put_raw(&payload, &object);
	else
		put_embedded(&payload, &object, true);
	put_hex(&protected_map, f->protected_map ? f->protected_map : "a10126");
	put_chain(&unprotected, f);
	REQUIRE(sb_cose_sign1_make_as(form, sb_bytes_slice(&protected_map), sb_bytes_slice(&unprotected), sb_bytes_slice(&payload),
			&m.signer_key.signer, out) == SB_OK);
	if (f->der)
		to_der(out);
	sb_bytes_free(&object);
	sb_bytes_free(&payload);
	sb_bytes_free(&protected_map);
	sb_bytes_free(&unprotected);
}

static void put_issued(struct sb_bytes *out, const struct form *f)
{
	uint8_t digests[2][32];
	bool two = f->twice || f->same_id;

	put_head(out, SB_CBOR_MAP, 2);
	put_name(out, "nameSpaces");
	put_head(out, SB_CBOR_MAP, 1);
	put_name(out, MAKER_TYPE);
	put_head(out, SB_CBOR_ARRAY, two ? 2 : 1);
	put_item(f, f->digest_id ? f->digest_id : "00", "name", out, digests[0]);
	if (two)
		put_item(f, f->same_id ? "00" : "01", f->same_id ? "other" : "name", out, digests[1]);
	put_name(out, "issuerAuth");
	put_issuer_auth(out, f, digests);
}

/* What the device signs. */
static void device_authentication(const struct form *f, const struct sb_bytes *elements, struct sb_bytes *out)
{
	struct sb_bytes array = {0};

	put_head(&array, SB_CBOR_ARRAY, 4);
	put_name(&array, "DeviceAuthentication");
	if (f->transcript_tagged)
		put_embedded(&array, &m.transcript, true);
	else
		put_raw(&array, &m.transcript);
	put_name(&array, f->doctype ? f->doctype : MAKER_TYPE);
	put_embedded(&array, elements, true);
	if (f->untagged_authentication)
		put_raw(out, &array);
	else
		put_embedded(out, &array, true);
	sb_bytes_free(&array);
}

static void put_device_signed(struct sb_bytes *out, const struct form *f)
{
	struct sb_bytes elements = {0}, covered = {0}, protected_map = {0}, unprotected = {0};
	enum sb_cose_form form = f->device_tagged ? SB_COSE_TAGGED : f->attached ? SB_COSE_BARE : SB_COSE_DETACHED;

	put_hex(&elements, f->device_elements ? f->device_elements : "a0");
	put_head(out, SB_CBOR_MAP, 2);
	put_name(out, "nameSpaces");
	put_embedded(out, &elements, true);
	put_name(out, "deviceAuth");
	put_head(out, SB_CBOR_MAP, f->both ? 2 : 1);
	device_authentication(f, &elements, &covered);
	put_hex(&protected_map, f->device_protected ? f->device_protected : "a10126");
	put_hex(&unprotected, f->device_unprotected ? f->device_unprotected : "a0");
	put_name(out, "deviceSignature");
	REQUIRE(sb_cose_sign1_make_as(form, sb_bytes_slice(&protected_map), sb_bytes_slice(&unprotected), sb_bytes_slice(&covered),
			f->other_key ? &m.signer_key.signer : &m.device.signer, out) == SB_OK);
	if (f->both) {
		put_name(out, "deviceMac");
		REQUIRE(sb_cose_mac0_make(SB_COSE_DETACHED, sb_bytes_slice(&covered), sb_slice("x", 1), out) == SB_OK);
	}
	sb_bytes_free(&elements);
	sb_bytes_free(&covered);
	sb_bytes_free(&protected_map);
	sb_bytes_free(&unprotected);
}

static void write_form(const struct form *f, struct sb_bytes *out)
{
	put_head(out, SB_CBOR_MAP, f->response_tail ? 4 : 3);
	put_name(out, "version");
	put_name(out, f->response_version ? f->response_version : "1.0");
	put_name(out, "documents");
	put_head(out, SB_CBOR_ARRAY, 1);
	put_head(out, SB_CBOR_MAP, f->document_tail ? 4 : 3);
	put_name(out, "docType");
	put_name(out, f->document_type ? f->document_type : f->doctype ? f->doctype : MAKER_TYPE);
	put_name(out, "issuerSigned");
	put_issued(out, f);
	put_name(out, "deviceSigned");
	put_device_signed(out, f);
	if (f->document_tail)
		put_hex(out, f->document_tail);
	put_name(out, "status");
	put_head(out, SB_CBOR_UINT, f->response_status);
	if (f->response_tail)
		put_hex(out, f->response_tail);
}

static enum sb_mdoc_fault judge(const struct sb_bytes *response)
{
	static struct sb_mdoc documents[SB_MDOC_DOCUMENTS];
	const struct sb_mdoc_question q = maker_question(&m);
	enum sb_mdoc_fault why;
	size_t count;

	if (sb_mdoc_parse_response(sb_bytes_slice(response), documents, &count, &why) == SB_OK)
		sb_mdoc_verify(&documents[0], &q, &why);
	return why;
}

#define IS(fault) SB_MDOC_FAULT_##fault

static const struct form forms[] = {
	{"as it should be", IS(NONE), .salt = 0},
	/* tolerated */
	{"a salt of 16 bytes", IS(NONE), .salt = 16},
	{"a large digest id", IS(NONE), .digest_id = "1a7fffffff"},
	{"an unprotected key identifier", IS(NONE), .unprotected_tail = "044131"},
	{"... and the device's", IS(NONE), .device_unprotected = "a104f7"},
	{"a later edition's member in what is signed", IS(NONE), .mso_tail = "616101"},
	{"errors of a document", IS(NONE), .document_tail = "666572726f7273a0"},
	{"document errors", IS(NONE), .response_tail = "6e646f63756d656e744572726f727380"},
	{"a device's own element, authorised by name space", IS(NONE), .device_elements = "a16161a1616201",
		.authorizations = "a16a6e616d65537061636573816161"},
	{"a device's own element, authorised by name", IS(NONE), .device_elements = "a16161a1616201",
		.authorizations = "a16c64617461456c656d656e7473a16161816162"},
	/* elements */
	{"a salt of 15 bytes", IS(SALT), .salt = 15},
	{"a salt of 8 bytes", IS(SALT), .salt = 8},
	{"a digest id of 2^31", IS(ELEMENT), .digest_id = "1a80000000"},
	{"a negative digest id", IS(ELEMENT), .digest_id = "20"},
	{"a fifth member of an element", IS(STRUCTURE), .item_tail = "616101"},
	{"an element without its tag", IS(CBOR), .item_untagged = true},
	{"an element under another tag", IS(CBOR), .item_wrong_tag = true},
	{"a digest over the element without its tag", IS(DIGEST), .digest_untagged = true},
	{"an element twice", IS(ELEMENT), .twice = true},
	{"a digest id twice", IS(ELEMENT), .same_id = true},
	/* the mobile security object */
	{"version 1.1", IS(VERSION), .version = "1.1"},
	{"SHA-1", IS(DIGEST_ALGORITHM), .algorithm = "SHA-1"},
	{"sha-256", IS(DIGEST_ALGORITHM), .algorithm = "sha-256"},
	{"a digest of another length", IS(ELEMENT), .algorithm = "SHA-512"},
	{"the object without its tag", IS(CBOR), .mso_untagged = true},
	{"a time with a fraction", IS(DATE), .signed_at = "c07818323032372d30312d31355430373a35383a32302e3030305a"},
	{"a time without its tag", IS(DATE), .signed_at = "74323032372d30312d31355430373a35383a32305a"},
	{"a time with an offset", IS(DATE), .valid_from = "c07819323032372d30312d31355430373a35383a32302b30393a3030"},
	{"a time as a number", IS(DATE), .valid_until = "c11a6b49d200"},
	{"a day that is none", IS(DATE), .valid_until = "c074323032382d30322d33305430373a35383a32305a"},
	{"an hour that is none", IS(DATE), .valid_until = "c074323032382d30322d32305432343a30303a30305a"},
	{"valid before it was signed", IS(DATE), .valid_from = "c074323032372d30312d31345430373a35383a32305a"},
	{"an end before the beginning", IS(DATE), .valid_until = "c074323032372d30312d31345430373a35383a32305a"},
	{"not valid yet", IS(NOT_YET_VALID), .valid_from = "c074323032382d30312d31345430373a35383a32305a",
		.valid_until = "c074323032392d30312d31345430373a35383a32305a"},
	{"expired", IS(EXPIRED), .signed_at = "c074323032362d31322d31345430373a35383a32305a",
		.valid_from = "c074323032362d31322d31345430373a35383a32305a", .valid_until = "c074323032372d30312d31345430373a35383a32305a"},
	{"a device key of another curve", IS(DEVICE_KEY), .device_key = "a401022002214161224162"},
	{"a device key that is no point", IS(DEVICE_KEY),
		.device_key = "a40102200121582011111111111111111111111111111111111111111111111111111111111111112258201111111111111111111111111111111111111111111111111111111111111111"},
	{"an Ed25519 device key", IS(DEVICE_KEY), .device_key = "a301012006215820" "1111111111111111111111111111111111111111111111111111111111111111"},
	{"another mechanism for status", IS(STRUCTURE), .status = "a16f6964656e7469666965725f6c697374a0"},
	{"a status without a number", IS(STRUCTURE), .status = "a16b7374617475735f6c697374a163757269617a"},
	{"a negative status number", IS(STRUCTURE), .status = "a16b7374617475735f6c697374a2636964782063757269617a"},
	{"a status", IS(NONE), .status = "a16b7374617475735f6c697374a2636964780163757269617a"},
	/* issuerAuth */
	{"tag 18 around issuerAuth", IS(COSE), .tagged = true},
	{"no payload in issuerAuth", IS(COSE), .detached = true},
	{"alg -9", IS(COSE), .protected_map = "a10128"},
	{"alg none (0)", IS(COSE), .protected_map = "a10100"},
	{"alg \"none\"", IS(COSE), .protected_map = "a101646e6f6e65"},
	{"alg -8", IS(COSE), .protected_map = "a10127"},
	{"no alg", IS(COSE), .protected_map = "a0"},
	{"alg twice", IS(COSE), .protected_map = "a201260126"},
	{"a critical header", IS(COSE), .protected_map = "a30126028118631863f6"},
	{"alg unprotected too", IS(COSE), .unprotected_tail = "0126"},
	{"an unknown unprotected header", IS(COSE), .unprotected_tail = "1863f6"},
	{"a signature in DER", IS(COSE), .der = true},
	{"the root inside x5chain", IS(CHAIN), .with_root = true},
	{"one certificate in an array", IS(CHAIN), .chain_of_one = true},
	{"an empty certificate", IS(CHAIN), .chain = "40"},
	{"no certificates", IS(CHAIN), .chain = "80"},
	{"a certificate as text", IS(CHAIN), .chain = "6161"},
	{"garbage for a certificate", IS(CHAIN), .chain = "420000"},
	{"the certificate twice", IS(CBOR), .unprotected_tail = "182140"},
	/* the device */
	{"a device's element without a right to it", IS(UNAUTHORIZED), .device_elements = "a16161a1616201"},
	{"... with a right to another one", IS(UNAUTHORIZED), .device_elements = "a16161a1616201",
		.authorizations = "a16c64617461456c656d656e7473a16161816163"},
	{"... and in another name space", IS(UNAUTHORIZED), .device_elements = "a16161a1616201",
		.authorizations = "a16a6e616d65537061636573816162"},
	{"an empty name space of the device", IS(STRUCTURE), .device_elements = "a16161a0"},
	{"tag 18 around the device's signature", IS(COSE), .device_tagged = true},
	{"the device's payload attached", IS(COSE), .attached = true},
	{"a signature and a MAC", IS(STRUCTURE), .both = true},
	{"the device's alg -9", IS(COSE), .device_protected = "a10128"},
	{"an unprotected header of the device", IS(COSE), .device_unprotected = "a1182140"},
	{"another key's signature", IS(DEVICE_SIGNATURE), .other_key = true},
	{"DeviceAuthentication without its tag", IS(DEVICE_SIGNATURE), .untagged_authentication = true},
	{"the transcript under tag 24", IS(DEVICE_SIGNATURE), .transcript_tagged = true},
	/* around it */
	{"response version 1.1", IS(VERSION), .response_version = "1.1"},
	{"status 10", IS(STATUS), .response_status = 10},
	{"an unknown member of the response", IS(STRUCTURE), .response_tail = "616101"},
	{"a member of the response twice", IS(CBOR), .response_tail = "6776657273696f6e63312e30"},
	{"an unknown member of the document", IS(STRUCTURE), .document_tail = "616101"},
	{"another type on the document", IS(DOCTYPE), .document_type = "org.iso.18013.5.1.mDL"},
};

static void forms_are_judged(void)
{
	unsigned refused = 0;

	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		struct sb_bytes response = {0};
		enum sb_mdoc_fault got;

		write_form(&forms[i], &response);
		got = judge(&response);
		check_count++;
		refused += got != SB_MDOC_FAULT_NONE;
		if (got != forms[i].why) {
			fprintf(stderr, "%s: %s, not %s\n", forms[i].what, sb_mdoc_fault_name(got), sb_mdoc_fault_name(forms[i].why));
			check_failures++;
		}
		sb_bytes_free(&response);
	}
	printf("%zu forms, %u refused\n", sizeof forms / sizeof *forms, refused);
}

/* Too deep, too large, too many. */
static void limits(void)
{
	struct sb_bytes data = {0};
	enum sb_mdoc_fault why;
	struct sb_mdoc mdoc;

	put_hex(&data, "a1617a");
	for (int i = 0; i < SB_CBOR_DEPTH + 1; i++)
		put_hex(&data, "81");
	put_hex(&data, "00");
	CHECK(sb_mdoc_parse_issued(sb_bytes_slice(&data), &mdoc, &why) == SB_E_FORMAT && why == SB_MDOC_FAULT_CBOR);
	sb_bytes_free(&data);
	put_hex(&data, "a1617a5a00400000");
	REQUIRE(sb_bytes_extend(&data, SB_MDOC_SIZE_MAX));
	CHECK(sb_mdoc_parse_issued(sb_bytes_slice(&data), &mdoc, &why) == SB_E_FORMAT && why == SB_MDOC_FAULT_CBOR);
	sb_bytes_free(&data);
	CHECK(sb_mdoc_parse_issued(sb_slice("", 0), &mdoc, &why) == SB_E_FORMAT && why == SB_MDOC_FAULT_CBOR);
	CHECK(sb_mdoc_parse_issued(sb_slice("\xa0", 1), &mdoc, &why) == SB_E_FORMAT && why == SB_MDOC_FAULT_STRUCTURE);
	CHECK(sb_mdoc_parse_issued(sb_slice("\x80", 1), &mdoc, &why) == SB_E_FORMAT && why == SB_MDOC_FAULT_STRUCTURE);
}

/* Every fault has a name and words, and a kind that its error follows from. */
static void faults_have_words(void)
{
	for (int f = 0; f < SB_MDOC_FAULT_COUNT; f++) {
		enum sb_mdoc_fault why;

		CHECK(*sb_mdoc_fault_name((enum sb_mdoc_fault)f) && *sb_mdoc_fault_text((enum sb_mdoc_fault)f));
		CHECK((mdoc_fault(&why, (enum sb_mdoc_fault)f) == SB_OK) == (f == SB_MDOC_FAULT_NONE));
		CHECK_EQ(why, f);
	}
}

/* A status number that the list does not have is no status. */
static void numbers_outside_the_list(void)
{
	struct sb_status_list *list;
	unsigned status;

	REQUIRE(sb_status_list_new("s://l", 2, 100, &list) == SB_OK);
	CHECK_EQ(sb_status_list_get(list, 99, &status), SB_OK);
	CHECK_EQ(sb_status_list_get(list, 100, &status), SB_E_RANGE);
	CHECK_EQ(sb_status_list_get(list, UINT64_MAX, &status), SB_E_RANGE);
	sb_status_list_free(&list);
}

int main(void)
{
	REQUIRE(sb_crypto_start() == SB_OK);
	m = maker_new();
	forms_are_judged();
	limits();
	faults_have_words();
	numbers_outside_the_list();
	maker_free(&m);
	return check_result();
}
