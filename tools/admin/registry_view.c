/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/registry_view.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "formats/document.h"

/* Which mask a field has. What is not here comes from a document type, and nobody knows what it tells. */
static const struct {
	const char *name;
	enum sb_element_mask mask;
} masks[] = {
	{"rrn", SB_MASK_RRN},
	{"name", SB_MASK_NAME},
	{"name_hanja", SB_MASK_NAME},
	{"address", SB_MASK_ADDRESS},
	{"phone", SB_MASK_PHONE},
	{"phone_owner", SB_MASK_NAME},
	{"birth_date", SB_MASK_NONE},
	{"authority", SB_MASK_NONE},
	{"issue_date", SB_MASK_NONE},
	{"overseas", SB_MASK_NONE},
	{"card_status", SB_MASK_NONE},
	{"carrier", SB_MASK_NONE},
};

static int put_masked(const char *name, const char *text, struct sb_bytes *out)
{
	for (size_t i = 0; i < sizeof masks / sizeof *masks; i++)
		if (strcmp(masks[i].name, name) == 0)
			return sb_mask(masks[i].mask, text, out);
	return *text ? sb_bytes_append_text(out, "***") : SB_OK;
}

int admin_view_field(const json_t *fields, const char *name, bool unmasked, struct sb_bytes *out)
{
	const json_t *value = json_object_get(fields, name);
	char *made = value && !json_is_string(value) ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
	const char *text = made ? made : value ? json_string_value(value) : "";
	int rc;

	if (!text)
		return SB_E_NOMEM;
	rc = unmasked ? sb_bytes_append_text(out, text) : put_masked(name, text, out);
	sb_text_free(&made);
	return rc;
}
