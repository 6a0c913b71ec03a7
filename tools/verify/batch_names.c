/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"
#include "verify/batch.h"

enum { LIST_MAX = 256 << 20 };

static int read_list(const char *path, struct sb_bytes *text, struct sb_failure *f)
{
	int rc = strcmp(path, "-") == 0 ? sb_file_read_fd(STDIN_FILENO, LIST_MAX, text) : sb_file_read(path, LIST_MAX, text);

	return rc == SB_OK ? SB_EXIT_OK
			   : sb_fail(f, SB_EXIT_DATA, "cannot_read", "--files-from", _("%s cannot be read: %s."), sb_clean(sb_source_name(path)),
				     _(sb_error_text(rc)));
}

/* A list with a NUL in it is ended by NULs (find -print0), so that any name can stand there; empty lines name nothing. Lines of another
 * system end with CR LF. */
static size_t part_list(struct sb_bytes *text, const char **paths)
{
	char *at = (char *)text->data, *end = at + text->len;
	int mark = memchr(at, 0, text->len) ? 0 : '\n';
	size_t count = 0;

	while (at < end) {
		char *stop = memchr(at, mark, (size_t)(end - at)), *next;

		stop = stop ? stop : end;
		next = stop + 1;
		if (mark == '\n' && stop > at && stop[-1] == '\r')
			stop--;
		if (stop > at && paths)
			paths[count] = at;
		count += stop > at;
		if (paths && stop < end)
			*stop = 0;
		at = next;
	}
	return count;
}

int batch_names_read(struct sb_program *p, struct batch_names *names, struct sb_failure *f)
{
	const char *list = sb_program_text(p, "--files-from");
	size_t given = sb_program_operand_count(p), count = given;
	int rc = list ? read_list(list, &names->text, f) : SB_EXIT_OK;

	if (rc == SB_EXIT_OK && names->text.len) {
		count += part_list(&names->text, NULL);
		/* The last line may lack its end; the name in it needs one. */
		if (sb_bytes_terminate(&names->text) != SB_OK)
			rc = sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
	}
	if (rc != SB_EXIT_OK)
		return rc;
	names->paths = calloc(count + 1, sizeof *names->paths);
	if (!names->paths)
		return sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
	for (size_t i = 0; i < given; i++)
		names->paths[i] = sb_program_operand(p, i);
	if (count > given)
		part_list(&names->text, names->paths + given);
	names->count = count;
	return SB_EXIT_OK;
}

void batch_names_free(struct batch_names *names)
{
	sb_bytes_free(&names->text);
	free(names->paths);
	*names = (struct batch_names){0};
}
