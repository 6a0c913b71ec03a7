/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "verify/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/codec.h"
#include "base/error.h"
#include "common/documents.h"
#include "common/fields.h"
#include "common/i18n.h"
#include "common/terminal.h"
#include "formats/status_list.h"

enum { CHALLENGE_MAX = 64, TIME_TEXT = 32, BANNER = 30 };

static int read_time(const char *text, int64_t *out, struct sb_failure *f)
{
	struct tm tm = {0}, given;
	time_t seconds;
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	int hours = 0, minutes = 0, used = 0;
	char sign = '+';

	if (!end || !(strcmp(end, "Z") == 0 || (sscanf(end, "%c%2d:%2d%n", &sign, &hours, &minutes, &used) == 3 && !end[used] &&
						       (sign == '+' || sign == '-') && hours < 24 && minutes < 60)))
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--at", _("--at is a time such as 2026-11-24T09:30:00Z, not \"%s\"."), sb_clean(text));
	given = tm;
	seconds = timegm(&tm);
	/* The 31st of February would be taken for a day in March. */
	if (tm.tm_mday != given.tm_mday || tm.tm_mon != given.tm_mon || tm.tm_hour != given.tm_hour || tm.tm_min != given.tm_min ||
		tm.tm_sec != given.tm_sec)
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--at", _("--at: there is no such date or time: \"%s\"."), sb_clean(text));
	*out = seconds - (sign == '-' ? -1 : 1) * (hours * 60L + minutes) * 60;
	return SB_EXIT_OK;
}

int answer_open(struct sb_program *p, struct answer *a, struct sb_failure *f)
{
	const char *at = sb_program_text(p, "--at");
	int rc = SB_EXIT_OK;

	*a = (struct answer){.p = p, .challenge = sb_program_text(p, "--challenge"), .at = -1};
	if (at)
		rc = read_time(at, &a->at, f);
	if (rc == SB_EXIT_OK && a->challenge && (!*a->challenge || strlen(a->challenge) > CHALLENGE_MAX))
		rc = sb_fail(f, SB_EXIT_USAGE, "usage", "--challenge", _("--challenge is what sinbun-verify challenge gave."));
	if (rc == SB_EXIT_OK)
		rc = sb_documents_load_all(&a->documents, f);
	if (rc == SB_EXIT_OK)
		rc = desk_open(p, &a->desk, f);
	if (rc != SB_EXIT_OK)
		answer_close(a);
	return rc;
}

void answer_close(struct answer *a)
{
	desk_close(&a->desk);
	sb_documents_free_all(&a->documents);
}

/* --- deciding --- */

/* The bundle in force at that time; false when there is none. Verified anew: the file may have been touched since. */
static int open_bundle(struct desk *d, int64_t at, struct sb_bundle *out, bool *have)
{
	struct sb_bytes root = {0}, text = {0};
	int rc = desk_get(d, "root", &root);

	if (rc == SB_OK)
		rc = desk_get(d, "bundle", &text);
	*have = rc == SB_OK && sb_bundle_open(sb_bytes_slice(&text), sb_bytes_slice(&root), at, out) == SB_OK;
	sb_bytes_free(&root);
	sb_bytes_free(&text);
	return rc == SB_E_NOT_FOUND ? SB_OK : rc;
}

/* One transaction from the question whether the code was seen to the note that it was: of two desks' windows asking at once, one is told
 * "replayed". A refusal leaves no trace, so nobody can use up a challenge with a wrong code. */
static int decide(struct answer *a, struct sb_slice text, struct verify_verdict *v)
{
	struct sb_bundle bundle = {0};
	struct verify_question q = {.text = text, .at = a->at >= 0 ? a->at : time(NULL), .documents = a->documents,
		.memory = desk_memory(a->desk)};
	bool have = false;
	int rc = desk_begin(a->desk);

	if (rc == SB_OK)
		rc = open_bundle(a->desk, q.at, &bundle, &have);
	if (rc == SB_OK) {
		q.bundle = have ? &bundle : NULL;
		q.challenge = a->challenge ? sb_slice(a->challenge, strlen(a->challenge)) : sb_slice(NULL, 0);
		rc = verify_decide(&q, v);
	}
	if (rc == SB_OK && v->reason == VERIFY_OK)
		rc = desk_remember(a->desk, v->kbt.id, v->kbt.challenge, time(NULL));
	if (rc == SB_OK && v->reason == VERIFY_OK)
		rc = desk_commit(a->desk);
	desk_rollback(a->desk);
	sb_bundle_free(&bundle);
	if (rc != SB_OK)
		verify_verdict_free(v);
	return rc;
}

/* --- telling --- */

static json_t *claim_value(const struct sb_claim *c)
{
	struct sb_bytes text = {0};
	json_t *value = NULL;

	switch (c->type) {
	case SB_CLAIM_TEXT:
		return json_stringn((const char *)c->bytes.data, c->bytes.len);
	case SB_CLAIM_BOOL:
		return json_boolean(c->number);
	case SB_CLAIM_INT:
		return json_integer(c->number);
	case SB_CLAIM_BYTES:
		if (sb_base64url_encode(c->bytes.data, c->bytes.len, &text) == SB_OK)
			value = json_stringn((const char *)text.data, text.len);
		sb_bytes_free(&text);
		return value;
	}
	return NULL;
}

