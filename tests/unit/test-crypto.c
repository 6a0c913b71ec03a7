/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/codec.h"
#include "base/error.h"
#include "check.h"
#include "crypto/aead.h"
#include "crypto/agreement.h"
#include "crypto/digest.h"
#include "crypto/kdf.h"
#include "crypto/pkey.h"
#include "crypto/signature.h"
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

/* r||s as OpenSSL writes it. */
static bool openssl_verifies(EVP_PKEY *key, const uint8_t hash[32], struct sb_slice raw)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(raw.data, (int)(raw.len / 2), NULL), *s = BN_bin2bn(raw.data + raw.len / 2, (int)(raw.len / 2), NULL);
	unsigned char *der = NULL;
	bool good;
	int len;

	REQUIRE(ctx && sig && ECDSA_SIG_set0(sig, r, s) == 1);
	len = i2d_ECDSA_SIG(sig, &der);
	good = len > 0 && EVP_PKEY_verify_init(ctx) == 1 && EVP_PKEY_verify(ctx, der, (size_t)len, hash, 32) == 1;
	OPENSSL_free(der);
	ECDSA_SIG_free(sig);
	EVP_PKEY_CTX_free(ctx);
	return good;
}

/* Numbers of a signature of all the lengths that come, and some that never do. */
static void signatures_of_odd_numbers(const char *curve)
{
	enum { ENOUGH = 20000 };
	uint8_t hash[32] = {0}, signature[2 * 66];
	struct sb_pkey *key = NULL;
	struct sb_bytes der = {0};
	const unsigned char *p;
	bool short_r = false, short_s = false, high = false;
	size_t field;
	EVP_PKEY *read;

	REQUIRE(sb_pkey_generate_ec(curve, &key) == SB_OK && sb_pkey_spki(key, &der) == SB_OK);
	field = sb_pkey_signature_size(key) / 2;
	p = der.data;
	read = d2i_PUBKEY(NULL, &p, (long)der.len);
	REQUIRE(read);
	for (int i = 0; i < ENOUGH && !(short_r && short_s && high); i++) {
		bool odd;

		hash[0] = (uint8_t)i;
		hash[1] = (uint8_t)(i >> 8);
		REQUIRE(sb_pkey_sign(key, hash, 32, signature) == SB_OK);
		odd = i < 10 || signature[0] == 0 || signature[field] == 0;
		short_r |= signature[0] == 0;
		short_s |= signature[field] == 0;
		high |= field == 66 || (signature[0] >= 128 && signature[field] >= 128);
		if (!odd)
			continue;
		CHECK(openssl_verifies(read, hash, sb_slice(signature, 2 * field)));
		CHECK_EQ(sb_pkey_verify(key, hash, 32, sb_slice(signature, 2 * field)), SB_OK);
	}
	CHECK(short_r && short_s && high);
	for (int i = 0; i < 4; i++) {
		memset(signature, i & 1 ? 0xff : 0, field);
		memset(signature + field, i & 2 ? 0xff : 0, field);
		CHECK_EQ(sb_pkey_verify(key, hash, 32, sb_slice(signature, 2 * field)), SB_E_SIGNATURE);
	}
	sb_bytes_free(&der);
	EVP_PKEY_free(read);
	sb_pkey_free(&key);
}

