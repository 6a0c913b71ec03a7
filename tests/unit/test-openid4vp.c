/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "check.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "formats/openid4vp.h"
#include "formats/x509.h"
#include "software_signer.h"
#include "vectors.h"

/* Requests, queries and responses: what is taken and what is refused, with the member that is wrong. */

#define URI "https://rp.example/cb"
enum { NOW = 1800000000, YEAR = 365 * 24 * 3600 };

static struct software_signer root, asker;
static struct sb_bytes root_der, asker_der, other_der;

static const char base[] =
	"{\"client_id\":\"redirect_uri:" URI "\",\"response_type\":\"vp_token\",\"response_mode\":\"direct_post\",\"response_uri\":\"" URI
	"\",\"nonce\":\"N-1\",\"state\":\"s\",\"dcql_query\":{\"credentials\":["
	"{\"id\":\"m\",\"format\":\"mso_mdoc\",\"meta\":{\"doctype_value\":\"d\"},\"claims\":[{\"path\":[\"n\",\"name\"]}]},"
	"{\"id\":\"j\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":[\"v\"]},\"claims\":[{\"path\":[\"name\"]}]}]}}";

static const struct sb_vp_trust nobody = {NULL, 0, NOW};

/* base with one member, named by a path such as "dcql_query/credentials/0/id", changed to value (JSON), or taken out (NULL). */
static json_t *changed(const char *path, const char *value)
{
	json_t *all = json_loads(base, 0, NULL), *at = all, *new = value ? json_loads(value, JSON_DECODE_ANY, NULL) : NULL;
	char copy[128], *save = NULL, *name, *next;

	REQUIRE(all && (new || !value) && strlen(path) < sizeof copy);
	strcpy(copy, path);
	for (name = strtok_r(copy, "/", &save); (next = strtok_r(NULL, "/", &save)); name = next)
		at = json_is_array(at) ? json_array_get(at, (size_t)atoi(name)) : json_object_get(at, name);
	if (json_is_array(at))
		REQUIRE(json_array_set_new(at, (size_t)atoi(name), new) == 0);
	else
		REQUIRE((new ? json_object_set_new(at, name, new) : json_object_del(at, name)) == 0);
	return all;
}

static void fault_is(int rc, const struct sb_query_fault *fault, const char *want, const char *what)
{
	check_count++;
	if (want ? rc == SB_OK || strcmp(fault->member, want) != 0 || !*fault->why : rc != SB_OK) {
		fprintf(stderr, "%s: %s: %s (%d), not %s\n", what, fault->member, fault->why, rc, want ? want : "accepted");
		check_failures++;
	}
}

static void request_is(const json_t *json, const char *want, const char *what)
{
	char *text = json_dumps(json, 0);
	struct sb_vp_request r;
	struct sb_query_fault fault;
	int rc = sb_vp_request_parse(sb_slice(text, strlen(text)), &nobody, &r, &fault);

	fault_is(rc, &fault, want, what);
	CHECK(!r.verified && !r.is_signed);
	sb_vp_request_free(&r);
	free(text);
}

static void plain_requests(void)
{
	static const struct {
		const char *path, *value, *want;
	} rows[] = {
		{"client_id", NULL, "client_id"}, {"client_id", "7", "client_id"}, {"client_id", "\"\"", "client_id"},
		{"client_id", "\"" URI "\"", "client_id"}, {"client_id", "\"x509_san_dns:rp.example\"", "client_id"},
		{"client_id", "\"x509_hash:AAAA\"", "client_id"}, {"client_id", "\"did:x\"", "client_id"},
		{"client_id", "\"redirect_uri:https://rp.example/c\"", "response_uri"},
		{"response_type", NULL, "response_type"}, {"response_type", "\"vp_token id_token\"", "response_type"},
		{"response_mode", NULL, "response_mode"}, {"response_mode", "\"direct_post.jwt\"", "response_mode"}, {"response_mode", "\"fragment\"", "response_mode"},
		{"response_uri", NULL, "response_uri"}, {"response_uri", "\"http://rp.example/cb\"", "response_uri"},
		{"response_uri", "\"https://u@rp.example/cb\"", "response_uri"}, {"response_uri", "\"https://rp.example:x/cb\"", "response_uri"},
		{"response_uri", "\"https://rp.example/c b\"", "response_uri"}, {"response_uri", "\"https://rp.example/cb#x\"", "response_uri"},
		{"response_uri", "\"https:///cb\"", "response_uri"}, {"response_uri", "\"https://rp.example\\u001b/cb\"", "response_uri"},
		{"nonce", NULL, "nonce"}, {"nonce", "\"\"", "nonce"}, {"nonce", "\"a b\"", "nonce"}, {"nonce", "\"가\"", "nonce"}, {"nonce", "7", "nonce"},
		{"state", NULL, NULL}, {"state", "7", "state"}, {"state", "\"\"", "state"}, {"redirect_uri", "\"x\"", "redirect_uri"},
		{"transaction_data", "[]", "transaction_data"}, {"scope", "\"x\"", "scope"}, {"client_metadata", "[]", "client_metadata"},
		{"client_metadata", "{\"client_name\":\"x\"}", NULL}, {"unknown", "1", NULL},
		{"client_metadata", "{\"vp_formats_supported\":{\"mso_mdoc\":{\"issuerauth_alg_values\":[-7]},\"dc+sd-jwt\":{}}}", NULL},
		{"client_metadata", "{\"vp_formats_supported\":{\"mso_mdoc\":{}}}", "client_metadata.vp_formats_supported"},
		{"client_metadata", "{\"vp_formats_supported\":{\"mso_mdoc\":{\"deviceauth_alg_values\":[-9]},\"dc+sd-jwt\":{}}}",
			"client_metadata.vp_formats_supported"},
		{"client_metadata", "{\"vp_formats_supported\":{\"mso_mdoc\":{},\"dc+sd-jwt\":{\"kb-jwt_alg_values\":[\"EdDSA\"]}}}",
			"client_metadata.vp_formats_supported"},
		{"dcql_query", NULL, "dcql_query"}, {"dcql_query", "\"{}\"", "dcql_query"}, {"dcql_query", "{}", "dcql_query.credentials"},
		{"dcql_query/credentials", "[]", "dcql_query.credentials"}, {"dcql_query/credentials", "{}", "dcql_query.credentials"},
		{"dcql_query/credentials/0", "7", "dcql_query.credentials[0]"},
		{"dcql_query/credentials/1/id", "\"m\"", "dcql_query.credentials[1].id"}, {"dcql_query/credentials/1/id", "\"a b\"", "dcql_query.credentials[1].id"},
		{"dcql_query/credentials/1/id", NULL, "dcql_query.credentials[1].id"},
		{"dcql_query/credentials/0/format", "\"jwt_vc_json\"", "dcql_query.credentials[0].format"},
		{"dcql_query/credentials/0/format", NULL, "dcql_query.credentials[0].format"},
		{"dcql_query/credentials/0/meta", NULL, "dcql_query.credentials[0].meta"},
		{"dcql_query/credentials/0/meta", "{}", "dcql_query.credentials[0].meta.doctype_value"},
		{"dcql_query/credentials/1/meta", "{}", "dcql_query.credentials[1].meta.vct_values"},
		{"dcql_query/credentials/1/meta/vct_values", "[]", "dcql_query.credentials[1].meta.vct_values"},
		{"dcql_query/credentials/1/meta/vct_values", "[7]", "dcql_query.credentials[1].meta.vct_values"},
		{"dcql_query/credentials/1/trusted_authorities", "[]", "dcql_query.credentials[1].trusted_authorities"},
		{"dcql_query/credentials/1/multiple", "1", "dcql_query.credentials[1].multiple"},
		{"dcql_query/credentials/1/require_cryptographic_holder_binding", "1", "dcql_query.credentials[1].require_cryptographic_holder_binding"},
		{"dcql_query/credentials/0/claims", NULL, NULL}, {"dcql_query/credentials/0/claims", "[]", "dcql_query.credentials[0].claims"},
		{"dcql_query/credentials/0/claims/0", "[]", "dcql_query.credentials[0].claims[0]"},
		{"dcql_query/credentials/0/claims/0/path", NULL, "dcql_query.credentials[0].claims[0].path"},
		{"dcql_query/credentials/0/claims/0/path", "[\"n\"]", "dcql_query.credentials[0].claims[0].path"},
		{"dcql_query/credentials/0/claims/0/path", "[\"n\",0]", "dcql_query.credentials[0].claims[0].path"},
		{"dcql_query/credentials/1/claims/0/path", "[\"a\",0,null,\"b\"]", NULL},
		{"dcql_query/credentials/1/claims/0/path", "[\"a\",-1]", "dcql_query.credentials[1].claims[0].path"},
		{"dcql_query/credentials/1/claims/0/path", "[\"a\",1.5]", "dcql_query.credentials[1].claims[0].path"},
		{"dcql_query/credentials/1/claims/0/path", "[0]", "dcql_query.credentials[1].claims[0].path"},
		{"dcql_query/credentials/1/claims/0/values", "[\"x\",1,true]", NULL},
		{"dcql_query/credentials/1/claims/0/values", "[]", "dcql_query.credentials[1].claims[0].values"},
		{"dcql_query/credentials/1/claims/0/values", "[null]", "dcql_query.credentials[1].claims[0].values"},
		{"dcql_query/credentials/0/claims/0/intent_to_retain", "true", NULL},
		{"dcql_query/credentials/0/claims/0/intent_to_retain", "1", "dcql_query.credentials[0].claims[0].intent_to_retain"},
		{"dcql_query/credentials/1/claims/0/intent_to_retain", "true", "dcql_query.credentials[1].claims[0].intent_to_retain"},
		{"dcql_query/credentials/1/claims", "[{\"path\":[\"a\"]},{\"path\":[\"a\"]}]", "dcql_query.credentials[1].claims[1].path"},
		{"dcql_query/credentials/1/claims", "[{\"id\":\"x\",\"path\":[\"a\"]},{\"id\":\"x\",\"path\":[\"b\"]}]", "dcql_query.credentials[1].claims[1].id"},
		{"dcql_query/credentials/1/claim_sets", "[[\"x\"]]", "dcql_query.credentials[1].claims[0].id"},
		{"dcql_query/credential_sets", "[]", "dcql_query.credential_sets"}, {"dcql_query/credential_sets", "[{}]", "dcql_query.credential_sets[0].options"},
		{"dcql_query/credential_sets", "[{\"options\":[[\"x\"]]}]", "dcql_query.credential_sets[0].options"},
		{"dcql_query/credential_sets", "[{\"options\":[[]]}]", "dcql_query.credential_sets[0].options"},
		{"dcql_query/credential_sets", "[{\"options\":[[\"m\"]],\"required\":1}]", "dcql_query.credential_sets[0].required"},
		{"dcql_query/credential_sets", "[{\"options\":[[\"m\"],[\"j\"]]}]", NULL},
	};
	struct sb_vp_request r;
	struct sb_query_fault fault;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		json_t *json = changed(rows[i].path, rows[i].value);
		char what[256];

		snprintf(what, sizeof what, "%s = %s", rows[i].path, rows[i].value ? rows[i].value : "nothing");
		request_is(json, rows[i].want, what);
		json_decref(json);
	}
	for (size_t len = 0; len < strlen(base); len++)
		CHECK(sb_vp_request_parse(sb_slice(base, len), &nobody, &r, &fault) == SB_E_FORMAT);
	CHECK(sb_vp_request_parse(sb_slice("{\"nonce\":\"a\",\"nonce\":\"b\"}", 25), &nobody, &r, &fault) == SB_E_FORMAT);
	REQUIRE(sb_vp_request_parse(sb_slice(base, strlen(base)), &nobody, &r, &fault) == SB_OK);
	CHECK(strcmp(r.nonce, "N-1") == 0 && strcmp(r.state, "s") == 0 && r.query.count == 2 && !r.client_name);
	sb_vp_request_free(&r);
}

