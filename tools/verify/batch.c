/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "verify/batch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"
#include "common/progress.h"
#include "verify/request.h"
#include "verify/source.h"

enum { FILES_AT_ONCE = 256, CODES_AT_ONCE = 512, THREADS_MAX = 64 };

/* A file, and the photos that were shown in it. */
struct file {
	struct source source;
	size_t number; /* its place in the order given, from 1 */
	struct photos *photos; /* NULL: none */
	size_t codes;
	struct sb_bytes request; /* that it answers, when asked */
	bool asked;
	int request_error; /* SB_E_*: why there is none */
};

/* What gets one answer: a code, or a file that has none. */
struct item {
	const struct file *file;
	struct sb_slice text; /* data NULL: of a file without a code */
	unsigned line;
	int64_t at;
	int error;
	struct verify_verdict verdict;  /* of a code */
	struct checking *checking;      /* of the answer to a request; NULL with why where that is none */
	struct sb_query_fault why;
};

struct batch {
	struct answer *a;
	struct batch_names names;
	struct sb_progress progress;
	size_t threads;
	bool requests;          /* files may be answers to requests */
	struct sb_bytes request; /* of --request */
	struct file files[FILES_AT_ONCE];
	struct item items[CODES_AT_ONCE];
	size_t count;
	unsigned codes, failed;
	unsigned reasons[VERIFY_REASON_COUNT];
};

/* --- in any thread --- */

#define REQUEST ".request"

/* What is asked stands beside the answer, or once for all. Where nothing stands the file is a text of codes. */
static void load_request(const struct batch *b, struct file *file)
{
	size_t len = strlen(file->source.path);
	char *path = malloc(len + sizeof REQUEST);
	struct stat st;
	int rc = SB_E_NOMEM;

	if (b->request.len)
		rc = sb_bytes_set(&file->request, b->request.data, b->request.len);
	else if (path) {
		memcpy(path, file->source.path, len);
		memcpy(path + len, REQUEST, sizeof REQUEST);
		rc = stat(path, &st) == 0 && !S_ISREG(st.st_mode) ? SB_E_UNSUPPORTED : sb_file_read(path, SB_VP_SIZE_MAX, &file->request);
	}
	file->asked = rc != SB_E_NOT_FOUND;
	file->request_error = file->asked ? rc : SB_OK;
	free(path);
}

