/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_HOLDER_H
#define SINBUN_HOLDER_H

#include "common/documents.h"
#include "common/p11.h"
#include "common/secret_input.h"
#include "common/verb.h"
#include "formats/sdcwt.h"

/* The resident's program: what its verbs share. */

#define HOLDER_TOKEN "mobile-id"
#define HOLDER_APPLICATION "sinbun"  /* CKA_APPLICATION of every data object */
#define HOLDER_PRESENTATION "presentation"
#define HOLDER_AUTHENTICATION "authentication"
#define HOLDER_BOX "enrolment-box"   /* X25519 secret, public key, application id: from request to response */
#define HOLDER_REFRESH_BOX "refresh-box" /* the same, from a refresh's request to its response; the card's number for the application */
#define HOLDER_JOURNAL "refresh-response" /* a response that is on its way into the objects below: refresh_journal.c */
#define HOLDER_META "card"           /* JSON: type, card, expires, sets, documents */
#define HOLDER_MDOC "mdoc"           /* mdoc:TYPE: IssuerSigned of a document type */
#define HOLDER_SDJWT "dc+sd-jwt"     /* dc+sd-jwt:TYPE: the SD-JWT VC of a document type */
#define HOLDER_PORTRAIT "portrait"
#define HOLDER_FACE_SET "full"
enum { HOLDER_PRESENTATION_ID = 1, HOLDER_AUTHENTICATION_ID = 2 };
enum { HOLDER_PIN_ATTEMPTS = 5 }; /* new PINs that a rule refuses, before a terminal is no longer asked */
enum { HOLDER_QR_REFRESH = 10, HOLDER_QR_LIFE = 30 };

extern const struct sb_verb holder_enrol, holder_show, holder_present, holder_pin_change, holder_pin_unblock, holder_status,
	holder_log, holder_history, holder_refresh, holder_login, holder_doctor;

/* A card in use: its token logged in, its document type. */
struct holder_card {
	struct sb_p11 *p11;
	struct sb_secret pin;
	struct sb_document *document;
	json_t *meta;
	struct sb_signer signer; /* of the key presentation */
};

/* Opens the token, asks for the PIN, logs in, reads what the card is. "not_enrolled" (exit 10) where there is none. */
int holder_card_open(struct sb_program *p, struct holder_card *card, struct sb_failure *f);
void holder_card_close(struct holder_card *card);
/* Opens and selects the token without a login. */
int holder_token_open(struct sb_program *p, struct sb_p11 **p11, struct sb_failure *f);
/* The same, then asks for the PIN and logs in. The caller closes *p11 and clears *pin, also after a failure. */
int holder_token_login(struct sb_program *p, struct sb_p11 **p11, struct sb_secret *pin, struct sb_failure *f);
/* The credential of a set, as it was issued; "set_not_issued". */
int holder_card_set(struct holder_card *card, const char *set, struct sb_bytes *sdcwt, struct sb_failure *f);
/* refresh_journal.c: a response that was taken and is not in its objects yet goes there. Logged in; before anything of the card is read. */
int holder_journal_finish(struct sb_program *p, struct sb_p11 *p11, struct sb_failure *f);
/* When the card ends, seconds since 1970, by its certificate; 0: there is none. Without a login. Where the token told no card number, as one of another
 * maker, the certificate does. */
int64_t holder_card_expiry(struct sb_p11 *p11, struct sb_p11_status *status);
/* One element's value as text; SB_EXIT_TOKEN "not_found" when the card does not have it. */
int holder_card_field(struct holder_card *card, const char *name, struct sb_bytes *out, struct sb_failure *f);
/* The set that a live QR discloses where none is asked for: "full", the face, or else the last of the document type. */
const char *holder_card_default_set(const struct holder_card *card);
/* A live QR's text for a set ("basic"); challenge may be NULL. iat comes out. */
int holder_card_qr(struct holder_card *card, const char *set, const char *challenge, struct sb_bytes *text, int64_t *iat,
	struct sb_failure *f);
/* The mdoc (IssuerSigned) of a document type; SB_EXIT_TOKEN "not_found" when the card does not have one. */
int holder_card_mdoc(struct holder_card *card, const char *type, struct sb_bytes *out, struct sb_failure *f);
/* The same of its SD-JWT VC, as text. */
int holder_card_sdjwt(struct holder_card *card, const char *type, struct sb_bytes *out, struct sb_failure *f);
/* Days until then, the last one counted as 1; 0 where it is over, -1 where it is more than HOLDER_WARN_DAYS away. */
enum { HOLDER_WARN_DAYS = 30 };
int holder_days_left(int64_t expires);
/* Says so to people, where there is something to say. */
void holder_warn_end(struct sb_program *p, int64_t expires);
/* A file of the resident's own, whole or not at all: "cannot_write" names the option. */
int holder_write(const char *option, const char *path, struct sb_slice content, struct sb_failure *f);
int holder_fail_write(const char *option, const char *path, int error, struct sb_failure *f);
/* The member "time" of a row of the log or the history, for people: 2026-11-24 09:30:00, or as wide a dash (log.c). */
void holder_local_time(const json_t *row, char out[32]);
/* The address of the issuer, under which its status lists are: "https://id.example". Appends. */
int holder_card_issuer(struct holder_card *card, struct sb_bytes *out, struct sb_failure *f);
/* Name of the data object that holds a field, a set's SD-CWT, a type's mdoc. */
void holder_object_name(char *out, size_t size, const char *kind, const char *name);

#endif
