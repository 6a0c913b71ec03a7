/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/doctor.h"

#include <limits.h>
#include <p11-kit/p11-kit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "common/i18n.h"
#include "common/p11.h"
#include "common/paths.h"
#include "common/root.h"

/* --- configuration --- */
/* The programs of others read the user's own file, or the system's. */
static void check_others(struct sb_doctor *d, const char *own_dir)
{
	const char *named = getenv("SINBUN_CONF");
	struct sb_config_error why = {0};
	struct sb_config config;
	struct sb_failure f;

	if (sb_config_load(&config, &why) != SB_OK) {
		sb_p11_fail_config(named ? named : "~/.config/sinbun/sinbun.conf", &why, &f);
		sb_doctor_fault(d, "configuration_of_others", &f);
		return;
	}
	if (own_dir && config.token_dir && strcmp(own_dir, config.token_dir) != 0) {
		sb_fail(&f, SB_EXIT_REFUSED, "other_directory", config.token_dir,
			_("Other programs (ssh, a browser) look for tokens in %s, and this one's are in %s. If they are to use them, write in ~/.config/sinbun/sinbun.conf: token-dir = %s"),
			config.token_dir, own_dir, own_dir);
		sb_doctor_warning(d, "configuration_of_others", &f);
	} else
		sb_doctor_ok(d, "configuration_of_others", "%s", config.path ? config.path : _("none, the defaults"));
	sb_config_free(&config);
}

/* The device of a TPM that sinbun.conf speaks of; NULL: it is reached by other ways. */
static const char *device_of(const struct sb_config *config)
{
	if (config->tcti)
		return strncmp(config->tcti, "device:", 7) == 0 ? config->tcti + 7 : NULL;
	return access("/dev/tpmrm0", F_OK) == 0 || access("/dev/tpm0", F_OK) != 0 ? "/dev/tpmrm0" : "/dev/tpm0";
}

static int reach(const struct sb_config *config, sb_doctor_tpm_fn *ask)
{
	const char *device = device_of(config);

	if (device && access(device, F_OK) != 0)
		return SB_E_TPM_ABSENT;
	if (device && access(device, R_OK | W_OK) != 0)
		return SB_E_TPM_DENIED;
	return ask ? ask(config->tcti) : SB_OK;
}

static void tell_seal(struct sb_doctor *d, const struct sb_config *config, bool sealed, sb_doctor_tpm_fn *ask)
{
	bool wanted = sealed || config->seal == SB_SEAL_TPM || (config->seal == SB_SEAL_AUTO && config->tcti);
	const char *where = config->tcti ? config->tcti : device_of(config);
	struct sb_failure f;
	int rc;

	if (config->seal == SB_SEAL_SOFTWARE && !sealed) {
		sb_doctor_ok(d, "seal", "%s", _("software, as sinbun.conf says."));
		return;
	}
	rc = reach(config, ask);
	if (rc == SB_E_TPM_ABSENT && !wanted)
		sb_doctor_ok(d, "seal", "%s", _("software: this machine has no TPM. Report a stolen disk as you would a lost card."));
	else if (rc != SB_OK) {
		if (!sb_p11_fail_tpm(rc, sealed ? SB_EXIT_TOKEN : SB_EXIT_CONFIG, "tcti", &f))
			sb_p11_fail_tpm(SB_E_TPM_FAILED, sealed ? SB_EXIT_TOKEN : SB_EXIT_CONFIG, "tcti", &f);
		sb_doctor_fault(d, "seal", &f);
	} else if (ask)
		sb_doctor_ok(d, "seal", _("by the TPM at %s, which answers."), where);
	else
		sb_doctor_ok(d, "seal", _("by the TPM at %s. To see whether it answers: sinbun-admin tpm check"), where);
}

void sb_doctor_seal(struct sb_doctor *d, bool sealed, sb_doctor_tpm_fn *ask)
{
	struct sb_config config = {0};
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/sinbun.conf", sb_program_root(d->p));
	if (sb_config_read(&config, path, NULL) == SB_OK) {
		tell_seal(d, &config, sealed, ask);
		sb_config_free(&config);
	}
}

