/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "formats/mdoc_private.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "crypto/certificate.h"
#include "crypto/digest.h"
#include "crypto/kdf.h"
#include "formats/cose.h"

/* --- faults --- */

static const struct {
	const char *name, *text;
	enum sb_mdoc_kind kind;
} faults[SB_MDOC_FAULT_COUNT] = {
#define MDOC_FAULT_ROW(name, text, kind) [SB_MDOC_FAULT_##name] = {#name, text, SB_MDOC_KIND_##kind},
	SB_MDOC_FAULTS(MDOC_FAULT_ROW)
#undef MDOC_FAULT_ROW
};

const char *sb_mdoc_fault_name(enum sb_mdoc_fault fault)
{
	return faults[fault].name;
}

const char *sb_mdoc_fault_text(enum sb_mdoc_fault fault)
{
	return faults[fault].text;
}

enum sb_mdoc_kind sb_mdoc_fault_kind(enum sb_mdoc_fault fault)
{
	return faults[fault].kind;
}

int mdoc_fault(enum sb_mdoc_fault *why, enum sb_mdoc_fault fault)
{
	static const int errors[] = {
		[SB_MDOC_KIND_NONE] = SB_OK,
		[SB_MDOC_KIND_MALFORMED] = SB_E_FORMAT,
		[SB_MDOC_KIND_UNKNOWN_ISSUER] = SB_E_SIGNATURE,
		[SB_MDOC_KIND_ALTERED] = SB_E_SIGNATURE,
		[SB_MDOC_KIND_NOT_YET_VALID] = SB_E_RANGE,
		[SB_MDOC_KIND_EXPIRED] = SB_E_RANGE,
		[SB_MDOC_KIND_HOLDER] = SB_E_SIGNATURE,
	};

	*why = fault;
	return errors[faults[fault].kind];
}

/* --- maps with names --- */

int mdoc_members(const struct sb_cbor_item *map, const char *const *names, bool closed, struct sb_cbor_item *values)
{
	struct sb_slice in = sb_cbor_enter(map);
	struct sb_cbor_item key, value;

	for (size_t i = 0; names[i]; i++)
		values[i] = (struct sb_cbor_item){0};
	if (map->type != SB_CBOR_MAP)
		return SB_E_FORMAT;
	for (uint64_t n = 0; n < map->value; n++) {
		size_t i = 0;

		if (sb_cbor_expect(&in, SB_CBOR_TEXT, &key) != SB_OK || sb_cbor_next(&in, &value) != SB_OK)
			return SB_E_FORMAT;
		while (names[i] && !sb_cbor_text_is(&key, names[i]))
			i++;
		if (names[i])
			values[i] = value;
		else if (closed)
			return SB_E_FORMAT;
	}
	return SB_OK;
}

/* --- dates --- */

static bool digits(const char *text, size_t len, int *number)
{
	*number = 0;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		*number = *number * 10 + text[i] - '0';
	}
	return true;
}

bool mdoc_is_date(const char *text, size_t len)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int year, month, day, last;

	if (len != 10 || text[4] != '-' || text[7] != '-' || !digits(text, 4, &year) || !digits(text + 5, 2, &month) ||
		!digits(text + 8, 2, &day) || year < 1 || month < 1 || month > 12 || day < 1)
		return false;
	last = lengths[month - 1] + (month == 2 && (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)));
	return day <= last;
}

int mdoc_read_time(const struct sb_cbor_item *item, int64_t *seconds)
{
	struct sb_cbor_item text;
	struct tm tm = {0};
	const char *t;

	if (item->type != SB_CBOR_TAG || item->value != SB_CBOR_TAG_DATE_TIME || sb_cbor_only(sb_cbor_enter(item), &text) != SB_OK ||
		text.type != SB_CBOR_TEXT || text.bytes.len != 20)
		return SB_E_FORMAT;
	t = (const char *)text.bytes.data;
	if (!mdoc_is_date(t, 10) || t[10] != 'T' || t[13] != ':' || t[16] != ':' || t[19] != 'Z' || !digits(t, 4, &tm.tm_year) ||
		!digits(t + 5, 2, &tm.tm_mon) || !digits(t + 8, 2, &tm.tm_mday) || !digits(t + 11, 2, &tm.tm_hour) ||
		!digits(t + 14, 2, &tm.tm_min) || !digits(t + 17, 2, &tm.tm_sec) || tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 59)
		return SB_E_FORMAT;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	*seconds = timegm(&tm);
	return SB_OK;
}

