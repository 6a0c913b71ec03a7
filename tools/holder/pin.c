/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "holder/holder.h"

#include <string.h>

#include "common/i18n.h"

static struct sb_slice slice_of(const struct sb_secret *secret)
{
	return sb_slice(secret->text, secret->len);
}

static int change(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	struct sb_secret old = {0}, fresh = {0};
	struct sb_p11 *p11 = NULL;
	int rc = holder_token_open(p, &p11, f);

	(void)result;
	if (rc == SB_EXIT_OK)
		rc = sb_secret_ask(p, SB_SECRET_PIN, "--pin-fd", &old, f);
	if (rc == SB_EXIT_OK)
		rc = sb_secret_ask(p, SB_SECRET_NEW_PIN, "--new-pin-fd", &fresh, f);
	if (rc == SB_EXIT_OK)
		rc = sb_p11_change_pin(p11, slice_of(&old), slice_of(&fresh), f);
	if (rc == SB_EXIT_OK)
		sb_say(p, "%s\n", _("The PIN is changed."));
	sb_secret_clear(&old);
	sb_secret_clear(&fresh);
	sb_p11_close(&p11);
	return rc;
}

static int unblock(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	struct sb_secret puk = {0}, fresh = {0};
	struct sb_p11 *p11 = NULL;
	int rc = holder_token_open(p, &p11, f);

	(void)result;
	if (rc == SB_EXIT_OK)
		rc = sb_secret_ask(p, SB_SECRET_PUK, "--puk-fd", &puk, f);
	if (rc == SB_EXIT_OK)
		rc = sb_secret_ask(p, SB_SECRET_NEW_PIN, "--pin-fd", &fresh, f);
	if (rc == SB_EXIT_OK)
		rc = sb_p11_init_pin(p11, slice_of(&puk), NULL, slice_of(&fresh), f);
	if (rc == SB_EXIT_OK)
		sb_say(p, "%s\n", _("The new PIN is set, with all its tries. The card is as it was."));
	sb_secret_clear(&puk);
	sb_secret_clear(&fresh);
	sb_p11_close(&p11);
	return rc;
}

static const struct sb_option change_options[] = {
	{"--new-pin-fd", SB_OPTION_FD, "N", N_("read the new PIN as one line from descriptor N"), false},
	{0},
};
static const struct sb_option no_options[] = {{0}};

const struct sb_verb holder_pin_change = {"pin change", "", 0, 0, N_("change the PIN"), change_options, change};
const struct sb_verb holder_pin_unblock = {
	"pin unblock", "", 0, 0, N_("set a new PIN with the unblocking code (PUK)"), no_options, unblock};
