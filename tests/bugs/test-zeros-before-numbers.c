/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include "lib/check.h"

/* A big integer may have zeros before it. An EC private key that came with one was refused, and a public exponent of nothing but zeros
 * was taken for one that nobody asked for, so that the key got 65537. */

static CK_RV import(CK_SESSION_HANDLE session, const CK_BYTE *scalar, CK_ULONG len)
{
	static const CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	static const CK_KEY_TYPE ec = CKK_EC;
	CK_ATTRIBUTE template[] = {ATTRIBUTE_OF(CKA_CLASS, class), ATTRIBUTE_OF(CKA_KEY_TYPE, ec), ATTRIBUTE_OF(CKA_EC_PARAMS, api_p256),
		ATTRIBUTE(CKA_VALUE, scalar, len)};
	CK_OBJECT_HANDLE key;

	return p11->C_CreateObject(session, template, COUNT(template), &key);
}

static CK_RV generate(CK_SESSION_HANDLE session, const CK_BYTE *exponent, CK_ULONG len)
{
	static const CK_ULONG bits = 2048;
	CK_MECHANISM mechanism = {CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0};
	CK_ATTRIBUTE public[] = {ATTRIBUTE_OF(CKA_MODULUS_BITS, bits), ATTRIBUTE(CKA_PUBLIC_EXPONENT, exponent, len)};
	CK_OBJECT_HANDLE one, other;

	return p11->C_GenerateKeyPair(session, &mechanism, public, 2, NULL, 0, &one, &other);
}

int main(void)
{
	CK_BYTE number[40] = {[39] = 7};
	static const CK_BYTE zeros[40];
	CK_SESSION_HANDLE session;

	api_open("import = yes\n");
	session = api_ready(NULL);
	for (CK_ULONG len = 1; len <= sizeof number; len++) {
		CHECK_EQ(import(session, number + sizeof number - len, len), CKR_OK);
		CHECK_EQ(import(session, zeros, len), CKR_ATTRIBUTE_VALUE_INVALID);
	}
	for (CK_ULONG len = 0; len <= 9; len += 3)
		CHECK_EQ(generate(session, zeros, len), CKR_ATTRIBUTE_VALUE_INVALID);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}
