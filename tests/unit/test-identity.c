/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "check.h"
#include "common/http.h"
#include "identity/claims.h"
#include "identity/hint.h"
#include "identity/phone.h"
#include "identity/provider.h"
#include "identity/sms.h"

static struct sb_failure f;

static void phones_are_read_however_they_are_written(void)
{
	static const char *const good[] = {"010-1234-5678", "01012345678", "010 1234 5678", "010.1234.5678", "(010)1234-5678", "+82-10-1234-5678",
		"+82 10-1234-5678", "+821012345678", "+82 (0)10-1234-5678", "+82010-1234-5678", "821012345678", "0082 10 1234 5678"};
	static const char *const bad[] = {"", "010", "010-123-4567", "010-1234-567", "010-1234-56789", "011-1234-5678", "02-1234-5678", "+1 10-1234-5678", "+8110-1234-5678",
		"010-1234-567a", "０１０12345678", "010-1234-5678;ls", "010\n12345678", "+82", "82", "+", "0101234567800000000", "+82 82 10 1234 5678", "-", "1012345678"};
	char phone[SB_PHONE_TEXT], e164[SB_PHONE_E164];

	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		if (!sb_phone_read(good[i], phone) || strcmp(phone, "010-1234-5678") != 0) {
			fprintf(stderr, "%s was read as \"%s\"\n", good[i], phone);
			check_failures++;
		}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (sb_phone_read(bad[i], phone) || *phone) {
			fprintf(stderr, "%s was taken for %s\n", bad[i], phone);
			check_failures++;
		}
	CHECK(!sb_phone_read(NULL, phone));
	CHECK(sb_phone_same("+82 10-1234-5678", "01012345678") && !sb_phone_same("01012345679", "01012345678") && !sb_phone_same("x", "x") && !sb_phone_same(NULL, NULL));
	CHECK(sb_phone_read("01012345678", phone));
	sb_phone_e164(phone, e164);
	CHECK(strcmp(e164, "+821012345678") == 0);
	sb_phone_mask("+821012345678", phone);
	CHECK(strcmp(phone, "010-1234-****") == 0);
	sb_phone_mask("12", phone);
	CHECK(!*phone);
}

static void carriers_are_found_and_unique(void)
{
	size_t count = 0;

	for (const struct sb_carrier *c = sb_carriers; c->code; c++, count++) {
		CHECK(sb_carrier_find(c->code) == c);
		CHECK(sb_carrier_find(c->network) && strcmp(sb_carrier_find(c->network)->network, c->network) == 0);
	}
	CHECK_EQ(count, 6);
	CHECK(!sb_carrier_find("skt") && !sb_carrier_find("") && !sb_carrier_find(NULL));
}

