/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "base/codec.h"
#include "base/error.h"
#include "check.h"
#include "crypto/aead.h"
#include "crypto/digest.h"
#include "crypto/kdf.h"
#include "crypto/pkey.h"
#include "crypto/random.h"

static bool is_hex(const uint8_t *data, size_t len, const char *hex)
{
	struct sb_bytes text = {0};
	bool same = sb_hex_encode(data, len, &text) == SB_OK && text.len == strlen(hex) && memcmp(text.data, hex, text.len) == 0;

	sb_bytes_free(&text);
	return same;
}

static void hkdf_rfc5869_case_1(void)
{
	struct sb_bytes ikm = {0}, salt = {0}, info = {0};
	uint8_t okm[42];

	sb_hex_decode("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", 44, &ikm);
	sb_hex_decode("000102030405060708090a0b0c", 26, &salt);
	sb_hex_decode("f0f1f2f3f4f5f6f7f8f9", 20, &info);
	CHECK_EQ(sb_hkdf_sha256(sb_bytes_slice(&ikm), sb_bytes_slice(&salt), sb_bytes_slice(&info), okm, sizeof okm), SB_OK);
	CHECK(is_hex(okm, sizeof okm, "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"));
	sb_bytes_free(&ikm);
	sb_bytes_free(&salt);
	sb_bytes_free(&info);
}

static void argon2id_bounds_and_determinism(void)
{
	uint8_t salt[SB_KDF_SALT] = {1}, a[32], b[32];
	struct sb_slice pin = sb_slice("274916", 6), other = sb_slice("274917", 6);

	CHECK_EQ(sb_argon2id(pin, salt, 18, 2, a, sizeof a), SB_E_RANGE);
	CHECK_EQ(sb_argon2id(pin, salt, 1025, 2, a, sizeof a), SB_E_RANGE);
	CHECK_EQ(sb_argon2id(pin, salt, 19, 1, a, sizeof a), SB_E_RANGE);
	CHECK_EQ(sb_argon2id(pin, salt, 19, 2, a, sizeof a), SB_OK);
	CHECK_EQ(sb_argon2id(pin, salt, 19, 2, b, sizeof b), SB_OK);
	CHECK(memcmp(a, b, 32) == 0);
	CHECK_EQ(sb_argon2id(other, salt, 19, 2, b, sizeof b), SB_OK);
	CHECK(memcmp(a, b, 32) != 0);
}

static void boxes_open_only_unaltered(void)
{
	uint8_t key[SB_AEAD_KEY] = {7};
	struct sb_bytes box = {0}, plain = {0};
	struct sb_slice ad = sb_slice("ad", 2);

	CHECK_EQ(sb_aead_seal(key, ad, sb_slice("secret", 6), &box), SB_OK);
	CHECK_EQ(box.len, 6 + SB_AEAD_OVERHEAD);
	for (size_t i = 0; i < box.len; i++) {
		box.data[i] ^= 1;
		CHECK_EQ(sb_aead_open(key, ad, sb_bytes_slice(&box), &plain), SB_E_CORRUPT);
		box.data[i] ^= 1;
	}
	CHECK_EQ(sb_aead_open(key, sb_slice("aD", 2), sb_bytes_slice(&box), &plain), SB_E_CORRUPT);
	CHECK_EQ(plain.len, 0);
	CHECK_EQ(sb_aead_open(key, ad, sb_bytes_slice(&box), &plain), SB_OK);
	CHECK(plain.len == 6 && memcmp(plain.data, "secret", 6) == 0);
	sb_bytes_free(&box);
	sb_bytes_free(&plain);
}

static void sealed_boxes_open_for_their_key_only(void)
{
	uint8_t public_key[32], secret_key[32];
	struct sb_bytes box = {0}, plain = {0};

	CHECK_EQ(sb_box_keypair(public_key, secret_key), SB_OK);
	CHECK_EQ(sb_box_seal(public_key, sb_slice("card", 4), &box), SB_OK);
	CHECK_EQ(sb_box_open(public_key, secret_key, sb_bytes_slice(&box), &plain), SB_OK);
	CHECK(plain.len == 4 && memcmp(plain.data, "card", 4) == 0);
	secret_key[3] ^= 1;
	CHECK_EQ(sb_box_open(public_key, secret_key, sb_bytes_slice(&box), &plain), SB_E_CORRUPT);
	CHECK_EQ(plain.len, 4);
	sb_bytes_free(&box);
	sb_bytes_free(&plain);
}

