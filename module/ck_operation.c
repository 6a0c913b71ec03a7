/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/codec.h"
#include "base/error.h"
#include "ck_bounds.h"
#include "ck_state.h"

/* Operations of a session: digests and signatures in all their forms, by one engine that the mechanism's row drives. */

enum { LONG_DATA = 4096 }; /* from here on hashing would hold up the other threads */

static const struct {
	CK_FLAGS flag;         /* of the mechanism, and of C_SessionCancel */
	bool sign;
	bool messages;         /* one after the other: what becomes of one of them ends that one, not the operation */
	struct ck_key_use use; /* class CK_UNAVAILABLE_INFORMATION: no key */
} kinds[] = {
	[CK_OP_DIGEST] = {CKF_DIGEST, false, false, {CK_UNAVAILABLE_INFORMATION, 0}},
	[CK_OP_SIGN] = {CKF_SIGN, true, false, {CKO_PRIVATE_KEY, CKA_SIGN}},
	[CK_OP_VERIFY] = {CKF_VERIFY, false, false, {CKO_PUBLIC_KEY, CKA_VERIFY}},
	[CK_OP_VERIFY_SIGNATURE] = {CKF_VERIFY, false, false, {CKO_PUBLIC_KEY, CKA_VERIFY}},
	[CK_OP_MESSAGE_SIGN] = {CKF_MESSAGE_SIGN, true, true, {CKO_PRIVATE_KEY, CKA_SIGN}},
	[CK_OP_MESSAGE_VERIFY] = {CKF_MESSAGE_VERIFY, false, true, {CKO_PUBLIC_KEY, CKA_VERIFY}},
};

/* --- what is being worked on, without the lock --- */

/* While it is worked on an operation is out of its session: nobody can free it, and a second thread finds none. A child of fork() inherits none. */
struct work {
	CK_SESSION_HANDLE session;
	enum ck_operation_kind kind;
	uint32_t ended;
	bool unlocked;
	struct ck_operation *operation;
};

static void begin_work(struct ck_session *session, enum ck_operation_kind kind, bool unlock, struct work *w)
{
	*w = (struct work){session->handle, kind, session->ended[kind], unlock, session->operations[kind]};
	session->operations[kind] = NULL;
	if (unlock)
		ck_unlock();
}

static void clear(struct ck_operation *op)
{
	if (op->mechanism && op->mechanism->read)
		sb_mechanism_parameters_free(&op->parameters);
	sb_signing_free(&op->signing);
	sb_digest_free(&op->digest);
	sb_bytes_free(&op->data);
	sb_bytes_free(&op->signature);
	*op = (struct ck_operation){0};
}

/* Keeps what the session's next operation of this kind may want, and the memory for the next of any. */
static void keep(struct ck_session *session, enum ck_operation_kind kind, struct ck_operation **operation)
{
	struct ck_prepared *place = &session->prepared[kind];
	struct ck_operation *op = *operation;

	if (op->signing && !place->signing) {
		place->signing = op->signing;
		op->signing = NULL;
	}
	if (op->digest && sb_digest_again(op->digest) == SB_OK) {
		sb_digest_free(&place->digest);
		place->digest = op->digest;
		op->digest = NULL;
	}
	if (session->idle)
		return;
	clear(op);
	session->idle = op;
	*operation = NULL;
}

/* Brings the operation back, or ends it. */
static CK_RV end_work(struct work *w, bool stay, CK_RV rv)
{
	struct ck_session *session;
	bool valid;

	if (w->unlocked)
		ck_lock();
	session = ck_session_find(w->session);
	valid = session && session->ended[w->kind] == w->ended;
	if (rv == CKR_OK && stay && !session)
		rv = CKR_SESSION_CLOSED;
	/* Ended meanwhile, by a logout or a cancellation; or another thread began anew. */
	if (rv == CKR_OK && stay && (!valid || session->operations[w->kind]))
		rv = valid ? CKR_OPERATION_ACTIVE : CKR_OPERATION_NOT_INITIALIZED;
	if (rv == CKR_OK && stay) {
		session->operations[w->kind] = w->operation;
		return CKR_OK;
	}
	if (valid)
		keep(session, w->kind, &w->operation);
	ck_operation_free(&w->operation);
	return rv;
}

/* --- life --- */

