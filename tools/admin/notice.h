/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_ADMIN_NOTICE_H
#define SINBUN_ADMIN_NOTICE_H

#include <jansson.h>

#include "common/failure.h"
#include "registry/registry_life.h"

/* Notices to residents after what happens to their cards. One is put into the registry in the transaction of what it tells, sealed, for each way that
 * notice.conf has, and sent behind the commit: what happens to a gateway undoes nothing. */

enum notice_kind {
	NOTICE_ISSUED, NOTICE_REPLACED, NOTICE_SUSPENDED, NOTICE_RESUMED, NOTICE_REVOKED, NOTICE_REFRESHED, NOTICE_LOCKED, NOTICE_EXPIRING,
};
#define NOTICE_SMS "sms"
#define NOTICE_MAIL "mail"
#define NOTICE_NONE "none" /* the way to somebody to whom there is none */

/* notice.conf, and what this run did about it. */
struct notices {
	bool on; /* there is such a file */
	int sms, language; /* 0 no, 1 yes; 0 ko, 1 en */
	char *mail_dir;
	long days, expiring; /* until one is given up; before a card's end (0: never) */
	const char *issuer;  /* borrowed: as people know it */
	unsigned added;
};
int notice_conf_read(const char *path, struct notices *n, struct sb_failure *f);
void notice_conf_free(struct notices *n);

/* What a notice says. detail: the word of a reason, of NOTICE_EXPIRING the day; or "". Both are for the caller to free. SB_E_*. */
int notice_compose(const struct notices *n, enum notice_kind kind, const json_t *resident, const char *detail, struct sb_bytes *subject, struct sb_bytes *text);
const char *notice_word(enum notice_kind kind); /* "issued" … */

/* Inside the transaction of what it tells; nothing without notice.conf. resident: fields; card: "" for none. SB_E_*. */
int admin_notice_add(struct notices *n, struct sb_registry *r, enum notice_kind kind, const json_t *resident, const char *card, const char *detail);

struct admin;
struct notice_count {
	unsigned sent, waiting, given_up;
};
/* Sends what is due, `limit` of each way at the most, each one's turn coming later the more often it failed; seconds: how long a gateway may take to
 * answer (0: as sms.conf says). A way that fails is left alone for this time. *count has what this run did. *f: why the last one failed that waits;
 * SB_EXIT_OK where none does. */
int notice_send_due(struct admin *a, unsigned limit, unsigned seconds, struct notice_count *count, struct sb_failure *f);
/* Behind the commit of a verb that has added some: a few at once, and quickly. */
void notice_send_now(struct admin *a);

#endif
