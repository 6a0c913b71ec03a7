/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_ADMIN_APPLY_CIBA_H
#define SINBUN_ADMIN_APPLY_CIBA_H

#include "admin/apply.h"
#include "identity/claims.h"
#include "identity/provider.h"

/* A question to a provider (identity/ciba.h) within a step: what is asked is stored before it is sent, and the request's id when the provider has taken
 * it, so that whoever was killed goes on asking. part: of the application's data, {kind, provider, name, birth_date, phone, carrier, binding, request}. */

/* Is this input another question than the one under way: another person, phone or provider? */
bool ciba_is_new(const struct applying *a, const char *part);
/* outside: asks the provider once whether the person has approved, where a request is under way that the input does not replace. */
int ciba_poll(struct applying *a, const char *part, struct sb_failure *f);
/* decide: stores a question, unless this phone was asked too often without an approval: "too_many_requests". provider: its id, or NULL for that of the question before. only: a kind of provider (enum sb_provider_kind), or -1. */
int ciba_begin(struct applying *a, const char *part, const char *kind, const struct sb_person *person, int only, struct sb_failure *f);
/* decide: what came of it. SB_EXIT_OK with a->waiting (not yet) or, without, approved by the one who was entered. Otherwise the request is over, and
 * that is kept. */
int ciba_decide(struct applying *a, const char *part, struct sb_failure *f);
/* after: sends what was stored. */
int ciba_send(struct applying *a, const char *part, struct sb_failure *f);

#endif