/* --- signed --- */

static void sign(json_t *json, const char *typ, const struct sb_bytes *certificate, const struct software_signer *by, struct sb_bytes *out)
{
	struct sb_bytes coded = {0};
	json_t *header;

	REQUIRE(sb_base64_encode(certificate->data, certificate->len, &coded) == SB_OK);
	header = json_pack("{s:s, s:[s%]}", "typ", typ, "x5c", (const char *)coded.data, coded.len);
	REQUIRE(header && sb_jws_sign(header, json, &by->signer, out) == SB_OK);
	json_decref(header);
	sb_bytes_free(&coded);
}

/* A request signed by the asker, with two members set (value NULL: taken out). */
static void make_signed(const char *name, json_t *value, struct sb_bytes *out)
{
	struct sb_bytes hash = {0};
	uint8_t raw[32];
	char client_id[128];
	json_t *json = json_loads(base, 0, NULL);

	REQUIRE(sb_sha256(asker_der.data, asker_der.len, raw) == SB_OK && sb_base64url_encode(raw, 32, &hash) == SB_OK);
	snprintf(client_id, sizeof client_id, "x509_hash:%.*s", (int)hash.len, (const char *)hash.data);
	json_object_set_new(json, "client_id", json_string(client_id));
	json_object_set_new(json, "aud", json_string("https://self-issued.me/v2"));
	if (name && value)
		json_object_set_new(json, name, value);
	else if (name)
		json_object_del(json, name);
	sign(json, SB_VP_REQUEST_TYP, &asker_der, &asker, out);
	json_decref(json);
	sb_bytes_free(&hash);
}

