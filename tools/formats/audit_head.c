/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "formats/audit_head.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "crypto/certificate.h"
#include "formats/jws.h"
#include "formats/x509.h"

#define HEAD_TYP "sinbun-audit-head+jwt"

static json_t *coded(int (*encode)(const void *data, size_t len, struct sb_bytes *out), struct sb_slice data)
{
	struct sb_bytes text = {0};
	json_t *json = encode(data.data, data.len, &text) == SB_OK ? json_stringn((const char *)text.data, text.len) : NULL;

	sb_bytes_free(&text);
	return json;
}

int sb_audit_head_make(const struct sb_audit_head *head, struct sb_slice certificate, const struct sb_signer *signer, struct sb_bytes *text)
{
	json_t *header = json_pack("{s:s, s:[o]}", "typ", HEAD_TYP, "x5c", coded(sb_base64_encode, certificate));
	json_t *payload = json_pack("{s:s, s:I, s:I, s:o}", "iss", head->issuer, "iat", (json_int_t)head->iat, "count", (json_int_t)head->count,
		"chain", coded(sb_base64url_encode, sb_slice(head->chain, 32)));
	int rc = header && payload ? sb_jws_sign(header, payload, signer, text) : SB_E_NOMEM;

	json_decref(header);
	json_decref(payload);
	return rc;
}

static int read_payload(const json_t *payload, struct sb_audit_head *out)
{
	const char *issuer = sb_json_text(payload, "iss"), *chain = sb_json_text(payload, "chain");
	const json_t *iat = json_object_get(payload, "iat"), *count = json_object_get(payload, "count");
	struct sb_bytes bytes = {0};
	int rc = issuer && chain && json_is_integer(iat) && json_is_integer(count) ? sb_base64url_decode(chain, strlen(chain), &bytes) : SB_E_FORMAT;

	if (rc == SB_OK && bytes.len != sizeof out->chain)
		rc = SB_E_FORMAT;
	if (rc == SB_OK) {
		memcpy(out->chain, bytes.data, bytes.len);
		out->iat = json_integer_value(iat);
		out->count = json_integer_value(count);
		if (out->count < 0 || (size_t)snprintf(out->issuer, sizeof out->issuer, "%s", issuer) >= sizeof out->issuer)
			rc = SB_E_FORMAT;
	}
	sb_bytes_free(&bytes);
	return rc;
}

/* The root is never taken from the text. */
static int check_signature(const struct sb_jws *jws, struct sb_slice root_der, int64_t at)
{
	struct sb_certificate *root = NULL, *signer = NULL;
	struct sb_bytes der = {0};
	uint8_t point[65];
	int rc = sb_jws_signer(jws, &der);

	if (rc == SB_OK)
		rc = sb_certificate_parse(root_der, &root);
	if (rc == SB_OK)
		rc = sb_certificate_parse(sb_bytes_slice(&der), &signer);
	if (rc == SB_OK)
		rc = sb_certificate_check(signer, root, at, SB_EKU_DOCUMENT_SIGNER);
	if (rc == SB_OK)
		rc = sb_certificate_point(signer, point);
	if (rc == SB_OK)
		rc = sb_jws_verify(jws, sb_slice(point, 65));
	sb_bytes_free(&der);
	sb_certificate_free(&signer);
	sb_certificate_free(&root);
	return rc;
}

int sb_audit_head_open(struct sb_slice text, struct sb_slice root_der, struct sb_audit_head *out)
{
	struct sb_jws jws = {0};
	int rc;

	*out = (struct sb_audit_head){0};
	while (text.len && strchr(" \t\r\n", text.data[text.len - 1]))
		text.len--;
	rc = sb_jws_parse(text, HEAD_TYP, &jws);
	if (rc == SB_OK)
		rc = read_payload(jws.payload, out);
	if (rc == SB_OK)
		rc = check_signature(&jws, root_der, out->iat);
	sb_jws_free(&jws);
	return rc;
}
