/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "verify/request.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/codec.h"
#include "base/error.h"
#include "common/fields.h"
#include "common/i18n.h"
#include "crypto/digest.h"
#include "formats/mdoc.h"
#include "formats/openid4vp.h"
#include "formats/sd_jwt.h"
#include "formats/x509.h"

/* Each presentation by itself: form, issuer, device, request, status; then what this desk remembers. The answer is valid when all of it is.
 * A presentation that came alone is judged as the answer to a request that asked for whatever it shows. */

enum { LIFE = 300 /* seconds that an answer is taken after the device signed it; an mdoc carries no time */ };

/* One presentation as it is taken apart. */
struct part {
	const struct sb_dcql_credential *query;
	struct sb_bytes token; /* mdoc: the DeviceResponse */
	struct sb_mdoc mdoc;
	struct sb_sd_jwt sdjwt;
	bool open; /* sdjwt is to be freed */
	const uint8_t *holder_point; /* NULL until it is parsed */
	int64_t presented_at;        /* -1: it carries no time */
	json_t *fields;
	struct verify_verdict verdict; /* reason, document, status */
};

struct checking {
	struct answer *a;
	int64_t at;
	struct sb_bytes transcript;
	struct sb_slice root;
	struct sb_vp_request request;
	bool alone;          /* one presentation, without a request: its type and fields are its own choice */
	const char *audience; /* who it must be made for: client_id, or the origin */
	const char *origin;  /* alone, through the Digital Credentials API; else NULL */
	struct sb_vp_response response;
	struct part *parts;
	const uint8_t *holder_point; /* of the first that tells one */
	enum verify_reason reason;   /* of the whole */
};

static const enum verify_reason mdoc_reasons[] = {
	[SB_MDOC_KIND_NONE] = VERIFY_OK,
	[SB_MDOC_KIND_MALFORMED] = VERIFY_MALFORMED,
	[SB_MDOC_KIND_UNKNOWN_ISSUER] = VERIFY_UNKNOWN_ISSUER,
	[SB_MDOC_KIND_ALTERED] = VERIFY_ALTERED,
	[SB_MDOC_KIND_NOT_YET_VALID] = VERIFY_NOT_YET_VALID,
	[SB_MDOC_KIND_EXPIRED] = VERIFY_EXPIRED,
	[SB_MDOC_KIND_HOLDER] = VERIFY_HOLDER_MISMATCH,
};
static const enum verify_reason sdjwt_reasons[] = {
	[SB_SD_JWT_KIND_NONE] = VERIFY_OK,
	[SB_SD_JWT_KIND_MALFORMED] = VERIFY_MALFORMED,
	[SB_SD_JWT_KIND_UNKNOWN_ISSUER] = VERIFY_UNKNOWN_ISSUER,
	[SB_SD_JWT_KIND_ALTERED] = VERIFY_ALTERED,
	[SB_SD_JWT_KIND_NOT_YET_VALID] = VERIFY_NOT_YET_VALID,
	[SB_SD_JWT_KIND_EXPIRED] = VERIFY_EXPIRED,
	[SB_SD_JWT_KIND_HOLDER] = VERIFY_HOLDER_MISMATCH,
	[SB_SD_JWT_KIND_AUDIENCE] = VERIFY_WRONG_AUDIENCE,
	[SB_SD_JWT_KIND_NONCE] = VERIFY_WRONG_CHALLENGE,
	[SB_SD_JWT_KIND_TOO_OLD] = VERIFY_TOO_OLD,
};

/* --- one presentation --- */

/* The root vouches for signers; the bundle says which of them are in force. */
static bool is_signer(const struct checking *c, struct sb_slice certificate)
{
	for (size_t i = 0; i < c->a->bundle.signer_count; i++)
		if (sb_slice_equal(certificate, sb_bytes_slice(&c->a->bundle.signers[i])))
			return true;
	return false;
}

