/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_VERIFY_RECEIPT_H
#define SINBUN_VERIFY_RECEIPT_H

#include <jansson.h>

#include "common/failure.h"
#include "common/verb.h"
#include "common/desk_key.h"
#include "verify/patient.h"

/* What a desk can show later: that it checked somebody's identity, or why it did not. A JWS signed by the desk's own key, with names of fields and
 * never a value. */
#define RECEIPT_TYP "sinbun-receipt+jwt"

struct receipt {
	struct sb_program *p;
	const char *path; /* of --receipt; NULL: none is wanted */
	struct desk_key *key;
	char draft[4096]; /* where it is written before it gets that name; "" when there is none */
	int fd;           /* of it */
};

/* Makes the file under a name of its own and opens the key, before anything is decided. "file_exists", "cannot_write", "no_receipt_key" (SB_EXIT_CONFIG), or what
 * desk_key_open says. */
int receipt_open(struct sb_program *p, const char *key_uri, struct receipt *r, struct sb_failure *f);
void receipt_close(struct receipt *r);

struct receipt_facts {
	const char *kind;      /* "check", "exempt" */
	const char *desk;      /* the desk's name, or NULL */
	const json_t *verdict; /* as --json tells it; of the fields only the names are taken */
	struct sb_slice token; /* what was presented; data NULL: nothing */
	const uint8_t *patient; /* PATIENT_ID bytes, or NULL */
	int64_t now;
};
/* Signs and writes it: the file is there whole or not at all, and never one that was there before is touched. */
int receipt_write(struct receipt *r, const struct receipt_facts *facts, struct sb_failure *f);

#define RECEIPT_OPTIONS                                                                                                      \
	{"--receipt", SB_OPTION_FILE, "FILE", N_("write a receipt, signed by the desk's own key, to FILE (a new one)"), false}, \
	{"--module", SB_OPTION_FILE, "PATH", N_("with --receipt: the PKCS#11 module that has the key"), false},              \
	{                                                                                                                    \
		"--pin-fd", SB_OPTION_FD, "N", N_("with --receipt: read the key's PIN as one line from descriptor N"), false  \
	}

#endif
