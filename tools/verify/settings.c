/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "verify/settings.h"

#include <stdio.h>

#include "common/settings_file.h"

enum { HOURS_MAX = 24 * 366, DAYS_MAX = 3660, WARN_HOURS = 24, HISTORY_DAYS = 365 };

#define AT(field) offsetof(struct settings, field)
static const struct sb_setting rows[] = {
	{"bundle-warn", SB_SETTING_NUMBER, AT(bundle_warn), NULL, 0, HOURS_MAX, NULL, false},
	{"bundle-refuse", SB_SETTING_NUMBER, AT(bundle_refuse), NULL, 0, HOURS_MAX, NULL, false},
	{"history-days", SB_SETTING_NUMBER, AT(history_days), NULL, 0, DAYS_MAX, NULL, false},
	{"bundle-url", SB_SETTING_TEXT, AT(bundle_url), "https://", 0, 0, NULL, false},
	{"receipt-key", SB_SETTING_TEXT, AT(receipt_key), "pkcs11:", 0, 0, NULL, false},
	{"desk-name", SB_SETTING_TEXT, AT(desk_name), NULL, 0, 0, NULL, false},
	{"bundle-ca", SB_SETTING_TEXT, AT(bundle_ca), "/", 0, 0, NULL, false},
	{0},
};
static const struct sb_settings desk_conf = {rows, "bad_configuration", "sinbun-verify(1)"};

int settings_read(struct sb_program *p, struct settings *out, struct sb_failure *f)
{
	bool absent;
	char path[4096];

	*out = (struct settings){.bundle_warn = WARN_HOURS, .history_days = HISTORY_DAYS};
	snprintf(path, sizeof path, "%s/desk.conf", sb_program_root(p));
	return sb_settings_read(&desk_conf, path, out, &absent, f);
}

void settings_free(struct settings *settings)
{
	sb_settings_free(&desk_conf, settings);
	*settings = (struct settings){0};
}
