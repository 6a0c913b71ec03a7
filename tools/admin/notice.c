/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/notice.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "admin/reason.h"
#include "admin/registry_view.h"
#include "base/codec.h"
#include "base/error.h"
#include "common/settings_file.h"
#include "crypto/random.h"
#include "formats/jws.h"
#include "registry/registry_apply.h"

/* Texts of notices, and the outbox. They have the masked name, what happened and why, and no link: whoever gets one that is not genuine has nothing to
 * press on. */

enum { KO, EN, LANGUAGES, DAYS = 3, DAYS_MAX = 30, EXPIRING = 30, EXPIRING_MAX = 180, ID_BYTES = 12 };
static const char *const yes_no[] = {"no", "yes", NULL};
static const char *const languages[] = {"ko", "en", NULL};

#define AT(field) offsetof(struct notices, field)
static const struct sb_setting rows[] = {
	{"sms", SB_SETTING_WORD, AT(sms), NULL, 0, 0, yes_no, false},
	{"mail-dir", SB_SETTING_PATH, AT(mail_dir), NULL, 0, 0, NULL, false},
	{"language", SB_SETTING_WORD, AT(language), NULL, 0, 0, languages, false},
	{"days", SB_SETTING_NUMBER, AT(days), NULL, 1, DAYS_MAX, NULL, false},
	{"expiring", SB_SETTING_NUMBER, AT(expiring), NULL, 0, EXPIRING_MAX, NULL, false},
	{0},
};
static const struct sb_settings conf = {rows, "bad_configuration", "sinbun-admin(8)"};

int notice_conf_read(const char *path, struct notices *n, struct sb_failure *f)
{
	bool absent = true;
	int rc;

	n->days = DAYS;
	n->expiring = EXPIRING;
	rc = sb_settings_read(&conf, path, n, &absent, f);
	n->on = rc == SB_EXIT_OK && !absent;
	return rc;
}

void notice_conf_free(struct notices *n)
{
	sb_settings_free(&conf, n);
}

/* --- texts --- */

static const struct {
	const char *word;
	const char *text[LANGUAGES];
} kinds[] = {
	[NOTICE_ISSUED] = {"issued", {"모바일 주민등록증이 발급되었습니다.", "your mobile resident card has been issued."}},
	[NOTICE_REPLACED] = {"replaced",
		{"모바일 주민등록증이 재발급되어, 이전 기기의 것은 쓸 수 없습니다.", "your mobile resident card has been reissued; the one on the earlier device has ended."}},
	[NOTICE_SUSPENDED] = {"suspended", {"모바일 주민등록증의 효력이 정지되었습니다.", "your mobile resident card has been suspended."}},
	[NOTICE_RESUMED] = {"resumed", {"모바일 주민등록증을 다시 쓸 수 있습니다.", "your mobile resident card is valid again."}},
	[NOTICE_REVOKED] = {"revoked", {"모바일 주민등록증이 폐기되었습니다.", "your mobile resident card has been revoked."}},
	[NOTICE_REFRESHED] = {"refreshed",
		{"모바일 주민등록증의 내용이 최신 자료로 갱신되었습니다.", "your mobile resident card has been brought up to date."}},
	[NOTICE_LOCKED] = {"locked",
		{"발급일자가 다섯 번 틀려 모바일 주민등록증 발급 신청이 잠겼습니다.",
			"the application for your mobile resident card is locked: the issue date was wrong five times."}},
	[NOTICE_EXPIRING] = {"expiring",
		{"모바일 주민등록증의 유효기간이 곧 끝납니다. 창구에서 재발급받으세요.",
			"your mobile resident card ends soon. Have it issued anew at the counter."}},
};
static const char *const subjects[LANGUAGES] = {"모바일 주민등록증 안내", "Your mobile resident card"};
/* Behind the name, and at the end. */
static const char *const addresses[LANGUAGES] = {"님, ", ": "};
static const char *const ends[LANGUAGES] = {" 직접 신청하거나 신고한 일이 아니면 발급기관에 알려 주세요.", " If this was not you, tell the issuer."};
static const char *const befores[][LANGUAGES] = {{" (사유: ", " (reason: "}, {" (만료일: ", " (it ends on "}};

const char *notice_word(enum notice_kind kind)
{
	return kinds[kind].word;
}

static const char *why_of(enum notice_kind kind, const char *detail, int language)
{
	const struct admin_reason *reason = admin_reason_find(detail);

	if (kind == NOTICE_EXPIRING)
		return detail;
	return reason ? admin_reason_text(reason, languages[language]) : "";
}

