/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_SECRET_INPUT_H
#define SINBUN_SECRET_INPUT_H

#include "base/bytes.h"
#include "common/verb.h"

/* PINs, PUKs and passwords: one line from --pin-fd/--puk-fd, else from the terminal without echo (asked twice when new). The line is
 * kept in guarded memory (crypto/secret.h). Each descriptor is read once; a second call for the same option gives the same line. */
enum sb_secret_kind { SB_SECRET_PIN, SB_SECRET_NEW_PIN, SB_SECRET_PUK, SB_SECRET_PASSPHRASE, SB_SECRET_NEW_PASSPHRASE, SB_SECRET_PASSWORD, SB_SECRET_NEW_PASSWORD };
struct sb_secret { char *text; size_t len; };
/* option: "--pin-fd", "--puk-fd", "--new-pin-fd". SB_EXIT_OK with at least one character, or SB_EXIT_USAGE with *f filled: no terminal and no
 * descriptor, or "nothing_entered". */
int sb_secret_ask(struct sb_program *p, enum sb_secret_kind kind, const char *option, struct sb_secret *out, struct sb_failure *f);
/* The option row of a verb that asks for an unblocking code. */
#define SB_PUK_OPTION {"--puk-fd", SB_OPTION_FD, "N", N_("read the unblocking code as one line from descriptor N"), false}
void sb_secret_clear(struct sb_secret *secret);

#endif