static void a_wrong_carrier_is_named_as_such(void)
{
	static const struct {
		struct sb_line entered, known;
		const char *error, *field, *rule; /* error NULL: good */
	} rows[] = {
		{{"010-1234-5678", "SKT", "홍시험"}, {"01012345678", "SKT", "홍 시험"}, NULL, "", ""},
		{{"010-1234-5678", "SKT", "홍시험"}, {NULL, NULL, NULL}, NULL, "", ""},
		{{NULL, NULL, NULL}, {"01012345678", "SKT", "홍시험"}, NULL, "", ""},
		/* The same name in another spelling of Unicode. */
		{{"010-1234-5678", "SKT", "\u1112\u1169\u11bc\u1109\u1175\u1112\u1165\u11b7"}, {"01012345678", "SKT", "홍시험"}, NULL, "", ""},
		{{"010-1234-5678", "KT", "홍시험"}, {"01012345678", "SKT", "홍시험"}, "carrier_mismatch", "carrier", ""},
		{{"010-1234-5678", "SKT", "홍시험"}, {"01012345678", "SKT_MVNO", "홍시험"}, "carrier_mismatch", "carrier", "mvno"},
		{{"010-1234-5678", "LGU_MVNO", "홍시험"}, {"01012345678", "LGU", "홍시험"}, "carrier_mismatch", "carrier", "mvno"},
		{{"010-1234-5678", "LGU_MVNO", "홍시험"}, {"01012345678", "KT_MVNO", "홍시험"}, "carrier_mismatch", "carrier", ""},
		{{"010-1234-5678", "SKT", "다른이"}, {"01012345678", "KT", "홍시험"}, "not_owner", "phone", ""},
		{{"010-1234-5679", "SKT", "홍시험"}, {"01012345678", "SKT", "홍시험"}, "mismatch", "phone", ""},
		{{"010-1234-5678", "LG", "홍시험"}, {"01012345678", "LGU", "홍시험"}, "bad_carrier", "carrier", ""},
		{{"012-1234-5678", "LGU", "홍시험"}, {NULL, NULL, NULL}, "bad_phone", "phone", ""},
		{{"010-1234-5678", "LGU", "\xff"}, {"01012345678", "LGU", "\xff"}, "not_owner", "phone", ""},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		f = (struct sb_failure){0};
		CHECK_EQ(sb_line_check(&rows[i].entered, &rows[i].known, &f), rows[i].error ? SB_EXIT_DATA : SB_EXIT_OK);
		if (rows[i].error && (strcmp(f.error, rows[i].error) != 0 || strcmp(f.field, rows[i].field) != 0 || strcmp(f.rule, rows[i].rule) != 0)) {
			fprintf(stderr, "row %zu: %s %s %s\n", i, f.error, f.field, f.rule);
			check_failures++;
		}
	}
}

static void claims_are_compared_as_people_write_them(void)
{
	const struct sb_person entered = {"홍 시험", "19900101", "010-1234-5678", NULL};
	static const struct {
		const char *name, *birth_date, *phone, *field, *rule;
	} rows[] = {
		{"홍시험", "1990-01-01", "+82 10-1234-5678", NULL, ""},
		{"홍시험 ", "19900101", "01012345678", NULL, ""},
		{"\u1112\u1169\u11bc시험", "1990-01-01", "+821012345678", NULL, ""},
		{"홍시함", "1990-01-01", "01012345678", "name", ""},
		{"", "1990-01-01", "01012345678", "name", ""},
		{NULL, "1990-01-01", "01012345678", "name", "absent"},
		{"홍시험", "1990-01-02", "01012345678", "birth_date", ""},
		{"홍시험", "900101", "01012345678", "birth_date", ""},
		{"홍시험", "1990", "01012345678", "birth_date", ""},
		{"홍시험", "0000-01-01", "01012345678", "birth_date", ""},
		{"홍시험", "1990/01/01", "01012345678", "birth_date", ""},
		{"홍시험", "199001011", "01012345678", "birth_date", ""},
		{"홍시험", "1990-01-0a", "01012345678", "birth_date", ""},
		{"홍시험", NULL, "01012345678", "birth_date", "absent"},
		{"홍시험", "1990-01-01", "01012345679", "phone", ""},
		{"홍시험", "1990-01-01", "+1 01012345678", "phone", ""},
		{"홍시험", "1990-01-01", NULL, "phone", "absent"},
		{"다른이", NULL, NULL, "name", ""},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sb_claims claims = {.name = (char *)rows[i].name, .birth_date = (char *)rows[i].birth_date, .phone = (char *)rows[i].phone};

		f = (struct sb_failure){0};
		CHECK_EQ(sb_claims_check(&entered, &claims, &f), rows[i].field ? SB_EXIT_DATA : SB_EXIT_OK);
		if (rows[i].field && (strcmp(f.error, "mismatch") != 0 || strcmp(f.field, rows[i].field) != 0 || strcmp(f.rule, rows[i].rule) != 0)) {
			fprintf(stderr, "row %zu: %s %s %s\n", i, f.error, f.field, f.rule);
			check_failures++;
		}
		CHECK(!strstr(f.message, "1234") && !strstr(f.message, "1990") && !strstr(f.message, "홍"));
	}
}

