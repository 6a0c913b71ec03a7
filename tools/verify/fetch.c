/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "verify/fetch.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "common/i18n.h"
#include "common/verb.h"

enum { CONNECT_SECONDS = 10, ALL_SECONDS = 120, SLOW_SECONDS = 20, SLOW_BYTES = 64, REDIRECTS = 3, STATUS_OK = 200, STATUS_UNCHANGED = 304 };

/* Loaded when something is fetched, and only then: a desk that scans has no use for it, nor for the two dozen libraries that come with it. */
static struct {
	__typeof__(&curl_global_init) global_init;
	__typeof__(&curl_easy_init) init;
	__typeof__(&curl_easy_setopt) set;
	__typeof__(&curl_easy_perform) perform;
	__typeof__(&curl_easy_getinfo) info;
	__typeof__(&curl_easy_strerror) error;
	__typeof__(&curl_easy_cleanup) cleanup;
	__typeof__(&curl_slist_append) append;
	__typeof__(&curl_slist_free_all) free_all;
} curl;

static const struct {
	const char *name;
	void *place;
} functions[] = {{"curl_global_init", &curl.global_init}, {"curl_easy_init", &curl.init}, {"curl_easy_setopt", &curl.set},
	{"curl_easy_perform", &curl.perform}, {"curl_easy_getinfo", &curl.info}, {"curl_easy_strerror", &curl.error},
	{"curl_easy_cleanup", &curl.cleanup}, {"curl_slist_append", &curl.append}, {"curl_slist_free_all", &curl.free_all}};

static bool load_curl(void)
{
	void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL), *function;
	bool all = library != NULL;

	for (size_t i = 0; all && i < sizeof functions / sizeof *functions; i++) {
		function = dlsym(library, functions[i].name);
		memcpy(functions[i].place, &function, sizeof function);
		all = function != NULL;
	}
	return all && curl.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

struct transfer {
	struct fetch *fetch;
	char etag[FETCH_TAG], modified[FETCH_TAG]; /* of the answer that is coming in */
	bool too_large;
};

static size_t take_body(char *data, size_t size, size_t count, void *context)
{
	struct transfer *t = context;
	size_t len = size * count;

	t->too_large = len > t->fetch->max - t->fetch->body.len;
	return !t->too_large && sb_bytes_append(&t->fetch->body, data, len) == SB_OK ? len : 0;
}

/* "Name: value" into out; a value that does not fit, or that is no plain text, is as good as none. */
static void take_value(const char *line, size_t len, const char *name, char out[FETCH_TAG])
{
	size_t skip = strlen(name);

	if (len <= skip || strncasecmp(line, name, skip) != 0)
		return;
	while (skip < len && line[skip] == ' ')
		skip++;
	while (len > skip && (line[len - 1] == '\r' || line[len - 1] == '\n' || line[len - 1] == ' '))
		len--;
	snprintf(out, FETCH_TAG, "%.*s", (int)(len - skip), line + skip);
	if (len - skip >= FETCH_TAG || !sb_is_clean(out))
		out[0] = 0;
}

static size_t take_header(char *line, size_t size, size_t count, void *context)
{
	struct transfer *t = context;
	size_t len = size * count;

	/* Each answer of a chain of redirects begins anew; only the last one counts. */
	if (len > 5 && strncmp(line, "HTTP/", 5) == 0) {
		t->etag[0] = t->modified[0] = 0;
		t->fetch->body.len = 0;
	}
	take_value(line, len, "ETag:", t->etag);
	take_value(line, len, "Last-Modified:", t->modified);
	return len;
}

static struct curl_slist *add(struct curl_slist *list, const char *name, const char *value)
{
	char line[FETCH_TAG + 32];

	if (!*value)
		return list;
	snprintf(line, sizeof line, "%s: %s", name, value);
	return curl.append(list, line);
}

