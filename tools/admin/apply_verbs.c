/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "admin/admin.h"
#include "admin/apply.h"
#include "admin/apply_login.h"
#include "admin/apply_phone.h"
#include "admin/korea.h"
#include "base/codec.h"
#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"
#include "formats/jws.h"

/* `apply …`: the command line over the service of apply.c. Options become members of the input, as a form on the web would send them. */

enum { SIGNED_MAX = 256 * 1024 };

static const struct {
	const char *option, *member;
	bool flag;
} members[] = {{"--kind", "kind", false}, {"--provider", "provider", false}, {"--answer", "answer", false}, {"--replace", "replace", true}, {"--reason", "reason", false}, {"--attested", "attested", true}};

static int read_input(struct sb_program *p, json_t **input, struct sb_failure *f)
{
	const char *path = sb_program_text(p, "--input");
	int rc = path ? admin_read_json(path, "--input", "bad_input", input, f) : SB_EXIT_OK;

	if (rc != SB_EXIT_OK)
		return rc;
	if (!*input)
		*input = json_object();
	for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
		const char *text = sb_program_text(p, members[i].option);

		if (members[i].flag && sb_program_flag(p, members[i].option))
			json_object_set_new(*input, members[i].member, json_true());
		else if (!members[i].flag && text && json_object_set_new(*input, members[i].member, json_string(text)) != 0)
			return sb_fail(f, SB_EXIT_USAGE, "usage", members[i].option, _("%s is not UTF-8."), members[i].option);
	}
	return SB_EXIT_OK;
}

/* --- for people --- */

/* How to go on with what waits. */
static void say_then(struct sb_program *p, const struct applying *a, enum apply_step step)
{
	static const struct {
		const char *part, *kind, *options;
	} rows[] = {{"login", "certificate", " --signed FILE"}, {PHONE_REQUEST, "sms", " --input FILE"}};
	const char *options = " --wait 60", *kind;
	char line[APPLY_COMMAND];

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if ((kind = apply_text(a, rows[i].part, "kind")) && strcmp(kind, rows[i].kind) == 0)
			options = rows[i].options;
	sb_say(p, _("Then: %s\n"), apply_command(a, step, options, line));
}

static void say_ways(struct sb_program *p, const struct applying *a)
{
	const struct login_way *way;

	sb_say(p, "%s\n", _("In one of these ways:"));
	for (size_t i = 0; (way = apply_login_way(a, &i));)
		if (way->fields)
			sb_say(p, _("  %s: --kind %s%s (in FILE, as JSON: %s)\n"), apply_word(way->kind->name), way->kind->name, way->options, way->fields);
		else
			sb_say(p, "  %s: --kind %s%s\n", apply_word(way->kind->name), way->kind->name, way->options);
}

static void say_next(struct sb_program *p, const struct applying *a)
{
	enum apply_step next = apply_next(a);
	char line[APPLY_COMMAND];

	if (!next || a->row.state != SB_APPLY_OPEN)
		return;
	if (json_object_get(a->data, "waiting")) {
		say_then(p, a, next);
		return;
	}
	sb_say(p, _("Next, step %d/%d (%s): %s\n"), next, APPLY_STEPS, apply_step_title(next), apply_command(a, next, apply_step_options(next), line));
	if (next == APPLY_LOGIN)
		say_ways(p, a);
	else if (apply_step_fields(next))
		sb_say(p, _("In FILE, as JSON: %s\n"), apply_step_fields(next));
}

static void say_waiting(struct sb_program *p, const struct applying *a, enum apply_step step)
{
	sb_say(p, _("Step %d/%d (%s) waits: %s\n"), step, APPLY_STEPS, apply_step_title(step), a->message);
}

/* What is done or waited for, and what comes next. */
static void say(struct sb_program *p, const struct applying *a, enum apply_step step)
{
	if (a->waiting) {
		say_waiting(p, a, step);
		say_then(p, a, step);
	} else {
		sb_say(p, _("Step %d/%d (%s): %s\n"), step, APPLY_STEPS, apply_step_title(step), a->message);
		say_next(p, a);
	}
}

