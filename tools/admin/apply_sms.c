/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "admin/admin.h"
#include "admin/apply_phone.h"
#include "base/codec.h"
#include "base/error.h"
#include "common/i18n.h"
#include "crypto/random.h"
#include "formats/jws.h"
#include "identity/sms.h"

/* A verification code by text message: six random digits, once, for three minutes, with five tries, and so many messages a day. Only its keyed hash is
 * stored, and it is stored before it is sent. */

enum { CODE_DIGITS = 6, CODE_BOUND = 1000000, CODE_SECONDS = 180, CODE_TRIES = 5, SENDS = 5, SENDS_WITHIN = 24 * 3600, SEND_PAUSE = 30 };
#define USE "sms code"

static int64_t number_of(const struct applying *a, const char *name)
{
	return json_integer_value(json_object_get(json_object_get(a->data, PHONE_REQUEST), name));
}

/* Bound to the application, the phone and the moment, so that a code is good for nothing else. */
static int hash_code(struct applying *a, const char *code, uint8_t out[SB_REGISTRY_HASH])
{
	const char *phone = apply_text(a, PHONE_REQUEST, "phone");
	char text[128];

	snprintf(text, sizeof text, "%s %s %lld %s", a->row.id, phone ? phone : "", (long long)number_of(a, "sent"), code);
	return sb_registry_hash(a->registry, USE, text, out);
}

/* --- sending --- */

static int fail_resend(int64_t seconds, struct sb_failure *f)
{
	sb_fail(f, SB_EXIT_NOT_NOW, "too_many_codes", "phone", _("Another code can be sent in %lld seconds, at most %d in a day."), (long long)seconds, SENDS);
	snprintf(f->rule, sizeof f->rule, "resend");
	return SB_EXIT_NOT_NOW;
}

/* The times of messages within a day, and whether one more may go. */
static int check_rate(struct applying *a, json_t *sends, struct sb_failure *f)
{
	json_int_t last = 0;

	while (json_array_size(sends) && json_integer_value(json_array_get(sends, 0)) <= a->now - SENDS_WITHIN)
		json_array_remove(sends, 0);
	if (json_array_size(sends))
		last = json_integer_value(json_array_get(sends, json_array_size(sends) - 1));
	if (json_array_size(sends) >= SENDS)
		return fail_resend(json_integer_value(json_array_get(sends, 0)) + SENDS_WITHIN - a->now, f);
	if (last && last + SEND_PAUSE > a->now)
		return fail_resend(last + SEND_PAUSE - a->now, f);
	return SB_EXIT_OK;
}

static json_t *sends_of(struct applying *a)
{
	json_t *sends = json_object_get(a->data, "sends");

	if (!sends && json_object_set_new(a->data, "sends", json_array()) == 0)
		sends = json_object_get(a->data, "sends");
	return sends;
}

/* The line that was entered, or the one under way. */
static int which_line(struct applying *a, char phone[SB_PHONE_TEXT], const char **carrier, struct sb_failure *f)
{
	const char *before = apply_text(a, PHONE_REQUEST, "phone");

	if (json_object_get(a->input, "phone") || !before)
		return phone_read(a->input, phone, carrier, f);
	snprintf(phone, SB_PHONE_TEXT, "%s", before);
	*carrier = apply_text(a, PHONE_REQUEST, "carrier");
	return SB_EXIT_OK;
}

static int make_code(struct applying *a, const char *phone, const char *carrier)
{
	json_t *request = json_pack("{s:s, s:s, s:s, s:I, s:I, s:i}", "kind", phone_sms.name, "phone", phone, "carrier", carrier, "sent",
		(json_int_t)a->now, "until", (json_int_t)a->now + CODE_SECONDS, "tries", CODE_TRIES);
	uint8_t hash[SB_REGISTRY_HASH];
	struct sb_bytes hex = {0};
	int rc = request && json_object_set_new(a->data, PHONE_REQUEST, request) == 0 ? SB_OK : SB_E_NOMEM;

	snprintf(a->code, sizeof a->code, "%06u", sb_random_below(CODE_BOUND));
	if (rc == SB_OK)
		rc = hash_code(a, a->code, hash);
	if (rc == SB_OK)
		rc = sb_hex_encode(hash, sizeof hash, &hex);
	if (rc == SB_OK)
		json_object_set_new(request, "code", json_stringn((const char *)hex.data, hex.len));
	sb_bytes_free(&hex);
	return rc;
}

static int prepare(struct applying *a, struct sb_failure *f)
{
	json_t *sends = sends_of(a);
	char phone[SB_PHONE_TEXT];
	const char *carrier;
	int rc = which_line(a, phone, &carrier, f), made;

	if (rc == SB_EXIT_OK)
		rc = phone_check_line(a, phone, carrier, false, f);
	if (rc == SB_EXIT_OK)
		rc = check_rate(a, sends, f);
	if (rc == SB_EXIT_OK && (made = make_code(a, phone, carrier)) != SB_OK)
		rc = admin_fail(made, "registry.db", f);
	if (rc == SB_EXIT_OK) {
		json_array_append_new(sends, json_integer(a->now));
		a->waiting = true;
	}
	return rc;
}

/* What was not sent does not count; its code is known to nobody. */
static int unsend(struct applying *a, struct sb_failure *f)
{
	struct sb_failure why = *f;
	json_t *sends = sends_of(a);

	json_array_remove(sends, json_array_size(sends) - 1);
	json_object_del(a->data, PHONE_REQUEST);
	json_object_del(a->data, "waiting");
	if (apply_store(a, "apply phone", "not sent", f) != SB_EXIT_OK)
		return (int)f->exit;
	*f = why;
	return (int)f->exit;
}

