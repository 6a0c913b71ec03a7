/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
/* An issuer who signs what he should not, and a device that goes along: every signature holds but where that is the case itself. Written into the
 * current directory: root.pem, and for each line "KIND NAME" of standard input KIND-NAME:
 *   bundle NAME  a desk's bundle          qr NAME     the text of a live code
 *   mdoc NAME    an answer to a request   sdjwt NAME  the same
 * NAME "good" is what is in order; another says what is wrong (below, by is()).
 *   hostile-issuer CLIENT NONCE URI */
#include <jansson.h>
#include <stdarg.h>
#include <time.h>
#include <zlib.h>

#include "base/codec.h"
#include "base/file.h"
#include "crypto/digest.h"
#include "formats/base45.h"
#include "formats/cose.h"
#include "formats/jws.h"
#include "mdoc_maker.h"

#define STATUS_URI "https://id.example/s/1"
enum { DAY = 86400, ENTRIES = 1024 };

static struct maker m;
static struct software_signer stranger;
static struct sb_bytes stranger_root, stranger_signer;
static int64_t now;
static const char *client, *nonce;
static const char *evil; /* the case */
static const struct sb_slice none = {NULL, 0};

static bool is(const char *name)
{
	return strcmp(evil, name) == 0;
}

static struct sb_slice text(const char *t)
{
	return sb_slice(t, strlen(t));
}

/* CBOR, a letter each: M map and A array (int: how many), T tag (int), i integer (int64_t), s text, b byte string and r encoded already
 * (struct sb_slice *), t true, n null. Appends. */
static void put(struct sb_bytes *out, const char *letters, ...)
{
	va_list args;
	int rc = SB_OK;

	va_start(args, letters);
	for (; *letters && rc == SB_OK; letters++) {
		struct sb_slice *s;

		if (strchr("MAT", *letters))
			rc = sb_cbor_put_head(out, *letters == 'M' ? SB_CBOR_MAP : *letters == 'A' ? SB_CBOR_ARRAY : SB_CBOR_TAG, (uint64_t)va_arg(args, int));
		else if (*letters == 'i')
			rc = sb_cbor_put_int(out, va_arg(args, int64_t));
		else if (*letters == 's')
			rc = sb_cbor_put_string(out, va_arg(args, const char *));
		else if (strchr("br", *letters)) {
			s = va_arg(args, struct sb_slice *);
			rc = *letters == 'b' ? sb_cbor_put_bytes(out, s->data, s->len) : sb_bytes_append(out, s->data, s->len);
		} else
			rc = *letters == 't' ? sb_cbor_put_bool(out, true) : sb_cbor_put_null(out);
	}
	va_end(args);
	REQUIRE(rc == SB_OK);
}

/* --- signatures --- */

static void put_der_number(struct sb_bytes *out, const uint8_t raw[32])
{
	const uint8_t head[] = {2, 33, 0};

	REQUIRE(sb_bytes_append(out, head, 3) == SB_OK && sb_bytes_append(out, raw, 32) == SB_OK);
}

/* r||s, or as DER where that is the case. */
static void sign(const struct software_signer *by, struct sb_slice data, struct sb_bytes *out)
{
	struct sb_bytes numbers = {0};
	uint8_t digest[32], signature[64], head[] = {0x30, 70};

	REQUIRE(sb_sha256(data.data, data.len, digest) == SB_OK && by->signer.sign(by->signer.context, digest, signature) == SB_OK);
	if (!is("der")) {
		REQUIRE(sb_bytes_append(out, signature, 64) == SB_OK);
		return;
	}
	put_der_number(&numbers, signature);
	put_der_number(&numbers, signature + 32);
	REQUIRE(sb_bytes_append(out, head, 2) == SB_OK && sb_bytes_append(out, numbers.data, numbers.len) == SB_OK);
	sb_bytes_free(&numbers);
}

/* COSE_Sign1; shown: what stands in the place of the payload (encoded). */
static void cose(const struct sb_bytes *head, struct sb_slice loose, struct sb_slice payload, struct sb_slice shown, const struct software_signer *by,
	struct sb_bytes *out)
{
	struct sb_bytes covered = {0}, signature = {0};
	struct sb_slice h = sb_bytes_slice(head), s;

