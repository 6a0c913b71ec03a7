/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/i18n.h"
#include "holder/holder.h"

int main(int argc, char **argv)
{
	const struct sb_verb verbs[] = {
		holder_enrol, holder_refresh, holder_show, holder_present, holder_pin_change, holder_pin_unblock, holder_status, holder_log,
		holder_history, holder_login, holder_doctor,
		{0}};
	const struct sb_program_table table = {
		"sinbun", N_("Your mobile ID on this device: enrol it, see it, present it."), "--home", verbs, true};

	return sb_program_run(&table, argc, argv);
}
