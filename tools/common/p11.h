/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_P11_H
#define SINBUN_P11_H

#include "base/bytes.h"
#include "base/configuration.h"
#include "common/failure.h"
#include "common/verb.h"
#include "formats/signer.h"

/* One token, reached only through PKCS#11 (p11-kit loads the module; sinbun's own or any other). */
struct sb_p11;

/* For the verbs that begin something (init, enrol): makes ROOT (0700) and ROOT/sinbun.conf where absent (with profile), checks that an existing
 * one does not name another profile (SB_EXIT_CONFIG naming the key), exports $SINBUN_CONF, loads --module (default: the build tree's or the
 * installed one), initialises it. */
int sb_p11_make(struct sb_program *p, enum sb_profile profile, struct sb_p11 **out, struct sb_failure *f);
/* For all others: the same, and makes nothing. SB_EXIT_TOKEN "no_token" where ROOT or its sinbun.conf is absent. */
int sb_p11_open(struct sb_program *p, enum sb_profile profile, struct sb_p11 **out, struct sb_failure *f);
/* For verbs that look after tokens and use none: the same, whichever profile sinbun.conf names, and also beside tokens that are not safe to use. */
int sb_p11_open_any(struct sb_program *p, struct sb_p11 **out, struct sb_failure *f);
void sb_p11_close(struct sb_p11 **p11);

/* Selects the token with this label, or what --token (PKCS#11 URI) names. SB_EXIT_TOKEN "no_token" when there is none; a token that is there
 * and cannot be opened is told as sb_p11_readable does. */
int sb_p11_select(struct sb_p11 *p11, const char *label, struct sb_failure *f);
/* SB_EXIT_OK when every token in the directory of tokens can be opened; else the path of one that cannot, and why. Only for sinbun's own
 * module: it passes over what it cannot open, and a token that is damaged is another thing than none. */
int sb_p11_readable(struct sb_p11 *p11, struct sb_failure *f);
/* true when a token with this label is there (and selects nothing). */
bool sb_p11_has(struct sb_p11 *p11, const char *label, bool *pin_set);
/* What --token calls the token, or fallback where it is not given or names it by other things. */
const char *sb_p11_label(const struct sb_p11 *p11, const char *fallback);
/* Whether --token is given: the token it names is then the one that the verb is for. */
bool sb_p11_is_named(const struct sb_p11 *p11);
/* Initialises a token in the free slot (an uninitialised token), selects it. Not beside one that cannot be opened, and not where --token names
 * another than the new one would be: "no_token". */
int sb_p11_init_token(struct sb_p11 *p11, const char *label, struct sb_slice so_pin, struct sb_failure *f);
/* Whether the SO PIN is right: "puk_incorrect" (exit 6, tries_left), "puk_locked" (7). A wrong one is charged, a right one resets its tries. */
int sb_p11_check_puk(struct sb_p11 *p11, struct sb_slice so_pin, struct sb_failure *f);
/* In the SO session: birth date (NULL: none), then the PIN. Logs out. A refusal is "pin_refused" with rule length|sequence|repeat|birth_date. */
int sb_p11_init_pin(struct sb_p11 *p11, struct sb_slice so_pin, const char *birth_date, struct sb_slice pin, struct sb_failure *f);
/* As sb_p11_init_pin, and all of the token gets new keys and the seal that sinbun.conf asks for now: "not_supported" of another maker's. */
int sb_p11_reseal(struct sb_p11 *p11, struct sb_slice so_pin, struct sb_slice pin, struct sb_failure *f);
/* Destroys the whole token (needs the SO PIN): "not_supported" of another maker's. */
int sb_p11_remove_token(struct sb_p11 *p11, struct sb_slice so_pin, struct sb_failure *f);
int sb_p11_change_pin(struct sb_p11 *p11, struct sb_slice old_pin, struct sb_slice pin, struct sb_failure *f);

/* Logs in as user; keeps the PIN (the caller's memory, must outlive the session) for context-specific logins.
 * Failures: "pin_incorrect" (exit 6, tries_left), "pin_locked" (7), "pin_not_set" (10). */
int sb_p11_login(struct sb_p11 *p11, struct sb_slice pin, struct sb_failure *f);
void sb_p11_logout(struct sb_p11 *p11);

/* Token status for people: label, serial, seal, profile, tries, PIN flags; -1/"" where the token does not tell. */
struct sb_p11_status {
	char label[33], serial[17], manufacturer[33], model[17], seal[16], profile[16], card_number[64];
	int pin_left, pin_max, puk_left, puk_max;
	bool pin_set, pin_locked, puk_locked, pin_final_try, read_only;
	bool damaged; /* the token says that something in it is not what was written */
};
int sb_p11_status(struct sb_p11 *p11, struct sb_p11_status *out, struct sb_failure *f);