/* The bytes that stand before a point are constants: OpenSSL reads them, and writes the same. */
static void spki_is_what_openssl_writes(void)
{
	static const char *const curves[] = {"P-256", "P-384", "P-521"};

	for (size_t i = 0; i <= sizeof curves / sizeof *curves; i++) {
		struct sb_pkey *key = NULL;
		struct sb_bytes der = {0};
		const unsigned char *p;
		unsigned char *again = NULL;
		EVP_PKEY *read;
		int len;

		REQUIRE((i < 3 ? sb_pkey_generate_ec(curves[i], &key) : sb_pkey_generate_edwards("ED25519", &key)) == SB_OK);
		REQUIRE(sb_pkey_spki(key, &der) == SB_OK);
		p = der.data;
		read = d2i_PUBKEY(NULL, &p, (long)der.len);
		REQUIRE(read && p == der.data + der.len);
		len = i2d_PUBKEY(read, &again);
		REQUIRE(len > 0);
		CHECK(sb_slice_equal(sb_bytes_slice(&der), sb_slice(again, (size_t)len)));
		OPENSSL_free(again);
		EVP_PKEY_free(read);
		sb_bytes_free(&der);
		sb_pkey_free(&key);
	}
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

/* Takes a key apart and makes it anew; what the copy signs the original verifies. */
static void key_of_parts(struct sb_pkey *key, const struct sb_signature_parameters *p)
{
	struct sb_bytes values[SB_PARTS] = {{0}};
	struct sb_slice parts[SB_PARTS] = {{0}};
	struct sb_pkey *again = NULL;
	struct sb_signing *sign = NULL, *verify = NULL;
	uint8_t signature[SB_SIGNATURE_MAX], hash[32] = {3};

	for (int i = 0; i < SB_PARTS; i++) {
		int rc = sb_pkey_part(key, (enum sb_part)i, &values[i]);

		CHECK(rc == SB_OK || rc == SB_E_NOT_FOUND);
		parts[i] = sb_bytes_slice(&values[i]);
	}
	REQUIRE(sb_pkey_from_parts(sb_pkey_type(key), sb_pkey_curve(key), parts, &again) == SB_OK);
	REQUIRE(sb_signing_new(again, p, false, &sign) == SB_OK && sb_signing_new(key, p, true, &verify) == SB_OK);
	/* A prepared key signs again and again. */
	for (int i = 0; i < 3; i++) {
		hash[0] = (uint8_t)i;
		REQUIRE(sb_signing_sign(sign, sb_slice(hash, 32), signature) == SB_OK);
		CHECK_EQ(sb_signing_verify(verify, sb_slice(hash, 32), sb_slice(signature, sb_pkey_signature_size(key))), SB_OK);
		CHECK_EQ(sb_signing_verify(verify, sb_slice(hash, 32), sb_slice(signature, sb_pkey_signature_size(key) - 1)), SB_E_RANGE);
		signature[5] ^= 1;
		CHECK_EQ(sb_signing_verify(verify, sb_slice(hash, 32), sb_slice(signature, sb_pkey_signature_size(key))), SB_E_SIGNATURE);
	}
	sb_signing_free(&sign);
	sb_signing_free(&verify);
	sb_pkey_free(&again);
	for (int i = 0; i < SB_PARTS; i++)
		sb_bytes_free(&values[i]);
}

static void every_type_of_key_in_every_scheme(void)
{
	static const char *const curves[] = {"P-256", "P-384", "P-521"};
	const struct sb_signature_parameters ecdsa = {.scheme = SB_SCHEME_ECDSA}, eddsa = {.scheme = SB_SCHEME_EDDSA};
	const struct sb_signature_parameters pkcs1 = {.scheme = SB_SCHEME_RSA_PKCS1, .digest = "SHA256"};
	const struct sb_signature_parameters raw = {.scheme = SB_SCHEME_RSA_PKCS1};
	const struct sb_signature_parameters pss = {.scheme = SB_SCHEME_RSA_PSS, .digest = "SHA256", .mgf_digest = "SHA256", .salt_len = 32};
	const struct sb_signature_parameters long_salt = {.scheme = SB_SCHEME_RSA_PSS, .digest = "SHA256", .mgf_digest = "SHA256", .salt_len = 223};
	struct sb_signing *signer = NULL;
	struct sb_pkey *key = NULL;

	for (size_t i = 0; i < 3; i++) {
		REQUIRE(sb_pkey_generate_ec(curves[i], &key) == SB_OK);
		key_of_parts(key, &ecdsa);
		CHECK_EQ(sb_signing_new(key, &eddsa, false, &signer), SB_E_ARGUMENT);
		sb_pkey_free(&key);
	}
	REQUIRE(sb_pkey_generate_edwards("ED25519", &key) == SB_OK);
	key_of_parts(key, &eddsa);
	sb_pkey_free(&key);
	REQUIRE(sb_pkey_generate_rsa(2048, sb_slice(NULL, 0), &key) == SB_OK);
	CHECK_EQ(sb_pkey_bits(key), 2048);
	key_of_parts(key, &pkcs1);
	key_of_parts(key, &raw);
	key_of_parts(key, &pss);
	CHECK_EQ(sb_signing_new(key, &long_salt, false, &signer), SB_E_RANGE);
	sb_pkey_free(&key);
}

static void strange_rsa_keys_are_refused(void)
{
	struct sb_pkey *key = NULL, *other = NULL, *bad = NULL;
	struct sb_bytes values[SB_PARTS] = {{0}};
	struct sb_slice parts[SB_PARTS] = {{0}}, whole;
	struct sb_bytes foreign = {0};

	CHECK_EQ(sb_pkey_generate_rsa(1024, sb_slice(NULL, 0), &bad), SB_E_RANGE);
	CHECK_EQ(sb_pkey_generate_rsa(8192, sb_slice(NULL, 0), &bad), SB_E_RANGE);
	CHECK_EQ(sb_pkey_generate_rsa(2048, sb_slice("\3", 1), &bad), SB_E_ARGUMENT);
	CHECK_EQ(sb_pkey_generate_rsa(2048, sb_slice("\1\0\2", 3), &bad), SB_E_ARGUMENT);
	REQUIRE(sb_pkey_generate_rsa(2048, sb_slice("\1\0\1", 3), &key) == SB_OK);
	REQUIRE(sb_pkey_generate_rsa(2048, sb_slice(NULL, 0), &other) == SB_OK);
	for (int i = SB_PART_MODULUS; i < SB_PARTS; i++) {
		REQUIRE(sb_pkey_part(key, (enum sb_part)i, &values[i]) == SB_OK);
		parts[i] = sb_bytes_slice(&values[i]);
	}
	REQUIRE(sb_pkey_from_parts(SB_KEY_RSA, NULL, parts, &bad) == SB_OK);
	sb_pkey_free(&bad);
	/* One prime away; the exponent of another key; a modulus of half the size. */
	whole = parts[SB_PART_PRIME_2];
	parts[SB_PART_PRIME_2] = sb_slice(NULL, 0);
	CHECK_EQ(sb_pkey_from_parts(SB_KEY_RSA, NULL, parts, &bad), SB_E_FORMAT);
	parts[SB_PART_PRIME_2] = whole;
	for (int i = SB_PART_PRIME_1; i < SB_PARTS; i++)
		parts[i] = sb_slice(NULL, 0);
	CHECK_EQ(sb_pkey_from_parts(SB_KEY_RSA, NULL, parts, &bad), SB_OK);
	sb_pkey_free(&bad);
	REQUIRE(sb_pkey_part(other, SB_PART_PRIVATE_EXPONENT, &foreign) == SB_OK);
	parts[SB_PART_PRIVATE_EXPONENT] = sb_bytes_slice(&foreign);
	CHECK_EQ(sb_pkey_from_parts(SB_KEY_RSA, NULL, parts, &bad), SB_E_FORMAT);
	CHECK(!bad);
	parts[SB_PART_MODULUS].len = 128;
	CHECK_EQ(sb_pkey_from_parts(SB_KEY_RSA, NULL, parts, &bad), SB_E_RANGE);
	for (int i = 0; i < SB_PARTS; i++)
		sb_bytes_free(&values[i]);
	sb_bytes_free(&foreign);
	sb_pkey_free(&key);
	sb_pkey_free(&other);
}

static void two_agree_on_a_secret(void)
{
	struct sb_pkey *a = NULL, *b = NULL;
	struct sb_bytes point_a = {0}, point_b = {0}, one = {0}, two = {0}, derived = {0};

	REQUIRE(sb_pkey_generate_ec("P-384", &a) == SB_OK && sb_pkey_generate_ec("P-384", &b) == SB_OK);
	REQUIRE(sb_pkey_point(a, &point_a) == SB_OK && sb_pkey_point(b, &point_b) == SB_OK);
	CHECK_EQ(sb_ecdh(a, sb_bytes_slice(&point_b), &one), SB_OK);
	CHECK_EQ(sb_ecdh(b, sb_bytes_slice(&point_a), &two), SB_OK);
	CHECK(one.len == 48 && sb_slice_equal(sb_bytes_slice(&one), sb_bytes_slice(&two)));
	point_b.data[60] ^= 1;
	CHECK_EQ(sb_ecdh(a, sb_bytes_slice(&point_b), &one), SB_E_FORMAT);
	CHECK_EQ(one.len, 48);
	/* ANSI X9.63 with SHA-256: a vector of NIST's CAVS. */
	CHECK_EQ(sb_x963_kdf("SHA256", sb_slice("\x96\xc0\x56\x19\xd5\x6c\x32\x8a\xb9\x5f\xe8\x4b\x18\x26\x4b\x08\x72\x5b\x85\xe3\x3f\xd3\x4f\x08", 24),
			 sb_slice(NULL, 0), 16, &derived), SB_OK);
	CHECK(is_hex(derived.data, derived.len, "443024c3dae66b95e6f5670601558f71"));
	sb_bytes_free(&point_a);
	sb_bytes_free(&point_b);
	sb_bytes_free(&one);
	sb_bytes_free(&two);
	sb_bytes_free(&derived);
	sb_pkey_free(&a);
	sb_pkey_free(&b);
}

int main(void)
{
	REQUIRE(sb_crypto_start() == SB_OK);
	hkdf_rfc5869_case_1();
	argon2id_bounds_and_determinism();
	boxes_open_only_unaltered();
	sealed_boxes_open_for_their_key_only();
	keys_sign_and_survive_export();
	signatures_of_odd_numbers("P-256");
	signatures_of_odd_numbers("P-384");
	signatures_of_odd_numbers("P-521");
	spki_is_what_openssl_writes();
	bad_keys_are_refused();
	every_type_of_key_in_every_scheme();
	strange_rsa_keys_are_refused();
	two_agree_on_a_secret();
	return check_result();
}