/* A failure costs nothing that is done: behind its message, the step to repeat. */
static void add_repeat(struct sb_program *p, const struct applying *a, struct sb_failure *f)
{
	enum apply_step next = a->data ? apply_next(a) : 0;
	size_t used = strlen(f->message);
	char line[APPLY_COMMAND], hint[APPLY_COMMAND + 256];
	const char *options;

	if (sb_program_json(p) || !next || a->row.state != SB_APPLY_OPEN || strcmp(f->error, "out_of_order") == 0)
		return;
	/* Where nobody could be reached, what was entered is stored. */
	options = f->exit == SB_EXIT_NETWORK && json_object_get(a->data, "waiting") ? "" : apply_step_options(next);
	snprintf(hint, sizeof hint, _("What is done stays done. To be repeated, step %d/%d (%s): %s"), next, APPLY_STEPS, apply_step_title(next),
		apply_command(a, next, options, line));
	if (used + strlen(hint) + 2 <= sizeof f->message)
		snprintf(f->message + used, sizeof f->message - used, "\n%s", hint);
}

/* --- running --- */

/* Keys for providers are in the issuer's token. */
static int signer_for(void *context, const struct sb_provider *provider, struct sb_signer *signer, struct sb_failure *f)
{
	struct admin *admin = context;

	if (provider->key_token && strcmp(provider->key_token, sb_p11_label(admin->p11, ADMIN_TOKEN)) != 0)
		return sb_fail(f, SB_EXIT_CONFIG, "bad_provider", "client-key", _("The key of %s must be in the issuer's token."), sb_provider_label(provider));
	return sb_p11_signer(admin->p11, provider->key_label, signer, f);
}

static void prepare(struct sb_program *p, struct admin *admin, struct applying *a, const json_t *input, json_t *result)
{
	*a = (struct applying){
		.registry = admin->registry,
		.root = sb_program_root(p),
		.url = admin->url,
		.issuer = admin->issuer,
		.language = sb_program_lang(p),
		.officer = sb_program_text(p, "--officer"),
		.input = input,
		.notices = &admin->notices,
		.result = result,
		.now = time(NULL),
		.signer_for = signer_for,
		.signer_context = admin,
	};
}

static int write_offer(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	int rc = admin_write_json(sb_program_text(p, "--offer"), "--offer", json_object_get(result, "offer"), f);

	json_object_del(result, "offer");
	return rc;
}

/* Asks again at the provider's pace until somebody has answered, or the time of --wait is over. */
static int wait_for(struct sb_program *p, struct admin *admin, struct applying *a, enum apply_step step, struct sb_failure *f)
{
	int64_t until = a->now + sb_program_number(p, "--wait", 0);
	int rc = SB_EXIT_OK;

	if (sb_program_flag(p, "--wait")) {
		say_waiting(p, a, step);
		sb_told();
	}
	while (rc == SB_EXIT_OK && a->waiting) {
		int64_t next = json_integer_value(json_object_get(a->result, "next_poll")), now = time(NULL);
		json_t *result = a->result, *nothing;

		if (!next || next > until)
			break;
		if (next > now)
			sleep((unsigned)(next - now));
		json_object_clear(result);
		apply_free(a);
		nothing = json_object();
		prepare(p, admin, a, nothing, result);
		rc = apply_run(a, sb_program_text(p, "--application"), step, f);
		a->input = NULL;
		json_decref(nothing);
	}
	return rc;
}

/* A member's password that is not in the input is asked for. */
static int ask_password(struct sb_program *p, json_t *input, struct sb_failure *f)
{
	const char *kind = sb_json_text(input, "kind");
	struct sb_secret password = {0};
	int rc;

	if (!kind || strcmp(kind, "member") != 0 || json_object_get(input, "password"))
		return SB_EXIT_OK;
	rc = sb_secret_ask(p, SB_SECRET_PASSWORD, "--password-fd", &password, f);
	if (rc == SB_EXIT_OK && json_object_set_new(input, "password", json_stringn(password.text, password.len)) != 0)
		rc = sb_fail(f, SB_EXIT_DATA, "bad_password", "password", _("The password is not UTF-8 text."));
	sb_secret_clear(&password);
	return rc;
}

