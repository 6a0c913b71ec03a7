/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_VERIFY_REASON_H
#define SINBUN_VERIFY_REASON_H

#include <stdbool.h>

/* Why a presentation is valid or refused (design.md section 8). The names are what --json prints. */
#define VERIFY_REASONS(ROW)                                                                                                                    \
	ROW(OK, "ok")                                                                                                                          \
	ROW(MALFORMED, "malformed")                                                                                                            \
	ROW(NO_BUNDLE, "no_bundle")                                                                                                            \
	ROW(UNKNOWN_ISSUER, "unknown_issuer")                                                                                                  \
	ROW(ALTERED, "altered")                                                                                                                \
	ROW(HOLDER_MISMATCH, "holder_mismatch")                                                                                                \
	ROW(WRONG_AUDIENCE, "wrong_audience")                                                                                                  \
	ROW(NOT_YET_VALID, "not_yet_valid")                                                                                                    \
	ROW(TOO_OLD, "too_old")                                                                                                                \
	ROW(EXPIRED, "expired")                                                                                                                \
	ROW(REPLAYED, "replayed")                                                                                                              \
	ROW(WRONG_CHALLENGE, "wrong_challenge")                                                                                                \
	ROW(STATUS_MISSING, "status_missing")                                                                                                  \
	ROW(STATUS_STALE, "status_stale")                                                                                                      \
	ROW(REVOKED, "revoked")                                                                                                                \
	ROW(SUSPENDED, "suspended")

enum verify_reason {
#define VERIFY_REASON_VALUE(name, text) VERIFY_##name,
	VERIFY_REASONS(VERIFY_REASON_VALUE)
#undef VERIFY_REASON_VALUE
	VERIFY_REASON_COUNT
};

/* "too_old" */
const char *verify_reason_name(enum verify_reason reason);
bool verify_reason_parse(const char *name, enum verify_reason *out);
/* What it means and what to do next, in the user's language. */
const char *verify_reason_sentence(enum verify_reason reason);
const char *verify_reason_mend(enum verify_reason reason);
/* The same of an mdoc, an SD-JWT, an answer to a request. */
const char *verify_answer_sentence(enum verify_reason reason);
const char *verify_answer_mend(enum verify_reason reason);

#endif
