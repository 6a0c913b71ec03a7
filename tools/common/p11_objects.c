/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/p11_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "common/i18n.h"
#include "crypto/certificate.h"
#include "sinbun-pkcs11.h"

/* Data objects and certificates. */

enum { VALUE_MAX = 4 << 20, LOG_RACES = 5, SAME_MAX = 8 };

/* Objects of one name: there is one, but where a cut came between the new one and the end of the old one. */
struct same {
	CK_OBJECT_HANDLE handles[SAME_MAX];
	CK_ULONG count;
};

static CK_RV find_same(struct sb_p11 *p11, CK_ATTRIBUTE *match, CK_ULONG count, struct same *same)
{
	CK_RV rv = p11->module->C_FindObjectsInit(p11->session, match, count);

	same->count = 0;
	if (rv != CKR_OK)
		return rv;
	rv = p11->module->C_FindObjects(p11->session, same->handles, SAME_MAX, &same->count);
	p11->module->C_FindObjectsFinal(p11->session);
	return rv;
}

/* One that another process has taken away meanwhile is gone, as it should be. */
static CK_RV destroy_same(struct sb_p11 *p11, const struct same *same)
{
	CK_RV rv = CKR_OK;

	for (CK_ULONG i = 0; rv == CKR_OK && i < same->count; i++) {
		rv = p11->module->C_DestroyObject(p11->session, same->handles[i]);
		rv = rv == CKR_OBJECT_HANDLE_INVALID ? CKR_OK : rv;
	}
	return rv;
}

CK_RV sb_p11_find_first(struct sb_p11 *p11, CK_SESSION_HANDLE session, CK_ATTRIBUTE *match, CK_ULONG count, CK_OBJECT_HANDLE *handle)
{
	CK_ULONG found = 0;
	CK_RV rv = p11->module->C_FindObjectsInit(session, match, count);

	*handle = CK_INVALID_HANDLE;
	if (rv != CKR_OK)
		return rv;
	rv = p11->module->C_FindObjects(session, handle, 1, &found);
	p11->module->C_FindObjectsFinal(session);
	if (rv == CKR_OK && found == 0)
		*handle = CK_INVALID_HANDLE;
	return rv;
}

long sb_p11_status_number(struct sb_p11 *p11, CK_SESSION_HANDLE session, CK_ATTRIBUTE_TYPE type)
{
	CK_OBJECT_CLASS class = CKO_SINBUN_TOKEN;
	CK_ULONG number;
	CK_ATTRIBUTE match = {CKA_CLASS, &class, sizeof class}, value = {type, &number, sizeof number};
	CK_OBJECT_HANDLE handle;

	if (sb_p11_find_first(p11, session, &match, 1, &handle) != CKR_OK || handle == CK_INVALID_HANDLE ||
		p11->module->C_GetAttributeValue(session, handle, &value, 1) != CKR_OK || value.ulValueLen != sizeof number)
		return -1;
	return (long)number;
}

static CK_RV read_value(struct sb_p11 *p11, CK_OBJECT_HANDLE handle, CK_ATTRIBUTE_TYPE type, struct sb_bytes *out)
{
	CK_ATTRIBUTE a = {type, NULL, 0};
	CK_RV rv = p11->module->C_GetAttributeValue(p11->session, handle, &a, 1);

	if (rv != CKR_OK)
		return rv;
	if (a.ulValueLen > VALUE_MAX)
		return CKR_DEVICE_ERROR;
	a.pValue = sb_bytes_extend(out, a.ulValueLen);
	if (!a.pValue)
		return CKR_HOST_MEMORY;
	rv = p11->module->C_GetAttributeValue(p11->session, handle, &a, 1);
	if (rv != CKR_OK)
		out->len -= a.ulValueLen;
	return rv;
}

static CK_RV find_data(struct sb_p11 *p11, const char *application, const char *label, struct same *same)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_ATTRIBUTE match[] = {
		{CKA_CLASS, &class, sizeof class},
		{CKA_APPLICATION, (void *)application, strlen(application)},
		{CKA_LABEL, (void *)label, strlen(label)},
	};

	return find_same(p11, match, 3, same);
}

int sb_p11_put_data(struct sb_p11 *p11, const char *application, const char *label, struct sb_slice value, bool private_object,
	struct sb_failure *f)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_BBOOL yes = CK_TRUE, private = private_object;
	CK_ATTRIBUTE template[] = {
		{CKA_CLASS, &class, sizeof class},
		{CKA_TOKEN, &yes, sizeof yes},
		{CKA_PRIVATE, &private, sizeof private},
		{CKA_APPLICATION, (void *)application, strlen(application)},
		{CKA_LABEL, (void *)label, strlen(label)},
		{CKA_VALUE, (void *)value.data, value.len},
	};
	struct same old;
	CK_OBJECT_HANDLE fresh;
	CK_RV rv = find_data(p11, application, label, &old);

	if (rv == CKR_OK)
		rv = p11->module->C_CreateObject(p11->session, template, sizeof template / sizeof *template, &fresh);
	/* New first: a cut between leaves both, never none. */
	if (rv == CKR_OK)
		rv = destroy_same(p11, &old);
	return rv == CKR_OK ? SB_EXIT_OK : sb_p11_fail(p11, rv, "C_CreateObject", f);
}

