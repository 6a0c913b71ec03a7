/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/tpm.h"

#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "seal/tpm.h"

/* A look at a TPM, on the way that the module takes to it: the same libraries, loaded when they are needed, and the same silence. What it
 * answers may be anything: lists end by our count, and what was not asked for is an error. */

enum { ROUNDS = 64 }; /* of a list; the longest (NV indices) has some tens of entries */

static int ask(struct sb_seal_link *link, TPM2_CAP capability, uint32_t first, uint32_t count, bool *more, TPMS_CAPABILITY_DATA **data)
{
	TPMI_YES_NO yes = TPM2_NO;
	int rc;

	*data = NULL;
	rc = tpm_error(link->tss->Esys_GetCapability(
		link->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, capability, first, count, &yes, data));
	if (rc == SB_OK && (*data)->capability != capability)
		rc = SB_E_TPM_FAILED;
	*more = yes == TPM2_YES;
	if (rc != SB_OK) {
		link->tss->Esys_Free(*data);
		*data = NULL;
	}
	return rc;
}

/* --- properties --- */
static const struct {
	uint32_t property;
	size_t place;
	bool must;
} properties[] = {
	{TPM2_PT_FAMILY_INDICATOR, offsetof(struct admin_tpm, family), true},
	{TPM2_PT_REVISION, offsetof(struct admin_tpm, revision), true},
	{TPM2_PT_MANUFACTURER, offsetof(struct admin_tpm, manufacturer), true},
	{TPM2_PT_VENDOR_STRING_1, offsetof(struct admin_tpm, vendor[0]), false},
	{TPM2_PT_VENDOR_STRING_2, offsetof(struct admin_tpm, vendor[1]), false},
	{TPM2_PT_VENDOR_STRING_3, offsetof(struct admin_tpm, vendor[2]), false},
	{TPM2_PT_VENDOR_STRING_4, offsetof(struct admin_tpm, vendor[3]), false},
	{TPM2_PT_FIRMWARE_VERSION_1, offsetof(struct admin_tpm, firmware[0]), false},
	{TPM2_PT_FIRMWARE_VERSION_2, offsetof(struct admin_tpm, firmware[1]), false},
	{TPM2_PT_PERMANENT, offsetof(struct admin_tpm, permanent), true},
	{TPM2_PT_LOCKOUT_COUNTER, offsetof(struct admin_tpm, failures), true},
	{TPM2_PT_MAX_AUTH_FAIL, offsetof(struct admin_tpm, max_tries), true},
	{TPM2_PT_LOCKOUT_INTERVAL, offsetof(struct admin_tpm, recovery), true},
	{TPM2_PT_LOCKOUT_RECOVERY, offsetof(struct admin_tpm, lockout_recovery), true},
	{TPM2_PT_NV_COUNTERS_AVAIL, offsetof(struct admin_tpm, counters_left), true},
};
enum { PROPERTIES = sizeof properties / sizeof *properties };

/* One at a time: a list may leave out what it likes. */
static int read_property(struct sb_seal_link *link, size_t i, struct admin_tpm *out)
{
	TPMS_CAPABILITY_DATA *data;
	const TPML_TAGGED_TPM_PROPERTY *list;
	bool more;
	int rc = ask(link, TPM2_CAP_TPM_PROPERTIES, properties[i].property, 1, &more, &data);

	if (rc != SB_OK)
		return rc;
	list = &data->data.tpmProperties;
	if (list->count >= 1 && list->tpmProperty[0].property == properties[i].property)
		memcpy((char *)out + properties[i].place, &list->tpmProperty[0].value, sizeof(uint32_t));
	else if (properties[i].must)
		rc = SB_E_TPM_FAILED;
	link->tss->Esys_Free(data);
	return rc;
}

