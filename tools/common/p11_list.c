/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/p11_private.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/i18n.h"
#include "common/root.h"

/* All tokens: those that the module lists, then those that only their directories tell of. */

struct list {
	struct sb_p11 *p11;
	struct sb_p11_token *tokens;
	size_t count;
};

static struct sb_p11_token *add(struct list *l)
{
	struct sb_p11_token *more = reallocarray(l->tokens, l->count + 1, sizeof *more);

	if (!more)
		return NULL;
	l->tokens = more;
	more[l->count] = (struct sb_p11_token){.why = {.tries_left = -1}};
	return &more[l->count++];
}

static struct sb_p11_token *find(struct list *l, const char *serial)
{
	for (size_t i = 0; i < l->count; i++)
		if (strcmp(l->tokens[i].status.serial, serial) == 0)
			return &l->tokens[i];
	return NULL;
}

static int fail_memory(struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
}

static int add_slot(struct list *l, CK_SLOT_ID slot, struct sb_failure *f)
{
	struct sb_p11_status status;
	struct sb_p11_token *t;
	struct sb_failure why;
	CK_TOKEN_INFO info;

	/* One that another process takes away just now is none. Slots of the same number (a token brought in from another directory) hide all
	 * but the first. */
	if (l->p11->module->C_GetTokenInfo(slot, &info) != CKR_OK || !sb_p11_is_meant(l->p11, &info))
		return SB_EXIT_OK;
	sb_p11_select_slot(l->p11, slot);
	if (sb_p11_status(l->p11, &status, &why) != SB_EXIT_OK || find(l, status.serial))
		return SB_EXIT_OK;
	t = add(l);
	if (!t)
		return fail_memory(f);
	t->status = status;
	t->opens = true;
	return SB_EXIT_OK;
}

static int add_slots(struct list *l, struct sb_failure *f)
{
	CK_ULONG count = 0;
	CK_SLOT_ID *slots;
	CK_RV rv = sb_p11_slots(l->p11, &slots, &count);
	int rc = rv == CKR_OK ? SB_EXIT_OK : sb_p11_fail(l->p11, rv, "C_GetSlotList", f);

	for (CK_ULONG i = 0; rc == SB_EXIT_OK && i < count; i++)
		rc = add_slot(l, slots[i], f);
	free(slots);
	return rc;
}

static int add_directory(struct list *l, const char *serial, struct sb_failure *f)
{
	struct sb_p11_token *t = find(l, serial);
	char path[sizeof t->path];

	if ((size_t)snprintf(path, sizeof path, "%s/%s", l->p11->token_dir, serial) >= sizeof path || access(path, F_OK) != 0)
		return SB_EXIT_OK;
	if (!t) {
		/* What --token names cannot be told from what cannot be read. */
		if (l->p11->uri)
			return SB_EXIT_OK;
		t = add(l);
		if (!t)
			return fail_memory(f);
		snprintf(t->status.serial, sizeof t->status.serial, "%s", serial);
	}
	snprintf(t->path, sizeof t->path, "%s", path);
	/* The module does not look at every file's rights; what it finds unsafe it does not list. */
	if (sb_root_check_token(path, &t->why) == SB_EXIT_OK && !t->opens)
		sb_p11_fail_unreadable(path, &t->why);
	return SB_EXIT_OK;
}

int sb_p11_list(struct sb_p11 *p11, struct sb_p11_token **tokens, size_t *count, struct sb_failure *f)
{
	struct list l = {.p11 = p11};
	struct dirent **entries;
	/* Names first: a token made meanwhile does no harm then, and one removed meanwhile has no directory. */
	int names = sb_p11_names(p11, &entries), rc = add_slots(&l, f);

	sb_p11_select_slot(p11, 0);
	p11->selected = false;
	for (int i = 0; i < names; i++) {
		if (rc == SB_EXIT_OK)
			rc = add_directory(&l, entries[i]->d_name, f);
		free(entries[i]);
	}
	free(entries);
	if (rc != SB_EXIT_OK) {
		free(l.tokens);
		l = (struct list){0};
	}
	*tokens = l.tokens;
	*count = l.count;
	return rc;
}
