/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/admin.h"
#include "admin/tpm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "common/i18n.h"

/* `tpm check`: is this machine's TPM fit for the seal, and what stays open? */

enum { TRIES_MAX = 32, RECOVERY_MIN = 600, PINS = 1000000, DAY = 86400, YEAR = 365, COMMAND = 512 };

struct check {
	struct sb_program *p;
	struct sb_config config;
	const char *tcti; /* what was spoken to */
	struct admin_tpm tpm;
};

/* --- what stays open --- */
static bool weak_lockout(const struct check *c)
{
	return c->tpm.recovery < RECOVERY_MIN || c->tpm.max_tries > TRIES_MAX;
}

static bool no_lockout_auth(const struct check *c)
{
	return !c->tpm.lockout_auth;
}

static bool no_owner_auth(const struct check *c)
{
	return !c->tpm.owner_auth;
}

#define NEW_PASSWORD(file) "(umask 077; set -C; openssl rand -hex 16 | tr -d '\\n' >" file ") && test -s " file

struct point {
	const char *name;
	bool (*holds)(const struct check *c);
	const char *means, *command, *with_password, *cost; /* with_password: the end of the command where a lockout password is set */
};

/* In the order in which they are best closed. */
static const struct point open_points[] = {
	{"lockout_weak", weak_lockout,
		N_("The TPM's lockout is too lax to hold up somebody who guesses past the token's own count: it should take at most 32 failures, and forget one in 10 minutes or more."),
		"tpm2_dictionarylockout --setup-parameters --max-tries=32 --recovery-time=600 --lockout-recovery-time=86400",
		" --auth=file:lockout-password",
		N_("Programs that fail at the TPM often are locked out for longer; so are all others then.")},
	{"lockout_password", no_lockout_auth,
		N_("The TPM has no lockout password: every program that may use the TPM can end its lockout and loosen its limits, and can clear the TPM, which destroys all tokens."),
		NEW_PASSWORD("lockout-password") " && tpm2_changeauth -c lockout file:lockout-password", "",
		N_("Keep the file off this machine. Who loses it can neither end a lockout nor change its limits any more; only clearing the TPM in the firmware's setup helps then, and that destroys all tokens.")},
	{"owner_password", no_owner_auth,
		N_("The TPM's owner has no password: every program that may use the TPM can put another index in the place of the one that counts a token's tries. Then only the TPM's lockout holds up who has a copy of the token's files and guesses its PIN."),
		NEW_PASSWORD("owner-password") " && tpm2_changeauth -c owner file:owner-password", "",
		N_("While it is set no token can be made, initialised anew or freed in the TPM, by sinbun and by other programs. Before that: tpm2_changeauth -c owner -p file:owner-password; afterwards: tpm2_changeauth -c owner file:owner-password.")},
};

/* --- what is worth knowing --- */
static bool owner_auth(const struct check *c)
{
	return c->tpm.owner_auth;
}

static bool failures(const struct check *c)
{
	return c->tpm.failures > 0;
}

static unsigned ours(const struct admin_tpm *t)
{
	return t->counting + t->upward;
}

static unsigned tokens(const struct admin_tpm *t)
{
	return t->counting / 2 < t->upward ? t->counting / 2 : t->upward;
}

static bool remains(const struct check *c)
{
	return ours(&c->tpm) > 3 * tokens(&c->tpm);
}

static bool no_room(const struct check *c)
{
	return c->tpm.counters_left == 0;
}

static bool other_srk(const struct check *c)
{
	return c->tpm.srk == ADMIN_SRK_OTHER;
}

static bool direct(const struct check *c)
{
	return strcmp(c->tcti, "device:/dev/tpm0") == 0;
}

static bool in_software(const struct check *c)
{
	return strncmp(c->tcti, "swtpm", 5) == 0 || (c->tpm.vendor[0] == 0x53572020 /* "SW  " */ && c->tpm.manufacturer == 0x49424d00 /* "IBM" */);
}

static bool not_used(const struct check *c)
{
	return c->config.seal == SB_SEAL_SOFTWARE;
}

