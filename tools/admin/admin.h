/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_ADMIN_H
#define SINBUN_ADMIN_H

#include <stdio.h>

#include "admin/notice.h"
#include "common/documents.h"
#include "common/p11.h"
#include "common/secret_input.h"
#include "common/verb.h"
#include "registry/registry.h"

/* The registrar's program: what its verbs share. */

#define ADMIN_TOKEN "issuer"
#define ADMIN_APPLICATION "sinbun"
#define ADMIN_ROOT "root"
#define ADMIN_SIGNER "signer"
#define ADMIN_DATA_KEY "registry-data-key"
#define ADMIN_ANCHOR "registry-anchor"
#define ADMIN_DOCUMENT "resident"
enum { ADMIN_ROOT_ID = 1, ADMIN_SIGNER_ID = 2, ADMIN_URI_SHORT = 26 };
/* Of the status list; it grows by doubling, as cards need it. */
enum { ADMIN_LIST_CAPACITY = 1 << 16 };
/* Certificates begin a little earlier than now: the clocks of desks and web sites differ. */
enum { ADMIN_BACKDATE = 300 };

/* Settings of the registry. */
#define SETTING_ISSUER "issuer"
#define SETTING_URL SB_SETTING_URL
#define SETTING_COUNTRY "country"
#define SETTING_SIGNED_HEAD "audit-signed-head"

extern const struct sb_verb admin_init, admin_token_list, admin_token_status, admin_token_init, admin_token_unblock, admin_token_reseal, admin_token_remove,
	admin_doctor, admin_tpm_check, admin_import, admin_registry_show, admin_registry_export, admin_registry_stats, admin_registry_recover,
	admin_registry_verify,
	admin_apply_start, admin_apply_login, admin_apply_consent, admin_apply_phone, admin_apply_card, admin_apply_biometrics, admin_apply_offer,
	admin_member_add, admin_member_certificate, admin_member_remove, admin_apply_status, admin_apply_withdraw, admin_unlock,
	admin_cards_suspended, admin_cards_expiring, admin_enrol, admin_issue, admin_refresh, admin_suspend, admin_resume, admin_revoke,
	admin_status_publish, admin_bundle, admin_audit_show, admin_audit_verify, admin_audit_export, admin_audit_head, admin_notice_send,
	admin_notice_list;

/* The registry open, the issuer's token logged in. */
struct admin {
	struct sb_program *p;
	struct sb_p11 *p11;
	struct sb_secret pin;
	struct sb_registry *registry;
	char *issuer, *url, *status_uri;
	struct notices notices;
	char *status_dir; /* of registry.conf: where the status list goes when it changes; or NULL */
	struct sb_bytes signer_certificate; /* DER */
	uint8_t kid[8];
	struct sb_signer signer;
	const char *officer; /* of --officer, or "" */
};
/* Failures say what to run next: "no_registry", "no_token", PIN codes. */
int admin_open(struct sb_program *p, struct admin *a, struct sb_failure *f);
/* Sends, before that, the notices that this run has added. */
void admin_close(struct admin *a);
/* registry.conf, which need not be there, into its members of *a. */
int admin_conf_read(struct sb_program *p, struct admin *a, struct sb_failure *f);
void admin_conf_free(struct admin *a);
/* DIR/name; a static ring of 4. */
const char *admin_path(struct sb_program *p, const char *name);
/* SB_E_* of the registry or a file as a failure. */
int admin_fail(int error, const char *what, struct sb_failure *f);
/* Sets the PIN of the issuer's token: *pin, or where that is empty what is asked for (--pin-fd or the terminal). On a terminal one that the
 * token refuses is asked for again. */
int admin_set_pin(struct sb_program *p, struct sb_p11 *p11, struct sb_slice puk, struct sb_secret *pin, struct sb_failure *f);
/* A token with a new unblocking code, put into the file puk_path (0600), and a PIN, as above. Failing, neither is left. */
int admin_make_token(struct sb_program *p, struct sb_p11 *p11, const char *label, const char *puk_path, struct sb_secret *pin,
	struct sb_failure *f);
