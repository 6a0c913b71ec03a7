/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "verify/fetch.h"

#include <stdio.h>
#include <string.h>

#include "common/http.h"
#include "common/i18n.h"
#include "common/verb.h"

enum { SECONDS = 120, REDIRECTS = 3, STATUS_OK = 200, STATUS_UNCHANGED = 304, HEADER = FETCH_TAG + 32 };

static int judge(const struct fetch *fetch, enum sb_http_fault fault, const struct sb_http_answer *answer, struct sb_failure *f)
{
	const char *url = sb_clean(fetch->url);

	if (fault == SB_HTTP_NO_LIBRARY)
		return sb_fail(f, SB_EXIT_NETWORK, "network", "--url",
			_("The library libcurl (libcurl.so.4) cannot be loaded. Install it, or take in a file: --bundle FILE"));
	if (fault == SB_HTTP_TOO_LARGE)
		return sb_fail(f, SB_EXIT_NETWORK, "network", "--url", _("%s: more than a bundle can be (%zu bytes). Nothing was changed."), url,
			fetch->max);
	if (fault == SB_HTTP_NO_MEMORY)
		return sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
	if (fault == SB_HTTP_CERTIFICATE)
		return sb_fail(f, SB_EXIT_NETWORK, "network", "--url",
			_("%s: the server cannot prove that it is the one (%s). For an authority of your own: bundle-ca in desk.conf. Nothing was changed."),
			url, answer->why);
	if (fault != SB_HTTP_OK)
		return sb_fail(f, SB_EXIT_NETWORK, "network", "--url", _("%s cannot be fetched: %s. The bundle at hand stays. Try again later, or take in a file: --bundle FILE"),
			url, answer->why);
	/* Only who asked for it may be told that nothing changed. */
	if (answer->status != STATUS_OK && (answer->status != STATUS_UNCHANGED || (!*fetch->etag && !*fetch->modified)))
		return sb_fail(f, SB_EXIT_NETWORK, "http_status", "--url", _("%s: the server answers %ld. Is the address right? Nothing was changed."), url,
			answer->status);
	return SB_EXIT_OK;
}

static void add(const char *lines[3], char line[HEADER], const char *name, const char *value)
{
	if (!*value)
		return;
	snprintf(line, HEADER, "%s: %s", name, value);
	lines[lines[0] ? 1 : 0] = line;
}

int fetch_get(struct fetch *fetch, struct sb_failure *f)
{
	char etag[HEADER], modified[HEADER];
	const char *lines[3] = {NULL};
	struct sb_http_request request = {
		.url = fetch->url, .ca = fetch->ca, .headers = lines, .max = fetch->max, .seconds = SECONDS, .redirects = REDIRECTS};
	struct sb_http_answer answer;
	int rc;

	add(lines, etag, "If-None-Match", fetch->etag);
	add(lines, modified, "If-Modified-Since", fetch->modified);
	rc = judge(fetch, sb_http(&request, &answer), &answer, f);
	fetch->unchanged = rc == SB_EXIT_OK && answer.status == STATUS_UNCHANGED;
	if (rc == SB_EXIT_OK && !fetch->unchanged) {
		memcpy(fetch->etag, answer.etag, sizeof fetch->etag);
		memcpy(fetch->modified, answer.modified, sizeof fetch->modified);
	}
	sb_bytes_free(&fetch->body);
	fetch->body = answer.body;
	return rc;
}
