/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_I18N_H
#define SINBUN_I18N_H

#include <libintl.h>

#define _(text) gettext(text)
#define N_(text) text

/* Starts messages in "ko" or "en", or by the locale when lang is NULL. Works in the C locale too. */
void sb_i18n_start(const char *lang);
/* "ko" or "en": what is in force. */
const char *sb_i18n_lang(void);

#endif
