/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <limits.h>
#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"
#include "formats/cbor.h"
#include "formats/openid4vp.h"
#include "verify/answer.h"
#include "verify/batch.h"
#include "verify/request.h"
#include "verify/source.h"
#include "verify/verify.h"

/* `check`: a presentation that came as data, not as a picture. */

enum { PRESENTATION_MAX = SB_VP_SIZE_MAX };

static int read_request(const char *path, struct sb_bytes *text, struct sb_failure *f)
{
	int rc = sb_file_read(path, SB_VP_SIZE_MAX, text);

	return rc == SB_OK ? SB_EXIT_OK
			   : sb_fail(f, SB_EXIT_DATA, "cannot_read", "--request", _("%s cannot be read: %s."), sb_clean(path), _(sb_error_text(rc)));
}

/* --- what a file holds --- */

static bool is_blank(uint8_t letter)
{
	return memchr(" \t\r\n", letter, 4) != NULL;
}

static struct sb_slice trimmed(struct sb_slice text)
{
	while (text.len && is_blank(text.data[0]))
		text = sb_slice(text.data + 1, text.len - 1);
	while (text.len && is_blank(text.data[text.len - 1]))
		text.len--;
	return text;
}

/* One map, and nothing behind it. */
static bool is_cbor(struct sb_slice data)
{
	struct sb_cbor_item item;

	return sb_cbor_only(data, &item) == SB_OK && item.type == SB_CBOR_MAP;
}

static bool is_picture(struct sb_slice data)
{
	return data.len > 3 && (memcmp(data.data, "\x89PNG", 4) == 0 || memcmp(data.data, "\xff\xd8\xff", 3) == 0);
}

/* An issuer's JWT with a "~" behind it: a JSON object in base64url begins with "ey". */
static bool is_sd_jwt(struct sb_slice text)
{
	return text.len > 2 && memcmp(text.data, "ey", 2) == 0 && memchr(text.data, '~', text.len) && !memchr(text.data, 0, text.len);
}

/* Appends the DeviceResponse as text and its end, where it is one; SB_E_FORMAT for anything else. */
static int take_mdoc(struct sb_slice file, struct sb_bytes *out)
{
	struct sb_slice text = trimmed(file);
	struct sb_bytes raw = {0};
	int rc;

	if (is_cbor(file))
		rc = sb_base64url_encode(file.data, file.len, out);
	else {
		rc = sb_base64url_decode((const char *)text.data, text.len, &raw);
		if (rc == SB_OK)
			rc = is_cbor(sb_bytes_slice(&raw)) ? sb_bytes_append(out, text.data, text.len) : SB_E_FORMAT;
	}
	sb_bytes_free(&raw);
	return rc == SB_OK ? sb_bytes_terminate(out) : rc;
}

static int fail_receipt(struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_USAGE, "usage", "--receipt", _("%s is for the code of a card: not for an mdoc, an SD-JWT, or the answer to a request."), "--receipt");
}

/* --- a presentation alone --- */

static int take_binding(struct answer *a, enum sb_dcql_format format, struct request_binding *b, struct sb_failure *f)
{
	struct sb_program *p = a->p;

	*b = (struct request_binding){.nonce = sb_program_text(p, "--nonce"), .client_id = sb_program_text(p, "--client-id"),
		.response_uri = sb_program_text(p, "--response-uri"), .origin = sb_program_text(p, "--origin")};
	if (a->receipt.path)
		return fail_receipt(f);
	if (a->challenge)
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--challenge", _("A challenge is for a live QR code. What this answers is --nonce."));
	if (!b->nonce || (!b->client_id && !b->origin))
		return sb_fail(f, SB_EXIT_USAGE, "usage", b->nonce ? "--client-id" : "--nonce",
			_("Whether this was made for you cannot be told without what you asked: --request FILE, or --nonce with --client-id (and --response-uri) or --origin."));
	if (b->client_id && b->origin)
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--origin", _("--origin stands instead of --client-id: give one of them."));
	if (format == SB_DCQL_MDOC && !b->origin && !b->response_uri)
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--response-uri", _("An mdoc is bound to where the answer was sent, too: --response-uri."));
	return SB_EXIT_OK;
}

static int judge_alone(struct answer *a, const char *text, enum sb_dcql_format format, json_t *result, struct sb_failure *f)
{
	struct request_binding binding;
	int rc = take_binding(a, format, &binding, f);

	return rc == SB_EXIT_OK ? request_check_alone(a, text, format, &binding, result, f) : rc;
}

