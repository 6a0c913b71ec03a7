/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_HTTP_H
#define SINBUN_HTTP_H

#include "base/bytes.h"

/* One exchange over HTTPS (libcurl, loaded when something is fetched): TLS 1.2 or newer, the server's certificate and name verified, no
 * compression, bounds on size and time. The environment's proxies are used as curl does, but never towards this machine itself. */
enum { SB_HTTP_TAG = 256, SB_HTTP_WHY = 256 };

struct sb_http_request {
	const char *url;
	bool plain_here;            /* http:// is allowed too, where the host is 127.0.0.1, [::1] or localhost */
	const char *ca;             /* PEM file of authorities, or NULL: the system's */
	const char *const *headers; /* lines "Name: value", ended by NULL; or NULL. They may hold secrets: no log, no redirect sees them */
	bool post;                  /* sends body; else GET */
	struct sb_slice body;
	size_t max;                 /* bytes of an answer */
	unsigned seconds;           /* for all of it */
	unsigned redirects;         /* how many are followed, none of them away from HTTPS */
};

struct sb_http_answer {
	long status;                                  /* 200, 304 …; whatever the server says */
	char etag[SB_HTTP_TAG], modified[SB_HTTP_TAG]; /* clean text, or "" */
	char type[SB_HTTP_TAG];                       /* Content-Type, or "" */
	struct sb_bytes body;
	char why[SB_HTTP_WHY];                        /* after a fault: libcurl's words, clean text */
};

enum sb_http_fault {
	SB_HTTP_OK,
	SB_HTTP_NO_LIBRARY,  /* libcurl.so.4 is not installed */
	SB_HTTP_NO_MEMORY,
	SB_HTTP_ADDRESS,     /* no https:// address (nor a plain one of this machine, where that is allowed) */
	SB_HTTP_CERTIFICATE, /* the server cannot prove that it is the one; also an authority file that cannot be read */
	SB_HTTP_TIME,        /* it took longer than was given, or stood still */
	SB_HTTP_TOO_LARGE,
	SB_HTTP_FAILED,      /* no connection, no name, cut short, no TLS */
};

/* SB_HTTP_OK: there is an answer, of whatever status. The body belongs to the caller (sb_http_answer_free) in every case. */
enum sb_http_fault sb_http(const struct sb_http_request *request, struct sb_http_answer *answer);
void sb_http_answer_free(struct sb_http_answer *answer); /* wipes the body */

/* Is it an address that sb_http would go to? */
bool sb_http_allowed(const char *url, bool plain_here);

#endif
