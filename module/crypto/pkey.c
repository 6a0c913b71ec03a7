/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "crypto/pkey.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "crypto/libctx.h"
#include "crypto/pkey_private.h"
#include "crypto/random.h"

/* What all keys have in common; what differs by type is in pkey_ec.c, pkey_edwards.c, pkey_rsa.c. */

/* What stands before the point in a SubjectPublicKeyInfo: SEQUENCE { SEQUENCE { algorithm, curve }, BIT STRING of whole bytes (RFC 5480, RFC 8410). */
static const uint8_t p256_spki[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
	0x03, 0x01, 0x07, 0x03, 0x42, 0x00};
static const uint8_t p384_spki[] = {0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22,
	0x03, 0x62, 0x00};
static const uint8_t p521_spki[] = {0x30, 0x81, 0x9b, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00,
	0x23, 0x03, 0x81, 0x86, 0x00};
static const uint8_t ed25519_spki[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};

static const struct curve curves[] = {
	{"P-256", SB_KEY_EC, NID_X9_62_prime256v1, 32, 256, p256_spki, sizeof p256_spki},
	{"P-384", SB_KEY_EC, NID_secp384r1, 48, 384, p384_spki, sizeof p384_spki},
	{"P-521", SB_KEY_EC, NID_secp521r1, 66, 521, p521_spki, sizeof p521_spki},
	{"ED25519", SB_KEY_EDWARDS, NID_ED25519, 32, 256, ed25519_spki, sizeof ed25519_spki},
};

static const struct {
	const char *name; /* of the key type in our provider */
	int (*from_parts)(const char *curve, const struct sb_slice parts[SB_PARTS], struct sb_pkey **out);
	int (*part)(const struct sb_pkey *key, enum sb_part part, struct sb_bytes *out);
} types[] = {
	[SB_KEY_RSA] = {SB_KEY_NAME_RSA, rsa_from_parts, rsa_part},
	[SB_KEY_EC] = {SB_KEY_NAME_EC, ec_from_parts, ec_part},
	[SB_KEY_EDWARDS] = {SB_KEY_NAME_ED25519, edwards_from_parts, edwards_part},
};

const struct curve *pkey_curve(const char *name, enum sb_key_type type)
{
	for (size_t i = 0; name && i < sizeof curves / sizeof *curves; i++)
		if (curves[i].type == type && strcmp(curves[i].name, name) == 0)
			return &curves[i];
	return NULL;
}

const struct curve *pkey_curve_of(EVP_PKEY *pkey)
{
	char group[64];
	int nid = EVP_PKEY_get_id(pkey);

	if (EVP_PKEY_get_group_name(pkey, group, sizeof group, NULL) == 1)
		nid = OBJ_txt2nid(group);
	for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
		if (curves[i].nid == nid)
			return &curves[i];
	return NULL;
}

int pkey_wrap(EVP_PKEY *pkey, enum sb_key_type type, const struct curve *curve, struct sb_pkey **out)
{
	struct sb_pkey *key = pkey ? calloc(1, sizeof *key) : NULL;

	if (!key) {
		EVP_PKEY_free(pkey);
		return pkey ? SB_E_NOMEM : SB_E_CRYPTO;
	}
	key->pkey = pkey;
	key->type = type;
	key->curve = curve;
	atomic_init(&key->owners, 1);
	*out = key;
	return SB_OK;
}

EVP_PKEY *pkey_from_params(enum sb_key_type type, OSSL_PARAM *params, bool is_private)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(sb_libctx(), types[type].name, SB_PROPERTIES);
	EVP_PKEY *pkey = NULL;

	if (!params || !ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
		EVP_PKEY_fromdata(ctx, &pkey, is_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) != 1) {
		EVP_PKEY_free(pkey);
		pkey = NULL;
	}
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

EVP_PKEY_CTX *pkey_generator(const char *name)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(sb_libctx(), name, SB_PROPERTIES);

	if (ctx && EVP_PKEY_keygen_init(ctx) != 1) {
		EVP_PKEY_CTX_free(ctx);
		ctx = NULL;
	}
	return ctx;
}

