/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "holder/request.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/codec.h"
#include "base/error.h"
#include "base/file.h"
#include "common/fields.h"
#include "common/i18n.h"
#include "common/terminal.h"
#include "formats/mdoc.h"
#include "formats/openid4vp.h"
#include "formats/sd_jwt.h"
#include "formats/x509.h"
#include "holder/history.h"

/* `present --request`: a web site or another relying party asks (OpenID4VP), the resident sees who and for what, consents, and exactly that is
 * disclosed. */

enum { ROOT_MAX = 64 << 10 };

/* What the card has for one credential of the query. */
struct held {
	struct sb_document *document; /* NULL: nothing */
	struct sb_bytes token;
	struct sb_mdoc mdoc;
	struct sb_sd_jwt sdjwt; /* parsed where the format is that */
	bool parsed;
	bool claims[SB_DCQL_CLAIMS]; /* to be disclosed */
	size_t lacking;              /* a claim that is not there */
};

struct asking {
	struct sb_program *p;
	struct holder_card card;
	struct sb_bytes text, root;
	struct sb_bytes words; /* who asks for what */
	struct sb_vp_request request;
	struct held *held; /* by number in the query */
	bool possible[SB_DCQL_CREDENTIALS], chosen[SB_DCQL_CREDENTIALS];
};

/* --- the request --- */

static int read_root(struct asking *a, struct sb_failure *f)
{
	const char *path = sb_program_text(a->p, "--rp-root");
	struct sb_bytes pem = {0};
	int rc;

	if (!path)
		return SB_EXIT_OK;
	rc = sb_file_read(path, ROOT_MAX, &pem);
	if (rc == SB_OK)
		rc = sb_pem_decode("CERTIFICATE", sb_bytes_slice(&pem), &a->root);
	sb_bytes_free(&pem);
	return rc == SB_OK ? SB_EXIT_OK
			   : sb_fail(f, SB_EXIT_DATA, "bad_certificate", "--rp-root", _("%s is no certificate: %s."), path, _(sb_error_text(rc)));
}

static int fail_request(int error, const struct sb_query_fault *why, struct sb_failure *f)
{
	const char *member = *why->member ? why->member : "--request", *clause = *why->why ? _(why->why) : _(sb_error_text(error));

	if (error == SB_E_SIGNATURE || error == SB_E_RANGE)
		return sb_fail(f, SB_EXIT_REFUSED, "untrusted_request", member,
			_("This request is not to be trusted: %s (%s). Nothing was shown to anybody."), clause, sb_clean(member));
	return sb_fail(f, SB_EXIT_DATA, "bad_request", member, _("This is no request that can be answered: %s (%s)."), clause, sb_clean(member));
}

static int read_request(struct asking *a, struct sb_failure *f)
{
	const char *path = sb_program_text(a->p, "--request");
	struct sb_slice root;
	struct sb_vp_trust trust = {.roots = &root, .at = time(NULL)};
	struct sb_query_fault why;
	int rc = sb_file_read(strcmp(path, "-") == 0 ? "/dev/stdin" : path, SB_VP_SIZE_MAX, &a->text);

	if (rc != SB_OK)
		return sb_fail(f, SB_EXIT_DATA, "cannot_read", "--request", _("%s cannot be read: %s."), sb_source_name(path), _(sb_error_text(rc)));
	rc = read_root(a, f);
	if (rc != SB_EXIT_OK)
		return rc;
	root = sb_bytes_slice(&a->root);
	trust.root_count = a->root.len ? 1 : 0;
	rc = sb_vp_request_parse(sb_bytes_slice(&a->text), &trust, &a->request, &why);
	return rc == SB_OK ? SB_EXIT_OK : fail_request(rc, &why, f);
}

/* --- what the card has --- */

static bool is_asked_for(const struct sb_dcql_credential *c, const struct sb_document *d)
{
	return c->format == SB_DCQL_MDOC ? strcmp(c->doctype, d->doctype) == 0 : sb_dcql_takes_vct(c, d->vct);
}

