/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "check.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "formats/cose.h"
#include "formats/mdoc.h"
#include "formats/openid4vp.h"
#include "formats/sd_jwt.h"
#include "formats/sdcwt.h"
#include "formats/status_list.h"
#include "formats/x509.h"
#include "software_signer.h"
#include "vectors.h"

/* Published vectors beside those in the tests of each format: what was computed on the way, other spellings of the same, and messages of a
 * kind that is refused here. tests/unit/vectors.sh sees to it that none is left over. */

#define ANNEX "iso18013-5-annexD/"
#define VP "openid4vp-1.0/"
#define VCLD VP "sd_jwt_vcld/01/"
#define STATUS "status-list/"

static unsigned values;

static void holds(bool good, const char *what)
{
	values++;
	check_count++;
	if (good)
		return;
	fprintf(stderr, "not as published: %s\n", what);
	check_failures++;
}

static void same(struct sb_slice got, struct sb_slice want, const char *what)
{
	holds(sb_slice_equal(got, want), what);
}

static void tell(const char *what)
{
	if (values)
		printf("%s: %u values\n", what, values);
	values = 0;
}

static struct sb_slice text_slice(const char *t)
{
	return sb_slice(t, strlen(t));
}

/* --- ISO/IEC 18013-5 Annex D: keys, certificates, engagement --- */

/* The public key that belongs to the private one, and what is printed of it. */
static void key_pair(const char *name, uint8_t point[65])
{
	struct sb_bytes d = {0}, xy = {0}, made = {0};
	struct sb_pkey *key = NULL;
	char path[3][100];

	for (int i = 0; i < 3; i++)
		snprintf(path[i], sizeof path[i], ANNEX "%s_%c.hex", name, "dxy"[i]);
	REQUIRE(vector_hex(path[0], &d) && vector_hex(path[1], &xy) && vector_hex(path[2], &xy) && xy.len == 64);
	REQUIRE(sb_pkey_from_ec_scalar("P-256", sb_bytes_slice(&d), &key) == SB_OK && sb_pkey_point(key, &made) == SB_OK && made.len == 65);
	same(sb_slice(made.data + 1, 64), sb_bytes_slice(&xy), name);
	memcpy(point, made.data, 65);
	sb_pkey_free(&key);
	sb_bytes_free(&d);
	sb_bytes_free(&xy);
	sb_bytes_free(&made);
}

/* #6.24(bstr .cbor COSE_Key) off the front. */
static struct sb_slice key_is(struct sb_slice *in, const uint8_t want[65], const char *what)
{
	struct sb_cbor_item tag, key;
	uint8_t point[65];

	REQUIRE(sb_cbor_next(in, &tag) == SB_OK && sb_cbor_embedded(&tag, &key) == SB_OK && sb_cose_key_read(&key, point) == SB_OK);
	same(sb_slice(point, 65), sb_slice(want, 65), what);
	return tag.whole;
}

/* The session's transcript holds both keys as they were sent. */
static void engagement(const uint8_t device[65], const uint8_t reader[65])
{
	struct sb_bytes transcript = {0}, sent = {0}, key = {0}, establishment = {0};
	struct sb_cbor_item tag, all, item, inside;
	struct sb_slice in, bytes;

	REQUIRE(vector_hex(ANNEX "session_transcript_bytes.hex", &transcript) && vector_hex(ANNEX "device_engagement.hex", &sent));
	REQUIRE(vector_hex(ANNEX "e_device_key_bytes.hex", &key) && vector_hex(ANNEX "session_establishment.hex", &establishment));
	REQUIRE(sb_cbor_only(sb_bytes_slice(&transcript), &tag) == SB_OK && sb_cbor_embedded(&tag, &all) == SB_OK && all.value == 3);
	in = sb_cbor_enter(&all);
	REQUIRE(sb_cbor_next(&in, &item) == SB_OK && sb_cbor_embedded(&item, &inside) == SB_OK);
	/* That session began by NFC, whose engagement names no other way; the one that is printed is a QR code's. */
	holds(memmem(inside.whole.data, inside.whole.len, key.data, key.len), "the device's key in the transcript");
	bytes = key_is(&in, reader, "the reader's key in the transcript");
	holds(memmem(establishment.data, establishment.len, bytes.data, bytes.len), "the reader's key where the session is established");
	in = sb_bytes_slice(&key);
	key_is(&in, device, "the device's key");
	holds(memmem(sent.data, sent.len, key.data, key.len), "the device's key in the engagement");
	sb_bytes_free(&transcript);
	sb_bytes_free(&sent);
	sb_bytes_free(&key);
	sb_bytes_free(&establishment);
}

