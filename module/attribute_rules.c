/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "attribute_rules.h"

#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "sinbun-pkcs11.h"

enum kind { BOOL, ULONG, BYTES, DATE, MECHANISMS };

/* Which objects have an attribute: classes, and for keys the type too. */
enum {
	DATA = 1,
	CERT = 2,
	PUB_EC = 4,
	PUB_ED = 8,
	PUB_RSA = 16,
	PRIV_EC = 32,
	PRIV_ED = 64,
	PRIV_RSA = 128,
	SECRET = 256,
	PUB = PUB_EC | PUB_ED | PUB_RSA,
	PRIV = PRIV_EC | PRIV_ED | PRIV_RSA,
	HELD = PRIV | SECRET, /* keys with something to hide */
	KEYS = PUB | HELD,
	ALL = DATA | CERT | KEYS
};
/* Who may give a value, and when. */
enum {
	C = 1,           /* in C_CreateObject */
	G = 2,           /* in C_GenerateKeyPair */
	D = 4,           /* in C_DeriveKey */
	S = 8,           /* in C_SetAttributeValue, and in C_CopyObject of a modifiable object */
	Y = 16,          /* in C_CopyObject */
	ONLY_TRUE = 32,  /* by S and Y only from false to true */
	ONLY_FALSE = 64, /* by S and Y only from true to false */
	SO_ONLY = 128,   /* CK_TRUE by the SO alone */
	HIDDEN = 256,    /* never indexed, matched, or told while sensitive */
	REQUIRED = 512,  /* by C_CreateObject */
	NEEDED = 1024,   /* by C_GenerateKeyPair */
	DEFAULT = 2048,  /* has the default below */
	NEW = C | G | D,
};
enum { LIST_MAX = 1024 }; /* mechanisms in a list */

struct rule {
	CK_ATTRIBUTE_TYPE type;
	enum kind kind;
	unsigned classes, flags;
	unsigned long otherwise; /* default of a BOOL or ULONG; BYTES and DATE default to empty */
};

