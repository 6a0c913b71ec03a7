/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "identity/sms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/codec.h"
#include "base/error.h"
#include "common/http.h"
#include "common/i18n.h"
#include "common/paths.h"
#include "common/settings_file.h"
#include "common/verb.h"
#include "identity/phone.h"
#include "identity/secret_file.h"

enum { TIMEOUT = 10, ANSWER_MAX = 4096, LINES = 7, LINE = 1200, PATH_SIZE = 4096 };

struct sb_sms {
	char *url, *username, *password_file, *from, *smsc, *ca_file;
	long timeout;
	struct sb_bytes password;
};

#define AT(field) offsetof(struct sb_sms, field)
static const struct sb_setting rows[] = {
	{"url", SB_SETTING_TEXT, AT(url), "http", 0, 0, NULL, true},
	{"username", SB_SETTING_TEXT, AT(username), NULL, 0, 0, NULL, true},
	{"password-file", SB_SETTING_PATH, AT(password_file), NULL, 0, 0, NULL, true},
	{"from", SB_SETTING_TEXT, AT(from), NULL, 0, 0, NULL, true},
	{"smsc", SB_SETTING_TEXT, AT(smsc), NULL, 0, 0, NULL, false},
	{"ca-file", SB_SETTING_PATH, AT(ca_file), NULL, 0, 0, NULL, false},
	{"timeout", SB_SETTING_NUMBER, AT(timeout), NULL, 1, 60, NULL, false},
	{0},
};
static const struct sb_settings sms_conf = {rows, "bad_sms_gateway", "sinbun-providers(5)"};

static int no_memory(struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
}

int sb_sms_open(const char *root, struct sb_sms **out, struct sb_failure *f)
{
	struct sb_sms *sms = calloc(1, sizeof *sms);
	char path[PATH_SIZE];
	bool absent;
	int rc;

	*out = NULL;
	if (!sms)
		return no_memory(f);
	sms->timeout = TIMEOUT;
	snprintf(path, sizeof path, "%s/sms.conf", root);
	rc = sb_settings_read(&sms_conf, path, sms, &absent, f);
	if (rc == SB_EXIT_OK && absent)
		rc = sb_fail(f, SB_EXIT_CONFIG, "no_sms_gateway", path,
			_("No gateway for text messages is set up: %s does not exist. Copy the sample %s/sms.conf and fill it in; sinbun-providers(5) explains it."), path,
			sb_path_samples());
	if (rc == SB_EXIT_OK && !sb_http_allowed(sms->url, true))
		rc = sb_settings_fail(&sms_conf, path, "url", _("it is an address that begins with https://, or with http:// on this machine itself"), f);
	if (rc == SB_EXIT_OK)
		rc = sb_secret_file_read(sms->password_file, "bad_sms_gateway", &sms->password, f);
	if (rc == SB_EXIT_OK)
		*out = sms;
	else
		sb_sms_close(&sms);
	return rc;
}

void sb_sms_hurry(struct sb_sms *sms, unsigned seconds)
{
	if (sms->timeout > (long)seconds)
		sms->timeout = (long)seconds;
}

void sb_sms_close(struct sb_sms **sms)
{
	if (!sms || !*sms)
		return;
	sb_settings_free(&sms_conf, *sms);
	sb_bytes_free(&(*sms)->password);
	free(*sms);
	*sms = NULL;
}

static int fail_http(const struct sb_sms *sms, enum sb_http_fault fault, const struct sb_http_answer *answer, struct sb_failure *f)
{
	if (fault == SB_HTTP_NO_MEMORY)
		return no_memory(f);
	if (fault == SB_HTTP_NO_LIBRARY)
		return sb_fail(f, SB_EXIT_NETWORK, "network", "sms.conf", _("The library libcurl (libcurl.so.4) cannot be loaded. Install it."));
	if (fault == SB_HTTP_CERTIFICATE)
		return sb_fail(f, SB_EXIT_NETWORK, "network", "sms.conf",
			_("The gateway for text messages cannot prove that it is the one (%s). Nothing was sent. For an authority of its own: ca-file in sms.conf"), answer->why);
	if (fault == SB_HTTP_TIME)
		return sb_fail(f, SB_EXIT_NETWORK, "network", "sms.conf",
			_("The gateway for text messages did not answer within %ld seconds. The message may have been sent all the same: wait for it before asking again."),
			sms->timeout);
	return sb_fail(f, SB_EXIT_NETWORK, "network", "sms.conf", _("The gateway for text messages cannot be reached: %s. Try again later, or choose another way."), answer->why);
}

