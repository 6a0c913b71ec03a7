/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <pthread.h>
#include <string.h>

#include "base/error.h"
#include "crypto/digest.h"
#include "crypto/signature.h"

/* ES256 under a point. Making a key of a point costs a fourth of a verification, and the points of issuers come again and again: the keys made last are
 * kept, each in the place that its point gives it. They are public. */

enum { PLACES = 64, POINT = 65 };

static struct {
	uint8_t point[POINT];
	struct sb_pkey *key; /* NULL: free */
} kept[PLACES];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static size_t place_of(const uint8_t point[POINT])
{
	return (point[9] ^ point[17] << 3) % PLACES;
}

/* A share of the one that is kept, or NULL. */
static struct sb_pkey *kept_key(const uint8_t point[POINT])
{
	size_t i = place_of(point);
	struct sb_pkey *key = NULL;

	pthread_mutex_lock(&lock);
	if (kept[i].key && memcmp(kept[i].point, point, POINT) == 0)
		key = sb_pkey_share(kept[i].key);
	pthread_mutex_unlock(&lock);
	return key;
}

static void keep(const uint8_t point[POINT], struct sb_pkey *key)
{
	size_t i = place_of(point);

	pthread_mutex_lock(&lock);
	sb_pkey_free(&kept[i].key);
	memcpy(kept[i].point, point, POINT);
	kept[i].key = sb_pkey_share(key);
	pthread_mutex_unlock(&lock);
}

static int key_of(struct sb_slice point, struct sb_pkey **key)
{
	int rc;

	if (point.len != POINT)
		return sb_pkey_from_ec_point("P-256", point, key);
	*key = kept_key(point.data);
	if (*key)
		return SB_OK;
	rc = sb_pkey_from_ec_point("P-256", point, key);
	if (rc == SB_OK)
		keep(point.data, *key);
	return rc;
}

int sb_es256_verify(struct sb_slice point, const void *data, size_t len, const uint8_t signature[SB_P256_SIGNATURE])
{
	struct sb_pkey *key = NULL;
	uint8_t hash[SB_SHA256_SIZE];
	int rc = key_of(point, &key);

	if (rc == SB_OK)
		rc = sb_sha256(data, len, hash);
	if (rc == SB_OK)
		rc = sb_pkey_verify(key, hash, sizeof hash, sb_slice(signature, SB_P256_SIGNATURE));
	sb_pkey_free(&key);
	return rc;
}
