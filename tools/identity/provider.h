/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_PROVIDER_H
#define SINBUN_PROVIDER_H

#include <stddef.h>

#include "common/failure.h"

/* A provider of simple authentication (간편인증) is a file ROOT/providers.d/NAME.conf, "key = value" a line; sinbun-providers(5) explains the
 * keys. The samples that are installed leave the issuer's address and the client's id to the operator. */
enum sb_provider_kind {
	SB_PROVIDER_CIBA, /* signs people in */
	SB_PROVIDER_PASS, /* proves a phone in one's own name (PASS): its hint names the carrier too */
};
enum sb_client_auth { SB_CLIENT_SECRET_BASIC, SB_CLIENT_SECRET_POST, SB_PRIVATE_KEY_JWT };
enum { SB_PROVIDER_ID = 32 };

struct sb_provider {
	char id[SB_PROVIDER_ID];  /* naver: the file's name without .conf */
	char *label_ko, *label_en;
	int kind;                 /* enum sb_provider_kind */
	char *issuer;             /* https://…, or http:// on this machine */
	char *client_id;
	int client_auth;          /* enum sb_client_auth */
	char *secret_file;        /* client_secret_*: one line; absolute, or beside the file */
	char *key;                /* private_key_jwt: PKCS#11 URI with object=LABEL and perhaps token=LABEL */
	char *key_label, *key_token; /* out of it; key_token NULL: the issuer's token */
	char *key_id;             /* kid of the assertion, or NULL */
	char *scope;              /* "openid …" */
	char *hint;               /* "json", or text with {name} {birth_date} {birth_digits} {phone} {phone_e164} {carrier} */
	char *acr_values;         /* or NULL */
	char *ca_file;            /* absolute, or NULL: the system's authorities */
	char *claim_name, *claim_birth_date, *claim_phone; /* where the provider puts them */
	long expiry;              /* seconds that a request is to live, 30..900 */
	long timeout;             /* seconds for one exchange, 1..60 */
};

/* id: what was chosen. SB_EXIT_CONFIG "no_provider" (none of that name; the message lists those there are), "bad_provider" (field: the key;
 * the message names file and line: unknown or repeated key, bad value, or a key that is missing). */
int sb_provider_load(const char *root, const char *id, struct sb_provider **out, struct sb_failure *f);
void sb_provider_free(struct sb_provider **provider);
/* In the language in force (label.ko, label.en). */
const char *sb_provider_label(const struct sb_provider *provider);

/* Those of ROOT/providers.d, sorted; none where the directory is absent. The caller frees the array. */
struct sb_provider_id {
	char text[SB_PROVIDER_ID];
};
int sb_provider_list(const char *root, struct sb_provider_id **ids, size_t *count, struct sb_failure *f);

#endif
