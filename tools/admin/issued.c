/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/credentials.h"

#include <string.h>

#include "admin/claim.h"
#include "base/codec.h"
#include "base/error.h"
#include "common/i18n.h"
#include "crypto/digest.h"
#include "formats/jws.h"
#include "registry/registry_apply.h"
#include "registry/registry_life.h"

/* What is kept, sealed, with each card: whose it is, by what a card must be issued anew for when it changes, and a hash of its two keys. */

#define USE "card"
#define KEYS "keys"

static bool same_text(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

/* The sex and the date of birth are in the number. */
static const struct {
	const char *field;
	bool (*same)(const char *issued, const char *now);
	const char *message;
} kept[] = {
	{"rrn", same_text, N_("The resident registration number has changed since the card was issued, so the card must be issued anew: enrol --replace, with --reason rrn-change, birth-date-change or sex-change")},
	{"name", admin_claim_same_name, N_("The name has changed since the card was issued, so the card must be issued anew: enrol --replace --reason name-change")},
	{"issue_date", same_text, N_("The plastic card has been reissued since this one was issued, so this one must be issued anew: enrol --replace --reason plastic-reissued")},
};
enum { KEPT = sizeof kept / sizeof *kept };

static int hash_keys(const struct sb_enrol_request *request, struct sb_bytes *text)
{
	uint8_t points[130], hash[SB_SHA256_SIZE];
	int rc;

	memcpy(points, request->presentation_point, 65);
	memcpy(points + 65, request->authentication_point, 65);
	rc = sb_sha256(points, sizeof points, hash);
	if (rc == SB_OK)
		rc = sb_base64url_encode(hash, sizeof hash, text);
	return rc == SB_OK ? sb_bytes_terminate(text) : rc;
}

static json_t *gather(const struct issuing *g)
{
	struct sb_bytes keys = {0};
	json_t *issued = hash_keys(&g->request, &keys) == SB_OK ? json_pack("{s:s}", KEYS, keys.data) : NULL;

	for (size_t i = 0; issued && i < KEPT; i++) {
		const char *text = sb_json_text(g->resident.fields, kept[i].field);

		json_object_set_new(issued, kept[i].field, json_string(text ? text : ""));
	}
	sb_bytes_free(&keys);
	return issued;
}

int admin_kept_put(const struct issuing *g, const json_t *object)
{
	struct sb_registry *r = g->a->registry;
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
	struct sb_bytes box = {0};
	int rc = text ? sb_registry_seal(r, USE, g->credential.card, sb_slice(text, strlen(text)), &box) : SB_E_NOMEM;

	if (rc == SB_OK)
		rc = r->life->box_put(r, g->credential.card, sb_bytes_slice(&box));
	sb_text_free(&text);
	sb_bytes_free(&box);
	return rc;
}

int admin_kept_get(const struct issuing *g, json_t **object)
{
	struct sb_registry *r = g->a->registry;
	struct sb_bytes box = {0}, plain = {0};
	int rc = r->life->box_get(r, g->credential.card, &box);

	*object = NULL;
	if (rc == SB_OK)
		rc = sb_registry_unseal(r, USE, g->credential.card, sb_bytes_slice(&box), &plain);
	if (rc == SB_OK) {
		*object = sb_json_parse(sb_bytes_slice(&plain), NULL, NULL);
		rc = *object ? SB_OK : SB_E_CORRUPT;
	}
	sb_bytes_free(&box);
	sb_bytes_free(&plain);
	return rc;
}

int admin_issued_put(const struct issuing *g)
{
	json_t *issued = gather(g);
	int rc = admin_kept_put(g, issued);

	json_decref(issued);
	return rc;
}

static int compare(const struct issuing *g, const json_t *issued, struct sb_failure *f)
{
	const char *was = sb_json_text(issued, KEYS);
	struct sb_bytes keys = {0};
	int rc = hash_keys(&g->request, &keys);
	bool same = rc == SB_OK && was && strcmp(was, (const char *)keys.data) == 0;

	sb_bytes_free(&keys);
	if (rc != SB_OK)
		return admin_fail(rc, "registry.db", f);
	if (!same)
		return admin_fail_request("keys", _("they are not the keys of this card"), f);
	for (size_t i = 0; i < KEPT; i++) {
		const char *then = sb_json_text(issued, kept[i].field), *now = sb_json_text(g->resident.fields, kept[i].field);

		if (!kept[i].same(then ? then : "", now ? now : ""))
			return sb_fail(f, SB_EXIT_NOT_NOW, "reissue_needed", kept[i].field, "%s", _(kept[i].message));
	}
	return SB_EXIT_OK;
}

int admin_issued_check(const struct issuing *g, struct sb_failure *f)
{
	json_t *issued;
	int rc = admin_kept_get(g, &issued);

	if (rc == SB_E_NOT_FOUND)
		rc = sb_fail(f, SB_EXIT_NOT_NOW, "reissue_needed", "card",
			_("This card was issued before it could be refreshed. Have it issued anew at the counter: enrol --replace"));
	else
		rc = rc == SB_OK ? compare(g, issued, f) : admin_fail(rc, "registry.db", f);
	json_decref(issued);
	return rc;
}
