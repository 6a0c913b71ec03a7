/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_HOLDER_HISTORY_H
#define SINBUN_HOLDER_HISTORY_H

#include "holder/holder.h"

/* What was presented, when, to whom: names of elements, never values. Kept in the holder's token as private objects, so that it is read,
 * added to and sealed as the card is, and goes where the token goes; the oldest make room. */
#define HOLDER_HISTORY "sinbun-history" /* CKA_APPLICATION; the label begins with the time */
enum { HOLDER_HISTORY_MAX = 1000 /* entries that are kept */, HOLDER_HISTORY_SLACK = 50 /* beyond them, for a while */, HOLDER_HISTORY_TO_MAX = 512 /* bytes */ };

struct holder_presentation {
	const char *form;               /* "live_qr", "mso_mdoc", "dc+sd-jwt", "login" */
	const char *to;                 /* who asked: the request's client_id; NULL: whoever stood there */
	bool verified;                  /* that was proven (a signed request, a trusted root) */
	const char *result;             /* "shown", "sent", "written", "declined" */
	const struct sb_document *document; /* NULL: the card's own */
	const char *const *elements;    /* their names */
	size_t element_count;
};

/* Notes one presentation; logged in. Before it is shown or sent, so that none is missed. That it cannot be noted is a warning: an ID must be
 * shown all the same. */
void holder_history_add(struct sb_program *p, struct holder_card *card, const struct holder_presentation *what);
/* The same for a live QR code with this set; portrait: the photo beside it. */
void holder_history_add_set(struct sb_program *p, struct holder_card *card, const char *set, bool portrait);

#endif
