/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_REGISTRY_H
#define SINBUN_REGISTRY_H

#include <jansson.h>

#include "base/bytes.h"

/* The registry: residents, applications, credentials, the audit. Behind a table of functions, so that another database fits. What is
 * personal is sealed under the data key before it reaches the database; a resident is found by a keyed hash of the RRN. */

enum { SB_REGISTRY_KEY = 32, SB_REGISTRY_HASH = 32, SB_CARD_NUMBER = 24, SB_APPLICATION_ID = 40, SB_REASON = 32 };
enum { SB_REGISTRY_WRONG_DATES = 5 };

struct sb_registry_resident {
	int64_t id;
	uint8_t rrn_hash[SB_REGISTRY_HASH];
	json_t *fields;  /* texts by CSV column, "portrait" as base64; owned */
	int wrong_dates; /* wrong issue dates in a row; SB_REGISTRY_WRONG_DATES locks */
};

enum sb_application_state { SB_APPLICATION_OFFERED = 0, SB_APPLICATION_ISSUED = 1 };
struct sb_registry_application {
	char id[SB_APPLICATION_ID];
	int64_t resident;
	char nonce[64];
	int64_t expires;
	bool replace; /* the holder's other cards end when this one is issued */
	char reason[SB_REASON]; /* why; a word, or "" */
	enum sb_application_state state;
	uint8_t request_hash[32]; /* once issued: what tells this request from another */
	char card[SB_CARD_NUMBER];
};

/* Values are those of the status list. */
enum sb_credential_state { SB_CREDENTIAL_VALID = 0, SB_CREDENTIAL_REVOKED = 1, SB_CREDENTIAL_SUSPENDED = 2 };
struct sb_registry_credential {
	char card[SB_CARD_NUMBER];
	int64_t resident, expires, created;
	uint64_t status_index;
	enum sb_credential_state state;
	char reason[SB_REASON]; /* why it is in this state: a word, or "" */
	int64_t changed;        /* when it came into it; 0: as it was issued */
};

/* A row of the audit. Those that the database gives are good until fn returns, and their texts are ended by a zero. */
struct sb_audit_row {
	int64_t number, time; /* 1, 2, 3 …; seconds since 1970 */
	struct sb_slice officer, verb, subject, outcome;
	uint8_t chain[32]; /* zeros where the database has no 32 bytes */
	bool odd;          /* a value is of another type than was ever written */
};
typedef int sb_audit_fn(void *context, const struct sb_audit_row *row);

struct sb_registry;
struct sb_registry_ops {
	int (*begin)(struct sb_registry *r); /* write transaction; SB_E_BUSY after a while */
	int (*begin_reading)(struct sb_registry *r); /* until rollback all that is read is of one moment, and others may write */
	int (*commit)(struct sb_registry *r);
	void (*rollback)(struct sb_registry *r);
	int (*get)(struct sb_registry *r, const char *name, struct sb_bytes *value); /* settings; SB_E_NOT_FOUND */
	int (*put)(struct sb_registry *r, const char *name, struct sb_slice value);

	int (*resident_by_hash)(struct sb_registry *r, const uint8_t hash[SB_REGISTRY_HASH], int64_t *id, struct sb_bytes *box,
		int *wrong_dates);
	int (*resident_by_id)(struct sb_registry *r, int64_t id, uint8_t hash[SB_REGISTRY_HASH], struct sb_bytes *box, int *wrong_dates);
	int (*resident_put)(struct sb_registry *r, const uint8_t hash[SB_REGISTRY_HASH], struct sb_slice box); /* insert or replace the box */
	int (*resident_set_wrong_dates)(struct sb_registry *r, int64_t id, int count);

	int (*application_add)(struct sb_registry *r, const struct sb_registry_application *a);
	int (*application_get)(struct sb_registry *r, const char *id, struct sb_registry_application *out);
	int (*application_issued)(struct sb_registry *r, const struct sb_registry_application *a); /* state, request_hash, card */

	int (*credential_add)(struct sb_registry *r, const struct sb_registry_credential *c); /* SB_E_EXISTS: card or index taken */
	int (*credential_get)(struct sb_registry *r, const char *card, struct sb_registry_credential *out);
	int (*credential_set_state)(struct sb_registry *r, const char *card, enum sb_credential_state state, const char *reason, int64_t now);
	/* fn for every credential (resident 0), or those of one resident. */
	int (*credential_each)(struct sb_registry *r, int64_t resident, int (*fn)(void *context, const struct sb_registry_credential *c),
		void *context);

