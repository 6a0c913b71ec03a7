/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "holder/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/codec.h"
#include "base/error.h"
#include "base/file.h"
#include "common/csv_out.h"
#include "common/i18n.h"
#include "crypto/random.h"
#include "formats/jws.h"

/* --- adding --- */

/* The time first, to the nanosecond, so that labels sort by it; the rest tells two of one moment apart. */
static int make_label(char out[64])
{
	struct timespec now;
	uint8_t mark[4];
	struct tm tm;
	size_t at;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	at = strftime(out, 32, "%Y%m%dT%H%M%S", &tm);
	if (sb_random(mark, sizeof mark) != SB_OK)
		return SB_E_RANDOM;
	snprintf(out + at, 32, ".%09ldZ-%08x", now.tv_nsec, sb_get_u32(mark));
	return SB_OK;
}

/* As much of it as is kept, in whole characters; what is no UTF-8 is not kept. */
static json_t *requester(const char *to)
{
	size_t len = to ? strlen(to) : 0;

	if (len > HOLDER_HISTORY_TO_MAX)
		for (len = HOLDER_HISTORY_TO_MAX; len && ((unsigned char)to[len] & 0xc0) == 0x80; len--)
			;
	return to && sb_utf8_length(to, len) >= 0 ? json_stringn(to, len) : json_null();
}

static char *make_entry(const struct holder_card *card, const struct holder_presentation *what, time_t now)
{
	json_t *elements = json_array(), *entry;
	char *text;

	for (size_t i = 0; i < what->element_count; i++)
		json_array_append_new(elements, json_string(what->elements[i]));
	entry = json_pack("{s:I, s:s, s:s, s:o, s:b, s:o, s:s}", "time", (json_int_t)now, "form", what->form, "document",
		what->document ? what->document->id : card->document->id, "to", requester(what->to), "verified", what->verified, "elements",
		elements, "result", what->result);
	text = entry ? json_dumps(entry, JSON_COMPACT) : NULL;
	json_decref(entry);
	return text;
}

/* The oldest make room, several at a time. What cannot be taken away now is next time. */
static void prune(struct sb_p11 *p11)
{
	struct sb_p11_label *labels = NULL;
	struct sb_failure ignored;
	size_t count;

	if (sb_p11_count_data(p11, HOLDER_HISTORY) < HOLDER_HISTORY_MAX + HOLDER_HISTORY_SLACK)
		return;
	if (sb_p11_data_labels(p11, HOLDER_HISTORY, &labels, &count, &ignored) == SB_EXIT_OK)
		for (size_t i = 0; i + HOLDER_HISTORY_MAX < count; i++)
			sb_p11_delete_data(p11, HOLDER_HISTORY, labels[i].text, &ignored);
	free(labels);
}