static void signed_is(const struct sb_bytes *text, const struct sb_vp_trust *trust, const char *want, bool verified, const char *what)
{
	struct sb_vp_request r;
	struct sb_query_fault fault;
	int rc = sb_vp_request_parse(sb_bytes_slice(text), trust, &r, &fault);

	fault_is(rc, &fault, want, what);
	CHECK(r.verified == verified && (!verified || strcmp(r.name, "Asker") == 0));
	sb_vp_request_free(&r);
}

/* A root cannot vouch for what nobody signed. */
static void not_signed(void)
{
	const struct sb_slice roots[] = {sb_bytes_slice(&root_der)};
	const struct sb_vp_trust somebody = {roots, 1, NOW};
	struct sb_vp_request r;
	struct sb_query_fault fault;

	CHECK(sb_vp_request_parse(sb_slice(base, strlen(base)), &somebody, &r, &fault) == SB_E_SIGNATURE && *fault.why);
}

static void signed_requests(void)
{
	struct sb_slice trusted[] = {sb_bytes_slice(&root_der)}, others[] = {sb_bytes_slice(&other_der)};
	struct sb_vp_trust trust = {trusted, 1, NOW}, other = {others, 1, NOW}, later = {trusted, 1, NOW + 2 * YEAR};
	static const struct {
		const char *name;
		json_int_t number; /* 0: the text */
		const char *text, *want;
	} rows[] = {{"aud", 0, NULL, "aud"}, {"aud", 0, "https://rp.example", "aud"}, {"client_id", 0, "x509_hash:AAAA", "client_id"},
		{"client_id", 0, "redirect_uri:" URI, "client_id"}, {"client_id", 0, "x509_san_dns:rp.example", "client_id"}, {"client_id", 0, "rp", "client_id"},
		{"exp", NOW, NULL, "exp"}, {"exp", NOW + 1, NULL, NULL}, {"iat", NOW + 301, NULL, "iat"}, {"iat", NOW + 300, NULL, NULL}, {"nbf", NOW + 301, NULL, "nbf"},
		{"iat", 0, "now", "iat"}, {"nonce", 0, "a b", "nonce"}};
	struct sb_bytes text = {0};
	json_t *json;

	make_signed(NULL, NULL, &text);
	signed_is(&text, &trust, NULL, true, "trusted");
	signed_is(&text, &nobody, NULL, false, "no root given");
	signed_is(&text, &other, "x5c", false, "another root");
	signed_is(&text, &later, "x5c", false, "the certificate has ended");
	for (size_t i = 0; i < text.len; i++) {
		struct sb_vp_request r;
		struct sb_query_fault fault;

		text.data[i] ^= 1;
		CHECK(sb_vp_request_parse(sb_bytes_slice(&text), &nobody, &r, &fault) != SB_OK);
		text.data[i] ^= 1;
	}
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		text.len = 0;
		make_signed(rows[i].name, rows[i].number ? json_integer(rows[i].number) : rows[i].text ? json_string(rows[i].text) : NULL, &text);
		signed_is(&text, &trust, rows[i].want, !rows[i].want, rows[i].name);
	}
	json = json_loads(base, 0, NULL);
	text.len = 0;
	sign(json, "JWT", &asker_der, &asker, &text);
	signed_is(&text, &trust, "", false, "typ JWT");
	text.len = 0;
	sign(json, SB_VP_REQUEST_TYP, &asker_der, &root, &text);
	signed_is(&text, &trust, "signature", false, "by another key");
	json_decref(json);
	sb_bytes_free(&text);
}