static void is_cbor(const char *name)
{
	struct sb_bytes data = {0};
	struct sb_cbor_item item;

	REQUIRE(vector_hex(name, &data));
	holds(sb_cbor_only(sb_bytes_slice(&data), &item) == SB_OK && item.type == SB_CBOR_MAP, name);
	sb_bytes_free(&data);
}

static void annex_d(void)
{
	static struct sb_mdoc documents[SB_MDOC_DOCUMENTS];
	struct sb_bytes response = {0}, portrait = {0}, hex = {0}, pem = {0}, der = {0};
	const struct sb_mdoc_element *e;
	uint8_t device[65], reader[65], fixed[65];
	enum sb_mdoc_fault why;
	size_t count;

	if (!vector_hex(ANNEX "device_response.hex", &response))
		return;
	key_pair("ephemeral_device_key", device);
	key_pair("ephemeral_reader_key", reader);
	key_pair("static_device_key", fixed);
	engagement(device, reader);
	/* Encrypted for the session: not opened here, where nothing is shown over the air. */
	is_cbor(ANNEX "session_establishment.hex");
	is_cbor(ANNEX "session_data.hex");
	is_cbor(ANNEX "session_termination.hex");
	REQUIRE(sb_mdoc_parse_response(sb_bytes_slice(&response), documents, &count, &why) == SB_OK);
	REQUIRE(vector_hex(ANNEX "device_response_portrait_data.hex", &portrait) && vector_hex(ANNEX "ds_cert.hex", &hex));
	REQUIRE(vector_read(ANNEX "ds_cert.pem", &pem) && sb_pem_decode("CERTIFICATE", sb_bytes_slice(&pem), &der) == SB_OK);
	same(sb_slice(documents[0].device_point, 65), sb_slice(fixed, 65), "the key of the document");
	same(documents[0].certificate, sb_bytes_slice(&hex), "the signer's certificate");
	same(documents[0].certificate, sb_bytes_slice(&der), "the signer's certificate, PEM");
	e = sb_mdoc_find(&documents[0], text_slice("org.iso.18013.5.1"), text_slice("portrait"));
	holds(e && e->value.len > portrait.len &&
			memcmp(e->value.data + e->value.len - portrait.len, portrait.data, portrait.len) == 0, "the portrait");
	tell("ISO/IEC 18013-5 Annex D, keys and engagement");
	sb_bytes_free(&response);
	sb_bytes_free(&portrait);
	sb_bytes_free(&hex);
	sb_bytes_free(&pem);
	sb_bytes_free(&der);
}

/* --- OpenID4VP 1.0 --- */

static json_t *vector_json(const char *name)
{
	struct sb_bytes text = {0};
	json_t *json = vector_read(name, &text) ? sb_json_parse(sb_bytes_slice(&text), NULL, NULL) : NULL;

	sb_bytes_free(&text);
	return json;
}

static void handover(const char *kind, const char *transcript_name)
{
	struct sb_bytes info = {0}, handed = {0}, transcript = {0};
	uint8_t hash[SB_SHA256_SIZE];
	char name[100];

	snprintf(name, sizeof name, VP "%sHandoverInfo.hex", kind);
	REQUIRE(vector_hex(name, &info) && sb_sha256(info.data, info.len, hash) == SB_OK);
	snprintf(name, sizeof name, VP "%sHandover.hex", kind);
	REQUIRE(vector_hex(name, &handed) && handed.len > 34 && vector_hex(transcript_name, &transcript));
	same(sb_slice(handed.data + handed.len - 32, 32), sb_slice(hash, 32), name);
	holds(transcript.len == handed.len + 3 && memcmp(transcript.data, "\x83\xf6\xf6", 3) == 0, transcript_name);
	same(sb_slice(transcript.data + 3, transcript.len - 3), sb_bytes_slice(&handed), transcript_name);
	sb_bytes_free(&info);
	sb_bytes_free(&handed);
	sb_bytes_free(&transcript);
}