static json_t *fields_of(const struct verify_verdict *v)
{
	json_t *fields = json_object();

	for (size_t i = 0; v->reason == VERIFY_OK && i < v->sdcwt.claim_count; i++) {
		const struct sb_element *e = sb_document_claim(v->document, v->sdcwt.claims[i].key);

		if (e)
			json_object_set_new(fields, e->name, claim_value(&v->sdcwt.claims[i]));
	}
	return fields;
}

static const char *status_name(const struct verify_verdict *v)
{
	static const char *const names[] = {[SB_STATUS_VALID] = "valid", [SB_STATUS_INVALID] = "revoked", [SB_STATUS_SUSPENDED] = "suspended"};

	if (!v->status_known)
		return "unknown";
	return v->status < sizeof names / sizeof *names ? names[v->status] : "revoked";
}

static const char *time_text(int64_t seconds, char text[TIME_TEXT])
{
	time_t t = seconds;
	struct tm tm;

	return gmtime_r(&t, &tm) && strftime(text, TIME_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm) ? text : NULL;
}

static json_t *time_value(int64_t seconds)
{
	char text[TIME_TEXT];

	return time_text(seconds, text) ? json_string(text) : json_null();
}

static void fill(const struct answer *a, const struct verify_verdict *v, json_t *result)
{
	if (a->at >= 0)
		json_object_set_new(result, "at", time_value(a->at));
	json_object_set_new(result, "result", json_string(v->reason == VERIFY_OK ? "valid" : "refused"));
	json_object_set_new(result, "reason", json_string(verify_reason_name(v->reason)));
	json_object_set_new(result, "format", json_string("sd-cwt"));
	json_object_set_new(result, "document", v->document ? json_string(v->document->id) : json_null());
	json_object_set_new(result, "fields", fields_of(v));
	json_object_set_new(result, "presented_at", v->genuine ? time_value(v->kbt.iat) : json_null());
	json_object_set_new(result, "status", json_string(status_name(v)));
	json_object_set_new(result, "status_age_s", v->status_age_s >= 0 ? json_integer(v->status_age_s) : json_null());
	json_object_set_new(result, "portrait", json_string("not_checked"));
}

/* Seen from across a counter: a bar in colour, the word in it in capitals. With another time than now, that stands beneath the word. */
static void say_banner(const struct answer *a, bool valid)
{
	struct sb_program *p = a->p;
	char at[TIME_TEXT];
	const char *no_colour = getenv("NO_COLOR");
	bool colour = sb_terminal_capable() && !(no_colour && *no_colour);
	const char *start = !colour ? "" : valid ? "\033[1;30;42m" : "\033[1;37;41m", *end = colour ? "\033[0m" : "";

	sb_say(p, "\n%s%*s%s\n", start, BANNER, "", end);
	sb_say(p, "%s  %s  %s\n", start, valid ? _("✔  VALID                  ") : _("✘  NOT VALID              "), end);
	if (a->at >= 0 && time_text(a->at, at)) {
		sb_say(p, "%s  ", start);
		sb_say(p, _("as of %s"), at);
		sb_say(p, "  %s\n", end);
	}
	sb_say(p, "%s%*s%s\n\n", start, BANNER, "", end);
}

static void say_age(struct sb_program *p, int64_t age)
{
	long minutes = (long)(age / 60);

	if (age < 0)
		return;
	if (minutes < 120)
		sb_say(p, ngettext("The list of revoked cards is %ld minute old.\n", "The list of revoked cards is %ld minutes old.\n", (unsigned long)minutes), minutes);
	else
		sb_say(p, ngettext("The list of revoked cards is %ld hour old.\n", "The list of revoked cards is %ld hours old.\n", (unsigned long)(minutes / 60)), minutes / 60);
}

static void say_verdict(const struct answer *a, const struct verify_verdict *v, const json_t *fields)
{
	size_t all[SB_SDCWT_CLAIMS_MAX], count = 0;
	struct sb_program *p = a->p;

	say_banner(a, v->reason == VERIFY_OK);
	if (a->at >= 0)
		sb_say(p, "%s\n", _("This was judged for the time given with --at, not for now."));
	if (v->reason != VERIFY_OK) {
		sb_say(p, "%s\n%s\n", verify_reason_sentence(v->reason), verify_reason_mend(v->reason));
		return;
	}
	while (count < v->document->element_count && count < SB_SDCWT_CLAIMS_MAX) {
		all[count] = count;
		count++;
	}
	sb_fields_print(p, v->document, fields, all, count);
	sb_say(p, "\n%s\n", verify_reason_sentence(v->reason));
	sb_say(p, "%s\n", _("The photo was not checked: this code carries none. Is it the right person?"));
	say_age(p, v->status_age_s);
}

int answer_give(struct answer *a, struct sb_slice text, json_t *result, struct sb_failure *f)
{
	struct verify_verdict v = {0};
	int rc = decide(a, text, &v);

	if (rc != SB_OK)
		return desk_fail(a->p, rc, f);
	fill(a, &v, result);
	say_verdict(a, &v, json_object_get(result, "fields"));
	if (v.reason == VERIFY_OK)
		a->valid++;
	else
		a->refused++;
	sb_answer(a->p, result);
	verify_verdict_free(&v);
	return SB_EXIT_OK;
}

bool answer_is_blank(struct sb_slice line)
{
	for (size_t i = 0; i < line.len; i++)
		if (!strchr(" \t\r", line.data[i]))
			return false;
	return true;
}

int answer_lines(struct answer *a, struct sb_slice text, json_t *result, struct sb_failure *f)
{
	int rc = SB_EXIT_OK;

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
