/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
/* Opens and makes the seal of an enrolment's response, as anybody can who has seen a request.
 *   reseal open PAIR RESPONSE      the inside of a response that was sealed to that key (a file: public key, secret key)
 *   reseal seal REQUEST INSIDE     a response with this inside, sealed to the request's key */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "check.h"
#include "crypto/random.h"
#include "formats/enrolment.h"

enum { FILE_MAX = 4 << 20 };

static json_t *read_json(const char *path)
{
	json_t *json = json_load_file(path, 0, NULL);

	REQUIRE(json);
	return json;
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
	REQUIRE(argc == 4 && sb_crypto_start() == SB_OK);
	if (strcmp(argv[1], "open") == 0)
		open_response(argv[2], argv[3]);
	else if (strcmp(argv[1], "seal") == 0)
		seal_response(argv[2], argv[3]);
	else
		return 2;
	return 0;
}
