/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "verify/reason.h"

#include <string.h>

#include "common/i18n.h"

static const char *const names[VERIFY_REASON_COUNT] = {
#define VERIFY_REASON_NAME(name, text) text,
	VERIFY_REASONS(VERIFY_REASON_NAME)
#undef VERIFY_REASON_NAME
};

static const struct {
	const char *sentence, *mend;
} words[VERIFY_REASON_COUNT] = {
	[VERIFY_OK] = {N_("The card is genuine, in force, and shown by the device it was issued to."), ""},
	[VERIFY_MALFORMED] = {N_("This is not a mobile ID code, or it was not read whole."), N_("Read the code on the holder's screen again.")},
	[VERIFY_NO_BUNDLE] = {N_("This desk has no issuer's bundle that is in force."), N_("Take in a new one: sinbun-verify update --bundle FILE (the first time: sinbun-verify update --bundle FILE --root PEM)")},
	[VERIFY_UNKNOWN_ISSUER] = {N_("The card is from an issuer that this desk does not know."),
		N_("If the issuer is known to you, take in its newest bundle; otherwise do not accept the card.")},
	[VERIFY_ALTERED] = {N_("The card's content is not what its issuer signed: it was altered."), N_("Do not accept it.")},
	[VERIFY_HOLDER_MISMATCH] = {N_("The code was not signed by the device the card was issued to, or was altered afterwards."),
		N_("Do not accept it.")},
	[VERIFY_WRONG_AUDIENCE] = {N_("The code was made for somebody else."), N_("Ask the holder for a code for this desk.")},
	[VERIFY_NOT_YET_VALID] = {N_("The code is from the future: the clock of this desk or of the holder's device is wrong."),
		N_("Set this desk's clock; if it is right, the holder's must be set. Then scan a new code.")},
	[VERIFY_TOO_OLD] = {N_("The code is older than 30 seconds: it may be a screen capture."),
		N_("Ask the holder to show the live code; it renews itself.")},
	[VERIFY_EXPIRED] = {N_("The card has expired."), N_("The holder has it issued anew at the counter.")},
	[VERIFY_REPLAYED] = {N_("This very code was accepted here before."), N_("Ask the holder to show a new code.")},
	[VERIFY_WRONG_CHALLENGE] = {N_("The code does not answer a challenge of this desk that is still open."),
		N_("Make a new one with sinbun-verify challenge; it is good for one check within 120 seconds.")},
	[VERIFY_STATUS_MISSING] = {N_("The bundle does not tell whether this card is still in force."),
		N_("Take in the issuer's newest bundle.")},
	[VERIFY_STATUS_STALE] = {N_("What this desk knows of revoked cards is out of date."), N_("Take in the issuer's newest bundle.")},
	[VERIFY_REVOKED] = {N_("The card has been revoked."), N_("Do not accept it.")},
	[VERIFY_SUSPENDED] = {N_("The card is suspended."), N_("Do not accept it; the holder asks the issuing office.")},
};

/* Where an answer to a request is another thing than a code on a screen; else the same. */
static const struct {
	const char *sentence, *mend;
} of_answers[VERIFY_REASON_COUNT] = {
	[VERIFY_MALFORMED] = {N_("This is not an answer to that request, or not all of it."), N_("Have it sent again, whole and as it was made.")},
	[VERIFY_HOLDER_MISMATCH] = {N_("It was not signed by the device the card was issued to, or not for this request: another nonce, client or address."),
		N_("Compare what was asked; if that is right, do not accept it.")},
	[VERIFY_WRONG_AUDIENCE] = {N_("It was made for another client."), N_("Do not accept it. The client's identifier must be the one in the request, with its prefix.")},
	[VERIFY_NOT_YET_VALID] = {N_("It is from the future: the clock here or of the holder's device is wrong."), N_("Set the clock here; if it is right, the holder's must be set.")},
	[VERIFY_TOO_OLD] = {N_("The device signed it more than five minutes ago."), N_("Ask again, with a new nonce.")},
	[VERIFY_REPLAYED] = {N_("This card has answered this request already."), N_("Ask again, with a new nonce.")},
	[VERIFY_WRONG_CHALLENGE] = {N_("It answers another request: the nonce is not this one's."), N_("Do not accept it. Ask again, with a new nonce.")},
};

const char *verify_reason_name(enum verify_reason reason)
{
	return names[reason];
}

bool verify_reason_parse(const char *name, enum verify_reason *out)
{
	for (enum verify_reason i = 0; i < VERIFY_REASON_COUNT; i++)
		if (strcmp(names[i], name) == 0) {
			*out = i;
			return true;
		}
	return false;
}

const char *verify_reason_sentence(enum verify_reason reason)
{
	return _(words[reason].sentence);
}

const char *verify_reason_mend(enum verify_reason reason)
{
	return *words[reason].mend ? _(words[reason].mend) : "";
}

const char *verify_answer_sentence(enum verify_reason reason)
{
	return of_answers[reason].sentence ? _(of_answers[reason].sentence) : verify_reason_sentence(reason);
}

const char *verify_answer_mend(enum verify_reason reason)
{
	return of_answers[reason].mend ? _(of_answers[reason].mend) : verify_reason_mend(reason);
}
