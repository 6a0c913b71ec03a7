/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "formats/openid4vp.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "crypto/certificate.h"
#include "crypto/digest.h"
#include "formats/mdoc.h"

#define WALLET "https://self-issued.me/v2" /* aud of a request to a wallet that nobody registered */
#define PREFIX_REDIRECT "redirect_uri:"
#define PREFIX_DNS "x509_san_dns:"
#define PREFIX_HASH "x509_hash:"
enum { HOST_MAX = 254, VALUE_MAX = 2048, CLIENT_NAME_MAX = 256 };

static int complain(struct sb_query_fault *why, const char *member, const char *text)
{
	snprintf(why->member, sizeof why->member, "%s", member);
	why->why = text;
	return SB_E_FORMAT;
}

/* Without the prefix; NULL where it has another. */
static const char *after(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

/* https://HOST[:PORT][/…]: no user, no fragment, nothing that is not printable ASCII. host: HOST_MAX characters and a zero. */
static bool read_https(const char *uri, char host[HOST_MAX])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
	const char *from = after(uri, "https://");
	size_t len = from ? strspn(from, letters) : 0;

	for (const char *c = uri; *c; c++)
		if (*c <= ' ' || *c > '~' || *c == '#')
			return false;
	if (len < 1 || len >= HOST_MAX || !strchr(":/?", from[len]) || strlen(uri) > VALUE_MAX)
		return false;
	if (from[len] == ':' && !isdigit((unsigned char)from[len + 1]))
		return false;
	if (from[len] == ':' && !strchr("/?", from[len + 1 + strspn(from + len + 1, "0123456789")]))
		return false;
	memcpy(host, from, len);
	host[len] = 0;
	return true;
}

static bool is_url_safe(const char *text)
{
	return *text && strlen(text) <= VALUE_MAX &&
	       strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~") == strlen(text);
}

/* --- the parameters --- */

static int check_absent(const json_t *p, struct sb_query_fault *why)
{
	if (json_object_get(p, "redirect_uri"))
		return complain(why, "redirect_uri", "it has no place beside response_uri");
	if (json_object_get(p, "transaction_data"))
		return complain(why, "transaction_data", "it is not supported here");
	return json_object_get(p, "scope") ? complain(why, "scope", "it is not supported here") : SB_OK;
}

static int read_texts(struct sb_vp_request *r, struct sb_query_fault *why)
{
	const json_t *p = r->parameters, *state = json_object_get(p, "state"), *metadata = json_object_get(p, "client_metadata");
	const char *type = sb_json_text(p, "response_type"), *mode = sb_json_text(p, "response_mode");
	char host[HOST_MAX];

	r->client_id = sb_json_text(p, "client_id");
	r->nonce = sb_json_text(p, "nonce");
	r->response_uri = sb_json_text(p, "response_uri");
	r->state = json_string_value(state);
	r->client_name = sb_json_text(metadata, "client_name");
	if (!r->client_id || !*r->client_id || strlen(r->client_id) > VALUE_MAX)
		return complain(why, "client_id", "it is missing, no text, or too long");
	if (!type || strcmp(type, "vp_token") != 0)
		return complain(why, "response_type", "it is not vp_token");
	if (!mode || strcmp(mode, "direct_post") != 0)
		return complain(why, "response_mode", "it is not direct_post; other modes are not supported here");
	if (!r->response_uri || !read_https(r->response_uri, host))
		return complain(why, "response_uri", "it is missing, or no https address");
	if (!r->nonce || !is_url_safe(r->nonce))
		return complain(why, "nonce", "it is missing, or has other signs than letters, digits, \"-\", \".\", \"_\" and \"~\"");
	if (state && (!r->state || !*r->state || strlen(r->state) > VALUE_MAX))
		return complain(why, "state", "it is no text, empty, or too long");
	if (metadata && !json_is_object(metadata))
		return complain(why, "client_metadata", "it is no object");
	return r->client_name && strlen(r->client_name) > CLIENT_NAME_MAX ? complain(why, "client_metadata.client_name", "it is too long") : SB_OK;
}

/* Where the asker says which algorithms it takes, ours must be among them: "ES256", or -7 as COSE numbers it. */
static bool takes_ours(const json_t *format, const char *name)
{
	const json_t *list = json_object_get(format, name);

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *value = json_array_get(list, i);

		if ((json_is_string(value) && strcmp(json_string_value(value), "ES256") == 0) ||
			(json_is_integer(value) && json_integer_value(value) == -7))
			return true;
	}
	return !list;
}

