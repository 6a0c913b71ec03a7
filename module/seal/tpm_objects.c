/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "seal/tpm.h"

#include <string.h>

#include "base/error.h"

/* Keys and sealed secrets: what hangs under the storage root key (SRK). */

/* The TCG's template for an SRK on P-256. */
static const TPM2B_PUBLIC srk_template = {
	.publicArea = {
		.type = TPM2_ALG_ECC,
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN |
				    TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT,
		.parameters.eccDetail = {
			.symmetric = {.algorithm = TPM2_ALG_AES, .keyBits.aes = 128, .mode.aes = TPM2_ALG_CFB},
			.scheme.scheme = TPM2_ALG_NULL,
			.curveID = TPM2_ECC_NIST_P256,
			.kdf.scheme = TPM2_ALG_NULL,
		},
		.unique.ecc = {.x.size = 32, .y.size = 32},
	},
};

int tpm_srk_find(struct sb_seal_link *link)
{
	const struct tss *tss = link->tss;
	TPM2B_NAME *name = NULL;
	int rc = tpm_error(tss->Esys_TR_FromTPMPublic(link->esys, TPM_SRK, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &link->srk));

	if (rc == SB_E_TPM_FOREIGN) {
		link->srk = ESYS_TR_NONE;
		return SB_OK;
	}
	if (rc == SB_OK)
		rc = tpm_error(tss->Esys_TR_GetName(link->esys, link->srk, &name));
	/* A name of another length is of a key with another hash: not one that we made, but it serves. */
	if (rc == SB_OK && name->size != TPM_NAME)
		rc = SB_E_TPM_FOREIGN;
	if (rc == SB_OK)
		memcpy(link->srk_name, name->name, TPM_NAME);
	tss->Esys_Free(name);
	return rc;
}

static TSS2_RC make_primary(struct sb_seal_link *link, ESYS_TR *made)
{
	static const TPM2B_SENSITIVE_CREATE no_secret;
	static const TPML_PCR_SELECTION no_pcrs;
	static const TPM2B_DATA no_data;

	*made = ESYS_TR_NONE;
	return link->tss->Esys_CreatePrimary(link->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &no_secret, &srk_template,
		&no_data, &no_pcrs, made, NULL, NULL, NULL, NULL);
}

static int owner_error(TSS2_RC answer)
{
	return answer == (TPM2_RC_BAD_AUTH | TPM2_RC_S | TPM2_RC_1) ? SB_E_TPM_OWNER : tpm_error(answer);
}

int tpm_srk_make(struct sb_seal_link *link)
{
	ESYS_TR made, kept = ESYS_TR_NONE;
	TSS2_RC answer;

	if (link->srk != ESYS_TR_NONE)
		return SB_OK;
	answer = make_primary(link, &made);
	if (answer == TSS2_RC_SUCCESS)
		answer = link->tss->Esys_EvictControl(
			link->esys, ESYS_TR_RH_OWNER, made, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, TPM_SRK, &kept);
	tpm_flush(link, &made);
	return answer == TSS2_RC_SUCCESS ? tpm_srk_find(link) : owner_error(answer);
}

int tpm_srk_name(struct sb_seal_link *link, uint8_t name[TPM_NAME])
{
	TPM2B_NAME *found = NULL;
	ESYS_TR made;
	int rc = owner_error(make_primary(link, &made));

	if (rc == SB_OK)
		rc = tpm_error(link->tss->Esys_TR_GetName(link->esys, made, &found));
	if (rc == SB_OK && found->size != TPM_NAME)
		rc = SB_E_TPM_FAILED;
	if (rc == SB_OK)
		memcpy(name, found->name, TPM_NAME);
	link->tss->Esys_Free(found);
	tpm_flush(link, &made);
	return rc;
}

/* All but the point, which is the key's own. */
bool tpm_srk_is_usual(const TPM2B_PUBLIC *public)
{
	const TPMT_PUBLIC *is = &public->publicArea, *wanted = &srk_template.publicArea;
	const TPMS_ECC_PARMS *ecc = &is->parameters.eccDetail, *wants = &wanted->parameters.eccDetail;

	return is->type == wanted->type && is->nameAlg == wanted->nameAlg && is->objectAttributes == wanted->objectAttributes &&
	       is->authPolicy.size == 0 && ecc->symmetric.algorithm == wants->symmetric.algorithm &&
	       ecc->symmetric.keyBits.aes == wants->symmetric.keyBits.aes && ecc->symmetric.mode.aes == wants->symmetric.mode.aes &&
	       ecc->scheme.scheme == wants->scheme.scheme && ecc->curveID == wants->curveID && ecc->kdf.scheme == wants->kdf.scheme;
}

