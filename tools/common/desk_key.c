/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/desk_key.h"

#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"
#include "common/secret_input.h"
#include "crypto/certificate.h"

enum { POINT = 65, POINT_DER = POINT + 2, SLOTS_MAX = 256, ID_MAX = 255, CERTIFICATE_MAX = 65536, PIN_FILE_MAX = 256 };

struct desk_key {
	struct sb_program *p;
	P11KitUri *uri;
	const char *text;
	CK_FUNCTION_LIST **modules; /* ended by NULL */
	bool one;                   /* the only one, loaded by its path */
	CK_FUNCTION_LIST *module;   /* of the key */
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE key;
	bool always_authenticate;
	uint8_t id[ID_MAX];
	CK_ULONG id_len;
	uint8_t point[POINT];
	struct sb_bytes certificate, pin;
	struct sb_failure failure;
};

static int fail_rv(CK_RV rv, const char *call, struct sb_failure *f)
{
	static const struct {
		CK_RV rv;
		enum sb_exit exit;
		const char *error, *message;
	} rows[] = {
		{CKR_PIN_INCORRECT, SB_EXIT_PIN, "pin_incorrect", N_("The PIN of the receipt key's token is wrong.")},
		{CKR_PIN_LEN_RANGE, SB_EXIT_PIN, "pin_incorrect", N_("The PIN of the receipt key's token is wrong.")},
		{CKR_PIN_LOCKED, SB_EXIT_PIN_LOCKED, "pin_locked", N_("The PIN of the receipt key's token is locked.")},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].rv == rv)
			return sb_fail(f, rows[i].exit, rows[i].error, "receipt-key", "%s", _(rows[i].message));
	return sb_fail(f, SB_EXIT_TOKEN, "token_error", call, _("The token answered %s to %s."), p11_kit_strerror(rv), call);
}

/* --- modules --- */

static int load_one(struct desk_key *k, const char *path, struct sb_failure *f)
{
	CK_RV rv;

	k->one = true;
	k->modules = calloc(2, sizeof *k->modules);
	if (!k->modules)
		return sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
	k->modules[0] = p11_kit_module_load(path, P11_KIT_MODULE_CRITICAL);
	if (!k->modules[0])
		return sb_fail(f, SB_EXIT_CONFIG, "no_module", path, _("The PKCS#11 module %s cannot be loaded: %s"), path, p11_kit_message());
	rv = p11_kit_module_initialize(k->modules[0]);
	if (rv == CKR_OK)
		return SB_EXIT_OK;
	p11_kit_module_release(k->modules[0]);
	k->modules[0] = NULL;
	return fail_rv(rv, "C_Initialize", f);
}

/* The desk's directory may be that of sinbun's own module, too. */
static int load(struct desk_key *k, struct sb_failure *f)
{
	const char *path = sb_program_text(k->p, "--module");
	char conf[4096];

	snprintf(conf, sizeof conf, "%s/sinbun.conf", sb_program_root(k->p));
	if (access(conf, F_OK) == 0)
		setenv("SINBUN_CONF", conf, 1);
	if (!path)
		path = p11_kit_uri_get_module_path(k->uri);
	if (path)
		return load_one(k, path, f);
	k->modules = p11_kit_modules_load_and_initialize(0);
	return k->modules ? SB_EXIT_OK : sb_fail(f, SB_EXIT_CONFIG, "no_module", "receipt-key", _("No registered PKCS#11 module can be loaded: %s"), p11_kit_message());
}

/* --- objects --- */

static CK_RV find(struct desk_key *k, CK_ATTRIBUTE *match, CK_ULONG count, CK_OBJECT_HANDLE *out, CK_ULONG *found)
{
	CK_RV rv = k->module->C_FindObjectsInit(k->session, match, count);

	*found = 0;
	if (rv != CKR_OK)
		return rv;
	rv = k->module->C_FindObjects(k->session, out, 2, found);
	k->module->C_FindObjectsFinal(k->session);
	return rv;
}

