/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_STATUS_LIST_H
#define SINBUN_STATUS_LIST_H

#include "base/bytes.h"
#include "formats/cbor.h"
#include "formats/signer.h"

/* Token Status List (draft-ietf-oauth-status-list), 2 bits an entry. */
enum sb_status { SB_STATUS_VALID = 0, SB_STATUS_INVALID = 1, SB_STATUS_SUSPENDED = 2 };
enum { SB_STATUS_ENTRIES_MAX = 16 * 1024 * 1024 };

struct sb_status_list {
	unsigned bits;         /* 1, 2, 4, 8 */
	uint8_t *entries;      /* packed, least significant bits first; owned */
	size_t size;           /* bytes */
	int64_t iat, exp, ttl; /* exp and ttl 0: absent */
	char *uri;             /* sub; owned */
};

/* All entries valid; capacity entries. */
int sb_status_list_new(const char *uri, unsigned bits, size_t capacity, struct sb_status_list **out);
int sb_status_list_set(struct sb_status_list *list, uint64_t index, unsigned status);
/* SB_E_RANGE when the index lies outside. */
int sb_status_list_get(const struct sb_status_list *list, uint64_t index, unsigned *status);
void sb_status_list_free(struct sb_status_list **list);

/* CWT form: COSE_Sign1 tag 18, typ application/statuslist+cwt, kid in the protected header. */
int sb_status_cwt_issue(const struct sb_status_list *list, const uint8_t kid[8], const struct sb_signer *signer, struct sb_bytes *out);
/* JWT form, compact, typ statuslist+jwt; kid as base64url text, x5c with the signer's certificate. */
int sb_status_jwt_issue(const struct sb_status_list *list, struct sb_slice certificate, const struct sb_signer *signer, struct sb_bytes *out);
/* Parses the CWT (bounded inflate); kid is filled in. No signature is checked. */
int sb_status_cwt_parse(struct sb_slice token, struct sb_status_list **out, uint8_t kid[8]);
int sb_status_cwt_verify(struct sb_slice token, struct sb_slice signer_point);
/* The same for the JWT. kid: that of the header where it is 8 bytes in base64url, else by the certificate in x5c as everywhere here (the first eight
 * bytes of its SHA-256); a token that has both must mean the same signer. Where it has neither, has_kid comes out false. */
int sb_status_jwt_parse(struct sb_slice token, struct sb_status_list **out, uint8_t kid[8], bool *has_kid);
int sb_status_jwt_verify(struct sb_slice token, struct sb_slice signer_point);

/* What a credential says of its place: {"status_list": {"idx": uint, "uri": tstr}}. Any other mechanism is SB_E_FORMAT. */
int sb_status_reference_put(struct sb_bytes *out, uint64_t index, struct sb_slice uri);
int sb_status_reference_read(const struct sb_cbor_item *status, uint64_t *index, struct sb_slice *uri);

#endif