void holder_history_add(struct sb_program *p, struct holder_card *card, const struct holder_presentation *what)
{
	struct sb_failure f = {.tries_left = -1};
	time_t now = time(NULL);
	char *text = make_entry(card, what, now), label[64];
	int rc;

	if (!text || make_label(label) != SB_OK)
		rc = sb_fail(&f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
	else
		rc = sb_p11_put_data(card->p11, HOLDER_HISTORY, label, sb_slice(text, strlen(text)), true, &f);
	if (rc == SB_EXIT_OK)
		prune(card->p11);
	else
		sb_warn(p, _("This presentation is not in the history: %s"), f.message);
	sb_text_free(&text);
}

/* What the resident does not have (a photo, say) is not in the set's credential either. */
static bool has_field(struct holder_card *card, const char *name)
{
	struct sb_failure ignored;
	struct sb_bytes value = {0};
	bool has = holder_card_field(card, name, &value, &ignored) == SB_EXIT_OK;

	sb_bytes_free(&value);
	return has;
}

void holder_history_add_set(struct sb_program *p, struct holder_card *card, const char *name, bool portrait)
{
	const struct sb_disclosure_set *set = sb_document_set(card->document, name);
	const char *elements[SB_SDCWT_CLAIMS_MAX + 1];
	struct holder_presentation what = {.form = "live_qr", .result = "shown", .elements = elements};

	for (size_t i = 0; set && i < set->element_count; i++) {
		const char *element = card->document->elements[set->elements[i]].name;

		if (has_field(card, element))
			elements[what.element_count++] = element;
	}
	if (portrait)
		elements[what.element_count++] = HOLDER_PORTRAIT;
	holder_history_add(p, card, &what);
}

/* --- reading --- */

struct history {
	json_t *entries;
	struct sb_document **documents; /* for the labels of elements; NULL where they cannot be read */
};

/* An entry as it was written, or one that says it cannot be read: none is passed over. */
static json_t *parse_entry(const struct sb_bytes *text)
{
	json_t *entry = sb_json_parse(sb_bytes_slice(text), NULL, NULL);

	if (json_is_integer(json_object_get(entry, "time")) && sb_json_text(entry, "form") && sb_json_text(entry, "result") &&
		json_is_array(json_object_get(entry, "elements")))
		return entry;
	json_decref(entry);
	return json_pack("{s:n, s:s, s:[], s:s}", "time", "form", "unreadable", "elements", "result", "unreadable");
}

static int read_entries(struct sb_p11 *p11, json_t **out, struct sb_failure *f)
{
	struct sb_p11_label *labels = NULL;
	size_t count = 0;
	int rc = sb_p11_data_labels(p11, HOLDER_HISTORY, &labels, &count, f);

	*out = json_array();
	for (size_t i = 0; rc == SB_EXIT_OK && i < count; i++) {
		struct sb_bytes text = {0};

		rc = sb_p11_get_data(p11, HOLDER_HISTORY, labels[i].text, &text, f);
		if (rc == SB_EXIT_OK)
			json_array_append_new(*out, parse_entry(&text));
		else if (strcmp(f->error, "not_found") == 0)
			rc = SB_EXIT_OK; /* another process made room meanwhile */
		sb_bytes_free(&text);
	}
	free(labels);
	return rc;
}

static const struct {
	const char *name, *words;
} words[] = {
	{"live_qr", N_("live QR code")},
	{"mso_mdoc", N_("mdoc, online")},
	{"dc+sd-jwt", N_("SD-JWT, online")},
	{"login", N_("sign-in with the card")},
	{"shown", N_("shown")},
	{"sent", N_("sent")},
	{"written", N_("written to a file")},
	{"declined", N_("declined")},
	{"unreadable", N_("cannot be read")},
};

/* A word of a later version stands as it is. */
static const char *in_words(const char *name)
{
	for (size_t i = 0; name && i < sizeof words / sizeof *words; i++)
		if (strcmp(words[i].name, name) == 0)
			return _(words[i].words);
	return name ? sb_clean(name) : "?";
}

static const char *label_of(const struct history *h, const char *document, const char *element)
{
	for (struct sb_document *const *d = h->documents; d && *d && document; d++) {
		const struct sb_element *e = strcmp((*d)->id, document) == 0 ? sb_document_element(*d, element) : NULL;

		if (e)
			return strcmp(sb_i18n_lang(), "ko") == 0 ? e->label_ko : e->label_en;
	}
	return sb_clean(element);
}

static int list_elements(const struct history *h, const json_t *entry, struct sb_bytes *out)
{
	int rc = SB_OK;
	json_t *element;
	size_t i;

	json_array_foreach(json_object_get(entry, "elements"), i, element) {
		if (rc == SB_OK && i)
			rc = sb_bytes_append_text(out, ", ");
		if (rc == SB_OK && json_is_string(element))
			rc = sb_bytes_append_text(out, label_of(h, sb_json_text(entry, "document"), json_string_value(element)));
	}
	return rc == SB_OK ? sb_bytes_terminate(out) : rc;
}

static const char *to_whom(const json_t *entry)
{
	const char *to = sb_json_text(entry, "to");

	return to ? sb_clean(to) : _("whoever stood there");
}

static void say_entry(struct sb_program *p, const struct history *h, const json_t *entry)
{
	struct sb_bytes elements = {0};
	char when[32];

	holder_local_time(entry, when);
	if (list_elements(h, entry, &elements) == SB_OK) {
		sb_say(p, "%s  %s, %s\n", when, in_words(sb_json_text(entry, "form")), in_words(sb_json_text(entry, "result")));
		sb_say(p, _("    to: %s\n"), to_whom(entry));
		if (sb_json_text(entry, "to") && !json_is_true(json_object_get(entry, "verified")))
			sb_say(p, "    %s\n", _("That name was NOT VERIFIED."));
		sb_say(p, _("    what: %s\n"), elements.len ? (const char *)elements.data : "-");
	}
	sb_bytes_free(&elements);
}

/* --- files --- */

static int put_line(const struct history *h, const json_t *entry, struct sb_bytes *out)
{
	char *text = json_dumps(entry, JSON_COMPACT);
	int rc = text ? sb_bytes_append_text(out, text) : SB_E_NOMEM;

	(void)h;
	sb_text_free(&text);
	return rc == SB_OK ? sb_bytes_append_byte(out, '\n') : rc;
}

static int put_row(const struct history *h, const json_t *entry, struct sb_bytes *out)
{
	struct sb_bytes elements = {0};
	char when[32];
	int rc = list_elements(h, entry, &elements);

	holder_local_time(entry, when);
	if (rc == SB_OK) {
		const char *cells[] = {when, in_words(sb_json_text(entry, "form")), to_whom(entry),
			json_is_true(json_object_get(entry, "verified")) ? _("yes") : _("no"), (const char *)elements.data,
			in_words(sb_json_text(entry, "result"))};

		rc = sb_csv_row(out, cells, sizeof cells / sizeof *cells);
	}
	sb_bytes_free(&elements);
	return rc;
}

static int put_head(struct sb_bytes *out)
{
	const char *cells[] = {_("time"), _("form"), _("to whom"), _("verified"), _("elements"), _("result")};
	int rc = sb_bytes_append_text(out, SB_CSV_MARK);

	return rc == SB_OK ? sb_csv_row(out, cells, sizeof cells / sizeof *cells) : rc;
}

static int write_file(struct sb_program *p, const char *option, const struct history *h, struct sb_failure *f)
{
	const char *path = sb_program_text(p, option);
	bool csv = strcmp(option, "--csv") == 0;
	struct sb_bytes out = {0};
	json_t *entry;
	size_t i;
	int rc = SB_OK;

	if (!path)
		return SB_EXIT_OK;
	if (csv)
		rc = put_head(&out);
	json_array_foreach(h->entries, i, entry) {
		if (rc == SB_OK)
			rc = csv ? put_row(h, entry, &out) : put_line(h, entry, &out);
	}
	if (rc == SB_OK)
		rc = sb_file_write(path, out.data, out.len, 0600);
	sb_bytes_free(&out);
	if (rc != SB_OK)
		return sb_fail(f, SB_EXIT_STORAGE, "cannot_write", option, _("%s cannot be written: %s."), path, _(sb_error_text(rc)));
	sb_say(p, _("Written: %s\n"), path);
	return SB_EXIT_OK;
}

static int answer(struct sb_program *p, const struct history *h, json_t *result, struct sb_failure *f)
{
	bool shows = !sb_program_text(p, "--export") && !sb_program_text(p, "--csv");
	int rc = write_file(p, "--export", h, f);
	json_t *entry;
	size_t i;

	if (rc == SB_EXIT_OK)
		rc = write_file(p, "--csv", h, f);
	json_object_set_new(result, "count", json_integer((json_int_t)json_array_size(h->entries)));
	if (shows)
		json_object_set(result, "entries", h->entries);
	if (shows && !json_array_size(h->entries))
		sb_say(p, "%s\n", _("Nothing has been presented yet."));
	if (shows)
		json_array_foreach(h->entries, i, entry)
			say_entry(p, h, entry);
	return rc;
}

static int show_history(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	struct history h = {0};
	struct sb_failure ignored;
	struct sb_secret pin = {0};
	struct sb_p11 *p11 = NULL;
	int rc = holder_token_login(p, &p11, &pin, f);

	if (rc == SB_EXIT_OK)
		rc = read_entries(p11, &h.entries, f);
	if (rc == SB_EXIT_OK) {
		if (sb_documents_load_all(&h.documents, &ignored) != SB_EXIT_OK)
			h.documents = NULL;
		rc = answer(p, &h, result, f);
		if (h.documents)
			sb_documents_free_all(&h.documents);
	}
	if (rc != SB_EXIT_OK)
		json_object_clear(result);
	json_decref(h.entries);
	sb_p11_close(&p11);
	sb_secret_clear(&pin);
	return rc;
}

static const struct sb_option options[] = {
	{"--export", SB_OPTION_FILE, "FILE", N_("write the history to FILE, one entry a line (JSON)"), false},
	{"--csv", SB_OPTION_FILE, "FILE", N_("write the history to FILE as a table for a spreadsheet"), false},
	{0},
};

const struct sb_verb holder_history = {"history", "", 0, 0, N_("show what was presented, when, and to whom"), options, show_history};
