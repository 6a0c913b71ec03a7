/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_UNICODE_H
#define SINBUN_UNICODE_H

#include <stdbool.h>

/* Text as people write it. One name has several spellings in Unicode (macOS writes Hangul as single letters, 국 as ㄱㅜㄱ): texts are brought
 * to normalisation form C before they are stored, compared or measured. */

/* A new text in form C, for the caller to free (sb_text_free); NULL for ill-formed UTF-8 and without memory. */
char *sb_unicode_nfc(const char *text);
/* Nothing that can be seen: empty, blanks of any kind, marks without a shape. UTF-8. */
bool sb_unicode_is_blank(const char *text);
/* Takes the blanks out of well-formed UTF-8, in place. */
void sb_unicode_squeeze(char *text);
/* Two names in form C, compared without blanks. */
bool sb_unicode_same_name(const char *a, const char *b);

#endif
