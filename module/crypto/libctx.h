/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_CRYPTO_LIBCTX_H
#define SINBUN_CRYPTO_LIBCTX_H
#include <openssl/types.h>

/* For crypto/ only. Our own library context, so that the host's OpenSSL configuration (which may load a PKCS#11 provider that loads
 * this module) never reaches us. Pass it to every fetch, RAND and X509 call. NULL before sb_crypto_start. */
OSSL_LIB_CTX *sb_libctx(void);
#endif
