/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/admin.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/codec.h"
#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"
#include "formats/jws.h"
#include "identity/sms.h"
#include "registry/registry_apply.h"

/* The outbox is emptied. A notice is taken by putting its next turn off, in a transaction of its own, before anybody is asked to carry it: no two
 * processes send one, and one that was cut off between the gateway's answer and the note of it comes up again after that turn. */

enum { NOW_LIMIT = 4, NOW_SECONDS = 3, PAUSE = 60, PAUSE_MAX = 6 * 3600, DAY = 24 * 3600 };

struct sending {
	struct admin *a;
	struct sb_sms *sms;
	unsigned seconds;
	json_t *content;
};

static int open_content(struct sending *s, const struct sb_registry_notice *notice, const struct sb_bytes *box)
{
	struct sb_bytes plain = {0};
	int rc = sb_registry_unseal(s->a->registry, "notice", notice->id, sb_bytes_slice(box), &plain);

	json_decref(s->content);
	s->content = rc == SB_OK ? sb_json_parse(sb_bytes_slice(&plain), NULL, NULL) : NULL;
	sb_bytes_free(&plain);
	return rc == SB_OK && !s->content ? SB_E_CORRUPT : rc;
}

/* --- ways --- */

static int by_sms(struct sending *s, const struct sb_registry_notice *notice, struct sb_failure *f)
{
	const char *phone = sb_json_text(s->content, "phone"), *text = sb_json_text(s->content, "text");
	bool queued;
	int rc = s->sms ? SB_EXIT_OK : sb_sms_open(sb_program_root(s->a->p), &s->sms, f);

	(void)notice;
	if (rc == SB_EXIT_OK && s->seconds)
		sb_sms_hurry(s->sms, s->seconds);
	return rc == SB_EXIT_OK ? sb_sms_send(s->sms, phone ? phone : "", text ? text : "", &queued, f) : rc;
}

static int put_base64(struct sb_bytes *out, const char *before, const char *text, const char *behind)
{
	int rc = sb_bytes_append_text(out, before);

	if (rc == SB_OK)
		rc = sb_base64_encode(text, strlen(text), out);
	return rc == SB_OK ? sb_bytes_append_text(out, behind) : rc;
}

/* RFC 5322 and MIME; subjects in encoded words of whole letters (RFC 2047, section 5), bodies in lines of 76. */
static int put_subject(struct sb_bytes *out, const char *subject)
{
	int rc = sb_bytes_append_text(out, "Subject:");

	while (rc == SB_OK && *subject) {
		char word[46];
		size_t len = strlen(subject) < 45 ? strlen(subject) : 42;

		while (subject[len] && ((unsigned char)subject[len] & 0xc0) == 0x80)
			len--;
		snprintf(word, sizeof word, "%.*s", (int)len, subject);
		rc = put_base64(out, " =?UTF-8?B?", word, subject[len] ? "?=\r\n" : "?=");
		subject += len;
	}
	return rc == SB_OK ? sb_bytes_append_text(out, "\r\n") : rc;
}

static int put_body(struct sb_bytes *out, const char *text)
{
	size_t len = strlen(text);
	int rc = SB_OK;

	for (size_t at = 0; rc == SB_OK && at < len; at += 57) {
		rc = sb_base64_encode(text + at, len - at < 57 ? len - at : 57, out);
		if (rc == SB_OK)
			rc = sb_bytes_append_text(out, "\r\n");
	}
	return rc;
}

static int put_mail(struct sb_bytes *out, const struct sb_registry_notice *notice, const char *subject, const char *text)
{
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t created = (time_t)notice->created;
	char head[512];
	struct tm tm;
	int rc;

	if (!gmtime_r(&created, &tm))
		return SB_E_RANGE;
	snprintf(head, sizeof head,
		"Date: %s, %02d %s %d %02d:%02d:%02d +0000\r\nMessage-ID: <%s@sinbun.invalid>\r\nX-Sinbun-Notice: %s\r\nX-Sinbun-Card: %s\r\nMIME-Version: 1.0\r\n"
		"Content-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n",
		days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec, notice->id, notice->kind,
		*notice->card ? notice->card : "-");
	rc = sb_bytes_append_text(out, head);
	if (rc == SB_OK)
		rc = put_subject(out, subject);
	if (rc == SB_OK)
		rc = sb_bytes_append_text(out, "\r\n");
	return rc == SB_OK ? put_body(out, text) : rc;
}