static const struct rule rules[] = {
	{CKA_CLASS, ULONG, ALL, NEW | REQUIRED, 0},
	{CKA_TOKEN, BOOL, ALL, NEW | Y | DEFAULT, CK_FALSE},
	{CKA_PRIVATE, BOOL, DATA | CERT | PUB, NEW | Y | DEFAULT, CK_FALSE},
	{CKA_PRIVATE, BOOL, HELD, NEW | Y | DEFAULT, CK_TRUE},
	{CKA_MODIFIABLE, BOOL, ALL, NEW | Y | ONLY_FALSE | DEFAULT, CK_TRUE},
	{CKA_COPYABLE, BOOL, ALL, NEW | S | Y | ONLY_FALSE | DEFAULT, CK_TRUE},
	{CKA_DESTROYABLE, BOOL, ALL, NEW | Y | DEFAULT, CK_TRUE},
	{CKA_LABEL, BYTES, ALL, NEW | S | Y | DEFAULT, 0},
	{CKA_UNIQUE_ID, BYTES, ALL, 0, 0},

	{CKA_APPLICATION, BYTES, DATA, C | S | Y | DEFAULT, 0},
	{CKA_OBJECT_ID, BYTES, DATA, C | S | Y | DEFAULT, 0},
	{CKA_VALUE, BYTES, DATA, C | S | Y | DEFAULT, 0},

	{CKA_CERTIFICATE_TYPE, ULONG, CERT, C | REQUIRED, 0},
	{CKA_TRUSTED, BOOL, CERT | PUB, C | G | S | Y | SO_ONLY | DEFAULT, CK_FALSE},
	{CKA_CERTIFICATE_CATEGORY, ULONG, CERT, C | DEFAULT, CK_CERTIFICATE_CATEGORY_UNSPECIFIED},
	{CKA_CHECK_VALUE, BYTES, CERT, C, 0},
	{CKA_SUBJECT, BYTES, CERT, C | REQUIRED, 0},
	{CKA_ISSUER, BYTES, CERT, C | S | Y | DEFAULT, 0},
	{CKA_SERIAL_NUMBER, BYTES, CERT, C | S | Y | DEFAULT, 0},
	{CKA_VALUE, BYTES, CERT, C | REQUIRED, 0},
	{CKA_URL, BYTES, CERT, C | DEFAULT, 0},
	{CKA_HASH_OF_SUBJECT_PUBLIC_KEY, BYTES, CERT, C | DEFAULT, 0},
	{CKA_HASH_OF_ISSUER_PUBLIC_KEY, BYTES, CERT, C | DEFAULT, 0},
	{CKA_NAME_HASH_ALGORITHM, ULONG, CERT, C | DEFAULT, CKM_SHA_1},

	{CKA_ID, BYTES, CERT | KEYS, NEW | S | Y | DEFAULT, 0},
	{CKA_START_DATE, DATE, CERT | KEYS, NEW | S | Y | DEFAULT, 0},
	{CKA_END_DATE, DATE, CERT | KEYS, NEW | S | Y | DEFAULT, 0},
	{CKA_PUBLIC_KEY_INFO, BYTES, CERT | PUB | PRIV, C, 0},

	{CKA_KEY_TYPE, ULONG, KEYS, NEW | REQUIRED, 0},
	{CKA_SUBJECT, BYTES, PUB | PRIV, C | G | S | Y | DEFAULT, 0},
	{CKA_DERIVE, BOOL, KEYS, NEW | S | Y | DEFAULT, CK_FALSE},
	{CKA_LOCAL, BOOL, KEYS, 0, 0},
	{CKA_KEY_GEN_MECHANISM, ULONG, KEYS, 0, 0},
	{CKA_ALLOWED_MECHANISMS, MECHANISMS, KEYS, NEW | DEFAULT, 0},

	{CKA_EC_PARAMS, BYTES, PUB_EC | PUB_ED, C | G | REQUIRED | NEEDED, 0},
	{CKA_EC_PARAMS, BYTES, PRIV_EC | PRIV_ED, C | REQUIRED, 0},
	{CKA_EC_POINT, BYTES, PUB_EC | PUB_ED, C | REQUIRED, 0},
	{CKA_VALUE, BYTES, PRIV_EC | PRIV_ED, C | HIDDEN | REQUIRED, 0},

	{CKA_MODULUS, BYTES, PUB_RSA | PRIV_RSA, C | REQUIRED, 0},
	{CKA_MODULUS_BITS, ULONG, PUB_RSA, G | NEEDED, 0},
	{CKA_PUBLIC_EXPONENT, BYTES, PUB_RSA, C | G | REQUIRED, 0},
	{CKA_PUBLIC_EXPONENT, BYTES, PRIV_RSA, C | REQUIRED, 0},
	{CKA_PRIVATE_EXPONENT, BYTES, PRIV_RSA, C | HIDDEN | REQUIRED, 0},
	{CKA_PRIME_1, BYTES, PRIV_RSA, C | HIDDEN, 0},
	{CKA_PRIME_2, BYTES, PRIV_RSA, C | HIDDEN, 0},
	{CKA_EXPONENT_1, BYTES, PRIV_RSA, C | HIDDEN, 0},
	{CKA_EXPONENT_2, BYTES, PRIV_RSA, C | HIDDEN, 0},
	{CKA_COEFFICIENT, BYTES, PRIV_RSA, C | HIDDEN, 0},

	{CKA_VALUE, BYTES, SECRET, C | HIDDEN | REQUIRED, 0},
	{CKA_VALUE_LEN, ULONG, SECRET, D, 0},

	{CKA_ENCRYPT, BOOL, PUB | SECRET, NEW | S | Y | DEFAULT, CK_FALSE},
	{CKA_VERIFY, BOOL, PUB, C | G | S | Y | DEFAULT, CK_TRUE},
	{CKA_VERIFY, BOOL, SECRET, C | D | S | Y | DEFAULT, CK_FALSE},
	{CKA_VERIFY_RECOVER, BOOL, PUB, C | G | S | Y | DEFAULT, CK_FALSE},
	{CKA_WRAP, BOOL, PUB | SECRET, NEW | S | Y | DEFAULT, CK_FALSE},

	{CKA_SENSITIVE, BOOL, HELD, NEW | S | Y | ONLY_TRUE | DEFAULT, CK_TRUE},
	{CKA_EXTRACTABLE, BOOL, HELD, NEW | S | Y | ONLY_FALSE | DEFAULT, CK_FALSE},
	{CKA_ALWAYS_SENSITIVE, BOOL, HELD, 0, 0},
	{CKA_NEVER_EXTRACTABLE, BOOL, HELD, 0, 0},
	{CKA_ALWAYS_AUTHENTICATE, BOOL, PRIV, C | G | DEFAULT, CK_FALSE},
	{CKA_DECRYPT, BOOL, HELD, NEW | S | Y | DEFAULT, CK_FALSE},
	{CKA_SIGN, BOOL, PRIV, C | G | S | Y | DEFAULT, CK_TRUE},
	{CKA_SIGN, BOOL, SECRET, C | D | S | Y | DEFAULT, CK_FALSE},
	{CKA_SIGN_RECOVER, BOOL, PRIV, C | G | S | Y | DEFAULT, CK_FALSE},
	{CKA_UNWRAP, BOOL, HELD, NEW | S | Y | DEFAULT, CK_FALSE},
	{CKA_WRAP_WITH_TRUSTED, BOOL, HELD, NEW | S | Y | ONLY_TRUE | DEFAULT, CK_FALSE},
};
enum { RULES = sizeof rules / sizeof *rules };

