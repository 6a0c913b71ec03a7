/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_HOLDER_ENROL_H
#define SINBUN_HOLDER_ENROL_H

#include "holder/holder.h"

/* The two halves of `sinbun enrol`. */
int holder_enrol_offer(struct sb_program *p, json_t *result, struct sb_failure *f);    /* enrol_offer.c */
int holder_enrol_response(struct sb_program *p, json_t *result, struct sb_failure *f); /* enrol_response.c */
/* Reads a JSON file; bad ones fail with `error` naming the option. *json is a new reference. */
int holder_read_json(const char *path, const char *option, const char *error, json_t **json, struct sb_failure *f);

#endif
