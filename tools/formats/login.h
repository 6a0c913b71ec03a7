/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_LOGIN_H
#define SINBUN_LOGIN_H

#include <jansson.h>
#include "base/bytes.h"
#include "formats/signer.h"

/* The challenge that an issuer gives to whoever signs in to an application with a key, and the answer of a card: a JWS (ES256) over exactly that, with
 * the certificate of the card's key `authentication`. */

#define SB_LOGIN_TYPE "sinbun-login"    /* the challenge's type */
#define SB_LOGIN_TYP "sinbun-login+jwt" /* typ of the answer's header */
enum { SB_LOGIN_SECONDS = 600, SB_LOGIN_MAX = 4096 /* bytes of a challenge */ };

struct sb_login {
	char application[40]; /* text id */
	char audience[256];   /* the issuer's URL, https */
	char name[256];       /* what the issuer calls itself */
	char nonce[64];       /* base64url of 24 random bytes */
	int64_t expires;      /* seconds since 1970 */
};
json_t *sb_login_make(const struct sb_login *login);
/* Strict: a member that is missing, unknown or wrong is SB_E_FORMAT with its name in *field (static text). Times are not judged here. */
int sb_login_parse(const json_t *json, struct sb_login *out, const char **field);
/* Signs it as it was parsed. Appends. */
int sb_login_sign(const struct sb_login *login, struct sb_slice certificate, const struct sb_signer *signer, struct sb_bytes *out);

#endif