static int take_token(struct asking *a, const struct sb_dcql_credential *c, struct held *h, struct sb_failure *f)
{
	enum sb_mdoc_fault mdoc_fault;
	enum sb_sd_jwt_fault sdjwt_fault;
	int rc, parsed;

	if (c->format == SB_DCQL_MDOC)
		rc = holder_card_mdoc(&a->card, h->document->id, &h->token, f);
	else
		rc = holder_card_sdjwt(&a->card, h->document->id, &h->token, f);
	if (rc != SB_EXIT_OK)
		return rc;
	if (c->format == SB_DCQL_MDOC)
		parsed = sb_mdoc_parse_issued(sb_bytes_slice(&h->token), &h->mdoc, &mdoc_fault);
	else
		parsed = sb_sd_jwt_parse(sb_bytes_slice(&h->token), &h->sdjwt, &sdjwt_fault);
	h->parsed = parsed == SB_OK;
	return h->parsed ? SB_EXIT_OK : sb_fail(f, SB_EXIT_TOKEN, "token_error", NULL, _("The credential in the token is damaged. Enrol again."));
}

/* The first document type on the card that it can be. */
static int find_held(struct asking *a, const struct sb_dcql_credential *c, struct held *h, struct sb_failure *f)
{
	const json_t *type;
	size_t i;

	json_array_foreach(json_object_get(a->card.meta, "documents"), i, type) {
		struct sb_document *d = NULL;
		int rc;

		if (!json_is_string(type))
			continue;
		rc = sb_documents_load(json_string_value(type), &d, f);
		if (rc != SB_EXIT_OK)
			return rc;
		if (is_asked_for(c, d)) {
			h->document = d;
			rc = take_token(a, c, h, f);
			/* A card from before this format was issued has none of it. */
			if (rc != SB_EXIT_OK && strcmp(f->error, "not_found") == 0) {
				sb_document_free(&h->document);
				rc = SB_EXIT_OK;
			}
			return rc;
		}
		sb_document_free(&d);
	}
	return SB_EXIT_OK;
}

static bool is_wanted(const json_t *value, const json_t *values)
{
	const json_t *one;
	size_t i;

	if (!values)
		return true;
	json_array_foreach(values, i, one)
		if (json_equal(value, one))
			return true;
	return false;
}

static const struct sb_mdoc_element *find_element(const struct held *h, const struct sb_dcql_credential *c, size_t claim)
{
	const char *space = sb_dcql_name_space(c, claim), *name = sb_dcql_element(c, claim);

	return sb_mdoc_find(&h->mdoc, sb_slice(space, strlen(space)), sb_slice(name, strlen(name)));
}

static bool has_claim(void *context, const struct sb_dcql_credential *c, size_t claim)
{
	const struct held *h = context;
	const struct sb_mdoc_element *element;
	bool chosen[SB_SD_JWT_DISCLOSURES] = {false}, wanted;
	json_t *value;

	if (c->format == SB_DCQL_SD_JWT)
		return sb_sd_jwt_select(&h->sdjwt, sb_dcql_path(c, claim), sb_dcql_values(c, claim), chosen) == SB_OK;
	element = find_element(h, c, claim);
	if (!element)
		return false;
	value = sb_mdoc_value_json(element->value);
	wanted = is_wanted(value, sb_dcql_values(c, claim));
	json_decref(value);
	return wanted;
}

/* What of this credential is not there: the document, this format of it, or the value of an element. */
static const char *lacking_name(const struct sb_dcql_credential *c, const struct held *h)
{
	if (h->parsed)
		return sb_dcql_claim_name(c, h->lacking);
	return c->format == SB_DCQL_MDOC ? c->doctype : json_string_value(json_array_get(c->vct_values, 0));
}

