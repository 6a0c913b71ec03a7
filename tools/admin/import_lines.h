/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_ADMIN_IMPORT_LINES_H
#define SINBUN_ADMIN_IMPORT_LINES_H

#include <iconv.h>

#include "base/bytes.h"

/* A file's lines one after the other, in UTF-8 whatever the file is in: never more of it in memory than one line. A line ends with LF, CR LF
 * or CR; blank ones are skipped, as is a byte-order mark. */

/* Bytes: of a line that is read; of one that is passed over as too long. What has no line's end in that is no list: /dev/zero, a disk's image. */
enum { IMPORT_LINE_MAX = 128 * 1024, IMPORT_PASS_MAX = 1024 * 1024 * 1024 };

enum import_encoding { IMPORT_DETECT, IMPORT_UTF8, IMPORT_CP949 };
enum import_fault { IMPORT_NO_FAULT, IMPORT_TOO_LONG, IMPORT_NOT_UTF8, IMPORT_NOT_CP949, IMPORT_CP949_IN_UTF8, IMPORT_UTF8_IN_CP949 };

struct import_lines {
	int fd;
	enum import_encoding encoding; /* IMPORT_DETECT until a line tells */
	iconv_t iconv;
	uint8_t *buffer;
	size_t at, filled;
	bool ended, after_cr; /* the file; a CR, whose LF may be to come */
	uint64_t offset, size; /* bytes taken; of the whole file, or 0 where nobody knows */
	unsigned line;         /* of the next one, from 1 */
	uint8_t chain[32];     /* a hash over the bytes of every line that was told, zeros before the first */
};

struct import_line {
	unsigned line;
	struct sb_bytes text; /* without its end */
	enum import_fault fault; /* text is empty then */
};

/* "utf-8", "cp949"; NULL or "auto": detected, by the first line that is not ASCII. False for another word. */
bool import_encoding_parse(const char *word, enum import_encoding *out);
/* SB_E_NOT_FOUND and others of open(); SB_E_UNSUPPORTED: this system knows no CP949. */
int import_lines_open(struct import_lines *l, const char *path, enum import_encoding encoding);
/* SB_OK, SB_E_NOT_FOUND at the end, SB_E_IO, SB_E_NOMEM, SB_E_TOO_LARGE (IMPORT_PASS_MAX). line->text is wiped and used again by the next call. */
int import_lines_next(struct import_lines *l, struct import_line *line);
void import_line_free(struct import_line *line);
void import_lines_close(struct import_lines *l);

#endif
