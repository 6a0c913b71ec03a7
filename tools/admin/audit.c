/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/audit.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "admin/apply.h"
#include "admin/korea.h"
#include "base/codec.h"
#include "base/error.h"
#include "common/i18n.h"
#include "registry/rrn.h"

enum { DAY = 24 * 3600 };

const char *const audit_column_names[AUDIT_COLUMNS] = {"row", "time", "officer", "verb", "subject", "outcome", "class", "keep_until", "chain"};

/* How long a row is kept at least, by its verb or the verb's first word. Applications: 5 years, as their records. What is issued: as long, after
 * the 3 years that a card may live. Who saw or took personal data: 5 years. Else 3 years, as grants of access. */
static const struct retention {
	const char *verb, *name;
	int years;
} rows[] = {
	{"enrol", N_("application"), 5},
	{"apply", N_("application"), 5},
	{"member", N_("application"), 5},
	{"issue", N_("issuance"), 8},
	{"refresh", N_("issuance"), 8},
	{"reissue", N_("issuance"), 8},
	{"suspend", N_("issuance"), 8},
	{"resume", N_("issuance"), 8},
	{"revoke", N_("issuance"), 8},
	{"card lost", N_("issuance"), 8},
	{"registry show", N_("access"), 5},
	{"registry export", N_("access"), 5},
	{"audit export", N_("access"), 5},
	{"", N_("administration"), 3}, /* all others */
};

/* verb is wanted's own, or begins with its word. */
static bool is_under(const char *verb, const char *wanted)
{
	size_t len = strlen(wanted);

	return strncmp(verb, wanted, len) == 0 && (!len || !verb[len] || verb[len] == ' ');
}

static const struct retention *retention_of(const char *verb)
{
	const struct retention *r = rows;

	while (!is_under(verb, r->verb))
		r++;
	return r;
}

static void date_after(int64_t time, int years, char out[12])
{
	struct tm tm;
	time_t at;

	*out = 0;
	if (!korea_tm(time, &tm))
		return;
	tm.tm_year += years;
	at = timegm(&tm); /* 29 February becomes 1 March */
	if (tm.tm_year < 8000 && gmtime_r(&at, &tm))
		strftime(out, 12, "%Y-%m-%d", &tm);
}

static void time_text(int64_t time, char out[32])
{
	struct tm tm;

	snprintf(out, 32, "?");
	if (korea_tm(time, &tm))
		strftime(out, 32, "%Y-%m-%dT%H:%M:%S+09:00", &tm);
}

void audit_texts_of(const struct sb_audit_row *row, struct audit_texts *out)
{
	static const char digits[] = "0123456789abcdef";
	const char *verb = (const char *)row->verb.data;
	const struct retention *r = retention_of(verb);
	const char *cells[AUDIT_COLUMNS] = {out->number, out->time, sb_clean((const char *)row->officer.data), sb_clean(verb),
		sb_clean((const char *)row->subject.data), sb_clean((const char *)row->outcome.data), r->name, out->keep_until, out->chain};

	snprintf(out->number, sizeof out->number, "%" PRId64, row->number);
	time_text(row->time, out->time);
	date_after(row->time, r->years, out->keep_until);
	for (size_t i = 0; i < 32; i++) {
		out->chain[2 * i] = digits[row->chain[i] >> 4];
		out->chain[2 * i + 1] = digits[row->chain[i] & 15];
	}
	out->chain[64] = 0;
	memcpy(out->cells, cells, sizeof cells);
}

/* --- which rows --- */

/* The beginning of that day, or of the next one; 0 where the option is not given. */
static int read_day(struct sb_program *p, const char *option, bool next, int64_t *out, struct sb_failure *f)
{
	const char *text = sb_program_text(p, option);
	struct tm tm = {0};
	char digits[9];

	*out = 0;
	if (!text)
		return SB_EXIT_OK;
	if (!sb_date_parse(text, digits) || !strptime(digits, "%Y%m%d", &tm))
		return sb_fail(f, SB_EXIT_USAGE, "bad_date", option, _("%s is a day: YYYY-MM-DD."), option);
	*out = (int64_t)timegm(&tm) - KOREA + (next ? DAY : 0);
	return SB_EXIT_OK;
}

int audit_filter_read(struct sb_program *p, struct audit_filter *out, struct sb_failure *f)
{
	int rc;

	*out = (struct audit_filter){sb_program_text(p, "--officer-id"), sb_program_text(p, "--verb"), sb_program_text(p, "--subject"), "", 0, 0};
	if (out->subject)
		apply_alias(out->subject, out->alias);
	rc = read_day(p, "--since", false, &out->since, f);
	return rc == SB_EXIT_OK ? read_day(p, "--until", true, &out->until, f) : rc;
}

static bool is_about(const char *subject, const struct audit_filter *filter)
{
	return !filter->subject || strcmp(subject, filter->subject) == 0 || strcmp(subject, filter->alias) == 0;
}

bool audit_filter_takes(const struct audit_filter *filter, const struct sb_audit_row *row)
{
	return (!filter->officer || strcmp((const char *)row->officer.data, filter->officer) == 0) &&
	       (!filter->verb || is_under((const char *)row->verb.data, filter->verb)) &&
	       is_about((const char *)row->subject.data, filter) && (!filter->since || row->time >= filter->since) &&
	       (!filter->until || row->time < filter->until);
}

/* --- whether they can be believed --- */

/* A row that tells of damage is sound itself, but what it tells of was not mended by it. */
bool audit_walk_step(struct audit_walk *w, const struct sb_audit_row *row)
{
	bool sound = sb_registry_audit_follows(w->r, w->last.chain, row);

	w->whole &= sound && row->number == w->last.number + 1 && !sb_slice_is(row->verb, SB_AUDIT_DAMAGE);
	w->begun |= sb_slice_is(row->verb, SB_AUDIT_BEGIN);
	w->last.number = row->number;
	memcpy(w->last.chain, row->chain, 32);
	return sound;
}

bool audit_walk_ends(struct audit_walk *w)
{
	struct sb_audit_mark head;
	int rc = sb_registry_audit_head(w->r, &head);

	/* Without a head are registries from before there were any, none of whose rows tells of one. */
	if (rc == SB_E_NOT_FOUND)
		w->whole &= w->last.number && !w->begun;
	else
		w->whole &= rc == SB_OK && head.number == w->last.number && memcmp(head.chain, w->last.chain, 32) == 0;
	return w->whole;
}

void audit_warn_unsound(struct sb_program *p, bool whole)
{
	if (!whole)
		sb_warn(p, "%s", _("The audit is not what was written. What is wrong with it: sinbun-admin audit verify"));
}

void admin_audit_warn(struct sb_program *p, const struct sb_registry *r)
{
	if (r && r->audit_damaged)
		sb_warn(p, "%s",
			_("The audit has been tampered with or damaged. This work was done all the same, and the audit tells of both. Report it, and look: sinbun-admin audit verify"));
}
