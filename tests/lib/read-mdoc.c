/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
/* What an mdoc says, as JSON, once its issuer's word holds.
 *   read-mdoc ROOT.pem FILE                      IssuerSigned, in binary
 *   read-mdoc ROOT.pem FILE CLIENT NONCE URI     DeviceResponse, presented by OpenID4VP to this client */
#include <jansson.h>
#include <time.h>

#include "base/codec.h"
#include "base/error.h"
#include "base/file.h"
#include "check.h"
#include "crypto/random.h"
#include "formats/mdoc.h"
#include "formats/x509.h"

enum { FILE_MAX = 4 << 20 };

static struct sb_slice text(const char *t)
{
	return sb_slice(t, strlen(t));
}

static json_t *elements(const struct sb_mdoc *mdoc)
{
	json_t *spaces = json_object();

	for (size_t i = 0; i < mdoc->element_count; i++) {
		const struct sb_mdoc_element *e = &mdoc->elements[i];
		char space[200], name[200];
		json_t *inside;

		snprintf(space, sizeof space, "%.*s", (int)e->name_space.len, (const char *)e->name_space.data);
		snprintf(name, sizeof name, "%.*s", (int)e->name.len, (const char *)e->name.data);
		inside = json_object_get(spaces, space);
		if (!inside) {
			inside = json_object();
			json_object_set_new(spaces, space, inside);
		}
		json_object_set_new(inside, name, sb_mdoc_value_json(e->value));
	}
	return spaces;
}

static void tell(const struct sb_mdoc *mdoc)
{
	struct sb_bytes key = {0};
	json_t *all, *status = json_null();

	REQUIRE(sb_base64url_encode(mdoc->device_point, sizeof mdoc->device_point, &key) == SB_OK);
	if (mdoc->has_status)
		status = json_pack("{s:I, s:s%}", "idx", (json_int_t)mdoc->status_index, "uri", (const char *)mdoc->status_uri.data,
			mdoc->status_uri.len);
	all = json_pack("{s:s%, s:s%, s:I, s:o, s:o}", "docType", (const char *)mdoc->doctype.data, mdoc->doctype.len, "deviceKey",
		(const char *)key.data, key.len, "validUntil", (json_int_t)mdoc->valid_until, "status", status, "elements", elements(mdoc));
	REQUIRE(all);
	json_dumpf(all, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(all);
	sb_bytes_free(&key);
}

int main(int argc, char **argv)
{
	static struct sb_mdoc mdoc[SB_MDOC_DOCUMENTS];
	struct sb_bytes pem = {0}, root = {0}, data = {0}, transcript = {0};
	struct sb_mdoc_question q = {.root_count = 1, .at = time(NULL)};
	struct sb_slice roots[1];
	enum sb_mdoc_fault why = SB_MDOC_FAULT_NONE;
	size_t count = 1;
	int rc;

	REQUIRE((argc == 3 || argc == 6) && sb_crypto_start() == SB_OK);
	REQUIRE(sb_file_read(argv[1], FILE_MAX, &pem) == SB_OK && sb_pem_decode("CERTIFICATE", sb_bytes_slice(&pem), &root) == SB_OK);
	REQUIRE(sb_file_read(argv[2], FILE_MAX, &data) == SB_OK);
	roots[0] = sb_bytes_slice(&root);
	q.roots = roots;
	if (argc == 6)
		REQUIRE(sb_mdoc_transcript_openid4vp(text(argv[3]), text(argv[4]), text(""), text(argv[5]), &transcript) == SB_OK);
	q.transcript = sb_bytes_slice(&transcript);
	rc = argc == 6 ? sb_mdoc_parse_response(sb_bytes_slice(&data), mdoc, &count, &why)
		       : sb_mdoc_parse_issued(sb_bytes_slice(&data), &mdoc[0], &why);
	for (size_t i = 0; rc == SB_OK && i < count; i++)
		rc = argc == 6 ? sb_mdoc_verify(&mdoc[i], &q, &why) : sb_mdoc_verify_issued(&mdoc[i], &q, &why);
	for (size_t i = 0; rc == SB_OK && i < count; i++)
		tell(&mdoc[i]);
	if (rc != SB_OK)
		fprintf(stderr, "refused: %s: %s\n", sb_mdoc_fault_name(why), sb_mdoc_fault_text(why));
	sb_bytes_free(&pem);
	sb_bytes_free(&root);
	sb_bytes_free(&data);
	sb_bytes_free(&transcript);
	return rc == SB_OK ? 0 : 1;
}