static int send(struct applying *a, struct sb_failure *f)
{
	const char *phone = apply_text(a, PHONE_REQUEST, "phone");
	char text[SB_SMS_BYTES + 1], masked[SB_PHONE_TEXT];
	struct sb_sms *sms = NULL;
	bool queued = false;
	int rc;

	if (!*a->code)
		return SB_EXIT_OK;
	/* With an issuer's name of 20 letters it is one message: 70 characters, where one of them is Hangul. */
	snprintf(text, sizeof text, _("[%.200s] Code %s, good for %d minutes. Tell nobody."), a->issuer, a->code, CODE_SECONDS / 60);
	rc = sb_sms_open(a->root, &sms, f);
	if (rc == SB_EXIT_OK)
		rc = sb_sms_send(sms, phone, text, &queued, f);
	sb_sms_close(&sms);
	sb_wipe(text, sizeof text);
	sb_wipe(a->code, sizeof a->code);
	if (rc != SB_EXIT_OK)
		return unsend(a, f);
	sb_phone_mask(phone, masked);
	json_object_set_new(a->result, "phone", json_string(masked));
	json_object_set_new(a->result, "expires", json_integer(number_of(a, "until")));
	json_object_set_new(a->result, "codes_left", json_integer((json_int_t)(SENDS - json_array_size(sends_of(a)))));
	if (queued)
		apply_say(a, _("A verification code is on its way to %s, but may take a while. Enter it within %d minutes: apply phone, with code in --input"), masked,
			CODE_SECONDS / 60);
	else
		apply_say(a, _("A verification code has been sent to %s. Enter it within %d minutes: apply phone, with code in --input"), masked, CODE_SECONDS / 60);
	return SB_EXIT_OK;
}

/* --- checking --- */

static int fail_new_code(enum sb_exit exit, const char *error, const char *message, struct sb_failure *f)
{
	return sb_fail(f, exit, error, "code", "%s", message);
}

/* Charged before it is told. */
static int wrong_code(struct applying *a, struct sb_failure *f)
{
	int left = (int)number_of(a, "tries") - 1;
	json_t *request = json_object_get(a->data, PHONE_REQUEST);

	json_object_set_new(request, "tries", json_integer(left));
	if (left <= 0)
		json_object_del(request, "code");
	a->keep = true;
	if (left > 0)
		sb_fail(f, SB_EXIT_DATA, "code_incorrect", "code",
			ngettext("The verification code is wrong. %d try left.", "The verification code is wrong. %d tries left.", (unsigned long)left), left);
	else
		sb_fail(f, SB_EXIT_DATA, "code_incorrect", "code", _("The verification code is wrong, and was the last try. Ask for a new code: apply phone"));
	f->tries_left = left;
	return SB_EXIT_DATA;
}

static int compare(struct applying *a, const char *code, struct sb_failure *f)
{
	const char *stored = apply_text(a, PHONE_REQUEST, "code");
	uint8_t hash[SB_REGISTRY_HASH];
	struct sb_bytes raw = {0};
	bool same = false;
	int rc = hash_code(a, code, hash);

	if (rc == SB_OK)
		rc = sb_hex_decode(stored, strlen(stored), &raw);
	if (rc == SB_OK)
		same = raw.len == sizeof hash && sb_equal_ct(raw.data, hash, sizeof hash);
	sb_bytes_free(&raw);
	if (rc != SB_OK)
		return admin_fail(rc, "registry.db", f);
	return same ? SB_EXIT_OK : wrong_code(a, f);
}

static int check(struct applying *a, const char *code, struct sb_failure *f)
{
	char phone[SB_PHONE_TEXT], carrier[16];
	const char *number = apply_text(a, PHONE_REQUEST, "phone"), *of = apply_text(a, PHONE_REQUEST, "carrier");
	int rc;

	if (strlen(code) != CODE_DIGITS || strspn(code, "0123456789") != CODE_DIGITS)
		return sb_fail(f, SB_EXIT_DATA, "bad_code", "code", _("The verification code is %d digits. No try was used up."), CODE_DIGITS);
	if (!apply_text(a, PHONE_REQUEST, "code"))
		return fail_new_code(SB_EXIT_NOT_NOW, "no_code", _("No verification code is waited for. Ask for one: apply phone, with phone and carrier in --input"), f);
	if (number_of(a, "until") <= a->now)
		return fail_new_code(SB_EXIT_NOT_NOW, "code_expired", _("The verification code has run out. Ask for a new one: apply phone"), f);
	rc = compare(a, code, f);
	if (rc != SB_EXIT_OK)
		return rc;
	snprintf(phone, sizeof phone, "%s", number);
	snprintf(carrier, sizeof carrier, "%s", of);
	/* The registry may have learned something about the line meanwhile. */
	rc = phone_check_line(a, phone, carrier, false, f);
	return rc == SB_EXIT_OK ? phone_done(a, phone, carrier, phone_sms.name) : rc;
}

static int decide(struct applying *a, struct sb_failure *f)
{
	const json_t *code = json_object_get(a->input, "code");

	a->code[0] = 0;
	if (code)
		return check(a, json_is_string(code) ? json_string_value(code) : "", f);
	return prepare(a, f);
}

const struct phone_kind phone_sms = {"sms", NULL, decide, send};
