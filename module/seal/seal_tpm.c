/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "seal/tpm.h"

#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "crypto/kdf.h"
#include "crypto/random.h"
#include "crypto/secret.h"

/* The TPM seal: KEK = HKDF(secret that the TPM gives out, key from the PIN). The TPM counts the tries at the index of the slot, and
 * gives the secret only to a PIN that passed there. A state is: 1, the set, the SRK's name, unique, private part. */

enum { STATE_SET = SB_SEAL_NONCE + 3 * 4, STATE_HEAD = 1 + STATE_SET + TPM_NAME + SB_SHA256_SIZE };

struct state {
	struct sb_seal_set set;
	uint8_t srk_name[TPM_NAME];
	struct tpm_sealed sealed;
};

/* What a PIN's stretched bytes are used for. In guarded memory. */
struct keys {
	uint8_t index[SB_SEAL_AUTH], object[SB_SEAL_AUTH];
	uint8_t kek[2 * SB_SEAL_AUTH]; /* the TPM's secret, then the PIN's part */
	uint8_t counter[SB_SEAL_AUTH];
};

static int stretch(const struct sb_seal_input *input, uint8_t *stretched)
{
	return sb_argon2id(input->pin, input->salt, input->memory_mib, input->passes, stretched, SB_STRETCHED);
}

/* A TPM takes trailing zeros off an auth value. */
static void fit(uint8_t auth[SB_SEAL_AUTH])
{
	auth[SB_SEAL_AUTH - 1] |= !auth[SB_SEAL_AUTH - 1];
}

static int part(const uint8_t *stretched, const char *purpose, uint8_t out[SB_SEAL_AUTH])
{
	return sb_hkdf_sha256(sb_slice(stretched, SB_STRETCHED), sb_slice(NULL, 0), sb_slice(purpose, strlen(purpose)), out, SB_SEAL_AUTH);
}

static int derive(const uint8_t *stretched, struct keys **out)
{
	struct keys *keys = sb_secret_new(sizeof *keys);
	int rc = keys ? SB_OK : SB_E_NOMEM;

	*out = keys;
	if (rc == SB_OK)
		rc = part(stretched, "sinbun tpm seal, index", keys->index);
	if (rc == SB_OK)
		rc = part(stretched, "sinbun tpm seal, object", keys->object);
	if (rc == SB_OK)
		rc = part(stretched, "sinbun tpm seal, key", keys->kek + SB_SEAL_AUTH);
	if (rc == SB_OK) {
		fit(keys->index);
		fit(keys->object);
	}
	return rc;
}

static void keys_free(struct keys **keys)
{
	sb_secret_free((void **)keys);
}

static int make_kek(const struct keys *keys, enum sb_seal_slot slot, struct sb_slice serial, uint8_t *kek)
{
	static const char *const purposes[] = {"sinbun tpm seal, PIN", "sinbun tpm seal, PUK"};

	return sb_hkdf_sha256(
		sb_slice(keys->kek, sizeof keys->kek), serial, sb_slice(purposes[slot], strlen(purposes[slot])), kek, SB_KEK);
}

static int parse(struct sb_slice in, struct state *s)
{
	const uint8_t *p = in.data;

	if (in.len <= STATE_HEAD || in.len > SB_SEAL_STATE_MAX || p[0] != 1)
		return SB_E_CORRUPT;
	memcpy(s->set.nonce, ++p, SB_SEAL_NONCE);
	p += SB_SEAL_NONCE;
	s->set.index[SB_SEAL_PIN] = sb_get_u32(p);
	s->set.index[SB_SEAL_PUK] = sb_get_u32(p + 4);
	s->set.counter = sb_get_u32(p + 8);
	p += 12;
	memcpy(s->srk_name, p, TPM_NAME);
	p += TPM_NAME;
	memcpy(s->sealed.unique, p, SB_SHA256_SIZE);
	s->sealed.private = sb_slice(in.data + STATE_HEAD, in.len - STATE_HEAD);
	return SB_OK;
}

static int set_of(struct sb_slice state, struct sb_seal_set *set)
{
	struct state s;
	int rc = parse(state, &s);

	if (rc == SB_OK)
		*set = s.set;
	return rc;
}

static int write_head(const struct sb_seal_link *link, const struct sb_seal_set *set, const uint8_t *unique, struct sb_bytes *state)
{
	uint8_t numbers[12];
	int rc = sb_bytes_append_byte(state, 1);

	sb_put_u32(numbers, set->index[SB_SEAL_PIN]);
	sb_put_u32(numbers + 4, set->index[SB_SEAL_PUK]);
	sb_put_u32(numbers + 8, set->counter);
	if (rc == SB_OK)
		rc = sb_bytes_append(state, set->nonce, SB_SEAL_NONCE);
	if (rc == SB_OK)
		rc = sb_bytes_append(state, numbers, sizeof numbers);
	if (rc == SB_OK)
		rc = sb_bytes_append(state, link->srk_name, TPM_NAME);
	return rc == SB_OK ? sb_bytes_append(state, unique, SB_SHA256_SIZE) : rc;
}

