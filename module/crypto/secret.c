/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "crypto/secret.h"

#include <sodium.h>
#include <string.h>

void *sb_secret_new(size_t len)
{
	void *secret;

	if (sodium_init() < 0)
		return NULL;
	secret = sodium_malloc(len ? len : 1);
	if (secret)
		memset(secret, 0, len);
	return secret;
}

void sb_secret_free(void **secret)
{
	if (!secret || !*secret)
		return;
	sodium_free(*secret);
	*secret = NULL;
}
