/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_ADMIN_APPLY_PHONE_H
#define SINBUN_ADMIN_APPLY_PHONE_H

#include "admin/apply.h"
#include "identity/phone.h"

/* Ways to prove a phone in one's own name, and what they share. Functions are those of a step (apply.h); NULL where a way needs none. */
struct phone_kind {
	const char *name;
	apply_fn *outside, *decide, *after;
};
extern const struct phone_kind phone_sms, phone_pass;

/* The part of an application's data that has what is under way. */
#define PHONE_REQUEST "phone_request"

/* input's phone and carrier: "missing", "bad_phone", "bad_carrier". */
int phone_read(const json_t *input, char phone[SB_PHONE_TEXT], const char **carrier, struct sb_failure *f);
/* Whether the line is one's own: "not_owner", "carrier_mismatch", "unknown_line". vouched: somebody else answers for that, if the registry does not
 * know the line. Inside the transaction. */
int phone_check_line(struct applying *a, const char *phone, const char *carrier, bool vouched, struct sb_failure *f);
/* The step is done. how: "sms", "pass", "attested". */
int phone_done(struct applying *a, const char *phone, const char *carrier, const char *how);

#endif
