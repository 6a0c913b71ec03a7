/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/import_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/error.h"
#include "crypto/digest.h"

enum { CHUNK = 64 * 1024 };

static const iconv_t NONE = (iconv_t)-1;

bool import_encoding_parse(const char *word, enum import_encoding *out)
{
	static const struct {
		const char *word;
		enum import_encoding encoding;
	} words[] = {{"auto", IMPORT_DETECT}, {"utf-8", IMPORT_UTF8}, {"utf8", IMPORT_UTF8}, {"cp949", IMPORT_CP949}, {"uhc", IMPORT_CP949},
		{"euc-kr", IMPORT_CP949}};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcasecmp(word ? word : "auto", words[i].word) == 0) {
			*out = words[i].encoding;
			return true;
		}
	return false;
}

int import_lines_open(struct import_lines *l, const char *path, enum import_encoding encoding)
{
	struct stat st;

	*l = (struct import_lines){.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), .encoding = encoding, .iconv = NONE, .line = 1};
	if (l->fd < 0)
		return sb_error_from_errno(errno);
	if (fstat(l->fd, &st) != 0)
		return SB_E_IO;
	if (S_ISDIR(st.st_mode))
		return SB_E_FORMAT;
	l->size = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
	l->iconv = iconv_open("UTF-8", "CP949");
	if (l->iconv == NONE)
		return SB_E_UNSUPPORTED;
	l->buffer = malloc(CHUNK);
	return l->buffer ? SB_OK : SB_E_NOMEM;
}

void import_lines_close(struct import_lines *l)
{
	if (l->fd >= 0)
		close(l->fd);
	if (l->iconv != NONE)
		iconv_close(l->iconv);
	sb_free_wiped((void **)&l->buffer, CHUNK);
	l->fd = -1;
	l->iconv = NONE;
}

void import_line_free(struct import_line *line)
{
	sb_bytes_free(&line->text);
}

static int fill(struct import_lines *l)
{
	ssize_t n;

	do
		n = read(l->fd, l->buffer, CHUNK);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return SB_E_IO;
	l->at = 0;
	l->filled = (size_t)n;
	l->ended = n == 0;
	return SB_OK;
}

/* How many of these bytes stand before the line's end. */
static size_t before_end(const uint8_t *data, size_t len)
{
	const uint8_t *lf = memchr(data, '\n', len), *cr;

	len = lf ? (size_t)(lf - data) : len;
	cr = memchr(data, '\r', len);
	return cr ? (size_t)(cr - data) : len;
}

/* What belongs to the line; of one that is too long nothing is kept, yet all of it is passed over, if it ends at all. */
static int keep(struct import_line *line, uint64_t passed, const uint8_t *data, size_t len)
{
	if (line->fault == IMPORT_TOO_LONG)
		return passed > IMPORT_PASS_MAX ? SB_E_TOO_LARGE : SB_OK;
	if (line->text.len + len <= IMPORT_LINE_MAX)
		return sb_bytes_append(&line->text, data, len);
	line->fault = IMPORT_TOO_LONG;
	line->text.len = 0;
	return SB_OK;
}

/* The bytes up to the next line's end, which is passed. SB_E_NOT_FOUND where the file has no more. */
static int take_raw(struct import_lines *l, struct import_line *line)
{
	const uint64_t start = l->offset;
	bool any = false;
	int rc = SB_OK;

	line->fault = IMPORT_NO_FAULT;
	line->text.len = 0;
	while (rc == SB_OK) {
		size_t n;

		if (l->at == l->filled && !l->ended)
			rc = fill(l);
		if (rc != SB_OK || l->ended)
			break;
		if (l->after_cr && l->buffer[l->at] == '\n') {
			l->at++;
			l->offset++;
		}
		l->after_cr = false;
		n = before_end(l->buffer + l->at, l->filled - l->at);
		any |= n > 0;
		rc = keep(line, l->offset - start, l->buffer + l->at, n);
		l->at += n;
		l->offset += n;
		if (l->at == l->filled)
			continue;
		l->after_cr = l->buffer[l->at++] == '\r';
		l->offset++;
		line->line = l->line++;
		return rc;
	}
	line->line = l->line;
	return rc == SB_OK && !any ? SB_E_NOT_FOUND : rc;
}