static const struct point notes[] = {
	{"owner_password_set", owner_auth,
		N_("The TPM's owner has a password: tokens that are there work, but none can be made, initialised anew or freed in the TPM while it is set. To lift it for a while: tpm2_changeauth -c owner -p file:FILE"),
		NULL, NULL, NULL},
	{"failures", failures,
		N_("The TPM counts failures: somebody gave a wrong password to it, or the power went while it was in use. Wrong PINs of tokens do not count here."), NULL, NULL,
		NULL},
	{"remains", remains,
		N_("There are more NV indices that look like a token's than whole tokens: remains of one whose files are lost or damaged, or of another directory's that is being made."),
		NULL, NULL, NULL},
	{"no_room", no_room, N_("By its own estimate the TPM has no room for another token. Remove tokens that nobody needs."), NULL, NULL, NULL},
	{"other_srk", other_srk,
		N_("The key at 0x81000001 is not the usual storage root key of this TPM. Tokens can be made under it and are bound to it; find out who put it there, for whoever knows its private part can open stolen files without this TPM."),
		NULL, NULL, NULL},
	{"no_resource_manager", direct, N_("The TPM is used without a resource manager, so only one program can use it at a time. Better: tcti = device:/dev/tpmrm0"), NULL, NULL,
		NULL},
	{"software_tpm", in_software,
		N_("This TPM is a program, not a chip: it protects no more than its own files are protected, which in a virtual machine are the host's."), NULL, NULL, NULL},
	{"not_used", not_used, N_("sinbun.conf says seal = software: new tokens do not use the TPM."), NULL, NULL, NULL},
};

/* The command for a shell, reaching the TPM that was looked at. */
static const char *command_of(const struct check *c, const struct point *point, char out[COMMAND])
{
	const char *password = c->tpm.lockout_auth ? point->with_password : "";

	if (c->config.tcti && !strchr(c->config.tcti, '\''))
		snprintf(out, COMMAND, "%s%s -T '%s'", point->command, password, sb_clean(c->config.tcti));
	else
		snprintf(out, COMMAND, "%s%s", point->command, password);
	return out;
}

static json_t *tell_points(const struct check *c, const struct point *points, size_t count)
{
	json_t *array = json_array(), *o;
	char command[COMMAND];

	for (size_t i = 0; i < count; i++) {
		if (!points[i].holds(c))
			continue;
		o = json_object();
		json_object_set_new(o, "point", json_string(points[i].name));
		json_object_set_new(o, "meaning", json_string(_(points[i].means)));
		sb_say(c->p, "- %s\n", _(points[i].means));
		if (points[i].command) {
			json_object_set_new(o, "command", json_string(command_of(c, &points[i], command)));
			json_object_set_new(o, "cost", json_string(_(points[i].cost)));
			sb_say(c->p, _("  To close it: %s\n"), command);
			sb_say(c->p, _("  What it costs: %s\n"), _(points[i].cost));
		}
		json_array_append_new(array, o);
	}
	return array;
}

/* --- what it is --- */
/* Texts of a TPM are numbers of four characters. */
static void read_text(const uint32_t *words, size_t count, char *out)
{
	size_t len = 0;

	for (size_t i = 0; i < 4 * count; i++) {
		unsigned c = words[i / 4] >> (24 - 8 * (i % 4)) & 0xff;

		/* No terminal is told what to do. */
		if (c)
			out[len++] = (char)(c >= 0x20 && c < 0x7f ? c : '?');
	}
	while (len && out[len - 1] == ' ')
		len--;
	out[len] = 0;
}