/* A token of the directory of tokens (or of another maker's module), whether it can be opened or not. */
struct sb_p11_token {
	struct sb_p11_status status; /* where it does not open, the serial alone */
	char path[4096];             /* its directory; "" for another maker's */
	bool opens;
	struct sb_failure why; /* error "" where it can be used, else "unsafe_file", "unsafe_directory", "token_damaged", "disk_full" */
};
/* All of them, or those that --token names; the caller frees the array. Selects none. */
int sb_p11_list(struct sb_p11 *p11, struct sb_p11_token **tokens, size_t *count, struct sb_failure *f);
/* Selects the token with this serial, whatever its label: "no_token". */
int sb_p11_select_serial(struct sb_p11 *p11, const char *serial, struct sb_failure *f);
/* Where sinbun's own module keeps its tokens. */
const char *sb_p11_directory(const struct sb_p11 *p11);
/* What sinbun.conf there says. */
enum sb_profile sb_p11_profile(const struct sb_p11 *p11);
enum sb_seal_choice sb_p11_seal(const struct sb_p11 *p11);

/* Keys: P-256, named by label and CKA_ID. Logged in. */
struct sb_p11_key_spec {
	const char *label;
	uint8_t id;
	bool always_authenticate;
	bool derive; /* also ECDH */
};
int sb_p11_generate_key(struct sb_p11 *p11, const struct sb_p11_key_spec *spec, uint8_t point[65], struct sb_failure *f);
bool sb_p11_has_key(struct sb_p11 *p11, const char *label);
int sb_p11_public_point(struct sb_p11 *p11, const char *label, uint8_t point[65], struct sb_failure *f);
/* A signer over the private key with this label: CKM_ECDSA, with a context-specific login first where the key asks for one.
 * Lives until sb_p11_close. The failure of a signature is kept and told by sb_p11_signer_failure. */
int sb_p11_signer(struct sb_p11 *p11, const char *label, struct sb_signer *out, struct sb_failure *f);
const struct sb_failure *sb_p11_signer_failure(struct sb_p11 *p11);

/* Objects: CKO_DATA named by application and label; X.509 certificates named by label and CKA_ID. */
int sb_p11_put_data(struct sb_p11 *p11, const char *application, const char *label, struct sb_slice value, bool private_object,
	struct sb_failure *f); /* replaces one of the same name, in the order new-then-old */
/* SB_EXIT_TOKEN "not_found" when absent. Appends. */
int sb_p11_get_data(struct sb_p11 *p11, const char *application, const char *label, struct sb_bytes *out, struct sb_failure *f);
int sb_p11_delete_data(struct sb_p11 *p11, const char *application, const char *label, struct sb_failure *f);
/* Labels of all data objects of this application, sorted; the caller frees the array. */
struct sb_p11_label {
	char text[64]; /* those that are longer are left out */
};
int sb_p11_data_labels(struct sb_p11 *p11, const char *application, struct sb_p11_label **labels, size_t *count, struct sb_failure *f);
/* How many there are, which is told faster; 0 where that cannot be told. */
size_t sb_p11_count_data(struct sb_p11 *p11, const char *application);
/* The audit log of sinbun's own module; logged in as user. "no_log" (exit 10) where the token keeps none. text: a line of JSON for each row
 * (sinbun-pkcs11.h). broken: the first row that cannot be believed, by the token's own check; 0: all can. */
struct sb_p11_log {
	struct sb_bytes text;
	unsigned long broken;
};
int sb_p11_get_log(struct sb_p11 *p11, struct sb_p11_log *out, struct sb_failure *f);
int sb_p11_put_certificate(struct sb_p11 *p11, const char *label, uint8_t id, struct sb_slice der, struct sb_failure *f);
/* The same; without a login too. */
int sb_p11_get_certificate(struct sb_p11 *p11, const char *label, struct sb_bytes *der, struct sb_failure *f);

/* What sb_config_read found wrong in the file at path. */
int sb_p11_fail_config(const char *path, const struct sb_config_error *why, struct sb_failure *f);
/* A TPM's SB_E_TPM_* in words: "tpm_absent", "tpm_denied" …; false for another error. */
bool sb_p11_fail_tpm(int fault, enum sb_exit exit, const char *field, struct sb_failure *f);

#endif
