/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors
 *
 * private_key_jwt with a key in the issuer's token, reached as the registrar's program reaches it (--registry, --pin-fd).
 *   token-client key LABEL                 makes a key there; its public half is the member jwk
 *   token-client forget LABEL              a data object there goes, as if its token were from before there was one
 *   token-client ask ID PERSON REQUEST     begins a request, or asks for the answer where the file REQUEST is there already */
#include <time.h>

#include "base/error.h"
#include "common/p11.h"
#include "common/secret_input.h"
#include "formats/jws.h"
#include "identity/ciba.h"

static int open_token(struct sb_program *p, struct sb_p11 **p11, struct sb_secret *pin, struct sb_failure *f)
{
	int rc = sb_p11_open(p, SB_PROFILE_GENERAL, p11, f);

	if (rc == SB_EXIT_OK)
		rc = sb_p11_select(*p11, "issuer", f);
	if (rc == SB_EXIT_OK)
		rc = sb_secret_ask(p, SB_SECRET_PASSPHRASE, "--pin-fd", pin, f);
	return rc == SB_EXIT_OK ? sb_p11_login(*p11, sb_slice(pin->text, pin->len), f) : rc;
}

static int make_key(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	const struct sb_p11_key_spec spec = {.label = sb_program_operand(p, 0), .id = 0x70};
	struct sb_p11 *p11 = NULL;
	struct sb_secret pin = {0};
	uint8_t point[65];
	int rc = open_token(p, &p11, &pin, f);

	if (rc == SB_EXIT_OK)
		rc = sb_p11_generate_key(p11, &spec, point, f);
	if (rc == SB_EXIT_OK)
		json_object_set_new(result, "jwk", sb_jwk_from_point(point));
	sb_p11_close(&p11);
	sb_secret_clear(&pin);
	return rc;
}

static int forget(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	struct sb_p11 *p11 = NULL;
	struct sb_secret pin = {0};
	int rc = open_token(p, &p11, &pin, f);

	(void)result;
	if (rc == SB_EXIT_OK)
		rc = sb_p11_delete_data(p11, "sinbun", sb_program_operand(p, 0), f);
	sb_p11_close(&p11);
	sb_secret_clear(&pin);
	return rc;
}

static int begin_or_poll(struct sb_oidc *oidc, const struct sb_person *person, const char *file, json_t *result, struct sb_failure *f)
{
	struct sb_ciba_request request;
	struct sb_claims claims = {0};
	enum sb_ciba_state state = SB_CIBA_PENDING;
	json_t *stored = json_load_file(file, 0, NULL);
	int rc;

	if (sb_ciba_restore(stored, &request) == SB_OK)
		rc = sb_ciba_poll(oidc, &request, time(NULL), &state, &claims, f);
	else
		rc = sb_ciba_start(oidc, person, NULL, time(NULL), &request, f);
	json_decref(stored);
	stored = sb_ciba_store(&request);
	json_dump_file(stored, file, 0);
	json_decref(stored);
	if (rc == SB_EXIT_OK && state == SB_CIBA_DONE)
		rc = sb_claims_check(person, &claims, f);
	json_object_set_new(result, "state", json_string(sb_ciba_state_name(state)));
	sb_claims_free(&claims);
	return rc;
}

static int ask(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	json_t *json = json_load_file(sb_program_operand(p, 1), 0, NULL);
	const struct sb_person person = {sb_json_text(json, "name"), sb_json_text(json, "birth_date"), sb_json_text(json, "phone"), NULL};
	struct sb_provider *provider = NULL;
	struct sb_oidc *oidc = NULL;
	struct sb_p11 *p11 = NULL;
	struct sb_secret pin = {0};
	struct sb_signer signer;
	int rc = open_token(p, &p11, &pin, f);

	if (rc == SB_EXIT_OK)
		rc = sb_provider_load(sb_program_root(p), sb_program_operand(p, 0), &provider, f);
	if (rc == SB_EXIT_OK)
		rc = sb_p11_signer(p11, provider->key_label, &signer, f);
	if (rc == SB_EXIT_OK)
		rc = sb_oidc_open(provider, &signer, &oidc, f);
	if (rc == SB_EXIT_OK)
		rc = begin_or_poll(oidc, &person, sb_program_operand(p, 2), result, f);
	sb_oidc_close(&oidc);
	sb_provider_free(&provider);
	sb_p11_close(&p11);
	sb_secret_clear(&pin);
	json_decref(json);
	return rc;
}

int main(int argc, char **argv)
{
	static const struct sb_option none[] = {{0}};
	static const struct sb_verb verbs[] = {{"key", "LABEL", 1, 1, "make a key", none, make_key}, {"forget", "LABEL", 1, 1, "remove a data object", none, forget},
		{"ask", "ID PERSON REQUEST", 3, 3, "ask a provider", none, ask}, {0}};
	static const struct sb_program_table table = {"token-client", "a test", "--registry", verbs, true};

	return sb_program_run(&table, argc, argv);
}
