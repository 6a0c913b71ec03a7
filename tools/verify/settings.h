/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_VERIFY_SETTINGS_H
#define SINBUN_VERIFY_SETTINGS_H

#include "common/failure.h"
#include "common/verb.h"

/* HOME/desk.conf, the desk's own rules: "key = value" a line, "#" comments; absent: all defaults. An unknown or repeated key or a bad value is
 * an error with its line. (sinbun.conf beside it is the PKCS#11 module's.) */
struct settings {
	long bundle_warn;    /* hours: an older list of revoked cards is told of; 0: never */
	long bundle_refuse;  /* hours: an older list makes a card "status_stale"; 0: only the issuer's own end counts */
	long history_days;   /* how long a verification is remembered; 0: not at all */
	char *bundle_url;    /* where `update` fetches from; NULL: nowhere */
	char *bundle_ca;     /* PEM file of the authorities for that server; NULL: the system's */
	char *receipt_key;   /* PKCS#11 URI of the key that receipts are signed with; NULL: none */
	char *desk_name;     /* what receipts call this desk; NULL: nothing */
};

/* SB_EXIT_CONFIG "bad_configuration" with the key as field. */
int settings_read(struct sb_program *p, struct settings *out, struct sb_failure *f);
void settings_free(struct settings *settings);

#endif