static enum verify_reason read_mdoc(struct checking *c, struct part *part, const char *text)
{
	const struct sb_mdoc_question question = {.roots = &c->root, .root_count = 1, .at = c->at, .transcript = sb_bytes_slice(&c->transcript)};
	struct sb_mdoc *documents = calloc(SB_MDOC_DOCUMENTS, sizeof *documents);
	enum sb_mdoc_fault fault = SB_MDOC_FAULT_NONE;
	size_t count = 0;
	int rc = documents ? sb_base64url_decode(text, strlen(text), &part->token) : SB_E_NOMEM;

	if (rc == SB_OK)
		rc = sb_mdoc_parse_response(sb_bytes_slice(&part->token), documents, &count, &fault);
	if (rc == SB_OK && count == 1)
		part->mdoc = documents[0];
	free(documents);
	if (rc != SB_OK || count != 1 || (!c->alone && !sb_slice_is(part->mdoc.doctype, part->query->doctype)))
		return rc == SB_E_FORMAT && c->alone ? mdoc_reasons[sb_mdoc_fault_kind(fault)] : VERIFY_MALFORMED;
	part->holder_point = part->mdoc.device_point;
	if (!is_signer(c, part->mdoc.certificate))
		return VERIFY_UNKNOWN_ISSUER;
	return sb_mdoc_verify(&part->mdoc, &question, &fault) == SB_OK ? VERIFY_OK : mdoc_reasons[sb_mdoc_fault_kind(fault)];
}

static enum verify_reason read_sdjwt(struct checking *c, struct part *part, const char *text)
{
	const struct sb_sd_jwt_question question = {.roots = &c->root, .root_count = 1, .eku = SB_EKU_DOCUMENT_SIGNER, .at = c->at,
		.audience = c->audience, .nonce = c->request.nonce, .max_age = LIFE};
	enum sb_sd_jwt_fault fault;

	/* A disclosure that its issuer did not sign shows already here. */
	if (sb_sd_jwt_parse(sb_slice(text, strlen(text)), &part->sdjwt, &fault) != SB_OK)
		return fault == SB_SD_JWT_FAULT_NONE ? VERIFY_MALFORMED : sdjwt_reasons[sb_sd_jwt_fault_kind(fault)];
	part->open = true;
	if (!c->alone && !sb_dcql_takes_vct(part->query, part->sdjwt.vct))
		return VERIFY_MALFORMED;
	part->holder_point = part->sdjwt.holder_point;
	if (!is_signer(c, sb_bytes_slice(&part->sdjwt.certificate)))
		return VERIFY_UNKNOWN_ISSUER;
	if (sb_sd_jwt_verify(&part->sdjwt, &question, &fault) != SB_OK)
		return sdjwt_reasons[sb_sd_jwt_fault_kind(fault)];
	part->presented_at = json_integer_value(json_object_get(part->sdjwt.kb.payload, "iat"));
	return VERIFY_OK;
}

static const struct sb_document *document_of(const struct checking *c, const struct part *part)
{
	for (struct sb_document *const *d = c->a->documents; *d; d++)
		if (part->query->format == SB_DCQL_MDOC ? sb_slice_is(part->mdoc.doctype, (*d)->doctype) : strcmp(part->sdjwt.vct, (*d)->vct) == 0)
			return *d;
	return NULL;
}

/* Elements that the document type does not have are refused, so that nothing is shown without its name. */
static bool add_field(struct part *part, const char *name, json_t *value)
{
	const struct sb_element *e = value ? sb_document_element(part->verdict.document, name) : NULL;

	if (!e || e->qr_only) {
		json_decref(value);
		return false;
	}
	return json_object_set_new(part->fields, name, value) == 0;
}

static bool add_mdoc_fields(struct part *part)
{
	for (size_t i = 0; i < part->mdoc.element_count; i++) {
		const struct sb_mdoc_element *e = &part->mdoc.elements[i];
		char name[128];

		if (!sb_slice_is(e->name_space, part->verdict.document->name_space) || e->name.len >= sizeof name)
			return false;
		memcpy(name, e->name.data, e->name.len);
		name[e->name.len] = 0;
		if (strlen(name) != e->name.len || !add_field(part, name, sb_mdoc_value_json(e->value)))
			return false;
	}
	return true;
}

