/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "ck_functions.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* Sessions. A handle is the place in the table and a counter, so that a stale one is refused. */

enum { PLACE_BITS = 12 };
_Static_assert(CK_SESSIONS_MAX == 1 << PLACE_BITS, "a handle holds the place");

static struct ck_session *sessions[CK_SESSIONS_MAX];
static size_t used; /* no place from here on is taken */
static uint32_t counter;

struct ck_session *ck_session_find(CK_SESSION_HANDLE handle)
{
	struct ck_session *s = sessions[handle & (CK_SESSIONS_MAX - 1)];

	return s && s->handle == handle ? s : NULL;
}

bool ck_session_at(size_t index, struct ck_session **session)
{
	if (index >= used)
		return false;
	*session = sessions[index];
	return true;
}

static void end_operations(struct ck_session *s)
{
	ck_operation_cancel(s, ~(CK_FLAGS)0);
	ck_operation_drop_prepared(s);
	s->credit_until = 0;
	s->reseal = false;
}

static void close_session(size_t place)
{
	ck_object_drop_session(sessions[place]);
	end_operations(sessions[place]);
	free(sessions[place]);
	sessions[place] = NULL;
	while (used && !sessions[used - 1])
		used--;
}

void ck_session_counts(const struct sb_token *token, CK_ULONG *all, CK_ULONG *read_write)
{
	*all = *read_write = 0;
	for (size_t i = 0; i < used; i++)
		if (sessions[i] && sessions[i]->token == token) {
			++*all;
			*read_write += sessions[i]->read_write;
		}
}

void ck_session_follow_login(const struct sb_token *token)
{
	for (size_t i = 0; i < used; i++)
		if (sessions[i] && sessions[i]->token == token)
			sessions[i]->epoch = sb_token_epoch(token);
}

void ck_session_forget_login(const struct sb_token *token)
{
	for (size_t i = 0; i < used; i++)
		if (sessions[i] && sessions[i]->token == token)
			end_operations(sessions[i]);
	ck_object_drop(token, true);
	ck_session_follow_login(token);
}

void ck_session_close_all(const struct sb_token *token)
{
	for (size_t i = 0; i < used; i++)
		if (sessions[i] && (!token || sessions[i]->token == token))
			close_session(i);
}

CK_ULONG ck_session_visits(CK_SLOT_ID free_slot)
{
	CK_ULONG visits = 0;

	for (size_t i = 0; i < used; i++)
		visits += sessions[i] && !sessions[i]->token && sessions[i]->visited == free_slot;
	return visits;
}

static void close_visits(CK_SLOT_ID free_slot)
{
	for (size_t i = 0; i < used; i++)
		if (sessions[i] && !sessions[i]->token && sessions[i]->visited == free_slot)
			close_session(i);
}

void ck_session_token_gone(struct sb_token *token)
{
	ck_session_close_all(token);
	ck_object_drop(token, false);
	sb_token_logout(token);
}

/* Without sessions there is no login. */
static void logout_when_last(struct sb_token *token)
{
	CK_ULONG all, read_write;

	ck_session_counts(token, &all, &read_write);
	if (all == 0 && sb_token_user(token) != SB_USER_NONE) {
		sb_token_logout(token);
		ck_session_forget_login(token);
	}
}

/* A login that ended unseen must not leave its things to the sessions of the next one. */
static void forget_ended_login(const struct sb_token *token)
{
	for (size_t i = 0; i < used; i++)
		if (sessions[i] && sessions[i]->token == token && sessions[i]->epoch != sb_token_epoch(token)) {
			ck_session_forget_login(token);
			return;
		}
}

/* The free slot has no token to work with, but may be looked at: systemd opens a session on every slot before it looks whose it is, and gives up
 * on all of them where one cannot be had. */
static CK_RV may_open(const struct sb_token *token, bool read_write)
{
	if (!token)
		return read_write ? CKR_TOKEN_NOT_RECOGNIZED : CKR_OK;
	if (read_write && sb_token_read_only(token))
		return CKR_TOKEN_WRITE_PROTECTED;
	return !read_write && sb_token_user(token) == SB_USER_SO ? CKR_SESSION_READ_WRITE_SO_EXISTS : CKR_OK;
}