/* --- queries --- */

static void published_queries(void)
{
	static const struct {
		const char *name;
		size_t credentials;
	} rows[] = {{"claims_alternatives", 1}, {"complex_mdoc", 4}, {"credentials_alternatives", 5}, {"multi_credentials", 2}, {"simple", 1}, {"simple_mdoc", 1},
		{"value_matching_simple", 1}};
	unsigned read = 0;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sb_bytes text = {0};
		struct sb_query_fault fault;
		struct sb_dcql dcql;
		char path[128];
		json_t *json;

		snprintf(path, sizeof path, "openid4vp-1.0/query_lang/%s.json", rows[i].name);
		if (!vector_read(path, &text))
			continue;
		json = sb_json_parse(sb_bytes_slice(&text), NULL, NULL);
		fault_is(sb_dcql_parse(json, &dcql, &fault), &fault, NULL, rows[i].name);
		CHECK_EQ(dcql.count, rows[i].credentials);
		sb_dcql_free(&dcql);
		json_decref(json);
		sb_bytes_free(&text);
		read++;
	}
	printf("%u published queries read\n", read);
}

/* context: names at hand, blanks between. */
static bool has_name(void *context, const struct sb_dcql_credential *credential, size_t claim)
{
	const char *name = json_string_value(json_array_get(sb_dcql_path(credential, claim), 0));
	const char *at = strstr(context, name);

	return at && (at[strlen(name)] == ' ' || !at[strlen(name)]);
}

