/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/admin.h"
#include "common/i18n.h"

int main(int argc, char **argv)
{
	const struct sb_verb verbs[] = {admin_init, admin_import, admin_registry_show, admin_registry_export, admin_registry_recover, admin_registry_verify, admin_registry_stats, admin_enrol,
		admin_apply_start, admin_apply_login, admin_apply_consent,
		admin_apply_phone, admin_apply_card, admin_apply_biometrics, admin_apply_offer, admin_apply_status, admin_apply_withdraw,
		admin_unlock, admin_member_add, admin_member_certificate, admin_member_remove, admin_issue, admin_refresh, admin_suspend,
		admin_resume, admin_revoke, admin_cards_suspended, admin_cards_expiring, admin_notice_send, admin_notice_list, admin_status_publish, admin_bundle, admin_audit_show,
		admin_audit_verify, admin_audit_export, admin_audit_head, admin_token_init, admin_token_list, admin_token_status,
		admin_token_unblock, admin_token_reseal, admin_token_remove, admin_tpm_check, admin_doctor, {0}};
	const struct sb_program_table table = {"sinbun-admin",
		N_("The registrar's program: the registry of residents, their mobile IDs, and what desks check them against."), "--registry", verbs,
		true};

	return sb_program_run(&table, argc, argv);
}