/* A signature from a file: a JWS as it stands, anything else as base64. */
static int read_signed(struct sb_program *p, json_t *input, struct sb_failure *f)
{
	const char *path = sb_program_text(p, "--signed");
	struct sb_bytes bytes = {0}, text = {0};
	int rc = path ? sb_file_read(path, SIGNED_MAX, &bytes) : SB_OK;

	if (rc == SB_OK && path) {
		while (bytes.len && strchr("\r\n", bytes.data[bytes.len - 1]))
			bytes.len--;
		rc = bytes.len > 3 && memcmp(bytes.data, "eyJ", 3) == 0 ? sb_bytes_append(&text, bytes.data, bytes.len)
									: sb_base64_encode(bytes.data, bytes.len, &text);
	}
	if (rc == SB_OK && path && json_object_set_new(input, "signed", json_stringn(text.len ? (const char *)text.data : "", text.len)) != 0)
		rc = SB_E_FORMAT;
	sb_bytes_free(&bytes);
	sb_bytes_free(&text);
	return rc == SB_OK ? SB_EXIT_OK : sb_fail(f, SB_EXIT_DATA, "cannot_read", "--signed", _("%s cannot be read: %s."), path, _(sb_error_text(rc)));
}

/* What a sign-in needs beside its input. */
static int prepare_login(struct sb_program *p, struct admin *admin, json_t *input, struct sb_bytes *root, struct sb_failure *f)
{
	int rc = ask_password(p, input, f);

	if (rc == SB_EXIT_OK)
		rc = read_signed(p, input, f);
	return rc == SB_EXIT_OK ? sb_p11_get_certificate(admin->p11, ADMIN_ROOT, root, f) : rc;
}

/* The challenge goes where it was asked for. */
static int write_challenge(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	const char *path = sb_program_text(p, "--challenge"), *text = sb_json_text(result, "challenge");
	int rc = path && text ? sb_file_write(path, text, strlen(text), 0600) : SB_OK;

	return rc == SB_OK ? SB_EXIT_OK : sb_fail(f, SB_EXIT_STORAGE, "cannot_write", "--challenge", _("%s cannot be written: %s."), path, _(sb_error_text(rc)));
}

static int run(struct sb_program *p, enum apply_step step, json_t *result, struct sb_failure *f)
{
	struct applying a = {0};
	struct admin admin;
	json_t *input = NULL;
	struct sb_bytes root = {0};
	int rc = admin_open(p, &admin, f);

	if (rc != SB_EXIT_OK)
		return rc;
	rc = read_input(p, &input, f);
	if (rc == SB_EXIT_OK && step == APPLY_LOGIN)
		rc = prepare_login(p, &admin, input, &root, f);
	prepare(p, &admin, &a, input, result);
	a.root_certificate = sb_bytes_slice(&root);
	if (rc == SB_EXIT_OK)
		rc = step == APPLY_START ? apply_start(&a, f) : apply_run(&a, sb_program_text(p, "--application"), step, f);
	if (rc == SB_EXIT_OK && a.waiting)
		rc = wait_for(p, &admin, &a, step, f);
	if (rc != SB_EXIT_OK)
		a.message[0] = 0;
	apply_tell(&a, step);
	if (rc == SB_EXIT_OK && step == APPLY_OFFER)
		rc = write_offer(p, result, f);
	if (rc == SB_EXIT_OK && step == APPLY_LOGIN)
		rc = write_challenge(p, result, f);
	if (rc == SB_EXIT_OK)
		say(p, &a, step);
	else
		add_repeat(p, &a, f);
	apply_free(&a);
	json_decref(input);
	sb_bytes_free(&root);
	admin_close(&admin);
	return rc;
}

static int start(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	if (!sb_program_text(p, "--officer") == !sb_program_flag(p, "--self"))
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--officer", _("Either --officer ID, at a counter, or --self, by the resident alone."));
	return run(p, APPLY_START, result, f);
}