static bool add_sdjwt_fields(struct part *part)
{
	const char *name;
	json_t *value;

	json_object_foreach(part->sdjwt.claims, name, value)
		if (!sb_sd_jwt_is_registered(name) && !add_field(part, name, json_incref(value)))
			return false;
	return true;
}

static bool has_claim(void *context, const struct sb_dcql_credential *query, size_t claim)
{
	const struct part *part = context;
	const json_t *values = sb_dcql_values(query, claim), *one;
	bool chosen[SB_SD_JWT_DISCLOSURES] = {false};
	const json_t *value;
	size_t i;

	if (query->format == SB_DCQL_SD_JWT)
		return sb_sd_jwt_select(&part->sdjwt, sb_dcql_path(query, claim), values, chosen) == SB_OK;
	value = strcmp(sb_dcql_name_space(query, claim), part->verdict.document->name_space) == 0
			? json_object_get(part->fields, sb_dcql_element(query, claim))
			: NULL;
	if (!values || !value)
		return value != NULL;
	json_array_foreach(values, i, one)
		if (json_equal(one, value))
			return true;
	return false;
}

/* What a device shows beyond what was asked for is nobody's business here. */
static void forget_unasked(struct part *part, const bool chosen[SB_DCQL_CLAIMS])
{
	const size_t count = part->query->claims ? json_array_size(part->query->claims) : 0;
	const char *name;
	json_t *value;
	void *next;

	json_object_foreach_safe(part->fields, next, name, value) {
		bool asked = false;

		for (size_t i = 0; i < count; i++)
			asked |= chosen[i] && strcmp(sb_dcql_claim_name(part->query, i), name) == 0;
		if (!asked)
			json_object_del(part->fields, name);
	}
}

/* The same, where --fields says what this desk needs. */
static void forget_unwanted(const struct checking *c, struct part *part)
{
	const char *name;
	json_t *value;
	void *next;

	json_object_foreach_safe(part->fields, next, name, value)
		if (!wanted_has(c->a, part->verdict.document, name))
			json_object_del(part->fields, name);
}

/* What was asked for is there. */
static enum verify_reason read_fields(struct checking *c, struct part *part)
{
	bool chosen[SB_DCQL_CLAIMS] = {false};
	size_t lacking;

	part->verdict.document = document_of(c, part);
	part->fields = json_object();
	if (!part->verdict.document || !part->fields ||
		!(part->query->format == SB_DCQL_MDOC ? add_mdoc_fields(part) : add_sdjwt_fields(part)))
		return VERIFY_MALFORMED;
	if (sb_dcql_choose_claims(part->query, has_claim, part, chosen, &lacking) != SB_OK)
		return VERIFY_MALFORMED;
	if (c->alone)
		forget_unwanted(c, part);
	else
		forget_unasked(part, chosen);
	return VERIFY_OK;
}

static enum verify_reason read_status(struct checking *c, struct part *part)
{
	const bool mdoc = part->query->format == SB_DCQL_MDOC;
	const char *uri = part->sdjwt.status_uri;

	if (!(mdoc ? part->mdoc.has_status : part->sdjwt.has_status))
		return VERIFY_STATUS_MISSING;
	part->verdict.sdcwt.status_uri = mdoc ? part->mdoc.status_uri : sb_slice(uri, strlen(uri));
	part->verdict.sdcwt.status_index = mdoc ? part->mdoc.status_index : part->sdjwt.status_index;
	return answer_status(c->a, c->at, &part->verdict);
}

static enum verify_reason judge_part(struct checking *c, struct part *part, const char *text)
{
	enum verify_reason reason = (part->query->format == SB_DCQL_MDOC ? read_mdoc : read_sdjwt)(c, part, text);

	if (reason == VERIFY_OK)
		reason = read_fields(c, part);
	if (reason == VERIFY_OK)
		reason = read_status(c, part);
	/* Two people's cards in one answer are nobody's. */
	if (!c->holder_point)
		c->holder_point = part->holder_point;
	if (reason == VERIFY_OK && memcmp(part->holder_point, c->holder_point, 65) != 0)
		reason = VERIFY_HOLDER_MISMATCH;
	return reason;
}

