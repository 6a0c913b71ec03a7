/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_PATHS_H
#define SINBUN_PATHS_H

/* Where the installed data is: beside the program in a build tree (TREE/tools/PROGRAM and TREE/module/.libs/sinbun-pkcs11.so exist),
 * else where configure was told. Static strings. */
const char *sb_path_module(void);
const char *sb_path_locale(void);
const char *sb_path_documents(void); /* directory documents.d */
const char *sb_path_terms(void);     /* directory terms */
const char *sb_path_samples(void);   /* directory of providers.d and sms.conf, which are copied before they are read */

#endif