static void nothing_is_no_name(void)
{
	const struct sb_person entered = {" ", "19900101", "010-1234-5678", NULL};
	const struct sb_claims claims = {.name = (char *)"", .birth_date = (char *)"19900101", .phone = (char *)"010-1234-5678"};

	CHECK_EQ(sb_claims_check(&entered, &claims, &f), SB_EXIT_DATA);
	CHECK(strcmp(f.field, "name") == 0);
}

static void hints_name_whom_to_ask(void)
{
	const struct sb_person person = {"홍\"시험", "19900101", "010-1234-5678", "KT_MVNO"};
	static const struct {
		const char *format, *want; /* want NULL: no good format */
		bool carrier;
	} rows[] = {
		{"json", "{\"name\":\"홍\\\"시험\",\"birthdate\":\"1990-01-01\",\"phone_number\":\"+821012345678\"}", false},
		{"json", "{\"name\":\"홍\\\"시험\",\"birthdate\":\"1990-01-01\",\"phone_number\":\"+821012345678\",\"carrier\":\"KT_MVNO\"}", true},
		{"{phone}", "01012345678", false},
		{"{name}|{birth_digits}|{phone_e164}", "홍\"시험|19900101|+821012345678", false},
		{"tel:{phone_e164};{birth_date};{carrier}", "tel:+821012345678;1990-01-01;KT_MVNO", false},
		{"phone", NULL, false},
		{"{rrn}", NULL, false},
		{"{phone}{", NULL, false},
		{"{name", NULL, false},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sb_bytes out = {0};

		CHECK(sb_hint_is_good(rows[i].format) == (rows[i].want != NULL));
		if (rows[i].want) {
			CHECK_EQ(sb_hint_make(rows[i].format, &person, rows[i].carrier, &out), SB_OK);
			CHECK(sb_slice_equal(sb_bytes_slice(&out), sb_slice(rows[i].want, strlen(rows[i].want))));
		}
		sb_bytes_free(&out);
	}
}

/* --- files --- */

static char root[] = "/tmp/sinbun-identity.XXXXXX", path[256];

static void put(const char *name, const char *text)
{
	snprintf(path, sizeof path, "%s/%s", root, name);
	REQUIRE(sb_file_write(path, text, strlen(text), 0600) == SB_OK);
}

#define LABELS "label.ko = 시험\nlabel.en = test\n"
#define START LABELS "kind = ciba\nissuer = https://id.example\nclient-id = c\n"
#define SECRET "client-auth = client_secret_post\nclient-secret-file = secret\n"

static void provider_files_are_read_whole(void)
{
	struct sb_provider *p = NULL;
	char want[256];

	put("providers.d/pass.conf", "# a comment\n\n" LABELS "kind = pass\r\nissuer = http://localhost:8080/op\nclient-id=c\nclient-auth = private_key_jwt\n"
				     "client-key = pkcs11:token=issuer%20token;object=op%3bkey;type=private\nclient-key-id = k1\nscope = openid ci\nhint = {phone}\n"
				     "acr-values = a b\nca-file = /ca.pem\nclaim-name = n\nclaim-birth-date = b\nclaim-phone = p\nexpiry = 60\ntimeout = 5");
	REQUIRE(sb_provider_load(root, "pass", &p, &f) == SB_EXIT_OK);
	CHECK(strcmp(p->id, "pass") == 0 && p->kind == SB_PROVIDER_PASS && strcmp(p->issuer, "http://localhost:8080/op") == 0 && p->client_auth == SB_PRIVATE_KEY_JWT);
	CHECK(strcmp(p->key_label, "op;key") == 0 && strcmp(p->key_token, "issuer token") == 0 && strcmp(p->key_id, "k1") == 0 && !p->secret_file);
	CHECK(strcmp(p->scope, "openid ci") == 0 && strcmp(p->hint, "{phone}") == 0 && strcmp(p->acr_values, "a b") == 0 && strcmp(p->ca_file, "/ca.pem") == 0);
	CHECK(strcmp(p->claim_name, "n") == 0 && strcmp(p->claim_birth_date, "b") == 0 && strcmp(p->claim_phone, "p") == 0 && p->expiry == 60 && p->timeout == 5);
	sb_provider_free(&p);
	CHECK(!p);
	put("providers.d/plain.conf", START SECRET);
	REQUIRE(sb_provider_load(root, "plain", &p, &f) == SB_EXIT_OK);
	snprintf(want, sizeof want, "%s/providers.d/secret", root);
	CHECK(strcmp(p->secret_file, want) == 0 && strcmp(p->scope, "openid profile phone") == 0 && strcmp(p->hint, "json") == 0 && p->expiry == 180 && p->timeout == 10);
	CHECK(strcmp(p->claim_birth_date, "birthdate") == 0 && !p->ca_file && !p->acr_values);
	sb_provider_free(&p);
}

