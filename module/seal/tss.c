/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "seal/tss.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

#define ROW(name) {#name, offsetof(struct tss, name)},
struct row {
	const char *name;
	size_t place;
};
static const struct row esys[] = {TSS_ESYS(ROW)}, tctildr[] = {TSS_TCTILDR(ROW)};

static const struct {
	const char *file;
	const struct row *rows;
	size_t count;
} libraries[] = {
	{"libtss2-esys.so.0", esys, sizeof esys / sizeof *esys},
	{"libtss2-tctildr.so.0", tctildr, sizeof tctildr / sizeof *tctildr},
};

/* Never unloaded: it leaves things behind in the process that point into it. */
static int load(struct tss *tss)
{
	for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
		void *library = dlopen(libraries[i].file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

		if (!library)
			return SB_E_TPM_LIBRARY;
		for (size_t k = 0; k < libraries[i].count; k++) {
			void *symbol = dlsym(library, libraries[i].rows[k].name);

			if (!symbol)
				return SB_E_TPM_LIBRARY;
			memcpy((char *)tss + libraries[i].rows[k].place, &symbol, sizeof symbol);
		}
	}
	return SB_OK;
}

int tss_load(const struct tss **out)
{
	static struct tss tss;
	static bool loaded;
	int rc = loaded ? SB_OK : load(&tss);

	loaded = rc == SB_OK;
	*out = &tss;
	return rc;
}

/* Each source file of libtss2 reads TSS2_LOG when it first has something to say, so it must be set at every call. setenv() would pull
 * the environment from under other threads of the host that read it; so another one is put in its place for the time. It is never
 * freed: somebody may be reading it. */
static struct {
	char **own, **host;
	size_t room;
} environment;

static bool is_log(const char *entry)
{
	return strncmp(entry, "TSS2_LOG=", 9) == 0 || strncmp(entry, "TSS2_LOGFILE=", 13) == 0;
}

int tss_hush(void)
{
	static char silence[] = "TSS2_LOG=all+NONE";
	size_t count = 0, kept = 0;

	while (environ && environ[count])
		count++;
	if (environment.room < count + 2) {
		char **larger = calloc(2 * count + 2, sizeof *larger);

		if (!larger)
			return SB_E_NOMEM;
		environment.own = larger;
		environment.room = 2 * count + 2;
	}
	for (size_t i = 0; i < count; i++)
		if (!is_log(environ[i]))
			environment.own[kept++] = environ[i];
	environment.own[kept++] = silence;
	environment.own[kept] = NULL;
	environment.host = environ;
	environ = environment.own;
	return SB_OK;
}

void tss_unhush(void)
{
	/* Where the host set a variable meanwhile it has an environment of its own again, with our line in it. */
	if (environ == environment.own)
		environ = environment.host;
	else
		unsetenv("TSS2_LOG");
}