void ck_operation_free(struct ck_operation **operation)
{
	if (!*operation)
		return;
	clear(*operation);
	free(*operation);
	*operation = NULL;
}

CK_RV ck_operation_end(struct ck_session *session, enum ck_operation_kind kind, CK_RV rv)
{
	ck_operation_free(&session->operations[kind]);
	return rv;
}

void ck_operation_cancel(struct ck_session *session, CK_FLAGS flags)
{
	for (size_t i = 0; i < CK_OP_COUNT; i++)
		if (kinds[i].flag & flags) {
			ck_operation_free(&session->operations[i]);
			session->ended[i]++;
		}
	if (flags & CKF_FIND_OBJECTS) {
		free(session->found);
		session->found = NULL;
		session->searching = false;
	}
}

void ck_operation_drop_prepared(struct ck_session *session)
{
	for (size_t i = 0; i < CK_OP_COUNT; i++) {
		sb_signing_free(&session->prepared[i].signing);
		sb_digest_free(&session->prepared[i].digest);
	}
	ck_operation_free(&session->idle);
}

void ck_operation_forget_key(const struct sb_pkey *key)
{
	struct ck_session *session;

	for (size_t i = 0; ck_session_at(i, &session); i++)
		for (size_t k = 0; session && k < CK_OP_COUNT; k++) {
			struct sb_signing **signing = &session->prepared[k].signing;

			if (*signing && sb_signing_key(*signing) == key)
				sb_signing_free(signing);
		}
}

/* --- starting --- */

/* CKA_ALLOWED_MECHANISMS: absent allows all. */
static bool mechanism_allowed(const struct sb_attributes *a, CK_MECHANISM_TYPE type)
{
	const struct sb_attribute *list = sb_attributes_get(a, CKA_ALLOWED_MECHANISMS);

	if (!list)
		return true;
	for (size_t i = 0; i + 8 <= list->len; i += 8)
		if (sb_get_u64(list->value + i) == type)
			return true;
	return false;
}

/* The dates of a key say when it may be used to make something; what it made once can be verified ever after. Days are those of UTC. */
static bool in_its_time(const struct sb_attributes *a)
{
	const struct sb_attribute *start = sb_attributes_get(a, CKA_START_DATE), *end = sb_attributes_get(a, CKA_END_DATE);
	char today[9];
	struct tm tm;
	time_t now;

	if ((!start || !start->len) && (!end || !end->len))
		return true;
	now = time(NULL);
	gmtime_r(&now, &tm);
	strftime(today, sizeof today, "%Y%m%d", &tm);
	return (!start || !start->len || memcmp(today, start->value, 8) >= 0) && (!end || !end->len || memcmp(today, end->value, 8) <= 0);
}

static CK_RV check_use(const struct ck_key_use *use, const struct sb_mechanism *m, const struct ck_object *o)
{
	const struct sb_attributes *a = &o->attributes;

	if (o->kind == CK_OBJECT_COMPUTED || sb_attributes_ulong(a, CKA_CLASS, CKO_DATA) != use->class)
		return CKR_KEY_HANDLE_INVALID;
	if (sb_attributes_ulong(a, CKA_KEY_TYPE, CK_UNAVAILABLE_INFORMATION) != m->key_type)
		return CKR_KEY_TYPE_INCONSISTENT;
	if (!sb_attributes_bool(a, use->usage, false))
		return CKR_KEY_FUNCTION_NOT_PERMITTED;
	if (!mechanism_allowed(a, m->type))
		return CKR_MECHANISM_INVALID;
	return use->class == CKO_PRIVATE_KEY && !in_its_time(a) ? CKR_KEY_FUNCTION_NOT_PERMITTED : CKR_OK;
}

static bool fits(const struct sb_pkey *key, const struct sb_mechanism *m)
{
	size_t bits = sb_pkey_bits(key);

	return bits >= m->min_bits && bits <= m->max_bits;
}

static CK_RV get_key(const struct sb_mechanism *m, struct ck_object *o, struct sb_pkey **key)
{
	CK_RV rv = ck_object_key(o, key);

	if (rv != CKR_OK)
		return rv == CKR_HOST_MEMORY ? rv : CKR_DEVICE_ERROR;
	if (fits(*key, m))
		return CKR_OK;
	sb_pkey_free(key);
	return CKR_KEY_SIZE_RANGE;
}

