/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_SD_JWT_H
#define SINBUN_SD_JWT_H

#include "formats/jws.h"

/* Selective disclosure for JWTs (RFC 9901) and the credential made of it, SD-JWT VC: what an issuer signs, what a device presents with a
 * key-binding JWT, what a reader believes of it. Everything is hashed and passed on as it was received. */

#define SB_SD_JWT_TYP "dc+sd-jwt"
enum {
	SB_SD_JWT_DISCLOSURES = 128,
	SB_SD_JWT_DEPTH = 16,           /* of what is disclosed inside of something disclosed, and of objects and arrays */
	SB_SD_JWT_SIZE_MAX = 1 << 20,   /* characters that are looked at */
	SB_SD_JWT_SALT_MIN = 16,        /* bytes */
	SB_SD_JWT_DIGEST = 43,          /* characters: base64url of SHA-256 */
	SB_SD_JWT_AHEAD = 5,            /* seconds that the device's clock may be ahead of the reader's */
};

/* Why one is refused: name, an English clause (gettext), and what kind of fault that is. */
#define SB_SD_JWT_FAULTS(X)                                                                                                                    \
	X(NONE, "nothing is wrong with it", NONE)                                                                                              \
	X(STRUCTURE, "it is not a JWT with disclosures, each ended by \"~\", or it is too large", MALFORMED)                                   \
	X(ISSUER_JWT, "its issuer's JWT is not in the form that SD-JWT VC asks for", MALFORMED)                                                \
	X(DISCLOSURE, "a disclosure is no array of salt, name and value", MALFORMED)                                                           \
	X(SALT, "a disclosure's salt is shorter than 16 bytes", MALFORMED)                                                                     \
	X(DIGEST, "a digest in it is none", MALFORMED)                                                                                         \
	X(DIGEST_REPEATED, "the same digest or disclosure stands in it twice", MALFORMED)                                                      \
	X(DIGEST_ALGORITHM, "it uses another digest algorithm than SHA-256", MALFORMED)                                                        \
	X(RESERVED, "a claim has a name that only digests may have, or one that must not be hidden", MALFORMED)                                \
	X(CLASH, "a claim is disclosed that stands there already", MALFORMED)                                                                  \
	X(DEPTH, "it is nested too deeply", MALFORMED)                                                                                         \
	X(CLAIMS, "vct, iat, exp, cnf or status is missing or of a wrong type", MALFORMED)                                                     \
	X(CHAIN, "the issuer's certificate is missing, or others come along with it", MALFORMED)                                               \
	X(BINDING_JWT, "its key-binding JWT is not in the form that RFC 9901 asks for", MALFORMED)                                             \
	X(UNREFERENCED, "a disclosure is not one that the issuer signed", ALTERED)                                                             \
	X(ISSUER, "its signer's certificate is not from an issuer that is trusted", UNKNOWN_ISSUER)                                            \
	X(SIGNER_PROFILE, "its signer's certificate is not one for signing documents", UNKNOWN_ISSUER)                                         \
	X(SIGNER_TIME, "its signer's certificate is not valid now, or was not when the credential was signed", UNKNOWN_ISSUER)                 \
	X(ISSUER_SIGNATURE, "its issuer's signature does not hold", ALTERED)                                                                   \
	X(NOT_YET_VALID, "the credential is not valid yet", NOT_YET_VALID)                                                                     \
	X(EXPIRED, "the credential has expired", EXPIRED)                                                                                      \
	X(BINDING_MISSING, "it was not signed by the device it was issued to", HOLDER)                                                         \
	X(BINDING_SIGNATURE, "its key-binding JWT is not signed by the device it was issued to", HOLDER)                                       \
	X(SD_HASH, "disclosures were added, removed or put in another order after the device signed", ALTERED)                                 \
	X(AUDIENCE, "it was made for somebody else", AUDIENCE)                                                                                 \
	X(NONCE, "it answers another request", NONCE)                                                                                          \
	X(AHEAD, "the device signed it at a time that has not come yet", NOT_YET_VALID)                                                        \
	X(TOO_OLD, "the device signed it too long ago", TOO_OLD)

enum sb_sd_jwt_fault {
#define SB_SD_JWT_FAULT_VALUE(name, text, kind) SB_SD_JWT_FAULT_##name,
	SB_SD_JWT_FAULTS(SB_SD_JWT_FAULT_VALUE)
#undef SB_SD_JWT_FAULT_VALUE
	SB_SD_JWT_FAULT_COUNT
};
enum sb_sd_jwt_kind {
	SB_SD_JWT_KIND_NONE, SB_SD_JWT_KIND_MALFORMED, SB_SD_JWT_KIND_UNKNOWN_ISSUER, SB_SD_JWT_KIND_ALTERED, SB_SD_JWT_KIND_NOT_YET_VALID,
	SB_SD_JWT_KIND_EXPIRED, SB_SD_JWT_KIND_HOLDER, SB_SD_JWT_KIND_AUDIENCE, SB_SD_JWT_KIND_NONCE, SB_SD_JWT_KIND_TOO_OLD,
};
const char *sb_sd_jwt_fault_name(enum sb_sd_jwt_fault fault); /* "SD_HASH" */
const char *sb_sd_jwt_fault_text(enum sb_sd_jwt_fault fault); /* English, for gettext */
enum sb_sd_jwt_kind sb_sd_jwt_fault_kind(enum sb_sd_jwt_fault fault);

