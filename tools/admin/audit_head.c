/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/audit.h"

#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"

/* `audit head`: how far the audit is, signed, to be kept where whoever can change the registry cannot. The newest one also stands in the registry. */

static int sign(struct admin *a, const struct sb_audit_mark *last, struct sb_audit_head *head, struct sb_bytes *text)
{
	*head = (struct sb_audit_head){.iat = time(NULL), .count = last->number};
	snprintf(head->issuer, sizeof head->issuer, "%s", a->issuer);
	memcpy(head->chain, last->chain, 32);
	return sb_audit_head_make(head, sb_bytes_slice(&a->signer_certificate), &a->signer, text);
}

/* Of the last row that this program wrote, once the audit is as that had left it. *signature: SB_E_* of the signature alone. */
static int make_head(struct admin *a, struct sb_audit_head *head, struct sb_bytes *text, int *signature)
{
	struct sb_registry *r = a->registry;
	struct sb_audit_mark last = {0};
	int rc = r->ops->begin(r);

	*signature = SB_OK;
	if (rc == SB_OK)
		rc = sb_registry_audit_mend(r);
	if (rc == SB_OK)
		rc = sb_registry_audit_head(r, &last);
	if (rc == SB_OK)
		rc = *signature = sign(a, &last, head, text);
	if (rc == SB_OK)
		rc = r->ops->put(r, SETTING_SIGNED_HEAD, sb_bytes_slice(text));
	if (rc == SB_OK)
		rc = r->ops->commit(r);
	r->ops->rollback(r);
	return rc;
}

void admin_audit_keep_head(struct admin *a)
{
	struct sb_audit_head head;
	struct sb_bytes text = {0};
	int signature, rc = make_head(a, &head, &text, &signature);

	if (rc != SB_OK)
		sb_warn(a->p, _("The audit got no new signed head: %s."), _(sb_error_text(rc)));
	sb_bytes_free(&text);
}

static int write_head(struct admin *a, const char *path, struct sb_audit_head *head, struct sb_failure *f)
{
	struct sb_bytes text = {0};
	int signature, rc = make_head(a, head, &text, &signature), done;

	if (signature != SB_OK)
		done = admin_fail_signature(a, signature, f);
	else if (rc != SB_OK)
		done = admin_fail(rc, "registry.db", f);
	else {
		rc = sb_bytes_append_byte(&text, '\n');
		if (rc == SB_OK)
			rc = sb_file_write(path, text.data, text.len, 0644);
		done = rc == SB_OK ? SB_EXIT_OK
				   : sb_fail(f, SB_EXIT_STORAGE, "cannot_write", "--out", _("%s cannot be written: %s."), path, _(sb_error_text(rc)));
	}
	sb_bytes_free(&text);
	return done;
}

static int head(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	const char *path = sb_program_text(p, "--out");
	struct sb_audit_head made;
	struct admin a;
	int rc = admin_open(p, &a, f);

	if (rc != SB_EXIT_OK)
		return rc;
	rc = write_head(&a, path, &made, f);
	if (rc == SB_EXIT_OK) {
		json_object_set_new(result, "count", json_integer(made.count));
		json_object_set_new(result, "time", json_integer(made.iat));
		sb_say(p, ngettext("The signed head of %lld row is in %s. Keep it elsewhere: it is for audit verify --head.\n",
			       "The signed head of %lld rows is in %s. Keep it elsewhere: it is for audit verify --head.\n", (unsigned long)made.count),
			(long long)made.count, path);
	}
	admin_close(&a);
	return rc;
}

static const struct sb_option options[] = {
	{"--out", SB_OPTION_FILE, "FILE", N_("where the head goes"), true},
	{0},
};

const struct sb_verb admin_audit_head = {"audit head", "", 0, 0, N_("write how far the audit is, signed, to keep elsewhere"), options, head};
