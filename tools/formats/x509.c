/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "formats/x509.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/codec.h"
#include "base/error.h"
#include "crypto/digest.h"

/* A small DER writer: values are written into a buffer of their own and wrapped from the inside outwards. */

enum {
	BOOLEAN = 0x01, INTEGER = 0x02, BIT_STRING = 0x03, OCTET_STRING = 0x04, OID = 0x06, UTF8_STRING = 0x0c,
	PRINTABLE_STRING = 0x13, UTC_TIME = 0x17, GENERALIZED_TIME = 0x18, SEQUENCE = 0x30, SET = 0x31,
};
enum { CONTEXT_0 = 0xa0, CONTEXT_3 = 0xa3, URI_NAME = 0x86, KEY_ID_0 = 0x80, KEY_ID_LEN = 20 };

static const uint8_t oid_country[] = {0x55, 4, 6}, oid_organization[] = {0x55, 4, 10}, oid_common_name[] = {0x55, 4, 3};
static const uint8_t oid_ecdsa_sha256[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2};
static const uint8_t oid_ec_key[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1}, oid_p256[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7};
static const uint8_t oid_basic[] = {0x55, 29, 19}, oid_usage[] = {0x55, 29, 15}, oid_eku[] = {0x55, 29, 37};
static const uint8_t oid_ski[] = {0x55, 29, 14}, oid_aki[] = {0x55, 29, 35}, oid_issuer_alt[] = {0x55, 29, 18};
static const uint8_t oid_mdoc_signer[] = {0x28, 0x81, 0x8c, 0x5d, 5, 1, 2};
static const uint8_t oid_mdoc_reader[] = {0x28, 0x81, 0x8c, 0x5d, 5, 1, 6};
static const uint8_t oid_client_auth[] = {0x2b, 6, 1, 5, 5, 7, 3, 2};

/* What the kinds of certificate differ in (key usage bits as a DER BIT STRING's content: spare bits, bits). */
static const struct {
	bool ca;
	uint8_t usage[2];
	struct sb_slice eku;
	bool eku_critical;
} kinds[] = {
	[SB_X509_ROOT] = {true, {1, 0x06}, {NULL, 0}, false},                                       /* keyCertSign, cRLSign */
	[SB_X509_SIGNER] = {false, {7, 0x80}, {oid_mdoc_signer, sizeof oid_mdoc_signer}, true},      /* digitalSignature */
	[SB_X509_READER] = {false, {7, 0x80}, {oid_mdoc_reader, sizeof oid_mdoc_reader}, true},
	[SB_X509_HOLDER] = {false, {3, 0x88}, {oid_client_auth, sizeof oid_client_auth}, false},     /* … and keyAgreement */
};

/* Appends tag, length and content. */
static int put(struct sb_bytes *out, uint8_t tag, const void *content, size_t len)
{
	int rc = sb_bytes_append_byte(out, tag);

	if (rc == SB_OK && len > 0xff)
		rc = sb_bytes_append_byte(out, 0x82);
	else if (rc == SB_OK && len > 0x7f)
		rc = sb_bytes_append_byte(out, 0x81);
	if (rc == SB_OK && len > 0xff)
		rc = sb_bytes_append_byte(out, (uint8_t)(len >> 8));
	if (rc == SB_OK)
		rc = sb_bytes_append_byte(out, (uint8_t)len);
	if (len > UINT16_MAX)
		return SB_E_TOO_LARGE;
	return rc == SB_OK ? sb_bytes_append(out, content, len) : rc;
}

/* Appends a buffer's content wrapped, and frees the buffer. */
static int wrap(struct sb_bytes *out, uint8_t tag, struct sb_bytes *content, int rc)
{
	if (rc == SB_OK)
		rc = put(out, tag, content->data, content->len);
	sb_bytes_free(content);
	return rc;
}