/* What the URI says of the object; its type is known. */
static CK_ULONG match_of_uri(struct desk_key *k, CK_ATTRIBUTE match[3])
{
	static CK_OBJECT_CLASS private_key = CKO_PRIVATE_KEY;
	static const CK_ATTRIBUTE_TYPE types[] = {CKA_ID, CKA_LABEL};
	CK_ULONG n = 0;

	match[n++] = (CK_ATTRIBUTE){CKA_CLASS, &private_key, sizeof private_key};
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		CK_ATTRIBUTE *a = p11_kit_uri_get_attribute(k->uri, types[i]);

		if (a)
			match[n++] = *a;
	}
	return n;
}

static int find_key(struct desk_key *k, bool *have, struct sb_failure *f)
{
	CK_ATTRIBUTE match[3];
	CK_OBJECT_HANDLE handles[2];
	CK_ULONG found, count = match_of_uri(k, match);
	CK_RV rv = find(k, match, count, handles, &found);

	*have = rv == CKR_OK && found == 1;
	if (rv != CKR_OK)
		return fail_rv(rv, "C_FindObjects", f);
	if (found > 1)
		return sb_fail(f, SB_EXIT_CONFIG, "bad_configuration", "receipt-key",
			_("receipt-key names more than one key. Add its id or its object name to the URI."));
	k->key = handles[0];
	return SB_EXIT_OK;
}

/* An OCTET STRING around the point, or the bare point. */
static bool take_point(struct desk_key *k, const uint8_t *value, CK_ULONG len)
{
	if (len == POINT_DER && value[0] == 4 && value[1] == POINT) {
		value += 2;
		len -= 2;
	}
	if (len != POINT || value[0] != 4)
		return false;
	memcpy(k->point, value, POINT);
	return true;
}

/* NULL when the token has no such object. */
static void read_beside(struct desk_key *k, CK_OBJECT_CLASS class, CK_ATTRIBUTE *value)
{
	CK_ATTRIBUTE match[] = {{CKA_CLASS, &class, sizeof class}, {CKA_ID, k->id, k->id_len}};
	CK_OBJECT_HANDLE handles[2];
	CK_ULONG found;

	if (find(k, match, 2, handles, &found) != CKR_OK || !found || k->module->C_GetAttributeValue(k->session, handles[0], value, 1) != CKR_OK)
		value->ulValueLen = 0;
}

/* The certificate counts where its key is this one's. */
static int read_certificate(struct desk_key *k, bool have_point)
{
	uint8_t *room = sb_bytes_extend(&k->certificate, CERTIFICATE_MAX), point[POINT];
	CK_ATTRIBUTE value = {CKA_VALUE, room, CERTIFICATE_MAX};
	struct sb_certificate *c = NULL;
	int rc;

	if (!room)
		return SB_E_NOMEM;
	read_beside(k, CKO_CERTIFICATE, &value);
	k->certificate.len = value.ulValueLen;
	rc = value.ulValueLen ? sb_certificate_parse(sb_bytes_slice(&k->certificate), &c) : SB_E_NOT_FOUND;
	if (rc == SB_OK)
		rc = sb_certificate_point(c, point);
	if (rc == SB_OK && have_point && memcmp(point, k->point, POINT) != 0)
		rc = SB_E_FORMAT;
	if (rc == SB_OK)
		memcpy(k->point, point, POINT);
	else
		k->certificate.len = 0;
	sb_certificate_free(&c);
	return rc == SB_OK || have_point ? SB_OK : SB_E_NOT_FOUND;
}

static int read_key(struct desk_key *k, struct sb_failure *f)
{
	CK_BBOOL always = CK_FALSE;
	CK_KEY_TYPE type = 0;
	uint8_t point[POINT_DER];
	CK_ATTRIBUTE kind = {CKA_KEY_TYPE, &type, sizeof type}, ask = {CKA_ALWAYS_AUTHENTICATE, &always, sizeof always},
		     id = {CKA_ID, k->id, sizeof k->id}, value = {CKA_EC_POINT, point, sizeof point};

	if (k->module->C_GetAttributeValue(k->session, k->key, &kind, 1) != CKR_OK || type != CKK_EC)
		return sb_fail(f, SB_EXIT_CONFIG, "not_supported", "receipt-key", _("The receipt key must be an EC key on P-256 (secp256r1)."));
	k->always_authenticate = k->module->C_GetAttributeValue(k->session, k->key, &ask, 1) == CKR_OK && always;
	k->id_len = k->module->C_GetAttributeValue(k->session, k->key, &id, 1) == CKR_OK ? id.ulValueLen : 0;
	read_beside(k, CKO_PUBLIC_KEY, &value);
	if (read_certificate(k, take_point(k, point, value.ulValueLen)) == SB_OK)
		return SB_EXIT_OK;
	return sb_fail(f, SB_EXIT_TOKEN, "not_found", "receipt-key",
		_("The token has neither a public key nor a certificate on P-256 with the same id as the receipt key."));
}