static void check_store(struct sb_doctor *d, const char *directory)
{
	struct sb_failure f;

	if (access(directory, F_OK) != 0)
		sb_doctor_ok(d, "store", _("%s is not there yet."), directory);
	else if (sb_root_check_tokens(directory, &f) != SB_EXIT_OK)
		sb_doctor_fault(d, "store", &f);
	else
		sb_doctor_ok(d, "store", _("%s is yours alone."), directory);
}

bool sb_doctor_configuration(struct sb_doctor *d)
{
	struct sb_config_error why = {0};
	struct sb_config config = {0};
	struct sb_failure f;
	char path[PATH_MAX];
	int rc;

	snprintf(path, sizeof path, "%s/sinbun.conf", sb_program_root(d->p));
	if (access(path, F_OK) != 0) {
		sb_doctor_ok(d, "configuration", _("%s is not there yet."), path);
		check_others(d, NULL);
		return false;
	}
	rc = sb_config_read(&config, path, &why);
	if (rc != SB_OK) {
		sb_p11_fail_config(path, &why, &f);
		sb_doctor_fault(d, "configuration", &f);
		check_others(d, NULL);
		return false;
	}
	sb_doctor_ok(d, "configuration", "%s", path);
	check_others(d, config.token_dir);
	check_store(d, config.token_dir);
	sb_config_free(&config);
	/* From here on as the program's verbs do. */
	setenv("SINBUN_CONF", path, 1);
	return true;
}

/* --- the token's codes --- */
static const struct {
	const char *puk_locked, *pin_locked, *damaged;
} codes[] = {
	[SB_PROFILE_IDENTITY] =
		{
			N_("The unblocking code (PUK) is locked after too many wrong tries. While you know the PIN, the card works; without it, it has to be issued anew."),
			N_("The PIN is locked after too many wrong tries. Unblock it with the unblocking code (PUK): sinbun pin unblock"),
			N_("Something in the token is not what was written. If the card still works, have it issued anew soon."),
		},
	[SB_PROFILE_GENERAL] =
		{
			N_("The unblocking code (PUK) is locked after too many wrong tries. While you know the PIN, the token works; a locked PIN cannot be unblocked any more. Put the PIN away safely, and make a new token before it is needed."),
			N_("The PIN is locked after too many wrong tries. Unblock it with the unblocking code (PUK): sinbun-admin token unblock"),
			N_("Something in the token is not what was written. Put back a copy of its directory, if there is one."),
		},
};

void sb_doctor_pin(struct sb_doctor *d, const struct sb_p11_status *s, enum sb_profile profile)
{
	struct sb_failure f;

	if (s->puk_locked)
		sb_fail(&f, SB_EXIT_PIN_LOCKED, "puk_locked", NULL, "%s", _(codes[profile].puk_locked));
	else if (s->pin_locked)
		sb_fail(&f, SB_EXIT_PIN_LOCKED, "pin_locked", NULL, "%s", _(codes[profile].pin_locked));
	else if (s->damaged)
		sb_fail(&f, SB_EXIT_TOKEN, "token_damaged", NULL, "%s", _(codes[profile].damaged));
	else if (s->pin_left < 0) {
		sb_doctor_ok(d, "token", "%s", _("It can be opened. How many tries of the PIN are left, this token does not tell."));
		return;
	} else {
		sb_doctor_ok(d, "token", _("It can be opened. Tries of the PIN left: %d"), s->pin_left);
		return;
	}
	sb_doctor_fault(d, "token", &f);
}

