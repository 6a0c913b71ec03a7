/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_ATTRIBUTE_KEY_H
#define SINBUN_ATTRIBUTE_KEY_H

#include "attribute.h"
#include "crypto/pkey.h"
#include "cryptoki.h"

/* Asymmetric keys as attributes, and back. What a key type consists of stands in rows. */

/* The key that the attributes of a public or private key object hold. CKR_KEY_TYPE_INCONSISTENT for a type we have no keys of,
 * CKR_CURVE_NOT_SUPPORTED, CKR_KEY_SIZE_RANGE, CKR_ATTRIBUTE_VALUE_INVALID (no key can be made of these values), CKR_HOST_MEMORY. */
CK_RV sb_key_from_attributes(const struct sb_attributes *a, struct sb_pkey **key);
/* Puts a key's values into the attributes of an object whose class and key type are set: public ones, private ones (as secrets) for a
 * private key, CKA_PUBLIC_KEY_INFO. An EC curve gets the form of its OID. Returns SB_OK or SB_E_*. */
int sb_key_to_attributes(const struct sb_pkey *key, struct sb_attributes *a);
/* OpenSSL's name of the curve in CKA_EC_PARAMS (an OID, or a printable name) for a key type; NULL: not supported. */
const char *sb_key_curve(const struct sb_attribute *params, CK_KEY_TYPE type);
/* A point as callers give it, in a DER OCTET STRING or bare, made bare. field: the curve's, in bytes; only the length tells the two forms
 * apart without fail. */
struct sb_slice sb_key_bare_point(struct sb_slice point, size_t field);

#endif
