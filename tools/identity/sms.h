/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_SMS_H
#define SINBUN_SMS_H

#include <stdbool.h>

#include "common/failure.h"

/* Text messages through a gateway that speaks Kannel's sendsms interface (Kannel 1.4 User's Guide, "Using the SMS Center"), by POST: the
 * password and the text stand in no address, and so in no server's list of addresses. */

/* ROOT/sms.conf: url, username, password-file, from, and perhaps smsc, ca-file, timeout. sinbun-providers(5) explains the keys. */
struct sb_sms;
/* SB_EXIT_CONFIG "no_sms_gateway" (no such file), "bad_sms_gateway" (field: the key; the message names file and line). */
int sb_sms_open(const char *root, struct sb_sms **out, struct sb_failure *f);
/* Waits for no answer longer than that, whatever sms.conf says. */
void sb_sms_hurry(struct sb_sms *sms, unsigned seconds);
void sb_sms_close(struct sb_sms **sms);

enum { SB_SMS_BYTES = 1000 };
/* text: UTF-8, any letters, at most SB_SMS_BYTES. to: as sb_phone_read takes it. *queued: the gateway has it, and no way to pass it on just now.
 * SB_EXIT_DATA "bad_phone"; SB_EXIT_NETWORK "network" (no gateway), "sms_busy" (it cannot now: try again later), "sms_refused" (it does not take
 * this message; its own words are in the message); SB_EXIT_CONFIG "sms_denied" (it does not know this user, password or sender). */
int sb_sms_send(const struct sb_sms *sms, const char *to, const char *text, bool *queued, struct sb_failure *f);

#endif
