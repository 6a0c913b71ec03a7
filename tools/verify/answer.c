/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "verify/answer.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "common/documents.h"
#include "common/i18n.h"

enum { CHALLENGE_MAX = 64, HOUR = 3600 };

int answer_read_time(const char *text, int64_t *out)
{
	struct tm tm = {0}, given;
	time_t seconds;
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	int hours = 0, minutes = 0, used = 0;
	char sign = '+';

	if (!end || !(strcmp(end, "Z") == 0 || (sscanf(end, "%c%2d:%2d%n", &sign, &hours, &minutes, &used) == 3 && !end[used] &&
						       (sign == '+' || sign == '-') && hours < 24 && minutes < 60)))
		return SB_E_FORMAT;
	given = tm;
	seconds = timegm(&tm);
	/* The 31st of February would be taken for a day in March. */
	if (tm.tm_mday != given.tm_mday || tm.tm_mon != given.tm_mon || tm.tm_hour != given.tm_hour || tm.tm_min != given.tm_min ||
		tm.tm_sec != given.tm_sec)
		return SB_E_RANGE;
	*out = seconds - (sign == '-' ? -1 : 1) * (hours * 60L + minutes) * 60;
	return SB_OK;
}

static int read_time(const char *text, int64_t *out, struct sb_failure *f)
{
	int rc = answer_read_time(text, out);

	if (rc == SB_E_RANGE)
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--at", _("--at: there is no such date or time: \"%s\"."), sb_clean(text));
	if (rc != SB_OK)
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--at", _("--at is a time such as 2026-11-24T09:30:00Z, not \"%s\"."), sb_clean(text));
	return SB_EXIT_OK;
}

int answer_open(struct sb_program *p, struct answer *a, struct sb_failure *f)
{
	const char *at = sb_program_text(p, "--at");
	int rc = SB_EXIT_OK;

	*a = (struct answer){.p = p, .challenge = sb_program_text(p, "--challenge"), .wanted = sb_program_text(p, "--fields"),
		.portrait_out = sb_program_text(p, "--portrait-out"), .at = -1};
	a->batch = sb_program_flag(p, "--batch") || sb_program_text(p, "--files-from");
	a->received = a->batch && at && strcmp(at, "received") == 0;
	if (at && !a->received)
		rc = read_time(at, &a->at, f);
	if (rc == SB_EXIT_OK && !a->batch && sb_program_text(p, "--threads"))
		rc = sb_fail(f, SB_EXIT_USAGE, "usage", "--threads", _("%s goes with --batch."), "--threads");
	if (rc == SB_EXIT_OK && a->challenge && (!*a->challenge || strlen(a->challenge) > CHALLENGE_MAX))
		rc = sb_fail(f, SB_EXIT_USAGE, "usage", "--challenge", _("--challenge is what sinbun-verify challenge gave."));
	if (rc == SB_EXIT_OK)
		rc = sb_documents_load_all(&a->documents, f);
	if (rc == SB_EXIT_OK)
		rc = wanted_check(a, f);
	if (rc == SB_EXIT_OK)
		rc = settings_read(p, &a->settings, f);
	if (rc == SB_EXIT_OK)
		rc = desk_open(p, &a->desk, f);
	/* A code of another time says nothing of who stands there now. */
	if (rc == SB_EXIT_OK && sb_program_text(p, "--patient") && at)
		rc = sb_fail(f, SB_EXIT_USAGE, "usage", "--patient", _("--patient is for the person who is here now: leave --at away."));
	if (rc == SB_EXIT_OK && sb_program_text(p, "--patient") && !desk_is_new(a->desk)) {
		a->patient = true;
		rc = patient_id(p, a->desk, sb_program_text(p, "--patient"), a->patient_id, f);
	}
	if (rc == SB_EXIT_OK)
		rc = receipt_open(p, a->settings.receipt_key, &a->receipt, f);
	if (rc != SB_EXIT_OK)
		answer_close(a);
	return rc;
}

void answer_close(struct answer *a)
{
	sb_bundle_free(&a->bundle);
	sb_bytes_free(&a->bundle_text);
	sb_bytes_free(&a->root);
	photos_free(&a->photos);
	receipt_close(&a->receipt);
	settings_free(&a->settings);
	desk_close(&a->desk);
	sb_documents_free_all(&a->documents);
}

/* --- deciding --- */

int64_t answer_time(const struct answer *a)
{
	return a->at >= 0 ? a->at : time(NULL);
}

static bool same_text(const struct sb_bytes *a, const struct sb_bytes *b)
{
	return sb_slice_equal(sb_bytes_slice(a), sb_bytes_slice(b));
}

/* The bundle in force at that time; without one, a->have is false. The file may have been touched since it was taken in, and another
 * window may have taken in a newer one: what is used here is always what was verified here, and is there now. */
