/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "seal/tpm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

/* The connection to a TPM, opened for one piece of work and closed after it: small TPMs hold three sessions and three objects, so one
 * that is left behind blocks everybody. */

#define DEVICE "device:"

/* Through the kernel's resource manager first. */
static const char *const usual[] = {DEVICE "/dev/tpmrm0", DEVICE "/dev/tpm0"};

/* The node of a TCTI that is a device; NULL for another. */
static const char *node_of(const char *tcti)
{
	return strncmp(tcti, DEVICE, strlen(DEVICE)) == 0 ? tcti + strlen(DEVICE) : strcmp(tcti, "device") == 0 ? "/dev/tpmrm0" : NULL;
}

const char *tpm_usual_tcti(void)
{
	struct stat st;

	for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
		if (stat(node_of(usual[i]), &st) == 0)
			return usual[i];
	return NULL;
}

/* What is configured counts as being there, but for a device without a node: only then does "auto" do without. */
int tpm_find(const char *tcti, bool *there)
{
	const char *node = tcti ? node_of(tcti) : NULL;
	struct stat st;

	if (!tcti)
		*there = tpm_usual_tcti() != NULL;
	else
		*there = !node || stat(node, &st) == 0 || errno != ENOENT;
	return SB_OK;
}

/* Why a device will not open, while that can be told. */
static int check_node(const char *tcti)
{
	const char *node = node_of(tcti);

	if (!node || access(node, R_OK | W_OK) == 0)
		return SB_OK;
	return errno == ENOENT || errno == ENOTDIR ? SB_E_TPM_ABSENT : SB_E_TPM_DENIED;
}

static int open_context(struct sb_seal_link *link, const char *tcti)
{
	int rc = tss_load(&link->tss);

	if (rc != SB_OK)
		return rc;
	rc = tss_hush();
	link->hushed = rc == SB_OK;
	if (rc == SB_OK)
		rc = tss_broker_begin(tcti);
	if (rc == SB_OK && link->tss->Tss2_TctiLdr_Initialize(tcti, &link->tcti) != TSS2_RC_SUCCESS)
		rc = SB_E_TPM_ABSENT;
	return rc == SB_OK ? tpm_error(link->tss->Esys_Initialize(&link->esys, link->tcti, NULL)) : rc;
}

int tpm_connect(const char *tcti, struct sb_seal_link **link)
{
	int rc = tpm_open(tcti, link);

	if (rc == SB_OK)
		rc = tpm_srk_find(*link);
	if (rc != SB_OK)
		tpm_disconnect(link);
	return rc;
}

int tpm_open(const char *tcti, struct sb_seal_link **out)
{
	struct sb_seal_link *link;
	int rc;

	*out = NULL;
	if (!tcti)
		tcti = tpm_usual_tcti();
	if (!tcti)
		return SB_E_TPM_ABSENT;
	rc = check_node(tcti);
	if (rc != SB_OK)
		return rc;
	link = calloc(1, sizeof *link);
	if (!link)
		return SB_E_NOMEM;
	link->srk = link->session = link->policy = ESYS_TR_NONE;
	rc = open_context(link, tcti);
	*out = link;
	if (rc != SB_OK)
		tpm_disconnect(out);
	return rc;
}

void tpm_flush(struct sb_seal_link *link, ESYS_TR *handle)
{
	if (*handle != ESYS_TR_NONE)
		link->tss->Esys_FlushContext(link->esys, *handle);
	*handle = ESYS_TR_NONE;
}

void tpm_disconnect(struct sb_seal_link **out)
{
	struct sb_seal_link *link = out ? *out : NULL;

	if (!link)
		return;
	if (link->esys) {
		tpm_flush(link, &link->policy);
		tpm_flush(link, &link->session);
		link->tss->Esys_Finalize(&link->esys);
	}
	if (link->tcti)
		link->tss->Tss2_TctiLdr_Finalize(&link->tcti);
	tss_broker_end();
	if (link->hushed)
		tss_unhush();
	free(link);
	*out = NULL;
}

