/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "holder/puk.h"

#include <ctype.h>
#include <string.h>

#include "base/bytes.h"
#include "crypto/random.h"

/* 24 letters and digits that are hard to misread (no 0 O 1 I L 2 Z 5 S 8 B 9): 20 of them make 91 bits. */
static const char alphabet[] = "3467ACDEFGHJKMNPQRTUVWXY";

void holder_puk_make(char puk[HOLDER_PUK_SIZE])
{
	char *to = puk;

	for (int g = 0; g < HOLDER_PUK_GROUPS; g++) {
		for (int i = 0; i < HOLDER_PUK_GROUP; i++)
			*to++ = alphabet[sb_random_below(sizeof alphabet - 1)];
		*to++ = g + 1 < HOLDER_PUK_GROUPS ? '-' : 0;
	}
}

/* Separators: blanks, dashes, and what else a keyboard makes of a dash (outside ASCII). */
static bool separates(char c)
{
	return c == ' ' || c == '-' || c == '_' || c == '.' || (unsigned char)c >= 0x80;
}

void holder_puk_fold(struct sb_secret *typed)
{
	char puk[HOLDER_PUK_SIZE];
	size_t n = 0;

	for (size_t i = 0; i < typed->len; i++) {
		int c = toupper((unsigned char)typed->text[i]);

		if (separates(typed->text[i]))
			continue;
		if (!strchr(alphabet, c) || n + 1 == HOLDER_PUK_SIZE)
			goto out;
		if (n % (HOLDER_PUK_GROUP + 1) == HOLDER_PUK_GROUP)
			puk[n++] = '-';
		puk[n++] = (char)c;
	}
	if (n + 1 == HOLDER_PUK_SIZE) {
		puk[n] = 0;
		memcpy(typed->text, puk, sizeof puk);
		typed->len = n;
	}
out:
	sb_wipe(puk, sizeof puk);
}
