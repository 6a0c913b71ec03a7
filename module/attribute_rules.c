/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "attribute_rules.h"

#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "sinbun-pkcs11.h"

enum kind { BOOL, ULONG, BYTES, DATE, MECHANISMS };

/* Classes an attribute belongs to. */
enum { DATA = 1, CERT = 2, PUB = 4, PRIV = 8, KEYS = PUB | PRIV, ALL = DATA | CERT | KEYS };
/* Who may give a value, and when. */
enum {
	C = 1,         /* in C_CreateObject */
	G = 2,         /* in C_GenerateKeyPair */
	S = 4,         /* in C_SetAttributeValue and C_CopyObject of a modifiable object */
	Y = 8,         /* in C_CopyObject */
	ONLY_TRUE = 16,  /* by S and Y only from false to true */
	ONLY_FALSE = 32, /* by S and Y only from true to false */
	SO_ONLY = 64,    /* CK_TRUE by the SO alone */
	SECRET = 128,
	REQUIRED = 256,  /* by C_CreateObject */
	DEFAULT = 512,   /* has the default below */
};

struct rule {
	CK_ATTRIBUTE_TYPE type;
	enum kind kind;
	unsigned classes, flags;
	unsigned long otherwise; /* default of a BOOL or ULONG; BYTES and DATE default to empty */
};

static const struct rule rules[] = {
	{CKA_CLASS, ULONG, ALL, C | G | REQUIRED, 0},
	{CKA_TOKEN, BOOL, ALL, C | G | Y | DEFAULT, CK_FALSE},
	{CKA_PRIVATE, BOOL, DATA | CERT | PUB, C | G | Y | DEFAULT, CK_FALSE},
	{CKA_PRIVATE, BOOL, PRIV, C | G | Y | DEFAULT, CK_TRUE},
	{CKA_MODIFIABLE, BOOL, ALL, C | G | Y | DEFAULT, CK_TRUE},
	{CKA_COPYABLE, BOOL, ALL, C | G | S | Y | ONLY_FALSE | DEFAULT, CK_TRUE},
	{CKA_DESTROYABLE, BOOL, ALL, C | G | Y | DEFAULT, CK_TRUE},
	{CKA_LABEL, BYTES, ALL, C | G | S | Y | DEFAULT, 0},
	{CKA_UNIQUE_ID, BYTES, ALL, 0, 0},

	{CKA_APPLICATION, BYTES, DATA, C | S | Y | DEFAULT, 0},
	{CKA_OBJECT_ID, BYTES, DATA, C | S | Y | DEFAULT, 0},
	{CKA_VALUE, BYTES, DATA, C | S | Y | DEFAULT, 0},

	{CKA_CERTIFICATE_TYPE, ULONG, CERT, C | REQUIRED, 0},
	{CKA_TRUSTED, BOOL, CERT | PUB, C | G | S | Y | SO_ONLY | DEFAULT, CK_FALSE},
	{CKA_CERTIFICATE_CATEGORY, ULONG, CERT, C | DEFAULT, 0},
	{CKA_CHECK_VALUE, BYTES, CERT, C, 0},
	{CKA_SUBJECT, BYTES, CERT, C | REQUIRED, 0},
	{CKA_ISSUER, BYTES, CERT, C | S | Y | DEFAULT, 0},
	{CKA_SERIAL_NUMBER, BYTES, CERT, C | S | Y | DEFAULT, 0},
	{CKA_VALUE, BYTES, CERT, C | REQUIRED, 0},
	{CKA_URL, BYTES, CERT, C | DEFAULT, 0},

	{CKA_ID, BYTES, CERT | KEYS, C | G | S | Y | DEFAULT, 0},
	{CKA_START_DATE, DATE, CERT | KEYS, C | G | S | Y | DEFAULT, 0},
	{CKA_END_DATE, DATE, CERT | KEYS, C | G | S | Y | DEFAULT, 0},
	{CKA_PUBLIC_KEY_INFO, BYTES, CERT | KEYS, C, 0},

	{CKA_KEY_TYPE, ULONG, KEYS, C | G | REQUIRED, 0},
	{CKA_SUBJECT, BYTES, KEYS, C | G | S | Y | DEFAULT, 0},
	{CKA_DERIVE, BOOL, KEYS, C | G | S | Y | DEFAULT, CK_FALSE},
	{CKA_LOCAL, BOOL, KEYS, 0, 0},
	{CKA_KEY_GEN_MECHANISM, ULONG, KEYS, 0, 0},
	{CKA_ALLOWED_MECHANISMS, MECHANISMS, KEYS, C | G | DEFAULT, 0},
	{CKA_EC_PARAMS, BYTES, PUB, C | G | REQUIRED, 0},
	{CKA_EC_PARAMS, BYTES, PRIV, C | REQUIRED, 0},

	{CKA_EC_POINT, BYTES, PUB, C | REQUIRED, 0},
	{CKA_ENCRYPT, BOOL, PUB, C | G | S | Y | DEFAULT, CK_FALSE},
	{CKA_VERIFY, BOOL, PUB, C | G | S | Y | DEFAULT, CK_TRUE},
	{CKA_VERIFY_RECOVER, BOOL, PUB, C | G | S | Y | DEFAULT, CK_FALSE},
	{CKA_WRAP, BOOL, PUB, C | G | S | Y | DEFAULT, CK_FALSE},

	{CKA_VALUE, BYTES, PRIV, C | SECRET | REQUIRED, 0},
	{CKA_SENSITIVE, BOOL, PRIV, C | G | S | Y | ONLY_TRUE | DEFAULT, CK_TRUE},
	{CKA_EXTRACTABLE, BOOL, PRIV, C | G | S | Y | ONLY_FALSE | DEFAULT, CK_FALSE},
	{CKA_ALWAYS_SENSITIVE, BOOL, PRIV, 0, 0},
	{CKA_NEVER_EXTRACTABLE, BOOL, PRIV, 0, 0},
	{CKA_ALWAYS_AUTHENTICATE, BOOL, PRIV, C | G | DEFAULT, CK_FALSE},
	{CKA_DECRYPT, BOOL, PRIV, C | G | S | Y | DEFAULT, CK_FALSE},
	{CKA_SIGN, BOOL, PRIV, C | G | S | Y | DEFAULT, CK_TRUE},
	{CKA_SIGN_RECOVER, BOOL, PRIV, C | G | S | Y | DEFAULT, CK_FALSE},
	{CKA_UNWRAP, BOOL, PRIV, C | G | S | Y | DEFAULT, CK_FALSE},
	{CKA_WRAP_WITH_TRUSTED, BOOL, PRIV, C | G | S | Y | ONLY_TRUE | DEFAULT, CK_FALSE},
};
enum { RULES = sizeof rules / sizeof *rules };