static int sealed_template(const uint8_t index_name[TPM_NAME], TPM2B_PUBLIC *public)
{
	TPMT_PUBLIC *area = &public->publicArea;

	*public = (TPM2B_PUBLIC){
		.publicArea = {
			.type = TPM2_ALG_KEYEDHASH,
			.nameAlg = TPM2_ALG_SHA256,
			/* Not noDA: who defines the index anew with an auth of his own is held up by the TPM's lockout. */
			.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT,
			.authPolicy.size = SB_SHA256_SIZE,
			.parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL,
		},
	};
	return tpm_policy_sealed(index_name, area->authPolicy.buffer);
}

int tpm_seal(struct sb_seal_link *link, const uint8_t index_name[TPM_NAME], const uint8_t *auth, const uint8_t *secret, uint8_t *unique,
	struct sb_bytes *private_part)
{
	static const TPML_PCR_SELECTION no_pcrs;
	static const TPM2B_DATA no_data;
	TPM2B_SENSITIVE_CREATE sensitive = {.sensitive = {.userAuth.size = SB_SEAL_AUTH, .data.size = SB_SEAL_AUTH}};
	TPM2B_PRIVATE *private = NULL;
	TPM2B_PUBLIC public, *made = NULL;
	int rc = sealed_template(index_name, &public);

	memcpy(sensitive.sensitive.userAuth.buffer, auth, SB_SEAL_AUTH);
	memcpy(sensitive.sensitive.data.buffer, secret, SB_SEAL_AUTH);
	if (rc == SB_OK)
		rc = tpm_error(link->tss->Esys_Create(link->esys, link->srk, link->session, ESYS_TR_NONE, ESYS_TR_NONE, &sensitive, &public,
			&no_data, &no_pcrs, &private, &made, NULL, NULL, NULL));
	sb_wipe(&sensitive, sizeof sensitive);
	/* An SRK that somebody gave a password. */
	if (rc == SB_E_PIN_INCORRECT)
		rc = SB_E_TPM_OWNER;
	if (rc == SB_OK && made->publicArea.unique.keyedHash.size != SB_SHA256_SIZE)
		rc = SB_E_TPM_FAILED;
	if (rc == SB_OK) {
		memcpy(unique, made->publicArea.unique.keyedHash.buffer, SB_SHA256_SIZE);
		rc = sb_bytes_append(private_part, private->buffer, private->size);
	}
	link->tss->Esys_Free(private);
	link->tss->Esys_Free(made);
	return rc;
}

static int load(struct sb_seal_link *link, const uint8_t index_name[TPM_NAME], const struct tpm_sealed *sealed, ESYS_TR *object)
{
	TPM2B_PRIVATE private = {.size = (UINT16)sealed->private.len};
	TPM2B_PUBLIC public;
	int rc = sealed_template(index_name, &public);

	*object = ESYS_TR_NONE;
	if (sealed->private.len > sizeof private.buffer)
		return SB_E_CORRUPT;
	memcpy(private.buffer, sealed->private.data, sealed->private.len);
	public.publicArea.unique.keyedHash.size = SB_SHA256_SIZE;
	memcpy(public.publicArea.unique.keyedHash.buffer, sealed->unique, SB_SHA256_SIZE);
	return rc == SB_OK ? tpm_error(link->tss->Esys_Load(
				     link->esys, link->srk, link->session, ESYS_TR_NONE, ESYS_TR_NONE, &private, &public, object))
			   : rc;
}

int tpm_unseal(struct sb_seal_link *link, const uint8_t index_name[TPM_NAME], const struct tpm_sealed *sealed, const uint8_t *auth,
	uint8_t *secret)
{
	const struct tss *tss = link->tss;
	TPM2B_SENSITIVE_DATA *data = NULL;
	ESYS_TR object;
	int rc = load(link, index_name, sealed, &object);

	if (rc == SB_OK)
		rc = tpm_set_auth(link, object, auth);
	if (rc == SB_OK)
		rc = tpm_error(tss->Esys_PolicyAuthValue(link->esys, link->policy, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE));
	if (rc == SB_OK)
		rc = tpm_error(tss->Esys_Unseal(link->esys, object, link->policy, link->session, ESYS_TR_NONE, &data));
	if (rc == SB_OK && data->size != SB_SEAL_AUTH)
		rc = SB_E_TPM_FAILED;
	if (rc == SB_OK)
		memcpy(secret, data->buffer, SB_SEAL_AUTH);
	if (data)
		sb_wipe(data, sizeof *data);
	tss->Esys_Free(data);
	if (object != ESYS_TR_NONE)
		tpm_set_auth(link, object, NULL);
	tpm_flush(link, &object);
	return rc;
}
