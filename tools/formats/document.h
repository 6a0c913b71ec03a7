/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_DOCUMENT_H
#define SINBUN_DOCUMENT_H

#include "base/bytes.h"
#include "formats/sdcwt.h"

/* A document type is data: conf/documents.d/NAME.conf. See the comments in resident.conf for the syntax. */

enum sb_element_type {
	SB_ELEMENT_TEXT, SB_ELEMENT_DATE, SB_ELEMENT_BOOL, SB_ELEMENT_IMAGE,
	SB_ELEMENT_JSON, /* anything else, kept as JSON text: lists, numbers */
};
enum sb_element_mask { SB_MASK_NONE, SB_MASK_NAME, SB_MASK_RRN, SB_MASK_ADDRESS, SB_MASK_PHONE };

struct sb_element {
	char *name; /* claim name and mdoc element identifier */
	char *label_ko, *label_en;
	enum sb_element_type type;
	enum sb_element_mask mask;
	int64_t claim_key; /* integer key in the SD-CWT; 0: none */
	bool required;
	bool qr_only;      /* stands in live QRs only, not in an mdoc or an SD-JWT VC */
	char *source;      /* field of the registry that it is taken from; NULL: of its own name */
	char *constant;    /* the same for everybody; NULL: not */
};

struct sb_disclosure_set {
	char *name;       /* "adult", "basic", "full" */
	char *label_ko, *label_en;
	char *only_if;    /* name of a bool element that must be true for the set to be issued, or NULL */
	size_t elements[SB_SDCWT_CLAIMS_MAX]; /* indices into elements */
	size_t element_count;
};

struct sb_document {
	char *id, *label_ko, *label_en;
	char *doctype, *name_space, *vct;
	int64_t vct_number;
	unsigned validity_days; /* 1095 = 3 years */
	char *expiry;           /* a date element, required, on whose day the document ends if it does not before; NULL: none */
	struct sb_element *elements;
	size_t element_count;
	struct sb_disclosure_set *sets;
	size_t set_count;
	size_t face[SB_SDCWT_CLAIMS_MAX], face_count;       /* what `show` prints, in order */
	size_t details[SB_SDCWT_CLAIMS_MAX], details_count; /* what `show --details` adds */
};

struct sb_document_error {
	unsigned line;
	char message[80]; /* English: "unknown key" */
	char what[80];    /* the word concerned, or "" */
};

/* SB_E_FORMAT with *why filled. */
int sb_document_parse(struct sb_slice text, struct sb_document **out, struct sb_document_error *why);
void sb_document_free(struct sb_document **document);
const struct sb_element *sb_document_element(const struct sb_document *d, const char *name);
/* Name of the registry's field that an element is taken from; NULL where it is the same for everybody. */
const char *sb_element_source(const struct sb_element *e);
const struct sb_element *sb_document_claim(const struct sb_document *d, int64_t claim_key);
const struct sb_disclosure_set *sb_document_set(const struct sb_document *d, const char *name);

/* Masks a value for display (requirements D2): 홍*험, 900101-1******, address down to the road name, 010-1234-****. Appends text. */
int sb_mask(enum sb_element_mask mask, const char *value, struct sb_bytes *out);

#endif