static void claims_are_chosen(void)
{
	static const struct {
		const char *names, *want;
	} rows[] = {{"a b c d e", "10111"}, {"a b e", "11001"}, {"a b c d", "-"}, {"", "-"}};
	json_t *json = json_loads("{\"credentials\":[{\"id\":\"p\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":[\"v\"]},\"claims\":[{\"id\":\"A\",\"path\":[\"a\"]},"
				  "{\"id\":\"B\",\"path\":[\"b\"]},{\"id\":\"C\",\"path\":[\"c\"]},{\"id\":\"D\",\"path\":[\"d\"]},{\"id\":\"E\",\"path\":[\"e\"]}],"
				  "\"claim_sets\":[[\"A\",\"C\",\"D\",\"E\"],[\"A\",\"B\",\"E\"]]}]}",
		0, NULL);
	struct sb_query_fault fault;
	struct sb_dcql dcql;
	bool chosen[SB_DCQL_CLAIMS];
	size_t lacking;

	REQUIRE(json && sb_dcql_parse(json, &dcql, &fault) == SB_OK);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char got[6] = "";
		int rc = sb_dcql_choose_claims(&dcql.credentials[0], has_name, (void *)rows[i].names, chosen, &lacking);

		for (size_t k = 0; k < 5; k++)
			got[k] = chosen[k] ? '1' : '0';
		CHECK(strcmp(rc == SB_OK ? got : "-", rows[i].want) == 0);
	}
	dcql.credentials[0].claim_sets = NULL;
	CHECK_EQ(sb_dcql_choose_claims(&dcql.credentials[0], has_name, (void *)"a b c e", chosen, &lacking), SB_E_NOT_FOUND);
	CHECK_EQ(lacking, 3);
	CHECK_EQ(sb_dcql_choose_claims(&dcql.credentials[0], has_name, (void *)"a b c d e", chosen, &lacking), SB_OK);
	dcql.credentials[0].claims = NULL;
	CHECK_EQ(sb_dcql_choose_claims(&dcql.credentials[0], has_name, (void *)"", chosen, &lacking), SB_OK);
	CHECK(!chosen[0]);
	sb_dcql_free(&dcql);
	json_decref(json);
}

