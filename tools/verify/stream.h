/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_VERIFY_STREAM_H
#define SINBUN_VERIFY_STREAM_H

#include "verify/answer.h"

/* `scan -`: codes as a camera or a hand scanner types them, a line each, answered before the next is read.
 * A camera reads the same code ten times a second: while it stays in view it is one showing, and answered once. Out of view for STREAM_GAP
 * seconds, or after another code, it is a new showing: of an accepted code that is a replay. */
enum { STREAM_GAP = 5 };

int stream_scan(struct answer *a, json_t *result, struct sb_failure *f);

#endif
