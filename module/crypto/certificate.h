/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_CRYPTO_CERTIFICATE_H
#define SINBUN_CRYPTO_CERTIFICATE_H
#include "base/bytes.h"

/* Reading X.509 certificates, through OpenSSL. */
struct sb_certificate;
int sb_certificate_parse(struct sb_slice der, struct sb_certificate **out); /* SB_E_FORMAT, also for trailing bytes */
void sb_certificate_free(struct sb_certificate **certificate);
/* Uncompressed P-256 point of the subject; SB_E_UNSUPPORTED for other keys. */
int sb_certificate_point(const struct sb_certificate *c, uint8_t point[65]);
/* DER SubjectPublicKeyInfo of the subject, of whatever type. */
int sb_certificate_spki(const struct sb_certificate *c, struct sb_bytes *der);
int sb_certificate_common_name(const struct sb_certificate *c, char *out, size_t size);
/* countryName of the subject, two letters; SB_E_NOT_FOUND (none, several, another length). */
int sb_certificate_country(const struct sb_certificate *c, char out[3]);
/* Is it for this host: a dNSName of the subject's alternative names that equals it, no wildcard? */
bool sb_certificate_has_dns(const struct sb_certificate *c, const char *name);
/* DER of subject, issuer (Name) and serial number (INTEGER), as PKCS#11 wants them. */
int sb_certificate_subject(const struct sb_certificate *c, struct sb_bytes *der);
int sb_certificate_issuer(const struct sb_certificate *c, struct sb_bytes *der);
int sb_certificate_serial(const struct sb_certificate *c, struct sb_bytes *der);
int sb_certificate_validity(const struct sb_certificate *c, int64_t *not_before, int64_t *not_after);
/* The leaf is signed by the trusted root (path length 1), both valid at the given time, root a CA with pathlen 0 or none, leaf no CA
 * and carrying the extended key usage (dotted OID; NULL: any). SB_E_SIGNATURE, SB_E_RANGE (time), SB_E_FORMAT (profile). */
int sb_certificate_check(const struct sb_certificate *leaf, const struct sb_certificate *root, int64_t at, const char *eku);
/* A path: chain[0] is the leaf, each is signed by the next, the last by the trusted root, which is not among them (RFC 5280, as OpenSSL verifies it:
 * names, signatures, validity, basic constraints with path lengths, key usages, critical extensions). All of them are on the path, in this order; the
 * leaf is no CA and may sign. SB_E_SIGNATURE, SB_E_RANGE (time), SB_E_FORMAT (profile), SB_E_NOMEM. */
enum { SB_CERTIFICATE_PATH = 4 };
int sb_certificate_check_path(struct sb_certificate *const *chain, size_t count, const struct sb_certificate *root, int64_t at);
/* CMS EnvelopedData (AES-256, DER) of data to an RSA or EC certificate, for recovery with `openssl cms -decrypt`. */
int sb_certificate_seal(const struct sb_certificate *c, struct sb_slice data, struct sb_bytes *cms);
#endif