/* Its name is its own, so that one that is dropped again takes its own place. */
static int by_mail(struct sending *s, const struct sb_registry_notice *notice, struct sb_failure *f)
{
	const char *subject = sb_json_text(s->content, "subject"), *text = sb_json_text(s->content, "text");
	struct sb_bytes mail = {0};
	char path[4096];
	int rc = s->a->notices.mail_dir ? SB_OK : SB_E_NOT_FOUND;

	snprintf(path, sizeof path, "%s/%s.eml", s->a->notices.mail_dir ? s->a->notices.mail_dir : "", notice->id);
	if (rc == SB_OK)
		rc = put_mail(&mail, notice, subject ? subject : "", text ? text : "");
	if (rc == SB_OK)
		rc = sb_file_write(path, mail.data, mail.len, 0600);
	sb_bytes_free(&mail);
	return rc == SB_OK ? SB_EXIT_OK : sb_fail(f, SB_EXIT_STORAGE, "cannot_write", path, _("%s cannot be written: %s."), path, _(sb_error_text(rc)));
}

/* --- one after the other --- */

static const struct way {
	const char *channel;
	int (*send)(struct sending *s, const struct sb_registry_notice *notice, struct sb_failure *f);
} ways[] = {{NOTICE_MAIL, by_mail}, {NOTICE_SMS, by_sms}};

static int64_t pause_of(int tries)
{
	int64_t pause = PAUSE;

	for (int i = 1; i < tries && pause < PAUSE_MAX; i++)
		pause *= 2;
	return pause < PAUSE_MAX ? pause : PAUSE_MAX;
}

static void take_turn(struct sb_registry_notice *notice, int64_t now)
{
	notice->tries++;
	notice->next = now + pause_of(notice->tries);
}

static void give_up(struct sb_registry_notice *notice, int64_t now, const char *error)
{
	notice->state = SB_NOTICE_GIVEN_UP;
	notice->ended = now;
	snprintf(notice->error, sizeof notice->error, "%s", error);
}

/* SB_E_NOT_FOUND: nothing is due. One whose content does not open is given up, and those behind it get their turn. */
static int claim(struct sending *s, const struct way *way, struct sb_registry_notice *notice)
{
	struct sb_registry *r = s->a->registry;
	struct sb_bytes box = {0};
	int64_t now = time(NULL);
	int rc = r->ops->begin(r);

	if (rc == SB_OK)
		rc = r->life->notice_due(r, way->channel, now, notice, &box);
	if (rc == SB_OK) {
		rc = open_content(s, notice, &box);
		if (rc == SB_OK)
			take_turn(notice, now);
		else if (rc == SB_E_CORRUPT)
			give_up(notice, now, "damaged");
		if (rc == SB_OK || rc == SB_E_CORRUPT)
			rc = r->life->notice_set(r, notice);
	}
	if (rc == SB_OK)
		rc = r->ops->commit(r);
	r->ops->rollback(r);
	sb_bytes_free(&box);
	return rc;
}

/* What nobody will ever carry. */
static bool is_final(const struct sb_failure *why)
{
	return strcmp(why->error, "bad_phone") == 0 || strcmp(why->error, "bad_text") == 0 || strcmp(why->error, "sms_refused") == 0;
}

