/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/p11_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"
#include "common/paths.h"
#include "common/root.h"

/* From a directory to a loaded module and a chosen token. */

static int write_config(const char *path, enum sb_profile profile, struct sb_failure *f)
{
	char text[160];
	int rc;

	snprintf(text, sizeof text, "# sinbun.conf of this directory; the keys are explained in the sample sinbun.conf.\nprofile = %s\n",
		sb_profile_name(profile));
	rc = sb_file_write(path, text, strlen(text), 0600);
	if (rc != SB_OK)
		return sb_fail(f, SB_EXIT_STORAGE, "no_directory", path, _("%s cannot be written: %s."), path, _(sb_error_text(rc)));
	return SB_EXIT_OK;
}

int sb_p11_fail_config(const char *path, const struct sb_config_error *why, struct sb_failure *f)
{
	const char *gap = *why->detail ? " " : "", *field = *why->key ? why->key : path;

	if (!why->line)
		return sb_fail(f, SB_EXIT_CONFIG, "bad_configuration", field, _("%s: %s%s%s. Correct or remove it."), path, _(why->message), gap,
			why->detail);
	return sb_fail(f, SB_EXIT_CONFIG, "bad_configuration", field,
		_("%s, line %u: %s %s%s%s. Correct that line, or remove it; sinbun.conf(5) explains the keys."), path, why->line,
		sb_clean(why->key), _(why->message), gap, why->detail);
}

static bool exists(const char *root, const char *name)
{
	char path[4096];

	return (size_t)snprintf(path, sizeof path, "%s/%s", root, name) < sizeof path && access(path, F_OK) == 0;
}

/* Where nothing is to be made, a missing file is either a directory that was never used, or one that lost it. */
static int fail_no_config(struct sb_p11 *p11, const char *root, struct sb_failure *f)
{
	if (!exists(root, "tokens"))
		return sb_fail(f, SB_EXIT_TOKEN, "no_token", root, _("There is no token in %s."), root);
	if (p11->any)
		return sb_fail(f, SB_EXIT_CONFIG, "bad_configuration", "profile",
			_("%s is missing beside its tokens. Put it back, with profile = general in it for an issuer, profile = identity for a resident."),
			p11->config_path);
	return sb_fail(f, SB_EXIT_CONFIG, "bad_configuration", "profile",
		_("%s is missing beside its tokens. Put it back, with this line in it: profile = %s"), p11->config_path,
		sb_profile_name(p11->profile));
}

/* The file is never overwritten; where it names another profile, its token is another's. */
static int check_config(struct sb_p11 *p11, const char *root, bool make, struct sb_failure *f)
{
	struct sb_config_error why = {0};
	struct sb_config config;
	char *path = p11->config_path;
	int rc;

	if ((size_t)snprintf(path, sizeof p11->config_path, "%s/sinbun.conf", root) >= sizeof p11->config_path)
		return sb_fail(f, SB_EXIT_STORAGE, "no_directory", root, _("The path of %s is too long."), root);
	if (access(path, F_OK) != 0 && errno == ENOENT) {
		rc = make ? write_config(path, p11->profile, f) : fail_no_config(p11, root, f);
		if (rc != SB_EXIT_OK)
			return rc;
	}
	rc = sb_config_read(&config, path, &why);
	if (rc != SB_OK)
		return sb_p11_fail_config(path, &why, f);
	if (p11->any)
		p11->profile = config.profile;
	if (config.profile != p11->profile)
		rc = sb_fail(f, SB_EXIT_CONFIG, "bad_configuration", "profile",
			_("%s says profile = %s, but this program needs profile = %s. Use another directory, or put that line into it."),
			path, sb_profile_name(config.profile), sb_profile_name(p11->profile));
	else if (!p11->any)
		rc = sb_root_check_tokens(config.token_dir, f);
	if (rc == SB_EXIT_OK && !(p11->token_dir = strdup(config.token_dir)))
		rc = sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
	p11->seal = config.seal;
	p11->picks_mechanisms = config.mechanisms != NULL;
	sb_config_free(&config);
	return rc;
}