/* RFC 7638: these four members in this order. */
static void thumbprint(void)
{
	json_t *jwk = vector_json(VP "verifier_enc_jwk.json"), *four;
	struct sb_bytes info = {0};
	uint8_t hash[SB_SHA256_SIZE];
	char *printed;

	REQUIRE(jwk && vector_hex(VP "OpenID4VPHandoverInfo.hex", &info));
	four = json_pack("{s:s, s:s, s:s, s:s}", "crv", sb_json_text(jwk, "crv"), "kty", sb_json_text(jwk, "kty"), "x", sb_json_text(jwk, "x"), "y",
		sb_json_text(jwk, "y"));
	printed = json_dumps(four, JSON_COMPACT | JSON_SORT_KEYS);
	REQUIRE(printed && sb_sha256(printed, strlen(printed), hash) == SB_OK);
	holds(memmem(info.data, info.len, hash, sizeof hash), "the thumbprint of the verifier's key");
	free(printed);
	json_decref(four);
	json_decref(jwk);
	sb_bytes_free(&info);
}

/* What a verifier says that it takes: a request for something else is refused. */
static void metadata(void)
{
	static const struct {
		const char *name, *format, *meta;
		bool taken;
	} rows[] = {
		{"sd_jwt_vc", "dc+sd-jwt", "{\"vct_values\":[\"v\"]}", true},
		{"sd_jwt_vc", "mso_mdoc", "{\"doctype_value\":\"d\"}", false},
		{"mso_mdoc", "dc+sd-jwt", "{\"vct_values\":[\"v\"]}", false},
		{"mso_mdoc", "mso_mdoc", "{\"doctype_value\":\"d\"}", false}, /* with ESP256, -9, only */
		{"w3c_jwt", "dc+sd-jwt", "{\"vct_values\":[\"v\"]}", false},
		{"w3c_ldp", "dc+sd-jwt", "{\"vct_values\":[\"v\"]}", false},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct sb_vp_trust nobody = {.roots = NULL};
		struct sb_vp_request request = {0};
		struct sb_query_fault why;
		json_t *said, *all;
		char name[100], *printed;

		snprintf(name, sizeof name, VP "client_metadata/%s_verifier_metadata.json", rows[i].name);
		said = vector_json(name);
		REQUIRE(said);
		all = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:{s:[{s:s, s:s, s:o}]}}", "client_id", "redirect_uri:https://rp.example/cb", "response_type",
			"vp_token", "response_mode", "direct_post", "response_uri", "https://rp.example/cb", "nonce", "n", "client_metadata", said,
			"dcql_query", "credentials", "id", "c", "format", rows[i].format, "meta", json_loads(rows[i].meta, 0, NULL));
		printed = json_dumps(all, 0);
		REQUIRE(printed);
		holds((sb_vp_request_parse(text_slice(printed), &nobody, &request, &why) == SB_OK) == rows[i].taken, name);
		sb_vp_request_free(&request);
		free(printed);
		json_decref(all);
	}
}

/* Printed with line ends in it. */
static void vector_line(const char *name, struct sb_bytes *line)
{
	struct sb_bytes text = {0};

	REQUIRE(vector_read(name, &text));
	for (size_t i = 0; i < text.len; i++)
		if (!isspace(text.data[i]))
			REQUIRE(sb_bytes_append_byte(line, text.data[i]) == SB_OK);
	sb_bytes_free(&text);
}

static void json_is(const json_t *got, const char *name)
{
	json_t *want = vector_json(name);

	holds(want && json_equal(got, want), name);
	json_decref(want);
}

/* Without white space and the marks of code and of lines that go on. */
static bool printed_in(const struct sb_bytes *text, struct sb_slice what)
{
	struct sb_bytes packed = {0};
	bool found;

	for (size_t i = 0; i < text->len; i++)
		if (!isspace(text->data[i]) && text->data[i] != '`' && text->data[i] != '\\')
			REQUIRE(sb_bytes_append_byte(&packed, text->data[i]) == SB_OK);
	found = memmem(packed.data, packed.len, what.data, what.len);
	sb_bytes_free(&packed);
	return found;
}

static void disclosures(const struct sb_sd_jwt *t)
{
	struct sb_bytes printed = {0};

	REQUIRE(vector_read(VCLD "disclosures.md", &printed));
	holds(t->disclosure_count == 3, "three disclosures");
	for (size_t i = 0; i < t->disclosure_count; i++) {
		holds(printed_in(&printed, text_slice(t->disclosures[i].digest)), "a disclosure's digest");
		holds(printed_in(&printed, t->disclosures[i].text), "a disclosure");
	}
	sb_bytes_free(&printed);
}

