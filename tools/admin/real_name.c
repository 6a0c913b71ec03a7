/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/real_name.h"

#include <stdio.h>
#include <stdlib.h>

#include "admin/admin.h"
#include "admin/tries.h"
#include "base/error.h"
#include "common/i18n.h"
#include "common/unicode.h"
#include "formats/jws.h"

#define USE "real name"
static const struct tries_limit limit = {REAL_NAME_TRIES, REAL_NAME_PAUSE, REAL_NAME_PAUSE_MAX, REAL_NAME_KEPT};
enum { KEYS = sizeof((struct real_name *)0)->keys / SB_REGISTRY_HASH };

static int hash(struct sb_registry *r, const char *what, const char *one, const char *two, uint8_t out[SB_REGISTRY_HASH])
{
	char *text = NULL;
	int rc = asprintf(&text, "%s %s %s", what, one, two) >= 0 ? sb_registry_hash(r, USE, text, out) : SB_E_NOMEM;

	sb_text_free(&text);
	return rc;
}

/* One name in all its spellings is one key. */
static int make_keys(struct sb_registry *r, const struct claim *c, uint8_t keys[KEYS][SB_REGISTRY_HASH])
{
	char *name = sb_unicode_nfc(sb_json_text(c->input, "name"));
	int rc = name ? SB_OK : SB_E_FORMAT;

	if (rc == SB_OK) {
		sb_unicode_squeeze(name);
		rc = hash(r, "number", c->rrn, "", keys[0]);
	}
	if (rc == SB_OK)
		rc = hash(r, "person", c->birth_date, name, keys[1]);
	sb_text_free(&name);
	return rc;
}

static int fail_pause(int64_t seconds, struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_NOT_NOW, "too_many_tries", "rrn",
		_("Name and resident registration number did not belong together too often. Try again in %lld seconds, or go to a counter."),
		(long long)seconds);
}

int real_name_charge(struct sb_registry *r, const struct claim *c, int64_t now, struct real_name *out, struct sb_failure *f)
{
	int64_t until = 0;
	int rc = make_keys(r, c, out->keys);

	if (rc == SB_E_FORMAT)
		return sb_fail(f, SB_EXIT_DATA, "missing", "name", _("The input lacks \"%s\"."), "name");
	if (rc == SB_OK)
		rc = r->ops->begin(r);
	if (rc == SB_OK)
		rc = tries_charge(r, &limit, out->keys, KEYS, now, &out->left, &until);
	if (rc == SB_OK && until <= now)
		rc = r->ops->commit(r);
	r->ops->rollback(r);
	if (rc != SB_OK)
		return admin_fail(rc, "registry.db", f);
	return until > now ? fail_pause(until - now, f) : SB_EXIT_OK;
}

int real_name_open(struct sb_registry *r, const struct claim *c, int64_t now, struct real_name *out, struct sb_failure *f)
{
	int64_t until = 0;
	int rc = make_keys(r, c, out->keys);

	if (rc == SB_OK)
		rc = tries_pause(r, out->keys, KEYS, &until);
	if (rc != SB_OK)
		return admin_fail(rc, "registry.db", f);
	return until > now ? fail_pause(until - now, f) : SB_EXIT_OK;
}

int real_name_wrong(struct sb_registry *r, struct real_name *t, int64_t now, struct sb_failure *f)
{
	int64_t until;
	int rc = tries_charge(r, &limit, t->keys, KEYS, now, &t->left, &until);

	return rc == SB_OK ? real_name_fail(t, f) : admin_fail(rc, "registry.db", f);
}

int real_name_right(struct sb_registry *r, const struct real_name *t, struct sb_failure *f)
{
	int rc = tries_clear(r, t->keys, KEYS);

	return rc == SB_OK ? SB_EXIT_OK : admin_fail(rc, "registry.db", f);
}

int real_name_give_back(struct sb_registry *r, const struct real_name *t, struct sb_failure *f)
{
	int rc = r->ops->begin(r);

	if (rc == SB_OK)
		rc = tries_clear(r, t->keys, KEYS);
	if (rc == SB_OK)
		rc = r->ops->commit(r);
	r->ops->rollback(r);
	return rc == SB_OK ? SB_EXIT_OK : admin_fail(rc, "registry.db", f);
}

int real_name_fail(const struct real_name *t, struct sb_failure *f)
{
	if (t->left > 0)
		sb_fail(f, SB_EXIT_DATA, "mismatch", "name",
			ngettext("Name and resident registration number do not belong together. Check both. %d try left before a pause.",
				"Name and resident registration number do not belong together. Check both. %d tries left before a pause.", (unsigned long)t->left),
			t->left);
	else
		sb_fail(f, SB_EXIT_DATA, "mismatch", "name", _("Name and resident registration number do not belong together. The next try is possible after a pause."));
	f->tries_left = t->left;
	return SB_EXIT_DATA;
}
