/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_ADMIN_CREDENTIALS_H
#define SINBUN_ADMIN_CREDENTIALS_H

#include "admin/admin.h"
#include "formats/enrolment.h"

/* Everything a device gets: certificate, credentials, fields, portrait. */
struct issuing {
	struct admin *a;
	struct sb_document *document;
	struct sb_enrol_request request;
	struct sb_registry_resident resident;
	struct sb_registry_application application;
	struct sb_registry_credential credential;
};
/* The inside of the response (a new object), signed through the issuer's token. */
int admin_make_credentials(struct issuing *g, json_t **inside, struct sb_failure *f);

#endif
