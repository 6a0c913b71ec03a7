/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_ADMIN_CLAIM_H
#define SINBUN_ADMIN_CLAIM_H

#include <jansson.h>

#include "common/failure.h"
#include "formats/enrolment.h"
#include "registry/registry.h"
#include "registry/rrn.h"

/* What somebody says of himself when he applies, held against the registry: the same at the counter's `enrol`, in `apply` and for members. Nothing
 * here knows of command lines. Failures name the field. */

struct claim {
	const json_t *input; /* borrowed: name, rrn, issue_date */
	char rrn[SB_RRN_TEXT], birth_date[9], issue_date[9]; /* dates: YYYYMMDD */
	struct sb_registry_resident resident; /* once found; sb_registry_resident_free */
	struct notices *notices; /* borrowed, or NULL */
	bool charged; /* a wrong issue date was counted: commit, although it failed */
};

/* A text of the input: there and not blank, else "missing". */
int admin_claim_given(const json_t *input, const char *name, struct sb_failure *f);
/* rrn in its form. */
int admin_claim_number(struct claim *c, struct sb_failure *f);
/* name and rrn in their forms: "missing", "bad_rrn" (rule form, foreigner, date, future). */
int admin_claim_person(struct claim *c, struct sb_failure *f);
/* The same and issue_date ("bad_date"), and the age: "too_young". */
int admin_claim_card(struct claim *c, struct sb_failure *f);
/* The resident of this number: "mismatch" (rrn). */
int admin_claim_find_number(struct sb_registry *r, struct claim *c, struct sb_failure *f);
/* The resident of this number, and that the name is theirs: "mismatch" (rrn, name). */
int admin_claim_find(struct sb_registry *r, struct claim *c, struct sb_failure *f);
/* All of it: "locked", "mismatch" (issue_date with tries left, charged), "card_lost", "card_cancelled". Inside a transaction. actor and verb are for
 * the audit. */
int admin_claim_check(struct sb_registry *r, struct claim *c, const char *actor, const char *verb, struct sb_failure *f);
/* One device per resident: "on_another_device", unless it is to be replaced. */
int admin_claim_device(struct sb_registry *r, int64_t resident, bool replace, struct sb_failure *f);
/* Two names of one person, whatever the blanks and the form. */
bool admin_claim_same_name(const char *given, const char *stored);

/* An application's id: "A" and 24 hexadecimal digits. SB_E_*. */
int admin_application_id(char out[SB_APPLICATION_ID]);
/* An offer of ten minutes under this application id. SB_E_*. */
int admin_offer_make(const char *url, const char *application, const char birth_date[9], struct sb_offer *offer);
/* Puts it into the registry, where `issue` finds it, before it is in anybody's hands. reason: of the replacement, or NULL. SB_E_*. */
int admin_offer_add(struct sb_registry *r, const struct sb_offer *offer, int64_t resident, bool replace, const char *reason);
/* --reason of a reissue, or NULL: only with --replace, and of the table. */
int admin_claim_reason(bool replace, const char *reason, struct sb_failure *f);

#endif