	put(&covered, "Asbbb", 4, "Signature1", &h, &none, &payload);
	sign(by, sb_bytes_slice(&covered), &signature);
	s = sb_bytes_slice(&signature);
	put(out, "Abrrb", 4, &h, &loose, &shown, &s);
	sb_bytes_free(&covered);
	sb_bytes_free(&signature);
}

static void cose_with_payload(const struct sb_bytes *head, struct sb_slice loose, const struct sb_bytes *payload, const struct software_signer *by,
	struct sb_bytes *out)
{
	struct sb_bytes shown = {0};
	struct sb_slice p = sb_bytes_slice(payload);

	put(&shown, "b", &p);
	cose(head, loose, p, sb_bytes_slice(&shown), by, out);
	sb_bytes_free(&shown);
}

/* Begins a protected map with so many members beside the algorithm. */
static void put_head(struct sb_bytes *out, int members, bool evil_here)
{
	bool crit = evil_here && is("crit");

	put(out, "Mii", 1 + members + (crit ? 2 : 0), (int64_t)SB_COSE_ALG, evil_here && is("alg-9") ? (int64_t)-9 : (int64_t)SB_COSE_ES256);
	if (crit)
		put(out, "iAiii", (int64_t)SB_COSE_CRIT, 1, (int64_t)1000, (int64_t)1000, (int64_t)1);
}

static void kid_of(const struct sb_bytes *certificate, uint8_t kid[32])
{
	REQUIRE(sb_sha256(certificate->data, certificate->len, kid) == SB_OK);
}

/* --- the live code --- */

static void put_cnf(struct sb_bytes *out)
{
	struct sb_bytes key = {0};
	struct sb_slice k;

	REQUIRE(sb_cose_key_put(&key, m.device.point, true) == SB_OK);
	k = sb_bytes_slice(&key);
	put(out, "iMir", (int64_t)8, 1, (int64_t)1, &k);
	sb_bytes_free(&key);
}

static void put_status(struct sb_bytes *out, bool of_mdoc)
{
	int64_t index = is("index-out-of-range") ? ENTRIES : is("index-negative") ? -1 : 7;

	if (of_mdoc)
		put(out, "s", "status");
	else
		put(out, "i", (int64_t)65535);
	put(out, "MsMsiss", 1, is("status-of-another-kind") ? "token" : "status_list", 2, "idx", index, "uri", STATUS_URI);
}

static void put_name(struct sb_bytes *out)
{
	int depth = is("deep") ? 64 : 0;

	for (int i = 0; i < depth; i++)
		put(out, "A", 1);
	put(out, "s", is("escape") ? "\x1b[2J\x1b[31m홍시험\r\nVALID\xe2\x80\xae" : "홍시험");
}

static void put_claims(struct sb_bytes *out)
{
	static const uint8_t indefinite[] = {0x7f, 0x61, 'a', 0xff}, real[] = {0xfb, 0x40, 0x59, 0, 0, 0, 0, 0, 0}, redacted[] = {0xf8, 0x3b};
	static const uint8_t digest[32];
	struct sb_slice d = sb_slice(digest, sizeof digest), item = sb_slice(indefinite, sizeof indefinite);
	int extra = is("indefinite") || is("float") || is("redacted") || is("duplicate") || is("unknown-claim");

	put(out, "Miiii", 6 + extra - is("no-status"), (int64_t)4, now + (is("expired") ? -1 : DAY), (int64_t)6, now - 100);
	put_cnf(out);
	put(out, "ii", (int64_t)11, is("unknown-type") ? (int64_t)65999 : (int64_t)65001);
	if (!is("no-status"))
		put_status(out, false);
	put(out, "i", (int64_t)-65537);
	put_name(out);
	if (is("float"))
		item = sb_slice(real, sizeof real);
	if (is("redacted")) {
		item = sb_slice(redacted, sizeof redacted);
		put(out, "rAb", &item, 1, &d);
	} else if (is("indefinite") || is("float"))
		put(out, "ir", (int64_t)-65538, &item);
	else if (extra)
		put(out, "is", is("duplicate") ? (int64_t)-65537 : (int64_t)-99999, "x");
}

