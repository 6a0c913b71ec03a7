/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "verify/verdict.h"

#include <string.h>

#include "base/error.h"
#include "formats/status_list.h"

#define AUDIENCE "any" /* open presentation: whoever stands in front of the holder */
#define PHOTO_DIGEST "portrait_sha256"

/* One question after the other, the first "no" is the reason. VERIFY_OK goes on; a negative SB_E_* ends without a verdict. */
typedef int verify_step(const struct verify_question *q, struct verify_verdict *v);

static const struct sb_document *document_of(const struct verify_question *q, int64_t vct)
{
	for (struct sb_document *const *d = q->documents; *d; d++)
		if ((*d)->vct_number == vct)
			return *d;
	return NULL;
}

/* A claim of the type that the document says; claims it does not know are refused, so that nothing is shown without its name. */
static bool claim_fits(const struct sb_document *d, const struct sb_claim *claim)
{
	static const enum sb_claim_type types[] = {[SB_ELEMENT_TEXT] = SB_CLAIM_TEXT, [SB_ELEMENT_DATE] = SB_CLAIM_TEXT,
		[SB_ELEMENT_BOOL] = SB_CLAIM_BOOL, [SB_ELEMENT_IMAGE] = SB_CLAIM_BYTES};
	const struct sb_element *e = sb_document_claim(d, claim->key);

	return e && types[e->type] == claim->type;
}

static int malformed(const struct verify_question *q, struct verify_verdict *v)
{
	int rc = sb_qr_text_decode(q->text, &v->token);

	if (rc == SB_OK)
		rc = sb_kbt_parse(sb_bytes_slice(&v->token), &v->kbt);
	if (rc == SB_OK)
		rc = sb_sdcwt_kid(v->kbt.sdcwt, v->sdcwt.kid);
	if (rc == SB_OK)
		return VERIFY_OK;
	return rc == SB_E_NOMEM ? rc : VERIFY_MALFORMED;
}

static int no_bundle(const struct verify_question *q, struct verify_verdict *v)
{
	(void)v;
	return q->bundle ? VERIFY_OK : VERIFY_NO_BUNDLE;
}

static int unknown_issuer(const struct verify_question *q, struct verify_verdict *v)
{
	return sb_bundle_signer(q->bundle, v->sdcwt.kid) ? VERIFY_OK : VERIFY_UNKNOWN_ISSUER;
}

static int altered(const struct verify_question *q, struct verify_verdict *v)
{
	int rc = sb_sdcwt_verify(v->kbt.sdcwt, sb_slice(sb_bundle_signer(q->bundle, v->sdcwt.kid), 65));

	if (rc == SB_OK)
		return VERIFY_OK;
	return rc == SB_E_NOMEM ? rc : VERIFY_ALTERED;
}

/* The claims are read only once the issuer's signature has verified: what was altered is called so, and no stranger's bytes get this far. */
static int malformed_claims(const struct verify_question *q, struct verify_verdict *v)
{
	const struct sb_document *d;
	int rc = sb_sdcwt_parse(v->kbt.sdcwt, &v->sdcwt);

	if (rc != SB_OK)
		return rc == SB_E_NOMEM ? rc : VERIFY_MALFORMED;
	d = document_of(q, v->sdcwt.vct);
	for (size_t i = 0; d && i < v->sdcwt.claim_count; i++)
		if (!claim_fits(d, &v->sdcwt.claims[i]))
			d = NULL;
	if (!d || v->kbt.exp > v->sdcwt.exp)
		return VERIFY_MALFORMED;
	v->document = d;
	return VERIFY_OK;
}

static int holder_mismatch(const struct verify_question *q, struct verify_verdict *v)
{
	int rc = sb_kbt_verify(sb_bytes_slice(&v->token), v->sdcwt.holder_point);

	(void)q;
	v->genuine = rc == SB_OK;
	if (rc == SB_E_NOMEM)
		return rc;
	return v->genuine ? VERIFY_OK : VERIFY_HOLDER_MISMATCH;
}

static int wrong_audience(const struct verify_question *q, struct verify_verdict *v)
{
	(void)q;
	return sb_slice_is(v->kbt.audience, AUDIENCE) ? VERIFY_OK : VERIFY_WRONG_AUDIENCE;
}

static int not_yet_valid(const struct verify_question *q, struct verify_verdict *v)
{
	int64_t latest = q->at + VERIFY_AHEAD;

	return v->kbt.iat > latest || v->sdcwt.iat > latest ? VERIFY_NOT_YET_VALID : VERIFY_OK;
}

static int too_old(const struct verify_question *q, struct verify_verdict *v)
{
	/* A card that has expired took its last code with it: say that of the card. */
	if (v->sdcwt.exp <= q->at)
		return VERIFY_OK;
	return v->kbt.iat < q->at - VERIFY_LIFE || v->kbt.exp <= q->at || v->kbt.iat < v->sdcwt.iat ? VERIFY_TOO_OLD : VERIFY_OK;
}

