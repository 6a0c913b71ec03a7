/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "base/error.h"
#include "crypto/libctx.h"
#include "crypto/pkey_private.h"

/* Ed25519 keys. */

/* The public half follows from the private one. */
int edwards_from_parts(const char *name, const struct sb_slice parts[SB_PARTS], struct sb_pkey **out)
{
	const struct curve *curve = pkey_curve(name, SB_KEY_EDWARDS);
	bool is_private = parts[SB_PART_SCALAR].len != 0;
	struct sb_slice value = parts[is_private ? SB_PART_SCALAR : SB_PART_POINT];
	EVP_PKEY *pkey;

	if (!curve)
		return SB_E_UNSUPPORTED;
	if (value.len != curve->field)
		return is_private ? SB_E_RANGE : SB_E_FORMAT;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(is_private ? OSSL_PKEY_PARAM_PRIV_KEY : OSSL_PKEY_PARAM_PUB_KEY, (void *)value.data, value.len),
		OSSL_PARAM_construct_end(),
	};
	pkey = pkey_from_params(SB_KEY_EDWARDS, params, is_private);
	return pkey ? pkey_wrap(pkey, SB_KEY_EDWARDS, curve, out) : SB_E_FORMAT;
}

static const char *const names[SB_PARTS] = {
	[SB_PART_POINT] = OSSL_PKEY_PARAM_PUB_KEY,
	[SB_PART_SCALAR] = OSSL_PKEY_PARAM_PRIV_KEY,
};

int edwards_part(const struct sb_pkey *key, enum sb_part part, struct sb_bytes *out)
{
	uint8_t raw[FIELD_MAX];
	size_t len = 0;
	int rc = SB_E_NOT_FOUND;

	if (names[part] && EVP_PKEY_get_octet_string_param(key->pkey, names[part], raw, sizeof raw, &len) == 1 && len)
		rc = sb_bytes_append(out, raw, len);
	sb_wipe(raw, sizeof raw);
	return rc;
}
