/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "formats/dcql.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

static const char *const formats[] = {[SB_DCQL_MDOC] = "mso_mdoc", [SB_DCQL_SD_JWT] = "dc+sd-jwt"};

const char *sb_dcql_format_name(enum sb_dcql_format format)
{
	return formats[format];
}

/* --- reading --- */

/* A place in the query, and where to say what is wrong there. */
struct place {
	char name[72];
	struct sb_query_fault *fault;
};

static struct place inside(const struct place *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
static struct place inside(const struct place *p, const char *format, ...)
{
	struct place in = *p;
	size_t len = strlen(in.name);
	va_list args;

	va_start(args, format);
	vsnprintf(in.name + len, sizeof in.name - len, format, args);
	va_end(args);
	return in;
}

/* The member is under p; "" is p itself. */
static int complain(const struct place *p, const char *member, const char *why)
{
	snprintf(p->fault->member, sizeof p->fault->member, "%s%s%s", p->name, *member ? "." : "", member);
	p->fault->why = why;
	return SB_E_FORMAT;
}

/* Ids: letters, digits, "_" and "-". */
static bool is_id(const json_t *json)
{
	const char *text = json_string_value(json);

	return text && *text && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == strlen(text);
}

static bool has_id(const json_t *list, size_t before, const char *id)
{
	for (size_t i = 0; i < before; i++) {
		const char *other = sb_json_text(json_array_get(list, i), "id");

		if (other && strcmp(other, id) == 0)
			return true;
	}
	return false;
}

/* An array of 1 to max; SB_OK also where it is absent, with *out NULL. */
static int take_array(const json_t *object, const char *name, size_t max, const struct place *p, const json_t **out)
{
	*out = json_object_get(object, name);
	if (!*out || (json_is_array(*out) && json_array_size(*out) >= 1 && json_array_size(*out) <= max))
		return SB_OK;
	if (json_array_size(*out) > max)
		return complain(p, name, "it has more members than are looked at");
	return complain(p, name, "it is not an array, or empty");
}

static int check_path(const json_t *path, enum sb_dcql_format format, const struct place *p)
{
	size_t size = json_array_size(path);

	if (size < 1 || size > SB_DCQL_PATH)
		return complain(p, "path", "it is missing, empty or too long");
	for (size_t i = 0; i < size; i++) {
		const json_t *step = json_array_get(path, i);

		if (format == SB_DCQL_MDOC && (size != 2 || !json_is_string(step)))
			return complain(p, "path", "for an mdoc it is a name space and an element");
		if (!json_is_string(step) && !json_is_null(step) && !(json_is_integer(step) && json_integer_value(step) >= 0))
			return complain(p, "path", "its members are texts, numbers from 0 or null");
	}
	return json_is_string(json_array_get(path, 0)) ? SB_OK : complain(p, "path", "it does not begin with a name");
}

static int check_values(const json_t *claim, const struct place *p)
{
	const json_t *values;
	int rc = take_array(claim, "values", SB_DCQL_CLAIMS, p, &values);

	for (size_t i = 0; rc == SB_OK && i < json_array_size(values); i++) {
		const json_t *value = json_array_get(values, i);

		if (!json_is_string(value) && !json_is_integer(value) && !json_is_boolean(value))
			rc = complain(p, "values", "a value is a text, an integer or true or false");
	}
	return rc;
}

static int check_claim(const json_t *claims, size_t at, enum sb_dcql_format format, bool needs_id, const struct place *p)
{
	const json_t *claim = json_array_get(claims, at), *id = json_object_get(claim, "id"), *path = json_object_get(claim, "path");
	const json_t *retain = json_object_get(claim, "intent_to_retain");
	int rc;

	if (!json_is_object(claim))
		return complain(p, "", "it is no object");
	if ((needs_id || id) && (!is_id(id) || has_id(claims, at, json_string_value(id))))
		return complain(p, "id", "it is missing, stands there twice, or has other signs than letters, digits, \"_\" and \"-\"");
	rc = check_path(path, format, p);
	for (size_t i = 0; rc == SB_OK && i < at; i++)
		if (json_equal(path, json_object_get(json_array_get(claims, i), "path")))
			rc = complain(p, "path", "another claim asks for the same");
	if (rc == SB_OK && retain && (!json_is_boolean(retain) || format != SB_DCQL_MDOC))
		rc = complain(p, "intent_to_retain", "it is true or false, and for an mdoc only");
	return rc == SB_OK ? check_values(claim, p) : rc;
}

static int check_claim_sets(const struct sb_dcql_credential *c, const struct place *p)
{
	for (size_t i = 0; i < json_array_size(c->claim_sets); i++) {
		const json_t *set = json_array_get(c->claim_sets, i);
		struct place in = inside(p, ".claim_sets[%zu]", i);

		if (json_array_size(set) < 1)
			return complain(&in, "", "it is not an array, or empty");
		for (size_t k = 0; k < json_array_size(set); k++) {
			const json_t *id = json_array_get(set, k);

			if (!is_id(id) || !has_id(c->claims, json_array_size(c->claims), json_string_value(id)))
				return complain(&in, "", "it names a claim that is not there");
		}
	}
	return SB_OK;
}

static int read_claims(const json_t *json, struct sb_dcql_credential *c, const struct place *p)
{
	int rc = take_array(json, "claims", SB_DCQL_CLAIMS, p, &c->claims);

	if (rc == SB_OK)
		rc = take_array(json, "claim_sets", SB_DCQL_OPTIONS, p, &c->claim_sets);
	if (rc == SB_OK && c->claim_sets && !c->claims)
		rc = complain(p, "claim_sets", "it needs claims");
	for (size_t i = 0; rc == SB_OK && i < json_array_size(c->claims); i++) {
		struct place in = inside(p, ".claims[%zu]", i);

		rc = check_claim(c->claims, i, c->format, c->claim_sets, &in);
	}
	return rc == SB_OK ? check_claim_sets(c, p) : rc;
}

static int read_format(const json_t *json, struct sb_dcql_credential *c, const struct place *p)
{
	const char *format = sb_json_text(json, "format");

	for (size_t i = 0; format && i < sizeof formats / sizeof *formats; i++)
		if (strcmp(format, formats[i]) == 0) {
			c->format = (enum sb_dcql_format)i;
			return SB_OK;
		}
	return complain(p, "format", "it is missing, or not mso_mdoc or dc+sd-jwt");
}

static int read_meta(const json_t *json, struct sb_dcql_credential *c, const struct place *p)
{
	const json_t *meta = json_object_get(json, "meta");
	struct place in = inside(p, ".meta");
	int rc;

	if (!json_is_object(meta))
		return complain(p, "meta", "it is missing, or no object");
	if (c->format == SB_DCQL_MDOC) {
		c->doctype = sb_json_text(meta, "doctype_value");
		return c->doctype && *c->doctype ? SB_OK : complain(&in, "doctype_value", "it is missing, or no text");
	}
	rc = take_array(meta, "vct_values", SB_DCQL_OPTIONS, &in, &c->vct_values);
	if (rc == SB_OK && !c->vct_values)
		rc = complain(&in, "vct_values", "it is not an array, or empty");
	for (size_t i = 0; rc == SB_OK && i < json_array_size(c->vct_values); i++)
		if (!json_is_string(json_array_get(c->vct_values, i)))
			rc = complain(&in, "vct_values", "a member is no text");
	return rc;
}

/* What would change the answer and cannot be heeded is refused rather than passed over. */
static int check_rest(const json_t *json, const struct place *p)
{
	const json_t *multiple = json_object_get(json, "multiple");
	const json_t *binding = json_object_get(json, "require_cryptographic_holder_binding");

	if (multiple && !json_is_boolean(multiple))
		return complain(p, "multiple", "it is not true or false");
	if (binding && !json_is_boolean(binding))
		return complain(p, "require_cryptographic_holder_binding", "it is not true or false");
	return json_object_get(json, "trusted_authorities") ? complain(p, "trusted_authorities", "it is not supported here") : SB_OK;
}

static int read_credential(const json_t *list, size_t at, struct sb_dcql_credential *c, const struct place *p)
{
	const json_t *json = json_array_get(list, at), *id = json_object_get(json, "id");
	int rc;

	if (!json_is_object(json))
		return complain(p, "", "it is no object");
	if (!is_id(id) || has_id(list, at, json_string_value(id)))
		return complain(p, "id", "it is missing, stands there twice, or has other signs than letters, digits, \"_\" and \"-\"");
	c->id = json_string_value(id);
	rc = read_format(json, c, p);
	if (rc == SB_OK)
		rc = read_meta(json, c, p);
	if (rc == SB_OK)
		rc = check_rest(json, p);
	return rc == SB_OK ? read_claims(json, c, p) : rc;
}

static int check_set(const json_t *set, const json_t *credentials, const struct place *p)
{
	const json_t *options, *required = json_object_get(set, "required");
	int rc = take_array(set, "options", SB_DCQL_OPTIONS, p, &options);

	if (rc == SB_OK && !options)
		rc = complain(p, "options", "it is not an array, or empty");
	if (rc == SB_OK && required && !json_is_boolean(required))
		rc = complain(p, "required", "it is not true or false");
	for (size_t i = 0; rc == SB_OK && i < json_array_size(options); i++) {
		const json_t *option = json_array_get(options, i);

		if (json_array_size(option) < 1)
			rc = complain(p, "options", "it is not an array, or empty");
		for (size_t k = 0; rc == SB_OK && k < json_array_size(option); k++)
			if (!is_id(json_array_get(option, k)) ||
				!has_id(credentials, json_array_size(credentials), json_string_value(json_array_get(option, k))))
				rc = complain(p, "options", "it names a credential that is not there");
	}
	return rc;
}

int sb_dcql_parse(json_t *json, struct sb_dcql *out, struct sb_query_fault *why)
{
	struct place p = {"dcql_query", why};
	const json_t *credentials;
	int rc;

	*out = (struct sb_dcql){0};
	*why = (struct sb_query_fault){"", ""};
	if (!json_is_object(json))
		return complain(&p, "", "it is missing, or no object");
	rc = take_array(json, "credentials", SB_DCQL_CREDENTIALS, &p, &credentials);
	if (rc == SB_OK && !credentials)
		rc = complain(&p, "credentials", "it is not an array, or empty");
	for (size_t i = 0; rc == SB_OK && i < json_array_size(credentials); i++) {
		struct place in = inside(&p, ".credentials[%zu]", i);

		rc = read_credential(credentials, i, &out->credentials[out->count++], &in);
	}
	if (rc == SB_OK)
		rc = take_array(json, "credential_sets", SB_DCQL_SETS, &p, &out->sets);
	for (size_t i = 0; rc == SB_OK && i < json_array_size(out->sets); i++) {
		struct place in = inside(&p, ".credential_sets[%zu]", i);

		rc = check_set(json_array_get(out->sets, i), credentials, &in);
	}
	if (rc == SB_OK)
		out->json = json_incref(json);
	else
		*out = (struct sb_dcql){0};
	return rc;
}

void sb_dcql_free(struct sb_dcql *dcql)
{
	json_decref(dcql->json);
	*dcql = (struct sb_dcql){0};
}

/* --- asking --- */

const json_t *sb_dcql_path(const struct sb_dcql_credential *credential, size_t claim)
{
	return json_object_get(json_array_get(credential->claims, claim), "path");
}

const json_t *sb_dcql_values(const struct sb_dcql_credential *credential, size_t claim)
{
	return json_object_get(json_array_get(credential->claims, claim), "values");
}

const char *sb_dcql_name_space(const struct sb_dcql_credential *credential, size_t claim)
{
	return json_string_value(json_array_get(sb_dcql_path(credential, claim), 0));
}

const char *sb_dcql_element(const struct sb_dcql_credential *credential, size_t claim)
{
	return json_string_value(json_array_get(sb_dcql_path(credential, claim), 1));
}

const char *sb_dcql_claim_name(const struct sb_dcql_credential *credential, size_t claim)
{
	return credential->format == SB_DCQL_MDOC ? sb_dcql_element(credential, claim)
						  : json_string_value(json_array_get(sb_dcql_path(credential, claim), 0));
}

bool sb_dcql_takes_vct(const struct sb_dcql_credential *credential, const char *vct)
{
	for (size_t i = 0; i < json_array_size(credential->vct_values); i++)
		if (strcmp(json_string_value(json_array_get(credential->vct_values, i)), vct) == 0)
			return true;
	return false;
}

static size_t index_of(const json_t *list, const char *id)
{
	size_t i = 0;

	while (i < json_array_size(list) && !(sb_json_text(json_array_get(list, i), "id") && strcmp(sb_json_text(json_array_get(list, i), "id"), id) == 0))
		i++;
	return i;
}

int sb_dcql_choose_claims(const struct sb_dcql_credential *credential, sb_dcql_has *has, void *context, bool chosen[SB_DCQL_CLAIMS], size_t *lacking)
{
	bool there[SB_DCQL_CLAIMS] = {false};
	size_t count = json_array_size(credential->claims), sets = json_array_size(credential->claim_sets);

	memset(chosen, 0, SB_DCQL_CLAIMS * sizeof *chosen);
	*lacking = count;
	for (size_t i = 0; i < count; i++) {
		there[i] = has(context, credential, i);
		if (!there[i] && *lacking == count)
			*lacking = i;
	}
	if (!credential->claim_sets) {
		memcpy(chosen, there, sizeof there);
		return *lacking == count ? SB_OK : SB_E_NOT_FOUND;
	}
	for (size_t i = 0; i < sets; i++) {
		const json_t *set = json_array_get(credential->claim_sets, i);
		size_t k = 0;

		while (k < json_array_size(set) && there[index_of(credential->claims, json_string_value(json_array_get(set, k)))])
			k++;
		if (k < json_array_size(set))
			continue;
		while (k-- > 0)
			chosen[index_of(credential->claims, json_string_value(json_array_get(set, k)))] = true;
		return SB_OK;
	}
	return SB_E_NOT_FOUND;
}

/* The first option of a set all of whose credentials can be presented is taken. Else false, with a credential of the first that cannot. */
static bool take_option(const struct sb_dcql *dcql, const json_t *set, const bool *possible, bool *chosen, size_t *lacking)
{
	const json_t *options = json_object_get(set, "options"), *list = json_object_get(dcql->json, "credentials");
	size_t missing = dcql->count;

	for (size_t i = 0; i < json_array_size(options); i++) {
		const json_t *option = json_array_get(options, i);
		size_t k = 0, n = 0;

		while (k < json_array_size(option) && possible[n = index_of(list, json_string_value(json_array_get(option, k)))])
			k++;
		if (k < json_array_size(option)) {
			missing = missing == dcql->count ? n : missing;
			continue;
		}
		while (k-- > 0)
			chosen[index_of(list, json_string_value(json_array_get(option, k)))] = true;
		return true;
	}
	*lacking = missing;
	return false;
}

int sb_dcql_choose_credentials(
	const struct sb_dcql *dcql, const bool possible[SB_DCQL_CREDENTIALS], bool optional, bool chosen[SB_DCQL_CREDENTIALS], size_t *lacking)
{
	size_t other;

	memset(chosen, 0, SB_DCQL_CREDENTIALS * sizeof *chosen);
	for (size_t i = 0; !dcql->sets && i < dcql->count; i++) {
		chosen[i] = possible[i];
		if (!possible[i]) {
			*lacking = i;
			return SB_E_NOT_FOUND;
		}
	}
	for (size_t i = 0; i < json_array_size(dcql->sets); i++) {
		const json_t *set = json_array_get(dcql->sets, i);
		bool required = !json_is_false(json_object_get(set, "required"));

		if (required && !take_option(dcql, set, possible, chosen, lacking))
			return SB_E_NOT_FOUND;
		if (!required && optional)
			take_option(dcql, set, possible, chosen, &other);
	}
	return SB_OK;
}
