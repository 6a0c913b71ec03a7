/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_CRYPTO_DIGEST_PRIVATE_H
#define SINBUN_CRYPTO_DIGEST_PRIVATE_H
#include <openssl/evp.h>

/* For crypto/ only. The method of a hash by OpenSSL's name, in our library context, looked up once in the process's life: a look-up costs more than
 * hashing a short message. NULL for a hash we have not. */
const EVP_MD *digest_method(const char *name);
#endif