static int open_bundle(struct answer *a, int64_t at)
{
	struct sb_bytes text = {0};
	int rc;

	a->root.len = 0;
	rc = desk_get(a->desk, "root", &a->root);
	if (rc == SB_OK)
		rc = desk_get(a->desk, "bundle", &text);
	if (rc == SB_OK && a->have && same_text(&text, &a->bundle_text) && a->bundle.from <= at && at < a->bundle.until)
		goto out;
	sb_bundle_free(&a->bundle);
	a->have = rc == SB_OK && sb_bundle_open(sb_bytes_slice(&text), sb_bytes_slice(&a->root), at, &a->bundle) == SB_OK;
	if (a->have)
		rc = sb_bytes_set(&a->bundle_text, text.data, text.len);
out:
	sb_bytes_free(&text);
	return rc == SB_E_NOT_FOUND ? SB_OK : rc;
}

/* Everything here hangs on the time. The newest bundle was made before now, and so was this program. */
static int check_clock(struct answer *a, int64_t now, struct sb_failure *f)
{
	int64_t made = 0;
	char text[TELL_TIME], then[TELL_TIME];
	int rc = a->at >= 0 ? SB_OK : desk_get_time(a->desk, "bundle-iat", &made);

	if (rc != SB_OK && rc != SB_E_NOT_FOUND)
		return desk_fail(a->p, rc, f);
	made = made > SB_BUILD_TIME ? made : SB_BUILD_TIME;
	if (a->at >= 0 || now + DESK_CLOCK_SLACK >= made)
		return SB_EXIT_OK;
	return sb_fail(f, SB_EXIT_NOT_NOW, "clock", NULL,
		_("This desk's clock says %s, but it cannot be earlier than %s. Set the clock; until then no card can be checked."),
		tell_time(now, text), tell_time(made, then));
}

int answer_refresh(struct answer *a, struct sb_failure *f)
{
	int64_t at = answer_time(a);
	int rc = check_clock(a, at, f), opened;

	if (rc != SB_EXIT_OK)
		return rc;
	opened = open_bundle(a, at);
	return opened == SB_OK ? SB_EXIT_OK : desk_fail(a->p, opened, f);
}

static struct verify_question question(const struct answer *a, struct sb_slice text, int64_t at)
{
	return (struct verify_question){.text = text, .at = at, .documents = a->documents, .memory = desk_memory(a->desk),
		.bundle = a->have ? &a->bundle : NULL, .list_age_max = a->settings.bundle_refuse * HOUR,
		.challenge = a->challenge ? sb_slice(a->challenge, strlen(a->challenge)) : sb_slice(NULL, 0)};
}

enum verify_reason answer_status(const struct answer *a, int64_t at, struct verify_verdict *v)
{
	struct verify_question q = question(a, sb_slice(NULL, 0), at);

	return verify_status(&q, v);
}

/* A photo that came with this one code and is not its own was put there by somebody. */
static void compare_photo(const struct answer *a, struct verify_verdict *v)
{
	struct sb_slice digest = v->document ? verify_photo_digest(v) : sb_slice(NULL, 0);

	if (v->reason != VERIFY_OK || !digest.data)
		return;
	v->photo_checked = photos_find(&a->photos, digest) != NULL;
	if (!v->photo_checked && a->one_person && a->photos.count)
		v->reason = VERIFY_ALTERED;
}

int answer_examine(const struct answer *a, struct sb_slice text, int64_t at, struct verify_verdict *v)
{
	struct verify_question q = question(a, text, at);
	int rc = verify_judge(&q, v);

	if (rc == SB_OK)
		compare_photo(a, v);
	return rc;
}

/* Names only. */
static int note(struct answer *a, int64_t now, const struct verify_verdict *v)
{
	struct sb_bytes fields = {0};
	struct desk_event e = {.time = now, .patient = a->patient, .kind = "check", .result = v->reason == VERIFY_OK ? "valid" : "refused",
		.reason = verify_reason_name(v->reason), .document = v->document ? v->document->id : "",
		.portrait = v->reason == VERIFY_OK && v->photo_checked ? "checked" : "not_checked"};
	int rc = tell_names(a, v, &fields);

	if (rc == SB_OK)
		rc = sb_bytes_terminate(&fields);
	e.fields = rc == SB_OK ? (const char *)fields.data : "";
	if (rc == SB_OK)
		rc = desk_note(a->desk, &e, a->settings.history_days);
	sb_bytes_free(&fields);
	return rc;
}

int answer_settle(struct answer *a, int64_t at, struct verify_verdict *v)
{
	struct verify_question q = question(a, sb_slice(NULL, 0), at);
	int64_t now = time(NULL);
	int rc = verify_recall(&q, v);

	if (rc == SB_OK && v->reason == VERIFY_OK)
		rc = desk_remember(a->desk, v->kbt.id, v->kbt.challenge, now);
	if (rc == SB_OK && a->patient && tell_identifies(v))
		rc = patient_remember(a->desk, a->patient_id, now);
	return rc == SB_OK ? note(a, now, v) : rc;
}

/* One transaction from the question whether the code was seen to the note that it was: of two desks' windows asking at once, one is told
 * "replayed". A refusal uses up nothing, so nobody can use up a challenge with a wrong code. */
