/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_TPM_H
#define SINBUN_TPM_H

#include "crypto/digest.h"
#include "seal/seal.h"
#include "seal/tss.h"

/* What the files of the TPM seal share; beside them only tools/admin/tpm.c, which looks at a TPM, includes this. */

/* Indices are in the range that TCG leaves to owners. */
enum { TPM_NUMBERS = 0x01800000, TPM_NUMBERS_MASK = 0x003fffff };
enum { TPM_SRK = 0x81000001, TPM_NAME = 2 + SB_SHA256_SIZE, TPM_BRANCHES = 6 };

/* --- tpm_context.c: the connection, its sessions, answers --- */
struct sb_seal_link {
	const struct tss *tss;
	TSS2_TCTI_CONTEXT *tcti;
	ESYS_CONTEXT *esys;
	ESYS_TR srk;     /* ESYS_TR_NONE while the TPM has none */
	ESYS_TR session; /* salted and encrypting; ESYS_TR_NONE until tpm_secure */
	ESYS_TR policy;  /* of the command at hand */
	uint8_t srk_name[TPM_NAME];
	bool hushed;
};

int tpm_find(const char *tcti, bool *there);
/* Where none is configured: the kernel's device, or NULL. */
const char *tpm_usual_tcti(void);
/* open: the TPM answers or not, no more is asked. connect: also whether it has an SRK. */
int tpm_open(const char *tcti, struct sb_seal_link **link);
int tpm_connect(const char *tcti, struct sb_seal_link **link);
void tpm_disconnect(struct sb_seal_link **link);
/* The session under which all else is said. */
int tpm_secure(struct sb_seal_link *link);
/* A fresh policy session in link->policy; the one before is flushed. */
int tpm_policy_begin(struct sb_seal_link *link);
void tpm_policy_end(struct sb_seal_link *link);
void tpm_flush(struct sb_seal_link *link, ESYS_TR *handle);
/* Sets the auth value of a handle (SB_SEAL_AUTH bytes); NULL takes it out of libtss2's memory again. */
int tpm_set_auth(struct sb_seal_link *link, ESYS_TR handle, const uint8_t *auth);
/* An answer as SB_E_*. */
int tpm_error(TSS2_RC rc);

/* --- tpm_objects.c: the storage root key, and sealed secrets --- */
/* Looks for the SRK: link->srk and its name. */
int tpm_srk_find(struct sb_seal_link *link);
int tpm_srk_make(struct sb_seal_link *link);
/* Is it by the TCG's template, as tpm_srk_make has it? */
bool tpm_srk_is_usual(const TPM2B_PUBLIC *public);
/* The name of the one that tpm_srk_make would make; nothing stays in the TPM. SB_E_TPM_OWNER. */
int tpm_srk_name(struct sb_seal_link *link, uint8_t name[TPM_NAME]);
struct tpm_sealed {
	uint8_t unique[SB_SHA256_SIZE]; /* of the public part; the rest of it is always the same */
	struct sb_slice private;
};
/* Seals a secret that opens after PolicySecret(the index of that name) with auth. Appends the private part. */
int tpm_seal(struct sb_seal_link *link, const uint8_t index_name[TPM_NAME], const uint8_t *auth, const uint8_t *secret, uint8_t *unique,
	struct sb_bytes *private_part);
/* In link->policy, where PolicySecret was given. SB_E_PIN_INCORRECT where auth is not its. */
int tpm_unseal(struct sb_seal_link *link, const uint8_t index_name[TPM_NAME], const struct tpm_sealed *sealed, const uint8_t *auth,
	uint8_t *secret);

/* --- tpm_policy.c: digests of policies, and their sessions --- */
enum tpm_branch {
	TPM_READ,        /* anybody may read the count */
	TPM_INIT,        /* the limit is written once */
	TPM_PUK_WRITE,   /* the PUK gives all tries back */
	TPM_PUK_CHANGE,  /* the PUK sets another PIN */
	TPM_SELF_CHANGE, /* the PIN, or the PUK, sets another of itself */
	TPM_MARK,        /* nobody can satisfy it: it carries the set's nonce */
};
struct tpm_policy {
	uint8_t branches[TPM_BRANCHES][SB_SHA256_SIZE];
	size_t count;
	uint8_t digest[SB_SHA256_SIZE];
};
/* The policy of a slot's index. */
int tpm_policy_of(const struct sb_seal_set *set, enum sb_seal_slot slot, struct tpm_policy *policy);
/* The policy of a sealed secret. */
int tpm_policy_sealed(const uint8_t index_name[TPM_NAME], uint8_t digest[SB_SHA256_SIZE]);
int tpm_policy_mark(const struct sb_seal_set *set, uint8_t digest[SB_SHA256_SIZE]);
/* link->policy satisfies a branch of the policy. puk: the PUK's index with its auth set, for the branches that want it. */
int tpm_policy_satisfy(struct sb_seal_link *link, const struct tpm_policy *policy, enum tpm_branch branch, ESYS_TR puk);
/* PolicySecret with a handle whose auth is set, in link->policy. Charges. SB_E_PIN_INCORRECT, SB_E_PIN_LOCKED. */
int tpm_policy_secret(struct sb_seal_link *link, ESYS_TR handle);

/* --- tpm_index.c: NV indices --- */
/* The name of a slot's index as it is once written. */
int tpm_index_name(const struct sb_seal_set *set, enum sb_seal_slot slot, uint8_t name[TPM_NAME]);
/* The index of a slot, the counter: SB_E_TPM_FOREIGN when it is not there, or not the one that was made. */
int tpm_index_open(struct sb_seal_link *link, const struct sb_seal_set *set, enum sb_seal_slot slot, ESYS_TR *handle);
int tpm_index_define(struct sb_seal_link *link, const struct sb_seal_set *set, enum sb_seal_slot slot, const uint8_t *auth, unsigned limit);
int tpm_index_change(struct sb_seal_link *link, const struct sb_seal_set *set, enum sb_seal_slot slot, const uint8_t *old,
	const uint8_t *auth);
/* The PIN's index with the PUK: another auth, then no try used. */
int tpm_index_unblock(struct sb_seal_link *link, const struct sb_seal_set *set, const uint8_t *puk, unsigned limit, const uint8_t *auth);
int tpm_index_count(struct sb_seal_link *link, const struct sb_seal_set *set, enum sb_seal_slot slot, unsigned *used);
int tpm_counter_define(struct sb_seal_link *link, const struct sb_seal_set *set, const uint8_t *auth, uint64_t *value);
int tpm_counter_use(struct sb_seal_link *link, const struct sb_seal_set *set, const uint8_t *auth, bool step, uint64_t *value);
/* What an index looks like, whosever it is. */
enum tpm_look { TPM_OTHER, TPM_COUNTS_TRIES, TPM_COUNTS_UP };
enum tpm_look tpm_index_look(const TPM2B_NV_PUBLIC *public);
/* Takes away what a number stands for, if it is the set's. */
int tpm_index_undefine(struct sb_seal_link *link, const struct sb_seal_set *set, uint32_t number);

#endif