static int fail_not_found(const char *label, struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_TOKEN, "not_found", label, _("The token has no object \"%s\"."), label);
}

int sb_p11_get_data(struct sb_p11 *p11, const char *application, const char *label, struct sb_bytes *out, struct sb_failure *f)
{
	struct same found;
	CK_RV rv = find_data(p11, application, label, &found);

	if (rv == CKR_OK && !found.count)
		return fail_not_found(label, f);
	if (rv == CKR_OK)
		rv = read_value(p11, found.handles[0], CKA_VALUE, out);
	return rv == CKR_OK ? SB_EXIT_OK : sb_p11_fail(p11, rv, "C_GetAttributeValue", f);
}

int sb_p11_delete_data(struct sb_p11 *p11, const char *application, const char *label, struct sb_failure *f)
{
	struct same found;
	CK_RV rv = find_data(p11, application, label, &found);

	if (rv == CKR_OK && !found.count)
		return fail_not_found(label, f);
	if (rv == CKR_OK)
		rv = destroy_same(p11, &found);
	return rv == CKR_OK ? SB_EXIT_OK : sb_p11_fail(p11, rv, "C_DestroyObject", f);
}

static CK_RV find_all_data(struct sb_p11 *p11, const char *application, CK_OBJECT_HANDLE **handles, CK_ULONG *count)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_ATTRIBUTE match[] = {{CKA_CLASS, &class, sizeof class}, {CKA_APPLICATION, (void *)application, strlen(application)}};
	CK_RV rv = p11->module->C_FindObjectsInit(p11->session, match, 2);
	CK_ULONG found = 1;

	*handles = NULL;
	*count = 0;
	if (rv != CKR_OK)
		return rv;
	while (rv == CKR_OK && found) {
		CK_OBJECT_HANDLE *more = realloc(*handles, (*count + SB_P11_FOUND_MAX) * sizeof *more);

		if (!more) {
			rv = CKR_HOST_MEMORY;
			break;
		}
		*handles = more;
		rv = p11->module->C_FindObjects(p11->session, more + *count, SB_P11_FOUND_MAX, &found);
		*count += rv == CKR_OK ? found : 0;
	}
	p11->module->C_FindObjectsFinal(p11->session);
	return rv;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(((const struct sb_p11_label *)a)->text, ((const struct sb_p11_label *)b)->text);
}

int sb_p11_data_labels(struct sb_p11 *p11, const char *application, struct sb_p11_label **labels, size_t *count, struct sb_failure *f)
{
	CK_OBJECT_HANDLE *handles = NULL;
	CK_ULONG found = 0;
	CK_RV rv = find_all_data(p11, application, &handles, &found);

	*count = 0;
	*labels = rv == CKR_OK ? calloc(found + 1, sizeof **labels) : NULL;
	if (rv == CKR_OK && !*labels)
		rv = CKR_HOST_MEMORY;
	for (CK_ULONG i = 0; rv == CKR_OK && i < found; i++) {
		struct sb_p11_label *to = &(*labels)[*count];
		CK_ATTRIBUTE a = {CKA_LABEL, to->text, sizeof to->text - 1};

		/* One that another process has taken away meanwhile is none. */
		if (p11->module->C_GetAttributeValue(p11->session, handles[i], &a, 1) == CKR_OK) {
			to->text[a.ulValueLen] = 0;
			++*count;
		}
	}
	free(handles);
	if (rv != CKR_OK)
		return sb_p11_fail(p11, rv, "C_FindObjects", f);
	qsort(*labels, *count, sizeof **labels, by_text);
	return SB_EXIT_OK;
}

size_t sb_p11_count_data(struct sb_p11 *p11, const char *application)
{
	CK_OBJECT_HANDLE *handles = NULL;
	CK_ULONG found = 0;
	CK_RV rv = find_all_data(p11, application, &handles, &found);

	free(handles);
	return rv == CKR_OK ? found : 0;
}

/* Text and verdict are of one moment. Another process may have added a row since the length was asked for: CKR_BUFFER_TOO_SMALL. */
static CK_RV read_log(struct sb_p11 *p11, CK_OBJECT_HANDLE handle, struct sb_p11_log *out)
{
	CK_ULONG broken = 0;
	CK_ATTRIBUTE a[] = {{CKA_VALUE, NULL, 0}, {CKA_SINBUN_LOG_BROKEN, &broken, sizeof broken}};
	CK_RV rv = p11->module->C_GetAttributeValue(p11->session, handle, a, 1);

	if (rv != CKR_OK)
		return rv;
	if (a[0].ulValueLen > VALUE_MAX)
		return CKR_DEVICE_ERROR;
	out->text.len = 0;
	a[0].pValue = sb_bytes_extend(&out->text, a[0].ulValueLen);
	if (!a[0].pValue && a[0].ulValueLen)
		return CKR_HOST_MEMORY;
	rv = p11->module->C_GetAttributeValue(p11->session, handle, a, 2);
	out->text.len = rv == CKR_OK ? a[0].ulValueLen : 0;
	out->broken = broken;
	return rv;
}

