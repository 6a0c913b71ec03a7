/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <string.h>
#include <time.h>

#include "base/codec.h"
#include "base/error.h"
#include "base/file.h"
#include "common/documents.h"
#include "common/fields.h"
#include "common/i18n.h"
#include "crypto/certificate.h"
#include "crypto/digest.h"
#include "crypto/pkey.h"
#include "formats/jws.h"
#include "formats/x509.h"
#include "verify/answer.h"
#include "verify/reason.h"
#include "verify/receipt.h"
#include "verify/verify.h"

/* `receipt`: reads one back. Three questions: is it whole, whose key signed it, and is that key one that the reader trusts? */

enum { RECEIPT_MAX = 256 * 1024, PEM_MAX = 65536, POINT = 65, NAME = 256 };

struct reading {
	struct sb_program *p;
	struct sb_bytes text;
	struct sb_jws jws;
	struct sb_bytes chain[4];
	size_t chain_len;
	struct sb_certificate *certificate; /* NULL: the receipt carries its bare key */
	uint8_t point[POINT];
	char signer[NAME]; /* of the certificate */
	bool trusted;
};

static int read_file(const char *path, const char *field, size_t max, struct sb_bytes *out, struct sb_failure *f)
{
	int rc = sb_file_read(path, max, out);

	return rc == SB_OK ? SB_EXIT_OK : sb_fail(f, SB_EXIT_DATA, "cannot_read", field, _("%s cannot be read: %s."), sb_clean(path), _(sb_error_text(rc)));
}

static int read_pem(const char *option, const char *path, const char *what, struct sb_bytes *der, struct sb_failure *f)
{
	struct sb_bytes pem = {0};
	int rc = read_file(path, option, PEM_MAX, &pem, f);

	if (rc == SB_EXIT_OK && sb_pem_decode(what, sb_bytes_slice(&pem), der) != SB_OK)
		rc = sb_fail(f, SB_EXIT_DATA, "bad_key", option, _("%s is no PEM file of this kind: %s"), sb_clean(path), what);
	sb_bytes_free(&pem);
	return rc;
}

/* The key that the receipt itself names. */
static int own_key(struct reading *r)
{
	const json_t *jwk = json_object_get(r->jws.header, "jwk");
	int rc;

	if (jwk)
		return json_object_get(r->jws.header, "x5c") ? SB_E_FORMAT : sb_jwk_to_point(jwk, r->point);
	rc = sb_jws_x5c(&r->jws, r->chain, &r->chain_len);
	if (rc == SB_OK)
		rc = sb_certificate_parse(sb_bytes_slice(&r->chain[0]), &r->certificate);
	if (rc == SB_OK)
		rc = sb_certificate_point(r->certificate, r->point);
	if (rc == SB_OK && sb_certificate_common_name(r->certificate, r->signer, sizeof r->signer) != SB_OK)
		r->signer[0] = 0;
	return rc;
}

static int check_signature(struct reading *r, struct sb_failure *f)
{
	const char *path = sb_program_operand(r->p, 0);
	int rc;

	/* Mail and editors end a file with a new line. */
	while (r->text.len && memchr(" \t\r\n", r->text.data[r->text.len - 1], 4))
		r->text.len--;
	rc = sb_jws_parse(sb_bytes_slice(&r->text), RECEIPT_TYP, &r->jws);

	if (rc == SB_OK)
		rc = own_key(r);
	if (rc != SB_OK)
		return sb_fail(f, SB_EXIT_REFUSED, "malformed", path, _("This is no receipt, or it was altered: it cannot be read as one."));
	if (sb_jws_verify(&r->jws, sb_slice(r->point, POINT)) != SB_OK)
		return sb_fail(f, SB_EXIT_REFUSED, "altered", path, _("The signature of this receipt does not hold: it was altered. Do not rely on it."));
	if (!json_is_integer(json_object_get(r->jws.payload, "iat")) || !sb_json_text(r->jws.payload, "kind"))
		return sb_fail(f, SB_EXIT_REFUSED, "malformed", path, _("This is no receipt, or it was altered: it cannot be read as one."));
	return SB_EXIT_OK;
}

static int trust_key(struct reading *r, const char *path, struct sb_failure *f)
{
	struct sb_bytes der = {0}, point = {0};
	struct sb_pkey *key = NULL;
	int rc = read_pem("--key", path, "PUBLIC KEY", &der, f), got;

	if (rc == SB_EXIT_OK) {
		got = sb_pkey_from_spki(sb_bytes_slice(&der), &key);
		if (got == SB_OK)
			got = sb_pkey_point(key, &point);
		r->trusted = got == SB_OK && sb_slice_equal(sb_bytes_slice(&point), sb_slice(r->point, POINT));
		if (!r->trusted)
			rc = sb_fail(f, SB_EXIT_REFUSED, "wrong_signer", "--key", _("Another key than the one in %s signed this receipt."), path);
	}
	sb_pkey_free(&key);
	sb_bytes_free(&der);
	sb_bytes_free(&point);
	return rc;
}

