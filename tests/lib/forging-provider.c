/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors
 *
 * A provider of identities that does what no good one does, and a gateway for text messages, on a free port of 127.0.0.1, which it prints, until its
 * standard input ends. Each request's first line, headers and body are added to ./requests. What is wrong with its answers stands in ./mode, JSON,
 * read at each request; every member may be absent:
 *   at         the path that status, raw, stall and endless are for: "/token" …; else every one
 *   status     the answer's status; raw: its body, as it stands; location: a redirect's
 *   stall      nothing is answered until the other side goes; endless: a body without an end
 *   metadata, request, token, userinfo   members put over those of the discovery document and the answers; null takes one away
 *   keys       the set: "good" (kid g), "bare" (the same without kid), "stranger" (kid s), or objects
 *   header, claims, times   members put over those of the id_token; times are seconds from now
 *   sign       good (default), stranger, none, empty, hmac (with the public key as the secret), cut */
#include <arpa/inet.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/codec.h"
#include "crypto/digest.h"
#include "formats/jws.h"
#include "software_signer.h"

static struct software_signer good, stranger;
static int port;
static json_t *mode;
static char nonce[64]; /* of the last request */

static const char *text_of(const char *name)
{
	const char *text = json_string_value(json_object_get(mode, name));

	return text ? text : "";
}

/* Puts the mode's members over an object's. */
static json_t *over(json_t *object, const char *name)
{
	const char *key;
	json_t *value;

	json_object_foreach(json_object_get(mode, name), key, value)
	{
		if (json_is_null(value))
			json_object_del(object, key);
		else
			json_object_set(object, key, value);
	}
	return object;
}

static json_t *text_at(const char *path)
{
	return json_sprintf("http://127.0.0.1:%d%s", port, path);
}

static json_t *metadata(void)
{
	return over(json_pack("{s:o, s:o, s:o, s:o, s:o, s:[s], s:[s], s:[s]}", "issuer", text_at(""), "backchannel_authentication_endpoint", text_at("/bc"),
			    "token_endpoint", text_at("/token"), "jwks_uri", text_at("/jwks"), "userinfo_endpoint", text_at("/userinfo"),
			    "backchannel_token_delivery_modes_supported", "poll", "token_endpoint_auth_methods_supported", "client_secret_basic",
			    "id_token_signing_alg_values_supported", "ES256"),
		"metadata");
}

static json_t *named_key(const char *name)
{
	json_t *jwk = sb_jwk_from_point(strcmp(name, "stranger") == 0 ? stranger.point : good.point);

	if (strcmp(name, "bare") != 0)
		json_object_set_new(jwk, "kid", json_string(strcmp(name, "stranger") == 0 ? "s" : "g"));
	return jwk;
}

static json_t *keys(void)
{
	json_t *list = json_object_get(mode, "keys"), *one, *out = json_array();
	size_t i;

	if (!list)
		json_array_append_new(out, named_key("good"));
	json_array_foreach(list, i, one) json_array_append_new(out, json_is_string(one) ? named_key(json_string_value(one)) : json_incref(one));
	return json_pack("{s:o}", "keys", out);
}

/* --- the id_token --- */

static void append_json(json_t *json, struct sb_bytes *out)
{
	char *text = json_dumps(json, JSON_COMPACT);

	REQUIRE(text && sb_base64url_encode(text, strlen(text), out) == SB_OK);
	free(text);
	json_decref(json);
}

static json_t *claims(void)
{
	json_int_t now = time(NULL);
	json_t *out = json_pack("{s:o, s:s, s:s, s:I, s:I, s:s, s:s, s:s, s:s}", "iss", text_at(""), "aud", "client", "sub", "subject", "iat", now, "exp", now + 300, "name",
		       "홍시험", "birthdate", "1990-01-01", "phone_number", "+82 10-0000-1234", "nonce", nonce),
	       *value;
	const char *key;

	over(out, "claims");
	json_object_foreach(json_object_get(mode, "times"), key, value) json_object_set_new(out, key, json_integer(now + json_integer_value(value)));
	return out;
}

static void append_signature(const char *how, struct sb_bytes *token)
{
	uint8_t digest[32], signature[64] = {0}, mac[32];
	struct sb_bytes spki = {0};
	unsigned len = sizeof mac;

	REQUIRE(sb_sha256(token->data, token->len, digest) == SB_OK);
	REQUIRE(software_sign(strcmp(how, "stranger") == 0 ? stranger.key : good.key, digest, signature) == SB_OK);
	REQUIRE(sb_pkey_spki(good.key, &spki) == SB_OK);
	HMAC(EVP_sha256(), spki.data, (int)spki.len, token->data, token->len, mac, &len);
	sb_bytes_free(&spki);
	REQUIRE(sb_bytes_append_byte(token, '.') == SB_OK);
	if (strcmp(how, "none") == 0 || strcmp(how, "empty") == 0)
		return;
	if (strcmp(how, "hmac") == 0)
		REQUIRE(sb_base64url_encode(mac, sizeof mac, token) == SB_OK);
	else
		REQUIRE(sb_base64url_encode(signature, strcmp(how, "cut") == 0 ? 63 : 64, token) == SB_OK);
}

