/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_TEST_API_H
#define SINBUN_TEST_API_H

#include <stdbool.h>

#include <api.h> /* the module's */

/* What the tests of the module as applications see it share. They load the built module ($SINBUN_MODULE) and give it a directory of
 * its own; nothing of the module is linked. A step that fails ends the test, so that each test reads as what it is about. */

#define API_PIN "274916"
#define API_WRONG_PIN "274917"
#define API_SO_PIN "12345678"
#define API_WRONG_SO_PIN "12345679"

/* A row of a template. The module never writes through a template that it only reads. */
#define ATTRIBUTE(type, pointer, len) {(type), (void *)(pointer), (len)}
#define ATTRIBUTE_OF(type, variable) {(type), (void *)&(variable), sizeof(variable)}
#define ATTRIBUTE_TEXT(type, text) {(type), (void *)(text), sizeof(text) - 1}
#define COUNT(array) (sizeof(array) / sizeof *(array))

extern struct CK_FUNCTION_LIST *p11;
/* The list of 3.2, for what 2.40 has not. */
extern const struct CK_FUNCTION_LIST_3_2 *p11_3;
extern const CK_BBOOL api_yes, api_no;
/* The OID of P-256, as CKA_EC_PARAMS. */
extern const CK_BYTE api_p256[10];
/* A self-signed certificate, CN=test, of a P-256 key that nobody has. */
extern const CK_BYTE api_certificate[268];
/* What a search without a template finds on an empty token: the objects that say which profiles it has; and the holder's log. */
enum { API_PROFILES = 4, API_LOG = 1 };

/* --- the module and its directory --- */
/* A fresh directory with a sinbun.conf (cheap KDF, software seal, and the lines `more`), the module loaded but not initialised.
 * The directory goes when the process that made it ends. */
void api_open(const char *more);
/* The same in a program that was run again: the directory is in $SINBUN_CONF already. */
void api_open_again(void);
/* dlclose(). */
void api_close(void);
/* Writes sinbun.conf anew; it holds from the next C_Initialize on. */
void api_configure(const char *more);
void api_configure_whole(const char *text); /* the file as it is */
const char *api_directory(void);
void *api_symbol(const char *name);
void api_initialize(void);
/* C_Finalize and C_Initialize: what another process of the same user would see. */
void api_restart(void);

/* --- tokens --- */
CK_SLOT_ID api_free_slot(void);
/* C_InitToken and C_InitPIN, with the PINs above. */
CK_SLOT_ID api_token(const char *label);
CK_FLAGS api_token_flags(CK_SLOT_ID slot);
/* Only the bits that tell of PIN tries. */
CK_FLAGS api_tries_flags(CK_SLOT_ID slot);
/* initialise, make a token, open a read-write session, log the holder in. */
CK_SESSION_HANDLE api_ready(CK_SLOT_ID *slot);

/* --- sessions --- */
CK_SESSION_HANDLE api_session(CK_SLOT_ID slot, bool read_write);
CK_RV api_login(CK_SESSION_HANDLE session, CK_USER_TYPE user, const char *pin);
CK_STATE api_state(CK_SESSION_HANDLE session);

/* --- objects --- */
struct api_pair {
	CK_OBJECT_HANDLE public, private;
};
/* A P-256 pair with CKA_ID id. */
struct api_pair api_generate(CK_SESSION_HANDLE session, bool on_token, CK_BYTE id, bool always_authenticate);
/* The kinds of key that tokens make. */
enum { API_P256, API_P384, API_P521, API_ED25519, API_RSA_2048, API_RSA_3072, API_RSA_4096, API_KEY_KINDS };
extern const struct api_key_kind {
	const char *name;
	CK_KEY_TYPE type;
	CK_MECHANISM_TYPE generate;
	CK_BYTE params[10]; /* CKA_EC_PARAMS */
	CK_ULONG params_len, bits, signature; /* bytes of a signature */
} api_key_kinds[API_KEY_KINDS];
/* A session pair of a kind, with what the templates add. */
struct api_pair api_generate_kind(CK_SESSION_HANDLE session, int kind, CK_ATTRIBUTE *public, CK_ULONG public_count, CK_ATTRIBUTE *private,
	CK_ULONG private_count);
/* The same with what signing needs and nothing else. */
struct api_pair api_generate_plain(CK_SESSION_HANDLE session, int kind);
CK_RV api_data(CK_SESSION_HANDLE session, bool on_token, bool is_private, const char *label, CK_OBJECT_HANDLE *object);
/* How many objects match; the first `room` of them in found. */
CK_ULONG api_find(CK_SESSION_HANDLE session, CK_ATTRIBUTE *match, CK_ULONG count, CK_OBJECT_HANDLE *found, CK_ULONG room);
CK_ULONG api_count_label(CK_SESSION_HANDLE session, const char *label);
/* One CK_ULONG of an object; CK_UNAVAILABLE_INFORMATION where it has none. */
CK_ULONG api_number(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type);

/* --- other processes --- */
/* Forks; the child runs fn and ends with what it returns (0: good), leaving the directory alone. */
int api_fork(int (*fn)(void *context), void *context);
/* Waits for it: its code, or 1 when it ended otherwise. */
int api_wait(int child);
/* Runs this program once more, as a new process, with one argument; its exit code. */
int api_run_again(const char *argument);

#endif
