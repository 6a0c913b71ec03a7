/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "registry/registry_apply.h"
#include "registry/registry_recover.h"

#include <string.h>

#include "base/error.h"
#include "crypto/aead.h"
#include "crypto/digest.h"
#include "crypto/secret.h"
#include "registry/registry_keys.h"

/* Sealing and finding: the same over every database. */

static const char *const purposes[CHILDREN] = {"sinbun registry records", "sinbun registry rrn", "sinbun registry audit", "sinbun registry index",
	"sinbun registry audit head", "sinbun registry rows"};

int sb_registry_set_key(struct sb_registry *r, const uint8_t data_key[SB_REGISTRY_KEY])
{
	int rc = SB_OK;

	r->keys = sb_secret_new(CHILDREN * CHILD_KEY);
	if (!r->keys)
		return SB_E_NOMEM;
	for (size_t i = 0; rc == SB_OK && i < CHILDREN; i++)
		rc = sb_mac(sb_slice(data_key, SB_REGISTRY_KEY), purposes[i], strlen(purposes[i]), r->keys + i * CHILD_KEY);
	return rc;
}

void sb_registry_close(struct sb_registry **r)
{
	if (!r || !*r)
		return;
	sb_secret_free((void **)&(*r)->keys);
	(*r)->ops->close(r);
}

static int open_box(struct sb_registry *r, struct sb_registry_resident *out, const struct sb_bytes *box)
{
	struct sb_bytes plain = {0};
	int rc = sb_aead_open(registry_child(r, CHILD_SEAL).data, sb_slice(out->rrn_hash, SB_REGISTRY_HASH), sb_bytes_slice(box), &plain);

	if (rc == SB_OK) {
		out->fields = json_loadb((const char *)plain.data, plain.len, JSON_REJECT_DUPLICATES, NULL);
		rc = json_is_object(out->fields) ? SB_OK : SB_E_CORRUPT;
	}
	sb_bytes_free(&plain);
	return rc;
}

int sb_registry_box_opens(struct sb_registry *r, const uint8_t hash[SB_REGISTRY_HASH], struct sb_slice box)
{
	struct sb_bytes plain = {0};
	int rc = sb_aead_open(registry_child(r, CHILD_SEAL).data, sb_slice(hash, SB_REGISTRY_HASH), box, &plain);

	sb_bytes_free(&plain);
	return rc == SB_OK ? SB_OK : SB_E_CORRUPT;
}

int sb_registry_find(struct sb_registry *r, const char *rrn, struct sb_registry_resident *out)
{
	struct sb_bytes box = {0};
	int rc;

	*out = (struct sb_registry_resident){0};
	rc = sb_mac(registry_child(r, CHILD_HASH), rrn, strlen(rrn), out->rrn_hash);
	if (rc == SB_OK)
		rc = r->ops->resident_by_hash(r, out->rrn_hash, &out->id, &box, &out->wrong_dates);
	if (rc == SB_OK)
		rc = open_box(r, out, &box);
	sb_bytes_free(&box);
	return rc;
}

int sb_registry_find_id(struct sb_registry *r, int64_t id, struct sb_registry_resident *out)
{
	struct sb_bytes box = {0};
	int rc;

	*out = (struct sb_registry_resident){.id = id};
	rc = r->ops->resident_by_id(r, id, out->rrn_hash, &box, &out->wrong_dates);
	if (rc == SB_OK)
		rc = open_box(r, out, &box);
	sb_bytes_free(&box);
	return rc;
}

void sb_registry_resident_free(struct sb_registry_resident *resident)
{
	json_decref(resident->fields);
	resident->fields = NULL;
}

/* What the number of its phone finds this record by. */
static int put_line(struct sb_registry *r, const uint8_t resident[SB_REGISTRY_HASH], const json_t *fields)
{
	const char *phone = json_string_value(json_object_get(fields, "phone"));
	uint8_t hash[SB_REGISTRY_HASH];
	int rc = phone && *phone ? sb_registry_hash(r, "phone", phone, hash) : SB_OK;

	return rc == SB_OK ? r->apply->line_put(r, resident, phone && *phone ? hash : NULL) : rc;
}

/* SB_OK: *old is what the registry has of him, for the caller to free; its hash also where it has nothing, which *change tells. */
static int compare(struct sb_registry *r, json_t *fields, const char *const *keep, struct sb_registry_resident *old,
	enum sb_registry_change *change)
{
	int rc = sb_registry_find(r, json_string_value(json_object_get(fields, "rrn")), old);

