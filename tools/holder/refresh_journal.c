/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "holder/refresh.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"
#include "formats/jws.h"

/* A response of a refresh, on its way into the token's objects. It was checked before it came here, and lies as private as they do. */

int holder_journal_lock(struct sb_program *p, int *fd, struct sb_failure *f)
{
	char path[4096];
	int rc;

	snprintf(path, sizeof path, "%s/refresh.lock", sb_program_root(p));
	rc = sb_file_open_private(AT_FDCWD, path, O_RDWR | O_CREAT, fd);
	while (rc == SB_OK && flock(*fd, LOCK_EX) != 0)
		if (errno != EINTR)
			rc = SB_E_IO;
	return rc == SB_OK ? SB_EXIT_OK : sb_fail(f, SB_EXIT_STORAGE, "storage", path, _("%s: %s."), path, _(sb_error_text(rc)));
}

int holder_journal_write(struct sb_p11 *p11, const json_t *inside, const struct holder_response *response, struct sb_failure *f)
{
	json_t *journal = json_pack("{s:O, s:s, s:s, s:I}", "inside", inside, "card", response->card, "type", response->type, "expires",
		(json_int_t)response->expires);
	char *text = journal ? json_dumps(journal, JSON_COMPACT) : NULL;
	int rc = text ? sb_p11_put_data(p11, HOLDER_APPLICATION, HOLDER_JOURNAL, sb_slice(text, strlen(text)), true, f)
		      : sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));

	json_decref(journal);
	sb_text_free(&text);
	return rc;
}

static int read_journal(struct sb_p11 *p11, json_t **journal, struct holder_response *response, struct sb_failure *f)
{
	struct sb_bytes text = {0};
	const char *card, *type, *certificate = NULL;
	int rc = sb_p11_get_data(p11, HOLDER_APPLICATION, HOLDER_JOURNAL, &text, f);

	*journal = rc == SB_EXIT_OK ? sb_json_parse(sb_bytes_slice(&text), NULL, NULL) : NULL;
	sb_bytes_free(&text);
	if (rc != SB_EXIT_OK)
		return rc;
	card = sb_json_text(*journal, "card");
	type = sb_json_text(*journal, "type");
	certificate = json_string_value(json_array_get(json_object_get(json_object_get(*journal, "inside"), "x509"), 0));
	if (!card || !type || !certificate || sb_base64_decode(certificate, strlen(certificate), &response->certificate) != SB_OK)
		return sb_fail(f, SB_EXIT_TOKEN, "token_error", HOLDER_JOURNAL, _("The card on this device is damaged. Have it issued anew."));
	snprintf(response->card, sizeof response->card, "%s", card);
	snprintf(response->type, sizeof response->type, "%s", type);
	response->expires = json_integer_value(json_object_get(*journal, "expires"));
	return SB_EXIT_OK;
}

static int delete_object(struct sb_p11 *p11, const char *name, struct sb_failure *f)
{
	int rc = sb_p11_delete_data(p11, HOLDER_APPLICATION, name, f);

	return rc != SB_EXIT_OK && strcmp(f->error, "not_found") == 0 ? SB_EXIT_OK : rc;
}

int holder_journal_move(struct sb_p11 *p11, json_t *result, struct sb_failure *f)
{
	struct holder_response response = {0};
	json_t *journal = NULL;
	const json_t *inside;
	int rc = read_journal(p11, &journal, &response, f);

	inside = json_object_get(journal, "inside");
	if (rc == SB_EXIT_OK)
		rc = holder_store(p11, inside, &response, result, f);
	if (rc == SB_EXIT_OK)
		rc = holder_store_sweep(p11, inside, f);
	if (rc == SB_EXIT_OK)
		rc = delete_object(p11, HOLDER_REFRESH_BOX, f);
	if (rc == SB_EXIT_OK)
		rc = delete_object(p11, HOLDER_JOURNAL, f);
	json_decref(journal);
	holder_response_free(&response);
	return rc;
}

/* Most cards have none, and are not locked for that. */
static int find_journal(struct sb_p11 *p11, bool *there, struct sb_failure *f)
{
	struct sb_bytes text = {0};
	int rc = sb_p11_get_data(p11, HOLDER_APPLICATION, HOLDER_JOURNAL, &text, f);

	sb_bytes_free(&text);
	*there = rc == SB_EXIT_OK;
	return rc != SB_EXIT_OK && strcmp(f->error, "not_found") == 0 ? SB_EXIT_OK : rc;
}

int holder_journal_finish(struct sb_program *p, struct sb_p11 *p11, struct sb_failure *f)
{
	json_t *ignored = NULL;
	bool there;
	int fd = -1, rc = find_journal(p11, &there, f);

	if (rc != SB_EXIT_OK || !there)
		return rc;
	rc = holder_journal_lock(p, &fd, f);
	if (rc == SB_EXIT_OK)
		rc = find_journal(p11, &there, f);
	if (rc == SB_EXIT_OK && there) {
		ignored = json_object();
		rc = holder_journal_move(p11, ignored, f);
		json_decref(ignored);
	}
	if (fd >= 0)
		close(fd);
	return rc;
}
