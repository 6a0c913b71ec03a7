/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_HOLDER_REFRESH_H
#define SINBUN_HOLDER_REFRESH_H

#include "holder/enrol.h"

/* refresh_journal.c. A token has no transactions over several objects, so a response goes into one object first, in one commit: from then on the card
 * is the new one, for whoever opens it moves what is in that object to where it belongs before reading anything. Cut off before, the card is the old
 * one; behind it, the new one. One process at a time. */
int holder_journal_lock(struct sb_program *p, int *fd, struct sb_failure *f);
int holder_journal_write(struct sb_p11 *p11, const json_t *inside, const struct holder_response *response, struct sb_failure *f);
/* The lock is held. result: what the card is. */
int holder_journal_move(struct sb_p11 *p11, json_t *result, struct sb_failure *f);

#endif