	*change = SB_REGISTRY_ADDED;
	if (rc == SB_E_NOT_FOUND)
		return SB_OK;
	for (; rc == SB_OK && *keep; keep++)
		if (json_object_get(old->fields, *keep))
			json_object_set(fields, *keep, json_object_get(old->fields, *keep));
	if (rc == SB_OK)
		*change = json_equal(old->fields, fields) ? SB_REGISTRY_SAME : SB_REGISTRY_CHANGED;
	return rc;
}

int sb_registry_compare(struct sb_registry *r, json_t *fields, const char *const *keep, enum sb_registry_change *change)
{
	struct sb_registry_resident old = {0};
	int rc = compare(r, fields, keep, &old, change);

	sb_registry_resident_free(&old);
	return rc;
}

int sb_registry_seen(struct sb_registry *r, const char *rrn, unsigned line, unsigned *first)
{
	uint8_t hash[SB_REGISTRY_HASH];
	int rc = sb_mac(registry_child(r, CHILD_HASH), rrn, strlen(rrn), hash);

	return rc == SB_OK ? r->ops->seen_add(r, hash, line, first) : rc;
}

int sb_registry_store(struct sb_registry *r, json_t *fields, const char *const *keep, enum sb_registry_change *change)
{
	struct sb_registry_resident old = {0};
	struct sb_bytes box = {0};
	char *text = NULL;
	int rc = compare(r, fields, keep, &old, change);

	if (rc != SB_OK || *change == SB_REGISTRY_SAME)
		goto out;
	text = json_dumps(fields, JSON_COMPACT | JSON_SORT_KEYS);
	rc = text ? sb_aead_seal(registry_child(r, CHILD_SEAL).data, sb_slice(old.rrn_hash, SB_REGISTRY_HASH), sb_slice(text, strlen(text)), &box)
		  : SB_E_NOMEM;
	if (rc == SB_OK)
		rc = r->ops->resident_put(r, old.rrn_hash, sb_bytes_slice(&box));
	if (rc == SB_OK)
		rc = put_line(r, old.rrn_hash, fields);
out:
	sb_registry_resident_free(&old);
	sb_bytes_free(&box);
	sb_text_free(&text);
	return rc;
}

static int index_line(void *context, int64_t id)
{
	struct sb_registry *r = context;
	struct sb_registry_resident resident;
	int rc = sb_registry_find_id(r, id, &resident);

	if (rc == SB_OK)
		rc = put_line(r, resident.rrn_hash, resident.fields);
	sb_registry_resident_free(&resident);
	return rc;
}

static int index_lines(struct sb_registry *r)
{
	struct sb_bytes value = {0};
	int rc = r->ops->get(r, SB_SETTING_LINES, &value);

	sb_bytes_free(&value);
	if (rc != SB_E_NOT_FOUND)
		return rc;
	rc = r->apply->resident_each(r, index_line, r);
	return rc == SB_OK ? r->ops->put(r, SB_SETTING_LINES, sb_slice("\1", 1)) : rc;
}

int sb_registry_line_each(struct sb_registry *r, const char *phone, sb_resident_id_fn *fn, void *context)
{
	uint8_t hash[SB_REGISTRY_HASH];
	int rc = index_lines(r);

	if (rc == SB_OK)
		rc = sb_registry_hash(r, "phone", phone, hash);
	return rc == SB_OK ? r->apply->line_each(r, hash, fn, context) : rc;
}

/* What a box is bound to: its use and name, each with its length. */
static int bind(struct sb_registry *r, const char *use, const char *name, uint8_t out[SB_REGISTRY_HASH])
{
	const struct sb_slice pieces[] = {sb_slice(use, strlen(use)), sb_slice(name, strlen(name))};

	return sb_mac_pieces(registry_child(r, CHILD_INDEX), pieces, 2, out);
}

int sb_registry_seal(struct sb_registry *r, const char *use, const char *name, struct sb_slice plain, struct sb_bytes *box)
{
	uint8_t ad[SB_REGISTRY_HASH];
	int rc = bind(r, use, name, ad);

	return rc == SB_OK ? sb_aead_seal(registry_child(r, CHILD_SEAL).data, sb_slice(ad, sizeof ad), plain, box) : rc;
}

int sb_registry_unseal(struct sb_registry *r, const char *use, const char *name, struct sb_slice box, struct sb_bytes *plain)
{
	uint8_t ad[SB_REGISTRY_HASH];
	int rc = bind(r, use, name, ad);

	return rc == SB_OK ? sb_aead_open(registry_child(r, CHILD_SEAL).data, sb_slice(ad, sizeof ad), box, plain) : rc;
}

int sb_registry_hash(struct sb_registry *r, const char *use, const char *text, uint8_t out[SB_REGISTRY_HASH])
{
	return bind(r, use, text, out);
}
