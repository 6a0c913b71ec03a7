/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"
#include "formats/jws.h"
#include "formats/login.h"
#include "holder/history.h"

/* `login`: signs an issuer's challenge with the card's key `authentication`, in the place of a sign-in by other means. Nothing but such a challenge, of
 * the issuer of this card and of this moment, is ever signed here. */

enum { SLACK = 300 /* s that the issuer's clock may be ahead */ };

struct signing {
	struct sb_program *p;
	struct sb_login login;
	struct holder_card card;
};

static int fail_challenge(const char *member, struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_DATA, "bad_challenge", member, _("This is no challenge to sign in with (%s). Nothing was signed."), member);
}

static int check_time(const struct sb_login *l, struct sb_failure *f)
{
	int64_t now = time(NULL);

	if (l->expires <= now)
		return sb_fail(f, SB_EXIT_NOT_NOW, "expired", "expires",
			_("This challenge has run out. Nothing was signed. Ask for another one: sinbun-admin apply login --kind certificate"));
	return l->expires <= now + SB_LOGIN_SECONDS + SLACK ? SB_EXIT_OK : fail_challenge("expires", f);
}

static int read_challenge(struct signing *s, struct sb_failure *f)
{
	const char *path = sb_program_text(s->p, "--challenge"), *member = "JSON";
	struct sb_bytes text = {0};
	json_t *json = NULL;
	int rc = sb_file_read(strcmp(path, "-") == 0 ? "/dev/stdin" : path, SB_LOGIN_MAX, &text);

	if (rc != SB_OK) {
		sb_bytes_free(&text);
		return sb_fail(f, SB_EXIT_DATA, "cannot_read", "--challenge", _("%s cannot be read: %s."), sb_source_name(path), _(sb_error_text(rc)));
	}
	json = sb_json_parse(sb_bytes_slice(&text), NULL, NULL);
	rc = json ? sb_login_parse(json, &s->login, &member) : SB_E_FORMAT;
	json_decref(json);
	sb_bytes_free(&text);
	return rc == SB_OK ? check_time(&s->login, f) : fail_challenge(member, f);
}

/* --- who asks --- */

/* Before the PIN: whoever enters it has read this. Where the answer goes to standard output, this does not. */
static void show(const struct signing *s)
{
	FILE *to = strcmp(sb_program_text(s->p, "--signed"), "-") == 0 ? stderr : stdout;
	time_t expires = (time_t)s->login.expires;
	char until[32] = "";
	struct tm tm;

	if (sb_program_json(s->p))
		return;
	if (localtime_r(&expires, &tm))
		strftime(until, sizeof until, "%H:%M:%S", &tm);
	fprintf(to, _("Sign-in at: %s, %s\n"), sb_clean(s->login.name), sb_clean(s->login.audience));
	fprintf(to, _("For the application: %s (until %s)\n"), s->login.application, until);
	fprintf(to, "%s\n", _("It learns which card signs. Go on only if you have opened this application yourself."));
	fflush(to);
}

/* The address of the card's issuer is that of its status lists. */
static int check_audience(struct signing *s, struct sb_failure *f)
{
	struct sb_bytes address = {0};
	int rc = holder_card_issuer(&s->card, &address, f);

	if (rc == SB_EXIT_OK && (address.len != strlen(s->login.audience) || memcmp(address.data, s->login.audience, address.len) != 0))
		rc = sb_fail(f, SB_EXIT_REFUSED, "wrong_audience", "audience",
			_("This challenge is from %s, but the card is from %.*s. Nothing was signed."), s->login.audience, (int)address.len, (const char *)address.data);
	sb_bytes_free(&address);
	return rc;
}

/* --- the answer --- */

static int sign(struct signing *s, struct sb_bytes *jws, struct sb_failure *f)
{
	struct sb_bytes certificate = {0};
	struct sb_signer signer;
	int rc = sb_p11_get_certificate(s->card.p11, HOLDER_AUTHENTICATION, &certificate, f), made;

	if (rc == SB_EXIT_OK)
		rc = sb_p11_signer(s->card.p11, HOLDER_AUTHENTICATION, &signer, f);
	if (rc == SB_EXIT_OK && (made = sb_login_sign(&s->login, sb_bytes_slice(&certificate), &signer, jws)) != SB_OK) {
		*f = *sb_p11_signer_failure(s->card.p11);
		rc = *f->error ? (int)f->exit : sb_fail(f, SB_EXIT_TOKEN, "token_error", NULL, _("The answer cannot be made: %s."), _(sb_error_text(made)));
	}
	sb_bytes_free(&certificate);
	return rc;
}

static int write_answer(struct signing *s, struct sb_bytes *jws, struct sb_failure *f)
{
	const struct holder_presentation what = {.form = "login", .to = s->login.audience, .verified = true, .result = "written"};
	const char *path = sb_program_text(s->p, "--signed");
	bool out = strcmp(path, "-") == 0;
	int rc = sb_bytes_append_byte(jws, '\n') == SB_OK && sb_bytes_terminate(jws) == SB_OK
			 ? SB_EXIT_OK
			 : sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));

	if (rc != SB_EXIT_OK)
		return rc;
	holder_history_add(s->p, &s->card, &what);
	if (out) {
		sb_say(s->p, "%s", (const char *)jws->data);
		return SB_EXIT_OK;
	}
	rc = holder_write("--signed", path, sb_bytes_slice(jws), f);
	if (rc == SB_EXIT_OK)
		sb_say(s->p, _("Signed: %s. Then: sinbun-admin apply login --application %s --kind certificate --signed FILE\n"), path, s->login.application);
	return rc;
}

static void tell(const struct signing *s, const struct sb_bytes *jws, json_t *result)
{
	json_object_set_new(result, "application", json_string(s->login.application));
	json_object_set_new(result, "audience", json_string(s->login.audience));
	json_object_set_new(result, "name", json_string(s->login.name));
	json_object_set_new(result, "expires", json_integer(s->login.expires));
	if (strcmp(sb_program_text(s->p, "--signed"), "-") == 0)
		json_object_set_new(result, "signed", json_stringn((const char *)jws->data, jws->len - 1));
}

static int login(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	struct signing s = {.p = p};
	struct sb_bytes jws = {0};
	int rc = read_challenge(&s, f);

	if (rc != SB_EXIT_OK)
		return rc;
	show(&s);
	rc = holder_card_open(p, &s.card, f);
	if (rc != SB_EXIT_OK)
		return rc;
	rc = check_audience(&s, f);
	if (rc == SB_EXIT_OK)
		rc = sign(&s, &jws, f);
	if (rc == SB_EXIT_OK)
		rc = write_answer(&s, &jws, f);
	if (rc == SB_EXIT_OK)
		tell(&s, &jws, result);
	sb_bytes_free(&jws);
	holder_card_close(&s.card);
	return rc;
}

static const struct sb_option options[] = {
	{"--challenge", SB_OPTION_FILE, "FILE|-", N_("the challenge of sinbun-admin apply login"), true},
	{"--signed", SB_OPTION_FILE, "FILE|-", N_("where to write the signed challenge"), true},
	{0},
};

const struct sb_verb holder_login = {"login", "", 0, 0, N_("sign in to an application with the card, in the place of other ways"), options, login};