static CK_RV add_session(struct ck_session **session)
{
	struct ck_session *s;
	size_t place = 0;

	while (place < CK_SESSIONS_MAX && sessions[place])
		place++;
	if (place == CK_SESSIONS_MAX)
		return CKR_SESSION_COUNT;
	s = calloc(1, sizeof *s);
	if (!s)
		return CKR_HOST_MEMORY;
	counter = counter == INT32_MAX >> PLACE_BITS ? 1 : counter + 1;
	s->handle = (CK_SESSION_HANDLE)counter << PLACE_BITS | place;
	sessions[place] = s;
	used = place >= used ? place + 1 : used;
	*session = s;
	return CKR_OK;
}

CK_RV ck_OpenSession(CK_SLOT_ID slotID, CK_FLAGS flags, void *pApplication, CK_NOTIFY Notify, CK_SESSION_HANDLE *phSession)
{
	struct ck_session *s;
	struct sb_token *token;
	CK_RV rv;

	(void)pApplication;
	(void)Notify; /* no surrender callbacks are made */
	if (!phSession)
		return CKR_ARGUMENTS_BAD;
	if (!(flags & CKF_SERIAL_SESSION))
		return CKR_SESSION_PARALLEL_NOT_SUPPORTED;
	if (flags & CKF_ASYNC_SESSION)
		return CKR_SESSION_ASYNC_NOT_SUPPORTED;
	rv = ck_slot_token(slotID, &token);
	if (rv == CKR_OK)
		rv = may_open(token, flags & CKF_RW_SESSION);
	if (rv == CKR_OK)
		rv = add_session(&s);
	if (rv != CKR_OK)
		return rv;
	s->read_write = flags & CKF_RW_SESSION;
	if (token) {
		forget_ended_login(token); /* of the other sessions: this one belongs to no login yet */
		s->epoch = sb_token_epoch(token);
		s->token = token;
	} else
		s->visited = slotID;
	*phSession = s->handle;
	return CKR_OK;
}

CK_RV ck_CloseSession(struct ck_session *session)
{
	struct sb_token *token = session->token;

	close_session(session->handle & (CK_SESSIONS_MAX - 1));
	if (token)
		logout_when_last(token);
	return CKR_OK;
}

CK_RV ck_CloseAllSessions(CK_SLOT_ID slotID)
{
	struct sb_token *token;
	CK_RV rv = ck_slot_token(slotID, &token);

	if (rv != CKR_OK)
		return rv;
	close_visits(slotID); /* another process may have made a token there since */
	if (!token)
		return CKR_OK;
	ck_session_close_all(token);
	logout_when_last(token);
	return CKR_OK;
}

CK_RV ck_GetSessionInfo(struct ck_session *session, CK_SESSION_INFO *pInfo)
{
	static const CK_STATE states[][2] = {
		[SB_USER_NONE] = {CKS_RO_PUBLIC_SESSION, CKS_RW_PUBLIC_SESSION},
		[SB_USER_HOLDER] = {CKS_RO_USER_FUNCTIONS, CKS_RW_USER_FUNCTIONS},
		[SB_USER_SO] = {CKS_RW_SO_FUNCTIONS, CKS_RW_SO_FUNCTIONS},
	};

	if (!pInfo)
		return CKR_ARGUMENTS_BAD;
	*pInfo = (CK_SESSION_INFO){
		.slotID = session->token ? sb_token_slot(session->token) : session->visited,
		.state = states[session->token ? sb_token_user(session->token) : SB_USER_NONE][session->read_write],
		.flags = CKF_SERIAL_SESSION | (session->read_write ? CKF_RW_SESSION : 0),
	};
	return CKR_OK;
}

CK_RV ck_SessionCancel(struct ck_session *session, CK_FLAGS flags)
{
	ck_operation_cancel(session, flags);
	return CKR_OK;
}

CK_RV ck_GetSessionValidationFlags(struct ck_session *session, CK_SESSION_VALIDATION_FLAGS_TYPE type, CK_FLAGS *pFlags)
{
	(void)session;
	if (!pFlags || type != CKS_LAST_VALIDATION_OK)
		return CKR_ARGUMENTS_BAD;
	*pFlags = 0; /* the module is validated by no scheme, and says so */
	return CKR_OK;
}
