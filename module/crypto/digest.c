/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "crypto/digest.h"

#include <openssl/evp.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "crypto/digest_private.h"
#include "crypto/libctx.h"
#include "crypto/random.h"

/* They live as long as the library context: as the process. */
static struct method {
	const char *name;
	_Atomic(EVP_MD *) md;
} methods[] = {{"SHA256", NULL}, {"SHA384", NULL}, {"SHA512", NULL}, {"SHA224", NULL}, {"SHA512-224", NULL}, {"SHA512-256", NULL}, {"SHA3-224", NULL},
	{"SHA3-256", NULL}, {"SHA3-384", NULL}, {"SHA3-512", NULL}, {"SHA1", NULL}};

struct sb_digest {
	const struct method *method;
	const EVP_MD *md;
	EVP_MD_CTX *ctx;
};

static struct method *find_method(const char *name)
{
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		if (strcmp(methods[i].name, name) == 0)
			return &methods[i];
	return NULL;
}

static const EVP_MD *fetch(struct method *method)
{
	EVP_MD *md = method ? atomic_load_explicit(&method->md, memory_order_acquire) : NULL, *none = NULL;

	if (md || !method)
		return md;
	md = EVP_MD_fetch(sb_libctx(), method->name, NULL);
	/* Another thread may have been first. */
	if (md && !atomic_compare_exchange_strong(&method->md, &none, md)) {
		EVP_MD_free(md);
		md = none;
	}
	return md;
}

const EVP_MD *digest_method(const char *name)
{
	return fetch(find_method(name));
}

void sb_digest_free(struct sb_digest **d)
{
	if (!d || !*d)
		return;
	EVP_MD_CTX_free((*d)->ctx);
	free(*d);
	*d = NULL;
}

int sb_digest_new(const char *name, struct sb_digest **out)
{
	SB_QUIET;
	struct sb_digest *d = calloc(1, sizeof *d);
	struct method *method = find_method(name);
	int rc = SB_E_NOMEM;

	if (!d)
		return SB_E_NOMEM;
	rc = sb_crypto_start();
	if (rc != SB_OK)
		goto out;
	d->method = method;
	d->md = fetch(method);
	rc = SB_E_UNSUPPORTED;
	if (!d->md)
		goto out;
	d->ctx = EVP_MD_CTX_new();
	rc = d->ctx && EVP_DigestInit_ex2(d->ctx, d->md, NULL) == 1 ? SB_OK : SB_E_CRYPTO;
out:
	if (rc != SB_OK)
		sb_digest_free(&d);
	*out = d;
	return rc;
}

int sb_digest_update(struct sb_digest *d, const void *data, size_t len)
{
	return len == 0 || EVP_DigestUpdate(d->ctx, data, len) == 1 ? SB_OK : SB_E_CRYPTO;
}

int sb_digest_final(struct sb_digest *d, uint8_t *out)
{
	return EVP_DigestFinal_ex(d->ctx, out, NULL) == 1 ? SB_OK : SB_E_CRYPTO;
}

/* OpenSSL wipes what it had of the last message. */
int sb_digest_again(struct sb_digest *d)
{
	return EVP_DigestInit_ex2(d->ctx, d->md, NULL) == 1 ? SB_OK : SB_E_CRYPTO;
}

bool sb_digest_is(const struct sb_digest *d, const char *name)
{
	const char *own = d->method->name;

	return own == name || strcmp(own, name) == 0;
}

int sb_digest_copy(const struct sb_digest *d, struct sb_digest **out)
{
	SB_QUIET;
	struct sb_digest *copy = calloc(1, sizeof *copy);

	*out = NULL;
	if (!copy)
		return SB_E_NOMEM;
	copy->method = d->method;
	copy->md = d->md;
	copy->ctx = EVP_MD_CTX_new();
	if (!copy->ctx || EVP_MD_CTX_copy_ex(copy->ctx, d->ctx) != 1) {
		sb_digest_free(&copy);
		return SB_E_CRYPTO;
	}
	*out = copy;
	return SB_OK;
}

