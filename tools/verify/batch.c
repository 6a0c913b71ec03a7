/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "verify/batch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/error.h"
#include "common/i18n.h"
#include "common/progress.h"
#include "verify/source.h"

enum { FILES_AT_ONCE = 256, CODES_AT_ONCE = 512, THREADS_MAX = 64 };

/* A file, and the photos that were shown in it. */
struct file {
	struct source source;
	size_t number; /* its place in the order given, from 1 */
	struct photos *photos; /* NULL: none */
	size_t codes;
};

/* What gets one answer: a code, or a file that has none. */
struct item {
	const struct file *file;
	struct sb_slice text; /* data NULL: of a file without a code */
	unsigned line;
	int64_t at;
	int error;
	struct verify_verdict verdict;
};

struct batch {
	struct answer *a;
	struct batch_names names;
	struct sb_progress progress;
	size_t threads;
	struct file files[FILES_AT_ONCE];
	struct item items[CODES_AT_ONCE];
	size_t count;
	unsigned codes, failed;
	unsigned reasons[VERIFY_REASON_COUNT];
};

/* --- in any thread --- */

static void load(void *context, size_t i)
{
	struct file *file = &((struct batch *)context)->files[i];
	const char *path = file->source.path;
	struct stat st;

	source_load(path, SOURCE_BATCH_MAX, &file->source);
	file->source.timed = true;
	file->source.received = stat(path, &st) == 0 && S_ISREG(st.st_mode) ? st.st_mtime : time(NULL);
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

	if (item->text.data)
		item->error = answer_examine(&a, item->text, item->at, &item->verdict);
}

/* --- one at a time --- */

static int settle_all(struct batch *b)
{
	int rc = desk_begin(b->a->desk);

	for (size_t i = 0; rc == SB_OK && i < b->count; i++) {
		struct item *item = &b->items[i];

		rc = item->error;
		if (rc == SB_OK && item->text.data)
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
	if (item->text.data)
		json_object_set_new(result, "line", json_integer(item->line));
}

/* A file that cannot be read is told in its place, and does not end the rest. */
static void tell_none(struct batch *b, const struct item *item, json_t *result)
{
	struct sb_failure why;

	source_fail(&item->file->source, &why);
	json_object_set_new(result, "error", json_string(why.error));
	json_object_set_new(result, "message", json_string(why.message));
	sb_say(b->a->p, "%s  %s\n", _("no answer"), why.message);
	b->failed++;
}

/* For people in one line: what came out, whose it is by its place, and the names of what was shown; values are for --json. */
static void say_code(struct batch *b, const struct item *item, const struct answer *a)
{
	const struct verify_verdict *v = &item->verdict;
	const char *path = sb_clean(item->file->source.path);
	struct sb_bytes names = {0};

	if (v->reason != VERIFY_OK)
		sb_say(a->p, "%s  %s:%u  %s\n", _("not valid"), path, item->line, verify_reason_sentence(v->reason));
	else if (tell_names(a, v, &names) == SB_OK && sb_bytes_terminate(&names) == SB_OK)
		sb_say(b->a->p, "%s  %s:%u  %s\n", _("valid"), path, item->line, (const char *)names.data);
	sb_bytes_free(&names);
}

static void tell_code(struct batch *b, const struct item *item, json_t *result)
{
	struct answer a = view(b, item);

	tell_fill(&a, &item->verdict, result);
	say_code(b, item, &a);
	*(item->verdict.reason == VERIFY_OK ? &b->a->valid : &b->a->refused) += 1;
	b->reasons[item->verdict.reason]++;
	b->codes++;
}

static void tell(struct batch *b, const struct item *item, json_t *result)
{
	sb_progress_hide(&b->progress);
	(item->text.data ? tell_code : tell_none)(b, item, result);
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

static void forget(struct file *file)
{
	source_free(&file->source);
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
		rc = take_file(b, &b->files[i], result, f);
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
	json_t *reasons = json_object();

	if (b->codes + b->failed == 0)
		return sb_fail(f, SB_EXIT_DATA, "no_code", "--files-from", _("The list names no file: nothing was checked."));
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
	static const char *const alone[] = {"--challenge", "--patient", "--portrait-out"};
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

int batch_run(struct answer *a, json_t *result, struct sb_failure *f)
{
	struct batch *b = calloc(1, sizeof *b);
	int rc = b ? check_options(a, f) : desk_fail(a->p, SB_E_NOMEM, f);
	size_t count;

	if (rc == SB_EXIT_OK)
		rc = batch_names_read(a->p, &b->names, f);
	if (rc == SB_EXIT_OK) {
		b->a = a;
		b->threads = (size_t)sb_program_number(a->p, "--threads", (long)batch_processors());
		sb_progress_start(&b->progress);
		*f = (struct sb_failure){.tries_left = -1};
	}
	for (size_t done = 0; rc == SB_EXIT_OK && done < b->names.count; done += count) {
		count = b->names.count - done < FILES_AT_ONCE ? b->names.count - done : FILES_AT_ONCE;
		rc = take_files(b, done, count, result, f);
	}
	if (b)
		sb_progress_hide(&b->progress);
	if (rc == SB_EXIT_OK)
		rc = end(b, result, f);
	if (b)
		batch_names_free(&b->names);
	free(b);
	return rc;
}