static json_t *id_token(void)
{
	const char *how = text_of("sign");
	const char *alg = strcmp(how, "none") == 0 ? "none" : strcmp(how, "hmac") == 0 ? "HS256" : "ES256";
	struct sb_bytes token = {0};
	json_t *out;

	append_json(over(json_pack("{s:s, s:s}", "alg", alg, "kid", "g"), "header"), &token);
	REQUIRE(sb_bytes_append_byte(&token, '.') == SB_OK);
	append_json(claims(), &token);
	append_signature(how, &token);
	out = json_stringn((const char *)token.data, token.len);
	sb_bytes_free(&token);
	return out;
}

/* --- the server --- */

static void note_nonce(const char *request)
{
	const char *at = strstr(request, "nonce=");

	if (at)
		snprintf(nonce, sizeof nonce, "%.*s", (int)strcspn(at + 6, "& \r\n"), at + 6);
}

static json_t *answer_json(const char *path, const char *request)
{
	if (strcmp(path, "/.well-known/openid-configuration") == 0)
		return metadata();
	if (strcmp(path, "/jwks") == 0)
		return keys();
	if (strcmp(path, "/userinfo") == 0)
		return over(json_pack("{s:s}", "sub", "subject"), "userinfo");
	if (strcmp(path, "/token") == 0)
		return over(json_pack("{s:s, s:s, s:o}", "access_token", "access", "token_type", "Bearer", "id_token", id_token()), "token");
	if (strcmp(path, "/bc") != 0)
		return NULL;
	note_nonce(request);
	return over(json_pack("{s:s, s:i, s:i}", "auth_req_id", "request-1", "expires_in", 100, "interval", 1), "request");
}

static void say(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n <= 0)
			return;
		data += n;
		len -= (size_t)n;
	}
}

static void serve(int fd, const char *path, const char *request)
{
	const char *at = text_of("at"), *raw = json_string_value(json_object_get(mode, "raw")), *location = text_of("location");
	int here = !*at || strcmp(at, path) == 0, status = 200;
	json_t *json = answer_json(path, request);
	char *body = json ? json_dumps(json, JSON_COMPACT) : NULL, head[600];
	struct pollfd gone = {.fd = fd, .events = POLLIN};

	if (here && json_object_get(mode, "stall"))
		poll(&gone, 1, 60000);
	if (here && json_object_get(mode, "status"))
		status = (int)json_integer_value(json_object_get(mode, "status"));
	if (here && raw) {
		free(body);
		body = strdup(raw);
	}
	if (!body)
		body = strdup("");
	snprintf(head, sizeof head, "HTTP/1.1 %d Answer\r\nContent-Type: application/json\r\nConnection: close\r\n%s%s%s\r\n", status, *location ? "Location: " : "", location,
		*location ? "\r\n" : "");
	say(fd, head, strlen(head));
	say(fd, body, strlen(body));
	for (int i = 0; here && json_object_get(mode, "endless") && i < 100000; i++)
		say(fd, head, strlen(head));
	free(body);
	json_decref(json);
}

static void read_request(int fd, char *request, size_t size)
{
	size_t used = 0, whole = size - 1;
	ssize_t got;

	while (used < whole && (got = read(fd, request + used, size - 1 - used)) > 0) {
		char *end, *length;

		request[used += (size_t)got] = 0;
		end = strstr(request, "\r\n\r\n");
		length = strcasestr(request, "\r\nContent-Length:");
		if (end)
			whole = (size_t)(end - request) + 4 + (length && length < end ? strtoul(length + 17, NULL, 10) : 0);
	}
}

static void answer(int fd)
{
	static char request[65536];
	char path[256] = "";
	FILE *f = fopen("requests", "a");

	*request = 0;
	read_request(fd, request, sizeof request);
	if (f) {
		fprintf(f, "%s\n", request);
		fclose(f);
	}
	mode = json_load_file("mode", 0, NULL);
	if (sscanf(request, "%*s %255s", path) == 1)
		serve(fd, path, request);
	json_decref(mode);
	close(fd);
}

int main(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct pollfd wait[2] = {{.fd = fd, .events = POLLIN}, {.fd = 0, .events = POLLIN}};

	signal(SIGPIPE, SIG_IGN);
	good = software_signer_new();
	stranger = software_signer_new();
	if (bind(fd, (struct sockaddr *)&address, len) != 0 || listen(fd, 16) != 0 || getsockname(fd, (struct sockaddr *)&address, &len) != 0)
		return 2;
	port = ntohs(address.sin_port);
	printf("%d\n", port);
	fclose(stdout);
	while (poll(wait, 2, -1) > 0 && !wait[1].revents)
		if (wait[0].revents & POLLIN)
			answer(accept(fd, NULL, NULL));
	software_signer_free(&good);
	software_signer_free(&stranger);
	return 0;
}