static void parts_of_a_presentation(void)
{
	struct sb_bytes issued = {0}, shown = {0}, jws = {0}, kb = {0};
	json_t *claims = vector_json(VCLD "user_claims.json"), *value;
	struct sb_sd_jwt whole, t;
	enum sb_sd_jwt_fault why;
	uint8_t point[65];
	const char *name;

	vector_line(VCLD "sd_jwt_issuance.txt", &issued);
	vector_line(VCLD "sd_jwt_presentation.txt", &shown);
	vector_line(VCLD "sd_jwt_jws_part.txt", &jws);
	vector_line(VCLD "kb_jwt_serialized.txt", &kb);
	REQUIRE(claims && sb_sd_jwt_open(sb_bytes_slice(&issued), "dc+sd-jwt", &whole, &why) == SB_OK);
	REQUIRE(sb_sd_jwt_open(sb_bytes_slice(&shown), "dc+sd-jwt", &t, &why) == SB_OK);
	same(t.issued, sb_bytes_slice(&jws), "the issuer's part");
	same(t.binding, sb_bytes_slice(&kb), "the holder's part");
	json_is(t.issuer.payload, VCLD "sd_jwt_payload.json");
	json_is(t.kb.header, VCLD "kb_jwt_header.json");
	json_is(t.kb.payload, VCLD "kb_jwt_payload.json");
	json_is(t.claims, VCLD "verified_contents.json");
	json_object_foreach(claims, name, value)
		holds(json_equal(json_object_get(whole.claims, name), value), name);
	disclosures(&whole);
	REQUIRE(sb_jwk_to_point(json_object_get(json_object_get(t.claims, "cnf"), "jwk"), point) == SB_OK);
	{
		struct sb_sd_jwt_question q = {.at = json_integer_value(json_object_get(t.kb.payload, "iat")),
			.audience = sb_json_text(t.kb.payload, "aud"), .nonce = sb_json_text(t.kb.payload, "nonce"), .max_age = 1};

		holds(sb_sd_jwt_verify_binding(&t, point, &q, &why) == SB_OK, "the holder's signature and sd_hash");
	}
	sb_sd_jwt_free(&whole);
	sb_sd_jwt_free(&t);
	json_decref(claims);
	sb_bytes_free(&issued);
	sb_bytes_free(&shown);
	sb_bytes_free(&jws);
	sb_bytes_free(&kb);
}

/* What an issuer is to sign, signed here. The family name's disclosure is the one of RFC 9901, section 5. */
static void payload_of_a_credential(void)
{
	static const char family[] = "WyJlbHVWNU9nM2dTTklJOEVZbnN4QV9BIiwgImZhbWlseV9uYW1lIiwgIkRvZSJd";
	struct software_signer by = software_signer_new();
	json_t *header = json_pack("{s:s}", "typ", "dc+sd-jwt"), *payload = vector_json(VP "credentials/sd_jwt_vc.json");
	json_t *open = vector_json(VP "credentials/sd_jwt_vc_unsecured.json");
	struct sb_bytes text = {0};
	struct sb_sd_jwt t;
	enum sb_sd_jwt_fault why;

	REQUIRE(payload && open && sb_jws_sign(header, payload, &by.signer, &text) == SB_OK);
	REQUIRE(sb_bytes_append_byte(&text, '~') == SB_OK && sb_bytes_append_text(&text, family) == SB_OK && sb_bytes_append_byte(&text, '~') == SB_OK);
	holds(sb_sd_jwt_open(sb_bytes_slice(&text), "dc+sd-jwt", &t, &why) == SB_OK, "credentials/sd_jwt_vc.json");
	holds(json_equal(json_object_get(t.claims, "family_name"), json_object_get(open, "family_name")), "the family name");
	holds(json_equal(json_object_get(t.claims, "vct"), json_object_get(open, "vct")), "vct");
	sb_sd_jwt_free(&t);
	json_decref(header);
	json_decref(payload);
	json_decref(open);
	sb_bytes_free(&text);
	software_signer_free(&by);
}

static void openid4vp(void)
{
	struct sb_bytes here = {0};

	if (vector_hex(VP "OpenID4VPHandoverInfo.hex", &here)) {
		handover("OpenID4VP", VP "SessionTranscript_redirect.hex");
		handover("OpenID4VPDCAPI", VP "SessionTranscript_dcapi.hex");
		thumbprint();
		metadata();
		parts_of_a_presentation();
		payload_of_a_credential();
		tell("OpenID4VP 1.0, handovers, metadata and parts");
	}
	sb_bytes_free(&here);
}

/* --- Token Status List --- */

