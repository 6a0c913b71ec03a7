/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_VERIFY_REASON_H
#define SINBUN_VERIFY_REASON_H

/* Why a presentation is valid or refused (design.md section 8). The names are what --json prints. */
#define VERIFY_REASONS(X)                                                                                                                    \
	X(OK, "ok")                                                                                                                          \
	X(MALFORMED, "malformed")                                                                                                            \
	X(NO_BUNDLE, "no_bundle")                                                                                                            \
	X(UNKNOWN_ISSUER, "unknown_issuer")                                                                                                  \
	X(ALTERED, "altered")                                                                                                                \
	X(HOLDER_MISMATCH, "holder_mismatch")                                                                                                \
	X(WRONG_AUDIENCE, "wrong_audience")                                                                                                  \
	X(NOT_YET_VALID, "not_yet_valid")                                                                                                    \
	X(TOO_OLD, "too_old")                                                                                                                \
	X(EXPIRED, "expired")                                                                                                                \
	X(REPLAYED, "replayed")                                                                                                              \
	X(WRONG_CHALLENGE, "wrong_challenge")                                                                                                \
	X(STATUS_MISSING, "status_missing")                                                                                                  \
	X(STATUS_STALE, "status_stale")                                                                                                      \
	X(REVOKED, "revoked")                                                                                                                \
	X(SUSPENDED, "suspended")

enum verify_reason {
#define VERIFY_REASON_VALUE(name, text) VERIFY_##name,
	VERIFY_REASONS(VERIFY_REASON_VALUE)
#undef VERIFY_REASON_VALUE
	VERIFY_REASON_COUNT
};

/* "too_old" */
const char *verify_reason_name(enum verify_reason reason);
/* What it means and what to do next, in the user's language. */
const char *verify_reason_sentence(enum verify_reason reason);
const char *verify_reason_mend(enum verify_reason reason);

#endif
