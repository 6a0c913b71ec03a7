/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
/* An issuer and a device with keys in files, so that programs of others can take either part. Written into the current directory:
 * root.pem, signer.pem, signer.jwk and device.jwk (private), transcript (SessionTranscript of OpenID4VP), issued (IssuerSigned), response.
 *   make-mdoc CLIENT NONCE URI */
#include <jansson.h>
#include <time.h>

#include "base/codec.h"
#include "base/file.h"
#include "crypto/random.h"
#include "formats/jws.h"
#include "mdoc_maker.h"

enum { DAY = 86400 };

static void write_file(const char *name, const struct sb_bytes *data)
{
	REQUIRE(sb_file_write(name, data->data, data->len, 0600) == SB_OK);
}

static void write_pem(const char *name, const struct sb_bytes *der)
{
	struct sb_bytes pem = {0};

	REQUIRE(sb_pem_encode("CERTIFICATE", sb_bytes_slice(der), &pem) == SB_OK);
	write_file(name, &pem);
	sb_bytes_free(&pem);
}

static void write_jwk(const char *name, const struct software_signer *key)
{
	struct sb_bytes d = {0}, text = {0};
	json_t *jwk = sb_jwk_from_point(key->point);

	REQUIRE(jwk && sb_pkey_scalar(key->key, &d) == SB_OK && sb_base64url_encode(d.data, d.len, &text) == SB_OK);
	json_object_set_new(jwk, "d", json_stringn((const char *)text.data, text.len));
	REQUIRE(json_dump_file(jwk, name, JSON_COMPACT) == 0);
	json_decref(jwk);
	sb_bytes_free(&d);
	sb_bytes_free(&text);
}

/* The document of mdoc_maker.h, of today. */
static void issue(const struct maker *m, int64_t now, struct sb_bytes *issued)
{
	struct maker_values v;
	struct sb_mdoc_content c;

	maker_values(&v);
	c = maker_content(m, &v);
	c.signed_at = c.valid_from = now - 100;
	c.valid_until = now + DAY;
	REQUIRE(sb_mdoc_issue(&c, &m->signer_key.signer, issued) == SB_OK);
	maker_values_free(&v);
}

static struct sb_slice text(const char *t)
{
	return sb_slice(t, strlen(t));
}

int main(int argc, char **argv)
{
	int64_t now = time(NULL);
	const struct maker_certificate root = {SB_X509_ROOT, "KR", "KR", now - DAY, now + 900 * DAY};
	const struct maker_certificate signer = {SB_X509_SIGNER, "KR", "KR", now - DAY, now + 400 * DAY};
	struct sb_bytes issued = {0}, response = {0};
	struct maker m;

	REQUIRE(argc == 4 && sb_crypto_start() == SB_OK);
	m = maker_new();
	m.root.len = m.signer.len = m.transcript.len = 0;
	maker_certificate(&m, &root, &m.root_key, &m.root_key, &m.root);
	maker_certificate(&m, &signer, &m.signer_key, &m.root_key, &m.signer);
	REQUIRE(sb_mdoc_transcript_openid4vp(text(argv[1]), text(argv[2]), text(""), text(argv[3]), &m.transcript) == SB_OK);
	issue(&m, now, &issued);
	maker_present(&m, &issued, &response);
	write_pem("root.pem", &m.root);
	write_pem("signer.pem", &m.signer);
	write_jwk("signer.jwk", &m.signer_key);
	write_jwk("device.jwk", &m.device);
	write_file("transcript", &m.transcript);
	write_file("issued", &issued);
	write_file("response", &response);
	sb_bytes_free(&issued);
	sb_bytes_free(&response);
	maker_free(&m);
	return 0;
}