/* Attributes of the objects that the module makes itself, for searching and reading; no template sets them. */
static const struct {
	CK_ATTRIBUTE_TYPE type;
	enum kind kind;
} computed[] = {
	{CKA_SINBUN_SEAL, BYTES},
	{CKA_SINBUN_PROFILE, BYTES},
	{CKA_SINBUN_PIN_TRIES_LEFT, ULONG},
	{CKA_SINBUN_PUK_TRIES_LEFT, ULONG},
	{CKA_SINBUN_PIN_TRIES_MAX, ULONG},
	{CKA_SINBUN_PUK_TRIES_MAX, ULONG},
	{CKA_SINBUN_PIN_REFUSAL, ULONG},
	{CKA_SINBUN_CARD_NUMBER, BYTES},
	{CKA_SINBUN_BIRTH_DATE, BYTES},
	{CKA_SINBUN_LOG_FORMAT, ULONG},
	{CKA_SINBUN_LOG_INTACT, BOOL},
	{CKA_SINBUN_LOG_BROKEN, ULONG},
	{CKA_PROFILE_ID, ULONG},
	{CKA_MECHANISM_TYPE, ULONG},
};

#define ANY_TYPE CK_UNAVAILABLE_INFORMATION
static const struct {
	CK_OBJECT_CLASS class;
	CK_KEY_TYPE type;
	unsigned bit;
} classes[] = {
	{CKO_DATA, ANY_TYPE, DATA},
	{CKO_CERTIFICATE, ANY_TYPE, CERT},
	{CKO_PUBLIC_KEY, CKK_EC, PUB_EC},
	{CKO_PUBLIC_KEY, CKK_EC_EDWARDS, PUB_ED},
	{CKO_PUBLIC_KEY, CKK_RSA, PUB_RSA},
	{CKO_PRIVATE_KEY, CKK_EC, PRIV_EC},
	{CKO_PRIVATE_KEY, CKK_EC_EDWARDS, PRIV_ED},
	{CKO_PRIVATE_KEY, CKK_RSA, PRIV_RSA},
	{CKO_SECRET_KEY, CKK_GENERIC_SECRET, SECRET},
	{CKO_SECRET_KEY, CKK_AES, SECRET},
};

/* 0: no such class, or no keys of that type. */
static unsigned class_bit(const struct sb_attributes *a)
{
	unsigned long class = sb_attributes_ulong(a, CKA_CLASS, CKO_VENDOR_DEFINED);
	unsigned long type = sb_attributes_ulong(a, CKA_KEY_TYPE, ANY_TYPE);

	for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
		if (classes[i].class == class && (classes[i].type == ANY_TYPE || classes[i].type == type))
			return classes[i].bit;
	return 0;
}

