/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_DOCTOR_H
#define SINBUN_DOCTOR_H

#include <stdint.h>

#include "base/configuration.h"
#include "common/failure.h"
#include "common/verb.h"

struct sb_p11_status;

/* The verb doctor: looks at one thing after the other, tells of each how it is and what to do, and stops at none. */

struct sb_doctor {
	struct sb_program *p;
	json_t *checks;          /* of {check, status, error, message} */
	unsigned warnings, faults;
	struct sb_failure first; /* the first fault, or where there is none the first warning */
};

void sb_doctor_start(struct sb_program *p, struct sb_doctor *d);
/* check: the row's name, one of those in doctor.c. The message is translated by the caller. */
void sb_doctor_ok(struct sb_doctor *d, const char *check, const char *message, ...) __attribute__((format(printf, 3, 4)));
/* What sb_fail filled in: its message tells what is wrong and what to do. */
void sb_doctor_warning(struct sb_doctor *d, const char *check, const struct sb_failure *why);
void sb_doctor_fault(struct sb_doctor *d, const char *check, const struct sb_failure *why);
/* result: "checks", "worst" (ok, warning, fault). Exit code: 0; 1 for warnings; the first fault's. */
int sb_doctor_finish(struct sb_doctor *d, json_t *result, struct sb_failure *f);

/* --- what every program depends on --- */
/* The root directory: whose it is, and who may enter it. false where it is absent. */
bool sb_doctor_directory(struct sb_doctor *d);
/* made: the time before which no right clock can be, beside that of the build. */
void sb_doctor_clock(struct sb_doctor *d, int64_t made);
void sb_doctor_documents(struct sb_doctor *d);
void sb_doctor_locale(struct sb_doctor *d);

/* --- doctor_token.c: what a program with tokens depends on --- */
/* ROOT/sinbun.conf, the one of other programs, and the rights of the tokens. true where tokens can be looked at. */
bool sb_doctor_configuration(struct sb_doctor *d);
/* The seal that ROOT/sinbun.conf asks for, and the TPM, where that or a token (sealed) needs it. ask: whether the TPM answers, SB_OK or
 * SB_E_TPM_*; tcti NULL: the usual one. ask NULL: nobody can. */
typedef int sb_doctor_tpm_fn(const char *tcti);
void sb_doctor_seal(struct sb_doctor *d, bool sealed, sb_doctor_tpm_fn *ask);
/* The token's codes, and whether it is what was written. profile: whose tokens the program is for, so what to do. */
void sb_doctor_pin(struct sb_doctor *d, const struct sb_p11_status *status, enum sb_profile profile);
/* The module by itself, and whether p11-kit has it for other programs. */
void sb_doctor_module(struct sb_doctor *d);

#endif
