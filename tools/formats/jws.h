/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_JWS_H
#define SINBUN_JWS_H

#include <jansson.h>
#include "base/bytes.h"
#include "crypto/pkey.h"
#include "formats/signer.h"

/* Compact JWS (RFC 7515, 7518, 8037): ES256 where the signature is of our own world, more where a provider of identities chooses it. JSON is
 * strict: duplicate keys refused, depth and size bounded. */

/* Signs; header and payload are borrowed; "alg":"ES256" is added to the header. Appends the compact text. */
int sb_jws_sign(json_t *header, json_t *payload, const struct sb_signer *signer, struct sb_bytes *out);

struct sb_jws {
	json_t *header;
	json_t *payload;
	struct sb_slice signed_text; /* header.payload, inside the text given */
	uint8_t signature[SB_SIGNATURE_MAX];
	size_t signature_len;
};
/* Takes apart; SB_E_FORMAT for another alg, "crit", a wrong typ (typ NULL: any), bad base64url, bad JSON. Borrowed: text. */
int sb_jws_parse(struct sb_slice text, const char *typ, struct sb_jws *out);
int sb_jws_verify(const struct sb_jws *jws, struct sb_slice point);
/* The same for RS256, PS256, ES256 and EdDSA (Ed25519): SB_E_UNSUPPORTED for another alg, "none" and the HMACs among them. */
int sb_jws_parse_any(struct sb_slice text, struct sb_jws *out);
/* Under a public JWK, whose type must be the one that alg asks for and whose alg, use and key_ops, where it has them, allow it. SB_E_SIGNATURE;
 * SB_E_FORMAT (no such key, or one that shows private parts), SB_E_UNSUPPORTED (RSA under 2048 bits or over 4096). */
int sb_jws_verify_jwk(const struct sb_jws *jws, const json_t *jwk);
/* OpenSSL's name of the hash that goes with the alg of a JWS that was parsed: "SHA256", or "SHA512" for EdDSA (at_hash of OpenID Connect). */
const char *sb_jws_digest(const struct sb_jws *jws);
void sb_jws_free(struct sb_jws *jws);
/* The certificates of the x5c header, leaf first, DER, count of them (at most 4); each appended to its buffer. */
int sb_jws_x5c(const struct sb_jws *jws, struct sb_bytes certificates[4], size_t *count);
/* The same where the header has to hold the signer's certificate alone: SB_E_FORMAT for any other count. */
int sb_jws_signer(const struct sb_jws *jws, struct sb_bytes *certificate);

/* {"kty":"EC","crv":"P-256","x":…,"y":…} from an uncompressed point, and back (SB_E_FORMAT; the point must be on the curve). */
json_t *sb_jwk_from_point(const uint8_t point[65]);
int sb_jwk_to_point(const json_t *jwk, uint8_t point[65]);

/* OpenID4VCI proof of possession: header typ openid4vci-proof+jwt with the jwk, payload aud, iat, nonce. */
struct sb_proof {
	const char *audience, *nonce;
	struct sb_slice box; /* the key that the answer is to be sealed to: payload box, so that nobody on the way puts in his own */
};
int sb_proof_make(const uint8_t point[65], const struct sb_proof *proof, int64_t iat, const struct sb_signer *signer, struct sb_bytes *out);
/* SB_E_SIGNATURE (also a box that is another's; a wallet of another maker may name none), SB_E_FORMAT, SB_E_RANGE (iat further than 10
 * minutes from now), SB_E_NOT_FOUND (another aud or nonce). The key comes out. */
int sb_proof_check(struct sb_slice text, const struct sb_proof *proof, int64_t now, uint8_t point[65]);

/* Strict JSON from bytes: one object, no duplicate keys, at most 16 MiB (NULL on error; line and column in *line, *column). */
json_t *sb_json_parse(struct sb_slice text, int *line, int *column);
/* Text of a member: NULL when absent or no string. */
const char *sb_json_text(const json_t *object, const char *key);

#endif
