/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "token_private.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/error.h"
#include "crypto/aead.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "crypto/secret.h"

/* Wraps: K_tok sealed under what a PIN or PUK stretches to. A row is
 *   form 1: head, box                       (format 1 of the token)
 *   form 2: the byte 2, head, box, check
 *   form 3: the byte 3, head, length of the state (4), state, box, check     (a seal with a device)
 * head: salt, memory and passes of Argon2id. The box authenticates the header, the slot, the head and the state. The check, keyed by K_pub, says
 * the same without the PIN, so that an accident to row or header is not taken for a wrong PIN; an attacker can make it anew. */

enum { BOX = TOKEN_KEY + SB_AEAD_OVERHEAD, CHECK = 16, FORM_1 = TOKEN_WRAP_HEAD + BOX, FORM_2 = 1 + FORM_1 + CHECK,
	FORM_3 = FORM_2 + 4 /* and the state */ };
enum { DEFAULT_MEMORY = 256, DEFAULT_PASSES = 3, MEMORY_SHARE = 8 };

static const char *const names[] = {META_WRAP_PIN, META_WRAP_PUK}, *const pending[] = {META_PENDING_PIN, META_PENDING_PUK};

bool token_wrap_is_old(const struct sb_bytes *row)
{
	return row->len == FORM_1;
}

static const uint8_t *head_of(const struct sb_bytes *row)
{
	return row->data + !token_wrap_is_old(row);
}

struct sb_slice token_wrap_state(const struct sb_bytes *row)
{
	const uint8_t *len;

	if (row->len <= FORM_3 || row->data[0] != 3)
		return sb_slice(NULL, 0);
	len = row->data + 1 + TOKEN_WRAP_HEAD;
	return sb_slice(len + 4, sb_get_u32(len));
}

static const uint8_t *box_of(const struct sb_bytes *row)
{
	struct sb_slice state = token_wrap_state(row);

	return state.len ? state.data + state.len : head_of(row) + TOKEN_WRAP_HEAD;
}

static struct token_cost cost_in(const uint8_t head[TOKEN_WRAP_HEAD])
{
	return (struct token_cost){sb_get_u32(head + SB_KDF_SALT), sb_get_u32(head + SB_KDF_SALT + 4)};
}

struct token_cost token_wrap_cost(const struct sb_bytes *row)
{
	return cost_in(head_of(row));
}

/* A quarter of a GiB, less where that would be too large a share of the machine. */
static unsigned default_memory(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
	unsigned long mib = pages > 0 && page > 0 ? (unsigned long)pages / 1024 * (unsigned long)page / 1024 : 0;

	if (mib / MEMORY_SHARE >= DEFAULT_MEMORY || mib == 0)
		return DEFAULT_MEMORY;
	return mib / MEMORY_SHARE < SB_KDF_MEMORY_MIN ? SB_KDF_MEMORY_MIN : (unsigned)(mib / MEMORY_SHARE);
}

struct token_cost token_cost_configured(const struct sb_config *config, const struct sb_seal *seal)
{
	const struct sb_seal_device *device = seal->device;
	unsigned memory = device ? device->memory_mib : default_memory(), passes = device ? device->passes : DEFAULT_PASSES;

	return (struct token_cost){
		config->kdf_memory ? config->kdf_memory : memory, config->kdf_passes ? config->kdf_passes : passes};
}

struct token_cost token_cost_wanted(struct sb_token *token)
{
	struct token_cost cost = token_cost_configured(&token->tokens->config, token->seal);

	for (int slot = SB_SEAL_PIN; slot <= SB_SEAL_PUK; slot++) {
		struct sb_bytes row = {0};

		if (token_wrap_read(token, slot, &row) == SB_OK) {
			struct token_cost stands = token_wrap_cost(&row);

			cost.memory = stands.memory > cost.memory ? stands.memory : cost.memory;
			cost.passes = stands.passes > cost.passes ? stands.passes : cost.passes;
		}
		sb_bytes_free(&row);
	}
	return cost;
}

/* Everything fixed at initialisation, and the wrap's own parameters. */
static int wrap_ad(const struct sb_token *token, enum sb_seal_slot slot, bool old, const uint8_t *head, struct sb_slice state,
	struct sb_bytes *ad)
{
	struct token_header header = token->header;
	int rc;

	header.format = 1;
	rc = old ? token_header_encode(&header, sb_slice(NULL, 0), ad)
		 : sb_bytes_append(ad, token->header_row.data, token->header_row.len);
	if (rc == SB_OK)
		rc = sb_bytes_append_byte(ad, (uint8_t)slot);
	if (rc == SB_OK)
		rc = sb_bytes_append(ad, head, TOKEN_WRAP_HEAD);
	return rc == SB_OK ? sb_bytes_append(ad, state.data, state.len) : rc;
}

static int make_check(const struct sb_token *token, enum sb_seal_slot slot, struct sb_slice row, uint8_t mac[32])
{
	uint8_t which = (uint8_t)slot;
	struct sb_slice pieces[] = {sb_slice("wrap", 4), sb_slice(&which, 1), sb_bytes_slice(&token->header_row), row};

	return sb_mac_pieces(sb_slice(token->public_key, TOKEN_KEY), pieces, 4, mac);
}