static void set_limits(CURL *c, const struct fetch *fetch)
{
	curl.set(c, CURLOPT_PROTOCOLS_STR, "https");
	curl.set(c, CURLOPT_REDIR_PROTOCOLS_STR, "https");
	curl.set(c, CURLOPT_FOLLOWLOCATION, 1L);
	curl.set(c, CURLOPT_MAXREDIRS, (long)REDIRECTS);
	curl.set(c, CURLOPT_SSL_VERIFYPEER, 1L);
	curl.set(c, CURLOPT_SSL_VERIFYHOST, 2L);
	curl.set(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl.set(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
	curl.set(c, CURLOPT_TIMEOUT, (long)ALL_SECONDS);
	curl.set(c, CURLOPT_LOW_SPEED_TIME, (long)SLOW_SECONDS);
	curl.set(c, CURLOPT_LOW_SPEED_LIMIT, (long)SLOW_BYTES);
	curl.set(c, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)fetch->max);
	curl.set(c, CURLOPT_NOSIGNAL, 1L);
	if (fetch->ca) {
		curl.set(c, CURLOPT_CAINFO, fetch->ca);
		curl.set(c, CURLOPT_CAPATH, NULL);
	}
}

static int judge(struct transfer *t, CURLcode code, long status, const char *why, struct sb_failure *f)
{
	const char *url = sb_clean(t->fetch->url);

	if (t->too_large || code == CURLE_FILESIZE_EXCEEDED)
		return sb_fail(f, SB_EXIT_NETWORK, "network", "--url", _("%s: more than a bundle can be (%zu bytes). Nothing was changed."), url,
			t->fetch->max);
	if (code == CURLE_OUT_OF_MEMORY)
		return sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
	if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE)
		return sb_fail(f, SB_EXIT_NETWORK, "network", "--url",
			_("%s: the server cannot prove that it is the one (%s). For an authority of your own: bundle-ca in desk.conf. Nothing was changed."),
			url, why);
	if (code != CURLE_OK)
		return sb_fail(f, SB_EXIT_NETWORK, "network", "--url", _("%s cannot be fetched: %s. The bundle at hand stays. Try again later, or take in a file: --bundle FILE"),
			url, why);
	if (status != STATUS_OK && status != STATUS_UNCHANGED)
		return sb_fail(f, SB_EXIT_NETWORK, "http_status", "--url", _("%s: the server answers %ld. Is the address right? Nothing was changed."), url,
			status);
	return SB_EXIT_OK;
}

static int perform(CURL *c, struct transfer *t, struct sb_failure *f)
{
	struct curl_slist *headers = add(add(NULL, "If-None-Match", t->fetch->etag), "If-Modified-Since", t->fetch->modified);
	char why[CURL_ERROR_SIZE] = "";
	long status = 0;
	CURLcode code;
	int rc;

	set_limits(c, t->fetch);
	curl.set(c, CURLOPT_URL, t->fetch->url);
	curl.set(c, CURLOPT_USERAGENT, "sinbun-verify/" SB_VERSION);
	curl.set(c, CURLOPT_HTTPHEADER, headers);
	curl.set(c, CURLOPT_WRITEFUNCTION, take_body);
	curl.set(c, CURLOPT_WRITEDATA, t);
	curl.set(c, CURLOPT_HEADERFUNCTION, take_header);
	curl.set(c, CURLOPT_HEADERDATA, t);
	curl.set(c, CURLOPT_ERRORBUFFER, why);
	code = curl.perform(c);
	curl.info(c, CURLINFO_RESPONSE_CODE, &status);
	rc = judge(t, code, status, sb_clean(*why ? why : curl.error(code)), f);
	curl.free_all(headers);
	return rc;
}

int fetch_get(struct fetch *fetch, struct sb_failure *f)
{
	struct transfer t = {.fetch = fetch};
	long status = 0;
	CURL *c;
	int rc;

	if (!load_curl())
		return sb_fail(f, SB_EXIT_NETWORK, "network", "--url",
			_("The library libcurl (libcurl.so.4) cannot be loaded. Install it, or take in a file: --bundle FILE"));
	c = curl.init();
	if (!c)
		return sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
	rc = perform(c, &t, f);
	curl.info(c, CURLINFO_RESPONSE_CODE, &status);
	/* Only who asked for it may be told that nothing changed. */
	if (rc == SB_EXIT_OK && status == STATUS_UNCHANGED && !*fetch->etag && !*fetch->modified)
		rc = judge(&t, CURLE_OK, 0, "", f);
	fetch->unchanged = rc == SB_EXIT_OK && status == STATUS_UNCHANGED;
	if (rc == SB_EXIT_OK && !fetch->unchanged) {
		memcpy(fetch->etag, t.etag, sizeof t.etag);
		memcpy(fetch->modified, t.modified, sizeof t.modified);
	}
	curl.cleanup(c);
	return rc;
}
