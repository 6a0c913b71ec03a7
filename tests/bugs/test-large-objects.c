/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"
#include "lib/check.h"

/* An object near the limit of 16 MiB was stored, could not be read again, and left the token damaged for good. */

enum { LIMIT = 16 << 20, PART = 5 << 20 }; /* one value alone may not be so long */

static CK_RV store(CK_SESSION_HANDLE session, CK_BYTE *value, CK_ULONG len, CK_OBJECT_HANDLE *object)
{
	static const CK_OBJECT_CLASS class = CKO_DATA;
	CK_ATTRIBUTE template[] = {ATTRIBUTE_OF(CKA_CLASS, class), ATTRIBUTE(CKA_TOKEN, &api_yes, 1), ATTRIBUTE(CKA_PRIVATE, &api_yes, 1),
		ATTRIBUTE(CKA_LABEL, value, PART), ATTRIBUTE(CKA_APPLICATION, value, PART), ATTRIBUTE(CKA_VALUE, value, len - 2 * PART)};

	return p11->C_CreateObject(session, template, COUNT(template), object);
}

int main(void)
{
	CK_BYTE *value = calloc(1, PART + LIMIT % PART + 1);
	CK_ATTRIBUTE size = {CKA_VALUE, NULL, 0};
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE object;
	CK_SLOT_ID slot;
	CK_ULONG stored = 0;

	REQUIRE(value);
	api_open("");
	session = api_ready(&slot);
	/* Whatever is taken is given back; what is not leaves no trace. Around the limit every few bytes, as the rest of the object counts. */
	for (CK_ULONG len = LIMIT - 600; len <= LIMIT + 1; len += 40) {
		CK_RV rv = store(session, value, len, &object);

		CHECK(rv == CKR_OK || rv == CKR_DEVICE_MEMORY);
		if (rv != CKR_OK)
			continue;
		stored++;
		CHECK_EQ(p11->C_GetAttributeValue(session, object, &size, 1), CKR_OK);
		CHECK_EQ(size.ulValueLen, len - 2 * PART);
		CHECK_EQ(p11->C_DestroyObject(session, object), CKR_OK);
	}
	CHECK(stored > 0);
	CHECK_EQ(store(session, value, LIMIT + 1, &object), CKR_DEVICE_MEMORY);
	CHECK_EQ(p11->C_Logout(session), CKR_OK);
	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	CHECK_EQ(api_token_flags(slot) & CKF_ERROR_STATE, 0);
	CHECK_EQ(api_find(session, NULL, 0, NULL, 0), API_PROFILES + API_LOG);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	free(value);
	return check_result();
}
