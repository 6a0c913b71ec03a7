/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "ck_functions.h"

#include <string.h>

#include "base/error.h"
#include "crypto/certificate.h"
#include "sinbun-pkcs11.h"

/* The status object: what tools tell people beyond CKR codes. Made afresh at every read. */

enum { CARD_NUMBER_MAX = 64 };

/* CN of the certificate with CKA_ID 02, which is readable without a login. */
static void card_number(struct sb_token *token, char number[CARD_NUMBER_MAX])
{
	struct sb_attributes match = {0}, found = {0};
	struct sb_certificate *certificate = NULL;
	const struct sb_attribute *value;
	struct sb_bytes ids = {0};
	static const uint8_t id = 2;

	number[0] = 0;
	if (sb_attributes_set_ulong(&match, CKA_CLASS, CKO_CERTIFICATE) == SB_OK && sb_attributes_set(&match, CKA_ID, &id, 1) == SB_OK &&
		sb_token_find(token, &match, &ids) == SB_OK && ids.len >= sizeof(struct sb_found) &&
		sb_token_read(token, ((const struct sb_found *)(const void *)ids.data)->id, &found) == SB_OK && (value = sb_attributes_get(&found, CKA_VALUE)) &&
		sb_certificate_parse(sb_slice(value->value, value->len), &certificate) == SB_OK &&
		sb_certificate_common_name(certificate, number, CARD_NUMBER_MAX) != SB_OK)
		number[0] = 0;
	sb_certificate_free(&certificate);
	sb_attributes_free(&match);
	sb_attributes_free(&found);
	sb_bytes_free(&ids);
}

CK_RV ck_status_attributes(struct ck_session *session, struct sb_attributes *out)
{
	struct sb_token_info info;
	char number[CARD_NUMBER_MAX];
	int rc = sb_token_info(session->token, &info);
	size_t label = sizeof info.label;

	if (rc != SB_OK)
		return ck_error(rc);
	while (label && info.label[label - 1] == ' ')
		label--;
	card_number(session->token, number);
	rc = sb_attributes_set_ulong(out, CKA_CLASS, CKO_SINBUN_TOKEN);
	if (rc == SB_OK)
		rc = sb_attributes_set_bool(out, CKA_TOKEN, true);
	if (rc == SB_OK)
		rc = sb_attributes_set_bool(out, CKA_PRIVATE, false);
	if (rc == SB_OK)
		rc = sb_attributes_set_bool(out, CKA_MODIFIABLE, false);
	if (rc == SB_OK)
		rc = sb_attributes_set(out, CKA_LABEL, info.label, label);
	if (rc == SB_OK)
		rc = sb_attributes_set(out, CKA_SINBUN_SEAL, info.seal, strlen(info.seal));
	if (rc == SB_OK)
		rc = sb_attributes_set(out, CKA_SINBUN_PROFILE, sb_profile_name(info.profile), strlen(sb_profile_name(info.profile)));
	if (rc == SB_OK)
		rc = sb_attributes_set_ulong(out, CKA_SINBUN_PIN_TRIES_LEFT, info.pin_left);
	if (rc == SB_OK)
		rc = sb_attributes_set_ulong(out, CKA_SINBUN_PUK_TRIES_LEFT, info.puk_left);
	if (rc == SB_OK)
		rc = sb_attributes_set_ulong(out, CKA_SINBUN_PIN_TRIES_MAX, info.pin_max);
	if (rc == SB_OK)
		rc = sb_attributes_set_ulong(out, CKA_SINBUN_PUK_TRIES_MAX, info.puk_max);
	if (rc == SB_OK)
		rc = sb_attributes_set_ulong(out, CKA_SINBUN_PIN_REFUSAL, session->pin_refusal);
	if (rc == SB_OK)
		rc = sb_attributes_set(out, CKA_SINBUN_CARD_NUMBER, number, strlen(number));
	return ck_error(rc);
}

/* What the officer's next C_InitPIN is to do besides. */
static const struct {
	const char *text;
	bool reseal;
} commands[] = {
	{"", false},
	{SINBUN_COMMAND_RESEAL, true},
};

CK_RV ck_status_set(struct ck_session *session, const CK_ATTRIBUTE *template, CK_ULONG count)
{
	if (count != 1)
		return count ? CKR_TEMPLATE_INCONSISTENT : CKR_ARGUMENTS_BAD;
	if (template->type != CKA_SINBUN_COMMAND)
		return CKR_ACTION_PROHIBITED;
	if (!session->read_write)
		return CKR_SESSION_READ_ONLY;
	if (sb_token_user(session->token) != SB_USER_SO)
		return CKR_USER_NOT_LOGGED_IN;
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (strlen(commands[i].text) == template->ulValueLen &&
			(!template->ulValueLen || memcmp(commands[i].text, template->pValue, template->ulValueLen) == 0)) {
			session->reseal = commands[i].reseal;
			return CKR_OK;
		}
	return CKR_ATTRIBUTE_VALUE_INVALID;
}