static bool right_form(const struct sb_token *token, const struct sb_bytes *row)
{
	if (!token->seal->device)
		return row->len == FORM_2 && row->data[0] == 2;
	return row->len > FORM_3 && row->len <= FORM_3 + SB_SEAL_STATE_MAX && row->data[0] == 3 &&
	       sb_get_u32(row->data + 1 + TOKEN_WRAP_HEAD) == row->len - FORM_3;
}

static int check_row(const struct sb_token *token, enum sb_seal_slot slot, const struct sb_bytes *row)
{
	uint8_t mac[32];
	int rc;

	/* Old wraps know neither devices nor the list of mechanisms, so none of a token that has one is ours. */
	if (token_wrap_is_old(row))
		return token->seal->device || token->policy.mechanisms.len ? SB_E_CORRUPT : SB_OK;
	if (!right_form(token, row))
		return SB_E_CORRUPT;
	rc = make_check(token, slot, sb_slice(row->data, row->len - CHECK), mac);
	return rc == SB_OK && !sb_equal_ct(mac, row->data + row->len - CHECK, CHECK) ? SB_E_CORRUPT : rc;
}

static int read_named(struct sb_token *token, enum sb_seal_slot slot, const char *name, struct sb_bytes *row)
{
	int rc = token->store->ops->get(token->store, name, row);
	struct token_cost cost;

	if (rc != SB_OK)
		return rc;
	rc = check_row(token, slot, row);
	if (rc != SB_OK)
		return rc;
	cost = token_wrap_cost(row);
	/* A row that asks for too little was weakened; one that asks for too much wants to exhaust the machine. */
	return cost.memory < SB_KDF_MEMORY_MIN || cost.memory > SB_KDF_MEMORY_MAX || cost.passes < SB_KDF_PASSES_MIN ||
			       cost.passes > SB_KDF_PASSES_MAX
		       ? SB_E_CORRUPT
		       : SB_OK;
}

int token_wrap_read(struct sb_token *token, enum sb_seal_slot slot, struct sb_bytes *row)
{
	int rc = read_named(token, slot, names[slot], row);

	return rc == SB_E_NOT_FOUND ? SB_E_PIN_UNSET : rc;
}

int token_wrap_pending(struct sb_token *token, enum sb_seal_slot slot, struct sb_bytes *row)
{
	return read_named(token, slot, pending[slot], row);
}

int token_wrap_drop_pending(struct sb_token *token, enum sb_seal_slot slot)
{
	return token->store->ops->drop(token->store, pending[slot]);
}

int token_wrap_promote(struct sb_token *token, enum sb_seal_slot slot, const struct sb_bytes *row)
{
	int rc = token->store->ops->put(token->store, names[slot], sb_bytes_slice(row));

	return rc == SB_OK ? token_wrap_drop_pending(token, slot) : rc;
}

static struct sb_seal_input seal_input(struct sb_slice serial, const struct token_stretch *s, struct sb_slice pin)
{
	struct token_cost cost = cost_in(s->head);

	return (struct sb_seal_input){
		.slot = s->slot,
		.pin = pin,
		.serial = serial,
		.salt = s->head,
		.memory_mib = cost.memory,
		.passes = cost.passes,
	};
}

static const struct sb_slow_work *slow_work;

void sb_tokens_on_slow_work(const struct sb_slow_work *slow)
{
	slow_work = slow;
}

/* One derivation at a time: each may take a quarter of a GiB. */
static int stretch_slowly(const struct sb_seal *seal, const struct sb_seal_input *input, uint8_t *stretched)
{
	static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
	int rc;

	if (slow_work)
		slow_work->let_go();
	pthread_mutex_lock(&one_at_a_time);
	rc = seal->stretch(input, stretched);
	pthread_mutex_unlock(&one_at_a_time);
	if (slow_work)
		slow_work->take_back();
	return rc;
}

static int stretch(const struct sb_seal *seal, enum sb_seal_slot slot, struct sb_slice pin, const uint8_t head[TOKEN_WRAP_HEAD],
	struct token_stretch **out)
{
	struct token_stretch *s = sb_secret_new(sizeof *s);
	struct sb_seal_input input;
	int rc;

	*out = s;
	if (!s)
		return SB_E_NOMEM;
	s->slot = slot;
	memcpy(s->head, head, TOKEN_WRAP_HEAD);
	input = seal_input(sb_slice(NULL, 0), s, pin);
	rc = stretch_slowly(seal, &input, s->stretched);
	if (rc != SB_OK)
		token_stretch_free(out);
	return rc;
}

int token_stretch_for(struct sb_token *token, enum sb_seal_slot slot, struct sb_slice pin, const struct sb_bytes *row,
	struct token_stretch **out)
{
	return stretch(token->seal, slot, pin, head_of(row), out);
}

