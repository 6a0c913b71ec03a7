/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "seal/tpm.h"

#include <string.h>

#include "base/codec.h"
#include "base/error.h"

/* NV indices: two that count wrong tries, and the counter that tells an old store. */

enum { COUNTS = 8, COUNTER = 8 };
enum {
	NO_DA = TPMA_NV_NO_DA,
	PIN_FAIL = (TPM2_NT_PIN_FAIL << TPMA_NV_TPM2_NT_SHIFT) | NO_DA | TPMA_NV_POLICYWRITE | TPMA_NV_POLICYREAD | TPMA_NV_AUTHREAD,
	/* Its auth comes from the token's key: who has not been let in can neither advance it nor make up what it says. */
	COUNTS_UP = (TPM2_NT_COUNTER << TPMA_NV_TPM2_NT_SHIFT) | NO_DA | TPMA_NV_AUTHREAD | TPMA_NV_AUTHWRITE,
};

static TPM2B_NV_PUBLIC make_public(uint32_t number, uint32_t attributes, uint16_t size, const uint8_t policy[SB_SHA256_SIZE])
{
	TPM2B_NV_PUBLIC public = {
		.nvPublic = {
			.nvIndex = number,
			.nameAlg = TPM2_ALG_SHA256,
			.attributes = attributes,
			.authPolicy = {.size = SB_SHA256_SIZE},
			.dataSize = size,
		},
	};

	memcpy(public.nvPublic.authPolicy.buffer, policy, SB_SHA256_SIZE);
	return public;
}

static void put_u16(uint8_t out[2], unsigned v)
{
	out[0] = (uint8_t)(v >> 8);
	out[1] = (uint8_t)v;
}

/* The hash of the public area as it is marshalled. */
static int name_of(uint32_t number, uint32_t attributes, uint16_t size, const uint8_t policy[SB_SHA256_SIZE], uint8_t name[TPM_NAME])
{
	uint8_t area[4 + 2 + 4 + 2 + SB_SHA256_SIZE + 2];

	sb_put_u32(area, number);
	put_u16(area + 4, TPM2_ALG_SHA256);
	sb_put_u32(area + 6, attributes);
	put_u16(area + 10, SB_SHA256_SIZE);
	memcpy(area + 12, policy, SB_SHA256_SIZE);
	put_u16(area + 12 + SB_SHA256_SIZE, size);
	put_u16(name, TPM2_ALG_SHA256);
	return sb_sha256(area, sizeof area, name + 2);
}

int tpm_index_name(const struct sb_seal_set *set, enum sb_seal_slot slot, uint8_t name[TPM_NAME])
{
	struct tpm_policy policy;
	int rc = tpm_policy_of(set, slot, &policy);

	return rc == SB_OK ? name_of(set->index[slot], PIN_FAIL | TPMA_NV_WRITTEN, COUNTS, policy.digest, name) : rc;
}

/* The number stands for what was made under it, or for nothing that we would talk to. */
static int open_named(struct sb_seal_link *link, uint32_t number, const uint8_t name[TPM_NAME], ESYS_TR *handle)
{
	TPM2B_NAME *found = NULL;
	int rc = tpm_error(link->tss->Esys_TR_FromTPMPublic(link->esys, number, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, handle));

	if (rc == SB_OK)
		rc = tpm_error(link->tss->Esys_TR_GetName(link->esys, *handle, &found));
	if (rc == SB_OK && (found->size != TPM_NAME || memcmp(found->name, name, TPM_NAME) != 0))
		rc = SB_E_TPM_FOREIGN;
	link->tss->Esys_Free(found);
	return rc;
}

int tpm_index_open(struct sb_seal_link *link, const struct sb_seal_set *set, enum sb_seal_slot slot, ESYS_TR *handle)
{
	uint8_t name[TPM_NAME];
	int rc = tpm_index_name(set, slot, name);

	*handle = ESYS_TR_NONE;
	return rc == SB_OK ? open_named(link, set->index[slot], name, handle) : rc;
}