/* --- consents: without any, the texts are shown --- */

static json_t *terms_json(const struct sb_terms *t)
{
	struct sb_bytes hex = {0};
	json_t *one = json_pack("{s:s, s:b, s:s, s:s}", "id", t->id, "required", t->required, "language", t->language, "text", t->text);

	for (size_t k = 0; k < SB_TERMS_KEYS; k++)
		if (t->values[k] && k != SB_TERMS_REQUIRED && k != SB_TERMS_ORDER)
			json_object_set_new(one, sb_terms_key_name((enum sb_terms_key)k), json_string(t->values[k]));
	if (sb_hex_encode(t->hash, sizeof t->hash, &hex) == SB_OK)
		json_object_set_new(one, "sha256", json_stringn((const char *)hex.data, hex.len));
	sb_bytes_free(&hex);
	return one;
}

static void say_terms(struct sb_program *p, const struct sb_terms *t)
{
	static const struct {
		enum sb_terms_key key;
		const char *label;
	} labels[] = {{SB_TERMS_RECIPIENT, N_("recipient")}, {SB_TERMS_PURPOSE, N_("purpose")}, {SB_TERMS_ITEMS, N_("items")},
		{SB_TERMS_RETENTION, N_("kept")}, {SB_TERMS_REFUSAL, N_("right to refuse")}};

	sb_say(p, "%s  %s (%s)\n", t->id, t->values[SB_TERMS_TITLE], t->required ? _("required") : _("optional"));
	for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
		if (t->values[labels[i].key])
			sb_say(p, "  %s: %s\n", _(labels[i].label), t->values[labels[i].key]);
	sb_say(p, "\n%s\n", t->text);
}

static int show_terms(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	struct sb_terms_list terms;
	json_t *list = json_array();
	int rc = sb_terms_load(sb_program_root(p), sb_program_lang(p), &terms, f);

	for (size_t i = 0; rc == SB_EXIT_OK && i < terms.count; i++) {
		json_array_append_new(list, terms_json(&terms.all[i]));
		say_terms(p, &terms.all[i]);
	}
	json_object_set_new(result, "texts", list);
	sb_terms_free(&terms);
	return rc;
}

static int consent(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	if (sb_program_text(p, "--application") && sb_program_text(p, "--input"))
		return run(p, APPLY_CONSENT, result, f);
	if (sb_program_text(p, "--application") || sb_program_text(p, "--input"))
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--input", _("--application and --input go together. Without both, the texts are shown."));
	return show_terms(p, result, f);
}

static int login(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	return run(p, APPLY_LOGIN, result, f);
}

static int phone(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	return run(p, APPLY_PHONE, result, f);
}

static int card(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	return run(p, APPLY_CARD, result, f);
}

static int biometrics(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	return run(p, APPLY_BIOMETRICS, result, f);
}

static int offer(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	return run(p, APPLY_OFFER, result, f);
}

/* --- status, withdrawal --- */

static void say_status(struct sb_program *p, struct applying *a)
{
	const char *state = apply_state_name(a);

	for (int i = APPLY_START; i <= APPLY_STEPS; i++) {
		const struct sb_registry_step *s = &a->steps[i];
		char when[KOREA_TIME];

		korea_time(s->time, when);
		if (!s->time)
			sb_say(p, "%d/%d  %s: %s\n", i, APPLY_STEPS, apply_step_title((enum apply_step)i), _("not yet"));
		else if (strcmp(s->actor, s->outcome) == 0)
			sb_say(p, "%d/%d  %s: %s, %s\n", i, APPLY_STEPS, apply_step_title((enum apply_step)i), apply_word(s->outcome), when);
		else
			sb_say(p, "%d/%d  %s: %s, %s (%s)\n", i, APPLY_STEPS, apply_step_title((enum apply_step)i), apply_word(s->outcome), when,
				strcmp(s->actor, "self") == 0 ? apply_word(s->actor) : sb_clean(s->actor));
	}
	sb_say(p, _("State: %s\n"), apply_word(state));
	say_next(p, a);
}

