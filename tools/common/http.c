/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/http.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "common/verb.h"

enum { CONNECT_SECONDS = 10, SLOW_SECONDS = 20, SLOW_BYTES = 64 };

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
	static bool loaded;
	void *library = loaded ? NULL : dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL), *function;
	bool all = library != NULL;

	if (loaded)
		return true;
	for (size_t i = 0; all && i < sizeof functions / sizeof *functions; i++) {
		function = dlsym(library, functions[i].name);
		memcpy(functions[i].place, &function, sizeof function);
		all = function != NULL;
	}
	loaded = all && curl.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
	return loaded;
}

/* Behind "scheme://": the name of a host and perhaps a port, and nothing that two readers could read in two ways. */
static bool is_here(const char *authority)
{
	static const char *const hosts[] = {"127.0.0.1", "localhost", "[::1]"};
	size_t len = strcspn(authority, "/?#");

	if (strspn(authority, "0123456789abcdefghijklmnopqrstuvwxyz.:[]") < len)
		return false;
	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
		size_t host = strlen(hosts[i]);

		if (strncmp(authority, hosts[i], host) == 0 && (host == len || (authority[host] == ':' && !memchr(authority + host + 1, ':', len - host - 1))))
			return true;
	}
	return false;
}

static bool is_https(const char *url)
{
	return strncmp(url, "https://", 8) == 0 && url[8];
}

bool sb_http_allowed(const char *url, bool plain_here)
{
	if (!sb_is_clean(url) || strpbrk(url, " \\"))
		return false;
	return is_https(url) || (plain_here && strncmp(url, "http://", 7) == 0 && is_here(url + 7));
}

struct transfer {
	const struct sb_http_request *request;
	struct sb_http_answer *answer;
	bool too_large;
};

static size_t take_body(char *data, size_t size, size_t count, void *context)
{
	struct transfer *t = context;
	size_t len = size * count;

	t->too_large = len > t->request->max - t->answer->body.len;
	return !t->too_large && sb_bytes_append(&t->answer->body, data, len) == SB_OK ? len : 0;
}

/* "Name: value" into out; a value that does not fit, or that is no plain text, is as good as none. */
static void take_value(const char *line, size_t len, const char *name, char out[SB_HTTP_TAG])
{
	size_t skip = strlen(name);

	if (len <= skip || strncasecmp(line, name, skip) != 0)
		return;
	while (skip < len && line[skip] == ' ')
		skip++;
	while (len > skip && (line[len - 1] == '\r' || line[len - 1] == '\n' || line[len - 1] == ' '))
		len--;
	snprintf(out, SB_HTTP_TAG, "%.*s", (int)(len - skip), line + skip);
	if (len - skip >= SB_HTTP_TAG || !sb_is_clean(out))
		out[0] = 0;
}

static size_t take_header(char *line, size_t size, size_t count, void *context)
{
	struct sb_http_answer *answer = ((struct transfer *)context)->answer;
	size_t len = size * count;

	/* Each answer of a chain of redirects begins anew; only the last one counts. */
	if (len > 5 && strncmp(line, "HTTP/", 5) == 0) {
		answer->etag[0] = answer->modified[0] = answer->type[0] = 0;
		answer->body.len = 0;
	}
	take_value(line, len, "ETag:", answer->etag);
	take_value(line, len, "Last-Modified:", answer->modified);
	take_value(line, len, "Content-Type:", answer->type);
	return len;
}