/* Attributes of the vendor objects, for searching and reading; they are never set through a template of these rules. */
static const struct {
	CK_ATTRIBUTE_TYPE type;
	enum kind kind;
} vendor[] = {
	{CKA_SINBUN_SEAL, BYTES},
	{CKA_SINBUN_PROFILE, BYTES},
	{CKA_SINBUN_PIN_TRIES_LEFT, ULONG},
	{CKA_SINBUN_PUK_TRIES_LEFT, ULONG},
	{CKA_SINBUN_PIN_TRIES_MAX, ULONG},
	{CKA_SINBUN_PUK_TRIES_MAX, ULONG},
	{CKA_SINBUN_PIN_REFUSAL, ULONG},
	{CKA_SINBUN_CARD_NUMBER, BYTES},
	{CKA_SINBUN_BIRTH_DATE, BYTES},
};

static const struct {
	CK_OBJECT_CLASS class;
	unsigned bit;
} classes[] = {{CKO_DATA, DATA}, {CKO_CERTIFICATE, CERT}, {CKO_PUBLIC_KEY, PUB}, {CKO_PRIVATE_KEY, PRIV}};

static unsigned class_bit(unsigned long class)
{
	for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
		if (classes[i].class == class)
			return classes[i].bit;
	return 0;
}

static const struct rule *find_rule(CK_ATTRIBUTE_TYPE type, unsigned class)
{
	for (size_t i = 0; i < RULES; i++)
		if (rules[i].type == type && (rules[i].classes & class))
			return &rules[i];
	return NULL;
}