static int status(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	struct applying a;
	struct admin admin;
	int rc = admin_open(p, &admin, f);

	if (rc != SB_EXIT_OK)
		return rc;
	prepare(p, &admin, &a, NULL, result);
	rc = apply_status(&a, sb_program_text(p, "--application"), f);
	if (rc == SB_EXIT_OK) {
		enum apply_step next = apply_next(&a);

		apply_tell(&a, next ? next : APPLY_STEPS);
		say_status(p, &a);
	}
	apply_free(&a);
	admin_close(&admin);
	return rc;
}

static int withdraw(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	struct applying a;
	struct admin admin;
	int rc = admin_open(p, &admin, f);

	if (rc != SB_EXIT_OK)
		return rc;
	prepare(p, &admin, &a, NULL, result);
	rc = apply_withdraw(&a, sb_program_text(p, "--application"), sb_program_text(p, "--consent"), f);
	if (rc == SB_EXIT_OK) {
		json_object_set_new(result, "application", json_string(a.row.id));
		json_object_set_new(result, "state", json_string(apply_state_name(&a)));
		json_object_set_new(result, "message", json_string(a.message));
		sb_say(p, "%s\n", a.message);
	}
	apply_free(&a);
	admin_close(&admin);
	return rc;
}

/* --- unlocking --- */

static int give_tries(struct admin *a, const struct sb_registry_resident *resident, struct sb_failure *f)
{
	struct sb_registry *r = a->registry;
	char subject[ADMIN_SUBJECT];
	int rc = r->ops->begin(r);

	admin_subject(resident, subject);
	if (rc == SB_OK)
		rc = r->ops->resident_set_wrong_dates(r, resident->id, 0);
	if (rc == SB_OK)
		rc = sb_registry_audit(r, a->officer, "apply unlock", subject, "ok");
	if (rc == SB_OK)
		rc = r->ops->commit(r);
	r->ops->rollback(r);
	return rc == SB_OK ? SB_EXIT_OK : admin_fail(rc, "registry.db", f);
}

/* After checking the person, a registrar gives the five tries back. */
static int unlock(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	struct admin a;
	struct claim c = {0};
	json_t *input = NULL;
	int rc = admin_open(p, &a, f);

	(void)result;
	if (rc != SB_EXIT_OK)
		return rc;
	rc = admin_read_json(sb_program_text(p, "--input"), "--input", "bad_input", &input, f);
	c.input = input;
	if (rc == SB_EXIT_OK)
		rc = admin_claim_number(&c, f);
	if (rc == SB_EXIT_OK)
		rc = admin_claim_find_number(a.registry, &c, f);
	if (rc == SB_EXIT_OK)
		rc = give_tries(&a, &c.resident, f);
	if (rc == SB_EXIT_OK)
		sb_say(p, "%s\n", _("The application is unlocked, with five tries."));
	sb_registry_resident_free(&c.resident);
	json_decref(input);
	admin_close(&a);
	return rc;
}

#define APPLICATION_OPTION {"--application", SB_OPTION_TEXT, "ID", N_("the application, as apply start has named it"), true}
#define CLERK_OPTION {"--officer", SB_OPTION_TEXT, "ID", N_("who does this at the counter, for the audit"), false}
#define PROVIDER_OPTION {"--provider", SB_OPTION_TEXT, "NAME", N_("who asks the resident on the phone: a file in providers.d"), false}
#define WAIT_OPTION {"--wait", SB_OPTION_NUMBER, "SECONDS", N_("wait so long for the resident to approve"), false}