/* --- the PIN --- */

static int read_pin_file(struct desk_key *k, const char *source, struct sb_failure *f)
{
	const char *path = strncmp(source, "file:", 5) == 0 ? source + 5 : source;
	int rc = sb_file_read(path, PIN_FILE_MAX, &k->pin);

	while (rc == SB_OK && k->pin.len && strchr("\r\n", k->pin.data[k->pin.len - 1]))
		k->pin.len--;
	return rc == SB_OK ? SB_EXIT_OK : sb_fail(f, SB_EXIT_CONFIG, "cannot_read", "pin-source", _("%s cannot be read: %s."), path, _(sb_error_text(rc)));
}

static int ask_pin(struct desk_key *k, struct sb_failure *f)
{
	const char *source = p11_kit_uri_get_pin_source(k->uri);
	struct sb_secret pin = {0};
	int rc;

	if (k->pin.len)
		return SB_EXIT_OK;
	if (source && sb_program_number(k->p, "--pin-fd", -1) < 0)
		return read_pin_file(k, source, f);
	rc = sb_secret_ask(k->p, SB_SECRET_PIN, "--pin-fd", &pin, f);
	if (rc == SB_EXIT_OK && sb_bytes_set(&k->pin, pin.text, pin.len) != SB_OK)
		rc = sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
	sb_secret_clear(&pin);
	return rc;
}

static int login(struct desk_key *k, struct sb_failure *f)
{
	int rc = ask_pin(k, f);
	CK_RV rv;

	if (rc != SB_EXIT_OK)
		return rc;
	rv = k->module->C_Login(k->session, CKU_USER, k->pin.data, k->pin.len);
	return rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN ? SB_EXIT_OK : fail_rv(rv, "C_Login", f);
}

/* --- finding it --- */

/* First without a PIN: a key that is to be seen so needs none. */
static int look_in_slot(struct desk_key *k, CK_SLOT_ID slot, const CK_TOKEN_INFO *info, bool *have, struct sb_failure *f)
{
	CK_RV rv = k->module->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &k->session);
	int rc;

	if (rv != CKR_OK)
		return fail_rv(rv, "C_OpenSession", f);
	rc = find_key(k, have, f);
	if (rc == SB_EXIT_OK && !*have && (info->flags & CKF_LOGIN_REQUIRED)) {
		rc = login(k, f);
		if (rc == SB_EXIT_OK)
			rc = find_key(k, have, f);
	}
	if (rc == SB_EXIT_OK && *have && !k->pin.len) {
		CK_BBOOL always = CK_FALSE;
		CK_ATTRIBUTE a = {CKA_ALWAYS_AUTHENTICATE, &always, sizeof always};

		if (k->module->C_GetAttributeValue(k->session, k->key, &a, 1) == CKR_OK && always)
			rc = login(k, f);
	}
	if (rc == SB_EXIT_OK && *have)
		return read_key(k, f);
	k->module->C_CloseSession(k->session);
	k->session = 0;
	return rc;
}

static bool is_meant(struct desk_key *k, CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
	return k->module->C_GetTokenInfo(slot, info) == CKR_OK && (info->flags & CKF_TOKEN_INITIALIZED) && p11_kit_uri_match_token_info(k->uri, info) == 1;
}

static int look_in_module(struct desk_key *k, bool *have, struct sb_failure *f)
{
	CK_SLOT_ID slots[SLOTS_MAX];
	CK_ULONG count = SLOTS_MAX;
	CK_TOKEN_INFO info;
	CK_RV rv = k->module->C_GetSlotList(CK_TRUE, slots, &count);
	int rc = SB_EXIT_OK;

	if (rv != CKR_OK)
		return fail_rv(rv, "C_GetSlotList", f);
	for (CK_ULONG i = 0; rc == SB_EXIT_OK && !*have && i < count; i++)
		if (is_meant(k, slots[i], &info))
			rc = look_in_slot(k, slots[i], &info, have, f);
	return rc;
}

