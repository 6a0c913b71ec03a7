/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include "lib/check.h"

/* Session objects had no CKA_UNIQUE_ID; PKCS#11 3.0 wants one for every object, a new one for a copy too. */

static void unique_id(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_BYTE id[32])
{
	CK_ATTRIBUTE a = ATTRIBUTE(CKA_UNIQUE_ID, id, 32);

	memset(id, 0, 32);
	CHECK_EQ(p11->C_GetAttributeValue(session, object, &a, 1), CKR_OK);
	CHECK_EQ(a.ulValueLen, 32);
}

int main(void)
{
	CK_BYTE ids[5][32];
	CK_ATTRIBUTE match = ATTRIBUTE_OF(CKA_UNIQUE_ID, ids[0]);
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE objects[5], found;
	struct api_pair pair;

	api_open("");
	session = api_ready(NULL);
	pair = api_generate(session, false, 1, false);
	objects[0] = pair.public;
	objects[1] = pair.private;
	CHECK_EQ(api_data(session, false, false, "one", &objects[2]), CKR_OK);
	CHECK_EQ(p11->C_CopyObject(session, objects[2], NULL, 0, &objects[3]), CKR_OK);
	CHECK_EQ(api_data(session, true, false, "kept", &objects[4]), CKR_OK);
	for (size_t i = 0; i < COUNT(objects); i++) {
		unique_id(session, objects[i], ids[i]);
		for (size_t k = 0; k < i; k++)
			CHECK(memcmp(ids[i], ids[k], 32) != 0);
	}
	CHECK_EQ(api_find(session, &match, 1, &found, 1), 1);
	CHECK_EQ(found, objects[0]);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}
