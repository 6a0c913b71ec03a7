/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "holder/enrol.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"
#include "common/qr.h"
#include "formats/jws.h"

enum { DAY = 24 * 3600 };

void holder_object_name(char *out, size_t size, const char *kind, const char *name)
{
	snprintf(out, size, "%s:%s", kind, name);
}

/* Names the directory: a slip in --home looks the same. */
static int fail_not_enrolled(struct sb_program *p, struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_NOT_NOW, "not_enrolled", NULL,
		_("There is no mobile ID in %s yet. Get an offer from the registrar, then run: sinbun enrol --offer FILE --request FILE"),
		sb_program_root(p));
}

int holder_token_open(struct sb_program *p, struct sb_p11 **p11, struct sb_failure *f)
{
	int rc = sb_p11_open(p, SB_PROFILE_IDENTITY, p11, f);

	if (rc == SB_EXIT_OK)
		rc = sb_p11_select(*p11, HOLDER_TOKEN, f);
	if (rc == SB_EXIT_OK)
		return rc;
	sb_p11_close(p11);
	return strcmp(f->error, "no_token") == 0 ? fail_not_enrolled(p, f) : rc;
}

int holder_token_login(struct sb_program *p, struct sb_p11 **p11, struct sb_secret *pin, struct sb_failure *f)
{
	int rc = holder_token_open(p, p11, f);

	if (rc == SB_EXIT_OK)
		rc = sb_secret_ask(p, SB_SECRET_PIN, "--pin-fd", pin, f);
	return rc == SB_EXIT_OK ? sb_p11_login(*p11, sb_slice(pin->text, pin->len), f) : rc;
}

bool holder_is_type(const char *type)
{
	return type && *type && strlen(type) < HOLDER_TYPE_MAX &&
	       strspn(type, "abcdefghijklmnopqrstuvwxyz0123456789_-") == strlen(type);
}

static int read_meta(struct holder_card *card, struct sb_failure *f)
{
	struct sb_bytes text = {0};
	const char *type;
	int rc = sb_p11_get_data(card->p11, HOLDER_APPLICATION, HOLDER_META, &text, f);

	if (rc != SB_EXIT_OK) {
		sb_bytes_free(&text);
		return strcmp(f->error, "not_found") == 0
			       ? sb_fail(f, SB_EXIT_NOT_NOW, "not_enrolled", NULL,
					 _("The card has not been issued to this device yet. Take the request to the registrar, then run: sinbun enrol --response FILE"))
			       : rc;
	}
	card->meta = sb_json_parse(sb_bytes_slice(&text), NULL, NULL);
	sb_bytes_free(&text);
	type = sb_json_text(card->meta, "type");
	if (!holder_is_type(type))
		return sb_fail(f, SB_EXIT_TOKEN, "token_error", HOLDER_META, _("The card on this device is damaged. Have it issued anew."));
	return sb_documents_load(type, &card->document, f);
}

int holder_card_open(struct sb_program *p, struct holder_card *card, struct sb_failure *f)
{
	int rc;

	*card = (struct holder_card){0};
	rc = holder_token_login(p, &card->p11, &card->pin, f);
	if (rc == SB_EXIT_OK)
		rc = holder_journal_finish(p, card->p11, f);
	if (rc == SB_EXIT_OK)
		rc = read_meta(card, f);
	if (rc == SB_EXIT_OK)
		rc = sb_p11_signer(card->p11, HOLDER_PRESENTATION, &card->signer, f);
	if (rc != SB_EXIT_OK)
		holder_card_close(card);
	return rc;
}

void holder_card_close(struct holder_card *card)
{
	sb_p11_close(&card->p11);
	sb_secret_clear(&card->pin);
	sb_document_free(&card->document);
	json_decref(card->meta);
	card->meta = NULL;
}

int holder_card_field(struct holder_card *card, const char *name, struct sb_bytes *out, struct sb_failure *f)
{
	char label[96];

	holder_object_name(label, sizeof label, "field", name);
	return sb_p11_get_data(card->p11, HOLDER_APPLICATION, label, out, f);
}

int holder_card_mdoc(struct holder_card *card, const char *type, struct sb_bytes *out, struct sb_failure *f)
{
	char label[96];

	holder_object_name(label, sizeof label, HOLDER_MDOC, type);
	return sb_p11_get_data(card->p11, HOLDER_APPLICATION, label, out, f);
}

int holder_card_sdjwt(struct holder_card *card, const char *type, struct sb_bytes *out, struct sb_failure *f)
{
	char label[96];

	holder_object_name(label, sizeof label, HOLDER_SDJWT, type);
	return sb_p11_get_data(card->p11, HOLDER_APPLICATION, label, out, f);
}

int holder_days_left(int64_t expires)
{
	int64_t left = expires - time(NULL);

	if (left <= 0)
		return 0;
	return left <= (int64_t)HOLDER_WARN_DAYS * DAY ? (int)((left + DAY - 1) / DAY) : -1;
}

void holder_warn_end(struct sb_program *p, int64_t expires)
{
	int days = holder_days_left(expires);

	if (days == 0)
		sb_warn(p, "%s", _("The card has expired. Have it issued anew at the counter."));
	else if (days > 0)
		sb_warn(p, ngettext("The card ends within %d day. Have it issued anew at the counter.", "The card ends within %d days. Have it issued anew at the counter.",
			(unsigned long)days), days);
}

