/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <string.h>
#include <time.h>

#include "base/codec.h"
#include "base/error.h"
#include "common/fields.h"
#include "common/i18n.h"
#include "formats/status_list.h"
#include "verify/answer.h"

/* A verdict as JSON and in words. */

enum { HOUR = 3600 };

static json_t *claim_value(const struct sb_claim *c)
{
	struct sb_bytes text = {0};
	json_t *value = NULL;

	switch (c->type) {
	case SB_CLAIM_TEXT:
		return json_stringn((const char *)c->bytes.data, c->bytes.len);
	case SB_CLAIM_BOOL:
		return json_boolean(c->number);
	case SB_CLAIM_INT:
		return json_integer(c->number);
	case SB_CLAIM_BYTES:
		if (sb_base64url_encode(c->bytes.data, c->bytes.len, &text) == SB_OK)
			value = json_stringn((const char *)text.data, text.len);
		sb_bytes_free(&text);
		return value;
	}
	return NULL;
}

static json_t *fields_of(const struct answer *a, const struct verify_verdict *v)
{
	json_t *fields = json_object();

	for (size_t i = 0; v->reason == VERIFY_OK && i < v->sdcwt.claim_count; i++) {
		const struct sb_element *e = sb_document_claim(v->document, v->sdcwt.claims[i].key);

		if (e && wanted_has(a, v->document, e->name))
			json_object_set_new(fields, e->name, claim_value(&v->sdcwt.claims[i]));
	}
	return fields;
}

bool tell_identifies(const struct verify_verdict *v)
{
	const struct sb_element *e = v->document ? sb_document_element(v->document, "name") : NULL;

	for (size_t i = 0; e && v->reason == VERIFY_OK && i < v->sdcwt.claim_count; i++)
		if (sb_document_claim(v->document, v->sdcwt.claims[i].key) == e)
			return true;
	return false;
}

int tell_names(const struct answer *a, const struct verify_verdict *v, struct sb_bytes *names)
{
	json_t *fields = fields_of(a, v), *value;
	const char *name;
	int rc = SB_OK;

	json_object_foreach (fields, name, value) {
		if (rc == SB_OK && names->len)
			rc = sb_bytes_append_byte(names, ',');
		if (rc == SB_OK)
			rc = sb_bytes_append_text(names, name);
	}
	json_decref(fields);
	return rc;
}

static const char *status_name(const struct verify_verdict *v)
{
	static const char *const names[] = {[SB_STATUS_VALID] = "valid", [SB_STATUS_INVALID] = "revoked", [SB_STATUS_SUSPENDED] = "suspended"};

	if (!v->status_known)
		return "unknown";
	return v->status < sizeof names / sizeof *names ? names[v->status] : "revoked";
}

const char *tell_time(int64_t seconds, char text[TELL_TIME])
{
	time_t t = seconds;
	struct tm tm;

	return gmtime_r(&t, &tm) && strftime(text, TELL_TIME, "%Y-%m-%dT%H:%M:%SZ", &tm) ? text : NULL;
}

static json_t *time_value(int64_t seconds)
{
	char text[TELL_TIME];

	return tell_time(seconds, text) ? json_string(text) : json_null();
}

static bool is_old(const struct answer *a, const struct verify_verdict *v)
{
	return a->settings.bundle_warn && v->status_age_s > a->settings.bundle_warn * HOUR;
}

void tell_status(const struct verify_verdict *v, json_t *result)
{
	json_object_set_new(result, "status", json_string(status_name(v)));
	json_object_set_new(result, "status_age_s", v->status_age_s >= 0 ? json_integer(v->status_age_s) : json_null());
}

void tell_circumstances(const struct answer *a, const struct verify_verdict *v, json_t *result)
{
	if (a->at >= 0)
		json_object_set_new(result, "at", time_value(a->at));
	if (is_old(a, v))
		json_object_set_new(result, "warning", json_string("status_old"));
}

void tell_say_at(const struct answer *a)
{
	if (a->at >= 0)
		sb_say(a->p, "%s\n", _("This was judged for the time given with --at, not for now."));
}