/* RFC 9336: a certificate for signing documents. Without it any certificate of that authority would do: a card's own, for one, with which its holder
 * could write receipts. */
#define EKU_DOCUMENT_SIGNING "1.3.6.1.5.5.7.3.36"

/* The certificate must have been in force when the receipt was made, by the receipt's own word. */
static int trust_root(struct reading *r, const char *path, struct sb_failure *f)
{
	struct sb_bytes der = {0};
	struct sb_certificate *root = NULL;
	int64_t made = json_integer_value(json_object_get(r->jws.payload, "iat"));
	int rc = read_pem("--root", path, "CERTIFICATE", &der, f);

	if (rc == SB_EXIT_OK && sb_certificate_parse(sb_bytes_slice(&der), &root) != SB_OK)
		rc = sb_fail(f, SB_EXIT_DATA, "bad_key", "--root", _("%s is no PEM file of this kind: %s"), path, "CERTIFICATE");
	r->trusted = rc == SB_EXIT_OK && r->certificate && sb_certificate_check(r->certificate, root, made, EKU_DOCUMENT_SIGNING) == SB_OK;
	if (rc == SB_EXIT_OK && !r->trusted)
		rc = sb_fail(f, SB_EXIT_REFUSED, "wrong_signer", "--root", _("The signer of this receipt has no certificate from %s that is for signing documents and was in force then."), sb_clean(path));
	sb_certificate_free(&root);
	sb_bytes_free(&der);
	return rc;
}

static int check_trust(struct reading *r, struct sb_failure *f)
{
	const char *key = sb_program_text(r->p, "--key"), *root = sb_program_text(r->p, "--root");

	if (key && root)
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--key", _("Give --key or --root, not both."));
	if (key)
		return trust_key(r, key, f);
	return root ? trust_root(r, root, f) : SB_EXIT_OK;
}

/* --- telling --- */

/* RFC 7638: by which the owner of a key can be asked about it. */
static void add_thumbprint(const struct reading *r, json_t *result)
{
	json_t *jwk = sb_jwk_from_point(r->point);
	char *text = json_dumps(jwk, JSON_COMPACT | JSON_SORT_KEYS);
	uint8_t digest[SB_SHA256_SIZE];
	struct sb_bytes out = {0};

	if (text && sb_sha256(text, strlen(text), digest) == SB_OK && sb_base64url_encode(digest, sizeof digest, &out) == SB_OK)
		json_object_set_new(result, "key", json_stringn((const char *)out.data, out.len));
	sb_bytes_free(&out);
	sb_text_free(&text);
	json_decref(jwk);
}

static void fill(const struct reading *r, json_t *result)
{
	json_object_set_new(result, "signature", json_string("valid"));
	json_object_set_new(result, "signer", json_string(r->trusted ? "trusted" : "unverified"));
	if (*r->signer)
		json_object_set_new(result, "certificate", json_string(r->signer));
	add_thumbprint(r, result);
	json_object_set(result, "receipt", r->jws.payload);
}

/* What members say in one word, in the user's language. */
static const struct {
	const char *value, *words;
} words[] = {
	{"valid", N_("in force")},
	{"revoked", N_("revoked")},
	{"suspended", N_("suspended")},
	{"unknown", N_("not known")},
	{"checked", N_("checked")},
	{"not_checked", N_("not checked")},
};

static const char *word(const char *value)
{
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(words[i].value, value) == 0)
			return _(words[i].words);
	return sb_clean(value);
}

/* The sentence of a refusal or an exemption; of one that this version does not know, its name. */
static const char *reason(const char *value)
{
	const char *exempt = verify_exempt_sentence(value);
	enum verify_reason known;

	if (exempt)
		return exempt;
	return verify_reason_parse(value, &known) ? verify_reason_sentence(known) : sb_clean(value);
}

static const char *as_it_is(const char *value)
{
	return sb_clean(value);
}

static void say_member(const struct reading *r, const char *label, const char *member, const char *(*in_words)(const char *value))
{
	const char *text = sb_json_text(r->jws.payload, member);

	if (text)
		sb_say(r->p, "%s: %s\n", label, in_words(text));
}

/* The document type that the receipt names, where it is known here. */
static const struct sb_document *document_of(const struct reading *r, struct sb_document *const *documents)
{
	const char *id = sb_json_text(r->jws.payload, "document");

	while (id && documents && *documents && strcmp((*documents)->id, id) != 0)
		documents++;
	return id && documents ? *documents : NULL;
}