static const struct sb_option start_options[] = {
	CLERK_OPTION,
	{"--self", SB_OPTION_FLAG, NULL, N_("the resident applies alone, without a clerk"), false},
	{0},
};
static const struct sb_option login_options[] = {
	APPLICATION_OPTION, CLERK_OPTION,
	{"--kind", SB_OPTION_TEXT, "KIND", N_("how to sign in: in-person, simple, certificate, member"), false},
	PROVIDER_OPTION, WAIT_OPTION,
	{"--challenge", SB_OPTION_FILE, "FILE", N_("where to write the challenge to sign (kind certificate)"), false},
	{"--signed", SB_OPTION_FILE, "FILE", N_("the signed challenge: a JWS, or CMS"), false},
	{"--password-fd", SB_OPTION_FD, "N", N_("read the password as one line from descriptor N"), false},
	{"--input", SB_OPTION_FILE, "FILE|-", N_("name, birth_date, phone and consents, or id and password, as JSON"), false},
	{0},
};
static const struct sb_option consent_options[] = {
	{"--application", SB_OPTION_TEXT, "ID", N_("the application, as apply start has named it"), false}, CLERK_OPTION,
	{"--input", SB_OPTION_FILE, "FILE|-", N_("consents: an array of the texts agreed to, as JSON"), false},
	{0},
};
static const struct sb_option phone_options[] = {
	APPLICATION_OPTION, CLERK_OPTION,
	{"--input", SB_OPTION_FILE, "FILE|-", N_("phone and carrier, or the code that was sent, as JSON"), false},
	PROVIDER_OPTION, WAIT_OPTION,
	{"--attested", SB_OPTION_FLAG, NULL, N_("the clerk has checked that the line is the resident's own"), false},
	{0},
};
static const struct sb_option card_options[] = {
	APPLICATION_OPTION, CLERK_OPTION,
	{"--input", SB_OPTION_FILE, "FILE|-", N_("name, rrn and issue_date, as JSON"), true},
	{"--replace", SB_OPTION_FLAG, NULL, N_("the resident's card on another device ends when the new one is issued"), false},
	{"--reason", SB_OPTION_TEXT, "WORD", N_("why it is replaced: phone-replaced, name-change … (another word lists them all)"), false},
	{0},
};
static const struct sb_option biometrics_options[] = {
	APPLICATION_OPTION, CLERK_OPTION,
	{"--answer", SB_OPTION_TEXT, "yes|no", N_("are biometrics wanted beside the PIN?"), true},
	{0},
};
static const struct sb_option offer_options[] = {
	APPLICATION_OPTION, CLERK_OPTION,
	{"--offer", SB_OPTION_FILE, "FILE", N_("where to write the offer for the device"), true},
	{0},
};
static const struct sb_option status_options[] = {APPLICATION_OPTION, {0}};
static const struct sb_option withdraw_options[] = {
	APPLICATION_OPTION, CLERK_OPTION,
	{"--consent", SB_OPTION_TEXT, "TEXT", N_("withdraw this consent alone, such as notices@1"), false},
	{0},
};
static const struct sb_option unlock_options[] = {
	OFFICER_OPTION,
	{"--input", SB_OPTION_FILE, "FILE|-", N_("the resident's rrn, as JSON"), true},
	{0},
};

const struct sb_verb admin_apply_start = {"apply start", "", 0, 0, N_("step 1: open an application"), start_options, start};
const struct sb_verb admin_apply_login = {"apply login", "", 0, 0, N_("step 2: sign in"), login_options, login};
const struct sb_verb admin_apply_consent = {"apply consent", "", 0, 0, N_("step 3: show the texts, or record what is agreed to"), consent_options, consent};
const struct sb_verb admin_apply_phone = {"apply phone", "", 0, 0, N_("step 4: prove the phone"), phone_options, phone};
const struct sb_verb admin_apply_card = {"apply card", "", 0, 0, N_("step 5: the plastic card's data"), card_options, card};
const struct sb_verb admin_apply_biometrics = {"apply biometrics", "", 0, 0, N_("step 6: answer for biometrics"), biometrics_options, biometrics};
const struct sb_verb admin_apply_offer = {"apply offer", "", 0, 0, N_("step 7: write the offer for the device"), offer_options, offer};
const struct sb_verb admin_apply_status = {"apply status", "", 0, 0, N_("show every step of an application"), status_options, status};
const struct sb_verb admin_apply_withdraw = {"apply withdraw", "", 0, 0, N_("withdraw an application, or a consent"), withdraw_options, withdraw};
const struct sb_verb admin_unlock = {
	"apply unlock", "", 0, 0, N_("unlock an application after five wrong issue dates"), unlock_options, unlock};