/* The state is of this TPM: its SRK is the one that was there when the token was made. */
static int begin(struct sb_seal_link *link, struct sb_slice bytes, struct state *s)
{
	int rc = parse(bytes, s);

	if (rc == SB_OK && (link->srk == ESYS_TR_NONE || memcmp(link->srk_name, s->srk_name, TPM_NAME) != 0))
		rc = SB_E_TPM_FOREIGN;
	return rc == SB_OK ? tpm_secure(link) : rc;
}

static int choose(struct sb_seal_set *set)
{
	uint32_t *const numbers[] = {&set->index[SB_SEAL_PIN], &set->index[SB_SEAL_PUK], &set->counter};
	int rc = sb_random(set->nonce, SB_SEAL_NONCE);

	for (size_t i = 0; rc == SB_OK && i < sizeof numbers / sizeof *numbers; i++) {
		rc = sb_random(numbers[i], sizeof *numbers[i]);
		*numbers[i] = TPM_NUMBERS | (*numbers[i] & TPM_NUMBERS_MASK);
	}
	return rc;
}

static int destroy(struct sb_seal_link *link, const struct sb_seal_set *set)
{
	const uint32_t numbers[] = {set->index[SB_SEAL_PIN], set->index[SB_SEAL_PUK], set->counter};
	int rc = link->srk == ESYS_TR_NONE ? SB_OK : tpm_secure(link);

	/* A TPM that was cleared has no owner's index left. */
	if (link->srk == ESYS_TR_NONE)
		return SB_OK;
	for (size_t i = 0; rc == SB_OK && i < sizeof numbers / sizeof *numbers; i++)
		rc = tpm_index_undefine(link, set, numbers[i]);
	return rc;
}

/* The PIN's index gets an auth that nobody knows, until there is a PIN. */
static int define_all(struct sb_seal_link *link, const struct sb_seal_set *set, const unsigned limits[2], struct keys *puk, uint64_t *counter)
{
	int rc = tpm_index_define(link, set, SB_SEAL_PUK, puk->index, limits[SB_SEAL_PUK]);

	if (rc == SB_OK)
		rc = sb_random(puk->object, SB_SEAL_AUTH);
	fit(puk->object);
	if (rc == SB_OK)
		rc = tpm_index_define(link, set, SB_SEAL_PIN, puk->object, limits[SB_SEAL_PIN]);
	return rc == SB_OK ? tpm_counter_define(link, set, puk->counter, counter) : rc;
}

static int create(struct sb_seal_link *link, const struct sb_seal_set *set, const unsigned limits[2], const uint8_t *puk,
	const uint8_t counter_auth[SB_SEAL_AUTH], uint64_t *counter)
{
	struct keys *keys;
	int rc = derive(puk, &keys);

	if (rc == SB_OK) {
		memcpy(keys->counter, counter_auth, SB_SEAL_AUTH);
		fit(keys->counter);
		rc = tpm_srk_make(link);
	}
	if (rc == SB_OK)
		rc = tpm_secure(link);
	if (rc == SB_OK)
		rc = define_all(link, set, limits, keys, counter);
	keys_free(&keys);
	if (rc != SB_OK && link->session != ESYS_TR_NONE)
		destroy(link, set);
	return rc;
}

static int seal(struct sb_seal_link *link, const struct sb_seal_set *set, enum sb_seal_slot slot, struct sb_slice serial,
	const uint8_t *stretched, struct sb_bytes *state, uint8_t *kek)
{
	uint8_t name[TPM_NAME], unique[SB_SHA256_SIZE];
	struct sb_bytes private_part = {0};
	struct keys *keys;
	int rc = derive(stretched, &keys);

	if (rc == SB_OK)
		rc = sb_random(keys->kek, SB_SEAL_AUTH);
	if (rc == SB_OK)
		rc = tpm_secure(link);
	if (rc == SB_OK)
		rc = tpm_index_name(set, slot, name);
	if (rc == SB_OK)
		rc = tpm_seal(link, name, keys->object, keys->kek, unique, &private_part);
	if (rc == SB_OK)
		rc = write_head(link, set, unique, state);
	if (rc == SB_OK)
		rc = sb_bytes_append(state, private_part.data, private_part.len);
	if (rc == SB_OK)
		rc = make_kek(keys, slot, serial, kek);
	sb_bytes_free(&private_part);
	keys_free(&keys);
	return rc;
}

