/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_VERIFY_BATCH_H
#define SINBUN_VERIFY_BATCH_H

#include "verify/answer.h"

/* `--batch`: many files, each for itself; an answer in one line for each code, in the order given, and a summary. Files are read and signatures
 * verified on all processors. What the desk remembers is asked and noted by one, many codes to a commit, before any of them is told: of two
 * that are the same the second is "replayed", and whoever ends the program in the middle loses nothing that was told. */

#define BATCH_OPTIONS                                                                                                                        \
	{"--batch", SB_OPTION_FLAG, NULL, N_("many files, each for itself: an answer in one line for each code, and a summary"), false},     \
	{"--files-from", SB_OPTION_FILE, "FILE|-", N_("a batch of the files that FILE names, one a line (or ended by NUL)"), false},        \
	{                                                                                                                                    \
		"--threads", SB_OPTION_NUMBER, "N", N_("a batch: on so many processors at once (all)"), false                                \
	}

/* SB_EXIT_OK: all valid; SB_EXIT_REFUSED; SB_EXIT_DATA where a file could not be read or held no code, or there was none at all. */
int batch_run(struct answer *a, json_t *result, struct sb_failure *f);
/* The same of `check`: a file beside which stands its request (FILE.request), or one for all in --request, is the answer to it, and has one verdict. */
int batch_check(struct answer *a, json_t *result, struct sb_failure *f);

/* --- batch_names.c --- */
/* The files' names: the operands, then those of --files-from. */
struct batch_names {
	struct sb_bytes text; /* of the list */
	const char **paths;
	size_t count;
};
int batch_names_read(struct sb_program *p, struct batch_names *names, struct sb_failure *f);
void batch_names_free(struct batch_names *names);

/* --- batch_share.c --- */
/* one(context, i) for each i below count, on so many threads; returns when all are done. A thread that cannot be had is done without. */
void batch_share(size_t threads, size_t count, void (*one)(void *context, size_t i), void *context);
/* How many processors this process may use. */
size_t batch_processors(void);

#endif