static int read_properties(struct sb_seal_link *link, struct admin_tpm *out)
{
	int rc = SB_OK;

	for (size_t i = 0; rc == SB_OK && i < PROPERTIES; i++)
		rc = read_property(link, i, out);
	if (rc == SB_OK && out->family != 0x322e3000) /* "2.0" */
		rc = SB_E_TPM_FAILED;
	out->owner_auth = out->permanent & TPMA_PERMANENT_OWNERAUTHSET;
	out->endorsement_auth = out->permanent & TPMA_PERMANENT_ENDORSEMENTAUTHSET;
	out->lockout_auth = out->permanent & TPMA_PERMANENT_LOCKOUTAUTHSET;
	out->in_lockout = (out->permanent & TPMA_PERMANENT_INLOCKOUT) || (out->recovery && out->failures >= out->max_tries);
	return rc;
}

/* --- what the seal needs --- */
static const struct {
	TPM2_CAP capability;
	uint32_t value;
	const char *name;
} needs[] = {
	{TPM2_CAP_ALGS, TPM2_ALG_SHA256, "SHA256"},
	{TPM2_CAP_ALGS, TPM2_ALG_AES, "AES"},
	{TPM2_CAP_ALGS, TPM2_ALG_CFB, "CFB"},
	{TPM2_CAP_ALGS, TPM2_ALG_ECC, "ECC"},
	{TPM2_CAP_ALGS, TPM2_ALG_KEYEDHASH, "KEYEDHASH"},
	{TPM2_CAP_ECC_CURVES, TPM2_ECC_NIST_P256, "P-256"},
	{TPM2_CAP_COMMANDS, TPM2_CC_CreatePrimary, "CreatePrimary"},
	{TPM2_CAP_COMMANDS, TPM2_CC_EvictControl, "EvictControl"},
	{TPM2_CAP_COMMANDS, TPM2_CC_Create, "Create"},
	{TPM2_CAP_COMMANDS, TPM2_CC_Load, "Load"},
	{TPM2_CAP_COMMANDS, TPM2_CC_Unseal, "Unseal"},
	{TPM2_CAP_COMMANDS, TPM2_CC_NV_DefineSpace, "NV_DefineSpace"},
	{TPM2_CAP_COMMANDS, TPM2_CC_NV_UndefineSpace, "NV_UndefineSpace"},
	{TPM2_CAP_COMMANDS, TPM2_CC_NV_Read, "NV_Read"},
	{TPM2_CAP_COMMANDS, TPM2_CC_NV_Write, "NV_Write"},
	{TPM2_CAP_COMMANDS, TPM2_CC_NV_Increment, "NV_Increment"},
	{TPM2_CAP_COMMANDS, TPM2_CC_NV_ChangeAuth, "NV_ChangeAuth"},
	{TPM2_CAP_COMMANDS, TPM2_CC_PolicySecret, "PolicySecret"},
	{TPM2_CAP_COMMANDS, TPM2_CC_PolicyAuthValue, "PolicyAuthValue"},
	{TPM2_CAP_COMMANDS, TPM2_CC_PolicyCommandCode, "PolicyCommandCode"},
	{TPM2_CAP_COMMANDS, TPM2_CC_PolicyNvWritten, "PolicyNvWritten"},
	{TPM2_CAP_COMMANDS, TPM2_CC_PolicyOR, "PolicyOR"},
};
/* Indices that count wrong tries came with this revision; nothing else tells of them. */
enum { PIN_FAIL_SINCE = 138 };

/* The first entry of an answer, in the terms of the question. */
static bool first_is(const TPMS_CAPABILITY_DATA *data, uint32_t value)
{
	const TPMU_CAPABILITIES *u = &data->data;

	switch (data->capability) {
	case TPM2_CAP_ALGS: return u->algorithms.count && u->algorithms.algProperties[0].alg == value;
	case TPM2_CAP_ECC_CURVES: return u->eccCurves.count && u->eccCurves.eccCurves[0] == value;
	case TPM2_CAP_COMMANDS:
		return u->command.count && (u->command.commandAttributes[0] & (TPMA_CC_COMMANDINDEX_MASK | TPMA_CC_V)) == value;
	default: return false;
	}
}

static void add_missing(struct admin_tpm *out, const char *name)
{
	size_t len = strlen(out->missing);

	snprintf(out->missing + len, sizeof out->missing - len, "%s%s", len ? " " : "", name);
}

