/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "seal/seal.h"

static const struct sb_seal *const seals[] = {&sb_seal_software, &sb_seal_tpm};

const struct sb_seal *sb_seal_by_type(unsigned type)
{
	for (size_t i = 0; i < sizeof seals / sizeof *seals; i++)
		if (seals[i]->type == type)
			return seals[i];
	return NULL;
}
