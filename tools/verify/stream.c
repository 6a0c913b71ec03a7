/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "verify/stream.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "common/i18n.h"

/* The longest QR code holds 7089 letters: a longer line is none, and only its beginning is kept. */
enum { LINE_MAX_BYTES = 8192 };

struct stream {
	struct answer *a;
	struct sb_bytes last;       /* the line answered last */
	struct verify_verdict shown; /* its verdict */
	time_t seen;                /* when it was read last, on a clock that nobody sets */
	bool any, done;
};

/* Without its newline; false at the end of the input. */
static bool read_line(struct sb_bytes *line)
{
	int c = EOF;

	line->len = 0;
	while ((c = getc(stdin)) != EOF && c != '\n')
		if (line->len < LINE_MAX_BYTES && sb_bytes_append_byte(line, (uint8_t)c) != SB_OK)
			return false;
	return c != EOF || line->len;
}

static time_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

/* An accepted code lives as long as it says; held up longer it is a picture of one, and judged again. */
static bool still_the_same(const struct stream *s, const struct sb_bytes *line)
{
	bool same = s->any && sb_slice_equal(sb_bytes_slice(line), sb_bytes_slice(&s->last)) && now() - s->seen <= STREAM_GAP;

	return same && (s->shown.reason != VERIFY_OK || answer_time(s->a) < s->shown.kbt.exp);
}

static bool wants_photo(const struct stream *s)
{
	return s->any && s->shown.reason == VERIFY_OK && !s->shown.photo_checked && verify_photo_digest(&s->shown).data;
}

/* A challenge or a chart number is for one holder: once it is answered, and the photo is there if it was asked for, the showing is over. The
 * codes that the holder's screen makes meanwhile are nobody else's. */
static bool is_for_one(const struct stream *s)
{
	return s->a->challenge || s->a->patient || s->a->receipt.path;
}

static void look_for_end(struct stream *s)
{
	/* A receipt is of the first code, whatever became of it. */
	if (s->a->receipt.path) {
		s->done = s->any;
		return;
	}
	s->done = is_for_one(s) && s->any && s->shown.reason == VERIFY_OK && !(s->a->portrait_out && wants_photo(s));
}

static int take_frame(struct stream *s, struct sb_slice line, json_t *result, struct sb_failure *f)
{
	bool complete = false;
	int rc = photos_add(&s->a->photos, line, &complete);

	if (rc == SB_E_NOMEM)
		return desk_fail(s->a->p, rc, f);
	if (!complete || !wants_photo(s) || !photos_find(&s->a->photos, verify_photo_digest(&s->shown)))
		return SB_EXIT_OK;
	s->shown.photo_checked = true;
	return answer_tell(s->a, &s->shown, result, f);
}

static int take_code(struct stream *s, const struct sb_bytes *line, json_t *result, struct sb_failure *f)
{
	int rc = SB_EXIT_OK;

	if (still_the_same(s, line)) {
		s->seen = now();
		return SB_EXIT_OK;
	}
	if (is_for_one(s) && s->any && s->shown.reason == VERIFY_OK)
		return SB_EXIT_OK;
	verify_verdict_free(&s->shown);
	s->any = false;
	if (sb_bytes_set(&s->last, line->data, line->len) != SB_OK)
		return desk_fail(s->a->p, SB_E_NOMEM, f);
	rc = answer_judge(s->a, sb_bytes_slice(line), &s->shown, result, f);
	s->any = rc == SB_EXIT_OK;
	s->seen = now();
	return rc;
}

int stream_scan(struct answer *a, json_t *result, struct sb_failure *f)
{
	struct stream s = {.a = a};
	struct sb_bytes line = {0};
	int rc = SB_EXIT_OK;

	while (rc == SB_EXIT_OK && !s.done && read_line(&line)) {
		if (answer_is_blank(sb_bytes_slice(&line)))
			continue;
		rc = photos_is_frame(sb_bytes_slice(&line)) ? take_frame(&s, sb_bytes_slice(&line), result, f) : take_code(&s, &line, result, f);
		look_for_end(&s);
	}
	sb_bytes_free(&line);
	sb_bytes_free(&s.last);
	verify_verdict_free(&s.shown);
	return rc == SB_EXIT_OK ? answer_exit(a, "-", f) : rc;
}