CK_RV ck_operation_check_key(const struct ck_key_use *use, const struct sb_mechanism *m, struct ck_object *o, struct sb_pkey **key)
{
	CK_RV rv = check_use(use, m, o);

	return rv == CKR_OK ? get_key(m, o, key) : rv;
}

/* The credit is spent and its row committed before there is a signature: a row too many for one that was never finished, never one too
 * few. Where the row cannot be written the credit is gone, and so is the operation. Other keys come nowhere near the log. */
CK_RV ck_operation_authorise(struct ck_session *session, struct ck_object *o, enum sb_audit_event event, bool *authorised)
{
	struct sb_audit_key key;
	struct timespec now;
	CK_RV rv;

	*authorised = true;
	if (!sb_attributes_bool(&o->attributes, CKA_ALWAYS_AUTHENTICATE, false))
		return CKR_OK;
	rv = ck_object_complete(o); /* the log may call it by its name */
	if (rv != CKR_OK)
		return rv;
	clock_gettime(CLOCK_MONOTONIC, &now);
	*authorised = session->credit_until >= now.tv_sec && session->credit_until != 0;
	session->credit_until = 0;
	if (!*authorised)
		return CKR_OK;
	sb_token_log_key(&o->attributes, &key);
	return ck_error(sb_token_log_use(session->token, event, &key));
}

static CK_RV prepare_error(int rc)
{
	static const struct {
		int rc;
		CK_RV rv;
	} rows[] = {{SB_E_RANGE, CKR_MECHANISM_PARAM_INVALID}, {SB_E_UNSUPPORTED, CKR_MECHANISM_PARAM_INVALID}, {SB_E_ARGUMENT, CKR_KEY_TYPE_INCONSISTENT}};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].rc == rc)
			return rows[i].rv;
	return ck_error(rc);
}

/* The object's key prepared for the mechanism and its parameters: the session's last one, if it was the same, else a new one. */
static CK_RV prepare(struct ck_session *session, enum ck_operation_kind kind, struct ck_object *o, struct ck_operation *op)
{
	struct sb_signing **last = &session->prepared[kind].signing;
	struct sb_pkey *key;
	CK_RV rv;

	if (*last && sb_signing_key(*last) == o->key && fits(o->key, op->mechanism) && sb_signing_is_for(*last, &op->parameters.signature)) {
		op->signing = *last;
		*last = NULL;
	} else {
		sb_signing_free(last);
		rv = get_key(op->mechanism, o, &key);
		if (rv == CKR_OK)
			rv = prepare_error(sb_signing_new(key, &op->parameters.signature, !kinds[kind].sign, &op->signing));
		sb_pkey_free(&key);
		if (rv != CKR_OK)
			return rv;
	}
	op->key = sb_signing_key(op->signing);
	return CKR_OK;
}

static CK_RV take_key(struct ck_session *session, enum ck_operation_kind kind, CK_OBJECT_HANDLE handle, struct ck_operation *op)
{
	struct ck_object *o;
	CK_RV rv = ck_object_get_unread(session, handle, &o);

	if (rv != CKR_OK)
		return rv == CKR_OBJECT_HANDLE_INVALID ? CKR_KEY_HANDLE_INVALID : rv;
	rv = check_use(&kinds[kind].use, op->mechanism, o);
	if (rv == CKR_OK)
		rv = prepare(session, kind, o, op);
	if (rv == CKR_OK && kinds[kind].sign) {
		op->always_authenticate = sb_attributes_bool(&o->attributes, CKA_ALWAYS_AUTHENTICATE, false);
		rv = ck_operation_authorise(session, o, SB_AUDIT_SIGN, &op->authorised);
		if (op->always_authenticate)
			sb_token_log_key(&o->attributes, &op->named);
	}
	return rv;
}

static CK_RV start_digest(struct ck_session *session, enum ck_operation_kind kind, struct ck_operation *op)
{
	struct sb_digest **last = &session->prepared[kind].digest;

	if (!op->mechanism->digest)
		return CKR_OK;
	if (!*last || !sb_digest_is(*last, op->mechanism->digest))
		return ck_error(sb_digest_new(op->mechanism->digest, &op->digest));
	op->digest = *last;
	*last = NULL;
	return CKR_OK;
}