static int read_needs(struct sb_seal_link *link, struct admin_tpm *out)
{
	int rc = SB_OK;

	if (out->revision < PIN_FAIL_SINCE)
		add_missing(out, "NT_PIN_FAIL");
	for (size_t i = 0; rc == SB_OK && i < sizeof needs / sizeof *needs; i++) {
		TPMS_CAPABILITY_DATA *data;
		bool more;

		rc = ask(link, needs[i].capability, needs[i].value, 1, &more, &data);
		if (rc == SB_OK && !first_is(data, needs[i].value))
			add_missing(out, needs[i].name);
		link->tss->Esys_Free(data);
	}
	return rc;
}

/* --- NV indices --- */
static int look_at_index(struct sb_seal_link *link, uint32_t number, struct admin_tpm *out)
{
	const struct tss *tss = link->tss;
	TPM2B_NV_PUBLIC *public = NULL;
	enum tpm_look look;
	ESYS_TR handle;
	int rc = tpm_error(tss->Esys_TR_FromTPMPublic(link->esys, number, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &handle));

	/* Gone meanwhile. */
	if (rc == SB_E_TPM_FOREIGN)
		return SB_OK;
	if (rc != SB_OK)
		return rc;
	rc = tpm_error(tss->Esys_NV_ReadPublic(link->esys, handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &public, NULL));
	tss->Esys_TR_Close(link->esys, &handle);
	if (rc == SB_OK) {
		look = tpm_index_look(public);
		out->indices++;
		out->counting += look == TPM_COUNTS_TRIES;
		out->upward += look == TPM_COUNTS_UP;
	}
	tss->Esys_Free(public);
	return rc == SB_E_TPM_FOREIGN ? SB_OK : rc;
}

static int read_indices(struct sb_seal_link *link, struct admin_tpm *out)
{
	uint32_t next = TPM2_HR_NV_INDEX;
	bool more = true;
	int rc = SB_OK;

	for (int round = 0; rc == SB_OK && more; round++) {
		TPMS_CAPABILITY_DATA *data;
		const TPML_HANDLE *list;

		rc = ask(link, TPM2_CAP_HANDLES, next, TPM2_MAX_CAP_HANDLES, &more, &data);
		if (rc != SB_OK)
			break;
		list = &data->data.handles;
		if (round == ROUNDS || list->count > TPM2_MAX_CAP_HANDLES || (more && list->count == 0))
			rc = SB_E_TPM_FAILED;
		for (uint32_t i = 0; rc == SB_OK && i < list->count; i++) {
			/* They come in order. */
			if (list->handle[i] < next || list->handle[i] >> TPM2_HR_SHIFT != TPM2_HT_NV_INDEX)
				rc = SB_E_TPM_FAILED;
			else
				rc = look_at_index(link, list->handle[i], out);
			next = list->handle[i] + 1;
		}
		link->tss->Esys_Free(data);
	}
	return rc;
}

/* --- the storage root key --- */
static int compare_srk(struct sb_seal_link *link, const TPM2B_PUBLIC *public, const TPM2B_NAME *name, struct admin_tpm *out)
{
	uint8_t wanted[TPM_NAME];
	int rc;

	out->srk = tpm_srk_is_usual(public) ? ADMIN_SRK_USUAL : ADMIN_SRK_OTHER;
	/* The owner's seed makes the same key each time: where its owner has no password the TPM can be asked whether this is it. */
	if (out->owner_auth || out->srk == ADMIN_SRK_OTHER)
		return SB_OK;
	rc = tpm_srk_name(link, wanted);
	if (rc != SB_OK)
		return rc == SB_E_TPM_OWNER ? SB_OK : rc;
	out->srk_compared = true;
	if (name->size != TPM_NAME || memcmp(name->name, wanted, TPM_NAME) != 0)
		out->srk = ADMIN_SRK_OTHER;
	return SB_OK;
}