/* --- the whole --- */

int request_fail(const struct sb_query_fault *why, struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_DATA, "bad_request", *why->member ? why->member : "--request", _("This is no request that can be answered: %s (%s)."),
		*why->why ? _(why->why) : _("it is not signed as it says"), *why->member ? sb_clean(why->member) : "--request");
}

static void judge_parts(struct checking *c)
{
	for (size_t i = 0; i < c->response.count; i++) {
		struct part *part = &c->parts[i];

		*part = (struct part){.query = &c->request.query.credentials[c->response.presentations[i].query], .presented_at = -1,
			.verdict = {.status_age_s = -1}};
		part->verdict.reason = judge_part(c, part, c->response.presentations[i].text);
		if (c->reason == VERIFY_OK)
			c->reason = part->verdict.reason;
	}
}

static int judge_all(struct checking *c, struct sb_slice text)
{
	struct sb_query_fault why;

	c->parts = calloc(SB_VP_PRESENTATIONS, sizeof *c->parts);
	if (!c->parts)
		return SB_E_NOMEM;
	if (!c->a->have)
		c->reason = VERIFY_NO_BUNDLE;
	else if (!c->alone && sb_vp_response_parse(text, &c->request, &c->response, &why) != SB_OK)
		c->reason = VERIFY_MALFORMED;
	else
		judge_parts(c);
	return SB_OK;
}

/* This credential's answer to this request: of what its issuer and the request say, so that no other spelling of a signature, and no other name for
 * the query, makes it another. */
static int id_of(const struct checking *c, const struct part *part, uint8_t id[32])
{
	const char *format = sb_dcql_format_name(part->query->format);
	const struct sb_slice credential = part->query->format == SB_DCQL_MDOC ? part->mdoc.value_digests : part->sdjwt.issuer.signed_text;
	struct sb_bytes text = {0};
	int rc = sb_bytes_append_text(&text, format);

	if (rc == SB_OK)
		rc = sb_bytes_append(&text, c->audience, strlen(c->audience) + 1);
	if (rc == SB_OK)
		rc = sb_bytes_append(&text, c->request.nonce, strlen(c->request.nonce) + 1);
	if (rc == SB_OK)
		rc = sb_bytes_append(&text, part->holder_point, 65);
	if (rc == SB_OK)
		rc = sb_bytes_append(&text, credential.data, credential.len);
	if (rc == SB_OK)
		rc = sb_sha256(text.data, text.len, id);
	sb_bytes_free(&text);
	return rc;
}

/* The first presentation of this answer with the id of the i-th: one credential may answer several queries. */
static size_t first_with(const uint8_t ids[][32], size_t i)
{
	size_t k = 0;

	while (memcmp(ids[k], ids[i], sizeof *ids) != 0)
		k++;
	return k;
}

/* In a transaction: seen before, or remembered from now on. One that answers the same query twice would count for two cards. */
static int remember(struct checking *c)
{
	struct verify_memory memory = desk_memory(c->a->desk);
	uint8_t ids[SB_VP_PRESENTATIONS][32];
	bool yes = false;
	int rc = SB_OK;

	for (size_t i = 0; rc == SB_OK && i < c->response.count; i++) {
		rc = id_of(c, &c->parts[i], ids[i]);
		if (rc == SB_OK)
			rc = memory.seen(memory.context, ids[i], &yes);
		for (size_t k = 0; rc == SB_OK && k < i; k++)
			yes |= memcmp(ids[k], ids[i], sizeof *ids) == 0 && c->parts[k].query == c->parts[i].query;
		if (rc == SB_OK && yes)
			c->reason = c->parts[i].verdict.reason = VERIFY_REPLAYED;
	}
	for (size_t i = 0; rc == SB_OK && c->reason == VERIFY_OK && i < c->response.count; i++)
		if (first_with((const uint8_t(*)[32])ids, i) == i)
			rc = desk_remember(c->a->desk, ids[i], sb_slice(NULL, 0), time(NULL));
	return rc;
}

