/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "attribute_key.h"

#include <string.h>

#include "base/error.h"

/* Curves in all the ways CKA_EC_PARAMS writes them. */
static const struct curve_row {
	const char *curve; /* OpenSSL's name */
	CK_KEY_TYPE type;
	size_t field; /* bytes */
	struct sb_slice oid;
	const char *printable[4]; /* PrintableString, without its tag and length */
} curves[] = {
	{"P-256", CKK_EC, 32, {(const uint8_t *)"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", 10}, {"secp256r1", "prime256v1", "P-256"}},
	{"P-384", CKK_EC, 48, {(const uint8_t *)"\x06\x05\x2b\x81\x04\x00\x22", 7}, {"secp384r1", "P-384"}},
	{"P-521", CKK_EC, 66, {(const uint8_t *)"\x06\x05\x2b\x81\x04\x00\x23", 7}, {"secp521r1", "P-521"}},
	{"ED25519", CKK_EC_EDWARDS, 32, {(const uint8_t *)"\x06\x03\x2b\x65\x70", 5}, {"edwards25519", "Ed25519", "ED25519"}},
};
enum { CURVES = sizeof curves / sizeof *curves, PRINTABLE_STRING = 0x13, OCTET_STRING = 4, LONG_FORM = 0x81 };

/* How a value is written. A point is wrapped into a DER OCTET STRING, that of Edwards too: PKCS#11 3.1 wants it bare, 3.0 wanted DER, and
 * programs of the time before 3.1 read no other; the later ones read both. */
enum form { BARE, WRAPPED };

static const struct {
	CK_KEY_TYPE type;
	enum sb_key_type key;
	const struct part {
		CK_ATTRIBUTE_TYPE attribute;
		enum sb_part part;
		enum form form;
		bool public, private, secret; /* in which objects it stands; never in the clear */
	} *parts;
	size_t count;
} types[] = {
#define PARTS(...) (const struct part[]){__VA_ARGS__}, sizeof((const struct part[]){__VA_ARGS__}) / sizeof(struct part)
	{CKK_EC, SB_KEY_EC,
		PARTS({CKA_EC_POINT, SB_PART_POINT, WRAPPED, true, false, false}, {CKA_VALUE, SB_PART_SCALAR, BARE, false, true, true})},
	{CKK_EC_EDWARDS, SB_KEY_EDWARDS,
		PARTS({CKA_EC_POINT, SB_PART_POINT, WRAPPED, true, false, false}, {CKA_VALUE, SB_PART_SCALAR, BARE, false, true, true})},
	{CKK_RSA, SB_KEY_RSA,
		PARTS({CKA_MODULUS, SB_PART_MODULUS, BARE, true, true, false},
			{CKA_PUBLIC_EXPONENT, SB_PART_PUBLIC_EXPONENT, BARE, true, true, false},
			{CKA_PRIVATE_EXPONENT, SB_PART_PRIVATE_EXPONENT, BARE, false, true, true},
			{CKA_PRIME_1, SB_PART_PRIME_1, BARE, false, true, true}, {CKA_PRIME_2, SB_PART_PRIME_2, BARE, false, true, true},
			{CKA_EXPONENT_1, SB_PART_EXPONENT_1, BARE, false, true, true},
			{CKA_EXPONENT_2, SB_PART_EXPONENT_2, BARE, false, true, true},
			{CKA_COEFFICIENT, SB_PART_COEFFICIENT, BARE, false, true, true})},
#undef PARTS
};
enum { TYPES = sizeof types / sizeof *types };

static size_t find_type(CK_KEY_TYPE type)
{
	size_t i = 0;

	while (i < TYPES && types[i].type != type)
		i++;
	return i;
}

static bool names_curve(const struct sb_attribute *params, size_t curve)
{
	if (sb_slice_equal(sb_slice(params->value, params->len), curves[curve].oid))
		return true;
	for (size_t i = 0; i < 4 && curves[curve].printable[i]; i++) {
		size_t len = strlen(curves[curve].printable[i]);

		if (params->len == len + 2 && params->value[0] == PRINTABLE_STRING && params->value[1] == len &&
			memcmp(params->value + 2, curves[curve].printable[i], len) == 0)
			return true;
	}
	return false;
}

static const struct curve_row *find_curve(const struct sb_attribute *params, CK_KEY_TYPE type)
{
	for (size_t i = 0; params && i < CURVES; i++)
		if (curves[i].type == type && names_curve(params, i))
			return &curves[i];
	return NULL;
}

const char *sb_key_curve(const struct sb_attribute *params, CK_KEY_TYPE type)
{
	const struct curve_row *row = find_curve(params, type);

	return row ? row->curve : NULL;
}

struct sb_slice sb_key_bare_point(struct sb_slice p, size_t field)
{
	/* As long as a bare one is: compressed or Edwards, uncompressed. Its bytes are not looked at: they may read as a DER head. */
	if (p.len == field || p.len == field + 1 || p.len == 2 * field + 1)
		return p;
	if (p.len >= 2 && p.data[0] == OCTET_STRING && p.data[1] < 128 && (size_t)p.data[1] + 2 == p.len)
		return sb_slice(p.data + 2, p.len - 2);
	if (p.len >= 3 && p.data[0] == OCTET_STRING && p.data[1] == LONG_FORM && (size_t)p.data[2] + 3 == p.len)
		return sb_slice(p.data + 3, p.len - 3);
	return p;
}