/* --- module --- */
static void tell_module(struct sb_doctor *d, const char *path, const CK_INFO *info)
{
	const CK_VERSION *made = &info->libraryVersion, *speaks = &info->cryptokiVersion;
	char version[16];
	struct sb_failure f;

	snprintf(version, sizeof version, "%u.%u.", made->major, made->minor);
	if (memcmp(info->manufacturerID, "sinbun ", 7) == 0 && strncmp(version, SB_VERSION ".", strlen(version)) != 0) {
		sb_fail(&f, SB_EXIT_REFUSED, "other_version", path,
			_("%s is of version %u.%u, and this program of %s. Install both of one version."), path, made->major, made->minor, SB_VERSION);
		sb_doctor_warning(d, "module", &f);
	} else
		sb_doctor_ok(d, "module", _("%s, version %u.%u, speaks PKCS#11 %u.%u"), path, made->major, made->minor, speaks->major, speaks->minor);
}

static void check_start(struct sb_doctor *d, const char *path, CK_FUNCTION_LIST *module)
{
	struct sb_failure f;
	CK_INFO info;
	CK_RV rv = p11_kit_module_initialize(module);

	if (rv == CKR_OK) {
		rv = module->C_GetInfo(&info);
		p11_kit_module_finalize(module);
	}
	if (rv == CKR_OK) {
		tell_module(d, path, &info);
		return;
	}
	sb_fail(&f, SB_EXIT_CONFIG, "module_does_not_start", path,
		_("%s can be loaded, and does not start (%s). Look at what was said of the configuration, and at the line \"mechanisms\" there."), path,
		p11_kit_strerror(rv));
	sb_doctor_fault(d, "module", &f);
}

static bool same_file(const char *a, const char *b)
{
	char *real_a = realpath(a, NULL), *real_b = realpath(b, NULL);
	bool same = real_a && real_b && strcmp(real_a, real_b) == 0;

	free(real_a);
	free(real_b);
	return same;
}

/* Programs that ask p-11 kit have what is registered there: this module, another file of that name, or none. */
static void check_registration(struct sb_doctor *d, const char *path)
{
	CK_FUNCTION_LIST **all = p11_kit_modules_load(NULL, 0);
	char other[PATH_MAX] = "";
	bool found = false;
	struct sb_failure f;

	for (CK_FUNCTION_LIST **m = all; m && *m; m++) {
		char *file = p11_kit_module_get_filename(*m);
		const char *name = file ? strrchr(file, '/') : NULL;

		found |= file && same_file(file, path);
		if (name && strcmp(name + 1, "sinbun-pkcs11.so") == 0)
			snprintf(other, sizeof other, "%s", file);
		free(file);
	}
	if (all)
		p11_kit_modules_release(all);
	if (found)
		sb_doctor_ok(d, "p11_kit", "%s", _("Programs that ask p11-kit find the module."));
	else if (*other) {
		sb_fail(&f, SB_EXIT_REFUSED, "other_registered", other,
			_("p11-kit has another file: %s. Remove the one that is out of date, or correct the line \"module\" in sinbun.module."), other);
		sb_doctor_warning(d, "p11_kit", &f);
	} else {
		sb_fail(&f, SB_EXIT_REFUSED, "not_registered", path,
			_("p11-kit does not know the module, so programs that ask p11-kit do not find it. Write into ~/.config/pkcs11/modules/sinbun.module (for root: /etc/pkcs11/modules/sinbun.module): module: %s"),
			path);
		sb_doctor_warning(d, "p11_kit", &f);
	}
}

void sb_doctor_module(struct sb_doctor *d)
{
	const char *given = sb_program_text(d->p, "--module"), *path = given ? given : sb_path_module();
	CK_FUNCTION_LIST *module;
	struct sb_failure f;

	p11_kit_be_quiet();
	module = p11_kit_module_load(path, P11_KIT_MODULE_CRITICAL);
	if (!module) {
		sb_fail(&f, SB_EXIT_CONFIG, "no_module", path, _("The PKCS#11 module %s cannot be loaded: %s"), path, p11_kit_message());
		sb_doctor_fault(d, "module", &f);
		return;
	}
	check_start(d, path, module);
	p11_kit_module_release(module);
	check_registration(d, path);
}