/* One that is ready, for each curve: making one costs as much as the key. Whoever finds it in use makes another. */
static struct {
	pthread_mutex_t lock;
	EVP_PKEY_CTX *ctx;
} ready[sizeof curves / sizeof *curves] = {{PTHREAD_MUTEX_INITIALIZER, NULL}, {PTHREAD_MUTEX_INITIALIZER, NULL}, {PTHREAD_MUTEX_INITIALIZER, NULL},
	{PTHREAD_MUTEX_INITIALIZER, NULL}};

static EVP_PKEY_CTX *curve_generator(const struct curve *curve)
{
	EVP_PKEY_CTX *ctx = pkey_generator(types[curve->type].name);

	/* The name of an Edwards curve is that of its key type. */
	if (ctx && curve->type == SB_KEY_EC && EVP_PKEY_CTX_set_group_name(ctx, curve->name) != 1) {
		EVP_PKEY_CTX_free(ctx);
		ctx = NULL;
	}
	return ctx;
}

static EVP_PKEY *generate(const struct curve *curve)
{
	size_t i = (size_t)(curve - curves);
	bool mine = pthread_mutex_trylock(&ready[i].lock) == 0;
	EVP_PKEY_CTX *ctx = mine && ready[i].ctx ? ready[i].ctx : curve_generator(curve);
	EVP_PKEY *pkey = NULL;

	if (ctx)
		EVP_PKEY_generate(ctx, &pkey);
	if (mine && pkey)
		ready[i].ctx = ctx;
	else {
		EVP_PKEY_CTX_free(ctx);
		if (mine)
			ready[i].ctx = NULL;
	}
	if (mine)
		pthread_mutex_unlock(&ready[i].lock);
	return pkey;
}

static int generate_on_curve(enum sb_key_type type, const char *name, struct sb_pkey **out)
{
	SB_QUIET;
	const struct curve *curve = pkey_curve(name, type);
	int rc = sb_crypto_start();

	*out = NULL;
	if (rc != SB_OK)
		return rc;
	return curve ? pkey_wrap(generate(curve), type, curve, out) : SB_E_UNSUPPORTED;
}

int sb_pkey_generate_ec(const char *curve, struct sb_pkey **out)
{
	return generate_on_curve(SB_KEY_EC, curve, out);
}

int sb_pkey_generate_edwards(const char *curve, struct sb_pkey **out)
{
	return generate_on_curve(SB_KEY_EDWARDS, curve, out);
}

bool pkey_public_ok(EVP_PKEY *pkey, bool prime_order)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(sb_libctx(), pkey, SB_PROPERTIES);
	bool ok = ctx && (prime_order ? EVP_PKEY_public_check_quick : EVP_PKEY_public_check)(ctx) == 1;

	EVP_PKEY_CTX_free(ctx);
	return ok;
}

int pkey_number(const struct sb_pkey *key, const char *name, size_t size, struct sb_bytes *out)
{
	BIGNUM *number = NULL;
	size_t len;
	uint8_t *to;
	int rc = SB_E_CRYPTO;

	if (EVP_PKEY_get_bn_param(key->pkey, name, &number) != 1)
		return SB_E_NOT_FOUND;
	len = size ? size : (size_t)BN_num_bytes(number);
	to = sb_bytes_extend(out, len);
	if (!to)
		rc = SB_E_NOMEM;
	else if (BN_bn2binpad(number, to, (int)len) == (int)len)
		rc = SB_OK;
	else
		out->len -= len;
	BN_clear_free(number);
	return rc;
}

int sb_pkey_from_parts(enum sb_key_type type, const char *curve, const struct sb_slice parts[SB_PARTS], struct sb_pkey **out)
{
	SB_QUIET;
	int rc = sb_crypto_start();

	*out = NULL;
	return rc == SB_OK ? types[type].from_parts(curve, parts, out) : rc;
}

int sb_pkey_part(const struct sb_pkey *key, enum sb_part part, struct sb_bytes *out)
{
	SB_QUIET;

	return types[key->type].part(key, part, out);
}

/* The two parts that a curve's key has, and no RSA key. */
int sb_pkey_point(const struct sb_pkey *key, struct sb_bytes *out)
{
	return sb_pkey_part(key, SB_PART_POINT, out);
}