static void bad_provider_files_name_line_and_key(void)
{
	static const struct {
		const char *text, *field;
		unsigned line; /* 0: the file as a whole */
	} rows[] = {
		{"", "label.ko", 0}, {"label.ko", "label.ko", 1}, {START SECRET "colour = blue\n", "colour", 8}, {START "client-id = d\n" SECRET, "client-id", 6},
		{LABELS "kind = saml\n", "kind", 3}, {LABELS "kind = \n", "kind", 3}, {LABELS "kind = ciba\nissuer = ldap://x\n", "issuer", 4},
		{LABELS "kind = ciba\nissuer = http://id.example\nclient-id = c\n" SECRET, "issuer", 0},
		{LABELS "kind = ciba\nissuer = https://id.example?x\nclient-id = c\n" SECRET, "issuer", 0},
		{LABELS "kind = ciba\nissuer = https://\nclient-id = c\n" SECRET, "issuer", 0}, {LABELS "kind = ciba\nclient-id = c\n" SECRET, "issuer", 0},
		{START, "client-auth", 0}, {START "client-auth = client_secret_jwt\n", "client-auth", 6}, {START "client-auth = client_secret_basic\n", "client-secret-file", 0},
		{START "client-auth = private_key_jwt\n", "client-key", 0}, {START "client-auth = private_key_jwt\nclient-key = key\n", "client-key", 7},
		{START "client-auth = private_key_jwt\nclient-key = pkcs11:token=a\n", "client-key", 0},
		{START "client-auth = private_key_jwt\nclient-key = pkcs11:object=a;object=b\n", "client-key", 0},
		{START "client-auth = private_key_jwt\nclient-key = pkcs11:object=%\n", "client-key", 0},
		{START "client-auth = private_key_jwt\nclient-key = pkcs11:object=a%00b\n", "client-key", 0},
		{START "client-auth = private_key_jwt\nclient-key = pkcs11:object=a?pin-value=1\n", "client-key", 0}, {START SECRET "scope = profile\n", "scope", 8},
		{START SECRET "scope = openidx\n", "scope", 0}, {START SECRET "hint = {rrn}\n", "hint", 0}, {START SECRET "expiry = 29\n", "expiry", 8},
		{START SECRET "expiry = 901\n", "expiry", 8}, {START SECRET "timeout = 1x\n", "timeout", 8}, {START SECRET "timeout = 0\n", "timeout", 8},
		{START SECRET "acr-values = a\033[31m\n", "acr-values", 8}, {START SECRET "\xff = 1\n", "", 8},
	};
	struct sb_provider *p = NULL;
	char line[32];

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		put("providers.d/bad.conf", rows[i].text);
		f = (struct sb_failure){0};
		CHECK_EQ(sb_provider_load(root, "bad", &p, &f), SB_EXIT_CONFIG);
		CHECK(!p);
		snprintf(line, sizeof line, "line %u:", rows[i].line);
		if (strcmp(f.error, "bad_provider") != 0 || strcmp(f.field, rows[i].field) != 0 || !strstr(f.message, "bad.conf") ||
			(rows[i].line && !strstr(f.message, line))) {
			fprintf(stderr, "row %zu: %s %s: %s\n", i, f.error, f.field, f.message);
			check_failures++;
		}
	}
	unlink(path);
}

