/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_SDCWT_H
#define SINBUN_SDCWT_H

#include "base/bytes.h"
#include "formats/signer.h"

/* SD-CWT without redaction and its key-binding token, the live QR (draft-ietf-spice-sd-cwt; RFC 9052, RFC 8392). */

enum sb_claim_type { SB_CLAIM_TEXT, SB_CLAIM_BYTES, SB_CLAIM_BOOL, SB_CLAIM_INT };
enum { SB_SDCWT_CLAIMS_MAX = 32, SB_KID = 8 };

/* One claim of the document type: integer key, value. Slices are borrowed. */
struct sb_claim {
	int64_t key;
	enum sb_claim_type type;
	struct sb_slice bytes; /* TEXT (UTF-8, no terminator) and BYTES */
	int64_t number;        /* INT, BOOL (0/1) */
};

struct sb_sdcwt {
	uint8_t kid[SB_KID];      /* SHA-256(signer certificate DER)[0..8) */
	uint8_t holder_point[65]; /* uncompressed P-256 point of cnf; written compressed, read in either form */
	int64_t iat, exp;         /* seconds since 1970 */
	int64_t vct;              /* claim 11 */
	uint64_t status_index;
	struct sb_slice status_uri;
	struct sb_claim claims[SB_SDCWT_CLAIMS_MAX];
	size_t claim_count;
};

/* The issuer's token, tag 18. Appends to out. */
int sb_sdcwt_issue(const struct sb_sdcwt *content, const struct sb_signer *signer, struct sb_bytes *out);
/* Parses and checks form, types, duplicate keys, unknown critical headers (SB_E_FORMAT). No signature is checked. Slices point into token. */
int sb_sdcwt_parse(struct sb_slice token, struct sb_sdcwt *out);
/* Only whose token it is, before anything in it is believed; SB_E_FORMAT when it is no such token. */
int sb_sdcwt_kid(struct sb_slice token, uint8_t kid[SB_KID]);
/* Issuer signature under the signer's point. SB_E_SIGNATURE. */
int sb_sdcwt_verify(struct sb_slice token, struct sb_slice signer_point);

struct sb_kbt {
	struct sb_slice sdcwt; /* the embedded issuer token, as received */
	struct sb_slice audience;
	int64_t iat, exp;
	struct sb_slice challenge; /* cnonce; data NULL when absent */
	/* Read only: the presentation's identity (sb_cose_sign1_id), for a memory of those accepted. */
	uint8_t id[32];
};

/* The holder's key-binding token around an issuer token. */
int sb_kbt_make(const struct sb_kbt *content, const struct sb_signer *signer, struct sb_bytes *out);
int sb_kbt_parse(struct sb_slice token, struct sb_kbt *out);
int sb_kbt_verify(struct sb_slice token, const uint8_t holder_point[65]);

/* "SB1:" + base45 and back. Decoding takes exactly one text (surrounding white space trimmed) and appends the token; SB_E_FORMAT. */
#define SB_QR_PREFIX "SB1:"
int sb_qr_text_encode(struct sb_slice kbt, struct sb_bytes *text);
int sb_qr_text_decode(struct sb_slice text, struct sb_bytes *kbt);

#endif