	/* Of those with a lower number than below; 0 and zeros where there is none. */
	int (*audit_last)(struct sb_registry *r, int64_t below, int64_t *number, uint8_t chain[32]);
	int (*audit_add)(struct sb_registry *r, const struct sb_audit_row *row); /* SB_E_EXISTS: the number is taken */
	int (*audit_each)(struct sb_registry *r, int64_t from, sb_audit_fn *fn, void *context); /* in order, from this number on */
	int (*audit_guarded)(struct sb_registry *r, bool *guarded); /* does the database refuse to change and to delete rows? */
	/* Notes, for as long as this is open and nowhere in the registry, that the number with this hash stands in that line of a file.
	 * *first: the line it was noted with before, or this one. */
	int (*seen_add)(struct sb_registry *r, const uint8_t hash[SB_REGISTRY_HASH], unsigned line, unsigned *first);
	void (*close)(struct sb_registry **r);
};

/* A setting that every finished registry has, and one that is being made has not before its first row in the audit. */
#define SB_SETTING_URL "url"

struct sb_registry_apply_ops; /* registry_apply.h */
struct sb_registry_life_ops;  /* registry_life.h */
struct sb_registry_row_ops;   /* registry_rows.h */
enum { SB_REGISTRY_DAMAGED = 96 };
struct sb_registry {
	const struct sb_registry_ops *ops;
	const struct sb_registry_apply_ops *apply;
	const struct sb_registry_life_ops *life;
	const struct sb_registry_row_ops *rows;
	char damaged[SB_REGISTRY_DAMAGED]; /* behind SB_E_CORRUPT: what is not as it was written, "credential R…"; or "" */
	uint8_t *keys; /* guarded: data key's children, set by sb_registry_set_key */
	/* How far the audit was at least, as the issuer's token knows (sb_registry_anchor); number 0: not known. */
	struct sb_registry_anchor {
		int64_t number;
		uint8_t chain[32];
		bool checked; /* the audit goes on from there */
		bool moved;   /* rows were added to it */
	} anchor;
	bool audit_damaged; /* a row that was added here did not find the audit as the one before had left it; see registry_audit.h */
};

/* SQLite file; its directory must be private. create: new file (SB_E_EXISTS), else open (SB_E_NOT_FOUND, SB_E_UNSAFE). */
int sb_registry_sqlite_open(const char *path, bool create, struct sb_registry **out);
/* Behind SB_E_CORRUPT of that: what is in the file that does not belong there, or is not, "trigger NAME"; or "". */
const char *sb_registry_sqlite_fault(void);

/* --- registry.c: what is the same for every database --- */
int sb_registry_set_key(struct sb_registry *r, const uint8_t data_key[SB_REGISTRY_KEY]);
void sb_registry_close(struct sb_registry **r);
/* By RRN ("YYMMDD-SNNNNNN") or id; out->fields is owned by the caller (sb_registry_resident_free). SB_E_NOT_FOUND, SB_E_CORRUPT. */
int sb_registry_find(struct sb_registry *r, const char *rrn, struct sb_registry_resident *out);
int sb_registry_find_id(struct sb_registry *r, int64_t id, struct sb_registry_resident *out);
void sb_registry_resident_free(struct sb_registry_resident *resident);
enum sb_registry_change { SB_REGISTRY_ADDED, SB_REGISTRY_CHANGED, SB_REGISTRY_SAME };
/* Adds or changes the resident whose fields have this "rrn". keep: names, ended by NULL, of fields that are not spoken of: what was stored
 * of them stays, and is put into fields. Inside a transaction. */
int sb_registry_store(struct sb_registry *r, json_t *fields, const char *const *keep, enum sb_registry_change *change);
/* What that would do, and nothing done. */
int sb_registry_compare(struct sb_registry *r, json_t *fields, const char *const *keep, enum sb_registry_change *change);
/* In which line of a file this RRN stood first (seen_add). */
int sb_registry_seen(struct sb_registry *r, const char *rrn, unsigned line, unsigned *first);
/* Appends to the audit (registry_audit.h). No personal values. Inside a transaction. */
int sb_registry_audit(struct sb_registry *r, const char *officer, const char *verb, const char *subject, const char *outcome);
/* The same in a transaction of its own: for what is on record before it is done. */
int sb_registry_audit_alone(struct sb_registry *r, const char *officer, const char *verb, const char *subject, const char *outcome);

#endif