static int fail_lacking(const struct sb_dcql_credential *c, const struct held *h, struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_NOT_NOW, "not_held", c->id,
		_("This device has not all that is asked for (\"%s\": %s, %s). Nothing was shown to anybody."), sb_clean(c->id),
		sb_clean(lacking_name(c, h)), sb_dcql_format_name(c->format));
}

static int look(struct asking *a, struct sb_failure *f)
{
	const struct sb_dcql *query = &a->request.query;
	size_t lacking = 0;
	int rc = SB_EXIT_OK;

	a->held = calloc(SB_DCQL_CREDENTIALS, sizeof *a->held);
	if (!a->held)
		return sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
	for (size_t i = 0; rc == SB_EXIT_OK && i < query->count; i++) {
		struct held *h = &a->held[i];

		rc = find_held(a, &query->credentials[i], h, f);
		if (rc == SB_EXIT_OK && h->parsed)
			a->possible[i] = sb_dcql_choose_claims(&query->credentials[i], has_claim, h, h->claims, &h->lacking) == SB_OK;
	}
	if (rc == SB_EXIT_OK && sb_dcql_choose_credentials(query, a->possible, false, a->chosen, &lacking) != SB_OK)
		rc = fail_lacking(&query->credentials[lacking], &a->held[lacking], f);
	return rc;
}

/* --- consent --- */

static size_t claim_count(const struct sb_dcql_credential *c)
{
	return c->claims ? json_array_size(c->claims) : 0;
}

static const char *label_of(const struct sb_document *d)
{
	return strcmp(sb_i18n_lang(), "ko") == 0 ? d->label_ko : d->label_en;
}