/* The hexadecimal digits of a listing: in each line what stands in front of "#". */
static void listing(const char *name, struct sb_bytes *out)
{
	struct sb_bytes text = {0}, digits = {0};
	bool comment = false;

	REQUIRE(vector_read(name, &text));
	for (size_t i = 0; i < text.len; i++) {
		comment = text.data[i] == '\n' ? false : comment || text.data[i] == '#';
		if (!comment)
			REQUIRE(sb_bytes_append_byte(&digits, text.data[i]) == SB_OK);
	}
	hex_append((const char *)digits.data, digits.len, out);
	sb_bytes_free(&text);
	sb_bytes_free(&digits);
}

/* The same from its file, behind the words in front of it. */
static void hex_from(const char *name, const char *start, struct sb_bytes *out)
{
	struct sb_bytes text = {0};
	const uint8_t *at;

	REQUIRE(vector_read(name, &text));
	at = memmem(text.data, text.len, start, strlen(start));
	REQUIRE(at);
	hex_append((const char *)at, text.len - (size_t)(at - text.data), out);
	sb_bytes_free(&text);
}

static void listings(void)
{
	static const struct {
		const char *name, *start;
	} rows[] = {{"status_list_encoding", "a264"}, {"status_list_encoding2", "a264"}, {"status_list", "d284"}, {"referenced_token", "d284"}};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sb_bytes plain = {0}, listed = {0};
		char name[100];

		snprintf(name, sizeof name, STATUS "%s_%s.md", rows[i].name, i < 2 ? "cbor" : "cwt");
		hex_from(name, rows[i].start, &plain);
		snprintf(name, sizeof name, STATUS "%s_%s_diag.md", rows[i].name, i < 2 ? "cbor" : "cwt");
		listing(name, &listed);
		same(sb_bytes_slice(&listed), sb_bytes_slice(&plain), name);
		sb_bytes_free(&plain);
		sb_bytes_free(&listed);
	}
}

/* {"bits": …, "lst": …} of JSON, with line ends inside of its texts. */
static json_t *list_json(const char *name)
{
	struct sb_bytes line = {0};
	const uint8_t *at;
	json_t *json;

	vector_line(name, &line);
	at = memchr(line.data, '{', line.len);
	REQUIRE(at);
	json = sb_json_parse(sb_slice(at, line.len - (size_t)(at - line.data)), NULL, NULL);
	sb_bytes_free(&line);
	REQUIRE(json);
	return json;
}

/* The JSON form says what the CBOR form says, byte for byte. */
static void forms_of_lists(void)
{
	static const char *const names[] = {"encoding", "encoding2", "encoding1_long", "encoding2_long", "encoding4", "encoding8"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct sb_bytes cbor = {0}, lst = {0}, made = {0};
		char name[100];
		const char *coded;
		json_t *json;

		snprintf(name, sizeof name, STATUS "status_list_%s_cbor.md", names[i]);
		hex_from(name, "a264", &cbor);
		snprintf(name, sizeof name, STATUS "status_list_%s_json.md", names[i]);
		json = list_json(name);
		coded = sb_json_text(json, "lst");
		REQUIRE(coded && sb_base64url_decode(coded, strlen(coded), &lst) == SB_OK);
		REQUIRE(sb_cbor_put_head(&made, SB_CBOR_MAP, 2) == SB_OK && sb_cbor_put_string(&made, "bits") == SB_OK);
		REQUIRE(sb_cbor_put_int(&made, json_integer_value(json_object_get(json, "bits"))) == SB_OK && sb_cbor_put_string(&made, "lst") == SB_OK);
		REQUIRE(sb_cbor_put_bytes(&made, lst.data, lst.len) == SB_OK);
		same(sb_bytes_slice(&made), sb_bytes_slice(&cbor), name);
		json_decref(json);
		sb_bytes_free(&cbor);
		sb_bytes_free(&lst);
		sb_bytes_free(&made);
	}
}

/* With 8 bits an entry each value but zero stands in the example once. */
static void eight_bits(void)
{
	static const uint8_t header[] = "\xa3\x01\x26\x04\x48\x01\x02\x03\x04\x05\x06\x07\x08\x10\x78\x1a" "application/statuslist+cwt";
	static const uint8_t claims[] = "\xa3\x02\x61\x75\x06\x1a\x68\x4e\xda\x80\x19\xff\xfd";
	struct software_signer by = software_signer_new();
	struct sb_bytes payload = {0}, token = {0};
	struct sb_status_list *list = NULL;
	unsigned seen[256] = {0};
	uint8_t kid[8];

	REQUIRE(sb_bytes_append(&payload, claims, sizeof claims - 1) == SB_OK);
	hex_from(STATUS "status_list_encoding8_cbor.md", "a264", &payload);
	REQUIRE(sb_cose_sign1_make(sb_slice(header, sizeof header - 1), sb_bytes_slice(&payload), &by.signer, &token) == SB_OK);
	REQUIRE(sb_status_cwt_parse(sb_bytes_slice(&token), &list, kid) == SB_OK && list->bits == 8);
	for (size_t i = 0; i < list->size; i++) {
		unsigned status;

		REQUIRE(sb_status_list_get(list, i, &status) == SB_OK);
		seen[status]++;
	}
	for (int i = 1; i < 256; i++)
		holds(seen[i] == 1, "a value of 8 bits");
	sb_status_list_free(&list);
	sb_bytes_free(&payload);
	sb_bytes_free(&token);
	software_signer_free(&by);
}