static int define(struct sb_seal_link *link, const TPM2B_NV_PUBLIC *public, const uint8_t *auth, ESYS_TR *handle)
{
	TPM2B_AUTH value = {.size = SB_SEAL_AUTH};
	TSS2_RC answer;

	memcpy(value.buffer, auth, SB_SEAL_AUTH);
	answer = link->tss->Esys_NV_DefineSpace(link->esys, ESYS_TR_RH_OWNER, link->session, ESYS_TR_NONE, ESYS_TR_NONE, &value, public, handle);
	sb_wipe(&value, sizeof value);
	return answer == (TPM2_RC_BAD_AUTH | TPM2_RC_S | TPM2_RC_1) ? SB_E_TPM_OWNER : tpm_error(answer);
}

/* Count and limit, in link->policy. */
static int write_counts(struct sb_seal_link *link, ESYS_TR handle, unsigned limit)
{
	TPM2B_MAX_NV_BUFFER data = {.size = COUNTS};

	sb_put_u32(data.buffer, 0);
	sb_put_u32(data.buffer + 4, limit);
	return tpm_error(
		link->tss->Esys_NV_Write(link->esys, handle, handle, link->policy, link->session, ESYS_TR_NONE, &data, 0));
}

int tpm_index_define(struct sb_seal_link *link, const struct sb_seal_set *set, enum sb_seal_slot slot, const uint8_t *auth, unsigned limit)
{
	struct tpm_policy policy;
	TPM2B_NV_PUBLIC public;
	ESYS_TR handle = ESYS_TR_NONE;
	int rc = tpm_policy_of(set, slot, &policy);

	if (rc != SB_OK)
		return rc;
	public = make_public(set->index[slot], PIN_FAIL, COUNTS, policy.digest);
	rc = define(link, &public, auth, &handle);
	if (rc == SB_OK)
		rc = tpm_policy_satisfy(link, &policy, TPM_INIT, ESYS_TR_NONE);
	if (rc == SB_OK)
		rc = write_counts(link, handle, limit);
	tpm_policy_end(link);
	if (handle != ESYS_TR_NONE)
		tpm_set_auth(link, handle, NULL);
	return rc;
}

/* In link->policy. */
static int change_auth(struct sb_seal_link *link, ESYS_TR handle, const uint8_t *auth)
{
	TPM2B_AUTH value = {.size = SB_SEAL_AUTH};
	int rc;

	memcpy(value.buffer, auth, SB_SEAL_AUTH);
	rc = tpm_error(
		link->tss->Esys_NV_ChangeAuth(link->esys, handle, link->policy, link->session, ESYS_TR_NONE, &value));
	sb_wipe(&value, sizeof value);
	return rc;
}

int tpm_index_change(struct sb_seal_link *link, const struct sb_seal_set *set, enum sb_seal_slot slot, const uint8_t *old,
	const uint8_t *auth)
{
	struct tpm_policy policy;
	ESYS_TR handle;
	int rc = tpm_index_open(link, set, slot, &handle);

	if (rc == SB_OK)
		rc = tpm_policy_of(set, slot, &policy);
	if (rc == SB_OK)
		rc = tpm_set_auth(link, handle, old);
	if (rc == SB_OK)
		rc = tpm_policy_satisfy(link, &policy, TPM_SELF_CHANGE, ESYS_TR_NONE);
	if (rc == SB_OK)
		rc = change_auth(link, handle, auth);
	tpm_policy_end(link);
	if (handle != ESYS_TR_NONE)
		tpm_set_auth(link, handle, NULL);
	return rc;
}

