/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "holder/enrol.h"

#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"
#include "formats/jws.h"

enum { FILE_BYTES_MAX = 4 << 20 };

int holder_read_json(const char *path, const char *option, const char *error, json_t **json, struct sb_failure *f)
{
	struct sb_bytes text = {0};
	int line = 0, column = 0;
	int rc = sb_file_read(path, FILE_BYTES_MAX, &text);

	*json = NULL;
	if (rc != SB_OK) {
		sb_bytes_free(&text);
		return sb_fail(f, SB_EXIT_DATA, error, option, _("%s cannot be read: %s."), path, _(sb_error_text(rc)));
	}
	*json = sb_json_parse(sb_bytes_slice(&text), &line, &column);
	sb_bytes_free(&text);
	if (!*json)
		return sb_fail(f, SB_EXIT_DATA, error, option,
			_("%s is not whole, or not the right file (line %d, column %d). Ask the registrar for it again."), path, line, column);
	return SB_EXIT_OK;
}

static int enrol(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	bool offer = sb_program_text(p, "--offer"), response = sb_program_text(p, "--response");

	if (offer == response)
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--offer",
			_("Either --offer FILE --request FILE (first step) or --response FILE (second step) is needed."));
	if (offer && !sb_program_text(p, "--request"))
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--request", _("--request FILE is needed: where to write the request."));
	return offer ? holder_enrol_offer(p, result, f) : holder_enrol_response(p, result, f);
}

static const struct sb_option options[] = {
	{"--offer", SB_OPTION_FILE, "FILE", N_("the registrar's offer (first step)"), false},
	{"--request", SB_OPTION_FILE, "FILE", N_("where to write the request for the registrar"), false},
	{"--puk-out", SB_OPTION_FILE, "FILE", N_("write the unblocking code (PUK) to FILE instead of showing it"), false},
	{"--response", SB_OPTION_FILE, "FILE", N_("the registrar's response (second step)"), false},
	{0},
};

const struct sb_verb holder_enrol = {"enrol", "", 0, 0, N_("put a mobile ID on this device"), options, enrol};