int request_names(const struct checking *c, struct sb_bytes *names)
{
	const char *name;
	json_t *value;
	int rc = SB_OK;

	for (size_t i = 0; c->reason == VERIFY_OK && i < c->response.count; i++)
		json_object_foreach(c->parts[i].fields, name, value) {
			if (rc == SB_OK && names->len)
				rc = sb_bytes_append_byte(names, ',');
			if (rc == SB_OK)
				rc = sb_bytes_append_text(names, name);
		}
	return rc == SB_OK ? sb_bytes_terminate(names) : rc;
}

int request_settle(struct checking *c)
{
	struct sb_bytes names = {0};
	struct desk_event e = {.time = time(NULL), .kind = "check", .document = "", .portrait = "not_checked"};
	int rc = c->reason == VERIFY_OK ? remember(c) : SB_OK;

	if (rc == SB_OK)
		rc = request_names(c, &names);
	e.result = c->reason == VERIFY_OK ? "valid" : "refused";
	e.reason = verify_reason_name(c->reason);
	e.fields = rc == SB_OK ? (const char *)names.data : "";
	if (c->response.count && c->parts[0].verdict.document)
		e.document = c->parts[0].verdict.document->id;
	if (rc == SB_OK)
		rc = desk_note(c->a->desk, &e, c->a->settings.history_days);
	sb_bytes_free(&names);
	return rc;
}

static int settle(struct checking *c)
{
	int rc = desk_begin(c->a->desk);

	if (rc == SB_OK)
		rc = request_settle(c);
	if (rc == SB_OK)
		rc = desk_commit(c->a->desk);
	desk_rollback(c->a->desk);
	return rc;
}

enum verify_reason request_reason(const struct checking *c)
{
	return c->reason;
}

/* --- telling --- */

/* Nothing of an answer that is refused in any part is shown. */
static void fill_part(const struct checking *c, const struct part *part, json_t *out)
{
	char text[TELL_TIME];
	bool valid = c->reason == VERIFY_OK;
	const char *time = valid && part->presented_at >= 0 ? tell_time(part->presented_at, text) : NULL;

	json_object_set_new(out, "result", json_string(part->verdict.reason == VERIFY_OK ? "valid" : "refused"));
	json_object_set_new(out, "reason", json_string(verify_reason_name(part->verdict.reason)));
	json_object_set_new(out, "format", json_string(sb_dcql_format_name(part->query->format)));
	json_object_set_new(out, "document", part->verdict.document ? json_string(part->verdict.document->id) : json_null());
	json_object_set_new(out, "fields", valid ? json_incref(part->fields) : json_object());
	json_object_set_new(out, "presented_at", time ? json_string(time) : json_null());
	tell_status(&part->verdict, out);
	tell_circumstances(c->a, &part->verdict, out);
	json_object_set_new(out, "portrait", json_string("not_checked"));
}

static void fill_alone(const struct checking *c, json_t *result)
{
	const struct part *part = &c->parts[0];
	json_t *missing;

	if (c->reason != VERIFY_NO_BUNDLE)
		fill_part(c, part, result);
	else {
		const struct part none = {.query = &c->request.query.credentials[0], .presented_at = -1, .verdict = {.reason = c->reason, .status_age_s = -1}};

		fill_part(c, &none, result);
	}
	if (c->reason != VERIFY_OK || !c->a->wanted)
		return;
	missing = json_array();
	for (size_t i = 0; i < part->verdict.document->element_count; i++) {
		const char *name = part->verdict.document->elements[i].name;

		if (wanted_has(c->a, part->verdict.document, name) && !json_object_get(part->fields, name))
			json_array_append_new(missing, json_string(name));
	}
	json_object_set_new(result, "missing", missing);
}

