/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "mechanism.h"

#include <stddef.h>

#define EC_FLAGS (CKF_EC_F_P | CKF_EC_OID | CKF_EC_CURVENAME | CKF_EC_UNCOMPRESS)
enum { NO_KEY = -1, RAW_ECDSA_MAX = 64, BOTH = 1 << SB_PROFILE_IDENTITY | 1 << SB_PROFILE_GENERAL };

static const struct sb_mechanism mechanisms[] = {
	{CKM_EC_KEY_PAIR_GEN, CKK_EC, 256, 256, CKF_GENERATE_KEY_PAIR | EC_FLAGS, NULL, 0, BOTH},
	{CKM_ECDSA, CKK_EC, 256, 256, CKF_SIGN | CKF_VERIFY | EC_FLAGS, NULL, RAW_ECDSA_MAX, BOTH},
	{CKM_ECDSA_SHA256, CKK_EC, 256, 256, CKF_SIGN | CKF_VERIFY | EC_FLAGS, "SHA256", 0, BOTH},
	{CKM_SHA_1, (CK_KEY_TYPE)NO_KEY, 0, 0, CKF_DIGEST, "SHA1", 0, BOTH},
	{CKM_SHA224, (CK_KEY_TYPE)NO_KEY, 0, 0, CKF_DIGEST, "SHA224", 0, BOTH},
	{CKM_SHA256, (CK_KEY_TYPE)NO_KEY, 0, 0, CKF_DIGEST, "SHA256", 0, BOTH},
	{CKM_SHA384, (CK_KEY_TYPE)NO_KEY, 0, 0, CKF_DIGEST, "SHA384", 0, BOTH},
	{CKM_SHA512, (CK_KEY_TYPE)NO_KEY, 0, 0, CKF_DIGEST, "SHA512", 0, BOTH},
};
enum { MECHANISMS = sizeof mechanisms / sizeof *mechanisms };

const struct sb_mechanism *sb_mechanism_at(size_t index, enum sb_profile profile)
{
	for (size_t i = 0; i < MECHANISMS; i++)
		if ((mechanisms[i].profiles & 1U << profile) && index-- == 0)
			return &mechanisms[i];
	return NULL;
}

const struct sb_mechanism *sb_mechanism_find(CK_MECHANISM_TYPE type, enum sb_profile profile)
{
	for (size_t i = 0; i < MECHANISMS; i++)
		if (mechanisms[i].type == type && (mechanisms[i].profiles & 1U << profile))
			return &mechanisms[i];
	return NULL;
}
