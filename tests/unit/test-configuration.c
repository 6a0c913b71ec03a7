/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "base/configuration.h"
#include "base/error.h"
#include "check.h"

static int parse(const char *text, struct sb_config *config, struct sb_config_error *why)
{
	*why = (struct sb_config_error){0};
	return sb_config_parse(config, sb_slice(text, strlen(text)), "/somewhere", why);
}

static void good_file(void)
{
	struct sb_config c;
	struct sb_config_error why;

	REQUIRE(parse("# comment\n\n token-dir = t \nprofile=general\nkdf-memory = 19\nimport = yes\nseal = software", &c,
			&why) == SB_OK);
	CHECK(strcmp(c.token_dir, "/somewhere/t") == 0);
	CHECK_EQ(c.profile, SB_PROFILE_GENERAL);
	CHECK(c.profile_set);
	CHECK_EQ(c.kdf_memory, 19);
	CHECK_EQ(c.seal, SB_SEAL_SOFTWARE);
	CHECK(c.import);
	CHECK_EQ(c.pin_tries, 5);
	CHECK_EQ(c.puk_tries, 10);
	sb_config_free(&c);
}

static void defaults(void)
{
	struct sb_config c;
	struct sb_config_error why;

	REQUIRE(parse("", &c, &why) == SB_OK);
	CHECK(strcmp(c.token_dir, "/somewhere/tokens") == 0);
	CHECK_EQ(c.profile, SB_PROFILE_IDENTITY);
	CHECK(!c.profile_set);
	CHECK(!c.import);
	sb_config_free(&c);
}

static void errors_name_line_and_key(void)
{
	static const struct {
		const char *text;
		unsigned line;
		const char *key;
	} rows[] = {
		{"seal = tpm\nsale = tpm\n", 2, "sale"},
		{"seal = tpm\n\nseal = auto\n", 3, "seal"},
		{"seal = steel\n", 1, "seal"},
		{"kdf-memory = 18\n", 1, "kdf-memory"},
		{"kdf-memory = 1025\n", 1, "kdf-memory"},
		{"pin-tries = 5x\n", 1, "pin-tries"},
		{"pin-tries = -1\n", 1, "pin-tries"},
		{"import = maybe\n", 1, "import"},
		{"tcti = pcap:device\n", 1, "tcti"},
		{"tcti = /tmp/libevil.so\n", 1, "tcti"},
		{"tcti = devices\n", 1, "tcti"},
		{"token-dir =\n", 1, "token-dir"},
		{"just words\n", 1, "just words"},
		{"\xff = 1\n", 0, ""},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sb_config c;
		struct sb_config_error why;

		CHECK_EQ(parse(rows[i].text, &c, &why), SB_E_CONFIG);
		CHECK_EQ(why.line, rows[i].line);
		CHECK(strcmp(why.key, rows[i].key) == 0);
		CHECK(why.message[0]);
	}
}

int main(void)
{
	good_file();
	defaults();
	errors_name_line_and_key();
	return check_result();
}