static int put_attribute(struct sb_bytes *name, const uint8_t oid[3], uint8_t tag, const char *text)
{
	struct sb_bytes pair = {0}, set = {0};
	int rc = text ? put(&pair, OID, oid, 3) : SB_OK;

	if (!text)
		return SB_OK;
	if (rc == SB_OK)
		rc = put(&pair, tag, text, strlen(text));
	rc = wrap(&set, SEQUENCE, &pair, rc);
	return wrap(name, SET, &set, rc);
}

static int put_name(struct sb_bytes *out, const struct sb_x509_name *n)
{
	struct sb_bytes name = {0};
	int rc = put_attribute(&name, oid_country, PRINTABLE_STRING, n->country);

	if (rc == SB_OK)
		rc = put_attribute(&name, oid_organization, UTF8_STRING, n->organization);
	if (rc == SB_OK)
		rc = put_attribute(&name, oid_common_name, UTF8_STRING, n->common_name);
	return wrap(out, SEQUENCE, &name, rc);
}

/* UTCTime up to 2049, then GeneralizedTime (RFC 5280 4.1.2.5). */
static int put_time(struct sb_bytes *out, int64_t seconds)
{
	time_t t = (time_t)seconds;
	char text[20];
	struct tm tm;

	if (!gmtime_r(&t, &tm))
		return SB_E_RANGE;
	/* YYYYMMDD…; UTCTime leaves the century off. */
	strftime(text, sizeof text, "%Y%m%d%H%M%SZ", &tm);
	return tm.tm_year + 1900 < 2050 ? put(out, UTC_TIME, text + 2, strlen(text) - 2) : put(out, GENERALIZED_TIME, text, strlen(text));
}

static int put_validity(struct sb_bytes *out, const struct sb_x509_request *r)
{
	struct sb_bytes both = {0};
	int rc = put_time(&both, r->not_before);

	if (rc == SB_OK)
		rc = put_time(&both, r->not_after);
	return wrap(out, SEQUENCE, &both, rc);
}

static int put_algorithm(struct sb_bytes *out)
{
	struct sb_bytes oid = {0};

	return wrap(out, SEQUENCE, &oid, put(&oid, OID, oid_ecdsa_sha256, sizeof oid_ecdsa_sha256));
}

static int put_bits(struct sb_bytes *out, const void *data, size_t len)
{
	struct sb_bytes bits = {0};
	int rc = sb_bytes_append_byte(&bits, 0);

	if (rc == SB_OK)
		rc = sb_bytes_append(&bits, data, len);
	return wrap(out, BIT_STRING, &bits, rc);
}

static int put_spki(struct sb_bytes *out, struct sb_slice point)
{
	struct sb_bytes algorithm = {0}, spki = {0};
	int rc = put(&algorithm, OID, oid_ec_key, sizeof oid_ec_key);

	if (rc == SB_OK)
		rc = put(&algorithm, OID, oid_p256, sizeof oid_p256);
	rc = wrap(&spki, SEQUENCE, &algorithm, rc);
	if (rc == SB_OK)
		rc = put_bits(&spki, point.data, point.len);
	return wrap(out, SEQUENCE, &spki, rc);
}

/* Extension ::= SEQUENCE { OID, critical, OCTET STRING }; takes value over. */
static int put_extension(struct sb_bytes *out, struct sb_slice oid, bool critical, struct sb_bytes *value, int rc)
{
	static const uint8_t yes = 0xff;
	struct sb_bytes extension = {0};

	if (rc == SB_OK)
		rc = put(&extension, OID, oid.data, oid.len);
	if (rc == SB_OK && critical)
		rc = put(&extension, BOOLEAN, &yes, 1);
	if (rc == SB_OK)
		rc = put(&extension, OCTET_STRING, value->data, value->len);
	sb_bytes_free(value);
	return wrap(out, SEQUENCE, &extension, rc);
}

/* SHA-1 of the public key's bits, as everybody's key identifiers are (RFC 5280 4.2.1.2); no security rests on it. */
static int key_id(struct sb_slice point, uint8_t id[KEY_ID_LEN])
{
	uint8_t hash[SB_DIGEST_MAX];
	int rc = sb_digest("SHA1", point.data, point.len, hash, NULL);

	memcpy(id, hash, KEY_ID_LEN);
	return rc;
}