size_t sb_digest_size(const struct sb_digest *d)
{
	return (size_t)EVP_MD_get_size(d->md);
}

size_t sb_digest_length(const char *name)
{
	SB_QUIET;
	const EVP_MD *md = digest_method(name);

	return md ? (size_t)EVP_MD_get_size(md) : 0;
}

int sb_digest(const char *name, const void *data, size_t len, uint8_t *out, size_t *out_len)
{
	struct sb_digest *d;
	int rc = sb_digest_new(name, &d);

	if (rc == SB_OK)
		rc = sb_digest_update(d, data, len);
	if (rc == SB_OK)
		rc = sb_digest_final(d, out);
	if (rc == SB_OK && out_len)
		*out_len = sb_digest_size(d);
	sb_digest_free(&d);
	return rc;
}

int sb_sha256(const void *data, size_t len, uint8_t out[SB_SHA256_SIZE])
{
	SB_QUIET;
	int rc = sb_crypto_start();
	const EVP_MD *md = rc == SB_OK ? digest_method("SHA256") : NULL;

	if (rc != SB_OK)
		return rc;
	/* OpenSSL's uses the processor's instructions for it, which libsodium's does not. */
	return md && EVP_Digest(len ? data : (const void *)"", len, out, NULL, md, NULL) == 1 ? SB_OK : SB_E_CRYPTO;
}

int sb_mac(struct sb_slice key, const void *data, size_t len, uint8_t out[32])
{
	if (key.len < crypto_generichash_KEYBYTES_MIN || key.len > crypto_generichash_KEYBYTES_MAX)
		return SB_E_ARGUMENT;
	return crypto_generichash(out, 32, data, len, key.data, key.len) == 0 ? SB_OK : SB_E_CRYPTO;
}

/* Pieces that are short together go in one call, which costs a third less. */
enum { MAC_TOGETHER = 1024 };

static int mac_together(struct sb_slice key, const struct sb_slice *pieces, size_t count, uint8_t out[32])
{
	uint8_t text[MAC_TOGETHER];
	size_t len = 0;
	int rc;

	for (size_t i = 0; i < count; i++) {
		sb_put_u64(text + len, pieces[i].len);
		len += 8;
		if (pieces[i].len)
			memcpy(text + len, pieces[i].data, pieces[i].len);
		len += pieces[i].len;
	}
	rc = crypto_generichash(out, 32, text, len, key.data, key.len);
	sb_wipe(text, len);
	return rc;
}

static int mac_apart(struct sb_slice key, const struct sb_slice *pieces, size_t count, uint8_t out[32])
{
	crypto_generichash_state state;
	uint8_t length[8];
	int rc = crypto_generichash_init(&state, key.data, key.len, 32);

	for (size_t i = 0; i < count && rc == 0; i++) {
		sb_put_u64(length, pieces[i].len);
		rc = crypto_generichash_update(&state, length, sizeof length);
		if (rc == 0)
			rc = crypto_generichash_update(&state, pieces[i].data, pieces[i].len);
	}
	if (rc == 0)
		rc = crypto_generichash_final(&state, out, 32);
	sb_wipe(&state, sizeof state);
	return rc;
}

static bool fit_together(const struct sb_slice *pieces, size_t count)
{
	size_t room = MAC_TOGETHER;

	for (size_t i = 0; i < count; i++) {
		if (room < 8 || pieces[i].len > room - 8)
			return false;
		room -= 8 + pieces[i].len;
	}
	return true;
}

int sb_mac_pieces(struct sb_slice key, const struct sb_slice *pieces, size_t count, uint8_t out[32])
{
	if (key.len < crypto_generichash_KEYBYTES_MIN || key.len > crypto_generichash_KEYBYTES_MAX)
		return SB_E_ARGUMENT;
	return (fit_together(pieces, count) ? mac_together : mac_apart)(key, pieces, count, out) == 0 ? SB_OK : SB_E_CRYPTO;
}
