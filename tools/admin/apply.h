/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_ADMIN_APPLY_H
#define SINBUN_ADMIN_APPLY_H

#include <jansson.h>

#include "admin/claim.h"
#include "common/terms.h"
#include "formats/signer.h"
#include "identity/provider.h"
#include "registry/registry_apply.h"

/* The issuer's service for applications, as a stored state machine: a step is a function of registry, application and input, and leaves a new state,
 * a message or a failure. It reads no command lines; the verbs of apply_verbs.c are a thin skin over it.
 *
 * Each step is one transaction (two where somebody outside is asked), so an application goes on from its last finished step whatever happened.
 * A step that is done is not done again; one that is too early says which comes first; a failure costs no finished step. */

enum apply_step { APPLY_START = 1, APPLY_LOGIN, APPLY_CONSENT, APPLY_PHONE, APPLY_CARD, APPLY_BIOMETRICS, APPLY_OFFER, APPLY_STEPS = APPLY_OFFER };
enum { APPLY_DAYS = 30, APPLY_MESSAGE = 512, APPLY_COMMAND = 512 };

struct applying {
	/* Who asks, and with what; borrowed. */
	struct sb_registry *registry;
	const char *root;       /* the registry's directory: terms, providers.d, login-ca */
	const char *url;        /* the issuer's */
	const char *issuer;     /* its name, as people know it */
	const char *language;   /* "ko", "en" */
	const char *officer;    /* NULL: the resident himself */
	const json_t *input;    /* an object */
	struct sb_slice root_certificate; /* the issuer's, DER: of sign-ins with a card */
	struct notices *notices; /* to the resident, or NULL */
	json_t *result;         /* an object that the answer is put into */
	int64_t now;
	/* A key that a provider's file names, to prove who asks: fills in *signer. */
	int (*signer_for)(void *context, const struct sb_provider *provider, struct sb_signer *signer, struct sb_failure *f);
	void *signer_context;

	/* The application as it is stored. */
	struct sb_registry_apply row;
	json_t *data; /* sealed in the registry: person, login, phone, … */
	struct sb_registry_step steps[APPLY_STEPS + 1]; /* time 0: not done */

	/* What a step leaves. */
	json_t *learned; /* by outside(), for decide(); or … */
	struct sb_failure failure; /* … how that failed; error "" where it did not */
	bool waiting;    /* not done yet: for an approval, a code, an answer */
	bool keep;       /* store what changed, although the step failed */
	char code[8];    /* to be sent by after(); stored nowhere */
	char outcome[SB_APPLY_OUTCOME];
	char message[APPLY_MESSAGE];
};

/* Opens an application: *a->row has its id. */
int apply_start(struct applying *a, struct sb_failure *f);
/* Runs one step of an application. */
int apply_run(struct applying *a, const char *id, enum apply_step step, struct sb_failure *f);
/* Every step with its time, into a->result. */
int apply_status(struct applying *a, const char *id, struct sb_failure *f);
/* Ends an application (consent NULL), or takes back one consent; a required one ends an application that is not finished. */
int apply_withdraw(struct applying *a, const char *id, const char *consent, struct sb_failure *f);
void apply_free(struct applying *a);
/* The name of a step: "login"; a sentence's title for people, translated. */
const char *apply_step_name(enum apply_step step);
const char *apply_step_title(enum apply_step step);
/* The options that its command line needs beside --application: " --input FILE". */
const char *apply_step_options(enum apply_step step);
/* An application that a resident has opened alone, in the audit: who has its ID can go on with it and end it, and that is for the resident alone. The
 * ID is random, so nothing leads back to it. */
enum { APPLY_SUBJECT = 32 };
void apply_alias(const char *id, char out[APPLY_SUBJECT]);
/* The fields that its --input has: "phone, carrier"; NULL where it has none, or a kind of the step says. */
const char *apply_step_fields(enum apply_step step);
/* What to type for a step, but for what only the person knows. */
const char *apply_command(const struct applying *a, enum apply_step step, const char *options, char out[APPLY_COMMAND]);
/* The step that comes next: 0 when the offer is made. */
enum apply_step apply_next(const struct applying *a);
/* "open", "waiting", "offered", "issued", "withdrawn", "expired". */
const char *apply_state_name(struct applying *a);
/* A state or an outcome as people call it. */
const char *apply_word(const char *word);
/* application, step, of, state, next, message into a->result. */
void apply_tell(struct applying *a, enum apply_step step);

/* --- for the steps --- */
/* decide: inside the transaction, on the application as it stands there. outside: before it, for what takes time or asks others; what it learned
 * is put into a->learned. after: behind the commit, to send what was stored; it stores its own result by apply_store. */
typedef int apply_fn(struct applying *a, struct sb_failure *f);
apply_fn apply_login_outside, apply_login, apply_login_after;
apply_fn apply_consent, apply_card, apply_biometrics, apply_offer;
apply_fn apply_phone_outside, apply_phone, apply_phone_after;

/* Who does it, for the records: the officer, or "self". */
const char *apply_actor(const struct applying *a);
const char *apply_channel(const struct applying *a); /* "counter", "self" */
/* Says who applies. "other_application" while another one of theirs is open. Inside the transaction. */
int apply_bind(struct applying *a, int64_t resident, struct sb_failure *f);
/* Stores the application and commits; verb ("apply phone") and outcome are for the audit. "changed_meanwhile". */
int apply_commit(struct applying *a, const char *verb, const char *outcome, struct sb_failure *f);
/* The same in a transaction of its own. */
int apply_store(struct applying *a, const char *verb, const char *outcome, struct sb_failure *f);
/* The application again as it stands, with its steps. "no_application". */
int apply_load(struct applying *a, const char *id, struct sb_failure *f);
/* A text of an object of the data: data.part.name; NULL. */
const char *apply_text(const struct applying *a, const char *part, const char *name);
/* data.part, made where it is absent. */
json_t *apply_part(struct applying *a, const char *part);
/* Fills in a->message. */
void apply_say(struct applying *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* --- apply_consent.c: shared with `enrol` --- */
struct apply_consent {
	const char *application, *channel;
	int64_t time;
};
struct apply_given {
	char ids[SB_TERMS_MAX][SB_TERMS_ID];
	size_t count;
};
/* input's "consents" against the texts in force: "consent_missing", "consent_unknown", "consent_old" (rule: the text). already: given before; or NULL. */
int apply_consents_check(const struct sb_terms_list *terms, const json_t *input, const struct apply_given *already, struct sb_failure *f);
/* Records every text as given or refused. Inside a transaction; SB_E_*. */
int apply_consents_record(struct sb_registry *r, const struct sb_terms_list *terms, const json_t *input, const struct apply_consent *how);
/* One text alone: third-party@… before anything is sent to one. Fails where input's "consents" do not have it and it was not given before. Inside
 * the transaction. */
int apply_consent_third_party(struct applying *a, struct sb_failure *f);

#endif
