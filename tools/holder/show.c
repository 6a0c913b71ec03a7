/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "holder/holder.h"

#include <string.h>

#include "base/error.h"
#include "common/fields.h"
#include "common/i18n.h"
#include "holder/history.h"
#include "holder/screen.h"

static int read_fields(struct holder_card *card, const size_t *list, size_t count, json_t *fields, struct sb_failure *f)
{
	for (size_t i = 0; i < count; i++) {
		const struct sb_element *e = &card->document->elements[list[i]];
		struct sb_bytes value = {0};
		int rc = holder_card_field(card, e->name, &value, f);

		if (rc == SB_EXIT_OK)
			json_object_set_new(fields, e->name, json_stringn((const char *)value.data, value.len));
		sb_bytes_free(&value);
		if (rc != SB_EXIT_OK && (e->required || strcmp(f->error, "not_found") != 0))
			return rc;
		*f = (struct sb_failure){.tries_left = -1};
	}
	return SB_EXIT_OK;
}

static int show_qr(struct sb_program *p, struct holder_card *card, json_t *result, struct sb_failure *f)
{
	struct sb_bytes text = {0}, drawing = {0};
	const char *set = holder_card_default_set(card);
	int64_t iat;
	int rc = holder_card_qr(card, set, NULL, &text, &iat, f);

	if (rc == SB_EXIT_OK) {
		holder_history_add_set(p, card, set);
		json_object_set_new(result, "qr", json_string((const char *)text.data));
		json_object_set_new(result, "expires", json_integer(iat + HOLDER_QR_LIFE));
	}
	if (rc == SB_EXIT_OK && screen_draw((const char *)text.data, &drawing) == SB_OK)
		sb_say(p, "\n%s%s\n", (const char *)drawing.data,
			_("The code is valid for 30 seconds. For one that renews itself: sinbun present --qr"));
	sb_bytes_free(&text);
	sb_bytes_free(&drawing);
	return rc;
}

static int show(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	bool details = sb_program_flag(p, "--details");
	struct holder_card card;
	json_t *fields;
	int rc = holder_card_open(p, &card, f);

	if (rc != SB_EXIT_OK)
		return rc;
	fields = json_object();
	rc = read_fields(&card, card.document->face, card.document->face_count, fields, f);
	if (rc == SB_EXIT_OK && details)
		rc = read_fields(&card, card.document->details, card.document->details_count, fields, f);
	if (rc == SB_EXIT_OK) {
		sb_say(p, "%s\n", strcmp(sb_program_lang(p), "ko") == 0 ? card.document->label_ko : card.document->label_en);
		sb_fields_print(p, card.document, fields, card.document->face, card.document->face_count);
		if (details)
			sb_fields_print(p, card.document, fields, card.document->details, card.document->details_count);
		json_object_set(result, "fields", fields);
		json_object_set(result, "card", json_object_get(card.meta, "card"));
		rc = show_qr(p, &card, result, f);
	}
	if (rc != SB_EXIT_OK)
		json_object_clear(result);
	json_decref(fields);
	holder_card_close(&card);
	return rc;
}

static const struct sb_option options[] = {
	{"--details", SB_OPTION_FLAG, NULL, N_("also the resident registration number, full address, issue date and authority"), false},
	{0},
};

const struct sb_verb holder_show = {"show", "", 0, 0, N_("show the card, with a live QR code"), options, show};
