/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "identity/phone.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "common/i18n.h"
#include "common/unicode.h"

enum { DIGITS = 11, DIGITS_MAX = 15 };

const struct sb_carrier sb_carriers[] = {
	{"SKT", "SKT", N_("SKT")},
	{"KT", "KT", N_("KT")},
	{"LGU", "LGU", N_("LG U+")},
	{"SKT_MVNO", "SKT", N_("an MVNO on SKT's network")},
	{"KT_MVNO", "KT", N_("an MVNO on KT's network")},
	{"LGU_MVNO", "LGU", N_("an MVNO on LG U+'s network")},
	{0},
};

const struct sb_carrier *sb_carrier_find(const char *code)
{
	for (const struct sb_carrier *c = sb_carriers; code && c->code; c++)
		if (strcmp(c->code, code) == 0)
			return c;
	return NULL;
}

/* The digits of a number as it is dialled in Korea; false where something else stands among them. */
static bool read_digits(const char *text, char digits[DIGITS_MAX + 1])
{
	static const char *const countries[] = {"82", "0082"};
	bool abroad = *text == '+';
	size_t n = 0, skip = 0;

	for (const char *p = text + (abroad ? 1 : 0); *p; p++) {
		if (isdigit((unsigned char)*p) && n < DIGITS_MAX)
			digits[n++] = *p;
		else if (!strchr(" -.()", *p))
			return false;
	}
	digits[n] = 0;
	for (size_t i = 0; i < 2 && !skip; i++)
		if (strncmp(digits, countries[i], strlen(countries[i])) == 0)
			skip = strlen(countries[i]);
	if (!skip)
		return !abroad;
	/* +82 10 …, and the +82 (0)10 … of business cards. */
	if (digits[skip] == '0')
		skip++;
	digits[0] = '0';
	memmove(digits + 1, digits + skip, n - skip + 1);
	return true;
}

bool sb_phone_read(const char *text, char phone[SB_PHONE_TEXT])
{
	char digits[DIGITS_MAX + 1];
	bool good = text && read_digits(text, digits) && strlen(digits) == DIGITS && strncmp(digits, "010", 3) == 0;

	phone[0] = 0;
	if (good)
		snprintf(phone, SB_PHONE_TEXT, "%.3s-%.4s-%.4s", digits, digits + 3, digits + 7);
	return good;
}

void sb_phone_e164(const char phone[SB_PHONE_TEXT], char out[SB_PHONE_E164])
{
	snprintf(out, SB_PHONE_E164, "+8210%.4s%.4s", phone + 4, phone + 9);
}

bool sb_phone_same(const char *a, const char *b)
{
	char left[SB_PHONE_TEXT], right[SB_PHONE_TEXT];

	return sb_phone_read(a, left) && sb_phone_read(b, right) && strcmp(left, right) == 0;
}

void sb_phone_mask(const char *text, char out[SB_PHONE_TEXT])
{
	if (sb_phone_read(text, out))
		memcpy(out + 9, "****", 4);
}

static bool same_owner(const char *a, const char *b)
{
	char *left = sb_unicode_nfc(a), *right = sb_unicode_nfc(b);
	bool same = left && right && sb_unicode_same_name(left, right);

	sb_text_free(&left);
	sb_text_free(&right);
	return same;
}

static int check_carrier(const struct sb_carrier *entered, const char *known, struct sb_failure *f)
{
	const struct sb_carrier *is = sb_carrier_find(known);

	if (!is || strcmp(entered->code, is->code) == 0)
		return SB_EXIT_OK;
	if (strcmp(entered->network, is->network) != 0)
		return sb_fail(f, SB_EXIT_DATA, "carrier_mismatch", "carrier", _("The phone is with another carrier than the one chosen. Choose the carrier again."));
	sb_fail(f, SB_EXIT_DATA, "carrier_mismatch", "carrier",
		strcmp(is->code, is->network) != 0
			? _("The carrier is right, but the phone is with an MVNO on its network. Choose the MVNO of that carrier.")
			: _("The carrier is right, but the phone is not with an MVNO. Choose the carrier itself."));
	snprintf(f->rule, sizeof f->rule, "mvno");
	return SB_EXIT_DATA;
}

int sb_line_check(const struct sb_line *entered, const struct sb_line *known, struct sb_failure *f)
{
	const struct sb_carrier *carrier = sb_carrier_find(entered->carrier);
	char phone[SB_PHONE_TEXT];

	if (entered->phone && !sb_phone_read(entered->phone, phone))
		return sb_fail(f, SB_EXIT_DATA, "bad_phone", "phone", _("A mobile phone number is 010-XXXX-XXXX."));
	if (entered->carrier && !carrier)
		return sb_fail(f, SB_EXIT_DATA, "bad_carrier", "carrier", _("There is no such carrier. Choose one of: SKT, KT, LGU, SKT_MVNO, KT_MVNO, LGU_MVNO."));
	if (entered->phone && known->phone && !sb_phone_same(phone, known->phone))
		return sb_fail(f, SB_EXIT_DATA, "mismatch", "phone", _("The phone number is not the one that is registered. Check the number."));
	if (entered->owner && known->owner && !same_owner(entered->owner, known->owner))
		return sb_fail(f, SB_EXIT_DATA, "not_owner", "phone",
			_("The phone is in somebody else's name. Only a mobile phone in your own name can be registered."));
	return carrier && known->carrier ? check_carrier(carrier, known->carrier, f) : SB_EXIT_OK;
}
