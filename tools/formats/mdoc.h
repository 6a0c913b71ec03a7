/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_MDOC_H
#define SINBUN_MDOC_H

#include <jansson.h>

#include "base/bytes.h"
#include "formats/signer.h"

/* Mobile documents of ISO/IEC 18013-5:2021: what an issuer signs (IssuerSigned, with its mobile security object), what a device presents
 * (DeviceResponse) and what a reader believes of it. Everything that is read is a slice of what came in: hashes are over received bytes. */

enum { SB_MDOC_ELEMENTS = 64, SB_MDOC_DOCUMENTS = 8, SB_MDOC_SIZE_MAX = 4 << 20 /* bytes that are looked at */ };

/* Why a document is refused: name, an English clause (gettext), and what kind of fault that is. */
#define SB_MDOC_FAULTS(X)                                                                                                                      \
	X(NONE, "nothing is wrong with it", NONE)                                                                                              \
	X(CBOR, "it is not well-formed CBOR, or too large or too deep", MALFORMED)                                                             \
	X(STRUCTURE, "a member is missing, of a wrong type, or has no place there", MALFORMED)                                                 \
	X(VERSION, "it is of another version", MALFORMED)                                                                                      \
	X(STATUS, "the device reports an error instead of documents", MALFORMED)                                                               \
	X(COSE, "a signature is not in the form that ISO/IEC 18013-5 asks for", MALFORMED)                                                     \
	X(CHAIN, "the issuer's certificate is missing, or others come along with it", MALFORMED)                                               \
	X(ELEMENT, "an element stands there twice, or its number is out of range", MALFORMED)                                                  \
	X(SALT, "an element's random value is shorter than 16 bytes", MALFORMED)                                                               \
	X(DIGEST_ALGORITHM, "it uses another digest algorithm than SHA-256, SHA-384 or SHA-512", MALFORMED)                                    \
	X(DATE, "a date in it is none", MALFORMED)                                                                                             \
	X(DEVICE_KEY, "the device's key is no point of P-256", MALFORMED)                                                                      \
	X(DOCTYPE, "the document is not of the type that its issuer signed", ALTERED)                                                          \
	X(ISSUER, "its signer's certificate is not from an issuer that is trusted", UNKNOWN_ISSUER)                                            \
	X(SIGNER_PROFILE, "its signer's certificate is not one for signing documents", UNKNOWN_ISSUER)                                         \
	X(SIGNER_TIME, "its signer's certificate is not valid now, or was not when the document was signed", UNKNOWN_ISSUER)                   \
	X(ISSUER_SIGNATURE, "its issuer's signature does not hold", ALTERED)                                                                   \
	X(DIGEST, "an element is not the one that the issuer signed", ALTERED)                                                                 \
	X(NOT_YET_VALID, "the document is not valid yet", NOT_YET_VALID)                                                                       \
	X(EXPIRED, "the document has expired", EXPIRED)                                                                                        \
	X(DEVICE_SIGNATURE, "it was not signed by the device it was issued to, or for another request", HOLDER)                                \
	X(DEVICE_MAC, "its device's MAC does not hold, or cannot be checked here", HOLDER)                                                     \
	X(UNAUTHORIZED, "the device states an element that it has no right to state", HOLDER)                                                  \
	X(READER, "the reader's certificate is not from one that is trusted", UNKNOWN_ISSUER)                                                  \
	X(READER_SIGNATURE, "the reader's signature does not hold", ALTERED)

enum sb_mdoc_fault {
#define SB_MDOC_FAULT_VALUE(name, text, kind) SB_MDOC_FAULT_##name,
	SB_MDOC_FAULTS(SB_MDOC_FAULT_VALUE)
#undef SB_MDOC_FAULT_VALUE
	SB_MDOC_FAULT_COUNT
};
enum sb_mdoc_kind {
	SB_MDOC_KIND_NONE, SB_MDOC_KIND_MALFORMED, SB_MDOC_KIND_UNKNOWN_ISSUER, SB_MDOC_KIND_ALTERED, SB_MDOC_KIND_NOT_YET_VALID,
	SB_MDOC_KIND_EXPIRED, SB_MDOC_KIND_HOLDER,
};
const char *sb_mdoc_fault_name(enum sb_mdoc_fault fault); /* "DIGEST" */
const char *sb_mdoc_fault_text(enum sb_mdoc_fault fault); /* English, for gettext */
enum sb_mdoc_kind sb_mdoc_fault_kind(enum sb_mdoc_fault fault);

/* --- issuing (mdoc_issue.c) --- */

struct sb_mdoc_value {
	const char *name_space, *name;
	struct sb_slice value; /* one encoded CBOR item: sb_cbor_put_*, sb_mdoc_put_date, sb_mdoc_put_json */
};
struct sb_mdoc_content {
	const char *doctype;
	const struct sb_mdoc_value *values; /* elements of one name space stand together */
	size_t value_count;                 /* 1 to SB_MDOC_ELEMENTS */
	uint8_t device_point[65];
	int64_t signed_at, valid_from, valid_until; /* seconds since 1970 */
	bool has_status;
	uint64_t status_index;
	const char *status_uri;
	struct sb_slice certificate; /* the document signer's, DER: the whole of x5chain */
};
/* Appends IssuerSigned (OpenID4VCI delivers it as base64url). SHA-256 digests, 32 random bytes an element, elements and digests in random
 * order, so that neither order nor number tells of an element that is not shown. */
