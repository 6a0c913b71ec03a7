/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_TEST_CRASH_REPORT_H
#define SINBUN_TEST_CRASH_REPORT_H

/* What crash-driver was answered, in the file $CRASH_REPORT: read after its end by `check`, and by lost-writes. */
struct crash_report {
	int login_done, act_done;
	unsigned long login, act; /* CK_RV */
};

/* Paths that the driver asks for, so that they stand in a trace: at the begin and the end of the operation, and as soon as an answer has
 * been given. */
#define CRASH_MARK "/sinbun-crash-mark"
#define CRASH_LOGIN_ANSWERED "/sinbun-crash-login-answered"
#define CRASH_ACT_ANSWERED "/sinbun-crash-act-answered"

#endif
