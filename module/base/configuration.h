/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_CONFIGURATION_H
#define SINBUN_CONFIGURATION_H

#include "base/bytes.h"

/* sinbun.conf: one "key = value" a line, "#" comments; an unknown or repeated key or a bad value is an error with its line. */

enum sb_profile { SB_PROFILE_IDENTITY = 0, SB_PROFILE_GENERAL = 1 };
enum sb_seal_choice { SB_SEAL_AUTO = 0, SB_SEAL_SOFTWARE = 1, SB_SEAL_TPM = 2 };
enum sb_pin_profile { SB_PIN_STANDARD = 0, SB_PIN_STRICT = 1 };
enum sb_always_auth { SB_ALWAYS_AUTH_FRESH = 0, SB_ALWAYS_AUTH_STRICT = 1 };

struct sb_config {
	char *token_dir;   /* absolute, or made absolute against the file's directory */
	char *tcti;        /* NULL: not set */
	char *mechanisms;  /* comma-separated CKM names; NULL: all of the profile */
	enum sb_profile profile;
	enum sb_seal_choice seal;
	enum sb_pin_profile pin_profile;
	enum sb_always_auth always_authenticate;
	unsigned kdf_memory; /* MiB, 19..1024; 0: not set, the machine decides */
	unsigned kdf_passes; /* 2..10; 0: not set */
	unsigned pin_tries;  /* 1..15, default 5 */
	unsigned puk_tries;  /* 1..15, default 10 */
	int audit;           /* 0, 1, or -1: by profile */
	bool import;         /* private keys may be created from outside; default no */
	bool profile_set;    /* the file names a profile */
	char *path;          /* the file that was read, or NULL: all defaults */
};

struct sb_config_error {
	unsigned line;      /* 0: the file as a whole */
	char key[32];       /* the key concerned, or "" */
	char message[80];   /* English, a sentence's end: "is not a key of sinbun.conf" */
	char detail[128];   /* what the message speaks of, such as the words allowed, or "" */
};

/* Reads the file that $SINBUN_CONF names, else ~/.config/sinbun/sinbun.conf, else SYSCONFDIR/sinbun/sinbun.conf, else defaults.
 * In a setuid host the environment is not read. SB_OK, SB_E_CONFIG with *why filled, SB_E_NOMEM.
 * A file that $SINBUN_CONF names and that is absent is an error. why may be NULL. */
int sb_config_load(struct sb_config *out, struct sb_config_error *why);
/* The same for one given file. */
int sb_config_read(struct sb_config *out, const char *path, struct sb_config_error *why);
/* The same for text; dir: what a relative token-dir is relative to. */
int sb_config_parse(struct sb_config *out, struct sb_slice text, const char *dir, struct sb_config_error *why);
void sb_config_free(struct sb_config *config);

const char *sb_profile_name(enum sb_profile profile);

#endif
