/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_HOLDER_FACE_H
#define SINBUN_HOLDER_FACE_H

#include "common/card_picture.h"
#include "holder/holder.h"

/* A card as it is looked at: which elements, in which order and by which labels is the document type's word. */
struct holder_face {
	const struct sb_document *document;
	json_t *fields;                          /* values by element's name */
	size_t list[2 * SB_SDCWT_CLAIMS_MAX];    /* indices into document->elements: the face, then the details where they are asked for */
	size_t count;
	const struct sb_element *portrait;       /* the image on the face; NULL: it has none */
	struct sb_bytes photo;                   /* as stored; empty: the holder has none */
};

/* Reads it from the token. masked: values that have a mask are shown behind it. */
int holder_face_read(struct holder_card *card, bool details, bool masked, struct holder_face *out, struct sb_failure *f);
void holder_face_free(struct holder_face *face);

/* As lines "label: value" in reading order, for ears and for narrow screens; nothing is drawn. */
void holder_face_say(struct sb_program *p, const struct holder_face *face);

/* As pictures: files for the options given. qr NULL: without a code, which else says until when it is valid. Warns of what could not be drawn. */
struct holder_picture {
	const char *png, *svg; /* files, or NULL */
	const char *qr;
	int64_t until;
	bool large;
};
int holder_face_draw(struct sb_program *p, const struct holder_face *face, const struct holder_picture *how, struct sb_failure *f);

#endif