/* The whole has the members of one verdict: where all is valid, all fields together. */
void request_fill(const struct checking *c, json_t *result)
{
	const struct part none = {.query = NULL, .presented_at = -1, .verdict = {.status_age_s = -1}};
	const struct part *first = c->response.count ? &c->parts[0] : &none;
	json_t *all = json_array(), *fields = json_object();
	char text[TELL_TIME];
	const char *time = NULL;

	for (size_t i = 0; c->reason == VERIFY_OK && i < c->response.count; i++) {
		json_object_update(fields, c->parts[i].fields);
		if (c->parts[i].presented_at >= 0)
			time = tell_time(c->parts[i].presented_at, text);
	}
	json_object_set_new(result, "document", first->verdict.document ? json_string(first->verdict.document->id) : json_null());
	json_object_set_new(result, "fields", fields);
	json_object_set_new(result, "presented_at", time ? json_string(time) : json_null());
	tell_status(&first->verdict, result);
	for (size_t i = 0; i < c->response.count; i++)
		tell_circumstances(c->a, &c->parts[i].verdict, result);
	json_object_set_new(result, "portrait", json_string("not_checked"));
	json_object_set_new(result, "result", json_string(c->reason == VERIFY_OK ? "valid" : "refused"));
	json_object_set_new(result, "reason", json_string(verify_reason_name(c->reason)));
	json_object_set_new(result, "format", json_string("vp_token"));
	json_object_set_new(result, "presentations", all);
	for (size_t i = 0; i < c->response.count; i++) {
		json_t *one = json_pack("{s:s}", "id", c->parts[i].query->id);

		fill_part(c, &c->parts[i], one);
		json_array_append_new(all, one);
	}
}

static void say_part(struct sb_program *p, const struct part *part)
{
	const struct sb_document *d = part->verdict.document;
	size_t all[SB_MDOC_ELEMENTS];

	sb_say(p, "%s (%s)\n", strcmp(sb_i18n_lang(), "ko") == 0 ? d->label_ko : d->label_en, sb_dcql_format_name(part->query->format));
	for (size_t i = 0; i < d->element_count && i < SB_MDOC_ELEMENTS; i++)
		all[i] = i;
	sb_fields_print(p, d, part->fields, all, d->element_count < SB_MDOC_ELEMENTS ? d->element_count : SB_MDOC_ELEMENTS);
}

static void say_missing(const struct checking *c, const json_t *missing)
{
	const json_t *name;
	size_t i;

	json_array_foreach (missing, i, name)
		sb_say(c->a->p, "%s%s", i ? ", " : _("Asked for, but not shown by the holder: "),
			sb_fields_label(sb_document_element(c->parts[0].verdict.document, json_string_value(name))));
	if (json_array_size(missing))
		sb_say(c->a->p, "\n");
}

static void say(const struct checking *c, const json_t *result)
{
	struct sb_program *p = c->a->p;

	banner_say(c->a, c->reason == VERIFY_OK);
	tell_say_at(c->a);
	sb_say(p, "%s\n", verify_answer_sentence(c->reason));
	if (c->reason != VERIFY_OK)
		sb_say(p, "%s\n", verify_answer_mend(c->reason));
	for (size_t i = 0; c->reason == VERIFY_OK && i < c->response.count; i++)
		say_part(p, &c->parts[i]);
	say_missing(c, json_object_get(result, "missing"));
	if (c->reason == VERIFY_OK && c->response.count)
		tell_say_age(c->a, &c->parts[0].verdict);
}

void request_free(struct checking **checking)
{
	struct checking *c = *checking;

	for (size_t i = 0; c && c->parts && i < c->response.count; i++) {
		json_decref(c->parts[i].fields);
		sb_bytes_free(&c->parts[i].token);
		if (c->parts[i].open)
			sb_sd_jwt_free(&c->parts[i].sdjwt);
	}
	if (!c)
		return;
	free(c->parts);
	sb_vp_response_free(&c->response);
	sb_vp_request_free(&c->request);
	sb_bytes_free(&c->transcript);
	free(c);
	*checking = NULL;
}

static struct checking *new_checking(struct answer *a, int64_t at)
{
	struct checking *c = calloc(1, sizeof *c);

	if (c)
		*c = (struct checking){.a = a, .at = at, .root = sb_bytes_slice(&a->root)};
	return c;
}