static void load(void *context, size_t i)
{
	const struct batch *b = context;
	struct file *file = &((struct batch *)context)->files[i];
	const char *path = file->source.path;
	struct stat st;
	bool found = stat(path, &st) == 0;

	/* A pipe among the files would hold up all that stand behind it. */
	if (found && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		file->source.state = SOURCE_NO_SCAN;
	else
		source_load(path, b->requests ? SB_VP_SIZE_MAX : SOURCE_BATCH_MAX, &file->source);
	file->source.timed = true;
	file->source.received = found && S_ISREG(st.st_mode) ? st.st_mtime : time(NULL);
	if (b->requests && file->source.state == SOURCE_READ)
		load_request(b, file);
}

/* The answer as this item's file sees it: its own photos and no other's. */
static struct answer view(const struct batch *b, const struct item *item)
{
	struct answer a = *b->a;

	a.at = b->a->received ? item->at : b->a->at;
	if (item->file->photos)
		a.photos = *item->file->photos;
	a.one_person = item->file->codes == 1;
	return a;
}

static void examine(void *context, size_t i)
{
	const struct batch *b = context;
	struct item *item = &((struct batch *)context)->items[i];
	struct answer a = view(b, item);

	if (!item->text.data)
		return;
	if (!item->file->asked)
		item->error = answer_examine(&a, item->text, item->at, &item->verdict);
	else
		item->error = request_examine(b->a, item->text, sb_bytes_slice(&item->file->request), item->at, &item->checking, &item->why);
}

/* --- one at a time --- */

static int settle_all(struct batch *b)
{
	int rc = desk_begin(b->a->desk);

	for (size_t i = 0; rc == SB_OK && i < b->count; i++) {
		struct item *item = &b->items[i];

		/* Only what is told in its place does not end the rest. */
		rc = item->file->asked && item->error == SB_E_FORMAT ? SB_OK : item->error;
		if (rc == SB_OK && item->checking)
			rc = request_settle(item->checking);
		else if (rc == SB_OK && item->text.data && !item->file->asked)
			rc = answer_settle(b->a, item->at, &item->verdict);
	}
	if (rc == SB_OK)
		rc = desk_commit(b->a->desk);
	desk_rollback(b->a->desk);
	return rc;
}

static void fill_place(const struct item *item, json_t *result)
{
	const char *path = item->file->source.path;
	json_t *name = json_string(path);

	json_object_set_new(result, "file", json_integer((json_int_t)item->file->number));
	json_object_set_new(result, "source", name ? name : json_string(sb_clean(path)));
	if (item->text.data && !item->file->asked)
		json_object_set_new(result, "line", json_integer(item->line));
}

/* A file that cannot be read is told in its place, and does not end the rest. */
static void tell_none(struct batch *b, const struct item *item, json_t *result)
{
	struct sb_failure why;

	if (item->text.data)
		request_fail(&item->why, &why);
	else if (item->file->request_error != SB_OK)
		sb_fail(&why, SB_EXIT_DATA, "cannot_read", "--request", _("The request beside %s cannot be read: %s."), sb_clean(item->file->source.path),
			_(sb_error_text(item->file->request_error)));
	else
		source_fail(&item->file->source, &why);
	json_object_set_new(result, "error", json_string(why.error));
	json_object_set_new(result, "message", json_string(why.message));
	sb_say(b->a->p, "%s  %s\n", _("no answer"), why.message);
	b->failed++;
}

/* For people in one line: what came out, whose it is by its place, and the names of what was shown; values are for --json. */
static void say(struct batch *b, const struct item *item, enum verify_reason reason, struct sb_bytes *names)
{
	const char *path = sb_clean(item->file->source.path);
	const char *words = reason != VERIFY_OK                   ? verify_reason_sentence(reason)
			    : sb_bytes_terminate(names) == SB_OK ? (const char *)names->data
								 : "";

	if (item->checking)
		sb_say(b->a->p, "%s  %s  %s\n", reason == VERIFY_OK ? _("valid") : _("not valid"), path, words);
	else
		sb_say(b->a->p, "%s  %s:%u  %s\n", reason == VERIFY_OK ? _("valid") : _("not valid"), path, item->line, words);
}

static void tell_verdict(struct batch *b, const struct item *item, json_t *result)
{
	struct answer a = view(b, item);
	enum verify_reason reason = item->checking ? request_reason(item->checking) : item->verdict.reason;
	struct sb_bytes names = {0};

	if (item->checking) {
		request_fill(item->checking, result);
		request_names(item->checking, &names);
	} else {
		tell_fill(&a, &item->verdict, result);
		tell_names(&a, &item->verdict, &names);
	}
	say(b, item, reason, &names);
	sb_bytes_free(&names);
	*(reason == VERIFY_OK ? &b->a->valid : &b->a->refused) += 1;
	b->reasons[reason]++;
	b->codes++;
}

static void tell(struct batch *b, const struct item *item, json_t *result)
{
	sb_progress_hide(&b->progress);
	(item->text.data && item->error == SB_OK ? tell_verdict : tell_none)(b, item, result);
	fill_place(item, result);
	sb_answer(b->a->p, result);
}

/* Judges what has been gathered, and tells it. */
static int flush(struct batch *b, json_t *result, struct sb_failure *f)
{
	int rc = b->count && !b->a->received ? answer_refresh(b->a, f) : SB_EXIT_OK, settled = SB_OK;
	int64_t at = answer_time(b->a);

	for (size_t i = 0; !b->a->received && i < b->count; i++)
		b->items[i].at = at;
	if (rc == SB_EXIT_OK && b->count) {
		batch_share(b->threads, b->count, examine, b);
		settled = settle_all(b);
	}
	for (size_t i = 0; i < b->count; i++) {
		if (rc == SB_EXIT_OK && settled == SB_OK)
			tell(b, &b->items[i], result);
		verify_verdict_free(&b->items[i].verdict);
		request_free(&b->items[i].checking);
	}
	b->count = 0;
	return settled == SB_OK ? rc : desk_fail(b->a->p, settled, f);
}

/* With --at received: the bundle is the one in force then, for all that are judged together. */
static int make_ready(struct batch *b, int64_t at, json_t *result, struct sb_failure *f)
{
	struct answer *a = b->a;
	int rc = SB_EXIT_OK;

	if (!a->received || (a->have && a->bundle.from <= at && at < a->bundle.until))
		return rc;
	rc = flush(b, result, f);
	a->at = at;
	return rc == SB_EXIT_OK ? answer_refresh(a, f) : rc;
}

static int put(struct batch *b, const struct item *item, json_t *result, struct sb_failure *f)
{
	int rc = b->count == CODES_AT_ONCE ? flush(b, result, f) : SB_EXIT_OK;

	if (rc == SB_EXIT_OK && item->text.data)
		rc = make_ready(b, item->at, result, f);
	if (rc == SB_EXIT_OK)
		b->items[b->count++] = *item;
	return rc;
}

/* When a code came: as its line says, else when the file was last changed. What is no time is left to the code, which then is none. */
static void part_time(struct item *item)
{
	struct sb_slice time, code = source_line_code(item->text, &time);
	char text[TELL_TIME];

	item->at = item->file->source.received;
	if (!time.data || time.len >= sizeof text)
		return;
	memcpy(text, time.data, time.len);
	text[time.len] = 0;
	if (answer_read_time(text, &item->at) == SB_OK)
		item->text = code;
}

/* The photo's frames of the file first: a code is judged with the photo beside it. */
static int take_frames(struct file *file)
{
	struct source_lines lines;
	struct sb_slice line;
	bool complete;
	int rc = SB_OK;

	source_lines_start(&file->source, &lines);
	while (rc != SB_E_NOMEM && source_lines_next(&lines, &line)) {
		if (!photos_is_frame(line)) {
			file->codes++;
			continue;
		}
		if (!file->photos)
			file->photos = calloc(1, sizeof *file->photos);
		rc = file->photos ? photos_add(file->photos, line, &complete) : SB_E_NOMEM;
	}
	return rc == SB_E_NOMEM ? rc : SB_OK;
}

static double part_of(const struct batch *b, const struct file *file, const struct source_lines *lines)
{
	double whole = (double)file->source.texts.len;

	return ((double)file->number - (whole > 0 ? (double)lines->rest.len / whole : 0)) / (double)b->names.count;
}

static int take_codes(struct batch *b, struct file *file, json_t *result, struct sb_failure *f)
{
	struct item item = {.file = file};
	struct source_lines lines;
	int rc = SB_EXIT_OK;

	source_lines_start(&file->source, &lines);
	while (rc == SB_EXIT_OK && source_lines_next(&lines, &item.text)) {
		item.line = lines.number;
		if (photos_is_frame(item.text))
			continue;
		part_time(&item);
		rc = put(b, &item, result, f);
		sb_progress_tell(&b->progress, b->codes, part_of(b, file, &lines));
	}
	return rc;
}

static int take_file(struct batch *b, struct file *file, json_t *result, struct sb_failure *f)
{
	struct source *s = &file->source;

	if (s->state == SOURCE_READ && take_frames(file) != SB_OK)
		return desk_fail(b->a->p, SB_E_NOMEM, f);
	if (s->state == SOURCE_READ && !file->codes)
		s->state = SOURCE_NO_CODE;
	return s->state == SOURCE_READ ? take_codes(b, file, result, f) : put(b, &(struct item){.file = file}, result, f);
}

/* An answer to a request is the file as a whole. */
static int take_answer(struct batch *b, struct file *file, json_t *result, struct sb_failure *f)
{
	struct item item = {.file = file, .at = file->source.received};
	int rc;

	if (file->source.state == SOURCE_READ && !file->source.texts.len)
		file->source.state = SOURCE_NO_CODE;
	if (file->source.state == SOURCE_READ && file->request_error == SB_OK)
		item.text = sb_bytes_slice(&file->source.texts);
	rc = put(b, &item, result, f);
	sb_progress_tell(&b->progress, b->codes, (double)file->number / (double)b->names.count);
	return rc;
}

static void forget(struct file *file)
{
	source_free(&file->source);
	sb_bytes_free(&file->request);
	if (file->photos)
		photos_free(file->photos);
	free(file->photos);
	*file = (struct file){.number = 0};
}

/* So many files from the given place on. */
static int take_files(struct batch *b, size_t place, size_t count, json_t *result, struct sb_failure *f)
{
	int rc = SB_EXIT_OK;

	for (size_t i = 0; i < count; i++)
		b->files[i] = (struct file){.source.path = b->names.paths[place + i], .number = place + i + 1};
	batch_share(b->threads, count, load, b);
	for (size_t i = 0; rc == SB_EXIT_OK && i < count; i++)
		rc = (b->files[i].asked ? take_answer : take_file)(b, &b->files[i], result, f);
	if (rc == SB_EXIT_OK)
		rc = flush(b, result, f);
	for (size_t i = 0; i < count; i++)
		forget(&b->files[i]);
	return rc;
}

static int end(struct batch *b, json_t *result, struct sb_failure *f)
{
	const struct answer *a = b->a;
	double seconds = sb_progress_seconds(&b->progress);
	json_t *reasons;

	if (b->codes + b->failed == 0)
		return sb_fail(f, SB_EXIT_DATA, "no_code", "--files-from", _("The list names no file: nothing was checked."));
	reasons = json_object();
	for (size_t i = 0; i < VERIFY_REASON_COUNT; i++)
		if (b->reasons[i])
			json_object_set_new(reasons, verify_reason_name((enum verify_reason)i), json_integer(b->reasons[i]));
	json_object_set_new(result, "summary",
		json_pack("{s:I, s:i, s:i, s:i, s:i, s:o, s:f}", "files", (json_int_t)b->names.count, "codes", (int)b->codes, "valid", (int)a->valid,
			"refused", (int)a->refused, "failed", (int)b->failed, "reasons", reasons, "seconds", seconds));
	sb_say(a->p, _("%zu files, %u codes: %u valid, %u not valid; %u files without an answer. %.0f codes a second.\n"), b->names.count, b->codes, a->valid,
		a->refused, b->failed, seconds > 0 ? b->codes / seconds : 0);
	return b->failed ? SB_EXIT_DATA : a->refused ? SB_EXIT_REFUSED : SB_EXIT_OK;
}

/* What belongs to one holder who stands here says nothing of many. */
static int check_options(struct answer *a, struct sb_failure *f)
{
	static const char *const alone[] = {"--challenge", "--patient", "--portrait-out", "--receipt"};
	struct sb_program *p = a->p;
	long threads = sb_program_number(p, "--threads", 1);

	for (size_t i = 0; i < sizeof alone / sizeof *alone; i++)
		if (sb_program_text(p, alone[i]))
			return sb_fail(f, SB_EXIT_USAGE, "usage", alone[i], _("%s is for one code; leave it away, or --batch."), alone[i]);
	for (size_t i = 0; i < sb_program_operand_count(p); i++)
		if (strcmp(sb_program_operand(p, i), "-") == 0)
			return sb_fail(f, SB_EXIT_USAGE, "usage", "operands", _("A batch is of files. Their names may come on standard input: --files-from -"));
	if (threads < 1 || threads > THREADS_MAX)
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--threads", _("--threads is 1 to %d."), THREADS_MAX);
	return SB_EXIT_OK;
}

/* So many files at once that all of them fit: one that is large goes alone. */
static size_t round_of(const struct batch *b, size_t done)
{
	size_t count = 0;
	off_t bytes = 0;
	struct stat st;

	while (count < FILES_AT_ONCE && done + count < b->names.count) {
		bytes += stat(b->names.paths[done + count], &st) == 0 ? st.st_size : 0;
		if (count && bytes > SOURCE_BATCH_MAX)
			break;
		count++;
	}
	return count;
}

/* All of the files, from the first to the summary. */
static int judge(struct batch *b, json_t *result, struct sb_failure *f)
{
	size_t count;
	int rc = SB_EXIT_OK;

	b->threads = (size_t)sb_program_number(b->a->p, "--threads", (long)batch_processors());
	sb_progress_start(&b->progress);
	for (size_t done = 0; rc == SB_EXIT_OK && done < b->names.count; done += count) {
		count = round_of(b, done);
		rc = take_files(b, done, count, result, f);
	}
	sb_progress_hide(&b->progress);
	return rc == SB_EXIT_OK ? end(b, result, f) : rc;
}

static int run(struct answer *a, const char *request, bool requests, json_t *result, struct sb_failure *f)
{
	struct batch *b = calloc(1, sizeof *b);
	int rc = b ? check_options(a, f) : desk_fail(a->p, SB_E_NOMEM, f), got;

	if (rc == SB_EXIT_OK)
		rc = batch_names_read(a->p, &b->names, f);
	if (rc == SB_EXIT_OK) {
		*f = (struct sb_failure){.tries_left = -1};
		b->a = a;
		b->requests = requests;
		got = request ? sb_file_read(request, SB_VP_SIZE_MAX, &b->request) : SB_OK;
		rc = got == SB_OK ? judge(b, result, f)
				  : sb_fail(f, SB_EXIT_DATA, "cannot_read", "--request", _("%s cannot be read: %s."), request, _(sb_error_text(got)));
	}
	if (b) {
		batch_names_free(&b->names);
		sb_bytes_free(&b->request);
	}
	free(b);
	return rc;
}

int batch_run(struct answer *a, json_t *result, struct sb_failure *f)
{
	return run(a, NULL, false, result, f);
}

int batch_check(struct answer *a, json_t *result, struct sb_failure *f)
{
	if (a->wanted)
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--fields", _("%s is for one code; leave it away, or --batch."), "--fields");
	return run(a, sb_program_text(a->p, "--request"), true, result, f);
}
