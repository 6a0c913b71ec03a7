/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_AUDIT_HEAD_H
#define SINBUN_AUDIT_HEAD_H

#include "base/bytes.h"
#include "formats/signer.h"

/* How far a registry's audit was, and when, signed, to be kept elsewhere: JWS typ sinbun-audit-head+jwt, x5c = the document signer's certificate,
 * payload {iss, iat, count, chain}: the issuer's name, seconds since 1970, rows written until then, base64url of the last one's chain. */

enum { SB_AUDIT_ISSUER = 256 };

struct sb_audit_head {
	char issuer[SB_AUDIT_ISSUER];
	int64_t iat, count;
	uint8_t chain[32];
};

/* Appends. */
int sb_audit_head_make(const struct sb_audit_head *head, struct sb_slice certificate, const struct sb_signer *signer, struct sb_bytes *text);
/* One that was signed by a document signer under the root (DER), in force at that time. Blanks behind the text do not matter. SB_E_FORMAT,
 * SB_E_SIGNATURE (another root, or altered), SB_E_RANGE (the certificate was not in force). */
int sb_audit_head_open(struct sb_slice text, struct sb_slice root_der, struct sb_audit_head *out);

#endif
