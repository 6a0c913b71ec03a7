/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <zlib.h>

#include "formats/bundle.h"
#include "formats/cose.h"
#include "fuzz_parts.h"
#include "mdoc_maker.h"

/* The bundle of a desk, its JWS and the status lists in it: nothing crashes, and what is opened holds no signer and no list that the issuer did
 * not sign.
 * In the clear: header and payload of the JWS, a line each; "@0", "@1" and "@2" stand for the signer, the list and a certificate that is for
 * no signer, "@l" for a list signed over what follows as a third line (hexadecimal CBOR claims; the bytes behind "z" in it are compressed). */

static struct maker m;
static struct software_signer other_key;
static struct sb_bytes other, list, made, clear;
static unsigned long opened;

static void make_list(struct sb_slice claims, struct sb_bytes *out)
{
	struct sb_bytes header = {0};
	uint8_t hash[SB_SHA256_SIZE];

	FUZZ_REQUIRE(sb_sha256(m.signer.data, m.signer.len, hash) == SB_OK);
	FUZZ_REQUIRE(sb_cbor_put_head(&header, SB_CBOR_MAP, 3) == SB_OK && sb_cbor_put_int(&header, SB_COSE_ALG) == SB_OK &&
		     sb_cbor_put_int(&header, SB_COSE_ES256) == SB_OK && sb_cbor_put_int(&header, SB_COSE_KID) == SB_OK &&
		     sb_cbor_put_bytes(&header, hash, SB_KID) == SB_OK && sb_cbor_put_int(&header, SB_COSE_TYP) == SB_OK &&
		     sb_cbor_put_string(&header, "application/statuslist+cwt") == SB_OK);
	FUZZ_REQUIRE(sb_cose_sign1_make(sb_bytes_slice(&header), claims, &m.signer_key.signer, out) == SB_OK);
	sb_bytes_free(&header);
}

static void put_compressed(struct sb_slice raw, struct sb_bytes *out)
{
	uLongf size = compressBound(raw.len);
	uint8_t *packed = malloc(size);

	FUZZ_REQUIRE(packed && compress(packed, &size, raw.data, raw.len) == Z_OK);
	FUZZ_REQUIRE(sb_cbor_put_bytes(out, packed, size) == SB_OK);
	free(packed);
}

/* {2: uri, 6: iat, 65533: {"bits": 2, "lst": …}} up to the bytes, which are given. */
static void claims_of(struct sb_slice entries, struct sb_bytes *out)
{
	FUZZ_REQUIRE(sb_cbor_put_head(out, SB_CBOR_MAP, 3) == SB_OK && sb_cbor_put_int(out, 2) == SB_OK && sb_cbor_put_string(out, "s://l/1") == SB_OK &&
		     sb_cbor_put_int(out, 6) == SB_OK && sb_cbor_put_int(out, MAKER_NOW) == SB_OK && sb_cbor_put_int(out, 65533) == SB_OK &&
		     sb_cbor_put_head(out, SB_CBOR_MAP, 2) == SB_OK && sb_cbor_put_string(out, "bits") == SB_OK && sb_cbor_put_int(out, 2) == SB_OK &&
		     sb_cbor_put_string(out, "lst") == SB_OK);
	put_compressed(entries, out);
}

static void put_hex(struct sb_slice data, struct sb_bytes *out)
{
	FUZZ_REQUIRE(sb_hex_encode(data.data, data.len, out) == SB_OK);
}

static void put_base64(struct sb_slice data, struct sb_bytes *out)
{
	FUZZ_REQUIRE(sb_base64_encode(data.data, data.len, out) == SB_OK);
}

/* The text with its names written out. */
static void expand(struct sb_slice text, const struct sb_bytes *own_list, struct sb_bytes *out)
{
	for (size_t i = 0; i < text.len; i++) {
		uint8_t next = text.data[i] == '@' && i + 1 < text.len ? text.data[i + 1] : 0;

		if (next == '0' || next == '2')
			put_base64(sb_bytes_slice(next == '0' ? &m.signer : &other), out);
		else if (next == '1' || next == 'l')
			FUZZ_REQUIRE(sb_base64url_encode(next == '1' ? list.data : own_list->data, next == '1' ? list.len : own_list->len, out) == SB_OK);
		else
			fuzz_put(out, text.data + i, 1);
		i += next == '0' || next == '1' || next == '2' || next == 'l';
	}
}

/* Hexadecimal CBOR; behind a "z" stands what is compressed. */
static void read_claims(struct sb_slice line, struct sb_bytes *out)
{
	const uint8_t *mark = line.len ? memchr(line.data, 'z', line.len) : NULL;
	size_t head = mark ? (size_t)(mark - line.data) : line.len;
	struct sb_bytes entries = {0};

	if (sb_hex_decode((const char *)line.data, head & ~(size_t)1, out) != SB_OK)
		out->len = 0;
	if (mark && sb_hex_decode((const char *)mark + 1, (line.len - head - 1) & ~(size_t)1, &entries) == SB_OK)
		put_compressed(sb_bytes_slice(&entries), out);
	sb_bytes_free(&entries);
}