/* The other auth first: no tries come back for the PIN that was. */
int tpm_index_unblock(struct sb_seal_link *link, const struct sb_seal_set *set, const uint8_t *puk, unsigned limit, const uint8_t *auth)
{
	struct tpm_policy policy;
	ESYS_TR pin = ESYS_TR_NONE, by;
	int rc = tpm_index_open(link, set, SB_SEAL_PUK, &by);

	if (rc == SB_OK)
		rc = tpm_index_open(link, set, SB_SEAL_PIN, &pin);
	if (rc == SB_OK)
		rc = tpm_policy_of(set, SB_SEAL_PIN, &policy);
	if (rc == SB_OK)
		rc = tpm_set_auth(link, by, puk);
	if (rc == SB_OK)
		rc = tpm_policy_satisfy(link, &policy, TPM_PUK_CHANGE, by);
	if (rc == SB_OK)
		rc = change_auth(link, pin, auth);
	if (rc == SB_OK)
		rc = tpm_policy_satisfy(link, &policy, TPM_PUK_WRITE, by);
	if (rc == SB_OK)
		rc = write_counts(link, pin, limit);
	tpm_policy_end(link);
	if (by != ESYS_TR_NONE)
		tpm_set_auth(link, by, NULL);
	if (pin != ESYS_TR_NONE)
		tpm_set_auth(link, pin, NULL);
	return rc;
}

int tpm_index_count(struct sb_seal_link *link, const struct sb_seal_set *set, enum sb_seal_slot slot, unsigned *used)
{
	TPM2B_MAX_NV_BUFFER *data = NULL;
	struct tpm_policy policy;
	ESYS_TR handle;
	int rc = tpm_index_open(link, set, slot, &handle);

	if (rc == SB_OK)
		rc = tpm_policy_of(set, slot, &policy);
	if (rc == SB_OK)
		rc = tpm_policy_satisfy(link, &policy, TPM_READ, ESYS_TR_NONE);
	if (rc == SB_OK)
		rc = tpm_error(link->tss->Esys_NV_Read(
			link->esys, handle, handle, link->policy, link->session, ESYS_TR_NONE, COUNTS, 0, &data));
	if (rc == SB_OK && data->size != COUNTS)
		rc = SB_E_TPM_FAILED;
	if (rc == SB_OK)
		*used = sb_get_u32(data->buffer);
	tpm_policy_end(link);
	link->tss->Esys_Free(data);
	return rc;
}

static int read_counter(struct sb_seal_link *link, ESYS_TR handle, uint64_t *value)
{
	TPM2B_MAX_NV_BUFFER *data = NULL;
	int rc = tpm_error(
		link->tss->Esys_NV_Read(link->esys, handle, handle, link->session, ESYS_TR_NONE, ESYS_TR_NONE, COUNTER, 0, &data));

	if (rc == SB_OK && data->size != COUNTER)
		rc = SB_E_TPM_FAILED;
	if (rc == SB_OK)
		*value = sb_get_u64(data->buffer);
	link->tss->Esys_Free(data);
	return rc;
}

static int step_counter(struct sb_seal_link *link, ESYS_TR handle)
{
	return tpm_error(link->tss->Esys_NV_Increment(link->esys, handle, handle, link->session, ESYS_TR_NONE, ESYS_TR_NONE));
}

int tpm_counter_define(struct sb_seal_link *link, const struct sb_seal_set *set, const uint8_t *auth, uint64_t *value)
{
	uint8_t mark[SB_SHA256_SIZE];
	TPM2B_NV_PUBLIC public;
	ESYS_TR handle = ESYS_TR_NONE;
	int rc = tpm_policy_mark(set, mark);

	if (rc != SB_OK)
		return rc;
	public = make_public(set->counter, COUNTS_UP, COUNTER, mark);
	rc = define(link, &public, auth, &handle);
	if (rc == SB_OK)
		rc = step_counter(link, handle);
	if (rc == SB_OK)
		rc = read_counter(link, handle, value);
	if (handle != ESYS_TR_NONE)
		tpm_set_auth(link, handle, NULL);
	return rc;
}