static void set_limits(CURL *c, const struct sb_http_request *r)
{
	const char *protocol = is_https(r->url) ? "https" : "http";

	curl.set(c, CURLOPT_PROTOCOLS_STR, protocol);
	curl.set(c, CURLOPT_REDIR_PROTOCOLS_STR, "https");
	curl.set(c, CURLOPT_FOLLOWLOCATION, r->redirects ? 1L : 0L);
	curl.set(c, CURLOPT_MAXREDIRS, (long)r->redirects);
	curl.set(c, CURLOPT_SSL_VERIFYPEER, 1L);
	curl.set(c, CURLOPT_SSL_VERIFYHOST, 2L);
	curl.set(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl.set(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
	curl.set(c, CURLOPT_TIMEOUT, (long)r->seconds);
	curl.set(c, CURLOPT_LOW_SPEED_TIME, (long)SLOW_SECONDS);
	curl.set(c, CURLOPT_LOW_SPEED_LIMIT, (long)SLOW_BYTES);
	curl.set(c, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)r->max);
	curl.set(c, CURLOPT_NOSIGNAL, 1L);
	if (is_here(strstr(r->url, "://") + 3))
		curl.set(c, CURLOPT_PROXY, "");
	if (r->ca) {
		curl.set(c, CURLOPT_CAINFO, r->ca);
		curl.set(c, CURLOPT_CAPATH, NULL);
	}
}

static enum sb_http_fault judge(CURLcode code, bool too_large)
{
	static const struct {
		CURLcode code;
		enum sb_http_fault fault;
	} rows[] = {
		{CURLE_OK, SB_HTTP_OK},
		{CURLE_FILESIZE_EXCEEDED, SB_HTTP_TOO_LARGE},
		{CURLE_OUT_OF_MEMORY, SB_HTTP_NO_MEMORY},
		{CURLE_PEER_FAILED_VERIFICATION, SB_HTTP_CERTIFICATE},
		{CURLE_SSL_CACERT_BADFILE, SB_HTTP_CERTIFICATE},
		{CURLE_OPERATION_TIMEDOUT, SB_HTTP_TIME},
	};

	for (size_t i = 0; !too_large && i < sizeof rows / sizeof *rows; i++)
		if (rows[i].code == code)
			return rows[i].fault;
	return too_large ? SB_HTTP_TOO_LARGE : SB_HTTP_FAILED;
}

/* The list so far is freed when it cannot grow; then nothing is sent, rather than a request that lacks a line. */
static bool list_headers(const char *const *lines, struct curl_slist **list)
{
	*list = NULL;
	for (; lines && *lines; lines++) {
		struct curl_slist *longer = curl.append(*list, *lines);

		if (!longer) {
			curl.free_all(*list);
			*list = NULL;
			return false;
		}
		*list = longer;
	}
	return true;
}

static enum sb_http_fault perform(CURL *c, struct transfer *t)
{
	const struct sb_http_request *r = t->request;
	char why[CURL_ERROR_SIZE] = "";
	struct curl_slist *headers;
	CURLcode code;

	if (!list_headers(r->headers, &headers))
		return SB_HTTP_NO_MEMORY;
	set_limits(c, r);
	curl.set(c, CURLOPT_URL, r->url);
	curl.set(c, CURLOPT_USERAGENT, "sinbun/" SB_VERSION);
	curl.set(c, CURLOPT_HTTPHEADER, headers);
	curl.set(c, CURLOPT_WRITEFUNCTION, take_body);
	curl.set(c, CURLOPT_WRITEDATA, t);
	curl.set(c, CURLOPT_HEADERFUNCTION, take_header);
	curl.set(c, CURLOPT_HEADERDATA, t);
	curl.set(c, CURLOPT_ERRORBUFFER, why);
	if (r->post) {
		curl.set(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.len);
		curl.set(c, CURLOPT_POSTFIELDS, r->body.len ? (const char *)r->body.data : "");
	}
	code = curl.perform(c);
	curl.info(c, CURLINFO_RESPONSE_CODE, &t->answer->status);
	snprintf(t->answer->why, sizeof t->answer->why, "%s", sb_clean(*why ? why : curl.error(code)));
	curl.free_all(headers);
	return judge(code, t->too_large);
}

enum sb_http_fault sb_http(const struct sb_http_request *request, struct sb_http_answer *answer)
{
	struct transfer t = {.request = request, .answer = answer};
	enum sb_http_fault fault;
	CURL *c;

	*answer = (struct sb_http_answer){0};
	if (!sb_http_allowed(request->url, request->plain_here))
		return SB_HTTP_ADDRESS;
	if (!load_curl())
		return SB_HTTP_NO_LIBRARY;
	c = curl.init();
	if (!c)
		return SB_HTTP_NO_MEMORY;
	fault = perform(c, &t);
	curl.cleanup(c);
	return fault;
}

void sb_http_answer_free(struct sb_http_answer *answer)
{
	if (answer)
		sb_bytes_free(&answer->body);
}
