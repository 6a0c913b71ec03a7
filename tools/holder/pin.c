/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "holder/holder.h"
#include "holder/puk.h"

#include <string.h>

#include "common/i18n.h"

static struct sb_slice slice_of(const struct sb_secret *secret)
{
	return sb_slice(secret->text, secret->len);
}

/* A secret that opens, and the act that sets the new PIN with it. */
struct setting {
	struct sb_program *p;
	struct sb_p11 *p11;
	struct sb_secret old, fresh;
	const char *fresh_option;
	int (*set)(struct setting *s, struct sb_failure *f);
};

static int set_changed(struct setting *s, struct sb_failure *f)
{
	return sb_p11_change_pin(s->p11, slice_of(&s->old), slice_of(&s->fresh), f);
}

static int set_unblocked(struct setting *s, struct sb_failure *f)
{
	return sb_p11_init_pin(s->p11, slice_of(&s->old), NULL, slice_of(&s->fresh), f);
}

/* Asks for the new PIN; on a terminal again, while a rule refuses it. The old secret has been found right by then. */
static int set_fresh(struct setting *s, struct sb_failure *f)
{
	bool terminal = sb_program_number(s->p, s->fresh_option, -1) < 0;
	int rc = SB_EXIT_OK;

	for (int i = 0; i < HOLDER_PIN_ATTEMPTS; i++) {
		rc = sb_secret_ask(s->p, SB_SECRET_NEW_PIN, s->fresh_option, &s->fresh, f);
		if (rc == SB_EXIT_OK)
			rc = s->set(s, f);
		if (rc == SB_EXIT_OK || strcmp(f->error, "pin_refused") != 0 || !terminal || i + 1 == HOLDER_PIN_ATTEMPTS)
			break;
		sb_warn(s->p, "%s", f->message);
		sb_secret_clear(&s->fresh);
	}
	sb_secret_clear(&s->fresh);
	return rc;
}

static int change(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	struct setting s = {.p = p, .fresh_option = "--new-pin-fd", .set = set_changed};
	int rc = holder_token_login(p, &s.p11, &s.old, f);

	(void)result;
	if (rc == SB_EXIT_OK)
		rc = set_fresh(&s, f);
	if (rc == SB_EXIT_OK)
		sb_say(p, "%s\n", _("The PIN is changed."));
	sb_secret_clear(&s.old);
	sb_p11_close(&s.p11);
	return rc;
}

static int unblock(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	struct setting s = {.p = p, .fresh_option = "--pin-fd", .set = set_unblocked};
	int rc = holder_token_open(p, &s.p11, f);

	(void)result;
	if (rc == SB_EXIT_OK)
		rc = sb_secret_ask(p, SB_SECRET_PUK, "--puk-fd", &s.old, f);
	if (rc == SB_EXIT_OK) {
		holder_puk_fold(&s.old);
		rc = sb_p11_check_puk(s.p11, slice_of(&s.old), f);
	}
	if (rc == SB_EXIT_OK)
		rc = set_fresh(&s, f);
	if (rc == SB_EXIT_OK)
		sb_say(p, "%s\n", _("The new PIN is set, with all its tries. The card is as it was."));
	sb_secret_clear(&s.old);
	sb_p11_close(&s.p11);
	return rc;
}

static const struct sb_option change_options[] = {
	{"--new-pin-fd", SB_OPTION_FD, "N", N_("read the new PIN as one line from descriptor N"), false},
	{0},
};
static const struct sb_option unblock_options[] = {SB_PUK_OPTION, {0}};

const struct sb_verb holder_pin_change = {"pin change", "", 0, 0, N_("change the PIN"), change_options, change};
const struct sb_verb holder_pin_unblock = {
	"pin unblock", "", 0, 0, N_("set a new PIN with the unblocking code (PUK)"), unblock_options, unblock};