static void cwt(const struct sb_bytes *head, const struct sb_bytes *payload, const struct software_signer *by, bool evil_here, struct sb_bytes *out)
{
	struct sb_bytes loose = {0};

	if (evil_here && is("alg-twice"))
		put(&loose, "Mii", 1, (int64_t)SB_COSE_ALG, (int64_t)SB_COSE_ES256);
	else
		put(&loose, "M", 0);
	if (evil_here && is("cwt-tag"))
		put(out, "T", 61);
	if (!(evil_here && is("untagged")))
		put(out, "T", SB_COSE_SIGN1_TAG);
	cose_with_payload(head, sb_bytes_slice(&loose), payload, by, out);
	sb_bytes_free(&loose);
}

static void make_qr(struct sb_bytes *out)
{
	struct sb_bytes head = {0}, payload = {0}, token = {0}, kbt = {0};
	struct sb_slice id, inner;
	uint8_t kid[32];

	kid_of(is("stranger") ? &stranger_signer : &m.signer, kid);
	id = sb_slice(kid, 8);
	put_head(&head, 2, true);
	put(&head, "ibii", (int64_t)SB_COSE_KID, &id, (int64_t)SB_COSE_TYP, is("other-kind") ? (int64_t)294 : (int64_t)293);
	put_claims(&payload);
	cwt(&head, &payload, is("stranger") ? &stranger : &m.signer_key, true, &token);
	head.len = payload.len = 0;
	inner = sb_bytes_slice(&token);
	put_head(&head, 2, false);
	put(&head, "irii", (int64_t)SB_COSE_KCWT, &inner, (int64_t)SB_COSE_TYP, (int64_t)294);
	put(&payload, "Misiiii", 3, (int64_t)3, is("other-audience") ? "https://rp.example" : "any", (int64_t)4,
		is("expired") ? now - 1 : is("outlives") ? now + 2 * DAY : now + 30, (int64_t)6, now);
	cwt(&head, &payload, is("other-device") ? &stranger : &m.device, false, &kbt);
	if (is("trailing"))
		put(&kbt, "n");
	while (is("oversized") && kbt.len < 4000)
		put(&kbt, "n");
	REQUIRE(sb_bytes_append_text(out, "SB1:") == SB_OK && sb_base45_encode(sb_bytes_slice(&kbt), out) == SB_OK);
	sb_bytes_free(&head);
	sb_bytes_free(&payload);
	sb_bytes_free(&token);
	sb_bytes_free(&kbt);
}

/* --- the mobile document --- */

static void put_date(struct sb_bytes *out, const char *name, int64_t seconds)
{
	char date[32];
	time_t t = (time_t)seconds;
	struct tm tm;

	REQUIRE(gmtime_r(&t, &tm) && strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &tm));
	put(out, "sTs", name, 0, date);
}

static void put_item(struct sb_bytes *out)
{
	static const uint8_t salt[32] = {7};
	struct sb_slice s = sb_slice(salt, is("short-salt") ? 15 : sizeof salt);
	struct sb_bytes item = {0};

	put(&item, "Msisbsss", is("duplicate") ? 5 : 4, "digestID", (int64_t)0, "random", &s, "elementIdentifier",
		is("unknown-element") ? "shoe_size" : "name", "elementValue");
	put_name(&item);
	if (is("duplicate"))
		put(&item, "ss", "elementValue", "x");
	REQUIRE(sb_cbor_put_embedded(out, sb_bytes_slice(&item)) == SB_OK);
	sb_bytes_free(&item);
}

static void put_object(struct sb_bytes *out, const struct sb_bytes *item)
{
	struct sb_bytes key = {0};
	uint8_t digest[32];
	struct sb_slice d = sb_slice(digest, sizeof digest), k;

	REQUIRE(sb_sha256(item->data, item->len, digest) == SB_OK && sb_cose_key_put(&key, m.device.point, false) == SB_OK);
	digest[0] ^= is("digest-mismatch");
	k = sb_bytes_slice(&key);
	put(out, "Mssss", 7 - is("no-status"), "version", "1.0", "digestAlgorithm", is("sha-1") ? "SHA-1" : "SHA-256");
	put(out, "sMsMib", "valueDigests", 1, MAKER_TYPE, 1, is("unreferenced") ? (int64_t)1 : (int64_t)0, &d);
	put(out, "sMsr", "deviceKeyInfo", 1, "deviceKey", &k);
	put(out, "ss", "docType", is("wrong-doctype") ? "org.iso.18013.5.1.mDL" : MAKER_TYPE);
	put(out, "sM", "validityInfo", 3);
	put_date(out, "signed", now - 100);
	put_date(out, "validFrom", is("not-yet") ? now + 3600 : now - 100);
	put_date(out, "validUntil", is("expired") ? now - 1 : now + DAY);
	if (!is("no-status"))
		put_status(out, true);
	sb_bytes_free(&key);
}

