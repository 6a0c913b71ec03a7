/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "identity/secret_file.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"
#include "common/verb.h"

enum { LINE_MAX_BYTES = 1024 };

int sb_secret_file_read(const char *path, const char *error, struct sb_bytes *out, struct sb_failure *f)
{
	int fd, rc = sb_file_open_private(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, &fd);

	if (rc == SB_E_UNSAFE)
		return sb_fail(f, SB_EXIT_CONFIG, error, path, _("%s holds a secret and is open to others, or somebody else's. As its owner: chmod 600 %s"), path, path);
	if (rc == SB_OK) {
		rc = sb_file_read_fd(fd, LINE_MAX_BYTES, out);
		close(fd);
	}
	while (rc == SB_OK && out->len && (out->data[out->len - 1] == '\n' || out->data[out->len - 1] == '\r'))
		out->len--;
	if (rc == SB_OK)
		rc = sb_bytes_terminate(out);
	if (rc != SB_OK) {
		sb_bytes_free(out);
		return sb_fail(f, SB_EXIT_CONFIG, error, path, _("%s cannot be read: %s."), path, _(sb_error_text(rc)));
	}
	if (!out->len || strlen((const char *)out->data) != out->len || !sb_is_clean((const char *)out->data)) {
		sb_bytes_free(out);
		return sb_fail(f, SB_EXIT_CONFIG, error, path, _("%s is to hold one line of text, the secret, and nothing else."), path);
	}
	return SB_EXIT_OK;
}