static void say_document(const struct reading *r, const struct sb_document *d)
{
	if (d)
		sb_say(r->p, "%s: %s\n", _("Document"), strcmp(sb_program_lang(r->p), "ko") == 0 ? d->label_ko : d->label_en);
	else
		say_member(r, _("Document"), "document", as_it_is);
}

static void say_fields(const struct reading *r, const struct sb_document *d)
{
	const json_t *fields = json_object_get(r->jws.payload, "fields"), *name;
	size_t i;

	json_array_foreach (fields, i, name) {
		const char *text = json_is_string(name) ? json_string_value(name) : "?";
		const struct sb_element *e = d ? sb_document_element(d, text) : NULL;

		sb_say(r->p, "%s%s", i ? ", " : _("Fields shown: "), e ? sb_fields_label(e) : sb_clean(text));
	}
	if (json_array_size(fields))
		sb_say(r->p, "\n");
}

static void say_time(const struct reading *r)
{
	char text[TELL_TIME];
	const char *made = tell_time(json_integer_value(json_object_get(r->jws.payload, "iat")), text);

	sb_say(r->p, _("Made: %s\n"), made ? made : "?");
}

static void say(const struct reading *r, const json_t *result)
{
	const json_t *age = json_object_get(r->jws.payload, "status_age_s");
	const char *kind = sb_json_text(r->jws.payload, "kind"), *said = sb_json_text(r->jws.payload, "result");
	struct sb_document **documents = NULL;
	struct sb_failure none;
	const struct sb_document *d = sb_documents_load_all(&documents, &none) == SB_EXIT_OK ? document_of(r, documents) : NULL;

	if (r->trusted)
		sb_say(r->p, "%s\n", _("=== SIGNATURE VALID, SIGNER TRUSTED ==="));
	else
		sb_say(r->p, "%s\n%s\n", _("=== SIGNATURE VALID, SIGNER UNVERIFIED ==="),
			_("Anyone can sign a receipt with a key of his own. Give the desk's key (--key) or its authority (--root) to know whose this is."));
	if (*r->signer)
		sb_say(r->p, _("Certificate: %s\n"), sb_clean(r->signer));
	sb_say(r->p, _("Key: %s\n"), sb_json_text(result, "key"));
	sb_say(r->p, "\n");
	if (strcmp(kind, "exempt") == 0)
		sb_say(r->p, "%s\n", _("It says: no check of identity was needed."));
	else
		sb_say(r->p, "%s\n", said && strcmp(said, "valid") == 0 ? _("It says: the card was VALID.") : _("It says: the card was NOT VALID."));
	say_time(r);
	say_member(r, _("Desk, by its own account"), "desk", as_it_is);
	say_member(r, _("Reason"), "reason", reason);
	say_member(r, _("Judged as of"), "at", as_it_is);
	say_member(r, _("Checked last"), "checked_on", sb_fields_date);
	say_document(r, d);
	say_fields(r, d);
	say_member(r, _("Photo"), "portrait", word);
	say_member(r, _("Status"), "status", word);
	if (json_is_integer(age))
		sb_say(r->p, _("Age of the list of revoked cards, in seconds: %lld\n"), (long long)json_integer_value(age));
	say_member(r, _("SHA-256 of the code"), "token_sha256", as_it_is);
	say_member(r, _("Patient (keyed hash)"), "patient", as_it_is);
	sb_documents_free_all(&documents);
}

static void reading_free(struct reading *r)
{
	sb_jws_free(&r->jws);
	for (size_t i = 0; i < sizeof r->chain / sizeof *r->chain; i++)
		sb_bytes_free(&r->chain[i]);
	sb_certificate_free(&r->certificate);
	sb_bytes_free(&r->text);
}

static int receipt(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	struct reading r = {.p = p};
	int rc = read_file(sb_program_operand(p, 0), sb_program_operand(p, 0), RECEIPT_MAX, &r.text, f);

	if (rc == SB_EXIT_OK)
		rc = check_signature(&r, f);
	if (rc == SB_EXIT_OK)
		rc = check_trust(&r, f);
	if (rc == SB_EXIT_OK) {
		fill(&r, result);
		say(&r, result);
		/* Only who gave a key to trust is told "yes". */
		rc = r.trusted ? SB_EXIT_OK : SB_EXIT_REFUSED;
	}
	reading_free(&r);
	return rc;
}

static const struct sb_option options[] = {
	{"--key", SB_OPTION_FILE, "FILE.pem", N_("the desk's public key, that you have from the desk"), false},
	{"--root", SB_OPTION_FILE, "FILE.pem", N_("the certificate of the authority that certified the desk's key"), false},
	{0},
};

const struct sb_verb verify_receipt = {"receipt", "FILE", 1, 1, N_("read a desk's receipt: is it whole, who signed it, what it says"), options, receipt};