static int check_formats(const struct sb_vp_request *r, struct sb_query_fault *why)
{
	static const char *const lists[] = {"sd-jwt_alg_values", "kb-jwt_alg_values", "issuerauth_alg_values", "deviceauth_alg_values"};
	const json_t *supported = json_object_get(json_object_get(r->parameters, "client_metadata"), "vp_formats_supported");

	for (size_t i = 0; supported && i < r->query.count; i++) {
		const json_t *format = json_object_get(supported, sb_dcql_format_name(r->query.credentials[i].format));
		bool takes = json_is_object(format);

		for (size_t k = 0; k < sizeof lists / sizeof *lists; k++)
			takes = takes && takes_ours(format, lists[k]);
		if (!takes)
			return complain(why, "client_metadata.vp_formats_supported", "it does not take what the query asks for, with ES256");
	}
	return SB_OK;
}

/* --- who asks --- */

/* Nobody signed it: the address of the answer is all there is. Where somebody has to vouch for who asks, taking the signature off must not
 * make a request pass that does not pass with it. */
static int check_unsigned(const struct sb_vp_request *r, const struct sb_vp_trust *trust, struct sb_query_fault *why)
{
	const char *uri = after(r->client_id, PREFIX_REDIRECT);

	if (trust->root_count) {
		complain(why, "", "it is not signed, so that the root that was given cannot vouch for who asks");
		return SB_E_SIGNATURE;
	}
	if (after(r->client_id, PREFIX_DNS) || after(r->client_id, PREFIX_HASH))
		return complain(why, "client_id", "with this prefix the request must be signed");
	if (!uri)
		return complain(why, "client_id", "its prefix is not redirect_uri:, x509_san_dns: or x509_hash:");
	return strcmp(uri, r->response_uri) == 0 ? SB_OK : complain(why, "response_uri", "it is not the address that client_id names");
}

static bool is_hash_of(const char *text, struct sb_slice der)
{
	uint8_t hash[SB_SHA256_SIZE];
	struct sb_bytes coded = {0};
	bool is = sb_sha256(der.data, der.len, hash) == SB_OK && sb_base64url_encode(hash, sizeof hash, &coded) == SB_OK &&
		  sb_slice_is(sb_bytes_slice(&coded), text);

	sb_bytes_free(&coded);
	return is;
}

static int check_client(const struct sb_vp_request *r, const struct sb_certificate *leaf, struct sb_slice der, struct sb_query_fault *why)
{
	const char *dns = after(r->client_id, PREFIX_DNS), *hash = after(r->client_id, PREFIX_HASH);
	char host[HOST_MAX];

	if (after(r->client_id, PREFIX_REDIRECT))
		return complain(why, "client_id", "with this prefix the request must not be signed");
	if (!dns && !hash)
		return complain(why, "client_id", "its prefix is not redirect_uri:, x509_san_dns: or x509_hash:");
	if (hash)
		return is_hash_of(hash, der) ? SB_OK : complain(why, "client_id", "it is not the certificate that the request is signed with");
	if (!sb_certificate_has_dns(leaf, dns))
		return complain(why, "client_id", "the certificate that the request is signed with is not for this name");
	return read_https(r->response_uri, host) && strcasecmp(host, dns) == 0
		       ? SB_OK
		       : complain(why, "response_uri", "it is at another name than client_id");
}

/* The name that stands for the asker: what his certificate calls him, else the host that it is for. */
static bool take_name(struct sb_vp_request *r, const struct sb_certificate *leaf)
{
	const char *dns = after(r->client_id, PREFIX_DNS);

	if (sb_certificate_common_name(leaf, r->name, sizeof r->name) == SB_OK && *r->name)
		return true;
	return dns && (size_t)snprintf(r->name, sizeof r->name, "%s", dns) < sizeof r->name;
}

/* A root vouches for it: verified. None does, though some are given: refused. */
static int check_trust(
	struct sb_vp_request *r, struct sb_certificate *const *chain, size_t count, const struct sb_vp_trust *trust, struct sb_query_fault *why)
{
	int rc = SB_E_SIGNATURE;

	for (size_t i = 0; rc == SB_E_SIGNATURE && i < trust->root_count; i++) {
		struct sb_certificate *root = NULL;

		if (sb_certificate_parse(trust->roots[i], &root) == SB_OK)
			rc = sb_certificate_check_path(chain, count, root, trust->at);
		sb_certificate_free(&root);
	}
	if (trust->root_count && rc == SB_E_RANGE) {
		complain(why, "x5c", "the asker's certificate is not valid at this time");
		return rc;
	}
	if (trust->root_count && rc != SB_OK) {
		complain(why, "x5c", "the asker's certificate is not from a root that is trusted");
		return SB_E_SIGNATURE;
	}
	r->verified = trust->root_count && take_name(r, chain[0]);
	return r->verified || !trust->root_count ? SB_OK : complain(why, "x5c", "the asker's certificate does not name anybody");
}

