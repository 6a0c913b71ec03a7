/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"
#include "verify/answer.h"
#include "verify/verify.h"

/* `check`: a presentation that came as data, not as a picture. */

enum { PRESENTATION_MAX = 1 << 20 };

static int check(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	const char *path = sb_program_operand(p, 0);
	struct sb_bytes text = {0};
	struct answer a;
	int rc = answer_open(p, &a, f), got;

	if (rc != SB_EXIT_OK)
		return rc;
	got = sb_file_read(path, PRESENTATION_MAX, &text);
	if (got != SB_OK)
		rc = sb_fail(f, SB_EXIT_DATA, "cannot_read", path, _("%s cannot be read: %s."), path, _(sb_error_text(got)));
	if (rc == SB_EXIT_OK)
		rc = answer_lines(&a, sb_bytes_slice(&text), result, f);
	if (rc == SB_EXIT_OK)
		rc = answer_exit(&a, path, f);
	answer_close(&a);
	sb_bytes_free(&text);
	return rc;
}

static const struct sb_option options[] = {ANSWER_OPTIONS, {0}};

const struct sb_verb verify_check = {"check", "FILE", 1, 1, N_("check a presentation in a file (the text of a code, SB1:…)"), options, check};
