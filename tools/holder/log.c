/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "holder/holder.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"
#include "formats/jws.h"

/* What was done with the card on this device: the token's own log, after the PIN. */

/* A row in words. NULL fits all; the first that fits counts. */
static const struct {
	const char *event, *outcome, *user, *words;
} words[] = {
	{"token-initialised", "ok", NULL, N_("token made")},
	{"token-initialised", "refused", NULL, N_("wrong unblocking code, for making the token anew")},
	{"token-upgraded", NULL, NULL, N_("token brought to a newer format; its log begins here")},
	{"token-resealed", NULL, NULL, N_("token sealed anew")},
	{"login", "ok", "so", N_("opened with the unblocking code")},
	{"login", "ok", NULL, N_("opened with the PIN")},
	{"login", "refused", "so", N_("wrong unblocking code")},
	{"login", "refused", NULL, N_("wrong PIN")},
	{"signature", "ok", NULL, N_("signature allowed")},
	{"signature", "refused", NULL, N_("wrong PIN, for a signature")},
	{"derivation", NULL, NULL, N_("key agreement allowed")},
	{"pin-set", NULL, NULL, N_("PIN set")},
	{"pin-changed", "ok", "so", N_("unblocking code changed")},
	{"pin-changed", "ok", NULL, N_("PIN changed")},
	{"pin-changed", "refused", "so", N_("wrong unblocking code, for a new one")},
	{"pin-changed", "refused", NULL, N_("wrong PIN, for a new one")},
	{"pin-unblocked", NULL, NULL, N_("PIN replaced with the unblocking code")},
	{"pin-locked", NULL, "so", N_("unblocking code locked")},
	{"pin-locked", NULL, NULL, N_("PIN locked")},
	{"key-created", NULL, NULL, N_("key made")},
	{"key-destroyed", "damaged", NULL, N_("unreadable object destroyed")},
	{"key-destroyed", NULL, NULL, N_("key destroyed")},
	{"policy", NULL, NULL, N_("birth date noted for the PIN's rules")},
	{"rotated", "damaged", NULL, N_("earlier entries, not all of them sound, summed up")},
	{"rotated", NULL, NULL, N_("earlier entries, summed up")},
	{"failures-dropped", "damaged", NULL, N_("wrong entries before this cannot be read")},
	{"failures-dropped", NULL, NULL, N_("more wrong entries, counted only")},
	{"lost", NULL, NULL, N_("entry missing or altered")},
	{NULL, "locked", "so", N_("unblocking code entered although locked")},
	{NULL, "locked", NULL, N_("PIN entered although locked")},
};

static bool fits(const char *want, const char *have)
{
	return !want || (have && strcmp(want, have) == 0);
}

/* An event of a later version keeps its own name. */
static const char *in_words(const json_t *row)
{
	const char *event = sb_json_text(row, "event"), *outcome = sb_json_text(row, "outcome"), *user = sb_json_text(row, "user");

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (fits(words[i].event, event) && fits(words[i].outcome, outcome) && fits(words[i].user, user))
			return _(words[i].words);
	return event ? sb_clean(event) : "?";
}

void holder_local_time(const json_t *row, char out[32])
{
	const json_t *seconds = json_object_get(row, "time");
	time_t t = (time_t)json_integer_value(seconds);
	struct tm tm;

	/* As wide as a time. */
	snprintf(out, 32, "%-19s", "-");
	if (json_is_integer(seconds) && localtime_r(&t, &tm))
		strftime(out, 32, "%Y-%m-%d %H:%M:%S", &tm);
}

/* The keys of a card have names; another goes by its id. */
static const char *key_name(const json_t *row)
{
	static const struct {
		const char *id, *name;
	} names[] = {{"01", HOLDER_PRESENTATION}, {"02", HOLDER_AUTHENTICATION}};
	const char *key = sb_json_text(row, "key");

	for (size_t i = 0; key && i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i].id, key) == 0)
			return names[i].name;
	return key ? sb_clean(key) : NULL;
}

static void say_row(struct sb_program *p, const json_t *row)
{
	const json_t *count = json_object_get(row, "count");
	const char *key = key_name(row);
	char when[32];

	holder_local_time(row, when);
	sb_say(p, "%6lld  %s  %s", (long long)json_integer_value(json_object_get(row, "seq")), when, in_words(row));
	if (key)
		sb_say(p, " (%s)", key);
	if (count)
		sb_say(p, " (%lld)", (long long)json_integer_value(count));
	sb_say(p, "\n");
}