static void keys_sign_and_survive_export(void)
{
	struct sb_pkey *key = NULL, *again = NULL, *public = NULL, *spki = NULL;
	struct sb_bytes point = {0}, scalar = {0}, der = {0};
	uint8_t hash[32], signature[64];

	REQUIRE(sb_pkey_generate_ec("P-256", &key) == SB_OK);
	REQUIRE(sb_pkey_point(key, &point) == SB_OK && point.len == 65 && point.data[0] == 4);
	REQUIRE(sb_pkey_scalar(key, &scalar) == SB_OK && scalar.len == 32);
	REQUIRE(sb_pkey_spki(key, &der) == SB_OK);
	REQUIRE(sb_pkey_from_ec_scalar("P-256", sb_bytes_slice(&scalar), &again) == SB_OK);
	REQUIRE(sb_pkey_from_ec_point("P-256", sb_bytes_slice(&point), &public) == SB_OK);
	REQUIRE(sb_pkey_from_spki(sb_bytes_slice(&der), &spki) == SB_OK);
	sb_sha256("message", 7, hash);
	CHECK_EQ(sb_pkey_sign(again, hash, 32, signature), SB_OK);
	CHECK_EQ(sb_pkey_verify(public, hash, 32, sb_slice(signature, 64)), SB_OK);
	CHECK_EQ(sb_pkey_verify(spki, hash, 32, sb_slice(signature, 64)), SB_OK);
	CHECK_EQ(sb_es256_verify(sb_bytes_slice(&point), "message", 7, signature), SB_OK);
	CHECK_EQ(sb_es256_verify(sb_bytes_slice(&point), "messagf", 7, signature), SB_E_SIGNATURE);
	CHECK_EQ(sb_pkey_verify(public, hash, 32, sb_slice(signature, 63)), SB_E_RANGE);
	signature[40] ^= 1;
	CHECK_EQ(sb_pkey_verify(public, hash, 32, sb_slice(signature, 64)), SB_E_SIGNATURE);
	sb_bytes_free(&point);
	sb_bytes_free(&scalar);
	sb_bytes_free(&der);
	sb_pkey_free(&key);
	sb_pkey_free(&again);
	sb_pkey_free(&public);
	sb_pkey_free(&spki);
}

static void bad_keys_are_refused(void)
{
	struct sb_pkey *key = NULL, *bad = NULL;
	struct sb_bytes point = {0};
	uint8_t zero[32] = {0}, ones[32];

	REQUIRE(sb_pkey_generate_ec("P-256", &key) == SB_OK);
	REQUIRE(sb_pkey_point(key, &point) == SB_OK);
	point.data[64] ^= 1;
	CHECK_EQ(sb_pkey_from_ec_point("P-256", sb_bytes_slice(&point), &bad), SB_E_FORMAT);
	CHECK_EQ(sb_pkey_from_ec_point("P-256", sb_slice(point.data, 64), &bad), SB_E_FORMAT);
	CHECK_EQ(sb_pkey_from_ec_scalar("P-256", sb_slice(zero, 32), &bad), SB_E_RANGE);
	memset(ones, 0xff, sizeof ones);
	CHECK_EQ(sb_pkey_from_ec_scalar("P-256", sb_slice(ones, 32), &bad), SB_E_RANGE);
	CHECK_EQ(sb_pkey_generate_ec("P-999", &bad), SB_E_UNSUPPORTED);
	sb_bytes_free(&point);
	sb_pkey_free(&key);
}

int main(void)
{
	REQUIRE(sb_crypto_start() == SB_OK);
	hkdf_rfc5869_case_1();
	argon2id_bounds_and_determinism();
	boxes_open_only_unaltered();
	sealed_boxes_open_for_their_key_only();
	keys_sign_and_survive_export();
	bad_keys_are_refused();
	return check_result();
}