static int put_basic(struct sb_bytes *out, bool ca)
{
	static const uint8_t yes = 0xff, zero = 0;
	struct sb_bytes inside = {0}, value = {0};
	int rc = ca ? put(&inside, BOOLEAN, &yes, 1) : SB_OK;

	if (rc == SB_OK && ca)
		rc = put(&inside, INTEGER, &zero, 1);
	rc = wrap(&value, SEQUENCE, &inside, rc);
	return put_extension(out, sb_slice(oid_basic, 3), true, &value, rc);
}

static int put_key_ids(struct sb_bytes *out, const struct sb_x509_request *r)
{
	struct sb_bytes value = {0}, inside = {0};
	uint8_t id[KEY_ID_LEN];
	int rc = key_id(r->point, id);

	if (rc == SB_OK)
		rc = put(&value, OCTET_STRING, id, sizeof id);
	rc = put_extension(out, sb_slice(oid_ski, 3), false, &value, rc);
	if (rc == SB_OK)
		rc = key_id(r->issuer_point, id);
	if (rc == SB_OK)
		rc = put(&inside, KEY_ID_0, id, sizeof id);
	rc = wrap(&value, SEQUENCE, &inside, rc);
	return put_extension(out, sb_slice(oid_aki, 3), false, &value, rc);
}

static int put_eku(struct sb_bytes *out, struct sb_slice oid, bool critical)
{
	struct sb_bytes inside = {0}, value = {0};
	int rc = wrap(&value, SEQUENCE, &inside, put(&inside, OID, oid.data, oid.len));

	return put_extension(out, sb_slice(oid_eku, 3), critical, &value, rc);
}

static int put_issuer_url(struct sb_bytes *out, const char *url)
{
	struct sb_bytes inside = {0}, value = {0};
	int rc = wrap(&value, SEQUENCE, &inside, put(&inside, URI_NAME, url, strlen(url)));

	return put_extension(out, sb_slice(oid_issuer_alt, 3), false, &value, rc);
}

static int put_extensions(struct sb_bytes *out, const struct sb_x509_request *r)
{
	struct sb_bytes list = {0}, sequence = {0}, usage = {0};
	int rc = put_basic(&list, kinds[r->kind].ca);

	if (rc == SB_OK)
		rc = put(&usage, BIT_STRING, kinds[r->kind].usage, 2);
	rc = put_extension(&list, sb_slice(oid_usage, 3), true, &usage, rc);
	if (rc == SB_OK && kinds[r->kind].eku.len)
		rc = put_eku(&list, kinds[r->kind].eku, kinds[r->kind].eku_critical);
	if (rc == SB_OK)
		rc = put_key_ids(&list, r);
	if (rc == SB_OK && r->issuer_url)
		rc = put_issuer_url(&list, r->issuer_url);
	rc = wrap(&sequence, SEQUENCE, &list, rc);
	return wrap(out, CONTEXT_3, &sequence, rc);
}

static int put_serial(struct sb_bytes *out, const struct sb_x509_request *r)
{
	static const uint8_t v3[] = {INTEGER, 1, 2};
	size_t skip = 0;
	uint8_t padded[21] = {0};
	int rc = put(out, CONTEXT_0, v3, sizeof v3);

	if (r->serial_len < 1 || r->serial_len > 20)
		return SB_E_ARGUMENT;
	/* Minimal and positive: no leading zeros but the one that keeps the sign. */
	while (skip + 1 < r->serial_len && r->serial[skip] == 0)
		skip++;
	memcpy(padded + 1, r->serial + skip, r->serial_len - skip);
	if (rc != SB_OK)
		return rc;
	return padded[1] & 0x80 ? put(out, INTEGER, padded, r->serial_len - skip + 1)
				: put(out, INTEGER, padded + 1, r->serial_len - skip);
}

