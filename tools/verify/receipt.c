/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "verify/receipt.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"
#include "crypto/digest.h"
#include "formats/jws.h"

static int fail_exists(const struct receipt *r, struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_STORAGE, "file_exists", "--receipt", _("%s is there already; a receipt is never written over another file."), r->path);
}

static int fail_write(const struct receipt *r, struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_STORAGE, "cannot_write", "--receipt", _("%s cannot be written: %s."), r->path, strerror(errno));
}

/* Beside the place where it is to be. */
static int make_draft(struct receipt *r, struct sb_failure *f)
{
	char copy[sizeof r->draft];
	size_t len = strlen(r->path);
	int n;

	if (len && r->path[len - 1] == '/')
		errno = EISDIR;
	else if ((size_t)snprintf(copy, sizeof copy, "%s", r->path) >= sizeof copy)
		errno = ENAMETOOLONG;
	else {
		n = snprintf(r->draft, sizeof r->draft, "%s/.receipt-XXXXXX", dirname(copy));
		r->fd = n > 0 && (size_t)n < sizeof r->draft ? mkstemp(r->draft) : -1;
		if (r->fd >= 0)
			return SB_EXIT_OK;
	}
	*r->draft = 0;
	return fail_write(r, f);
}

int receipt_open(struct sb_program *p, const char *key_uri, struct receipt *r, struct sb_failure *f)
{
	int rc;

	*r = (struct receipt){.p = p, .path = sb_program_text(p, "--receipt"), .fd = -1};
	if (!r->path)
		return SB_EXIT_OK;
	if (!key_uri)
		return sb_fail(f, SB_EXIT_CONFIG, "no_receipt_key", "receipt-key",
			_("This desk has no key for receipts: desk.conf needs a line receipt-key = pkcs11:… (sinbun-verify(1) tells how to make one)."));
	if (faccessat(AT_FDCWD, r->path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return fail_exists(r, f);
	if (errno != ENOENT)
		return fail_write(r, f);
	rc = make_draft(r, f);
	return rc == SB_EXIT_OK ? desk_key_open(p, key_uri, &r->key, f) : rc;
}

void receipt_close(struct receipt *r)
{
	desk_key_close(&r->key);
	if (*r->draft) {
		close(r->fd);
		unlink(r->draft);
	}
	*r->draft = 0;
}

/* --- what it says --- */

static json_t *base64url_text(const uint8_t *data, size_t len)
{
	struct sb_bytes text = {0};
	json_t *json = sb_base64url_encode(data, len, &text) == SB_OK ? json_stringn((const char *)text.data, text.len) : NULL;

	sb_bytes_free(&text);
	return json;
}

static json_t *names_of(const json_t *fields)
{
	json_t *names = json_array(), *value;
	const char *name;

	json_object_foreach ((json_t *)fields, name, value)
		json_array_append_new(names, json_string(name));
	return names;
}

static void add_token(json_t *payload, struct sb_slice token)
{
	uint8_t digest[SB_SHA256_SIZE];

	while (token.len && strchr(" \t\r\n", token.data[token.len - 1]))
		token.len--;
	if (sb_sha256(token.data, token.len, digest) == SB_OK)
		json_object_set_new(payload, "token_sha256", base64url_text(digest, sizeof digest));
}

static json_t *payload_of(const struct receipt_facts *facts)
{
	static const char *const copied[] = {"at", "result", "reason", "format", "document", "presented_at", "status", "status_age_s", "portrait", "checked_on"};
	json_t *payload = json_pack("{s:I, s:s}", "iat", (json_int_t)facts->now, "kind", facts->kind);

	if (facts->desk)
		json_object_set_new(payload, "desk", json_string(facts->desk));
	for (size_t i = 0; i < sizeof copied / sizeof *copied; i++)
		json_object_set(payload, copied[i], json_object_get(facts->verdict, copied[i]));
	if (json_object_get(facts->verdict, "fields"))
		json_object_set_new(payload, "fields", names_of(json_object_get(facts->verdict, "fields")));
	if (facts->token.data)
		add_token(payload, facts->token);
	if (facts->patient)
		json_object_set_new(payload, "patient", base64url_text(facts->patient, PATIENT_ID));
	return payload;
}

/* The key is named by its certificate where there is one. */
static json_t *header_of(const struct desk_key *key)
{
	struct sb_slice der = desk_key_certificate(key);
	struct sb_bytes text = {0};
	json_t *header;

	if (!der.len)
		return json_pack("{s:s, s:o}", "typ", RECEIPT_TYP, "jwk", sb_jwk_from_point(desk_key_point(key)));
	header = sb_base64_encode(der.data, der.len, &text) == SB_OK
			 ? json_pack("{s:s, s:[o]}", "typ", RECEIPT_TYP, "x5c", json_stringn((const char *)text.data, text.len))
			 : NULL;
	sb_bytes_free(&text);
	return header;
}

/* --- the file --- */

static bool write_whole(int fd, const struct sb_bytes *text)
{
	size_t done = 0;

	while (done < text->len) {
		ssize_t n = write(fd, text->data + done, text->len - done);

		if (n < 0 && errno != EINTR)
			return false;
		done += n > 0 ? (size_t)n : 0;
	}
	return fsync(fd) == 0;
}

/* Its name is on disk, too, before anybody is told. */
static bool sync_directory(const char *path)
{
	char copy[4096];
	int fd;
	bool ok;

	snprintf(copy, sizeof copy, "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ok = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	return ok;
}

/* A second name, which must be free: link() never replaces one. */
static int write_file(const struct receipt *r, const struct sb_bytes *text, struct sb_failure *f)
{
	int rc = SB_EXIT_OK;

	if (!write_whole(r->fd, text))
		rc = fail_write(r, f);
	else if (link(r->draft, r->path) != 0)
		rc = errno == EEXIST ? fail_exists(r, f) : fail_write(r, f);
	return rc == SB_EXIT_OK && !sync_directory(r->path) ? fail_write(r, f) : rc;
}

int receipt_write(struct receipt *r, const struct receipt_facts *facts, struct sb_failure *f)
{
	json_t *header = header_of(r->key), *payload = payload_of(facts);
	struct sb_signer signer = desk_key_signer(r->key);
	struct sb_bytes text = {0};
	int rc = header && payload ? sb_jws_sign(header, payload, &signer, &text) : SB_E_NOMEM, done;

	if (rc == SB_OK)
		done = write_file(r, &text, f);
	else if (rc == SB_E_CRYPTO && *desk_key_failure(r->key)->error) {
		*f = *desk_key_failure(r->key);
		done = f->exit;
	} else
		done = sb_fail(f, SB_EXIT_STORAGE, "storage", "--receipt", _("%s cannot be written: %s."), r->path, _(sb_error_text(rc)));
	sb_bytes_free(&text);
	json_decref(header);
	json_decref(payload);
	return done;
}