/* --- issuing (sd_jwt_make.c) --- */

struct sb_sd_jwt_content {
	const char *vct;
	int64_t iat, exp; /* seconds since 1970 */
	uint8_t holder_point[65];
	uint64_t status_index;
	const char *status_uri;
	const json_t *values;        /* an object; each member becomes a disclosure of its own */
	struct sb_slice certificate; /* the document signer's, DER: the whole of x5c */
};
/* Appends <JWS>~<disclosure>~…~: every disclosure with 16 random bytes of salt, digests in the order of their text, which tells nothing. */
int sb_sd_jwt_issue(const struct sb_sd_jwt_content *content, const struct sb_signer *signer, struct sb_bytes *out);

/* --- reading (sd_jwt.c) --- */

struct sb_sd_disclosure {
	struct sb_slice text; /* base64url, as received */
	json_t *array;        /* [salt, name, value], or [salt, value] of an array's element */
	char digest[SB_SD_JWT_DIGEST + 1];
	bool used;
};

struct sb_sd_jwt {
	struct sb_slice issued;    /* the issuer's JWS */
	struct sb_slice presented; /* that and the disclosures, with the last "~": what sd_hash is of */
	struct sb_slice binding;   /* the key-binding JWT; empty without */
	struct sb_jws issuer, kb;
	struct sb_sd_disclosure disclosures[SB_SD_JWT_DISCLOSURES];
	size_t disclosure_count;
	json_t *claims; /* the issuer's payload with what is disclosed in its place, without digests */
	/* By sb_sd_jwt_parse alone: */
	const char *vct;
	int64_t iat, nbf, exp; /* nbf 0: none */
	uint8_t holder_point[65];
	bool has_status;
	uint64_t status_index;
	const char *status_uri;
	struct sb_bytes certificate; /* of the signer, DER: the whole of x5c */
};
/* Any SD-JWT of RFC 9901, with or without key binding; typ NULL: any. Nothing of it is true before it is verified. text must outlive *out.
 * SB_E_FORMAT with *why (never NULL). */
int sb_sd_jwt_open(struct sb_slice text, const char *typ, struct sb_sd_jwt *out, enum sb_sd_jwt_fault *why);
/* An SD-JWT VC: typ dc+sd-jwt, one certificate in x5c, vct, iat, exp, cnf with a P-256 key; where there is a status, it is a status list's. */
int sb_sd_jwt_parse(struct sb_slice text, struct sb_sd_jwt *out, enum sb_sd_jwt_fault *why);
void sb_sd_jwt_free(struct sb_sd_jwt *token);
/* A claim's name that stands for the credential itself (vct, cnf, …) and not for the holder. */
bool sb_sd_jwt_is_registered(const char *name);
/* The disclosure with this digest, by its number; SB_SD_JWT_DISCLOSURES where none has it. */
size_t sb_sd_jwt_find(const struct sb_sd_jwt *token, const json_t *digest);

/* --- verifying (sd_jwt_verify.c) --- */

struct sb_sd_jwt_question {
	const struct sb_slice *roots; /* certificates (DER) of the issuers trusted, known from elsewhere */
	size_t root_count;
	const char *eku;              /* extended key usage that the signer's certificate must have; NULL: any */
	int64_t at;                   /* now */
	const char *audience, *nonce; /* what the request said: client_id with its prefix, nonce */
	int64_t max_age;              /* seconds since the device signed */
};
/* What the issuer said: the certificate's path to a root, signature, times. SB_E_SIGNATURE, SB_E_RANGE (times), SB_E_FORMAT, with *why.
 * audience, nonce and max_age are not looked at. */
int sb_sd_jwt_verify_issued(const struct sb_sd_jwt *token, const struct sb_sd_jwt_question *question, enum sb_sd_jwt_fault *why);
/* Key binding alone, under this key. */
int sb_sd_jwt_verify_binding(
	const struct sb_sd_jwt *token, const uint8_t point[65], const struct sb_sd_jwt_question *question, enum sb_sd_jwt_fault *why);
/* Both. */
int sb_sd_jwt_verify(const struct sb_sd_jwt *token, const struct sb_sd_jwt_question *question, enum sb_sd_jwt_fault *why);

/* --- presenting (sd_jwt_make.c) --- */

/* A DCQL path (array of names, numbers, null) and the values that are wanted there (array, or NULL: any): adds to chosen, one flag a
 * disclosure, what must be disclosed for it: on the way to it, it, and what is hidden inside of it. SB_E_NOT_FOUND, and nothing is added. */
int sb_sd_jwt_select(const struct sb_sd_jwt *token, const json_t *path, const json_t *values, bool chosen[SB_SD_JWT_DISCLOSURES]);
struct sb_sd_jwt_binding {
	const char *audience, *nonce;
	int64_t iat;
};
/* Appends the token with the chosen disclosures and a key-binding JWT signed by the device. */
int sb_sd_jwt_present(const struct sb_sd_jwt *token, const bool chosen[SB_SD_JWT_DISCLOSURES], const struct sb_sd_jwt_binding *binding,
	const struct sb_signer *device, struct sb_bytes *out);

#endif
