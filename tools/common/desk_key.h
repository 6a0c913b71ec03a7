/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_DESK_KEY_H
#define SINBUN_DESK_KEY_H

#include "base/bytes.h"
#include "common/failure.h"
#include "common/verb.h"
#include "formats/signer.h"

/* The desk's own key, in a token of any maker, named by a PKCS#11 URI (RFC 7512): a P-256 key, for ES256. */
struct desk_key;

/* The module: of --module, else of the URI's module-path, else the first of those registered with p11-kit whose token has the key. The PIN, where
 * the key is not to be seen without: of --pin-fd, else of the file that the URI's pin-source names, else of the terminal.
 * SB_EXIT_CONFIG (URI, module), SB_EXIT_TOKEN "not_found", SB_EXIT_PIN, SB_EXIT_PIN_LOCKED. */
int desk_key_open(struct sb_program *p, const char *uri, struct desk_key **out, struct sb_failure *f);
void desk_key_close(struct desk_key **key);

struct sb_signer desk_key_signer(struct desk_key *key);
/* Why the last signature failed. */
const struct sb_failure *desk_key_failure(const struct desk_key *key);
/* The public key, uncompressed, 65 bytes. */
const uint8_t *desk_key_point(const struct desk_key *key);
/* DER of the certificate that the token has for it; empty where there is none. */
struct sb_slice desk_key_certificate(const struct desk_key *key);

#endif
