/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_CIBA_H
#define SINBUN_CIBA_H

#include "identity/claims.h"
#include "identity/oidc.h"

/* OpenID Connect Client-Initiated Backchannel Authentication Core 1.0, poll mode: the person approves on the phone, and the provider is asked
 * until it says so. */
enum { SB_AUTH_REQ_ID = 1024, SB_NONCE = 24 };

/* A request on its way: plain data, good in a later process too (sb_ciba_store, sb_ciba_restore). */
struct sb_ciba_request {
	char auth_req_id[SB_AUTH_REQ_ID]; /* a secret: who has it can ask for the token */
	char nonce[SB_NONCE];             /* sent along: a provider that puts one into its id_token puts this one there */
	int64_t started, expires;         /* seconds since 1970 */
	int64_t next_poll;                /* no earlier than this */
	unsigned interval;                /* seconds between polls, 1..60; grows by 5 with each slow_down */
};

enum sb_ciba_state {
	SB_CIBA_PENDING,   /* ask again at next_poll */
	SB_CIBA_SLOW_DOWN, /* the same, and the interval has grown */
	SB_CIBA_DONE,      /* claims are there */
	SB_CIBA_DENIED,    /* the person said no */
	SB_CIBA_EXPIRED,   /* nobody answered in time: begin anew */
};
/* "pending", "slow_down", "done", "denied", "expired". */
const char *sb_ciba_state_name(enum sb_ciba_state state);

/* Asks the provider to ask the person. message: what is shown on phone and counter alike (binding_message), at most 20 letters, digits or
 * syllables and " -_.,:"; or NULL. Beside the failures of oidc.h: SB_EXIT_DATA "bad_phone", "bad_birth_date", "missing" (field name | birth_date
 * | phone), SB_EXIT_DATA "unknown_person" (the provider knows nobody of that name, date and phone; field provider's id). */
int sb_ciba_start(struct sb_oidc *oidc, const struct sb_person *person, const char *message, int64_t now, struct sb_ciba_request *out,
	struct sb_failure *f);

/* Asks once, but not before next_poll (then SB_CIBA_PENDING, and nobody is asked) and not after expires. SB_EXIT_OK with *state, and with *claims
 * (sb_claims_free) when it is SB_CIBA_DONE; they are verified, not yet compared (sb_claims_check). SB_EXIT_NETWORK "network" is no end: the
 * request stands, ask again. After any other failure it is over. */
int sb_ciba_poll(struct sb_oidc *oidc, struct sb_ciba_request *request, int64_t now, enum sb_ciba_state *state, struct sb_claims *claims,
	struct sb_failure *f);
/* DENIED and EXPIRED as a failure for people: SB_EXIT_REFUSED "denied" and "expired", SB_EXIT_NOT_NOW "pending". */
int sb_ciba_fail(const struct sb_oidc *oidc, enum sb_ciba_state state, struct sb_failure *f);

/* A new object {auth_req_id, nonce, started, expires, next_poll, interval}, to be kept where secrets are; and back: SB_E_FORMAT. */
json_t *sb_ciba_store(const struct sb_ciba_request *request);
int sb_ciba_restore(const json_t *stored, struct sb_ciba_request *out);

#endif