static void credentials_are_chosen(void)
{
	static const struct {
		const char *sets, *possible, *want, *want_optional;
	} rows[] = {
		{NULL, "1111", "1111", "1111"}, {NULL, "1101", "-", "-"},
		{"[{\"options\":[[\"a\"],[\"b\"],[\"c\",\"d\"]]}]", "1111", "1000", "1000"},
		{"[{\"options\":[[\"a\"],[\"b\"],[\"c\",\"d\"]]}]", "0111", "0100", "0100"},
		{"[{\"options\":[[\"a\"],[\"b\"],[\"c\",\"d\"]]}]", "0011", "0011", "0011"},
		{"[{\"options\":[[\"a\"],[\"b\"],[\"c\",\"d\"]]}]", "0010", "-", "-"},
		{"[{\"options\":[[\"a\"]]},{\"required\":false,\"options\":[[\"b\"]]}]", "1111", "1000", "1100"},
		{"[{\"options\":[[\"a\"]]},{\"required\":false,\"options\":[[\"b\"]]}]", "1000", "1000", "1000"},
		{"[{\"required\":false,\"options\":[[\"b\"]]}]", "0000", "0000", "0000"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		json_t *json = json_object(), *list = json_array();
		struct sb_query_fault fault;
		struct sb_dcql dcql;
		bool possible[SB_DCQL_CREDENTIALS] = {false}, chosen[SB_DCQL_CREDENTIALS];
		size_t lacking;

		for (size_t k = 0; k < 4; k++) {
			char id[2] = {(char)('a' + k), 0};

			json_array_append_new(list, json_pack("{s:s, s:s, s:{s:s}}", "id", id, "format", "mso_mdoc", "meta", "doctype_value", "d"));
			possible[k] = rows[i].possible[k] == '1';
		}
		json_object_set_new(json, "credentials", list);
		if (rows[i].sets)
			json_object_set_new(json, "credential_sets", json_loads(rows[i].sets, 0, NULL));
		REQUIRE(sb_dcql_parse(json, &dcql, &fault) == SB_OK);
		for (int optional = 0; optional < 2; optional++) {
			char got[5] = "";
			int rc = sb_dcql_choose_credentials(&dcql, possible, optional, chosen, &lacking);

			for (size_t k = 0; k < 4; k++)
				got[k] = chosen[k] ? '1' : '0';
			check_count++;
			if (strcmp(rc == SB_OK ? got : "-", optional ? rows[i].want_optional : rows[i].want) != 0) {
				fprintf(stderr, "row %zu, optional %d: %s\n", i, optional, got);
				check_failures++;
			}
		}
		sb_dcql_free(&dcql);
		json_decref(json);
	}
}

/* --- responses --- */

static void response_is(const struct sb_vp_request *r, const char *text, const char *want)
{
	struct sb_query_fault fault;
	struct sb_vp_response response;

	fault_is(sb_vp_response_parse(sb_slice(text, strlen(text)), r, &response, &fault), &fault, want, text);
	CHECK(want || response.count == 2);
	sb_vp_response_free(&response);
}

static void responses(void)
{
	struct sb_vp_request r;
	struct sb_query_fault fault;
	json_t *token = json_pack("{s:[s], s:[s]}", "m", "x", "j", "y"), *response;
	char *text;

	REQUIRE(sb_vp_request_parse(sb_slice(base, strlen(base)), &nobody, &r, &fault) == SB_OK);
	response = sb_vp_response_make(&r, token);
	text = json_dumps(response, JSON_COMPACT);
	CHECK(strcmp(text, "{\"vp_token\":{\"m\":[\"x\"],\"j\":[\"y\"]},\"state\":\"s\"}") == 0);
	response_is(&r, text, NULL);
	response_is(&r, "", "");
	response_is(&r, "[]", "");
	response_is(&r, "{\"vp_token\":{\"m\":[\"x\"],\"j\":[\"y\"]},\"state\":\"s\",\"state\":\"s\"}", "");
	response_is(&r, "{\"vp_token\":{\"m\":[\"x\"],\"j\":[\"y\"]},\"state\":\"s\",\"more\":1}", "");
	response_is(&r, "{\"vp_token\":{\"m\":[\"x\"],\"j\":[\"y\"]}}", "state");
	response_is(&r, "{\"vp_token\":{\"m\":[\"x\"],\"j\":[\"y\"]},\"state\":\"t\"}", "state");
	response_is(&r, "{\"state\":\"s\"}", "vp_token");
	response_is(&r, "{\"vp_token\":[],\"state\":\"s\"}", "vp_token");
	response_is(&r, "{\"vp_token\":{},\"state\":\"s\"}", "vp_token");
	response_is(&r, "{\"vp_token\":{\"m\":[\"x\"]},\"state\":\"s\"}", "vp_token");
	response_is(&r, "{\"vp_token\":{\"m\":[\"x\"],\"j\":\"y\"},\"state\":\"s\"}", "vp_token");
	response_is(&r, "{\"vp_token\":{\"m\":[\"x\"],\"j\":[]},\"state\":\"s\"}", "vp_token");
	response_is(&r, "{\"vp_token\":{\"m\":[\"x\"],\"j\":[7]},\"state\":\"s\"}", "vp_token");
	response_is(&r, "{\"vp_token\":{\"m\":[\"x\"],\"j\":[\"y\",\"z\"]},\"state\":\"s\"}", "vp_token");
	response_is(&r, "{\"vp_token\":{\"m\":[\"x\"],\"j\":[\"y\"],\"k\":[\"z\"]},\"state\":\"s\"}", "vp_token");
	json_decref(token);
	json_decref(response);
	free(text);
	sb_vp_request_free(&r);
}

static void make_certificate(enum sb_x509_kind kind, const struct software_signer *subject, const struct software_signer *issuer, const char *name,
	struct sb_bytes *der)
{
	struct sb_x509_request r = {.kind = kind, .subject = {"KR", "Test", name}, .issuer = {"KR", "Test", "Root"}, .serial = {1}, .serial_len = 1,
		.not_before = NOW - YEAR, .not_after = NOW + YEAR, .point = software_point(subject), .issuer_point = software_point(issuer)};

	REQUIRE(sb_x509_issue(&r, &issuer->signer, der) == SB_OK);
}

int main(void)
{
	struct software_signer other;

	REQUIRE(sb_crypto_start() == SB_OK);
	root = software_signer_new();
	asker = software_signer_new();
	other = software_signer_new();
	make_certificate(SB_X509_ROOT, &root, &root, "Root", &root_der);
	make_certificate(SB_X509_ROOT, &other, &other, "Root", &other_der);
	make_certificate(SB_X509_HOLDER, &asker, &root, "Asker", &asker_der);
	plain_requests();
	not_signed();
	signed_requests();
	published_queries();
	claims_are_chosen();
	credentials_are_chosen();
	responses();
	sb_bytes_free(&root_der);
	sb_bytes_free(&asker_der);
	sb_bytes_free(&other_der);
	software_signer_free(&root);
	software_signer_free(&asker);
	software_signer_free(&other);
	return check_result();
}
