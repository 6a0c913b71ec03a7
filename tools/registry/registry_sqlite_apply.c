/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "registry/registry_sqlite_rows.h"

/* Applications in SQLite. */

static void bind_text(sqlite3_stmt *st, int at, const char *text)
{
	sqlite3_bind_text(st, at, text, -1, SQLITE_STATIC);
}

static void bind_slice(sqlite3_stmt *st, int at, struct sb_slice s)
{
	sqlite3_bind_blob64(st, at, s.data, s.len, SQLITE_STATIC);
}

static void bind_hash(sqlite3_stmt *st, int at, const uint8_t hash[SB_REGISTRY_HASH])
{
	sqlite3_bind_blob(st, at, hash, SB_REGISTRY_HASH, SQLITE_STATIC);
}

/* Nobody yet is no resident, and refers to none. */
static void bind_resident(sqlite3_stmt *st, int at, int64_t resident)
{
	if (resident)
		sqlite3_bind_int64(st, at, resident);
	else
		sqlite3_bind_null(st, at);
}

static int apply_add(struct sb_registry *r, const struct sb_registry_apply *a, struct sb_slice box)
{
	sqlite3_stmt *st = prepare(r, "insert into apply(id, created, expires, self, resident, state, revision, offer, box)"
				      " values(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
	int rc;

	bind_text(st, 1, a->id);
	sqlite3_bind_int64(st, 2, a->created);
	sqlite3_bind_int64(st, 3, a->expires);
	sqlite3_bind_int(st, 4, a->self);
	bind_resident(st, 5, a->resident);
	sqlite3_bind_int(st, 6, a->state);
	sqlite3_bind_int64(st, 7, a->revision);
	bind_text(st, 8, a->offer);
	bind_slice(st, 9, box);
	rc = finish(r, st);
	return rc == SB_OK ? sb_sqlite_row_put(r, SB_ROWS_APPLY, (struct sb_row_key){.text = a->id}) : rc;
}

static int apply_get(struct sb_registry *r, const char *id, struct sb_registry_apply *out, struct sb_bytes *box)
{
	sqlite3_stmt *st = prepare(r, "select " SB_VOUCHED("apply", SB_APPLY_COLUMNS) " from apply where id = ?1");
	struct sb_registry_apply a = {0}; /* id may stand in *out */
	int rc;

	bind_text(st, 1, id);
	rc = first_row(r, st);
	if (rc != SB_OK)
		return rc;
	copy_text(st, 0, a.id, sizeof a.id);
	a.created = sqlite3_column_int64(st, 1);
	a.expires = sqlite3_column_int64(st, 2);
	a.self = sqlite3_column_int(st, 3);
	a.resident = sqlite3_column_int64(st, 4);
	a.state = (enum sb_apply_state)sqlite3_column_int(st, 5);
	a.revision = sqlite3_column_int64(st, 6);
	copy_text(st, 7, a.offer, sizeof a.offer);
	rc = sb_sqlite_row_check(r, SB_ROWS_APPLY, st, a.id);
	if (rc == SB_OK)
		rc = a.state > SB_APPLY_EXPIRED ? SB_E_CORRUPT : append_blob(st, 8, box);
	sqlite3_finalize(st);
	if (rc == SB_OK)
		*out = a;
	return rc;
}

static int apply_store(struct sb_registry *r, struct sb_registry_apply *a, struct sb_slice box)
{
	sqlite3_stmt *st = prepare(r, "update apply set resident = ?3, state = ?4, offer = ?5, box = ?6, revision = ?2 + 1"
				      " where id = ?1 and revision = ?2" SB_AND_VOUCHED("apply", SB_APPLY_COLUMNS));
	int rc;

	bind_text(st, 1, a->id);
	sqlite3_bind_int64(st, 2, a->revision);
	bind_resident(st, 3, a->resident);
	sqlite3_bind_int(st, 4, a->state);
	bind_text(st, 5, a->offer);
	bind_slice(st, 6, box);
	rc = finish(r, st);
	if (rc != SB_OK)
		return rc;
	if (sqlite3_changes(db_of(r)) != 1)
		return SB_E_BUSY;
	a->revision++;
	return sb_sqlite_row_put(r, SB_ROWS_APPLY, (struct sb_row_key){.text = a->id});
}

static int apply_close(struct sb_registry *r, const char *id)
{
	sqlite3_stmt *st = prepare(r, "update apply set state = 3, revision = revision + 1 where id = ?1" SB_AND_VOUCHED("apply", SB_APPLY_COLUMNS));
	int rc;

	bind_text(st, 1, id);
	rc = finish(r, st);
	return rc == SB_OK ? sb_sqlite_row_changed(r, SB_ROWS_APPLY, (struct sb_row_key){.text = id}) : rc;
}

static int apply_open_of(struct sb_registry *r, int64_t resident, int64_t now, char id[SB_APPLICATION_ID])
{
	sqlite3_stmt *st = prepare(r, "select id, expires from apply where resident = ?1 and state = 0");
	bool over;
	int rc;

	sqlite3_bind_int64(st, 1, resident);
	rc = first_row(r, st);
	if (rc != SB_OK)
		return rc;
	copy_text(st, 0, id, SB_APPLICATION_ID);
	over = sqlite3_column_int64(st, 1) <= now;
	sqlite3_finalize(st);
	if (over)
		rc = apply_close(r, id);
	return rc == SB_OK && over ? SB_E_NOT_FOUND : rc;
}

static int offer_end(struct sb_registry *r, const char *offer)
{
	sqlite3_stmt *st = prepare(r, "update application set expires = 0 where id = ?1 and state = 0"
				      SB_AND_VOUCHED("application", SB_APPLICATION_COLUMNS));
	int rc;

	bind_text(st, 1, offer);
	rc = finish(r, st);
	return rc == SB_OK && sqlite3_changes(db_of(r)) ? sb_sqlite_row_put(r, SB_ROWS_APPLICATION, (struct sb_row_key){.text = offer}) : rc;
}

static int step_put(struct sb_registry *r, const char *application, const struct sb_registry_step *s)
{
	sqlite3_stmt *st = prepare(r, "insert or replace into apply_step(application, step, time, actor, outcome) values(?1, ?2, ?3, ?4, ?5)");
	int rc;

	bind_text(st, 1, application);
	sqlite3_bind_int(st, 2, s->step);
	sqlite3_bind_int64(st, 3, s->time);
	bind_text(st, 4, s->actor);
	bind_text(st, 5, s->outcome);
	rc = finish(r, st);
	return rc == SB_OK ? sb_sqlite_row_put(r, SB_ROWS_STEP, (struct sb_row_key){.text = application, .number = s->step}) : rc;
}

static int step_each(struct sb_registry *r, const char *application, sb_step_fn *fn, void *context)
{
	sqlite3_stmt *st = prepare(r, "select " SB_VOUCHED("apply_step", SB_STEP_COLUMNS) " from apply_step where application = ?1 order by step");
	int rc = st ? SB_OK : SB_E_CORRUPT, step = SQLITE_DONE;
	struct sb_registry_step s;

	bind_text(st, 1, application);
	while (rc == SB_OK && (step = sqlite3_step(st)) == SQLITE_ROW) {
		s.step = sqlite3_column_int(st, 0);
		s.time = sqlite3_column_int64(st, 1);
		copy_text(st, 2, s.actor, sizeof s.actor);
		copy_text(st, 3, s.outcome, sizeof s.outcome);
		rc = sb_sqlite_row_check(r, SB_ROWS_STEP, st, application);
		if (rc == SB_OK)
			rc = fn(context, &s);
	}
	sqlite3_finalize(st);
	return rc == SB_OK ? translate(step) : rc;
}

static int consent_add(struct sb_registry *r, const char *application, const struct sb_registry_consent *c)
{
	sqlite3_stmt *st = prepare(r, "insert into consent(application, text, language, hash, required, given, time, channel)"
				      " values(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
	int rc;

	bind_text(st, 1, application);
	bind_text(st, 2, c->text);
	bind_text(st, 3, c->language);
	bind_hash(st, 4, c->hash);
	sqlite3_bind_int(st, 5, c->required);
	sqlite3_bind_int(st, 6, c->given);
	sqlite3_bind_int64(st, 7, c->time);
	bind_text(st, 8, c->channel);
	rc = finish(r, st);
	return rc == SB_OK ? sb_sqlite_row_put(r, SB_ROWS_CONSENT, (struct sb_row_key){.number = sqlite3_last_insert_rowid(db_of(r))}) : rc;
}

static int row_to_consent(sqlite3_stmt *st, struct sb_registry_consent *c)
{
	c->seq = sqlite3_column_int64(st, 0);
	copy_text(st, 1, c->text, sizeof c->text);
	copy_text(st, 2, c->language, sizeof c->language);
	c->required = sqlite3_column_int(st, 4);
	c->given = sqlite3_column_int(st, 5);
	c->time = sqlite3_column_int64(st, 6);
	copy_text(st, 7, c->channel, sizeof c->channel);
	c->withdrawn = sqlite3_column_int64(st, 8);
	return copy_blob(st, 3, c->hash, sizeof c->hash);
}

static int consent_each(struct sb_registry *r, const char *application, sb_consent_fn *fn, void *context)
{
	sqlite3_stmt *st = prepare(r, "select " SB_VOUCHED("consent", SB_CONSENT_COLUMNS) " from consent"
				      " where application = ?1 order by seq");
	int rc = st ? SB_OK : SB_E_CORRUPT, step = SQLITE_DONE;
	struct sb_registry_consent c;

	bind_text(st, 1, application);
	while (rc == SB_OK && (step = sqlite3_step(st)) == SQLITE_ROW) {
		rc = row_to_consent(st, &c);
		if (rc == SB_OK)
			rc = sb_sqlite_row_check(r, SB_ROWS_CONSENT, st, application);
		if (rc == SB_OK)
			rc = fn(context, &c);
	}
	sqlite3_finalize(st);
	return rc == SB_OK ? translate(step) : rc;
}

static int consent_withdraw(struct sb_registry *r, int64_t seq, int64_t time)
{
	sqlite3_stmt *st = prepare(r, "update consent set withdrawn = ?2 where seq = ?1 and withdrawn = 0"
				      SB_AND_VOUCHED("consent", SB_CONSENT_COLUMNS));
	int rc;

	sqlite3_bind_int64(st, 1, seq);
	sqlite3_bind_int64(st, 2, time);
	rc = finish(r, st);
	return rc == SB_OK && sqlite3_changes(db_of(r)) ? sb_sqlite_row_put(r, SB_ROWS_CONSENT, (struct sb_row_key){.number = seq}) : rc;
}

static int member_add(struct sb_registry *r, const uint8_t name_hash[SB_REGISTRY_HASH], int64_t resident, struct sb_slice box, int64_t now)
{
	sqlite3_stmt *st = prepare(r, "insert into member(name_hash, resident, box, created) values(?1, ?2, ?3, ?4)");
	int rc;

	bind_hash(st, 1, name_hash);
	sqlite3_bind_int64(st, 2, resident);
	bind_slice(st, 3, box);
	sqlite3_bind_int64(st, 4, now);
	rc = finish(r, st);
	return rc == SB_OK ? sb_sqlite_row_put(r, SB_ROWS_MEMBER, (struct sb_row_key){.number = sqlite3_last_insert_rowid(db_of(r))}) : rc;
}

static int member_get(struct sb_registry *r, const uint8_t name_hash[SB_REGISTRY_HASH], struct sb_registry_member *out, struct sb_bytes *box)
{
	sqlite3_stmt *st = prepare(r, "select wrong, locked_until, " SB_VOUCHED("member", SB_MEMBER_COLUMNS) " from member where name_hash = ?1");
	char name[24];
	int rc;

	bind_hash(st, 1, name_hash);
	rc = first_row(r, st);
	if (rc != SB_OK)
		return rc;
	out->wrong = sqlite3_column_int(st, 0);
	out->locked_until = sqlite3_column_int64(st, 1);
	out->id = sqlite3_column_int64(st, 2);
	out->resident = sqlite3_column_int64(st, 3);
	out->created = sqlite3_column_int64(st, 4);
	snprintf(name, sizeof name, "%lld", (long long)out->id);
	rc = sb_sqlite_row_check(r, SB_ROWS_MEMBER, st, name);
	if (rc == SB_OK)
		rc = append_blob(st, 5, box);
	sqlite3_finalize(st);
	return rc;
}

static int member_of(struct sb_registry *r, int64_t resident, int64_t *id)
{
	sqlite3_stmt *st = prepare(r, "select id from member where resident = ?1");
	int rc;

	sqlite3_bind_int64(st, 1, resident);
	rc = first_row(r, st);
	if (rc != SB_OK)
		return rc;
	*id = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return SB_OK;
}

static int member_tries(struct sb_registry *r, int64_t id, int wrong, int64_t locked_until)
{
	sqlite3_stmt *st = prepare(r, "update member set wrong = ?2, locked_until = ?3 where id = ?1");

	sqlite3_bind_int64(st, 1, id);
	sqlite3_bind_int(st, 2, wrong);
	sqlite3_bind_int64(st, 3, locked_until);
	return finish(r, st);
}

static int member_set(struct sb_registry *r, int64_t id, struct sb_slice box)
{
	sqlite3_stmt *st = prepare(r, "update member set box = ?2 where id = ?1" SB_AND_VOUCHED("member", SB_MEMBER_COLUMNS));
	int rc;

	sqlite3_bind_int64(st, 1, id);
	bind_slice(st, 2, box);
	rc = finish(r, st);
	return rc == SB_OK ? sb_sqlite_row_changed(r, SB_ROWS_MEMBER, (struct sb_row_key){.number = id}) : rc;
}

static int member_remove(struct sb_registry *r, int64_t id)
{
	sqlite3_stmt *st = prepare(r, "delete from member where id = ?1");

	sqlite3_bind_int64(st, 1, id);
	return finish(r, st);
}

static int certificate_add(struct sb_registry *r, const uint8_t fingerprint[SB_FINGERPRINT], int64_t resident, int64_t now)
{
	sqlite3_stmt *st = prepare(r, "insert into login_certificate(fingerprint, resident, created) values(?1, ?2, ?3)");
	int rc;

	bind_hash(st, 1, fingerprint);
	sqlite3_bind_int64(st, 2, resident);
	sqlite3_bind_int64(st, 3, now);
	rc = finish(r, st);
	return rc == SB_OK ? sb_sqlite_row_put(r, SB_ROWS_CERTIFICATE, (struct sb_row_key){.blob = fingerprint}) : rc;
}

static int certificate_get(struct sb_registry *r, const uint8_t fingerprint[SB_FINGERPRINT], int64_t *resident)
{
	sqlite3_stmt *st = prepare(r, "select " SB_VOUCHED("login_certificate", SB_CERTIFICATE_COLUMNS) " from login_certificate where fingerprint = ?1");
	int rc;

	bind_hash(st, 1, fingerprint);
	rc = first_row(r, st);
	if (rc != SB_OK)
		return rc;
	*resident = sqlite3_column_int64(st, 0);
	rc = sb_sqlite_row_check(r, SB_ROWS_CERTIFICATE, st, "");
	sqlite3_finalize(st);
	return rc;
}

static int certificate_remove(struct sb_registry *r, const uint8_t fingerprint[SB_FINGERPRINT])
{
	sqlite3_stmt *st = prepare(r, "delete from login_certificate where fingerprint = ?1");

	bind_hash(st, 1, fingerprint);
	return finish(r, st);
}

static int token_use(struct sb_registry *r, const uint8_t hash[32], int64_t now)
{
	sqlite3_stmt *st = prepare(r, "insert into used_token values(?1, ?2)");

	bind_hash(st, 1, hash);
	sqlite3_bind_int64(st, 2, now);
	return finish(r, st);
}

static int try_get(struct sb_registry *r, const uint8_t key[SB_REGISTRY_HASH], struct sb_registry_try *out)
{
	sqlite3_stmt *st = prepare(r, "select wrong, until from wrong_try where key = ?1");
	int rc;

	bind_hash(st, 1, key);
	rc = first_row(r, st);
	if (rc != SB_OK)
		return rc;
	out->wrong = sqlite3_column_int(st, 0);
	out->until = sqlite3_column_int64(st, 1);
	sqlite3_finalize(st);
	return SB_OK;
}

static int try_put(struct sb_registry *r, const uint8_t key[SB_REGISTRY_HASH], const struct sb_registry_try *t, int64_t now)
{
	sqlite3_stmt *st = prepare(r, t->wrong ? "insert or replace into wrong_try values(?1, ?2, ?3, ?4)" : "delete from wrong_try where key = ?1");

	bind_hash(st, 1, key);
	if (t->wrong) {
		sqlite3_bind_int(st, 2, t->wrong);
		sqlite3_bind_int64(st, 3, t->until);
		sqlite3_bind_int64(st, 4, now);
	}
	return finish(r, st);
}

static int try_forget(struct sb_registry *r, int64_t before)
{
	sqlite3_stmt *st = prepare(r, "delete from wrong_try where time < ?1");

	sqlite3_bind_int64(st, 1, before);
	return finish(r, st);
}

static int line_put(struct sb_registry *r, const uint8_t resident[SB_REGISTRY_HASH], const uint8_t *phone_hash)
{
	sqlite3_stmt *st = prepare_kept(r, "delete from phone_line where resident = (select id from resident where rrn_hash = ?1)");
	int rc;

	bind_hash(st, 1, resident);
	rc = finish(r, st);
	if (rc != SB_OK || !phone_hash)
		return rc;
	st = prepare_kept(r, "insert into phone_line select ?2, id from resident where rrn_hash = ?1");
	bind_hash(st, 1, resident);
	bind_hash(st, 2, phone_hash);
	return finish(r, st);
}

/* Ids first, then fn for each: fn may write to what is read here. */
static int each_id(sqlite3_stmt *st, sb_resident_id_fn *fn, void *context)
{
	struct sb_bytes ids = {0};
	int rc = st ? SB_OK : SB_E_CORRUPT, step = SQLITE_DONE;

	while (rc == SB_OK && (step = sqlite3_step(st)) == SQLITE_ROW) {
		sqlite3_int64 id = sqlite3_column_int64(st, 0);

		rc = sb_bytes_append(&ids, &id, sizeof id);
	}
	sqlite3_finalize(st);
	if (rc == SB_OK)
		rc = translate(step);
	for (size_t at = 0; rc == SB_OK && at < ids.len; at += sizeof(sqlite3_int64)) {
		sqlite3_int64 id;

		memcpy(&id, ids.data + at, sizeof id);
		rc = fn(context, id);
	}
	sb_bytes_free(&ids);
	return rc;
}

static int line_each(struct sb_registry *r, const uint8_t phone_hash[SB_REGISTRY_HASH], sb_resident_id_fn *fn, void *context)
{
	sqlite3_stmt *st = prepare(r, "select resident from phone_line where phone_hash = ?1 order by resident");

	bind_hash(st, 1, phone_hash);
	return each_id(st, fn, context);
}

static int resident_each(struct sb_registry *r, sb_resident_id_fn *fn, void *context)
{
	return each_id(prepare(r, "select id from resident order by id"), fn, context);
}

const struct sb_registry_apply_ops sb_registry_sqlite_apply = {
	.add = apply_add,
	.get = apply_get,
	.store = apply_store,
	.open_of = apply_open_of,
	.offer_end = offer_end,
	.step_put = step_put,
	.step_each = step_each,
	.consent_add = consent_add,
	.consent_each = consent_each,
	.consent_withdraw = consent_withdraw,
	.member_add = member_add,
	.member_get = member_get,
	.member_of = member_of,
	.member_tries = member_tries,
	.member_set = member_set,
	.member_remove = member_remove,
	.certificate_add = certificate_add,
	.certificate_get = certificate_get,
	.certificate_remove = certificate_remove,
	.token_use = token_use,
	.try_get = try_get,
	.try_put = try_put,
	.try_forget = try_forget,
	.line_put = line_put,
	.line_each = line_each,
	.resident_each = resident_each,
};