/* Salted with the storage root key, so that who listens on the bus learns neither secrets nor what they are checked with. */
int tpm_secure(struct sb_seal_link *link)
{
	static const TPMT_SYM_DEF aes = {
		.algorithm = TPM2_ALG_AES, .keyBits = {.aes = 128}, .mode = {.aes = TPM2_ALG_CFB}};
	enum { KEPT = TPMA_SESSION_CONTINUESESSION | TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT };
	int rc;

	if (link->session != ESYS_TR_NONE)
		return SB_OK;
	if (link->srk == ESYS_TR_NONE)
		return SB_E_TPM_FOREIGN;
	rc = tpm_error(link->tss->Esys_StartAuthSession(link->esys, link->srk, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, NULL,
		TPM2_SE_HMAC, &aes, TPM2_ALG_SHA256, &link->session));
	return rc == SB_OK ? tpm_error(link->tss->Esys_TRSess_SetAttributes(link->esys, link->session, KEPT, 0xff)) : rc;
}

int tpm_policy_begin(struct sb_seal_link *link)
{
	static const TPMT_SYM_DEF none = {.algorithm = TPM2_ALG_NULL};

	tpm_policy_end(link);
	return tpm_error(link->tss->Esys_StartAuthSession(link->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
		NULL, TPM2_SE_POLICY, &none, TPM2_ALG_SHA256, &link->policy));
}

void tpm_policy_end(struct sb_seal_link *link)
{
	tpm_flush(link, &link->policy);
}

int tpm_set_auth(struct sb_seal_link *link, ESYS_TR handle, const uint8_t *auth)
{
	TPM2B_AUTH value = {.size = SB_SEAL_AUTH};
	int rc;

	if (auth)
		memcpy(value.buffer, auth, SB_SEAL_AUTH);
	rc = tpm_error(link->tss->Esys_TR_SetAuth(link->esys, handle, &value));
	sb_wipe(&value, sizeof value);
	return rc;
}

/* A TPM's answers, with the bits that tell which handle or parameter is meant masked out where it makes no difference. */
static const struct {
	TSS2_RC rc;
	int error;
} answers[] = {
	{TPM2_RC_BAD_AUTH | TPM2_RC_S | TPM2_RC_1, SB_E_PIN_INCORRECT},
	{TPM2_RC_AUTH_FAIL | TPM2_RC_S | TPM2_RC_1, SB_E_PIN_INCORRECT},
	{TPM2_RC_AUTH_UNAVAILABLE, SB_E_PIN_LOCKED},
	{TPM2_RC_LOCKOUT, SB_E_TPM_LOCKOUT},
	{TPM2_RC_HANDLE | TPM2_RC_1, SB_E_TPM_FOREIGN},
	{TPM2_RC_HANDLE | TPM2_RC_2, SB_E_TPM_FOREIGN},
	{TPM2_RC_REFERENCE_H0, SB_E_TPM_FOREIGN},
	{TPM2_RC_INTEGRITY | TPM2_RC_P | TPM2_RC_1, SB_E_TPM_FOREIGN},
	{TPM2_RC_POLICY_FAIL | TPM2_RC_S | TPM2_RC_1, SB_E_TPM_FOREIGN},
	{TPM2_RC_NV_UNINITIALIZED, SB_E_TPM_FOREIGN},
	{TPM2_RC_NV_DEFINED, SB_E_BUSY},
	{TPM2_RC_OBJECT_MEMORY, SB_E_TPM_FULL},
	{TPM2_RC_SESSION_MEMORY, SB_E_TPM_FULL},
	{TPM2_RC_SESSION_HANDLES, SB_E_TPM_FULL},
	{TPM2_RC_OBJECT_HANDLES, SB_E_TPM_FULL},
	{TPM2_RC_MEMORY, SB_E_TPM_FULL},
	{TPM2_RC_CONTEXT_GAP, SB_E_TPM_FULL},
	{TPM2_RC_NV_SPACE, SB_E_TPM_FULL},
	{TPM2_RC_RETRY, SB_E_TPM_FAILED},
};

int tpm_error(TSS2_RC rc)
{
	TSS2_RC layer = rc & TSS2_RC_LAYER_MASK;

	if (rc == TSS2_RC_SUCCESS)
		return SB_OK;
	if (layer == TSS2_TCTI_RC_LAYER)
		return SB_E_TPM_ABSENT;
	/* A resource manager speaks in the TPM's own words. */
	if (layer != TSS2_TPM_RC_LAYER && layer != TSS2_RESMGR_TPM_RC_LAYER && layer != TSS2_RESMGR_RC_LAYER)
		return SB_E_TPM_FAILED;
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
		if (answers[i].rc == (rc & 0xfff))
			return answers[i].error;
	return SB_E_TPM_FAILED;
}
