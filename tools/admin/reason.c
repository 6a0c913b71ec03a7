/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/reason.h"

#include <stdio.h>
#include <string.h>

#include "common/i18n.h"
#include "common/verb.h"

static const struct admin_reason rows[] = {
	{"lost", ADMIN_SUSPENDS | ADMIN_REVOKES, "분실 신고", "reported lost"},
	{"stolen", ADMIN_SUSPENDS | ADMIN_REVOKES, "도난 신고", "reported stolen"},
	{"misuse", ADMIN_SUSPENDS | ADMIN_REVOKES, "도용 의심", "suspected misuse"},
	{REASON_PLASTIC_LOST, ADMIN_SUSPENDS, "주민등록증 분실 신고", "the plastic card is reported lost"},
	{REASON_CANCELLED, ADMIN_SUSPENDS | ADMIN_REVOKES, "주민등록 말소", "the registration is cancelled"},
	{REASON_WITHDRAWN, ADMIN_RESUMES, "신고 철회", "the report is withdrawn"},
	{"found", ADMIN_RESUMES, "휴대전화를 찾음", "the phone is found"},
	{REASON_RESTORED, ADMIN_RESUMES, "주민등록증 분실 신고 철회", "the plastic card is valid again"},
	{"mistake", ADMIN_RESUMES, "잘못된 처리", "a mistake"},
	{"reissued", ADMIN_REVOKES, "재발급", "reissued"},
	{"renounced", ADMIN_REVOKES, "본인 요청", "given up by its holder"},
	{"name-change", ADMIN_REVOKES | ADMIN_REPLACES, "성명 변경", "change of name"},
	{"rrn-change", ADMIN_REVOKES | ADMIN_REPLACES, "주민등록번호 변경", "change of the resident registration number"},
	{"birth-date-change", ADMIN_REVOKES | ADMIN_REPLACES, "생년월일 변경", "change of the date of birth"},
	{"sex-change", ADMIN_REVOKES | ADMIN_REPLACES, "성별 변경", "change of sex"},
	{"plastic-reissued", ADMIN_REVOKES | ADMIN_REPLACES, "주민등록증 재발급", "the plastic card is reissued"},
	{"phone-replaced", ADMIN_REVOKES | ADMIN_REPLACES, "휴대전화 교체", "another phone"},
	{"expired", ADMIN_REPLACES, "유효기간 만료", "three years have passed"},
	{"damaged", ADMIN_REVOKES | ADMIN_REPLACES, "휴대전화 훼손", "the phone or the card on it is damaged"},
	{REASON_REPLACED, 0, "재발급", "replaced"},
};
enum { ROWS = sizeof rows / sizeof *rows, LIST = 512 };

const char *admin_reason_text(const struct admin_reason *reason, const char *language)
{
	return strcmp(language, "ko") == 0 ? reason->ko : reason->en;
}

const struct admin_reason *admin_reason_find(const char *word)
{
	for (size_t i = 0; i < ROWS; i++)
		if (strcmp(rows[i].word, word) == 0)
			return &rows[i];
	return NULL;
}

int admin_reason_check(const char *given, enum admin_reason_use use, struct sb_failure *f)
{
	const struct admin_reason *found = given ? admin_reason_find(given) : NULL;
	char list[LIST] = "";
	size_t used = 0;

	if (!given || (found && found->uses & use))
		return SB_EXIT_OK;
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].uses & use && used < sizeof list)
			used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", rows[i].word);
	return sb_fail(f, SB_EXIT_USAGE, "usage", "--reason", _("\"%s\" is no reason for this. One of: %s"), sb_clean(given), list);
}

/* Of old cards it is not known why they are suspended. */
int admin_reason_check_end(const char *given, const char *before, struct sb_failure *f)
{
	if (!given || strcmp(given, REASON_RESTORED) != 0 || !*before || admin_reason_is_plastic(before))
		return SB_EXIT_OK;
	return sb_fail(f, SB_EXIT_NOT_NOW, "wrong_state", "--reason",
		_("This card was suspended on a report of its own (%s), which the plastic card does not end. Once that report is withdrawn: --reason withdrawn, or found"),
		sb_clean(before));
}

bool admin_reason_is_plastic(const char *word)
{
	return strcmp(word, REASON_PLASTIC_LOST) == 0 || strcmp(word, REASON_CANCELLED) == 0;
}