static int put_tbs(struct sb_bytes *out, const struct sb_x509_request *r)
{
	struct sb_bytes tbs = {0};
	int rc = put_serial(&tbs, r);

	if (rc == SB_OK)
		rc = put_algorithm(&tbs);
	if (rc == SB_OK)
		rc = put_name(&tbs, &r->issuer);
	if (rc == SB_OK)
		rc = put_validity(&tbs, r);
	if (rc == SB_OK)
		rc = put_name(&tbs, &r->subject);
	if (rc == SB_OK)
		rc = put_spki(&tbs, r->point);
	if (rc == SB_OK)
		rc = put_extensions(&tbs, r);
	return wrap(out, SEQUENCE, &tbs, rc);
}

static int put_number(struct sb_bytes *out, const uint8_t raw[32])
{
	uint8_t padded[33] = {0};
	size_t skip = 0;

	while (skip < 31 && raw[skip] == 0)
		skip++;
	memcpy(padded + 1, raw + skip, 32 - skip);
	return raw[skip] & 0x80 ? put(out, INTEGER, padded, 33 - skip) : put(out, INTEGER, padded + 1, 32 - skip);
}

static int put_signature(struct sb_bytes *out, const uint8_t raw[64])
{
	struct sb_bytes numbers = {0}, sequence = {0};
	int rc = put_number(&numbers, raw);

	if (rc == SB_OK)
		rc = put_number(&numbers, raw + 32);
	rc = wrap(&sequence, SEQUENCE, &numbers, rc);
	if (rc == SB_OK)
		rc = put_bits(out, sequence.data, sequence.len);
	sb_bytes_free(&sequence);
	return rc;
}

int sb_x509_issue(const struct sb_x509_request *request, const struct sb_signer *signer, struct sb_bytes *der)
{
	struct sb_bytes certificate = {0};
	uint8_t digest[SB_SHA256_SIZE], signature[64];
	int rc = put_tbs(&certificate, request);

	if (rc == SB_OK)
		rc = sb_sha256(certificate.data, certificate.len, digest);
	if (rc == SB_OK)
		rc = signer->sign(signer->context, digest, signature);
	if (rc == SB_OK)
		rc = put_algorithm(&certificate);
	if (rc == SB_OK)
		rc = put_signature(&certificate, signature);
	return wrap(der, SEQUENCE, &certificate, rc);
}

int sb_pem_encode(const char *what, struct sb_slice der, struct sb_bytes *pem)
{
	enum { LINE = 64 };
	struct sb_bytes text = {0};
	char frame[80];
	int rc = sb_base64_encode(der.data, der.len, &text);

	snprintf(frame, sizeof frame, "-----BEGIN %s-----\n", what);
	if (rc == SB_OK)
		rc = sb_bytes_append_text(pem, frame);
	for (size_t i = 0; rc == SB_OK && i < text.len; i += LINE) {
		rc = sb_bytes_append(pem, text.data + i, text.len - i < LINE ? text.len - i : LINE);
		if (rc == SB_OK)
			rc = sb_bytes_append_byte(pem, '\n');
	}
	snprintf(frame, sizeof frame, "-----END %s-----\n", what);
	if (rc == SB_OK)
		rc = sb_bytes_append_text(pem, frame);
	sb_bytes_free(&text);
	return rc;
}

int sb_pem_decode(const char *what, struct sb_slice pem, struct sb_bytes *der)
{
	struct sb_bytes text = {0};
	char begin[80], end[80];
	const uint8_t *from, *to;
	int rc = SB_OK;

	snprintf(begin, sizeof begin, "-----BEGIN %s-----", what);
	snprintf(end, sizeof end, "-----END %s-----", what);
	from = pem.len ? memmem(pem.data, pem.len, begin, strlen(begin)) : NULL;
	to = from ? memmem(from, pem.len - (size_t)(from - pem.data), end, strlen(end)) : NULL;
	if (!to)
		return SB_E_FORMAT;
	for (const uint8_t *p = from + strlen(begin); rc == SB_OK && p < to; p++)
		if (!strchr(" \t\r\n", *p) || !*p)
			rc = sb_bytes_append_byte(&text, *p);
	if (rc == SB_OK)
		rc = sb_base64_decode((const char *)text.data, text.len, der);
	sb_bytes_free(&text);
	return rc;
}
