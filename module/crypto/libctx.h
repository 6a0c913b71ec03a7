/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_CRYPTO_LIBCTX_H
#define SINBUN_CRYPTO_LIBCTX_H
#include <openssl/err.h>
#include <openssl/types.h>

/* For crypto/ only. Our own library context, so that the host's OpenSSL configuration (which may load a PKCS#11 provider that loads
 * this module) never reaches us. Pass it to every fetch, RAND and X509 call. NULL before sb_crypto_start. */
OSSL_LIB_CTX *sb_libctx(void);

/* Keys are made under these names and used with this property query, so that no ENGINE of the host gets between (libctx.c says how). */
#define SB_KEY_PREFIX "SB-"
#define SB_KEY_NAME_EC SB_KEY_PREFIX "EC"
#define SB_KEY_NAME_RSA SB_KEY_PREFIX "RSA"
#define SB_KEY_NAME_ED25519 SB_KEY_PREFIX "ED25519"
#define SB_PROPERTIES "?provider=sinbun"

/* First in a function that may fail inside OpenSSL: when it returns, what was noted meanwhile is taken out of the thread's error queue,
 * and what the host had in it stays. */
#define SB_QUIET __attribute__((cleanup(sb_unmark_errors), unused)) const int quiet_ = ERR_set_mark()

static inline void sb_unmark_errors(const int *mark)
{
	(void)mark;
	/* Without a mark the queue was empty, and this empties it. */
	ERR_pop_to_mark();
}
#endif