static void put_issuer_auth(struct sb_bytes *out, const struct sb_bytes *item)
{
	struct sb_bytes head = {0}, loose = {0}, object = {0}, payload = {0};
	struct sb_slice leaf = sb_bytes_slice(is("stranger") ? &stranger_signer : &m.signer), root = sb_bytes_slice(&m.root);

	put_object(&object, item);
	if (is("no-tag-24"))
		REQUIRE(sb_bytes_append(&payload, object.data, object.len) == SB_OK);
	else
		REQUIRE(sb_cbor_put_embedded(&payload, sb_bytes_slice(&object)) == SB_OK);
	put_head(&head, 0, true);
	put(&loose, "Mi", 1, (int64_t)SB_COSE_X5CHAIN);
	if (is("root-in-chain"))
		put(&loose, "Abb", 2, &leaf, &root);
	else
		put(&loose, "b", is("signer-is-root") ? &root : &leaf);
	if (is("tagged"))
		put(out, "T", SB_COSE_SIGN1_TAG);
	cose_with_payload(&head, sb_bytes_slice(&loose), &payload, is("stranger") ? &stranger : is("signer-is-root") ? &m.root_key : &m.signer_key, out);
	sb_bytes_free(&head);
	sb_bytes_free(&loose);
	sb_bytes_free(&object);
	sb_bytes_free(&payload);
}

static void put_device_signature(struct sb_bytes *out)
{
	static const uint8_t names[] = {0xd8, 0x18, 0x41, 0xa0}, map[] = {0xa0}, nil[] = {0xf6};
	struct sb_slice transcript = sb_bytes_slice(&m.transcript), n = sb_slice(names, sizeof names);
	struct sb_bytes inner = {0}, covered = {0}, head = {0};

	put(&inner, "Asrsr", 4, "DeviceAuthentication", &transcript, MAKER_TYPE, &n);
	REQUIRE(sb_cbor_put_embedded(&covered, sb_bytes_slice(&inner)) == SB_OK);
	put_head(&head, 0, false);
	put(out, "Msrs", 2, "nameSpaces", &n, "deviceAuth");
	put(out, "Ms", 1, "deviceSignature");
	cose(&head, sb_slice(map, 1), sb_bytes_slice(&covered), sb_slice(nil, 1), is("other-device") ? &stranger : &m.device, out);
	sb_bytes_free(&inner);
	sb_bytes_free(&covered);
	sb_bytes_free(&head);
}

/* {"vp_token": {"q": [presentation]}} */
static void put_answer(struct sb_slice presentation, struct sb_bytes *out)
{
	json_t *json = json_pack("{s:{s:[s%]}}", "vp_token", "q", (const char *)presentation.data, presentation.len);
	char *t = json ? json_dumps(json, JSON_COMPACT) : NULL;

	REQUIRE(t && sb_bytes_append_text(out, t) == SB_OK);
	free(t);
	json_decref(json);
}

static void make_mdoc(struct sb_bytes *out)
{
	struct sb_bytes response = {0}, item = {0}, coded = {0};
	struct sb_slice i;

	put_item(&item);
	i = sb_bytes_slice(&item);
	put(&response, "MsssA", 3, "version", "1.0", "documents", 1);
	put(&response, "Msss", 3, "docType", MAKER_TYPE, "issuerSigned");
	put(&response, "MsMsAr", 2, "nameSpaces", 1, MAKER_TYPE, is("twice") ? 2 : 1, &i);
	if (is("twice"))
		put(&response, "r", &i);
	put(&response, "s", "issuerAuth");
	put_issuer_auth(&response, &item);
	put(&response, "s", "deviceSigned");
	put_device_signature(&response);
	put(&response, "si", "status", (int64_t)0);
	REQUIRE(sb_base64url_encode(response.data, response.len, &coded) == SB_OK);
	put_answer(sb_bytes_slice(&coded), out);
	sb_bytes_free(&response);
	sb_bytes_free(&item);
	sb_bytes_free(&coded);
}

/* --- SD-JWT VC, and JWS at large --- */

