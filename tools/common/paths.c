/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/paths.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TAIL = 64 };

/* The build tree that the program stands in, or "" when it is installed. */
static const char *tree(void)
{
	static char path[PATH_MAX];
	static int known;
	char module[PATH_MAX + TAIL];
	ssize_t len;
	char *slash;

	if (known)
		return path;
	known = 1;
	len = readlink("/proc/self/exe", path, sizeof path - 1);
	path[len > 0 ? len : 0] = 0;
	/* TREE/tools/PROGRAM: two names off. */
	for (int i = 0; i < 2; i++) {
		slash = strrchr(path, '/');
		if (i == 1 && slash && strcmp(slash, "/tools") != 0)
			slash = NULL;
		if (!slash) {
			path[0] = 0;
			return path;
		}
		*slash = 0;
	}
	snprintf(module, sizeof module, "%s/module/.libs/sinbun-pkcs11.so", path);
	if (access(module, R_OK) != 0)
		path[0] = 0;
	return path;
}

static const char *choose(char *buffer, const char *in_tree, const char *installed)
{
	if (!*tree())
		return installed;
	snprintf(buffer, PATH_MAX + TAIL, "%s%s", tree(), in_tree);
	return buffer;
}

const char *sb_path_module(void)
{
	static char path[PATH_MAX + TAIL];

	return choose(path, "/module/.libs/sinbun-pkcs11.so", SB_MODULE_PATH);
}

const char *sb_path_locale(void)
{
	static char path[PATH_MAX + TAIL];

	return choose(path, "/tools/po", SB_LOCALEDIR);
}

const char *sb_path_documents(void)
{
	static char path[PATH_MAX + TAIL];

	return choose(path, "/conf/documents.d", SB_DATADIR "/documents.d");
}

const char *sb_path_terms(void)
{
	static char path[PATH_MAX + TAIL];

	return choose(path, "/conf/terms", SB_DATADIR "/terms");
}

const char *sb_path_samples(void)
{
	static char path[PATH_MAX + TAIL];

	return choose(path, "/conf", SB_DATADIR);
}
