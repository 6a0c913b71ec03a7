/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_TEST_VECTORS_H
#define SINBUN_TEST_VECTORS_H

#include <ctype.h>
#include <stdlib.h>

#include "check.h"
#include "base/codec.h"
#include "base/error.h"

/* Published vectors lie beside the project, not in it. A test does without those that are not there, and says so. */
static inline bool file_read(const char *folder, const char *name, struct sb_bytes *out)
{
	char path[4096];
	uint8_t part[4096];
	size_t n;
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", folder ? folder : ".", name);
	f = folder ? fopen(path, "rb") : NULL;
	if (!f)
		return false;
	while ((n = fread(part, 1, sizeof part, f)) > 0)
		REQUIRE(sb_bytes_append(out, part, n) == SB_OK);
	fclose(f);
	return true;
}

/* $SINBUN_VECTORS_USED: a file that takes down what was read, for tests/unit/vectors.sh. */
static inline void vector_note(const char *name)
{
	const char *path = getenv("SINBUN_VECTORS_USED");
	FILE *f = path ? fopen(path, "a") : NULL;

	if (f) {
		fprintf(f, "%s\n", name);
		fclose(f);
	}
}

static inline bool vector_read(const char *name, struct sb_bytes *out)
{
	bool found = file_read(getenv("SINBUN_VECTORS"), name, out);

	if (found)
		vector_note(name);
	else
		fprintf(stderr, "left out: vector %s is not here\n", name);
	return found;
}

/* Hexadecimal with line ends in it. */
static inline void hex_append(const char *text, size_t len, struct sb_bytes *out)
{
	struct sb_bytes packed = {0};

	for (size_t i = 0; i < len; i++)
		if (!isspace((unsigned char)text[i]))
			REQUIRE(sb_bytes_append_byte(&packed, (uint8_t)text[i]) == SB_OK);
	REQUIRE(sb_hex_decode((const char *)packed.data, packed.len, out) == SB_OK);
	sb_bytes_free(&packed);
}

static inline bool vector_hex(const char *name, struct sb_bytes *out)
{
	struct sb_bytes text = {0};
	bool found = vector_read(name, &text);

	if (found)
		hex_append((const char *)text.data, text.len, out);
	sb_bytes_free(&text);
	return found;
}

#endif
