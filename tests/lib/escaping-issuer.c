/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "crypto/digest.h"
#include "formats/bundle.h"
#include "formats/x509.h"
#include "software_signer.h"

/* escaping-issuer URI INDEX NAME: an issuer that signs whatever it is told. Writes root.pem, bundle.jwt, whose list of 8 cards is
 * https://list.example/1, and code.txt, a live code of a card with that name (document type `resident`), at INDEX of the list at URI. */

static const char list_uri[] = "https://list.example/1";
enum { VCT = 65001, CLAIM_NAME = -65537, YEAR = 365 * 86400 };

static void put(const char *path, struct sb_slice data)
{
	REQUIRE(sb_file_write(path, data.data, data.len, 0600) == SB_OK);
}

static void certify(enum sb_x509_kind kind, const struct software_signer *subject, const struct software_signer *issuer, struct sb_bytes *der)
{
	int64_t now = time(NULL);
	struct sb_x509_request request = {.kind = kind, .subject = {"KR", "Hostile", kind == SB_X509_ROOT ? "Root" : "Signer"},
		.issuer = {"KR", "Hostile", "Root"}, .serial = {1, (uint8_t)kind}, .serial_len = 2, .not_before = now - 60, .not_after = now + YEAR,
		.point = software_point(subject), .issuer_point = software_point(issuer)};

	REQUIRE(sb_x509_issue(&request, &issuer->signer, der) == SB_OK);
}

static void write_bundle(const struct software_signer *signer, const struct sb_bytes *certificate, const uint8_t kid[SB_KID])
{
	struct sb_bundle bundle = {.iat = time(NULL), .exp = time(NULL) + 86400, .signer_count = 1, .list_count = 1};
	struct sb_status_list *list;
	struct sb_bytes text = {0};

	REQUIRE(sb_status_list_new(list_uri, 2, 8, &list) == SB_OK);
	list->iat = bundle.iat;
	list->exp = bundle.exp;
	REQUIRE(sb_bytes_set(&bundle.signers[0], certificate->data, certificate->len) == SB_OK);
	REQUIRE(sb_status_cwt_issue(list, kid, &signer->signer, &bundle.lists[0]) == SB_OK);
	REQUIRE(sb_bundle_make(&bundle, sb_bytes_slice(certificate), &signer->signer, &text) == SB_OK);
	put("bundle.jwt", sb_bytes_slice(&text));
	sb_status_list_free(&list);
	sb_bundle_free(&bundle);
	sb_bytes_free(&text);
}

static void write_code(const struct software_signer *signer, struct sb_sdcwt *card)
{
	struct software_signer holder = software_signer_new();
	struct sb_bytes token = {0}, kbt = {0}, text = {0};
	struct sb_kbt live = {.audience = sb_slice("any", 3), .iat = time(NULL), .exp = time(NULL) + 30};

	memcpy(card->holder_point, holder.point, sizeof card->holder_point);
	REQUIRE(sb_sdcwt_issue(card, &signer->signer, &token) == SB_OK);
	live.sdcwt = sb_bytes_slice(&token);
	REQUIRE(sb_kbt_make(&live, &holder.signer, &kbt) == SB_OK);
	REQUIRE(sb_qr_text_encode(sb_bytes_slice(&kbt), &text) == SB_OK);
	put("code.txt", sb_bytes_slice(&text));
	sb_bytes_free(&token);
	sb_bytes_free(&kbt);
	sb_bytes_free(&text);
	software_signer_free(&holder);
}

int main(int argc, char **argv)
{
	struct software_signer root = software_signer_new(), signer = software_signer_new();
	struct sb_bytes root_der = {0}, signer_der = {0}, pem = {0};
	uint8_t hash[SB_SHA256_SIZE];
	struct sb_sdcwt card = {.iat = time(NULL) - 1, .exp = time(NULL) + 86400, .vct = VCT, .claim_count = 1};

	REQUIRE(argc == 4);
	card.status_uri = sb_slice(argv[1], strlen(argv[1]));
	REQUIRE(sscanf(argv[2], "%lu", &card.status_index) == 1);
	card.claims[0] = (struct sb_claim){CLAIM_NAME, SB_CLAIM_TEXT, sb_slice(argv[3], strlen(argv[3])), 0};
	certify(SB_X509_ROOT, &root, &root, &root_der);
	certify(SB_X509_SIGNER, &signer, &root, &signer_der);
	REQUIRE(sb_sha256(signer_der.data, signer_der.len, hash) == SB_OK);
	memcpy(card.kid, hash, SB_KID);
	REQUIRE(sb_pem_encode("CERTIFICATE", sb_bytes_slice(&root_der), &pem) == SB_OK);
	put("root.pem", sb_bytes_slice(&pem));
	write_bundle(&signer, &signer_der, card.kid);
	write_code(&signer, &card);
	sb_bytes_free(&root_der);
	sb_bytes_free(&signer_der);
	sb_bytes_free(&pem);
	software_signer_free(&root);
	software_signer_free(&signer);
	return 0;
}
