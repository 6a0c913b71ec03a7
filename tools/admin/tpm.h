/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_ADMIN_TPM_H
#define SINBUN_ADMIN_TPM_H

#include <stdbool.h>
#include <stdint.h>

/* What a TPM tells of itself. Everything in it comes from outside. */

enum admin_tpm_srk {
	ADMIN_SRK_ABSENT,   /* made with the first token */
	ADMIN_SRK_USUAL,    /* by the TCG's template */
	ADMIN_SRK_OTHER,    /* another key there, which serves all the same */
	ADMIN_SRK_UNUSABLE, /* one that does not */
};

enum { ADMIN_TPM_MISSING = 256 };

struct admin_tpm {
	uint32_t family, revision, manufacturer, vendor[4], firmware[2]; /* texts of four characters; revision: hundredths */
	uint32_t permanent;                                            /* TPMA_PERMANENT */
	bool owner_auth, endorsement_auth, lockout_auth, in_lockout;
	uint32_t max_tries, recovery, lockout_recovery, failures; /* of the dictionary-attack lockout; seconds */
	uint32_t counters_left;                                   /* room for further NV counters, as the TPM estimates it */
	enum admin_tpm_srk srk;
	bool srk_compared;                  /* with the one that its owner's seed gives */
	unsigned indices, counting, upward; /* NV indices: all; those that look like a token's, two of the one sort and one of the other */
	char missing[ADMIN_TPM_MISSING];    /* what the seal needs and the TPM has not, with blanks between, or "" */
};

/* Looks at the TPM that tcti names (NULL: the kernel's), and changes nothing in it. SB_E_TPM_*: ABSENT, LIBRARY, DENIED, FULL (no room for a
 * session just now), FAILED: what it answers makes no sense, or nothing comes within ADMIN_TPM_PATIENCE seconds; SB_E_NOMEM. */
enum { ADMIN_TPM_PATIENCE = 30 };
int admin_tpm_survey(const char *tcti, struct admin_tpm *out);
/* What a survey without a configured tcti speaks to; NULL: nothing. */
const char *admin_tpm_usual(void);

#endif