static int load_module(struct sb_program *p, struct sb_p11 *p11, struct sb_failure *f)
{
	const char *path = sb_program_text(p, "--module");
	CK_RV rv;

	if (!path)
		path = sb_path_module();
	setenv("SINBUN_CONF", p11->config_path, 1);
	p11->module = p11_kit_module_load(path, P11_KIT_MODULE_CRITICAL);
	if (!p11->module)
		return sb_fail(f, SB_EXIT_CONFIG, "no_module", path, _("The PKCS#11 module %s cannot be loaded: %s"), path,
			p11_kit_message());
	rv = p11_kit_module_initialize(p11->module);
	if (rv != CKR_OK) {
		p11_kit_module_release(p11->module);
		p11->module = NULL;
		/* The file was read well: what the module alone can judge are the names in this line. */
		if (rv == CKR_GENERAL_ERROR && p11->picks_mechanisms)
			return sb_fail(f, SB_EXIT_CONFIG, "bad_configuration", "mechanisms",
				_("%s: the line \"mechanisms\" names a mechanism that the module does not have, or mixes names with and without a minus sign. "
				  "sinbun-pkcs11(7) lists the names."),
				p11->config_path);
		return sb_p11_fail(p11, rv, "C_Initialize", f);
	}
	return SB_EXIT_OK;
}

/* A blank-padded field; empty where the URI leaves it out. */
static void keep_label(struct sb_p11 *p11)
{
	const CK_TOKEN_INFO *info = p11_kit_uri_get_token_info(p11->uri);
	size_t len = sizeof info->label;

	memcpy(p11->label, info->label, len);
	while (len && (p11->label[len - 1] == ' ' || p11->label[len - 1] == 0))
		len--;
	p11->label[len] = 0;
}

static int parse_uri(struct sb_program *p, struct sb_p11 *p11, struct sb_failure *f)
{
	const char *text = sb_program_text(p, "--token");

	if (!text)
		return SB_EXIT_OK;
	p11->uri = p11_kit_uri_new();
	if (!p11->uri || p11_kit_uri_parse(text, P11_KIT_URI_FOR_TOKEN, p11->uri) != P11_KIT_URI_OK)
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--token", _("\"%s\" is no PKCS#11 URI of a token (pkcs11:token=…)."), text);
	keep_label(p11);
	return SB_EXIT_OK;
}

static int prepare_root(const char *root, bool make, struct sb_failure *f)
{
	if (!make && access(root, F_OK) != 0)
		return sb_fail(f, SB_EXIT_TOKEN, "no_token", root, _("There is no token in %s."), root);
	return sb_root_prepare(root, f);
}

enum purpose { TO_MAKE, TO_USE, TO_LOOK_AFTER };

static int open_module(struct sb_program *p, enum sb_profile profile, enum purpose purpose, struct sb_p11 **out, struct sb_failure *f)
{
	struct sb_p11 *p11 = calloc(1, sizeof *p11);
	bool make = purpose == TO_MAKE;
	int rc;

	*out = p11;
	if (!p11)
		return sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
	p11->profile = profile;
	p11->any = purpose == TO_LOOK_AFTER;
	rc = prepare_root(sb_program_root(p), make, f);
	if (rc == SB_EXIT_OK)
		rc = check_config(p11, sb_program_root(p), make, f);
	if (rc == SB_EXIT_OK)
		rc = parse_uri(p, p11, f);
	if (rc == SB_EXIT_OK)
		rc = load_module(p, p11, f);
	if (rc != SB_EXIT_OK)
		sb_p11_close(out);
	return rc;
}

int sb_p11_make(struct sb_program *p, enum sb_profile profile, struct sb_p11 **out, struct sb_failure *f)
{
	return open_module(p, profile, TO_MAKE, out, f);
}

int sb_p11_open(struct sb_program *p, enum sb_profile profile, struct sb_p11 **out, struct sb_failure *f)
{
	return open_module(p, profile, TO_USE, out, f);
}

int sb_p11_open_any(struct sb_program *p, struct sb_p11 **out, struct sb_failure *f)
{
	return open_module(p, SB_PROFILE_GENERAL, TO_LOOK_AFTER, out, f);
}

void sb_p11_close(struct sb_p11 **p11)
{
	struct sb_p11 *p = p11 ? *p11 : NULL;

	if (!p)
		return;
	if (p->module) {
		if (p->session)
			p->module->C_CloseSession(p->session);
		p11_kit_module_finalize(p->module);
		p11_kit_module_release(p->module);
	}
	if (p->uri)
		p11_kit_uri_free(p->uri);
	free(p->token_dir);
	free(p);
	*p11 = NULL;
}