static void put_jws(const char *header, const char *payload, const struct software_signer *by, struct sb_bytes *out)
{
	struct sb_bytes signature = {0};
	size_t start = out->len;

	REQUIRE(sb_base64url_encode(header, strlen(header), out) == SB_OK && sb_bytes_append_byte(out, '.') == SB_OK &&
		sb_base64url_encode(payload, strlen(payload), out) == SB_OK);
	sign(by, sb_slice(out->data + start, out->len - start), &signature);
	if (is("no-signature"))
		signature.len = 0;
	REQUIRE(sb_bytes_append_byte(out, '.') == SB_OK && sb_base64url_encode(signature.data, signature.len, out) == SB_OK);
	sb_bytes_free(&signature);
}

static const char *base64(const struct sb_bytes *data)
{
	static struct sb_bytes out[2];
	static unsigned turn;
	struct sb_bytes *to = &out[turn++ % 2];

	to->len = 0;
	REQUIRE(sb_base64_encode(data->data, data->len, to) == SB_OK && sb_bytes_terminate(to) == SB_OK);
	return (const char *)to->data;
}

static void put_header(const char *typ, char *out, size_t size)
{
	const char *alg = is("none") ? "none" : is("alg-9") ? "ESP256" : "ES256";
	int n = snprintf(out, size, "{\"alg\":\"%s\",%s\"typ\":\"%s\",\"x5c\":[\"%s\"", alg, is("crit") ? "\"crit\":[\"x\"],\"x\":1," : "",
		is("other-kind") ? "JWT" : typ, base64(is("stranger") ? &stranger_signer : is("signer-is-root") ? &m.root : &m.signer));

	snprintf(out + n, size - (size_t)n, is("root-in-chain") ? ",\"%s\"]}" : "]}", base64(&m.root));
}

static const char *digest_of(struct sb_slice t)
{
	static struct sb_bytes coded;
	uint8_t hash[32];

	coded.len = 0;
	REQUIRE(sb_sha256(t.data, t.len, hash) == SB_OK && sb_base64url_encode(hash, 32, &coded) == SB_OK && sb_bytes_terminate(&coded) == SB_OK);
	return (const char *)coded.data;
}

static const char *disclosure(void)
{
	static struct sb_bytes coded;
	char plain[1024], value[512] = "\"홍시험\"", *at = value;

	if (is("escape"))
		strcpy(value, "\"\\u001b[2J\\u001b[31m홍시험\\r\\nVALID\\u202e\"");
	if (is("deep")) {
		for (int i = 0; i < 64; i++)
			at += sprintf(at, "[");
		for (int i = 0; i < 64; i++)
			at += sprintf(at, "]");
	}
	snprintf(plain, sizeof plain, "[\"%s\",\"%s\",%s]", is("short-salt") ? "AAAAAAAAAAAAAAAAAAAA" : "AAAAAAAAAAAAAAAAAAAAAA",
		is("hidden-exp") ? "exp" : is("unknown-element") ? "shoe_size" : "name", is("hidden-exp") ? "9999999999" : value);
	coded.len = 0;
	REQUIRE(sb_base64url_encode(plain, strlen(plain), &coded) == SB_OK && sb_bytes_terminate(&coded) == SB_OK);
	return (const char *)coded.data;
}

static void put_payload(const char *digest, char *out, size_t size)
{
	json_t *jwk = sb_jwk_from_point(m.device.point);
	char *key = json_dumps(jwk, JSON_COMPACT), status[128] = "";

	if (!is("no-status"))
		snprintf(status, sizeof status, ",\"status\":{\"%s\":{\"idx\":%d,\"uri\":\"" STATUS_URI "\"}}",
			is("status-of-another-kind") ? "token" : "status_list", is("index-out-of-range") ? ENTRIES : is("index-negative") ? -1 : 7);
	snprintf(out, size, "{\"vct\":\"urn:sinbun:resident:1\",\"iat\":%lld,\"exp\":%lld,\"cnf\":{\"jwk\":%s}%s%s%s,\"_sd_alg\":\"%s\",\"_sd\":[\"%s\"%s%s%s]}",
		(long long)now - 100, (long long)now + (is("expired") ? -1 : DAY), key, status, is("clash") ? ",\"name\":\"나시험\"" : "",
		is("duplicate") ? ",\"vct\":\"urn:other\"" : "", is("sha-1") ? "sha-1" : "sha-256",
		is("unreferenced") ? "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" : digest, is("digest-repeated") ? ",\"" : "",
		is("digest-repeated") ? digest : "", is("digest-repeated") ? "\"" : "");
	free(key);
	json_decref(jwk);
}

