/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_MDOC_PRIVATE_H
#define SINBUN_MDOC_PRIVATE_H

#include "formats/cbor.h"
#include "formats/mdoc.h"

/* What the files of mobile documents share. */

#define MDOC_VERSION "1.0"
#define MDOC_READER_EKU "1.0.18013.5.1.6"
enum { MDOC_SALT_MIN = 16, MDOC_SALT = 32, MDOC_DIGEST_ID_END = 0x7fffffff, MDOC_SECRET = 32 };

/* Notes the fault and returns the SB_E_* of its kind. */
int mdoc_fault(enum sb_mdoc_fault *why, enum sb_mdoc_fault fault);

/* The members of a map with text keys, by name (names ends with NULL); one that is absent has whole.data NULL. A key that is no text, or that
 * is not named where the map is closed, is SB_E_FORMAT. */
int mdoc_members(const struct sb_cbor_item *map, const char *const *names, bool closed, struct sb_cbor_item *values);
static inline bool mdoc_has(const struct sb_cbor_item *item)
{
	return item->whole.data != NULL;
}

/* YYYY-MM-DD, a day of the calendar. */
bool mdoc_is_date(const char *text, size_t len);
/* tdate: tag 0 around YYYY-MM-DDThh:mm:ssZ. */
int mdoc_read_time(const struct sb_cbor_item *item, int64_t *seconds);
int mdoc_put_time(struct sb_bytes *out, int64_t seconds);

/* x5chain in the unprotected map: one certificate, alone. */
int mdoc_read_chain(const struct sb_cbor_item *unprotected_map, struct sb_slice *certificate);
/* What is taken from a certificate that is believed. */
struct mdoc_leaf {
	uint8_t point[65];
	int64_t from, to; /* its validity */
};
/* Path of one step to one of the roots at question->at, with what this kind of certificate must have. */
struct mdoc_path {
	const char *eku;
	bool country; /* names its country, the root's (Annex B, document signers) */
	enum sb_mdoc_fault issuer, profile, time; /* not from a root; not of this kind; not valid then */
};
int mdoc_check_path(struct sb_slice certificate, const struct mdoc_path *path, const struct sb_mdoc_question *question, struct mdoc_leaf *out,
	enum sb_mdoc_fault *why);

/* Appends #6.24(bstr .cbor ["DeviceAuthentication", transcript, doctype, name_spaces]); name_spaces is tagged itself. */
int mdoc_device_authentication(struct sb_slice transcript, struct sb_slice doctype, struct sb_slice name_spaces, struct sb_bytes *out);
/* Appends #6.24(bstr .cbor ["ReaderAuthentication", transcript, items]); items is tagged itself. */
int mdoc_reader_authentication(struct sb_slice transcript, struct sb_slice items, struct sb_bytes *out);
/* EMacKey of the shared secret. */
int mdoc_mac_key(struct sb_slice secret, struct sb_slice transcript, uint8_t key[32]);
/* The transcript is one array of three. */
bool mdoc_is_transcript(struct sb_slice transcript);

#endif
