/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <string.h>

#include "admin/admin.h"
#include "admin/apply_login.h"
#include "admin/member.h"
#include "formats/jws.h"

/* Signing in with a member account: its resident is who applies. */

static int sign_in_outside(struct applying *a, struct sb_failure *f)
{
	struct sb_registry_member member = {0};
	const char *password;
	int rc = admin_claim_given(a->input, "id", f);

	if (rc == SB_EXIT_OK)
		rc = admin_claim_given(a->input, "password", f);
	if (rc != SB_EXIT_OK)
		return rc;
	password = sb_json_text(a->input, "password");
	rc = member_check(a->registry, sb_json_text(a->input, "id"), sb_slice(password, strlen(password)), a->now, &member, f);
	if (rc == SB_EXIT_OK)
		a->learned = json_pack("{s:I}", "resident", (json_int_t)member.resident);
	return rc;
}

static int sign_in(struct applying *a, struct sb_failure *f)
{
	return login_done_as(a, login_member.name, json_integer_value(json_object_get(a->learned, "resident")), f);
}

const struct login_kind login_member = {"member", sign_in_outside, sign_in, NULL};