static bool label_is(const CK_TOKEN_INFO *info, const char *label)
{
	size_t len = strlen(label);

	if (len > sizeof info->label || memcmp(info->label, label, len) != 0)
		return false;
	while (len < sizeof info->label)
		if (info->label[len++] != ' ')
			return false;
	return true;
}

bool sb_p11_is_meant(struct sb_p11 *p11, const CK_TOKEN_INFO *info)
{
	return (info->flags & CKF_TOKEN_INITIALIZED) && (!p11->uri || p11_kit_uri_match_token_info(p11->uri, (CK_TOKEN_INFO *)info) == 1);
}

typedef bool slot_test(struct sb_p11 *p11, const CK_TOKEN_INFO *info, const char *label);

static bool is_wanted(struct sb_p11 *p11, const CK_TOKEN_INFO *info, const char *label)
{
	return sb_p11_is_meant(p11, info) && (p11->uri || label_is(info, label));
}

static bool is_free(struct sb_p11 *p11, const CK_TOKEN_INFO *info, const char *label)
{
	(void)p11;
	(void)label;
	return !(info->flags & CKF_TOKEN_INITIALIZED);
}

CK_RV sb_p11_slots(struct sb_p11 *p11, CK_SLOT_ID **slots, CK_ULONG *count)
{
	CK_RV rv = p11->module->C_GetSlotList(CK_FALSE, NULL, count);

	*slots = NULL;
	if (rv != CKR_OK)
		return rv;
	*count += 4; /* tokens may appear between the two calls */
	*slots = calloc(*count, sizeof **slots);
	rv = *slots ? p11->module->C_GetSlotList(CK_FALSE, *slots, count) : CKR_HOST_MEMORY;
	if (rv != CKR_OK) {
		free(*slots);
		*slots = NULL;
	}
	return rv;
}

/* CKR_TOKEN_NOT_PRESENT when there is none that passes the test. */
static CK_RV find_slot(struct sb_p11 *p11, slot_test *test, const char *label, CK_SLOT_ID *slot, CK_TOKEN_INFO *info)
{
	CK_ULONG count = 0;
	CK_SLOT_ID *slots;
	CK_RV rv = sb_p11_slots(p11, &slots, &count);

	if (rv != CKR_OK)
		return rv;
	rv = CKR_TOKEN_NOT_PRESENT;
	for (CK_ULONG i = 0; rv != CKR_OK && i < count; i++)
		if (p11->module->C_GetTokenInfo(slots[i], info) == CKR_OK && test(p11, info, label)) {
			*slot = slots[i];
			rv = CKR_OK;
		}
	free(slots);
	return rv;
}

static void forget_session(struct sb_p11 *p11)
{
	if (p11->session)
		p11->module->C_CloseSession(p11->session);
	p11->session = 0;
	p11->signer_count = 0;
}

void sb_p11_select_slot(struct sb_p11 *p11, CK_SLOT_ID slot)
{
	forget_session(p11);
	p11->slot = slot;
	p11->selected = true;
}

static bool has_serial(struct sb_p11 *p11, const CK_TOKEN_INFO *info, const char *serial)
{
	size_t len = strlen(serial);

	(void)p11;
	if (!(info->flags & CKF_TOKEN_INITIALIZED) || len > sizeof info->serialNumber || memcmp(info->serialNumber, serial, len) != 0)
		return false;
	while (len < sizeof info->serialNumber)
		if (info->serialNumber[len++] != ' ')
			return false;
	return true;
}

int sb_p11_select_serial(struct sb_p11 *p11, const char *serial, struct sb_failure *f)
{
	CK_TOKEN_INFO info;
	CK_SLOT_ID slot;
	CK_RV rv = find_slot(p11, has_serial, serial, &slot, &info);

	if (rv == CKR_TOKEN_NOT_PRESENT)
		return sb_fail(f, SB_EXIT_TOKEN, "no_token", serial, _("There is no token \"%s\" here."), sb_clean(serial));
	if (rv != CKR_OK)
		return sb_p11_fail(p11, rv, "C_GetSlotList", f);
	sb_p11_select_slot(p11, slot);
	return SB_EXIT_OK;
}