static int check_moment(const json_t *p, int64_t at, struct sb_query_fault *why)
{
	static const char *const names[] = {"iat", "nbf", "exp"};

	for (size_t i = 0; i < 3; i++) {
		const json_t *value = json_object_get(p, names[i]);
		bool past = json_integer_value(value) <= at;

		if (value && !json_is_integer(value))
			return complain(why, names[i], "it is no integer");
		/* Five minutes of difference between clocks, for what begins. */
		if (value && at && (i == 2 ? past : json_integer_value(value) > at + 300)) {
			if (i == 2)
				complain(why, names[i], "the request has ended");
			else
				complain(why, names[i], "the request is from the future");
			return SB_E_RANGE;
		}
	}
	return SB_OK;
}

/* x5c: the leaf and what leads from it to a root. */
static int read_chain(const struct sb_jws *jws, struct sb_bytes der[SB_CERTIFICATE_PATH], struct sb_certificate *chain[SB_CERTIFICATE_PATH], size_t *count,
	uint8_t point[65], struct sb_query_fault *why)
{
	int rc = sb_jws_x5c(jws, der, count);

	for (size_t i = 0; rc == SB_OK && i < *count; i++)
		rc = sb_certificate_parse(sb_bytes_slice(&der[i]), &chain[i]);
	if (rc == SB_OK && *count)
		rc = sb_certificate_point(chain[0], point);
	return rc == SB_OK && *count ? SB_OK : complain(why, "x5c", "it does not begin with a certificate with a P-256 key");
}

static int check_signed(struct sb_vp_request *r, const struct sb_jws *jws, const struct sb_vp_trust *trust, struct sb_query_fault *why)
{
	const char *audience = sb_json_text(r->parameters, "aud");
	struct sb_bytes der[SB_CERTIFICATE_PATH] = {{0}};
	struct sb_certificate *chain[SB_CERTIFICATE_PATH] = {NULL};
	uint8_t point[65];
	size_t count = 0;
	int rc = read_chain(jws, der, chain, &count, point, why);

	if (rc == SB_OK && sb_jws_verify(jws, sb_slice(point, sizeof point)) != SB_OK) {
		complain(why, "signature", "the signature does not hold");
		rc = SB_E_SIGNATURE;
	}
	if (rc == SB_OK && (!audience || strcmp(audience, WALLET) != 0))
		rc = complain(why, "aud", "it is not https://self-issued.me/v2");
	if (rc == SB_OK)
		rc = check_client(r, chain[0], sb_bytes_slice(&der[0]), why);
	if (rc == SB_OK)
		rc = check_moment(r->parameters, trust->at, why);
	if (rc == SB_OK)
		rc = check_trust(r, chain, count, trust, why);
	r->is_signed = rc == SB_OK;
	for (size_t i = 0; i < SB_CERTIFICATE_PATH; i++) {
		sb_certificate_free(&chain[i]);
		sb_bytes_free(&der[i]);
	}
	return rc;
}

/* --- the request --- */

int sb_vp_request_parse(struct sb_slice text, const struct sb_vp_trust *trust, struct sb_vp_request *out, struct sb_query_fault *why)
{
	struct sb_jws jws = {0};
	bool plain;
	int rc = SB_OK;

	*out = (struct sb_vp_request){0};
	*why = (struct sb_query_fault){"", ""};
	text = sb_slice_trim(text);
	plain = text.len && text.data[0] == '{';
	if (text.len > SB_VP_SIZE_MAX)
		rc = complain(why, "", "it is too large");
	else if (plain)
		out->parameters = sb_json_parse(text, NULL, NULL);
	else if (sb_jws_parse(text, SB_VP_REQUEST_TYP, &jws) == SB_OK)
		out->parameters = json_incref(jws.payload);
	if (rc == SB_OK && !out->parameters)
		rc = plain ? complain(why, "", "it is no JSON, or a member stands in it twice")
			   : complain(why, "", "it is neither JSON nor a request object (JWT of typ oauth-authz-req+jwt, ES256)");
	if (rc == SB_OK)
		rc = check_absent(out->parameters, why);
	if (rc == SB_OK)
		rc = read_texts(out, why);
	if (rc == SB_OK)
		rc = plain ? check_unsigned(out, trust, why) : check_signed(out, &jws, trust, why);
	if (rc == SB_OK)
		rc = sb_dcql_parse(json_object_get(out->parameters, "dcql_query"), &out->query, why);
	if (rc == SB_OK)
		rc = check_formats(out, why);
	sb_jws_free(&jws);
	if (rc != SB_OK)
		sb_vp_request_free(out);
	return rc;
}