/* The lines of the log as an array. */
static json_t *read_rows(const struct sb_bytes *text)
{
	json_t *rows = json_array();
	const uint8_t *at = text->data, *end = text->data + text->len;

	while (rows && at < end) {
		const uint8_t *stop = memchr(at, '\n', (size_t)(end - at));
		json_t *row = sb_json_parse(sb_slice(at, (size_t)((stop ? stop : end) - at)), NULL, NULL);

		if (!row || json_array_append_new(rows, row) != 0) {
			json_decref(rows);
			rows = NULL;
		}
		at = stop ? stop + 1 : end;
	}
	return rows;
}

static int export(struct sb_program *p, const char *path, const struct sb_bytes *text, struct sb_failure *f)
{
	int rc = sb_file_write(path, text->data, text->len, 0600);

	if (rc != SB_OK)
		return sb_fail(f, SB_EXIT_STORAGE, "cannot_write", path, _("%s cannot be written: %s."), path, _(sb_error_text(rc)));
	sb_say(p, _("Written: %s\n"), path);
	return SB_EXIT_OK;
}

static const char *not_intact(const struct sb_p11_log *log)
{
	static char text[512];

	snprintf(text, sizeof text, _("The log is not intact: from entry %lu on, something was altered or taken away."), log->broken);
	return text;
}

static int verify(struct sb_program *p, const struct sb_p11_log *log, size_t count, struct sb_failure *f)
{
	char number[24];

	snprintf(number, sizeof number, "%lu", log->broken);
	if (log->broken)
		return sb_fail(f, SB_EXIT_REFUSED, "log_broken", number, "%s", not_intact(log));
	sb_say(p, _("The log is intact. Entries: %zu\n"), count);
	return SB_EXIT_OK;
}

static int answer(struct sb_program *p, const struct sb_p11_log *log, const json_t *rows, json_t *result, struct sb_failure *f)
{
	const char *path = sb_program_text(p, "--export");
	bool checks = sb_program_flag(p, "--verify"), shows = !checks && !path;
	int rc = path ? export(p, path, &log->text, f) : SB_EXIT_OK;
	json_t *row;
	size_t i;

	json_object_set_new(result, "intact", json_boolean(!log->broken));
	json_object_set_new(result, "broken", log->broken ? json_integer((json_int_t)log->broken) : json_null());
	json_object_set_new(result, "count", json_integer((json_int_t)json_array_size(rows)));
	if (shows)
		json_object_set_new(result, "entries", json_deep_copy(rows));
	if (shows)
		json_array_foreach(rows, i, row)
			say_row(p, row);
	if (rc == SB_EXIT_OK && checks)
		rc = verify(p, log, json_array_size(rows), f);
	else if (rc == SB_EXIT_OK && log->broken)
		sb_warn(p, "%s", not_intact(log));
	return rc;
}

static int show_log(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	struct sb_p11_log log = {0};
	struct sb_secret pin = {0};
	struct sb_p11 *p11 = NULL;
	json_t *rows = NULL;
	int rc = holder_token_login(p, &p11, &pin, f);

	if (rc == SB_EXIT_OK)
		rc = sb_p11_get_log(p11, &log, f);
	if (rc == SB_EXIT_OK) {
		rows = read_rows(&log.text);
		rc = rows ? answer(p, &log, rows, result, f)
			  : sb_fail(f, SB_EXIT_TOKEN, "token_error", "log", _("The token's log is in a form that this program does not know."));
	}
	if (rc != SB_EXIT_OK)
		json_object_clear(result);
	json_decref(rows);
	sb_bytes_free(&log.text);
	sb_p11_close(&p11);
	sb_secret_clear(&pin);
	return rc;
}

static const struct sb_option options[] = {
	{"--verify", SB_OPTION_FLAG, NULL, N_("only tell whether the log is intact, or from which entry on it is not"), false},
	{"--export", SB_OPTION_FILE, "FILE", N_("write the log to FILE, one entry a line (JSON)"), false},
	{0},
};

const struct sb_verb holder_log = {"log", "", 0, 0, N_("show what was done with the card on this device"), options, show_log};