/* A session as the seal wants it shows whether the key serves. */
static int try_srk(struct sb_seal_link *link, const TPM2B_NAME *name, struct admin_tpm *out)
{
	int rc = name->size == TPM_NAME ? tpm_secure(link) : SB_E_TPM_FOREIGN;

	if (rc == SB_OK || rc == SB_E_TPM_FULL || rc == SB_E_TPM_ABSENT)
		return rc;
	out->srk = ADMIN_SRK_UNUSABLE;
	return SB_OK;
}

static int read_srk(struct sb_seal_link *link, struct admin_tpm *out)
{
	const struct tss *tss = link->tss;
	TPM2B_PUBLIC *public = NULL;
	TPM2B_NAME *name = NULL;
	int rc = tpm_error(tss->Esys_TR_FromTPMPublic(link->esys, TPM_SRK, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &link->srk));

	out->srk = ADMIN_SRK_ABSENT;
	if (rc == SB_E_TPM_FOREIGN) {
		link->srk = ESYS_TR_NONE;
		return SB_OK;
	}
	if (rc == SB_OK)
		rc = tpm_error(tss->Esys_ReadPublic(link->esys, link->srk, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &public, NULL, NULL));
	if (rc == SB_OK)
		rc = tpm_error(tss->Esys_TR_GetName(link->esys, link->srk, &name));
	if (rc == SB_OK)
		rc = compare_srk(link, public, name, out);
	if (rc == SB_OK)
		rc = try_srk(link, name, out);
	tss->Esys_Free(public);
	tss->Esys_Free(name);
	return rc;
}

/* --- all of it --- */
static int survey(const char *tcti, struct admin_tpm *out)
{
	struct sb_seal_link *link;
	int rc = tpm_open(tcti, &link);

	*out = (struct admin_tpm){0};
	if (rc != SB_OK)
		return rc;
	rc = read_properties(link, out);
	if (rc == SB_OK)
		rc = read_needs(link, out);
	if (rc == SB_OK && !*out->missing)
		rc = read_srk(link, out);
	if (rc == SB_OK)
		rc = read_indices(link, out);
	tpm_disconnect(&link);
	/* It was there a moment ago; and an answer that nobody has a word for is no answer. */
	return rc == SB_OK || rc == SB_E_NOMEM || rc == SB_E_TPM_FULL ? rc : SB_E_TPM_FAILED;
}

/* A thing that takes a question and never answers would hold libtss2 for ever. */
struct work {
	pthread_mutex_t mutex;
	pthread_cond_t ended;
	bool done;
	char *tcti;
	struct admin_tpm tpm;
	int rc;
};

static void *run(void *argument)
{
	struct work *work = argument;
	struct admin_tpm tpm;
	int rc = survey(work->tcti, &tpm);

	pthread_mutex_lock(&work->mutex);
	work->tpm = tpm;
	work->rc = rc;
	work->done = true;
	pthread_cond_signal(&work->ended);
	pthread_mutex_unlock(&work->mutex);
	return NULL;
}

/* False: not within the time; the thread keeps what it works on, and ends with the process. */
static bool wait_for(struct work *work)
{
	struct timespec until;
	int waited = 0;
	bool done;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += ADMIN_TPM_PATIENCE;
	pthread_mutex_lock(&work->mutex);
	while (!work->done && waited == 0)
		waited = pthread_cond_timedwait(&work->ended, &work->mutex, &until);
	done = work->done;
	pthread_mutex_unlock(&work->mutex);
	return done;
}

int admin_tpm_survey(const char *tcti, struct admin_tpm *out)
{
	struct work *work = calloc(1, sizeof *work);
	pthread_t thread;
	int rc = SB_E_NOMEM;

	if (!work || (tcti && !(work->tcti = strdup(tcti))))
		goto out;
	pthread_mutex_init(&work->mutex, NULL);
	pthread_cond_init(&work->ended, NULL);
	if (pthread_create(&thread, NULL, run, work) != 0)
		goto out;
	if (!wait_for(work)) {
		pthread_detach(thread);
		return SB_E_TPM_FAILED;
	}
	pthread_join(thread, NULL);
	*out = work->tpm;
	rc = work->rc;
out:
	if (work)
		free(work->tcti);
	free(work);
	return rc;
}

const char *admin_tpm_usual(void)
{
	return tpm_usual_tcti();
}