int holder_fail_write(const char *option, const char *path, int error, struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_STORAGE, "cannot_write", option, _("%s cannot be written: %s."), path, _(sb_error_text(error)));
}

int holder_write(const char *option, const char *path, struct sb_slice content, struct sb_failure *f)
{
	int rc = sb_file_write(path, content.data, content.len, 0600);

	return rc == SB_OK ? SB_EXIT_OK : holder_fail_write(option, path, rc, f);
}

const char *holder_card_default_set(const struct holder_card *card)
{
	const struct sb_document *d = card->document;

	return sb_document_set(d, HOLDER_FACE_SET) || !d->set_count ? HOLDER_FACE_SET : d->sets[d->set_count - 1].name;
}

int holder_card_set(struct holder_card *card, const char *set, struct sb_bytes *sdcwt, struct sb_failure *f)
{
	char label[96];
	int rc;

	if (!sb_document_set(card->document, set))
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--fields", _("This card has no set \"%s\"."), sb_clean(set));
	holder_object_name(label, sizeof label, "sd-cwt", set);
	rc = sb_p11_get_data(card->p11, HOLDER_APPLICATION, label, sdcwt, f);
	if (rc != SB_EXIT_OK && strcmp(f->error, "not_found") == 0)
		rc = sb_fail(f, SB_EXIT_NOT_NOW, "set_not_issued", set, _("The set \"%s\" was not issued to this card: it does not apply to its holder."),
			set);
	return rc;
}

int holder_card_issuer(struct holder_card *card, struct sb_bytes *out, struct sb_failure *f)
{
	struct sb_bytes token = {0};
	struct sb_sdcwt credential;
	const uint8_t *at;
	size_t len;
	int rc = holder_card_set(card, holder_card_default_set(card), &token, f);

	if (rc == SB_EXIT_OK && sb_sdcwt_parse(sb_bytes_slice(&token), &credential) != SB_OK)
		rc = sb_fail(f, SB_EXIT_TOKEN, "token_error", NULL, _("The credential in the token is damaged. Enrol again."));
	if (rc == SB_EXIT_OK) {
		at = credential.status_uri.data;
		len = credential.status_uri.len;
		/* The lists are ADDRESS/s/NUMBER. */
		for (int slashes = 2; slashes && len; slashes--)
			while (len && at[--len] != '/')
				;
		if (sb_bytes_append(out, at, len) != SB_OK)
			rc = sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
	}
	sb_bytes_free(&token);
	return rc;
}

/* A code does not outlive its card (SD-CWT: exp of the key-binding token is at most that of the credential). */
static int check_life(struct sb_kbt *content, struct sb_failure *f)
{
	struct sb_sdcwt credential;

	if (sb_sdcwt_parse(content->sdcwt, &credential) != SB_OK)
		return sb_fail(f, SB_EXIT_TOKEN, "token_error", NULL, _("The credential in the token is damaged. Enrol again."));
	if (credential.exp <= content->iat)
		return sb_fail(f, SB_EXIT_NOT_NOW, "expired", NULL, _("The card has expired. Have it issued anew at the counter."));
	content->exp = content->iat + HOLDER_QR_LIFE < credential.exp ? content->iat + HOLDER_QR_LIFE : credential.exp;
	return SB_EXIT_OK;
}

/* A code that a desk's camera does not read is no code. */
static int check_size(const char *text, struct sb_failure *f)
{
	int version = SB_QR_VERSION_MAX + 1;

	sb_qr_version(text, &version);
	return version <= SB_QR_VERSION_MAX ? SB_EXIT_OK
					    : sb_fail(f, SB_EXIT_NOT_NOW, "qr_too_large", "--fields",
						      _("With these fields the QR code would be too dense for a camera. Show fewer: --fields basic"));
}

int holder_card_qr(struct holder_card *card, const char *set, const char *challenge, struct sb_bytes *text, int64_t *iat,
	struct sb_failure *f)
{
	struct sb_bytes sdcwt = {0}, kbt = {0};
	struct sb_kbt content = {.audience = sb_slice("any", 3), .iat = time(NULL)};
	int rc = holder_card_set(card, set, &sdcwt, f), made;

	if (rc != SB_EXIT_OK)
		goto out;
	content.sdcwt = sb_bytes_slice(&sdcwt);
	rc = check_life(&content, f);
	if (rc != SB_EXIT_OK)
		goto out;
	if (challenge)
		content.challenge = sb_slice(challenge, strlen(challenge));
	made = sb_kbt_make(&content, &card->signer, &kbt);
	if (made == SB_OK)
		made = sb_qr_text_encode(sb_bytes_slice(&kbt), text);
	if (made == SB_OK)
		made = sb_bytes_terminate(text);
	if (made != SB_OK) {
		*f = *sb_p11_signer_failure(card->p11);
		rc = *f->error ? (int)f->exit : sb_fail(f, SB_EXIT_TOKEN, "token_error", NULL, _("The QR code cannot be made: %s."),
								 _(sb_error_text(made)));
	} else
		rc = check_size((const char *)text->data, f);
	*iat = content.iat;
out:
	sb_bytes_free(&sdcwt);
	sb_bytes_free(&kbt);
	return rc;
}
