/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_CRYPTO_TRUST_H
#define SINBUN_CRYPTO_TRUST_H
#include "base/bytes.h"

/* Whom to believe: authorities, and the lists of certificates that they have revoked. */
struct sb_trust;
int sb_trust_new(struct sb_trust **out);
void sb_trust_free(struct sb_trust **trust);
/* Certificates of authorities, PEM (several) or one DER: SB_E_FORMAT where there is none. */
int sb_trust_add_authorities(struct sb_trust *trust, struct sb_slice bytes);
/* Revocation lists, likewise. With the first of them, a certificate is believed only where its issuer's list is there and still good. */
int sb_trust_add_revocations(struct sb_trust *trust, struct sb_slice bytes);

/* One that is to be believed of a chain from leaf to one of the authorities, at the given time: SB_E_SIGNATURE (no chain, or a profile that does not
 * fit), SB_E_RANGE (a certificate or a list is not valid at that time), SB_E_REMOVED (revoked), SB_E_NOT_FOUND (its issuer's list is not here),
 * SB_E_FORMAT. others: further certificates, DER, count of them. */
int sb_trust_check(struct sb_trust *trust, struct sb_slice leaf, const struct sb_slice *others, size_t count, int64_t at);
/* CMS SignedData (DER or PEM) with one signer, over content, which stands in it or is detached, and is exactly this. The signer's certificate, which
 * must be in it, is appended as DER; it is not yet believed: sb_trust_check, with the others. SB_E_SIGNATURE, SB_E_FORMAT. */
int sb_cms_signer(struct sb_slice cms, struct sb_slice content, struct sb_bytes *leaf, struct sb_bytes others[4], size_t *count);
#endif
