/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "check.h"
#include "crypto/random.h"
#include "formats/cose.h"
#include "formats/sdcwt.h"
#include "software_signer.h"
#include "vectors.h"

enum { IAT = 1750000000, EXP = 1844000000 };
static struct software_signer issuer, holder, stranger;

static void issue(struct sb_bytes *out)
{
	struct sb_sdcwt c = {
		.kid = "\1\2\3\4\5\6\7", .iat = IAT, .exp = EXP, .vct = 65001, .status_index = 70000, .status_uri = sb_slice("s://l/1", 7),
		.claims = {
			{.key = -65537, .type = SB_CLAIM_TEXT, .bytes = sb_slice("홍시험", 9)},
			{.key = -65540, .type = SB_CLAIM_BYTES, .bytes = sb_slice("\0\1", 2)},
			{.key = -65541, .type = SB_CLAIM_BOOL, .number = 1},
			{.key = 100, .type = SB_CLAIM_INT, .number = -5},
		},
		.claim_count = 4,
	};

	c.kid[7] = 8;
	memcpy(c.holder_point, holder.point, 65);
	REQUIRE(sb_sdcwt_issue(&c, &issuer.signer, out) == SB_OK);
}

static void bind(struct sb_slice sdcwt, struct sb_slice challenge, struct sb_bytes *out)
{
	const struct sb_kbt c = {
		.sdcwt = sdcwt, .audience = sb_slice("any", 3), .iat = IAT + 100, .exp = IAT + 130, .challenge = challenge};

	REQUIRE(sb_kbt_make(&c, &holder.signer, out) == SB_OK);
}

/* As a reader does; the token lies in a block of exactly its size, so that a read beyond it is seen by the sanitizers. */
static int accept(const void *data, size_t len, struct sb_kbt *kbt)
{
	uint8_t *copy = malloc(len ? len : 1);
	struct sb_slice token = sb_slice(copy, len);
	struct sb_sdcwt c;
	uint8_t kid[SB_KID];
	int rc;

	REQUIRE(copy);
	memcpy(copy, data, len);
	rc = sb_kbt_parse(token, kbt);
	if (rc == SB_OK)
		rc = sb_sdcwt_kid(kbt->sdcwt, kid);
	if (rc == SB_OK)
		rc = sb_sdcwt_parse(kbt->sdcwt, &c);
	if (rc == SB_OK)
		rc = sb_sdcwt_verify(kbt->sdcwt, software_point(&issuer));
	if (rc == SB_OK)
		rc = sb_kbt_verify(token, c.holder_point);
	free(copy);
	return rc;
}

static void what_goes_in_comes_out(void)
{
	struct sb_bytes sdcwt = {0}, token = {0};
	struct sb_kbt kbt;
	struct sb_sdcwt c;

	issue(&sdcwt);
	bind(sb_bytes_slice(&sdcwt), sb_slice("nonce", 5), &token);
	CHECK_EQ(accept(token.data, token.len, &kbt), SB_OK);
	REQUIRE(sb_kbt_parse(sb_bytes_slice(&token), &kbt) == SB_OK);
	CHECK(sb_slice_equal(kbt.sdcwt, sb_bytes_slice(&sdcwt)));
	CHECK(sb_slice_equal(kbt.audience, sb_slice("any", 3)));
	CHECK(sb_slice_equal(kbt.challenge, sb_slice("nonce", 5)));
	CHECK(kbt.iat == IAT + 100 && kbt.exp == IAT + 130);
	REQUIRE(sb_sdcwt_parse(kbt.sdcwt, &c) == SB_OK);
	CHECK(memcmp(c.kid, "\1\2\3\4\5\6\7\10", SB_KID) == 0);
	CHECK(memcmp(c.holder_point, holder.point, 65) == 0);
	CHECK(c.iat == IAT && c.exp == EXP && c.vct == 65001 && c.status_index == 70000);
	CHECK(sb_slice_equal(c.status_uri, sb_slice("s://l/1", 7)));
	CHECK_EQ(c.claim_count, 4);
	CHECK(c.claims[0].key == -65537 && c.claims[0].type == SB_CLAIM_TEXT && sb_slice_equal(c.claims[0].bytes, sb_slice("홍시험", 9)));
	CHECK(c.claims[1].key == -65540 && c.claims[1].type == SB_CLAIM_BYTES && sb_slice_equal(c.claims[1].bytes, sb_slice("\0\1", 2)));
	CHECK(c.claims[2].key == -65541 && c.claims[2].type == SB_CLAIM_BOOL && c.claims[2].number == 1);
	CHECK(c.claims[3].key == 100 && c.claims[3].type == SB_CLAIM_INT && c.claims[3].number == -5);
	CHECK_EQ(sb_sdcwt_verify(kbt.sdcwt, software_point(&stranger)), SB_E_SIGNATURE);
	CHECK_EQ(sb_kbt_verify(sb_bytes_slice(&token), issuer.point), SB_E_SIGNATURE);
	token.len = 0;
	bind(sb_bytes_slice(&sdcwt), (struct sb_slice){0}, &token);
	REQUIRE(sb_kbt_parse(sb_bytes_slice(&token), &kbt) == SB_OK);
	CHECK(!kbt.challenge.data);
	/* One is no other. */
	CHECK_EQ(sb_kbt_parse(sb_bytes_slice(&sdcwt), &kbt), SB_E_FORMAT);
	CHECK_EQ(sb_sdcwt_parse(sb_bytes_slice(&token), &c), SB_E_FORMAT);
	sb_bytes_free(&sdcwt);
	sb_bytes_free(&token);
}

