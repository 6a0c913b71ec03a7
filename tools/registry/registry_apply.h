/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_REGISTRY_APPLY_H
#define SINBUN_REGISTRY_APPLY_H

#include "registry/registry.h"

/* What a registry keeps of applications on their way from "I want a mobile ID" to the offer: their steps, the consents given, members,
 * certificates to sign in with, and whose phone lines are. As in registry.h, what is personal is sealed or hashed before it comes here. */

enum { SB_APPLY_ACTOR = 64, SB_APPLY_OUTCOME = 32, SB_CONSENT_TEXT = 64, SB_FINGERPRINT = 32 };

enum sb_apply_state { SB_APPLY_OPEN = 0, SB_APPLY_OFFERED = 1, SB_APPLY_WITHDRAWN = 2, SB_APPLY_EXPIRED = 3 };
struct sb_registry_apply {
	char id[SB_APPLICATION_ID];
	int64_t created, expires; /* seconds since 1970 */
	bool self;                /* opened by the resident himself, not by a clerk */
	int64_t resident;         /* 0 until it is known who applies */
	enum sb_apply_state state;
	int64_t revision;              /* of what is stored; one more with each store */
	char offer[SB_APPLICATION_ID]; /* the newest of its offers (sb_registry_application), or "" */
};

struct sb_registry_step {
	int step; /* 1 … */
	int64_t time;
	char actor[SB_APPLY_ACTOR], outcome[SB_APPLY_OUTCOME];
};

struct sb_registry_consent {
	int64_t seq;
	char text[SB_CONSENT_TEXT]; /* "terms@1" */
	char language[3];
	uint8_t hash[32]; /* SHA-256 of the text that was shown */
	bool required, given;
	int64_t time;
	char channel[16];
	int64_t withdrawn; /* when; 0: stands */
};

struct sb_registry_member {
	int64_t id, resident, created;
	int wrong; /* wrong passwords in a row */
	int64_t locked_until;
};

/* Wrong answers in a row to a question that is asked of everybody: under a keyed hash of what was asked about. */
struct sb_registry_try {
	int wrong;
	int64_t until; /* the end of a pause; 0: none */
};

typedef int sb_step_fn(void *context, const struct sb_registry_step *s);
typedef int sb_consent_fn(void *context, const struct sb_registry_consent *c);
typedef int sb_resident_id_fn(void *context, int64_t resident);

struct sb_registry_apply_ops {
	int (*add)(struct sb_registry *r, const struct sb_registry_apply *a, struct sb_slice box);
	int (*get)(struct sb_registry *r, const char *id, struct sb_registry_apply *out, struct sb_bytes *box); /* SB_E_NOT_FOUND */
	/* Over the revision a->revision, which counts on; SB_E_BUSY when that is not the one stored any more, SB_E_EXISTS when another open
	 * application has this resident. */
	int (*store)(struct sb_registry *r, struct sb_registry_apply *a, struct sb_slice box);
	/* The open application of a resident, after those that have run out are closed. SB_E_NOT_FOUND. */
	int (*open_of)(struct sb_registry *r, int64_t resident, int64_t now, char id[SB_APPLICATION_ID]);
	/* An offer that nobody has taken up yet is not good any more. */
	int (*offer_end)(struct sb_registry *r, const char *offer);

	int (*step_put)(struct sb_registry *r, const char *application, const struct sb_registry_step *s); /* replaces */
	int (*step_each)(struct sb_registry *r, const char *application, sb_step_fn *fn, void *context); /* in the order of the steps */

	int (*consent_add)(struct sb_registry *r, const char *application, const struct sb_registry_consent *c);
	int (*consent_each)(struct sb_registry *r, const char *application, sb_consent_fn *fn, void *context); /* as they were given */
	int (*consent_withdraw)(struct sb_registry *r, int64_t seq, int64_t time);

	int (*member_add)(struct sb_registry *r, const uint8_t name_hash[SB_REGISTRY_HASH], int64_t resident, struct sb_slice box,
		int64_t now); /* SB_E_EXISTS: the name, or the resident, has one */
	int (*member_get)(struct sb_registry *r, const uint8_t name_hash[SB_REGISTRY_HASH], struct sb_registry_member *out,
		struct sb_bytes *box);
	int (*member_of)(struct sb_registry *r, int64_t resident, int64_t *id); /* SB_E_NOT_FOUND */
	int (*member_tries)(struct sb_registry *r, int64_t id, int wrong, int64_t locked_until);
	int (*member_set)(struct sb_registry *r, int64_t id, struct sb_slice box);
	int (*member_remove)(struct sb_registry *r, int64_t id);

	int (*certificate_add)(struct sb_registry *r, const uint8_t fingerprint[SB_FINGERPRINT], int64_t resident, int64_t now); /* SB_E_EXISTS */
	int (*certificate_get)(struct sb_registry *r, const uint8_t fingerprint[SB_FINGERPRINT], int64_t *resident);
	int (*certificate_remove)(struct sb_registry *r, const uint8_t fingerprint[SB_FINGERPRINT]);

	/* Marks an answer of somebody outside as used: SB_E_EXISTS when it was before. */
	int (*token_use)(struct sb_registry *r, const uint8_t hash[32], int64_t now);

	int (*try_get)(struct sb_registry *r, const uint8_t key[SB_REGISTRY_HASH], struct sb_registry_try *out); /* SB_E_NOT_FOUND */
	int (*try_put)(struct sb_registry *r, const uint8_t key[SB_REGISTRY_HASH], const struct sb_registry_try *t, int64_t now); /* wrong 0: takes it away */
	int (*try_forget)(struct sb_registry *r, int64_t before); /* those that were put before then */

	/* The line that belongs to the record of the resident with this hash; NULL: none. */
	int (*line_put)(struct sb_registry *r, const uint8_t resident[SB_REGISTRY_HASH], const uint8_t *phone_hash);
	int (*line_each)(struct sb_registry *r, const uint8_t phone_hash[SB_REGISTRY_HASH], sb_resident_id_fn *fn, void *context);
	int (*resident_each)(struct sb_registry *r, sb_resident_id_fn *fn, void *context);
};

/* --- registry.c: what is the same for every database --- */
/* Sealed for this use and this name only (such as "apply" and an application's id): what is put elsewhere does not open. Appends. */
int sb_registry_seal(struct sb_registry *r, const char *use, const char *name, struct sb_slice plain, struct sb_bytes *box);
int sb_registry_unseal(struct sb_registry *r, const char *use, const char *name, struct sb_slice box, struct sb_bytes *plain); /* SB_E_CORRUPT */
/* A keyed hash by which something personal is found or compared again. */
int sb_registry_hash(struct sb_registry *r, const char *use, const char *text, uint8_t out[SB_REGISTRY_HASH]);
/* fn for every resident whose record has this phone line ("010-0000-0000"). Inside a transaction: registries from before lines were found by
 * number get their index first. */
int sb_registry_line_each(struct sb_registry *r, const char *phone, sb_resident_id_fn *fn, void *context);
/* Set where every resident's line is in the index. */
#define SB_SETTING_LINES "phone-lines"

#endif
