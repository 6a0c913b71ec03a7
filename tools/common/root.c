/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/root.h"

#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"

int sb_root_prepare(const char *root, struct sb_failure *f)
{
	int rc = sb_file_mkdir(root, 0700, true);

	if (rc == SB_OK)
		rc = sb_file_private_dir(root);
	if (rc == SB_E_UNSAFE)
		return sb_fail(f, SB_EXIT_STORAGE, "unsafe_directory", root,
			_("%s must be yours alone. Run: chmod 700 '%s' (and chown it to yourself if it is another's)."), root, root);
	if (rc != SB_OK)
		return sb_fail(f, SB_EXIT_STORAGE, "no_directory", root, _("%s cannot be used: %s."), root, _(sb_error_text(rc)));
	return SB_EXIT_OK;
}