static int expired(const struct verify_question *q, struct verify_verdict *v)
{
	return v->sdcwt.exp <= q->at ? VERIFY_EXPIRED : VERIFY_OK;
}

static int replayed(const struct verify_question *q, struct verify_verdict *v)
{
	bool yes = true;
	int rc = q->memory.seen(q->memory.context, v->kbt.id, &yes);

	if (rc != SB_OK)
		return rc;
	return yes ? VERIFY_REPLAYED : VERIFY_OK;
}

/* Asked for: it must be that one. Not asked for, yet there: it must be one of ours all the same, else it answers another desk. */
static int wrong_challenge(const struct verify_question *q, struct verify_verdict *v)
{
	bool open = false;
	int rc;

	if (!q->challenge.data && !v->kbt.challenge.data)
		return VERIFY_OK;
	if (!v->kbt.challenge.data || (q->challenge.data && !sb_slice_equal(q->challenge, v->kbt.challenge)))
		return VERIFY_WRONG_CHALLENGE;
	rc = q->memory.open_challenge(q->memory.context, v->kbt.challenge, q->at, &open);
	if (rc != SB_OK)
		return rc;
	return open ? VERIFY_OK : VERIFY_WRONG_CHALLENGE;
}

/* The bundle's list with this URI; of several the newest. NULL when there is none. */
static const struct sb_status_list *find_list(const struct sb_bundle *b, struct sb_slice uri)
{
	const struct sb_status_list *found = NULL;

	for (size_t i = 0; i < b->list_count; i++) {
		const struct sb_status_list *list = b->opened[i];

		if (sb_slice_is(uri, list->uri) && (!found || found->iat < list->iat))
			found = list;
	}
	return found;
}

/* ttl only says how soon to look for a newer list; a desk offline goes by exp, by the bundle's own, and by what it set for itself. */
static bool is_stale(const struct verify_question *q, const struct sb_status_list *list)
{
	return (list->exp && list->exp <= q->at) || (q->list_age_max && list->iat < q->at - q->list_age_max);
}

/* Revocation is for good, so an old list may tell it; a suspension or its absence needs a current one. */
static int not_in_force(const struct verify_question *q, struct verify_verdict *v)
{
	const struct sb_status_list *list = find_list(q->bundle, v->sdcwt.status_uri);

	if (!list)
		return VERIFY_STATUS_MISSING;
	v->status_age_s = q->at > list->iat ? q->at - list->iat : 0;
	v->status_known = sb_status_list_get(list, v->sdcwt.status_index, &v->status) == SB_OK;
	if (!v->status_known)
		return VERIFY_STATUS_MISSING;
	if (v->status != SB_STATUS_VALID && v->status != SB_STATUS_SUSPENDED)
		return VERIFY_REVOKED;
	if (is_stale(q, list))
		return VERIFY_STATUS_STALE;
	return v->status == SB_STATUS_SUSPENDED ? VERIFY_SUSPENDED : VERIFY_OK;
}

enum verify_reason verify_status(const struct verify_question *question, struct verify_verdict *verdict)
{
	return (enum verify_reason)not_in_force(question, verdict);
}

/* First whose it is, then when it was made, then whether the card is in force; last what only this desk knows. */
static verify_step *const by_itself[] = {malformed, no_bundle, unknown_issuer, altered, malformed_claims, holder_mismatch, wrong_audience,
	not_yet_valid, too_old, expired, not_in_force, NULL};
static verify_step *const by_memory[] = {replayed, wrong_challenge, NULL};

static int walk(verify_step *const *steps, const struct verify_question *question, struct verify_verdict *v)
{
	int rc = v->reason;

	while (rc == VERIFY_OK && *steps)
		rc = (*steps++)(question, v);
	if (rc < 0) {
		verify_verdict_free(v);
		return rc;
	}
	v->reason = (enum verify_reason)rc;
	return SB_OK;
}

int verify_judge(const struct verify_question *question, struct verify_verdict *out)
{
	*out = (struct verify_verdict){.status_age_s = -1};
	return walk(by_itself, question, out);
}

int verify_recall(const struct verify_question *question, struct verify_verdict *verdict)
{
	return walk(by_memory, question, verdict);
}

struct sb_slice verify_photo_digest(const struct verify_verdict *v)
{
	for (size_t i = 0; i < v->sdcwt.claim_count; i++) {
		const struct sb_claim *claim = &v->sdcwt.claims[i];
		const struct sb_element *e = sb_document_claim(v->document, claim->key);

		if (e && claim->type == SB_CLAIM_BYTES && strcmp(e->name, PHOTO_DIGEST) == 0)
			return claim->bytes;
	}
	return sb_slice(NULL, 0);
}

void verify_verdict_free(struct verify_verdict *verdict)
{
	sb_bytes_free(&verdict->token);
	*verdict = (struct verify_verdict){0};
}
