/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/import_progress.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/error.h"
#include "base/file.h"

#define SETTING "import"
enum { NUMBERS = 6, MARK_SIZE = 32 + NUMBERS * 8 };

int import_mark_get(struct sb_registry *r, struct import_mark *out)
{
	unsigned *numbers[NUMBERS] = {&out->rows, &out->added, &out->changed, &out->same, &out->suspended, &out->restored};
	struct sb_bytes value = {0};
	int rc = r->ops->get(r, SETTING, &value);

	if (rc == SB_OK && value.len != MARK_SIZE)
		rc = SB_E_NOT_FOUND;
	if (rc == SB_OK) {
		memcpy(out->chain, value.data, sizeof out->chain);
		for (size_t i = 0; i < NUMBERS; i++)
			*numbers[i] = (unsigned)sb_get_u64(value.data + sizeof out->chain + 8 * i);
	}
	sb_bytes_free(&value);
	return rc;
}

int import_mark_put(struct sb_registry *r, const struct import_mark *mark)
{
	uint8_t value[MARK_SIZE];

	if (!mark)
		return r->ops->put(r, SETTING, sb_slice("", 0));
	memcpy(value, mark->chain, sizeof mark->chain);
	sb_put_u64(value + 32, mark->rows);
	sb_put_u64(value + 40, mark->added);
	sb_put_u64(value + 48, mark->changed);
	sb_put_u64(value + 56, mark->same);
	sb_put_u64(value + 64, mark->suspended);
	sb_put_u64(value + 72, mark->restored);
	return r->ops->put(r, SETTING, sb_slice(value, sizeof value));
}

int import_lock(const char *path, int *fd)
{
	int rc = sb_file_open_private(AT_FDCWD, path, O_RDWR | O_CREAT, fd);

	if (rc != SB_OK || flock(*fd, LOCK_EX | LOCK_NB) == 0)
		return rc;
	rc = errno == EWOULDBLOCK ? SB_E_BUSY : SB_E_IO;
	close(*fd);
	*fd = -1;
	return rc;
}
