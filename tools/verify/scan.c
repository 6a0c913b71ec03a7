/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"
#include "common/qr.h"
#include "verify/answer.h"
#include "verify/verify.h"

/* `scan`: a code as a desk gets it: a picture, a file with its text, or a scanner that types lines. */

enum { TEXT_MAX = 1 << 20, PICTURE_MAX = 32 << 20, CHUNK = 1 << 16 };

static bool is_ours(struct sb_slice line)
{
	size_t prefix = strlen(SB_QR_PREFIX);

	return line.len >= prefix && memcmp(line.data, SB_QR_PREFIX, prefix) == 0;
}

/* The next line that is not empty; false at the end. */
static bool next_line(struct sb_slice *rest, struct sb_slice *line)
{
	while (rest->len) {
		const uint8_t *end = memchr(rest->data, '\n', rest->len);

		*line = sb_slice(rest->data, end ? (size_t)(end - rest->data) : rest->len);
		*rest = end ? sb_slice(end + 1, rest->len - line->len - 1) : sb_slice(NULL, 0);
		if (line->len)
			return true;
	}
	return false;
}

/* Of the codes in a picture ours are judged; where there is none of ours, the first, so that the desk is told what it is not. */
static int judge_picture(struct answer *a, const struct sb_bytes *texts, json_t *result, struct sb_failure *f)
{
	struct sb_slice rest = sb_bytes_slice(texts), line, first = {0};
	int rc = SB_EXIT_OK;

	while (rc == SB_EXIT_OK && next_line(&rest, &line)) {
		if (is_ours(line))
			rc = answer_give(a, line, result, f);
		else if (!first.data)
			first = line;
	}
	if (rc == SB_EXIT_OK && a->valid + a->refused == 0 && first.data)
		rc = answer_give(a, first, result, f);
	return rc;
}

static int fail_read(const char *path, int error, struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_DATA, "cannot_read", path, _("%s cannot be read: %s."), sb_source_name(path), _(sb_error_text(error)));
}

/* A text in which no line is a code of ours is told so once, by its first line: it may be any file. */
static struct sb_slice worth_judging(struct sb_slice text)
{
	struct sb_slice rest = text, line, first = text;
	bool any = false;

	while (next_line(&rest, &line)) {
		if (is_ours(line))
			return text;
		if (!any && !answer_is_blank(line)) {
			first = line;
			any = true;
		}
	}
	return first;
}

/* Any text is judged, so that a desk hears why it is no code; other bytes are not a scan at all. */
static int judge_text(struct answer *a, const char *path, struct sb_slice text, json_t *result, struct sb_failure *f)
{
	if (text.len > TEXT_MAX)
		return fail_read(path, SB_E_TOO_LARGE, f);
	if (text.len && (memchr(text.data, 0, text.len) || sb_utf8_length((const char *)text.data, text.len) < 0))
		return sb_fail(f, SB_EXIT_DATA, "cannot_read", path, _("%s is neither a picture (PNG, JPEG) nor text."), sb_source_name(path));
	return answer_lines(a, worth_judging(text), result, f);
}

static int judge(struct answer *a, const char *path, struct sb_slice data, json_t *result, struct sb_failure *f)
{
	struct sb_bytes texts = {0};
	int picture = sb_qr_read(data, &texts), rc;

	if (picture == SB_OK)
		rc = judge_picture(a, &texts, result, f);
	else if (picture == SB_E_NOT_FOUND)
		rc = sb_fail(f, SB_EXIT_DATA, "no_code", path, _("There is no QR code in %s, or it cannot be made out: come closer, avoid glare."),
			sb_source_name(path));
	else if (picture == SB_E_FORMAT)
		rc = judge_text(a, path, data, result, f);
	else
		rc = fail_read(path, picture, f);
	sb_bytes_free(&texts);
	return rc == SB_EXIT_OK ? answer_exit(a, path, f) : rc;
}

static int scan_file(struct answer *a, const char *path, json_t *result, struct sb_failure *f)
{
	struct sb_bytes data = {0};
	int got = sb_file_read(path, PICTURE_MAX, &data);
	int rc = got == SB_OK ? judge(a, path, sb_bytes_slice(&data), result, f) : fail_read(path, got, f);

	sb_bytes_free(&data);
	return rc;
}

/* A picture on standard input, all of it. */
static int scan_stream(struct answer *a, json_t *result, struct sb_failure *f)
{
	struct sb_bytes data = {0};
	size_t got = CHUNK;
	int rc = SB_OK;

	while (rc == SB_OK && got == CHUNK) {
		uint8_t *to = sb_bytes_extend(&data, CHUNK);

		got = to ? fread(to, 1, CHUNK, stdin) : 0;
		data.len -= to ? CHUNK - got : 0;
		if (!to)
			rc = SB_E_NOMEM;
		else if (ferror(stdin))
			rc = SB_E_IO;
		else if (data.len > PICTURE_MAX)
			rc = SB_E_TOO_LARGE;
	}
	rc = rc == SB_OK ? judge(a, "-", sb_bytes_slice(&data), result, f) : fail_read("-", rc, f);
	sb_bytes_free(&data);
	return rc;
}

/* Each line is answered before the next is read: a hand scanner, or zbarcam, types them. */
static int scan_lines(struct answer *a, json_t *result, struct sb_failure *f)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	int rc = SB_EXIT_OK;

	while (rc == SB_EXIT_OK && (len = getline(&line, &size, stdin)) > 0)
		rc = answer_lines(a, sb_slice(line, (size_t)len), result, f);
	sb_wipe(line, size);
	free(line);
	return rc == SB_EXIT_OK ? answer_exit(a, "-", f) : rc;
}

/* The first letter of a picture is none of any text. */
static bool stream_is_picture(void)
{
	int c = getc(stdin);

	ungetc(c, stdin);
	return c == 0x89 || c == 0xff;
}

static int scan_input(struct answer *a, json_t *result, struct sb_failure *f)
{
	return stream_is_picture() ? scan_stream(a, result, f) : scan_lines(a, result, f);
}

static int scan(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	const char *path = sb_program_operand(p, 0);
	struct answer a;
	int rc = answer_open(p, &a, f);

	if (rc != SB_EXIT_OK)
		return rc;
	rc = strcmp(path, "-") == 0 ? scan_input(&a, result, f) : scan_file(&a, path, result, f);
	answer_close(&a);
	return rc;
}

static const struct sb_option options[] = {ANSWER_OPTIONS, {0}};

const struct sb_verb verify_scan = {
	"scan", "FILE|-", 1, 1, N_("check a live QR code: a picture, its text, or lines from a scanner"), options, scan};