int tpm_counter_use(struct sb_seal_link *link, const struct sb_seal_set *set, const uint8_t *auth, bool step, uint64_t *value)
{
	uint8_t mark[SB_SHA256_SIZE], name[TPM_NAME];
	ESYS_TR handle = ESYS_TR_NONE;
	int rc = tpm_policy_mark(set, mark);

	if (rc == SB_OK)
		rc = name_of(set->counter, COUNTS_UP | TPMA_NV_WRITTEN, COUNTER, mark, name);
	if (rc == SB_OK)
		rc = open_named(link, set->counter, name, &handle);
	if (rc == SB_OK)
		rc = tpm_set_auth(link, handle, auth);
	if (rc == SB_OK && step)
		rc = step_counter(link, handle);
	if (rc == SB_OK)
		rc = read_counter(link, handle, value);
	if (handle != ESYS_TR_NONE)
		tpm_set_auth(link, handle, NULL);
	/* Somebody put a counter with an auth of his own in its place. */
	return rc == SB_E_PIN_INCORRECT ? SB_E_TPM_FOREIGN : rc;
}

/* Whether the policy is one of the set's. */
static int is_ours(const struct sb_seal_set *set, const TPM2B_DIGEST *found)
{
	uint8_t mark[SB_SHA256_SIZE];
	struct tpm_policy policy;
	int rc = tpm_policy_mark(set, mark);

	if (rc == SB_OK && found->size != SB_SHA256_SIZE)
		rc = SB_E_NOT_FOUND;
	if (rc != SB_OK || memcmp(found->buffer, mark, SB_SHA256_SIZE) == 0)
		return rc;
	for (int slot = SB_SEAL_PIN; slot <= SB_SEAL_PUK; slot++) {
		rc = tpm_policy_of(set, slot, &policy);
		if (rc != SB_OK || memcmp(found->buffer, policy.digest, SB_SHA256_SIZE) == 0)
			return rc;
	}
	return SB_E_NOT_FOUND;
}

enum tpm_look tpm_index_look(const TPM2B_NV_PUBLIC *public)
{
	const TPMS_NV_PUBLIC *is = &public->nvPublic;
	uint32_t attributes = is->attributes & ~(uint32_t)TPMA_NV_WRITTEN;

	if ((is->nvIndex & ~(uint32_t)TPM_NUMBERS_MASK) != TPM_NUMBERS || is->nameAlg != TPM2_ALG_SHA256 ||
		is->authPolicy.size != SB_SHA256_SIZE || is->dataSize != COUNTS)
		return TPM_OTHER;
	return attributes == PIN_FAIL ? TPM_COUNTS_TRIES : attributes == COUNTS_UP ? TPM_COUNTS_UP : TPM_OTHER;
}

int tpm_index_undefine(struct sb_seal_link *link, const struct sb_seal_set *set, uint32_t number)
{
	const struct tss *tss = link->tss;
	TPM2B_NV_PUBLIC *public = NULL;
	ESYS_TR handle;
	TSS2_RC answer;
	int rc = tpm_error(tss->Esys_TR_FromTPMPublic(link->esys, number, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &handle));

	if (rc == SB_OK)
		rc = tpm_error(tss->Esys_NV_ReadPublic(link->esys, handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &public, NULL));
	if (rc == SB_OK)
		rc = is_ours(set, &public->nvPublic.authPolicy);
	tss->Esys_Free(public);
	/* Gone, or somebody else's by now. */
	if (rc == SB_E_TPM_FOREIGN || rc == SB_E_NOT_FOUND)
		return SB_OK;
	if (rc != SB_OK)
		return rc;
	answer = tss->Esys_NV_UndefineSpace(link->esys, ESYS_TR_RH_OWNER, handle, link->session, ESYS_TR_NONE, ESYS_TR_NONE);
	return answer == (TPM2_RC_BAD_AUTH | TPM2_RC_S | TPM2_RC_1) ? SB_E_TPM_OWNER : tpm_error(answer);
}