int sb_pkey_scalar(const struct sb_pkey *key, struct sb_bytes *out)
{
	return sb_pkey_part(key, SB_PART_SCALAR, out);
}

/* Only the numbers are taken from the decoded key: ours is built anew, under our name. */
static int rebuild(EVP_PKEY *decoded, struct sb_pkey **out)
{
	const struct curve *curve = pkey_curve_of(decoded);
	struct sb_pkey probe = {.pkey = decoded, .curve = curve, .type = curve ? curve->type : SB_KEY_RSA};
	struct sb_bytes values[SB_PARTS] = {{0}};
	struct sb_slice parts[SB_PARTS] = {{0}};
	int rc = SB_OK;

	if (!curve && EVP_PKEY_is_a(decoded, "RSA") != 1)
		return SB_E_UNSUPPORTED;
	for (size_t i = 0; rc == SB_OK && i < SB_PARTS; i++) {
		rc = types[probe.type].part(&probe, (enum sb_part)i, &values[i]);
		parts[i] = sb_bytes_slice(&values[i]);
		rc = rc == SB_E_NOT_FOUND ? SB_OK : rc;
	}
	if (rc == SB_OK)
		rc = sb_pkey_from_parts(probe.type, curve ? curve->name : NULL, parts, out);
	for (size_t i = 0; i < SB_PARTS; i++)
		sb_bytes_free(&values[i]);
	free(atomic_load(&probe.point));
	return rc;
}

int sb_pkey_from_spki(struct sb_slice der, struct sb_pkey **out)
{
	SB_QUIET;
	const uint8_t *p = der.data;
	EVP_PKEY *pkey;
	int rc = sb_crypto_start();

	*out = NULL;
	if (rc != SB_OK)
		return rc;
	pkey = d2i_PUBKEY_ex(NULL, &p, (long)der.len, sb_libctx(), NULL);
	rc = pkey && p == der.data + der.len ? rebuild(pkey, out) : SB_E_FORMAT;
	EVP_PKEY_free(pkey);
	return rc;
}

static int rsa_spki(const struct sb_pkey *key, struct sb_bytes *out)
{
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(key->pkey, &der);
	int rc = len > 0 ? sb_bytes_append(out, der, (size_t)len) : SB_E_CRYPTO;

	OPENSSL_free(der);
	return rc;
}

/* A curve's SubjectPublicKeyInfo is always the same bytes, and then the point. */
static int curve_spki(const struct sb_pkey *key, struct sb_bytes *out)
{
	size_t start = out->len;
	int rc = sb_bytes_append(out, key->curve->spki, key->curve->spki_len);

	if (rc == SB_OK)
		rc = sb_pkey_part(key, SB_PART_POINT, out);
	if (rc != SB_OK)
		out->len = start;
	return rc;
}

/* OpenSSL's own encoder costs ten times what making a P-256 key does: it is left to RSA. */
int sb_pkey_spki(const struct sb_pkey *key, struct sb_bytes *out)
{
	SB_QUIET;

	return key->curve ? curve_spki(key, out) : rsa_spki(key, out);
}

enum sb_key_type sb_pkey_type(const struct sb_pkey *key)
{
	return key->type;
}

const char *sb_pkey_curve(const struct sb_pkey *key)
{
	return key->curve ? key->curve->name : NULL;
}

size_t sb_pkey_bits(const struct sb_pkey *key)
{
	return key->curve ? key->curve->bits : (size_t)EVP_PKEY_get_bits(key->pkey);
}

size_t sb_pkey_signature_size(const struct sb_pkey *key)
{
	return key->curve ? 2 * key->curve->field : (size_t)EVP_PKEY_get_size(key->pkey);
}

struct sb_pkey *sb_pkey_share(struct sb_pkey *key)
{
	atomic_fetch_add(&key->owners, 1);
	return key;
}

void sb_pkey_free(struct sb_pkey **key)
{
	if (!key || !*key)
		return;
	if (atomic_fetch_sub(&(*key)->owners, 1) == 1) {
		EVP_PKEY_free((*key)->pkey);
		free(atomic_load(&(*key)->point));
		free(*key);
	}
	*key = NULL;
}