int sb_mdoc_issue(const struct sb_mdoc_content *content, const struct sb_signer *signer, struct sb_bytes *out);
/* A full-date (tag 1004). SB_E_FORMAT unless YYYY-MM-DD of the calendar. */
int sb_mdoc_put_date(struct sb_bytes *out, const char *date);
/* JSON as CBOR; texts that are calendar dates YYYY-MM-DD become full-dates. No reals: SB_E_UNSUPPORTED. */
int sb_mdoc_put_json(struct sb_bytes *out, const json_t *json);

/* --- reading (mdoc_read.c) --- */

struct sb_mdoc_element {
	struct sb_slice name_space, name; /* UTF-8 */
	struct sb_slice value;            /* one encoded CBOR item */
	struct sb_slice item;             /* IssuerSignedItemBytes as received; empty for what the device states itself */
	uint64_t digest_id;
	bool by_device; /* stated by the device (DeviceSigned), not by the issuer */
};

/* One document: IssuerSigned, and DeviceSigned where it came in a DeviceResponse. Nothing of it is true before it is verified. */
struct sb_mdoc {
	struct sb_slice doctype; /* of the mobile security object; of the Document too, which must be the same */
	struct sb_mdoc_element elements[SB_MDOC_ELEMENTS];
	size_t element_count;
	struct sb_slice certificate; /* of the document signer, DER: the whole of x5chain */
	uint8_t device_point[65]; /* P-256, uncompressed */
	int64_t signed_at, valid_from, valid_until;
	bool has_status;
	uint64_t status_index;
	struct sb_slice status_uri;
	/* For sb_mdoc_verify and sb_mdoc_present. */
	const char *digest_name;
	size_t digest_size;
	struct sb_slice issuer_auth, value_digests, authorizations;
	struct sb_slice document_type, device_name_spaces, device_auth; /* empty without DeviceSigned */
	bool by_mac;
};

/* IssuerSigned by itself, as it is issued. Slices point into in, which must outlive *out. SB_E_FORMAT with *why (never NULL). */
int sb_mdoc_parse_issued(struct sb_slice in, struct sb_mdoc *out, enum sb_mdoc_fault *why);
/* DeviceResponse, at least one document, at most SB_MDOC_DOCUMENTS. documents: room for as many; free nothing. */
int sb_mdoc_parse_response(struct sb_slice in, struct sb_mdoc *documents, size_t *count, enum sb_mdoc_fault *why);
/* One element by its two names; NULL. */
const struct sb_mdoc_element *sb_mdoc_find(const struct sb_mdoc *mdoc, struct sb_slice name_space, struct sb_slice name);
/* A value as JSON: texts and dates as strings, byte strings as base64url, booleans, integers, arrays, maps with text keys. NULL otherwise. */
json_t *sb_mdoc_value_json(struct sb_slice value);

/* --- verifying (mdoc_verify.c) --- */

struct sb_mdoc_question {
	const struct sb_slice *roots; /* certificates (DER) of the issuers trusted, known from elsewhere */
	size_t root_count;
	int64_t at;                 /* now */
	struct sb_slice transcript; /* SessionTranscript (an encoded array) of this presentation */
	struct sb_slice mac_secret; /* what ECDH of the reader's key with device_point gives, 32 bytes; empty: MACs are refused */
};
/* What the issuer said: signer's certificate (path to a root, EKU 1.0.18013.5.1.2, country, validity), signature, digests, validity, signed
 * while the signer's certificate was valid. SB_E_SIGNATURE, SB_E_RANGE (times), SB_E_FORMAT, with *why. transcript is not looked at. */
int sb_mdoc_verify_issued(const struct sb_mdoc *mdoc, const struct sb_mdoc_question *question, enum sb_mdoc_fault *why);
/* All of that, then that the device it was issued to presents it for this transcript. */
int sb_mdoc_verify(const struct sb_mdoc *mdoc, const struct sb_mdoc_question *question, enum sb_mdoc_fault *why);

/* --- presenting (mdoc_present.c) --- */

struct sb_mdoc_name {
	struct sb_slice name_space, name;
};
struct sb_mdoc_presentation {
	struct sb_slice issued; /* IssuerSigned as received */
	const struct sb_mdoc_name *disclose;
	size_t disclose_count; /* 0: none of the elements */
	struct sb_slice transcript;
};
/* Appends a DeviceResponse with one document: exactly these elements, which must all be there (SB_E_NOT_FOUND). issuerAuth and the elements
 * are passed on as received. device signs with the device key; its failure is passed on. */
int sb_mdoc_present(const struct sb_mdoc_presentation *presentation, const struct sb_signer *device, struct sb_bytes *out);
/* The same with a device MAC: secret (32 bytes) is what ECDH of the device key with the reader's ephemeral key gave. */
int sb_mdoc_present_mac(const struct sb_mdoc_presentation *presentation, struct sb_slice secret, struct sb_bytes *out);

/* SessionTranscript of OpenID4VP 1.0: [null, null, ["OpenID4VPHandover", SHA-256 of [client_id, nonce, thumbprint, response_uri]]].
 * client_id with its prefix. thumbprint: the 32 bytes (RFC 7638, SHA-256) of the key the response is encrypted to; empty where it is not. Appends. */
int sb_mdoc_transcript_openid4vp(
	struct sb_slice client_id, struct sb_slice nonce, struct sb_slice thumbprint, struct sb_slice response_uri, struct sb_bytes *out);
/* The same through the Digital Credentials API: ["OpenID4VPDCAPIHandover", SHA-256 of [origin, nonce, thumbprint]]. */
int sb_mdoc_transcript_dcapi(struct sb_slice origin, struct sb_slice nonce, struct sb_slice thumbprint, struct sb_bytes *out);

#endif
