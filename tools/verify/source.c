/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "verify/source.h"

#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"
#include "common/qr.h"
#include "common/verb.h"
#include "formats/sdcwt.h"
#include "verify/answer.h"

static void no_read(struct source *s, int error)
{
	s->state = SOURCE_NO_READ;
	s->error = error;
}

/* Any text is judged, so that a desk hears why it is no code; other bytes are not a scan at all. */
static void take_text(struct source *s, struct sb_bytes *data, size_t text_max)
{
	if (data->len > text_max)
		no_read(s, SB_E_TOO_LARGE);
	else if (data->len && (memchr(data->data, 0, data->len) || sb_utf8_length((const char *)data->data, data->len) < 0))
		s->state = SOURCE_NO_SCAN;
	else {
		s->texts = *data;
		*data = (struct sb_bytes){0};
	}
}

void source_take(const char *path, struct sb_bytes *data, size_t text_max, struct source *out)
{
	int rc;

	*out = (struct source){.path = path};
	rc = sb_qr_read(sb_bytes_slice(data), &out->texts);
	out->picture = rc != SB_E_FORMAT;
	if (rc == SB_E_FORMAT)
		take_text(out, data, text_max);
	else if (rc == SB_E_NOT_FOUND)
		out->state = SOURCE_NO_CODE;
	else if (rc != SB_OK)
		no_read(out, rc);
	sb_bytes_free(data);
}

void source_load(const char *path, size_t text_max, struct source *out)
{
	struct sb_bytes data = {0};
	size_t max = text_max > SOURCE_PICTURE_MAX ? text_max : SOURCE_PICTURE_MAX;
	int rc = sb_file_read(path, max, &data);

	if (rc == SB_OK)
		source_take(path, &data, text_max, out);
	else {
		*out = (struct source){.path = path};
		no_read(out, rc);
		sb_bytes_free(&data);
	}
}

void source_free(struct source *source)
{
	sb_bytes_free(&source->texts);
}

int source_fail(const struct source *s, struct sb_failure *f)
{
	const char *name = sb_clean(sb_source_name(s->path));

	if (s->state == SOURCE_NO_CODE)
		return sb_fail(f, SB_EXIT_DATA, "no_code", s->path, _("There is no QR code in %s, or it cannot be made out: come closer, avoid glare."), name);
	if (s->state == SOURCE_NO_SCAN)
		return sb_fail(f, SB_EXIT_DATA, "cannot_read", s->path, _("%s is neither a picture (PNG, JPEG) nor text."), name);
	return sb_fail(f, SB_EXIT_DATA, "cannot_read", s->path, _("%s cannot be read: %s."), name, _(sb_error_text(s->error)));
}

struct sb_slice source_line_code(struct sb_slice line, struct sb_slice *time)
{
	const uint8_t *blank = line.len && line.data[0] >= '0' && line.data[0] <= '9' ? memchr(line.data, ' ', line.len) : NULL;

	*time = blank ? sb_slice(line.data, (size_t)(blank - line.data)) : sb_slice(NULL, 0);
	return blank ? sb_slice(blank + 1, line.len - time->len - 1) : line;
}

static bool is_ours(const struct source_lines *l, struct sb_slice line)
{
	size_t prefix = strlen(SB_QR_PREFIX);
	struct sb_slice time;

	if (l->timed)
		line = source_line_code(line, &time);
	return photos_is_frame(line) || (line.len >= prefix && memcmp(line.data, SB_QR_PREFIX, prefix) == 0);
}

static bool next_line(struct source_lines *l, struct sb_slice *line)
{
	while (l->rest.len) {
		const uint8_t *end = memchr(l->rest.data, '\n', l->rest.len);

		*line = sb_slice(l->rest.data, end ? (size_t)(end - l->rest.data) : l->rest.len);
		l->rest = end ? sb_slice(end + 1, l->rest.len - line->len - 1) : sb_slice(NULL, 0);
		l->number++;
		if (!answer_is_blank(*line))
			return true;
	}
	return false;
}

void source_lines_start(const struct source *source, struct source_lines *lines)
{
	struct source_lines look = {.rest = sb_bytes_slice(&source->texts), .timed = source->timed};
	struct sb_slice line;
	bool any = false;

	while (!any && next_line(&look, &line))
		any = is_ours(&look, line);
	*lines = (struct source_lines){.rest = sb_bytes_slice(&source->texts), .only_first = !any, .only_ours = any && source->picture,
		.timed = source->timed};
}

bool source_lines_next(struct source_lines *l, struct sb_slice *line)
{
	while (next_line(l, line)) {
		if (l->only_first)
			l->rest = sb_slice(NULL, 0);
		if (!l->only_ours || is_ours(l, *line))
			return true;
	}
	return false;
}
