/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
/* Opens and makes the seal of an enrolment's response, as anybody can who has seen a request.
 *   reseal key SECRET              makes a key pair; the secret goes to a file, the public key to standard output (as in a request)
 *   reseal open SECRET RESPONSE    the inside of a response that was sealed to that key
 *   reseal seal REQUEST INSIDE     a response with this inside, sealed to the request's key */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "base/file.h"
#include "check.h"
#include "crypto/aead.h"
#include "crypto/random.h"
#include "formats/enrolment.h"

enum { FILE_MAX = 4 << 20 };

static json_t *read_json(const char *path)
{
	json_t *json = json_load_file(path, 0, NULL);

	REQUIRE(json);
	return json;
}

static void make_key(const char *path)
{
	uint8_t pair[64];
	struct sb_bytes text = {0};

	REQUIRE(sb_box_keypair(pair, pair + 32) == SB_OK && sb_file_write(path, pair, sizeof pair, 0600) == SB_OK);
	REQUIRE(sb_base64url_encode(pair, 32, &text) == SB_OK && sb_bytes_terminate(&text) == SB_OK);
	puts((const char *)text.data);
	sb_bytes_free(&text);
}

static void open_response(const char *secret, const char *response)
{
	struct sb_bytes pair = {0};
	json_t *json = read_json(response), *inside;
	char application[40];
	const char *field;

	REQUIRE(sb_file_read(secret, FILE_MAX, &pair) == SB_OK && pair.len == 64);
	REQUIRE(sb_response_open(json, pair.data, pair.data + 32, application, &inside, &field) == SB_OK);
	json_dumpf(inside, stdout, JSON_COMPACT);
	json_decref(inside);
	json_decref(json);
	sb_bytes_free(&pair);
}

static void seal_response(const char *request, const char *inside_path)
{
	json_t *json = read_json(request), *inside = read_json(inside_path), *response;
	struct sb_enrol_request r;
	const char *field;

	REQUIRE(sb_enrol_request_parse(json, &r, &field) == SB_OK);
	response = sb_response_make(r.application, r.box, inside);
	REQUIRE(response);
	json_dumpf(response, stdout, JSON_COMPACT);
	json_decref(response);
	json_decref(inside);
	json_decref(json);
}

int main(int argc, char **argv)
{
	REQUIRE(argc >= 3 && sb_crypto_start() == SB_OK);
	if (strcmp(argv[1], "key") == 0)
		make_key(argv[2]);
	else if (strcmp(argv[1], "open") == 0 && argc == 4)
		open_response(argv[2], argv[3]);
	else if (strcmp(argv[1], "seal") == 0 && argc == 4)
		seal_response(argv[2], argv[3]);
	else
		return 2;
	return 0;
}
