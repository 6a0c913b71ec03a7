/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_VERIFY_SOURCE_H
#define SINBUN_VERIFY_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "common/failure.h"

/* What a desk is given to scan: a picture, or a text. Its codes come out as lines. */
enum { SOURCE_PICTURE_MAX = 32 << 20, SOURCE_TEXT_MAX = 1 << 20, SOURCE_BATCH_MAX = 64 << 20 };

struct source {
	const char *path; /* borrowed */
	struct sb_bytes texts;
	bool picture;
	bool timed; /* for source_lines: a line may begin with the time at which it came, and a blank */
	int64_t received; /* when the file was last changed, seconds since 1970 */
	enum { SOURCE_READ, SOURCE_NO_READ, SOURCE_NO_CODE, SOURCE_NO_SCAN } state;
	int error; /* SB_E_*, of SOURCE_NO_READ */
};

/* Reads path; text_max: how many bytes of text. In any thread; source_fail tells what went wrong. */
void source_load(const char *path, size_t text_max, struct source *out);
/* The same from bytes; data is taken over. */
void source_take(const char *path, struct sb_bytes *data, size_t text_max, struct source *out);
void source_free(struct source *source);
/* A state other than SOURCE_READ as a failure. */
int source_fail(const struct source *source, struct sb_failure *f);

/* Lines worth judging: in a picture the mobile ID's codes and frames; in a text with any such line all that are not blank; where there is
 * none, the first, so that the desk is told what it is not. */
struct source_lines {
	struct sb_slice rest;
	unsigned number; /* of the line given last, from 1 */
	bool only_first, only_ours, timed;
};
void source_lines_start(const struct source *source, struct source_lines *lines);
bool source_lines_next(struct source_lines *lines, struct sb_slice *line);
/* Parts a timed line: the time (data NULL where there is none), and the code behind it. */
struct sb_slice source_line_code(struct sb_slice line, struct sb_slice *time);

#endif
