/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_ERROR_H
#define SINBUN_ERROR_H

/* Errors below the ck_* layer: SB_OK or a negative SB_E_*. Each row: name, what it means in English: a clause
 * that stands after "X cannot be read:" and "X cannot be written:" alike.
 * The ck_* layer alone turns them into CK_RV (module/ck_error.c), the tools into words. */
#define SB_ERRORS(X)                                                                               \
	X(NOMEM, "out of memory")                                                                  \
	X(ARGUMENT, "bad argument")                                                                \
	X(INTERNAL, "internal error")                                                              \
	X(CRYPTO, "the cryptographic library refused")                                             \
	X(RANDOM, "no random numbers")                                                             \
	X(IO, "input/output error")                                                                \
	X(FULL, "no space left")                                                                   \
	X(READ_ONLY, "it is read-only")                                                            \
	X(DENIED, "not permitted by the file system")                                              \
	X(UNSAFE, "owned by someone else, or open to others")                                      \
	X(BUSY, "it is in use")                                                                    \
	X(NOT_FOUND, "no such file or directory")                                                  \
	X(EXISTS, "something is there already")                                                    \
	X(DIRECTORY, "it is a directory")                                                          \
	X(CORRUPT, "it is damaged")                                                                \
	X(FORMAT, "it is malformed")                                                               \
	X(RANGE, "out of range")                                                                   \
	X(TOO_LARGE, "it is too large")                                                            \
	X(UNSUPPORTED, "not supported")                                                            \
	X(SIGNATURE, "signature does not verify")                                                  \
	X(CONFIG, "configuration error")                                                           \
	X(PIN_INCORRECT, "PIN incorrect")                                                          \
	X(PIN_LOCKED, "PIN locked")                                                                \
	X(PIN_LENGTH, "PIN has the wrong length")                                                  \
	X(PIN_RULE, "PIN refused by a rule")                                                       \
	X(PIN_UNSET, "no PIN set")                                                                 \
	X(LOGGED_IN, "logged in already")                                                          \
	X(LOGGED_OUT, "not logged in")                                                             \
	X(OTHER_USER, "the other user is logged in")                                               \
	X(REMOVED, "taken away")                                                                   \
	X(TPM_ABSENT, "no TPM answers")                                                            \
	X(TPM_LIBRARY, "the TPM's library is not installed")                                       \
	X(TPM_DENIED, "no permission to use the TPM")                                              \
	X(TPM_OWNER, "the TPM's owner has a password")                                             \
	X(TPM_FOREIGN, "sealed by another TPM, or the TPM was cleared")                            \
	X(TPM_LOCKOUT, "the TPM is in lockout")                                                    \
	X(TPM_FULL, "the TPM has no room left")                                                    \
	X(TPM_FAILED, "the TPM failed")                                                            \
	X(ROLLED_BACK, "an old copy was put back")

enum sb_error_index {
	SB_X_OK,
#define SB_ERROR_INDEX(name, text) SB_X_##name,
	SB_ERRORS(SB_ERROR_INDEX)
#undef SB_ERROR_INDEX
	SB_X_END
};

enum sb_error {
	SB_OK = 0,
#define SB_ERROR_VALUE(name, text) SB_E_##name = -(int)SB_X_##name,
	SB_ERRORS(SB_ERROR_VALUE)
#undef SB_ERROR_VALUE
};

/* English words for an error; never NULL. */
const char *sb_error_text(int error);
/* The SB_E_* that an errno value stands for. */
int sb_error_from_errno(int err);

#endif
