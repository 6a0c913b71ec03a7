/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <string.h>

#include "common/i18n.h"
#include "verify/answer.h"

/* --fields: what this desk needs to know, as names of elements and of sets. The rest of what a code shows is not told. */

static struct sb_slice next_name(const char **rest)
{
	size_t len = strcspn(*rest, ",");
	struct sb_slice name = sb_slice(*rest, len);

	*rest += len + ((*rest)[len] == ',');
	return name;
}

static const struct sb_disclosure_set *set_of(const struct sb_document *d, struct sb_slice name)
{
	for (size_t i = 0; i < d->set_count; i++)
		if (sb_slice_is(name, d->sets[i].name))
			return &d->sets[i];
	return NULL;
}

static const struct sb_element *element_of(const struct sb_document *d, struct sb_slice name)
{
	for (size_t i = 0; i < d->element_count; i++)
		if (sb_slice_is(name, d->elements[i].name))
			return &d->elements[i];
	return NULL;
}

int wanted_check(const struct answer *a, struct sb_failure *f)
{
	const char *rest = a->wanted;

	while (rest && *rest) {
		struct sb_slice name = next_name(&rest);
		bool known = false;

		for (struct sb_document **d = a->documents; *d && !known; d++)
			known = set_of(*d, name) || element_of(*d, name);
		if (!known)
			return sb_fail(f, SB_EXIT_USAGE, "usage", "--fields", _("--fields: no document has a field or a set \"%.*s\"."), (int)name.len,
				(const char *)name.data);
	}
	return SB_EXIT_OK;
}

static bool set_has(const struct sb_document *d, const struct sb_disclosure_set *set, const char *element)
{
	for (size_t i = 0; set && i < set->element_count; i++)
		if (strcmp(d->elements[set->elements[i]].name, element) == 0)
			return true;
	return false;
}

bool wanted_has(const struct answer *a, const struct sb_document *d, const char *element)
{
	const char *rest = a->wanted;

	while (rest && *rest) {
		struct sb_slice name = next_name(&rest);

		if (sb_slice_is(name, element) || set_has(d, set_of(d, name), element))
			return true;
	}
	return !a->wanted;
}

static bool shown(const struct verify_verdict *v, const struct sb_element *e)
{
	for (size_t i = 0; i < v->sdcwt.claim_count; i++)
		if (sb_document_claim(v->document, v->sdcwt.claims[i].key) == e)
			return true;
	return false;
}

json_t *wanted_missing(const struct answer *a, const struct verify_verdict *v)
{
	json_t *missing = json_array();

	for (size_t i = 0; a->wanted && i < v->document->element_count; i++) {
		const struct sb_element *e = &v->document->elements[i];

		if (wanted_has(a, v->document, e->name) && !shown(v, e))
			json_array_append_new(missing, json_string(e->name));
	}
	return missing;
}