static void providers_are_listed_and_found_by_name(void)
{
	static const char *const bad[] = {"", "none", "../plain", "plain.conf", "PLAIN", "a/b", "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz", "\033[31m"};
	struct sb_provider *p = NULL;
	struct sb_provider_id *ids;
	size_t count;

	put("providers.d/.hidden.conf", START SECRET);
	put("providers.d/readme", "");
	REQUIRE(sb_provider_list(root, &ids, &count, &f) == SB_EXIT_OK && count == 2);
	CHECK(strcmp(ids[0].text, "pass") == 0 && strcmp(ids[1].text, "plain") == 0);
	free(ids);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		CHECK_EQ(sb_provider_load(root, bad[i], &p, &f), SB_EXIT_CONFIG);
		CHECK(strcmp(f.error, "no_provider") == 0 && strstr(f.message, "pass, plain") && !strchr(f.message, '\033'));
	}
	CHECK_EQ(sb_provider_list("/nowhere", &ids, &count, &f), SB_EXIT_OK);
	CHECK(count == 0 && !ids);
	CHECK_EQ(sb_provider_load("/nowhere", "plain", &p, &f), SB_EXIT_CONFIG);
	CHECK(strcmp(f.error, "no_provider") == 0 && strstr(f.message, "sinbun-providers(5)"));
}

static void gateway_files_name_what_is_wrong(void)
{
	static const struct {
		const char *text, *error, *field;
	} rows[] = {
		{"url = https://sms.example/\nusername = u\npassword-file = secret\n", "bad_sms_gateway", "from"},
		{"url = http://sms.example/\nusername = u\npassword-file = secret\nfrom = 1\n", "bad_sms_gateway", "url"},
		{"url = https://sms.example/ x\nusername = u\npassword-file = secret\nfrom = 1\n", "bad_sms_gateway", "url"},
		{"url = https://sms.example/\nusername = u\npassword = secret\nfrom = 1\n", "bad_sms_gateway", "password"},
		{"url = https://sms.example/\nusername = u\npassword-file = empty\nfrom = 1\n", "bad_sms_gateway", NULL},
		{"url = https://sms.example/\nusername = u\npassword-file = lines\nfrom = 1\n", "bad_sms_gateway", NULL},
		{"url = https://sms.example/\nusername = u\npassword-file = none\nfrom = 1\n", "bad_sms_gateway", NULL},
		{"url = https://sms.example/\nusername = u\npassword-file = secret\nfrom = 1\n", NULL, NULL},
	};
	struct sb_sms *sms = NULL;

	put("secret", "s\n");
	put("empty", "\n");
	put("lines", "a\nb\n");
	CHECK_EQ(sb_sms_open(root, &sms, &f), SB_EXIT_CONFIG);
	CHECK(strcmp(f.error, "no_sms_gateway") == 0);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		put("sms.conf", rows[i].text);
		f = (struct sb_failure){0};
		CHECK_EQ(sb_sms_open(root, &sms, &f), rows[i].error ? SB_EXIT_CONFIG : SB_EXIT_OK);
		CHECK(!rows[i].error || (strcmp(f.error, rows[i].error) == 0 && (!rows[i].field || strcmp(f.field, rows[i].field) == 0)));
	}
	sb_sms_close(&sms);
}