static void nothing_altered_is_accepted(void)
{
	static const uint8_t changes[] = {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff, 0x5a};
	struct sb_bytes sdcwt = {0}, token = {0};
	struct sb_kbt kbt;

	issue(&sdcwt);
	bind(sb_bytes_slice(&sdcwt), sb_slice("nonce", 5), &token);
	for (size_t len = 0; len < token.len; len++)
		CHECK(accept(token.data, len, &kbt) != SB_OK);
	for (size_t i = 0; i < token.len; i++)
		for (size_t k = 0; k < sizeof changes; k++) {
			token.data[i] ^= changes[k];
			if (accept(token.data, token.len, &kbt) == SB_OK) {
				fprintf(stderr, "byte %zu ^ %02x was accepted\n", i, changes[k]);
				check_failures++;
			}
			token.data[i] ^= changes[k];
		}
	CHECK_EQ(accept(token.data, token.len, &kbt), SB_OK);
	REQUIRE(sb_bytes_append_byte(&token, 0) == SB_OK);
	CHECK_EQ(accept(token.data, token.len, &kbt), SB_E_FORMAT);
	sb_bytes_free(&sdcwt);
	sb_bytes_free(&token);
}

/* s becomes n - s: as good a signature, which anybody can make of the first. */
static void turn_signature(uint8_t *s)
{
	static const uint8_t n[32] = {0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad,
		0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
	int borrow = 0;

	for (int i = 31; i >= 0; i--) {
		int d = n[i] - s[i] - borrow;

		borrow = d < 0;
		s[i] = (uint8_t)d;
	}
}

static void a_turned_signature_is_the_same_presentation(void)
{
	struct sb_bytes sdcwt = {0}, token = {0};
	struct sb_kbt first, turned, second;

	issue(&sdcwt);
	bind(sb_bytes_slice(&sdcwt), (struct sb_slice){0}, &token);
	CHECK_EQ(accept(token.data, token.len, &first), SB_OK);
	turn_signature(token.data + token.len - 32);
	CHECK_EQ(accept(token.data, token.len, &turned), SB_OK);
	CHECK(memcmp(first.id, turned.id, sizeof first.id) == 0);
	token.len = 0;
	bind(sb_bytes_slice(&sdcwt), (struct sb_slice){0}, &token);
	CHECK_EQ(accept(token.data, token.len, &second), SB_OK);
	CHECK(memcmp(first.id, second.id, sizeof first.id) != 0);
	sb_bytes_free(&sdcwt);
	sb_bytes_free(&token);
}

#define EXP_ "041a6de7b8c0"
#define IAT_ "061a684eda80"
#define CNF_ "08a101a401022001215820x225820y"
#define VCT_ "0b19fde9"
#define STATUS_ "19ffffa16b7374617475735f6c697374a263696478056375726963783a79"
#define HEADER_ "a301260448010203040506070810190125"

/* A token with these claims, signed well. x stands for the holder's coordinate x, y for the other. */
static void hand_made(const char *header, const char *pattern, struct sb_bytes *out)
{
	struct sb_bytes protected_map = {0}, payload = {0}, text = {0};

	for (const char *p = pattern; *p; p++)
		if (*p == 'x' || *p == 'y')
			REQUIRE(sb_hex_encode(holder.point + (*p == 'x' ? 1 : 33), 32, &text) == SB_OK);
		else
			REQUIRE(sb_bytes_append_byte(&text, (uint8_t)*p) == SB_OK);
	hex_append(header, strlen(header), &protected_map);
	hex_append((const char *)text.data, text.len, &payload);
	REQUIRE(sb_cose_sign1_make(sb_bytes_slice(&protected_map), sb_bytes_slice(&payload), &issuer.signer, out) == SB_OK);
	sb_bytes_free(&protected_map);
	sb_bytes_free(&payload);
	sb_bytes_free(&text);
}

static void claims_are(const char *header, const char *pattern, int want)
{
	struct sb_bytes token = {0};
	struct sb_sdcwt c;
	int rc;

	hand_made(header, pattern, &token);
	rc = sb_sdcwt_parse(sb_bytes_slice(&token), &c);
	if (rc != want) {
		fprintf(stderr, "header %s, claims %s: %s\n", header, pattern, sb_error_text(rc));
		check_failures++;
	}
	if (rc == SB_OK)
		CHECK(memcmp(c.holder_point, holder.point, 65) == 0);
	sb_bytes_free(&token);
}

static void the_issuers_token_has_its_form(void)
{
	static const char *const bad[] = {
		"a4" IAT_ CNF_ VCT_ STATUS_, "a4" EXP_ CNF_ VCT_ STATUS_,
		"a4" EXP_ IAT_ VCT_ STATUS_, "a4" EXP_ IAT_ CNF_ STATUS_,
		"a4" EXP_ IAT_ CNF_ VCT_, "a0", "80", "00", "",
		"a5" "04636e6577" IAT_ CNF_ VCT_ STATUS_, "a5" "041bffffffffffffffff" IAT_ CNF_ VCT_ STATUS_,
		"a5" EXP_ "06f5" CNF_ VCT_ STATUS_, "a5" EXP_ IAT_ CNF_ "0b6178" STATUS_,
		/* the holder's key */
		"a5" EXP_ IAT_ "08a0" VCT_ STATUS_, "a5" EXP_ IAT_ "0840" VCT_ STATUS_, "a5" EXP_ IAT_ "08a10180" VCT_ STATUS_,
		"a5" EXP_ IAT_ "08a101a401012001215820x225820y" VCT_ STATUS_, "a5" EXP_ IAT_ "08a101a401022002215820x225820y" VCT_ STATUS_,
		"a5" EXP_ IAT_ "08a101a401022001215820x225820x" VCT_ STATUS_, "a5" EXP_ IAT_ "08a101a401022001215820x22f6" VCT_ STATUS_,
		"a5" EXP_ IAT_ "08a101a401022001215820x2200" VCT_ STATUS_, "a5" EXP_ IAT_ "08a101a301022001215820x" VCT_ STATUS_,
		"a5" EXP_ IAT_ "08a101a40102200121410122f5" VCT_ STATUS_, "a5" EXP_ IAT_ "08a101a40102200122f5215821x00" VCT_ STATUS_,
		/* the status */
		"a5" EXP_ IAT_ CNF_ VCT_ "19ffffa0", "a5" EXP_ IAT_ CNF_ VCT_ "19ffff05",
		"a5" EXP_ IAT_ CNF_ VCT_ "19ffffa16b7374617475735f6c697374a16369647805",
		"a5" EXP_ IAT_ CNF_ VCT_ "19ffffa16b7374617475735f6c697374a16375726963783a79",
		"a5" EXP_ IAT_ CNF_ VCT_ "19ffffa16b7374617475735f6c697374a263696478206375726963783a79",
		"a5" EXP_ IAT_ CNF_ VCT_ "19ffffa16b7374617475735f6c697374a263696478056375726943783a79",
		"a5" EXP_ IAT_ CNF_ VCT_ "19ffffa16b7374617475735f6c697355a263696478056375726963783a79",
		/* claims of the document type: no other types, no text keys, none twice */
		"a6" EXP_ IAT_ CNF_ VCT_ STATUS_ "18648101", "a6" EXP_ IAT_ CNF_ VCT_ STATUS_ "1864f6",
		"a6" EXP_ IAT_ CNF_ VCT_ STATUS_ "1864c100", "a6" EXP_ IAT_ CNF_ VCT_ STATUS_ "1864a0",
		"a6" EXP_ IAT_ CNF_ VCT_ STATUS_ "1864f814", "a6" EXP_ IAT_ CNF_ VCT_ STATUS_ "616101",
		"a6" EXP_ IAT_ CNF_ VCT_ STATUS_ "1864fb3ff0000000000000",
		"a6" EXP_ IAT_ CNF_ VCT_ STATUS_ "1b000000000000000400",
		"a6" EXP_ IAT_ CNF_ VCT_ STATUS_ "f83b80",
	};
	static const char good[] = "a5" EXP_ IAT_ CNF_ VCT_ STATUS_;

	claims_are(HEADER_, good, SB_OK);
	claims_are(HEADER_, "a6" EXP_ IAT_ CNF_ VCT_ STATUS_ "18641bffffffffffffffff", SB_E_RANGE);
	claims_are("a20126" "0448" "0102030405060708", good, SB_E_FORMAT);                /* no typ */
	claims_are("a201261019" "0125", good, SB_E_FORMAT);                              /* no kid */
	claims_are("a301260448" "0102030405060708" "10190126", good, SB_E_FORMAT);        /* a key-binding token's typ */
	claims_are("a301260447" "01020304050607" "10190125", good, SB_E_FORMAT);          /* a short kid */
	claims_are("a301260468" "4142434445464748" "10190125", good, SB_E_FORMAT);        /* a text kid */
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		claims_are(HEADER_, bad[i], SB_E_FORMAT);
}

/* y as its sign alone, in both cases of it. */
static void compressed_keys_are_read(void)
{
	struct software_signer kept = holder;

	for (int odd = 0; odd < 2; odd++) {
		do {
			holder = software_signer_new();
			if ((holder.point[64] & 1) != odd)
				software_signer_free(&holder);
		} while (!holder.key);
		claims_are(HEADER_, odd ? "a5" EXP_ IAT_ "08a101a401022001215820x22f5" VCT_ STATUS_ : "a5" EXP_ IAT_ "08a101a401022001215820x22f4" VCT_ STATUS_,
			SB_OK);
		software_signer_free(&holder);
	}
	holder = kept;
}

static void claims_are_counted(void)
{
	struct sb_sdcwt c = {.iat = IAT, .exp = EXP, .vct = 1, .status_uri = sb_slice("s", 1)}, back;
	struct sb_bytes token = {0};

	memcpy(c.holder_point, holder.point, 65);
	for (; c.claim_count < SB_SDCWT_CLAIMS_MAX; c.claim_count++)
		c.claims[c.claim_count] = (struct sb_claim){.key = 1000 + (int64_t)c.claim_count, .type = SB_CLAIM_INT};
	REQUIRE(sb_sdcwt_issue(&c, &issuer.signer, &token) == SB_OK);
	CHECK_EQ(sb_sdcwt_parse(sb_bytes_slice(&token), &back), SB_OK);
	CHECK_EQ(back.claim_count, SB_SDCWT_CLAIMS_MAX);
	sb_bytes_free(&token);
}

static void one_claim_too_many(void)
{
	struct sb_bytes pattern = {0}, token = {0};
	struct sb_sdcwt back;
	char claim[16];

	REQUIRE(sb_bytes_append_text(&pattern, "b826" EXP_ IAT_ CNF_ VCT_ STATUS_) == SB_OK);
	for (int i = 0; i <= SB_SDCWT_CLAIMS_MAX; i++) {
		snprintf(claim, sizeof claim, "19%04x00", 1000 + i);
		REQUIRE(sb_bytes_append_text(&pattern, claim) == SB_OK);
	}
	REQUIRE(sb_bytes_terminate(&pattern) == SB_OK);
	hand_made(HEADER_, (const char *)pattern.data, &token);
	CHECK_EQ(sb_sdcwt_parse(sb_bytes_slice(&token), &back), SB_E_FORMAT);
	sb_bytes_free(&pattern);
	sb_bytes_free(&token);
}

/* A key-binding token around an issuer's token, with this payload. */
static int binding(const char *typ, const char *payload_hex)
{
	struct sb_bytes header = {0}, payload = {0}, token = {0};
	struct sb_kbt kbt;
	int rc;

	hex_append("a301260d", 8, &header);
	issue(&header);
	hex_append(typ, strlen(typ), &header);
	hex_append(payload_hex, strlen(payload_hex), &payload);
	REQUIRE(sb_cose_sign1_make(sb_bytes_slice(&header), sb_bytes_slice(&payload), &holder.signer, &token) == SB_OK);
	rc = accept(token.data, token.len, &kbt);
	sb_bytes_free(&header);
	sb_bytes_free(&payload);
	sb_bytes_free(&token);
	return rc;
}

static void the_key_binding_has_its_form(void)
{
	static const char *const bad[] = {
		"a20363616e79" IAT_, "a20363616e79" EXP_, "a2" EXP_ IAT_, "a30343616e79" EXP_ IAT_, "a30363616e7904f5" IAT_,
		"a30363616e79" EXP_ "066178", "a40363616e79" EXP_ IAT_ "18276161", "a40363616e79" EXP_ IAT_ "182740", "a40363616e79" EXP_ IAT_ "1827f6",
		"a0", "80", "", "a30363616e79" EXP_ IAT_ "00", "a40363616e79" EXP_ IAT_ "03616e",
		"a40363616e79" EXP_ IAT_ "18275841" "0000000000000000000000000000000000000000000000000000000000000000"
		"0000000000000000000000000000000000000000000000000000000000000000" "00",
	};

	CHECK_EQ(binding("10190126", "a30363616e79" EXP_ IAT_), SB_OK);
	CHECK_EQ(binding("10190126", "a40363616e79" EXP_ IAT_ "18274101"), SB_OK);
	CHECK_EQ(binding("10190125", "a30363616e79" EXP_ IAT_), SB_E_FORMAT);
	CHECK_EQ(binding("11190126", "a30363616e79" EXP_ IAT_), SB_E_FORMAT);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (binding("10190126", bad[i]) != SB_E_FORMAT) {
			fprintf(stderr, "payload %s was not refused\n", bad[i]);
			check_failures++;
		}
}

/* What nobody signed must not be carried along. */
static void nothing_unprotected(void)
{
	struct sb_bytes sdcwt = {0}, token = {0}, other = {0};
	struct sb_cose_sign1 m;
	struct sb_kbt kbt;
	size_t at;

	issue(&sdcwt);
	bind(sb_bytes_slice(&sdcwt), (struct sb_slice){0}, &token);
	REQUIRE(sb_cose_sign1_parse(sb_bytes_slice(&token), &m) == SB_OK);
	at = (size_t)(m.unprotected_map.whole.data - token.data);
	REQUIRE(sb_bytes_append(&other, token.data, at) == SB_OK);
	hex_append("a10400", 6, &other);
	REQUIRE(sb_bytes_append(&other, token.data + at + 1, token.len - at - 1) == SB_OK);
	REQUIRE(sb_cose_sign1_parse(sb_bytes_slice(&other), &m) == SB_OK && m.unprotected_map.value == 1);
	CHECK_EQ(sb_kbt_verify(sb_bytes_slice(&other), holder.point), SB_OK);
	CHECK_EQ(sb_kbt_parse(sb_bytes_slice(&other), &kbt), SB_E_FORMAT);
	sb_bytes_free(&sdcwt);
	sb_bytes_free(&token);
	sb_bytes_free(&other);
}

static void the_qr_text(void)
{
	static const char *const bad[] = {"", "S", "SB1", "SB2:BB8", "sb1:BB8", "HC1:BB8", "SB1:B", "SB1:BB8 SB1:BB8", "SB1:BB8\nSB1:BB8", "SB1:bb8",
		"SB1:GGW", "xSB1:BB8", "SB1:BB8#", "\xef\xbb\xbfSB1:BB8"};
	static const char *const good[] = {"SB1:BB8", "SB1:BB8\n", "SB1:BB8\r\n", " \t\nSB1:BB8 \t\r\n\n"};
	struct sb_bytes out = {0}, large = {0};

	CHECK_EQ(sb_qr_text_encode(sb_slice("AB", 2), &out), SB_OK);
	CHECK(sb_slice_equal(sb_bytes_slice(&out), sb_slice("SB1:BB8", 7)));
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		sb_bytes_free(&out);
		CHECK_EQ(sb_qr_text_decode(sb_slice(good[i], strlen(good[i])), &out), SB_OK);
		CHECK(sb_slice_equal(sb_bytes_slice(&out), sb_slice("AB", 2)));
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK_EQ(sb_qr_text_decode(sb_slice(bad[i], strlen(bad[i])), &out), SB_E_FORMAT);
	CHECK_EQ(sb_qr_text_decode(sb_slice("SB1:BB8\0", 8), &out), SB_E_FORMAT);
	CHECK_EQ(sb_qr_text_decode(sb_slice("SB1:BB8\0\0\0", 10), &out), SB_E_FORMAT);
	CHECK_EQ(sb_qr_text_decode((struct sb_slice){0}, &out), SB_E_FORMAT);
	CHECK_EQ(out.len, 2);
	REQUIRE(sb_bytes_append_text(&large, "SB1:") == SB_OK);
	while (large.len < 5000)
		REQUIRE(sb_bytes_append_text(&large, "000") == SB_OK);
	CHECK_EQ(sb_qr_text_decode(sb_bytes_slice(&large), &out), SB_E_FORMAT);
	sb_bytes_free(&out);
	sb_bytes_free(&large);
}

/* The draft's example: its issuer signs with ES384 and its key binding has no exp, so neither is for us; but the holder's signature
 * over the issuer's token in the protected header is as ours. */
static void the_drafts_example(void)
{
	static const char point_hex[] = "048554eb275dcd6fbd1c7ac641aa2c90d92022fd0d3024b5af18c7cc61ad527a2d"
					"4dc7ae2c677e96d0cc82597655ce92d5503f54293d87875d1e79ce4770194343";
	static const char *const names[] = {"sd-cwt/kbt.cbor.hex", "sd-cwt/nested_kbt.cbor.hex"};
	struct sb_bytes point = {0};
	unsigned read = 0;

	hex_append(point_hex, strlen(point_hex), &point);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct sb_bytes token = {0};
		struct sb_cbor_item kcwt;
		struct sb_cose_sign1 m;
		struct sb_sdcwt c;
		struct sb_kbt kbt;

		if (!vector_hex(names[i], &token))
			continue;
		REQUIRE(sb_cose_sign1_parse(sb_bytes_slice(&token), &m) == SB_OK);
		CHECK_EQ(sb_kbt_verify(sb_bytes_slice(&token), point.data), SB_OK);
		CHECK_EQ(sb_kbt_parse(sb_bytes_slice(&token), &kbt), SB_E_FORMAT);
		REQUIRE(sb_cbor_map_get(&m.protected_map, SB_COSE_KCWT, &kcwt) == SB_OK);
		CHECK_EQ(sb_sdcwt_parse(kcwt.whole, &c), SB_E_FORMAT);
		/* One byte in the issuer's token. */
		read++;
		token.data[(size_t)(kcwt.whole.data - token.data) + kcwt.whole.len - 1] ^= 1;
		CHECK_EQ(sb_kbt_verify(sb_bytes_slice(&token), point.data), SB_E_SIGNATURE);
		sb_bytes_free(&token);
	}
	printf("SD-CWT draft: %u key-binding tokens, each altered too\n", read);
	sb_bytes_free(&point);
}

int main(void)
{
	REQUIRE(sb_crypto_start() == SB_OK);
	issuer = software_signer_new();
	holder = software_signer_new();
	stranger = software_signer_new();
	what_goes_in_comes_out();
	a_turned_signature_is_the_same_presentation();
	nothing_altered_is_accepted();
	the_issuers_token_has_its_form();
	compressed_keys_are_read();
	claims_are_counted();
	one_claim_too_many();
	the_key_binding_has_its_form();
	nothing_unprotected();
	the_qr_text();
	the_drafts_example();
	software_signer_free(&issuer);
	software_signer_free(&holder);
	software_signer_free(&stranger);
	return check_result();
}