static const struct sb_mechanism *find_mechanism(struct ck_session *session, enum ck_operation_kind kind, CK_MECHANISM_TYPE type)
{
	const struct sb_mechanism **last = &session->prepared[kind].mechanism;
	const struct sb_token_policy *policy = sb_token_policy(session->token);

	if (!*last || (*last)->type != type || !sb_mechanism_allowed(*last, policy))
		*last = sb_mechanism_find(type, policy);
	return *last;
}

CK_RV ck_operation_init(struct ck_session *session, enum ck_operation_kind kind, CK_MECHANISM *given, CK_OBJECT_HANDLE key)
{
	const struct sb_mechanism *m;
	struct ck_operation *op;
	CK_RV rv;

	if (!given)
		return session->operations[kind] ? ck_operation_end(session, kind, CKR_OK) : CKR_OPERATION_NOT_INITIALIZED;
	if (session->operations[kind])
		return CKR_OPERATION_ACTIVE;
	m = find_mechanism(session, kind, given->mechanism);
	if (!m || !(m->flags & kinds[kind].flag))
		return CKR_MECHANISM_INVALID;
	op = session->idle ? session->idle : calloc(1, sizeof *op);
	if (!op)
		return CKR_HOST_MEMORY;
	session->idle = NULL;
	op->number = ++session->begun;
	op->mechanism = m;
	op->authorised = true;
	rv = sb_mechanism_read(m, given, kinds[kind].sign, &op->parameters);
	if (rv == CKR_OK && kinds[kind].use.class != CK_UNAVAILABLE_INFORMATION)
		rv = take_key(session, kind, key, op);
	if (rv == CKR_OK)
		rv = start_digest(session, kind, op);
	if (rv == CKR_OK)
		session->operations[kind] = op;
	else
		ck_operation_free(&op);
	return rv;
}

/* --- one message of several --- */

/* Ready for the next message. A key that always authenticates wants the PIN again. */
static CK_RV next_message(struct ck_operation *op)
{
	op->in_message = op->updated = false;
	op->data.len = 0;
	op->authorised = !op->always_authenticate;
	return op->digest ? ck_error(sb_digest_again(op->digest)) : CKR_OK;
}

/* The last of the data were seen, or an error: the operation ends, or goes on to the next message. */
static CK_RV finish_work(struct work *w, CK_RV rv)
{
	CK_RV next;

	if (!kinds[w->kind].messages)
		return end_work(w, false, rv);
	next = end_work(w, true, next_message(w->operation));
	return rv == CKR_OK ? next : rv;
}

CK_RV ck_operation_fail(struct ck_session *session, enum ck_operation_kind kind, CK_RV rv)
{
	if (kinds[kind].messages && next_message(session->operations[kind]) == CKR_OK)
		return rv;
	return ck_operation_end(session, kind, rv);
}

/* --- data in --- */

static CK_RV feed(struct ck_operation *op, const CK_BYTE *data, CK_ULONG len)
{
	size_t max;

	if (op->digest)
		return ck_error(sb_digest_update(op->digest, data, len));
	max = sb_mechanism_data_max(op->mechanism, sb_pkey_signature_size(op->key));
	if (len > max || op->data.len > max - len)
		return CKR_DATA_LEN_RANGE;
	return ck_error(sb_bytes_append(&op->data, data, len));
}

bool ck_operation_parts_came(const struct ck_session *session, enum ck_operation_kind kind)
{
	return session->operations[kind] && session->operations[kind]->updated;
}

CK_RV ck_operation_update(struct ck_session *session, enum ck_operation_kind kind, const CK_BYTE *data, CK_ULONG len)
{
	struct ck_operation *op = session->operations[kind];
	struct work work;
	CK_RV rv;

	if (!op)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (ck_bad_bytes(data, len))
		return ck_operation_fail(session, kind, CKR_ARGUMENTS_BAD);
	op->updated = true;
	begin_work(session, kind, len >= LONG_DATA, &work);
	rv = feed(op, data, len);
	return rv == CKR_OK ? end_work(&work, true, rv) : finish_work(&work, rv);
}

/* --- results out --- */

