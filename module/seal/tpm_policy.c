/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "seal/tpm.h"

#include <string.h>

#include "base/codec.h"
#include "base/error.h"

/* Policies. Their digests are computed here, as the TPM computes them (TPM 2.0 Part 3, "Policy Commands"), so that what an index or a
 * sealed secret demands never depends on what somebody answers. */

enum { MESSAGE = SB_SHA256_SIZE + 4 + TPM_BRANCHES * SB_SHA256_SIZE };

/* digest = H(digest ‖ command ‖ data) */
static int extend(uint8_t digest[SB_SHA256_SIZE], TPM2_CC command, const void *data, size_t len)
{
	uint8_t message[MESSAGE];

	memcpy(message, digest, SB_SHA256_SIZE);
	sb_put_u32(message + SB_SHA256_SIZE, command);
	if (len)
		memcpy(message + SB_SHA256_SIZE + 4, data, len);
	return sb_sha256(message, SB_SHA256_SIZE + 4 + len, digest);
}

static int extend_command(uint8_t digest[SB_SHA256_SIZE], TPM2_CC allowed)
{
	uint8_t code[4];

	sb_put_u32(code, allowed);
	return extend(digest, TPM2_CC_PolicyCommandCode, code, sizeof code);
}

/* Of an entity by its name, without a reference: two steps, the second over nothing. */
static int extend_secret(uint8_t digest[SB_SHA256_SIZE], const uint8_t name[TPM_NAME])
{
	int rc = extend(digest, TPM2_CC_PolicySecret, name, TPM_NAME);

	return rc == SB_OK ? sb_sha256(digest, SB_SHA256_SIZE, digest) : rc;
}

/* What each branch demands. */
struct branch {
	TPM2_CC command; /* that it allows */
	bool unwritten;  /* of an index that was never written */
	bool own;        /* with the index's own auth */
	bool puk;        /* with the auth of the PUK's index */
};
static const struct branch branches[] = {
	[TPM_READ] = {.command = TPM2_CC_NV_Read},
	[TPM_INIT] = {.command = TPM2_CC_NV_Write, .unwritten = true},
	[TPM_PUK_WRITE] = {.command = TPM2_CC_NV_Write, .puk = true},
	[TPM_PUK_CHANGE] = {.command = TPM2_CC_NV_ChangeAuth, .puk = true},
	[TPM_SELF_CHANGE] = {.command = TPM2_CC_NV_ChangeAuth, .own = true},
};

static const struct {
	size_t count;
	enum tpm_branch branches[TPM_BRANCHES];
} indices[] = {
	[SB_SEAL_PIN] = {6, {TPM_READ, TPM_INIT, TPM_PUK_WRITE, TPM_PUK_CHANGE, TPM_SELF_CHANGE, TPM_MARK}},
	[SB_SEAL_PUK] = {4, {TPM_READ, TPM_INIT, TPM_SELF_CHANGE, TPM_MARK}},
};

int tpm_policy_mark(const struct sb_seal_set *set, uint8_t digest[SB_SHA256_SIZE])
{
	static const char purpose[] = "sinbun token set";
	uint8_t message[sizeof purpose + SB_SEAL_NONCE];

	memcpy(message, purpose, sizeof purpose);
	memcpy(message + sizeof purpose, set->nonce, SB_SEAL_NONCE);
	return sb_sha256(message, sizeof message, digest);
}

static int branch_digest(const struct sb_seal_set *set, enum tpm_branch which, uint8_t digest[SB_SHA256_SIZE])
{
	const struct branch *b = &branches[which];
	uint8_t name[TPM_NAME];
	int rc = SB_OK;

	memset(digest, 0, SB_SHA256_SIZE);
	if (b->unwritten)
		rc = extend(digest, TPM2_CC_PolicyNvWritten, "", 1);
	if (rc == SB_OK && b->own)
		rc = extend(digest, TPM2_CC_PolicyAuthValue, NULL, 0);
	if (rc == SB_OK && b->puk)
		rc = tpm_index_name(set, SB_SEAL_PUK, name);
	if (rc == SB_OK && b->puk)
		rc = extend_secret(digest, name);
	return rc == SB_OK ? extend_command(digest, b->command) : rc;
}

int tpm_policy_of(const struct sb_seal_set *set, enum sb_seal_slot slot, struct tpm_policy *policy)
{
	int rc = SB_OK;

	*policy = (struct tpm_policy){.count = indices[slot].count};
	for (size_t i = 0; rc == SB_OK && i < policy->count; i++) {
		enum tpm_branch which = indices[slot].branches[i];

		rc = which == TPM_MARK ? tpm_policy_mark(set, policy->branches[i]) : branch_digest(set, which, policy->branches[i]);
	}
	return rc == SB_OK ? extend(policy->digest, TPM2_CC_PolicyOR, policy->branches, policy->count * SB_SHA256_SIZE) : rc;
}

int tpm_policy_sealed(const uint8_t index_name[TPM_NAME], uint8_t digest[SB_SHA256_SIZE])
{
	int rc;

	memset(digest, 0, SB_SHA256_SIZE);
	rc = extend_secret(digest, index_name);
	return rc == SB_OK ? extend(digest, TPM2_CC_PolicyAuthValue, NULL, 0) : rc;
}

int tpm_policy_secret(struct sb_seal_link *link, ESYS_TR handle)
{
	return tpm_error(link->tss->Esys_PolicySecret(link->esys, handle, link->policy, link->session, ESYS_TR_NONE, ESYS_TR_NONE, NULL, NULL,
		NULL, 0, NULL, NULL));
}

int tpm_policy_satisfy(struct sb_seal_link *link, const struct tpm_policy *policy, enum tpm_branch branch, ESYS_TR puk)
{
	const struct branch *b = &branches[branch];
	const struct tss *tss = link->tss;
	TPML_DIGEST list = {.count = (UINT32)policy->count};
	int rc = tpm_policy_begin(link);

	for (size_t i = 0; i < policy->count; i++) {
		list.digests[i].size = SB_SHA256_SIZE;
		memcpy(list.digests[i].buffer, policy->branches[i], SB_SHA256_SIZE);
	}
	if (rc == SB_OK && b->unwritten)
		rc = tpm_error(tss->Esys_PolicyNvWritten(link->esys, link->policy, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_NO));
	if (rc == SB_OK && b->own)
		rc = tpm_error(tss->Esys_PolicyAuthValue(link->esys, link->policy, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE));
	if (rc == SB_OK && b->puk)
		rc = tpm_policy_secret(link, puk);
	if (rc == SB_OK)
		rc = tpm_error(
			tss->Esys_PolicyCommandCode(link->esys, link->policy, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, b->command));
	if (rc == SB_OK)
		rc = tpm_error(tss->Esys_PolicyOR(link->esys, link->policy, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &list));
	return rc;
}