/* Adds to what the resident is told. */
static int tell(struct asking *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int tell(struct asking *a, const char *format, ...)
{
	char *text = NULL;
	va_list args;
	int rc;

	va_start(args, format);
	rc = vasprintf(&text, format, args) >= 0 ? sb_bytes_append_text(&a->words, text) : SB_E_NOMEM;
	va_end(args);
	free(text);
	return rc;
}

static int tell_credential(struct asking *a, const struct sb_dcql_credential *c, const struct held *h)
{
	bool any = false;
	int rc = tell(a, "%s (%s)\n", label_of(h->document), sb_dcql_format_name(c->format));

	for (size_t i = 0; rc == SB_OK && i < claim_count(c); i++) {
		const struct sb_element *e = h->claims[i] ? sb_document_element(h->document, sb_dcql_claim_name(c, i)) : NULL;

		if (h->claims[i])
			rc = tell(a, "  - %s\n", e ? sb_fields_label(e) : sb_clean(sb_dcql_claim_name(c, i)));
		any |= h->claims[i];
	}
	return rc == SB_OK && !any ? tell(a, "  - %s\n", _("nothing but that the card is valid")) : rc;
}

/* Who asks: the name that a trusted certificate says, or a claim that nobody vouches for. */
static int tell_who(struct asking *a)
{
	const struct sb_vp_request *r = &a->request;
	int rc = tell(a, r->verified ? _("Asked by: %s (verified)\n") : _("Asked by: %s\n"), sb_clean(r->verified ? r->name : r->client_id));

	if (rc == SB_OK && !r->verified && r->client_name)
		rc = tell(a, _("It calls itself: %s\n"), sb_clean(r->client_name));
	if (rc == SB_OK && !r->verified)
		rc = tell(a, "%s\n", _("UNVERIFIED: nobody vouches for who that is."));
	return rc == SB_OK ? tell(a, _("The answer goes to: %s\n"), sb_clean(r->response_uri)) : rc;
}

static int tell_all(struct asking *a)
{
	const struct sb_dcql *query = &a->request.query;
	int rc = tell_who(a);

	if (rc == SB_OK)
		rc = tell(a, "%s\n", _("Asked for:"));
	for (size_t i = 0; rc == SB_OK && i < query->count; i++)
		if (a->chosen[i])
			rc = tell_credential(a, &query->credentials[i], &a->held[i]);
	return rc;
}

static void note(struct asking *a, const char *outcome)
{
	const struct sb_vp_request *r = &a->request;

	for (size_t i = 0; i < r->query.count; i++) {
		const struct sb_dcql_credential *c = &r->query.credentials[i];
		const char *names[SB_DCQL_CLAIMS];
		struct holder_presentation what = {.form = sb_dcql_format_name(c->format), .to = r->verified ? r->name : r->client_id,
			.verified = r->verified, .result = outcome, .document = a->held[i].document, .elements = names};

		for (size_t k = 0; k < claim_count(c); k++)
			if (a->held[i].claims[k])
				names[what.element_count++] = sb_dcql_claim_name(c, k);
		if (a->chosen[i])
			holder_history_add(a->p, &a->card, &what);
	}
}

/* Where consent was given already, it is told beside the answer, never in it: that may go to a pipe. */
static void say_words(struct asking *a)
{
	if (sb_program_text(a->p, "--out"))
		sb_say(a->p, "%s", (const char *)a->words.data);
	else if (!sb_program_json(a->p))
		fputs((const char *)a->words.data, stderr);
}

/* What is asked and the question are one text on the terminal, wherever the program's output goes. */
static int ask_consent(struct asking *a, struct sb_failure *f)
{
	int rc;

	rc = sb_terminal_confirm((const char *)a->words.data, NULL, _("Nothing was disclosed."), f);
	if (rc == SB_EXIT_REFUSED)
		note(a, "declined");
	else if (rc != SB_EXIT_OK)
		rc = sb_fail(f, SB_EXIT_USAGE, "no_consent", "--consent",
			_("There is no terminal to ask for your consent. Where it was given otherwise: --consent all"));
	return rc;
}

static int settle_consent(struct asking *a, struct sb_failure *f)
{
	bool given = sb_program_text(a->p, "--consent") != NULL;
	int rc = tell_all(a);

	if (rc == SB_OK && !given)
		rc = tell(a, "%s", _("Disclose this? [y/N] "));
	if (rc == SB_OK)
		rc = sb_bytes_terminate(&a->words);
	if (rc != SB_OK)
		return sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
	if (!given)
		return ask_consent(a, f);
	say_words(a);
	return SB_EXIT_OK;
}

/* --- the answer --- */

static int present_mdoc(struct asking *a, const struct sb_dcql_credential *c, const struct held *h, struct sb_bytes *out)
{
	struct sb_bytes transcript = {0}, response = {0};
	struct sb_mdoc_name names[SB_DCQL_CLAIMS];
	struct sb_mdoc_presentation what = {.issued = sb_bytes_slice(&h->token), .disclose = names};
	int rc = sb_vp_transcript(&a->request, &transcript);

	for (size_t i = 0; i < claim_count(c); i++)
		if (h->claims[i]) {
			const struct sb_mdoc_element *e = find_element(h, c, i);

			names[what.disclose_count++] = (struct sb_mdoc_name){e->name_space, e->name};
		}
	what.transcript = sb_bytes_slice(&transcript);
	if (rc == SB_OK)
		rc = sb_mdoc_present(&what, &a->card.signer, &response);
	if (rc == SB_OK)
		rc = sb_base64url_encode(response.data, response.len, out);
	sb_bytes_free(&transcript);
	sb_bytes_free(&response);
	return rc;
}

static int present_sdjwt(struct asking *a, const struct sb_dcql_credential *c, const struct held *h, struct sb_bytes *out)
{
	const struct sb_sd_jwt_binding binding = {a->request.client_id, a->request.nonce, time(NULL)};
	bool chosen[SB_SD_JWT_DISCLOSURES] = {false};
	int rc = SB_OK;

	for (size_t i = 0; rc == SB_OK && i < claim_count(c); i++)
		if (h->claims[i])
			rc = sb_sd_jwt_select(&h->sdjwt, sb_dcql_path(c, i), sb_dcql_values(c, i), chosen);
	return rc == SB_OK ? sb_sd_jwt_present(&h->sdjwt, chosen, &binding, &a->card.signer, out) : rc;
}

static int fail_signature(struct asking *a, int error, struct sb_failure *f)
{
	*f = *sb_p11_signer_failure(a->card.p11);
	return *f->error ? (int)f->exit : sb_fail(f, SB_EXIT_TOKEN, "token_error", NULL, _("The answer cannot be made: %s."), _(sb_error_text(error)));
}

static int present_all(struct asking *a, json_t *vp_token, struct sb_failure *f)
{
	const struct sb_dcql *query = &a->request.query;
	int rc = SB_OK;

	for (size_t i = 0; rc == SB_OK && i < query->count; i++) {
		const struct sb_dcql_credential *c = &query->credentials[i];
		struct sb_bytes out = {0};

		if (!a->chosen[i])
			continue;
		rc = (c->format == SB_DCQL_MDOC ? present_mdoc : present_sdjwt)(a, c, &a->held[i], &out);
		if (rc == SB_OK)
			json_object_set_new(vp_token, c->id, json_pack("[o]", json_stringn((const char *)out.data, out.len)));
		sb_bytes_free(&out);
	}
	return rc == SB_OK ? SB_EXIT_OK : fail_signature(a, rc, f);
}

/* Without a line's end: no byte of it means nothing. */
static int write_answer(struct asking *a, const json_t *answer, struct sb_failure *f)
{
	const char *path = sb_program_text(a->p, "--out");
	char *text = json_dumps(answer, JSON_COMPACT);
	int rc = text ? SB_EXIT_OK : sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));

	if (rc == SB_EXIT_OK && path)
		rc = holder_write("--out", path, sb_slice(text, strlen(text)), f);
	if (rc == SB_EXIT_OK && path)
		sb_say(a->p, _("The answer is in %s.\n"), path);
	else if (rc == SB_EXIT_OK)
		sb_say(a->p, "%s\n", text);
	sb_text_free(&text);
	return rc;
}