void tell_fill(const struct answer *a, const struct verify_verdict *v, json_t *result)
{
	tell_circumstances(a, v, result);
	json_object_set_new(result, "result", json_string(v->reason == VERIFY_OK ? "valid" : "refused"));
	json_object_set_new(result, "reason", json_string(verify_reason_name(v->reason)));
	json_object_set_new(result, "format", json_string("sd-cwt"));
	json_object_set_new(result, "document", v->document ? json_string(v->document->id) : json_null());
	json_object_set_new(result, "fields", fields_of(a, v));
	json_object_set_new(result, "presented_at", v->genuine ? time_value(v->kbt.iat) : json_null());
	tell_status(v, result);
	json_object_set_new(result, "portrait", json_string(v->reason == VERIFY_OK && v->photo_checked ? "checked" : "not_checked"));
	if (v->reason == VERIFY_OK && a->wanted)
		json_object_set_new(result, "missing", wanted_missing(a, v));
	if (a->patient)
		json_object_set_new(result, "patient", json_string(tell_identifies(v) ? "remembered" : "not_remembered"));
}

void tell_say_age(const struct answer *a, const struct verify_verdict *v)
{
	long minutes = (long)(v->status_age_s / 60);
	struct sb_program *p = a->p;

	if (v->status_age_s < 0)
		return;
	if (minutes < 1)
		sb_say(p, "%s\n", _("The list of revoked cards is less than a minute old."));
	else if (minutes < 120)
		sb_say(p, ngettext("The list of revoked cards is %ld minute old.\n", "The list of revoked cards is %ld minutes old.\n", (unsigned long)minutes), minutes);
	else
		sb_say(p, ngettext("The list of revoked cards is %ld hour old.\n", "The list of revoked cards is %ld hours old.\n", (unsigned long)(minutes / 60)), minutes / 60);
	if (is_old(a, v))
		sb_say(p, "%s\n", _("Warning: that is old. A card reported lost since then still counts as valid here. Take in a new bundle: sinbun-verify update"));
}

static void say_photo(const struct answer *a, const struct verify_verdict *v)
{
	struct sb_program *p = a->p;

	if (!v->photo_checked) {
		sb_say(p, "%s\n", _("[ photo not checked ]"));
		sb_say(p, "%s\n",
			verify_photo_digest(v).data
				? _("The holder can show the photo beside the code: sinbun present --with-portrait. Is it the right person?")
				: _("This code carries no photo. Is it the right person?"));
		return;
	}
	sb_say(p, "%s\n", _("[ photo checked ]"));
	if (a->portrait_out)
		sb_say(p, _("The photo in %s is the card's own. Compare the person with it.\n"), a->portrait_out);
	else
		sb_say(p, "%s\n", _("The photo shown is the card's own. To see it here, and compare the person with it: --portrait-out FILE"));
}

static void say_missing(const struct answer *a, const struct verify_verdict *v)
{
	json_t *missing = a->wanted ? wanted_missing(a, v) : NULL;
	const json_t *name;
	size_t i;

	json_array_foreach (missing, i, name) {
		const struct sb_element *e = sb_document_element(v->document, json_string_value(name));

		sb_say(a->p, "%s%s", i ? ", " : _("Asked for, but not shown by the holder: "),
			strcmp(sb_program_lang(a->p), "ko") == 0 ? e->label_ko : e->label_en);
	}
	if (json_array_size(missing))
		sb_say(a->p, "\n");
	json_decref(missing);
}

void tell_person(const struct answer *a, const struct verify_verdict *v, const json_t *result)
{
	size_t all[SB_SDCWT_CLAIMS_MAX], count = 0;
	struct sb_program *p = a->p;

	banner_say(a, v->reason == VERIFY_OK);
	tell_say_at(a);
	if (v->reason != VERIFY_OK) {
		sb_say(p, "%s\n%s\n", verify_reason_sentence(v->reason), verify_reason_mend(v->reason));
		return;
	}
	while (count < v->document->element_count && count < SB_SDCWT_CLAIMS_MAX) {
		all[count] = count;
		count++;
	}
	sb_fields_print(p, v->document, json_object_get(result, "fields"), all, count);
	say_missing(a, v);
	sb_say(p, "\n%s\n", verify_reason_sentence(v->reason));
	say_photo(a, v);
	tell_say_age(a, v);
	if (a->patient)
		sb_say(p, "%s\n",
			tell_identifies(v) ? _("Noted: this patient's identity was checked today. Within six months no check is needed here.")
					   : _("The patient is not noted as checked: the code does not show a name."));
}