static void draft_key(uint8_t point[65])
{
	json_t *jwk = vector_json(STATUS "example_key_public.json");

	REQUIRE(jwk && sb_jwk_to_point(jwk, point) == SB_OK);
	json_decref(jwk);
}

/* Header and payload are printed apart, with a "." between. */
static void signed_list(void)
{
	struct sb_bytes raw = {0}, printed = {0};
	json_t *header, *payload, *value;
	struct sb_jws jws;
	const uint8_t *dot;
	struct sb_status_list *list = NULL;
	uint8_t point[65], kid[8];
	bool has_kid = true;
	const char *name;

	draft_key(point);
	vector_line(STATUS "status_list_jwt_raw.md", &raw);
	vector_line(STATUS "status_list_jwt.md", &printed);
	dot = memmem(printed.data, printed.len, "}.{", 3);
	REQUIRE(dot && sb_jws_parse(sb_bytes_slice(&raw), "statuslist+jwt", &jws) == SB_OK);
	header = sb_json_parse(sb_slice(printed.data, (size_t)(dot - printed.data) + 1), NULL, NULL);
	payload = sb_json_parse(sb_slice(dot + 2, printed.len - (size_t)(dot - printed.data) - 2), NULL, NULL);
	holds(sb_jws_verify(&jws, sb_slice(point, 65)) == SB_OK, "the signature of the list");
	REQUIRE(sb_status_jwt_parse(sb_bytes_slice(&raw), &list, kid, &has_kid) == SB_OK);
	holds(!has_kid && list->bits == 1 && list->size == 2 && memcmp(list->entries, "\xb9\xa3", 2) == 0, "the entries of the list");
	holds(strcmp(list->uri, "https://example.com/statuslists/1") == 0 && list->iat == 1686920170 && list->exp == 2291720170 && list->ttl == 43200,
		"the claims of the list");
	holds(sb_status_jwt_verify(sb_bytes_slice(&raw), sb_slice(point, 65)) == SB_OK, "the list's signature by its reader");
	sb_status_list_free(&list);
	holds(json_equal(jws.header, header), "the header of the list");
	json_object_foreach(payload, name, value)
		holds(json_equal(json_object_get(jws.payload, name), value), name);
	json_decref(header);
	json_decref(payload);
	sb_jws_free(&jws);
	sb_bytes_free(&raw);
	sb_bytes_free(&printed);
}

static void token_that_refers(void)
{
	struct sb_bytes token = {0};
	struct sb_cose_sign1 m;
	struct sb_cbor_item claims, status;
	struct sb_slice uri;
	uint8_t point[65];
	uint64_t index;

	draft_key(point);
	hex_from(STATUS "referenced_token_cwt.md", "d284", &token);
	REQUIRE(sb_cose_sign1_parse(sb_bytes_slice(&token), &m) == SB_OK && sb_cbor_only(m.payload, &claims) == SB_OK);
	holds(sb_cose_sign1_verify(&m, sb_slice(point, 65)) == SB_OK, "the signature of the token that refers to a list");
	REQUIRE(sb_cbor_map_get(&claims, 65535, &status) == SB_OK && sb_status_reference_read(&status, &index, &uri) == SB_OK);
	holds(index == 0, "its index");
	same(uri, text_slice("https://example.com/statuslists/1"), "its list");
	sb_bytes_free(&token);
}

static void status_lists(void)
{
	struct sb_bytes here = {0};

	if (vector_read(STATUS "example_key_public.json", &here)) {
		listings();
		forms_of_lists();
		eight_bits();
		signed_list();
		token_that_refers();
		tell("Token Status List, JSON forms, listings and tokens");
	}
	sb_bytes_free(&here);
}

/* --- COSE: messages of other kinds --- */

static void cose_hex(const json_t *all, const char *outer, const char *inner, struct sb_bytes *out)
{
	const char *hex = sb_json_text(inner ? json_object_get(all, outer) : all, inner ? inner : outer);

	REQUIRE(hex);
	hex_append(hex, strlen(hex), out);
}