static int answer(struct asking *a, json_t *result, struct sb_failure *f)
{
	json_t *vp_token = json_object(), *response = NULL;
	int rc = vp_token ? present_all(a, vp_token, f) : sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));

	if (rc == SB_EXIT_OK)
		response = sb_vp_response_make(&a->request, vp_token);
	if (rc == SB_EXIT_OK && !response)
		rc = sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
	if (rc == SB_EXIT_OK) {
		note(a, "written");
		rc = write_answer(a, response, f);
	}
	if (rc == SB_EXIT_OK)
		json_object_update(result, response);
	json_decref(vp_token);
	json_decref(response);
	return rc;
}

static void end(struct asking *a)
{
	for (size_t i = 0; a->held && i < SB_DCQL_CREDENTIALS; i++) {
		if (a->held[i].parsed && a->request.query.credentials[i].format == SB_DCQL_SD_JWT)
			sb_sd_jwt_free(&a->held[i].sdjwt);
		sb_document_free(&a->held[i].document);
		sb_bytes_free(&a->held[i].token);
	}
	free(a->held);
	sb_vp_request_free(&a->request);
	sb_bytes_free(&a->text);
	sb_bytes_free(&a->root);
	sb_bytes_free(&a->words);
	holder_card_close(&a->card);
}

int holder_request(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	const char *consent = sb_program_text(p, "--consent");
	struct asking a = {.p = p};
	int rc;

	if (consent && strcmp(consent, "all") != 0)
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--consent", _("--consent is \"all\": what is asked for is disclosed, or nothing."));
	rc = read_request(&a, f);
	if (rc == SB_EXIT_OK)
		rc = holder_card_open(p, &a.card, f);
	if (rc == SB_EXIT_OK)
		rc = look(&a, f);
	if (rc == SB_EXIT_OK)
		rc = settle_consent(&a, f);
	if (rc == SB_EXIT_OK)
		rc = answer(&a, result, f);
	end(&a);
	return rc;
}
