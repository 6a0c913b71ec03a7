/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "crypto/certificate.h"
#include "formats/openid4vp.h"
#include "fuzz_parts.h"
#include "mdoc_maker.h"

/* Requests (plain and signed), queries and responses of OpenID4VP: nothing crashes; who is called verified is whom the root vouches for; a
 * query gives no more than it asks for; a response answers its request and nothing else.
 * In the clear: header and payload of a request object, a line each. 'R' in front: a response. */

#define URI "https://rp.example/cb"
static struct maker m;
static struct software_signer asker;
static struct sb_bytes asker_der, object, clear, response, seeds[4];
static struct sb_vp_request asked;
static unsigned long answerable;
static void as_request(struct sb_slice text, bool as_made);

static const char plain[] =
	"{\"client_id\":\"redirect_uri:" URI "\",\"response_type\":\"vp_token\",\"response_mode\":\"direct_post\",\"response_uri\":\"" URI
	"\",\"nonce\":\"N-1\",\"state\":\"s\",\"dcql_query\":{\"credentials\":["
	"{\"id\":\"m\",\"format\":\"mso_mdoc\",\"meta\":{\"doctype_value\":\"d\"},\"claims\":[{\"path\":[\"n\",\"name\"],\"intent_to_retain\":false}]},"
	"{\"id\":\"j\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":[\"v\"]},\"claims\":[{\"id\":\"a\",\"path\":[\"name\"],\"values\":[\"x\",1,true]},"
	"{\"id\":\"b\",\"path\":[\"list\",null,0,\"z\"]}],\"claim_sets\":[[\"a\",\"b\"],[\"b\"]]}],"
	"\"credential_sets\":[{\"options\":[[\"m\"],[\"j\"]]},{\"options\":[[\"j\",\"m\"]],\"required\":false}]},"
	"\"client_metadata\":{\"client_name\":\"Shop\",\"vp_formats_supported\":{\"mso_mdoc\":{\"issuerauth_alg_values\":[-7]},\"dc+sd-jwt\":{}}}}";

static void make_object(void)
{
	struct sb_bytes coded = {0}, id = {0};
	uint8_t hash[32];
	char text[8192];

	FUZZ_REQUIRE(sb_base64_encode(asker_der.data, asker_der.len, &coded) == SB_OK && sb_bytes_terminate(&coded) == SB_OK);
	FUZZ_REQUIRE(sb_sha256(asker_der.data, asker_der.len, hash) == SB_OK && sb_base64url_encode(hash, 32, &id) == SB_OK && sb_bytes_terminate(&id) == SB_OK);
	snprintf(text, sizeof text, "S{\"alg\":\"ES256\",\"typ\":\"" SB_VP_REQUEST_TYP "\",\"x5c\":[\"%s\"]}\n", (char *)coded.data);
	fuzz_put_text(&clear, text);
	snprintf(text, sizeof text, "{\"aud\":\"https://self-issued.me/v2\",\"iat\":%d,\"exp\":%d,\"client_id\":\"x509_hash:%s\"%s", MAKER_NOW, MAKER_NOW + 300,
		(char *)id.data, strstr(plain, ",\"response_type"));
	fuzz_put_text(&clear, text);
	sb_bytes_free(&coded);
	sb_bytes_free(&id);
}

static void sign(struct sb_slice in, struct sb_bytes *out)
{
	struct sb_slice header = fuzz_line(&in), payload = fuzz_line(&in);

	fuzz_jws(header, payload, &asker, out);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char answer[] = "R{\"vp_token\":{\"m\":[\"x\"],\"j\":[\"y\"]},\"state\":\"s\"}";
	const struct maker_certificate c = {SB_X509_READER, "KR", "KR", MAKER_NOW - MAKER_YEAR, MAKER_NOW + MAKER_YEAR};
	const struct sb_vp_trust nobody = {NULL, 0, MAKER_NOW};
	struct sb_query_fault why;

	(void)argc;
	(void)argv;
	m = maker_new();
	asker = software_signer_new();
	maker_certificate(&m, &c, &asker, &m.root_key, &asker_der);
	make_object();
	sign(sb_slice(clear.data + 1, clear.len - 1), &object);
	as_request(sb_bytes_slice(&object), true);
	FUZZ_REQUIRE(answerable == 3);
	fuzz_put_text(&response, answer);
	FUZZ_REQUIRE(sb_vp_request_parse(fuzz_text(plain), &nobody, &asked, &why) == SB_OK);
	fuzz_put_text(&seeds[0], plain);
	seeds[1] = clear;
	seeds[2] = object;
	seeds[3] = response;
	return 0;
}

/* Something in the place of a card: it has a claim or not, and always says the same. */
static bool has(void *context, const struct sb_dcql_credential *credential, size_t claim)
{
	const char *name = sb_dcql_claim_name(credential, claim);

	FUZZ_REQUIRE(name && sb_dcql_path(credential, claim));
	return (strlen(name) + claim + *(unsigned *)context) % 3 != 0;
}

static void ask(const struct sb_dcql *query)
{
	bool possible[SB_DCQL_CREDENTIALS] = {false}, chosen[SB_DCQL_CREDENTIALS] = {false}, claims[SB_DCQL_CLAIMS];
	size_t lacking = 0;

	FUZZ_REQUIRE(query->count >= 1 && query->count <= SB_DCQL_CREDENTIALS);
	for (unsigned i = 0; i < query->count; i++) {
		const struct sb_dcql_credential *c = &query->credentials[i];
		size_t count = c->claims ? json_array_size(c->claims) : 0;

		FUZZ_REQUIRE(c->id && count <= SB_DCQL_CLAIMS && (c->format == SB_DCQL_SD_JWT || c->doctype));
		memset(claims, 0, sizeof claims);
		possible[i] = sb_dcql_choose_claims(c, has, &i, claims, &lacking) == SB_OK;
		FUZZ_REQUIRE(possible[i] || lacking < count);
		for (size_t k = 0; k < SB_DCQL_CLAIMS; k++)
			FUZZ_REQUIRE(!possible[i] || !claims[k] || (k < count && has(&i, c, k)));
	}
	for (int optional = 0; optional < 2; optional++) {
		int rc = sb_dcql_choose_credentials(query, possible, optional, chosen, &lacking);

		FUZZ_REQUIRE(rc == SB_OK || (rc == SB_E_NOT_FOUND && lacking < query->count && !possible[lacking]));
		for (size_t i = 0; rc == SB_OK && i < SB_DCQL_CREDENTIALS; i++)
			FUZZ_REQUIRE(!chosen[i] || possible[i]);
	}
}

static void is_in_order(const struct sb_vp_request *r, bool vouched)
{
	static const char prefix[] = "redirect_uri:";
	struct sb_bytes transcript = {0};

	FUZZ_REQUIRE(r->verified == vouched && (!vouched || (r->is_signed && *r->name)));
	FUZZ_REQUIRE(strncmp(r->response_uri, "https://", 8) == 0 && *r->nonce && r->client_id && (!r->state || *r->state));
	if (!r->is_signed)
		FUZZ_REQUIRE(strncmp(r->client_id, prefix, strlen(prefix)) == 0 && strcmp(r->client_id + strlen(prefix), r->response_uri) == 0);
	FUZZ_REQUIRE(sb_vp_transcript(r, &transcript) == SB_OK);
	sb_bytes_free(&transcript);
	ask(&r->query);
}

/* as_made: a signed one that passes is the one that was signed. */
static void as_request(struct sb_slice text, bool as_made)
{
	const struct sb_vp_trust trusts[] = {{NULL, 0, 0}, {NULL, 0, MAKER_NOW}, {m.roots, 1, MAKER_NOW}};
	struct sb_vp_request r;
	struct sb_query_fault why;

	for (size_t i = 0; i < 3; i++) {
		int rc = sb_vp_request_parse(text, &trusts[i], &r, &why);

		FUZZ_REQUIRE((rc == SB_OK) == !*why.why && strlen(why.member) < sizeof why.member);
		FUZZ_REQUIRE(rc == SB_OK || rc == SB_E_FORMAT || rc == SB_E_SIGNATURE || rc == SB_E_RANGE);
		if (rc != SB_OK)
			continue;
		answerable++;
		is_in_order(&r, trusts[i].root_count);
		if (as_made && trusts[i].root_count)
			FUZZ_REQUIRE(strcmp(r.nonce, "N-1") == 0 && strcmp(r.response_uri, URI) == 0 && r.query.count == 2);
		sb_vp_request_free(&r);
	}
}

static void as_response(struct sb_slice text)
{
	struct sb_vp_response r;
	struct sb_query_fault why;

	if (sb_vp_response_parse(text, &asked, &r, &why) != SB_OK) {
		FUZZ_REQUIRE(*why.why);
		return;
	}
	FUZZ_REQUIRE(r.count >= 1 && r.count <= SB_VP_PRESENTATIONS && strcmp(sb_json_text(r.json, "state"), "s") == 0);
	for (size_t i = 0; i < r.count; i++)
		FUZZ_REQUIRE(r.presentations[i].query < asked.query.count && r.presentations[i].text);
	sb_vp_response_free(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sb_bytes text = {0};

	if (size && *data == FUZZ_SIGN) {
		sign(sb_slice(data + 1, size - 1), &text);
		as_request(sb_bytes_slice(&text), false);
	} else if (size && *data == 'R')
		as_response(sb_slice(data + 1, size - 1));
	else
		as_request(sb_slice(data, size), true);
	sb_bytes_free(&text);
	return 0;
}

bool fuzz_seed(unsigned number, struct sb_bytes *out)
{
	return number < sizeof seeds / sizeof *seeds && sb_bytes_append(out, seeds[number].data, seeds[number].len) == SB_OK;
}