static void cose_point(const json_t *all, uint8_t point[65])
{
	const json_t *key = json_object_get(json_object_get(json_object_get(all, "input"), "sign0"), "key");
	struct sb_bytes raw = {0};

	for (int i = 0; i < 2; i++) {
		const char *coded = sb_json_text(key, i ? "y" : "x"), *hex = sb_json_text(key, i ? "y_hex" : "x_hex");

		REQUIRE(coded ? sb_base64url_decode(coded, strlen(coded), &raw) == SB_OK : hex && sb_hex_decode(hex, strlen(hex), &raw) == SB_OK);
	}
	REQUIRE(raw.len == 64);
	point[0] = 4;
	memcpy(point + 1, raw.data, 64);
	sb_bytes_free(&raw);
}

static void message_is(const struct sb_bytes *token, const uint8_t point[65], int want, const char *what)
{
	struct sb_cose_sign1 m;
	int rc = sb_cose_sign1_parse(sb_bytes_slice(token), &m);

	if (rc == SB_OK)
		rc = sb_cose_sign1_verify(&m, sb_slice(point, 65));
	holds(rc == want, what);
}

static void cose(void)
{
	static const char *const others[] = {"CWT_A_4", "CWT_A_5", "CWT_A_6"}; /* MAC cut to 64 bits, encrypted, signed and encrypted */
	json_t *signed_cwt = vector_json("cose/CWT_A_3.json"), *content = vector_json("cose/ecdsa-examples_ecdsa-sig-01.json");
	uint8_t point[65];

	if (!signed_cwt || !content) {
		json_decref(signed_cwt);
		json_decref(content);
		return;
	}
	cose_point(signed_cwt, point);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		struct sb_bytes token = {0}, inside = {0};
		struct sb_cose_mac0 mac;
		char name[100];
		json_t *all;

		snprintf(name, sizeof name, "cose/%s.json", others[i]);
		all = vector_json(name);
		REQUIRE(all);
		cose_hex(all, "output", "cbor", &token);
		message_is(&token, point, SB_E_FORMAT, name);
		holds(sb_cose_mac0_parse(sb_bytes_slice(&token), SB_COSE_TAGGED, &mac) == SB_E_FORMAT, name);
		cose_hex(json_object_get(all, "input"), "plaintext_hex", NULL, &inside);
		if (i == 2)
			message_is(&inside, point, SB_OK, "what was signed before it was encrypted");
		json_decref(all);
		sb_bytes_free(&token);
		sb_bytes_free(&inside);
	}
	{
		struct sb_bytes token = {0};

		cose_point(content, point);
		cose_hex(content, "output", "cbor", &token);
		message_is(&token, point, SB_OK, "ecdsa-sig-01");
		token.data[token.len - 1] ^= 1;
		message_is(&token, point, SB_E_SIGNATURE, "ecdsa-sig-01, altered");
		sb_bytes_free(&token);
	}
	json_decref(signed_cwt);
	json_decref(content);
	tell("COSE, messages of other kinds");
}

/* --- SD-CWT: an issuer's tokens. Signed with ES384, which is not for us; so only in parts. --- */

static void signed_with_es384(struct sb_pkey *issuer, const struct sb_cbor_item parts[4], const char *name)
{
	struct sb_bytes covered = {0};
	uint8_t hash[64];
	size_t len = 0;

	REQUIRE(sb_cbor_put_head(&covered, SB_CBOR_ARRAY, 4) == SB_OK && sb_cbor_put_string(&covered, "Signature1") == SB_OK);
	REQUIRE(sb_bytes_append(&covered, parts[0].whole.data, parts[0].whole.len) == SB_OK && sb_cbor_put_bytes(&covered, "", 0) == SB_OK);
	REQUIRE(sb_bytes_append(&covered, parts[2].whole.data, parts[2].whole.len) == SB_OK);
	REQUIRE(sb_digest("SHA384", covered.data, covered.len, hash, &len) == SB_OK && len == 48);
	holds(sb_pkey_verify(issuer, hash, len, parts[3].bytes) == SB_OK, name);
	sb_bytes_free(&covered);
}

