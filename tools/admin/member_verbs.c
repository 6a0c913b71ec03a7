/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <string.h>
#include <time.h>

#include "admin/admin.h"
#include "admin/member.h"
#include "common/i18n.h"
#include "formats/jws.h"

/* `member add`, `member remove`: the command line over member.c. */

/* Of the input, or asked for. */
static int take_password(struct sb_program *p, const json_t *input, struct sb_secret *asked, struct sb_slice *password, struct sb_failure *f)
{
	const char *text = sb_json_text(input, "password");
	int rc = SB_EXIT_OK;

	if (!text)
		rc = sb_secret_ask(p, SB_SECRET_NEW_PASSWORD, "--password-fd", asked, f);
	if (rc == SB_EXIT_OK)
		*password = text ? sb_slice(text, strlen(text)) : sb_slice(asked->text, asked->len);
	return rc;
}

static int add(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	const char *officer = sb_program_text(p, "--officer");
	struct sb_secret asked = {0};
	struct sb_slice password;
	struct admin a;
	json_t *input = NULL;
	int64_t number = 0;
	int rc;

	if (!officer == !sb_program_flag(p, "--self"))
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--officer", _("Either --officer ID, at a counter, or --self, by the resident alone."));
	rc = admin_open(p, &a, f);
	if (rc != SB_EXIT_OK)
		return rc;
	rc = admin_read_json(sb_program_text(p, "--input"), "--input", "bad_input", &input, f);
	if (rc == SB_EXIT_OK)
		rc = take_password(p, input, &asked, &password, f);
	if (rc == SB_EXIT_OK)
		rc = member_add(a.registry, input, password, officer, time(NULL), &number, f);
	if (rc == SB_EXIT_OK) {
		json_object_set_new(result, "member", json_integer(number));
		json_object_set_new(result, "type", json_string("personal"));
		sb_say(p, "%s\n", _("The member account is made. Sign in with it: apply login --kind member"));
	}
	sb_secret_clear(&asked);
	json_decref(input);
	admin_close(&a);
	return rc;
}

static int remove_member(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	struct admin a;
	json_t *input = NULL;
	const char *id;
	int rc = admin_open(p, &a, f);

	(void)result;
	if (rc != SB_EXIT_OK)
		return rc;
	rc = admin_read_json(sb_program_text(p, "--input"), "--input", "bad_input", &input, f);
	id = sb_json_text(input, "id");
	if (rc == SB_EXIT_OK)
		rc = member_remove(a.registry, id ? id : "", a.officer, f);
	if (rc == SB_EXIT_OK)
		sb_say(p, "%s\n", _("The member account is removed."));
	json_decref(input);
	admin_close(&a);
	return rc;
}

static const struct sb_option add_options[] = {
	{"--officer", SB_OPTION_TEXT, "ID", N_("who does this at the counter, for the audit"), false},
	{"--self", SB_OPTION_FLAG, NULL, N_("the resident applies alone, without a clerk"), false},
	{"--input", SB_OPTION_FILE, "FILE|-", N_("id, name, rrn and perhaps password, as JSON"), true},
	{"--password-fd", SB_OPTION_FD, "N", N_("read the password as one line from descriptor N"), false},
	{0},
};
static const struct sb_option remove_options[] = {
	OFFICER_OPTION,
	{"--input", SB_OPTION_FILE, "FILE|-", N_("the member's id, as JSON"), true},
	{0},
};

const struct sb_verb admin_member_add = {"member add", "", 0, 0, N_("sign up a resident as a member, after the real-name check"), add_options, add};
const struct sb_verb admin_member_remove = {"member remove", "", 0, 0, N_("remove a member account"), remove_options, remove_member};