const char *sb_p11_directory(const struct sb_p11 *p11)
{
	return p11->token_dir;
}

enum sb_profile sb_p11_profile(const struct sb_p11 *p11)
{
	return p11->profile;
}

enum sb_seal_choice sb_p11_seal(const struct sb_p11 *p11)
{
	return p11->seal;
}

int sb_p11_select(struct sb_p11 *p11, const char *label, struct sb_failure *f)
{
	CK_TOKEN_INFO info;
	CK_RV rv;
	int rc;

	forget_session(p11);
	rv = find_slot(p11, is_wanted, label, &p11->slot, &info);
	p11->selected = rv == CKR_OK;
	if (p11->selected)
		return SB_EXIT_OK;
	if (rv != CKR_TOKEN_NOT_PRESENT)
		return sb_p11_fail(p11, rv, "C_GetSlotList", f);
	rc = sb_p11_readable(p11, f);
	if (rc != SB_EXIT_OK)
		return rc;
	if (p11->uri)
		return sb_fail(f, SB_EXIT_TOKEN, "no_token", "--token",
			_("The module has no token that --token names. Compare it with: p11-kit list-modules, or pkcs11-tool --module PATH --list-slots"));
	return sb_fail(f, SB_EXIT_TOKEN, "no_token", label, _("There is no token \"%s\" here."), label);
}

const char *sb_p11_label(const struct sb_p11 *p11, const char *fallback)
{
	return *p11->label ? p11->label : fallback;
}

bool sb_p11_is_named(const struct sb_p11 *p11)
{
	return p11->uri != NULL;
}

bool sb_p11_has(struct sb_p11 *p11, const char *label, bool *pin_set)
{
	CK_TOKEN_INFO info;
	CK_SLOT_ID slot;
	bool found = find_slot(p11, is_wanted, label, &slot, &info) == CKR_OK;

	*pin_set = found && (info.flags & CKF_USER_PIN_INITIALIZED);
	return found;
}

static void pad_label(const char *label, CK_UTF8CHAR padded[32])
{
	memset(padded, ' ', 32);
	memcpy(padded, label, strlen(label) < 32 ? strlen(label) : 32);
}

/* Would --token name the token that is made in this slot? One that it does not name could not be found again, and stayed without a PIN. */
static int check_named(struct sb_p11 *p11, CK_TOKEN_INFO info, const char *label, struct sb_failure *f)
{
	pad_label(label, info.label);
	if (!p11->uri || p11_kit_uri_match_token_info(p11->uri, &info) == 1)
		return SB_EXIT_OK;
	return sb_fail(f, SB_EXIT_TOKEN, "no_token", "--token",
		_("The module has no token that --token names, and a new one, called \"%s\", would be another. Name it so (pkcs11:token=…), or make that token with its maker's own tool first. Nothing was made."),
		label);
}

int sb_p11_init_token(struct sb_p11 *p11, const char *label, struct sb_slice so_pin, struct sb_failure *f)
{
	CK_UTF8CHAR padded[32];
	CK_TOKEN_INFO info;
	CK_SLOT_ID slot;
	CK_RV rv;
	int rc = sb_p11_readable(p11, f);

	if (rc != SB_EXIT_OK)
		return rc;
	pad_label(label, padded);
	if (find_slot(p11, is_free, NULL, &slot, &info) != CKR_OK)
		return sb_fail(f, SB_EXIT_TOKEN, "no_free_slot", NULL,
			_("There is no free slot for a new token: the directory of tokens cannot be read, or the module offers none. A device or a server of tokens (p11-kit server) offers none: make the token there, and name it with --token."));
	rc = check_named(p11, info, label, f);
	if (rc != SB_EXIT_OK)
		return rc;
	rv = p11->module->C_InitToken(slot, (CK_UTF8CHAR *)so_pin.data, so_pin.len, padded);
	/* Machine and sinbun.conf do not fit together. */
	if (rv != CKR_OK && sb_p11_fail_seal(p11, slot, SB_EXIT_CONFIG, "seal", f))
		return SB_EXIT_CONFIG;
	if (rv != CKR_OK)
		return sb_p11_fail(p11, rv, "C_InitToken", f);
	/* A module may give the fresh token another slot than the free one: find it by what it is called. */
	return sb_p11_select(p11, label, f);
}