int sb_p11_get_log(struct sb_p11 *p11, struct sb_p11_log *out, struct sb_failure *f)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_ULONG format = 1;
	CK_ATTRIBUTE match[] = {{CKA_CLASS, &class, sizeof class}, {CKA_SINBUN_LOG_FORMAT, &format, sizeof format}};
	CK_OBJECT_HANDLE handle;
	CK_RV rv = sb_p11_find_first(p11, p11->session, match, 2, &handle);

	/* Another module need not know what is looked for. */
	if ((rv == CKR_OK && handle == CK_INVALID_HANDLE) || rv == CKR_ATTRIBUTE_TYPE_INVALID)
		return sb_fail(f, SB_EXIT_NOT_NOW, "no_log", NULL, _("This token keeps no log: it was made with \"audit = no\", or by another module."));
	for (int i = 0; rv == CKR_OK && i < LOG_RACES; i++) {
		rv = read_log(p11, handle, out);
		if (rv != CKR_BUFFER_TOO_SMALL)
			break;
		rv = i + 1 < LOG_RACES ? CKR_OK : rv;
	}
	return rv == CKR_OK ? SB_EXIT_OK : sb_p11_fail(p11, rv, "C_GetAttributeValue", f);
}

static CK_RV find_certificate(struct sb_p11 *p11, const char *label, struct same *same)
{
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_ATTRIBUTE match[] = {{CKA_CLASS, &class, sizeof class}, {CKA_LABEL, (void *)label, strlen(label)}};

	return find_same(p11, match, 2, same);
}

static CK_RV create_certificate(struct sb_p11 *p11, const char *label, uint8_t id, struct sb_slice der, struct sb_bytes names[3])
{
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_CERTIFICATE_TYPE type = CKC_X_509;
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ATTRIBUTE template[] = {
		{CKA_CLASS, &class, sizeof class},
		{CKA_CERTIFICATE_TYPE, &type, sizeof type},
		{CKA_TOKEN, &yes, sizeof yes},
		{CKA_PRIVATE, &no, sizeof no},
		{CKA_LABEL, (void *)label, strlen(label)},
		{CKA_ID, &id, sizeof id},
		{CKA_SUBJECT, names[0].data, names[0].len},
		{CKA_ISSUER, names[1].data, names[1].len},
		{CKA_SERIAL_NUMBER, names[2].data, names[2].len},
		{CKA_VALUE, (void *)der.data, der.len},
	};
	CK_OBJECT_HANDLE handle;

	return p11->module->C_CreateObject(p11->session, template, sizeof template / sizeof *template, &handle);
}

int sb_p11_put_certificate(struct sb_p11 *p11, const char *label, uint8_t id, struct sb_slice der, struct sb_failure *f)
{
	struct sb_bytes names[3] = {{0}};
	struct sb_certificate *c = NULL;
	struct same old;
	int rc = sb_certificate_parse(der, &c);
	CK_RV rv;

	if (rc == SB_OK)
		rc = sb_certificate_subject(c, &names[0]);
	if (rc == SB_OK)
		rc = sb_certificate_issuer(c, &names[1]);
	if (rc == SB_OK)
		rc = sb_certificate_serial(c, &names[2]);
	sb_certificate_free(&c);
	if (rc != SB_OK) {
		rc = sb_fail(f, SB_EXIT_DATA, "bad_certificate", label, _("The certificate \"%s\" cannot be read: %s."), label,
			_(sb_error_text(rc)));
		goto out;
	}
	rv = find_certificate(p11, label, &old);
	if (rv == CKR_OK)
		rv = create_certificate(p11, label, id, der, names);
	if (rv == CKR_OK)
		rv = destroy_same(p11, &old);
	rc = rv == CKR_OK ? SB_EXIT_OK : sb_p11_fail(p11, rv, "C_CreateObject", f);
out:
	for (size_t i = 0; i < 3; i++)
		sb_bytes_free(&names[i]);
	return rc;
}

int sb_p11_get_certificate(struct sb_p11 *p11, const char *label, struct sb_bytes *der, struct sb_failure *f)
{
	struct same found;
	int rc = sb_p11_ensure_session(p11, f);
	CK_RV rv;

	if (rc != SB_EXIT_OK)
		return rc;
	rv = find_certificate(p11, label, &found);
	if (rv == CKR_OK && !found.count)
		return fail_not_found(label, f);
	if (rv == CKR_OK)
		rv = read_value(p11, found.handles[0], CKA_VALUE, der);
	return rv == CKR_OK ? SB_EXIT_OK : sb_p11_fail(p11, rv, "C_GetAttributeValue", f);
}