/* The same with another way to set it, and another kind of PIN to ask for. */
typedef int admin_pin_fn(struct sb_p11 *p11, struct sb_slice puk, struct sb_slice pin, struct sb_failure *f);
int admin_choose_pin(struct sb_program *p, struct sb_p11 *p11, enum sb_secret_kind kind, admin_pin_fn *set, struct sb_slice puk,
	struct sb_secret *pin, struct sb_failure *f);
/* What was done to the issuer's token, in the registry's audit, with the new PIN; a warning where that cannot be. */
void admin_token_record(struct sb_program *p, struct sb_p11 *p11, const char *what, const struct sb_secret *pin);
/* The issuer's token, not logged in: "no_issuer_token". */
int admin_open_token(struct sb_program *p, struct sb_p11 **p11, struct sb_failure *f);
/* A failed signature: what the token said. */
int admin_fail_signature(struct admin *a, int error, struct sb_failure *f);
/* Reads the data key from the token and gives it to the registry. */
int admin_use_data_key(struct sb_p11 *p11, struct sb_registry *registry, struct sb_failure *f);
/* Holds the registry against what the token knows of it (registry_rows.h); one that no token knows yet is taken as it is. */
int admin_use_anchor(struct sb_p11 *p11, struct sb_registry *registry, struct sb_failure *f);
/* How far the audit is now, into the token: behind the last transaction. A warning where that cannot be. */
void admin_keep_anchor(struct sb_program *p, struct sb_p11 *p11, struct sb_registry *registry);
/* --input FILE|-: one JSON object. */
int admin_read_json(const char *path, const char *option, const char *error, json_t **json, struct sb_failure *f);
int admin_write_json(const char *path, const char *option, const json_t *json, struct sb_failure *f);
/* While the plastic card is reported lost or the registration is cancelled: "card_lost", "card_cancelled". fields: the resident's. */
int admin_plastic_check(const json_t *fields, struct sb_failure *f);
/* Suspends the resident's valid cards then, and counts them; dry: counts them. Inside a transaction; SB_E_*. */
int admin_plastic_suspend(struct admin *a, const json_t *fields, bool dry, unsigned *count);
/* Counts the resident's cards that were suspended for that, where it is over. SB_E_*. */
int admin_plastic_restored(struct admin *a, const json_t *fields, unsigned *count);
/* A resident in the audit: by the number of the record, which tells nothing of the person. */
enum { ADMIN_SUBJECT = 32 };
void admin_subject(const struct sb_registry_resident *resident, char out[ADMIN_SUBJECT]);
/* Is --officer, where given, the ID of somebody and no personal value: "bad_officer". */
int admin_check_officer(struct sb_program *p, struct sb_failure *f);
/* A warning where this run found the audit damaged. r may be NULL. */
void admin_audit_warn(struct sb_program *p, const struct sb_registry *r);
/* The audit's signed head as it is now, into the registry; a warning where that cannot be. */
void admin_audit_keep_head(struct admin *a);
/* A file for its owner alone, which appears whole or not at all: what fn writes goes to PATH.part, which takes the place at the end. fn returns
 * enum sb_exit; errors of the stream are told here. */
typedef int admin_stream_fn(void *context, FILE *file, struct sb_failure *f);
int admin_write_stream(const char *path, admin_stream_fn *fn, void *context, struct sb_failure *f);
/* The status list as it stands, signed as a CWT (and as a JWT when jwt is given). */
int admin_status_tokens(struct admin *a, struct sb_bytes *cwt, struct sb_bytes *jwt, struct sb_failure *f);
/* How many places it has. SB_E_*. */
int admin_status_capacity(struct sb_registry *r, size_t *capacity);
/* After a change has been committed: publishes the list where registry.conf says so and it is not out yet, and says which. The change stands
 * whatever becomes of that. result: "published" true or false, "publish_error". */
void admin_publish_due(struct admin *a, json_t *result);

#define OFFICER_OPTION {"--officer", SB_OPTION_TEXT, "ID", N_("who does this, for the audit"), true}

#endif
