/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "ck_bounds.h"
#include "ck_functions.h"

#include "crypto/random.h"

/* Random numbers come from the kernel, which needs no seed of ours; offering one is accepted and adds nothing. */

CK_RV ck_SeedRandom(struct ck_session *session, CK_BYTE *pSeed, CK_ULONG ulSeedLen)
{
	(void)session;
	return ck_bad_bytes(pSeed, ulSeedLen) ? CKR_ARGUMENTS_BAD : CKR_OK;
}

CK_RV ck_GenerateRandom(struct ck_session *session, CK_BYTE *pRandomData, CK_ULONG ulRandomLen)
{
	(void)session;
	if (ck_bad_bytes(pRandomData, ulRandomLen))
		return CKR_ARGUMENTS_BAD;
	return ck_error(sb_random(pRandomData, ulRandomLen));
}
