/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_HOLDER_PUK_H
#define SINBUN_HOLDER_PUK_H

#include "common/secret_input.h"

/* The unblocking code of a holder's token: made for copying by hand, five groups of four. */
enum { HOLDER_PUK_GROUPS = 5, HOLDER_PUK_GROUP = 4, HOLDER_PUK_SIZE = HOLDER_PUK_GROUPS * (HOLDER_PUK_GROUP + 1) };

/* Writes a new one, ended by 0. */
void holder_puk_make(char puk[HOLDER_PUK_SIZE]);
/* What a person typed, as it was made: small letters, blanks and any dashes do not matter. Anything that is no such code stays as it is
 * (another program may have set it). */
void holder_puk_fold(struct sb_secret *typed);

#endif