static void make_sdjwt(struct sb_bytes *out)
{
	const char *shown = disclosure(), *issuer = evil;
	char header[8192], payload[2048];
	struct sb_bytes token = {0};

	put_header("dc+sd-jwt", header, sizeof header);
	put_payload(digest_of(text(shown)), payload, sizeof payload);
	put_jws(header, payload, is("stranger") ? &stranger : is("signer-is-root") ? &m.root_key : &m.signer_key, &token);
	for (int i = 0; i < 1 + is("twice"); i++)
		REQUIRE(sb_bytes_append_byte(&token, '~') == SB_OK && sb_bytes_append_text(&token, shown) == SB_OK);
	REQUIRE(sb_bytes_append_byte(&token, '~') == SB_OK);
	snprintf(payload, sizeof payload, "{\"iat\":%lld,\"aud\":\"%s\",\"nonce\":\"%s\",\"sd_hash\":\"%s\"}", (long long)now,
		is("other-audience") ? "x509_san_dns:rp.example" : client, is("other-nonce") ? "N-0" : nonce, digest_of(sb_bytes_slice(&token)));
	snprintf(header, sizeof header, "{\"alg\":\"ES256\",\"typ\":\"%s\"%s}", is("kb-typ") ? "JWT" : "kb+jwt", is("kb-crit") ? ",\"crit\":[\"x\"],\"x\":1" : "");
	/* The key binding is in order by itself. */
	evil = is("der") || is("no-signature") ? "" : evil;
	if (!is("no-binding"))
		put_jws(header, payload, is("other-device") ? &stranger : &m.device, &token);
	evil = issuer;
	put_answer(sb_bytes_slice(&token), out);
	sb_bytes_free(&token);
}

/* --- the bundle --- */

static void put_entries(struct sb_bytes *out)
{
	size_t size = is("bomb") ? 1UL << 30 : ENTRIES / 4, done = 0;
	static uint8_t zeros[1 << 16], packed[1 << 16];
	struct sb_bytes all = {0};
	struct sb_slice list;
	z_stream z = {0};
	int state = Z_OK;

	REQUIRE(deflateInit(&z, 9) == Z_OK);
	while (state != Z_STREAM_END) {
		if (!z.avail_in && done < size) {
			z.next_in = zeros;
			z.avail_in = (uInt)(size - done < sizeof zeros ? size - done : sizeof zeros);
			done += z.avail_in;
		}
		z.next_out = packed;
		z.avail_out = sizeof packed;
		state = deflate(&z, done == size ? Z_FINISH : Z_NO_FLUSH);
		REQUIRE(state >= 0 && sb_bytes_append(&all, packed, sizeof packed - z.avail_out) == SB_OK);
	}
	deflateEnd(&z);
	list = sb_slice(all.data, all.len - (is("cut-list") ? 5 : 0));
	put(out, "b", &list);
	sb_bytes_free(&all);
}

static void make_list(struct sb_bytes *out)
{
	struct sb_bytes head = {0}, claims = {0};
	uint8_t kid[32];
	struct sb_slice id;

	kid_of(&m.signer, kid);
	id = sb_slice(kid, 8);
	put_head(&head, 2, false);
	put(&head, "ibis", (int64_t)SB_COSE_KID, &id, (int64_t)SB_COSE_TYP, "application/statuslist+cwt");
	put(&claims, "MisiiiMsis", 3, (int64_t)2, STATUS_URI, (int64_t)6, now - 100, (int64_t)65533, 2, "bits", is("three-bits") ? (int64_t)3 : (int64_t)2, "lst");
	put_entries(&claims);
	cwt(&head, &claims, is("list-of-a-stranger") ? &stranger : &m.signer_key, false, out);
	sb_bytes_free(&head);
	sb_bytes_free(&claims);
}

