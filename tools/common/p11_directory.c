/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/p11_private.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/i18n.h"

/* The directory of tokens beside the module's list of them. The module passes over a store that it cannot open, so that one does not
 * hinder the others; for people it makes all the difference whether there is no token, or one that cannot be read. */

enum { ROOM = 128 * 1024 /* what a store needs to be opened: its log's index, and a few pages */ };

static bool is_serial(const char *name)
{
	return strlen(name) == SB_P11_SERIAL && strspn(name, "0123456789abcdef") == SB_P11_SERIAL;
}

static int is_token(const struct dirent *entry)
{
	return is_serial(entry->d_name);
}

/* Another maker's tokens are not in our directory. */
static bool is_our_module(struct sb_p11 *p11)
{
	CK_INFO info;

	return p11->module->C_GetInfo(&info) == CKR_OK && memcmp(info.manufacturerID, "sinbun ", 7) == 0;
}

static bool is_listed(struct sb_p11 *p11, const char *serial, const CK_SLOT_ID *slots, CK_ULONG count)
{
	CK_TOKEN_INFO info;

	for (CK_ULONG i = 0; i < count; i++)
		if (p11->module->C_GetTokenInfo(slots[i], &info) == CKR_OK && memcmp(info.serialNumber, serial, SB_P11_SERIAL) == 0)
			return true;
	return false;
}

int sb_p11_fail_unreadable(const char *path, struct sb_failure *f)
{
	struct statvfs fs;

	if (statvfs(path, &fs) == 0 && fs.f_bavail * fs.f_frsize < ROOM)
		return sb_fail(f, SB_EXIT_STORAGE, "disk_full", path, _("The token in %s cannot be opened: no space is left on its file system. Make room there and try again."),
			path);
	return sb_fail(f, SB_EXIT_STORAGE, "token_damaged", path,
		_("The token in %s is damaged and cannot be read. Put that directory back from a copy. Without one, move it away and begin anew; a card on it has to be revoked."),
		path);
}

/* The names were read before the slots were asked for, so a token made in between does no harm; one removed in between has no directory. */
static int look(struct sb_p11 *p11, const char *name, const CK_SLOT_ID *slots, CK_ULONG count, struct sb_failure *f)
{
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof path, "%s/%s", p11->token_dir, name) >= sizeof path || is_listed(p11, name, slots, count) ||
		access(path, F_OK) != 0)
		return SB_EXIT_OK;
	return sb_p11_fail_unreadable(path, f);
}

int sb_p11_names(struct sb_p11 *p11, struct dirent ***entries)
{
	*entries = NULL;
	return p11->token_dir && is_our_module(p11) ? scandir(p11->token_dir, entries, is_token, alphasort) : 0;
}

int sb_p11_readable(struct sb_p11 *p11, struct sb_failure *f)
{
	struct dirent **entries = NULL;
	int names = sb_p11_names(p11, &entries), rc = SB_EXIT_OK;
	CK_ULONG count = 0;
	CK_SLOT_ID *slots = NULL;
	CK_RV rv = sb_p11_slots(p11, &slots, &count);

	if (rv != CKR_OK)
		rc = sb_p11_fail(p11, rv, "C_GetSlotList", f);
	for (int i = 0; i < names; i++) {
		if (rc == SB_EXIT_OK)
			rc = look(p11, entries[i]->d_name, slots, count, f);
		free(entries[i]);
	}
	free(entries);
	free(slots);
	return rc;
}
