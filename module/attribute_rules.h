/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_ATTRIBUTE_RULES_H
#define SINBUN_ATTRIBUTE_RULES_H

#include "attribute.h"
#include "cryptoki.h"

/* The rules of PKCS#11 for attributes, as rows, and the engine that applies them to create, generate, copy and set alike. */

enum sb_origin { SB_ORIGIN_CREATE, SB_ORIGIN_GENERATE, SB_ORIGIN_DERIVE, SB_ORIGIN_COPY, SB_ORIGIN_SET };

struct sb_rule_context {
	enum sb_origin origin;
	bool so;          /* the SO is logged in: may set CKA_TRUSTED */
	bool identity;    /* the token's profile: private keys are sensitive and not extractable */
	bool may_import;  /* private keys may come from outside */
};

/* Checks a template against the rules and puts its values into attributes (which hold, for SB_ORIGIN_COPY and SB_ORIGIN_SET, the object as
 * it is). Class and key type must stand in attributes already, or for CREATE in the template; DERIVE takes a key type from there. Nothing changes on error.
 * CKR_ATTRIBUTE_TYPE_INVALID, _VALUE_INVALID, _READ_ONLY, CKR_TEMPLATE_INCONSISTENT, CKR_TEMPLATE_INCOMPLETE, CKR_ACTION_PROHIBITED. */
CK_RV sb_rules_apply(const struct sb_rule_context *context, const CK_ATTRIBUTE *template, CK_ULONG count,
	struct sb_attributes *attributes);
/* After apply, for a new object: everything required is there, defaults are filled in. */
CK_RV sb_rules_complete(const struct sb_rule_context *context, struct sb_attributes *attributes);

/* A template as attributes to search for. Unknown types match nothing: *never is set. */
CK_RV sb_rules_match(const CK_ATTRIBUTE *template, CK_ULONG count, struct sb_attributes *match, bool *never);
/* One attribute out, C_GetAttributeValue's way: its own code, ulValueLen set. object_secret: values marked secret are refused. */
CK_RV sb_rules_read(const struct sb_attributes *attributes, CK_ATTRIBUTE *out);

#endif
