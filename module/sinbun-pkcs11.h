/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_PKCS11_H
#define SINBUN_PKCS11_H

/* Vendor numbers of the sinbun PKCS#11 module, for programs that talk to it. All are in the vendor range:
 * CKO_VENDOR_DEFINED | 0x53420000 ("SB") + n, likewise for attributes. */
#define SINBUN_VENDOR_BASE 0xD3420000UL /* 0x80000000 | 0x53420000 */

/* CKO_SINBUN_TOKEN: the status object. One per token, not stored, CKA_PRIVATE false, found only by a search whose template
 * names this class, read-only. C_DestroyObject by the SO removes the token. */
#define CKO_SINBUN_TOKEN (SINBUN_VENDOR_BASE + 1)
/* CKO_SINBUN_PIN_POLICY: created once in the SO session before C_InitPIN, with CKA_SINBUN_BIRTH_DATE; CKA_PRIVATE false; never
 * found, read, copied or destroyed; refused (CKR_ACTION_PROHIBITED) once a PIN exists. */
#define CKO_SINBUN_PIN_POLICY (SINBUN_VENDOR_BASE + 2)

#define CKA_SINBUN_SEAL (SINBUN_VENDOR_BASE + 1)           /* text: "software" or "tpm" */
#define CKA_SINBUN_PROFILE (SINBUN_VENDOR_BASE + 2)        /* text: "identity" or "general" */
#define CKA_SINBUN_PIN_TRIES_LEFT (SINBUN_VENDOR_BASE + 3) /* CK_ULONG */
#define CKA_SINBUN_PUK_TRIES_LEFT (SINBUN_VENDOR_BASE + 4) /* CK_ULONG */
#define CKA_SINBUN_PIN_TRIES_MAX (SINBUN_VENDOR_BASE + 5)  /* CK_ULONG */
#define CKA_SINBUN_PUK_TRIES_MAX (SINBUN_VENDOR_BASE + 6)  /* CK_ULONG */
/* CK_ULONG, one of CKV_SINBUN_RULE_*: why this session's last C_InitPIN or C_SetPIN was refused. */
#define CKA_SINBUN_PIN_REFUSAL (SINBUN_VENDOR_BASE + 7)
#define CKA_SINBUN_CARD_NUMBER (SINBUN_VENDOR_BASE + 8) /* text, empty before issuance: CN of the certificate with CKA_ID 02 */
/* text, written by the SO in a read/write session, never read: what this session's next C_InitPIN does besides setting the PIN. Empty:
 * nothing. "reseal": new keys under the whole token, and the seal that the configuration asks for now; one transaction. */
#define CKA_SINBUN_COMMAND (SINBUN_VENDOR_BASE + 9)
#define SINBUN_COMMAND_RESEAL "reseal"
#define CKA_SINBUN_BIRTH_DATE (SINBUN_VENDOR_BASE + 16) /* 8 ASCII digits YYYYMMDD, on CKO_SINBUN_PIN_POLICY only */

/* The audit log of a token that keeps one: a CKO_DATA, CKA_PRIVATE true, CKA_LABEL and CKA_APPLICATION as below, there while the holder
 * (CKU_USER) is logged in. Made when read: not to be changed, copied or destroyed, and not found by its value. CKA_VALUE has a line of JSON
 * for each row, oldest first: seq, time (UTC seconds), event, outcome, user, "key" (CKA_ID) or "object" (unique id) in hexadecimal where
 * one is concerned, count where there is one, chain; {"seq":N,"event":"lost"} for a row that is missing or is not what was written. */
#define SINBUN_LOG_LABEL "audit-log"
#define SINBUN_LOG_APPLICATION "sinbun"
#define CKA_SINBUN_LOG_FORMAT (SINBUN_VENDOR_BASE + 32) /* CK_ULONG: 1. No other object has it: search with it */
#define CKA_SINBUN_LOG_INTACT (SINBUN_VENDOR_BASE + 33) /* CK_BBOOL: the chain is whole, checked by the token with its key */
#define CKA_SINBUN_LOG_BROKEN (SINBUN_VENDOR_BASE + 34) /* CK_ULONG: seq of the first row that cannot be believed; 0 when whole */

#define CKV_SINBUN_RULE_NONE 0UL
#define CKV_SINBUN_RULE_LENGTH 1UL     /* not exactly 6 digits, or outside the profile's length */
#define CKV_SINBUN_RULE_SEQUENCE 2UL   /* consecutive digits rising or falling by one */
#define CKV_SINBUN_RULE_REPEAT 3UL     /* the same digit too often */
#define CKV_SINBUN_RULE_BIRTH_DATE 4UL /* the holder's birth date */

#endif