static void issuers_token(struct sb_pkey *issuer, const char *name)
{
	struct sb_bytes token = {0};
	struct sb_cbor_item tag, array, parts[4], list, item;
	struct sb_slice in;
	struct sb_sdcwt c;

	REQUIRE(vector_hex(name, &token) && sb_cbor_only(sb_bytes_slice(&token), &tag) == SB_OK);
	REQUIRE(sb_cbor_only(sb_cbor_enter(&tag), &array) == SB_OK && array.value == 4);
	in = sb_cbor_enter(&array);
	for (int i = 0; i < 4; i++)
		REQUIRE(sb_cbor_next(&in, &parts[i]) == SB_OK);
	holds(sb_sdcwt_parse(sb_bytes_slice(&token), &c) == SB_E_FORMAT, "another algorithm than ES256 is refused");
	signed_with_es384(issuer, parts, name);
	REQUIRE(sb_cbor_map_get(&parts[1], SB_COSE_UNPROTECTED_DISCLOSURES, &list) == SB_OK && list.type == SB_CBOR_ARRAY);
	in = sb_cbor_enter(&list);
	while (in.len) {
		uint8_t digest[SB_SHA256_SIZE];

		REQUIRE(sb_cbor_next(&in, &item) == SB_OK && item.type == SB_CBOR_BYTES);
		REQUIRE(sb_sha256(item.whole.data, item.whole.len, digest) == SB_OK);
		holds(memmem(parts[2].bytes.data, parts[2].bytes.len, digest, sizeof digest), "a disclosure's digest");
	}
	sb_bytes_free(&token);
}

static void sd_cwt(void)
{
	json_t *jwk = vector_json("sd-cwt/issuer_key_public.json");
	struct sb_bytes point = {0};
	struct sb_pkey *key = NULL;

	if (!jwk)
		return;
	REQUIRE(sb_bytes_append_byte(&point, 4) == SB_OK);
	REQUIRE(sb_base64url_decode(sb_json_text(jwk, "x"), 64, &point) == SB_OK && sb_base64url_decode(sb_json_text(jwk, "y"), 64, &point) == SB_OK);
	REQUIRE(sb_pkey_from_ec_point("P-384", sb_bytes_slice(&point), &key) == SB_OK);
	issuers_token(key, "sd-cwt/issuer_cwt.cbor.hex");
	issuers_token(key, "sd-cwt/decoy.cbor.hex");
	tell("SD-CWT draft, issuer's tokens");
	sb_pkey_free(&key);
	sb_bytes_free(&point);
	json_decref(jwk);
}

/* --- Wycheproof: the signatures of JWTs and COSE messages --- */

static void es256(void)
{
	json_t *all = vector_json("wycheproof/ecdsa_secp256r1_sha256_p1363_test.json"), *group, *test;
	unsigned taken = 0, refused = 0, sizes = 0;
	size_t i, k;

	json_array_foreach(json_object_get(all, "testGroups"), i, group) {
		const char *key = sb_json_text(json_object_get(group, "publicKey"), "uncompressed");
		struct sb_bytes point = {0};

		REQUIRE(key && sb_hex_decode(key, strlen(key), &point) == SB_OK);
		json_array_foreach(json_object_get(group, "tests"), k, test) {
			const char *result = sb_json_text(test, "result"), *hex[2] = {sb_json_text(test, "msg"), sb_json_text(test, "sig")};
			struct sb_bytes data[2] = {{0}};
			bool good;

			for (int n = 0; n < 2; n++)
				REQUIRE(hex[n] && sb_hex_decode(hex[n], strlen(hex[n]), &data[n]) == SB_OK);
			/* No signature of another size comes so far: the readers refuse it. */
			sizes += data[1].len != 64;
			good = data[1].len == 64 && sb_es256_verify(sb_bytes_slice(&point), data[0].data, data[0].len, data[1].data) == SB_OK;
			*(good ? &taken : &refused) += 1;
			holds(good == (strcmp(result, "valid") == 0), sb_json_text(test, "comment"));
			sb_bytes_free(&data[0]);
			sb_bytes_free(&data[1]);
		}
		sb_bytes_free(&point);
	}
	if (all) {
		CHECK_EQ(values, json_integer_value(json_object_get(all, "numberOfTests")));
		printf("Wycheproof ES256: %u of %lld tests, %u signatures taken, %u refused (%u for their size)\n", values,
			(long long)json_integer_value(json_object_get(all, "numberOfTests")), taken, refused, sizes);
	}
	values = 0;
	json_decref(all);
}

int main(void)
{
	REQUIRE(sb_crypto_start() == SB_OK);
	annex_d();
	openid4vp();
	status_lists();
	cose();
	sd_cwt();
	es256();
	if (!check_count)
		SKIP("no vectors in $SINBUN_VECTORS");
	return check_result();
}
