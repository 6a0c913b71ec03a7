/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_SECRET_FILE_H
#define SINBUN_SECRET_FILE_H

#include "base/bytes.h"
#include "common/failure.h"

/* A password of a service, one line in a file of the caller's that nobody else can read. out: the line, terminated. SB_EXIT_CONFIG error,
 * field the path. */
int sb_secret_file_read(const char *path, const char *error, struct sb_bytes *out, struct sb_failure *f);

#endif