int mdoc_put_time(struct sb_bytes *out, int64_t seconds)
{
	time_t t = (time_t)seconds;
	struct tm tm;
	char text[21];
	int rc;

	/* 0001-01-01 to 9999-12-31: four digits. */
	if (seconds < -62135596800 || seconds > 253402300799 || !gmtime_r(&t, &tm))
		return SB_E_RANGE;
	snprintf(text, sizeof text, "%04u-%02u-%02uT%02u:%02u:%02uZ", (unsigned)(tm.tm_year + 1900) % 10000, (unsigned)(tm.tm_mon + 1) % 100,
		(unsigned)tm.tm_mday % 100, (unsigned)tm.tm_hour % 100, (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100);
	rc = sb_cbor_put_head(out, SB_CBOR_TAG, SB_CBOR_TAG_DATE_TIME);
	return rc == SB_OK ? sb_cbor_put_string(out, text) : rc;
}

/* --- certificates --- */

int mdoc_read_chain(const struct sb_cbor_item *unprotected_map, struct sb_slice *certificate)
{
	struct sb_cbor_item item;

	/* An array stands for several certificates. A signer's is issued by the root itself, and the root has no place in it. */
	if (sb_cbor_map_get(unprotected_map, SB_COSE_X5CHAIN, &item) != SB_OK || item.type != SB_CBOR_BYTES || item.bytes.len == 0)
		return SB_E_FORMAT;
	*certificate = item.bytes;
	return SB_OK;
}

/* ISO/IEC 18013-5 Annex B: the country stands in both, and is the same. */
static bool same_country(const struct sb_certificate *leaf, const struct sb_certificate *root)
{
	char one[3], two[3];

	return sb_certificate_country(leaf, one) == SB_OK && sb_certificate_country(root, two) == SB_OK && strcmp(one, two) == 0;
}

/* How far the check of one root went: SB_OK, else SB_E_FORMAT (profile), SB_E_RANGE (time), SB_E_SIGNATURE (another root). */
static int check_root(const struct sb_certificate *leaf, struct sb_slice root_der, int64_t at, const struct mdoc_path *path)
{
	struct sb_certificate *root;
	int rc = sb_certificate_parse(root_der, &root);

	if (rc != SB_OK)
		return rc == SB_E_NOMEM ? rc : SB_E_SIGNATURE;
	rc = sb_certificate_check(leaf, root, at, path->eku);
	if (rc == SB_OK && path->country && !same_country(leaf, root))
		rc = SB_E_FORMAT;
	sb_certificate_free(&root);
	return rc;
}

int mdoc_check_path(struct sb_slice certificate, const struct mdoc_path *path, const struct sb_mdoc_question *question, struct mdoc_leaf *out,
	enum sb_mdoc_fault *why)
{
	struct sb_certificate *leaf;
	enum sb_mdoc_fault fault = path->issuer;
	int rc = sb_certificate_parse(certificate, &leaf);

	if (rc != SB_OK)
		return rc == SB_E_NOMEM ? rc : mdoc_fault(why, SB_MDOC_FAULT_CHAIN);
	rc = SB_E_SIGNATURE;
	for (size_t i = 0; rc != SB_OK && rc != SB_E_NOMEM && i < question->root_count; i++) {
		rc = check_root(leaf, question->roots[i], question->at, path);
		if (rc == SB_E_RANGE || rc == SB_E_FORMAT)
			fault = rc == SB_E_RANGE ? path->time : path->profile;
	}
	if (rc == SB_OK && (sb_certificate_point(leaf, out->point) != SB_OK || sb_certificate_validity(leaf, &out->from, &out->to) != SB_OK)) {
		fault = path->profile;
		rc = SB_E_FORMAT;
	}
	sb_certificate_free(&leaf);
	return rc == SB_OK || rc == SB_E_NOMEM ? rc : mdoc_fault(why, fault);
}

/* --- what devices and readers sign --- */

bool mdoc_is_transcript(struct sb_slice transcript)
{
	struct sb_cbor_item array;

	return sb_cbor_only(transcript, &array) == SB_OK && array.type == SB_CBOR_ARRAY && array.value == 3;
}

static int authentication(const char *context, struct sb_slice transcript, const char *doctype, size_t doctype_len, struct sb_slice last,
	struct sb_bytes *out)
{
	struct sb_bytes array = {0};
	int rc = mdoc_is_transcript(transcript) ? sb_cbor_put_head(&array, SB_CBOR_ARRAY, doctype ? 4 : 3) : SB_E_ARGUMENT;

	if (rc == SB_OK)
		rc = sb_cbor_put_string(&array, context);
	if (rc == SB_OK)
		rc = sb_bytes_append(&array, transcript.data, transcript.len);
	if (rc == SB_OK && doctype)
		rc = sb_cbor_put_text(&array, doctype, doctype_len);
	if (rc == SB_OK)
		rc = sb_bytes_append(&array, last.data, last.len);
	if (rc == SB_OK)
		rc = sb_cbor_put_embedded(out, sb_bytes_slice(&array));
	sb_bytes_free(&array);
	return rc;
}

int mdoc_device_authentication(struct sb_slice transcript, struct sb_slice doctype, struct sb_slice name_spaces, struct sb_bytes *out)
{
	return authentication("DeviceAuthentication", transcript, (const char *)doctype.data, doctype.len, name_spaces, out);
}

int mdoc_reader_authentication(struct sb_slice transcript, struct sb_slice items, struct sb_bytes *out)
{
	return authentication("ReaderAuthentication", transcript, NULL, 0, items, out);
}

int mdoc_mac_key(struct sb_slice secret, struct sb_slice transcript, uint8_t key[32])
{
	static const char info[] = "EMacKey";
	struct sb_bytes tagged = {0};
	uint8_t salt[SB_SHA256_SIZE];
	int rc = secret.len == MDOC_SECRET && mdoc_is_transcript(transcript) ? sb_cbor_put_embedded(&tagged, transcript) : SB_E_ARGUMENT;

	if (rc == SB_OK)
		rc = sb_sha256(tagged.data, tagged.len, salt);
	if (rc == SB_OK)
		rc = sb_hkdf_sha256(secret, sb_slice(salt, sizeof salt), sb_slice(info, sizeof info - 1), key, 32);
	sb_bytes_free(&tagged);
	return rc;
}

/* --- transcripts of OpenID4VP --- */

static int put_thumbprint(struct sb_bytes *out, struct sb_slice thumbprint)
{
	return thumbprint.len ? sb_cbor_put_bytes(out, thumbprint.data, thumbprint.len) : sb_cbor_put_null(out);
}

/* [null, null, [name, SHA-256 of info]]. */
static int put_transcript(const char *name, const struct sb_bytes *info, struct sb_bytes *out)
{
	uint8_t hash[SB_SHA256_SIZE];
	int rc = sb_sha256(info->data, info->len, hash);

	if (rc == SB_OK)
		rc = sb_cbor_put_head(out, SB_CBOR_ARRAY, 3);
	if (rc == SB_OK)
		rc = sb_cbor_put_null(out);
	if (rc == SB_OK)
		rc = sb_cbor_put_null(out);
	if (rc == SB_OK)
		rc = sb_cbor_put_head(out, SB_CBOR_ARRAY, 2);
	if (rc == SB_OK)
		rc = sb_cbor_put_string(out, name);
	return rc == SB_OK ? sb_cbor_put_bytes(out, hash, sizeof hash) : rc;
}

static int put_text(struct sb_bytes *out, struct sb_slice text)
{
	return sb_cbor_put_text(out, (const char *)text.data, text.len);
}

int sb_mdoc_transcript_openid4vp(
	struct sb_slice client_id, struct sb_slice nonce, struct sb_slice thumbprint, struct sb_slice response_uri, struct sb_bytes *out)
{
	struct sb_bytes info = {0};
	int rc = thumbprint.len && thumbprint.len != SB_SHA256_SIZE ? SB_E_ARGUMENT : sb_cbor_put_head(&info, SB_CBOR_ARRAY, 4);

	if (rc == SB_OK)
		rc = put_text(&info, client_id);
	if (rc == SB_OK)
		rc = put_text(&info, nonce);
	if (rc == SB_OK)
		rc = put_thumbprint(&info, thumbprint);
	if (rc == SB_OK)
		rc = put_text(&info, response_uri);
	if (rc == SB_OK)
		rc = put_transcript("OpenID4VPHandover", &info, out);
	sb_bytes_free(&info);
	return rc;
}

int sb_mdoc_transcript_dcapi(struct sb_slice origin, struct sb_slice nonce, struct sb_slice thumbprint, struct sb_bytes *out)
{
	struct sb_bytes info = {0};
	int rc = thumbprint.len && thumbprint.len != SB_SHA256_SIZE ? SB_E_ARGUMENT : sb_cbor_put_head(&info, SB_CBOR_ARRAY, 3);

	if (rc == SB_OK)
		rc = put_text(&info, origin);
	if (rc == SB_OK)
		rc = put_text(&info, nonce);
	if (rc == SB_OK)
		rc = put_thumbprint(&info, thumbprint);
	if (rc == SB_OK)
		rc = put_transcript("OpenID4VPDCAPIHandover", &info, out);
	sb_bytes_free(&info);
	return rc;
}
