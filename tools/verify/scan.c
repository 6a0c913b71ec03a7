/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"
#include "verify/answer.h"
#include "verify/batch.h"
#include "verify/source.h"
#include "verify/stream.h"
#include "verify/verify.h"

/* `scan`: a code as a desk gets it: pictures, files with its text, or a scanner that types lines. */

/* The photo's frames of all files first: a code is judged with the photo beside it. Counts the codes. */
static int take_frames(struct answer *a, const struct source *s, size_t *codes, struct sb_failure *f)
{
	struct source_lines lines;
	struct sb_slice line;
	bool complete;

	source_lines_start(s, &lines);
	while (source_lines_next(&lines, &line)) {
		if (!photos_is_frame(line))
			++*codes;
		else if (photos_add(&a->photos, line, &complete) == SB_E_NOMEM)
			return desk_fail(a->p, SB_E_NOMEM, f);
	}
	return SB_EXIT_OK;
}

static int judge(struct answer *a, const struct source *s, json_t *result, struct sb_failure *f)
{
	struct source_lines lines;
	struct sb_slice line;
	int rc = SB_EXIT_OK;

	source_lines_start(s, &lines);
	while (rc == SB_EXIT_OK && source_lines_next(&lines, &line))
		if (!photos_is_frame(line))
			rc = answer_give(a, line, result, f);
	return rc;
}

/* Several pictures of one screen: one that is blurred must not keep the others from being judged. */
static int judge_all(struct answer *a, const struct source *sources, size_t count, json_t *result, struct sb_failure *f)
{
	struct sb_failure bad = {0};
	size_t codes = 0;
	int rc = SB_EXIT_OK;

	for (size_t i = 0; rc == SB_EXIT_OK && i < count; i++) {
		if (sources[i].state == SOURCE_READ)
			rc = take_frames(a, &sources[i], &codes, f);
		else {
			source_fail(&sources[i], &bad);
			if (count > 1)
				sb_warn(a->p, "%s", bad.message);
		}
	}
	a->one_person = codes == 1;
	if (rc == SB_EXIT_OK && a->patient && codes > 1)
		rc = sb_fail(f, SB_EXIT_DATA, "several_codes", "--patient", _("There is more than one code: which is this patient's? Scan that one alone."));
	if (rc == SB_EXIT_OK && a->receipt.path && codes > 1)
		rc = answer_fail_several(f);
	for (size_t i = 0; rc == SB_EXIT_OK && i < count; i++)
		if (sources[i].state == SOURCE_READ)
			rc = judge(a, &sources[i], result, f);
	if (rc == SB_EXIT_OK && codes == 0 && *bad.error) {
		*f = bad;
		return bad.exit;
	}
	return rc == SB_EXIT_OK ? answer_exit(a, sources[0].path, f) : rc;
}

static int scan_files(struct answer *a, json_t *result, struct sb_failure *f)
{
	size_t count = sb_program_operand_count(a->p);
	struct source *sources = calloc(count, sizeof *sources);
	int rc;

	if (!sources)
		return desk_fail(a->p, SB_E_NOMEM, f);
	for (size_t i = 0; i < count; i++)
		source_load(sb_program_operand(a->p, i), SOURCE_TEXT_MAX, &sources[i]);
	rc = judge_all(a, sources, count, result, f);
	for (size_t i = 0; i < count; i++)
		source_free(&sources[i]);
	free(sources);
	return rc;
}

/* A picture on standard input, all of it. */
static int scan_picture(struct answer *a, json_t *result, struct sb_failure *f)
{
	struct source s = {.path = "-"};
	struct sb_bytes data = {0};
	int c, rc = SB_OK;

	while (rc == SB_OK && (c = getc(stdin)) != EOF)
		rc = data.len < SOURCE_PICTURE_MAX ? sb_bytes_append_byte(&data, (uint8_t)c) : SB_E_TOO_LARGE;
	if (ferror(stdin))
		rc = SB_E_IO;
	if (rc == SB_OK)
		source_take("-", &data, SOURCE_TEXT_MAX, &s);
	else {
		s.state = SOURCE_NO_READ;
		s.error = rc;
	}
	rc = judge_all(a, &s, 1, result, f);
	source_free(&s);
	sb_bytes_free(&data);
	return rc;
}

/* The first letter of a picture is none of any text. */
static bool stream_is_picture(void)
{
	int c = getc(stdin);

	ungetc(c, stdin);
	return c == 0x89 || c == 0xff;
}

static int choose(struct answer *a, json_t *result, struct sb_failure *f)
{
	size_t count = sb_program_operand_count(a->p);

	if (a->batch)
		return batch_run(a, result, f);
	if (!count)
		return sb_fail(f, SB_EXIT_USAGE, "usage", "operands", _("Usage: %s %s %s"), "sinbun-verify", "scan", "FILE...|-");
	for (size_t i = 0; count > 1 && i < count; i++)
		if (strcmp(sb_program_operand(a->p, i), "-") == 0)
			return sb_fail(f, SB_EXIT_USAGE, "usage", "operands", _("Standard input (-) stands alone: no files beside it."));
	if (strcmp(sb_program_operand(a->p, 0), "-") != 0)
		return scan_files(a, result, f);
	return stream_is_picture() ? scan_picture(a, result, f) : stream_scan(a, result, f);
}

static int scan(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	struct answer a;
	int rc = answer_open(p, &a, f);

	if (rc != SB_EXIT_OK)
		return rc;
	if (a.portrait_out)
		unlink(a.portrait_out);
	rc = choose(&a, result, f);
	answer_close(&a);
	return rc;
}

static const struct sb_option options[] = {ANSWER_OPTIONS, RECEIPT_OPTIONS,
	{"--portrait-out", SB_OPTION_FILE, "FILE", N_("write the photo that was shown beside the code, once it is checked, to FILE"), false},
	{"--patient", SB_OPTION_TEXT, "NUMBER", N_("a clinic: the patient's chart number, remembered as a keyed hash for six months"), false},
	BATCH_OPTIONS, {0}};

const struct sb_verb verify_scan = {
	"scan", "FILE...|-", 0, UINT_MAX, N_("check a live QR code: pictures, its text, or lines from a scanner"), options, scan};