/* They leave out what a contract says, and nothing else. */
static void samples_lack_what_the_contract_says(void)
{
	static const struct {
		const char *id, *label_en;
		int kind;
	} rows[] = {{"naver", "Naver", SB_PROVIDER_CIBA}, {"kakao", "Kakao", SB_PROVIDER_CIBA}, {"toss", "Toss", SB_PROVIDER_CIBA}, {"payco", "Payco", SB_PROVIDER_CIBA},
		{"samsungpass", "Samsung Pass", SB_PROVIDER_CIBA}, {"pass", "PASS", SB_PROVIDER_PASS}};
	const char *source = getenv("SINBUN_SRCDIR");
	struct sb_provider *p = NULL;
	struct sb_sms *sms = NULL;
	char name[300];

	REQUIRE(source);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sb_bytes text = {0};

		snprintf(name, sizeof name, "%s/conf/providers.d/%s.conf", source, rows[i].id);
		REQUIRE(sb_file_read(name, 10000, &text) == SB_OK && sb_bytes_terminate(&text) == SB_OK);
		snprintf(name, sizeof name, "providers.d/%s.conf", rows[i].id);
		put(name, (const char *)text.data);
		CHECK_EQ(sb_provider_load(root, rows[i].id, &p, &f), SB_EXIT_CONFIG);
		CHECK(strcmp(f.field, "issuer") == 0);
		REQUIRE(sb_bytes_append_text(&text, "issuer = https://id.example\nclient-id = c\n") == SB_OK && sb_bytes_terminate(&text) == SB_OK);
		put(name, (const char *)text.data);
		REQUIRE(sb_provider_load(root, rows[i].id, &p, &f) == SB_EXIT_OK);
		CHECK(p->kind == rows[i].kind && strcmp(p->label_en, rows[i].label_en) == 0);
		sb_provider_free(&p);
		sb_bytes_free(&text);
	}
	snprintf(name, sizeof name, "cp %s/conf/sms.conf %s", source, root);
	REQUIRE(system(name) == 0);
	put("sms.password", "x");
	CHECK_EQ(sb_sms_open(root, &sms, &f), SB_EXIT_OK);
	sb_sms_close(&sms);
}

static void addresses_are_https_or_here(void)
{
	static const struct {
		const char *url;
		bool plain, good;
	} rows[] = {
		{"https://id.example", false, true}, {"https://", false, false}, {"http://127.0.0.1/x", true, true}, {"http://127.0.0.1:8080", true, true},
		{"http://localhost:1/", true, true}, {"http://[::1]:1/", true, true}, {"http://127.0.0.1/x", false, false}, {"http://id.example", true, false},
		{"http://127.0.0.1@id.example/", true, false}, {"http://127.0.0.1:80@id.example/", true, false}, {"http://127.0.0.1.id.example/", true, false},
		{"http://localhost.id.example/", true, false}, {"http://127.0.0.1\\@id.example/", true, false}, {"http://127.0.0.1:1:2/", true, false},
		{"http://127.0.0.2/", true, false}, {"HTTP://127.0.0.1/", true, false}, {"ftp://127.0.0.1/", true, false}, {"file:///etc/passwd", true, false},
		{"https://id.example/\r\nX: y", true, false}, {"https://id.example/ x", true, false}, {"", true, false},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (sb_http_allowed(rows[i].url, rows[i].plain) != rows[i].good) {
			fprintf(stderr, "%s: not %d\n", rows[i].url, rows[i].good);
			check_failures++;
		}
}

int main(void)
{
	REQUIRE(setenv("LC_ALL", "C.UTF-8", 1) == 0 && mkdtemp(root));
	snprintf(path, sizeof path, "%s/providers.d", root);
	REQUIRE(mkdir(path, 0700) == 0);
	phones_are_read_however_they_are_written();
	carriers_are_found_and_unique();
	a_wrong_carrier_is_named_as_such();
	claims_are_compared_as_people_write_them();
	nothing_is_no_name();
	hints_name_whom_to_ask();
	provider_files_are_read_whole();
	bad_provider_files_name_line_and_key();
	providers_are_listed_and_found_by_name();
	gateway_files_name_what_is_wrong();
	samples_lack_what_the_contract_says();
	addresses_are_https_or_here();
	snprintf(path, sizeof path, "rm -rf %s", root);
	REQUIRE(system(path) == 0);
	return check_result();
}
