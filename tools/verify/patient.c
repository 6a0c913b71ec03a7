/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "verify/patient.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "verify/desk_private.h"

enum { KEY = 32 };

static const char purpose[] = "sinbun-verify patient";

static int read_key(const char *path, uint8_t key[KEY])
{
	struct sb_bytes bytes = {0};
	int fd, rc = sb_file_open_private(AT_FDCWD, path, O_RDONLY, &fd);

	if (rc != SB_OK)
		return rc;
	rc = sb_file_read_fd(fd, KEY, &bytes);
	if (rc == SB_OK && bytes.len != KEY)
		rc = SB_E_CORRUPT;
	if (rc == SB_OK)
		memcpy(key, bytes.data, KEY);
	close(fd);
	sb_bytes_free(&bytes);
	return rc;
}

/* Made once, by one of several windows: the desk's transaction is held meanwhile. */
static int find_key(struct desk *d, const char *path, uint8_t key[KEY])
{
	int rc = desk_begin(d);

	if (rc != SB_OK)
		return rc;
	rc = read_key(path, key);
	if (rc == SB_E_NOT_FOUND) {
		rc = sb_random(key, KEY);
		if (rc == SB_OK)
			rc = sb_file_write(path, key, KEY, 0600);
	}
	desk_rollback(d);
	return rc;
}

static struct sb_slice trimmed(const char *chart)
{
	while (*chart == ' ')
		chart++;
	for (size_t len = strlen(chart); ; len--)
		if (!len || chart[len - 1] != ' ')
			return sb_slice(chart, len);
}

int patient_id(struct sb_program *p, struct desk *d, const char *chart, uint8_t id[PATIENT_ID], struct sb_failure *f)
{
	struct sb_slice number = trimmed(chart), pieces[] = {sb_slice(purpose, sizeof purpose - 1), number};
	uint8_t key[KEY];
	char path[4096];
	int rc;

	if (!number.len || number.len > PATIENT_CHART_MAX || !sb_is_clean(chart))
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--patient", _("--patient is a chart number of at most %d letters."), PATIENT_CHART_MAX);
	snprintf(path, sizeof path, "%s/patient.key", sb_program_root(p));
	rc = find_key(d, path, key);
	if (rc == SB_OK)
		rc = sb_mac_pieces(sb_slice(key, KEY), pieces, 2, id);
	sb_wipe(key, sizeof key);
	if (rc == SB_E_UNSAFE)
		return sb_fail(f, SB_EXIT_STORAGE, "unsafe_file", path,
			_("%s must be yours alone. Run: chmod go= '%s' (and chown it to yourself if it is another's)."), path, path);
	return rc == SB_OK ? SB_EXIT_OK : sb_fail(f, SB_EXIT_STORAGE, "storage", path, _("%s cannot be used: %s."), path, _(sb_error_text(rc)));
}

/* By the calendar: of the 31st of August the 28th of February. */
static int64_t months_before(int64_t now)
{
	time_t t = now, then;
	struct tm tm;
	int month;

	localtime_r(&t, &tm);
	tm.tm_isdst = -1;
	tm.tm_mon -= PATIENT_MONTHS;
	month = (tm.tm_mon + 12) % 12;
	then = mktime(&tm);
	/* A day that the month does not have fell into the next one. */
	while (tm.tm_mon != month) {
		tm.tm_mday--;
		tm.tm_isdst = -1;
		then = mktime(&tm);
	}
	return then;
}

int patient_remember(struct desk *d, const uint8_t id[PATIENT_ID], int64_t now)
{
	int rc = desk_change(d, "delete from patient where time < ?2", sb_slice("", 0), months_before(now));

	return rc == SB_OK ? desk_change(d, "insert or replace into patient(id, time) values(?1, ?2)", sb_slice(id, PATIENT_ID), now) : rc;
}

int patient_checked(struct desk *d, const uint8_t id[PATIENT_ID], int64_t now, int64_t *when)
{
	return desk_number(d, "select time from patient where id = ?1 and time >= ?2", sb_slice(id, PATIENT_ID), months_before(now), when);
}
