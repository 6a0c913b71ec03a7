/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_ADMIN_LOGIN_CERTIFICATE_H
#define SINBUN_ADMIN_LOGIN_CERTIFICATE_H

#include "base/bytes.h"
#include "common/failure.h"
#include "registry/registry_apply.h"

/* Certificates that residents sign in with. ROOT/login-ca has the authorities (*.pem, *.crt, *.der) and their revocation lists (*.crl). */

struct login_certificates {
	struct sb_bytes leaf, others[4]; /* DER */
	size_t count;
};
void login_certificates_free(struct login_certificates *c);

/* A chain to one of the authorities, good now: "no_authorities", "bad_authority", "certificate" (rule untrusted, expired, revoked, no_list, form). */
int login_certificate_trusted(const char *root, const struct login_certificates *c, int64_t now, struct sb_failure *f);
/* What it is known by. SB_E_*. */
int login_certificate_fingerprint(struct sb_slice der, uint8_t out[SB_FINGERPRINT]);
/* PEM or DER to DER; "certificate" (rule form). */
int login_certificate_read(const char *path, struct sb_bytes *der, struct sb_failure *f);

#endif