/* What is signed after the last data: the digest, or the data themselves. */
static CK_RV final_input(struct ck_operation *op, const CK_BYTE *data, CK_ULONG len, uint8_t hash[SB_DIGEST_MAX], struct sb_slice *input)
{
	bool whole = !op->digest && !op->data.len && len <= sb_mechanism_data_max(op->mechanism, sb_pkey_signature_size(op->key));
	CK_RV rv = whole ? CKR_OK : feed(op, data, len);

	if (rv != CKR_OK)
		return rv;
	if (op->digest) {
		*input = sb_slice(hash, sb_digest_size(op->digest));
		return ck_error(sb_digest_final(op->digest, hash));
	}
	*input = whole ? sb_slice(data, len) : sb_bytes_slice(&op->data);
	/* Only a message may be empty; a hash that the caller made has the length that was said. */
	if (op->mechanism->scheme == SB_SCHEME_EDDSA)
		return CKR_OK;
	if (op->mechanism->scheme == SB_SCHEME_RSA_PSS && input->len != sb_digest_length(op->parameters.signature.digest))
		return CKR_DATA_LEN_RANGE;
	return input->len ? CKR_OK : CKR_DATA_LEN_RANGE;
}

static CK_RV produce(struct ck_operation *op, const CK_BYTE *data, CK_ULONG len, CK_BYTE *out, CK_ULONG *out_len)
{
	uint8_t hash[SB_DIGEST_MAX], result[SB_SIGNATURE_MAX];
	struct sb_slice input;
	CK_RV rv = op->authorised ? final_input(op, data, len, hash, &input) : CKR_USER_NOT_LOGGED_IN;
	size_t size;
	int rc;

	if (rv != CKR_OK)
		return rv;
	if (!op->signing) {
		memcpy(out, input.data, input.len);
		*out_len = input.len;
		return CKR_OK;
	}
	size = sb_pkey_signature_size(op->key);
	/* Into the caller's buffer only when it is whole. */
	rc = sb_signing_sign(op->signing, input, result);
	if (rc != SB_OK)
		return rc == SB_E_RANGE ? CKR_DATA_LEN_RANGE : ck_error(rc);
	memcpy(out, result, size);
	*out_len = size;
	return CKR_OK;
}

static size_t result_size(const struct ck_operation *op)
{
	return op->signing ? sb_pkey_signature_size(op->key) : sb_digest_size(op->digest);
}

CK_RV ck_operation_produce(struct ck_session *session, enum ck_operation_kind kind, const CK_BYTE *data, CK_ULONG len, CK_BYTE *out,
	CK_ULONG *out_len)
{
	struct ck_operation *op = session->operations[kind];
	struct work work;

	if (!op)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (!out_len || ck_bad_bytes(data, len))
		return ck_operation_fail(session, kind, CKR_ARGUMENTS_BAD);
	/* A question for the length, or too small a buffer: the operation goes on. */
	if (!out || *out_len < result_size(op)) {
		*out_len = result_size(op);
		return out ? CKR_BUFFER_TOO_SMALL : CKR_OK;
	}
	begin_work(session, kind, op->signing || len >= LONG_DATA, &work);
	return finish_work(&work, produce(op, data, len, out, out_len));
}

static CK_RV verify(struct ck_operation *op, const CK_BYTE *data, CK_ULONG len, struct sb_slice signature)
{
	uint8_t hash[SB_DIGEST_MAX];
	struct sb_slice input;
	CK_RV rv;
	int rc;

	if (signature.len != sb_pkey_signature_size(op->key))
		return CKR_SIGNATURE_LEN_RANGE;
	rv = final_input(op, data, len, hash, &input);
	if (rv != CKR_OK)
		return rv;
	rc = sb_signing_verify(op->signing, input, signature);
	return rc == SB_E_RANGE ? CKR_SIGNATURE_LEN_RANGE : ck_error(rc);
}

CK_RV ck_operation_verify(struct ck_session *session, enum ck_operation_kind kind, const CK_BYTE *data, CK_ULONG len,
	struct sb_slice signature)
{
	struct ck_operation *op = session->operations[kind];
	struct work work;

	if (!op)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (!signature.data || ck_bad_bytes(data, len))
		return ck_operation_fail(session, kind, CKR_ARGUMENTS_BAD);
	begin_work(session, kind, true, &work);
	return finish_work(&work, verify(op, data, len, signature));
}
