/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <time.h>

#include "base/error.h"
#include "common/i18n.h"
#include "verify/desk.h"
#include "verify/verify.h"

static int challenge(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	char text[DESK_CHALLENGE_DIGITS + 1];
	struct desk *d;
	int rc = desk_open(p, &d, f), made;

	if (rc != SB_EXIT_OK)
		return rc;
	if (desk_is_new(d)) {
		desk_close(&d);
		return desk_fail_new(p, f);
	}
	made = desk_challenge_new(d, time(NULL), text);
	desk_close(&d);
	if (made != SB_OK)
		return desk_fail(p, made, f);
	json_object_set_new(result, "challenge", json_string(text));
	json_object_set_new(result, "expires_in", json_integer(DESK_CHALLENGE_LIFE));
	sb_say(p, "%s\n", text);
	sb_say(p, _("Read it to the holder, who runs: sinbun present --qr --challenge %s\nThen: sinbun-verify scan FILE --challenge %s (within %d seconds, once)\n"),
		text, text, DESK_CHALLENGE_LIFE);
	return SB_EXIT_OK;
}

static const struct sb_option options[] = {{0}};

const struct sb_verb verify_challenge = {"challenge", "", 0, 0, N_("make a number that the next code must answer"), options, challenge};
