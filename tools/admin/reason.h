/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_ADMIN_REASON_H
#define SINBUN_ADMIN_REASON_H

#include <stdbool.h>

#include "common/failure.h"

/* Why a card was suspended, taken back into use, revoked or replaced: words of a table, so that they can be counted and say nothing of a person. */

enum admin_reason_use { ADMIN_SUSPENDS = 1, ADMIN_RESUMES = 2, ADMIN_REVOKES = 4, ADMIN_REPLACES = 8 };
#define REASON_PLASTIC_LOST "plastic-lost"
#define REASON_CANCELLED "registration-cancelled"
#define REASON_RESTORED "plastic-restored"
#define REASON_WITHDRAWN "withdrawn"
#define REASON_REPLACED "replaced"

struct admin_reason {
	const char *word;
	unsigned uses;       /* enum admin_reason_use: where it may be given */
	const char *ko, *en; /* for people, a few words */
};

/* In this language ("ko", "en"). */
const char *admin_reason_text(const struct admin_reason *reason, const char *language);
/* NULL: no such word. */
const struct admin_reason *admin_reason_find(const char *word);
/* The text of --reason, or NULL: "usage", with the words that there are, for another. */
int admin_reason_check(const char *given, enum admin_reason_use use, struct sb_failure *f);
/* Whether a card that was suspended for `before` can come back for the reason of --reason, or NULL: not because the plastic card is valid again where
 * it was reported itself: "wrong_state". */
int admin_reason_check_end(const char *given, const char *before, struct sb_failure *f);
/* A card that was suspended for this was so because of the plastic one, and not by its holder's report. */
bool admin_reason_is_plastic(const char *word);

#endif