static int decide(struct answer *a, struct sb_slice text, struct verify_verdict *v)
{
	int64_t at = answer_time(a);
	int rc = answer_examine(a, text, at, v);

	if (rc == SB_OK)
		rc = desk_begin(a->desk);
	if (rc == SB_OK)
		rc = answer_settle(a, at, v);
	if (rc == SB_OK)
		rc = desk_commit(a->desk);
	desk_rollback(a->desk);
	if (rc != SB_OK)
		verify_verdict_free(v);
	return rc;
}

/* The picture that the last verdict speaks of, or none: another person's must not lie there. */
static int write_photo(const struct answer *a, const struct verify_verdict *v, struct sb_failure *f)
{
	const struct sb_bytes *photo = v->reason == VERIFY_OK && v->photo_checked ? photos_find(&a->photos, verify_photo_digest(v)) : NULL;
	int rc = SB_OK;

	if (!a->portrait_out)
		return SB_EXIT_OK;
	if (photo)
		rc = sb_file_write(a->portrait_out, photo->data, photo->len, 0600);
	else
		unlink(a->portrait_out);
	return rc == SB_OK ? SB_EXIT_OK
			   : sb_fail(f, SB_EXIT_STORAGE, "cannot_write", "--portrait-out", _("%s cannot be written: %s."), a->portrait_out,
				     _(sb_error_text(rc)));
}

int answer_tell(struct answer *a, const struct verify_verdict *v, json_t *result, struct sb_failure *f)
{
	int rc = write_photo(a, v, f);

	tell_fill(a, v, result);
	tell_person(a, v, result);
	sb_answer(a->p, result);
	return rc;
}

/* A receipt is one code's. */
static int give_receipt(struct answer *a, struct sb_slice text, const struct verify_verdict *v, struct sb_failure *f)
{
	json_t *verdict = json_object();
	struct receipt_facts facts = {.kind = "check", .desk = a->settings.desk_name, .verdict = verdict, .token = text,
		.patient = a->patient ? a->patient_id : NULL, .now = time(NULL)};
	int rc;

	if (!a->receipt.path) {
		json_decref(verdict);
		return SB_EXIT_OK;
	}
	tell_fill(a, v, verdict);
	rc = receipt_write(&a->receipt, &facts, f);
	json_decref(verdict);
	return rc;
}

int answer_judge(struct answer *a, struct sb_slice text, struct verify_verdict *v, json_t *result, struct sb_failure *f)
{
	int rc = answer_refresh(a, f), decided, told;

	*v = (struct verify_verdict){0};
	if (rc != SB_EXIT_OK)
		return rc;
	decided = decide(a, text, v);
	if (decided != SB_OK)
		return desk_fail(a->p, decided, f);
	if (v->reason == VERIFY_OK)
		a->valid++;
	else
		a->refused++;
	rc = give_receipt(a, text, v, f);
	/* What was decided is told in any case. */
	told = answer_tell(a, v, result, rc == SB_EXIT_OK ? f : &(struct sb_failure){0});
	return rc == SB_EXIT_OK ? told : rc;
}

int answer_give(struct answer *a, struct sb_slice text, json_t *result, struct sb_failure *f)
{
	struct verify_verdict v;
	int rc = answer_judge(a, text, &v, result, f);

	verify_verdict_free(&v);
	return rc;
}

int answer_fail_several(struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_DATA, "several_codes", "--receipt", _("There is more than one code: a receipt is for one. Give that one alone."));
}

bool answer_is_blank(struct sb_slice line)
{
	for (size_t i = 0; i < line.len; i++)
		if (!strchr(" \t\r", line.data[i]))
			return false;
	return true;
}

static size_t count_lines(struct sb_slice text)
{
	size_t count = 0;

	while (text.len) {
		const uint8_t *end = memchr(text.data, '\n', text.len);
		struct sb_slice line = sb_slice(text.data, end ? (size_t)(end - text.data) : text.len);

		count += !answer_is_blank(line);
		text = end ? sb_slice(end + 1, text.len - line.len - 1) : sb_slice(NULL, 0);
	}
	return count;
}

int answer_lines(struct answer *a, struct sb_slice text, json_t *result, struct sb_failure *f)
{
	int rc = SB_EXIT_OK;

	if (a->receipt.path && count_lines(text) > 1)
		return answer_fail_several(f);
	while (rc == SB_EXIT_OK && text.len) {
		const uint8_t *end = memchr(text.data, '\n', text.len);
		struct sb_slice line = sb_slice(text.data, end ? (size_t)(end - text.data) : text.len);

		if (!answer_is_blank(line))
			rc = answer_give(a, line, result, f);
		text = end ? sb_slice(end + 1, text.len - line.len - 1) : sb_slice(NULL, 0);
	}
	return rc;
}

int answer_exit(const struct answer *a, const char *source, struct sb_failure *f)
{
	if (a->valid + a->refused == 0)
		return sb_fail(f, SB_EXIT_DATA, "no_code", source, _("There is no QR code in %s."), sb_source_name(source));
	return a->refused ? SB_EXIT_REFUSED : SB_EXIT_OK;
}
