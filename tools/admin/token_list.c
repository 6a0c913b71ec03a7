/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/admin.h"
#include "admin/token_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/token_words.h"

/* `token list` and `token status`: what stands in the directory of tokens, without a PIN. */

static const struct admin_token_state states[] = {
	{"ready", N_("ready")},
	{"pin_not_set", N_("PIN not set")},
	{"pin_locked", N_("PIN locked")},
	{"puk_locked", N_("unblocking code locked")},
	{"read_only", N_("cannot be written")},
	{"damaged", N_("damaged")},
	{"unsafe", N_("unsafe")},
	{"disk_full", N_("no space left")},
};

static struct admin_token_state state(const char *word)
{
	size_t i = 0;

	while (strcmp(states[i].word, word) != 0)
		i++;
	return (struct admin_token_state){states[i].word, _(states[i].text)};
}

struct admin_token_state admin_token_state(const struct sb_p11_token *t)
{
	if (*t->why.error && strncmp(t->why.error, "unsafe_", 7) == 0)
		return state("unsafe");
	if (*t->why.error)
		return state(strcmp(t->why.error, "disk_full") == 0 ? "disk_full" : "damaged");
	if (t->status.puk_locked)
		return state("puk_locked");
	if (!t->status.pin_set)
		return state("pin_not_set");
	if (t->status.pin_locked)
		return state("pin_locked");
	return state(t->status.read_only ? "read_only" : "ready");
}

static json_t *json_of(const struct sb_p11_token *t)
{
	json_t *o = json_object();

	if (t->opens) {
		json_object_set_new(o, "label", json_string(sb_clean(t->status.label)));
		sb_token_json(o, &t->status);
	} else
		json_object_set_new(o, "serial", json_string(t->status.serial));
	json_object_set_new(o, "state", json_string(admin_token_state(t).word));
	json_object_set_new(o, "path", *t->path ? json_string(t->path) : json_null());
	json_object_set_new(o, "message", *t->why.error ? json_string(t->why.message) : json_null());
	return o;
}

/* A number of tries that is not told. */
static const char *tries(int left, int max, char out[16])
{
	if (left < 0 || max < 0)
		return "-";
	snprintf(out, 16, "%d/%d", left, max);
	return out;
}

static void say_line(const struct sb_program *p, const struct sb_p11_token *t)
{
	const struct sb_p11_status *s = &t->status;
	char pin[16], puk[16];

	if (t->opens)
		sb_say(p, _("%s  %s  profile %s  seal %s  PIN %s  unblocking code %s  %s\n"), s->serial, sb_clean(s->label), *s->profile ? s->profile : "-",
			*s->seal ? s->seal : "-", s->pin_set ? tries(s->pin_left, s->pin_max, pin) : "-", tries(s->puk_left, s->puk_max, puk),
			admin_token_state(t).text);
	else
		sb_say(p, "%s  %s\n", s->serial, admin_token_state(t).text);
	if (*t->why.error)
		sb_say(p, "    %s\n", t->why.message);
}

static int list(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	struct sb_p11_token *tokens = NULL;
	struct sb_p11 *p11 = NULL;
	json_t *array = json_array();
	size_t count = 0;
	int rc = sb_p11_open_any(p, &p11, f);

	if (rc == SB_EXIT_OK)
		rc = sb_p11_list(p11, &tokens, &count, f);
	for (size_t i = 0; i < count; i++) {
		json_array_append_new(array, json_of(&tokens[i]));
		say_line(p, &tokens[i]);
	}
	if (rc == SB_EXIT_OK && count == 0)
		sb_say(p, _("There is no token in %s.\n"), sb_p11_directory(p11));
	if (rc == SB_EXIT_OK)
		json_object_set(result, "tokens", array);
	json_decref(array);
	free(tokens);
	sb_p11_close(&p11);
	return rc;
}

int admin_token_pick(struct sb_p11 *p11, const char *serial, struct sb_p11_token *out, struct sb_failure *f)
{
	struct sb_p11_token *tokens;
	size_t count, found = 0;
	int rc = sb_p11_list(p11, &tokens, &count, f);

	if (rc != SB_EXIT_OK)
		return rc;
	for (size_t i = 0; i < count; i++)
		if (!serial || strcmp(tokens[i].status.serial, serial) == 0) {
			*out = tokens[i];
			found++;
		}
	free(tokens);
	if (found > 1)
		return sb_fail(f, SB_EXIT_USAGE, "several_tokens", serial,
			_("There are several tokens here. Say which: its serial number stands first in each line of sinbun-admin token list."));
	if (found == 0 && serial)
		return sb_fail(f, SB_EXIT_TOKEN, "no_token", serial, _("There is no token \"%s\" here."), sb_clean(serial));
	if (found == 0)
		return sb_fail(f, SB_EXIT_TOKEN, "no_token", NULL, _("There is no token in %s."), sb_p11_directory(p11));
	return SB_EXIT_OK;
}

/* Another token's certificate names no card. */
static bool has_card(const struct sb_p11_status *s)
{
	return *s->card_number && strcmp(s->profile, "identity") == 0;
}

static void say_status(const struct sb_program *p, const struct sb_p11_token *t)
{
	sb_say(p, _("Label: %s\n"), sb_clean(t->status.label));
	sb_say(p, _("Serial number: %s\n"), t->status.serial);
	sb_say(p, _("Profile: %s\n"), *t->status.profile ? t->status.profile : "-");
	if (has_card(&t->status))
		sb_say(p, _("Card number: %s\n"), sb_clean(t->status.card_number));
	sb_say_seal(p, &t->status);
	sb_say_tries(p, &t->status);
	sb_say(p, _("State: %s\n"), admin_token_state(t).text);
	if (*t->path)
		sb_say(p, _("Directory: %s\n"), t->path);
}

static int status(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	struct sb_p11_token token;
	struct sb_p11 *p11 = NULL;
	json_t *o;
	int rc = sb_p11_open_any(p, &p11, f);

	if (rc == SB_EXIT_OK)
		rc = admin_token_pick(p11, sb_program_operand(p, 0), &token, f);
	if (rc == SB_EXIT_OK && *token.why.error) {
		*f = token.why;
		rc = (int)f->exit;
	}
	if (rc == SB_EXIT_OK) {
		o = json_of(&token);
		json_object_set_new(o, "card", has_card(&token.status) ? json_string(token.status.card_number) : json_null());
		json_object_update(result, o);
		json_decref(o);
		say_status(p, &token);
	}
	sb_p11_close(&p11);
	return rc;
}

static const struct sb_option no_options[] = {{0}};

const struct sb_verb admin_token_list = {
	"token list", "", 0, 0, N_("list all tokens of the directory, also those that cannot be opened"), no_options, list};
const struct sb_verb admin_token_status = {
	"token status", "[SERIAL]", 0, 1, N_("tell of one token how it is protected, and how many tries are left"), no_options, status};
