/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_X509_H
#define SINBUN_X509_H

#include "base/bytes.h"
#include "formats/signer.h"

/* X.509 v3 certificates with P-256 keys and ecdsa-with-SHA256, written by hand so that the key can sit in a token, and read
 * through crypto/certificate.h. ISO/IEC 18013-5 Annex B profiles for root and document signer. */

/* Extended key usage of an ISO/IEC 18013-5 document signer. */
#define SB_EKU_DOCUMENT_SIGNER "1.0.18013.5.1.2"

enum sb_x509_kind {
	SB_X509_ROOT,     /* CA, pathlen 0, keyCertSign|cRLSign */
	SB_X509_SIGNER,   /* document signer: digitalSignature, EKU 1.0.18013.5.1.2 */
	SB_X509_READER,   /* mdoc reader: digitalSignature, EKU 1.0.18013.5.1.6 */
	SB_X509_HOLDER,   /* authentication: digitalSignature|keyAgreement, EKU clientAuth */
};

struct sb_x509_name {
	const char *country;      /* two letters, or NULL */
	const char *organization; /* UTF-8, or NULL */
	const char *common_name;  /* UTF-8 */
};

struct sb_x509_request {
	enum sb_x509_kind kind;
	struct sb_x509_name subject, issuer;
	uint8_t serial[20];
	size_t serial_len; /* 1..20, positive */
	int64_t not_before, not_after;
	struct sb_slice point;        /* subject's public key, uncompressed */
	struct sb_slice issuer_point; /* for the authority key identifier; the same as point for a root */
	const char *issuer_url;       /* issuerAltName URI, or NULL */
};

/* Appends the DER certificate. */
int sb_x509_issue(const struct sb_x509_request *request, const struct sb_signer *signer, struct sb_bytes *der);
int sb_pem_encode(const char *what, struct sb_slice der, struct sb_bytes *pem); /* what: "CERTIFICATE" */
int sb_pem_decode(const char *what, struct sb_slice pem, struct sb_bytes *der);

#endif
