/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_P11_PRIVATE_H
#define SINBUN_P11_PRIVATE_H

#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>

#include "common/p11.h"

enum { SB_P11_SIGNERS = 4, SB_P11_FOUND_MAX = 64 };

struct sb_p11_signer {
	struct sb_p11 *p11;
	CK_OBJECT_HANDLE key;
	bool always_authenticate;
};

struct sb_p11 {
	CK_FUNCTION_LIST *module;
	P11KitUri *uri; /* of --token, or NULL */
	char label[33]; /* the token's, in the URI; "" where it names none */
	CK_SLOT_ID slot;
	bool selected;
	CK_SESSION_HANDLE session; /* 0: none */
	struct sb_slice pin;       /* the caller's, for context-specific logins */
	struct sb_p11_signer signers[SB_P11_SIGNERS];
	size_t signer_count;
	struct sb_failure signer_failure;
	enum sb_profile profile;    /* whose token it is: the holder's or the issuer's */
	bool any;                   /* either's: profile is what sinbun.conf says */
	enum sb_seal_choice seal;   /* what sinbun.conf asks for */
	bool picks_mechanisms;      /* it has a line "mechanisms" */
	char *token_dir;            /* where sinbun's own module keeps its tokens */
	char config_path[4096];
};

/* --- p11_error.c --- */
/* A failed call as a failure; what: C_Name. PIN codes get their own names, with tries left. */
int sb_p11_fail(struct sb_p11 *p11, CK_RV rv, const char *what, struct sb_failure *f);
/* The same, where sinbun's module says at the slot that it is the TPM's doing; false where it does not. */
bool sb_p11_fail_seal(struct sb_p11 *p11, CK_SLOT_ID slot, enum sb_exit exit, const char *field, struct sb_failure *f);
/* A refused new PIN: the rule as word and sentence. */
int sb_p11_fail_pin_rule(struct sb_p11 *p11, CK_RV rv, CK_SESSION_HANDLE session, struct sb_failure *f);
/* --- p11_open.c --- */
/* All slots, with and without a token; the caller frees the array. */
CK_RV sb_p11_slots(struct sb_p11 *p11, CK_SLOT_ID **slots, CK_ULONG *count);
/* Selects a slot that is known to hold a token; whatever was open on another is closed. */
void sb_p11_select_slot(struct sb_p11 *p11, CK_SLOT_ID slot);
/* Is it initialised, and what --token names, where that is given? */
bool sb_p11_is_meant(struct sb_p11 *p11, const CK_TOKEN_INFO *info);
/* --- p11_directory.c --- */
enum { SB_P11_SERIAL = 16 };
/* Names of tokens' directories in the directory of tokens, sorted: as many as scandir says; -1 or 0 where there are none to be had. */
struct dirent;
int sb_p11_names(struct sb_p11 *p11, struct dirent ***entries);
/* One that the module does not list: damaged, or no space left to open it. */
int sb_p11_fail_unreadable(const char *path, struct sb_failure *f);
/* --- p11_login.c --- */
int sb_p11_session(struct sb_p11 *p11, bool read_write, CK_SESSION_HANDLE *session, struct sb_failure *f);
/* The session that objects are used in, opened where it is not yet. */
int sb_p11_ensure_session(struct sb_p11 *p11, struct sb_failure *f);
/* --- p11_objects.c --- */
/* First object that matches; CK_INVALID_HANDLE when there is none. */
CK_RV sb_p11_find_first(struct sb_p11 *p11, CK_SESSION_HANDLE session, CK_ATTRIBUTE *match, CK_ULONG count, CK_OBJECT_HANDLE *handle);
/* A status number of sinbun's module; -1 where there is none. */
long sb_p11_status_number(struct sb_p11 *p11, CK_SESSION_HANDLE session, CK_ATTRIBUTE_TYPE type);

#endif