static bool kind_of(CK_ATTRIBUTE_TYPE type, enum kind *kind)
{
	const struct rule *rule = find_rule(type, ALL);

	if (rule) {
		*kind = rule->kind;
		return true;
	}
	for (size_t i = 0; i < sizeof vendor / sizeof *vendor; i++)
		if (vendor[i].type == type) {
			*kind = vendor[i].kind;
			return true;
		}
	return false;
}

/* The caller's value has the size and form of its kind. */
static bool well_formed(enum kind kind, const CK_ATTRIBUTE *a)
{
	const CK_BYTE *digits = a->pValue;

	if (a->ulValueLen == CK_UNAVAILABLE_INFORMATION || (!a->pValue && a->ulValueLen))
		return false;
	switch (kind) {
	case BOOL:
		return a->ulValueLen == 1 && *digits <= 1;
	case ULONG:
		return a->ulValueLen == sizeof(CK_ULONG);
	case MECHANISMS:
		return a->ulValueLen % sizeof(CK_MECHANISM_TYPE) == 0;
	case DATE:
		if (a->ulValueLen != 0 && a->ulValueLen != sizeof(CK_DATE))
			return false;
		for (CK_ULONG i = 0; i < a->ulValueLen; i++)
			if (digits[i] < '0' || digits[i] > '9')
				return false;
		return true;
	case BYTES:
		return a->ulValueLen < 8 << 20;
	}
	return false;
}

/* Caller's form to stored form: numbers become 8 bytes big-endian. */
static int store_value(struct sb_attributes *to, const CK_ATTRIBUTE *a, enum kind kind, bool secret)
{
	CK_ULONG number;
	struct sb_bytes list = {0};
	int rc = SB_OK;

	if (kind == ULONG) {
		memcpy(&number, a->pValue, sizeof number);
		return sb_attributes_set_ulong(to, a->type, number);
	}
	if (kind != MECHANISMS)
		return (secret ? sb_attributes_set_secret : sb_attributes_set)(to, a->type, a->pValue, a->ulValueLen);
	for (CK_ULONG i = 0; rc == SB_OK && i < a->ulValueLen / sizeof number; i++) {
		uint8_t *raw = sb_bytes_extend(&list, 8);

		memcpy(&number, (const CK_BYTE *)a->pValue + i * sizeof number, sizeof number);
		if (raw)
			sb_put_u64(raw, number);
		else
			rc = SB_E_NOMEM;
	}
	if (rc == SB_OK)
		rc = sb_attributes_set(to, a->type, list.data, list.len);
	sb_bytes_free(&list);
	return rc;
}

static bool same_value(const struct sb_attributes *attributes, const CK_ATTRIBUTE *a, enum kind kind)
{
	struct sb_attributes one = {0};
	const struct sb_attribute *have = sb_attributes_get(attributes, a->type), *want;
	bool same = false;

	if (have && store_value(&one, a, kind, false) == SB_OK) {
		want = sb_attributes_get(&one, a->type);
		same = sb_slice_equal(sb_slice(have->value, have->len), sb_slice(want->value, want->len));
	}
	sb_attributes_free(&one);
	return same;
}

static const unsigned needed_flag[] = {
	[SB_ORIGIN_CREATE] = C, [SB_ORIGIN_GENERATE] = G, [SB_ORIGIN_COPY] = Y, [SB_ORIGIN_SET] = S};

