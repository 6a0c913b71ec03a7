/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"
#include "formats/openid4vp.h"
#include "verify/answer.h"
#include "verify/request.h"
#include "verify/verify.h"

/* `check`: a presentation that came as data, not as a picture. */

enum { PRESENTATION_MAX = SB_VP_SIZE_MAX };

static int read_request(const char *path, struct sb_bytes *text, struct sb_failure *f)
{
	int rc = sb_file_read(path, SB_VP_SIZE_MAX, text);

	return rc == SB_OK ? SB_EXIT_OK
			   : sb_fail(f, SB_EXIT_DATA, "cannot_read", "--request", _("%s cannot be read: %s."), path, _(sb_error_text(rc)));
}

/* The answer to a request, or the text of codes. */
static int judge(struct answer *a, struct sb_slice text, json_t *result, struct sb_failure *f)
{
	const char *path = sb_program_text(a->p, "--request");
	struct sb_bytes request = {0};
	int rc;

	if (!path) {
		rc = answer_lines(a, text, result, f);
		return rc == SB_EXIT_OK ? answer_exit(a, sb_program_operand(a->p, 0), f) : rc;
	}
	if (a->challenge || a->wanted)
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--request", _("--challenge and --fields do not go with --request: the request says both."));
	rc = read_request(path, &request, f);
	if (rc == SB_EXIT_OK)
		rc = request_check(a, text, sb_bytes_slice(&request), result, f);
	sb_bytes_free(&request);
	return rc;
}

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
		rc = judge(&a, sb_bytes_slice(&text), result, f);
	answer_close(&a);
	sb_bytes_free(&text);
	return rc;
}

static const struct sb_option options[] = {ANSWER_OPTIONS,
	{"--request", SB_OPTION_FILE, "FILE", N_("the request (OpenID4VP) that it answers: the file is a vp_token"), false}, {0}};

const struct sb_verb verify_check = {"check", "FILE", 1, 1, N_("check a presentation in a file: the text of a code (SB1:…), or the answer to a request"), options, check};
