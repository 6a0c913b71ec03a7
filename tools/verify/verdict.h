/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_VERIFY_VERDICT_H
#define SINBUN_VERIFY_VERDICT_H

#include "formats/bundle.h"
#include "formats/document.h"
#include "formats/sdcwt.h"
#include "verify/reason.h"

/* The decision on one live QR. It touches no file and no clock: what it must know is in the question. */

enum { VERIFY_LIFE = 30, VERIFY_AHEAD = 5 };

/* What the desk remembers. Both answer SB_OK, or an SB_E_* when the memory cannot be asked; the verdict is then that error. */
struct verify_memory {
	void *context;
	int (*seen)(void *context, const uint8_t id[32], bool *yes);
	/* An open challenge of this desk: issued, not used, not expired at the time given. */
	int (*open_challenge)(void *context, struct sb_slice challenge, int64_t at, bool *yes);
};

struct verify_question {
	struct sb_slice text;              /* SB1:… */
	int64_t at;                        /* seconds since 1970 */
	struct sb_slice challenge;         /* what the desk asked for; data NULL when it asked for none */
	const struct sb_bundle *bundle;    /* verified; NULL when there is none in force */
	int64_t list_age_max;              /* a list older than so many seconds counts as out of date; 0: as long as the issuer says */
	struct sb_document *const *documents; /* the types this desk reads, ended by NULL */
	struct verify_memory memory;
};

struct verify_verdict {
	enum verify_reason reason;
	bool genuine;                       /* both signatures verified: what is below may be told */
	const struct sb_document *document; /* NULL until the issuer's signature has verified */
	struct sb_bytes token;              /* the decoded KBT; the slices of kbt and sdcwt point into it */
	struct sb_kbt kbt;
	struct sb_sdcwt sdcwt;
	bool status_known;
	unsigned status;      /* enum sb_status, when known */
	int64_t status_age_s; /* -1: no list */
	bool photo_checked;   /* the photo shown beside the code is the one that its issuer signed for */
};

/* In two halves: what the code is by itself (may run in any thread, and asks no memory), then what this desk remembers of it, for a verdict
 * that is no refusal yet. SB_OK with a verdict (which may be a refusal), or SB_E_* when no verdict can be given (memory, storage). */
int verify_judge(const struct verify_question *question, struct verify_verdict *out);
int verify_recall(const struct verify_question *question, struct verify_verdict *verdict);
/* Is the card in force, by the list that sdcwt.status_uri and status_index name? Fills in status and its age. With a bundle. */
enum verify_reason verify_status(const struct verify_question *question, struct verify_verdict *verdict);
/* SHA-256 of the card's photo, where the code carries it; data NULL where it does not. Of a verdict with a document. */
struct sb_slice verify_photo_digest(const struct verify_verdict *verdict);
void verify_verdict_free(struct verify_verdict *verdict);

#endif