/* May this attribute be given here at all, and this value? */
static CK_RV allowed(const struct sb_rule_context *context, const struct rule *rule, const CK_ATTRIBUTE *a,
	const struct sb_attributes *attributes)
{
	bool changing = context->origin == SB_ORIGIN_COPY || context->origin == SB_ORIGIN_SET;
	bool value = rule->kind == BOOL && *(const CK_BBOOL *)a->pValue;

	if (rule->type == CKA_CLASS || rule->type == CKA_KEY_TYPE)
		return context->origin == SB_ORIGIN_CREATE || same_value(attributes, a, rule->kind)
			       ? CKR_OK
			       : (changing ? CKR_ATTRIBUTE_READ_ONLY : CKR_TEMPLATE_INCONSISTENT);
	/* What the module alone sets is read-only; what it sets here contradicts a template that gives it too. */
	if (!(rule->flags & needed_flag[context->origin]))
		return changing || !(rule->flags & (C | G | S | Y)) ? CKR_ATTRIBUTE_READ_ONLY : CKR_TEMPLATE_INCONSISTENT;
	if (changing && (rule->flags & (ONLY_TRUE | ONLY_FALSE)) && value != !!(rule->flags & ONLY_TRUE) &&
		!same_value(attributes, a, rule->kind))
		return CKR_ATTRIBUTE_READ_ONLY;
	if ((rule->flags & SO_ONLY) && value && !context->so)
		return CKR_ATTRIBUTE_READ_ONLY;
	return CKR_OK;
}

/* In an identity token a private key never leaves: a template that asks otherwise is refused, not quietly bettered. */
static CK_RV check_profile(const struct sb_rule_context *context, unsigned class, const struct sb_attributes *attributes)
{
	if (!(class & PRIV) || !context->identity)
		return CKR_OK;
	if (!sb_attributes_bool(attributes, CKA_SENSITIVE, true) || sb_attributes_bool(attributes, CKA_EXTRACTABLE, false) ||
		!sb_attributes_bool(attributes, CKA_PRIVATE, true))
		return CKR_TEMPLATE_INCONSISTENT;
	return CKR_OK;
}

/* Class and key type come first: which rules hold depends on them. */
static CK_RV take_class(const struct sb_rule_context *context, const CK_ATTRIBUTE *template, CK_ULONG count,
	struct sb_attributes *attributes, unsigned *class)
{
	if (context->origin == SB_ORIGIN_CREATE)
		for (CK_ULONG i = 0; i < count; i++)
			if (template[i].type == CKA_CLASS) {
				if (!well_formed(ULONG, &template[i]))
					return CKR_ATTRIBUTE_VALUE_INVALID;
				if (store_value(attributes, &template[i], ULONG, false) != SB_OK)
					return CKR_HOST_MEMORY;
			}
	if (!sb_attributes_get(attributes, CKA_CLASS))
		return CKR_TEMPLATE_INCOMPLETE;
	*class = class_bit(sb_attributes_ulong(attributes, CKA_CLASS, CKO_VENDOR_DEFINED));
	return *class ? CKR_OK : CKR_ATTRIBUTE_VALUE_INVALID;
}

static CK_RV take_one(const struct sb_rule_context *context, unsigned class, const CK_ATTRIBUTE *a, struct sb_attributes *attributes)
{
	const struct rule *rule = find_rule(a->type, class);
	CK_RV rv;

	if (!rule)
		return CKR_ATTRIBUTE_TYPE_INVALID;
	if (!well_formed(rule->kind, a))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	rv = allowed(context, rule, a, attributes);
	if (rv != CKR_OK)
		return rv;
	return store_value(attributes, a, rule->kind, rule->flags & SECRET) == SB_OK ? CKR_OK : CKR_HOST_MEMORY;
}

static bool repeats(const CK_ATTRIBUTE *template, CK_ULONG at)
{
	for (CK_ULONG i = 0; i < at; i++)
		if (template[i].type == template[at].type)
			return true;
	return false;
}

CK_RV sb_rules_apply(const struct sb_rule_context *context, const CK_ATTRIBUTE *template, CK_ULONG count,
	struct sb_attributes *attributes)
{
	struct sb_attributes next = {0};
	unsigned class = 0;
	CK_RV rv = CKR_HOST_MEMORY;

	if (sb_attributes_copy(&next, attributes) != SB_OK)
		goto out;
	rv = take_class(context, template, count, &next, &class);
	if (rv == CKR_OK && context->origin == SB_ORIGIN_SET && !sb_attributes_bool(&next, CKA_MODIFIABLE, true))
		rv = CKR_ACTION_PROHIBITED;
	for (CK_ULONG i = 0; rv == CKR_OK && i < count; i++)
		rv = repeats(template, i) ? CKR_TEMPLATE_INCONSISTENT : take_one(context, class, &template[i], &next);
	if (rv == CKR_OK)
		rv = check_profile(context, class, &next);
	if (rv == CKR_OK && context->origin == SB_ORIGIN_CREATE && (class & PRIV) && !context->may_import)
		rv = CKR_ACTION_PROHIBITED;
	if (rv == CKR_OK) {
		struct sb_attributes old = *attributes;

		*attributes = next;
		next = old;
	}
out:
	sb_attributes_free(&next);
	return rv;
}