int token_stretch_new(const struct sb_seal *seal, enum sb_seal_slot slot, struct sb_slice pin, struct token_cost cost,
	struct token_stretch **out)
{
	uint8_t head[TOKEN_WRAP_HEAD];
	int rc = sb_random(head, SB_KDF_SALT);

	*out = NULL;
	sb_put_u32(head + SB_KDF_SALT, cost.memory);
	sb_put_u32(head + SB_KDF_SALT + 4, cost.passes);
	return rc == SB_OK ? stretch(seal, slot, pin, head, out) : rc;
}

/* A place in a device keeps its salt and cost for life: another salt would take two tries for one PIN. */
int token_stretch_next(struct sb_token *token, enum sb_seal_slot slot, struct sb_slice pin, struct token_stretch **out)
{
	struct sb_bytes row = {0};
	int rc = token->seal->device ? token_wrap_read(token, slot, &row) : SB_E_PIN_UNSET;

	*out = NULL;
	if (rc == SB_OK)
		rc = token_stretch_for(token, slot, pin, &row, out);
	else if (rc == SB_E_PIN_UNSET || rc == SB_E_CORRUPT)
		rc = token_stretch_new(token->seal, slot, pin, token_cost_wanted(token), out);
	sb_bytes_free(&row);
	return rc;
}

int token_stretch_copy(const struct token_stretch *s, struct token_stretch **out)
{
	*out = sb_secret_new(sizeof **out);
	if (!*out)
		return SB_E_NOMEM;
	(*out)->slot = s->slot;
	memcpy((*out)->head, s->head, TOKEN_WRAP_HEAD);
	memcpy((*out)->stretched, s->stretched, SB_STRETCHED);
	return SB_OK;
}

void token_stretch_free(struct token_stretch **s)
{
	if (*s)
		sb_bytes_free(&(*s)->state);
	sb_secret_free((void **)s);
}

static int make_kek(struct sb_token *token, struct token_stretch *s)
{
	struct sb_seal_input input = seal_input(sb_slice(token->header.serial, SB_TOKEN_SERIAL), s, sb_slice(NULL, 0));

	if (token->seal->device)
		return SB_OK;
	return token->seal->unlock(&input, s->stretched, s->kek);
}

int token_wrap_open(struct sb_token *token, struct token_stretch *s, const struct sb_bytes *row, struct token_keys *keys)
{
	struct sb_bytes ad = {0};
	int rc = make_kek(token, s);

	if (rc == SB_OK)
		rc = wrap_ad(token, s->slot, token_wrap_is_old(row), head_of(row), token_wrap_state(row), &ad);
	if (rc == SB_OK) {
		rc = sb_aead_open_to(s->kek, sb_bytes_slice(&ad), sb_slice(box_of(row), BOX), keys->token, TOKEN_KEY);
		if (rc == SB_E_CORRUPT)
			rc = SB_E_PIN_INCORRECT;
	}
	sb_bytes_free(&ad);
	return rc == SB_OK ? token_keys_derive(keys) : rc;
}

static int append_head(const struct token_stretch *s, bool device, struct sb_bytes *row)
{
	uint8_t len[4];
	int rc = sb_bytes_append_byte(row, device ? 3 : 2);

	if (rc == SB_OK)
		rc = sb_bytes_append(row, s->head, TOKEN_WRAP_HEAD);
	if (rc != SB_OK || !device)
		return rc;
	sb_put_u32(len, (uint32_t)s->state.len);
	rc = sb_bytes_append(row, len, sizeof len);
	return rc == SB_OK ? sb_bytes_append(row, s->state.data, s->state.len) : rc;
}

static int write_named(struct sb_token *token, struct token_stretch *s, const struct token_keys *keys, const char *name)
{
	struct sb_bytes ad = {0}, row = {0};
	uint8_t mac[32];
	int rc = make_kek(token, s);

	if (rc == SB_OK)
		rc = wrap_ad(token, s->slot, false, s->head, sb_bytes_slice(&s->state), &ad);
	if (rc == SB_OK)
		rc = append_head(s, token->seal->device, &row);
	if (rc == SB_OK)
		rc = sb_aead_seal(s->kek, sb_bytes_slice(&ad), sb_slice(keys->token, TOKEN_KEY), &row);
	if (rc == SB_OK)
		rc = make_check(token, s->slot, sb_bytes_slice(&row), mac);
	if (rc == SB_OK)
		rc = sb_bytes_append(&row, mac, CHECK);
	if (rc == SB_OK)
		rc = token->store->ops->put(token->store, name, sb_bytes_slice(&row));
	sb_bytes_free(&ad);
	sb_bytes_free(&row);
	return rc;
}

int token_wrap_write(struct sb_token *token, struct token_stretch *s, const struct token_keys *keys)
{
	int rc = write_named(token, s, keys, names[s->slot]);

	return rc == SB_OK && token->seal->device ? token_wrap_drop_pending(token, s->slot) : rc;
}

int token_wrap_write_pending(struct sb_token *token, struct token_stretch *s, const struct token_keys *keys)
{
	return write_named(token, s, keys, pending[s->slot]);
}
