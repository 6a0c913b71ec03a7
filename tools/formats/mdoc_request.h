/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_MDOC_REQUEST_H
#define SINBUN_MDOC_REQUEST_H

#include "formats/mdoc.h"

/* What a reader asks for (ISO/IEC 18013-5 8.3.2.1.2.1, DeviceRequest), with reader authentication (9.1.4). */

struct sb_mdoc_wish {
	struct sb_slice name_space, name;
	bool retain; /* the reader says that it will keep the element */
};
/* One document asked for. Slices point into what was parsed. */
struct sb_mdoc_item_request {
	struct sb_slice doctype;
	struct sb_mdoc_wish wishes[SB_MDOC_ELEMENTS];
	size_t wish_count;
	struct sb_slice certificate; /* the reader's, DER; empty where it does not authenticate itself */
	/* For sb_mdoc_verify_reader. */
	struct sb_slice items, reader_auth;
};

/* Appends a DeviceRequest for one document. reader may be NULL: without authentication; else certificate (DER) is its, and transcript the
 * SessionTranscript it is bound to. wishes of one name space stand together; certificate, items and reader_auth of what is given are not read. */
int sb_mdoc_request_make(const struct sb_mdoc_item_request *request, struct sb_slice certificate, struct sb_slice transcript,
	const struct sb_signer *reader, struct sb_bytes *out);
/* requests: room for SB_MDOC_DOCUMENTS. SB_E_FORMAT with *why. */
int sb_mdoc_request_parse(struct sb_slice in, struct sb_mdoc_item_request *requests, size_t *count, enum sb_mdoc_fault *why);
/* Who asks: the reader's certificate from one of question->roots (EKU 1.0.18013.5.1.6), and its signature for question->transcript.
 * SB_E_SIGNATURE with *why; SB_E_NOT_FOUND where the request is not signed. */
int sb_mdoc_verify_reader(const struct sb_mdoc_item_request *request, const struct sb_mdoc_question *question, enum sb_mdoc_fault *why);

#endif
