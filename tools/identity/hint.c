/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "identity/hint.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "identity/phone.h"

enum { DATE_TEXT = 11 };

enum value { NAME, BIRTH_DATE, BIRTH_DIGITS, PHONE, PHONE_E164, CARRIER, VALUES };
static const char *const names[VALUES] = {"{name}", "{birth_date}", "{birth_digits}", "{phone}", "{phone_e164}", "{carrier}"};

/* Which placeholder stands at text, or VALUES. */
static enum value value_at(const char *text)
{
	enum value v = 0;

	while (v < VALUES && strncmp(text, names[v], strlen(names[v])) != 0)
		v++;
	return v;
}

bool sb_hint_is_good(const char *format)
{
	bool any = strcmp(format, "json") == 0;

	for (const char *p = strchr(format, '{'); p; p = strchr(p + 1, '{')) {
		if (value_at(p) == VALUES)
			return false;
		any = true;
	}
	return any;
}

struct values {
	const char *text[VALUES];
	char birth_date[DATE_TEXT], phone[SB_PHONE_E164], e164[SB_PHONE_E164];
};

static void fill(struct values *v, const struct sb_person *person)
{
	snprintf(v->birth_date, sizeof v->birth_date, "%.4s-%.2s-%.2s", person->birth_date, person->birth_date + 4, person->birth_date + 6);
	snprintf(v->phone, sizeof v->phone, "%.3s%.4s%.4s", person->phone, person->phone + 4, person->phone + 9);
	sb_phone_e164(person->phone, v->e164);
	v->text[NAME] = person->name;
	v->text[BIRTH_DATE] = v->birth_date;
	v->text[BIRTH_DIGITS] = person->birth_date;
	v->text[PHONE] = v->phone;
	v->text[PHONE_E164] = v->e164;
	v->text[CARRIER] = person->carrier ? person->carrier : "";
}

static int make_json(const struct values *v, bool carrier, struct sb_bytes *out)
{
	json_t *json = json_pack("{s:s, s:s, s:s}", "name", v->text[NAME], "birthdate", v->text[BIRTH_DATE], "phone_number", v->text[PHONE_E164]);
	char *text;
	int rc;

	if (json && carrier && *v->text[CARRIER])
		json_object_set_new(json, "carrier", json_string(v->text[CARRIER]));
	text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	rc = text ? sb_bytes_append_text(out, text) : SB_E_NOMEM;
	sb_text_free(&text);
	json_decref(json);
	return rc;
}

int sb_hint_make(const char *format, const struct sb_person *person, bool carrier, struct sb_bytes *out)
{
	struct values v;
	int rc = SB_OK;

	fill(&v, person);
	if (strcmp(format, "json") == 0)
		return make_json(&v, carrier, out);
	for (const char *p = format; rc == SB_OK && *p; p++) {
		enum value which = *p == '{' ? value_at(p) : VALUES;

		rc = which < VALUES ? sb_bytes_append_text(out, v.text[which]) : sb_bytes_append_byte(out, (uint8_t)*p);
		if (which < VALUES)
			p += strlen(names[which]) - 1;
	}
	return rc;
}