static void make_clear(void)
{
	static const uint8_t entries[64] = {0x44, 0x02, 0x80};
	struct sb_bytes claims = {0};

	claims_of(sb_slice(entries, sizeof entries), &claims);
	make_list(sb_bytes_slice(&claims), &list);
	fuzz_put_text(&clear, "S{\"alg\":\"ES256\",\"typ\":\"sinbun-bundle+jwt\",\"x5c\":[\"@0\"]}\n{\"iat\":1800000000,\"exp\":1800600000,\"signers\":[\"@0\"],"
			      "\"status\":[\"@1\",\"@l\"]}\n");
	put_hex(sb_bytes_slice(&claims), &clear);
	sb_bytes_free(&claims);
}

static void sign(struct sb_slice in, struct sb_bytes *out)
{
	struct sb_slice header = fuzz_line(&in), payload = fuzz_line(&in), third = fuzz_line(&in);
	struct sb_bytes head = {0}, body = {0}, claims = {0}, own = {0};

	read_claims(third, &claims);
	make_list(sb_bytes_slice(&claims), &own);
	expand(header, &own, &head);
	expand(payload, &own, &body);
	fuzz_jws(sb_bytes_slice(&head), sb_bytes_slice(&body), &m.signer_key, out);
	sb_bytes_free(&head);
	sb_bytes_free(&body);
	sb_bytes_free(&claims);
	sb_bytes_free(&own);
}

static void judge(struct sb_slice text, bool as_made)
{
	struct sb_bundle b;
	unsigned status;

	if (sb_bundle_open(text, m.roots[0], MAKER_NOW, &b) != SB_OK)
		return;
	opened++;
	FUZZ_REQUIRE(b.signer_count <= SB_BUNDLE_SIGNERS && b.list_count <= SB_BUNDLE_LISTS && b.from <= MAKER_NOW && MAKER_NOW < b.until &&
		     b.until <= b.exp);
	for (size_t i = 0; i < b.signer_count; i++)
		FUZZ_REQUIRE(sb_slice_equal(sb_bytes_slice(&b.signers[i]), sb_bytes_slice(&m.signer)) && sb_bundle_signer(&b, b.kids[i]));
	for (size_t i = 0; i < b.list_count; i++) {
		FUZZ_REQUIRE(b.opened[i] && b.opened[i]->size <= SB_STATUS_ENTRIES_MAX && b.opened[i]->uri);
		FUZZ_REQUIRE(sb_status_list_get(b.opened[i], (uint64_t)b.opened[i]->size * 8 / b.opened[i]->bits, &status) == SB_E_RANGE);
		FUZZ_REQUIRE(!as_made || (sb_status_list_get(b.opened[i], 1, &status) == SB_OK && status == 1));
	}
	FUZZ_REQUIRE(!as_made || (b.exp == 1800600000 && b.signer_count == 1 && b.list_count == 2));
	sb_bundle_free(&b);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const struct maker_certificate no_signer = {SB_X509_READER, "KR", "KR", MAKER_NOW - MAKER_YEAR, MAKER_NOW + MAKER_YEAR};

	(void)argc;
	(void)argv;
	m = maker_new();
	other_key = software_signer_new();
	maker_certificate(&m, &no_signer, &other_key, &m.root_key, &other);
	make_clear();
	sign(sb_slice(clear.data + 1, clear.len - 1), &made);
	judge(sb_bytes_slice(&made), true);
	FUZZ_REQUIRE(opened == 1);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sb_bytes text = {0};

	if (size && *data == FUZZ_SIGN) {
		sign(sb_slice(data + 1, size - 1), &text);
		judge(sb_bytes_slice(&text), false);
	} else
		judge(sb_slice(data, size), true);
	sb_bytes_free(&text);
	return 0;
}

bool fuzz_seed(unsigned number, struct sb_bytes *out)
{
	static const char packed[] = "S{\"alg\":\"ES256\",\"typ\":\"sinbun-bundle+jwt\",\"x5c\":[\"@0\"]}\n{\"iat\":1800000000,\"exp\":1800600000,\"signers\":[\"@0\",\"@2\"],"
				     "\"status\":[\"@l\"]}\na302675332f2f6c2f31061a6b49d20019fffda2646269747302636c7374z000102030405060708";
	const struct sb_bytes *seeds[] = {&clear, &made, &clear};

	if (number == 3)
		fuzz_put_text(out, packed);
	return number == 3 || (number < 3 && sb_bytes_append(out, seeds[number]->data, seeds[number]->len) == SB_OK);
}