/* Who asked with a nonce is not content with a code, which answers nobody: what was sent is the sender's choice, what is taken is not. */
static bool is_bound(const struct answer *a)
{
	static const char *const names[] = {"--nonce", "--client-id", "--response-uri", "--origin"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (sb_program_text(a->p, names[i]))
			return true;
	return false;
}

/* Lines; where none of them is a code, one answer for all. */
static int judge_codes(struct answer *a, struct sb_slice text, json_t *result, struct sb_failure *f)
{
	struct source source = {.path = sb_program_operand(a->p, 0)};
	struct source_lines lines;
	struct sb_slice line;
	int rc = sb_bytes_append(&source.texts, text.data, text.len) == SB_OK ? SB_EXIT_OK : desk_fail(a->p, SB_E_NOMEM, f);

	source_lines_start(&source, &lines);
	if (rc == SB_EXIT_OK && !lines.only_first)
		rc = answer_lines(a, text, result, f);
	else if (rc == SB_EXIT_OK && source_lines_next(&lines, &line))
		rc = answer_give(a, line, result, f);
	source_free(&source);
	return rc == SB_EXIT_OK ? answer_exit(a, sb_program_operand(a->p, 0), f) : rc;
}

static int judge_any(struct answer *a, struct sb_slice text, json_t *result, struct sb_failure *f)
{
	struct sb_slice token = trimmed(text);
	struct sb_bytes copy = {0};
	int rc = SB_E_FORMAT, got;
	bool sd_jwt = is_sd_jwt(token);

	if (sd_jwt) {
		got = sb_bytes_append(&copy, token.data, token.len);
		if (got == SB_OK)
			got = sb_bytes_terminate(&copy);
	} else
		got = take_mdoc(text, &copy);
	if (got == SB_OK)
		rc = judge_alone(a, (const char *)copy.data, sd_jwt ? SB_DCQL_SD_JWT : SB_DCQL_MDOC, result, f);
	else if (got == SB_E_NOMEM)
		rc = desk_fail(a->p, got, f);
	else
		rc = is_bound(a) ? judge_alone(a, "", SB_DCQL_SD_JWT, result, f) : judge_codes(a, text, result, f);
	sb_bytes_free(&copy);
	return rc;
}

/* --- the answer to a request --- */

static int judge_answer(struct answer *a, struct sb_slice text, const char *path, json_t *result, struct sb_failure *f)
{
	static const char *const in_request[] = {"--challenge", "--fields", "--nonce", "--client-id", "--response-uri", "--origin"};
	struct sb_bytes request = {0};
	int rc = SB_EXIT_OK;

	for (size_t i = 0; i < sizeof in_request / sizeof *in_request; i++)
		if (sb_program_text(a->p, in_request[i]))
			return sb_fail(f, SB_EXIT_USAGE, "usage", in_request[i], _("%s does not go with --request: the request says it."), in_request[i]);
	if (a->receipt.path)
		return fail_receipt(f);
	rc = read_request(path, &request, f);
	if (rc == SB_EXIT_OK)
		rc = request_check(a, text, sb_bytes_slice(&request), result, f);
	sb_bytes_free(&request);
	return rc;
}

static int check_one(struct answer *a, json_t *result, struct sb_failure *f)
{
	const char *path = sb_program_operand(a->p, 0), *request = sb_program_text(a->p, "--request");
	struct sb_bytes text = {0};
	int rc, got;

	if (sb_program_operand_count(a->p) != 1)
		return sb_fail(f, SB_EXIT_USAGE, "usage", "operands", _("One file, or many with --batch: %s"), "sinbun-verify check --help");
	got = sb_file_read(path, PRESENTATION_MAX, &text);
	if (got != SB_OK)
		rc = sb_fail(f, SB_EXIT_DATA, "cannot_read", path, _("%s cannot be read: %s."), sb_clean(path), _(sb_error_text(got)));
	else if (is_picture(sb_bytes_slice(&text)))
		rc = sb_fail(f, SB_EXIT_DATA, "picture", path, _("%s is a picture. For that: sinbun-verify scan FILE"), sb_clean(path));
	else
		rc = request ? judge_answer(a, sb_bytes_slice(&text), request, result, f) : judge_any(a, sb_bytes_slice(&text), result, f);
	sb_bytes_free(&text);
	return rc;
}

/* What is for one presentation. */
static int check_ways(const struct answer *a, struct sb_failure *f)
{
	static const char *const of_one[] = {"--nonce", "--client-id", "--response-uri", "--origin"};

	for (size_t i = 0; a->batch && i < sizeof of_one / sizeof *of_one; i++)
		if (sb_program_text(a->p, of_one[i]))
			return sb_fail(f, SB_EXIT_USAGE, "usage", of_one[i], _("%s is for one presentation, and does not go with --batch."), of_one[i]);
	return SB_EXIT_OK;
}

static int check(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	struct answer a;
	int rc = answer_open(p, &a, f);

	if (rc != SB_EXIT_OK)
		return rc;
	rc = check_ways(&a, f);
	if (rc == SB_EXIT_OK)
		rc = a.batch ? batch_check(&a, result, f) : check_one(&a, result, f);
	answer_close(&a);
	return rc;
}

static const struct sb_option options[] = {ANSWER_OPTIONS, RECEIPT_OPTIONS,
	{"--request", SB_OPTION_FILE, "FILE", N_("the request (OpenID4VP) that it answers: the file is a vp_token"), false},
	{"--nonce", SB_OPTION_TEXT, "N", N_("an mdoc or SD-JWT alone: the nonce that it must answer"), false},
	{"--client-id", SB_OPTION_TEXT, "ID", N_("the same: who asked, with its prefix (redirect_uri:https://…)"), false},
	{"--response-uri", SB_OPTION_TEXT, "URI", N_("the same: where the answer was to be sent"), false},
	{"--origin", SB_OPTION_TEXT, "URI", N_("the same, instead of these two: the web site's origin, where a browser brought it"), false},
	BATCH_OPTIONS, {0}};

const struct sb_verb verify_check = {"check", "FILE...", 0, UINT_MAX, N_("check a presentation in a file: the text of a code (SB1:…), an mdoc, an SD-JWT, or the answer to a request"), options, check};