static void tell_make(const struct check *c, json_t *result)
{
	const struct admin_tpm *t = &c->tpm;
	char maker[5], vendor[17], firmware[20], revision[16];

	read_text(&t->manufacturer, 1, maker);
	read_text(t->vendor, 4, vendor);
	snprintf(firmware, sizeof firmware, "%08x.%08x", t->firmware[0], t->firmware[1]);
	snprintf(revision, sizeof revision, "%u.%02u", t->revision / 100, t->revision % 100);
	json_object_set_new(result, "tcti", json_string(sb_clean(c->tcti)));
	json_object_set_new(result, "configuration", c->config.path ? json_string(sb_clean(c->config.path)) : json_null());
	json_object_set_new(result, "manufacturer", json_string(maker));
	json_object_set_new(result, "vendor", json_string(vendor));
	json_object_set_new(result, "firmware", json_string(firmware));
	json_object_set_new(result, "revision", json_string(revision));
	sb_say(c->p, _("TPM: %s\n"), sb_clean(c->tcti));
	sb_say(c->p, _("Configuration: %s\n"), c->config.path ? sb_clean(c->config.path) : _("none, the defaults"));
	sb_say(c->p, _("Manufacturer: %s %s, firmware %s, specification revision %s\n"), maker, vendor, firmware, revision);
}

static void tell_passwords(const struct check *c, json_t *result)
{
	const struct {
		const char *name, *text;
		bool set;
	} rows[] = {
		{"owner_password", _("Owner password (ownerAuth)"), c->tpm.owner_auth},
		{"lockout_password", _("Lockout password (lockoutAuth)"), c->tpm.lockout_auth},
		{"endorsement_password", _("Endorsement password (endorsementAuth), which the seal does not use"), c->tpm.endorsement_auth},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		json_object_set_new(result, rows[i].name, json_boolean(rows[i].set));
		sb_say(c->p, "%s: %s\n", rows[i].text, rows[i].set ? _("set") : _("not set"));
	}
}

static void tell_lockout(const struct check *c, json_t *result)
{
	const struct admin_tpm *t = &c->tpm;
	uint64_t days = (uint64_t)PINS * t->recovery / DAY;
	json_t *o = json_object();

	json_object_set_new(o, "now", json_boolean(t->in_lockout));
	json_object_set_new(o, "failures", json_integer(t->failures));
	json_object_set_new(o, "max_tries", json_integer(t->max_tries));
	json_object_set_new(o, "recovery_s", json_integer(t->recovery));
	json_object_set_new(o, "lockout_recovery_s", json_integer(t->lockout_recovery));
	json_object_set_new(o, "all_pins_days", t->recovery ? json_integer((json_int_t)days) : json_null());
	json_object_set_new(result, "lockout", o);
	sb_say(c->p, _("Lockout: %u of %u failures, one forgotten every %u seconds; after a wrong lockout password %u seconds\n"), t->failures, t->max_tries,
		t->recovery, t->lockout_recovery);
	if (!t->recovery)
		sb_say(c->p, "  %s\n", _("It is switched off: nothing holds up who guesses."));
	else if (days >= 2 * YEAR)
		sb_say(c->p, _("  At that pace all 1,000,000 PINs take about %llu years.\n"), (unsigned long long)days / YEAR);
	else
		sb_say(c->p, _("  At that pace all 1,000,000 PINs take about %llu days.\n"), (unsigned long long)days);
}

static const struct {
	const char *word, *text;
} srks[] = {
	[ADMIN_SRK_ABSENT] = {"absent", N_("Storage root key 0x81000001: none yet; the first token makes it\n")},
	[ADMIN_SRK_USUAL] = {"usual", N_("Storage root key 0x81000001: the usual one\n")},
	[ADMIN_SRK_OTHER] = {"other", N_("Storage root key 0x81000001: another than the usual one\n")},
	[ADMIN_SRK_UNUSABLE] = {"unusable", N_("Storage root key 0x81000001: unusable for the seal\n")},
};

static void tell_contents(const struct check *c, json_t *result)
{
	const struct admin_tpm *t = &c->tpm;
	json_t *o = json_object();

	json_object_set_new(result, "srk", json_string(srks[t->srk].word));
	json_object_set_new(result, "srk_compared", json_boolean(t->srk_compared));
	json_object_set_new(o, "all", json_integer(t->indices));
	json_object_set_new(o, "like_ours", json_integer(ours(t)));
	json_object_set_new(o, "tokens", json_integer(tokens(t)));
	json_object_set_new(o, "counters_left", json_integer(t->counters_left));
	json_object_set_new(result, "nv_indices", o);
	sb_say(c->p, "%s", _(srks[t->srk].text));
	sb_say(c->p, _("NV indices: %u, of which %u look like those of sinbun's tokens (three each), enough for %u; room for about %u counters more\n"), t->indices, ours(t),
		tokens(t), t->counters_left);
}

