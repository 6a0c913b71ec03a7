/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/i18n.h"
#include "verify/verify.h"

int main(int argc, char **argv)
{
	const struct sb_verb verbs[] = {verify_update, verify_challenge, verify_scan, verify_check, verify_history, verify_exempt,
		verify_receipt, verify_doctor, {0}};
	const struct sb_program_table table = {
		"sinbun-verify", N_("Checks a mobile ID that is shown to you, without a network."), "--home", verbs, false};

	return sb_program_run(&table, argc, argv);
}
