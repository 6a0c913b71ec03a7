/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_ADMIN_MEMBER_H
#define SINBUN_ADMIN_MEMBER_H

#include <jansson.h>

#include "base/bytes.h"
#include "common/failure.h"
#include "registry/registry_apply.h"

/* Member accounts of residents: an id and a password, which sign in for an application. Nothing here knows of command lines. */

enum { MEMBER_ID_MIN = 4, MEMBER_ID_MAX = 40, MEMBER_PASSWORD_MIN = 10, MEMBER_PASSWORD_MAX = 128 /* bytes */ };
enum { MEMBER_TRIES = 5, MEMBER_PAUSE = 30, MEMBER_PAUSE_MAX = 3600 /* seconds */ };

/* input: id, name, rrn. The name must be that of the number (real-name check). *number: of the account. "missing", "bad_id", "bad_rrn", "mismatch" (rrn,
 * name), "bad_password" (rule length, id, birth_date, text), "member_exists" (id, or rrn where the resident has an account). officer NULL: the resident
 * alone, whose tries at the real-name check are charged (real_name.h). Outside a transaction. */
int member_add(struct sb_registry *r, const json_t *input, struct sb_slice password, const char *officer, int64_t now, int64_t *number,
	struct sb_failure *f);
/* Takes the account away; "no_member". */
int member_remove(struct sb_registry *r, const char *id, const char *actor, struct sb_failure *f);
/* Whether they belong together. A try is charged, durably, before that is known: after MEMBER_TRIES wrong ones in a row the account waits, each time
 * twice as long, an hour at most. "bad_login" does not tell whether there is such an id; "member_locked". Outside a transaction. */
int member_check(struct sb_registry *r, const char *id, struct sb_slice password, int64_t now, struct sb_registry_member *out, struct sb_failure *f);

#endif
