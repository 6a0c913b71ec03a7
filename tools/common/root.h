/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_ROOT_H
#define SINBUN_ROOT_H

#include "common/failure.h"

/* Makes a program's directory (0700, parents too) where it is absent; refuses one that is another's or open to others, with the mend
 * (SB_EXIT_STORAGE). */
int sb_root_prepare(const char *root, struct sb_failure *f);
/* The same for everything under a directory of tokens, where it exists: the module passes over stores that are not safe, and it takes a
 * path and a mend to make sense of a card that is not there. */
int sb_root_check_tokens(const char *token_dir, struct sb_failure *f);
/* The same for one directory in it, which may not be a link itself. */
int sb_root_check_token(const char *path, struct sb_failure *f);

#endif
