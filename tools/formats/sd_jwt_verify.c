/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "formats/sd_jwt.h"

#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "crypto/certificate.h"
#include "crypto/digest.h"

/* Is it what the issuer signed, and does the device it was issued to present it to us, now? */

static int refuse(int rc, enum sb_sd_jwt_fault fault, enum sb_sd_jwt_fault *why)
{
	*why = fault;
	return rc;
}

/* The signer's certificate comes out; NULL and *why where no root vouches for it. */
static int check_path(struct sb_slice der, const struct sb_sd_jwt_question *q, struct sb_certificate **out, enum sb_sd_jwt_fault *why)
{
	struct sb_certificate *leaf = NULL;
	int rc = sb_certificate_parse(der, &leaf), found = SB_E_SIGNATURE;

	for (size_t i = 0; rc == SB_OK && found == SB_E_SIGNATURE && i < q->root_count; i++) {
		struct sb_certificate *root = NULL;

		/* The anchor is known from elsewhere; brought along it vouches for nobody. */
		if (sb_slice_equal(der, q->roots[i]))
			continue;
		rc = sb_certificate_parse(q->roots[i], &root);
		if (rc == SB_OK)
			found = sb_certificate_check(leaf, root, q->at, q->eku);
		sb_certificate_free(&root);
	}
	if (rc == SB_OK && found == SB_OK) {
		*out = leaf;
		return SB_OK;
	}
	sb_certificate_free(&leaf);
	if (rc == SB_E_FORMAT)
		return refuse(rc, SB_SD_JWT_FAULT_CHAIN, why);
	if (rc != SB_OK)
		return rc;
	return refuse(found, found == SB_E_RANGE ? SB_SD_JWT_FAULT_SIGNER_TIME
						 : found == SB_E_FORMAT ? SB_SD_JWT_FAULT_SIGNER_PROFILE : SB_SD_JWT_FAULT_ISSUER,
		why);
}

static int check_times(const struct sb_sd_jwt *t, const struct sb_certificate *signer, int64_t at, enum sb_sd_jwt_fault *why)
{
	int64_t from, to;

	if (sb_certificate_validity(signer, &from, &to) != SB_OK || t->iat < from || t->iat > to)
		return refuse(SB_E_RANGE, SB_SD_JWT_FAULT_SIGNER_TIME, why);
	if (t->iat > at + SB_SD_JWT_AHEAD || t->nbf > at + SB_SD_JWT_AHEAD)
		return refuse(SB_E_RANGE, SB_SD_JWT_FAULT_NOT_YET_VALID, why);
	return t->exp <= at ? refuse(SB_E_RANGE, SB_SD_JWT_FAULT_EXPIRED, why) : SB_OK;
}

int sb_sd_jwt_verify_issued(const struct sb_sd_jwt *token, const struct sb_sd_jwt_question *question, enum sb_sd_jwt_fault *why)
{
	struct sb_certificate *signer = NULL;
	uint8_t point[65];
	int rc;

	*why = SB_SD_JWT_FAULT_NONE;
	rc = check_path(sb_bytes_slice(&token->certificate), question, &signer, why);
	if (rc == SB_OK && sb_certificate_point(signer, point) != SB_OK)
		rc = refuse(SB_E_FORMAT, SB_SD_JWT_FAULT_SIGNER_PROFILE, why);
	if (rc == SB_OK) {
		rc = sb_jws_verify(&token->issuer, sb_slice(point, sizeof point));
		if (rc == SB_E_SIGNATURE)
			*why = SB_SD_JWT_FAULT_ISSUER_SIGNATURE;
	}
	if (rc == SB_OK)
		rc = check_times(token, signer, question->at, why);
	sb_certificate_free(&signer);
	return rc;
}

static bool hash_fits(const struct sb_sd_jwt *t)
{
	const char *said = sb_json_text(t->kb.payload, "sd_hash");
	uint8_t hash[SB_SHA256_SIZE];
	struct sb_bytes coded = {0};
	bool fits = said && sb_sha256(t->presented.data, t->presented.len, hash) == SB_OK &&
		    sb_base64url_encode(hash, sizeof hash, &coded) == SB_OK &&
		    sb_slice_is(sb_bytes_slice(&coded), said);

	sb_bytes_free(&coded);
	return fits;
}

static bool says(const json_t *payload, const char *name, const char *want)
{
	const char *said = sb_json_text(payload, name);

	return said && want && strcmp(said, want) == 0;
}

/* iat, and exp and nbf where somebody put them there. */
static int check_moment(const json_t *payload, const struct sb_sd_jwt_question *q, enum sb_sd_jwt_fault *why)
{
	const json_t *iat = json_object_get(payload, "iat"), *exp = json_object_get(payload, "exp"), *nbf = json_object_get(payload, "nbf");
	int64_t latest = q->at + SB_SD_JWT_AHEAD;

	if (!json_is_integer(iat) || (exp && !json_is_integer(exp)) || (nbf && !json_is_integer(nbf)))
		return refuse(SB_E_FORMAT, SB_SD_JWT_FAULT_BINDING_JWT, why);
	if (json_integer_value(iat) > latest || json_integer_value(nbf) > latest)
		return refuse(SB_E_RANGE, SB_SD_JWT_FAULT_AHEAD, why);
	if (json_integer_value(iat) < q->at - q->max_age || (exp && json_integer_value(exp) <= q->at))
		return refuse(SB_E_RANGE, SB_SD_JWT_FAULT_TOO_OLD, why);
	return SB_OK;
}

int sb_sd_jwt_verify_binding(
	const struct sb_sd_jwt *token, const uint8_t point[65], const struct sb_sd_jwt_question *question, enum sb_sd_jwt_fault *why)
{
	const json_t *payload = token->kb.payload;
	int rc;

	*why = SB_SD_JWT_FAULT_NONE;
	if (!token->binding.len)
		return refuse(SB_E_SIGNATURE, SB_SD_JWT_FAULT_BINDING_MISSING, why);
	rc = sb_jws_verify(&token->kb, sb_slice(point, 65));
	if (rc != SB_OK)
		return rc == SB_E_NOMEM ? rc : refuse(SB_E_SIGNATURE, SB_SD_JWT_FAULT_BINDING_SIGNATURE, why);
	if (!sb_json_text(payload, "sd_hash") || !sb_json_text(payload, "aud") || !sb_json_text(payload, "nonce"))
		return refuse(SB_E_FORMAT, SB_SD_JWT_FAULT_BINDING_JWT, why);
	if (!hash_fits(token))
		return refuse(SB_E_SIGNATURE, SB_SD_JWT_FAULT_SD_HASH, why);
	if (!says(payload, "aud", question->audience))
		return refuse(SB_E_SIGNATURE, SB_SD_JWT_FAULT_AUDIENCE, why);
	if (!says(payload, "nonce", question->nonce))
		return refuse(SB_E_SIGNATURE, SB_SD_JWT_FAULT_NONCE, why);
	return check_moment(payload, question, why);
}

int sb_sd_jwt_verify(const struct sb_sd_jwt *token, const struct sb_sd_jwt_question *question, enum sb_sd_jwt_fault *why)
{
	int rc = sb_sd_jwt_verify_issued(token, question, why);

	return rc == SB_OK ? sb_sd_jwt_verify_binding(token, token->holder_point, question, why) : rc;
}