void sb_vp_request_free(struct sb_vp_request *request)
{
	if (!request)
		return;
	sb_dcql_free(&request->query);
	json_decref(request->parameters);
	*request = (struct sb_vp_request){0};
}

int sb_vp_transcript(const struct sb_vp_request *request, struct sb_bytes *out)
{
	return sb_mdoc_transcript_openid4vp(sb_slice(request->client_id, strlen(request->client_id)), sb_slice(request->nonce, strlen(request->nonce)),
		(struct sb_slice){0}, sb_slice(request->response_uri, strlen(request->response_uri)), out);
}

/* --- the response --- */

json_t *sb_vp_response_make(const struct sb_vp_request *request, json_t *vp_token)
{
	json_t *response = json_pack("{s:O}", "vp_token", vp_token);

	if (response && request->state && json_object_set_new(response, "state", json_string(request->state)) != 0) {
		json_decref(response);
		response = NULL;
	}
	return response;
}

static size_t query_of(const struct sb_dcql *dcql, const char *id)
{
	size_t i = 0;

	while (i < dcql->count && strcmp(dcql->credentials[i].id, id) != 0)
		i++;
	return i;
}

static bool may_be_several(const struct sb_dcql *dcql, size_t query)
{
	return json_is_true(json_object_get(json_array_get(json_object_get(dcql->json, "credentials"), query), "multiple"));
}

static int read_presentations(const struct sb_vp_request *r, struct sb_vp_response *out, bool present[SB_DCQL_CREDENTIALS], struct sb_query_fault *why)
{
	json_t *list, *text;
	const char *id;
	size_t i;

	json_object_foreach(json_object_get(out->json, "vp_token"), id, list) {
		size_t query = query_of(&r->query, id);

		if (query == r->query.count)
			return complain(why, "vp_token", "it answers what was not asked for");
		if (json_array_size(list) < 1 || (json_array_size(list) > 1 && !may_be_several(&r->query, query)))
			return complain(why, "vp_token", "a member is not an array with one presentation");
		json_array_foreach(list, i, text) {
			if (!json_is_string(text) || out->count == SB_VP_PRESENTATIONS)
				return complain(why, "vp_token", "a presentation is no text, or there are too many");
			out->presentations[out->count++] = (struct sb_vp_presentation){query, json_string_value(text)};
		}
		present[query] = true;
	}
	return SB_OK;
}

static int read_response(const struct sb_vp_request *r, struct sb_vp_response *out, struct sb_query_fault *why)
{
	bool present[SB_DCQL_CREDENTIALS] = {false}, chosen[SB_DCQL_CREDENTIALS];
	const char *state = sb_json_text(out->json, "state");
	size_t lacking;
	int rc;

	if (!json_is_object(json_object_get(out->json, "vp_token")))
		return complain(why, "vp_token", "it is missing, or no object");
	if (json_object_size(out->json) != 1U + !!json_object_get(out->json, "state"))
		return complain(why, "", "it has other members than vp_token and state");
	if (r->state ? !state || strcmp(state, r->state) != 0 : json_object_get(out->json, "state") != NULL)
		return complain(why, "state", "it is not the request's");
	rc = read_presentations(r, out, present, why);
	if (rc == SB_OK && sb_dcql_choose_credentials(&r->query, present, false, chosen, &lacking) != SB_OK)
		rc = complain(why, "vp_token", "what the request asks for is not all there");
	return rc;
}

int sb_vp_response_parse(struct sb_slice text, const struct sb_vp_request *request, struct sb_vp_response *out, struct sb_query_fault *why)
{
	int rc;

	*out = (struct sb_vp_response){0};
	*why = (struct sb_query_fault){"", ""};
	if (text.len <= SB_VP_SIZE_MAX)
		out->json = sb_json_parse(text, NULL, NULL);
	rc = out->json ? read_response(request, out, why) : complain(why, "", "it is no JSON, or a member stands in it twice");
	if (rc != SB_OK)
		sb_vp_response_free(out);
	return rc;
}

void sb_vp_response_free(struct sb_vp_response *response)
{
	json_decref(response->json);
	*response = (struct sb_vp_response){0};
}