static int note(struct sending *s, struct sb_registry_notice *notice, int sent, const struct sb_failure *why)
{
	struct sb_registry *r = s->a->registry;
	int64_t now = time(NULL);
	int rc;

	if (sent == SB_EXIT_OK)
		notice->state = SB_NOTICE_SENT;
	else if (is_final(why) || now - notice->created >= s->a->notices.days * DAY)
		notice->state = SB_NOTICE_GIVEN_UP;
	notice->ended = notice->state == SB_NOTICE_WAITING ? 0 : now;
	snprintf(notice->error, sizeof notice->error, "%s", sent == SB_EXIT_OK ? "" : why->error);
	rc = r->ops->begin(r);
	if (rc == SB_OK)
		rc = r->life->notice_set(r, notice);
	if (rc == SB_OK)
		rc = r->ops->commit(r);
	r->ops->rollback(r);
	return rc;
}

static void warn_damaged(struct sending *s, const struct sb_registry_notice *notice)
{
	sb_warn(s->a->p, _("Notice %s is damaged and was given up. Tell the resident another way: it was of card %s and said \"%s\"."), sb_clean(notice->id),
		*notice->card ? sb_clean(notice->card) : "-", sb_clean(notice->kind));
}

static int send_one(struct sending *s, const struct way *way, struct sb_registry_notice *notice, struct sb_failure *why)
{
	int sent = way->send(s, notice, why);

	return note(s, notice, sent, why);
}

static int send_way(struct sending *s, const struct way *way, unsigned limit, struct notice_count *count, struct sb_failure *last)
{
	struct sb_registry_notice notice;
	struct sb_failure why;
	int rc = SB_OK;

	for (unsigned i = 0; i < limit && (rc = claim(s, way, &notice)) == SB_OK; i++) {
		if (notice.state == SB_NOTICE_GIVEN_UP)
			warn_damaged(s, &notice);
		else
			rc = send_one(s, way, &notice, &why);
		count->sent += notice.state == SB_NOTICE_SENT;
		count->given_up += notice.state == SB_NOTICE_GIVEN_UP;
		if (notice.state == SB_NOTICE_WAITING)
			*last = why;
		if (notice.state == SB_NOTICE_WAITING || rc != SB_OK)
			break;
	}
	return rc == SB_E_NOT_FOUND ? SB_OK : rc;
}

/* Those too whose turn did not come, as their way was closed all the time; and what is long over is forgotten. */
static int tidy(struct admin *a, struct notice_count *count)
{
	struct sb_registry *r = a->registry;
	int64_t now = time(NULL);
	unsigned gone = 0;
	int rc = r->ops->begin(r);

	if (rc == SB_OK)
		rc = r->life->notice_tidy(r, now, now - a->notices.days * DAY, &gone, &count->waiting);
	if (rc == SB_OK)
		rc = r->ops->commit(r);
	r->ops->rollback(r);
	count->given_up += rc == SB_OK ? gone : 0;
	return rc;
}

int notice_send_due(struct admin *a, unsigned limit, unsigned seconds, struct notice_count *count, struct sb_failure *f)
{
	struct sending s = {.a = a, .seconds = seconds};
	int rc = SB_OK;

	*count = (struct notice_count){0};
	f->error[0] = 0;
	for (size_t i = 0; rc == SB_OK && i < sizeof ways / sizeof *ways; i++)
		rc = send_way(&s, &ways[i], limit, count, f);
	if (rc == SB_OK)
		rc = tidy(a, count);
	sb_sms_close(&s.sms);
	json_decref(s.content);
	if (rc != SB_OK)
		return admin_fail(rc, "registry.db", f);
	return *f->error ? (int)f->exit : SB_EXIT_OK;
}

void notice_send_now(struct admin *a)
{
	struct notice_count count;
	struct sb_failure why;
	int rc;

	if (!a->notices.added)
		return;
	rc = notice_send_due(a, NOW_LIMIT, NOW_SECONDS, &count, &why);
	if (rc != SB_EXIT_OK)
		sb_warn(a->p, _("What was done stands, but a notice to a resident waits: %s It is sent by: sinbun-admin --registry '%s' notice send"), why.message,
			sb_program_root(a->p));
	else if (count.waiting)
		sb_say(a->p, ngettext("%u notice to a resident waits to be sent: notice send\n", "%u notices to residents wait to be sent: notice send\n", count.waiting),
			count.waiting);
	else if (count.sent)
		sb_say(a->p, "%s\n", _("The resident is notified."));
}