/* --- the verdict --- */
static int fail_unfit(const struct admin_tpm *t, struct sb_failure *f)
{
	if (*t->missing)
		return sb_fail(f, SB_EXIT_TOKEN, "tpm_unfit", t->missing,
			_("This TPM lacks what the seal needs: %s. A firmware update may bring it. To make a token without a TPM, write in sinbun.conf: seal = software"),
			t->missing);
	if (t->in_lockout)
		return sb_p11_fail_tpm(SB_E_TPM_LOCKOUT, SB_EXIT_TOKEN, NULL, f) ? SB_EXIT_TOKEN : SB_EXIT_STORAGE;
	if (t->srk == ADMIN_SRK_UNUSABLE)
		return sb_fail(f, SB_EXIT_TOKEN, "tpm_srk", "0x81000001",
			_("The key at 0x81000001 of the TPM cannot serve the seal. If nobody needs it, its owner takes it away, and the next token makes the right one: tpm2_evictcontrol -C o -c 0x81000001. What was sealed under it is lost then."));
	return SB_EXIT_OK;
}

static int fail_survey(int rc, struct sb_failure *f)
{
	if (rc == SB_E_TPM_FAILED)
		return sb_fail(f, SB_EXIT_TOKEN, "tpm_failed", "tcti",
			_("What answers is no TPM 2.0, or a broken one: its answers make no sense, or do not come. See what \"tcti\" in sinbun.conf names, and restart this machine. To make a token without a TPM, write there: seal = software"));
	if (sb_p11_fail_tpm(rc, SB_EXIT_TOKEN, "tcti", f))
		return SB_EXIT_TOKEN;
	return sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
}

/* DIR/sinbun.conf, as for the other verbs; a machine may be looked at before there is one. */
static int read_config(struct check *c, struct sb_failure *f)
{
	const char *path = admin_path(c->p, "sinbun.conf"), *named = getenv("SINBUN_CONF");
	bool own = access(path, F_OK) == 0;
	struct sb_config_error why = {0};
	int rc = own ? sb_config_read(&c->config, path, &why) : sb_config_load(&c->config, &why);

	if (rc == SB_E_NOMEM)
		return sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
	return rc == SB_OK ? SB_EXIT_OK : sb_p11_fail_config(own ? path : named ? named : "sinbun.conf", &why, f);
}

static int check_tpm(struct check *c, json_t *result, struct sb_failure *f)
{
	json_t *open;
	int rc;

	c->tcti = c->config.tcti ? c->config.tcti : admin_tpm_usual();
	rc = c->tcti ? admin_tpm_survey(c->tcti, &c->tpm) : SB_E_TPM_ABSENT;
	if (rc != SB_OK)
		return fail_survey(rc, f);
	tell_make(c, result);
	tell_passwords(c, result);
	tell_lockout(c, result);
	if (!*c->tpm.missing)
		tell_contents(c, result);
	rc = fail_unfit(&c->tpm, f);
	if (rc != SB_EXIT_OK)
		return rc;
	json_object_set_new(result, "fit", json_true());
	sb_say(c->p, "%s\n", _("This TPM is fit for the seal."));
	open = tell_points(c, open_points, sizeof open_points / sizeof *open_points);
	if (json_array_size(open) == 0)
		sb_say(c->p, "%s\n", _("Nothing stays open."));
	json_object_set_new(result, "open", open);
	json_object_set_new(result, "notes", tell_points(c, notes, sizeof notes / sizeof *notes));
	return SB_EXIT_OK;
}

static int check(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	struct check c = {.p = p};
	int rc = read_config(&c, f);

	if (rc == SB_EXIT_OK)
		rc = check_tpm(&c, result, f);
	sb_config_free(&c.config);
	return rc;
}

static const struct sb_option no_options[] = {{0}};

const struct sb_verb admin_tpm_check = {
	"tpm check", "", 0, 0, N_("see whether this machine's TPM is fit to seal tokens, and what stays open"), no_options, check};