static bool is_ascii(const struct sb_bytes *text)
{
	for (size_t i = 0; i < text->len; i++)
		if (text->data[i] & 0x80)
			return false;
	return true;
}

/* As UTF-8 has Hangul: three bytes a letter. Pairs of CP949 that happen to be whole UTF-8 make two. */
static bool has_triples(const struct sb_bytes *text)
{
	for (size_t i = 0; i < text->len; i++)
		if (text->data[i] >= 0xe0)
			return true;
	return false;
}

static bool is_utf8(const struct sb_bytes *text)
{
	return sb_utf8_length((const char *)text->data, text->len) >= 0;
}

/* SB_E_FORMAT where it is no CP949. */
static int from_cp949(struct import_lines *l, const struct sb_bytes *text, struct sb_bytes *out)
{
	char *in = (char *)text->data, *to;
	size_t left = text->len, room = 2 * text->len; /* three bytes for two at most */
	int rc = sb_bytes_reserve(out, room + 1);

	if (rc != SB_OK)
		return rc;
	to = (char *)out->data;
	iconv(l->iconv, NULL, NULL, NULL, NULL);
	if (iconv(l->iconv, &in, &left, &to, &room) == (size_t)-1)
		return SB_E_FORMAT;
	out->len = 2 * text->len - room;
	return SB_OK;
}

static void refuse(struct import_line *line, enum import_fault fault)
{
	line->fault = fault;
	line->text.len = 0;
}

/* To UTF-8. The first line that is not ASCII tells what the file is in; what does not fit that is named, and not guessed. */
static int decode(struct import_lines *l, struct import_line *line)
{
	struct sb_bytes converted = {0};
	bool utf8;
	int rc;

	if (line->fault || is_ascii(&line->text))
		return SB_OK;
	utf8 = is_utf8(&line->text);
	if (l->encoding != IMPORT_CP949 && utf8) {
		l->encoding = IMPORT_UTF8;
		return SB_OK;
	}
	rc = from_cp949(l, &line->text, &converted);
	if (rc == SB_OK && l->encoding == IMPORT_DETECT)
		l->encoding = IMPORT_CP949;
	if (rc == SB_E_FORMAT)
		refuse(line, l->encoding != IMPORT_CP949 ? IMPORT_NOT_UTF8 : utf8 ? IMPORT_UTF8_IN_CP949 : IMPORT_NOT_CP949);
	else if (rc == SB_OK && l->encoding == IMPORT_UTF8)
		refuse(line, IMPORT_CP949_IN_UTF8);
	else if (rc == SB_OK && utf8 && has_triples(&line->text))
		refuse(line, IMPORT_UTF8_IN_CP949);
	else if (rc == SB_OK) {
		struct sb_bytes old = line->text;

		line->text = converted;
		converted = old;
	}
	sb_bytes_free(&converted);
	return rc == SB_E_FORMAT ? SB_OK : rc;
}

static int chain(struct import_lines *l, const struct import_line *line)
{
	uint8_t next[32];
	int rc = sb_mac(sb_slice(l->chain, sizeof l->chain), line->text.data, line->text.len, next);

	memcpy(l->chain, next, sizeof next);
	return rc;
}

int import_lines_next(struct import_lines *l, struct import_line *line)
{
	static const uint8_t mark[] = {0xef, 0xbb, 0xbf};
	int rc;

	do {
		rc = take_raw(l, line);
		if (rc == SB_OK && line->line == 1 && line->text.len >= sizeof mark && memcmp(line->text.data, mark, sizeof mark) == 0) {
			memmove(line->text.data, line->text.data + sizeof mark, line->text.len -= sizeof mark);
			l->encoding = l->encoding == IMPORT_DETECT ? IMPORT_UTF8 : l->encoding;
		}
	} while (rc == SB_OK && !line->text.len && !line->fault);
	if (rc == SB_OK)
		rc = chain(l, line);
	return rc == SB_OK ? decode(l, line) : rc;
}