static bool is_key_class(unsigned long class)
{
	return class == CKO_PUBLIC_KEY || class == CKO_PRIVATE_KEY || class == CKO_SECRET_KEY;
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
	for (size_t i = 0; i < sizeof computed / sizeof *computed; i++)
		if (computed[i].type == type) {
			*kind = computed[i].kind;
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
		return a->ulValueLen % sizeof(CK_MECHANISM_TYPE) == 0 && a->ulValueLen <= LIST_MAX * sizeof(CK_MECHANISM_TYPE);
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
	[SB_ORIGIN_CREATE] = C, [SB_ORIGIN_GENERATE] = G, [SB_ORIGIN_DERIVE] = D, [SB_ORIGIN_COPY] = Y, [SB_ORIGIN_SET] = S};

static bool changes(const struct sb_rule_context *context)
{
	return context->origin == SB_ORIGIN_COPY || context->origin == SB_ORIGIN_SET;
}

/* Changing an object that is there: what only tightens, only tightens, and a copy is no way around CKA_MODIFIABLE. */
static bool change_allowed(const struct rule *rule, const CK_ATTRIBUTE *a, const struct sb_attributes *attributes)
{
	bool value = rule->kind == BOOL && *(const CK_BBOOL *)a->pValue;
	unsigned direction = rule->flags & (ONLY_TRUE | ONLY_FALSE);

	if (same_value(attributes, a, rule->kind))
		return true;
	if (direction)
		return value == (direction == ONLY_TRUE);
	return !(rule->flags & S) || sb_attributes_bool(attributes, CKA_MODIFIABLE, true);
}

/* May this attribute be given here at all, and this value? */
static CK_RV allowed(const struct sb_rule_context *context, const struct rule *rule, const CK_ATTRIBUTE *a,
	const struct sb_attributes *attributes)
{
	bool value = rule->kind == BOOL && *(const CK_BBOOL *)a->pValue;

	if (rule->type == CKA_CLASS || rule->type == CKA_KEY_TYPE)
		return same_value(attributes, a, rule->kind) ? CKR_OK
							     : (changes(context) ? CKR_ATTRIBUTE_READ_ONLY : CKR_TEMPLATE_INCONSISTENT);
	/* What the module alone sets is read-only; what it sets here contradicts a template that gives it too. */
	if (!(rule->flags & needed_flag[context->origin]))
		return changes(context) || !(rule->flags & (NEW | S | Y)) ? CKR_ATTRIBUTE_READ_ONLY : CKR_TEMPLATE_INCONSISTENT;
	if (changes(context) && !change_allowed(rule, a, attributes))
		return CKR_ATTRIBUTE_READ_ONLY;
	if ((rule->flags & SO_ONLY) && value && !context->so)
		return CKR_ATTRIBUTE_READ_ONLY;
	return CKR_OK;
}

/* What an object of this class may not be, whatever the template says. */
static CK_RV check_whole(const struct sb_rule_context *context, unsigned class, const struct sb_attributes *a)
{
	/* What is not private lies open in the store. */
	if ((class & HELD) && !sb_attributes_bool(a, CKA_PRIVATE, true) && ((class & PRIV) || sb_attributes_bool(a, CKA_TOKEN, false)))
		return CKR_TEMPLATE_INCONSISTENT;
	if (!context->identity)
		return CKR_OK;
	/* In an identity token a private key never leaves: a template that asks otherwise is refused, not quietly bettered. */
	if ((class & PRIV) && (!sb_attributes_bool(a, CKA_SENSITIVE, true) || sb_attributes_bool(a, CKA_EXTRACTABLE, false)))
		return CKR_TEMPLATE_INCONSISTENT;
	/* Programs look for certificates before they ask for a PIN. */
	if ((class & CERT) && sb_attributes_bool(a, CKA_PRIVATE, false))
		return CKR_TEMPLATE_INCONSISTENT;
	/* Secret keys are what a derivation leaves for the session. */
	if ((class & SECRET) && sb_attributes_bool(a, CKA_TOKEN, false))
		return CKR_TEMPLATE_INCONSISTENT;
	return CKR_OK;
}

/* From outside, private and secret keys come only where the token says so; secret ones into no identity token. */
static CK_RV check_import(const struct sb_rule_context *context, unsigned class)
{
	if (context->origin != SB_ORIGIN_CREATE || !(class & HELD))
		return CKR_OK;
	return !context->may_import || ((class & SECRET) && context->identity) ? CKR_ACTION_PROHIBITED : CKR_OK;
}

/* Class and key type come first: which rules hold depends on them. */
static CK_RV take_class(const struct sb_rule_context *context, const CK_ATTRIBUTE *template, CK_ULONG count,
	struct sb_attributes *attributes, unsigned *class)
{
	bool open = context->origin == SB_ORIGIN_CREATE || context->origin == SB_ORIGIN_DERIVE;
	unsigned long given;

	for (CK_ULONG i = 0; open && i < count; i++) {
		if (template[i].type != CKA_CLASS && template[i].type != CKA_KEY_TYPE)
			continue;
		if (!well_formed(ULONG, &template[i]))
			return CKR_ATTRIBUTE_VALUE_INVALID;
		if (store_value(attributes, &template[i], ULONG, false) != SB_OK)
			return CKR_HOST_MEMORY;
	}
	if (!sb_attributes_get(attributes, CKA_CLASS))
		return CKR_TEMPLATE_INCOMPLETE;
	given = sb_attributes_ulong(attributes, CKA_CLASS, CKO_VENDOR_DEFINED);
	if (context->origin == SB_ORIGIN_DERIVE && given != CKO_SECRET_KEY)
		return CKR_TEMPLATE_INCONSISTENT;
	if (is_key_class(given) && !sb_attributes_get(attributes, CKA_KEY_TYPE))
		return CKR_TEMPLATE_INCOMPLETE;
	*class = class_bit(attributes);
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
	return store_value(attributes, a, rule->kind, rule->flags & HIDDEN) == SB_OK ? CKR_OK : CKR_HOST_MEMORY;
}

static bool repeats(const CK_ATTRIBUTE *template, CK_ULONG at)
{
	for (CK_ULONG i = 0; i < at; i++)
		if (template[i].type == template[at].type)
			return true;
	return false;
}

/* A trusted object is the SO's word: nobody else changes it, and nobody's copy of it is trusted. */
static CK_RV guard_trust(const struct sb_rule_context *context, struct sb_attributes *attributes)
{
	if (context->so || !changes(context) || !sb_attributes_bool(attributes, CKA_TRUSTED, false))
		return CKR_OK;
	if (context->origin == SB_ORIGIN_SET)
		return CKR_ATTRIBUTE_READ_ONLY;
	return sb_attributes_set_bool(attributes, CKA_TRUSTED, false) == SB_OK ? CKR_OK : CKR_HOST_MEMORY;
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
	if (rv == CKR_OK)
		rv = guard_trust(context, &next);
	for (CK_ULONG i = 0; rv == CKR_OK && i < count; i++)
		rv = repeats(template, i) ? CKR_TEMPLATE_INCONSISTENT : take_one(context, class, &template[i], &next);
	if (rv == CKR_OK)
		rv = check_whole(context, class, &next);
	if (rv == CKR_OK)
		rv = check_import(context, class);
	if (rv == CKR_OK) {
		struct sb_attributes old = *attributes;

		*attributes = next;
		next = old;
	}
out:
	sb_attributes_free(&next);
	return rv;
}

/* Where the template gave none. An empty list of allowed mechanisms would mean "none"; absent means "all". */
static int fill_default(const struct rule *rule, struct sb_attributes *attributes)
{
	uint8_t truth = (uint8_t)rule->otherwise, number[8];

	switch (rule->kind) {
	case BOOL:
		return sb_attributes_default(attributes, rule->type, &truth, 1);
	case ULONG:
		sb_put_u64(number, rule->otherwise);
		return sb_attributes_default(attributes, rule->type, number, sizeof number);
	case MECHANISMS:
		return SB_OK;
	case BYTES:
	case DATE:
		return sb_attributes_default(attributes, rule->type, NULL, 0);
	}
	return SB_E_INTERNAL;
}

CK_RV sb_rules_complete(const struct sb_rule_context *context, struct sb_attributes *attributes)
{
	unsigned class = class_bit(attributes), missing = 0;

	missing |= context->origin == SB_ORIGIN_CREATE ? REQUIRED : 0;
	missing |= context->origin == SB_ORIGIN_GENERATE ? NEEDED : 0;
	for (size_t i = 0; i < RULES; i++) {
		const struct rule *rule = &rules[i];

		if (!(rule->classes & class) || !(rule->flags & (missing | DEFAULT)))
			continue;
		if ((rule->flags & missing) && !sb_attributes_get(attributes, rule->type))
			return CKR_TEMPLATE_INCOMPLETE;
		if ((rule->flags & DEFAULT) && fill_default(rule, attributes) != SB_OK)
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
		/* Nothing has two values of one attribute. */
		if (sb_attributes_get(match, template[i].type) && !same_value(match, &template[i], kind))
			*never = true;
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