int notice_compose(const struct notices *n, enum notice_kind kind, const json_t *resident, const char *detail, struct sb_bytes *subject, struct sb_bytes *text)
{
	const char *why = why_of(kind, detail, n->language);
	struct sb_bytes name = {0};
	char line[1024];
	int rc = admin_view_field(resident, "name", false, &name);

	if (rc == SB_OK)
		rc = sb_bytes_terminate(&name);
	if (rc == SB_OK) {
		snprintf(line, sizeof line, "[%.200s] %.120s%s%s%s%s%s%s", n->issuer, (const char *)name.data, addresses[n->language],
			kinds[kind].text[n->language], *why ? befores[kind == NOTICE_EXPIRING][n->language] : "", why, *why ? ")" : "",
			kind == NOTICE_EXPIRING ? "" : ends[n->language]);
		rc = sb_bytes_append_text(text, line);
	}
	snprintf(line, sizeof line, "[%.200s] %s", n->issuer, subjects[n->language]);
	if (rc == SB_OK)
		rc = sb_bytes_append_text(subject, line);
	sb_bytes_free(&name);
	return rc;
}

/* --- the outbox --- */

static int make_id(char out[SB_NOTICE_ID])
{
	struct sb_bytes hex = {0};
	uint8_t raw[ID_BYTES];
	int rc = sb_random(raw, sizeof raw);

	if (rc == SB_OK)
		rc = sb_hex_encode(raw, sizeof raw, &hex);
	if (rc == SB_OK)
		snprintf(out, SB_NOTICE_ID, "N%.*s", (int)hex.len, (const char *)hex.data);
	sb_bytes_free(&hex);
	return rc;
}

static int put(struct sb_registry *r, struct sb_registry_notice *notice, const json_t *content)
{
	char *text = json_dumps(content, JSON_COMPACT);
	struct sb_bytes box = {0};
	int rc = text ? make_id(notice->id) : SB_E_NOMEM;

	if (rc == SB_OK && notice->state == SB_NOTICE_WAITING)
		rc = sb_registry_seal(r, "notice", notice->id, sb_slice(text, strlen(text)), &box);
	if (rc == SB_OK)
		rc = r->life->notice_add(r, notice, sb_bytes_slice(&box));
	sb_text_free(&text);
	sb_bytes_free(&box);
	return rc;
}

/* That somebody could not be told is put down as well. */
static int add_each(struct notices *n, struct sb_registry *r, struct sb_registry_notice *notice, const json_t *content)
{
	const char *phone = sb_json_text(content, "phone");
	const struct {
		const char *channel;
		bool open;
	} ways[] = {{NOTICE_SMS, n->sms && phone && *phone}, {NOTICE_MAIL, n->mail_dir}};
	bool told = false;
	int rc = SB_OK;

	for (size_t i = 0; rc == SB_OK && i < sizeof ways / sizeof *ways; i++) {
		if (!ways[i].open)
			continue;
		snprintf(notice->channel, sizeof notice->channel, "%s", ways[i].channel);
		rc = put(r, notice, content);
		told = true;
		n->added++;
	}
	if (rc != SB_OK || told)
		return rc;
	snprintf(notice->channel, sizeof notice->channel, "%s", NOTICE_NONE);
	snprintf(notice->error, sizeof notice->error, "no_phone");
	notice->state = SB_NOTICE_GIVEN_UP;
	notice->ended = notice->created;
	return put(r, notice, content);
}

int admin_notice_add(struct notices *n, struct sb_registry *r, enum notice_kind kind, const json_t *resident, const char *card, const char *detail)
{
	struct sb_registry_notice notice = {.created = time(NULL), .state = SB_NOTICE_WAITING};
	const char *phone = sb_json_text(resident, "phone");
	struct sb_bytes subject = {0}, text = {0};
	json_t *content = NULL;
	int rc;

	if (!n || !n->on)
		return SB_OK;
	notice.next = notice.created;
	snprintf(notice.kind, sizeof notice.kind, "%s", kinds[kind].word);
	snprintf(notice.card, sizeof notice.card, "%s", card);
	rc = notice_compose(n, kind, resident, detail, &subject, &text);
	if (rc == SB_OK) {
		content = json_pack("{s:s, s:s%, s:s%}", "phone", phone ? phone : "", "subject", (const char *)subject.data, subject.len, "text",
			(const char *)text.data, text.len);
		rc = content ? add_each(n, r, &notice, content) : SB_E_NOMEM;
	}
	json_decref(content);
	sb_bytes_free(&subject);
	sb_bytes_free(&text);
	return rc;
}