static int fill_default(const struct rule *rule, struct sb_attributes *attributes)
{
	if (rule->kind == BOOL)
		return sb_attributes_set_bool(attributes, rule->type, rule->otherwise);
	if (rule->kind == ULONG)
		return sb_attributes_set_ulong(attributes, rule->type, rule->otherwise);
	return sb_attributes_set(attributes, rule->type, NULL, 0);
}

CK_RV sb_rules_complete(const struct sb_rule_context *context, struct sb_attributes *attributes)
{
	unsigned class = class_bit(sb_attributes_ulong(attributes, CKA_CLASS, CKO_VENDOR_DEFINED));

	for (size_t i = 0; i < RULES; i++) {
		const struct rule *rule = &rules[i];

		if (!(rule->classes & class) || sb_attributes_get(attributes, rule->type))
			continue;
		if (context->origin == SB_ORIGIN_CREATE && (rule->flags & REQUIRED))
			return CKR_TEMPLATE_INCOMPLETE;
		/* An empty list of allowed mechanisms would mean "none"; absent means "all". */
		if ((rule->flags & DEFAULT) && rule->kind != MECHANISMS && fill_default(rule, attributes) != SB_OK)
			return CKR_HOST_MEMORY;
	}
	return CKR_OK;
}

CK_RV sb_rules_match(const CK_ATTRIBUTE *template, CK_ULONG count, struct sb_attributes *match, bool *never)
{
	*never = false;
	for (CK_ULONG i = 0; i < count; i++) {
		enum kind kind;

		if (!template[i].pValue && template[i].ulValueLen)
			return CKR_ATTRIBUTE_VALUE_INVALID;
		if (!kind_of(template[i].type, &kind) || !well_formed(kind, &template[i])) {
			*never = true;
			continue;
		}
		if (store_value(match, &template[i], kind, false) != SB_OK)
			return CKR_HOST_MEMORY;
	}
	return CKR_OK;
}

/* Stored form to caller's form; len is how long the caller's form is. */
static void give(const struct sb_attribute *from, enum kind kind, CK_ULONG len, void *to)
{
	if (kind == ULONG || kind == MECHANISMS)
		for (size_t i = 0; i < len / sizeof(CK_ULONG); i++) {
			CK_ULONG number = (CK_ULONG)sb_get_u64(from->value + 8 * i);

			memcpy((CK_BYTE *)to + i * sizeof number, &number, sizeof number);
		}
	else if (len)
		memcpy(to, from->value, len);
}

CK_RV sb_rules_read(const struct sb_attributes *attributes, CK_ATTRIBUTE *out)
{
	const struct sb_attribute *found = sb_attributes_get(attributes, out->type);
	enum kind kind = BYTES;
	CK_ULONG len;

	if (!found) {
		out->ulValueLen = CK_UNAVAILABLE_INFORMATION;
		return CKR_ATTRIBUTE_TYPE_INVALID;
	}
	if (found->secret && (sb_attributes_bool(attributes, CKA_SENSITIVE, true) ||
				     !sb_attributes_bool(attributes, CKA_EXTRACTABLE, false))) {
		out->ulValueLen = CK_UNAVAILABLE_INFORMATION;
		return CKR_ATTRIBUTE_SENSITIVE;
	}
	kind_of(out->type, &kind);
	len = kind == ULONG || kind == MECHANISMS ? found->len / 8 * sizeof(CK_ULONG) : found->len;
	if (out->pValue && out->ulValueLen < len) {
		out->ulValueLen = CK_UNAVAILABLE_INFORMATION;
		return CKR_BUFFER_TOO_SMALL;
	}
	if (out->pValue)
		give(found, kind, len, out->pValue);
	out->ulValueLen = len;
	return CKR_OK;
}
