/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_VERIFY_PATIENT_H
#define SINBUN_VERIFY_PATIENT_H

#include "verify/desk.h"

/* A clinic's rule: whose identity was checked here within six months need not be checked again. A patient is remembered as a keyed hash of the
 * chart number; the key stands in HOME/patient.key, apart from the hashes. */
enum { PATIENT_ID = 32, PATIENT_MONTHS = 6, PATIENT_CHART_MAX = 64 };

/* The hash of a chart number (white space around it does not count); makes the key where there is none yet. SB_EXIT_USAGE for what can be no
 * chart number. */
int patient_id(struct sb_program *p, struct desk *d, const char *chart, uint8_t id[PATIENT_ID], struct sb_failure *f);
/* Checked now; those whose six months are over are forgotten. Inside a transaction. SB_E_*. */
int patient_remember(struct desk *d, const uint8_t id[PATIENT_ID], int64_t now);
/* When the patient was checked here last, within six months of now; SB_E_NOT_FOUND. */
int patient_checked(struct desk *d, const uint8_t id[PATIENT_ID], int64_t now, int64_t *when);

#endif
