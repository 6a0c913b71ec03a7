/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/token_words.h"

#include <string.h>

#include "common/i18n.h"

enum { LINES = 3 };

static const struct {
	const char *seal, *profile, *name, *lines[LINES];
} seals[] = {
	{"software", "identity", N_("software"),
		{N_("Protects against guessing on this device: a wrong PIN uses up a try before it is checked, also when the program is killed, the disk is full or many try at once."),
			N_("Does not protect a stolen copy of the files: trying all 1,000,000 PINs takes one processor core about 5 days (256 MiB, 3 passes, the default), a graphics card less than a day. Report a stolen device or disk as a lost card."),
			N_("Does not notice when an older copy of the files is put back, and does not stop the administrator (root) or another program of yours while the card is open.")}},
	{"software", "general", N_("software"),
		{N_("Protects against guessing on this machine: a wrong PIN uses up a try before it is checked, also when the program is killed, the disk is full or many try at once."),
			N_("Does not protect a stolen copy of the files for long if the PIN is short: one processor core tries 1,000,000 PINs in about 5 days (256 MiB, 3 passes, the default), a graphics card in less than one. Choose a long PIN that nobody can guess."),
			N_("Does not notice when an older copy of the files is put back, and does not stop the administrator (root) or another program of yours while the token is open.")}},
	{"tpm", NULL, N_("TPM"),
		{N_("Protects against guessing: the TPM of this machine counts the tries itself, whatever happens to the files."),
			N_("Protects a stolen copy of the files: it is worthless without this machine. An older copy put back is refused."),
			N_("Does not stop the administrator (root) or another program of yours while the token is open, nor somebody who has this machine and knows the PIN.")}},
};

void sb_say_seal(const struct sb_program *p, const struct sb_p11_status *s)
{
	for (size_t i = 0; i < sizeof seals / sizeof *seals; i++)
		if (strcmp(seals[i].seal, s->seal) == 0 && (!seals[i].profile || strcmp(seals[i].profile, s->profile) == 0)) {
			sb_say(p, _("Seal: %s\n"), _(seals[i].name));
			for (size_t k = 0; k < LINES; k++)
				sb_say(p, "  %s\n", _(seals[i].lines[k]));
			return;
		}
	if (*s->seal)
		sb_say(p, _("Seal: %s\n"), sb_clean(s->seal));
	else
		sb_say(p, "%s\n", _("Seal: this token does not tell."));
}

static const struct {
	const char *profile, *pin, *puk;
} locked[] = {
	{"identity", N_("PIN: locked. Unblock it: sinbun pin unblock"),
		N_("Unblocking code: locked. The card has to be issued anew: ask the registrar.")},
	{"general", N_("PIN: locked. Unblock it: sinbun-admin token unblock"),
		N_("Unblocking code: locked. While the PIN is right the token works; a locked PIN cannot be unblocked any more.")},
};

void sb_say_tries(const struct sb_program *p, const struct sb_p11_status *s)
{
	size_t general = strcmp(s->profile, "general") == 0;

	if (s->damaged)
		sb_say(p, "%s\n", _("DAMAGED: something in the token's store is not what was written there. Put back a copy of its directory, if there is one."));

	if (!s->pin_set)
		sb_say(p, "%s\n", _("PIN: not set"));
	else if (s->pin_left > 0)
		sb_say(p, _("PIN: %d of %d tries left\n"), s->pin_left, s->pin_max);
	else if (s->pin_locked)
		sb_say(p, "%s\n", _(locked[general].pin));
	if (s->puk_left > 0)
		sb_say(p, _("Unblocking code: %d of %d tries left\n"), s->puk_left, s->puk_max);
	else if (s->puk_locked)
		sb_say(p, "%s\n", _(locked[general].puk));
}

/* A number that the token does not tell is null. */
static void set_number(json_t *result, const char *name, int number)
{
	json_object_set_new(result, name, number < 0 ? json_null() : json_integer(number));
}

void sb_token_json(json_t *result, const struct sb_p11_status *s)
{
	json_object_set_new(result, "seal", json_string(s->seal));
	json_object_set_new(result, "profile", json_string(s->profile));
	json_object_set_new(result, "serial", json_string(s->serial));
	json_object_set_new(result, "pin_set", json_boolean(s->pin_set));
	json_object_set_new(result, "damaged", json_boolean(s->damaged));
	set_number(result, "pin_tries_left", s->pin_left);
	set_number(result, "pin_tries_max", s->pin_max);
	set_number(result, "puk_tries_left", s->puk_left);
	set_number(result, "puk_tries_max", s->puk_max);
}
