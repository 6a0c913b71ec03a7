/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include "lib/check.h"
#include "lib/damage.h"

/* A holder could make the PIN cheap to guess by editing sinbun.conf before C_SetPIN, and a token made in cheaper days stayed cheap. */

static void configure(unsigned memory, unsigned passes)
{
	FILE *conf = fopen(getenv("SINBUN_CONF"), "w");

	REQUIRE(conf);
	fprintf(conf, "seal = software\nkdf-memory = %u\nkdf-passes = %u\n", memory, passes);
	REQUIRE(fclose(conf) == 0);
}

/* Memory and passes stand side by side in the row. */
static void costs(CK_SLOT_ID slot, const char *name, unsigned memory, unsigned passes)
{
	char sql[200];

	snprintf(sql, sizeof sql, "select instr(value, x'000000%02x000000%02x') > 0 from meta where name = '%s'", memory, passes, name);
	CHECK_EQ(damage_number(slot, sql), 1);
}

static CK_RV set_pin(CK_SESSION_HANDLE session, const char *old, const char *new)
{
	return p11->C_SetPIN(session, (CK_UTF8CHAR *)old, strlen(old), (CK_UTF8CHAR *)new, strlen(new));
}

static void nothing_gets_cheaper(CK_SLOT_ID slot)
{
	CK_SESSION_HANDLE session;
	CK_UTF8CHAR label[33];

	configure(19, 2);
	api_restart();
	session = api_session(slot, true);
	CHECK_EQ(set_pin(session, API_PIN, "837261"), CKR_OK);
	costs(slot, "wrap-pin", 32, 4);
	CHECK_EQ(api_login(session, CKU_SO, API_SO_PIN), CKR_OK);
	costs(slot, "wrap-puk", 32, 4);
	CHECK_EQ(set_pin(session, API_SO_PIN, API_WRONG_SO_PIN), CKR_OK);
	costs(slot, "wrap-puk", 32, 4);
	CHECK_EQ(set_pin(session, API_WRONG_SO_PIN, API_SO_PIN), CKR_OK);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
	snprintf((char *)label, sizeof label, "%-32s", "anew");
	CHECK_EQ(p11->C_InitToken(slot, (CK_UTF8CHAR *)API_SO_PIN, strlen(API_SO_PIN), label), CKR_OK);
	costs(slot, "wrap-puk", 32, 4);
	session = api_session(slot, true);
	CHECK_EQ(api_login(session, CKU_SO, API_SO_PIN), CKR_OK);
	CHECK_EQ(p11->C_InitPIN(session, (CK_UTF8CHAR *)API_PIN, strlen(API_PIN)), CKR_OK);
	costs(slot, "wrap-pin", 32, 4);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

/* Each wrap at the login of the one who knows its PIN. */
static void a_login_raises_the_cost(CK_SLOT_ID slot)
{
	CK_SESSION_HANDLE session;

	configure(40, 3);
	api_restart();
	session = api_session(slot, true);
	CHECK_EQ(api_login(session, CKU_USER, API_WRONG_PIN), CKR_PIN_INCORRECT);
	costs(slot, "wrap-pin", 32, 4);
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_OK);
	costs(slot, "wrap-pin", 40, 4);
	costs(slot, "wrap-puk", 32, 4);
	CHECK_EQ(p11->C_Logout(session), CKR_OK);
	CHECK_EQ(api_login(session, CKU_SO, API_SO_PIN), CKR_OK);
	costs(slot, "wrap-puk", 40, 4);
	CHECK_EQ(p11->C_Logout(session), CKR_OK);
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_OK);
	CHECK_EQ(api_token_flags(slot) & CKF_ERROR_STATE, 0);
}

int main(void)
{
	CK_SLOT_ID slot;

	api_open("");
	configure(32, 4);
	api_initialize();
	slot = api_token("test");
	costs(slot, "wrap-pin", 32, 4);
	nothing_gets_cheaper(slot);
	a_login_raises_the_cost(slot);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}