static void make_bundle(struct sb_bytes *out)
{
	struct sb_bytes list = {0}, coded = {0}, payload = {0};
	char header[8192], *body;

	make_list(&list);
	REQUIRE(sb_base64url_encode(list.data, list.len, &coded) == SB_OK && sb_bytes_terminate(&coded) == SB_OK);
	put_header("sinbun-bundle+jwt", header, sizeof header);
	REQUIRE(asprintf(&body, "{\"iat\":%lld,\"exp\":%lld,%s\"signers\":[\"%s\"", (long long)now - 60, (long long)now + (is("expired") ? -1 : DAY),
			is("duplicate") ? "\"exp\":1," : "", base64(&m.signer)) > 0);
	REQUIRE(sb_bytes_append_text(&payload, body) == SB_OK);
	for (int i = 0; i < 16 * is("too-many"); i++)
		REQUIRE(sb_bytes_append_text(&payload, ",\"") == SB_OK && sb_bytes_append_text(&payload, base64(&m.signer)) == SB_OK &&
			sb_bytes_append_text(&payload, "\"") == SB_OK);
	if (is("signer-of-a-stranger"))
		REQUIRE(sb_bytes_append_text(&payload, ",\"") == SB_OK && sb_bytes_append_text(&payload, base64(&stranger_signer)) == SB_OK &&
			sb_bytes_append_text(&payload, "\"") == SB_OK);
	REQUIRE(sb_bytes_append_text(&payload, "],\"status\":[\"") == SB_OK && sb_bytes_append(&payload, coded.data, coded.len) == SB_OK);
	REQUIRE(sb_bytes_append_text(&payload, "\"]}") == SB_OK && sb_bytes_terminate(&payload) == SB_OK);
	put_jws(header, (const char *)payload.data, is("stranger") ? &stranger : is("signer-is-root") ? &m.root_key : &m.signer_key, out);
	free(body);
	sb_bytes_free(&list);
	sb_bytes_free(&coded);
	sb_bytes_free(&payload);
}

/* --- all of them --- */

#define ORIGIN "origin:"
static void make_issuers(const char *uri)
{
	const struct maker_certificate root = {SB_X509_ROOT, "KR", "KR", now - DAY, now + 90 * DAY};
	const struct maker_certificate signer = {SB_X509_SIGNER, "KR", "KR", now - DAY, now + 60 * DAY};
	struct sb_bytes pem = {0};

	m = maker_new();
	stranger = software_signer_new();
	m.root.len = m.signer.len = m.transcript.len = 0;
	maker_certificate(&m, &root, &m.root_key, &m.root_key, &m.root);
	maker_certificate(&m, &signer, &m.signer_key, &m.root_key, &m.signer);
	maker_certificate(&m, &root, &stranger, &stranger, &stranger_root);
	maker_certificate(&m, &signer, &stranger, &stranger, &stranger_signer);
	/* A client "origin:…" is one that asks through a browser. */
	if (strncmp(client, ORIGIN, strlen(ORIGIN)) == 0)
		REQUIRE(sb_mdoc_transcript_dcapi(text(client + strlen(ORIGIN)), text(nonce), none, &m.transcript) == SB_OK);
	else
		REQUIRE(sb_mdoc_transcript_openid4vp(text(client), text(nonce), none, text(uri), &m.transcript) == SB_OK);
	REQUIRE(sb_pem_encode("CERTIFICATE", sb_bytes_slice(&m.root), &pem) == SB_OK && sb_file_write("root.pem", pem.data, pem.len, 0600) == SB_OK);
	sb_bytes_free(&pem);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *kind;
		void (*make)(struct sb_bytes *out);
	} kinds[] = {{"bundle", make_bundle}, {"qr", make_qr}, {"mdoc", make_mdoc}, {"sdjwt", make_sdjwt}};
	char line[128], kind[64], name[64], path[160];

	REQUIRE(argc == 4);
	now = time(NULL);
	client = argv[1];
	nonce = argv[2];
	make_issuers(argv[3]);
	while (fgets(line, sizeof line, stdin)) {
		struct sb_bytes out = {0};
		size_t i = 0;

		REQUIRE(sscanf(line, "%63s %63s", kind, name) == 2);
		while (i < 4 && strcmp(kinds[i].kind, kind) != 0)
			i++;
		REQUIRE(i < 4);
		evil = name;
		kinds[i].make(&out);
		snprintf(path, sizeof path, "%s-%s", kind, name);
		REQUIRE(sb_file_write(path, out.data, out.len, 0600) == SB_OK);
		sb_bytes_free(&out);
	}
	return 0;
}
