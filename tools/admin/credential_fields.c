/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/credentials.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/codec.h"
#include "base/error.h"
#include "common/picture.h"
#include "crypto/digest.h"
#include "formats/jws.h"
#include "formats/portrait_frames.h"
#include "registry/rrn.h"

/* From what the registry has of a resident to the elements of a document type. */

#define AGE_OVER "age_over_"

/* The registry has the date of birth as digits. */
static json_t *birth_date(const json_t *from, json_t *fields)
{
	const char *birth = sb_json_text(from, "birth_date");

	(void)fields;
	return birth && strlen(birth) == 8 ? json_sprintf("%.4s-%.2s-%.2s", birth, birth + 4, birth + 6) : NULL;
}

/* Part of the address for the face: down to the road's name. */
static json_t *short_address(const json_t *from, json_t *fields)
{
	const char *address = sb_json_text(from, "address");
	struct sb_bytes out = {0};
	json_t *json = address && sb_mask(SB_MASK_ADDRESS, address, &out) == SB_OK ? json_stringn((const char *)out.data, out.len) : NULL;

	(void)fields;
	sb_bytes_free(&out);
	return json;
}

static json_t *base64url(const void *data, size_t len)
{
	struct sb_bytes text = {0};
	json_t *json = sb_base64url_encode(data, len, &text) == SB_OK ? json_stringn((const char *)text.data, text.len) : NULL;

	sb_bytes_free(&text);
	return json;
}

/* The digest in the live QR is of what is shown beside it: the portrait, or where that takes too many codes, its reduction, which then travels
 * with the other fields. */
static json_t *portrait_digest(const json_t *from, json_t *fields)
{
	const char *portrait = sb_json_text(from, "portrait");
	uint8_t hash[SB_SHA256_SIZE];
	struct sb_bytes raw = {0}, reduced = {0};
	const struct sb_bytes *shown = &raw;
	json_t *json = NULL;

	if (!portrait || sb_base64_decode(portrait, strlen(portrait), &raw) != SB_OK)
		goto out;
	if (raw.len > SB_PORTRAIT_BYTES_MAX && sb_picture_reduce(sb_bytes_slice(&raw), SB_PORTRAIT_BYTES_MAX, &reduced) == SB_OK) {
		shown = &reduced;
		json_object_set_new(fields, SB_PORTRAIT_SMALL, base64url(reduced.data, reduced.len));
	}
	if (sb_sha256(shown->data, shown->len, hash) == SB_OK)
		json = base64url(hash, sizeof hash);
out:
	sb_bytes_free(&raw);
	sb_bytes_free(&reduced);
	return json;
}

/* age_over_NN, of the day of issue. */
static json_t *age_over(const char *name, const json_t *from)
{
	const char *birth = sb_json_text(from, "birth_date");
	char today[9];

	if (!birth)
		return NULL;
	sb_date_today(today);
	return json_string(sb_date_years(birth, today) >= atoi(name + strlen(AGE_OVER)) ? "true" : "false");
}

static bool is_age_over(const char *name)
{
	size_t len = strlen(AGE_OVER);

	return strncmp(name, AGE_OVER, len) == 0 && strspn(name + len, "0123456789") == 2 && strlen(name) == len + 2;
}

static const struct {
	const char *source;
	json_t *(*make)(const json_t *from, json_t *fields); /* may add another field, which goes with it */
} made[] = {{"birth_date", birth_date}, {"address_short", short_address}, {"portrait_sha256", portrait_digest}};

bool admin_is_made(const char *source)
{
	for (size_t i = 0; i < sizeof made / sizeof *made; i++)
		if (strcmp(source, made[i].source) == 0)
			return true;
	return is_age_over(source);
}

static json_t *make_field(const struct sb_element *e, const json_t *from, json_t *fields)
{
	const char *source = sb_element_source(e);

	if (!source)
		return json_string(e->constant);
	for (size_t i = 0; i < sizeof made / sizeof *made; i++)
		if (strcmp(source, made[i].source) == 0)
			return made[i].make(from, fields);
	if (is_age_over(source))
		return age_over(source, from);
	return json_incref(json_object_get(from, source));
}

static bool is_portrait(const struct sb_element *e)
{
	const char *source = sb_element_source(e);

	return source && strcmp(source, "portrait") == 0;
}

json_t *admin_make_fields(const struct sb_document *d, const json_t *resident)
{
	json_t *fields = json_object();

	for (size_t i = 0; fields && i < d->element_count; i++) {
		const struct sb_element *e = &d->elements[i];
		json_t *value = is_portrait(e) ? NULL : make_field(e, resident, fields);

		if (json_is_string(value))
			json_object_set_new(fields, e->name, value);
		else
			json_decref(value);
	}
	return fields;
}

const struct sb_element *admin_lacks(const struct sb_document *d, const json_t *fields, const json_t *resident)
{
	for (size_t i = 0; i < d->element_count; i++) {
		const struct sb_element *e = &d->elements[i];

		if (e->required && !json_object_get(fields, e->name) && !(is_portrait(e) && sb_json_text(resident, "portrait")))
			return e;
	}
	return NULL;
}

int64_t admin_valid_until(const struct issuing *g, const struct sb_document *d, const json_t *fields)
{
	const char *date = d->expiry ? sb_json_text(fields, d->expiry) : NULL;
	struct tm tm = {.tm_hour = 23, .tm_min = 59, .tm_sec = 59};
	int64_t end;

	if (!date || sscanf(date, "%4d-%2d-%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday) != 3)
		return g->credential.expires;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	end = timegm(&tm);
	return end < g->credential.expires ? end : g->credential.expires;
}