/* Kannel's own words behind a refusal: one line of text. */
static const char *words(struct sb_http_answer *answer)
{
	char *text;

	if (sb_bytes_terminate(&answer->body) != SB_OK)
		return "";
	text = (char *)answer->body.data;
	text[strcspn(text, "\r\n")] = 0;
	return sb_clean(text);
}

/* Kannel 1.4 User's Guide, "Kannel HTTP response codes" of sendsms: 202 with "0: Accepted for delivery" or "3: Queued for later delivery"; 403 for
 * the user; any other 4xx for the message; 503 for now. */
static int judge(struct sb_http_answer *answer, bool *queued, struct sb_failure *f)
{
	const char *why = words(answer);

	if (answer->status == 202) {
		*queued = strncmp(why, "3", 1) == 0;
		return SB_EXIT_OK;
	}
	if (answer->status == 401 || answer->status == 403)
		return sb_fail(f, SB_EXIT_CONFIG, "sms_denied", "sms.conf",
			_("The gateway for text messages does not let this service send (%.200s). Whoever runs this service corrects username, password-file and from in sms.conf."), why);
	if (answer->status >= 500 || answer->status == 429)
		return sb_fail(f, SB_EXIT_NETWORK, "sms_busy", "sms.conf", _("The gateway for text messages cannot send just now (%ld %.200s). Try again later, or choose another way."),
			answer->status, why);
	return sb_fail(f, SB_EXIT_NETWORK, "sms_refused", "sms.conf", _("The gateway for text messages does not take this message (%ld %.200s). Nothing was sent."), answer->status, why);
}

/* Headers carry what Kannel wants to know; the text itself is the body. */
struct lines {
	char text[LINES][LINE];
	const char *list[LINES + 1];
};

static int make_lines(const struct sb_sms *sms, const char *to, struct lines *out)
{
	const char *const pairs[LINES][2] = {{"Content-Type", "text/plain; charset=UTF-8"}, {"X-Kannel-Coding", "2"}, {"X-Kannel-To", to},
		{"X-Kannel-Username", sms->username}, {"X-Kannel-Password", (const char *)sms->password.data}, {"X-Kannel-From", sms->from},
		{"X-Kannel-SMSC", sms->smsc}};
	size_t n = 0;

	for (size_t i = 0; i < LINES; i++) {
		if (!pairs[i][1])
			continue;
		if (snprintf(out->text[n], LINE, "%s: %s", pairs[i][0], pairs[i][1]) >= LINE)
			return SB_E_TOO_LARGE;
		out->list[n] = out->text[n];
		n++;
	}
	return SB_OK;
}

int sb_sms_send(const struct sb_sms *sms, const char *to, const char *text, bool *queued, struct sb_failure *f)
{
	struct lines lines = {0};
	struct sb_http_request request = {.url = sms->url, .plain_here = true, .ca = sms->ca_file, .headers = lines.list, .post = true,
		.body = sb_slice(text, strlen(text)), .max = ANSWER_MAX, .seconds = (unsigned)sms->timeout};
	struct sb_http_answer answer;
	enum sb_http_fault fault;
	char phone[SB_PHONE_TEXT], digits[SB_PHONE_TEXT];
	int rc;

	*queued = false;
	if (!sb_phone_read(to, phone))
		return sb_fail(f, SB_EXIT_DATA, "bad_phone", "phone", _("A mobile phone number is 010-XXXX-XXXX."));
	if (!*text || request.body.len > SB_SMS_BYTES || sb_utf8_length(text, request.body.len) < 0)
		return sb_fail(f, SB_EXIT_DATA, "bad_text", "text", _("A text message is UTF-8 text of at most %d bytes."), SB_SMS_BYTES);
	snprintf(digits, sizeof digits, "%.3s%.4s%.4s", phone, phone + 4, phone + 9);
	if (make_lines(sms, digits, &lines) != SB_OK)
		return sb_fail(f, SB_EXIT_CONFIG, "bad_sms_gateway", "sms.conf", _("A value in sms.conf is too long."));
	fault = sb_http(&request, &answer);
	rc = fault == SB_HTTP_OK ? judge(&answer, queued, f) : fail_http(sms, fault, &answer, f);
	sb_wipe(&lines, sizeof lines);
	sb_http_answer_free(&answer);
	return rc;
}