static struct sb_slice read_part(const struct part *part, const struct sb_attribute *a, CK_KEY_TYPE type, const struct curve_row *curve)
{
	struct sb_slice value = sb_slice(a->value, a->len);

	if (part->part == SB_PART_POINT)
		return curve ? sb_key_bare_point(value, curve->field) : value;
	/* A number may have zeros before it; the secret of Edwards keys is none. */
	while (type != CKK_EC_EDWARDS && value.len && value.data[0] == 0)
		value = sb_slice(value.data + 1, value.len - 1);
	return value;
}

CK_RV sb_key_from_attributes(const struct sb_attributes *a, struct sb_pkey **key)
{
	CK_KEY_TYPE type = sb_attributes_ulong(a, CKA_KEY_TYPE, CK_UNAVAILABLE_INFORMATION);
	bool is_private = sb_attributes_ulong(a, CKA_CLASS, CKO_DATA) == CKO_PRIVATE_KEY;
	const struct curve_row *curve = find_curve(sb_attributes_get(a, CKA_EC_PARAMS), type);
	struct sb_slice parts[SB_PARTS] = {{0}};
	size_t row = find_type(type);
	int rc;

	*key = NULL;
	if (row == TYPES)
		return CKR_KEY_TYPE_INCONSISTENT;
	for (size_t i = 0; i < types[row].count; i++) {
		const struct part *part = &types[row].parts[i];
		const struct sb_attribute *value = sb_attributes_get(a, part->attribute);

		if (value && (is_private ? part->private : part->public))
			parts[part->part] = read_part(part, value, type, curve);
	}
	if (is_private && !parts[SB_PART_SCALAR].len && !parts[SB_PART_PRIVATE_EXPONENT].len)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	rc = sb_pkey_from_parts(types[row].key, curve ? curve->curve : NULL, parts, key);
	switch (rc) {
	case SB_OK:
		return CKR_OK;
	case SB_E_NOMEM:
		return CKR_HOST_MEMORY;
	case SB_E_UNSUPPORTED:
		return CKR_CURVE_NOT_SUPPORTED;
	case SB_E_RANGE:
		return type == CKK_RSA ? CKR_KEY_SIZE_RANGE : CKR_ATTRIBUTE_VALUE_INVALID;
	default:
		return CKR_ATTRIBUTE_VALUE_INVALID;
	}
}

static int wrap_point(const struct sb_bytes *point, struct sb_bytes *der)
{
	int rc = sb_bytes_append_byte(der, OCTET_STRING);

	if (rc == SB_OK && point->len >= 128)
		rc = sb_bytes_append_byte(der, LONG_FORM);
	if (rc == SB_OK)
		rc = sb_bytes_append_byte(der, (uint8_t)point->len);
	return rc == SB_OK ? sb_bytes_append(der, point->data, point->len) : rc;
}

static int set_part(const struct sb_pkey *key, const struct part *part, struct sb_attributes *a)
{
	struct sb_bytes value = {0}, der = {0};
	int rc = sb_pkey_part(key, part->part, &value);

	if (rc == SB_OK && part->form == WRAPPED)
		rc = wrap_point(&value, &der);
	if (rc == SB_OK) {
		const struct sb_bytes *use = part->form == WRAPPED ? &der : &value;

		rc = (part->secret ? sb_attributes_set_secret : sb_attributes_set)(a, part->attribute, use->data, use->len);
	}
	sb_bytes_free(&value);
	sb_bytes_free(&der);
	/* An RSA key may have come without its primes. */
	return rc == SB_E_NOT_FOUND ? SB_OK : rc;
}

static int set_curve(const struct sb_pkey *key, struct sb_attributes *a)
{
	const char *curve = sb_pkey_curve(key);

	for (size_t i = 0; curve && i < CURVES; i++)
		if (strcmp(curves[i].curve, curve) == 0)
			return sb_attributes_set(a, CKA_EC_PARAMS, curves[i].oid.data, curves[i].oid.len);
	return SB_OK;
}

int sb_key_to_attributes(const struct sb_pkey *key, struct sb_attributes *a)
{
	bool is_private = sb_attributes_ulong(a, CKA_CLASS, CKO_DATA) == CKO_PRIVATE_KEY;
	size_t row = find_type(sb_attributes_ulong(a, CKA_KEY_TYPE, CK_UNAVAILABLE_INFORMATION));
	struct sb_bytes spki = {0};
	int rc = row == TYPES ? SB_E_UNSUPPORTED : set_curve(key, a);

	for (size_t i = 0; rc == SB_OK && i < types[row].count; i++)
		if (is_private ? types[row].parts[i].private : types[row].parts[i].public)
			rc = set_part(key, &types[row].parts[i], a);
	if (rc == SB_OK && types[row].type == CKK_RSA && !is_private)
		rc = sb_attributes_set_ulong(a, CKA_MODULUS_BITS, sb_pkey_bits(key));
	if (rc == SB_OK)
		rc = sb_pkey_spki(key, &spki);
	if (rc == SB_OK)
		rc = sb_attributes_set(a, CKA_PUBLIC_KEY_INFO, spki.data, spki.len);
	sb_bytes_free(&spki);
	return rc;
}