/* The one try, in link->policy. */
static int pass(struct sb_seal_link *link, ESYS_TR index)
{
	int rc = tpm_policy_begin(link);

	return rc == SB_OK ? tpm_policy_secret(link, index) : rc;
}

static int open_states(struct sb_seal_link *link, enum sb_seal_slot slot, const struct sb_slice states[2], unsigned *which, struct keys *keys)
{
	uint8_t name[TPM_NAME];
	struct state s;
	ESYS_TR index = ESYS_TR_NONE;
	int rc = begin(link, states[0], &s);

	*which = 0;
	if (rc == SB_OK)
		rc = tpm_index_name(&s.set, slot, name);
	if (rc == SB_OK)
		rc = tpm_index_open(link, &s.set, slot, &index);
	if (rc == SB_OK)
		rc = tpm_set_auth(link, index, keys->index);
	if (rc == SB_OK)
		rc = pass(link, index);
	if (rc == SB_OK)
		rc = tpm_unseal(link, name, &s.sealed, keys->object, keys->kek);
	/* The right PIN at the index, and not the seal's: one that was set just before a crash. */
	if (rc == SB_E_PIN_INCORRECT && link->policy != ESYS_TR_NONE && states[1].len && parse(states[1], &s) == SB_OK &&
		pass(link, index) == SB_OK) {
		*which = 1;
		rc = tpm_unseal(link, name, &s.sealed, keys->object, keys->kek);
	}
	tpm_policy_end(link);
	if (index != ESYS_TR_NONE)
		tpm_set_auth(link, index, NULL);
	return rc;
}

static int open(struct sb_seal_link *link, enum sb_seal_slot slot, struct sb_slice serial, const uint8_t *stretched,
	const struct sb_slice states[2], unsigned *which, uint8_t *kek)
{
	struct keys *keys;
	int rc = derive(stretched, &keys);

	if (rc == SB_OK)
		rc = open_states(link, slot, states, which, keys);
	if (rc == SB_OK)
		rc = make_kek(keys, slot, serial, kek);
	keys_free(&keys);
	return rc;
}

static int change(struct sb_seal_link *link, struct sb_slice state, enum sb_seal_slot slot, const uint8_t *old, const uint8_t *stretched)
{
	struct keys *was = NULL, *will = NULL;
	struct state s;
	int rc = begin(link, state, &s);

	if (rc == SB_OK)
		rc = derive(old, &was);
	if (rc == SB_OK)
		rc = derive(stretched, &will);
	if (rc == SB_OK)
		rc = tpm_index_change(link, &s.set, slot, was->index, will->index);
	keys_free(&was);
	keys_free(&will);
	return rc;
}

static int unblock(struct sb_seal_link *link, struct sb_slice state, const uint8_t *puk, unsigned limit, const uint8_t *stretched)
{
	struct keys *by = NULL, *will = NULL;
	struct state s;
	int rc = begin(link, state, &s);

	if (rc == SB_OK)
		rc = derive(puk, &by);
	if (rc == SB_OK)
		rc = derive(stretched, &will);
	if (rc == SB_OK)
		rc = tpm_index_unblock(link, &s.set, by->index, limit, will->index);
	keys_free(&by);
	keys_free(&will);
	return rc;
}

static int tries(struct sb_seal_link *link, struct sb_slice state, unsigned used[2])
{
	struct state s;
	int rc = begin(link, state, &s);

	for (int slot = SB_SEAL_PIN; rc == SB_OK && slot <= SB_SEAL_PUK; slot++)
		rc = tpm_index_count(link, &s.set, slot, &used[slot]);
	return rc;
}

static int count(struct sb_seal_link *link, struct sb_slice state, const uint8_t auth[SB_SEAL_AUTH], bool step, uint64_t *value)
{
	uint8_t fitted[SB_SEAL_AUTH];
	struct state s;
	int rc = begin(link, state, &s);

	memcpy(fitted, auth, sizeof fitted);
	fit(fitted);
	if (rc == SB_OK)
		rc = tpm_counter_use(link, &s.set, fitted, step, value);
	sb_wipe(fitted, sizeof fitted);
	return rc;
}

static const struct sb_seal_device device = {
	.memory_mib = 64,
	.passes = 2,
	.find = tpm_find,
	.connect = tpm_connect,
	.disconnect = tpm_disconnect,
	.choose = choose,
	.create = create,
	.destroy = destroy,
	.seal = seal,
	.open = open,
	.change = change,
	.unblock = unblock,
	.tries = tries,
	.count = count,
	.set_of = set_of,
};

const struct sb_seal sb_seal_tpm = {SB_SEAL_TYPE_TPM, "tpm", stretch, NULL, &device};