static int transcript_of(struct checking *c)
{
	if (c->origin)
		return sb_mdoc_transcript_dcapi(sb_slice(c->origin, strlen(c->origin)), sb_slice(c->request.nonce, strlen(c->request.nonce)),
			(struct sb_slice){0}, &c->transcript);
	return c->request.response_uri ? sb_vp_transcript(&c->request, &c->transcript) : SB_OK;
}

static int examine_request(struct checking *c, struct sb_slice answer, struct sb_slice request, struct sb_query_fault *why)
{
	const struct sb_vp_trust nobody = {.roots = NULL};

	if (sb_vp_request_parse(request, &nobody, &c->request, why) != SB_OK)
		return SB_E_FORMAT;
	c->audience = c->request.client_id;
	return transcript_of(c) == SB_OK ? judge_all(c, answer) : SB_E_NOMEM;
}

int request_examine(struct answer *a, struct sb_slice answer, struct sb_slice request, int64_t at, struct checking **out, struct sb_query_fault *why)
{
	int rc;

	*out = new_checking(a, at);
	rc = *out ? examine_request(*out, answer, request, why) : SB_E_NOMEM;
	if (rc != SB_OK)
		request_free(out);
	return rc;
}

/* Judged: remembers, tells. */
static int finish(struct checking *c, json_t *result, struct sb_failure *f)
{
	struct answer *a = c->a;
	int rc = settle(c);

	if (rc != SB_OK)
		return desk_fail(a->p, rc, f);
	if (c->alone)
		fill_alone(c, result);
	else
		request_fill(c, result);
	say(c, result);
	sb_answer(a->p, result);
	return c->reason == VERIFY_OK ? SB_EXIT_OK : SB_EXIT_REFUSED;
}

int request_check(struct answer *a, struct sb_slice answer, struct sb_slice request, json_t *result, struct sb_failure *f)
{
	struct checking *c = NULL;
	struct sb_query_fault why;
	int rc = answer_refresh(a, f), got;

	if (rc != SB_EXIT_OK)
		return rc;
	c = new_checking(a, answer_time(a));
	got = c ? examine_request(c, answer, request, &why) : SB_E_NOMEM;
	if (got == SB_E_FORMAT)
		rc = request_fail(&why, f);
	else
		rc = got == SB_OK ? finish(c, result, f) : desk_fail(a->p, got, f);
	request_free(&c);
	return rc;
}

/* OpenID4VP, appendix A.4: an answer through a browser is made for its origin. */
static int audience_of(const struct request_binding *binding, struct sb_bytes *audience)
{
	int rc = binding->origin ? sb_bytes_append_text(audience, "origin:") : SB_OK;

	if (rc == SB_OK)
		rc = sb_bytes_append_text(audience, binding->origin ? binding->origin : binding->client_id);
	return rc == SB_OK ? sb_bytes_terminate(audience) : rc;
}

int request_check_alone(
	struct answer *a, const char *text, enum sb_dcql_format format, const struct request_binding *binding, json_t *result, struct sb_failure *f)
{
	struct sb_bytes audience = {0};
	struct checking *c;
	int rc = answer_refresh(a, f), got;

	if (rc != SB_EXIT_OK)
		return rc;
	c = new_checking(a, answer_time(a));
	got = c ? audience_of(binding, &audience) : SB_E_NOMEM;
	if (got == SB_OK) {
		c->alone = true;
		c->origin = binding->origin;
		c->audience = (const char *)audience.data;
		c->request = (struct sb_vp_request){.client_id = binding->client_id, .nonce = binding->nonce, .response_uri = binding->response_uri,
			.query = {.credentials = {{.id = "", .format = format}}, .count = 1}};
		c->response = (struct sb_vp_response){.presentations = {{.query = 0, .text = text}}, .count = 1};
		got = transcript_of(c) == SB_OK ? judge_all(c, sb_slice(NULL, 0)) : SB_E_NOMEM;
	}
	rc = got == SB_OK ? finish(c, result, f) : desk_fail(a->p, got, f);
	request_free(&c);
	sb_bytes_free(&audience);
	return rc;
}
