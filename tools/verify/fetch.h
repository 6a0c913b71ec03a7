/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_VERIFY_FETCH_H
#define SINBUN_VERIFY_FETCH_H

#include "base/bytes.h"
#include "common/failure.h"
#include "common/http.h"

/* One file over HTTPS (common/http.h), at most three redirects and none that leaves HTTPS. */
enum { FETCH_TAG = SB_HTTP_TAG };

struct fetch {
	const char *url;
	const char *ca;                           /* PEM file of authorities, or NULL: the system's */
	size_t max;                               /* bytes */
	char etag[FETCH_TAG], modified[FETCH_TAG]; /* before: of the copy at hand, or ""; after: of what came */
	bool unchanged;                           /* the copy at hand is the newest */
	struct sb_bytes body;
};

/* SB_EXIT_NETWORK "network" (no connection, TLS, time, size; the message says what) or "http_status". field: --url. */
int fetch_get(struct fetch *fetch, struct sb_failure *f);

#endif