static int look(struct desk_key *k, struct sb_failure *f)
{
	bool have = false;
	int rc = SB_EXIT_OK;

	for (size_t i = 0; rc == SB_EXIT_OK && !have && k->modules[i]; i++) {
		k->module = k->modules[i];
		rc = look_in_module(k, &have, f);
	}
	if (rc != SB_EXIT_OK || have)
		return rc;
	return sb_fail(f, SB_EXIT_TOKEN, "not_found", "receipt-key", _("There is no private key as receipt-key in desk.conf names it: %s"), sb_clean(k->text));
}

/* A PIN is never tried on a token that the desk did not name. */
static bool names_token(P11KitUri *uri)
{
	const CK_TOKEN_INFO *info = p11_kit_uri_get_token_info(uri);

	return info->label[0] || info->serialNumber[0];
}

int desk_key_open(struct sb_program *p, const char *text, struct desk_key **out, struct sb_failure *f)
{
	struct desk_key *k = calloc(1, sizeof *k);
	int rc = SB_EXIT_OK;

	*out = k;
	if (!k || !(k->uri = p11_kit_uri_new()))
		rc = sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
	else if (p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, k->uri) != P11_KIT_URI_OK || !names_token(k->uri) ||
		 p11_kit_uri_get_pin_value(k->uri))
		rc = sb_fail(f, SB_EXIT_CONFIG, "bad_configuration", "receipt-key",
			_("desk.conf: receipt-key is a PKCS#11 URI (pkcs11:token=…;object=…) without pin-value."));
	if (rc == SB_EXIT_OK) {
		k->p = p;
		k->text = text;
		rc = load(k, f);
	}
	if (rc == SB_EXIT_OK)
		rc = look(k, f);
	if (rc != SB_EXIT_OK)
		desk_key_close(out);
	return rc;
}

void desk_key_close(struct desk_key **key)
{
	struct desk_key *k = *key;

	if (!k)
		return;
	if (k->session)
		k->module->C_CloseSession(k->session);
	if (k->one && k->modules && k->modules[0]) {
		p11_kit_module_finalize(k->modules[0]);
		p11_kit_module_release(k->modules[0]);
	}
	if (k->one)
		free(k->modules);
	else if (k->modules)
		p11_kit_modules_finalize_and_release(k->modules);
	if (k->uri)
		p11_kit_uri_free(k->uri);
	sb_bytes_free(&k->certificate);
	sb_bytes_free(&k->pin);
	free(k);
	*key = NULL;
}

/* --- signing --- */

static int sign(void *context, const uint8_t digest[32], uint8_t signature[64])
{
	struct desk_key *k = context;
	CK_MECHANISM mechanism = {CKM_ECDSA, NULL, 0};
	CK_ULONG len = 64;
	CK_RV rv = k->module->C_SignInit(k->session, &mechanism, k->key);

	/* A token whose login just now paid for the first signature does not ask again. */
	if (rv == CKR_OK && k->always_authenticate)
		k->module->C_Login(k->session, CKU_CONTEXT_SPECIFIC, k->pin.data, k->pin.len);
	if (rv == CKR_OK)
		rv = k->module->C_Sign(k->session, (CK_BYTE *)digest, 32, signature, &len);
	if (rv == CKR_OK && len != 64)
		rv = CKR_DEVICE_ERROR;
	if (rv == CKR_OK)
		return SB_OK;
	fail_rv(rv, "C_Sign", &k->failure);
	return SB_E_CRYPTO;
}

struct sb_signer desk_key_signer(struct desk_key *k)
{
	return (struct sb_signer){sign, k};
}

const struct sb_failure *desk_key_failure(const struct desk_key *k)
{
	return &k->failure;
}

const uint8_t *desk_key_point(const struct desk_key *k)
{
	return k->point;
}

struct sb_slice desk_key_certificate(const struct desk_key *k)
{
	return sb_bytes_slice(&k->certificate);
}
