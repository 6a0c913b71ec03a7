/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_TSS_H
#define SINBUN_TSS_H

#include <tss2/tss2_esys.h>
#include <tss2/tss2_tctildr.h>

/* libtss2, loaded when a TPM is needed and not before: a host that never opens a sealed token never sees it. */

#define TSS_ESYS(X)                                                                                 \
	X(Esys_Initialize) X(Esys_Finalize) X(Esys_Free) X(Esys_TR_FromTPMPublic) X(Esys_TR_SetAuth)                      \
	X(Esys_TR_GetName) X(Esys_TR_Close) X(Esys_TRSess_SetAttributes) X(Esys_StartAuthSession) X(Esys_FlushContext)    \
	X(Esys_PolicyAuthValue) X(Esys_PolicyCommandCode) X(Esys_PolicyNvWritten) X(Esys_PolicyOR) X(Esys_PolicySecret)   \
	X(Esys_CreatePrimary) X(Esys_EvictControl) X(Esys_Create) X(Esys_Load) X(Esys_Unseal)                             \
	X(Esys_NV_DefineSpace) X(Esys_NV_UndefineSpace) X(Esys_NV_ReadPublic) X(Esys_NV_Read) X(Esys_NV_Write)            \
	X(Esys_NV_Increment) X(Esys_NV_ChangeAuth) X(Esys_ReadPublic) X(Esys_GetCapability)
#define TSS_TCTILDR(X) X(Tss2_TctiLdr_Initialize) X(Tss2_TctiLdr_Finalize)

struct tss {
#define TSS_MEMBER(name) __typeof__(name) *name;
	TSS_ESYS(TSS_MEMBER)
	TSS_TCTILDR(TSS_MEMBER)
#undef TSS_MEMBER
};

/* Loads it once for the process. SB_E_TPM_LIBRARY when it is not installed. */
int tss_load(const struct tss **out);
/* Between these libtss2 writes nothing to the host's stderr, whatever the environment says, and the host's environment is what it was
 * afterwards. SB_E_NOMEM. */
int tss_hush(void);
void tss_unhush(void);
/* The same for what a broker's TCTI brings; for another nothing is done. SB_E_TPM_ABSENT in the child of a process that had a connection
 * to it: no second one can be had there. */
int tss_broker_begin(const char *tcti);
void tss_broker_end(void);

#endif
